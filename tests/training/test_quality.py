"""The figures of quality are what their papers define, and real images are better than generated ones."""

import numpy as np
import pytest
import scipy.linalg
import torch
from sklearn.neighbors import NearestNeighbors

from data import load_moons, to_unit_range
from training import quality

RANDOM = torch.Generator().manual_seed(0)


def features(n, shift=0.0):
    return torch.randn(n, 6, generator=RANDOM) @ torch.randn(6, 6, generator=RANDOM) + shift


def test_the_frechet_distance_agrees_with_scipys_matrix_root():
    real, fake = features(300).numpy(), features(200, shift=0.3).numpy()
    c1, c2 = np.cov(real.T), np.cov(fake.T)
    expected = np.sum((real.mean(0) - fake.mean(0)) ** 2) + np.trace(c1 + c2 - 2 * scipy.linalg.sqrtm(c1 @ c2).real)
    assert quality.frechet_distance(real, fake) == pytest.approx(expected, rel=1e-5)


def test_the_frechet_distance_of_two_normal_laws_on_the_line():
    grid = np.random.default_rng(0).normal(size=(100_000, 1))
    points = np.hstack([grid, np.random.default_rng(1).normal(size=(100_000, 1))])
    points = (points - points.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(points.T))).T
    # |m1 - m2|^2 + the sum of (s1 - s2)^2
    assert quality.frechet_distance(points, points * [3, 0.5] + [1, 2]) == pytest.approx(5 + 4 + 0.25, rel=1e-6)


def test_features_that_are_not_finite_are_infinitely_far():
    fake = features(10)
    fake[3, 2] = float("nan")
    assert quality.frechet_distance(features(10), fake) == float("inf")


def test_precision_and_recall_agree_with_their_definition():
    real, fake = features(150).numpy(), features(120, shift=0.5).numpy()

    def share(manifold, points):
        found = NearestNeighbors(n_neighbors=4).fit(manifold)
        radii = found.kneighbors(manifold)[0][:, 3]
        return np.mean([(np.linalg.norm(manifold - point, axis=1) <= radii).any() for point in points])

    expected = share(real, fake), share(fake, real)
    assert 0.05 < expected[0] < 0.95
    assert quality.precision_recall(torch.tensor(real), torch.tensor(fake)) == pytest.approx(expected)


def test_a_generator_that_repeats_one_image_is_precise_and_recalls_nothing():
    real = features(200)
    assert quality.precision_recall(real, real[:1].repeat(200, 1)) == (1, pytest.approx(1 / 200))


def test_real_images_come_out_best_and_spoilt_ones_worse(fashion_mnist):
    real = quality.real_against_real(fashion_mnist)
    assert real["frechet_distance"] < 3 and real["precision"] > 0.8 and real["recall"] > 0.8
    assert real["right_class"] > 0.9
    images = to_unit_range(fashion_mnist.train_images)

    def measured(spoil):
        return quality.image_quality(lambda n, stream: (spoil(images[:n]), None), fashion_mnist, torch.device("cpu"))

    noisy = measured(lambda x: x + 0.3 * torch.randn(x.shape, generator=RANDOM))
    one_kind = measured(lambda x: x[:50].repeat(len(x) // 50, 1, 1, 1))
    assert noisy["frechet_distance"] > 10 * real["frechet_distance"] and noisy["precision"] < real["precision"] - 0.2
    assert one_kind["precision"] > 0.8 and one_kind["recall"] < 0.3
    assert "right_class" not in noisy


def test_the_metrics_leave_the_random_stream_alone_and_repeat_themselves(fashion_mnist):
    def generate(n, stream):
        return torch.randn(n, 1, 28, 28, generator=stream), None

    before = torch.get_rng_state()
    first, second = (quality.image_quality(generate, fashion_mnist, torch.device("cpu")) for _ in range(2))
    assert first == second and torch.equal(torch.get_rng_state(), before)


def test_the_classifier_is_small():
    assert quality.WEIGHTS.stat().st_size < 1e6


def test_the_entropy_of_the_moons_is_that_of_their_law():
    centres = np.linspace(0, np.pi, 500)
    centres = np.concatenate(
        [
            np.stack([np.cos(centres), np.sin(centres)], 1),
            np.stack([1 - np.cos(centres), 0.5 - np.sin(centres)], 1),
        ]
    )
    points = load_moons().test.numpy()  # standardised: back to the plane of the half circles
    x = points * np.sqrt(centres.var(0) + 0.05**2) + centres.mean(0)
    squares = np.square(x[:, None] - centres).sum(-1) / 0.05**2
    log_density = np.log(np.exp(-squares / 2).mean(1) / (2 * np.pi * 0.05**2))
    cross_entropy = -log_density - 0.5 * np.log(centres.var(0) + 0.05**2).sum()
    error = cross_entropy.std() / np.sqrt(len(points))
    assert abs(cross_entropy.mean() - quality.moons_entropy()) < 3 * error < 0.05
    assert quality.moons_entropy(cell=0.02) == pytest.approx(quality.moons_entropy(), abs=1e-6)


def test_a_wider_law_has_more_entropy():
    # Standardised, and far wider than the half circles, it is a normal law's.
    assert quality.moons_entropy(noise=20, cell=1) == pytest.approx(np.log(2 * np.pi * np.e), abs=1e-3)
