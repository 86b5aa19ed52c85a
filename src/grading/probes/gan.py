"""Probes of the losses: they run on networks so small that the answer can be worked out by hand.

Images are (B, C, H, W), float32. The generator hands out given images, the discriminator is a quadratic with given
coefficients; so no random number enters, save those that the student's code draws.
"""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from grading import seen
from grading.devices import GPU, HOME
from grading.probes import (
    Unusable,
    described,
    differences,
    getattr_or_unusable,
    gradients,
    is_number,
    plain,
    plain_gradients,
    state_of,
    tensors,
    watched,
    watched_elsewhere,
)

DIM_Z = 3
NUM_CLASSES = 10
FEW = 16


class Network(nn.Module):
    """A network whose copies note with it what they are given."""

    def __deepcopy__(self, memo):
        memo[id(self)] = copied = self._empty()
        copied.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return copied

    def __copy__(self):
        copied = self._empty()
        copied.__dict__.update(self.__dict__)
        return copied

    def _empty(self):
        copied = type(self).__new__(type(self))
        seen.share(self, copied)
        return copied


class Generator(Network):
    """Hands out given images one after the other, the batch at once or in parts; after the last it begins again.

    Of other noise a second batch in one go begins with another image: together they are the same, each by each not.
    """

    def __init__(self, images):
        super().__init__()
        self.dim_z = DIM_Z
        self.images = nn.Parameter(images)
        self.register_buffer("nothing", torch.zeros(1, DIM_Z))
        self.handed_out = 0

    def forward(self, z):
        _refuse_other_noise(z, self.images.dtype)
        _note_mode(self, len(z), len(self.images))
        zeros = F.linear(z, self.nothing)  # z plays no part, but must have the shape and the type of noise
        seen.note(self, "z", z)
        return self.images[_next_rows(self, z, len(self.images))] + zeros.view(-1, 1, 1, 1)


class Discriminator(Network):
    """h(x) = bias + weight . x + 1/2 sum_k curvature_k x_k^2, with coefficients of the shape of an image."""

    def __init__(self, weight, curvature, bias):
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.curvature = nn.Parameter(curvature)
        self.bias = nn.Parameter(bias)

    def forward(self, x):
        if x.dim() != 4 or x.shape[1:] != self.weight.shape:
            size = ", ".join(str(side) for side in self.weight.shape)
            raise ValueError(f"d was given x of shape {tuple(x.shape)}; images are (B, {size})")
        if x.dtype != self.weight.dtype:
            raise TypeError(f"d was given x of type {x.dtype}; its parameters are {self.weight.dtype}")
        seen.note(self, "x", x)
        seen.note(self, "training", self.training)
        return ((self.weight + 0.5 * self.curvature * x) * x).sum(dim=(1, 2, 3)) + self.bias


class ConditionalGenerator(Network):
    """Images of 12 pixels: `amplitude` at the pixel of the class, two given ones behind the ten classes, the rest 0."""

    def __init__(self, tags, amplitude):
        super().__init__()
        self.dim_z = DIM_Z
        self.num_classes = NUM_CLASSES
        self.tags = nn.Parameter(tags)
        self.amplitude = nn.Parameter(amplitude)
        self.register_buffer("nothing", torch.zeros(1, DIM_Z))
        self.handed_out = 0

    def forward(self, z, y):
        _refuse_other_noise(z, self.tags.dtype)
        _note_mode(self, len(z), len(self.tags))
        zeros = F.linear(z, self.nothing)
        classes = _one_hot(y, len(z), z.dtype)
        seen.note(self, "z", z)
        seen.note(self, "y", y)
        rows = _next_rows(self, z, len(self.tags))
        return (torch.cat([self.amplitude * classes, self.tags[rows]], dim=1) + zeros).view(-1, 1, 3, 4)


class ConditionalDiscriminator(Network):
    """h(x, y) = gain x_y + weight . (the two pixels behind the ten classes) + bias."""

    def __init__(self, gain, weight, bias):
        super().__init__()
        self.num_classes = NUM_CLASSES
        self.gain = nn.Parameter(gain)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, x, y):
        if x.dim() != 4 or x.shape[1:] != (1, 3, 4):
            raise ValueError(f"d was given x of shape {tuple(x.shape)}; images are (B, 1, 3, 4)")
        if x.dtype != self.weight.dtype:
            raise TypeError(f"d was given x of type {x.dtype}; its parameters are {self.weight.dtype}")
        seen.note(self, "training", self.training)
        seen.note(self, "x", x)
        seen.note(self, "y", y)
        pixels = x.flatten(start_dim=1)
        at_class = (pixels[:, :NUM_CLASSES] * _one_hot(y, len(x), x.dtype)).sum(dim=1)
        return self.gain * at_class + pixels[:, NUM_CLASSES:] @ self.weight + self.bias


