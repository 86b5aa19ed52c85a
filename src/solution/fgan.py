"""What problem 8's functions come to: the table of f-divergences of Nowozin et al. 2016, derived, and the two losses.

The probes' arguments: name and a of a divergence; a is pi or alpha, NaN where there is none. Every column of the table
comes with its derivative.
"""

import numpy as np

from .gan import Quadratic, sigmoid


def f(name, a, u):
    """Values f(u) and slopes f'(u)."""
    log = np.log(u)
    mixed = 1 - a + a * u
    if name.startswith("alpha"):
        return (u**a - 1 - a * (u - 1)) / (a * (a - 1)), (u ** (a - 1) - 1) / (a - 1)
    return {
        "total_variation": lambda: (abs(u - 1) / 2, np.sign(u - 1) / 2),
        "kl": lambda: (u * log, log + 1),
        "reverse_kl": lambda: (-log, -1 / u),
        "pearson": lambda: ((u - 1) ** 2, 2 * (u - 1)),
        "neyman": lambda: ((1 - u) ** 2 / u, 1 - 1 / u**2),
        "squared_hellinger": lambda: ((np.sqrt(u) - 1) ** 2, 1 - 1 / np.sqrt(u)),
        "jeffrey": lambda: ((u - 1) * log, log + 1 - 1 / u),
        "jensen_shannon": lambda: (u * log - (u + 1) * np.log((u + 1) / 2), np.log(2 * u / (u + 1))),
        "weighted_jensen_shannon": lambda: (a * u * log - mixed * np.log(mixed), a * (log - np.log(mixed))),
        "gan": lambda: (u * log - (u + 1) * np.log(u + 1), np.log(u / (u + 1))),
    }[name]()


def domain(name, a):
    """The open interval that the activation maps the real numbers to."""
    upper = {
        "total_variation": lambda: 0.5,
        "reverse_kl": lambda: 0.0,
        "neyman": lambda: 1.0,
        "squared_hellinger": lambda: 1.0,
        "jensen_shannon": lambda: np.log(2),
        "weighted_jensen_shannon": lambda: -a * np.log(a),
        "gan": lambda: 0.0,
        "alpha_below_one": lambda: 1 / (1 - a),
    }.get(name, lambda: np.inf)()
    return (-0.5 if name == "total_variation" else -np.inf), upper


def activation(name, a, v):
    """Values g_f(v) and slopes, as the handout's table gives them."""
    if name == "total_variation":
        return np.tanh(v) / 2, (1 - np.tanh(v) ** 2) / 2
    if name in ("reverse_kl", "neyman", "squared_hellinger"):
        return domain(name, a)[1] - np.exp(-v), np.exp(-v)
    if np.isfinite(upper := domain(name, a)[1]):
        return upper - np.logaddexp(0.0, -v), sigmoid(-v)
    return v, np.ones(v.shape)


def best_ratio(name, a, t):
    """The u >= 0 at which t u - f(u) is largest: the root of f'(u) = t, or 0 where t is below all slopes of f."""
    if name.startswith("alpha"):
        return np.maximum(t * (a - 1) + 1, 0) ** (1 / (a - 1))
    if name == "jeffrey":
        return _ratio_of_jeffrey(t)
    if name == "weighted_jensen_shannon":
        r = np.exp(t / a)
        return (1 - a) * r / (1 - a * r)
    return {
        "total_variation": lambda: np.ones(t.shape),
        "kl": lambda: np.exp(t - 1),
        "reverse_kl": lambda: -1 / t,
        "pearson": lambda: np.maximum(1 + t / 2, 0),
        "neyman": lambda: (1 - t) ** -0.5,
        "squared_hellinger": lambda: (1 - t) ** -2.0,
        "jensen_shannon": lambda: np.exp(t) / (2 - np.exp(t)),
        "gan": lambda: np.exp(t) / (1 - np.exp(t)),
    }[name]()


def _ratio_of_jeffrey(t):
    """log u + 1 - 1/u = t, by bisection on log u: the left side rises, and is below t at -|t| - 2, above at |t|."""
    low, high = -abs(t) - 2, abs(t) + 2
    for _ in range(80):
        middle = (low + high) / 2
        above = middle + 1 - np.exp(-middle) > t
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.exp(low)


