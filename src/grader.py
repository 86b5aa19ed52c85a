"""The autograder: runs the tests of the coding problems (grading/problems/), in the handout's order.

    python grader.py                        all tests
    python grader.py 2b                     those of one question
    python grader.py 2b-1-basic             one
    python grader.py --debug 2b-1-basic     one, in this process: breakpoints in your code work

Your code runs in a process of its own, on networks so small that the results can be worked out by hand; this process
compares. Basic tests carry the right results as numbers. Hidden tests need answers that are graded with, not handed
out.
"""

import argparse
import json
import math
import os
import secrets
import sys
from pathlib import Path

try:
    import numpy  # noqa: F401
except ModuleNotFoundError:
    said = "Activate the environment of the problem set first; README.md says how."
    print(f"{sys.executable} has no NumPy. {said}", file=sys.stderr)
    sys.exit(2)

from graderUtil import GradingStopped, TerminalResult, choose, load_tests
from grading.case import SubmissionTest
from grading.client import OpenRoom, Worker, WorkerMissing
from grading.problems import fgan, flow, gan, image_flow, vae

HERE = Path(__file__).resolve().parent

PRINTED = 10  # lines of what a test prints, where it is not the only one
CASES = (
    *(flow.Test_1a, flow.Test_1b, flow.Test_1c),
    *(gan.Test_2b, gan.Test_4b, gan.Test_5e),
    *(vae.Test_6a, vae.Test_6b, vae.Test_6c, vae.Test_6d, vae.Test_6e),
    gan.Test_7a,
    *(fgan.Test_8a, fgan.Test_8b),
    *(image_flow.Test_9a, image_flow.Test_9b, image_flow.Test_9c),
)


def load_solution():
    """The module of the answers, or None where they are not: on a student's machine."""
    if not (HERE / "solution").is_dir():
        return None
    import solution

    return solution


def fresh_seed():
    """A seed of cases: too many to be found by trying all, now that students see what a basic test's fresh case is; and
    of 53 bits, which JSON can hold."""
    return secrets.randbits(53)


def load_points():
    """{test id: points}, from points.json beside this file or one folder up.

    Ends the program where there is none, or where it leaves out a test: nothing can be run then.
    """
    for path in (HERE / "points.json", HERE.parent / "points.json"):
        if path.is_file():
            try:
                points = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_of_different_names)
            except ValueError as error:
                _stop(f"{path} cannot be read: {error}.")
            if not isinstance(points, dict):
                _stop(f"{path} must be an object of test ids and points.")
            if lacking := [test.test.name for test in load_tests(*CASES) if test.test.name not in points]:
                _stop(f"{path} has no points for {', '.join(lacking)}.")
            tests = {test.test.name for test in load_tests(*CASES)}
            if unknown := [name for name in points if name.endswith(("-basic", "-hidden")) and name not in tests]:
                _stop(f"{path} has points for {', '.join(unknown)}, but there is no such test.")
            if odd := [name for name, value in points.items() if not _is_points(value)]:
                _stop(f"{path} has points that are no numbers from 0 on, for {', '.join(odd)}.")
            return points
    return _stop(f"points.json is missing: it belongs beside the folder {HERE}.")


def _of_different_names(pairs):
    """A JSON object as a dict; of a name that stands there twice only one would count."""
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{', '.join(twice)} stands there more than once")
    return dict(pairs)


def _is_points(value):
    return type(value) in (int, float) and 0 <= value < math.inf


def _stop(message):
    print(message, file=sys.stderr)
    sys.exit(2)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="Grades a submission.", epilog="An id is 2b-1-basic, or a question: 2b, or a problem: 2."
    )
    parser.add_argument("tests", nargs="*", metavar="ID", help="tests to run; all of them if none is named")
    parser.add_argument("--debug", action="store_true", help="run your code in this process, for breakpoints")
    parser.add_argument(
        "--submission", type=Path, default=HERE / "submission", help="folder of flow_network.py, gan.py and others"
    )
    parser.add_argument("--seed", type=int, help="seed of the hidden tests' cases")
    flags = parser.parse_args(arguments)
    if flags.seed is not None and flags.seed < 0:
        parser.error("--seed must not be negative")

    try:
        tests = choose(load_tests(*CASES), flags.tests)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    if not any(flags.submission.glob("*.py")):
        print(f"{flags.submission} is no folder with flow_network.py, gan.py and others.", file=sys.stderr)
        return 2
    SubmissionTest.solution = load_solution()
    SubmissionTest.seed = fresh_seed() if flags.seed is None else flags.seed
    result = TerminalResult(load_points(), lines=None if len(tests) == 1 else PRINTED)
    try:
        if SubmissionTest.solution:
            print(f"Hidden tests with --seed {SubmissionTest.seed}\n")
        with worker_for(flags) as SubmissionTest.worker:
            for test in tests:
                test.run(result)
        result.close()
        if unwritten := still_to_write(tests):
            print(unwritten)
        sys.stdout.flush()  # else it would fail only when all is over
    except GradingStopped as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0 if result.all_passed else 1


def still_to_write(tests):
    """Names the functions that tests found empty, or is ""."""
    unwritten = dict.fromkeys(test.unwritten for test in tests if test.unwritten)
    return f"Still to be written: {', '.join(unwritten)}." if unwritten else ""


def worker_for(flags):
    if not flags.debug:
        worker = Worker(OpenRoom(flags.submission))
        worker.wait()
        return worker
    try:
        from grading.inprocess import InProcess
    except ModuleNotFoundError as error:
        raise WorkerMissing(
            f"{error}. Activate the environment of the problem set first; README.md says how."
        ) from None
    return InProcess(flags.submission)


if __name__ == "__main__":
    sys.exit(main())
