"""Probes of the VAE: its functions one by one, then its bounds on a model so small that their values are known.

Shapes: B is the batch size, n the number of pixels, d of latent variables, K of samples for each image. Encoder and
decoder are linear, with given coefficients. A bound calls others of the student's functions: where they are called at
points that are known, they are answered for from given numbers, so that a mistake in one costs no other its points.
"""

import contextlib
import inspect
import itertools

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from grading import seen
from grading.probes import (
    Unusable,
    described,
    differences,
    getattr_or_unusable,
    is_number,
    plain,
    plain_gradients,
    state_of,
    tensors,
    watched,
    watched_elsewhere,
    whole,
)

COEFFICIENTS = ("mean_weight", "mean_bias", "log_var_weight", "log_var_bias", "weight", "bias")
STOOD_IN_FOR = {
    "sample_gaussian": ("m", "v"),
    "kl_normal": ("qm", "qv", "pm", "pv"),
    "log_bernoulli_with_logits": ("x", "logits"),
}
# The same three as anything of their shape, on any device.
ANYWHERE = {
    "sample_gaussian": lambda m, v: m + v * torch.randn_like(m),
    "kl_normal": lambda qm, qv, pm, pv: (qm + qv + pm + pv).sum(dim=-1),
    "log_bernoulli_with_logits": lambda x, logits: (x + logits).sum(dim=-1),
}
VARIANCES = ("v", "qv", "pv")
NEAR = 1e-4  # of a known point, where its slopes tell all


class Model(nn.Module):
    """q(z | x) = N(mean_weight x + mean_bias, exp(log_var_weight x + log_var_bias)), and logits weight z + bias.

    Args:
        mean_weight, log_var_weight: (d, n).
        mean_bias, log_var_bias: (d,).
        weight: (n, d).
        bias: (R, n): rows that are handed out one after the other, to one z after the other.
    """

    def __init__(self, **coefficients):
        super().__init__()
        for name, tensor in tensors(**coefficients).items():
            setattr(self, name, nn.Parameter(tensor))
        self.dim_z = len(self.mean_bias)
        self.handed_out = 0

    def encode(self, x):
        _refuse_others("encode", "x", x, self.weight.shape[0], self.weight.dtype)
        m = F.linear(x, self.mean_weight, self.mean_bias)
        return m, F.linear(x, self.log_var_weight, self.log_var_bias).exp()

    def decode(self, z):
        _refuse_others("decode", "z", z, self.dim_z, self.weight.dtype)
        return F.linear(z, self.weight) + whole(self._next_biases, z)

    def _next_biases(self, z):
        seen.note(self, "z", z)
        count = z.numel() // self.dim_z
        rows = torch.arange(self.handed_out, self.handed_out + count, device=z.device) % len(self.bias)
        self.handed_out += count
        return self.bias[rows].view(*z.shape[:-1], -1)


def _refuse_others(function, name, tensor, width, dtype):
    if tensor.dim() == 0 or tensor.shape[-1] != width:
        raise ValueError(f"{function} was given {name} of shape {tuple(tensor.shape)}; its last dimension is {width}")
    if tensor.dtype != dtype:
        raise TypeError(f"{function} was given {name} of type {tensor.dtype}; its parameters are {dtype}")


def sample_gaussian(module, m, v, pull):
    """sample_gaussian and its gradients.

    Args:
        module: the student's vae.py.
        m, v, pull: (..., d); the gradients are those of sum(pull sample).

    Returns:
        sample; grad_m, grad_v where there is a gradient; m_after, v_after, what the call added to them.
    """
    return _of_tensors(module, "sample_gaussian", "sample", pull, m=m, v=v)


def kl_normal(module, qm, qv, pm, pv, pull):
    """kl_normal likewise: value, grad_qm, grad_qv, grad_pm, grad_pv, qm_after, ...; `pull` is of the shape (...)."""
    return _of_tensors(module, "kl_normal", "value", pull, qm=qm, qv=qv, pm=pm, pv=pv)


