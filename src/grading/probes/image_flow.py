"""Probes of the flow on images: noise, bits, masks, couplings on linear networks, and a stack of layers that are given.

Images are (B, C, H, W), with D values each.
"""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from grading import seen
from grading.devices import GPU, META
from grading.probes import (
    Unusable,
    described,
    differences,
    getattr_or_unusable,
    gradients,
    is_number,
    learned,
    plain,
    plain_gradients,
    provided_or_unusable,
    state_of,
    tensors,
    watched,
    watched_elsewhere,
)


def dequantise(module, x):
    """Three calls with the same images.

    Args:
        module: the student's image_flow.py.
        x: levels, (B, C, H, W).

    Returns:
        v_0, v_1, v_2: what the calls gave; x_after, what they added to x.
    """
    call = getattr_or_unusable(module, "dequantise")
    given = torch.tensor(x, dtype=torch.uint8)
    reply = {}
    for number in range(3):
        v = watched(lambda: call(given))
        _check("dequantise", v)
        reply[f"v_{number}"] = plain(v)
    watched_elsewhere(module, lambda again, x: again.dequantise(x), given)
    return {**reply, "x_after": plain(given).astype(float) - x}


def nats(module, function, values, n_dims):
    """log_likelihood_bound or bits_per_dim.

    Args:
        values: (B,), log densities or log likelihoods.
        n_dims: D.

    Returns:
        value; gradient, of the sum of it; values_after, what the call added to values.
    """
    given = tensors(values=values)["values"].requires_grad_()
    passed = given.clone()  # no leaf, as what a flow gives is none
    value = watched(lambda: getattr_or_unusable(module, function)(passed, int(n_dims)))
    _check(function, value)
    watched_elsewhere(module, lambda again, values: getattr(again, function)(values, int(n_dims)), given)
    found = gradients(f"What {function} returned", value.sum(), {"gradient": given})
    found |= {"value": value, "values_after": passed - given}
    return {name: plain(tensor) for name, tensor in found.items()}


def mask(module, function, sizes):
    """checkerboard_mask(height, width) or channel_mask(channels), as sizes say."""
    value = getattr_or_unusable(module, function)(*(int(size) for size in sizes))
    _check(function, value)
    return {"value": plain(value)}


def coupling(module, direction, mask, weight, bias, x, pull, pull_log_det, training=True):
    """AffineCoupling.forward or inverse on a linear network, with gradients.

    Args:
        direction: forward or inverse.
        mask: (1, 1, H, W) or (1, C, 1, 1).
        weight, bias: (2 D, D) and (2 D,): log_scale and shift, flattened, are the halves of weight x + bias.
        x: (B, C, H, W).
        pull, pull_log_det: of the shape of x and (B,); the gradients are those of
            sum(pull output) + sum(pull_log_det log_det).
        training: whether the layer is in training mode.

    Returns:
        output, log_det, x_after, touched; grad_x, grad_weight, grad_bias where there is a gradient; net_given, what the
        network was called with, if it was once, with all images.
    """
    net = _Linear(**tensors(weight=weight, bias=bias))
    given = tensors(mask=mask, x=x, pull=pull, pull_log_det=pull_log_det)
    layer = getattr_or_unusable(module, "AffineCoupling")(given["mask"], net).train(bool(training))
    leaf, before = given["x"].clone().requires_grad_(), state_of(layer)
    passed = leaf.clone()
    getattr(layer, direction)(0.5 * given["x"])  # what a call keeps must not find its way into the next
    told = len(seen.by(net, "x"))
    pair = watched(lambda: getattr(layer, direction)(passed))
    given_to_net = seen.by(net, "x")[told:]
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise Unusable(
            f"AffineCoupling.{direction} must return a pair, the result and log_det; it returned {described(pair)}."
        )
    output, log_det = pair
    for name, value, shape in (("the result", output, leaf.shape), ("log_det", log_det, leaf.shape[:1])):
        if not isinstance(value, torch.Tensor) or value.shape != shape:
            wanted = f"{name} of shape {tuple(shape)}"
            raise Unusable(f"AffineCoupling.{direction} must return {wanted}; it returned {described(value)}.")
    touched = list(differences(layer, before, "the layer"))

    def moved(again, x):
        getattr(again.AffineCoupling(given["mask"], copy.deepcopy(net)).to(META), direction)(x)

    watched_elsewhere(module, moved, given["x"])
    net.requires_grad_()  # what was switched off is reported; the gradient is still worth seeing
    total = (output * given["pull"]).sum() + (log_det * given["pull_log_det"]).sum()
    sources = {"x": leaf, "weight": net.weight, "bias": net.bias}
    touched += learned(total, layer, net.parameters())
    whole = len(given_to_net) == 1 and given_to_net[0].shape == leaf.shape
    return {
        **({"net_given": plain(given_to_net[0])} if whole else {}),
        "output": plain(output),
        "log_det": plain(log_det),
        "x_after": plain(passed - leaf),
        "touched": "; ".join(touched),
        **plain_gradients(f"What {direction} returned", total, sources),
    }


