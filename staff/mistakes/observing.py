"""Runs the grader's tests on trusted submissions within this process, and keeps what they saw."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import grader
from graderUtil import GradedResult, load_tests
from grading.inprocess import InProcess


@dataclass
class Graded:
    """How a submission did: outcomes {test id: graderUtil.Outcome}, and the observations of all tests."""

    outcomes: dict
    observations: list

    def points(self, question):
        """(points, points to be had) of a question."""
        chosen = [outcome for outcome in self.outcomes.values() if outcome.test.question == question]
        return sum(o.points for o in chosen), sum(o.max_points for o in chosen)

    def failed(self, suffix=""):
        """The tests that failed, as ids; of a kind, "basic" or "hidden"."""
        return [name for name, o in self.outcomes.items() if o.status == "failed" and name.endswith(suffix)]


def grade(sources, seed, questions=None, answers=True):
    """Grades a submission that is trusted not to do harm.

    Args:
        sources: {file name: text}.
        seed: of the hidden tests.
        questions: which to grade, all by default.
        answers: False for what a student sees, without `solution/`.

    Returns:
        `Graded`.
    """
    case = grader.SubmissionTest
    kept = case.worker, case.solution, case.seed
    tests = [t for t in load_tests(*grader.CASES) if questions is None or t.test.question in questions]
    result = GradedResult(grader.load_points())
    with tempfile.TemporaryDirectory() as folder:
        for name, text in sources.items():
            Path(folder, name).write_text(text)
        case.worker, case.solution, case.seed = InProcess(folder), grader.load_solution() if answers else None, seed
        try:
            for test in tests:
                test.run(result)
        finally:
            case.worker, case.solution, case.seed = kept
    return Graded({o.test.name: o for o in result.outcomes}, [o for test in tests for o in test.observations])
