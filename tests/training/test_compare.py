"""Losses that are compared have the same start, and each run is what it would be alone."""

import pytest
import torch
from PIL import Image

from data import Images
from training import gan as training_gan
from training.compare import CompareRun
from training.gan import GanRun
from training.settings import Settings


@pytest.fixture
def flags(tmp_path, monkeypatch):
    images = torch.randint(256, (40, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    data = Images(images, torch.arange(40) % 10, images, torch.arange(40) % 10, "noise")
    monkeypatch.setattr(training_gan, "load_images", lambda *_: data)
    return {"arch": "mlp", "batch_size": 8, "out_dir": tmp_path}


def test_each_takes_the_steps_that_it_would_take_alone(flags):
    both = CompareRun(Settings.from_flags({"compare": ("minimax", "nonsaturating"), **flags}), torch.device("cpu"))
    torch.manual_seed(5)
    compared = [both.step(torch.arange(8)) for _ in range(3)]
    for name in ("minimax", "nonsaturating"):
        torch.manual_seed(both.settings.seed)
        alone = GanRun(Settings.from_flags({"model": "gan", "loss_type": name, **flags}), torch.device("cpu"))
        torch.manual_seed(5)
        for losses in compared:
            assert {
                f"{name}_{key}": loss for key, loss in alone.step(torch.arange(8)).items()
            }.items() <= losses.items()
    first = compared[0]
    assert first["minimax_d_loss"] == first["nonsaturating_d_loss"]  # the same networks, images and noise
    assert first["minimax_gradient"] > 0 and first["minimax_gradient"] != first["nonsaturating_gradient"]


def test_what_they_drew_stands_side_by_side(flags, tmp_path):
    run = CompareRun(Settings.from_flags({"compare": ("minimax", "nonsaturating"), **flags}), torch.device("cpu"))
    losses = {}
    for step in range(1, run.total_steps + 1):
        for name, loss in run.step(torch.arange(8)).items():
            losses.setdefault(name, []).append(loss.item())
        run.after_step(step)
    measured = run.finish(losses, {})
    assert set(measured) == {"data", "minimax", "nonsaturating"}
    quality = {"frechet_distance", "precision", "recall"}
    assert set(measured["minimax"]) == set(measured["nonsaturating"]) == {"gradient_norm"} | quality
    assert Image.open(tmp_path / "comparison.png").size == (1500, 500)
    assert {"strips.png", "losses.png"} <= {path.name for path in (tmp_path / "minimax").iterdir()}
