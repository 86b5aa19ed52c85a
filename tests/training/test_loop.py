"""A run that is killed, stopped or broken loses nothing, and ends as if nothing had happened."""

import itertools
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from training import checkpoint, loop
from training.errors import Interrupted, TrainingStopped
from training.loop import Loop, Run, mean_of_last
from training.settings import Settings

MAIN = Path(__file__).resolve().parents[2] / "src" / "main.py"
FLOW = "--model flow --n_epochs 2 --n_flows 1 --hidden_size 8 --batch_size 200".split()
GAN = "--model cgan --dataset digits --n_epochs 1 --batch_size 100 --n_samples 10 --animate".split()
VAE = "--model vae --dataset digits --n_steps 60".split()
IMAGE_FLOW = "--model image_flow --dataset digits --n_epochs 1 --n_flows 1 --hidden_size 8".split()
COMPARE = "--compare minimax,nonsaturating --arch mlp --dataset digits --n_epochs 1 --batch_size 100".split()
KILLED = {"flow": (FLOW, 4), "cgan": (GAN, 2)}
KILLED |= {"vae": (VAE, 1), "image_flow": (IMAGE_FLOW, 1), "compare": (COMPARE, 1)}


class Line(Run):
    """Fits a line; `spoil` makes step number `spoiled` go wrong."""

    def __init__(self, settings, spoiled=None, spoil=None):
        super().__init__(settings, n_examples=1000)
        torch.manual_seed(settings.seed)
        self.net = torch.nn.Linear(3, 1)
        self.optimizer = torch.optim.Adam(self.net.parameters())
        self.parts = {"net": self.net, "optimizer": self.optimizer}
        self.spoiled, self.spoil, self.done, self.batches = spoiled, spoil, 0, []

    def step(self, indices):
        self.done += 1
        self.batches.append(indices.tolist())
        loss = (self.net(torch.randn(4, 3)) - 1).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.done == self.spoiled:
            return self.spoil(self, loss.detach())
        return {"mse": loss.detach()}

    def after_step(self, step):
        return {"valid": float(step)} if step % self.steps_per_epoch == 0 else {}


def test_a_loss_that_cannot_be_negative_is_told_once_where_it_is(tmp_path, capsys):
    run = Line(line_settings(tmp_path), spoiled=30, spoil=lambda run, loss: {"mse": -loss - 1})
    run.not_negative, run.sources = {"mse": "2b"}, {"mse": " (f in submission/gan.py)"}
    Loop(run).train()
    told = [line for line in capsys.readouterr().err.splitlines() if "impossible" in line]
    assert len(told) == 1 and "is impossible (f in submission/gan.py): it is never below zero." in told[0]
    assert "`python grader.py 2b` tells more." in told[0]


def line_settings(tmp_path, **flags):
    return Settings.from_flags({"out_dir": tmp_path, "n_epochs": 3, "batch_size": 10, **flags})


def test_an_epoch_visits_every_example_once_in_an_order_of_its_own(tmp_path):
    run = Line(line_settings(tmp_path))
    Loop(run).train()
    epochs = [sum(run.batches[first : first + 100], []) for first in (0, 100, 200)]
    assert all(sorted(epoch) == list(range(1000)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_last_partial_batch_is_dropped(tmp_path):
    run = Line(line_settings(tmp_path, batch_size=300, n_epochs=2))
    Loop(run).train()
    assert [len(batch) for batch in run.batches] == [300] * 6


def test_losses_and_curves_are_recorded_for_every_step(tmp_path):
    run = Line(line_settings(tmp_path))
    training = Loop(run)
    training.train()
    assert len(training.losses["mse"]) == 300 and training.curves["valid"] == [100.0, 200.0, 300.0]


def spoil_loss(run, loss):
    return {"mse": loss * float("nan")}


def spoil_parameter(run, loss):
    with torch.no_grad():
        run.net.bias.fill_(float("inf"))
    return {"mse": loss}


def spoil_optimizer(run, loss):
    run.optimizer.state[run.net.weight]["exp_avg_sq"].fill_(float("inf"))
    return {"mse": loss}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_loss, r"loss mse is nan at step 137 \(epoch 2\)"),
        (spoil_parameter, "state of the net is not finite after step 137"),
        (spoil_optimizer, "state of the optimizer is not finite after step 137"),
    ],
)
def test_a_run_that_is_no_longer_finite_stops_and_keeps_the_last_good_checkpoint(tmp_path, spoil, message):
    run = Line(line_settings(tmp_path, save_every=0), spoiled=137, spoil=spoil)
    with pytest.raises(TrainingStopped, match=message) as caught:
        Loop(run).train()
    assert "holds step 136" in str(caught.value)
    assert checkpoint.load(tmp_path / "checkpoint.pt")["step"] == 136


