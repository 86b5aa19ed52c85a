"""Networks, provided: for 28x28 grey images generators, discriminators and an autoencoder, of the sizes of earlier
years; small ones for points; the network of a coupling.

Shapes: B is the batch size; images are (B, 1, 28, 28), labels int64 (B,) in 0 ... NUM_CLASSES - 1.
"""

import itertools
import math

import torch
import torch.nn.functional as F
from torch import nn

DIM_Z = 64
SHAPE = (1, 28, 28)
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
        num_classes: number of classes C.
    """

    def __init__(self, dim_z=DIM_Z, num_classes=NUM_CLASSES):
        super().__init__()
        self.dim_z = dim_z
        self.num_classes = num_classes
        self.net = _generator_layers(dim_z + num_classes)

    def forward(self, z, y):
        """Maps noise (B, dim_z) and labels (B,) to images."""
        one_hot = z.new_zeros(len(y), self.num_classes).scatter(1, y[:, None], 1)
        return self.net(torch.cat([z, one_hot], dim=1))


class ConditionalDiscriminator(nn.Module):
    """Tells real pairs of image and class from generated ones, in the projection form of equation (20):
    h(x, y) = y^T (A phi(x) + b), where the last linear layer is A and b, and a one-hot y picks one row.

    Args:
        num_classes: number of classes C.
    """

    def __init__(self, num_classes=NUM_CLASSES):
        super().__init__()
        self.net = _discriminator_layers(num_classes)

    def forward(self, x, y):
        """Maps images and labels (B,) to logits (B,)."""
        return self.net(x).gather(1, y[:, None]).squeeze(1)


class MlpGenerator(nn.Module):
    """Noise into images by linear layers: four blocks with batch norm and dropout, then tanh (problem 7).

    Args:
        dim_z: size of the noise.
    """

    def __init__(self, dim_z=DIM_Z):
        super().__init__()
        self.dim_z = dim_z
        sizes = (dim_z, 128, 256, 512, 1024)
        blocks = []
        for below, above in itertools.pairwise(sizes):
            blocks += [nn.Linear(below, above), nn.BatchNorm1d(above), nn.LeakyReLU(0.2), nn.Dropout(0.1)]
        self.net = nn.Sequential(*blocks, nn.Linear(sizes[-1], math.prod(SHAPE)), nn.Tanh(), nn.Unflatten(1, SHAPE))

    def forward(self, z):
        """Maps noise (B, dim_z) to images in [-1, 1]."""
        return self.net(z)


class MlpDiscriminator(nn.Module):
    """Two blocks of linear layer, leaky ReLU and dropout, then a linear layer (problem 7)."""

    def __init__(self):
        super().__init__()
        sizes = (math.prod(SHAPE), 512, 256)
        blocks = []
        for below, above in itertools.pairwise(sizes):
            blocks += [nn.Linear(below, above), nn.LeakyReLU(0.2), nn.Dropout(0.3)]
        self.net = nn.Sequential(nn.Flatten(), *blocks, nn.Linear(sizes[-1], 1))

    def forward(self, x):
        """Maps images to logits (B,)."""
        return self.net(x).squeeze(1)


class ShallowGenerator(nn.Module):
    """Noise into images by one hidden layer of 128 units, then tanh (problem 7).

    Args:
        dim_z: size of the noise.
    """

    def __init__(self, dim_z=DIM_Z):
        super().__init__()
        self.dim_z = dim_z
        layers = nn.Linear(dim_z, 128), nn.LeakyReLU(0.2), nn.Linear(128, math.prod(SHAPE)), nn.Tanh()
        self.net = nn.Sequential(*layers, nn.Unflatten(1, SHAPE))

    def forward(self, z):
        """Maps noise (B, dim_z) to images in [-1, 1]."""
        return self.net(z)


class ShallowDiscriminator(nn.Module):
    """One hidden layer of 128 units (problem 7)."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(SHAPE), 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))

    def forward(self, x):
        """Maps images to logits (B,)."""
        return self.net(x).squeeze(1)