def log_bernoulli_with_logits(module, x, logits, pull):
    """log_bernoulli_with_logits likewise: value, grad_logits, x_after, logits_after."""
    return _of_tensors(module, "log_bernoulli_with_logits", "value", pull, constant=("x",), x=x, logits=logits)


def samples(module, m, v):
    """What sample_gaussian gives on three calls with the same m and v, (B, d); the third, without gradients, tells of a
    seed set after the first."""
    given, found = tensors(m=m, v=v), []
    for call in range(3):
        with torch.set_grad_enabled(call < 2):
            found.append(getattr_or_unusable(module, "sample_gaussian")(given["m"], given["v"]))
    _check("sample_gaussian", found[0], given["m"].shape)
    return {f"sample_{call}": plain(sample) for call, sample in enumerate(found)}


def on_device(module, function, **arrays):
    """Whether a function of tensors makes its own on their device; arguments by their order.

    Raises:
        Unusable: a tensor was made without a device.
    """
    given = tensors(**arrays)
    watched(lambda: getattr_or_unusable(module, function)(*given.values()))
    watched_elsewhere(module, lambda again, *moved: getattr(again, function)(*moved), *given.values())
    return {}


def negative_elbo_bound(module, x, **given):
    """negative_elbo_bound and its gradients.

    Args:
        x: (B, n).
        given: coefficients of the `Model`, and what `_Known` takes.

    Returns:
        nelbo, kl, rec; kl_again, of another call on the same; gradients of nelbo, grad_mean_weight and so on; seen, all
        z that decode was called on; x_after, touched.
    """

    def call(model, x):
        returned = getattr_or_unusable(module, "negative_elbo_bound")(model, x)
        if not isinstance(returned, (tuple, list)) or len(returned) != 3:
            found = described(returned)
            raise Unusable(f"negative_elbo_bound must return three things, nelbo, kl and rec; it returned {found}.")
        parts = dict(zip(("nelbo", "kl", "rec"), returned, strict=True))
        for name, part in parts.items():
            if not is_number(part):
                raise Unusable(f"{name} must be a 0-d tensor of type torch.float32; it is {described(part)}.")
        return returned[0], {name: plain(part) for name, part in parts.items()}

    reply, drawn = _bound(module, call, x, given), "sample_gaussian_values"
    other = {**given, drawn: np.roll(given[drawn], 1, axis=1)} if drawn in given else given  # as if drawn anew
    with _known_functions(module, other):
        return {**reply, "kl_again": call(_model(given), tensors(x=x)["x"])[1]["kl"]}


def negative_iwae_bound(module, x, n_samples, **given):
    """negative_iwae_bound likewise, with K = n_samples; its value is called value."""

    def call(model, x):
        value = getattr_or_unusable(module, "negative_iwae_bound")(model, x, int(n_samples))
        _check("negative_iwae_bound", value, ())
        return value, {"value": plain(value)}

    return _bound(module, call, x, given)


def bound_on_device(module, function, x, n_samples=None, **given):
    """Whether a bound makes its tensors on the device of x; arguments as above."""
    model, x = _model(given), tensors(x=x)["x"]
    further = () if n_samples is None else (int(n_samples),)
    with _known_functions(module, given):
        watched(lambda: getattr_or_unusable(module, function)(model, x, *further))

    def moved(again, model, x):
        with _in_place_of(again, {name: one for name, one in ANYWHERE.items() if hasattr(again, name)}):
            getattr(again, function)(model, x, *further)

    watched_elsewhere(module, moved, model, x)
    return {}


