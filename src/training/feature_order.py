"""Features in the order in which images lie in memory: then to make images of them, or them of images, moves nothing.

Convolutions work channels-last: the channels of a pixel are neighbours. `torch.nn.Flatten`, `Unflatten` and
`PixelShuffle` go by channels first, and move each number by itself. Here the layers around them have the same weights,
of the same features in another order; in a state dict they are in the layers' own.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

_EACH_BY_ITSELF = (nn.ReLU, nn.LeakyReLU, nn.BatchNorm1d, nn.BatchNorm2d)  # what they do to a feature


def apply(network):
    """Reorders features around the reshaping layers of a network, which then gives the same, but for rounding.

    Args:
        network: a torch module that works channels-last; changed in place.
    """
    for chain in [module for module in network.modules() if type(module) is nn.Sequential]:
        for place, (layer, after) in enumerate(pairwise([*chain])):
            makers = _makers(chain, place)
            maker = makers[0] if makers else None
            if type(layer) is nn.Flatten and type(maker) is nn.Conv2d and type(after) is nn.Linear:
                order = torch.arange(after.in_features).view(maker.out_channels, -1).T
                _reorder(after, ["weight"], 1, order)
                chain[place] = Flatten()
            elif type(layer) is nn.Unflatten and type(maker) is nn.Linear and type(after) is nn.PixelShuffle:
                features = torch.arange(maker.out_features).view(1, *layer.unflattened_size)
                images = F.pixel_shuffle(features, after.upscale_factor)
                _reorder_made(makers, images.permute(0, 2, 3, 1))
                chain[place], chain[place + 1] = Unflatten(images.shape[1:]), nn.Identity()
            elif type(layer) is nn.PixelShuffle and type(maker) is nn.Conv2d:
                _reorder_made(makers, torch.arange(maker.out_channels).view(-1, layer.upscale_factor**2).T)
                chain[place] = PixelShuffle(layer.upscale_factor)


class Flatten(nn.Module):
    """Makes of images their numbers, pixel by pixel."""

    def forward(self, images):
        """Maps (B, C, H, W) to (B, HWC)."""
        return images.permute(0, 2, 3, 1).flatten(1)


class Unflatten(nn.Module):
    """Makes images of their numbers, pixel by pixel.

    Args:
        shape: (C, H, W).
    """

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, numbers):
        """Maps (B, HWC) to (B, C, H, W)."""
        channels, height, width = self.shape
        return numbers.view(-1, height, width, channels).permute(0, 3, 1, 2)


class PixelShuffle(nn.Module):
    """torch's, for channels in the order of the pixels that they become: those of a pixel are moved together.

    Args:
        factor: r, by which the sides grow.
    """

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, images):
        """Maps (B, rrC, H, W) to (B, C, rH, rW)."""
        (size, _, height, width), r = images.shape, self.factor
        pixels = images.permute(0, 2, 3, 1).reshape(size, height, width, r, r, -1).transpose(2, 3)
        return pixels.reshape(size, r * height, r * width, -1).permute(0, 3, 1, 2)


def _makers(chain, place):
    """The layer that makes the features which come to a place in a chain, and those behind it."""
    first = place - 1
    while first > 0 and type(chain[first]) in _EACH_BY_ITSELF:
        first -= 1
    return [chain[number] for number in range(max(first, 0), place)]


def _reorder_made(makers, order):
    """Has layers make and hold features in another order."""
    for layer in makers:
        names = [name for name, tensor in layer.state_dict().items() if tensor.dim()]
        _reorder(layer, names, 0, order)


def _reorder(layer, names, dimension, order):
    """Reorders tensors of a layer, and has its state dict go in and out in the order of now.

    Args:
        names: of its parameters and buffers.
        dimension: of the tensors, that goes by features.
        order: a tensor with the number of each feature, where it is to stand.
    """
    order = order.flatten()
    back = order.argsort()

    def come_in(layer, state, prefix, *_):
        for name in names:
            found = state.get(prefix + name)
            if found is not None and found.shape == getattr(layer, name).shape:  # else torch says what is wrong
                state[prefix + name] = found.index_select(dimension, order.to(found.device))

    def go_out(layer, state, prefix, _):
        for name in names:
            state[prefix + name] = state[prefix + name].index_select(dimension, back.to(state[prefix + name].device))

    with torch.no_grad():
        for name in names:
            tensor = getattr(layer, name)
            tensor.copy_(tensor.index_select(dimension, order.to(tensor.device)))
    layer.register_load_state_dict_pre_hook(come_in)
    layer.register_state_dict_post_hook(go_out)