def test_a_loss_that_is_not_finite_is_found_between_checkpoints_too(tmp_path):
    run = Line(line_settings(tmp_path, save_every=1000), spoiled=137, spoil=spoil_loss)
    with pytest.raises(TrainingStopped, match=r"nan at step 137 .* Nothing was saved"):
        Loop(run).train()
    assert run.done < 137 + 25


@pytest.mark.parametrize("log", [1, 25])
def test_a_run_with_patience_goes_on_until_too_many_losses_in_a_row_are_not_finite(tmp_path, monkeypatch, log):
    monkeypatch.setattr("training.loop.LOOK_EVERY", log)

    def train(bad_steps):
        run = Line(line_settings(tmp_path))
        run.patience = 3
        step = run.step
        run.step = lambda indices: spoil_loss(run, step(indices)["mse"]) if run.done + 1 in bad_steps else step(indices)
        training = Loop(run)
        training.train()
        return training.losses["mse"]

    assert np.isnan(train({24, 25, 26, 28, 29, 30})).sum() == 6
    with pytest.raises(TrainingStopped, match="loss mse is nan at step 26"):
        train({23, 24, 25, 26})


def test_the_mean_of_the_last_losses_is_of_the_finite_ones():
    assert mean_of_last([7.0, 1.0, math.inf, math.nan, 3.0], n=4) == 2
    assert mean_of_last([1.0, math.inf], n=1) == math.inf


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_after_the_step_and_says_how_to_go_on(tmp_path, number):
    def interrupt(run, loss):
        os.kill(os.getpid(), number)
        return {"mse": loss}

    before = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)]
    settings = line_settings(tmp_path)
    whole = Line(settings)
    Loop(whole).train()
    (tmp_path / "checkpoint.pt").unlink()

    stopped = Line(settings, spoiled=55, spoil=interrupt)
    with pytest.raises(Interrupted, match=r"step 55 of 300(.|\n)*--resume"):
        Loop(stopped).train()
    assert [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)] == before

    resumed = Line(line_settings(tmp_path, resume=True))
    training = Loop(resumed)
    assert training.step == 55
    training.train()
    assert torch.equal(resumed.net.weight, whole.net.weight)
    assert stopped.batches + resumed.batches == whole.batches


def test_a_second_ctrl_c_acts_at_once(tmp_path):
    def interrupt_twice(run, loss):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("the second one was not heard")

    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        Loop(Line(line_settings(tmp_path), spoiled=55, spoil=interrupt_twice)).train()


def test_checkpoints_come_as_often_as_asked_for(tmp_path, monkeypatch):
    clock = itertools.count()  # every look at it takes a second; there is one a step, and one after a save
    monkeypatch.setattr(loop.time, "monotonic", lambda: next(clock))
    steps = []
    monkeypatch.setattr(checkpoint, "save", lambda path, state: steps.append(state["step"]))
    Loop(Line(line_settings(tmp_path, save_every=50))).train()
    assert steps == [50, 100, 150, 200, 250, 300]


def test_the_order_of_the_data_depends_on_the_seed(tmp_path):
    runs = [Line(line_settings(tmp_path, n_epochs=1, seed=seed)) for seed in (0, 1)]
    for run in runs:
        Loop(run).train()
    assert runs[0].batches != runs[1].batches


def test_a_resumed_run_that_breaks_names_the_checkpoint_it_came_from(tmp_path):
    settings = line_settings(tmp_path, save_every=0)
    with pytest.raises(TrainingStopped):
        Loop(Line(settings, spoiled=137, spoil=spoil_loss)).train()
    again = Line(line_settings(tmp_path, resume=True), spoiled=1, spoil=spoil_loss)
    with pytest.raises(TrainingStopped, match="nan at step 137 .* holds step 136"):
        Loop(again).train()


