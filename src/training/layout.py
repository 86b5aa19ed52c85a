"""How a network's numbers lie in memory and its products are taken: the same results, sooner."""

import torch
import torch.nn.functional as F
from torch import nn

from training import feature_order

WIDE = 2**20  # weights of a linear layer


def apply(network):
    """Arranges a network for speed: images channels-last, features in their order, `WideLinear` and `OneChannelConv`
    where they serve.

    Args:
        network: a torch module; changed in place, its state dict stays.
    """
    network.to(memory_format=torch.channels_last)  # a CPU convolves up to twice as fast so
    feature_order.apply(network)
    for layer in network.modules():  # the classes hold nothing of their own
        if type(layer) is nn.Linear and layer.weight.numel() >= WIDE and _has_product():
            layer.__class__ = WideLinear
        elif type(layer) is nn.Conv2d and OneChannelConv.serves(layer):
            layer.__class__ = OneChannelConv


class WideLinear(nn.Linear):
    """A linear layer whose products on a CPU are oneDNN's, in float32.

    torch takes MKL's, which leaves AVX-512 alone on processors that are not Intel's: with 64 rows and 512 x 3136
    weights oneDNN is more than twice as fast there, and a tenth faster with AVX2.
    """

    def forward(self, x):
        """Maps (B, in_features) to (B, out_features)."""
        plain = x.dim() != 2 or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu") or not _is_followed(x)
        return super().forward(x) if plain else _Product.apply(x, self.weight) + self.bias


class _Product(torch.autograd.Function):
    """x W^T. Its gradients are such products again, so that it can be differentiated any number of times."""

    @staticmethod
    def forward(context, x, weight):
        context.save_for_backward(x, weight)
        return torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")

    @staticmethod
    def backward(context, gradient):
        x, weight = context.saved_tensors
        by_x, by_weight = (_is_wanted(node) for node, _ in context.next_functions)
        return (
            _Product.apply(gradient, weight.t()) if by_x else None,
            _Product.apply(gradient.t(), x.t()) if by_weight else None,
        )


class OneChannelConv(nn.Conv2d):
    """A convolution of grey images whose gradient by the image is, on a CPU, a product and a fold.

    oneDNN's own works on sixteen channels, whether there are as many or not: five times as slow.
    """

    @staticmethod
    def serves(layer):
        """Whether a torch.nn.Conv2d is of the kind that is done here."""
        shape = (layer.in_channels, layer.groups, layer.dilation, layer.padding_mode)
        known = shape == (1, 1, (1, 1), "zeros") and not isinstance(layer.padding, str) and layer.bias is not None
        return known and hasattr(torch._C, "_will_engine_execute_node")

    def forward(self, x):
        """Maps (B, 1, H, W) to (B, out_channels, H', W'), within autocast in its dtype, but by way of float32.

        The background of images is one number, and so is its rounding: bfloat16 would move it across the kink of a
        leaky ReLU in all pixels at once.
        """
        kind = x.device.type
        if kind not in ("cpu", "cuda") or not torch.is_autocast_enabled(kind):
            return self._convolved(x)
        with torch.autocast(kind, enabled=False):
            return self._convolved(x.float()).to(torch.get_autocast_dtype(kind))

    def _convolved(self, x):
        if x.dim() != 4 or not _is_followed(x):
            return super().forward(x)
        return _Convolution.apply(x, self.weight, self.bias, self.stride, self.padding)


class _Convolution(torch.autograd.Function):
    """Its gradients are made of torch's own operations, so that it can be differentiated any number of times."""

    @staticmethod
    def forward(context, x, weight, bias, stride, padding):
        context.save_for_backward(x, weight)
        context.stride, context.padding = stride, padding
        return F.conv2d(x, weight, bias, stride, padding)

    @staticmethod
    def backward(context, gradient):
        x, weight = context.saved_tensors
        stride, padding = context.stride, context.padding
        by_x, *by_rest = (_is_wanted(node) for node, _ in context.next_functions)
        found = [None, None, None, None, None]
        if by_x:
            patches = gradient.movedim(1, -1).flatten(1, 2) @ weight.flatten(1)
            found[0] = F.fold(patches.mT, x.shape[2:], weight.shape[2:], padding=padding, stride=stride)
        if any(by_rest):
            found[1:3] = torch.ops.aten.convolution_backward(
                *(gradient, x, weight, [len(weight)], stride, padding, (1, 1), False, (0, 0), 1, (False, True, True))
            )[1:]
        return tuple(found)


def _is_followed(x):
    """Whether x is on a CPU and only autograd follows it: torch.func wants functions of its own kind."""
    return x.device.type == "cpu" and not torch._C._are_functorch_transforms_active()


def _is_wanted(node):
    """Whether the present pass goes on there; `needs_input_grad` knows nothing of backward(inputs=...)."""
    try:
        return node is not None and torch._C._will_engine_execute_node(node)
    except RuntimeError:  # a leaf that torch.autograd.grad was asked for
        return True


def _has_product():
    """Neither name is public: where one is gone, torch's own layer serves as well, at its own speed."""
    return hasattr(torch.ops.mkldnn, "_linear_pointwise") and hasattr(torch._C, "_will_engine_execute_node")
