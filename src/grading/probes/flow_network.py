"""Probes of the flow: MADE blocks on networks with given weights, and a MAF of blocks whose outcome is given.

Shapes: B is the batch size, n the dimension, K the number of MADE blocks.
"""

from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from torch import nn

from grading.devices import META
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
    same,
    state_of,
    tensors,
    watched,
    watched_elsewhere,
)


def forward(module, weight, bias, z, training=True):
    """MADE.forward, its masked network replaced by a linear one: (mu, alpha) = weight x + bias.

    Args:
        module: the student's flow_network.py.
        weight, bias: (2n, n) and (2n,).
        z: (B, n).
        training: whether the block is in training mode.

    Returns:
        output, log_det; z_after, what the call added to z; touched, what else it changed.
    """
    made = _with_network(module, weight, bias).train(bool(training))
    z = tensors(z=z)["z"]
    with torch.no_grad():  # as in sampling
        return _called("forward", made, z, "z_after")


def inverse(module, weight, bias, x, pull, pull_log_det, training=True):
    """MADE.inverse likewise, with gradients.

    Args:
        weight, bias, x: as for `forward`.
        training: likewise; if it is not, the values are those of a call without gradients.
        pull, pull_log_det: (B, n) and (B,); the gradients are those of sum(pull z) + sum(pull_log_det log_det).

    Returns:
        output, log_det, x_after, touched; grad_x, grad_weight, grad_bias where there is a gradient.
    """
    made = _with_network(module, weight, bias).train(bool(training))
    given = tensors(x=x, pull=pull, pull_log_det=pull_log_det)
    with nullcontext() if training else _as_in_validation():
        reply = _called("inverse", made, given["x"], "x_after")
    made.requires_grad_()  # what was switched off is reported; the gradient is still worth seeing
    # Once more for the gradients: within a MAF, x is the outcome of the block before.
    leaf = given["x"].clone().requires_grad_()
    output, log_det = made.inverse(leaf.clone())
    if output.shape == given["pull_log_det"].shape and log_det.shape == given["pull"].shape:
        raise Unusable("MADE.inverse must return z, then log_det: the two are swapped.")
    for name, value, right in (("z", output, "pull"), ("log_det", log_det, "pull_log_det")):
        if value.shape != given[right].shape:
            shapes = f"{tuple(given[right].shape)}; it is {tuple(value.shape)}"
            raise Unusable(f"MADE.inverse must return {name} of shape {shapes}.")
    total = (output * given["pull"]).sum() + (log_det * given["pull_log_det"]).sum()
    sources = {"x": leaf, "weight": made.net[0].weight, "bias": made.net[0].bias}
    _add_touched(reply, learned(total, made, made.net.parameters()))
    return reply | plain_gradients("What inverse returned", total, sources)


def own_network(module, n, hidden_size, n_hidden, z, **layers):
    """MADE.forward with the block's own masked network, whose weights are given.

    Args:
        n, hidden_size, n_hidden: of the MADE.
        z: (B, n).
        layers: weight_0, bias_0, weight_1, ... of each masked layer; the masks are the student's.
    """
    made = getattr_or_unusable(module, "MADE")(int(n), int(hidden_size), int(n_hidden))
    linear = [layer for layer in made.net if isinstance(layer, nn.Linear)]
    if len(linear) != len(layers) // 2:
        raise Unusable(
            f"MADE({n}, {hidden_size}, {n_hidden}).net has {len(linear)} linear layers, not {len(layers) // 2}."
        )
    with torch.no_grad():
        for index, layer in enumerate(linear):
            for name in ("weight", "bias"):
                parameter, given = getattr(layer, name), layers[f"{name}_{index}"]
                if parameter.shape != given.shape:
                    raise Unusable(
                        f"Linear layer {index} has a {name} of shape {tuple(parameter.shape)}, not {given.shape}."
                    )
                parameter.copy_(torch.tensor(given))
    reply = _called("forward", made, tensors(z=z)["z"], "z_after")
    with torch.enable_grad():
        total = sum(part.sum() for part in made.forward(tensors(z=z)["z"]))
    known = [parameter for layer in linear for parameter in (layer.weight, layer.bias)]
    _add_touched(reply, learned(total, made, known))
    return reply


