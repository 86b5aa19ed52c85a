"""VAE training says what is wrong, measures on the same test images every time, and draws what it learned."""

import json

import pytest
import torch
from PIL import Image

from data import Images
from submission import vae
from training import checkpoint, session
from training import vae as training_vae
from training.errors import TrainingStopped
from training.loop import Loop
from training.settings import Settings
from training.vae import VaeRun


@pytest.fixture
def start(tmp_path, monkeypatch):
    """A run on 60 images, each white on one of two halves."""
    images = torch.zeros(60, 1, 28, 28, dtype=torch.uint8)
    images[::2, :, :14], images[1::2, :, 14:] = 230, 230
    labels = torch.zeros(60, dtype=torch.int64)
    monkeypatch.setattr(training_vae, "load_images", lambda *_: Images(images, labels, images, labels, "halves"))

    def make(**flags):
        flags = {"model": "vae", "batch_size": 20, "n_steps": 60, "out_dir": tmp_path / "out", **flags}
        settings = Settings.from_flags(flags)
        checkpoint.seed_everything(settings.seed)
        return VaeRun(settings, torch.device("cpu"))

    return make


def test_it_learns_and_draws_what_it_learned(start):
    run = start()
    loop = Loop(run)
    loop.train()
    measured = run.finish(loop.losses, loop.curves)
    # A coin for every pixel would be 784 log 2 = 543; the entropy of a pixel of probability 230/255 in one half is 126.
    assert 126 < measured["test_iwae_nats"] < measured["test_nelbo_nats"] < 300
    assert measured["test_nelbo_nats"] == pytest.approx(measured["test_kl_nats"] + measured["test_rec_nats"])
    sizes = {name: Image.open(run.settings.out_dir / f"{name}.png").size for name in ("samples", "traversal")}
    assert sizes == {"samples": (2 + 20 * 30, 2 + 10 * 30), "traversal": (2 + 11 * 30, 2 + 10 * 30)}
    assert {"samples_binary.png", "reconstructions.png", "losses.png"} <= {
        p.name for p in run.settings.out_dir.iterdir()
    }
    assert not (run.settings.out_dir / "manifold.png").exists()


def test_two_latent_variables_give_a_manifold(start):
    run = start(dim_z=2, arch="shallow", n_steps=3)
    run._draw()
    assert Image.open(run.settings.out_dir / "manifold.png").size == (602, 602)


def test_measuring_and_drawing_leave_training_alone_and_every_run_is_measured_alike(start):
    run, other = start(), start(seed=7)
    assert torch.equal(run.test, other.test)
    state = torch.get_rng_state()
    curve = run.after_step(run.steps_per_epoch)
    run._draw()
    assert curve == run.after_step(run.steps_per_epoch) and run.after_step(1) == {}
    assert torch.equal(torch.get_rng_state(), state)


def test_pixels_are_drawn_anew_for_every_step(start, monkeypatch):
    run, seen = start(), []
    bound = vae.negative_elbo_bound
    monkeypatch.setattr(vae, "negative_elbo_bound", lambda model, x: (seen.append(x), bound(model, x))[1])
    for _ in range(2):
        run.step(torch.arange(20))
    assert set(seen[0].unique().tolist()) == {0, 1} and not torch.equal(*seen)


def test_the_figure_of_a_bound_that_is_not_written_is_left_out(start, monkeypatch, capsys):
    def unwritten(model, x, n_samples):
        raise NotImplementedError

    run = start(n_steps=1)
    monkeypatch.setattr(vae, "negative_iwae_bound", unwritten)
    measured = run.finish({"nelbo": [1.0]}, {})
    assert "test_iwae_nats" not in measured and "test_nelbo_nats" in measured
    assert "negative_iwae_bound in submission/vae.py is not written yet" in capsys.readouterr().err


def test_an_error_in_a_bound_is_not_taken_for_a_bound_that_is_missing(start, monkeypatch):
    run = start(n_steps=1)
    monkeypatch.setattr(vae, "negative_iwae_bound", lambda model, x, n_samples: x.no_such_method())
    with pytest.raises(AttributeError, match="no_such_method"):
        run.finish({"nelbo": [1.0]}, {})


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (lambda model, x: torch.zeros(()), "must return nelbo, kl and rec; it returned a Tensor"),
        (lambda model, x: (torch.zeros(()),) * 3, "can be differentiated"),
        (lambda model, x: (torch.zeros((), requires_grad=True), 1.0, 2.0), "kl of negative_elbo_bound"),
    ],
)
def test_what_is_no_bound_is_refused_before_training(start, monkeypatch, bound, said):
    monkeypatch.setattr(vae, "negative_elbo_bound", bound)
    with pytest.raises(TrainingStopped, match=said):
        start()


def test_a_missing_function_is_named(start, monkeypatch):
    monkeypatch.delattr(vae, "negative_elbo_bound")
    with pytest.raises(TrainingStopped, match="submission/vae.py has no negative_elbo_bound"):
        start()


def test_several_runs_come_to_a_mean_and_a_standard_error(start, tmp_path, capsys):
    start()  # puts the images in place
    settings = Settings.from_flags({"model": "vae", "batch_size": 20, "n_steps": 3, "runs": 2, "out_dir": tmp_path})
    assert session.run(settings) == 0
    runs = [json.loads((tmp_path / f"seed_{seed}" / "metrics.json").read_text()) for seed in (0, 1)]
    first, second = (run["test_nelbo_nats"] for run in runs)
    summary = json.loads((tmp_path / "runs.json").read_text())["test_nelbo_nats"]
    assert summary["mean"] == pytest.approx((first + second) / 2)
    assert summary["standard_error"] == pytest.approx(abs(first - second) / 2)
    assert f"test_nelbo_nats: {summary['mean']:.4f} +- {summary['standard_error']:.4f}" in capsys.readouterr().out
