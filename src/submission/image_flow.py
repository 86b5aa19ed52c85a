"""Problem 9 (extra credit): a flow on discrete images, of affine couplings.

RealNVP: Dinh et al. 2017 (arXiv:1605.08803); dequantisation: Theis et al. 2016 (arXiv:1511.01844). Equation numbers
are the handout's. Shapes: B is the batch size; images are (B, C, H, W), with D = C H W values each, of 256 levels if
they are discrete. Likelihoods are in nats.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

LEVELS = 256


def dequantise(x):
    """Discrete images with noise: v = (x + u) / 256, a new u ~ Uniform[0, 1) for every value of every image.

    Args:
        x: uint8, (B, C, H, W).

    Returns:
        v: float32 in [0, 1], the shape of x, on its device.
    """
    ### START_CODE_HERE ###
    return (x + torch.rand(x.shape, device=x.device)) / LEVELS
    ### END_CODE_HERE ###


def log_likelihood_bound(log_density, n_dims):
    """What a density of dequantised images says of the discrete ones, equation (9.1).

    Args:
        log_density: log p(v), of one draw of v for each image, (B,).
        n_dims: D.

    Returns:
        A lower bound of log P(x), in expectation over the noise, (B,).
    """
    ### START_CODE_HERE ###
    return log_density - n_dims * math.log(LEVELS)
    ### END_CODE_HERE ###


def bits_per_dim(log_likelihood, n_dims):
    """How many bits a code by this model takes for one value of a discrete image.

    Args:
        log_likelihood: log P(x) of discrete images, or a bound of it, in nats, (B,).
        n_dims: D.

    Returns:
        Bits per dimension, the mean over the batch, a 0-d tensor.
    """
    ### START_CODE_HERE ###
    return -log_likelihood.mean() / (n_dims * math.log(2))
    ### END_CODE_HERE ###


def checkerboard_mask(height, width):
    """1 where row and column add up to an even number, else 0; float32, (1, 1, height, width)."""
    ### START_CODE_HERE ###
    mask = (torch.arange(height)[:, None] + torch.arange(width) + 1) % 2
    return mask.float()[None, None]
    ### END_CODE_HERE ###


def channel_mask(channels):
    """1 for the first half of the channels, an even number, 0 for the others; float32, (1, channels, 1, 1)."""
    ### START_CODE_HERE ###
    return (torch.arange(channels) < channels // 2).float().reshape(1, channels, 1, 1)
    ### END_CODE_HERE ###


class AffineCoupling(nn.Module):
    """Moves some values of an image, by amounts that a network reads off the others.

    Args:
        mask: of zeros and ones, (1, 1, H, W) or (1, C, 1, 1); where it is 1, values stay, and the network sees them.
        net: maps (B, C, H, W), zero where the mask is, to a pair (log_scale, shift), each (B, C, H, W).
    """

    def __init__(self, mask, net):
        super().__init__()
        self.register_buffer("mask", mask)
        self.net = net

    def forward(self, z):
        """From noise to data, equation (9.2): x = z where the mask is 1, and z exp(log_scale) + shift elsewhere.

        Args:
            z: (B, C, H, W).

        Returns:
            x: (B, C, H, W).
            log_det: log |det dx/dz|, (B,).
        """
        ### START_CODE_HERE ###
        log_scale, shift = self.net(self.mask * z)
        moves = 1 - self.mask
        x = self.mask * z + moves * (z * log_scale.exp() + shift)
        return x, (moves * log_scale).flatten(start_dim=1).sum(dim=1)
        ### END_CODE_HERE ###

    def inverse(self, x):
        """From data to noise: undoes `forward`.

        Args:
            x: (B, C, H, W).

        Returns:
            z: (B, C, H, W).
            log_det: log |det dz/dx|, (B,).
        """
        ### START_CODE_HERE ###
        log_scale, shift = self.net(self.mask * x)
        moves = 1 - self.mask
        z = self.mask * x + moves * (x - shift) * torch.exp(-log_scale)
        return z, -(moves * log_scale).flatten(start_dim=1).sum(dim=1)
        ### END_CODE_HERE ###


class Logit(nn.Module):
    """Between [0, 1] and the real line: x = logit(margin + (1 - 2 margin) v), provided.

    Args:
        margin: keeps the ends of [0, 1] at finite numbers.
    """

    def __init__(self, margin=0.01):
        super().__init__()
        self.margin = margin

    def forward(self, z):
        """From real numbers to (0, 1), and a little beyond; with the log-det, (B,)."""
        share = torch.sigmoid(z)
        log_det = F.logsigmoid(z) + F.logsigmoid(-z) - math.log(1 - 2 * self.margin)
        return (share - self.margin) / (1 - 2 * self.margin), log_det.flatten(start_dim=1).sum(dim=1)

    def inverse(self, x):
        """From [0, 1] to real numbers, with the log-det, (B,)."""
        share = self.margin + (1 - 2 * self.margin) * x
        log_det = math.log(1 - 2 * self.margin) - share.log() - torch.log1p(-share)
        return share.log() - torch.log1p(-share), log_det.flatten(start_dim=1).sum(dim=1)


class Squeeze(nn.Module):
    """Makes four channels of every 2 x 2 block, so that half the channels can be moved by the other half; provided."""

    def forward(self, z):
        """(B, 4 C, H, W) to (B, C, 2 H, 2 W), and a log-det of zeros, (B,)."""
        return F.pixel_shuffle(z, 2), z.new_zeros(len(z))

    def inverse(self, x):
        """(B, C, 2 H, 2 W) to (B, 4 C, H, W), and a log-det of zeros, (B,)."""
        return F.pixel_unshuffle(x, 2), x.new_zeros(len(x))


class ImageFlow(nn.Module):
    """A stack of layers between images and noise.

    Args:
        layers: from data to noise: their `inverse`, first to last, turn v into z; their `forward`, last to first, z
            into v.
        shape: of the noise of one image, (C, H, W), as the last layer gives it.
    """

    def __init__(self, layers, shape):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.shape = tuple(shape)

    def log_prob(self, v):
        """The log density of each image, with a standard normal prior on z.

        Args:
            v: (B, C, H, W).

        Returns:
            log p(v) in nats, (B,).
        """
        ### START_CODE_HERE ###
        log_det = 0.0
        for layer in self.layers:
            v, of_layer = layer.inverse(v)
            log_det = log_det + of_layer
        z = v.flatten(start_dim=1)
        return log_det - 0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=1)
        ### END_CODE_HERE ###

    @torch.no_grad()
    def sample(self, n, *, device):
        """Draws n images.

        Args:
            n: how many.
            device: where the flow's parameters are.

        Returns:
            uint8 (n, C, H, W): the level that v falls into; v beyond [0, 1] goes to the nearest one.
        """
        z = torch.randn(n, *self.shape, device=device)
        ### START_CODE_HERE ###
        for layer in reversed(self.layers):
            z = layer.forward(z)[0]
        return (z * LEVELS).floor().clamp(0, LEVELS - 1).to(torch.uint8)
        ### END_CODE_HERE ###
