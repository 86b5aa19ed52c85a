"""A step on a GPU as one CUDA graph: hundreds of kernels, which take longer to launch than to run, by one launch."""

import warnings
from contextlib import contextmanager, suppress

import torch

from training.replay import unvalidated

WARM_UPS = 3  # torch's advice; libraries set themselves up in the first
TOLERANCE = 1e-2  # of a tensor's norm: bfloat16 keeps 8 bits, and a GPU adds up in another order each time
NOISE = 1e-5  # of the largest norm: a gradient that is 0 but for rounding is never twice the same


class Graph:
    """Launches again what a function launched once, on the same places in memory; a player for `replay.recorded`.

    A function that waits for the GPU, as one does that takes a number out of a tensor, cannot be played so.
    """

    trials = 2  # the second replay must not see what the first left behind

    @staticmethod
    def of(function, batch, state):
        """A function that does what `function` does with this batch, for others. Of what it gives, a list, the first
        (the loss) is the caller's; the rest (gradients) is overwritten by the next call.

        Raises:
            RuntimeError: it cannot be captured.
        """
        places = [tensor.clone() for tensor in batch]
        with unvalidated():  # torch.distributions looks at values, which waits
            launch, results = _captured(lambda: function(*places))

        def replay(*batch):
            for place, tensor in zip(places, batch, strict=True):
                place.copy_(tensor)
            launch()
            return [results[0].clone(), *results[1:]]

        return replay

    @staticmethod
    def agree(some, others):
        """Whether tensors are the same as others, but for a GPU's rounding; where there is None, both have it."""
        pairs = list(zip(some, others, strict=True))
        if any((a is None) != (b is None) for a, b in pairs):
            return False
        pairs = [(a, b) for a, b in pairs if a is not None]
        largest = max(float(a.double().norm()) for a, _ in pairs if a.is_floating_point())
        return all(_close(a, b, NOISE * largest) for a, b in pairs)

    leaves_alike = agree


def _close(a, b, least):
    if not a.is_floating_point():  # counts, and the states of random streams
        return torch.equal(a, b)
    return float((a.double() - b.double()).norm()) <= TOLERANCE * float(a.double().norm()) + least


def _captured(function):
    """Returns what launches a function's kernels again, and the results that this fills."""
    stream = torch.cuda.Stream()  # torch asks that warm-ups go by another one
    stream.wait_stream(torch.cuda.current_stream())
    try:
        with torch.cuda.stream(stream):
            function()
            with _no_waiting():
                for _ in range(WARM_UPS - 1):
                    function()
    finally:  # whoever goes on must not be overtaken
        torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.stream(torch.cuda.current_stream()):  # where a capture fails, torch 2.11 stays on its own stream
        try:
            with torch.cuda.graph(graph):
                results = function()
        except Exception:
            # torch's random stream may still take itself to be within the capture; one that succeeds ends that
            with suppress(Exception), torch.cuda.graph(torch.cuda.CUDAGraph()):
                torch.zeros(1, device="cuda")
            raise
    return graph.replay, results


@contextmanager
def _no_waiting():
    """Whatever waits for the GPU raises RuntimeError; here that does no harm, while in a capture it leaves disorder."""
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that torch does not find all that waits: the capture will
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)