def forward_on_device(module, weight, bias, z):
    """Whether MADE.forward makes its tensors on the device of its input; arguments as for `forward`."""
    made = _with_network(module, weight, bias)
    z = tensors(z=z)["z"]
    with torch.no_grad():
        watched(lambda: made.forward(z))
        watched_elsewhere(module, lambda again, z: _with_network(again, weight, bias).to(META).forward(z), z)
    return {}


def inverse_on_device(module, weight, bias, x):
    """Whether MADE.inverse does."""
    made = _with_network(module, weight, bias)
    x = tensors(x=x)["x"]
    watched(lambda: made.inverse(x))
    watched_elsewhere(module, lambda again, x: _with_network(again, weight, bias).to(META).inverse(x), x)
    return {}


def log_probs(module, x, watch=False, training=True, **blocks):
    """MAF.log_probs on MADE blocks whose inverse is known to this probe only near the points where it is needed.

    Args:
        x: (B, n).
        watch: whether to watch for tensors made on the default device.
        training: whether the MAF is in training mode.
        blocks: for each block, stacked: points (K, B, n), where it will be called; outputs (K, B, n), jacobians
            (K, B, n, n), log_dets (K, B), slopes (K, B, n), its outcome there and the derivatives by its input;
            backwards (K, B, n), what its forward gives; weights (K, 2n, n) and biases (K, 2n), a network that agrees.

    Returns:
        value; grad_shifts (K, n) and grad_log_dets (K,), gradients by numbers added to each block's output and to its
        log-det; x_after, what the call added to x; touched, what it changed in the MAF.
    """
    count, _, n = blocks["points"].shape
    maf, mades = _maf(module, n, count)
    known = [_KnownBlock(made, **{name: array[k] for name, array in blocks.items()}) for k, made in enumerate(mades)]
    given = tensors(x=x)["x"]
    kept = given.clone()
    own = [parameter for made in mades for parameter in made.parameters()]
    maf.train(bool(training))
    before = state_of(maf)
    maf.log_probs(0.5 * given)  # what a call keeps must not find its way into the next
    value = watched(lambda: maf.log_probs(given)) if watch else maf.log_probs(given)
    if watch:
        watched_elsewhere(module, _log_probs_elsewhere, given)
    if not is_number(value):
        raise Unusable(f"log_probs must return a 0-d tensor of type torch.float32; it returned {described(value)}.")
    if not value.requires_grad:
        raise Unusable(
            f"The tensor that log_probs returned ({value.item():.6g}) has no gradient (requires_grad is False): "
            "detached, made under no_grad, or made of plain numbers."
        )
    sources = dict(enumerate([block.shift for block in known] + [block.added for block in known]))
    touched = [*differences(maf, before, "the MAF"), *learned(value, maf, own)]
    found = gradients("What log_probs returned", value, sources)
    slopes = [found.get(number, torch.zeros_like(source)) for number, source in sources.items()]
    return {
        "value": plain(value),
        "grad_shifts": plain(torch.stack(slopes[:count])),
        "grad_log_dets": plain(torch.stack(slopes[count:])),
        "x_after": plain(given - kept),
        "touched": "; ".join(touched),
    }


def _log_probs_elsewhere(module, x):
    maf, mades = _maf(module, x.shape[1], 2)
    for made in mades:
        made.inverse = made.forward = lambda x: (0.5 * x, x.sum(dim=1))
    maf.to(META).log_probs(x)