@pytest.mark.parametrize(("flag", "value"), [("n_epochs", 2), ("batch_size", 20), ("seed", 9), ("n_samples", 200)])
def test_resuming_with_other_settings_is_refused_with_both_values(tmp_path, flag, value):
    settings = line_settings(tmp_path)
    Loop(Line(settings)).train()
    other = line_settings(tmp_path, resume=True, **{flag: value})
    with pytest.raises(TrainingStopped, match=f"trained with --{flag} .*, not with --{flag} {value}"):
        Loop(Line(other))


def test_a_finished_run_that_goes_further_ends_like_one_that_was_to_go_so_far(tmp_path):
    whole = Loop(Line(line_settings(tmp_path / "whole", n_epochs=4)))
    whole.train()
    for n_epochs in (3, 4):
        torch.manual_seed(0)  # what a new process does, by way of session.py
        further = Loop(Line(line_settings(tmp_path / "further", n_epochs=n_epochs, resume=True)))
        further.train()
    assert further.step == 400 and further.losses == whole.losses
    assert torch.equal(further.run.net.weight, whole.run.net.weight)


def test_a_schedule_is_not_stretched_afterwards(tmp_path):
    class Scheduled(Line):
        scheduled = True

    Loop(Scheduled(line_settings(tmp_path))).train()
    with pytest.raises(TrainingStopped, match="trained with --n_epochs 3, not with --n_epochs 4"):
        Loop(Scheduled(line_settings(tmp_path, n_epochs=4, resume=True)))


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    settings = line_settings(tmp_path, resume=True)
    run = Line(settings)
    Loop(run).train()
    run.parts["net"] = torch.nn.Linear(4, 1)
    with pytest.raises(TrainingStopped, match="does not fit the present code"):
        Loop(run)


def test_a_batch_larger_than_the_data_is_refused(tmp_path):
    with pytest.raises(TrainingStopped, match="--batch_size 1001 is more than the 1000"):
        Line(line_settings(tmp_path, batch_size=1001))


def start(flags, out_dir, log):
    command = [sys.executable, str(MAIN), *flags, "--out_dir", str(out_dir), "--save_every", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


@pytest.mark.parametrize(("flags", "most_kills"), KILLED.values(), ids=KILLED.keys())
def test_a_run_killed_anywhere_and_resumed_ends_like_one_never_killed(tmp_path, flags, most_kills):
    seed = random.randrange(2**32)
    print(f"moments drawn from seed {seed}")
    moments = random.Random(seed)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with open(tmp_path / "log", "w") as log:
        assert start(flags, whole, log).wait() == 0
        seconds = json.loads((whole / "metrics.json").read_text())["seconds"]
        kills = 0
        for _ in range(most_kills + 1):
            stamp = _stamp(killed)
            child = start([*flags, "--resume"], killed, log)
            if kills < most_kills:
                while _stamp(killed) == stamp and child.poll() is None:  # until it trains
                    time.sleep(0.01)
                time.sleep(moments.uniform(0, 0.3 * seconds))
                child.kill()
            if child.wait() == 0:
                break
            kills += 1
    assert child.returncode == 0 and kills >= 1
    expected, found = (checkpoint.load(folder / "checkpoint.pt") for folder in (whole, killed))
    for same in ("step", "settings", "losses", "curves", "parts", "random"):
        assert _equal(expected[same], found[same]), same
    pictures = sorted(path.name for path in whole.iterdir() if path.suffix in (".png", ".gif"))
    assert pictures == sorted(path.name for path in killed.iterdir() if path.suffix in (".png", ".gif"))
    for name in pictures:
        assert (whole / name).read_bytes() == (killed / name).read_bytes(), name
    assert not list(killed.glob("*.partial"))


def _stamp(folder):
    """When the folder's checkpoint was written; None without one."""
    path = folder / "checkpoint.pt"
    return path.stat().st_mtime_ns if path.exists() else None


def _equal(a, b):
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_equal(x, y) for x, y in zip(a, b, strict=True))
    return a == b