def draws(module, function, x, n_samples=None, **given):
    """What a bound draws at random, on four calls with the same model: the second on the images in reverse, the third
    in evaluation mode, the fourth without gradients; arguments as above.

    Returns:
        seen_0, ..., seen_3: all z that decode was called on; is_seeded, whether torch's generator was left in one state
        by two calls that found it in two.
    """
    model, x = _model(given), tensors(x=x)["x"]
    further = () if n_samples is None else (int(n_samples),)
    reply, told, states = {}, 0, []
    with _known_functions(module, given):
        for call in range(4):
            model.train(call != 2)
            torch.rand(())  # the calls find the generator in different states
            with torch.set_grad_enabled(call < 3):
                getattr_or_unusable(module, function)(model, x.flip(0) if call == 1 else x, *further)
            states.append(torch.get_rng_state())
            drawn = seen.by(model, "z")[told:]
            told += len(drawn)
            if drawn:
                reply[f"seen_{call}"] = _rows(drawn)
    # What stands in for sample_gaussian heeds no seed.
    is_seeded = any(torch.equal(one, other) for one, other in itertools.pairwise(states))
    return {**reply, "is_seeded": np.array(is_seeded)}


def _bound(module, call, x, given):
    model, x = _model(given), tensors(x=x)["x"]
    kept, before = x.clone(), state_of(model)
    with _known_functions(module, given):
        value, reply = call(model, x)
    touched = [*differences(model, before, "the model"), *["x now requires a gradient"] * x.requires_grad]
    if not value.requires_grad:
        raise Unusable(
            "The bound has no gradient (requires_grad is False): detached, made under no_grad, or of plain numbers."
        )
    model.requires_grad_()
    parameters = dict(model.named_parameters())
    reply |= {"x_after": plain(x - kept), "touched": "; ".join(touched)}
    if drawn := seen.by(model, "z"):
        reply["seen"] = _rows(drawn)
    return reply | plain_gradients("The bound", value, parameters)


def _rows(drawn):
    return plain(torch.cat([z.reshape(-1, z.shape[-1]) for z in drawn]))


def _of_tensors(module, function, name, pull, constant=(), **arrays):
    given = tensors(**arrays)
    leaves = {key: tensor.clone().requires_grad_(key not in constant) for key, tensor in given.items()}
    inputs = {key: leaf.clone() for key, leaf in leaves.items()}  # no leaves, as what comes out of a network is none
    value = getattr_or_unusable(module, function)(*inputs.values())
    _check(function, value, pull.shape)
    reply = {name: plain(value), **{f"{key}_after": plain(inputs[key] - given[key]) for key in given}}
    sources = {key: leaf for key, leaf in leaves.items() if leaf.requires_grad}
    return reply | plain_gradients(f"What {function} returned", (value * tensors(pull=pull)["pull"]).sum(), sources)


def _check(function, value, shape):
    is_one = isinstance(value, torch.Tensor) and value.shape == tuple(shape)
    if not is_one or value.dtype != torch.float32 and not is_number(value):
        wanted = f"of shape {tuple(shape)}" if len(shape) else "0-d"
        found = described(value)
        raise Unusable(f"{function} must return a tensor, {wanted}, of type torch.float32; it returned {found}.")


def _model(given):
    return Model(**{name: given[name] for name in COEFFICIENTS})


class _Away(Exception):
    """A function is called where it is not known."""


