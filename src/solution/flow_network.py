"""What problem 1's functions come to: masks, MADE and the log-likelihood of a MAF, from equations (1) to (3).

Shapes: B is the batch size, n the dimension, K the number of blocks. alpha is the log standard deviation.
"""

import numpy as np


def masks(n, hidden_size, n_hidden):
    """The masks of sequential order (Germain et al. 2015, section 4; degrees as in the handout).

    Returns:
        One array (units above, units below) a layer; the last has 2n rows, for mu and for alpha.
    """
    inputs = np.arange(n)
    hidden = np.arange(hidden_size) % max(n - 1, 1)
    outputs = np.tile(np.arange(n) - 1, 2)
    degrees = [inputs, *[hidden] * (n_hidden + 1), outputs]
    return [
        (above[:, None] >= below[None, :]).astype(float) for below, above in zip(degrees[:-1], degrees[1:], strict=True)
    ]


def masked_network(n, n_hidden, hidden_size, layers):
    """Returns the function x -> (mu, alpha) of a masked ReLU network with weights weight_0, bias_0, weight_1, ..."""

    def network(x):
        h = np.asarray(x, dtype=float)
        for k, mask in enumerate(masks(n, hidden_size, n_hidden)):
            h = (np.maximum(h, 0) if k else h) @ (mask * layers[f"weight_{k}"]).T + layers[f"bias_{k}"]
        return h[:, :n], h[:, n:]

    return network


def linear_network(weight, bias):
    """Returns the function x -> (mu, alpha) of (mu, alpha) = weight x + bias, with weight (2n, n) strictly lower
    triangular in both of its halves."""
    n = weight.shape[1]

    def network(x):
        h = np.asarray(x, dtype=float) @ np.asarray(weight, dtype=float).T + bias
        return h[:, :n], h[:, n:]

    return network


def forward(network, z):
    """x_i = mu_i + z_i exp(alpha_i), each coordinate after those that its mu and alpha look at.

    Returns:
        output (B, n), and log_det = log |det dx/dz| = sum_i alpha_i, (B,), as dx/dz is triangular with diagonal
        exp(alpha_i).
    """
    x = np.zeros(z.shape)
    for i in range(z.shape[1]):
        mu, alpha = network(x)
        x[:, i] = mu[:, i] + z[:, i] * np.exp(alpha[:, i])
    return {"output": x, "log_det": network(x)[1].sum(axis=1)}


def inverse(weight, bias, x, pull=None, pull_log_det=None):
    """z_i = (x_i - mu_i) / exp(alpha_i) and log |det dz/dx| = -sum_i alpha_i, equation (3), on a linear network.

    With (mu, alpha) = (M x + m, A x + a), M and A masked:
    dz_i/dmu_i = -exp(-alpha_i), dz_i/dalpha_i = -z_i, dlog_det/dalpha_i = -1.

    Args:
        pull, pull_log_det: (B, n) and (B,); if given, gradients of sum(pull z) + sum(pull_log_det log_det) come too.
    """
    n = weight.shape[1]
    mu, alpha = linear_network(weight, bias)(x)
    z = (x - mu) * np.exp(-alpha)
    result = {"output": z, "log_det": -alpha.sum(axis=1)}
    if pull is None:
        return result
    by_mu = -pull * np.exp(-alpha)
    by_alpha = -pull * z - pull_log_det[:, None]
    by_network = np.concatenate([by_mu, by_alpha], axis=1)
    return {
        **result,
        "grad_x": pull * np.exp(-alpha) + by_network @ np.asarray(weight, dtype=float),
        "grad_weight": (by_network.T @ x) * np.tile(np.tril(np.ones((n, n)), k=-1), (2, 1)),
        "grad_bias": by_network.sum(axis=0).reshape(2 * n),
    }


def blocks(weights, biases, x):
    """What each MADE of a MAF meets and gives on its way from x to z, for the probe `log_probs`.

    Args:
        weights, biases: (K, 2n, n) and (K, 2n), a linear network for each block.
        x: (B, n).

    Returns:
        points, outputs (K, B, n), jacobians (K, B, n, n) = d output / d point, log_dets (K, B), slopes (K, B, n) = d
        log_det / d point, backwards (K, B, n), the block's forward at the same points.
    """
    n = x.shape[1]
    rows = {name: [] for name in ("points", "outputs", "jacobians", "log_dets", "slopes", "backwards")}
    x = np.asarray(x, dtype=float)
    for weight, bias in zip(weights, biases, strict=True):
        alpha = linear_network(weight, bias)(x)[1]
        moved = inverse(weight, bias, x)
        z = moved["output"]
        by_mu, by_alpha = weight[:n].astype(float), weight[n:].astype(float)
        jacobian = np.exp(-alpha)[:, :, None] * (np.eye(n) - by_mu) - z[:, :, None] * by_alpha
        rows["points"].append(x)
        rows["outputs"].append(z)
        rows["jacobians"].append(jacobian)
        rows["log_dets"].append(moved["log_det"])
        rows["slopes"].append(np.tile(-by_alpha.sum(axis=0), (len(x), 1)))
        rows["backwards"].append(forward(linear_network(weight, bias), x)["output"])
        x = z[:, ::-1]  # the permutation reverses the order
    return {name: np.stack(values) for name, values in rows.items()}


def log_probs(x, points, outputs, jacobians, log_dets, slopes, **_):
    """Equation (2): log p(x) = log N(z; 0, I) + sum_k log_det_k, its mean over the batch.

    A number added to the output of block k moves z and the log-dets behind it: with v_K = -z the pull at the last
    output, the pull at the output of block k is v_k, and what it comes to at the input is J_k^T v_k + slope_k, reversed
    for the block before.

    Returns:
        value; grad_shifts (K, n), gradients of the mean by numbers added to the outputs; grad_log_dets (K,), all one.
    """
    count, size, n = points.shape
    z = outputs[-1][:, ::-1]
    value = (-0.5 * (z**2 + np.log(2 * np.pi)).sum(axis=1) + log_dets.sum(axis=0)).mean()
    shifts = np.zeros((count, n))
    pull = -z
    for k in reversed(range(count)):
        pull = pull[:, ::-1]
        shifts[k] = pull.mean(axis=0)
        pull = np.einsum("bij,bi->bj", jacobians[k], pull) + slopes[k]
    return {"value": value, "grad_shifts": shifts, "grad_log_dets": np.ones(count)}


def provided(x, constants):
    """What the probe `provided` finds in an untouched MAF.

    Args:
        x: (B, n).
        constants: (K, n), block k giving constants[k] + z / 2 and the last one constants[k].
    """
    sample = constants[-1]
    for constant in constants[-2::-1]:
        sample = constant + sample[::-1] / 2
    reversed_x = x[:, ::-1]
    return {"forward": reversed_x, "inverse": reversed_x, "loss": -3.5, "loss_slope": -1.0, "sample": [sample, sample]}
