"""Measures how near right submissions come to the limits of the tests: a right one that fails is a grader's bug.

python -m staff.mistakes.margins                     the solved files, 1000 seeds
python -m staff.mistakes.margins --all --seeds 20    and every right entry of the catalogue

Rounding differs from one right way to another and from one machine to another, and what is rare happens to somebody in
a class of a thousand. So it is not enough that none fails: the largest error of any should be a small share of what is
granted.
"""

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass

from staff import SOURCE, mistakes
from staff.mistakes.entry import Right
from staff.mistakes.sweep import spread

MOST = 0.35  # of what is granted, in any test


@dataclass
class Margins:
    """How a right submission did under a seed: {what a test saw: its error as a share of what is granted}, and the
    tests that it failed, which should be none."""

    name: str
    seed: int
    errors: dict
    failed: list


def examine(entry, seed):
    """Grades a right entry, or, for None, the solved files.

    Returns:
        `Margins`.
    """
    from staff.mistakes.observing import grade

    if entry is None:
        name, questions = "the solved files", None
        sources = {path.name: path.read_text(encoding="utf-8") for path in (SOURCE / "submission").glob("*.py")}
    else:
        name, questions, sources = f"{entry.function} {entry.name}", entry.questions, entry.sources()
    full = grade(sources, seed, questions)
    errors = {}
    for o in full.observations:
        errors[o.what] = max(o.error, errors.get(o.what, 0.0))
    return Margins(name, seed, errors, full.failed())


def largest(found):
    """{what a test saw: (error, name, seed)} over several `Margins`, the largest first."""
    worst = {}
    for one in found:
        for what, error in one.errors.items():
            worst[what] = max(worst.get(what, (0.0, "", 0)), (error, one.name, one.seed))
    return dict(sorted(worst.items(), key=lambda item: -item[1][0]))


def main():
    parser = argparse.ArgumentParser(description="Measures how near right submissions come to the tests' limits.")
    parser.add_argument("--seeds", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (0)")
    parser.add_argument("--all", action="store_true", help="all right entries of the catalogue too")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (one for each core)")
    flags = parser.parse_args()

    entries = [None, *(mistakes.entries(Right) if flags.all else ())]
    seeds = range(flags.first, flags.first + flags.seeds)
    found = list(spread(examine, [(entry, seed) for seed in seeds for entry in entries], flags.jobs))
    worst = largest(found)
    print(f"{'test':16}{'what it saw':36}{'error':>7}  of")
    for what, (error, name, seed) in worst.items():
        test, _, thing = what.partition(" ")
        if error > 0.1:
            print(f"{test:16}{thing:36}{error:7.2f}  {name}, --seed {seed}")
    failed = Counter((one.name, test) for one in found for test in one.failed)
    for (name, test), count in failed.items():
        seed = next(one.seed for one in found if one.name == name and test in one.failed)
        print(f"FAILED {test}: {name}, under {count} of {flags.seeds} seeds, such as {seed}")
    print(f"{len(found)} runs, {sum(bool(one.failed) for one in found)} with a failure")
    print(f"largest error: {next(iter(worst.values()))[0]:.2f} of what is granted")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