class Autoencoder(nn.Module):
    """Encoder and decoder of the VAE (problem 6), of linear layers.

    Args:
        n_pixels: of an image.
        dim_z: number of latent variables.
        hidden: sizes of the hidden layers, from the pixels' side.
        activation: class of the layer behind each.
    """

    def __init__(self, n_pixels, dim_z, hidden, activation):
        super().__init__()
        self.dim_z = dim_z
        self.encoder = _perceptron((n_pixels, *hidden, 2 * dim_z), activation)
        self.decoder = _perceptron((dim_z, *reversed(hidden), n_pixels), activation)

    def encode(self, x):
        """Maps images (..., n_pixels) to mean and variance of q(z | x), each (..., dim_z)."""
        m, h = self.encoder(x).chunk(2, dim=-1)
        return m, F.softplus(h) + 1e-8

    def decode(self, z):
        """Maps latent variables (..., dim_z) to the logits of the pixels, (..., n_pixels)."""
        return self.decoder(z)


def _perceptron(sizes, activation):
    layers = []
    for below, above in itertools.pairwise(sizes):
        layers += [nn.Linear(below, above), activation()]
    return nn.Sequential(*layers[:-1])


class PointGenerator(nn.Module):
    """Turns noise into points of the plane.

    Args:
        dim_z: size of the noise.
        hidden_size: units of each of two hidden layers.
    """

    def __init__(self, dim_z=2, hidden_size=128):
        super().__init__()
        self.dim_z = dim_z
        self.net = _point_layers(dim_z, hidden_size, 2)

    def forward(self, z):
        """Maps noise (B, dim_z) to points (B, 2)."""
        return self.net(z)


class PointDiscriminator(nn.Module):
    """Tells real points from generated ones.

    Args:
        dimension: of the points.
        hidden_size: units of each of two hidden layers.
    """

    def __init__(self, dimension=2, hidden_size=128):
        super().__init__()
        self.net = _point_layers(dimension, hidden_size, 1)

    def forward(self, x):
        """Maps points (B, dimension) to numbers (B,)."""
        return self.net(x).squeeze(1)


class GaussianGenerator(nn.Module):
    """The smallest generator: x = mean + exp(log_deviation) z on the line.

    Args:
        mean, log_deviation: where it starts.
    """

    def __init__(self, mean=0.0, log_deviation=0.0):
        super().__init__()
        self.dim_z = 1
        self.mean = nn.Parameter(torch.tensor(mean))
        self.log_deviation = nn.Parameter(torch.tensor(log_deviation))

    def forward(self, z):
        """Maps noise (B, 1) to numbers (B, 1)."""
        return self.mean + self.log_deviation.exp() * z


class CouplingNet(nn.Module):
    """What an affine coupling reads off the values that stay; at first it says that nothing is to be moved.

    Args:
        channels: of the images.
        hidden_size: channels within.
    """

    LIMIT = 2.0  # of log scales: a single layer that stretches by more than e^2 is about to burst

    def __init__(self, channels, hidden_size):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(channels, hidden_size, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(hidden_size, hidden_size, kernel_size=1),
            nn.ReLU(),
            nn.Conv2d(hidden_size, 2 * channels, kernel_size=3, padding=1),
        )
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        """Maps images (B, C, H, W) to (log_scale, shift), each (B, C, H, W)."""
        log_scale, shift = torch.tensor_split(self.net(x), 2, dim=1)
        return self.LIMIT * torch.tanh(log_scale / self.LIMIT), shift


def _point_layers(input_size, hidden_size, output_size):
    return nn.Sequential(
        nn.Linear(input_size, hidden_size),
        nn.LeakyReLU(0.1),
        nn.Linear(hidden_size, hidden_size),
        nn.LeakyReLU(0.1),
        nn.Linear(hidden_size, output_size),
    )
