"""The benchmarks hold ours against a starter's loop that trains the same networks on the same data."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import data

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

import growth  # noqa: E402
import race  # noqa: E402
import race_seeds  # noqa: E402


def test_the_images_laid_out_for_torchvision_are_those_that_ours_reads(tmp_path, fashion_mnist):
    raw = race.lay_out_images(tmp_path, n_train=70)
    laid_out = data.load_images("fashion-mnist", raw)
    assert torch.equal(laid_out.train_images, fashion_mnist.train_images[:70])
    assert torch.equal(laid_out.train_labels, fashion_mnist.train_labels[:70])
    assert torch.equal(laid_out.test_images, fashion_mnist.test_images)


@pytest.mark.parametrize("model", ["gan", "flow"])
def test_the_arithmetic_of_a_run_is_that_of_its_layers(model):
    if model == "flow":
        # forward, and gradients by weights and by inputs; the first layer's input needs none
        layers = 5 * (2 * 100 + 100 * 100 + 100 * 4)
        expected = 12_000 * 100 * 2 * (3 * layers - 2 * 100)
        assert race.arithmetic("flow") == pytest.approx(expected, rel=0.01)
    else:
        d = 32 * 16 * 14 * 14 + 64 * 32 * 16 * 7 * 7 + 64 * 7 * 7 * 512 + 512
        g = 64 * 512 + 512 * 3136 + 32 * 16 * 9 * 14 * 14 + 8 * 9 * 28 * 28
        low, high = 64 * 2 * (2 * 3 * d + g), 64 * 2 * (3 * 3 * d + 4 * g)
        assert low < race.arithmetic("gan") / 937 < high


def test_a_penalty_on_gradients_is_counted_too():
    assert 1.2 * race.arithmetic("gan") < race.arithmetic("wgan-gp") < 3 * race.arithmetic("gan")


@pytest.mark.parametrize(("shift", "verdict"), [(-0.1, True), (0.0, True), (0.1, False)])
@pytest.mark.parametrize(("figure", "sign"), [("frechet_distance", 1), ("precision", -1)])
def test_worse_is_what_is_worse_by_more_than_a_standard_error(figure, sign, shift, verdict):
    them = 0.5 + 0.01 * np.arange(5)
    assert race_seeds.compare("gan", figure, them + sign * shift, them) == verdict


def test_growth_is_measured_and_drawn(tmp_path):
    small = {"batch": 10, "hidden": 4, "flows": 1, "dimension": 2}
    rows = [growth.measure(**{**small, "flows": flows}, rate=1e9) for flows in (1, 3)]
    assert all(value > 0 for row in rows for value in row.values())
    assert rows[1]["arithmetic_ms"] > 2 * rows[0]["arithmetic_ms"]
    growth.draw({name: {1: rows[0], 3: rows[1]} for name in growth.GROWTH}, tmp_path / "growth.svg")
    assert (tmp_path / "growth.svg").stat().st_size > 1000
