"""f-GANs go through the loop of all models; each divergence chooses as its bound says it should."""

import pytest
import torch

from data import Images, load_mixture
from submission import fgan
from training import checkpoint
from training import fgan as training_fgan
from training.errors import TrainingStopped
from training.fgan import FganRun, OneGaussianRun, best_gaussian, fgan_run, mixture_density, row
from training.loop import Loop
from training.settings import DIVERGENCES, Settings


def start(tmp_path, **flags):
    settings = Settings.from_flags({"model": "fgan", "out_dir": tmp_path, **flags})
    checkpoint.seed_everything(0)
    return fgan_run(settings, torch.device("cpu"))


def test_the_names_on_the_command_line_are_the_tables():
    assert DIVERGENCES == fgan.NAMES


def test_the_mixture_has_eight_modes_and_is_standardised():
    points = load_mixture()
    modes = torch.round(torch.atan2(points.train[:, 1], points.train[:, 0]) * 4 / torch.pi) % 8
    assert torch.bincount(modes.long(), minlength=8).min() > 0.1 * len(points.train)
    assert points.train.mean(0).abs().max() < 0.02 and (points.train.std(0) - 1).abs().max() < 0.02


@pytest.mark.parametrize("divergence", ["kl", "alpha_below_one"])
def test_a_run_on_points_writes_its_pictures(tmp_path, divergence):
    run = start(tmp_path, n_epochs=1, batch_size=4800, divergence=divergence)
    assert isinstance(run, FganRun)
    loop = Loop(run)
    loop.train()
    measured = run.finish(loop.losses, loop.curves)
    assert set(loop.losses) == {"d_loss", "g_loss"} and set(measured) == {"bound"}
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"fake_{step:04d}.png" for step in range(1, 6)),
        *("losses.png", "checkpoint.pt"),
    }


def test_images_are_drawn_as_grids(tmp_path):
    run = start(tmp_path, dataset="digits", n_samples=20, divergence="gan")
    run.step(torch.arange(8))
    run.after_step(50)
    assert (tmp_path / "fake_0050.png").exists()


@pytest.mark.parametrize("no_metrics", [False, True])
def test_images_of_fashion_mnist_are_measured_unless_that_is_left_out(tmp_path, monkeypatch, no_metrics):
    images = torch.randint(256, (40, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    data = Images(images, torch.arange(40) % 10, images, torch.arange(40) % 10, "noise")
    monkeypatch.setattr(training_fgan, "load_images", lambda *_: data)
    run = start(tmp_path, dataset="fashion-mnist", batch_size=8, no_metrics=no_metrics)
    quality = set() if no_metrics else {"frechet_distance", "precision", "recall"}
    assert set(run.finish({"d_loss": [1.0], "g_loss": [1.0]}, {})) == {"bound"} | quality


@pytest.mark.parametrize("divergence", ["kl", "all"])
def test_a_part_that_is_gone_is_named(tmp_path, monkeypatch, divergence):
    monkeypatch.delattr(fgan, "f_gan_loss_g")
    with pytest.raises(TrainingStopped, match="submission/fgan.py has no f_gan_loss_g"):
        start(tmp_path, divergence=divergence)


def test_a_loss_that_trains_nothing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(fgan, "f_gan_loss_g", lambda divergence, g, d, x, *, device: d(x).mean())
    with pytest.raises(TrainingStopped, match="f_gan_loss_g in submission/fgan.py does not depend on the generator"):
        start(tmp_path).step(torch.arange(8))


def test_one_gaussian_by_every_divergence_is_drawn_in_one_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(training_fgan, "best_gaussian", lambda divergence: (0.0, 1.0))
    run = start(tmp_path, n_epochs=1, batch_size=15_000, divergence="all")
    assert isinstance(run, OneGaussianRun)
    loop = Loop(run)
    loop.train()
    measured = run.finish(loop.losses, loop.curves)
    assert set(measured) == set(loop.losses) == set(DIVERGENCES)
    assert measured["kl"]["best_deviation"] == 1.0 and 0 < measured["kl"]["deviation"] < 2
    assert (tmp_path / "divergences.png").exists()


def test_kl_covers_both_modes_and_reverse_kl_seeks_one():
    """For KL the best Gaussian has the mean and the deviation of the data."""
    p, x = mixture_density(), training_fgan.X
    mean = torch.trapezoid(p * x, x)
    deviation = torch.trapezoid(p * (x - mean) ** 2, x).sqrt()
    found = torch.tensor(best_gaussian(row("kl")), dtype=torch.float64)
    torch.testing.assert_close(found, torch.stack([mean, deviation]), atol=0.03, rtol=0)
    mean, deviation = best_gaussian(row("reverse_kl"))
    assert abs(mean - training_fgan.MEANS[0]) < 0.1 and deviation < 0.8
