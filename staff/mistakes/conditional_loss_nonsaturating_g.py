"""Ways of writing conditional_loss_nonsaturating_g (problem 4)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import DRAWN_ONCE, PAUSED, SOFTPLUS_CUT_SHORT

right = partial(Right, "conditional_loss_nonsaturating_g")
wrong = partial(Wrong, "conditional_loss_nonsaturating_g")

# The starter line and enough of what stands before it to tell it from those of the other functions.
BEFORE = "    Args and result as in `conditional_loss_nonsaturating_d`.\n" + '    """\n'
STARTER = BEFORE + "    z = torch.randn(x_real.shape[0], g.dim_z, device=device)\n"

LABELS_APART = {
    "misconception": "the fakes are judged under other labels than they were made for",
    "hint": "Suppose the generator draws a perfect shoe where it was asked for one. What should d be asked about it? "
    "Print the labels that g gets and those that d gets.",
}
NINE_IS_MISSING = {
    "misconception": "class 9 is never drawn",
    "hint": "Draw a thousand labels and count each class. Does the upper end of your range belong to it?",
}
LABELS_LEFT_OUT = {
    "misconception": "the labels are not handed to the networks",
    "hint": "How many arguments do g and d take in problem 4? Read their docstrings.",
}
LABELS_OF_ANOTHER_FORM = {
    "misconception": "one-hot vectors in place of class numbers",
    "hint": "Both networks make their own one-hot vectors. Which shape and dtype of y do their docstrings ask for?",
}
NOISE_AND_CLASS = {
    "misconception": "the noise is made longer by the class",
    "hint": "How long is the noise that g expects? Look into the generator: who appends the one-hot vector?",
}
FAKES_AS_FAKE = {
    "misconception": "the generator is rewarded for recognised fakes, -log(1 - D) in place of -log D",
    "hint": "In this turn it is the generator that learns. What does it want the discriminator to answer about a fake "
    "pair?",
}
SUMMED = {
    "misconception": "a sum over the batch where the mean is wanted",
    "hint": "Double the batch by repeating it: an expectation does not change. Does your loss?",
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
OVERFLOW = {
    "misconception": "the log of the sigmoid is not computed in a stable way",
    "hint": "Right on paper. Now try a logit of -100, a fake that is seen through: what are the steps in between in "
    "float32, and what gradient does the generator get?",
}
SAME_NOISE = {
    "misconception": "the same noise on every call",
    "hint": "Call your function twice and print z. What does a generator learn that only ever sees these few points?",
}
WRONG_DEVICE = {
    "misconception": "tensors on the default device instead of the given one",
    "hint": "This runs on a CPU by luck. Go through the tensors that are made here, labels too, and ask of each on "
    "which device it lies when `device` is a GPU.",
}
CLASSES_LOST = {
    "misconception": "some classes are never made",
    "hint": "Count the labels that your fakes get. Is every class among them?",
}

ENTRIES = [
    right(
        "bce-with-logits",
        """
        logits = d(g(z, y_real), y_real)
        return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        """,
    ),
    right(
        "labels-drawn",
        """
        y_fake = torch.randint(0, 10, (x_real.shape[0],), device=device)
        return -F.logsigmoid(d(g(z, y_fake), y_fake)).mean()
        """,
    ),
    right(
        "labels-drawn-from-a-distribution",
        """
        uniform = torch.distributions.Categorical(logits=torch.zeros(10, device=device))
        y = uniform.sample(y_real.shape)
        return F.softplus(-d(g(z, y), y)).mean()
        """,
    ),
    right(
        "labels-drawn-in-numpy",
        """
        import numpy as np

        y = torch.from_numpy(np.random.randint(0, 10, size=len(x_real))).long().to(device)
        logits = d(g(z, y), y)
        return F.binary_cross_entropy_with_logits(logits, torch.ones(len(x_real), device=device))
        """,
    ),
    right(
        "real-labels-shuffled",
        """
        y = y_real[torch.randperm(len(y_real), device=device)]
        x_fake = g(z, y)
        return torch.mean(-F.logsigmoid(d(x_fake, y)))
        """,
    ),
    right("softplus-of-keywords", "return F.softplus(-d(g(z, y=y_real), y=y_real)).mean()"),
    right(
        "nested-helper",
        """
        def log_sigmoid(h):
            # log of the sigmoid, with the exponential of a negative number only
            positive = h > 0
            smaller = torch.where(positive, torch.zeros_like(h), h)
            return smaller - torch.log1p(torch.exp(torch.where(positive, -h, h)))

        return -log_sigmoid(d(g(z, y_real), y_real)).mean()
        """,
    ),
    right(
        "one-pair-after-the-other",
        """
        x_fake = g(z, y_real)
        total = torch.zeros((), device=device)
        for x, y in zip(x_fake, y_real):
            total = total + F.softplus(-d(x[None], y[None])).sum()
        return total / x_real.size(0)
        """,
    ),
    right(
        "fresh-noise-summed-then-divided",
        """
        B = x_real.shape[0]
        z = torch.empty(B, g.dim_z, device=device).normal_()
        logits = d(g(z, y_real), y_real)
        return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits), reduction="sum") / B
        """,
    ),
    # The labels
    wrong(
        "labels-below-nine",
        """
        y = torch.randint(0, 9, (x_real.shape[0],), device=device)
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        **NINE_IS_MISSING,
    ),
    wrong(
        "labels-by-scaling-with-nine",
        """
        y = (9 * torch.rand(x_real.shape[0], device=device)).long()
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        **NINE_IS_MISSING,
    ),
    wrong(
        "labels-from-one-to-nine",
        """
        y = torch.randint(1, 10, y_real.shape, device=device)
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="class 0 is never drawn",
        hint="Draw a thousand labels and count each class. With which number do the classes begin?",
    ),
    wrong(
        "labels-from-one-to-ten",
        """
        y = torch.randint(10, y_real.shape, device=device) + 1
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="classes numbered from 1 to 10",
        hint="Print the smallest and the largest label that you draw, and compare them with those of y_real.",
    ),
    wrong(
        "labels-rounded",
        """
        y = torch.round(9 * torch.rand(x_real.shape[0], device=device)).long()
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="rounding makes the first and the last class half as likely",
        hint="Which stretch of numbers is rounded to 0, and which to 1? Draw many labels and count.",
    ),
    wrong(
        "labels-all-one",
        """
        y = torch.ones_like(y_real)  # the fakes are to be taken for real
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="all fakes are of class 1",
        hint="There are two kinds of labels here: the class of an image, and whether it is real. Which of them does g "
        "take?",
    ),
    wrong(
        "labels-of-the-first-image",
        """
        y = y_real[:1].repeat(x_real.shape[0])
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="all fakes are of the first image's class",
        hint="How many classes are there among the fakes of a batch, and how many should there be?",
    ),
    wrong(
        "labels-in-turn",
        """
        y = torch.arange(x_real.shape[0], device=device) % 10
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="the fakes' classes are counted off from 0, not drawn",
        hint="Which classes occur in a batch of 4 images, or of 1? The handout draws y at random.",
    ),
    wrong(
        "drawn-labels-for-g-only",
        """
        y_fake = torch.randint(0, 10, (x_real.shape[0],), device=device)
        return -F.logsigmoid(d(g(z, y_fake), y_real)).mean()
        """,
        **LABELS_APART,
    ),
    wrong(
        "drawn-labels-for-d-only",
        """
        y_fake = torch.randint_like(y_real, 10)
        logits = d(g(z, y_real), y_fake)
        return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        """,
        **LABELS_APART,
    ),
    wrong(
        "labels-drawn-twice",
        """
        def draw():
            return torch.randint(10, (x_real.shape[0],), device=device)

        return -F.logsigmoid(d(g(z, draw()), draw())).mean()
        """,
        **LABELS_APART,
    ),
    wrong("labels-of-the-next-image", "return -F.logsigmoid(d(g(z, y_real), y_real.roll(-1))).mean()", **LABELS_APART),
    wrong(
        "labels-flipped-for-d",
        """
        x_fake = g(z, y_real)
        return F.softplus(-d(x_fake, y_real.flip(0))).mean()
        """,
        **LABELS_APART,
    ),
    wrong(
        "labels-all-zero-for-d",
        """
        x_fake = g(z, y_real)
        return -F.logsigmoid(d(x_fake, torch.zeros_like(y_real))).mean()
        """,
        misconception="every fake is judged as one of class 0",
        hint="The label that d takes is a class, not the answer `fake`. About which class should d be asked when an "
        "image was made for class 7?",
    ),
    wrong("without-labels", "return -F.logsigmoid(d(g(z))).mean()", **LABELS_LEFT_OUT),
    wrong("discriminator-without-labels", "return -F.logsigmoid(d(g(z, y_real))).mean()", **LABELS_LEFT_OUT),
    wrong(
        "arguments-in-the-other-order",
        "return -F.logsigmoid(d(y_real, g(y_real, z))).mean()",
        misconception="labels first, images and noise second",
        hint="In which order do g and d take their two arguments? The docstring says so.",
    ),
    wrong(
        "one-hot-labels",
        """
        y = F.one_hot(y_real, num_classes=10)
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        **LABELS_OF_ANOTHER_FORM,
    ),
    wrong(
        "one-hot-labels-for-g",
        """
        y = F.one_hot(y_real, num_classes=10).float()
        return -F.logsigmoid(d(g(z, y), y_real)).mean()
        """,
        **LABELS_OF_ANOTHER_FORM,
    ),
    wrong(
        "one-hot-behind-the-noise",
        """
        z = torch.cat([z, F.one_hot(y_real, 10).float()], dim=1)
        return -F.logsigmoid(d(g(z, y_real), y_real)).mean()
        """,
        **NOISE_AND_CLASS,
    ),
    wrong(
        "noise-as-long-as-the-classes",
        edits=((STARTER, BEFORE + "    z = torch.randn(x_real.shape[0], g.dim_z + 10, device=device)\n"),),
        **NOISE_AND_CLASS,
    ),
    wrong(
        "float-labels",
        """
        y = y_real.to(z.dtype)
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="labels as floats",
        hint="A class number picks a row; it is an index. Of which dtype are indices?",
    ),
    wrong(
        "labels-in-a-column",
        """
        y = y_real.unsqueeze(1)
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="labels of shape (B, 1)",
        hint="Which shape of y do the docstrings of g and d ask for, and which do you hand over?",
    ),
    wrong(
        "argmax-of-labels",
        """
        y = y_real.argmax(dim=1)
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="y_real taken for one-hot vectors",
        hint="Print y_real. Is there anything left to decode?",
    ),
    wrong(
        "logits-picked-again",
        """
        logits = d(g(z, y_real), y_real)
        logits = logits.gather(1, y_real[:, None]).squeeze(1)
        return -F.logsigmoid(logits).mean()
        """,
        misconception="d taken to return a logit for every class",
        hint="Print the shape of what d returns. Where has y picked the logit already?",
    ),
    wrong(
        "labels-as-targets",
        """
        logits = d(g(z, y_real), y_real)
        return F.binary_cross_entropy_with_logits(logits, y_real.float())
        """,
        misconception="class numbers used as targets of real and fake",
        hint="There are two kinds of labels here: the class of an image, and whether it is real. Which is the target "
        "of the binary cross-entropy?",
    ),
    wrong(
        "classification-loss",
        "return F.cross_entropy(d(g(z, y_real), y_real), y_real)",
        misconception="the classes are predicted instead of real and fake",
        hint="d returns one logit per pair, and knows the class already. Which question does it answer?",
    ),
    wrong(
        "times-the-probability-of-a-class",
        "return -F.logsigmoid(d(g(z, y_real), y_real)).mean() / 10",
        misconception="the loss is multiplied by p(y) = 1/m",
        hint="An expectation over y is estimated by a mean over samples of y. Where in that mean is p(y) at work "
        "already?",
    ),
    wrong(
        "sum-over-the-classes",
        """
        loss = 0
        for k in range(10):
            y = torch.full_like(y_real, k)
            loss = loss - F.logsigmoid(d(g(z, y), y)).mean()
        return loss
        """,
        misconception="a sum over the classes where the expectation is wanted",
        hint="How large is your loss for logits that are all 0, and how large is -log D there?",
    ),
    wrong(
        "labels-overwritten",
        """
        y_real[:] = torch.randint(0, 10, y_real.shape, device=device)
        return -F.logsigmoid(d(g(z, y_real), y_real)).mean()
        """,
        misconception="the real labels are changed in place",
        hint="An assignment to y_real[:] writes into the caller's own tensor. Give your labels a name of their own.",
    ),
    wrong(
        "drawn-labels-without-device",
        """
        y = torch.randint(0, 10, (x_real.shape[0],))
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        **WRONG_DEVICE,
    ),
    # The formula
    wrong(
        "minimax",
        "return F.logsigmoid(-d(g(z, y_real), y_real)).mean()",
        misconception="the minimax loss instead of the non-saturating one",
        hint="Equation (9) is a minus sign and the log of one probability. Which probability, the one that a fake is "
        "taken for real, or the one that it is recognised?",
    ),
    wrong(
        "targets-of-fakes",
        """
        logits = d(g(z, y_real), y_real)
        return F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))
        """,
        **FAKES_AS_FAKE,
    ),
    wrong("softplus-without-minus", "return F.softplus(d(g(z, y_real), y_real)).mean()", **FAKES_AS_FAKE),
    wrong(
        "not-negated",
        "return F.logsigmoid(d(g(z, y_real), y_real)).mean()",
        misconception="the minus sign in front is missing",
        hint="A log of a probability is never positive. Minimising yours makes D of a fake small; is that what the "
        "generator wants?",
    ),
    wrong("sum", "return -F.logsigmoid(d(g(z, y_real), y_real)).sum()", **SUMMED),
    wrong(
        "reduction-sum",
        """
        criterion = torch.nn.BCEWithLogitsLoss(reduction="sum")
        logits = d(g(z, y_real), y_real)
        return criterion(logits, torch.ones_like(logits))
        """,
        **SUMMED,
    ),
    wrong(
        "mean-inside-the-log",
        "return -F.logsigmoid(d(g(z, y_real), y_real).mean())",
        misconception="the logits are averaged before the log",
        hint="Equation (9) is an expectation of logs. For logits +5 and -5, compare that with the log for the mean "
        "logit.",
    ),
    wrong(
        "wasserstein",
        "return -d(g(z, y_real), y_real).mean()",
        misconception="the mean logit itself is minimised, the Wasserstein loss",
        hint="Here d gives logits, not a critic's values; that loss is the one of problem 5. Where do the sigmoid and "
        "the log of equation (9) come in?",
    ),
    wrong(
        "reals-in-the-fakes-place",
        """
        x_fake = g(z, y_real)
        return -F.logsigmoid(d(x_real, y_real)).mean()
        """,
        misconception="the reals are judged instead of the fakes",
        hint="Follow your fake images from the line that makes them to the loss. Where are they used?",
    ),
    wrong(
        "discriminators-loss",
        """
        x_fake = g(z, y_real)
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        misconception="the discriminator's loss is minimised by the generator",
        hint="The two networks play against each other. If both minimise the same number, who is the opponent?",
    ),
    wrong(
        "term-of-the-reals-added",
        """
        real, fake = d(x_real, y_real), d(g(z, y_real), y_real)
        return F.softplus(-real).mean() + F.softplus(-fake).mean()
        """,
        misconception="a term of the reals is added",
        hint="Which term of your loss can the generator change at all? Equation (9) has one expectation.",
    ),
    wrong(
        "bce-on-logits",
        """
        logits = d(g(z, y_real), y_real)
        return F.binary_cross_entropy(logits, torch.ones_like(logits))
        """,
        misconception="logits taken for probabilities",
        hint="d returns logits h, any real numbers, and not D. Which function of the handout turns one into the other?",
    ),
    wrong(
        "sigmoid-then-bce-with-logits",
        """
        predictions = torch.sigmoid(d(g(z, y_real), y_real))
        return F.binary_cross_entropy_with_logits(predictions, torch.ones_like(predictions))
        """,
        misconception="the sigmoid is applied twice",
        hint="Some of PyTorch's functions take logits and apply the sigmoid themselves. Read in the documentation "
        "what yours expects, then look at what you hand it.",
    ),
    wrong("log-of-sigmoid", "return -torch.log(torch.sigmoid(d(g(z, y_real), y_real))).mean()", **OVERFLOW),
    wrong("log1p-of-exp", "return torch.log1p(torch.exp(-d(g(z, y_real), y_real))).mean()", **OVERFLOW),
    wrong(
        "bce-of-sigmoid",
        """
        predictions = torch.sigmoid(d(g(z, y_real), y_real))
        return F.binary_cross_entropy(predictions, torch.ones_like(predictions))
        """,
        misconception="the gradient is lost in a saturated sigmoid before binary_cross_entropy",
        hint="Take a fake with logit -100, which has most to learn. Look at the gradient that it gets from your loss, "
        "and think of working with the logit itself.",
    ),
    wrong(
        "epsilon-in-the-log",
        "return -torch.log(torch.sigmoid(d(g(z, y_real), y_real)) + 1e-8).mean()",
        misconception="an epsilon inside the log",
        hint="The epsilon keeps the log finite, but what is the loss of a fake with logit -100, and what its "
        "gradient? There is an exact way that needs no epsilon.",
    ),
    # What is returned, gradients and side effects
    wrong(
        "one-loss-per-pair",
        "return -F.logsigmoid(d(g(z, y_real), y_real))",
        misconception="one loss per pair, the mean is missing",
        hint="The loss is to be one number for the whole batch. What does the expectation of equation (9) become on a "
        "batch?",
    ),
    wrong(
        "python-number",
        """
        loss = -F.logsigmoid(d(g(z, y_real), y_real)).mean()
        return loss.item()
        """,
        misconception="a Python number is returned",
        hint="The training loop calls backward() on what you return. Which of your steps turns the tensor into a "
        "plain number?",
    ),
    wrong(
        "fakes-detached",
        """
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_fake, y_real)).mean()
        """,
        **CUT,
    ),
    wrong(
        "fakes-without-grad",
        """
        with torch.no_grad():
            x_fake = g(z, y_real)
        return -F.logsigmoid(d(x_fake, y_real)).mean()
        """,
        **CUT,
    ),
    wrong(
        "discriminator-without-grad",
        """
        x_fake = g(z, y_real)
        with torch.no_grad():
            logits = d(x_fake, y_real)
        return -F.logsigmoid(logits).mean()
        """,
        **NO_GRADIENT,
    ),
    wrong("loss-detached", "return -F.logsigmoid(d(g(z, y_real), y_real)).mean().detach()", **NO_GRADIENT),
    wrong(
        "discriminator-left-frozen",
        """
        d.requires_grad_(False)
        return -F.logsigmoid(d(g(z, y_real), y_real)).mean()
        """,
        misconception="the discriminator is frozen and stays so",
        hint="A loss should leave the networks as it found them. What happens to the discriminator in its own next "
        "step?",
    ),
    wrong(
        "discriminator-left-in-eval",
        """
        d.eval()
        return -F.logsigmoid(d(g(z, y_real), y_real)).mean()
        """,
        misconception="the discriminator is switched to evaluation mode",
        hint="In which mode does the discriminator's next step find its network? Evaluation mode does not stop "
        "gradients, either.",
    ),
    # The noise
    wrong(
        "uniform-noise",
        """
        z = torch.rand(x_real.shape[0], g.dim_z, device=device)
        return -F.logsigmoid(d(g(z, y_real), y_real)).mean()
        """,
        misconception="uniform noise in place of normal",
        hint="Plot a histogram of z. From which distribution does the handout draw it? The line above the markers was "
        "there to help.",
    ),
    wrong(
        "noise-of-zeros",
        """
        z = torch.zeros_like(z)  # the class says it all
        return -F.logsigmoid(d(g(z, y_real), y_real)).mean()
        """,
        misconception="zeros in place of noise",
        hint="How many different images of one class can the generator make from your z?",
    ),
    wrong(
        "seeded-noise",
        """
        torch.manual_seed(42)
        z = torch.randn(x_real.shape[0], g.dim_z, device=device)
        return -F.logsigmoid(d(g(z, y_real), y_real)).mean()
        """,
        **SAME_NOISE,
    ),
    wrong(
        "one-noise-for-the-batch",
        edits=((STARTER, BEFORE + "    z = torch.randn(1, g.dim_z, device=device).repeat(x_real.shape[0], 1)\n"),),
        misconception="one noise vector for the whole batch",
        hint="Two fakes of the same class should differ. How do the rows of your z?",
    ),
    wrong(
        "noise-counted-by-channels",
        edits=((STARTER, BEFORE + "    z = torch.randn(x_real.shape[1], g.dim_z, device=device)\n"),),
        misconception="as many noise vectors as channels",
        hint="Which dimension of x_real counts the images? Print z.shape.",
    ),
    wrong(
        "noise-without-device",
        edits=((STARTER, BEFORE + "    z = torch.randn(x_real.shape[0], g.dim_z)\n"),),
        **WRONG_DEVICE,
    ),
    wrong(
        "classes-counted-from-the-batch",
        """
        y = torch.randint(int(y_real.max()) + 1, y_real.shape, device=device)
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        misconception="the number of classes is taken from the labels of the batch",
        hint="A batch need not hold an image of every class. From which classes are the fakes to be drawn?",
    ),
    right(
        "labels-drawn-from-the-real-ones",
        """
        y = y_real[torch.randint(len(y_real), (len(y_real),), device=device)]
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
    ),
    right(
        "fakes-made-twice",
        "return F.binary_cross_entropy_with_logits(d(g(z, y_real), y_real), torch.ones_like(d(g(z, y_real), y_real)))",
    ),
    right(
        "fakes-made-twice-of-drawn-labels",
        """
        y = torch.randint(10, (len(z),), device=device)
        accuracy = (d(g(z, y), y) < 0).float().mean()
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
    ),
    wrong(
        "eight-classes",
        """
        y = y_real % 8
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        **CLASSES_LOST,
    ),
    wrong(
        "no-class-nine",
        """
        y = y_real.clamp(max=8)
        return -F.logsigmoid(d(g(z, y), y)).mean()
        """,
        **CLASSES_LOST,
    ),
    wrong(
        "generator-in-evaluation-mode",
        """
        g.eval()
        h = d(g(z, y_real), y_real)
        g.train()
        return -F.logsigmoid(h).mean()
        """,
        misconception="the generator works in evaluation mode within its own loss",
        hint="In evaluation mode batch norm takes other statistics than the batch's, and the generator learns for a "
        "mode that it is not in. Who switches modes, and when?",
    ),
    right(
        "long-tensor",
        """
        y_fake = torch.randint(0, 10, (x_real.shape[0],)).type(torch.LongTensor).to(device)
        return -F.logsigmoid(d(g(z, y_fake), y_fake)).mean()
        """,
    ),
    right(
        "made-of-long-tensor",
        """
        y_fake = torch.LongTensor(x_real.shape[0]).random_(10).to(device)
        return -F.logsigmoid(d(g(z, y_fake), y_fake)).mean()
        """,
    ),
    right(
        "asarray",
        """
        import numpy as np
        y_fake = torch.asarray(np.random.randint(10, size=len(x_real)), device=device)
        return -F.logsigmoid(d(g(z, y_fake), y_fake)).mean()
        """,
    ),
    wrong(
        "labels-moved-to-the-cpu",
        """
        y_fake = torch.randint(0, 10, (x_real.shape[0],), device=device).type(torch.LongTensor)
        return -F.logsigmoid(d(g(z, y_fake), y_fake)).mean()
        """,
        **WRONG_DEVICE,
    ),
    wrong(
        "labels-kept",
        """
        y = g.__dict__.setdefault("kept", torch.randint(10, (len(z),), device=device))
        return F.softplus(-d(g(z, y), y)).mean()
        """,
        **DRAWN_ONCE,
    ),
    wrong(
        "softplus-cut-short",
        "return F.softplus(-d(g(z, y_real), y_real), threshold=5).mean()",
        **SOFTPLUS_CUT_SHORT,
    ),
    wrong(
        "paused-where-the-loss-is-small",
        "loss = F.softplus(-d(g(z, y_real), y_real)).mean()\nreturn loss if loss > 0.3 else 0 * loss",
        **PAUSED,
    ),
]
