"""Quality as a number: how close generated images come to Fashion-MNIST, and how little is to be had beyond a flow.

Images are compared in the feature space of a small classifier of Fashion-MNIST, so the figures compare with each other
only, not with those of papers, which use other networks. Features are float32 arrays (N, FEATURES).
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from data import MOONS_NOISE, NUM_CLASSES, to_unit_range

WEIGHTS = Path(__file__).with_name("fashion_mnist_classifier.pt")
FEATURES = 64
NEIGHBOURS = 3  # k of Kynkäänniemi et al.
N_IMAGES = 5000  # of each kind, real and generated
BATCH = 500


class Classifier(nn.Module):
    """Tells the classes of Fashion-MNIST apart; its last hidden layer is the feature space."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3, stride=2, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.Conv2d(64, 96, kernel_size=3, stride=2, padding=1),
            nn.BatchNorm2d(96),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(96 * 4 * 4, FEATURES),
        )
        self.classes = nn.Sequential(nn.ReLU(), nn.Linear(FEATURES, NUM_CLASSES))

    def forward(self, x):
        """Maps images (B, 1, 28, 28), scaled to [-1, 1], to logits (B, 10)."""
        return self.classes(self.features(x))


def load_classifier(device):
    """The classifier whose weights lie beside this file, in float16."""
    with torch.device("meta"):  # drawing first parameters would move the random stream
        classifier = Classifier()
    classifier.load_state_dict(torch.load(WEIGHTS, map_location="cpu", weights_only=True), assign=True)
    return classifier.float().to(device).eval()


def image_quality(generate, data, device):
    """Compares generated images with the test images of Fashion-MNIST.

    Args:
        generate: function from a number of images n and a stream, a torch.Generator of the CPU, to n images
            (n, 1, 28, 28), scaled to [-1, 1], and the classes (n,) that were asked for, or None.
        data: an Images, Fashion-MNIST.
        device: the torch.device to work on.

    Returns:
        dict of `frechet_distance`, `precision`, `recall`; and `right_class`, the share of images that the classifier
        takes for the class asked for, where one was.
    """
    classifier = load_classifier(device)
    stream = torch.Generator().manual_seed(0)  # one of its own: nobody else's random numbers change
    real, fake, right = [], [], []
    with torch.no_grad():
        for images in data.test_images[:N_IMAGES].to(device).split(BATCH):
            real.append(classifier.features(to_unit_range(images)))
            generated, classes = generate(len(images), stream)
            fake.append(classifier.features(generated.clamp(-1, 1)))
            if classes is not None:
                right.append(classifier.classes(fake[-1]).argmax(1) == classes)
    real, fake = (torch.cat(features).cpu() for features in (real, fake))
    precision, recall = precision_recall(real, fake)
    measured = {"frechet_distance": frechet_distance(real, fake), "precision": precision, "recall": recall}
    if right:
        measured["right_class"] = float(torch.cat(right).float().mean())
    return measured


def real_against_real(data):
    """What `image_quality` gives for the other half of the test images in the place of generated ones."""
    images = iter(to_unit_range(data.test_images[N_IMAGES:]).split(BATCH))
    labels = iter(data.test_labels[N_IMAGES:].split(BATCH))
    return image_quality(lambda n, stream: (next(images), next(labels)), data, torch.device("cpu"))


def frechet_distance(real, fake):
    """Fréchet distance of two normal laws fitted to features (Heusel et al. 2017, arXiv:1706.08500, equation 6).

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)); infinite if a feature is not finite.
    """
    real, fake = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    if not np.isfinite(fake).all():
        return float("inf")
    (m1, c1), (m2, c2) = ((features.mean(axis=0), np.cov(features, rowvar=False)) for features in (real, fake))
    values, vectors = np.linalg.eigh(c1)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    # C1 C2 has the eigenvalues of root C2 root, which is symmetric.
    overlap = np.sqrt(np.linalg.eigvalsh(root @ c2 @ root).clip(0)).sum()
    return float(np.square(m1 - m2).sum() + np.trace(c1) + np.trace(c2) - 2 * overlap)


def precision_recall(real, fake):
    """Improved precision and recall (Kynkäänniemi et al. 2019, arXiv:1904.06991, equations 1 and 2).

    Precision is the share of fakes that lie within reach of a real image: no farther from it than its k-th nearest
    neighbour among the real ones. Recall is the same with the two exchanged. k = 3.

    Args:
        real: tensor (N, features).
        fake: tensor (M, features).
    """
    across = torch.cdist(real, fake)
    precision = (across <= _reach(real)[:, None]).any(dim=0)
    recall = (across <= _reach(fake)).any(dim=1)
    return float(precision.float().mean()), float(recall.float().mean())


def _reach(points):
    """Distance of each point to its k-th nearest neighbour; the nearest of all is the point itself."""
    # kthvalue sorts all of a row, and takes fifteen times as long.
    chunks = [torch.cdist(chunk, points).topk(NEIGHBOURS + 1, largest=False).values for chunk in points.split(1000)]
    return torch.cat(chunks)[:, -1]


def moons_entropy(noise=MOONS_NOISE, cell=0.01):
    """Differential entropy, in nats, of the law of the Moons, each coordinate scaled to variance 1.

    The law is a mixture, over all points of two half circles, of normal laws around them; both integrals, along the
    circles and over the plane, are Riemann sums, whose error is far below 1e-3 for cells smaller than the noise.

    Args:
        noise: standard deviation of the noise around the half circles.
        cell: side of a cell of the plane.
    """
    t = (np.arange(1000) + 0.5) * np.pi / 1000
    centres = np.concatenate([[np.cos(t), np.sin(t)], [1 - np.cos(t), 0.5 - np.sin(t)]], axis=1)
    margin = 8 * noise
    ticks = [np.arange(low - margin, high + margin, cell) for low, high in ((-1, 2), (-0.5, 1))]
    x, y = (
        np.exp(-(((ticks[:, None] - centre) / noise) ** 2) / 2) / (noise * np.sqrt(2 * np.pi))
        for ticks, centre in zip(ticks, centres, strict=True)
    )
    density = x @ y.T / len(centres.T)
    entropy = -(density * np.log(density, where=density > 0, out=np.zeros_like(density))).sum() * cell**2
    return float(entropy - 0.5 * np.log(centres.var(axis=1) + noise**2).sum())
