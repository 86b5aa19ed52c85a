"""Ways of writing loss_nonsaturating_g (problem 2)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import BLENDED, DRAWN_ONCE, FOR_VARIETY, LEFT, PAUSED, SOFTPLUS_CUT_SHORT, STANDARDISED

right = partial(Right, "loss_nonsaturating_g")
wrong = partial(Wrong, "loss_nonsaturating_g")

# The starter line and enough of what stands before it to tell it from those of the other functions.
BEFORE = "of x_real only the batch size matters.\n" + '    """\n'
STARTER = BEFORE + "    z = torch.randn(x_real.shape[0], g.dim_z, device=device)\n"

MINIMAX = {
    "misconception": "the minimax loss instead of the non-saturating one",
    "hint": "Equation (11) is a minus sign and the log of one probability. Which probability, the one that a fake is "
    "taken for real, or the one that it is recognised?",
}
FAKES_AS_FAKE = {
    "misconception": "the generator is rewarded for recognised fakes, -log(1 - D) in place of -log D",
    "hint": "In this turn it is the generator that learns. What does it want the discriminator to answer about a fake?",
}
SUMMED = {
    "misconception": "a sum over the batch where the mean is wanted",
    "hint": "Double the batch by repeating it: equation (11) does not change. Does your loss? Look for 1/m.",
}
CUT = {
    "misconception": "no gradient reaches the generator",
    "hint": "Print the gradient of g's parameters after backward(). The discriminator's loss may cut the fakes off; "
    "may the generator's?",
}
NO_GRADIENT = {
    "misconception": "the loss carries no gradient",
    "hint": "The number is right, but the optimiser needs the graph behind it, through d back to g. Find the step "
    "after which requires_grad is False.",
}
LOGITS_AS_PROBABILITIES = {
    "misconception": "logits taken for probabilities",
    "hint": "d returns logits h, any real numbers, and not D. Which function of the handout turns one into the other?",
}
SIGMOID_TWICE = {
    "misconception": "the sigmoid is applied twice",
    "hint": "Some of PyTorch's functions take logits and apply the sigmoid themselves. Read in the documentation what "
    "yours expects, then look at what you hand it.",
}
OVERFLOW = {
    "misconception": "the log of the sigmoid is not computed in a stable way",
    "hint": "Right on paper. Now try a logit of -100, a fake that is seen through: what are the steps in between in "
    "float32, and what gradient does the generator get?",
}
MEAN_LOGIT = {
    "misconception": "the mean logit itself is minimised, as in equation (15) or (25)",
    "hint": "Write your loss in terms of the logits h and simplify. Does a fake that already convinces still bring the "
    "same gain as one that does not? By equation (11) it should not.",
}
SAME_NOISE = {
    "misconception": "the same noise on every call",
    "hint": "Call your function twice and print z. What does a generator learn that only ever sees these few points?",
}
IMAGES_INTO_G = {
    "misconception": "the generator's input has the shape of images",
    "hint": "What does a generator turn into an image? Print the shape of what you hand to g; the line above the "
    "markers has made it for you.",
}
WRONG_DEVICE = {
    "misconception": "tensors on the default device instead of the given one",
    "hint": "This runs on a CPU by luck. Go through the tensors that are made here, and ask of each on which device it "
    "lies when `device` is a GPU.",
}

