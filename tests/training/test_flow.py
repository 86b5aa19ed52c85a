"""What a student gets wrong in the flow is said before training."""

import math

import pytest
import torch

from submission import flow_network
from submission.flow_network import MADE, MAF
from training.errors import TrainingStopped
from training.flow import FlowRun
from training.settings import Settings


def start(tmp_path):
    settings = Settings.from_flags({"n_flows": 1, "hidden_size": 4, "out_dir": tmp_path})
    return FlowRun(settings, torch.device("cpu"))


@pytest.mark.parametrize("name", ["forward", "inverse"])
@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x,
        lambda x: None,
        lambda x: (x, 0.0),
        lambda x: (x, torch.zeros(())),
        lambda x: (x[:, 0], torch.zeros(len(x))),
        lambda x: (x, torch.zeros(len(x)), 0),
    ],
)
def test_a_direction_that_returns_something_else_is_described(tmp_path, monkeypatch, name, wrong):
    if name == "inverse":
        monkeypatch.setattr(MAF, "log_probs", lambda flow, x: next(flow.parameters()).sum())
    monkeypatch.setattr(MADE, name, lambda made, x: wrong(x))
    with pytest.raises(TrainingStopped, match=rf"MADE.{name} in submission/flow_network.py must return a pair"):
        start(tmp_path)


def test_a_part_that_is_gone_is_named(tmp_path, monkeypatch):
    monkeypatch.delattr(flow_network, "MAF")
    with pytest.raises(TrainingStopped, match="submission/flow_network.py has no MAF"):
        start(tmp_path)


def test_log_probs_is_checked_by_its_own_name(tmp_path, monkeypatch):
    monkeypatch.setattr(MAF, "log_probs", lambda flow, x: None)
    with pytest.raises(TrainingStopped, match="log_probs in submission/flow_network.py must return a 0-d tensor"):
        start(tmp_path)


def test_a_likelihood_that_does_not_depend_on_the_flow_is_described(tmp_path, monkeypatch):
    monkeypatch.setattr(MAF, "log_probs", lambda flow, x: torch.zeros((), requires_grad=True))
    with pytest.raises(TrainingStopped, match="flow_network.py does not depend on the flow, which it is to train"):
        start(tmp_path)


def test_a_likelihood_that_is_not_finite_at_first_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(MAF, "log_probs", lambda flow, x: next(flow.parameters()).sum() * math.nan)
    with pytest.raises(TrainingStopped, match="log_probs in submission/flow_network.py is nan for 3 points"):
        start(tmp_path)


def test_drawing_a_density_is_quiet_however_large_it_is_and_whatever_is_printed(tmp_path, monkeypatch, capsys, recwarn):
    run = start(tmp_path)

    def loud(flow, x, log_probs=MAF.log_probs):
        print("in log_probs", x)
        return 1e6 * x.square().sum() + log_probs(flow, x)

    monkeypatch.setattr(MAF, "log_probs", loud)
    run.finish({"nll": [1.0]}, {"valid_nll": [1.0]})
    assert "BatchedTensor" not in capsys.readouterr().out and (tmp_path / "density.png").exists()
    assert not [str(warning.message) for warning in recwarn if warning.category is RuntimeWarning]


def test_a_deviation_that_underflows_far_from_the_data_does_not_stop_the_density(tmp_path, monkeypatch):
    def by_normal(flow, x):
        deviation = torch.exp(-1000 * (x.abs() - flow.farthest).clamp(min=0))
        return torch.distributions.Normal(torch.zeros_like(x), deviation).log_prob(x).sum(dim=1).mean()

    run = start(tmp_path)
    run.flow.farthest = run.test.abs().max()
    monkeypatch.setattr(MAF, "log_probs", by_normal)
    monkeypatch.setattr(MAF, "loss", lambda flow, x: -flow.log_probs(x))
    run.finish({"nll": [1.0]}, {"valid_nll": [1.0]})
    assert (tmp_path / "density.png").exists()
    with pytest.raises(ValueError, match="constraint"):
        run.flow.log_probs(100 * run.test)


def test_directions_that_do_not_undo_each_other_get_a_warning(tmp_path, monkeypatch, capsys):
    start(tmp_path)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(MADE, "forward", lambda made, z: (2 * z, torch.zeros(len(z))))
    start(tmp_path)
    assert "does not undo" in capsys.readouterr().err


def test_an_impossible_likelihood_gets_a_warning(tmp_path, monkeypatch, capsys):
    run = start(tmp_path)
    monkeypatch.setattr(MAF, "log_probs", lambda flow, x: torch.tensor(50.0))
    for epoch in (1, 2):
        run.after_step(epoch * run.steps_per_epoch)
    assert capsys.readouterr().err.count("validation NLL of -50 is impossible") == 1  # said once, and early
    run.finish({"nll": [1.0]}, {"valid_nll": [1.0]})
    assert "A test NLL of -50 is impossible" in capsys.readouterr().err


def test_samples_are_drawn_every_ten_epochs_and_leave_training_alone(tmp_path):
    run = start(tmp_path)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    for epoch in range(1, 21):
        assert run.after_step(240 * epoch - 1) == {}
        assert run.after_step(240 * epoch) == {"valid_nll": -run.flow.log_probs(run.valid).item()}
    assert torch.equal(torch.get_rng_state(), before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["samples_epoch10.png", "samples_epoch20.png"]


def test_the_figures_are_of_the_test_points(tmp_path):
    run = start(tmp_path)
    measured = run.finish({"nll": [1.0]}, {"valid_nll": [1.0]})
    assert measured["test_nll_nats"] == -run.flow.log_probs(run.test).item()
    assert measured["valid_nll_nats"] == -run.flow.log_probs(run.valid).item()


def test_a_huge_gradient_moves_the_flow_no_further_than_others(tmp_path):
    torch.manual_seed(0)
    run = start(tmp_path)
    run.train[:] = 100  # a gradient of some thousands
    run.step(torch.arange(100))
    assert run.vector.grad.norm() <= 5.001


@pytest.mark.parametrize("overflow", [math.inf, math.nan])
def test_a_batch_whose_likelihood_overflows_sends_training_back_a_little(tmp_path, overflow, capsys):
    torch.manual_seed(0)
    run = start(tmp_path)
    losses = [run.step(torch.arange(100))["nll"].item() for _ in range(120)]
    clean = run.train.clone()
    run.train[:] = overflow
    assert not run.step(torch.arange(100))["nll"].isfinite()
    run.train.copy_(clean)
    losses += [run.step(torch.arange(100))["nll"].item() for _ in range(100)]
    assert losses[120] == losses[50] and losses[-1] < losses[119]
    run.finish({"nll": [overflow, *losses]}, {"valid_nll": [1.0]})
    assert "1 of 221 steps had an infinite loss: training went back a little and on." in capsys.readouterr().err
    assert (tmp_path / "losses.png").exists()


def test_a_parameter_that_is_not_trained_or_not_used_stays_as_it_is(tmp_path, monkeypatch):
    class Another(MAF):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            self.fixed = torch.nn.Parameter(torch.ones(3), requires_grad=False)
            self.unused = torch.nn.Parameter(torch.ones(2))

    monkeypatch.setattr(flow_network, "MAF", Another)
    run = start(tmp_path)
    before = [parameter.clone() for parameter in run.flow.parameters()]
    run.step(torch.arange(100))
    moved = {
        name for (name, now), old in zip(run.flow.named_parameters(), before, strict=True) if not torch.equal(now, old)
    }
    assert moved == {name for name, _ in run.flow.named_parameters() if name.startswith("nf.")}
