"""Ways of writing negative_elbo_bound and negative_iwae_bound (problem 6)."""

from functools import partial

from staff.mistakes.entry import Right, Wrong
from staff.mistakes.shared import DEPENDENT, DRAWN_ONCE, KEPT, MEAN_OF_MEANS, SEED_SET, WITHOUT_GRADIENTS

right_elbo, wrong_elbo = partial(Right, "negative_elbo_bound"), partial(Wrong, "negative_elbo_bound")
right_iwae, wrong_iwae = partial(Right, "negative_iwae_bound"), partial(Wrong, "negative_iwae_bound")

ENCODED = "m, v = model.encode(x)\n"
SAMPLED = ENCODED + "z = sample_gaussian(m, v)\n"
KL = "kl = kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v))\n"
REC = "rec = -log_bernoulli_with_logits(x, model.decode(z))\n"
MEANS = "kl, rec = kl.mean(), rec.mean()\nreturn kl + rec, kl, rec"

CALLED_ON_OTHER_SHAPES = {
    "misconception": "a function is called on shapes that it does not take",
    "hint": "Your function is right for tensors of one shape. On which shapes does your bound call it?",
}
SUMMED = {
    "misconception": "a sum over the batch where the mean is wanted",
    "hint": "Repeat the batch: the bound is a mean over images and does not change. Does yours?",
}
NOT_DRAWN = {
    "misconception": "z is not drawn from q(z | x)",
    "hint": "Which distribution does the ELBO take its expectation over? Print the z that you decode, and m and v.",
}
SHARED_BY_IMAGES = {
    "misconception": "all images of a batch get the same noise",
    "hint": "Print (z - m) / v.sqrt() of two images. Should they be equal? Which shape did you ask randn for?",
}
CUT = {
    "misconception": "no gradient of the reconstruction reaches the encoder",
    "hint": "An encoder that feels only the KL term forgets its images. On the way from the reconstruction back "
    "to m and "
    "v, where does the graph end?",
}
DEVIATION = {
    "misconception": "the variance is taken for the standard deviation when z is drawn",
    "hint": "model.encode gives a variance. Which of your functions wants one, and what does it get?",
}

IWAE = """
m, v = model.encode(x)
m, v = m.unsqueeze(0).repeat(n_samples, 1, 1), v.unsqueeze(0).repeat(n_samples, 1, 1)
z = sample_gaussian(m, v)
log_p = log_bernoulli_with_logits(x.unsqueeze(0).repeat(n_samples, 1, 1), model.decode(z))
log_pz, log_q = log_normal(z, torch.zeros_like(z), torch.ones_like(z)), log_normal(z, m, v)
"""
BOUND = "return -(torch.logsumexp(log_p + log_pz - log_q, 0) - math.log(n_samples)).mean()"
UNDERFLOW = {
    "misconception": "weights are taken out of the log, where they underflow",
    "hint": "An image has a probability of about e^-100 or less. What is exp(-300) in float32? The log of a sum of "
    "exponentials can be had without the exponentials.",
}
NOT_THE_LARGEST = {
    "misconception": "not the largest log weight is taken out of the exponentials",
    "hint": "Two samples of one image, with log weights -300 and -1: what is left of each once yours is taken out, and "
    "what is its exponential in float32?",
}
MEAN_OF_LOGS = {
    "misconception": "the mean of the logs in place of the log of the mean",
    "hint": "By Jensen's inequality the two differ, and that is the point of the bound. Yours does not become "
    "tighter with "
    "more samples; compare n_samples = 1 and 100.",
}
CHUNKED = "return -torch.stack([c.logsumexp(0) - math.log(len(c)) for c in chunks]).mean()"
MEAN_OF_CHUNKS = {
    "misconception": "the samples are taken in chunks, and the mean of the chunks' bounds",
    "hint": "Is the bound with 100 samples the mean of ten with 10 samples each? Which of the two is tighter?",
}
MEAN_IN_EVALUATION_MODE = {
    "misconception": "the bound is taken at the mean of q in evaluation mode",
    "hint": "Is equation (31) still a bound of log p(x) where z is the mean? On which bound are models compared, then?",
}
CUT_OFF_PARTS = {
    "misconception": "a part of the bound is cut off where it is large",
    "hint": "An image of many pixels may cost 1000 nats at first. What gradient is left of a part that you cut off?",
}
FREE_BITS = {
    "misconception": "the KL term is kept from falling below a limit",
    "hint": "What is KL(q || p) where q is the prior, and what does your function make of it?",
}
KEPT_SAMPLE = 'm + v.sqrt() * model.__dict__.setdefault("kept", torch.randn_like(m))'
WEIGHTS = """
m, v = model.encode(x)
m, v = m.expand(n_samples, *m.shape), v.expand(n_samples, *v.shape)
z = sample_gaussian(m, v)
log_prior = log_normal(z, torch.zeros_like(m), torch.ones_like(v))
w = log_bernoulli_with_logits(x, model.decode(z)) + log_prior - log_normal(z, m, v)
"""
LOG_OF_MEAN = "return -(w.logsumexp(0) - math.log(n_samples)).mean()"

