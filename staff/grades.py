"""What came of a class: reads the results, names the mistakes, writes grades.csv, mistakes.json and report.html."""

import csv
import io
import json
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import grader
from grading.client import plain_text
from staff.grade import tests
from staff.mistakes import naming
from staff.mistakes.entry import FUNCTIONS
from staff.storing import store

RESULTS, SEEN, CATALOGUE, MISTAKES = "results", "seen", "catalogue.json", "mistakes.json"


class Unreadable(Exception):
    """A file of results is not what it should be; the message names it."""


@dataclass(frozen=True)
class Row:
    """A submission and what came of it.

    results: in Gradescope's form.
    mistakes: [(function, misconception, hint)] that were recognised.
    wrong: names of functions that ran and went wrong.
    stops: [(test id, last line of why it came to no answer)], of hidden tests too.
    outdated: whether it came of other files, or of another grader or seed, than are there now.
    """

    submission: object
    results: dict
    mistakes: tuple
    wrong: tuple = ()
    stops: tuple = ()
    outdated: bool = False

    @cached_property
    def points(self):
        """{test id: points}."""
        return {test["number"]: test["score"] for test in self.results["tests"]}

    @property
    def extra_credit(self):
        """Points that come on top: those of tests that have no maximum."""
        return sum(test["score"] for test in self.results["tests"] if not test.get("max_score"))

    @property
    def status(self):
        """graded, refused or failed."""
        return self.results["extra_data"]["status"]


def read(path):
    """A file of results, or None where there is none.

    Raises:
        Unreadable: it is no such file.
    """
    try:
        results = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(results["extra_data"], dict) or not isinstance(results["tests"], list):
            raise TypeError("no results")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{path} is no file of results ({error}): remove it to have it made again.") from error
    return results


def rows(folder, submissions, outdated=()):
    """The rows of a class, as far as there are results; `outdated` are ids."""
    known = _named(folder)
    found = ((one, read(folder / RESULTS / f"{one.id}.json")) for one in submissions)
    return [
        Row(
            one,
            results,
            known.get(one.id, ()),
            *_kept(folder / SEEN / f"{one.id}.json", _went_wrong),
            one.id in outdated,
        )
        for one, results in found
        if results
    ]


def write(folder, submissions, seed, outdated=()):
    """Writes what an instructor reads: grades.csv and report.html.

    Args:
        folder: of the results.
        submissions: `staff.submissions.Submission`, all of the class.
        seed: of the run.
        outdated: ids of those whose results are.
    """
    from staff import report

    found = rows(folder, submissions, outdated)
    store(folder / "grades.csv", _csv(found))
    store(folder / "report.html", report.page(found, seed))


def _csv(found):
    """A row for each student; a group has as many as it has members."""
    ids = [test.test.name for test in tests()]
    order = [name for name in grader.load_points() if name in ids]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["id", "name", "sid", "email", "total", "extra_credit", "status", *order])
    for row in found:
        for student in row.submission.students or (None,):
            who = (student.name, student.sid, student.email) if student else ("", "", "")
            points = [f"{row.points.get(name, 0):g}" for name in order]
            sums = f"{row.results['score']:g}", f"{row.extra_credit:g}"
            cells = [row.submission.id, *who, *sums, "outdated" if row.outdated else row.status]
            table.writerow([*map(_harmless, cells), *points])
    return text.getvalue()


_STOPPED = re.compile(r"\S+ failed")  # an observation of a test that had no answer; others may hold a student's words
# A sign where a spreadsheet may begin a cell: some split a table at semicolons, whatever stands in quotes, and some
# languages have wide signs (U+FF0B, U+FF0D, U+FF1D, U+FF20).
_FORMULA = re.compile(r"(^|[,;|\s\"'])(?=[=+@\-\uff0b\uff0d\uff1d\uff20])")


def _harmless(cell):
    """A spreadsheet would take it for a formula otherwise, a terminal for a command: students choose their names."""
    from staff.report import visible

    return _FORMULA.sub(r"\1'", visible(cell))


def _kept(path, taken=dict):
    """What is taken from a JSON object that a run before has kept; from none where there is no file.

    Raises:
        Unreadable: the file is damaged.
    """
    try:
        return taken(json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        again = f"A run makes it again; one of {SEEN}/ID.json does with --again ID."
        raise Unreadable(f"{path} is damaged ({type(error).__name__}: {error}): remove it. {again}") from error


def _named(folder):
    """{id: mistakes of a row}."""
    return _kept(folder / MISTAKES, lambda kept: {own: tuple(map(tuple, found)) for own, found in kept.items()})


def _went_wrong(seen):
    """`wrong` and `stops` of a row."""
    stops = dict.fromkeys(
        (what.split()[0], str(naming.decoded(array)))
        for observed in seen.values()
        for what, array in observed
        if _STOPPED.fullmatch(what)
    )
    ran = (name for name, observed in seen.items() if not all(_STOPPED.fullmatch(what) for what, _ in observed))
    return tuple(ran), tuple(stops)


def name_all(folder, submissions, seed):
    """Names the mistakes of a class, as far as the catalogue knows them, in mistakes.json.

    Args:
        folder, submissions, seed: as for `write`.
    """
    store(folder / MISTAKES, json.dumps(_named_now(folder, submissions, seed), indent=1))


def forget(folder, ids):
    """Takes the names of mistakes away of submissions about to be graded again: they may be others by then.

    Args:
        ids: a set.
    """
    store(folder / MISTAKES, json.dumps({own: known for own, known in _named(folder).items() if own not in ids}))


def _fingerprints(seen):
    """{function: [(what, array)]}."""
    return {
        function: [(what, naming.decoded(array)) for what, array in observed] for function, observed in seen.items()
    }


def _named_now(folder, submissions, seed):
    """{id: [[function, misconception, hint], ...]} of all submissions in which something went wrong."""
    seen = {one.id: _kept(folder / SEEN / f"{one.id}.json", _fingerprints) for one in submissions}
    seen = {own: fingerprints for own, fingerprints in seen.items() if fingerprints}
    if not seen:
        return {}
    known = _catalogue(folder, seed)
    found = {}
    for own, fingerprints in seen.items():
        recognised = naming.recognised(fingerprints, known)
        found[own] = [
            (function, *pair)
            for function, matches in recognised.items()
            for pair in dict.fromkeys((match.misconception, match.hint) for match in matches)
        ]
    return {own: mistakes for own, mistakes in found.items() if mistakes}


def _catalogue(folder, seed):
    """The catalogue's fingerprints for a seed, kept function by function as they are taken: that takes minutes."""
    from staff.jobs import version

    path = folder / CATALOGUE
    kept = _kept(path)
    if (kept.get("seed"), kept.get("grader")) != (seed, version()) or "functions" not in kept:
        kept = {"seed": seed, "grader": version(), "functions": {}}
    if missing := [function for function in FUNCTIONS if function not in kept["functions"]]:
        where = plain_text(str(folder))
        print(
            f"Grades are in {where}. Now their mistakes are named, once the fingerprints of all known ones are taken:"
        )
        print("5 to 15 minutes on two quiet cores, once for this folder (--no-names leaves it out).", flush=True)
        for function, found in naming.each_function(seed, missing):
            entries = [(asdict(one), [(what, naming.encoded(array)) for what, array in taken]) for one, taken in found]
            kept["functions"][function] = entries
            store(path, json.dumps(kept))
    return [
        (naming.Known(**known), [(what, naming.decoded(array)) for what, array in taken])
        for entries in kept["functions"].values()
        for known, taken in entries
    ]
