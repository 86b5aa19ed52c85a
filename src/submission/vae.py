"""Problem 6 (extra credit): a variational autoencoder (VAE).

VAEs are due to Kingma and Welling 2014 (arXiv:1312.6114), the importance-weighted bound to Burda et al. 2016
(arXiv:1509.00519). Equation numbers are the handout's. Shapes: B is the batch size, n the number of pixels, d the
number of latent variables; (..., d) is any shape that ends in d, (B, d) or (K, B, d) or (d,). Everything is in nats.

A model has `model.encode(x)`, which maps images (..., n) to the mean and the variance of q(z | x), each (..., d), and
`model.decode(z)`, which maps latent variables (..., d) to the logits of the pixels, (..., n). The prior is N(0, I).
"""

import math

import torch
import torch.nn.functional as F


def log_normal(x, m, v):
    """Log density of x under N(m, diag(v)), provided.

    Args:
        x, m, v: points, means and variances, shape (..., d), or shapes that broadcast to it.

    Returns:
        Tensor (...).
    """
    return -0.5 * ((x - m).square() / v + v.log() + math.log(2 * math.pi)).sum(dim=-1)


def sample_gaussian(m, v):
    """Draws from N(m, diag(v)) by the reparameterisation trick, equation (28).

    Args:
        m, v: means and variances (not standard deviations), shape (..., d); v is above 0.

    Returns:
        One sample for each mean, shape (..., d), differentiable with respect to m and v.
    """
    ### START_CODE_HERE ###
    return m + v.sqrt() * torch.randn_like(m)
    ### END_CODE_HERE ###


def kl_normal(qm, qv, pm, pv):
    """KL(q || p) of the Gaussians q = N(qm, diag(qv)) and p = N(pm, diag(pv)), equation (29).

    Args:
        qm, qv, pm, pv: means and variances, shape (..., d).

    Returns:
        Tensor (...): the sum over the last dimension.
    """
    ### START_CODE_HERE ###
    return 0.5 * (pv.log() - qv.log() + (qv + (qm - pm).square()) / pv - 1).sum(dim=-1)
    ### END_CODE_HERE ###


def log_bernoulli_with_logits(x, logits):
    """Log probability of binary images x under independent Bernoulli pixels with these logits, equation (30).

    Args:
        x: zeros and ones, float, shape (..., n).
        logits: any real numbers, shape (..., n); at 120 and -120 the result must be right too.

    Returns:
        Tensor (...): the sum over the last dimension.
    """
    ### START_CODE_HERE ###
    return (x * logits - F.softplus(logits)).sum(dim=-1)  # log sigmoid(h) = h - softplus(h)
    ### END_CODE_HERE ###


def negative_elbo_bound(model, x):
    """The negative of the ELBO, equation (31), with one sample of z for each image, and its two parts.

    Args:
        model: encoder and decoder, see above.
        x: binary images, shape (B, n).

    Returns:
        nelbo, kl, rec: means over the batch, 0-d tensors; nelbo = kl + rec, kl = KL(q(z | x) || p(z)) in closed
        form, rec = -log p(x | z).
    """
    ### START_CODE_HERE ###
    m, v = model.encode(x)
    z = sample_gaussian(m, v)
    kl = kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v)).mean()
    rec = -log_bernoulli_with_logits(x, model.decode(z)).mean()
    return kl + rec, kl, rec
    ### END_CODE_HERE ###


def negative_iwae_bound(model, x, n_samples):
    """The negative of the importance-weighted bound, equation (32), with K = n_samples samples of z for each image.

    Args:
        model, x: as in `negative_elbo_bound`.
        n_samples: K, 1 or more.

    Returns:
        The mean over the batch, a 0-d tensor; with K = 1 an estimate of the negative ELBO, and smaller for larger K.
    """
    ### START_CODE_HERE ###
    m, v = model.encode(x)
    m, v = m.expand(n_samples, *m.shape), v.expand(n_samples, *v.shape)
    z = sample_gaussian(m, v)
    log_prior = log_normal(z, torch.zeros_like(m), torch.ones_like(v))
    x = x.expand(n_samples, *x.shape)
    log_weights = log_bernoulli_with_logits(x, model.decode(z)) + log_prior - log_normal(z, m, v)
    return -(log_weights.logsumexp(dim=0) - math.log(n_samples)).mean()  # weights of e^-500 are no matter to it
    ### END_CODE_HERE ###
