"""Checkpoints: everything that a killed run needs to go on as if nothing had happened."""

import io
import random
from contextlib import contextmanager

import numpy as np
import torch

from training.errors import TrainingStopped
from training.files import written_beside

FORMAT = 2  # in 1, Adam's averages were of features in another order
KEYS = {"settings", "step", "seconds", "losses", "curves", "parts", "random"}


def save(path, state):
    """Writes `state`, plain data and tensors only, and the states of all random streams."""
    content = io.BytesIO()  # torch's own writer hides the reason when a disk is full
    torch.save({"format": FORMAT, "random": random_states(), **state}, content)
    with written_beside(path) as file:
        file.write(content.getbuffer())


def load(path):
    """Reads a checkpoint, on the CPU, without running anything that it might hold.

    Raises:
        TrainingStopped: not a checkpoint of this program.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        whole = state["format"] == FORMAT and state.keys() >= KEYS
    except Exception:  # whatever a damaged file makes of the unpickler
        whole = False
    if not whole:
        raise TrainingStopped(
            f"{path} is damaged, or not a checkpoint of this program: move it away, or start anew without --resume."
        )
    return state


def random_states():
    """States of Python's, NumPy's and torch's random streams: a student's loss may draw from any."""
    name, keys, *rest = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": (name, torch.from_numpy(keys.astype(np.int64)), *rest),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
    }


def set_random_states(states):
    """Puts the random streams back to where `random_states` found them."""
    random.setstate(states["python"])
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(states["torch"])
    for number, state in enumerate(states["cuda"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(state, number)


@contextmanager
def random_numbers_apart(seed, device):
    """Within it, torch's random numbers start from a seed; after it, they go on as if nothing had been drawn."""
    devices = [torch.cuda.current_device()] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield


def seed_everything(seed):
    """Starts all random streams from one seed."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
