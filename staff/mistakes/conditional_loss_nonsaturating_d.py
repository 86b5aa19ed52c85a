"""Ways of writing conditional_loss_nonsaturating_d (problem 4)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import DEPENDENT, DRAWN_ONCE, MEAN_OF_MEANS, PAUSED, SOFTPLUS_CUT_SHORT

right = partial(Right, "conditional_loss_nonsaturating_d")
wrong = partial(Wrong, "conditional_loss_nonsaturating_d")

# The starter line and enough of what stands before it to tell it from those of the other functions.
BEFORE = """            as labels for the fakes as well.
        device: where to draw the noise.

    Returns:
        A 0-d tensor.
    \"\"\"
"""
STARTER = BEFORE + "    z = torch.randn(x_real.shape[0], g.dim_z, device=device)\n"

LABELS_APART = {
    "misconception": "the fakes are judged under other labels than they were made for",
    "hint": "In the second term of equation (18) the letter y occurs twice within one expectation. Print the labels "
    "that g gets and those that d gets for the same fakes.",
}
REALS_UNDER_OTHER_LABELS = {
    "misconception": "the reals are judged under labels that are not theirs",
    "hint": "A real pair is an image and the class that belongs to it. Print the labels that d gets along with "
    "x_real, and compare.",
}
NINE_IS_MISSING = {
    "misconception": "class 9 is never drawn for the fakes",
    "hint": "Draw a thousand labels and count each class. Does the upper end of your range belong to it?",
}
LABELS_LEFT_OUT = {
    "misconception": "the labels are not handed to the networks",
    "hint": "How many arguments do g and d take in problem 4? Read their docstrings, and look for y in equation (18).",
}
LABELS_OF_ANOTHER_FORM = {
    "misconception": "one-hot vectors in place of class numbers",
    "hint": "Both networks make their own one-hot vectors. Which shape and dtype of y do their docstrings ask for?",
}
SWAPPED = {
    "misconception": "real and fake swapped",
    "hint": "Put in a discriminator that is sure of itself: +5 for every real pair, -5 for every fake one. Is your "
    "loss small for it, as it should be?",
}
HALVED = {
    "misconception": "the two terms are averaged, not added",
    "hint": "Compare your number with equation (18) for logits that are all 0: each of the two terms is log 2 there. "
    "What should come out, and what does?",
}
NO_GRADIENT = {
    "misconception": "the loss carries no gradient",
    "hint": "The number is right, but the optimiser needs the graph behind it. Print loss.requires_grad, and find the "
    "step after which it is False.",
}
OVERFLOW = {
    "misconception": "the log of the sigmoid is not computed in a stable way",
    "hint": "Right on paper. Now try logits of 100 and -100: what are the steps in between in float32, and what is the "
    "gradient? Problem 2b has the same two logs.",
}
SAME_NOISE = {
    "misconception": "the same noise on every call",
    "hint": "Call your function twice and print z. With the same few fakes in every step, what would the "
    "discriminator learn to recognise?",
}
NOISE_AND_CLASS = {
    "misconception": "the noise is made longer by the class",
    "hint": "How long is the noise that g expects? Look into the generator: who appends the one-hot vector?",
}
WRONG_DEVICE = {
    "misconception": "tensors on the default device instead of the given one",
    "hint": "This runs on a CPU by luck. Go through the tensors that are made here, labels too, and ask of each on "
    "which device it lies when `device` is a GPU.",
}

ENTRIES = [
    right(
        "bce-with-logits",
        """
        real_logits = d(x_real, y_real)
        fake_logits = d(g(z, y_real).detach(), y_real)
        real_loss = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
        fake_loss = F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
        return real_loss + fake_loss
        """,
    ),
    right(
        "labels-drawn",
        """
        y_fake = torch.randint(0, 10, (x_real.shape[0],), device=device)
        x_fake = g(z, y_fake)
        return F.softplus(-d(x_real, y_real)).mean() + F.softplus(d(x_fake, y_fake)).mean()
        """,
    ),
    right(
        "labels-drawn-like-the-real-ones",
        """
        y_fake = torch.randint_like(y_real, 10)
        with torch.no_grad():
            x_fake = g(z, y_fake)
        return -(F.logsigmoid(d(x_real, y_real)) + F.logsigmoid(-d(x_fake, y_fake))).mean()
        """,
    ),
    right(
        "labels-drawn-from-a-categorical",
        """
        p = torch.full((10,), 0.1, device=device)
        y_fake = torch.multinomial(p, x_real.shape[0], replacement=True)
        criterion = torch.nn.BCEWithLogitsLoss()
        real, fake = d(x_real, y_real), d(g(z, y_fake).detach(), y_fake)
        return criterion(real, torch.ones_like(real)) + criterion(fake, torch.zeros_like(fake))
        """,
    ),
    right(
        "labels-drawn-by-scaling-uniform-numbers",
        """
        y_fake = (10 * torch.rand(y_real.shape[0], device=device)).long().clamp(max=9)
        real, fake = d(x_real, y_real), d(g(z, y_fake).detach(), y_fake)
        return -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()
        """,
    ),
    right(
        "real-labels-shuffled",
        """
        y_fake = y_real[torch.randperm(y_real.shape[0], device=device)]
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
    ),
    right(
        "one-batch-with-labels",
        """
        B = x_real.shape[0]
        x = torch.cat([x_real, g(z, y_real).detach()])
        y = torch.cat([y_real, y_real])
        targets = torch.cat([torch.ones(B, device=device), torch.zeros(B, device=device)])
        return F.binary_cross_entropy_with_logits(d(x, y), targets, reduction="sum") / B
        """,
    ),
    right(
        "one-batch-of-repeated-labels-chunked",
        """
        pairs = d(torch.cat((x_real, g(z, y_real))), y_real.repeat(2))
        real, fake = torch.chunk(pairs, 2)
        return -torch.mean(F.logsigmoid(real)) - torch.mean(F.logsigmoid(-fake))
        """,
    ),
    right(
        "keyword-arguments",
        """
        x_fake = g(z, y=y_real)
        return -F.logsigmoid(d(x_real, y=y_real)).mean() - F.logsigmoid(-d(x_fake, y=y_real)).mean()
        """,
    ),
    right(
        "logaddexp-with-fresh-noise",
        """
        z = torch.randn_like(z)
        real, fake = d(x_real, y_real), d(g(z, y_real).detach(), y_real)
        zero = torch.zeros_like(real)
        return (torch.logaddexp(zero, -real) + torch.logaddexp(zero, fake)).mean()
        """,
    ),
    right(
        "one-pair-after-the-other",
        """
        x_fake = g(z, y_real).detach()
        total = 0
        for i in range(len(x_real)):
            y = y_real[i : i + 1]
            total = total - F.logsigmoid(d(x_real[i : i + 1], y)).sum()
            total = total - F.logsigmoid(-d(x_fake[i : i + 1], y)).sum()
        return total / len(x_real)
        """,
    ),
    # The labels
    wrong(
        "labels-below-nine",
        """
        y_fake = torch.randint(0, 9, (x_real.shape[0],), device=device)
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        **NINE_IS_MISSING,
    ),
    wrong(
        "labels-by-scaling-with-nine",
        """
        y_fake = (9 * torch.rand(x_real.shape[0], device=device)).long()
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        **NINE_IS_MISSING,
    ),
    wrong(
        "labels-from-one-to-nine",
        """
        y_fake = torch.randint(1, 10, (x_real.shape[0],), device=device)
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        misconception="class 0 is never drawn for the fakes",
        hint="Draw a thousand labels and count each class. With which number do the classes begin?",
    ),
    wrong(
        "labels-from-one-to-ten",
        """
        y_fake = torch.randint(1, 11, (x_real.shape[0],), device=device)
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        misconception="classes numbered from 1 to 10",
        hint="Print the smallest and the largest label that you draw, and compare them with those of y_real.",
    ),
    wrong(
        "labels-rounded",
        """
        y_fake = (9 * torch.rand(x_real.shape[0], device=device)).round().long()
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        misconception="rounding makes the first and the last class half as likely",
        hint="Which stretch of numbers is rounded to 0, and which to 1? Draw many labels and count.",
    ),
    wrong(
        "labels-all-zero",
        """
        y_fake = torch.zeros_like(y_real)
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        misconception="all fakes are of class 0",
        hint="The labels of the fakes say which class to draw, not that they are fake. From which distribution does "
        "equation (18) take them?",
    ),
    wrong(
        "labels-of-the-first-image",
        """
        y_fake = y_real[0].expand(x_real.shape[0])
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        misconception="all fakes are of the first image's class",
        hint="How many classes are there among the fakes of a batch, and how many should there be?",
    ),
    wrong(
        "labels-in-turn",
        """
        y_fake = torch.arange(x_real.shape[0], device=device) % 10
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        misconception="the fakes' classes are counted off from 0, not drawn",
        hint="Which classes occur in a batch of 4 images, or of 1? Equation (18) draws y at random.",
    ),
    wrong(
        "labels-out-of-range",
        """
        y_fake = torch.full_like(y_real, 10)  # one more class, for the fakes
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        misconception="a class of its own for the fakes",
        hint="That a pair is fake is for d to find out, and the sign in the loss tells it. The classes are the same "
        "ten for real and fake pairs.",
    ),
    wrong(
        "drawn-labels-for-g-only",
        """
        y_fake = torch.randint(0, 10, (x_real.shape[0],), device=device)
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        **LABELS_APART,
    ),
    wrong(
        "drawn-labels-for-d-only",
        """
        y_fake = torch.randint(0, 10, (x_real.shape[0],), device=device)
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        **LABELS_APART,
    ),
    wrong(
        "labels-shuffled-for-d-only",
        """
        shuffled = y_real[torch.randperm(len(y_real), device=device)]
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, shuffled)).mean()
        """,
        **LABELS_APART,
    ),
    wrong(
        "labels-drawn-twice",
        """
        B = x_real.shape[0]
        x_fake = g(z, torch.randint(10, (B,), device=device)).detach()
        fake = d(x_fake, torch.randint(10, (B,), device=device))
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-fake).mean()
        """,
        **LABELS_APART,
    ),
    wrong(
        "labels-of-the-next-image-for-the-fakes",
        """
        x_fake = g(z, y_real.roll(1)).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        **LABELS_APART,
    ),
    wrong(
        "drawn-labels-for-the-reals-too",
        """
        y = torch.randint(0, 10, (x_real.shape[0],), device=device)
        x_fake = g(z, y).detach()
        return -F.logsigmoid(d(x_real, y)).mean() - F.logsigmoid(-d(x_fake, y)).mean()
        """,
        **REALS_UNDER_OTHER_LABELS,
    ),
    wrong(
        "drawn-labels-for-the-reals-only",
        """
        y = torch.randint(0, 10, (x_real.shape[0],), device=device)
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        **REALS_UNDER_OTHER_LABELS,
    ),
    wrong(
        "labels-of-the-next-image-for-the-reals",
        """
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real.roll(1))).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        **REALS_UNDER_OTHER_LABELS,
    ),
    wrong(
        "labels-joined-in-the-other-order",
        """
        B = x_real.shape[0]
        y_fake = torch.randint(0, 10, (B,), device=device)
        x = torch.cat([x_real, g(z, y_fake).detach()])
        y = torch.cat([y_fake, y_real])
        logits = d(x, y)
        return -F.logsigmoid(logits[:B]).mean() - F.logsigmoid(-logits[B:]).mean()
        """,
        misconception="images and labels are joined in different orders",
        hint="Write down for one image of each half which label stands beside it after the two joins.",
    ),
    wrong(
        "labels-not-doubled",
        """
        B = x_real.shape[0]
        logits = d(torch.cat([x_real, g(z, y_real).detach()]), y_real)
        targets = torch.cat([torch.ones(B, device=device), torch.zeros(B, device=device)])
        return 2 * F.binary_cross_entropy_with_logits(logits, targets)
        """,
        misconception="2B images are given with B labels",
        hint="Print the shapes of the images and of the labels that d gets.",
    ),
    wrong(
        "without-labels", "return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(g(z))).mean()", **LABELS_LEFT_OUT
    ),
    wrong(
        "discriminator-without-labels",
        """
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()
        """,
        **LABELS_LEFT_OUT,
    ),
    wrong(
        "arguments-in-the-other-order",
        """
        x_fake = g(y_real, z).detach()
        return -F.logsigmoid(d(y_real, x_real)).mean() - F.logsigmoid(-d(y_real, x_fake)).mean()
        """,
        misconception="labels first, images and noise second",
        hint="In which order do g and d take their two arguments? The docstring says so.",
    ),
    wrong(
        "one-hot-labels",
        """
        y = F.one_hot(y_real, 10)
        x_fake = g(z, y).detach()
        return -F.logsigmoid(d(x_real, y)).mean() - F.logsigmoid(-d(x_fake, y)).mean()
        """,
        **LABELS_OF_ANOTHER_FORM,
    ),
    wrong(
        "float-one-hot-labels",
        """
        y = torch.eye(10, device=device)[y_real]
        x_fake = g(z, y).detach()
        return -F.logsigmoid(d(x_real, y)).mean() - F.logsigmoid(-d(x_fake, y)).mean()
        """,
        **LABELS_OF_ANOTHER_FORM,
    ),
    wrong(
        "one-hot-behind-the-noise",
        """
        z_and_y = torch.cat([z, F.one_hot(y_real, 10).float()], dim=1)
        x_fake = g(z_and_y, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        **NOISE_AND_CLASS,
    ),
    wrong(
        "float-labels",
        """
        y = y_real.float()
        x_fake = g(z, y).detach()
        return -F.logsigmoid(d(x_real, y)).mean() - F.logsigmoid(-d(x_fake, y)).mean()
        """,
        misconception="labels as floats",
        hint="A class number picks a row; it is an index. Of which dtype are indices?",
    ),
    wrong(
        "labels-in-a-column",
        """
        y = y_real.view(-1, 1)
        x_fake = g(z, y).detach()
        return -F.logsigmoid(d(x_real, y)).mean() - F.logsigmoid(-d(x_fake, y)).mean()
        """,
        misconception="labels of shape (B, 1)",
        hint="Which shape of y do the docstrings of g and d ask for, and which do you hand over?",
    ),
    wrong(
        "argmax-of-labels",
        """
        y = y_real.argmax(dim=1)
        x_fake = g(z, y).detach()
        return -F.logsigmoid(d(x_real, y)).mean() - F.logsigmoid(-d(x_fake, y)).mean()
        """,
        misconception="y_real taken for one-hot vectors",
        hint="Print y_real. Is there anything left to decode?",
    ),
    wrong(
        "labels-counted-from-one",
        """
        y = y_real - 1
        x_fake = g(z, y).detach()
        return -F.logsigmoid(d(x_real, y)).mean() - F.logsigmoid(-d(x_fake, y)).mean()
        """,
        misconception="labels taken to begin at 1",
        hint="Print the smallest label before and after your subtraction.",
    ),
    wrong(
        "labels-as-targets",
        """
        real, fake = d(x_real, y_real), d(g(z, y_real).detach(), y_real)
        real_loss = F.binary_cross_entropy_with_logits(real, y_real.float())
        fake_loss = F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
        return real_loss + fake_loss
        """,
        misconception="class numbers used as targets of real and fake",
        hint="There are two kinds of labels here: the class of an image, and whether it is real. Which is the target "
        "of the binary cross-entropy?",
    ),
    wrong(
        "classification-loss",
        """
        real, fake = d(x_real, y_real), d(g(z, y_real).detach(), y_real)
        return F.cross_entropy(real, y_real) + F.cross_entropy(fake, y_real)
        """,
        misconception="the classes are predicted instead of real and fake",
        hint="d returns one logit per pair, and knows the class already. Which question does it answer?",
    ),
    wrong(
        "times-the-probability-of-a-class",
        """
        real_loss = -F.logsigmoid(d(x_real, y_real)).mean()
        fake_loss = -F.logsigmoid(-d(g(z, y_real).detach(), y_real)).mean()
        return real_loss + fake_loss / 10
        """,
        misconception="the fakes' term is multiplied by p(y) = 1/m",
        hint="An expectation over y is estimated by a mean over samples of y. Where in that mean is p(y) at work "
        "already?",
    ),
    wrong(
        "sum-over-the-classes",
        """
        loss = -F.logsigmoid(d(x_real, y_real)).mean()
        for k in range(10):
            y_fake = torch.full_like(y_real, k)
            loss = loss - F.logsigmoid(-d(g(z, y_fake).detach(), y_fake)).mean()
        return loss
        """,
        misconception="a sum over the classes where the expectation is wanted",
        hint="In equation (18) real and fake pairs have the same weight. What are the weights of your two terms?",
    ),
    wrong(
        "third-term-of-mismatched-pairs",
        """
        real, fake = d(x_real, y_real), d(g(z, y_real).detach(), y_real)
        mismatched = d(x_real, torch.randint_like(y_real, 10))
        return F.softplus(-real).mean() + F.softplus(fake).mean() + F.softplus(mismatched).mean()
        """,
        misconception="a third term, of real images with wrong labels",
        hint="A good idea that others had too, but count the expectations of equation (18).",
    ),
    wrong(
        "labels-overwritten",
        """
        x_real_logits = d(x_real, y_real)
        y_real.random_(0, 10)
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(x_real_logits).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        misconception="the real labels are changed in place",
        hint="A method whose name ends in an underscore writes into the caller's own tensor. What will be left of the "
        "real labels?",
    ),
    wrong(
        "drawn-labels-without-device",
        """
        y_fake = torch.randint(0, 10, (x_real.shape[0],))
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        **WRONG_DEVICE,
    ),
    # The formula
    wrong(
        "targets-swapped",
        """
        real, fake = d(x_real, y_real), d(g(z, y_real).detach(), y_real)
        real_loss = F.binary_cross_entropy_with_logits(real, torch.zeros_like(real))
        fake_loss = F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))
        return real_loss + fake_loss
        """,
        **SWAPPED,
    ),
    wrong(
        "signs-inside-swapped",
        """
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(-d(x_real, y_real)).mean() - F.logsigmoid(d(x_fake, y_real)).mean()
        """,
        **SWAPPED,
    ),
    wrong(
        "no-minus-inside-the-sigmoid",
        """
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(d(x_fake, y_real)).mean()
        """,
        misconception="the fakes are scored as real, log D in place of log(1 - D)",
        hint="The two expectations of equation (18) do not hold the same log. What does the discriminator want to "
        "answer when it is shown a fake pair?",
    ),
    wrong(
        "not-negated",
        """
        x_fake = g(z, y_real).detach()
        return (F.logsigmoid(d(x_real, y_real)) + F.logsigmoid(-d(x_fake, y_real))).mean()
        """,
        misconception="the loss is not negated",
        hint="A log of a probability is never positive, so a sum of two of them is not either. Should a loss that is "
        "minimised sink as the discriminator gets worse?",
    ),
    wrong(
        "minus-on-the-first-term-only",
        """
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() + F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        misconception="the term of the fakes has the wrong sign",
        hint="Count the minus signs in equation (18), and then in your line. Both terms are to be made small.",
    ),
    wrong(
        "halved",
        """
        x_fake = g(z, y_real).detach()
        return 0.5 * (F.softplus(-d(x_real, y_real)).mean() + F.softplus(d(x_fake, y_real)).mean())
        """,
        **HALVED,
    ),
    wrong(
        "one-mean-over-both-halves",
        """
        logits = d(torch.cat([x_real, g(z, y_real).detach()]), torch.cat([y_real, y_real]))
        targets = torch.zeros_like(logits)
        targets[: len(x_real)] = 1
        return F.binary_cross_entropy_with_logits(logits, targets)
        """,
        **HALVED,
    ),
    wrong(
        "reals-only",
        "return -F.logsigmoid(d(x_real, y_real)).mean()",
        misconception="the term of the fakes is missing",
        hint="A discriminator that says `real` to everything is perfect by this loss. Which part of equation (18) "
        "would punish it?",
    ),
    wrong(
        "fakes-only",
        "return -F.logsigmoid(-d(g(z, y_real).detach(), y_real)).mean()",
        misconception="the term of the reals is missing",
        hint="A discriminator that says `fake` to everything is perfect by this loss. Which part of equation (18) "
        "would punish it?",
    ),
    wrong(
        "reals-in-both-terms",
        """
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_real, y_real)).mean()
        """,
        misconception="the reals stand in both terms",
        hint="Follow your fake images from the line that makes them to the loss. Where are they used?",
    ),
    wrong(
        "sum",
        """
        x_fake = g(z, y_real).detach()
        return -torch.sum(F.logsigmoid(d(x_real, y_real)) + F.logsigmoid(-d(x_fake, y_real)))
        """,
        misconception="a sum over the batch where the mean is wanted",
        hint="Double the batch by repeating it: an expectation does not change. Does your loss?",
    ),
    wrong(
        "mean-inside-the-log",
        """
        real = d(x_real, y_real).mean()
        fake = d(g(z, y_real).detach(), y_real).mean()
        return -F.logsigmoid(real) - F.logsigmoid(-fake)
        """,
        misconception="the logits are averaged before the log",
        hint="Equation (18) is an expectation of logs. For logits +5 and -5, compare that with the log for the mean "
        "logit.",
    ),
    wrong(
        "hinge",
        """
        x_fake = g(z, y_real).detach()
        return F.relu(1 - d(x_real, y_real)).mean() + F.relu(1 + d(x_fake, y_real)).mean()
        """,
        misconception="the hinge loss",
        hint="The paper on projection discriminators uses that loss, the handout does not. What does equation (18) "
        "take the log of?",
    ),
    wrong(
        "wasserstein",
        "return d(g(z, y_real).detach(), y_real).mean() - d(x_real, y_real).mean()",
        misconception="the Wasserstein loss",
        hint="Here d gives logits, not a critic's values; that loss is the one of problem 5. Where do the sigmoid and "
        "the log of equation (18) come in?",
    ),
    wrong(
        "bce-on-logits",
        """
        real, fake = d(x_real, y_real), d(g(z, y_real).detach(), y_real)
        real_loss = F.binary_cross_entropy(real, torch.ones_like(real))
        fake_loss = F.binary_cross_entropy(fake, torch.zeros_like(fake))
        return real_loss + fake_loss
        """,
        misconception="logits taken for probabilities",
        hint="d returns logits h, any real numbers, and not D. Which function of the handout turns one into the other?",
    ),
    wrong(
        "sigmoid-then-bce-with-logits",
        """
        criterion = torch.nn.BCEWithLogitsLoss()
        real = torch.sigmoid(d(x_real, y_real))
        fake = torch.sigmoid(d(g(z, y_real).detach(), y_real))
        return criterion(real, torch.ones_like(real)) + criterion(fake, torch.zeros_like(fake))
        """,
        misconception="the sigmoid is applied twice",
        hint="Some of PyTorch's functions take logits and apply the sigmoid themselves. Read in the documentation "
        "what yours expects, then look at what you hand it.",
    ),
    wrong(
        "log-of-sigmoid",
        """
        real = torch.sigmoid(d(x_real, y_real))
        fake = torch.sigmoid(d(g(z, y_real).detach(), y_real))
        return -torch.log(real).mean() - torch.log(1 - fake).mean()
        """,
        **OVERFLOW,
    ),
    wrong(
        "log-of-one-plus-exp",
        """
        real, fake = d(x_real, y_real), d(g(z, y_real).detach(), y_real)
        return torch.log(1 + torch.exp(-real)).mean() + torch.log(1 + torch.exp(fake)).mean()
        """,
        **OVERFLOW,
    ),
    wrong(
        "epsilon-in-the-log",
        """
        real = torch.sigmoid(d(x_real, y_real))
        fake = torch.sigmoid(d(g(z, y_real).detach(), y_real))
        return -torch.log(real + 1e-8).mean() - torch.log(1 - fake + 1e-8).mean()
        """,
        misconception="an epsilon inside the log",
        hint="The epsilon keeps the log finite, but what is the loss of a fake with logit 100, and what its gradient? "
        "There is an exact way that needs no epsilon.",
    ),
    wrong(
        "bce-of-sigmoid",
        """
        real = torch.sigmoid(d(x_real, y_real))
        fake = torch.sigmoid(d(g(z, y_real).detach(), y_real))
        real_loss = F.binary_cross_entropy(real, torch.ones_like(real))
        fake_loss = F.binary_cross_entropy(fake, torch.zeros_like(fake))
        return real_loss + fake_loss
        """,
        misconception="the gradient is lost in a saturated sigmoid before binary_cross_entropy",
        hint="For a fake with logit 100 the discriminator is badly wrong. Look at the gradient that it gets from your "
        "loss: does it learn? Think of working with the logit itself.",
    ),
    # What is returned, gradients and side effects
    wrong(
        "one-loss-per-pair",
        """
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)) - F.logsigmoid(-d(x_fake, y_real))
        """,
        misconception="one loss per pair, the mean is missing",
        hint="The loss is to be one number for the whole batch. What do the expectations of equation (18) become on a "
        "batch?",
    ),
    wrong(
        "python-number",
        """
        x_fake = g(z, y_real).detach()
        loss = -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        return loss.item()
        """,
        misconception="a Python number is returned",
        hint="The training loop calls backward() on what you return. Which of your steps turns the tensor into a "
        "plain number?",
    ),
    wrong(
        "no-return",
        """
        x_fake = g(z, y_real).detach()
        loss = -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        misconception="nothing is returned",
        hint="The loss is worked out, but what does the caller get?",
    ),
    wrong(
        "all-without-grad",
        """
        with torch.no_grad():
            x_fake = g(z, y_real)
            loss = -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        return loss
        """,
        **NO_GRADIENT,
    ),
    wrong(
        "loss-detached",
        """
        x_fake = g(z, y_real)
        loss = -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        return loss.detach()
        """,
        **NO_GRADIENT,
    ),
    wrong(
        "fake-logits-detached",
        """
        fake = d(g(z, y_real), y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-fake).mean()
        """,
        misconception="no gradient flows through d's logits of the fakes",
        hint="In the discriminator's turn it is the generator that may be cut off, not the discriminator. Is the cut "
        "before or after d?",
    ),
    wrong(
        "generator-left-in-eval",
        """
        g.eval()
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        misconception="the generator is switched to evaluation mode",
        hint="Which layers of the generator behave otherwise in evaluation mode, and who switches them back?",
    ),
    wrong(
        "reals-clipped-in-place",
        """
        x_real.clamp_(0, 1)
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        misconception="the real images are clipped in place",
        hint="Which range do the pixels of x_real have? And a method whose name ends in an underscore writes into the "
        "caller's own tensor.",
    ),
    # The noise
    wrong(
        "uniform-noise",
        """
        z = torch.rand_like(z)
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        misconception="uniform noise in place of normal",
        hint="Plot a histogram of z. From which distribution does the handout draw it? The line above the markers was "
        "there to help.",
    ),
    wrong(
        "seeded-noise",
        """
        torch.manual_seed(0)
        z = torch.randn(x_real.shape[0], g.dim_z, device=device)
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        **SAME_NOISE,
    ),
    wrong(
        "noise-from-a-seeded-generator",
        edits=(
            (
                STARTER,
                BEFORE
                + "    source = torch.Generator(device=device).manual_seed(4)\n"
                + "    z = torch.randn(x_real.shape[0], g.dim_z, device=device, generator=source)\n",
            ),
        ),
        **SAME_NOISE,
    ),
    wrong(
        "one-noise-for-the-batch",
        """
        z = torch.randn(1, g.dim_z, device=device).expand(x_real.shape[0], -1)
        x_fake = g(z, y_real).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_real)).mean()
        """,
        misconception="one noise vector for the whole batch",
        hint="Two fakes of the same class should differ. How do the rows of your z?",
    ),
    wrong(
        "fixed-batch-of-fakes",
        """
        z = torch.randn(64, g.dim_z, device=device)
        y_fake = torch.randint(0, 10, (64,), device=device)
        x_fake = g(z, y_fake).detach()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(x_fake, y_fake)).mean()
        """,
        misconception="64 fakes whatever the batch",
        hint="How many fakes do you make when there are 5 real images?",
    ),
    wrong(
        "noise-as-long-as-the-classes",
        edits=((STARTER, BEFORE + "    z = torch.randn(x_real.shape[0], g.dim_z + 10, device=device)\n"),),
        **NOISE_AND_CLASS,
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
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-d(g(z, y), y)).mean()
        """,
        misconception="the number of classes is taken from the labels of the batch",
        hint="A batch need not hold an image of every class. From which classes are the fakes to be drawn?",
    ),
    right(
        "fakes-of-a-copy",
        """
        import copy

        x_fake = copy.deepcopy(g)(z, y_real).detach()
        return F.softplus(-d(x_real, y_real)).mean() + F.softplus(d(x_fake, y_real)).mean()
        """,
    ),
    wrong(
        "noise-kept",
        """
        z = g.__dict__.setdefault("kept", z)
        x_fake = g(z, y_real).detach()
        return F.softplus(-d(x_real, y_real)).mean() + F.softplus(d(x_fake, y_real)).mean()
        """,
        **DRAWN_ONCE,
    ),
    wrong(
        "mean-of-means",
        """
        x_fake = g(z, y_real).detach()
        parts = zip(d(x_real, y_real).split(128), d(x_fake, y_real).split(128))
        return torch.stack([F.softplus(-r).mean() + F.softplus(f).mean() for r, f in parts]).mean()
        """,
        **MEAN_OF_MEANS,
    ),
    wrong(
        "labels-of-the-first-half-again",
        """
        y_fake = torch.randint(10, ((len(y_real) + 1) // 2,), device=device).repeat(2)[: len(y_real)]
        x_fake = g(z, y_fake).detach()
        return F.softplus(-d(x_real, y_real)).mean() + F.softplus(d(x_fake, y_fake)).mean()
        """,
        **DEPENDENT,
    ),
    right(
        "labels-sorted",
        """
        y_fake = torch.randint(10, y_real.shape, device=device).sort().values
        x_fake = g(z, y_fake).detach()
        return F.softplus(-d(x_real, y_real)).mean() + F.softplus(d(x_fake, y_fake)).mean()
        """,
    ),
    right(
        "fakes-made-twice-of-drawn-labels",
        """
        y = torch.randint(10, (len(z),), device=device)

        def on_fakes():
            return d(g(z, y).detach(), y)

        accuracy = (on_fakes() < 0).float().mean()
        return -F.logsigmoid(d(x_real, y_real)).mean() - F.logsigmoid(-on_fakes()).mean()
        """,
    ),
    wrong(
        "softplus-cut-short",
        """
        real, fake = d(x_real, y_real), d(g(z, y_real).detach(), y_real)
        return F.softplus(-real, threshold=5).mean() + F.softplus(fake, threshold=5).mean()
        """,
        **SOFTPLUS_CUT_SHORT,
    ),
    right(
        "labels-in-turn-from-a-random-order",
        """
        order = torch.randperm(10, device=device)
        y_fake = order[torch.arange(len(y_real), device=device) % 10]
        return F.softplus(-d(x_real, y_real)).mean() + F.softplus(d(g(z, y_fake).detach(), y_fake)).mean()
        """,
    ),
    wrong(
        "paused-where-the-loss-is-small",
        """
        loss = F.softplus(-d(x_real, y_real)).mean() + F.softplus(d(g(z, y_real).detach(), y_real)).mean()
        return loss if loss > 0.3 else 0 * loss
        """,
        **PAUSED,
    ),
]
