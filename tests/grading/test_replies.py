"""Whatever numbers a reply brings, a test passes or says what is wrong: the grader does not stumble."""

import random
from pathlib import Path

import numpy as np
import pytest

import grader
from graderUtil import NO_SENSE, GradedResult, load_tests
from grading.inprocess import InProcess

SUBMISSION = Path(grader.HERE, "submission")
CHANGES = {
    "a single number": lambda array: np.array(0.5),
    "nothing": lambda array: np.zeros(0),
    "no rows": lambda array: array[:0] if array.ndim else np.zeros((0, 3)),
    "one row": lambda array: array[:1] if array.ndim else np.zeros((1, 3)),
    "twice the rows": lambda array: np.repeat(np.atleast_1d(array), 2, axis=0),
    "an axis more": lambda array: array[None],
    "an axis behind": lambda array: array[..., None],
    "one long row": lambda array: array.ravel(),
    "turned": lambda array: array.T,
    "not finite": lambda array: np.full(array.shape, np.nan),
    "endless": lambda array: np.full(array.shape, -np.inf),
    "huge": lambda array: np.full(array.shape, 1e300),
    "whole": lambda array: np.ones(array.shape, int),
    "truth values": lambda array: np.ones(array.shape, bool),
    "complex": lambda array: array.astype(complex),
}


class Liar(InProcess):
    """Honest, but that one array of each reply is changed."""

    def __init__(self, change, seed):
        super().__init__(SUBMISSION)
        self.change, self.random = change, random.Random(seed)

    def ask(self, probe, seconds, seed=0, **arguments):
        reply = super().ask(probe, seconds, seed, **arguments)
        numbers = sorted(name for name, array in reply.items() if np.asarray(array).dtype.kind != "U")
        if numbers:
            name = self.random.choice(numbers)
            reply[name] = self.change(np.asarray(reply[name]))
        return reply


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("seed", [0, 4])  # of which arrays are changed; these two found the most
def test_the_grader_does_not_stumble_over_any_reply(monkeypatch, what, seed):
    monkeypatch.setattr(grader.SubmissionTest, "worker", Liar(CHANGES[what], seed))
    monkeypatch.setattr(grader.SubmissionTest, "solution", grader.load_solution())
    result = GradedResult(grader.load_points())
    for test in load_tests(*grader.CASES):
        test.run(result)
    stumbles = [(o.test.name, o.output[-600:]) for o in result.outcomes if o.gist == NO_SENSE]
    assert not stumbles, stumbles[0]
    assert any(o.status == "failed" for o in result.outcomes)
