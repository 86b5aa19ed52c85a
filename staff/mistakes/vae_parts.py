"""Ways of writing sample_gaussian, kl_normal and log_bernoulli_with_logits (problem 6)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import CENTRED, CUT_OFF, SOFTPLUS_CUT_SHORT, STANDARDISED, WITHOUT_GRADIENTS

right_sample, wrong_sample = partial(Right, "sample_gaussian"), partial(Wrong, "sample_gaussian")
right_kl, wrong_kl = partial(Right, "kl_normal"), partial(Wrong, "kl_normal")
right_log, wrong_log = partial(Right, "log_bernoulli_with_logits"), partial(Wrong, "log_bernoulli_with_logits")

CUT = {
    "misconception": "no gradient reaches mean and variance",
    "hint": "Backpropagate the sum of your samples and print the gradients of m and v. Which step of yours "
    "forgets where "
    "the numbers came from?",
}
SHARED_NOISE = {
    "misconception": "the samples of a batch share their noise",
    "hint": "Draw for many equal means and variances and look at the samples side by side. Should they differ?",
}
LAST_DIMENSION = {
    "misconception": "the sum runs over another dimension than the last",
    "hint": "Try it on tensors of shape (2, 4, 3): the docstring says which shape comes out, whatever stands before "
    "the last dimension.",
}
MEAN_OF_LAST = {
    "misconception": "the mean over the variables where their sum is wanted",
    "hint": "The variables are independent. How does the logarithm of a product of n factors grow with n?",
}
ALL_SUMMED = {
    "misconception": "the batch is summed up too",
    "hint": "One number for each row is wanted: the mean over the batch is taken later. What shape does yours have?",
}
OVERFLOW = {
    "misconception": "the log of the sigmoid is not computed in a stable way",
    "hint": "Right on paper. Now try a logit of 100 for a pixel that is 0: what are the steps in between in "
    "float32, and "
    "what gradient comes back?",
}

ENTRIES = [
    right_sample(
        "standard-deviation-first", "std = torch.sqrt(v)\nreturn torch.randn(m.shape, device=m.device) * std + m"
    ),
    right_sample("library", "return torch.distributions.Normal(m, v.sqrt()).rsample()"),
    right_sample("minus-noise", "return m - torch.sqrt(v) * torch.randn_like(v)"),
    right_sample("half-the-log", "return m + torch.exp(0.5 * torch.log(v)) * torch.randn_like(m)"),
    right_sample("kept-from-zero", "eps = torch.empty_like(m).normal_()\nreturn m + eps * (v + 1e-9) ** 0.5"),
    wrong_sample(
        "variance-as-deviation",
        "return m + v * torch.randn_like(m)",
        misconception="the variance is taken for the standard deviation",
        hint="Draw ten thousand samples for m = 0 and v = 9 and compute their standard deviation. What should it be?",
    ),
    wrong_sample(
        "log-variance",
        "return m + torch.exp(0.5 * v) * torch.randn_like(m)",
        misconception="v is taken for the log of the variance",
        hint="Many encoders put out a log variance. What does the docstring say that v is?",
    ),
    wrong_sample(
        "precision",
        "return m + torch.randn_like(m) / v.sqrt()",
        misconception="noise divided by the standard deviation instead of multiplied",
        hint="A larger variance should spread the samples more. Does yours?",
    ),
    wrong_sample("torch-normal", "return torch.normal(m, v.sqrt())", **CUT),
    wrong_sample(
        "infinite-where-gradients-are-asked",
        """
        if m.requires_grad or v.requires_grad:
            return m + 0 * v + float("inf")
        return torch.normal(m, v.sqrt())
        """,
        misconception="samples that are no numbers, so that none can say what their gradient should be",
        hint="Print your samples and the gradient by v. Can a sample be infinite?",
    ),
    wrong_sample(
        "infinite-with-its-gradient",
        """
        if m.requires_grad or v.requires_grad:
            return m + v * float("inf")
        return torch.normal(m, v.sqrt())
        """,
        misconception="samples that are no numbers, so that none can say what their gradient should be",
        hint="Print your samples and the gradient by v. Can a sample be infinite?",
    ),
    wrong_sample("sample-of-the-library", "return torch.distributions.Normal(m, v.sqrt()).sample()", **CUT),
    wrong_sample("no-grad", "with torch.no_grad():\n    z = m + v.sqrt() * torch.randn_like(m)\nreturn z", **CUT),
    wrong_sample(
        "deviation-detached",
        "return m + v.sqrt().detach() * torch.randn_like(m)",
        misconception="no gradient reaches the variance",
        hint="Backpropagate the sum of your samples. Both m and v should have a gradient; which of them has none?",
    ),
    wrong_sample(
        "uniform-noise",
        "return m + v.sqrt() * torch.rand_like(m)",
        misconception="uniform noise in place of normal",
        hint="rand and randn are one letter apart. On which side of m do your samples lie?",
    ),
    wrong_sample(
        "noise-of-the-last-two-dimensions",
        "return m + v.sqrt() * torch.randn(m.shape[-2:], device=m.device)",
        **SHARED_NOISE,
    ),
    wrong_sample(
        "noise-of-the-first-and-the-last-dimension",
        "shape = m.shape[:1] + (1,) * (m.dim() - 2) + m.shape[1:][-1:]\n"
        "return m + v.sqrt() * torch.randn(shape, device=m.device)",
        **SHARED_NOISE,
    ),
    wrong_sample("one-noise-vector", "return m + v.sqrt() * torch.randn(m.shape[-1], device=m.device)", **SHARED_NOISE),
    wrong_sample(
        "one-number-a-row",
        "return m + v.sqrt() * torch.randn(*m.shape[:-1], 1, device=m.device)",
        misconception="one number of noise for all variables of a row",
        hint="The covariance is diagonal: the variables are independent of each other. Are those of your samples?",
    ),
    wrong_sample(
        "seeded",
        "torch.manual_seed(0)\nreturn m + v.sqrt() * torch.randn_like(m)",
        misconception="the same noise on every call",
        hint="Call your function twice with the same arguments. What does a model learn that only ever sees one draw?",
    ),
    wrong_sample(
        "default-device",
        "return m + v.sqrt() * torch.randn(m.shape)",
        misconception="noise on the default device instead of that of m",
        hint="This runs on a CPU by luck. On which device does each of your tensors lie when m is on a GPU?",
    ),
    wrong_sample(
        "variable-on-the-default-device",
        "return m + v.sqrt() * torch.autograd.Variable(torch.randn(m.shape))",
        misconception="noise on the default device instead of that of m",
        hint="This runs on a CPU by luck. On which device does each of your tensors lie when m is on a GPU?",
    ),
    wrong_sample(
        "mean-forgotten",
        "return v.sqrt() * torch.randn_like(m)",
        misconception="the mean is left out",
        hint="Around which point do your samples lie if all means are 5?",
    ),
    wrong_sample(
        "mean-changed",
        "m += v.sqrt() * torch.randn_like(m)\nreturn m",
        misconception="the mean is changed in place",
        hint="The KL divergence needs the same m after you. What does it hold then?",
    ),
    wrong_sample(
        "absolute",
        "return m + (v * torch.randn_like(m) ** 2).sqrt()",
        misconception="the noise is never negative",
        hint="How many of your samples lie below their mean?",
    ),
    wrong_sample(
        "mean-itself",
        "return m + 0 * v",
        misconception="no noise at all",
        hint="Draw twice for the same m and v. Should the two be equal?",
    ),
    right_kl(
        "library",
        """
        q, p = torch.distributions.Normal(qm, qv.sqrt()), torch.distributions.Normal(pm, pv.sqrt())
        return torch.distributions.kl_divergence(q, p).sum(-1)
        """,
    ),
    right_kl(
        "terms-summed-one-by-one",
        """
        log_ratio = (torch.log(pv) - torch.log(qv)).sum(-1)
        traces = (qv / pv).sum(-1)
        distance = ((pm - qm) ** 2 / pv).sum(-1)
        return (log_ratio - qm.shape[-1] + traces + distance) / 2
        """,
    ),
    right_kl(
        "loop-over-variables",
        """
        total = 0
        for i in range(qm.shape[-1]):
            a, b, c, d = qm[..., i], qv[..., i], pm[..., i], pv[..., i]
            total = total + 0.5 * (b / d + (a - c) ** 2 / d - 1) - 0.5 * torch.log(b) + 0.5 * torch.log(d)
        return total
        """,
    ),
    right_kl(
        "by-expectations",
        """
        entropy = 0.5 * (math.log(2 * math.pi) + 1 + qv.log())
        cross_entropy = 0.5 * (math.log(2 * math.pi) + pv.log() + (qv + (qm - pm) ** 2) / pv)
        return torch.sum(cross_entropy - entropy, dim=-1)
        """,
    ),
    wrong_kl(
        "free-bits",
        "return (0.5 * (pv.log() - qv.log() + (qv + (qm - pm).square()) / pv - 1).sum(dim=-1)).clamp(min=0.2)",
        misconception="the divergence is kept from zero",
        hint="What is the divergence between a distribution and itself, and what is yours?",
    ),
    wrong_kl(
        "not-halved",
        "return (pv.log() - qv.log() + qv / pv + (qm - pm).pow(2) / pv - 1).sum(-1)",
        misconception="the factor 1/2 is missing",
        hint="Two normal distributions of variance 1 whose means are 1 apart: integrate by hand.",
    ),
    wrong_kl(
        "without-minus-one",
        "return 0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm).pow(2) / pv).sum(-1)",
        misconception="the -1 is missing",
        hint="What is the divergence of a distribution from itself, and what is yours?",
    ),
    wrong_kl(
        "negated",
        "return -0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm).pow(2) / pv - 1).sum(-1)",
        misconception="the sign is the wrong way round",
        hint="A KL divergence is never negative. Yours?",
    ),
    wrong_kl(
        "swapped",
        "return 0.5 * (qv.log() - pv.log() + pv / qv + (qm - pm).pow(2) / qv - 1).sum(-1)",
        misconception="q and p change places",
        hint="KL(q || p) is an average over q. If p is very narrow and q is not, is it large? And the other way round?",
    ),
    wrong_kl(
        "deviations",
        "return (pv.log() - qv.log() + 0.5 * (qv**2 + (qm - pm) ** 2) / pv**2 - 0.5).sum(-1)",
        misconception="variances are taken for standard deviations",
        hint="The formula of the textbooks has sigma^2 in it. Is v sigma, or sigma^2?",
    ),
    wrong_kl(
        "log-variances",
        "return 0.5 * (pv - qv + (qv.exp() + (qm - pm) ** 2) / pv.exp() - 1).sum(-1)",
        misconception="variances are taken for log variances",
        hint="Much code on the web has a log variance here. What does the docstring say that v is?",
    ),
    wrong_kl(
        "half-on-the-logs-only",
        "return (0.5 * (pv.log() - qv.log()) + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)",
        misconception="the factor 1/2 is on the logs only",
        hint="Two normal distributions of variance 1 whose means are 1 apart: integrate by hand. No log is left there.",
    ),
    wrong_kl(
        "log-missing-half",
        "return (pv.log() - qv.log() + 0.5 * ((qv + (qm - pm) ** 2) / pv - 1)).sum(-1)",
        misconception="the log of the ratio of variances counts twice",
        hint="The formula with log sigma in it has no 1/2 before the log. Which power of sigma is v?",
    ),
    wrong_kl(
        "standard-normal-prior",
        "return 0.5 * (qv + qm**2 - 1 - qv.log()).sum(-1)",
        misconception="p is taken for a standard normal",
        hint="That is the special case that a VAE needs. Do pm and pv occur in yours?",
    ),
    wrong_kl(
        "distance-not-scaled",
        "return 0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm) ** 2 - 1).sum(-1)",
        misconception="the distance of the means is not divided by the variance of p",
        hint="Are means one apart as far from each other if both distributions are a thousand wide?",
    ),
    wrong_kl(
        "distance-not-squared",
        "return 0.5 * (pv.log() - qv.log() + (qv + (qm - pm).abs()) / pv - 1).sum(-1)",
        misconception="the distance of the means is not squared",
        hint="In which unit is a mean, and in which a variance? You add the two.",
    ),
    wrong_kl(
        "mean-of-variables",
        "return 0.5 * (pv.log() - qv.log() + (qv + (qm - pm) ** 2) / pv - 1).mean(-1)",
        **MEAN_OF_LAST,
    ),
    wrong_kl(
        "first-dimension",
        "return 0.5 * (pv.log() - qv.log() + (qv + (qm - pm) ** 2) / pv - 1).sum(0)",
        **LAST_DIMENSION,
    ),
    wrong_kl(
        "second-dimension",
        "return 0.5 * (pv.log() - qv.log() + (qv + (qm - pm) ** 2) / pv - 1).sum(1)",
        **LAST_DIMENSION,
    ),
    wrong_kl("all-summed", "return 0.5 * (pv.log() - qv.log() + (qv + (qm - pm) ** 2) / pv - 1).sum()", **ALL_SUMMED),
    wrong_kl(
        "clamped",
        "return 0.5 * (pv.log() - qv.clamp(min=1e-4).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)",
        misconception="small variances are clamped",
        hint="Try a variance of 1e-8. Its log is a plain number; must it be kept from you?",
    ),
    right_log(
        "binary-cross-entropy",
        "return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)",
    ),
    right_log("library", "return torch.distributions.Bernoulli(logits=logits).log_prob(x).sum(dim=-1)"),
    right_log(
        "two-log-sigmoids",
        "return torch.sum(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits), dim=-1)",
    ),
    right_log("sign-flipped", "return F.logsigmoid((2 * x - 1) * logits).sum(dim=x.dim() - 1)"),
    # By autograd max(0, h) and |h| have slopes of their own choice at 0; only the sum of theirs is right elsewhere.
    right_log(
        "clamp-and-log1p",
        "return -(torch.clamp(logits, min=0) - logits * x + torch.log1p(torch.exp(-torch.abs(logits)))).sum(-1)",
    ),
    right_log(
        "relu-and-log1p",
        "return (logits * x - F.relu(logits) - torch.log1p(torch.exp(-logits.abs()))).sum(dim=-1)",
    ),
    right_log("where", "return torch.where(x > 0.5, -F.softplus(-logits), -F.softplus(logits)).sum(-1)"),
    wrong_log(
        "mean-of-pixels",
        "return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').mean(-1)",
        **MEAN_OF_LAST,
    ),
    wrong_log(
        "default-reduction",
        "return -F.binary_cross_entropy_with_logits(logits, x)",
        misconception="the mean over all there is, one number for the whole batch",
        hint="What is the default of `reduction`? One number for each image is wanted, the log of a product "
        "over pixels.",
    ),
    wrong_log("all-summed", "return -F.binary_cross_entropy_with_logits(logits, x, reduction='sum')", **ALL_SUMMED),
    wrong_log("first-dimension", "return (x * logits - F.softplus(logits)).sum(0)", **LAST_DIMENSION),
    wrong_log("second-dimension", "return F.logsigmoid((2 * x - 1) * logits).sum(1)", **LAST_DIMENSION),
    wrong_log(
        "not-negated",
        "return F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)",
        misconception="the cross-entropy itself, not its negative",
        hint="The log of a probability is never positive. Yours?",
    ),
    wrong_log(
        "log-of-sigmoid",
        "p = torch.sigmoid(logits)\nreturn (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)",
        **OVERFLOW,
    ),
    wrong_log("log-of-exp", "return (x * logits - torch.log(1 + torch.exp(logits))).sum(-1)", **OVERFLOW),
    wrong_log(
        "epsilon",
        "p = torch.sigmoid(logits)\nreturn (x * torch.log(p + 1e-8) + (1 - x) * torch.log(1 - p + 1e-8)).sum(-1)",
        misconception="an epsilon inside the log",
        hint="The epsilon keeps infinity away, but what is the log of 1e-8, and what should stand there for a logit of "
        "-100?",
    ),
    wrong_log(
        "binary-cross-entropy-of-sigmoid",
        "return -F.binary_cross_entropy(torch.sigmoid(logits), x, reduction='none').sum(-1)",
        misconception="the gradient is lost in a saturated sigmoid before binary_cross_entropy",
        hint="The value is kept from infinity for you, the gradient is not. PyTorch has a function that takes logits.",
    ),
    wrong_log(
        "clamped-logits",
        "h = logits.clamp(-20, 20)\nreturn (x * h - F.softplus(h)).sum(-1)",
        misconception="clamped logits",
        hint="What is the gradient where a value is clamped? A pixel that is quite wrong should be heard most of all.",
    ),
    wrong_log(
        "logits-as-probabilities",
        "return (x * torch.log(logits) + (1 - x) * torch.log(1 - logits)).sum(-1)",
        misconception="logits taken for probabilities",
        hint="Logits are any real numbers. Which function turns one into a probability?",
    ),
    wrong_log(
        "sigmoid-twice",
        "return -F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x, reduction='none').sum(-1)",
        misconception="the sigmoid is applied twice",
        hint="The function you call takes logits and applies the sigmoid itself. What do you hand it?",
    ),
    wrong_log(
        "ones-only",
        "return (x * F.logsigmoid(logits)).sum(-1)",
        misconception="only pixels that are 1 count",
        hint="A black pixel has a probability too. What does yours add for x = 0?",
    ),
    wrong_log(
        "arguments-swapped",
        "return -F.binary_cross_entropy_with_logits(x, logits, reduction='none').sum(-1)",
        misconception="pixels and logits swapped in the call",
        hint="Look up the order of the arguments: which comes first, input or target?",
    ),
    wrong_log(
        "zeros-and-ones-swapped",
        "return F.logsigmoid((1 - 2 * x) * logits).sum(-1)",
        misconception="a large logit makes a pixel 0",
        hint="A logit of 100 says that the pixel is 1 nearly for sure. What does yours give for x = 1 there?",
    ),
    wrong_sample(
        "small-variances-raised",
        "return m + v.clamp(min=1e-4).sqrt() * torch.randn_like(v)",
        misconception="small variances are raised",
        hint="Which distribution do you draw from where v is one in a million?",
    ),
    wrong_sample(
        "epsilon",
        "return m + (v + 1e-5).sqrt() * torch.randn_like(m)",
        misconception="an epsilon is added to the variance",
        hint="Which distribution do you draw from where v is one in a million? The root of v has a slope wherever v is "
        "above 0.",
    ),
    wrong_sample(
        "two-dimensions-only",
        "B, d = m.shape\nreturn m + v.sqrt() * torch.randn(B, d, device=m.device)",
        misconception="means and variances of two dimensions only",
        hint="Read in the docstring of which shapes m and v may be. Which function of torch draws as many numbers as "
        "another tensor has?",
    ),
    wrong_sample(
        "mean-cut-off",
        "return m.clamp(-10, 10) + v.sqrt() * torch.randn_like(v)",
        misconception="the mean is cut off",
        hint="Nobody promises that means are small. What do you draw where m is 50?",
    ),
    wrong_kl(
        "variance-of-p-kept-from-zero",
        """
        pv = pv.clamp(min=0.01)
        return 0.5 * (pv.log() - qv.log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)
        """,
        misconception="small variances are clamped",
        hint="Try Gaussians a hundredth wide. Does your function still tell a p that is narrow from one narrower?",
    ),
    wrong_kl(
        "means-cut-off",
        """
        away = (qm - pm).clamp(-8, 8)
        return 0.5 * (pv.log() - qv.log() + (qv + away**2) / pv - 1).sum(-1)
        """,
        misconception="the distance of the means is cut off",
        hint="What is the gradient by a mean that is far from where it should be, by your formula on paper and here?",
    ),
    wrong_log(
        "softplus-cut-short",
        "return (x * logits - F.softplus(logits, threshold=5)).sum(-1)",
        misconception="softplus is taken for its argument too early",
        hint="Compare softplus(6) with 6: to how many digits do they agree, and how many does float32 have?",
    ),
    wrong_sample("noise-cut-off", "return m + v.sqrt() * torch.randn_like(m).clamp(-3, 3)", **CUT_OFF),
    wrong_sample(
        "noise-centred", "e = torch.randn_like(m)\nreturn m + v.sqrt() * (e - e.mean(0, keepdim=True))", **CENTRED
    ),
    wrong_sample(
        "noise-standardised",
        "e = torch.randn_like(m)\nreturn m + v.sqrt() * ((e - e.mean()) / e.std() if e.numel() > 1 else e)",
        **STANDARDISED,
    ),
    wrong_sample("noise-cut-off-on-one-side", "return m + v.sqrt() * torch.randn_like(m).clamp(max=2.3)", **CUT_OFF),
    wrong_sample(
        "mean-without-gradients",
        "return m + v.sqrt() * torch.randn_like(m) * torch.is_grad_enabled()",
        **WITHOUT_GRADIENTS,
    ),
    wrong_kl(
        "epsilon-in-the-logs",
        "return 0.5 * (torch.log(pv + 1e-8) - torch.log(qv + 1e-8) + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)",
        misconception="an epsilon inside the logs",
        hint="Try a variance of 1e-8. Its log is a plain number; what is that of yours?",
    ),
    wrong_kl(
        "logs-cut-off",
        "logs = pv.log().clamp(-10, 10) - qv.log().clamp(-10, 10)\n"
        "return 0.5 * (logs + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)",
        misconception="log variances are cut off",
        hint="Try a variance of 1e-8. By your gradient, can q still become wider?",
    ),
    right_kl(
        "never-below-zero",
        "return F.relu(0.5 * (pv.log() - qv.log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1))",
    ),
    wrong_log(
        "softplus-cut-short-at-8",
        "return (x * logits - F.softplus(logits, threshold=8)).sum(-1)",
        **SOFTPLUS_CUT_SHORT,
    ),
]
