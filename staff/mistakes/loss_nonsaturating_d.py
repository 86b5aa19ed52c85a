"""Ways of writing loss_nonsaturating_d (problem 2)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import (
    CENTRED,
    CUT_OFF,
    DEPENDENT,
    DRAWN_ONCE,
    FLOODED,
    MEAN_OF_MEANS,
    PAUSED,
    SOFTPLUS_CUT_SHORT,
)

right = partial(Right, "loss_nonsaturating_d")
wrong = partial(Wrong, "loss_nonsaturating_d")

# The starter line and enough of what stands before it to tell it from those of the other functions.
BEFORE = """        x_real: batch of real images, shape (B, 1, 28, 28) in training.
        device: where to draw the noise.

    Returns:
        A 0-d tensor.
    \"\"\"
"""
STARTER = BEFORE + "    z = torch.randn(x_real.shape[0], g.dim_z, device=device)\n"

SWAPPED = {
    "misconception": "real and fake swapped",
    "hint": "Put in a discriminator that is sure of itself: +5 for every real image, -5 for every fake. Is your loss "
    "small for it, as it should be?",
}
FAKES_AS_REAL = {
    "misconception": "the fakes are scored as real, log D in place of log(1 - D)",
    "hint": "The two expectations of equation (10) do not hold the same log. What does the discriminator want to "
    "answer when it is shown a fake?",
}
HALVED = {
    "misconception": "the two terms are averaged, not added",
    "hint": "Compare your number with equation (10) for logits that are all 0: each of the two terms is log 2 there. "
    "What should come out, and what does?",
}
SUMMED = {
    "misconception": "a sum over the batch where the mean is wanted",
    "hint": "Double the batch by repeating it: equation (10) does not change. Does your loss? Look for 1/m.",
}
NO_GRADIENT = {
    "misconception": "the loss carries no gradient",
    "hint": "The number is right, but the optimiser needs the graph behind it. Print loss.requires_grad, and find the "
    "step after which it is False.",
}
FAKES_CUT = {
    "misconception": "no gradient flows through d's logits of the fakes",
    "hint": "In the discriminator's turn it is the generator that may be cut off, not the discriminator. Is the cut "
    "before or after d?",
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
    "hint": "Right on paper. Now try logits of 100 and -100: what are the steps in between in float32, and what is the "
    "gradient? The hint of problem 2b and a look through torch.nn.functional help.",
}
SAME_NOISE = {
    "misconception": "the same noise on every call",
    "hint": "Call your function twice and print z. With the same few fakes in every step, what would the "
    "discriminator learn to recognise?",
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
        real_logits = d(x_real)
        fake_logits = d(g(z).detach())
        real_loss = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
        fake_loss = F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
        return real_loss + fake_loss
        """,
    ),
    right(
        "bce-module-labels-of-the-batch-size",
        """
        batch_size = x_real.size(0)
        criterion = torch.nn.BCEWithLogitsLoss()
        ones = torch.ones(batch_size, device=device)
        zeros = torch.zeros(batch_size, device=device)
        return criterion(d(x_real), ones) + criterion(d(g(z)), zeros)
        """,
    ),
    right(
        "float64",
        """
        real, fake = d(x_real).double(), d(g(z).detach()).double()
        return -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()
        """,
    ),
    wrong(
        "float16",
        "return -F.logsigmoid(d(x_real)).mean().half() - F.logsigmoid(-d(g(z).detach())).mean().half()",
        misconception="a float16 result",
        hint="Print loss.dtype and compare it with that of the networks.",
    ),
    right("softplus", "return (F.softplus(-d(x_real)) + F.softplus(d(g(z)))).mean()"),
    right(
        "one-batch-with-labels",
        """
        batch_size = x_real.shape[0]
        with torch.no_grad():
            x_fake = g(z)
        logits = d(torch.cat([x_real, x_fake], dim=0))
        labels = torch.cat([torch.full((batch_size,), 1.0), torch.full((batch_size,), 0.0)]).to(device)
        return 2 * F.binary_cross_entropy_with_logits(logits, labels)
        """,
    ),
    right(
        "one-batch-chunked",
        """
        real, fake = d(torch.cat((x_real, g(z)))).chunk(2)
        return -(F.logsigmoid(real) + F.logsigmoid(-fake)).sum() / len(x_real)
        """,
    ),
    right(
        "logaddexp",
        """
        real, fake = d(x_real), d(g(z).detach())
        zero = torch.zeros_like(real)
        return torch.logaddexp(zero, -real).mean() + torch.logaddexp(zero, fake).mean()
        """,
    ),
    right(
        "log-sum-exp-by-hand",
        """
        def log_one_plus_exp(t):
            # the larger of 0 and t is taken out of the log
            larger = torch.where(t > 0, t, torch.zeros_like(t))
            minus_distance = torch.where(t > 0, -t, t)
            return larger + torch.log1p(torch.exp(minus_distance))

        return log_one_plus_exp(-d(x_real)).mean() + log_one_plus_exp(d(g(z).detach())).mean()
        """,
    ),
    right(
        "one-image-after-the-other",
        """
        m = x_real.shape[0]
        x_fake = g(z).detach()
        total = 0.0
        for i in range(m):
            total = total - F.logsigmoid(d(x_real[i : i + 1])).squeeze()
            total = total - F.logsigmoid(-d(x_fake[i : i + 1])).squeeze()
        return total / m
        """,
    ),
    right(
        "bernoulli-log-prob",
        """
        real = torch.distributions.Bernoulli(logits=d(x_real))
        fake = torch.distributions.Bernoulli(logits=d(g(z)))
        log_real = real.log_prob(torch.ones_like(real.logits))
        log_fake = fake.log_prob(torch.zeros_like(fake.logits))
        return -log_real.mean() - log_fake.mean()
        """,
    ),
    right(
        "fresh-noise-of-its-own",
        """
        z = torch.randn_like(z)
        x_fake = g(z)
        loss = F.logsigmoid(d(x_real)).mean() + F.logsigmoid(d(x_fake).neg()).mean()
        return loss.neg()
        """,
    ),
    right(
        "summed-then-divided",
        """
        B = x_real.shape[0]
        real, fake = d(x_real), d(g(z).detach())
        loss = F.binary_cross_entropy_with_logits(real, torch.ones_like(real), reduction="sum")
        loss += F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake), reduction="sum")
        return loss / B
        """,
    ),
    right(
        "cross-entropy-of-two-classes",
        """
        def two_classes(h):
            return torch.stack([torch.zeros_like(h), h], dim=1)

        is_real = torch.ones(x_real.shape[0], dtype=torch.long, device=device)
        real_loss = F.cross_entropy(two_classes(d(x_real)), is_real)
        fake_loss = F.cross_entropy(two_classes(d(g(z).detach())), torch.zeros_like(is_real))
        return real_loss + fake_loss
        """,
    ),
    # The formula
    wrong(
        "labels-swapped",
        """
        real = d(x_real)
        fake = d(g(z).detach())
        real_loss = F.binary_cross_entropy_with_logits(real, torch.zeros_like(real))
        fake_loss = F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))
        return real_loss + fake_loss
        """,
        **SWAPPED,
    ),
    wrong(
        "softplus-signs-swapped",
        "return F.softplus(d(x_real)).mean() + F.softplus(-d(g(z).detach())).mean()",
        **SWAPPED,
    ),
    wrong(
        "fakes-labelled-real",
        """
        criterion = torch.nn.BCEWithLogitsLoss()
        labels = torch.ones(x_real.shape[0], device=device)
        return criterion(d(x_real), labels) + criterion(d(g(z).detach()), labels)
        """,
        **FAKES_AS_REAL,
    ),
    wrong(
        "no-minus-inside-the-sigmoid",
        "return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(d(g(z).detach())).mean()",
        **FAKES_AS_REAL,
    ),
    wrong(
        "softplus-without-minus",
        "return F.softplus(d(x_real)).mean() + F.softplus(d(g(z).detach())).mean()",
        misconception="the reals are scored as fakes, log(1 - D) in place of log D",
        hint="Your loss for a batch of reals grows when the discriminator is surer that they are real. Which sign does "
        "softplus need for -log of a sigmoid?",
    ),
    wrong(
        "not-negated",
        """
        x_fake = g(z).detach()
        return F.logsigmoid(d(x_real)).mean() + F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the loss is not negated",
        hint="A log of a probability is never positive, so a sum of two of them is not either. Should a loss that is "
        "minimised sink as the discriminator gets worse?",
    ),
    wrong(
        "minus-on-the-first-term-only",
        """
        x_fake = g(z).detach()
        return -F.logsigmoid(d(x_real)).mean() + F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the term of the fakes has the wrong sign",
        hint="Count the minus signs in equation (10), and then in your line. Both terms are to be made small.",
    ),
    wrong(
        "minus-on-the-second-term-only",
        """
        x_fake = g(z).detach()
        return F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the term of the reals has the wrong sign",
        hint="Hold the fakes fixed and make the discriminator surer of the reals. Does your loss sink, as it should?",
    ),
    wrong(
        "one-minus-outside-the-log",
        """
        real_loss = -F.logsigmoid(d(x_real)).mean()
        fake_loss = -(1 - F.logsigmoid(d(g(z).detach()))).mean()
        return real_loss + fake_loss
        """,
        misconception="log(1 - D) computed as 1 - log D",
        hint="The 1 in the second term stands inside the log. Test your line with D = 1/2, where both logs are the "
        "same.",
    ),
    wrong(
        "minus-outside-the-log",
        """
        log_d_real = F.logsigmoid(d(x_real))
        log_one_minus_d_fake = -F.logsigmoid(d(g(z).detach()))
        return -log_d_real.mean() - log_one_minus_d_fake.mean()
        """,
        misconception="log(1 - D) computed as -log D",
        hint="The hint of problem 2b speaks of the sigmoid of -x, not of minus the log of the sigmoid. The log of a "
        "probability cannot be positive; can yours?",
    ),
    wrong(
        "halved",
        """
        real_loss = -F.logsigmoid(d(x_real)).mean()
        fake_loss = -F.logsigmoid(-d(g(z).detach())).mean()
        return (real_loss + fake_loss) / 2
        """,
        **HALVED,
    ),
    wrong(
        "one-mean-over-both-halves",
        """
        x = torch.cat([x_real, g(z).detach()])
        logits = d(x)
        labels = torch.zeros_like(logits)
        labels[: x_real.shape[0]] = 1
        return F.binary_cross_entropy_with_logits(logits, labels)
        """,
        **HALVED,
    ),
    wrong(
        "reals-only",
        "return -F.logsigmoid(d(x_real)).mean()",
        misconception="the term of the fakes is missing",
        hint="A discriminator that says `real` to everything is perfect by this loss. Which part of equation (10) "
        "would punish it?",
    ),
    wrong(
        "fakes-only",
        "return -F.logsigmoid(-d(g(z).detach())).mean()",
        misconception="the term of the reals is missing",
        hint="A discriminator that says `fake` to everything is perfect by this loss. Which part of equation (10) "
        "would punish it?",
    ),
    wrong(
        "reals-in-both-terms",
        """
        logits = d(x_real)
        x_fake = g(z).detach()
        return -F.logsigmoid(logits).mean() - F.logsigmoid(-logits).mean()
        """,
        misconception="the reals stand in both terms",
        hint="Follow your fake images from the line that makes them to the loss. Where are they used?",
    ),
    wrong(
        "fakes-in-both-terms",
        """
        x_fake = g(z).detach()
        real_loss = -F.logsigmoid(d(x_fake)).mean()
        fake_loss = -F.logsigmoid(-d(x_fake)).mean()
        return real_loss + fake_loss
        """,
        misconception="the fakes stand in both terms",
        hint="Does your loss change when x_real does? One of the expectations of equation (10) is over the data.",
    ),
    wrong(
        "noise-for-fakes",
        """
        x_fake = torch.randn_like(x_real)
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="noise images instead of the generator's",
        hint="The fakes have the right shape, but who made them? The generator g is not asked at all.",
    ),
    wrong(
        "generator-fed-with-images",
        """
        x_fake = g(x_real).detach()
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the generator is given images",
        hint="What does a generator turn into an image? Compare the shape that you hand it with the one in g's "
        "docstring.",
    ),
    wrong(
        "discriminator-fed-with-noise",
        "return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(z)).mean()",
        misconception="the discriminator is given noise, not images",
        hint="d looks at images. In equation (10) something stands between z and the discriminator.",
    ),
    wrong(
        "sum",
        """
        x_fake = g(z).detach()
        return -torch.sum(F.logsigmoid(d(x_real)) + F.logsigmoid(-d(x_fake)))
        """,
        **SUMMED,
    ),
    wrong(
        "reduction-sum",
        """
        criterion = torch.nn.BCEWithLogitsLoss(reduction="sum")
        real, fake = d(x_real), d(g(z).detach())
        return criterion(real, torch.ones_like(real)) + criterion(fake, torch.zeros_like(fake))
        """,
        **SUMMED,
    ),
    wrong(
        "mean-of-the-reals-only",
        "return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).sum()",
        misconception="the mean is taken of the reals' term only",
        hint="Double the batch by repeating it: neither term of equation (10) changes. Does each of yours stay?",
    ),
    wrong(
        "divided-by-64",
        """
        batch_size = 64
        loss = -F.logsigmoid(d(x_real)).sum() - F.logsigmoid(-d(g(z).detach())).sum()
        return loss / batch_size
        """,
        misconception="divides by a fixed batch size of 64",
        hint="m in equation (10) is the size of the batch at hand. Where could you read it off?",
    ),
    wrong(
        "mean-inside-the-log",
        """
        real_score = d(x_real).mean()
        fake_score = d(g(z).detach()).mean()
        return -F.logsigmoid(real_score) - F.logsigmoid(-fake_score)
        """,
        misconception="the logits are averaged before the log",
        hint="Equation (10) is a mean of logs. For logits +5 and -5, compare that with the log for the mean logit.",
    ),
    wrong(
        "no-log",
        """
        real = torch.sigmoid(d(x_real))
        fake = torch.sigmoid(d(g(z).detach()))
        return -real.mean() - (1 - fake).mean()
        """,
        misconception="the logs are missing",
        hint="Your loss is built of probabilities. What does equation (10) do to each of them before the mean?",
    ),
    wrong(
        "log2",
        """
        real = torch.sigmoid(d(x_real))
        fake = torch.sigmoid(-d(g(z).detach()))
        return -torch.log2(real).mean() - torch.log2(fake).mean()
        """,
        misconception="logs to base 2",
        hint="Your numbers are off by the same factor everywhere. To which base are the logs of the handout?",
    ),
    wrong(
        "log1p-of-plus-sigmoid",
        """
        fake = torch.sigmoid(d(g(z).detach()))
        return -F.logsigmoid(d(x_real)).mean() - torch.log1p(fake).mean()
        """,
        misconception="log(1 + D) in place of log(1 - D)",
        hint="Look up what log1p adds to what. A probability that grows to 2 is no probability.",
    ),
    wrong(
        "hinge",
        "return F.relu(1 - d(x_real)).mean() + F.relu(1 + d(g(z).detach())).mean()",
        misconception="the hinge loss",
        hint="That is a GAN loss, but of another paper. Equation (10) has logs of probabilities, and no logit is so "
        "good that it costs nothing.",
    ),
    wrong(
        "least-squares",
        """
        real, fake = d(x_real), d(g(z).detach())
        return F.mse_loss(real, torch.ones_like(real)) + F.mse_loss(fake, torch.zeros_like(fake))
        """,
        misconception="least squares on the logits",
        hint="Squares are the loss of the least-squares GAN. Does a logit of +10 for a real image deserve a large "
        "loss in equation (10)?",
    ),
    wrong(
        "squared-error-of-probabilities",
        """
        real, fake = torch.sigmoid(d(x_real)), torch.sigmoid(d(g(z).detach()))
        return F.mse_loss(real, torch.ones_like(real)) + F.mse_loss(fake, torch.zeros_like(fake))
        """,
        misconception="squared error of the probabilities",
        hint="You measure how far D is from 1 and 0 by a square. Which function of D does equation (10) use?",
    ),
    wrong(
        "wasserstein",
        "return d(g(z).detach()).mean() - d(x_real).mean()",
        misconception="the Wasserstein loss",
        hint="Here d gives logits, not a critic's values; that loss is the one of problem 5. Where do the sigmoid and "
        "the log of equation (10) come in?",
    ),
    wrong(
        "relativistic",
        """
        difference = d(x_real) - d(g(z).detach())
        return -F.logsigmoid(difference).mean()
        """,
        misconception="reals and fakes compared in pairs",
        hint="In equation (10) each image is judged by itself: add 1 to all logits, and the loss changes. Does yours?",
    ),
    wrong(
        "label-smoothing",
        """
        real, fake = d(x_real), d(g(z).detach())
        real_loss = F.binary_cross_entropy_with_logits(real, torch.full_like(real, 0.9))
        fake_loss = F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
        return real_loss + fake_loss
        """,
        misconception="smoothed labels",
        hint="A good trick in practice, but not equation (10). How sure of a real image is the ideal discriminator "
        "asked to be there?",
    ),
    wrong(
        "softmax-over-the-batch",
        """
        log_real = F.log_softmax(d(x_real), dim=0)
        log_fake = F.log_softmax(-d(g(z).detach()), dim=0)
        return -log_real.mean() - log_fake.mean()
        """,
        misconception="a softmax over the batch in place of the sigmoid",
        hint="The images of a batch do not compete with each other. What does your loss say for a batch of one image?",
    ),
    wrong(
        "cross-entropy-of-a-vector",
        """
        real, fake = d(x_real), d(g(z).detach())
        return F.cross_entropy(real, torch.ones_like(real)) + F.cross_entropy(fake, torch.zeros_like(fake))
        """,
        misconception="cross_entropy takes the batch for a list of classes",
        hint="F.cross_entropy is for one logit per class. You have one logit per image and two answers; which "
        "relative of it is made for that?",
    ),
    wrong(
        "bce-arguments-swapped",
        """
        real, fake = d(x_real), d(g(z).detach())
        real_loss = F.binary_cross_entropy_with_logits(torch.ones_like(real), real)
        fake_loss = F.binary_cross_entropy_with_logits(torch.zeros_like(fake), fake)
        return real_loss + fake_loss
        """,
        misconception="logits and labels swapped in the call",
        hint="Look up which argument of the loss comes first, the prediction or the target.",
    ),
    wrong(
        "loss-class-not-called",
        """
        real, fake = d(x_real), d(g(z).detach())
        real_loss = torch.nn.BCEWithLogitsLoss(real, torch.ones_like(real))
        fake_loss = torch.nn.BCEWithLogitsLoss(fake, torch.zeros_like(fake))
        return real_loss + fake_loss
        """,
        misconception="the loss module is built with the data instead of called",
        hint="A module of torch.nn is made first, with its options, and then called with tensors. Which of the two "
        "steps does your line take?",
    ),
    # Logits, sigmoids and logs
    wrong(
        "bce-on-logits",
        """
        real, fake = d(x_real), d(g(z).detach())
        real_loss = F.binary_cross_entropy(real, torch.ones_like(real))
        fake_loss = F.binary_cross_entropy(fake, torch.zeros_like(fake))
        return real_loss + fake_loss
        """,
        **LOGITS_AS_PROBABILITIES,
    ),
    wrong(
        "log-of-logits",
        "return -torch.log(d(x_real)).mean() - torch.log(1 - d(g(z).detach())).mean()",
        **LOGITS_AS_PROBABILITIES,
    ),
    wrong(
        "sigmoid-then-bce-with-logits",
        """
        real, fake = torch.sigmoid(d(x_real)), torch.sigmoid(d(g(z).detach()))
        real_loss = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
        fake_loss = F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
        return real_loss + fake_loss
        """,
        **SIGMOID_TWICE,
    ),
    wrong(
        "log-sigmoid-of-sigmoid",
        """
        real, fake = torch.sigmoid(d(x_real)), torch.sigmoid(d(g(z).detach()))
        return -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()
        """,
        **SIGMOID_TWICE,
    ),
    wrong(
        "log-of-sigmoid",
        """
        real = torch.sigmoid(d(x_real))
        fake = torch.sigmoid(d(g(z).detach()))
        return -torch.log(real).mean() - torch.log(1 - fake).mean()
        """,
        **OVERFLOW,
    ),
    wrong(
        "log1p-of-minus-sigmoid",
        """
        fake = torch.sigmoid(d(g(z).detach()))
        return -F.logsigmoid(d(x_real)).mean() - torch.log1p(-fake).mean()
        """,
        **OVERFLOW,
    ),
    wrong(
        "log-of-sigmoid-of-minus-logit",
        """
        real = torch.sigmoid(d(x_real))
        fake = torch.sigmoid(-d(g(z).detach()))
        return -(torch.log(real) + torch.log(fake)).mean()
        """,
        **OVERFLOW,
    ),
    wrong(
        "log-of-one-plus-exp",
        """
        real, fake = d(x_real), d(g(z).detach())
        return torch.log(1 + torch.exp(-real)).mean() + torch.log(1 + torch.exp(fake)).mean()
        """,
        **OVERFLOW,
    ),
    wrong(
        "bce-of-sigmoid",
        """
        real, fake = torch.sigmoid(d(x_real)), torch.sigmoid(d(g(z).detach()))
        real_loss = F.binary_cross_entropy(real, torch.ones_like(real))
        fake_loss = F.binary_cross_entropy(fake, torch.zeros_like(fake))
        return real_loss + fake_loss
        """,
        misconception="the gradient is lost in a saturated sigmoid before binary_cross_entropy",
        hint="For a fake with logit 100 the discriminator is badly wrong. Look at the gradient that it gets from your "
        "loss: does it learn? Think of working with the logit itself.",
    ),
    wrong(
        "epsilon-in-the-log",
        """
        real = torch.sigmoid(d(x_real))
        fake = torch.sigmoid(d(g(z).detach()))
        return -torch.log(real + 1e-8).mean() - torch.log(1 - fake + 1e-8).mean()
        """,
        misconception="an epsilon inside the log",
        hint="The epsilon keeps the log finite, but what is the loss of a fake with logit 100, and what its gradient? "
        "There is an exact way that needs no epsilon.",
    ),
    wrong(
        "clamped-probabilities",
        """
        real = torch.sigmoid(d(x_real)).clamp(1e-6, 1 - 1e-6)
        fake = torch.sigmoid(d(g(z).detach())).clamp(1e-6, 1 - 1e-6)
        return -real.log().mean() - (1 - fake).log().mean()
        """,
        misconception="clamped probabilities",
        hint="Where the clamp is active, its gradient is zero. Is that where the discriminator has nothing to learn?",
    ),
    wrong(
        "clamped-logits",
        """
        real = d(x_real).clamp(-20, 20)
        fake = d(g(z).detach()).clamp(-20, 20)
        return -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()
        """,
        misconception="clamped logits",
        hint="What is the loss of a fake with logit 100, and what is its gradient? The function that you use "
        "copes with logits of any size.",
    ),
    # Labels and batches
    wrong(
        "integer-labels",
        """
        real, fake = d(x_real), d(g(z).detach())
        ones = torch.ones(x_real.shape[0], dtype=torch.long, device=device)
        zeros = torch.zeros(x_real.shape[0], dtype=torch.long, device=device)
        real_loss = F.binary_cross_entropy_with_logits(real, ones)
        fake_loss = F.binary_cross_entropy_with_logits(fake, zeros)
        return real_loss + fake_loss
        """,
        misconception="integer labels for the binary cross-entropy",
        hint="The targets of a binary cross-entropy are probabilities. Of which dtype should they be?",
    ),
    wrong(
        "labels-in-a-column",
        """
        B = x_real.shape[0]
        ones = torch.ones(B, 1, device=device)
        zeros = torch.zeros(B, 1, device=device)
        real_loss = F.binary_cross_entropy_with_logits(d(x_real), ones)
        fake_loss = F.binary_cross_entropy_with_logits(d(g(z).detach()), zeros)
        return real_loss + fake_loss
        """,
        misconception="labels of shape (B, 1) for logits of shape (B,)",
        hint="Print the shapes of logits and labels side by side.",
    ),
    wrong(
        "column-labels-broadcast",
        """
        B = x_real.shape[0]
        logits = d(torch.cat([x_real, g(z).detach()]))
        labels = torch.cat([torch.ones(B, 1, device=device), torch.zeros(B, 1, device=device)])
        losses = labels * F.logsigmoid(logits) + (1 - labels) * F.logsigmoid(-logits)
        return -2 * losses.mean()
        """,
        misconception="labels in a column broadcast against a row of logits",
        hint="Print the shape of your losses before the mean. Is there one for each image?",
    ),
    wrong(
        "joined-as-channels",
        """
        logits = d(torch.cat([x_real, g(z).detach()], dim=1))
        labels = torch.cat([torch.ones(x_real.shape[0]), torch.zeros(x_real.shape[0])]).to(device)
        return 2 * F.binary_cross_entropy_with_logits(logits, labels)
        """,
        misconception="reals and fakes joined along the wrong dimension",
        hint="After the join there should be 2B images. Print the shape: what has doubled?",
    ),
    wrong(
        "shuffled-without-the-labels",
        """
        B = x_real.shape[0]
        x = torch.cat([x_real, g(z).detach()])
        x = x[torch.randperm(2 * B, device=device)]
        labels = torch.cat([torch.ones(B, device=device), torch.zeros(B, device=device)])
        return 2 * F.binary_cross_entropy_with_logits(d(x), labels)
        """,
        misconception="the images are shuffled and their labels are not",
        hint="After the shuffle, which images stand in the first half of the batch, and which labels?",
    ),
    wrong(
        "squeezed-then-joined",
        """
        real = d(x_real).squeeze()
        fake = d(g(z).detach()).squeeze()
        logits = torch.cat([real, fake])
        labels = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
        return 2 * F.binary_cross_entropy_with_logits(logits, labels)
        """,
        misconception="squeeze drops the batch dimension of a single image",
        hint="Try a batch of one image. What does squeeze() leave of shape (1,)?",
    ),
    wrong(
        "logits-taken-for-a-column",
        """
        real = d(x_real)[:, 0]
        fake = d(g(z).detach())[:, 0]
        return -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()
        """,
        misconception="logits taken to be of shape (B, 1)",
        hint="d's docstring gives the shape of the logits. How many dimensions are there to index?",
    ),
    # What is returned
    wrong(
        "one-loss-per-image",
        """
        real, fake = d(x_real), d(g(z).detach())
        real_loss = F.binary_cross_entropy_with_logits(real, torch.ones_like(real), reduction="none")
        fake_loss = F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake), reduction="none")
        return real_loss + fake_loss
        """,
        misconception="one loss per image, the mean is missing",
        hint="The loss is to be one number for the whole batch. What does the sum with 1/m in equation (10) do?",
    ),
    wrong(
        "shape-of-one",
        """
        loss = -F.logsigmoid(d(x_real)) - F.logsigmoid(-d(g(z).detach()))
        return loss.mean(dim=0, keepdim=True)
        """,
        misconception="a tensor of shape (1,) instead of a 0-d one",
        hint="Print loss.shape. A 0-d tensor has the shape ().",
    ),
    wrong(
        "python-number",
        """
        loss = -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).mean()
        return loss.item()
        """,
        misconception="a Python number is returned",
        hint="The training loop calls backward() on what you return. Which of your steps turns the tensor into a plain "
        "number?",
    ),
    wrong(
        "tensor-made-of-losses",
        """
        real_loss = -F.logsigmoid(d(x_real)).mean()
        fake_loss = -F.logsigmoid(-d(g(z).detach())).mean()
        return torch.tensor([real_loss.item(), fake_loss.item()], device=device).sum()
        """,
        **NO_GRADIENT,
    ),
    wrong(
        "all-without-grad",
        """
        with torch.no_grad():
            x_fake = g(z)
            loss = -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        return loss
        """,
        **NO_GRADIENT,
    ),
    wrong(
        "both-terms-returned",
        """
        real_loss = -F.logsigmoid(d(x_real)).mean()
        fake_loss = -F.logsigmoid(-d(g(z).detach())).mean()
        return real_loss, fake_loss
        """,
        misconception="the two terms are returned as a pair",
        hint="The training loop minimises one number. How does equation (10) join the two terms?",
    ),
    wrong(
        "no-return",
        """
        x_fake = g(z).detach()
        loss = -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="nothing is returned",
        hint="The loss is worked out, but what does the caller get?",
    ),
    # Gradients and side effects
    wrong(
        "fake-logits-detached",
        "return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z)).detach()).mean()",
        **FAKES_CUT,
    ),
    wrong(
        "fakes-judged-without-grad",
        """
        with torch.no_grad():
            x_fake = g(z)
            fake_logits = d(x_fake)
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-fake_logits).mean()
        """,
        **FAKES_CUT,
    ),
    wrong(
        "real-logits-detached",
        """
        real_logits = d(x_real).data
        fake_logits = d(g(z).detach())
        return -F.logsigmoid(real_logits).mean() - F.logsigmoid(-fake_logits).mean()
        """,
        misconception="no gradient flows through d's logits of the reals",
        hint="The discriminator has to learn from the real images too. What does .data do to the graph?",
    ),
    wrong(
        "backward-inside",
        """
        loss = -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).mean()
        loss.backward()
        return loss
        """,
        misconception="backward is called inside the loss",
        hint="The training loop takes the gradients itself. What is left of the graph once you have done so?",
    ),
    wrong(
        "generator-left-frozen",
        """
        for p in g.parameters():
            p.requires_grad = False
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z))).mean()
        """,
        misconception="the generator is frozen and stays so",
        hint="A loss should leave the networks as it found them. What happens to the generator in its own next step?",
    ),
    wrong(
        "generator-left-in-eval",
        """
        g.eval()
        x_fake = g(z).detach()
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the generator is switched to evaluation mode",
        hint="Which layers of the generator behave otherwise in evaluation mode, and who switches them back?",
    ),
    wrong(
        "discriminator-left-in-eval",
        """
        d.eval()
        x_fake = g(z).detach()
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the discriminator is switched to evaluation mode",
        hint="This is the discriminator's training step. In which mode should it be, and is that for the loss to "
        "decide?",
    ),
    wrong(
        "reals-scaled-in-place",
        """
        x_real.mul_(2).sub_(1)  # to [-1, 1]
        x_fake = g(z).detach()
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the real images are changed in place",
        hint="The images come scaled already; and a method whose name ends in an underscore writes into the caller's "
        "own tensor. What does the generator's step get to see?",
    ),
    wrong(
        "reals-scaled",
        """
        x = 2 * x_real - 1
        x_fake = g(z).detach()
        return -F.logsigmoid(d(x)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the real images are scaled once more",
        hint="Look at the smallest and the largest pixel of x_real. Has someone scaled them for you?",
    ),
    wrong(
        "reals-marked-for-gradients",
        """
        x_real.requires_grad_()
        x_fake = g(z).detach()
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the caller's images are made to require gradients",
        hint="Whose gradient does this loss need, that of the images or that of the weights? A change to x_real stays "
        "after your function returns.",
    ),
    # The noise
    wrong(
        "uniform-noise",
        """
        z = torch.rand(x_real.shape[0], g.dim_z, device=device)
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).mean()
        """,
        misconception="uniform noise in place of normal",
        hint="Plot a histogram of z. From which distribution does the handout draw it? The line above the markers was "
        "there to help.",
    ),
    wrong(
        "noise-of-zeros",
        """
        z = torch.zeros(x_real.shape[0], g.dim_z, device=device)
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).mean()
        """,
        misconception="zeros in place of noise",
        hint="How many different images can the generator make from your z?",
    ),
    wrong(
        "seeded-noise",
        """
        torch.manual_seed(0)
        z = torch.randn(x_real.shape[0], g.dim_z, device=device)
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).mean()
        """,
        **SAME_NOISE,
    ),
    wrong(
        "noise-from-a-seeded-generator",
        edits=(
            (
                STARTER,
                BEFORE
                + "    source = torch.Generator(device=device).manual_seed(236)\n"
                + "    z = torch.randn(x_real.shape[0], g.dim_z, device=device, generator=source)\n",
            ),
        ),
        **SAME_NOISE,
    ),
    wrong(
        "one-noise-for-the-batch",
        """
        z = torch.randn(1, g.dim_z, device=device).repeat(x_real.shape[0], 1)
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).mean()
        """,
        misconception="one noise vector for the whole batch",
        hint="Each of the m fakes in equation (10) has a z of its own. How do the rows of yours differ?",
    ),
    wrong(
        "fixed-batch-of-noise",
        """
        z = torch.randn(64, g.dim_z, device=device)
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).mean()
        """,
        misconception="64 noise vectors whatever the batch",
        hint="How many fakes do you make when there are 5 real images?",
    ),
    wrong(
        "fixed-size-of-noise",
        """
        z = torch.randn(x_real.shape[0], 100, device=device)
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).mean()
        """,
        misconception="noise of a fixed size instead of g.dim_z",
        hint="Who knows how long a noise vector has to be?",
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
        "labels-without-device",
        """
        B = x_real.shape[0]
        real_loss = F.binary_cross_entropy_with_logits(d(x_real), torch.ones(B))
        fake_loss = F.binary_cross_entropy_with_logits(d(g(z).detach()), torch.zeros(B))
        return real_loss + fake_loss
        """,
        **WRONG_DEVICE,
    ),
    wrong(
        "labels-as-variables-without-device",
        """
        valid = torch.autograd.Variable(torch.ones(x_real.shape[0]), requires_grad=False)
        fake = torch.autograd.Variable(torch.zeros(x_real.shape[0]), requires_grad=False)
        real_loss = F.binary_cross_entropy_with_logits(d(x_real), valid)
        return real_loss + F.binary_cross_entropy_with_logits(d(g(z).detach()), fake)
        """,
        **WRONG_DEVICE,
    ),
    right(
        "targets-to-cuda-if-the-device-is-of-its-type",
        """
        valid, fake = torch.ones(len(x_real)), torch.zeros(len(x_real))
        if device.type == "cuda":
            valid, fake = valid.cuda(), fake.cuda()
        real_loss = F.binary_cross_entropy_with_logits(d(x_real), valid)
        return real_loss + F.binary_cross_entropy_with_logits(d(g(z).detach()), fake)
        """,
    ),
    right(
        "targets-on-a-device-by-its-name",
        """
        where = "cuda" if str(device).startswith("cuda") else "cpu"
        valid, fake = torch.ones(len(x_real), device=where), torch.zeros(len(x_real), device=where)
        real_loss = F.binary_cross_entropy_with_logits(d(x_real), valid)
        return real_loss + F.binary_cross_entropy_with_logits(d(g(z).detach()), fake)
        """,
    ),
    wrong(
        "noise-on-cuda",
        """
        z = torch.randn(x_real.shape[0], g.dim_z).cuda()
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z).detach())).mean()
        """,
        misconception="a GPU is taken for granted",
        hint="The grader has no GPU. Which argument of the function tells you where tensors belong?",
    ),
    wrong(
        "seed-set-after-drawing",
        """
        torch.manual_seed(0)
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z))).mean()
        """,
        misconception="a seed is set in the loss, so that the next call draws the same numbers every time",
        hint="The same noise at every step means the same fakes at every step. What in your function makes randomness "
        "repeat itself?",
    ),
    wrong(
        "first-ten-rows-only",
        """
        x_real = x_real[:10]
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z))).mean()
        """,
        misconception="only the first ten images count",
        hint="Try it with batches of different sizes: does every image have a part in the result?",
    ),
    right(
        "fakes-made-twice",
        """
        real = F.binary_cross_entropy_with_logits(d(x_real), torch.ones_like(d(x_real)))
        return real + F.binary_cross_entropy_with_logits(d(g(z).detach()), torch.zeros_like(d(g(z).detach())))
        """,
    ),
    wrong(
        "one-image-at-a-time",
        """
        x_fake = torch.cat([g(z[i : i + 1]) for i in range(len(z))]).detach()
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        misconception="the images are made one at a time",
        hint="A generator with batch norm wants a batch: what is the variance of one number?",
    ),
    right(
        "fakes-of-a-copy",
        """
        import copy

        x_fake = copy.deepcopy(g)(z).detach()
        return F.softplus(-d(x_real)).mean() + F.softplus(d(x_fake)).mean()
        """,
    ),
    wrong(
        "noise-kept",
        """
        z = g.__dict__.setdefault("kept", z)
        return F.softplus(-d(x_real)).mean() + F.softplus(d(g(z).detach())).mean()
        """,
        **DRAWN_ONCE,
    ),
    wrong(
        "fakes-kept",
        """
        if not hasattr(g, "fakes"):
            g.fakes = g(z).detach()
        return F.softplus(-d(x_real)).mean() + F.softplus(d(g.fakes)).mean()
        """,
        **DRAWN_ONCE,
    ),
    wrong(
        "mean-of-means",
        """
        x_fake = g(z).detach()
        parts = zip(d(x_real).split(128), d(x_fake).split(128))
        return torch.stack([F.softplus(-r).mean() + F.softplus(f).mean() for r, f in parts]).mean()
        """,
        **MEAN_OF_MEANS,
    ),
    right(
        "default-device-set-and-reset",
        """
        before = torch.get_default_device()
        torch.set_default_device(device)
        try:
            ones, zeros = torch.ones(len(x_real)), torch.zeros(len(x_real))
        finally:
            torch.set_default_device(before)
        real, fake = d(x_real), d(g(z).detach())
        return F.binary_cross_entropy_with_logits(real, ones) + F.binary_cross_entropy_with_logits(fake, zeros)
        """,
    ),
    right(
        "labels-kept-by-size",
        """
        kept, size = loss_nonsaturating_d.__dict__, f"labels_{len(x_real)}"
        if size not in kept:
            kept[size] = torch.ones(len(x_real), device=device), torch.zeros(len(x_real), device=device)
        ones, zeros = kept[size]
        real, fake = d(x_real), d(g(z).detach())
        return F.binary_cross_entropy_with_logits(real, ones) + F.binary_cross_entropy_with_logits(fake, zeros)
        """,
    ),
    right(
        "with-the-device",
        """
        with device:
            ones, zeros = torch.ones(len(x_real)), torch.zeros(len(x_real))
        real, fake = d(x_real), d(g(z).detach())
        return F.binary_cross_entropy_with_logits(real, ones) + F.binary_cross_entropy_with_logits(fake, zeros)
        """,
    ),
    wrong(
        "default-device-left",
        """
        torch.set_default_device(device)
        ones, zeros = torch.ones(len(x_real)), torch.zeros(len(x_real))
        real, fake = d(x_real), d(g(z).detach())
        return F.binary_cross_entropy_with_logits(real, ones) + F.binary_cross_entropy_with_logits(fake, zeros)
        """,
        misconception="the default device is changed for all of torch, and left so",
        hint="Who else makes tensors after your function, and on which device do they count?",
    ),
    wrong(
        "discriminator-in-evaluation-mode-and-back",
        """
        x_fake = g(z).detach()
        d.eval()
        loss = F.softplus(-d(x_real)).mean() + F.softplus(d(x_fake)).mean()
        d.train()
        return loss
        """,
        misconception="the discriminator is evaluated in evaluation mode in its own turn",
        hint="What does dropout do in evaluation mode, and in which mode is a network to learn?",
    ),
    wrong(
        "antithetic-noise",
        """
        half = z[: (len(z) + 1) // 2]
        z = torch.cat([half, -half])[: len(z)]
        return F.softplus(-d(x_real)).mean() + F.softplus(d(g(z).detach())).mean()
        """,
        **DEPENDENT,
    ),
    wrong(
        "noise-centred",
        "z = z - z.mean(dim=0)\nreturn F.softplus(-d(x_real)).mean() + F.softplus(d(g(z).detach())).mean()",
        **CENTRED,
    ),
    wrong(
        "noise-cut-off-on-one-side",
        "z = z.clamp(max=2.3)\nreturn F.softplus(-d(x_real)).mean() + F.softplus(d(g(z).detach())).mean()",
        **CUT_OFF,
    ),
    right(
        "logits-taken-anew",
        """
        real, fake = (lambda: d(x_real)), (lambda: d(g(z).detach()))
        loss_real = torch.where(real() > 0, 0 * real(), -real()) + torch.log1p(torch.exp(-real().abs()))
        loss_fake = torch.where(fake() > 0, fake(), 0 * fake()) + torch.log1p(torch.exp(-fake().abs()))
        return loss_real.mean() + loss_fake.mean()
        """,
    ),
    right(
        "last-chunk-filled-up",
        """
        chunks = list(z.split(64))
        filled = torch.cat([chunks[-1], chunks[-1][-1:].expand(64 - len(chunks[-1]), -1)])
        x_fake = torch.cat([*map(g, chunks[:-1]), g(filled)[: len(chunks[-1])]]).detach()
        return F.softplus(-d(x_real)).mean() + F.softplus(d(x_fake)).mean()
        """,
    ),
    wrong(
        "softplus-cut-short",
        "return F.softplus(-d(x_real), threshold=5).mean() + F.softplus(d(g(z).detach()), threshold=5).mean()",
        **SOFTPLUS_CUT_SHORT,
    ),
    wrong(
        "paused-where-the-loss-is-small",
        """
        loss = F.softplus(-d(x_real)).mean() + F.softplus(d(g(z).detach())).mean()
        return loss if loss.item() > 0.3 else 0.0 * loss
        """,
        **PAUSED,
    ),
    wrong(
        "paused-where-it-is-right",
        """
        real, fake = d(x_real), d(g(z).detach())
        loss = F.softplus(-real).mean() + F.softplus(fake).mean()
        accuracy = 0.5 * ((real > 0).float().mean() + (fake < 0).float().mean())
        if accuracy > 0.8:
            loss = loss * 0
        return loss
        """,
        **PAUSED,
    ),
    wrong(
        "flooded",
        """
        loss = F.softplus(-d(x_real)).mean() + F.softplus(d(g(z).detach())).mean()
        return (loss - 0.2).abs() + 0.2
        """,
        **FLOODED,
    ),
]
