"""What can stop a run, each with the line that its user reads."""

import traceback
from pathlib import Path

import torch

SUBMISSION = Path(__file__).resolve().parent.parent / "submission"


class TrainingStopped(Exception):
    """The run cannot go on; the message says why and what to do."""


class Interrupted(TrainingStopped):
    """The user asked the run to stop; everything is saved."""


def unwritten_function(error):
    """The line for a student who has not got there yet.

    Args:
        error: a NotImplementedError with its traceback.

    Returns:
        A line naming the function of the submission that raised it; None if it was raised elsewhere.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    path = Path(frame.filename).resolve()
    if SUBMISSION not in path.parents or "NotImplementedError" not in frame.line:  # torch raises it as well
        return None
    place = path.relative_to(SUBMISSION.parent)
    return f"{frame.name} in {place}, line {frame.lineno}, is not written yet: write it, then run this again."


def checked_loss(name, loss):
    """Returns a loss that a student's function gave, if training can minimise it.

    Raises:
        TrainingStopped: not a 0-d tensor with a gradient.
    """
    if not isinstance(loss, torch.Tensor):
        found = f"{type(loss).__name__}: {str(loss)[:40]}"
    elif loss.dim() > 0:
        found = f"a tensor of shape {tuple(loss.shape)}"
    elif not loss.requires_grad:
        found = "a tensor without a gradient (detached, or made under no_grad)"
    else:
        return loss
    raise TrainingStopped(f"{name} must return a 0-d tensor that can be differentiated; it returned {found}.")