def provided(module, n, n_flows, x, constants):
    """The lines of MAF and PermuteLayer that are provided.

    Args:
        n, n_flows: of the MAF.
        x: (B, n), to be permuted.
        constants: (K, n); the forward of block k is made to give constants[k] + z / 2, of the last block constants[k].

    Returns:
        layers: the kinds of the layers of nf, as text; registered: for each block, whether its parameters are the
        MAF's; forward, inverse, forward_log_det, inverse_log_det: what a PermuteLayer gives for x; loss and loss_slope,
        where log_probs is made to give 3.5, and its derivative; sample: two samples; noise (1000, n), what sampling
        starts from.
    """
    maf, mades = _maf(module, int(n), int(n_flows))
    given = tensors(x=x, constants=constants)
    permute = getattr_or_unusable(module, "PermuteLayer")(int(n))
    # What is provided earns nothing while log_probs is not written: until it asks something of the blocks.
    asked = []
    for made in mades:
        made.forward = _affine(torch.zeros(int(n)), 1.0, asked)
        made.inverse = lambda x, forward=made.forward: forward(x)
        made.net.register_forward_hook(lambda network, given, output: asked.append(output))
    maf.log_probs(given["x"])
    if not asked:
        raise Unusable("log_probs calls no MADE block: what is provided is worth its points once it does.")
    own = {id(parameter) for parameter in maf.parameters()}
    reply = {
        "layers": " ".join("MADE" if layer in mades else type(layer).__name__ for layer in maf.nf),
        "registered": np.array([all(id(p) in own for p in made.parameters()) for made in mades]),
    }
    for way in ("forward", "inverse"):
        moved, log_det = getattr(permute, way)(given["x"])
        reply[way], reply[way + "_log_det"] = plain(moved), plain(log_det)
    seen = []
    for k, made in enumerate(mades):
        made.forward = _affine(given["constants"][k], 0.0 if k == len(mades) - 1 else 0.5, seen)
    sample = maf.sample(torch.device("cpu"), 2)
    seen.clear()
    maf.sample(torch.device("cpu"), 1000)
    level = torch.tensor(3.5, requires_grad=True)
    maf.log_probs = lambda x: level
    loss = maf.loss(given["x"])
    (slope,) = torch.autograd.grad(loss, level) if loss.requires_grad else (torch.zeros(()),)
    if not isinstance(sample, np.ndarray):
        raise Unusable(f"sample must return a NumPy array; it returned {described(sample)}.")
    return {
        **reply,
        "sample": sample,
        **({"noise": plain(seen[0])} if seen else {}),
        "loss": plain(loss),
        "loss_slope": plain(slope),
    }


class _KnownBlock:
    """Makes one of the student's MADE objects behave as given: its forward and inverse are replaced on the object, so
    that `isinstance` and `type` see the student's own class."""

    def __init__(self, made, points, outputs, jacobians, log_dets, slopes, backwards, weights, biases):
        given = tensors(
            points=points, outputs=outputs, jacobians=jacobians, log_dets=log_dets, slopes=slopes, backwards=backwards
        )
        self.given = given
        self.shift = torch.zeros(points.shape[1], requires_grad=True)
        self.added = torch.zeros((), requires_grad=True)
        made.net = _Moved(_Linear(weights, biases), self.shift, self.added)
        made.inverse = self.inverse
        made.forward = self.forward

    def inverse(self, x):
        row = self._nearest(x)
        away = x - self.given["points"][row]
        output = self.given["outputs"][row] + (self.given["jacobians"][row] @ away[:, :, None])[:, :, 0] + self.shift
        return output, self.given["log_dets"][row] + (self.given["slopes"][row] * away).sum(dim=1) + self.added

    def forward(self, z):
        row = self._nearest(z)
        return self.given["backwards"][row] + self.shift, -self.given["log_dets"][row] + self.added

    def _nearest(self, x):
        return torch.cdist(x.detach(), self.given["points"]).argmin(dim=1)


def _affine(constant, factor, seen):
    def forward(z):
        seen.append(z)
        return constant + factor * z, torch.zeros(len(z))

    return forward


