"""One grading in an arena: `python -m staff.grade` with some of the tests. It is run in the arena's copy of the grader.

python -m bout TESTS WALL PEAK SUBMISSION ...

TESTS are ids with commas between; a WALL of none leaves the submission in the open, to see that the arena notices
what an attack does there; PEAK is a file for the most memory that the grader itself took, in bytes.
"""

import contextlib
import re
import sys
from pathlib import Path

from staff import grade as command

from graderUtil import choose
from grading.client import OpenRoom


def main():
    wanted, wall, peak, *arguments = sys.argv[1:]
    tests = command.tests
    command.tests = lambda: choose(tests(), wanted.split(","))
    if wall == "none":
        command.isolation.wall = _open
    else:
        arguments += ["--wall", wall]
    status = command.main(arguments)
    # Not getrusage, which counts what the process was before it became this one.
    Path(peak).write_text(str(1024 * int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])))
    sys.exit(status)


@contextlib.contextmanager
def _open(name, submission, memory):
    room = OpenRoom(submission, memory)
    room.name = "none"
    yield room


main()
