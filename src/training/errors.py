"""What can stop a run, each with the line that its user reads."""

from pathlib import Path

import torch

import tracebacks

SUBMISSION = Path(__file__).resolve().parent.parent / "submission"


class TrainingStopped(Exception):
    """The run cannot go on; the message says why and what to do."""


class Interrupted(TrainingStopped):
    """The user asked the run to stop; everything is saved."""


def explain(error):
    """What a student needs to read of an error that came out of the submission, or of a GPU that is too small; None if
    it is neither."""
    if isinstance(error, torch.OutOfMemoryError):
        return "The GPU's memory is full. Close what else uses it, or train with a smaller --batch_size, or on the CPU."
    explanation = tracebacks.explain(error, SUBMISSION)
    hint = tracebacks.hint_of_backward(error) if isinstance(error, RuntimeError) else ""
    if explanation is None and hint:
        return f"What the submission returned cannot be differentiated: {error}\n{hint}"
    return explanation


def checked_parts(module, *names):
    """The parts of a module of the submission.

    Args:
        module: such as submission.gan.
        names: of its functions and classes.

    Raises:
        TrainingStopped: one is not there.
    """
    for name in names:
        if not hasattr(module, name):
            raise TrainingStopped(f"{module.__name__.replace('.', '/')}.py has no {name}.")
    return [getattr(module, name) for name in names]


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
        found = "a tensor without a gradient (detached, made under no_grad, or of no parameter)"
    else:
        return value
    raise TrainingStopped(f"{name} must return a 0-d tensor that can be differentiated; it returned {found}.")


def check_gradients(name, network_name, gradients):
    """Makes sure that a loss reached the network that it is to train.

    Args:
        name: the loss, with its file, as the message is to name it.
        network_name: likewise.
        gradients: by each of the network's parameters; None by those that it did not reach.

    Raises:
        TrainingStopped: there is none.
    """
    if all(gradient is None for gradient in gradients):
        raise TrainingStopped(
            f"{name} does not depend on the {network_name}, which it is to train: is something detached?"
        )