def log_prob(module, scales, shifts, offsets, slopes, v, pull, training=True):
    """ImageFlow.log_prob on layers that are given: inverse(x) is scale x + shift, its log-det offset + slope . x.

    Args:
        scales, shifts, slopes: (K, C, H, W).
        offsets: (K,).
        v: (B, C, H, W).
        pull: (B,); the gradient is that of sum(pull log p).
        training: whether the flow is in training mode.

    Returns:
        value (B,), grad_v, v_after, touched.
    """
    layers = [
        _Known(*arrays) for arrays in zip(*tensors(a=scales, b=shifts, c=offsets, d=slopes).values(), strict=True)
    ]
    flow = getattr_or_unusable(module, "ImageFlow")(layers, v.shape[1:]).train(bool(training))
    given = tensors(v=v, pull=pull)
    leaf = given["v"].requires_grad_()
    passed = leaf.clone()
    before = state_of(flow)
    flow.log_prob(0.5 * given["v"].detach())  # what a call keeps must not find its way into the next
    value = watched(lambda: flow.log_prob(passed))
    _check("ImageFlow.log_prob", value)

    def moved(again, v):
        again.ImageFlow(copy.deepcopy(layers), v.shape[1:]).to(META).log_prob(v)

    watched_elsewhere(module, moved, given["v"].detach())
    if value.shape != leaf.shape[:1]:
        raise Unusable(
            f"ImageFlow.log_prob must return a number for each image, ({len(v)},); it returned {described(value)}."
        )
    total = (value * given["pull"]).sum()
    return {
        "value": plain(value),
        "v_after": plain(passed - leaf),
        "touched": "; ".join(differences(flow, before, "the flow")),
        **plain_gradients("What log_prob returned", total, {"v": leaf}),
    }


def provided(module, v, z):
    """Logit and Squeeze, as they are provided, in both directions.

    Args:
        v: (B, C, H, W), in [0, 1], H and W even.
        z: of that shape, any numbers.

    Returns:
        logit, from_logit, squeezed, from_squeezed, of v, z, v and what Squeeze made of v; each with its log-det, (B,).
    """
    given = tensors(v=v, z=z)
    squeezed = _passed(module, "Squeeze", "inverse", given["v"])
    pairs = {
        "logit": _passed(module, "Logit", "inverse", given["v"]),
        "from_logit": _passed(module, "Logit", "forward", given["z"]),
        "squeezed": squeezed,
        "from_squeezed": _passed(module, "Squeeze", "forward", squeezed[0]),
    }
    reply = {name: plain(value) for name, (value, _) in pairs.items()}
    return reply | {f"{name}_log_det": plain(log_det) for name, (_, log_det) in pairs.items()}


def sample(module, scales, shifts, n):
    """ImageFlow.sample on layers whose forward(z) is scale z + shift.

    Args:
        scales, shifts: (K, C, H, W).
        n: how many.

    Returns:
        sample, other_sample, third_sample: of three calls, the other in evaluation mode; is_uint8, whether they are;
        noise, other_noise, third_noise (n, D), what they began with; touched, what the calls changed in the flow.
    """
    layers = [_Known(*arrays) for arrays in zip(*tensors(a=scales, b=shifts).values(), strict=True)]
    flow = getattr_or_unusable(module, "ImageFlow")(layers, scales.shape[1:])
    reply, told, touched = {}, 0, []
    for key in ("", "other_", "third_"):  # the third tells of a seed set after the first
        flow.train(key != "other_")
        before = state_of(flow)
        images = watched(lambda: flow.sample(int(n), device=GPU))
        if not isinstance(images, torch.Tensor):
            raise Unusable(f"ImageFlow.sample must return a tensor; it returned {described(images)}.")
        reply[f"{key}sample"] = plain(images).astype(float)
        found = [noise.reshape(-1, scales[0].size) for noise in seen.by(layers[-1], "z")]
        reply[f"{key}noise"] = plain(torch.cat(found[told:])) if found[told:] else None
        told = len(found)
        reply["is_uint8"] = images.dtype == torch.uint8
        touched += differences(flow, before, "the flow")

    def moved(again):
        again.ImageFlow(copy.deepcopy(layers), scales.shape[1:]).to(META).sample(int(n), device=GPU)

    watched_elsewhere(module, moved)
    reply["touched"] = "; ".join(dict.fromkeys(touched))
    return {name: value for name, value in reply.items() if value is not None}


class _Linear(nn.Module):
    """(log_scale, shift) = weight x + bias."""

    def __init__(self, weight, bias):
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, x):
        if x.dim() != 4 or x[0].numel() != self.weight.shape[1]:
            raise ValueError(f"the network was given x of shape {tuple(x.shape)}")
        seen.note(self, "x", x)
        both = F.linear(x.flatten(start_dim=1), self.weight, self.bias).view(-1, 2, *x.shape[1:])
        return both[:, 0], both[:, 1]  # which may be changed in place, as what chunk gives may not


class _Known(nn.Module):
    """A layer with one affine map of each value. With log-dets it is the same in both directions, which these tell
    apart; without them, inverse undoes forward."""

    def __init__(self, scale, shift, offset=None, slope=None):
        super().__init__()
        for name, value in {"scale": scale, "shift": shift, "offset": offset, "slope": slope}.items():
            self.register_buffer(name, value)
        self.unused = nn.Parameter(torch.full((), 0.3))  # something that could be switched off, or changed

    def forward(self, z):
        seen.note(self, "z", z)
        return self.scale * z + self.shift, z.new_full((len(z),), 1000.0)

    def inverse(self, x):
        if self.offset is None:
            return (x - self.shift) / self.scale, x.new_zeros(len(x))
        return self.scale * x + self.shift, self.offset + (self.slope * x).sum(dim=(1, 2, 3))


def _passed(module, layer, direction, x):
    pair = getattr(provided_or_unusable(module, layer)(), direction)(x)
    if (
        not isinstance(pair, (tuple, list))
        or len(pair) != 2
        or not all(isinstance(part, torch.Tensor) for part in pair)
    ):
        raise Unusable(f"{layer}.{direction} must return two tensors, the result and log_det, as in the handout.")
    return pair


def _check(name, value):
    if not is_number(value) and not (isinstance(value, torch.Tensor) and value.dtype == torch.float32):
        raise Unusable(f"{name} must return a torch.float32 tensor; it returned {described(value)}.")
