"""What problem 6's functions come to, equations (28) to (32), on the small models of `grading.probes.vae`.

Shapes: B is the batch size, n the number of pixels, d of latent variables, K of samples for each image; coefficients
are those of the probe's `Model`. Arguments as in the probes. Every result is a dict of values and gradients.
"""

import numpy as np

from .gan import sigmoid, softplus


def sample_gaussian(m, v, pull, sample):
    """z = m + sqrt(v) eps, equation (28), for the eps that was drawn: dz/dm = 1, dz/dv = eps / (2 sqrt(v)).

    Args:
        sample: what was drawn, (..., d).
    """
    eps = (sample - m) / np.sqrt(v)
    return {"grad_m": pull, "grad_v": pull * eps / (2 * np.sqrt(v))}


def kl_normal(qm, qv, pm, pv, pull):
    """Equation (29): KL = 1/2 sum (log pv - log qv + (qv + (qm - pm)^2) / pv - 1), and gradients of sum(pull KL)."""
    away = qm - pm
    pull = pull[..., None]
    return {
        "value": 0.5 * (np.log(pv) - np.log(qv) + (qv + away**2) / pv - 1).sum(axis=-1),
        "grad_qm": pull * away / pv,
        "grad_qv": pull * 0.5 * (1 / pv - 1 / qv),
        "grad_pm": -pull * away / pv,
        "grad_pv": pull * 0.5 * (1 / pv - (qv + away**2) / pv**2),
    }


def log_bernoulli_with_logits(x, logits, pull):
    """Equation (30): sum of x log sigma(h) + (1 - x) log sigma(-h), whose derivatives by h are x - sigma(h)."""
    return {
        "value": -(x * softplus(-logits) + (1 - x) * softplus(logits)).sum(axis=-1),
        "grad_logits": pull[..., None] * (x - sigmoid(logits)),
    }


def encoded(x, mean_weight, mean_bias, log_var_weight, log_var_bias, **_):
    """Mean and variance of q(z | x), (B, d)."""
    return x @ mean_weight.T + mean_bias, np.exp(x @ log_var_weight.T + log_var_bias)


def negative_elbo_bound(x, noise, weight, bias, **encoder):
    """Equation (31) for the noise that was drawn.

    Args:
        noise: eps of z = m + sqrt(v) eps, (B, d).

    Returns:
        nelbo, kl, rec, and the gradients of nelbo.
    """
    m, v = encoded(x, **encoder)
    z = m + np.sqrt(v) * noise
    size = len(x)
    away = x - sigmoid(z @ weight.T + bias)  # of log p(x | z) by the logits
    kl = kl_normal(m, v, np.zeros(m.shape), np.ones(v.shape), np.full(size, 1 / size))
    rec = -log_bernoulli_with_logits(x, z @ weight.T + bias, np.ones(size))["value"].mean()
    by_z = -away @ weight / size
    by_m = kl["grad_qm"] + by_z
    by_log_var = kl["grad_qv"] * v + by_z * noise * np.sqrt(v) / 2
    return {
        "nelbo": kl["value"].mean() + rec,
        "kl": kl["value"].mean(),
        "rec": rec,
        **_of_encoder(x, by_m, by_log_var),
        "grad_weight": -away.T @ z / size,
        "grad_bias": -away.sum(axis=0, keepdims=True) / size,
    }


def negative_iwae_bound(x, noise, weight, bias, **encoder):
    """Equation (32) for the noise that was drawn: -mean_b log (1/K) sum_k w_k, w = p(x | z) p(z) / q(z | x).

    With shares s_k = w_k / sum w, the derivative of log sum_k w_k is sum_k s_k d log w_k. As z moves with m and v,
    q(z | x) is exp(-eps^2 / 2) / sqrt(2 pi v) however m moves: only the -1/2 log v of its logarithm is left.

    Args:
        noise: (B, K, d).
        bias: (1, n), or, for one image, one row for each sample.
    """
    m, v = (array[:, None] for array in encoded(x, **encoder))
    z = m + np.sqrt(v) * noise
    size, count, _ = z.shape
    logits = z @ weight.T + bias
    log_p = log_bernoulli_with_logits(x[:, None], logits, np.ones((size, count)))["value"]
    log_weights = log_p - 0.5 * (z**2).sum(axis=-1) + 0.5 * (noise**2 + np.log(v)).sum(axis=-1)
    largest = log_weights.max(axis=1, keepdims=True)
    shares = np.exp(log_weights - largest)
    value = -(largest[:, 0] + np.log(shares.mean(axis=1))).mean()
    shares = (shares / shares.sum(axis=1, keepdims=True))[..., None] / size
    away = x[:, None] - sigmoid(logits)
    by_z = away @ weight - z
    by_log_var = by_z * noise * np.sqrt(v) / 2 + 0.5
    by_bias = -(shares * away).sum(axis=0)
    return {
        "value": value,
        **_of_encoder(x, -(shares * by_z).sum(axis=1), -(shares * by_log_var).sum(axis=1)),
        "grad_weight": -np.einsum("bkn,bkd->nd", shares * away, z),
        "grad_bias": by_bias if len(bias) > 1 else by_bias.sum(axis=0, keepdims=True),
    }


def known(x, noise, weight, bias, **encoder):
    """Numbers that stand in for the student's functions that a bound calls: what they come to, with their slopes, on
    the way of this noise, (B, S, d); S is more than the samples that are wanted, as one too many must be another."""
    m, v = encoded(x, **encoder)
    size, count, width = noise.shape
    z = m[:, None] + np.sqrt(v)[:, None] * noise
    logits = (z @ weight.T + bias[np.arange(count) % len(bias)]).reshape(size * count, -1)
    repeated = np.repeat(x, count, axis=0)
    prior = np.zeros(m.shape), np.ones(v.shape)
    one = np.ones((size * count, 1))
    kl = kl_normal(m, v, *prior, np.ones(size))
    log_p = log_bernoulli_with_logits(repeated, logits, one[:, 0])
    slopes = {
        "sample_gaussian": (z, (m, v), (np.ones(z.shape), noise / (2 * np.sqrt(v))[:, None])),
        "kl_normal": (
            kl["value"][:, None],
            (m, v, *prior),
            [kl[f"grad_{name}"][:, None] for name in ("qm", "qv", "pm", "pv")],
        ),
        "log_bernoulli_with_logits": (
            log_p["value"][:, None],
            (repeated, logits),
            (logits[:, None], log_p["grad_logits"][:, None]),
        ),
    }
    return {
        key: array
        for name, (values, points, by) in slopes.items()
        for key, array in {
            f"{name}_values": values,
            **{f"{name}_points_{k}": point for k, point in enumerate(points)},
            **{f"{name}_slopes_{k}": slope for k, slope in enumerate(by)},
        }.items()
    }


def _of_encoder(x, by_m, by_log_var):
    return {
        "grad_mean_weight": by_m.T @ x,
        "grad_mean_bias": by_m.sum(axis=0),
        "grad_log_var_weight": by_log_var.T @ x,
        "grad_log_var_bias": by_log_var.sum(axis=0),
    }
