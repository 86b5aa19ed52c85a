"""Grades a class: a Gradescope export, a folder of zips or a folder of folders.

    python -m staff.grade_all SUBMISSIONS --out DIR             goes on where it was stopped
    python -m staff.grade_all SUBMISSIONS --out DIR --changed   and grades again what is no longer up to date
    python -m staff.grade_all SUBMISSIONS --out DIR --again ID  and these, whatever their results

DIR holds results/ID.json (Gradescope's form), grades.csv, mistakes.json, report.html, and run.json: the seed.
Exit status: 0 if all that was there has a result, 1 if this machine failed on some, 2 if nothing could be begun.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

import grader
from grading.client import plain_text
from grading.handin import Refused, Unread
from staff import grades, isolation, jobs, pool, scratch, settings
from staff.grade import FULL
from staff.grades import RESULTS, SEEN
from staff.mistakes.naming import NotNamed
from staff.storing import store
from staff.submissions import NoSubmissions, find, known_as, left_out

RUN = "run.json"


class NotBegun(Exception):
    """Nothing can be begun with these flags; the message says why."""


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m staff.grade_all", description="Grades a class behind the wall.")
    parser.add_argument("submissions", type=Path, help="Gradescope export, folder of zips, or folder of folders")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the results go, and are found")
    parser.add_argument(
        "--again",
        nargs="+",
        default=[],
        metavar="ID",
        help="grade these again, and all without a result; names or ends of ids",
    )
    parser.add_argument("--changed", action="store_true", help="grade again what has changed since, or the grader has")
    parser.add_argument("--seed", type=int, help="of the cases of all; that of the run that goes on, or a fresh one")
    parser.add_argument("--jobs", type=int, default=0, help="submissions at once (four more than there are cores)")
    parser.add_argument("--cluster", metavar="tcp://HOST:8786", help="a Dask scheduler that hands the jobs out")
    parser.add_argument("--no-names", action="store_true", help="do not name mistakes, which takes minutes")
    parser.add_argument("--wall", choices=["bubblewrap", "user"], help="demand this wall")
    flags = parser.parse_args(arguments)
    if flags.jobs < 0 or (flags.seed or 0) < 0:
        parser.error("--seed and --jobs must not be negative")
    try:
        return _run(flags)
    except (NotBegun, NoSubmissions, settings.Unsettled, isolation.NoWall, grades.Unreadable, pool.NoCluster) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in FULL:
            raise
        where = error.filename or f"{flags.out} or {tempfile.gettempdir()}"
        print(f"{where}: {error.strerror}. Make room: the same command goes on.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nStopped. The same command goes on: {len(list((flags.out / RESULTS).glob('*.json')))} are graded.")
        return 130


def _run(flags):
    chosen = settings.load()
    grader.load_points()  # each job would stop at what it stops at
    if flags.wall:
        chosen = replace(chosen, wall=flags.wall)
    if not flags.cluster:
        isolation.require(chosen.wall)
    found = _found(flags)
    with _alone(flags.out):
        return _graded(flags, chosen, found)


@contextlib.contextmanager
def _alone(out):
    """Keeps a folder of results from other runs: each would grade all, and overwrite what the other has named."""
    try:
        handle = scratch.hold(out.resolve())
    except BlockingIOError:
        raise NotBegun(f"Another run is at work on {out}: wait until it is done, or name another --out.") from None
    except OSError:  # some file systems of a network know no locks
        handle = None
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _graded(flags, chosen, found):
    seed = _seed(flags)
    again = {_meant(word, found) for word in flags.again}

    todo, stale, valid = [], set(), set()
    for one in found:
        job = _job(one, seed, chosen)
        old = _result(flags.out / RESULTS / f"{one.id}.json", job)
        current = old and _made_from(old) == (seed, jobs.fingerprint(job.archive, job.refused), job.grader)
        status = old and old["extra_data"].get("status")
        if status == "graded":
            valid.add(one.id)
        if not old or status == "failed" or one.id in again or (flags.changed and not current):
            todo.append(one)
        elif not current:
            stale.add(one.id)
    if len(todo) < len(found):
        print(f"{len(found) - len(todo)} of {len(found)} have results already.")
    if stale:
        print(f"{len(stale)} of these are of other files, another grader or another seed: --changed grades them again.")

    todo = _spread(todo, {one.id for one in todo if one.loops()})
    grades.forget(flags.out, {one.id for one in todo})
    failed = _grade(todo, lambda one: _job(one, seed, chosen), valid, flags)
    kept = valid & set(failed)
    stale |= kept
    grades.write(flags.out, found, seed, stale)  # naming may take minutes: the grades are not to wait for it
    if not flags.no_names:
        try:
            grades.name_all(flags.out, found, seed)
            grades.write(flags.out, found, seed, stale)
        except NotNamed as error:
            print(error, file=sys.stderr)
    _sum_up(flags.out, found, failed, kept)
    return 1 if failed else 0


def _sum_up(out, found, failed, kept):
    """Says where the grades are, and what went wrong: `failed` is {id: why}, `kept` are ids among them."""
    print(plain_text(f"{out / 'grades.csv'} and {out / 'report.html'} are of {len(found)} submissions."))
    why = [row.results["extra_data"].get("why") for row in grades.rows(out, found) if row.status == "refused"]
    if len(why) == len(found):
        print(f"All were refused, {found[0].id} with: {why[0]}")
    if failed:
        print(f"This machine failed on {len(failed)}, {min(failed)} among them: {failed[min(failed)]}")
    if kept:
        print(f"{len(kept)} of these keep the grade that they had, as outdated: grade them --again.")


def _found(flags):
    """The submissions of the class, and what lies beside them is named; the folders of results are there then."""
    here, out = flags.submissions.resolve(), flags.out.resolve()
    if out == here or here in out.parents:
        raise NotBegun(f"--out {flags.out} is in {flags.submissions}, where it would be a submission: name another.")
    found = find(flags.submissions)
    if others := left_out(flags.submissions):
        names = ", ".join(ascii(name)[1:-1] for name in others[:5]) + ", ..." * (len(others) > 5)
        print(f"Left out, as they are no submissions: {names}.")
    try:
        for folder in (RESULTS, SEEN):
            (flags.out / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotBegun(f"--out {flags.out} cannot be written to: {error.strerror or error}.") from error
    return found


def _grade(todo, job, valid, flags):
    """Grades what is to be graded, and writes each result as it comes; returns {id: why} of what could not be.

    Args:
        todo: `staff.submissions.Submission`; of a class the archives together may be more than fits into memory.
        job: makes the job of one.
        valid: ids of those that have been graded before: that the machine fails now takes no grade away.
    """
    failed, refused = {}, 0
    if not todo:
        return failed
    seconds = 0.2 if sys.stderr.isatty() else 30  # a log is not a terminal
    with (
        pool.open(flags.cluster, flags.jobs) as workers,
        tqdm(total=len(todo), unit="submission", mininterval=seconds, maxinterval=seconds) as bar,
    ):
        for done in pool.run(workers, jobs.do, lambda one, why: jobs.failed(job(one), why), todo, job):
            if done.status == "failed":
                failed[done.id] = done.why
            refused += done.status == "refused"
            if done.status != "failed" or done.id not in valid:
                _store(flags.out / SEEN / f"{done.id}.json", done.seen)
                _store(flags.out / RESULTS / f"{done.id}.json", done.results)  # last: with it, this one is done
            bar.set_postfix(refused=refused, failed=len(failed), refresh=False)
            bar.update()
    return failed


def _meant(word, found):
    """The id of the submission that this word names: its id, its folder or zip, one of its students; or the only one
    that ends with it, 1003 for submission_1003."""
    ids = [one.id for one in found]
    ends = word, known_as(word)
    meant = [one for one in ends if one in ids][:1]
    meant = meant or [one.id for one in found if word == one.path.name or any(word == who.name for who in one.students)]
    meant = meant or [one for one in ids if one.endswith(ends)]
    if len(meant) != 1:
        like = [one.id for one in found if _is_in(word, one)]
        none = f"no id ends so, and no name is that; it is in {like[0]}" if like else f"no id ends so; one is {ids[0]}"
        some = f"several ids end so, such as {meant[0]} and {meant[1]}" if meant else none
        raise NoSubmissions(f"--again {word}: {some}.")
    return meant[0]


def _is_in(word, one):
    names = one.id, one.path.name, *(who.name for who in one.students)
    return any(word.lower() in name.lower() for name in names)


def _spread(todo, looping):
    """The submissions in the order in which they are begun. Those that may loop come in the first half: nobody is to
    wait for one in the end, nor are all processes to wait for such at once."""
    long = [one for one in todo if one.id in looping]
    others = [one for one in todo if one.id not in looping]
    places = [
        (rank / len(some) * share, one) for some, share in ((long, 0.5), (others, 1)) for rank, one in enumerate(some)
    ]
    return [one for _, one in sorted(places, key=lambda place: place[0])]


def _job(one, seed, chosen):
    archive, refused, unread = None, "", ""
    try:
        archive = one.packed()
    except FileNotFoundError as error:  # an export's list may name more than its folder holds
        refused = str(error)
    except (Unread, OSError) as error:
        unread = str(error)
    except Refused as error:
        refused = str(error)
    return jobs.Job(one.id, one.path.name, archive, refused, seed, chosen, jobs.version(), unread)


def _result(path, job):
    """The result of a submission, if there is one; not that of x.zip where x/ has taken its place."""
    old = grades.read(path)
    return old if old and old["extra_data"].get("handed_in", job.handed_in) == job.handed_in else None


def _made_from(results):
    extra = results["extra_data"]
    return extra.get("seed"), extra.get("submission"), extra.get("grader")


def _seed(flags):
    path = flags.out / RUN
    try:
        old = json.loads(path.read_text())["seed"] if path.exists() else None
        if old is not None and not (isinstance(old, int) and old >= 0):
            raise ValueError(f"no seed is {old!r}")
    except (ValueError, KeyError, TypeError) as error:
        raise grades.Unreadable(f'{path} is damaged ({error}): it should hold {{"seed": 1}}, say.') from error
    if flags.seed is not None and old not in (None, flags.seed) and not flags.changed:
        raise NotBegun(
            f"{flags.out} is graded on the cases of seed {old}: --changed grades all again on those of {flags.seed}; "
            "or name another --out."
        )
    seed = next(seed for seed in (flags.seed, old, grader.fresh_seed()) if seed is not None)
    if seed != old:
        _store(path, {"seed": seed})
    return seed


def _store(path, data):
    store(path, json.dumps(data, indent=1))


if __name__ == "__main__":
    sys.exit(main())