class _Known:
    """Stands in for a function of the student's where its value and its slopes are known: near given points. Elsewhere
    it is the student's own.

    Args:
        own: the student's function, or None.
        names: those of its arguments, by the handout.
        values: (R, S) or (R, S, d): at each of R points S outcomes, given one after the other where it is called again.
        points: for each argument, (R, its last dimension), which is the same for all.
        slopes: for each argument the derivatives of the outcomes by it, (R, S, the same).
    """

    def __init__(self, own, names, values, points, slopes):
        self.own, self.names, self.random = own, names, names == STOOD_IN_FOR["sample_gaussian"]
        self.values, self.points, self.slopes = values, points, slopes
        self.asked = [0] * len(values)

    def __call__(self, *arguments, **named):
        ordered = self._in_order(arguments, named)
        if ordered and self.random and torch._C._functorch.maybe_current_level() is not None:
            ordered = ordered[0] + 0 * torch.rand(()), *ordered[1:]  # drawn once, or anew for each, as vmap was told
        try:
            value = whole(self._known, *ordered)
        except _Away:
            return self.own(*arguments, **named)
        self._try_own(arguments, named, ordered)
        return value

    def _try_own(self, arguments, named, ordered):
        """Raises what the student's own function raises on tensors of different shapes, if it takes them where they are
        of one: then it is called in a way that it does not allow."""
        if not self.own or len({one.shape for one in ordered}) == 1:
            return
        try:
            self.own(*arguments, **named)
        except Exception:
            if self._takes(torch.broadcast_tensors(*ordered)):
                raise

    def _takes(self, ordered):
        try:
            self.own(*(one.clone() for one in ordered))
        except Exception:
            return False
        return True

    def _in_order(self, arguments, named):
        """The arguments, given by position or by name, in the order of the handout; () where they are others.

        The handout's names come first: a wrapper of the student's that takes any names does not tell their order.
        """
        for signature in (self._handed_out, lambda: inspect.signature(self.own)):
            with contextlib.suppress(TypeError, ValueError):  # it has none, or does not fit
                bound = signature().bind(*arguments, **named)
                return *bound.args, *bound.kwargs.values()
        return ()

    def _handed_out(self):
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature(inspect.Parameter(name, kind) for name in self.names)

    def _known(self, *arguments):
        if len(arguments) != len(self.points) or not all(isinstance(a, torch.Tensor) for a in arguments):
            raise _Away
        if self.random and len({a.shape for a in arguments}) > 1:
            raise _Away  # how many numbers it draws is its own business
        arguments = torch.broadcast_tensors(*arguments)
        shape, width = arguments[0].shape[:-1], self.points[0].shape[-1]
        if arguments[0].shape[len(shape) :] != (width,):
            raise _Away
        rows = [a.reshape(-1, width) for a in arguments]
        at, known = torch.cat(rows, dim=1).detach(), torch.cat(self.points, dim=1)
        near = torch.cdist(at, known, compute_mode="donot_use_mm_for_euclid_dist").argmin(dim=1)
        away = [row - point[near] for row, point in zip(rows, self.points, strict=True)]
        # What depends on a variance bends the more the smaller it is: there 1e-6 is not near 1e-12.
        sizes = [row.abs() + (name not in VARIANCES) for name, row in zip(self.names, rows, strict=True)]
        if any((step.abs() > NEAR * size).any() for step, size in zip(away, sizes, strict=True)):
            raise _Away
        turn = torch.tensor([self._turn(row) for row in near.tolist()], device=near.device)
        value = self.values[near, turn]
        for step, slope in zip(away, self.slopes, strict=True):
            change = slope[near, turn] * step
            value = value + (change if value.dim() == 2 else change.sum(dim=1))
        return value.reshape(shape + value.shape[1:])

    def _turn(self, row):
        self.asked[row] += 1
        return (self.asked[row] - 1) % self.values.shape[1]


@contextlib.contextmanager
def _known_functions(module, given):
    """Lets `_Known` stand in for the student's functions, where numbers for that are given: NAME_values, NAME_points_0,
    NAME_slopes_0, NAME_points_1, ..."""
    known = {}
    for name in (name for name in STOOD_IN_FOR if f"{name}_values" in given):
        arrays = tensors(**{key: array for key, array in given.items() if key.startswith(name + "_")})
        count = sum("_points_" in key for key in arrays)
        points, slopes = ([arrays[f"{name}_{kind}_{k}"] for k in range(count)] for kind in ("points", "slopes"))
        own = getattr(module, name, None)
        known[name] = _Known(own, STOOD_IN_FOR[name], arrays[f"{name}_values"], points, slopes)
    with _in_place_of(module, known):
        yield


@contextlib.contextmanager
def _in_place_of(module, functions):
    """Lets {name: function} take the place of the student's."""
    own = {name: getattr(module, name, None) for name in functions}
    for name, function in functions.items():
        setattr(module, name, function)
    try:
        yield
    finally:
        for name, function in own.items():
            setattr(module, name, function) if function else delattr(module, name)
