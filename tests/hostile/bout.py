"""One grading in an arena: `python -m staff.grade` with some of the tests. It is run in the arena's copy of the grader.

python -m bout TESTS WALL PEAK SUBMISSION ...

TESTS are ids with commas between. Behind a WALL of NAME-forked the worker is forked by a process that had one of a
neighbour's before, as in the grading of a class, and has another of it afterwards. A WALL of none leaves the submission
in the open, to see that the arena notices what an attack does there. PEAK is a file for the most memory that the grader
itself took, in bytes.
"""

import contextlib
import os
import re
import sys
from functools import partialmethod
from pathlib import Path

from staff import grade as command
from staff.nest import Nest

from graderUtil import choose
from grading.client import Failed, OpenRoom, Worker, WorkerMissing


def main():
    wanted, wall, peak, *arguments = sys.argv[1:]
    tests = command.tests
    command.tests = lambda: choose(tests(), wanted.split(","))
    if wall == "none":
        command.isolation.wall = _open
    elif wall.endswith("-forked"):
        neighbour = Path(arguments[0]).parent / "neighbour"
        command.Grading.enclose = partialmethod(_forked, wall.removesuffix("-forked"), neighbour)
    else:
        arguments += ["--wall", wall]
    status = command.main(arguments)
    # Not getrusage, which counts what the process that started this one had at that moment.
    most = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    Path(peak).write_text(str(int(most[1]) * 1024))
    sys.exit(status)


@contextlib.contextmanager
def _open(name, submission, memory):
    room = OpenRoom(submission, memory)
    room.name = "none"
    yield room


@contextlib.contextmanager
def _forked(grading, wall, neighbour, submission):
    with Nest(wall, grading.settings.memory) as nest:
        _visit(nest, neighbour)
        yield nest.room(submission)
        try:
            _visit(nest, neighbour)
        except (Failed, WorkerMissing) as error:
            print(f"{os.environ['ARENA']}-pierced: the next submission cannot be run: {error}")


def _visit(nest, submission):
    with Worker(nest.room(submission)) as worker:
        worker.prepare("gan")


main()