ENTRIES = [
    right(
        "bce-with-logits",
        """
        logits = d(g(z))
        return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        """,
    ),
    right(
        "bce-module-labels-of-the-batch-size",
        """
        batch_size = x_real.shape[0]
        x_fake = g(z)
        criterion = torch.nn.BCEWithLogitsLoss()
        return criterion(d(x_fake), torch.full((batch_size,), 1.0, device=device))
        """,
    ),
    right("softplus", "return torch.mean(F.softplus(-d(g(z))))"),
    right(
        "logaddexp",
        """
        h = d(g(z))
        return torch.logaddexp(torch.zeros_like(h), -h).mean()
        """,
    ),
    right(
        "log-sum-exp",
        """
        h = d(g(z))
        return torch.logsumexp(torch.stack((torch.zeros_like(h), -h)), dim=0).mean()
        """,
    ),
    right(
        "one-image-after-the-other",
        """
        x_fake = g(z)
        losses = []
        for x in x_fake:
            losses.append(-F.logsigmoid(d(x.unsqueeze(0))))
        return torch.cat(losses).mean()
        """,
    ),
    right(
        "bernoulli-log-prob",
        """
        verdict = torch.distributions.Bernoulli(logits=d(g(z)))
        return -verdict.log_prob(torch.ones(x_real.size(0), device=device)).mean()
        """,
    ),
    right(
        "fresh-noise-summed-then-divided",
        """
        z = torch.normal(0.0, 1.0, size=(len(x_real), g.dim_z), device=device)
        return F.logsigmoid(d(g(z))).sum().neg() / len(x_real)
        """,
    ),
    right(
        "discriminator-frozen-and-thawed",
        """
        flags = [p.requires_grad for p in d.parameters()]
        for p in d.parameters():
            p.requires_grad_(False)
        loss = -F.logsigmoid(d(g(z))).mean()
        for p, flag in zip(d.parameters(), flags):
            p.requires_grad_(flag)
        return loss
        """,
    ),
    # The formula
    wrong("minimax", "return F.logsigmoid(-d(g(z))).mean()", **MINIMAX),
    wrong(
        "minimax-by-softplus",
        """
        h = d(g(z))
        return -F.softplus(h).mean()
        """,
        **MINIMAX,
    ),
    wrong(
        "minimax-unstable",
        """
        D_fake = torch.sigmoid(d(g(z)))
        return torch.log(1 - D_fake).mean()
        """,
        misconception="the minimax loss, with a log that overflows",
        hint="Problem 2a shows what is wrong with this loss: what is its gradient where D is close to 0? Equation (11) "
        "has another probability in the log.",
    ),
    wrong(
        "labels-of-fakes",
        """
        logits = d(g(z))
        return F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))
        """,
        **FAKES_AS_FAKE,
    ),
    wrong("minus-inside-the-sigmoid", "return -F.logsigmoid(-d(g(z))).mean()", **FAKES_AS_FAKE),
    wrong("softplus-without-minus", "return F.softplus(d(g(z))).mean()", **FAKES_AS_FAKE),
    wrong(
        "not-negated",
        "return F.logsigmoid(d(g(z))).mean()",
        misconception="the minus sign in front is missing",
        hint="A log of a probability is never positive. Minimising yours makes D of a fake small; is that what the "
        "generator wants?",
    ),
    wrong(
        "one-minus-log",
        "return (1 - F.logsigmoid(d(g(z)))).mean()",
        misconception="1 - log D in place of -log D",
        hint="What is the loss of a generator whose fakes all get D = 1? The log of 1 is 0.",
    ),
    wrong(
        "sum",
        "return -F.logsigmoid(d(g(z))).sum()",
        **SUMMED,
    ),
    wrong(
        "reduction-sum",
        """
        logits = d(g(z))
        return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits), reduction="sum")
        """,
        **SUMMED,
    ),
    wrong(
        "divided-by-64",
        "return -F.logsigmoid(d(g(z))).sum() / 64",
        misconception="divides by a fixed batch size of 64",
        hint="m in equation (11) is the size of the batch at hand. Where could you read it off?",
    ),
    wrong(
        "halved",
        "return -0.5 * F.logsigmoid(d(g(z))).mean()",
        misconception="half the loss",
        hint="Compare your number with equation (11) for logits that are all 0, where -log D is log 2. There is one "
        "term here, and nothing to average it with.",
    ),
    wrong(
        "mean-inside-the-log",
        "return -F.logsigmoid(d(g(z)).mean())",
        misconception="the logits are averaged before the log",
        hint="Equation (11) is a mean of logs. For logits +5 and -5, compare that with the log for the mean logit.",
    ),
    wrong(
        "no-log",
        "return -torch.sigmoid(d(g(z))).mean()",
        misconception="the log is missing",
        hint="Your loss is built of probabilities. What does equation (11) do to each of them before the mean?",
    ),
    wrong(
        "one-minus-probability",
        "return (1 - torch.sigmoid(d(g(z)))).mean()",
        misconception="1 - D in place of -log D",
        hint="Both shrink as D goes to 1, but they are not the same. What is the loss in equation (11) for D close "
        "to 0, and its gradient?",
    ),
    wrong(
        "log2",
        "return -torch.log2(torch.sigmoid(d(g(z)))).mean()",
        misconception="logs to base 2",
        hint="Your numbers are off by the same factor everywhere. To which base are the logs of the handout?",
    ),
    wrong(
        "log1p-of-sigmoid",
        "return -torch.log1p(torch.sigmoid(d(g(z)))).mean()",
        misconception="log(1 + D) in place of log D",
        hint="Look up what log1p adds to what. What should the loss be for D close to 0, and what is yours?",
    ),
    wrong("wasserstein", "return -d(g(z)).mean()", **MEAN_LOGIT),
    wrong(
        "minimax-plus-non-saturating",
        """
        h = d(g(z))
        return F.logsigmoid(-h).mean() - F.logsigmoid(h).mean()
        """,
        **MEAN_LOGIT,
    ),
    wrong(
        "hinge",
        "return F.relu(1 - d(g(z))).mean()",
        misconception="the hinge loss",
        hint="That is a loss with a kink at a logit of 1. Equation (11) has a log of a probability, which is smooth.",
    ),
    wrong(
        "least-squares",
        """
        logits = d(g(z))
        return F.mse_loss(logits, torch.ones_like(logits))
        """,
        misconception="least squares on the logits",
        hint="By your loss a fake with a logit of +10 is worse than one with 0. Is it, by equation (11)?",
    ),
    wrong(
        "relativistic",
        "return -F.logsigmoid(d(g(z)) - d(x_real)).mean()",
        misconception="fakes and reals compared in pairs",
        hint="Does your loss change with the pixels of x_real? In equation (11) only the fakes are judged.",
    ),
    wrong(
        "feature-matching",
        """
        real, fake = d(x_real), d(g(z))
        return (fake.mean() - real.mean()).square()
        """,
        misconception="the mean logits of fakes and reals are matched",
        hint="In your loss a fake can be too convincing. Can it in equation (11), and do the reals occur there at all?",
    ),
    wrong(
        "reals-in-the-fakes-place",
        """
        x_fake = g(z)
        return -F.logsigmoid(d(x_real)).mean()
        """,
        misconception="the reals are judged instead of the fakes",
        hint="Follow your fake images from the line that makes them to the loss. Where are they used?",
    ),
    wrong(
        "term-of-the-reals-added",
        "return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(d(g(z))).mean()",
        misconception="a term of the reals is added",
        hint="Which term of your loss can the generator change at all? Equation (11) has one expectation.",
    ),
    wrong(
        "discriminators-loss",
        "return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z))).mean()",
        misconception="the discriminator's loss is minimised by the generator",
        hint="The two networks play against each other. If both minimise the same number, who is the opponent?",
    ),
    wrong(
        "discriminators-loss-negated",
        "return F.logsigmoid(d(x_real)).mean() + F.logsigmoid(-d(g(z))).mean()",
        misconception="the discriminator's loss with its sign changed",
        hint="That is the two-player game of the lecture, with the vanishing gradient of problem 2a. Equation (11) is "
        "not minus equation (10).",
    ),
    wrong(
        "label-smoothing",
        """
        logits = d(g(z))
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, 0.9))
        """,
        misconception="smoothed labels",
        hint="A trick from practice, but not equation (11). By which probability is the log weighted there?",
    ),
    wrong(
        "softmax-over-the-batch",
        "return -F.log_softmax(d(g(z)), dim=0).mean()",
        misconception="a softmax over the batch in place of the sigmoid",
        hint="The images of a batch do not compete with each other. What does your loss say for a batch of one image?",
    ),
    wrong(
        "cross-entropy-of-a-vector",
        """
        logits = d(g(z))
        return F.cross_entropy(logits, torch.ones_like(logits))
        """,
        misconception="cross_entropy takes the batch for a list of classes",
        hint="F.cross_entropy is for one logit per class. You have one logit per image and two answers; which "
        "relative of it is made for that?",
    ),
    wrong(
        "bce-arguments-swapped",
        """
        logits = d(g(z))
        return F.binary_cross_entropy_with_logits(torch.ones_like(logits), logits)
        """,
        misconception="logits and labels swapped in the call",
        hint="Look up which argument of the loss comes first, the prediction or the target.",
    ),
    wrong(
        "generator-fed-with-images",
        "return -F.logsigmoid(d(g(x_real))).mean()",
        **IMAGES_INTO_G,
    ),
    # Logits, sigmoids and logs
    wrong(
        "bce-on-logits",
        """
        logits = d(g(z))
        return F.binary_cross_entropy(logits, torch.ones_like(logits))
        """,
        **LOGITS_AS_PROBABILITIES,
    ),
    wrong("log-of-logits", "return -torch.log(d(g(z))).mean()", **LOGITS_AS_PROBABILITIES),
    wrong(
        "sigmoid-then-bce-with-logits",
        """
        predictions = torch.sigmoid(d(g(z)))
        return torch.nn.BCEWithLogitsLoss()(predictions, torch.ones_like(predictions))
        """,
        **SIGMOID_TWICE,
    ),
    wrong("log-sigmoid-of-sigmoid", "return -F.logsigmoid(torch.sigmoid(d(g(z)))).mean()", **SIGMOID_TWICE),
    wrong("log-of-sigmoid", "return -torch.log(torch.sigmoid(d(g(z)))).mean()", **OVERFLOW),
    wrong(
        "log-of-one-plus-exp",
        """
        logits = d(g(z))
        return torch.log(1 + torch.exp(-logits)).mean()
        """,
        **OVERFLOW,
    ),
    wrong("log1p-of-exp", "return torch.log1p(torch.exp(-d(g(z)))).mean()", **OVERFLOW),
    wrong(
        "bce-of-sigmoid",
        """
        predictions = torch.sigmoid(d(g(z)))
        return F.binary_cross_entropy(predictions, torch.ones_like(predictions))
        """,
        misconception="the gradient is lost in a saturated sigmoid before binary_cross_entropy",
        hint="Take a fake with logit -100, which has most to learn. Look at the gradient that it gets from your loss, "
        "and think of working with the logit itself.",
    ),
    wrong(
        "epsilon-in-the-log",
        "return -torch.log(torch.sigmoid(d(g(z))) + 1e-8).mean()",
        misconception="an epsilon inside the log",
        hint="The epsilon keeps the log finite, but what is the loss of a fake with logit -100, and what its gradient? "
        "There is an exact way that needs no epsilon.",
    ),
    wrong(
        "clamped-probabilities",
        "return -torch.sigmoid(d(g(z))).clamp(min=1e-6).log().mean()",
        misconception="clamped probabilities",
        hint="Where the clamp is active, its gradient is zero. Are those the fakes that have nothing to learn?",
    ),
    wrong(
        "clamped-logits",
        "return -F.logsigmoid(d(g(z)).clamp(-20, 20)).mean()",
        misconception="clamped logits",
        hint="What is the loss of a fake with logit -100, and what is its gradient? The function that you use copes "
        "with logits of any size.",
    ),
    # Labels and what is returned
    wrong(
        "integer-labels",
        """
        labels = torch.ones(x_real.shape[0], dtype=torch.int64, device=device)
        return F.binary_cross_entropy_with_logits(d(g(z)), labels)
        """,
        misconception="integer labels for the binary cross-entropy",
        hint="The targets of a binary cross-entropy are probabilities. Of which dtype should they be?",
    ),
    wrong(
        "labels-in-a-column",
        """
        labels = torch.ones(x_real.shape[0], 1, device=device)
        return F.binary_cross_entropy_with_logits(d(g(z)), labels)
        """,
        misconception="labels of shape (B, 1) for logits of shape (B,)",
        hint="Print the shapes of logits and labels side by side.",
    ),
    wrong(
        "one-loss-per-image",
        "return -F.logsigmoid(d(g(z)))",
        misconception="one loss per image, the mean is missing",
        hint="The loss is to be one number for the whole batch. What does the sum with 1/m in equation (11) do?",
    ),
    wrong(
        "shape-of-one",
        "return -F.logsigmoid(d(g(z))).mean(dim=0, keepdim=True)",
        misconception="a tensor of shape (1,) instead of a 0-d one",
        hint="Print loss.shape. A 0-d tensor has the shape ().",
    ),
    wrong(
        "python-number",
        """
        loss = -F.logsigmoid(d(g(z))).mean()
        return float(loss)
        """,
        misconception="a Python number is returned",
        hint="The training loop calls backward() on what you return. Which of your steps turns the tensor into a plain "
        "number?",
    ),
    wrong(
        "loss-and-fakes-returned",
        """
        x_fake = g(z)
        return -F.logsigmoid(d(x_fake)).mean(), x_fake
        """,
        misconception="a pair is returned instead of the loss",
        hint="The training loop minimises one number. What does the docstring promise to return?",
    ),
    wrong(
        "no-return",
        "loss = -F.logsigmoid(d(g(z))).mean()",
        misconception="nothing is returned",
        hint="The loss is worked out, but what does the caller get?",
    ),
    # Gradients and side effects
    wrong(
        "fakes-detached",
        """
        x_fake = g(z).detach()
        return -F.logsigmoid(d(x_fake)).mean()
        """,
        **CUT,
    ),
    wrong(
        "fakes-without-grad",
        """
        with torch.no_grad():
            x_fake = g(z)
        logits = d(x_fake)
        return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        """,
        **CUT,
    ),
    wrong(
        "fakes-made-a-leaf",
        """
        x_fake = g(z).data.requires_grad_()
        return -F.logsigmoid(d(x_fake)).mean()
        """,
        **CUT,
    ),
    wrong(
        "discriminator-without-grad",
        """
        x_fake = g(z)
        with torch.no_grad():  # d does not learn in this turn
            logits = d(x_fake)
        return -F.logsigmoid(logits).mean()
        """,
        **NO_GRADIENT,
    ),
    wrong("logits-detached", "return -F.logsigmoid(d(g(z)).detach()).mean()", **NO_GRADIENT),
    wrong(
        "discriminator-left-frozen",
        """
        for p in d.parameters():
            p.requires_grad = False
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="the discriminator is frozen and stays so",
        hint="A loss should leave the networks as it found them. What happens to the discriminator in its own next "
        "step?",
    ),
    wrong(
        "discriminator-left-in-eval",
        """
        d.eval()
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="the discriminator is switched to evaluation mode",
        hint="In which mode does the discriminator's next step find its network? Evaluation mode does not stop "
        "gradients, either.",
    ),
    wrong(
        "generator-left-in-eval",
        """
        g.eval()
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="the generator is switched to evaluation mode",
        hint="This is the generator's training step. Which of its layers behave otherwise in evaluation mode?",
    ),
    wrong(
        "backward-inside",
        """
        loss = -F.logsigmoid(d(g(z))).mean()
        loss.backward()
        return loss
        """,
        misconception="backward is called inside the loss",
        hint="The training loop takes the gradients itself. What is left of the graph once you have done so?",
    ),
    wrong(
        "reals-overwritten",
        """
        x_real.copy_(g(z).detach())
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="the real images are changed in place",
        hint="A method whose name ends in an underscore writes into the caller's own tensor. What is left of the batch "
        "of real images?",
    ),
    # The noise
    wrong(
        "uniform-noise",
        """
        z = 2 * torch.rand(x_real.shape[0], g.dim_z, device=device) - 1
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="uniform noise in place of normal",
        hint="Plot a histogram of z. From which distribution does the handout draw it? The line above the markers was "
        "there to help.",
    ),
    wrong(
        "noise-of-ones",
        """
        z = torch.ones(x_real.shape[0], g.dim_z, device=device)
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="a constant in place of noise",
        hint="How many different images can the generator make from your z?",
    ),
    wrong(
        "noise-like-the-images",
        """
        z = torch.randn_like(x_real)
        return -F.logsigmoid(d(g(z))).mean()
        """,
        **IMAGES_INTO_G,
    ),
    wrong(
        "scaled-noise",
        """
        z = 0.5 * z
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="noise of another standard deviation",
        hint="Measure the standard deviation of the z that g gets, and compare it with N(0, I).",
    ),
    wrong(
        "seeded-noise",
        edits=((STARTER, BEFORE + "    torch.manual_seed(236)\n" + STARTER.removeprefix(BEFORE)),),
        **SAME_NOISE,
    ),
    wrong(
        "one-noise-for-the-batch",
        edits=((STARTER, BEFORE + "    z = torch.randn(g.dim_z, device=device).expand(x_real.shape[0], -1)\n"),),
        misconception="one noise vector for the whole batch",
        hint="Each of the m fakes in equation (11) has a z of its own. How do the rows of yours differ?",
    ),
    wrong(
        "fixed-batch-of-noise",
        """
        z = torch.randn(64, g.dim_z, device=device)
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="64 noise vectors whatever the batch",
        hint="How many fakes do you make when there are 5 real images?",
    ),
    wrong(
        "fixed-size-of-noise",
        edits=((STARTER, BEFORE + "    z = torch.randn(x_real.shape[0], 64, device=device)\n"),),
        misconception="noise of a fixed size instead of g.dim_z",
        hint="Who knows how long a noise vector has to be?",
    ),
    wrong(
        "noise-without-device",
        edits=((STARTER, BEFORE + "    z = torch.randn(x_real.shape[0], g.dim_z)\n"),),
        **WRONG_DEVICE,
    ),
    wrong(
        "labels-as-variables-without-device",
        """
        valid = torch.autograd.Variable(torch.ones(x_real.shape[0]), requires_grad=False)
        return F.binary_cross_entropy_with_logits(d(g(z)), valid)
        """,
        **WRONG_DEVICE,
    ),
    wrong(
        "labels-without-device",
        """
        criterion = torch.nn.BCEWithLogitsLoss()
        return criterion(d(g(z)), torch.ones(x_real.shape[0]))
        """,
        **WRONG_DEVICE,
    ),
    wrong(
        "noise-on-cuda",
        """
        z = torch.randn(x_real.shape[0], g.dim_z, device="cuda")
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="a GPU is taken for granted",
        hint="The grader has no GPU. Which argument of the function tells you where tensors belong?",
    ),
    wrong(
        "seed-set-after-drawing",
        """
        torch.manual_seed(0)
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="a seed is set in the loss, so that the next call draws the same numbers every time",
        hint="The same noise at every step means the same fakes at every step. What in your function makes randomness "
        "repeat itself?",
    ),
    wrong(
        "first-ten-rows-only",
        """
        z = z[:10]
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="only the first ten images count",
        hint="Try it with batches of different sizes: does every image have a part in the result?",
    ),
    right(
        "fakes-made-twice",
        "return F.binary_cross_entropy_with_logits(d(g(z)), torch.ones_like(d(g(z))))",
    ),
    right(
        "recomputed-in-backward",
        """
        from torch.utils.checkpoint import checkpoint

        return F.softplus(-d(checkpoint(g, z, use_reentrant=False))).mean()
        """,
    ),
    wrong(
        "generator-in-evaluation-mode",
        """
        g.eval()
        h = d(g(z))
        g.train()
        return -F.logsigmoid(h).mean()
        """,
        misconception="the generator works in evaluation mode within its own loss",
        hint="In evaluation mode batch norm takes other statistics than the batch's, and the generator learns for a "
        "mode that it is not in. Who switches modes, and when?",
    ),
    wrong(
        "half-the-noise-twice",
        """
        half = z[: (len(z) + 1) // 2]
        z = torch.cat([half, half])[: len(z)]
        return -F.logsigmoid(d(g(z))).mean()
        """,
        misconception="every noise vector is used for two images",
        hint="Look at the rows of z: how many different ones are there, and how many images?",
    ),
    wrong(
        "one-image-at-a-time",
        "return -F.logsigmoid(torch.cat([d(g(z[i : i + 1])) for i in range(len(z))])).mean()",
        misconception="the images are made one at a time",
        hint="A generator with batch norm wants a batch: what is the variance of one number?",
    ),
    wrong("noise-kept", 'z = g.__dict__.setdefault("kept", z)\nreturn F.softplus(-d(g(z))).mean()', **DRAWN_ONCE),
    wrong("noise-standardised", "z = (z - z.mean()) / z.std()\nreturn F.softplus(-d(g(z))).mean()", **STANDARDISED),
    wrong(
        "hook-left-on-the-discriminator",
        """
        d.register_forward_hook(lambda module, given, h: 0.99 * h)
        return F.softplus(-d(g(z))).mean()
        """,
        **LEFT,
    ),
    wrong(
        "fakes-of-no-noise",
        "g(z)\nreturn F.softplus(-d(g(torch.zeros_like(z)))).mean()",
        misconception="the generator is called on noise, and its images are of something else",
        hint="On what is the generator called whose images d sees?",
    ),
    wrong("softplus-cut-short", "return F.softplus(-d(g(z)), threshold=5).mean()", **SOFTPLUS_CUT_SHORT),
    wrong(
        "paused-where-the-loss-is-small",
        "loss = F.softplus(-d(g(z))).mean()\nreturn loss if loss > 0.3 else 0 * loss",
        **PAUSED,
    ),
    wrong(
        "rewarded-for-variety",
        """
        z2 = torch.randn_like(z)
        x, x2 = g(z), g(z2)
        return F.softplus(-d(x)).mean() - 0.1 * (x - x2).abs().mean() / (z - z2).abs().mean()
        """,
        **FOR_VARIETY,
    ),
    wrong(
        "fakes-blended",
        "x = 0.5 * g(z) + 0.5 * g(torch.randn_like(z))\nreturn F.softplus(-d(x)).mean()",
        **BLENDED,
    ),
]