class _Linear(nn.Linear):
    """weight x + bias, with weight strictly lower triangular in both of its halves; no gradient elsewhere. What the
    mask cuts off is large, so that it shows where it is counted in."""

    def __init__(self, weight, bias):
        super().__init__(weight.shape[1], len(bias))
        given = tensors(weight=weight, bias=bias)
        half = torch.ones(weight.shape[1], weight.shape[1]).tril(diagonal=-1)
        self.register_buffer("mask", half.repeat(2, 1))
        self.weight = nn.Parameter(given["weight"] + 10 * (1 - self.mask))
        self.bias = nn.Parameter(given["bias"])

    def forward(self, x):
        return nn.functional.linear(x, self.mask * self.weight, self.bias)


class _Moved(nn.Sequential):
    """A network of (mu, alpha) by which what an inverse gives is moved: z by `shift`, its log-det by `added`, which are
    zero. So it is told from who calls the block's inverse that this gives z, and from who works z out of its network.
    """

    def __init__(self, layer, shift, added):
        super().__init__(layer)
        self.moves = shift, added  # no parameters of the student's

    def forward(self, x):
        shift, added = self.moves
        mu, alpha = super().forward(x).chunk(2, dim=-1)
        z = (x - mu) * torch.exp(-alpha) + shift
        moved = alpha - added / x.shape[-1]
        # The same mu, but for what moves it: far out the way back would round it.
        change = (x - z * torch.exp(moved)) - (x - z * torch.exp(moved)).detach()
        return torch.cat([mu.detach() + change, alpha.detach() + (moved - moved.detach())], dim=-1)


def _with_network(module, weight, bias):
    """A student's MADE with a given network. For one variable it is made for two and told otherwise: the masks of one
    variable are another question's business."""
    n = weight.shape[1]
    made = getattr_or_unusable(module, "MADE")(max(n, 2), 2, 1)  # so few hidden units that a loop over them shows
    made.input_size = n
    made.net = nn.Sequential(_Linear(weight, bias))
    return made


def _maf(module, n, count):
    maf = getattr_or_unusable(module, "MAF")(n, 4, 1, count)
    mades = [layer for layer in maf.nf if isinstance(layer, module.MADE)]
    if len(mades) != count:
        raise Unusable(f"MAF({n}, 4, 1, {count}).nf holds {len(mades)} MADE blocks, not {count}.")
    return maf, mades


@contextmanager
def _as_in_validation():
    """Within it no gradients are recorded, and an error says so."""
    with torch.no_grad():
        try:
            yield
        except RuntimeError as error:
            error.add_note("It was called in evaluation, under torch.no_grad(), as main.py does on the validation set.")
            raise


@contextmanager
def _nothing_in_fresh_memory():
    """Lets torch.empty and its like give NaN, so that nobody is lucky with what lay there."""
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("warn")  # use_deterministic_algorithms imports the compiler, for two seconds
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)


def _called(name, made, given, after):
    kept, before, function = given.clone(), state_of(made), getattr(made, name)
    with _nothing_in_fresh_memory():
        former = function(0.5 * given)  # what a call keeps must not find its way into the next
        former = former[0] if isinstance(former, (tuple, list)) and former else former
        copied = former.clone() if isinstance(former, torch.Tensor) else former
        pair = function(given)
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise Unusable(f"MADE.{name} must return a pair, the result and log_det; it returned {described(pair)}.")
    for part, value in zip(("first", "second"), pair, strict=True):
        if not isinstance(value, torch.Tensor) or value.dtype != torch.float32:
            raise Unusable(
                f"The {part} thing that MADE.{name} returns must be a torch.float32 tensor; it is {described(value)}."
            )
    touched = list(differences(made, before, "the block"))
    if given.requires_grad:
        touched.append(f"{after[0]} now requires a gradient")
    if isinstance(former, torch.Tensor) and not same(former, copied):
        touched.append("what a call had returned, by the next call")
    reply = {"output": plain(pair[0]), "log_det": plain(pair[1]), after: plain(given - kept)}
    return {**reply, "touched": "; ".join(touched)}


def _add_touched(reply, more):
    reply["touched"] = "; ".join(filter(None, (reply["touched"], *more)))
