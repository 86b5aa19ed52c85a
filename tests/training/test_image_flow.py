"""The flow on images: baselines can be recomputed, mistakes are named, noise keeps the likelihood in bounds."""

import gzip

import numpy as np
import pytest
import torch

from data import Images
from submission import image_flow
from training import checkpoint
from training import image_flow as training_image_flow
from training.errors import TrainingStopped
from training.image_flow import ImageFlowRun, gzip_bits, histogram_bits
from training.loop import Loop
from training.settings import Settings


@pytest.fixture
def start(tmp_path, monkeypatch):
    """A run on images of which half of the values are always dark."""

    def run(**flags):
        images = torch.randint(256, (60, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
        images[..., :14] = 0
        labels = torch.zeros(60, dtype=torch.int64)
        data = Images(images, labels, images[:10], labels[:10], "noise")
        monkeypatch.setattr(training_image_flow, "load_images", lambda *_: data)
        flags = {"n_flows": 1, "hidden_size": 4, "batch_size": 18, "n_epochs": 3, "n_samples": 10, **flags}
        settings = Settings.from_flags({"model": "image_flow", "out_dir": tmp_path, **flags})
        checkpoint.seed_everything(0)
        return ImageFlowRun(settings, torch.device("cpu"))

    return run


def test_a_run_writes_its_pictures_and_figures(start, tmp_path):
    run = start()
    loop = Loop(run)
    loop.train()
    measured = run.finish(loop.losses, loop.curves)
    assert loop.curves["valid_bits"][-1] < loop.curves["valid_bits"][0] < 13
    assert measured["test_bits_per_dim"] > 0 and measured["data"] == "noise"
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"samples_epoch{epoch}.png" for epoch in (1, 2, 3)),
        *("losses.png", "between_levels.png", "checkpoint.pt"),
    }


def test_without_noise_the_levels_themselves_are_learned(start):
    run = start(no_dequantise=True)
    before = run._mean_bits(run.test, noise=False)
    for _ in range(40):
        run.step(torch.arange(18))
    without, with_noise = (run._mean_bits(run.test, noise=noise) for noise in (False, True))
    assert without < before - 1 and with_noise > without
    torch.manual_seed(3)
    state = torch.get_rng_state()
    run.step(torch.arange(18))
    assert torch.equal(torch.get_rng_state(), state)  # no noise was drawn


def test_measuring_and_drawing_leave_the_random_numbers_of_training_alone(start):
    run = start()
    state = torch.get_rng_state()
    run.after_step(run.steps_per_epoch)
    assert torch.equal(torch.get_rng_state(), state)
    assert run._mean_bits(run.test, noise=True) == run._mean_bits(run.test, noise=True)


def test_the_histograms_code_is_what_counting_gives():
    train = torch.tensor([[3], [3], [5]], dtype=torch.uint8).reshape(3, 1, 1, 1)
    test = torch.tensor([[3], [9]], dtype=torch.uint8).reshape(2, 1, 1, 1)
    expected = -(np.log2(3 / 259) + np.log2(1 / 259)) / 2
    assert abs(histogram_bits(train, test) - expected) < 1e-9


def test_gzips_code_is_the_size_of_its_file():
    images = torch.randint(4, (5, 1, 28, 28), dtype=torch.uint8)
    assert gzip_bits(images) == 8 * len(gzip.compress(images.numpy().tobytes())) / images.numel()


@pytest.mark.parametrize(
    ("owner", "name", "wrong", "message"),
    [
        (
            image_flow,
            "bits_per_dim",
            lambda log_likelihood, n_dims: log_likelihood,
            "bits_per_dim in submission/image_flow.py must return a 0-d",
        ),
        (
            image_flow.ImageFlow,
            "sample",
            lambda flow, n, *, device: torch.zeros(n, 3),
            "sample in submission/image_flow.py must return uint8",
        ),
    ],
)
def test_what_cannot_be_trained_with_is_named_before_training(start, monkeypatch, owner, name, wrong, message):
    monkeypatch.setattr(owner, name, wrong)
    with pytest.raises(TrainingStopped, match=message):
        start()


@pytest.mark.parametrize("name", ["Squeeze", "bits_per_dim"])
def test_a_part_that_is_gone_is_named(start, monkeypatch, name):
    monkeypatch.delattr(image_flow, name)
    with pytest.raises(TrainingStopped, match=f"submission/image_flow.py has no {name}"):
        start()


def test_directions_that_do_not_undo_each_other_get_a_warning(start, monkeypatch, capsys):
    start()
    assert capsys.readouterr().err == ""
    forward = image_flow.AffineCoupling.forward
    monkeypatch.setattr(image_flow.AffineCoupling, "forward", lambda layer, z: forward(layer, z + 1))
    start()
    assert "does not undo" in capsys.readouterr().err
