"""GAN training tells a student what is wrong, and draws what there is."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image

from data import Images
from submission import gan
from training import gan as training_gan
from training import precision
from training.errors import TrainingStopped
from training.gan import GanRun
from training.settings import Settings


def start(tmp_path, monkeypatch, labels, **flags):
    """A run on noise with these labels."""
    images = torch.randint(256, (len(labels), 1, 28, 28), dtype=torch.uint8)
    data = Images(images, torch.tensor(labels), images, torch.tensor(labels), "noise")
    monkeypatch.setattr(training_gan, "load_images", lambda *_: data)
    settings = Settings.from_flags({"model": "gan", "batch_size": 4, "out_dir": tmp_path, **flags})
    return GanRun(settings, torch.device("cpu"))


@pytest.mark.parametrize(
    ("name", "loss", "network"),
    [
        ("loss_nonsaturating_g", lambda g, d, x, *, device: d(g(torch.randn(4, 64)).detach()).mean(), "generator"),
        ("loss_nonsaturating_d", lambda g, d, x, *, device: g(torch.randn(4, 64)).mean(), "discriminator"),
    ],
)
def test_a_loss_that_trains_nothing_is_named(tmp_path, monkeypatch, name, loss, network):
    loss.__name__ = name
    monkeypatch.setattr(gan, name, loss)
    run = start(tmp_path, monkeypatch, range(4))
    with pytest.raises(TrainingStopped, match=f"{name} in submission/gan.py does not depend on the {network}"):
        run.step(torch.arange(4))


def test_a_missing_function_is_named(tmp_path, monkeypatch):
    monkeypatch.delattr(gan, "loss_nonsaturating_d")
    with pytest.raises(TrainingStopped, match="submission/gan.py has no loss_nonsaturating_d"):
        start(tmp_path, monkeypatch, range(4))


def test_the_real_images_of_the_conditional_model_stand_in_columns_by_class(tmp_path, monkeypatch):
    labels = [1, 0, 1, 9, 1, 1]
    run = start(tmp_path, monkeypatch, labels, model="cgan", n_samples=20)
    run.after_step(1)
    grid = np.asarray(Image.open(tmp_path / "real.png"))
    cells = {(r, c): grid[2 + 30 * r : 30 + 30 * r, 2 + 30 * c : 30 + 30 * c] for r in range(2) for c in range(10)}
    shown = {(0, 0): 1, (0, 1): 0, (1, 1): 2, (0, 9): 3}  # cell -> index of the image
    for cell, pixels in cells.items():
        expected = run.images[shown[cell], 0].numpy() if cell in shown else np.zeros((28, 28))
        assert np.array_equal(pixels, expected), cell


def test_a_training_set_smaller_than_the_grid_leaves_the_rest_black(tmp_path, monkeypatch):
    run = start(tmp_path, monkeypatch, range(4), n_samples=100)
    run.after_step(1)
    grid = np.asarray(Image.open(tmp_path / "real.png"))
    assert np.array_equal(grid[2:30, 92:120], run.images[3, 0].numpy()) and grid[:, 122:].max() == 0


@pytest.mark.parametrize("model", ["gan", "cgan"])
def test_drawing_leaves_training_alone(tmp_path, monkeypatch, model):
    run = start(tmp_path, monkeypatch, range(10), model=model)
    before = {name: tensor.clone() for name, tensor in run.g.state_dict().items()}
    state = torch.get_rng_state()
    for step in (1, 50, 51):
        assert run.after_step(step) == {}
    assert run.g.training and torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(tensor, before[name]) for name, tensor in run.g.state_dict().items())
    assert {"fake_0050.png", "real.png"} <= {path.name for path in tmp_path.iterdir()}


def test_both_networks_are_trained_as_in_earlier_years(tmp_path, monkeypatch):
    run = start(tmp_path, monkeypatch, range(4))
    for name in ("generator", "discriminator"):
        (group,) = run.parts[f"{name}_optimizer"].param_groups
        assert (group["lr"], group["betas"], group["weight_decay"]) == (1e-3, (0.5, 0.999), 0)


def test_the_grid_shows_the_same_noise_with_a_class_a_column(tmp_path, monkeypatch):
    first, second = (start(tmp_path, monkeypatch, range(4), model="cgan", n_samples=30) for _ in range(2))
    assert torch.equal(first.grid_inputs[0], second.grid_inputs[0])
    assert first.grid_inputs[1].reshape(3, 10).tolist() == [list(range(10))] * 3


@pytest.mark.parametrize(
    ("flags", "learning_rate", "betas"),
    [({"arch": "mlp"}, 2e-4, (0.5, 0.999)), ({"arch": "shallow"}, 1e-4, (0.9, 0.999))],
)
def test_fully_connected_networks_have_settings_of_their_own(tmp_path, monkeypatch, flags, learning_rate, betas):
    run = start(tmp_path, monkeypatch, range(4), **flags)
    (group,) = run.parts["generator_optimizer"].param_groups
    assert (group["lr"], group["betas"]) == (learning_rate, betas)
    assert run.g(torch.randn(4, run.g.dim_z)).shape == (4, 1, 28, 28)
    assert {name for name, loss in run.step(torch.arange(4)).items() if loss.isfinite()} == {"d_loss", "g_loss"}


@pytest.mark.parametrize("model", ["gan", "cgan"])
def test_strips_lead_from_one_noise_to_another_of_the_same_length(tmp_path, monkeypatch, model):
    run, seen = start(tmp_path, monkeypatch, range(4), model=model), []
    forward = run.g.forward
    monkeypatch.setattr(run.g, "forward", lambda z, *y: (seen.append((z, *y)), forward(z, *y))[1])
    run._draw_strips()
    noise = seen[0][0].reshape(10, 10, -1)
    torch.testing.assert_close(noise[:, [0, -1]], run.ends.squeeze(2).transpose(0, 1))
    lengths, ends = noise.norm(dim=-1), run.ends.norm(dim=-1).squeeze(-1)
    assert (lengths > 0.9 * ends.amin(0)[:, None]).all() and (lengths < 1.1 * ends.amax(0)[:, None]).all()
    if model == "cgan":
        assert seen[0][1].reshape(10, 10).tolist() == [[c] * 10 for c in range(10)]


KINDS = [{}, {"model": "cgan"}, {"loss_type": "wasserstein_gp"}, {"loss_type": "minimax"}]


@pytest.mark.parametrize("flags", [*KINDS, {"precision": "bf16"}, {"model": "cgan", "precision": "bf16"}], ids=str)
def test_turns_are_recorded_and_take_the_same_steps_to_the_bit(tmp_path, monkeypatch, flags):
    monkeypatch.setattr(precision, "_has_bf16", lambda device: True)
    monkeypatch.setattr(training_gan, "recorded_with_joined_calls", lambda *_: None)
    ends = {}
    for how in ("recorded", "plain"):
        if how == "plain":
            monkeypatch.setattr(training_gan.Turn, "record", lambda *_: None)
        torch.manual_seed(0)
        run = start(tmp_path, monkeypatch, [0, 1, 2, 3] * 3, **flags)
        assert (run.d_turn.loss_and_gradients.__name__ == "replay") == (how == "recorded")
        assert (run.g_turn.loss_and_gradients.__name__ == "replay") == (how == "recorded")
        torch.manual_seed(1)
        for step in range(4):
            run.step(torch.arange(4) + step)
        ends[how] = [tensor for part in (run.g, run.d) for tensor in part.state_dict().values()]
    assert all(map(torch.equal, ends["recorded"], ends["plain"]))


def penalty_last(g, d, x_real, *, device):
    """loss_wasserstein_gp_d in another order, in which gradients of the penalty come first, and lie otherwise."""
    x_fake = g(torch.randn(len(x_real), g.dim_z, device=device)).detach()
    value = d(x_fake).mean() - d(x_real).mean()
    a = torch.rand(len(x_real), 1, 1, 1, device=device)
    x_mixed = (a * x_fake + (1 - a) * x_real).requires_grad_()
    (gradient,) = torch.autograd.grad(d(x_mixed).sum(), x_mixed, create_graph=True)
    return value + 10 * (gradient.flatten(1).norm(dim=1) - 1).square().mean()


@pytest.mark.parametrize("loss", [gan.loss_wasserstein_gp_d, penalty_last])
def test_an_update_is_adams_in_whatever_order_a_loss_is_written(tmp_path, monkeypatch, loss):
    monkeypatch.setattr(gan, "loss_wasserstein_gp_d", loss)
    run = start(tmp_path, monkeypatch, [0, 1, 2, 3] * 3, loss_type="wasserstein_gp")
    assert run.d_turn.loss_and_gradients.__name__ == "replay"
    plain = copy.deepcopy(run.d)
    optimizer = torch.optim.Adam(plain.parameters(), lr=1e-3, betas=(0.5, 0.999))
    batch = run._batch(torch.arange(4))
    torch.manual_seed(1)
    loss(run.g, plain, *batch, device=run.device).backward()
    torch.manual_seed(1)
    run.d_turn.take(*batch)
    for found, expected in zip(run.d.parameters(), plain.parameters(), strict=True):
        assert (found.grad - expected.grad).norm() <= 1e-4 * expected.grad.norm() + 1e-6
        assert found.grad.stride() == found.stride()  # else a GPU refuses it
        expected.grad.copy_(found.grad)  # Adam's first step is a sign, and that of rounding may be the other one
    optimizer.step()
    torch.testing.assert_close(list(run.d.parameters()), list(plain.parameters()))


@pytest.mark.parametrize("flags", [*KINDS, {"precision": "bf16"}, {"model": "cgan", "precision": "bf16"}], ids=str)
def test_the_discriminator_is_called_once_for_real_images_and_fakes(tmp_path, monkeypatch, flags):
    monkeypatch.setattr(precision, "_has_bf16", lambda device: True)
    run = start(tmp_path, monkeypatch, [0, 1, 2, 3] * 3, **flags)
    joined = run.d_turn.loss_and_gradients
    monkeypatch.setattr(training_gan, "recorded_with_joined_calls", lambda *_: None)
    apart = start(tmp_path, monkeypatch, [0, 1, 2, 3] * 3, **flags).d_turn
    apart.network.load_state_dict(run.d.state_dict())
    apart.parts["generator"].load_state_dict(run.g.state_dict())
    batch = run._batch(torch.arange(4))
    found, convolutions = [], []
    for function in (joined, apart.loss_and_gradients):
        torch.manual_seed(1)
        with torch.profiler.profile() as profile:
            found.append(torch.cat([tensor.flatten() for tensor in function(*batch) if tensor is not None]))
        convolutions.append(sum(event.name == "aten::convolution" for event in profile.events()))
    assert convolutions[1] - convolutions[0] == 2  # the discriminator has two
    tolerance = 1e-2 if "precision" in flags else 1e-5
    assert (found[0] - found[1]).norm() < tolerance * found[1].norm()