ENTRIES = [
    right_elbo("means-at-the-end", SAMPLED + KL + REC + "return torch.mean(rec + kl), kl.mean(), rec.mean()"),
    right_elbo(
        "all-in-place-of-the-others",
        """
        m, v = model.encode(x)
        z = m + torch.sqrt(v) * torch.randn_like(m)
        rec = F.binary_cross_entropy_with_logits(model.decode(z), x, reduction="none").sum(-1).mean()
        kl = (-0.5 * (1 + torch.log(v) - m**2 - v)).sum(-1).mean()
        nelbo = rec + kl
        return nelbo, kl, rec
        """,
    ),
    right_elbo(
        "image-after-image",
        """
        kls, recs = [], []
        for image in x:
            m, v = model.encode(image[None])
            prior = torch.zeros(1, m.shape[1], device=m.device), torch.ones(1, m.shape[1], device=m.device)
            kls.append(kl_normal(m, v, *prior))
            recs.append(-log_bernoulli_with_logits(image[None], model.decode(sample_gaussian(m, v))))
        kl, rec = torch.cat(kls).mean(), torch.cat(recs).mean()
        return [kl + rec, kl, rec]
        """,
    ),
    right_elbo(
        "images-without-a-batch",
        """
        parts = []
        for image in x:
            m, v = model.encode(image)
            kl = kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v))
            parts.append((kl, -log_bernoulli_with_logits(image, model.decode(sample_gaussian(m, v)))))
        kl, rec = (torch.stack(part).mean() for part in zip(*parts))
        return kl + rec, kl, rec
        """,
    ),
    right_elbo(
        "parts-without-gradient",
        SAMPLED + KL + REC + "return (kl + rec).mean(), kl.mean().detach(), rec.mean().detach()",
    ),
    right_elbo(
        "prior-of-one-row",
        SAMPLED + "kl = kl_normal(m, v, torch.zeros_like(m[0]), torch.ones_like(v[:1]))\n" + REC + MEANS,
    ),
    right_elbo(
        "by-keywords",
        """
        m, v = model.encode(x)
        z = sample_gaussian(m=m, v=v)
        kl = kl_normal(m, v, pv=torch.ones_like(v), pm=torch.zeros_like(m)).mean()
        rec = -log_bernoulli_with_logits(logits=model.decode(z), x=x).mean()
        return kl + rec, kl, rec
        """,
    ),
    right_elbo(
        "by-keywords-of-its-own",
        edits=(
            (
                "def kl_normal(qm, qv, pm, pv):\n",
                "def kl_normal(qm, qv, p_mean, p_variance, eps=0):\n    pm, pv = p_mean, p_variance\n",
            ),
            (
                "kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v))",
                "kl_normal(m, v, p_mean=0 * m, p_variance=0 * v + 1)",
            ),
        ),
    ),
    right_elbo(
        "clamp-and-log1p",
        SAMPLED
        + KL
        + "h = model.decode(z)\n"
        + "rec = (h.clamp(min=0) - h * x + torch.log1p(torch.exp(-h.abs()))).sum(-1)\n"
        + MEANS,
    ),
    wrong_elbo(
        "variance-kept-from-zero",
        ENCODED + "v = v + 1e-6\nz = sample_gaussian(m, v)\n" + KL + REC + MEANS,
        misconception="a constant is added to the variance",
        hint="An encoder may be sure of its z. What is the KL term for v = 1e-12, and what is yours?",
    ),
    wrong_elbo(
        "elbo",
        SAMPLED + KL + REC + "kl, rec = kl.mean(), rec.mean()\nreturn -(kl + rec), kl, rec",
        misconception="the ELBO itself, not its negative",
        hint="An optimiser minimises. Which of the two should it minimise?",
    ),
    wrong_elbo(
        "kl-subtracted",
        SAMPLED + KL + REC + "kl, rec = kl.mean(), rec.mean()\nreturn rec - kl, kl, rec",
        misconception="the KL term has the wrong sign in the bound",
        hint="The ELBO is an expectation minus a KL divergence. And its negative?",
    ),
    wrong_elbo(
        "reconstruction-not-negated",
        SAMPLED + KL + "rec = log_bernoulli_with_logits(x, model.decode(z))\n" + MEANS,
        misconception="the reconstruction term is not negated",
        hint="rec is a loss: it should fall as images are reconstructed better. Is it positive?",
    ),
    wrong_elbo(
        "parts-swapped",
        SAMPLED + KL + REC + "kl, rec = kl.mean(), rec.mean()\nreturn kl + rec, rec, kl",
        misconception="kl and rec are returned in the wrong order",
        hint="Read the docstring once more: what comes second, and what third?",
    ),
    wrong_elbo(
        "bound-last",
        SAMPLED + KL + REC + "kl, rec = kl.mean(), rec.mean()\nreturn kl, rec, kl + rec",
        misconception="the bound is returned last",
        hint="Read the docstring once more: what comes first?",
    ),
    wrong_elbo(
        "bound-only",
        SAMPLED + KL + REC + "return (kl + rec).mean()",
        misconception="only the bound is returned",
        hint="Three numbers are wanted: the bound and its two parts.",
    ),
    wrong_elbo("kl-summed", SAMPLED + KL + REC + "kl, rec = kl.sum(), rec.mean()\nreturn kl + rec, kl, rec", **SUMMED),
    wrong_elbo(
        "batch-summed", SAMPLED + KL + REC + "kl, rec = kl.sum(), rec.sum()\nreturn kl + rec, kl, rec", **SUMMED
    ),
    wrong_elbo(
        "swapped-in-the-kl",
        SAMPLED + "kl = kl_normal(torch.zeros_like(m), torch.ones_like(v), m, v)\n" + REC + MEANS,
        misconception="KL(p || q) in place of KL(q || p)",
        hint="Under which of the two is the expectation in the ELBO taken? That one comes first.",
    ),
    wrong_elbo(
        "prior-around-the-mean",
        SAMPLED + "kl = kl_normal(m, v, m, torch.ones_like(v))\n" + REC + MEANS,
        misconception="the prior is put around the mean of q",
        hint="The prior is N(0, I), whatever x. What does your KL term say about the means?",
    ),
    wrong_elbo(
        "kl-by-one-sample",
        SAMPLED + "kl = log_normal(z, m, v) - log_normal(z, torch.zeros_like(m), torch.ones_like(v))\n" + REC + MEANS,
        misconception="the KL term is estimated from the sample",
        hint="Unbiased, but needlessly noisy: the KL divergence of two Gaussians has a closed form, and you "
        "have written it.",
    ),
    wrong_elbo("mean-decoded", ENCODED + "z = m\n" + KL + REC + MEANS, **NOT_DRAWN),
    wrong_elbo(
        "one-noise-vector",
        ENCODED + "z = m + v.sqrt() * torch.randn(m.shape[-1], device=x.device)\n" + KL + REC + MEANS,
        **SHARED_BY_IMAGES,
    ),
    wrong_elbo(
        "half-the-noise",
        ENCODED + "z = m + 0.5 * v.sqrt() * torch.randn_like(m)\n" + KL + REC + MEANS,
        misconception="the noise is scaled down",
        hint="Take z, m and v apart again: what are mean and standard deviation of your (z - m) / sqrt(v)?",
    ),
    wrong_elbo("prior-decoded", SAMPLED + "z = torch.randn_like(m)\n" + KL + REC + MEANS, **NOT_DRAWN),
    wrong_elbo("deviation-handed-over", ENCODED + "z = sample_gaussian(m, v.sqrt())\n" + KL + REC + MEANS, **DEVIATION),
    wrong_elbo("variance-times-noise", ENCODED + "z = m + v * torch.randn_like(m)\n" + KL + REC + MEANS, **DEVIATION),
    wrong_elbo("z-detached", SAMPLED + "z = z.detach()\n" + KL + REC + MEANS, **CUT),
    wrong_elbo(
        "deviation-detached",
        ENCODED + "z = m + v.sqrt().detach() * torch.randn_like(m)\n" + KL + REC + MEANS,
        misconception="no gradient of the reconstruction reaches the variance",
        hint="An encoder that pays nothing for a wide q(z | x) makes it as wide as the prior. Which of m and v does z "
        "still hang on, in your graph?",
    ),
    wrong_elbo(
        "drawn-without-grad",
        ENCODED + "with torch.no_grad():\n    z = sample_gaussian(m, v)\n" + KL + REC + MEANS,
        **CUT,
    ),
    wrong_elbo(
        "encoder-without-grad",
        "with torch.no_grad():\n    m, v = model.encode(x)\nz = sample_gaussian(m, v)\n" + KL + REC + MEANS,
        misconception="the encoder is run without a gradient",
        hint="Print the gradients of all parameters after backward(). Whose are missing?",
    ),
    wrong_elbo(
        "kl-without-gradient",
        SAMPLED + KL + REC + "kl, rec = kl.mean(), rec.mean()\nreturn kl.detach() + rec, kl, rec",
        misconception="the KL term has no gradient",
        hint="The number is right. What keeps q(z | x) near the prior when you train with it?",
    ),
    wrong_elbo(
        "mean-of-pixels",
        SAMPLED
        + KL
        + "rec = F.binary_cross_entropy_with_logits(model.decode(z), x)\nkl = kl.mean()\nreturn kl + rec, kl, rec",
        misconception="the reconstruction is averaged over the pixels",
        hint="log p(x | z) is a sum over pixels. What weight does the KL term get beside their mean?",
    ),
    wrong_elbo(
        "squared-error",
        SAMPLED + KL + "rec = (torch.sigmoid(model.decode(z)) - x).square().sum(-1)\n" + MEANS,
        misconception="a squared error in place of the log likelihood",
        hint="Pixels are zeros and ones here. Which distribution does the decoder's logit belong to?",
    ),
    wrong_elbo(
        "sigmoid-twice",
        SAMPLED + KL + "rec = -log_bernoulli_with_logits(x, torch.sigmoid(model.decode(z)))\n" + MEANS,
        misconception="the sigmoid is applied to the logits before they are handed over",
        hint="model.decode gives logits. What does log_bernoulli_with_logits take?",
    ),
    wrong_elbo(
        "beta",
        SAMPLED + KL + REC + "kl, rec = kl.mean(), rec.mean()\nreturn 0.5 * kl + rec, kl, rec",
        misconception="the KL term is weighted",
        hint="A trick from practice (a beta-VAE), but no bound on log p(x) any more.",
    ),
    wrong_elbo(
        "divided-by-100",
        SAMPLED + KL + REC + "kl, rec = kl.sum() / 100, rec.sum() / 100\nreturn kl + rec, kl, rec",
        misconception="divides by a fixed batch size of 100",
        hint="The last batch may be smaller. Where can the size of the batch at hand be read off?",
    ),
    wrong_elbo(
        "ten-samples",
        ENCODED
        + KL
        + "rec = -torch.stack([log_bernoulli_with_logits(x, model.decode(sample_gaussian(m, v))) for _ in range(10)])\n"
        + MEANS,
        misconception="several samples of z for each image",
        hint="The handout asks for one z for each image. How often is the decoder called?",
    ),
    wrong_elbo(
        "python-number",
        SAMPLED + KL + REC + "kl, rec = kl.mean(), rec.mean()\nreturn (kl + rec).item(), kl, rec",
        misconception="a Python number is returned",
        hint="What is to be differentiated must stay a tensor.",
    ),
    right_iwae("repeated-rows", IWAE + BOUND),
    right_iwae(
        "sample-after-sample",
        """
        m, v = model.encode(x)
        log_weights = []
        for _ in range(n_samples):
            z = sample_gaussian(m, v)
            log_weight = log_bernoulli_with_logits(x, model.decode(z))
            log_weight = log_weight + log_normal(z, torch.zeros_like(m), torch.ones_like(v)) - log_normal(z, m, v)
            log_weights.append(log_weight)
        log_weights = torch.stack(log_weights, dim=1)
        return -(torch.logsumexp(log_weights, dim=1) - math.log(n_samples)).mean()
        """,
    ),
    right_iwae(
        "flat-and-library",
        """
        Normal = torch.distributions.Normal
        many = x.repeat_interleave(n_samples, dim=0)
        q = Normal(*(part if k == 0 else part.sqrt() for k, part in enumerate(model.encode(many))))
        z = q.rsample()
        log_p = -F.binary_cross_entropy_with_logits(model.decode(z), many, reduction="none").sum(1)
        log_w = log_p + Normal(0.0, 1.0).log_prob(z).sum(1) - q.log_prob(z).sum(1)
        log_w = log_w.view(x.shape[0], n_samples)
        largest = log_w.max(dim=1, keepdim=True).values.detach()
        return -(largest[:, 0] + (log_w - largest).exp().mean(1).log()).mean()
        """,
    ),
    right_iwae(
        "by-keywords",
        IWAE.replace("sample_gaussian(m, v)", "sample_gaussian(v=v, m=m)")
        .replace("log_bernoulli_with_logits(x.", "log_bernoulli_with_logits(logits=model.decode(z), x=x.")
        .replace(", model.decode(z))", ")")
        + BOUND,
    ),
    right_iwae(
        "clamp-and-log1p",
        """
        m, v = model.encode(x)
        z = m + v.sqrt() * torch.randn(n_samples, *m.shape, device=m.device)
        h = model.decode(z)
        log_p = -(torch.clamp(h, min=0) - h * x + torch.log1p(torch.exp(-torch.abs(h)))).sum(-1)
        log_w = log_p + log_normal(z, torch.zeros_like(m), torch.ones_like(v)) - log_normal(z, m, v)
        return (math.log(n_samples) - torch.logsumexp(log_w, dim=0)).mean()
        """,
    ),
    wrong_iwae(
        "chunks-of-10",
        IWAE + "chunks = (log_p + log_pz - log_q).split(10)\n" + CHUNKED,
        **MEAN_OF_CHUNKS,
    ),
    wrong_iwae(
        "chunks-of-100",
        IWAE + "chunks = (log_p + log_pz - log_q).split(100)\n" + CHUNKED,
        **MEAN_OF_CHUNKS,
    ),
    wrong_iwae("mean-of-logs", IWAE + "return -(log_p + log_pz - log_q).mean(0).mean()", **MEAN_OF_LOGS),
    wrong_iwae(
        "elbo-of-many-samples",
        IWAE + "kl = kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v))\nreturn (kl - log_p).mean()",
        misconception="the ELBO with many samples, its KL term in closed form",
        hint="The KL term does not come out of the log of a mean: each sample has a weight of its own, of three "
        "densities.",
    ),
    wrong_iwae(
        "kl-beside-the-log-of-the-mean",
        IWAE
        + "kl = kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v))[0]\n"
        + "return (kl - torch.logsumexp(log_p, 0) + math.log(n_samples)).mean()",
        misconception="the KL term in closed form beside the log of a mean of likelihoods",
        hint="The weight of a sample is p(x | z) p(z) / q(z | x), and the mean is taken of these. Is yours a bound on "
        "log p(x)? Try many samples where you know p(x).",
    ),
    wrong_iwae(
        "not-divided-by-k",
        IWAE + "return -torch.logsumexp(log_p + log_pz - log_q, 0).mean()",
        misconception="a sum of the weights in place of their mean",
        hint="If all weights are equal, the bound should not depend on how many there are. Does yours?",
    ),
    wrong_iwae(
        "k-outside-the-log",
        IWAE + "return -(torch.logsumexp(log_p + log_pz - log_q, 0) / n_samples).mean()",
        misconception="the log of the sum is divided by K, not the sum",
        hint="log(s / K) and log(s) / K are not the same. If all weights are equal, what should the bound be?",
    ),
    wrong_iwae(
        "likelihoods-only",
        IWAE + "return -(torch.logsumexp(log_p, 0) - math.log(n_samples)).mean()",
        misconception="the weights lack p(z) / q(z | x)",
        hint="The samples come from q and not from the prior. What in the weights makes up for that?",
    ),
    wrong_iwae(
        "without-the-prior",
        IWAE + "return -(torch.logsumexp(log_p - log_q, 0) - math.log(n_samples)).mean()",
        misconception="the weights lack the prior",
        hint="The joint density is p(x | z) p(z). Where is the second factor in yours?",
    ),
    wrong_iwae(
        "without-q",
        IWAE + "return -(torch.logsumexp(log_p + log_pz, 0) - math.log(n_samples)).mean()",
        misconception="the weights lack q(z | x)",
        hint="The samples come from q. A region that is sampled often must not count more for it: what are the weights "
        "divided by?",
    ),
    wrong_iwae(
        "prior-and-q-swapped",
        IWAE + "return -(torch.logsumexp(log_p + log_q - log_pz, 0) - math.log(n_samples)).mean()",
        misconception="p(z) and q(z | x) change places in the weights",
        hint="Importance sampling: the density that you want, over the density that you draw from. Which is which?",
    ),
    wrong_iwae(
        "deviation-in-log-q",
        IWAE.replace("log_normal(z, m, v)", "log_normal(z, m, v.sqrt())") + BOUND,
        misconception="log q(z | x) is given the standard deviation for the variance",
        hint="With an encoder of variance 4, is your q(z | x) the distribution that z was drawn from? What does "
        "log_normal take?",
    ),
    wrong_iwae(
        "q-detached",
        IWAE.replace("log_normal(z, m, v)", "log_normal(z, m.detach(), v.detach())") + BOUND,
        misconception="log q(z | x) is cut off from the encoder",
        hint="The bound depends on the encoder in two ways: by z, and by the density of q. Which of them does your "
        "gradient take? (Some estimators leave one out, but none of them is the gradient of this number.)",
    ),
    wrong_iwae(
        "largest-of-the-batch-taken-out",
        IWAE
        + """
log_w = log_p + log_pz - log_q
largest = log_w.max()
return -((log_w - largest).exp().mean(0).log() + largest).mean()
""",
        misconception="the largest log weight of the whole batch is taken out of the exponentials",
        hint="Two images, of which one has log weights near -1 and the other near -500: what is left of the other's?",
    ),
    wrong_iwae(
        "out-of-the-log",
        IWAE + "return -(log_p + log_pz - log_q).exp().mean(0).log().mean()",
        **UNDERFLOW,
    ),
    wrong_iwae(
        "out-of-the-log-in-double",
        IWAE + "return -(log_p + log_pz - log_q).double().exp().mean(0).log().mean().float()",
        **UNDERFLOW,
    ),
    wrong_iwae(
        "mean-taken-out",
        IWAE
        + """
log_w = log_p + log_pz - log_q
out = log_w.mean(0).detach()
return -((log_w - out).exp().mean(0).log() + out).mean()
""",
        **NOT_THE_LARGEST,
    ),
    wrong_iwae(
        "first-taken-out",
        IWAE
        + """
log_w = log_p + log_pz - log_q
return -((log_w - log_w[0]).exp().mean(0).log() + log_w[0]).mean()
""",
        **NOT_THE_LARGEST,
    ),
    right_iwae(
        "constant-of-numpy",
        "import numpy as np\n"
        + IWAE
        + "return -torch.logsumexp(log_p + log_pz - log_q, 0).mean() + torch.tensor(np.log(n_samples))",
    ),
    right_iwae("elbo-for-one", "if n_samples == 1:\n    return negative_elbo_bound(model, x)[0]" + IWAE + BOUND),
    wrong_iwae(
        "epsilon",
        IWAE + "return -torch.log((log_p + log_pz - log_q).exp().mean(0) + 1e-10).mean()",
        misconception="an epsilon inside the log of the mean weight",
        hint="An image has a probability of about e^-100 or less. What is left of it beside your epsilon?",
    ),
    wrong_iwae(
        "over-the-batch",
        IWAE + "return -(torch.logsumexp(log_p + log_pz - log_q, 1) - math.log(x.shape[0])).mean()",
        misconception="the log of the mean is taken over the images, not over the samples",
        hint="Which dimension of your weights counts the samples of one image? Try one image with many samples.",
    ),
    wrong_iwae(
        "over-samples-and-batch",
        IWAE + "w = log_p + log_pz - log_q\nreturn -(torch.logsumexp(w.flatten(), 0) - math.log(w.numel()))",
        misconception="the log of the mean over samples and images together",
        hint="Images are independent: the bound is a mean over images of logs. One unlikely image should cost "
        "as much as "
        "it does alone.",
    ),
    wrong_iwae(
        "batch-summed",
        IWAE + "return -(torch.logsumexp(log_p + log_pz - log_q, 0) - math.log(n_samples)).sum()",
        **SUMMED,
    ),
    wrong_iwae(
        "not-negated",
        IWAE + "return (torch.logsumexp(log_p + log_pz - log_q, 0) - math.log(n_samples)).mean()",
        misconception="the bound itself, not its negative",
        hint="With n_samples = 1 it should be an estimate of the negative ELBO. Compare the two.",
    ),
    wrong_iwae(
        "one-sample-repeated",
        IWAE.replace("z = sample_gaussian(m, v)", "z = sample_gaussian(m[:1], v[:1]).repeat(n_samples, 1, 1)") + BOUND,
        misconception="one sample is used K times",
        hint="Print the z of one image. How many different ones are there?",
    ),
    wrong_iwae(
        "rows-in-another-order",
        """
        m, v = model.encode(x.repeat(n_samples, 1))
        z = sample_gaussian(m, v)
        log_p = log_bernoulli_with_logits(x.repeat(n_samples, 1), model.decode(z))
        log_w = log_p + log_normal(z, torch.zeros_like(z), torch.ones_like(z)) - log_normal(z, m, v)
        return -(log_w.view(x.shape[0], n_samples).logsumexp(1) - math.log(n_samples)).mean()
        """,
        misconception="the samples of different images get mixed up in a reshape",
        hint="After x.repeat(K, 1) the whole batch comes K times. Which rows are those of the first image, and "
        "which does "
        "your view give it?",
    ),
    wrong_iwae(
        "z-detached",
        IWAE.replace("z = sample_gaussian(m, v)", "z = sample_gaussian(m, v).detach()") + BOUND,
        misconception="no gradient flows through the samples",
        hint="The reparameterisation trick is there so that a change of m moves z. What does detaching do to that?",
    ),
    wrong_iwae(
        "weights-detached",
        IWAE + "w = log_p + log_pz - log_q\nreturn -(w.softmax(0).detach() * w).sum(0).mean()",
        misconception="a weighted mean of the log weights: the gradient is right, the bound is not",
        hint="That has the gradient of the bound. The number that is asked for is the log of a mean.",
    ),
    right_iwae(
        "vmap-over-samples",
        """
        m, v = model.encode(x)

        def one(e):
            z = m + v.sqrt() * e
            log_p = log_bernoulli_with_logits(x, model.decode(z))
            return log_p + log_normal(z, torch.zeros_like(m), torch.ones_like(v)) - log_normal(z, m, v)

        w = torch.func.vmap(one)(torch.randn(n_samples, *m.shape, device=x.device))
        return -(torch.logsumexp(w, 0) - torch.tensor(float(n_samples)).log().item()).mean()
        """,
    ),
    right_iwae(
        "vmap-that-draws",
        """
        m, v = model.encode(x)

        def one(k):
            z = sample_gaussian(m, v)
            log_p = log_bernoulli_with_logits(x, model.decode(z))
            return log_p + log_normal(z, torch.zeros_like(m), torch.ones_like(v)) - log_normal(z, m, v)

        w = torch.func.vmap(one, randomness="different")(torch.arange(n_samples, device=x.device))
        return -(torch.logsumexp(w, 0) - torch.tensor(float(n_samples)).log().item()).mean()
        """,
    ),
    right_elbo(
        "vmap-over-images",
        """
        def one(image, e):
            m, v = model.encode(image)
            z = m + v.sqrt() * e
            h = model.decode(z)
            return 0.5 * (m.square() + v - v.log() - 1).sum(), (F.softplus(h) - image * h).sum()

        e = torch.randn(len(x), model.encode(x)[0].shape[-1], device=x.device)
        kl, rec = torch.func.vmap(one)(x, e)
        return (kl + rec).mean(), kl.mean(), rec.mean()
        """,
    ),
    wrong_elbo(
        "mean-in-evaluation-mode",
        ENCODED + "z = sample_gaussian(m, v) if model.training else m\n" + KL + REC + MEANS,
        **MEAN_IN_EVALUATION_MODE,
    ),
    wrong_iwae(
        "mean-in-evaluation-mode",
        WEIGHTS.replace("sample_gaussian(m, v)", "sample_gaussian(m, v) if model.training else m") + LOG_OF_MEAN,
        **MEAN_IN_EVALUATION_MODE,
    ),
    wrong_elbo(
        "noise-kept",
        ENCODED + f"z = {KEPT_SAMPLE}\n" + KL + REC + MEANS,
        **DRAWN_ONCE,
    ),
    wrong_iwae("noise-kept", WEIGHTS.replace("sample_gaussian(m, v)", KEPT_SAMPLE) + LOG_OF_MEAN, **DRAWN_ONCE),
    wrong_elbo(
        "mean-of-means",
        SAMPLED
        + KL
        + REC
        + """
kl, rec = (torch.stack([part.mean() for part in all.split(16)]).mean() for all in (kl, rec))
return kl + rec, kl, rec
""",
        **MEAN_OF_MEANS,
    ),
    wrong_iwae("chunks-of-500", WEIGHTS + "chunks = w.split(500)\n" + CHUNKED, **MEAN_OF_CHUNKS),
    wrong_elbo(
        "free-bits",
        SAMPLED + KL + REC + "kl, rec = kl.clamp(min=0.4).mean(), rec.mean()\nreturn kl + rec, kl, rec",
        **FREE_BITS,
    ),
    wrong_elbo(
        "free-bits-of-the-mean",
        SAMPLED + KL + REC + "kl, rec = kl.mean().clamp(min=1), rec.mean()\nreturn kl + rec, kl, rec",
        **FREE_BITS,
    ),
    wrong_elbo(
        "encoded-once",
        'm, v = model.__dict__.setdefault("kept", model.encode(x))\nz = sample_gaussian(m, v)\n' + KL + REC + MEANS,
        **KEPT,
    ),
    wrong_iwae(
        "one-sample-for-all",
        WEIGHTS.replace(
            "m, v = m.expand(n_samples, *m.shape), v.expand(n_samples, *v.shape)\nz = sample_gaussian(m, v)",
            "z = sample_gaussian(m, v.expand(n_samples, *v.shape))\n"
            "m, v = m.expand(n_samples, *m.shape), v.expand(n_samples, *v.shape)",
        )
        + LOG_OF_MEAN,
        misconception="the samples of an image are the same, drawn once and broadcast",
        hint="Print the first two of the n_samples z of an image. How many numbers did randn draw?",
    ),
    wrong_iwae(
        "noise-shared-by-images",
        WEIGHTS.replace(
            "sample_gaussian(m, v)", "m + v.sqrt() * torch.randn(n_samples, 1, m.shape[-1], device=x.device)"
        )
        + LOG_OF_MEAN,
        **SHARED_BY_IMAGES,
    ),
    wrong_iwae(
        "antithetic-samples",
        WEIGHTS.replace(
            "sample_gaussian(m, v)",
            "m + v.sqrt() * torch.cat([e := torch.randn_like(m)[: (n_samples + 1) // 2], -e])[:n_samples]",
        )
        + LOG_OF_MEAN,
        **DEPENDENT,
    ),
    wrong_iwae(
        "logits-of-another-shape",
        WEIGHTS + LOG_OF_MEAN,
        edits=(
            (
                "(x * logits - F.softplus(logits)).sum(dim=-1)  # log sigmoid(h) = h - softplus(h)",
                '-F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)',
            ),
        ),
        **CALLED_ON_OTHER_SHAPES,
    ),
    right_elbo(
        "shapes-looked-at-on-zeros",
        ENCODED
        + "assert model.decode(torch.zeros_like(m)).shape == x.shape\nz = sample_gaussian(m, v)\n"
        + KL
        + REC
        + MEANS,
    ),
    wrong_elbo(
        "mean-without-gradients",
        ENCODED + "z = sample_gaussian(m, v) if torch.is_grad_enabled() else m\n" + KL + REC + MEANS,
        **WITHOUT_GRADIENTS,
    ),
    wrong_iwae(
        "mean-without-gradients",
        WEIGHTS.replace("sample_gaussian(m, v)", "sample_gaussian(m, v) if torch.is_grad_enabled() else m")
        + LOG_OF_MEAN,
        **WITHOUT_GRADIENTS,
    ),
    wrong_elbo("seeded", "torch.manual_seed(0)\n" + SAMPLED + KL + REC + MEANS, **SEED_SET),
    wrong_iwae("seeded", "torch.manual_seed(0)\n" + WEIGHTS + LOG_OF_MEAN, **SEED_SET),
    wrong_elbo("kl-cut-off", SAMPLED + KL + REC + "kl = kl.clamp(max=1000)\n" + MEANS, **CUT_OFF_PARTS),
    wrong_elbo("reconstruction-cut-off", SAMPLED + KL + REC + "rec = rec.clamp(max=1000)\n" + MEANS, **CUT_OFF_PARTS),
    wrong_elbo(
        "kl-of-a-variable",
        SAMPLED + KL + REC + "kl, rec = kl.mean() / m.shape[-1], rec.mean()\nreturn kl + rec, kl, rec",
        misconception="the KL term is averaged over the latent variables",
        hint="Latent variables are independent: is the divergence of two of them the mean of theirs, or the sum?",
    ),
    wrong_elbo(
        "variance-cut-off",
        ENCODED + "v = v.clamp(max=10)\nz = sample_gaussian(m, v)\n" + KL + REC + MEANS,
        misconception="large variances are cut off",
        hint="What brings a variance of 100 back to that of the prior, by your gradient?",
    ),
]
