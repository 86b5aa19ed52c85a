"""Checkpoints bring back every random stream and run nothing."""

import pickle
import random
import resource

import numpy as np
import pytest
import torch

from training import checkpoint
from training.errors import TrainingStopped


def draw():
    return random.random(), np.random.normal(), float(torch.randn(()))


def test_random_streams_go_on_where_they_stopped(tmp_path):
    checkpoint.seed_everything(3)
    draw()
    checkpoint.save(tmp_path / "c.pt", dict.fromkeys(checkpoint.KEYS - {"random"}))
    expected = [draw() for _ in range(3)]
    checkpoint.seed_everything(4)
    checkpoint.set_random_states(checkpoint.load(tmp_path / "c.pt")["random"])
    assert [draw() for _ in range(3)] == expected


@pytest.mark.parametrize(("there", "restored"), [(0, []), (1, ["a"]), (2, ["a", "b"]), (3, ["a", "b"])])
def test_the_streams_of_gpus_go_on_with_as_many_as_there_are(monkeypatch, there, restored):
    streams = {}
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, number: streams.update({number: state}))
    checkpoint.set_random_states({**checkpoint.random_states(), "cuda": ["a", "b"]})
    assert streams == dict(enumerate(restored))


def test_the_same_seed_gives_the_same_numbers():
    drawn = []
    for seed in (2**32 - 1, 2**32 - 1, 5):
        checkpoint.seed_everything(seed)
        drawn.append(draw())
    assert drawn[0] == drawn[1] != drawn[2]


class Trap:
    """Unpickling this would raise the alarm."""

    def __reduce__(self):
        return pytest.fail, ("the checkpoint ran code",)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", pickle.dumps(Trap(), protocol=2)])
def test_what_is_no_checkpoint_is_refused_and_named(tmp_path, content):
    path = tmp_path / "c.pt"
    path.write_bytes(content)
    with pytest.raises(TrainingStopped, match="c.pt is damaged, or not a checkpoint"):
        checkpoint.load(path)


def test_a_checkpoint_with_code_in_it_is_refused(tmp_path):
    path = tmp_path / "c.pt"
    torch.save({"format": checkpoint.FORMAT, "trap": Trap()}, path)
    with pytest.raises(TrainingStopped, match="damaged, or not a checkpoint"):
        checkpoint.load(path)


@pytest.mark.parametrize("state", [{"format": 99}, {"format": checkpoint.FORMAT}, [1, 2]])
def test_other_formats_are_refused(tmp_path, state):
    path = tmp_path / "c.pt"
    torch.save(state, path)
    with pytest.raises(TrainingStopped, match="not a checkpoint of this program"):
        checkpoint.load(path)


def test_a_disk_that_is_full_is_said_and_keeps_the_former_checkpoint(tmp_path):
    path = tmp_path / "c.pt"
    path.write_bytes(b"former")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(TrainingStopped, match="c.pt cannot be written: File too large"):
            checkpoint.save(path, {"weights": torch.zeros(10_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"former" and list(tmp_path.iterdir()) == [path]
