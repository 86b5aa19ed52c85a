"""What can stop a run, each with the line that its user reads."""

import traceback
from pathlib import Path

import torch

SUBMISSION = Path(__file__).resolve().parent.parent / "submission"


class TrainingStopped(Exception):
    """The run cannot go on; the message says why and what to do."""


class Interrupted(TrainingStopped):
    """The user asked the run to stop; everything is saved."""


def explain(error):
    """What a student needs to read of an error that came out of the submission.

    Args:
        error: an exception with its traceback.

    Returns:
        A line naming the function that is not written yet, or the traceback from the submission's first frame on;
        None if the submission has no part in the error.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [index for index, frame in enumerate(frames) if _in_submission(frame.filename)]
    last = frames[-1]
    if isinstance(error, NotImplementedError) and _in_submission(last.filename) and "NotImplementedError" in last.line:
        place = f"submission/{Path(last.filename).name}, line {last.lineno}"
        return f"{last.name} in {place}, is not written yet: write it, then run this again."
    if isinstance(error, SyntaxError) and _in_submission(error.filename or ""):
        own = [len(frames)]  # the message itself names file and line
    if not own:
        return None
    lines = traceback.format_list(frames[own[0] :]) + traceback.format_exception_only(error)
    return "An error in the submission:\n" + "".join(lines).rstrip()


def checked_scalar(name, value):
    """Returns what a student's loss or log-likelihood gave, if training can use it.

    Args:
        name: the function, with its file, as the message is to name it.
        value: what it returned.

    Raises:
        TrainingStopped: not a 0-d tensor with a gradient.
    """
    if not isinstance(value, torch.Tensor):
        found = f"{type(value).__name__}: {str(value)[:40]}"
    elif value.dim() > 0:
        found = f"a tensor of shape {tuple(value.shape)}"
    elif not value.requires_grad:
        found = "a tensor without a gradient (detached, or made under no_grad)"
    else:
        return value
    raise TrainingStopped(f"{name} must return a 0-d tensor that can be differentiated; it returned {found}.")


def checked_gradient(name, network_name, network):
    """Makes sure that a loss reached the network that it is to train; call after its `backward`.

    Raises:
        TrainingStopped: no parameter has a gradient.
    """
    if all(parameter.grad is None for parameter in network.parameters()):
        raise TrainingStopped(
            f"{name} does not depend on the {network_name}, which it is to train: is something detached?"
        )


def _in_submission(filename):
    return SUBMISSION in Path(filename).resolve().parents