def conjugate(name, a, t):
    """Values f*(t) = t u - f(u) at the best u, and slopes: the best u itself."""
    u = best_ratio(name, a, t)
    lowest = np.where(u > 0, u, 1.0)
    at_zero = {"pearson": 1.0, "alpha_above_one": 1 / a}.get(name, 0.0)  # f(0), where the supremum may lie
    return np.where(u > 0, t * u - f(name, a, lowest)[0], -at_zero), u


def conjugate_of_activation(name, a, v):
    """Values f*(g_f(v)) and slopes, in the forms that hold far out."""
    if name == "weighted_jensen_shannon":
        s = -np.logaddexp(0.0, -v) / a
        return (1 - a) * (np.log(1 - a) - np.log(-np.expm1(s))), (1 - a) / a * sigmoid(-v) / np.expm1(-s)
    if name == "alpha_below_one":
        base, power = (1 - a) * np.logaddexp(0.0, -v), a / (a - 1)
        return (base**power - 1) / a, base ** (power - 1) * sigmoid(-v)
    return {
        "total_variation": lambda: activation(name, a, v),
        "reverse_kl": lambda: (v - 1, np.ones(v.shape)),
        "neyman": lambda: (2 - 2 * np.exp(-v / 2), np.exp(-v / 2)),
        "squared_hellinger": lambda: (np.expm1(v), np.exp(v)),
        "jensen_shannon": lambda: (np.logaddexp(0.0, v) - np.log(2), sigmoid(v)),
        "gan": lambda: (np.logaddexp(0.0, v), sigmoid(v)),
    }.get(name, lambda: conjugate(name, a, v))()


def slope_at_one(name, a):
    """f'(1); for the kink of the total variation, the middle of its slopes."""
    return f(name, a, np.array(1.0))[1]


def wright_omega(s):
    """The w > 0 with w + log w = s, and its slope: as Jeffrey's best ratio at t = 1 - s is 1 / w."""
    w = 1 / _ratio_of_jeffrey(1 - s)
    return w, w / (1 + w)


def known(name, a, points):
    """What the probe `fgan.loss` puts in the place of the student's table: g_f, f* and both together at the points v,
    with slopes; and what is left of f*(g_f(v)) in float32, taken one after the other: where g_f(v) is rounded to the
    upper end of the domain, what f* tends to there."""
    t, by_v = activation(name, a, points)
    composed, composed_by_v = conjugate_of_activation(name, a, points)
    with np.errstate(all="ignore"):
        rounded, upper = (np.asarray(number, np.float32).astype(float) for number in (t, domain(name, a)[1]))
        at_end = conjugate_of_activation(name, a, np.array(np.inf))[0]
        one_after_the_other = np.where(rounded < upper, conjugate(name, a, rounded)[0], at_end)
    return {
        "points": points,
        "activations": t,
        "activation_slopes": by_v,
        "composed": composed,
        "composed_slopes": composed_by_v,
        "conjugates": one_after_the_other,
    }


def f_gan_loss_d(name, a, real, images, weight, curvature, bias):
    """Minus the bound E_p[g_f(v)] - E_q[f*(g_f(v))] of equation (8.1), with v the discriminator's values."""
    critic = Quadratic(weight, curvature, bias)
    (t, by_real), (composed, by_fake) = (
        activation(name, a, critic(real)),
        conjugate_of_activation(name, a, critic(images)),
    )
    return {
        "value": composed.mean() - t.mean(),
        **critic.gradients((real, -by_real / len(real)), (images, by_fake / len(images))),
    }


def f_gan_loss_g(name, a, real, images, weight, curvature, bias):
    """Minus E_q[f*(g_f(v))]."""
    critic = Quadratic(weight, curvature, bias)
    composed, by_fake = conjugate_of_activation(name, a, critic(images))
    return {
        "value": -composed.mean(),
        "grad_images": -by_fake[:, None, None, None] * critic.slope(images) / len(images),
    }


def values(images, weight, curvature, bias):
    """The discriminator's values v on images."""
    return Quadratic(weight, curvature, bias)(images)
