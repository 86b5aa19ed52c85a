"""Grades one submission, a folder or a zip, behind a wall.

    python -m staff.grade SUBMISSION                     prints how it did
    python -m staff.grade SUBMISSION --out results.json  and writes it as Gradescope wants it
    python -m staff.grade SUBMISSION --seed 7            on the cases of an earlier run
    python -m staff.grade SUBMISSION --names             and compares what fails with the catalogue of mistakes

Exit status: 0 if it could be graded, whatever the score; 2 if it could not; 130 if it was interrupted.
"""

import argparse
import contextlib
import errno
import os
import platform
import sys
import tempfile
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import grader
from graderUtil import GradescopeResult, GradingStopped, TerminalResult, load_tests
from grading.case import SubmissionTest
from grading.client import Worker, plain_text
from grading.handin import Refused, Unread, unpack
from staff import isolation, scratch, settings

FULL = (errno.ENOSPC, errno.EDQUOT)  # errors of a disk without room
NO_FAULT_OF_YOURS = "The autograder does not work on this machine; your submission is not to blame. Tell the staff."


class CannotGrade(Exception):
    """The submission cannot be graded; the message says why.

    Args:
        blame: "submission" or "machine".
    """

    def __init__(self, message, blame):
        super().__init__(message)
        self.blame = blame


@dataclass
class Grading:
    """How a submission is to be graded: the seed of its cases, and the instructor's settings."""

    seed: int
    settings: settings.Settings

    def enclose(self, folder):
        """A wall around a submission."""
        return isolation.wall(self.settings.wall, folder, self.settings.memory)


class TwoResults(TerminalResult):
    """Hands each outcome on, and writes to the terminal, which may be a pipe whose reader leaves."""

    def __init__(self, points, other=None):
        super().__init__(points)
        self._other = other

    def starting(self, test):
        with _whoever_reads():
            super().starting(test)

    def finished(self, outcome):
        if self._other:
            self._other.note(outcome)
        with _whoever_reads():
            super().finished(outcome)


@contextlib.contextmanager
def _whoever_reads():
    """Prints what is printed within; once its reader has left (`| head`), nowhere, and grading goes on."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def tests():
    """All tests, the basic ones first: what a submission remembers of hidden cases is then of no more use to it."""
    return sorted(load_tests(*grader.CASES), key=lambda test: test.test.is_hidden)


def software():
    """Versions of what a grade may depend on beside the grader, for `extra_data`; "" of what is not there."""
    torch = ""
    with contextlib.suppress(metadata.PackageNotFoundError):
        torch = metadata.version("torch")
    return {"python": platform.python_version(), "torch": torch}


def grade(submission, grading, chosen, result, enclose=None):
    """Grades a submission.

    Args:
        submission: a folder or a zip, as it was handed in.
        grading: `Grading`.
        chosen: the tests, as `tests` gives them.
        result: gathers the outcomes, `graderUtil.GradedResult`.
        enclose: makes a room behind a wall for a folder; one of its own, unless it is given.

    Returns:
        The name of the wall that it was behind.

    Raises:
        CannotGrade: it is nothing that can be graded, or this machine cannot grade.
    """
    SubmissionTest.solution, SubmissionTest.seed = grader.load_solution(), grading.seed
    with contextlib.closing(scratch.Folder()) as own:  # swept by another grader, if this one is killed
        try:
            unpack(submission, own.path)
        except (Refused, FileNotFoundError) as error:
            raise CannotGrade(str(error), "machine" if isinstance(error, Unread) else "submission") from error
        try:
            with (enclose or grading.enclose)(own.path) as wall:
                with Worker(wall) as SubmissionTest.worker:
                    for test in chosen:
                        test.run(result)
                return wall.name
        except (isolation.NoWall, GradingStopped) as error:
            raise CannotGrade(str(error), "machine") from error
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise CannotGrade(_no_room(error), "machine") from error


def _no_room(error):
    where = error.filename2 or error.filename or tempfile.gettempdir()
    return f"{where}: {error.strerror}. Make room, and grade again."


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m staff.grade", description="Grades one submission behind a wall.")
    parser.add_argument("submission", type=Path, help="folder or zip")
    parser.add_argument("--out", type=Path, help="write the results there, in Gradescope's form")
    parser.add_argument("--seed", type=int, help="seed of the cases, to repeat a run; a fresh one if it is not given")
    parser.add_argument("--wall", choices=["bubblewrap", "user"], help="demand this wall")
    parser.add_argument("--names", action="store_true", help="compare what fails with the catalogue of mistakes")
    flags = parser.parse_args(arguments)
    if flags.seed is not None and flags.seed < 0:
        parser.error("--seed must not be negative")
    try:
        chosen = settings.load()
        if flags.wall:
            chosen = replace(chosen, wall=flags.wall)
        return _run(flags, Grading(grader.fresh_seed() if flags.seed is None else flags.seed, chosen))
    except (settings.Unsettled, CannotGrade) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(_no_room(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def _run(flags, grading):
    chosen, points, file = tests(), grader.load_points(), None
    extra = {"seed": grading.seed, **software()}
    if flags.out:
        try:
            file = GradescopeResult(points, flags.out, chosen, grading.settings.hidden_visibility, extra)
        except OSError as error:
            print(f"{flags.out} cannot be written: {error}", file=sys.stderr)
            return 2
    result = TwoResults(points, file)
    with _whoever_reads():
        print(f"{plain_text(str(flags.submission))} with --seed {grading.seed}\n")
    try:
        wall = grade(flags.submission, grading, chosen, result)
    except Exception as error:  # or a bug of ours; what was done until then keeps its points
        blamed = isinstance(error, CannotGrade) and error.blame == "submission"
        if file:
            with contextlib.suppress(OSError):  # where there is no room, it stays as it was: it says so too
                file.close(f"Your submission could not be graded.\n{error}" if blamed else NO_FAULT_OF_YOURS)
        raise
    unwritten = grader.still_to_write(chosen)
    if file:
        extra["wall"] = wall
        file.close(unwritten)
    with _whoever_reads():
        result.close()
        print(unwritten, end="\n" if unwritten else "")
        print(f"Behind the wall {wall!r}, with --seed {grading.seed}.")
    if flags.names and not result.all_passed:
        from staff.mistakes import naming

        seen = [observation for test in chosen for observation in test.observations]
        try:
            with _whoever_reads():
                print(naming.described(naming.names(seen, grading.seed)) or "No known mistake behaves like this.")
        except naming.NotNamed as error:
            print(error, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
