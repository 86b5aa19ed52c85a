"""Says whose points two gradings of a class differ in, by which tests, and why.

    python -m staff.compare OLD NEW

OLD and NEW are folders that `python -m staff.grade_all` wrote, or their folders of results.
Exit status: 0 if everybody has the same points, 1 if not, 2 if there is nothing to compare.
"""

import argparse
import contextlib
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

from grading.client import plain_text
from staff.grades import RESULTS, Unreadable, read

# What a result says of where it came from, and how to say that it differs.
SOURCES = {
    "submission": "another submission",
    "grader": "another grader",
    "seed": "another seed",
    "settings": "other settings",
    "wall": "another wall",
    "python": "another Python",
    "torch": "another PyTorch",
}
LINE = 100  # characters of an output's line


@dataclass(frozen=True)
class Test:
    """A test of which something differs: points and first lines of the output, before and after; None where there was
    no such test."""

    name: str
    points: tuple
    lines: tuple


@dataclass(frozen=True)
class Change:
    """A submission of which something differs: its score, status and tests, before and after, and why."""

    id: str
    scores: tuple
    statuses: tuple
    tests: tuple
    why: tuple


def load(folder):
    """{id: results} of a folder.

    Raises:
        Unreadable: there is none, or a file in it is not what it should be.
    """
    folder = Path(folder)
    own = folder / RESULTS if (folder / RESULTS).is_dir() else folder
    paths = sorted(own.glob("*.json"))
    if not paths:
        raise Unreadable(f"{own} is no folder of results: there is no ID.json in it.")
    return {path.stem: _checked(path) for path in paths}


def names(folder):
    """{id: names of its students} as far as grades.csv, beside the results, knows them."""
    path = next(
        (path for path in (Path(folder, "grades.csv"), Path(folder).parent / "grades.csv") if path.exists()), None
    )
    known = {}
    if path:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                known.setdefault(row.get("id"), []).append(row.get("name") or "")
    return {one: ", ".join(filter(None, who)) for one, who in known.items()}


def changes(old, new):
    """[Change] of submissions in both whose points or status differ."""
    found = (_change(one, old[one], new[one]) for one in sorted(old.keys() & new.keys()))
    return [change for change in found if change.tests or len(set(change.scores)) > 1 or len(set(change.statuses)) > 1]


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m staff.compare", description="Compares two gradings of a class.")
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    flags = parser.parse_args(arguments)
    try:
        old, new = load(flags.old), load(flags.new)
        who = names(flags.old) | names(flags.new)
    except (Unreadable, OSError, UnicodeError, csv.Error) as error:
        print(error, file=sys.stderr)
        return 2
    found = changes(old, new)
    for change in found:
        print(_described(change, who.get(change.id)))
    for folder, more in ((flags.old, old.keys() - new.keys()), (flags.new, new.keys() - old.keys())):
        if more:
            print(f"Only in {folder}: {plain_text(' '.join(sorted(more)))}\n")
    print(_totals(old, new, found))
    return 1 if found or old.keys() != new.keys() else 0


def _checked(path):
    results = read(path)
    try:
        for test in results["tests"]:
            test["number"], float(test["score"])
        float(results["score"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{path} is no file of results ({type(error).__name__}: {error}).") from error
    return results


def _change(own, old, new):
    before, after = ({test["number"]: test for test in results["tests"]} for results in (old, new))
    tests = []
    for name in sorted(before.keys() | after.keys()):
        pair = before.get(name), after.get(name)
        points = tuple(test and test["score"] for test in pair)
        if points[0] != points[1]:
            tests.append(Test(name, points, tuple(_first_line(test) for test in pair)))
    extra = old["extra_data"], new["extra_data"]
    told = [key for key in SOURCES if key in extra[0] and key in extra[1]]  # older results tell less
    why = [SOURCES[key] for key in told if extra[0][key] != extra[1][key]]
    return Change(
        own,
        (old["score"], new["score"]),
        tuple(one.get("status", "graded") for one in extra),
        tuple(tests),
        tuple(why) or ("nothing that the results tell: the same was graded twice, and it came out differently",),
    )


def _first_line(test):
    lines = ((test or {}).get("output") or "").strip().splitlines() or [""]
    return plain_text(lines[0])[:LINE]


def _described(change, who):
    name = plain_text(f"{change.id} ({who})" if who else change.id)
    statuses = f", {' -> '.join(change.statuses)}" if len(set(change.statuses)) > 1 else ""
    lines = [f"{name}: {_points(change.scores)}{statuses}", f"    why: {', '.join(change.why)}"]
    for test in change.tests:
        lines.append(f"    {test.name:12} {_points(test.points)}")
        lines += [f"        {when}: {line}" for when, line in zip(("old", "new"), test.lines, strict=True) if line]
    return "\n".join(lines) + "\n"


def _points(pair):
    return " -> ".join("none" if points is None else f"{points:g}" for points in pair)


def _totals(old, new, found):
    both = old.keys() & new.keys()
    sums = [sum(results[one]["score"] for one in both) for results in (old, new)]
    more = sum(change.scores[1] > change.scores[0] for change in found)
    less = sum(change.scores[1] < change.scores[0] for change in found)
    said = sum(
        [test.get("output") for test in old[one]["tests"]] != [test.get("output") for test in new[one]["tests"]]
        for one in both - {change.id for change in found}
    )
    text = (
        f"{len(both)} submissions in both: {more} with more points, {less} with less, {len(found) - more - less} with "
    )
    text += f"other tests or another status, {len(both) - len(found)} the same"
    text += f" ({said} of these with other outputs)" if said else ""
    if both:
        text += f". Mean {sums[0] / len(both):.4g} -> {sums[1] / len(both):.4g}"
    return text + "."


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # `| head`
        sys.exit(main())
