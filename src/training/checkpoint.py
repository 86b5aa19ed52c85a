"""Checkpoints: everything that a killed run needs to go on as if nothing had happened."""

import random

import numpy as np
import torch

from training.errors import TrainingStopped
from training.files import written_beside

FORMAT = 1


def save(path, state):
    """Writes `state`, plain data and tensors only, and the states of all random streams."""
    with written_beside(path) as file:
        torch.save({"format": FORMAT, "random": random_states(), **state}, file)


def load(path):
    """Reads a checkpoint, on the CPU, without running anything that it might hold.

    Raises:
        TrainingStopped: not a checkpoint of this program.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["format"] != FORMAT:
            raise ValueError(f"format {state['format']}, this program reads {FORMAT}")
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TrainingStopped(
            f"{path} cannot be resumed from: {reason}. Move it away, or start anew without --resume."
        ) from error
    return state


def random_states():
    """States of Python's, NumPy's and torch's random streams: a student's loss may draw from any."""
    name, keys, *rest = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": (name, torch.from_numpy(keys.astype(np.int64)), *rest),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_states(states):
    """Puts the random streams back to where `random_states` found them."""
    random.setstate(states["python"])
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(states["torch"])
    if len(states["cuda"]) == torch.cuda.device_count() > 0:
        torch.cuda.set_rng_state_all(states["cuda"])


def seed_everything(seed):
    """Starts all random streams from one seed."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
