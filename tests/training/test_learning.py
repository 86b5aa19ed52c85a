"""Each model learns from real data, in a few steps and by a wide margin."""

import numpy as np
import pytest
import torch

from training import checkpoint
from training.flow import FlowRun
from training.gan import GanRun
from training.loop import Loop
from training.settings import Settings

N_STEPS = 120


def test_the_flow_learns_the_moons(tmp_path):
    settings = Settings.from_flags({"model": "flow", "n_epochs": 4, "out_dir": tmp_path})
    checkpoint.seed_everything(0)
    run = FlowRun(settings, torch.device("cpu"))
    loop = Loop(run)
    loop.train()
    losses = loop.losses["nll"]
    assert np.mean(losses[:20]) > 2.3  # a standard normal has 2.84
    assert np.median(losses[-100:]) < 1.6  # one point far out may make a batch's huge
    assert loop.curves["valid_nll"][-1] < loop.curves["valid_nll"][0]
    assert run.finish(loop.losses, loop.curves)["test_nll_nats"] < 1.6
    # The log density that is drawn is the one that is trained.
    log_density, fast = run._log_density_of_each()
    assert fast
    points = run.test.numpy()
    expected = log_density(points)
    assert abs(expected.mean() + run._nll(run.test)) < 1e-4

    def in_place(x, log_probs=run.flow.log_probs):
        total = torch.zeros(1)
        total += log_probs(x)  # which vmap cannot follow
        return total[0]

    run.flow.log_probs = in_place
    slow_log_density, fast = run._log_density_of_each()
    assert not fast
    np.testing.assert_allclose(slow_log_density(points[:50]), expected[:50], atol=1e-4)


def pixel_statistics(images):
    """Mean and standard deviation of every pixel, as one vector."""
    return torch.cat([images.mean(0).flatten(), images.std(0).flatten()])


@pytest.mark.parametrize(
    "flags",
    [{"model": "gan"}, {"model": "cgan"}, {"model": "gan", "loss_type": "wasserstein_gp"}],
    ids=["gan", "cgan", "wgan-gp"],
)
def test_a_gan_comes_closer_to_fashion_mnist(tmp_path, fashion_mnist, flags):
    settings = Settings.from_flags({"n_samples": 500, "out_dir": tmp_path, **flags})
    checkpoint.seed_everything(0)
    run = GanRun(settings, torch.device("cpu"))
    real = pixel_statistics(fashion_mnist.train_images[:500].float() / 127.5 - 1)

    def distance():
        with torch.no_grad():
            return (pixel_statistics(run.g(*run.grid_inputs).clamp(-1, 1)) - real).square().mean().item()

    before, losses = distance(), []
    for batch in torch.arange(N_STEPS * 64).split(64):
        losses.append({name: loss.item() for name, loss in run.step(batch).items()})
    assert distance() < before / 3

    d_losses = [loss["d_loss"] for loss in losses]
    if settings.loss_type == "nonsaturating":
        assert abs(d_losses[0] - 2 * np.log(2)) < 0.2  # it cannot tell yet: half, for real and fake alike
        assert min(d_losses[:30]) < 0.5 < 2 * np.log(2) < max(loss["g_loss"] for loss in losses)
    else:
        assert abs(d_losses[0] - 10) < 1  # slope 0, so that the penalty is all
        assert min(d_losses) < -5 and d_losses[-1] < 0
    if run.conditional:
        assert right_classes(run, fashion_mnist) > 0.6


def right_classes(run, data):
    """Share of generated images that lie nearest to the mean image of the class asked for."""
    images, labels = data.train_images[:5000].float() / 127.5 - 1, data.train_labels[:5000]
    means = torch.stack([images[labels == c].mean(0).flatten() for c in range(10)])
    run.g.eval()
    with torch.no_grad():
        nearest = torch.cdist(run.g(*run.grid_inputs).flatten(1), means).argmin(1)
    return (nearest == run.grid_inputs[1]).float().mean().item()
