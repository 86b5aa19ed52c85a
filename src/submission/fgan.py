"""Problem 8 (extra credit): GANs for any f-divergence.

Nowozin et al. 2016 (arXiv:1606.00709). For densities p of the data and q of the generator,
D_f(p || q) = E_q[f(p / q)], with f convex on u >= 0 and f(1) = 0 (in all rows but gan). For every function T,
E_p[T] - E_q[f*(T)] <= D_f(p || q), where f*(t) = sup over u >= 0 of {t u - f(u)} is the conjugate of f.
T(x) = g_f(v) with v = d(x), any real number: the activation g_f maps it to where f* is finite, and rises with v, so
that a large v always speaks for a real x. Equation numbers are the handout's, and so is the table of f and g_f.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F


class Divergence(NamedTuple):
    """A row of the table.

    Args:
        name: one of NAMES.
        a: pi of weighted_jensen_shannon, in (0, 1); alpha of alpha_below_one (not 0) and of alpha_above_one; None for
            the others.
    """

    name: str
    a: float | None = None


NAMES = (
    "total_variation",
    "kl",
    "reverse_kl",
    "pearson",
    "neyman",
    "squared_hellinger",
    "jeffrey",
    "jensen_shannon",
    "weighted_jensen_shannon",
    "gan",
    "alpha_below_one",
    "alpha_above_one",
)


def f(divergence, u):
    """The function that makes the divergence, at ratios u > 0, a tensor of any shape.

    f(1) = 0 in all rows but gan: there it is -log 4, so that the bound is the objective of the first GANs.
    """
    name, a = divergence
    table = {
        "total_variation": lambda: (u - 1).abs() / 2,
        "kl": lambda: u * u.log(),
        "reverse_kl": lambda: -u.log(),
        "pearson": lambda: (u - 1) ** 2,
        "neyman": lambda: (1 - u) ** 2 / u,
        "squared_hellinger": lambda: (u.sqrt() - 1) ** 2,
        "jeffrey": lambda: (u - 1) * u.log(),
        "jensen_shannon": lambda: u * u.log() - (u + 1) * ((u + 1) / 2).log(),
        "weighted_jensen_shannon": lambda: a * u * u.log() - (1 - a + a * u) * (1 - a + a * u).log(),
        "gan": lambda: u * u.log() - (u + 1) * (u + 1).log(),
        "alpha_below_one": lambda: (u**a - 1 - a * (u - 1)) / (a * (a - 1)),
        "alpha_above_one": lambda: (u**a - 1 - a * (u - 1)) / (a * (a - 1)),
    }
    return table[name]()


def domain(divergence):
    """The open interval (lower, upper) that g_f maps the real numbers to."""
    name, a = divergence
    table = {
        "total_variation": lambda: (-0.5, 0.5),
        "reverse_kl": lambda: (-math.inf, 0.0),
        "neyman": lambda: (-math.inf, 1.0),
        "squared_hellinger": lambda: (-math.inf, 1.0),
        "jensen_shannon": lambda: (-math.inf, math.log(2)),
        "weighted_jensen_shannon": lambda: (-math.inf, -a * math.log(a)),
        "gan": lambda: (-math.inf, 0.0),
        "alpha_below_one": lambda: (-math.inf, 1 / (1 - a)),
    }
    return table.get(name, lambda: (-math.inf, math.inf))()


def wright_omega(s):
    """W(e^s), with W the Lambert function: the w > 0 that solves w + log w = s, for s a tensor of any shape.

    Newton's method on y + e^y = s, y = log w. The left side is convex and rises, and the first y is too large; so it
    comes down to the root without fail.
    """
    with torch.no_grad():
        y = torch.where(s < 1, s, s.clamp(min=1).log())
        for _ in range(8):
            y = y - (y + y.exp() - s) / (1 + y.exp())
    return (y - (y + y.exp() - s) / (1 + y.exp())).exp()  # one more step, which knows the gradient


def activation(divergence, v):
    """g_f of the table, which maps real numbers onto the domain.

    It must be right far out too, at v of 120 and -120, wherever g_f(v) itself is within float32.

    Args:
        divergence: a `Divergence`.
        v: tensor of any shape.

    Returns:
        g_f(v), of the shape of v.
    """
    name, a = divergence
    ### START_CODE_HERE ###
    rows = {
        "total_variation": lambda: v.tanh() / 2,
        "kl": lambda: v,
        "reverse_kl": lambda: -(-v).exp(),
        "pearson": lambda: v,
        "neyman": lambda: 1 - (-v).exp(),
        "squared_hellinger": lambda: 1 - (-v).exp(),
        "jeffrey": lambda: v,
        "jensen_shannon": lambda: math.log(2) + F.logsigmoid(v),
        "weighted_jensen_shannon": lambda: -a * math.log(a) + F.logsigmoid(v),
        "gan": lambda: F.logsigmoid(v),
        "alpha_below_one": lambda: 1 / (1 - a) + F.logsigmoid(v),
        "alpha_above_one": lambda: v,
    }
    return rows[name]()
    ### END_CODE_HERE ###


def conjugate(divergence, t):
    """f*(t), the supremum over u >= 0 of t u - f(u).

    Mind that u is not negative: where t lies below every slope of f, the supremum is at u = 0, and f*(t) = -f(0).

    Args:
        divergence: a `Divergence`.
        t: tensor of any shape, within the domain.

    Returns:
        f*(t), of the shape of t.
    """
    name, a = divergence
    ### START_CODE_HERE ###

    def of_alpha():
        return ((t * (a - 1) + 1).clamp(min=0) ** (a / (a - 1)) - 1) / a

    def of_jeffrey():
        w = wright_omega(1 - t)
        return w + 1 / w + t - 2

    rows = {
        "total_variation": lambda: t,
        "kl": lambda: torch.exp(t - 1),
        "reverse_kl": lambda: -1 - (-t).log(),
        "pearson": lambda: t.clamp(min=-2).square() / 4 + t.clamp(min=-2),
        "neyman": lambda: 2 - 2 * (1 - t).sqrt(),
        "squared_hellinger": lambda: t / (1 - t),
        "jeffrey": of_jeffrey,
        "jensen_shannon": lambda: -(2 - t.exp()).log(),
        "weighted_jensen_shannon": lambda: (1 - a) * ((1 - a) / (1 - a * (t / a).exp())).log(),
        "gan": lambda: -(1 - t.exp()).log(),
        "alpha_below_one": of_alpha,
        "alpha_above_one": of_alpha,
    }
    return rows[name]()
    ### END_CODE_HERE ###


def slope_at_one(divergence):
    """f'(1), what the best T is wherever p = q: above it, T takes x for real. (At a kink, the middle of the slopes.)"""
    name, _ = divergence
    ### START_CODE_HERE ###
    return {"kl": 1.0, "reverse_kl": -1.0, "gan": -math.log(2)}.get(name, 0.0)
    ### END_CODE_HERE ###


