"""What problem 9's functions come to: bits and bounds, masks, affine couplings, and the likelihood of a stack.

Shapes: B is the batch size; images are (B, C, H, W), with D values each, flattened where they meet a matrix. The
network of a coupling is linear: (log_scale, shift) = weight x + bias, weight (2 D, D), bias (2 D).
"""

import numpy as np

LEVELS = 256


def log_likelihood_bound(log_density, n_dims):
    """Each discrete image is a cube of side 1/256 of v's, so that log P(x) >= E[log p(v)] - D log 256."""
    return {"value": log_density - n_dims * np.log(LEVELS), "gradient": np.ones(log_density.shape)}


def bits_per_dim(log_likelihood, n_dims):
    """-log2 P(x) / D, the mean over the batch."""
    share = -1 / (n_dims * np.log(2) * len(log_likelihood))
    return {"value": share * log_likelihood.sum(), "gradient": np.full(log_likelihood.shape, share)}


def checkerboard_mask(height, width):
    rows, columns = np.indices((height, width))
    return np.where((rows + columns) % 2 == 0, 1.0, 0.0)[None, None]


def channel_mask(channels):
    return np.where(np.arange(channels) < channels // 2, 1.0, 0.0).reshape(1, channels, 1, 1)


def coupling(direction, mask, weight, bias, x, pull, pull_log_det):
    """forward: z exp(s) + t, and inverse: (x - t) exp(-s), where the mask is 0; s and t are read off the rest.

    Args:
        direction: forward or inverse.
        pull, pull_log_det: of the shape of x and (B,); the gradients are those of
            sum(pull output) + sum(pull_log_det log_det).
    """
    size, shape = len(x), x.shape
    stays = np.broadcast_to(mask, x.shape).reshape(size, -1)
    x, pull = x.reshape(size, -1), pull.reshape(size, -1)
    seen = stays * x
    log_scale, shift = np.split(seen @ weight.T + bias, 2, axis=1)
    moves = 1 - stays
    if direction == "forward":
        factor, sign = np.exp(log_scale), 1
        moved = x * factor + shift
        by_scale, by_shift = moves * (pull * x * factor + pull_log_det[:, None]), moves * pull
    else:
        factor, sign = np.exp(-log_scale), -1
        moved = (x - shift) * factor
        by_scale, by_shift = moves * (-pull * moved - pull_log_det[:, None]), -moves * pull * factor
    by_net = np.concatenate([by_scale, by_shift], axis=1)
    return {
        "output": (seen + moves * moved).reshape(shape),
        "log_det": sign * (moves * log_scale).sum(axis=1),
        "grad_x": (stays * (pull + by_net @ weight) + moves * pull * factor).reshape(shape),
        "grad_weight": by_net.T @ seen,
        "grad_bias": by_net.sum(axis=0),
    }


def provided(v, z, margin=0.01):
    """Logit on v in [0, 1], (B, C, H, W), and on z, any real numbers; Squeeze on both.

    With s = margin + (1 - 2 margin) v, x = log(s / (1 - s)), and |dx/dv| = (1 - 2 margin) / (s (1 - s)).
    """
    size, channels, height, width = v.shape
    share = margin + (1 - 2 * margin) * v
    back = 1 / (1 + np.exp(-z))
    slopes = (1 - 2 * margin) / (share * (1 - share)), back * (1 - back) / (1 - 2 * margin)
    squeezed = v.reshape(size, channels, height // 2, 2, width // 2, 2).transpose(0, 1, 3, 5, 2, 4)
    return {
        "logit": np.log(share / (1 - share)),
        "logit_log_det": np.log(slopes[0]).reshape(size, -1).sum(axis=1),
        "from_logit": (back - margin) / (1 - 2 * margin),
        "from_logit_log_det": np.log(slopes[1]).reshape(size, -1).sum(axis=1),
        "squeezed": squeezed.reshape(size, 4 * channels, height // 2, width // 2),
        "from_squeezed": v,
    }


def log_prob(scales, shifts, offsets, slopes, v, pull):
    """log N(z; 0, I) + the sum of the log-dets, for layers z = scale x + shift, log_det = offset + slope . x.

    Args:
        scales, shifts, slopes: (K, C, H, W), of each layer.
        offsets: (K,).
        v: (B, C, H, W).
        pull: (B,); the gradients are those of sum(pull log p).
    """
    size, z, log_det = len(v), v, 0.0
    for scale, shift, offset, slope in zip(scales, shifts, offsets, slopes, strict=True):
        log_det = log_det + offset + (slope * z).sum(axis=(1, 2, 3))
        z = scale * z + shift
    prior = -0.5 * (z**2 + np.log(2 * np.pi)).reshape(size, -1).sum(axis=1)
    back = -z
    for scale, slope in zip(scales[::-1], slopes[::-1], strict=True):
        back = scale * back + slope
    return {"value": prior + log_det, "grad_v": back * pull[:, None, None, None]}


def sample(scales, shifts, z):
    """The levels of the images that layers x = scale z + shift, last to first, make of noise."""
    for scale, shift in zip(scales[::-1], shifts[::-1], strict=True):
        z = scale * z + shift
    return np.clip(np.floor(z * LEVELS), 0, LEVELS - 1)