def _refuse_other_noise(z, dtype):
    if z.shape[-1:] != (DIM_Z,):
        raise ValueError(f"g was given z of shape {tuple(z.shape)}; noise is (B, {DIM_Z})")
    if z.dtype != dtype:
        raise TypeError(f"g was given z of type {z.dtype}; noise is {dtype}, and labels, if any, come behind it")


def _next_rows(generator, z, size):
    """Which of `size` images a generator hands out for noise, the last that it noted; a batch of all is followed by a
    step, unless it is the same noise again."""
    first = generator.handed_out
    if len(z) >= size:
        *earlier, noise = seen.by(generator, "z")
        known = zip(earlier, seen.by(generator, "first"), strict=True)
        first = next((start for other, start in known if _again(noise, other)), first)
    seen.note(generator, "first", first)
    generator.handed_out = max(generator.handed_out, first + len(z) + len(z) // size)
    index = torch.arange(len(z), device=z.device)
    return (first + index + index // size) % size


def _again(z, other):
    return z.shape == other.shape and not z.is_meta and torch.equal(z, other)


def _note_mode(network, given, wanted):
    """Notes what a generator with batch norm would mind: its mode, and single vectors of a batch."""
    seen.note(network, "training", network.training)
    seen.note(network, "alone", network.training and given == 1 < wanted)


def _one_hot(y, size, dtype):
    if y.shape != (size,):
        raise ValueError(f"labels y of shape {tuple(y.shape)}; they are class numbers of shape ({size},)")
    if y.dtype != torch.int64:
        raise TypeError(f"labels y of type {y.dtype}; they are class numbers of type torch.int64")
    return F.one_hot(y, NUM_CLASSES).to(dtype)


def loss(module, function, real, images, weight, curvature, bias):
    """Value and gradients of a loss of plain images.

    Args:
        module: the student's gan.py.
        function: name of the loss.
        real, images: real images and the generator's, (B, C, H, W).
        weight, curvature, bias: the discriminator's; the shape of an image, twice, and ().

    Returns:
        value, and grad_images, grad_weight, grad_curvature, grad_bias where the loss depends on them; real_after;
        touched, what the call changed in the networks; seen, all the images that d was called on.
    """
    g = Generator(*tensors(images=images).values())
    d = Discriminator(**tensors(weight=weight, curvature=curvature, bias=bias))
    reply = _loss(function, getattr_or_unusable(module, function), g, d, tensors(real=real)["real"])
    points = [x.reshape(-1, *weight.shape) for x in seen.by(d, "x")]
    return {**reply, "seen": plain(torch.cat(points))} if points else reply


def conditional_loss(module, function, real, labels, tags, amplitude, gain, weight, bias):
    """The same for a loss of images with labels.

    Args:
        real, labels: (B, 1, 3, 4) and (B,).
        tags, amplitude: the generator's, (B, 2) and ().
        gain, weight, bias: the discriminator's, (), (2,) and ().

    Returns:
        value, and grad_tags, grad_amplitude, grad_gain, grad_weight, grad_bias where the loss depends on them;
        real_after; labels_after; touched; reals_misnamed and fakes_misnamed, of how many d was told another class than
        they have.
    """
    g = ConditionalGenerator(**tensors(tags=tags, amplitude=amplitude))
    d = ConditionalDiscriminator(**tensors(gain=gain, weight=weight, bias=bias))
    y = torch.tensor(labels)
    given = tensors(real=real)
    reply = _loss(function, getattr_or_unusable(module, function), g, d, given["real"], y)
    return {**reply, "labels_after": plain(y) - labels, **_misnamed(d, given["real"], y)}


def _misnamed(d, real, labels):
    """A real image is known by its pixels; a fake by those of the classes, of which one alone is not 0. Of large
    batches nothing is said: it takes long, and the small ones say it."""
    reals = fakes = 0
    for x, y in zip(seen.by(d, "x"), seen.by(d, "y"), strict=True):
        pixels, told = x.reshape(-1, 12), y.reshape(-1)
        if len(pixels) != len(told) or len(real) > FEW:
            continue
        is_real = (pixels[:, None] == real.reshape(-1, 12)).all(dim=2)
        reals += int((is_real.any(dim=1) & (labels[is_real.int().argmax(dim=1)] != told)).sum())
        classes = pixels[:, :NUM_CLASSES] != 0
        fakes += int(((classes.sum(dim=1) == 1) & (classes.int().argmax(dim=1) != told)).sum())
    return {"reals_misnamed": np.array(reals), "fakes_misnamed": np.array(fakes)}


def draws(module, function, wanted, real, images, labels=None):
    """What a loss draws at random, on three calls with the same networks and images; the third tells of a seed set
    after drawing.

    Args:
        wanted: which part of it, one of those below.
        real, images: real images and the generator's, (B, 1, 3, 4).
        labels: (B,) for a conditional loss.

    Returns:
        slope, how steeply the first call's value depends on what the networks hold. If z is wanted z_0, z_1, z_2: the
        noise of each call, all rows; if y, y_0, ...: the labels that g was given; if x, x_0, ...: the images that d was
        given.
    """
    reply = {}
    g, d, given = _small_networks(real, images, labels)
    network = d if wanted == "x" else g
    for call in ("0", "1", "2"):
        before, g.handed_out = len(seen.by(network, wanted)), 0
        value = getattr_or_unusable(module, function)(g, d, *(one.clone() for one in given), device=HOME)
        _check(function, value)
        if not reply:
            parameters = [one.requires_grad_() for one in (*g.parameters(), *d.parameters())]  # frozen: told elsewhere
            found = gradients("The loss", value, dict(enumerate(parameters)))
            reply["slope"] = sum(plain(gradient.abs().sum()) for gradient in found.values())
        if found := seen.by(network, wanted)[before:]:
            shape = {"x": real.shape[1:], "z": (DIM_Z,), "y": ()}[wanted]
            reply[f"{wanted}_{call}"] = plain(torch.cat([one.reshape(-1, *shape) for one in found]))
    return reply


def on_device(module, function, real, images, labels=None):
    """Whether everything that a loss makes is made on the device that it is given; arguments as for `draws`.

    Raises:
        Unusable: a tensor was made without a device.
    """
    at_home(module, function, real, images, labels)
    elsewhere(module, lambda again: getattr(again, function), real, images, labels)
    return {}


def at_home(module, function, real, images, labels=None):
    """The first half of `on_device`: under the watch."""
    g, d, given = _small_networks(real, images, labels)
    _check(function, watched(lambda: getattr_or_unusable(module, function)(g, d, *given, device=GPU)))


def elsewhere(module, loss_of, real, images, labels=None):
    """The other half: on another device, of a loss that `loss_of` takes out of the student's module."""
    g, d, given = _small_networks(real, images, labels)
    watched_elsewhere(module, lambda again, *moved: loss_of(again)(*moved, device=GPU), g, d, *given)


def _small_networks(real, images, labels):
    """Generator, discriminator, and the further arguments of the loss; coefficients are all one."""
    given = tensors(real=real, images=images)
    one = torch.ones(())
    if labels is None:
        shape = given["real"].shape[1:]
        return Generator(given["images"]), Discriminator(torch.ones(shape), torch.zeros(shape), one), (given["real"],)
    tags = given["images"].flatten(start_dim=1)[:, NUM_CLASSES:]
    networks = ConditionalGenerator(tags, one), ConditionalDiscriminator(one, torch.ones(2), one)
    return *networks, (given["real"], torch.tensor(labels))


def _loss(name, function, g, d, *given):
    before = state_of(g), state_of(d)
    kept = given[0].clone()
    value = function(g, d, *given, device=HOME)
    _check(name, value)
    parameters = {**dict(g.named_parameters()), **dict(d.named_parameters())}
    touched = [
        text
        for network, state, letter in zip((g, d), before, "gd", strict=True)
        for text in differences(network, state, letter)
    ]
    if given[0].requires_grad:
        touched.append("x_real now requires a gradient")
    learner, letter = (g, "g") if name.endswith("_g") else (d, "d")  # in d's turn, fakes of either mode are fakes
    if not all(seen.by(learner, "training")):
        touched.append(f"{letter} was in evaluation mode when it was called, though it is its turn to learn")
    if any(seen.by(g, "alone")):
        touched.append("the batch, of which g was given one noise vector alone: its batch norm would stop there")
    for parameter in parameters.values():
        parameter.requires_grad_()  # what was switched off is reported above; the gradient is still worth seeing
    reply = {"value": plain(value), "touched": "; ".join(touched), "real_after": plain(given[0] - kept)}
    return reply | plain_gradients("The loss", value, parameters)


def _check(name, value):
    """Raises Unusable unless a loss returned what can be trained with."""
    if not is_number(value):
        raise Unusable(f"{name} must return a 0-d tensor of type torch.float32; it returned {described(value)}.")
    if not value.requires_grad:
        raise Unusable(
            f"The tensor that {name} returned ({value.item():.6g}) has no gradient (requires_grad is False): "
            "detached, made under no_grad, or made of plain numbers."
        )