def conjugate_of_activation(divergence, v):
    """f*(g_f(v)) in one formula, which holds far out too: on paper, logarithms and exponentials meet and cancel.

    In float32, one after the other, g_f(v) is at an end of the domain for |v| of 20 already, and f* is infinite there.
    The tests ask for v from -60 to 30, and in most rows for 60 or 100 too.

    Args:
        divergence: a `Divergence`.
        v: tensor of any shape.

    Returns:
        f*(g_f(v)), of the shape of v.
    """
    name, a = divergence
    ### START_CODE_HERE ###
    near = v.clamp(max=15)
    loss, far = F.softplus(-near), v - near  # -log sigma(v) is loss e^-far, of which float32 holds the logarithm
    rows = {
        "total_variation": lambda: v.tanh() / 2,
        "reverse_kl": lambda: v - 1,
        "neyman": lambda: 2 - 2 * (-v / 2).exp(),
        "squared_hellinger": lambda: torch.expm1(v),
        "jensen_shannon": lambda: F.softplus(v) - math.log(2),
        "weighted_jensen_shannon": lambda: (1 - a) * (math.log(1 - a) + far - (-(-loss / a).expm1()).log()),
        "gan": lambda: F.softplus(v),
        "alpha_below_one": lambda: ((a / (a - 1) * (((1 - a) * loss).log() - far)).exp() - 1) / a,
    }
    return rows.get(name, lambda: conjugate(divergence, v))()  # g_f(v) = v in the others
    ### END_CODE_HERE ###


def f_gan_loss_d(divergence, g, d, x_real, *, device):
    """The loss of the variational function, minus the bound of equation (8.1): its descent makes the bound tight.

    Args:
        divergence: a `Divergence`.
        g: generator, with `g.dim_z` the size of its noise; noise (B, dim_z) -> examples like x_real.
        d: examples -> v, any real numbers, (B,).
        x_real: batch of real examples, (B, ...).
        device: where to draw the noise.

    Returns:
        A 0-d tensor.
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START_CODE_HERE ###
    x_fake = g(z).detach()
    return conjugate_of_activation(divergence, d(x_fake)).mean() - activation(divergence, d(x_real)).mean()
    ### END_CODE_HERE ###


def f_gan_loss_g(divergence, g, d, x_real, *, device):
    """The generator's loss: the part of the bound of equation (8.1) that depends on g.

    Args and result as in `f_gan_loss_d`; of x_real only the batch size matters.
    """
    z = torch.randn(x_real.shape[0], g.dim_z, device=device)
    ### START_CODE_HERE ###
    return -conjugate_of_activation(divergence, d(g(z))).mean()
    ### END_CODE_HERE ###
