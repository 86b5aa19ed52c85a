"""Ways of writing loss_minimax_g (problem 7)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import PAUSED

right = partial(Right, "loss_minimax_g")
wrong = partial(Wrong, "loss_minimax_g")

NON_SATURATING = {
    "misconception": "the non-saturating loss in place of the minimax one",
    "hint": "Both make D of a fake larger. Which of the two has log D in it, and which log(1 - D)?",
}
OVERFLOW = {
    "misconception": "the log is not computed in a stable way",
    "hint": "Right on paper. Now try a logit of 100: what is 1 - D in float32, and what is its log?",
}
NOT_GENERATORS = {
    "misconception": "the discriminator's loss of the fakes, which the generator would make smaller",
    "hint": "Minimising yours makes D of a fake smaller. Does the generator want that?",
}
CUT = {
    "misconception": "no gradient reaches the generator",
    "hint": "The minimax loss has a small gradient where fakes are found out, but not none. Where does yours end?",
}

ENTRIES = [
    right("softplus", "return -F.softplus(d(g(z))).mean()"),
    right(
        "labels-of-fakes-negated",
        """
        logits = d(g(z))
        return -F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))
        """,
    ),
    right("log-sigmoid-minus-logit", "h = d(g(z))\nreturn torch.mean(F.logsigmoid(h) - h)"),
    wrong("non-saturating", "return -F.logsigmoid(d(g(z))).mean()", **NON_SATURATING),
    wrong(
        "labels-of-reals",
        """
        logits = d(g(z))
        return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        """,
        **NON_SATURATING,
    ),
    wrong("negated", "return -F.logsigmoid(-d(g(z))).mean()", **NOT_GENERATORS),
    wrong("softplus-without-minus", "return F.softplus(d(g(z))).mean()", **NOT_GENERATORS),
    wrong(
        "log-of-d",
        "return F.logsigmoid(d(g(z))).mean()",
        misconception="log D is minimised",
        hint="Minimising log D makes D of a fake small. Does the generator want that?",
    ),
    wrong("log-of-one-minus-d", "return torch.log(1 - torch.sigmoid(d(g(z)))).mean()", **OVERFLOW),
    wrong(
        "epsilon",
        "return torch.log(1 - torch.sigmoid(d(g(z))) + 1e-8).mean()",
        misconception="an epsilon inside the log",
        hint="The epsilon keeps infinity away, but what is the log of 1e-8, and what should stand there for a logit of "
        "100?",
    ),
    wrong(
        "sum",
        "return F.logsigmoid(-d(g(z))).sum()",
        misconception="a sum over the batch where the mean is wanted",
        hint="Double the batch by repeating it: the loss does not change. Does yours?",
    ),
    wrong(
        "no-log",
        "return (1 - torch.sigmoid(d(g(z)))).mean()",
        misconception="the log is missing",
        hint="Your loss is built of probabilities. What does equation (8) do to each of them before the mean?",
    ),
    wrong("fakes-detached", "return F.logsigmoid(-d(g(z).detach())).mean()", **CUT),
    wrong(
        "whole-game",
        "return F.logsigmoid(d(x_real)).mean() + F.logsigmoid(-d(g(z))).mean()",
        misconception="the term of the real images is added",
        hint="The generator cannot change what the discriminator says of real images. Which term of the game is "
        "its own?",
    ),
    wrong(
        "logits-as-probabilities",
        "return torch.log(1 - d(g(z))).mean()",
        misconception="logits taken for probabilities",
        hint="d returns logits h, any real numbers, and not D. Which function of the handout turns one into the other?",
    ),
    wrong(
        "reals-judged",
        "return F.logsigmoid(-d(x_real)).mean() + 0 * g(z).sum()",
        misconception="the reals are judged instead of the fakes",
        hint="Follow your fake images from the line that makes them to the loss. Where are they used?",
    ),
    wrong(
        "halved",
        "return 0.5 * F.logsigmoid(-d(g(z))).mean()",
        misconception="half the loss",
        hint="Compare your number with equation (8) for logits that are all 0, where log(1 - D) is -log 2.",
    ),
    wrong(
        "mean-inside-the-log",
        "return F.logsigmoid(-d(g(z)).mean())",
        misconception="the logits are averaged before the log",
        hint="Equation (8) is a mean of logs. For logits +5 and -5, compare that with the log for the mean logit.",
    ),
    wrong(
        "default-device",
        "z = torch.randn(x_real.shape[0], g.dim_z)\nreturn F.logsigmoid(-d(g(z))).mean()",
        misconception="noise on the default device instead of the given one",
        hint="This runs on a CPU by luck. On which device does each of your tensors lie when `device` is a GPU?",
    ),
    wrong("paused", "loss = F.logsigmoid(-d(g(z))).mean()\nreturn loss if loss < -0.1 else 0 * loss", **PAUSED),
]
