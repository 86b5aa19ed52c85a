"""How a network's numbers lie in memory and its products are taken: the same results, sooner."""

import torch
from torch import nn

WIDE = 2**20  # weights of a linear layer
FEW = 64  # rows of a batch


def apply(network):
    """Arranges a network for speed: images channels-last, wide linear layers as `WideLinear`.

    Args:
        network: a torch module; changed in place, its parameters' values stay.
    """
    network.to(memory_format=torch.channels_last)  # a CPU convolves up to twice as fast so
    for layer in network.modules():
        if type(layer) is nn.Linear and layer.weight.numel() >= WIDE:
            layer.__class__ = WideLinear  # holds nothing of its own


class WideLinear(nn.Linear):
    """A linear layer that takes the product of the transposes, y^T = W x^T + b, for few rows on a CPU.

    With 64 rows and 512 x 3136 weights, forward and backward together are a tenth to a seventh faster: threads then
    share the wide side of the result rather than the narrow one. With hundreds of rows it is the slower way.
    """

    def forward(self, x):
        """Maps (..., in_features) to (..., out_features)."""
        if x.dim() != 2 or len(x) > FEW or x.device.type != "cpu":
            return super().forward(x)
        return torch.addmm(self.bias[:, None], self.weight, x.t().contiguous()).t().contiguous()
