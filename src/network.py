"""Generators and discriminators for 28x28 grey images, provided; the sizes are those of earlier years.

Shapes: B is the batch size; images are (B, 1, 28, 28), labels int64 (B,) in 0 ... NUM_CLASSES - 1.
"""

import torch
import torch.nn.functional as F
from torch import nn

DIM_Z = 64
NUM_CLASSES = 10


def _generator_layers(input_size):
    """From a flat vector to an image, doubling the side twice; the output is not squashed."""
    return nn.Sequential(
        nn.Linear(input_size, 512),
        nn.BatchNorm1d(512),
        nn.ReLU(),
        nn.Linear(512, 64 * 7 * 7),
        nn.BatchNorm1d(64 * 7 * 7),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.PixelShuffle(2),
        nn.Conv2d(16, 32, kernel_size=3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.PixelShuffle(2),
        nn.Conv2d(8, 1, kernel_size=3, padding=1),
    )


def _discriminator_layers(output_size):
    """From an image to `output_size` numbers, halving the side twice."""
    return nn.Sequential(
        nn.Conv2d(1, 32, kernel_size=4, stride=2, padding=1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(32, 64, kernel_size=4, stride=2, padding=1),
        nn.LeakyReLU(0.1),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 512),
        nn.LeakyReLU(0.1),
        nn.Linear(512, output_size),
    )


class Generator(nn.Module):
    """Turns noise into images.

    Args:
        dim_z: size of the noise.
    """

    def __init__(self, dim_z=DIM_Z):
        super().__init__()
        self.dim_z = dim_z
        self.net = _generator_layers(dim_z)

    def forward(self, z):
        """Maps noise (B, dim_z) to images."""
        return self.net(z)


class Discriminator(nn.Module):
    """Tells real images from generated ones; a critic, in the Wasserstein losses."""

    def __init__(self):
        super().__init__()
        self.net = _discriminator_layers(1)

    def forward(self, x):
        """Maps images to logits (B,)."""
        return self.net(x).squeeze(1)


class ConditionalGenerator(nn.Module):
    """Turns noise and a class into images; the class goes in as a one-hot vector behind the noise.

    Args:
        dim_z: size of the noise.
        num_classes: number of classes m.
    """

    def __init__(self, dim_z=DIM_Z, num_classes=NUM_CLASSES):
        super().__init__()
        self.dim_z = dim_z
        self.num_classes = num_classes
        self.net = _generator_layers(dim_z + num_classes)

    def forward(self, z, y):
        """Maps noise (B, dim_z) and labels (B,) to images."""
        return self.net(torch.cat([z, F.one_hot(y, self.num_classes).to(z.dtype)], dim=1))


class ConditionalDiscriminator(nn.Module):
    """Tells real pairs of image and class from generated ones, in the projection form of equation (20):
    h(x, y) = y^T (A phi(x) + b), where the last linear layer is A and b, and a one-hot y picks one row.

    Args:
        num_classes: number of classes m.
    """

    def __init__(self, num_classes=NUM_CLASSES):
        super().__init__()
        self.net = _discriminator_layers(num_classes)

    def forward(self, x, y):
        """Maps images and labels (B,) to logits (B,)."""
        return self.net(x).gather(1, y[:, None]).squeeze(1)
