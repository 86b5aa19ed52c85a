"""One submission's grading as a job that can travel: plain data in, plain data out.

A process that does jobs keeps a warmed process behind the wall from one to the next.
"""

import contextlib
import hashlib
import threading
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import grader
from graderUtil import GradescopeResult
from staff import bundle, nest, scratch
from staff.grade import NO_FAULT_OF_YOURS, CannotGrade, Grading, grade, software, tests
from staff.settings import Settings


@dataclass(frozen=True)
class Job:
    """What is to be graded: `handed_in` is the name of the folder or zip; `archive` is `grading.handin.packed`, or None
    with `refused` or `unread`, which says why it cannot be taken, or read on this machine."""

    id: str
    handed_in: str
    archive: bytes | None
    refused: str
    seed: int
    settings: Settings
    grader: str
    unread: str = ""


@dataclass(frozen=True)
class Done:
    """How it went.

    status: "graded"; "refused", where it is nothing that can be graded; "failed", where this machine could not.
    results: in Gradescope's form; `extra_data` tells from what they came.
    seen: {function: [(what, array as plain data)]} of functions that went wrong, for naming.
    """

    id: str
    status: str
    why: str
    results: dict
    seen: dict


_one_at_a_time = threading.Lock()  # within a process; Dask's workers may have several threads


def do(job):
    """Grades a submission behind the wall; never raises for the submission's sake."""
    with _one_at_a_time:
        return _do(job)


def failed(job, why):
    """As `do`, of a job that cannot be done on this machine, for a reason that the staff is told."""
    return _concluded(job, *_begun(job), "failed", why)


def _do(job):
    began = time.perf_counter()
    chosen, result, extra = _begun(job)
    if job.archive is not None:
        status, why = _grade(job, chosen, result, extra)
    else:
        status, why = ("failed", job.unread) if job.unread else ("refused", job.refused)
    extra["seconds"] = round(time.perf_counter() - began, 3)
    return _concluded(job, chosen, result, extra, status, why)


def _begun(job):
    """The tests, what gathers their outcomes, and its `extra_data`."""
    chosen = tests()
    extra = {
        "seed": job.seed,
        "handed_in": job.handed_in,
        "submission": fingerprint(job.archive, job.refused),
        "grader": job.grader,
        **software(),
        "settings": asdict(job.settings),
        "wall": "",
        "status": "graded",
    }
    return chosen, GradescopeResult(grader.load_points(), None, chosen, job.settings.hidden_visibility, extra), extra


def _concluded(job, chosen, result, extra, status, why):
    extra |= {"status": status, "why": why}
    if status == "graded":
        output = grader.still_to_write(chosen)
    elif status == "refused":
        output = f"Your submission could not be graded.\n{why}"
    else:
        output = NO_FAULT_OF_YOURS
    result.close(output)
    return Done(job.id, status, why, result.results(), _seen(chosen) if status == "graded" else {})


def _grade(job, chosen, result, extra):
    with contextlib.closing(scratch.Folder()) as own:
        path = own.path / "submission.zip"
        path.write_bytes(job.archive)
        try:
            shared = _nest(job.settings.wall, job.settings.memory)
            extra["wall"] = grade(path, Grading(job.seed, job.settings), chosen, result, shared.room)
        except CannotGrade as error:
            return ("refused" if error.blame == "submission" else "failed"), str(error)
        except Exception as error:  # a bug of ours is to cost one submission's grade, not the class's
            return "failed", f"{type(error).__name__}: {error}"
    return "graded", ""


@cache
def _nest(wall, memory):
    return nest.Nest(wall, memory)


def _seen(chosen):
    from staff.mistakes.naming import encoded, fingerprint, wrong_functions

    observations = [observation for test in chosen for observation in test.observations]
    try:
        return {
            function: [(what, encoded(array)) for what, array in fingerprint(observations, function)]
            for function in wrong_functions(observations)
        }
    except Exception:  # observations hold what a submission sent; that no mistake is named is no reason to stop
        return {}


def fingerprint(archive, refused=""):
    """A hash of what was handed in."""
    return hashlib.sha256(archive if archive is not None else refused.encode(errors="backslashreplace")).hexdigest()


@cache
def version():
    """A hash of the grader: of all that a grade depends on, save the packages."""
    total = hashlib.sha256()
    # Of a class a grade depends on these too: they keep the limits of a process that many share.
    own = {f"staff/{path.name}": path for path in (Path(__file__), Path(nest.__file__))}
    for name, path in (bundle.held() | own).items():
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
