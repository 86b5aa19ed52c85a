"""How a network's numbers lie in memory and its products are taken: the same results, sooner."""

import torch
from torch import nn

WIDE = 2**20  # weights of a linear layer


def apply(network):
    """Arranges a network for speed: images channels-last, wide linear layers as `WideLinear`.

    Args:
        network: a torch module; changed in place, its parameters' values stay.
    """
    network.to(memory_format=torch.channels_last)  # a CPU convolves up to twice as fast so
    for layer in network.modules():  # the classes hold nothing of their own
        if type(layer) is nn.Linear and layer.weight.numel() >= WIDE and _has_product():
            layer.__class__ = WideLinear
        elif type(layer) is nn.Flatten:
            layer.__class__ = Flatten


class Flatten(nn.Flatten):
    """Hands gradients back channels-last, as the images came: where the two differ, all goes element by element."""

    def forward(self, images):
        """Maps (B, C, H, W) to (B, CHW)."""
        if images.requires_grad and images.dim() == 4:
            images.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))
        return super().forward(images)


class WideLinear(nn.Linear):
    """A linear layer whose products on a CPU are oneDNN's, in float32.

    torch takes MKL's, which leaves AVX-512 alone on processors that are not Intel's: with 64 rows and 512 x 3136
    weights oneDNN is more than twice as fast there, and a tenth faster with AVX2.
    """

    def forward(self, x):
        """Maps (B, in_features) to (B, out_features)."""
        plain = x.dim() != 2 or x.device.type != "cpu" or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu")
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


def _is_wanted(node):
    """Whether the present pass goes on there; `needs_input_grad` knows nothing of backward(inputs=...)."""
    try:
        return node is not None and torch._C._will_engine_execute_node(node)
    except RuntimeError:  # a leaf that torch.autograd.grad was asked for
        return True


def _has_product():
    """Neither name is public: where one is gone, torch's own layer serves as well, at its own speed."""
    return hasattr(torch.ops.mkldnn, "_linear_pointwise") and hasattr(torch._C, "_will_engine_execute_node")
