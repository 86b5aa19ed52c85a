"""Probes of the f-GAN: columns of the table at given numbers, and the losses on the networks of probes.gan."""

from contextlib import contextmanager, nullcontext
from functools import partial
from types import SimpleNamespace

import numpy as np
import torch

from grading.probes import (
    Unusable,
    described,
    getattr_or_unusable,
    gradients,
    plain,
    provided_or_unusable,
    tensors,
    watched,
)
from grading.probes import gan as losses
from grading.seen import unwrapped

PROVIDED = ("f", "wright_omega")
TABLE = ("activation", "conjugate", "conjugate_of_activation")


def column(module, function, name, a, at, **known):
    """One of the table's functions, with its derivative.

    Args:
        module: the student's fgan.py.
        function: f, activation, conjugate, conjugate_of_activation or wright_omega.
        name, a: of the divergence; a is NaN where the row has none.
        at: numbers, of any shape.
        known: for conjugate_of_activation, what stands in the place of the other two; as for `loss`.

    Returns:
        value and at_after, of the shape of at; gradient, that of the sum of all values, where there is one.
    """
    call = (provided_or_unusable if function in PROVIDED else getattr_or_unusable)(module, function)
    if function != "wright_omega":
        call = partial(call, _divergence(module, name, a))
    given = tensors(at=at)["at"].requires_grad_()
    kept = given.detach().clone()
    with _Table(module, function, name, a, **known) if known else nullcontext():
        value = watched(lambda: call(given))
    if not isinstance(value, torch.Tensor) or value.dtype not in (torch.float32, torch.float64):
        raise Unusable(f"{function} must return a torch.float32 tensor; it returned {described(value)}.")
    found = gradients(f"What {function} returned", value.sum(), {"gradient": given})
    reply = {"value": plain(value), "at_after": plain(given - kept)}
    return reply | {name: plain(gradient) for name, gradient in found.items()}


def slope_at_one(module, name, a):
    """f'(1), as the student gives it."""
    value = getattr_or_unusable(module, "slope_at_one")(_divergence(module, name, a))
    try:
        return {"value": np.array(float(value))}
    except (TypeError, ValueError):
        raise Unusable(f"slope_at_one must return a number; it returned {described(value)}.") from None


def domain(module, name, a):
    """The provided domain."""
    return {"value": np.array(provided_or_unusable(module, "domain")(_divergence(module, name, a)), dtype=float)}


def loss(module, function, name, a, real, images, weight, curvature, bias, **known):
    """Value and gradients of a loss. In the place of the student's table stands one that is known only near the points
    where it is needed.

    Args:
        function: f_gan_loss_d or f_gan_loss_g.
        name, a: of the divergence.
        real, images, weight, curvature, bias: as for `gan.loss`.
        known: points (N,), all the values that d gives; activations, composed, conjugates (N,), what activation,
            conjugate_of_activation and, after activation, conjugate come to there, inf where float32 leaves nothing of
            it; activation_slopes, composed_slopes (N,), the derivatives of the first two.

    Returns:
        As `gan.loss`.
    """
    bound = _bound(module, function, name, a)
    with _Table(module, function, name, a, **known):
        return losses.loss(bound, function, real, images, weight, curvature, bias)


def draws(module, function, wanted, real, images):
    """What a loss draws at random; as `gan.draws`."""
    with _as_identity(module, function) as bound:
        return losses.draws(bound, function, wanted, real, images)


def on_device(module, function, real, images):
    """Whether all that a loss makes is on the device that it is given; as `gan.on_device`."""
    with _as_identity(module, function) as bound:
        losses.at_home(bound, function, real, images)

    def loss_of(again):
        def loss(*given, device):
            with _as_identity(again, function) as bound:
                return getattr(bound, function)(*given, device=device)

        return loss

    losses.elsewhere(module, loss_of, real, images)
    return {}


@contextmanager
def _as_identity(module, function):
    """The student's losses of a row whose table gives back what it is given."""
    known = {
        **dict.fromkeys(("points", "activations", "composed", "conjugates"), np.zeros(1)),
        **dict.fromkeys(("activation_slopes", "composed_slopes"), np.ones(1)),
    }
    with _Table(module, function, "pearson", np.nan, near=np.inf, **known):
        yield _bound(module, function, "pearson", np.nan)


class _Table:
    """While it is entered, a row of the student's table, less the function that is asked, is linear around given
    points. Asked of another row, or elsewhere, the functions are the student's own; so is the conjugate where the
    known one is infinite: nothing right can come of it, and what does come of it is then to be seen in a shell too.

    Args:
        near: how far from a point that is, as a share of one more than the point's size.
    """

    def __init__(self, module, function, name, a, near=1e-4, **known):
        self.module, self.row, self.near = module, (name, None if np.isnan(a) else float(a)), near
        self.known = tensors(**known)
        self.own = {name: getattr(module, name) for name in TABLE if name != function and hasattr(module, name)}

    def __enter__(self):
        for name in self.own:
            setattr(self.module, name, partial(self._asked, name))

    def __exit__(self, *error):
        for name, function in self.own.items():
            setattr(self.module, name, function)

    def _asked(self, name, divergence, *arguments, **named):
        given = (*arguments, *named.values())
        is_row = isinstance(divergence, tuple) and divergence == self.row
        if is_row and len(given) == 1 and self._is_near(*given, name):
            return getattr(self, name)(*given)
        return self.own[name](divergence, *arguments, **named)

    def _is_near(self, x, name):
        """Whether what stands in for a function is known at x."""
        if self.near == np.inf:
            return True
        points = self.known["points"]
        if name == "conjugate":
            points = self.known["activations"][self.known["conjugates"].isfinite()]
        plain = unwrapped(x).detach()[..., None]
        return bool(((plain - points).abs() <= self.near * (1 + points.abs())).any(dim=-1).all())

    def activation(self, v):
        return self._near(v, "points", "activations", self.known["activation_slopes"])

    def conjugate(self, t):
        composed = self.known["composed_slopes"]
        # Far out float32 leaves nothing of either slope, and 0/0 would make a NaN of a gradient that is 0.
        slopes = torch.where(composed == 0, composed, composed / self.known["activation_slopes"])
        return self._near(t, "activations", "conjugates", slopes)

    def conjugate_of_activation(self, v):
        return self._near(v, "points", "composed", self.known["composed_slopes"])

    def _near(self, x, points, values, slopes):
        row = (x.detach()[..., None] - self.known[points].to(x.device)).abs().argmin(dim=-1)
        value, slope, point = (
            # torch.func.vmap knows no index by a number
            table.to(x.device).index_select(0, row.reshape(-1)).reshape(row.shape)
            for table in (self.known[values], slopes, self.known[points])
        )
        return value + slope * (x - point)


def _divergence(module, name, a):
    return getattr_or_unusable(module, "Divergence")(name, None if np.isnan(a) else float(a))


def _bound(module, function, name, a):
    """A module of losses in which the divergence is chosen."""
    call = partial(getattr_or_unusable(module, function), _divergence(module, name, a))
    return SimpleNamespace(**{function: call})
