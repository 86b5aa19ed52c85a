"""Holds the grader against the catalogue and prints the table.

python -m staff.mistakes                     one seed
python -m staff.mistakes --seeds 20          every entry under twenty seeds
"""

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass

from graderUtil import NO_SENSE
from staff import mistakes
from staff.mistakes.entry import Right, Wrong
from staff.mistakes.naming import fingerprint, same
from staff.mistakes.sweep import spread


@dataclass
class Row:
    """How the grader did on an entry: caught by basic tests, by hidden ones; what is wrong; its fingerprint."""

    entry: object
    basic: bool
    hidden: bool
    flaws: tuple
    fingerprint: list
    seconds: float


def examine(entry, seed):
    """Grades an entry, in all questions of the file that it changes; the others are of a file as it was solved."""
    from staff.mistakes.observing import grade

    began = time.perf_counter()
    full = grade(entry.sources(), seed, entry.questions)
    seconds = time.perf_counter() - began
    seen = {o.what.split()[0] for o in full.observations if not o.right and not o.staff_only}
    caught = {name.split("-")[0] for name in full.failed()}
    flaws = []
    if isinstance(entry, Right):
        flaws += [f"fails {name}: {full.outcomes[name].output.splitlines()[0]}" for name in full.failed()]
    else:
        flaws += [] if entry.question in caught else ["is not caught"]
        flaws += [f"loses points in {question}" for question in sorted(caught - {entry.question})]
    broken = [name for name, o in full.outcomes.items() if o.output.startswith(NO_SENSE)]
    flaws += [f"breaks the grader in {name}" for name in broken]
    return Row(
        entry,
        any(name.startswith(entry.question) for name in seen),
        any(name.startswith(entry.question) for name in full.failed("hidden")),
        tuple(flaws),
        fingerprint(full.observations, entry.function),
        seconds,
    )


def confused(rows):
    """For each wrong entry, by name, the misconceptions other than its own that behave just like it."""
    by_function = defaultdict(list)
    for row in rows:
        by_function[row.entry.function].append(row)
    return {
        (row.entry.function, row.entry.name): sorted(
            {
                other.entry.misconception
                for other in by_function[row.entry.function]
                if other.entry.misconception != row.entry.misconception and same(row.fingerprint, other.fingerprint)
            }
        )
        for row in rows
    }


def main():
    parser = argparse.ArgumentParser(description="Holds the grader against the catalogue of mistakes.")
    parser.add_argument("--seeds", type=int, default=1, help="how many (1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (one for each core)")
    parser.add_argument("--function", action="append", help="only entries about this function, such as MADE.forward")
    flags = parser.parse_args()

    chosen = mistakes.entries(functions=flags.function or tuple(mistakes.FUNCTIONS))
    rows = list(spread(examine, [(entry, seed) for seed in range(flags.seeds) for entry in chosen], flags.jobs))
    wrong = [row for row in rows if isinstance(row.entry, Wrong)]
    first = [row for row in wrong[: len([e for e in chosen if isinstance(e, Wrong)])]]
    doubtful = confused(first)

    print(f"{'function':34}{'mistake':42}{'basic':>7}{'hidden':>8}{'named':>7}{'ms':>6}")
    by_entry = defaultdict(list)
    for row in wrong:
        by_entry[row.entry].append(row)
    for entry, group in by_entry.items():
        share = [f"{sum(values)}/{len(group)}" for values in zip(*((r.basic, r.hidden) for r in group), strict=True)]
        named = "no" if doubtful[entry.function, entry.name] else "yes"
        ms = 1000 * sum(row.seconds for row in group) / len(group)
        print(f"{entry.function:34}{entry.name:42}{share[0]:>7}{share[1]:>8}{named:>7}{ms:6.0f}")

    rights = sum(isinstance(entry, Right) for entry in chosen)
    print(f"\n{len(by_entry)} wrong entries and {rights} right ones, {flags.seeds} seeds each")
    basic = sum(row.basic for row in wrong)
    print(f"caught by basic tests alone: {basic}/{len(wrong)} ({basic / max(1, len(wrong)):.1%})")
    missed = sum("is not caught" in row.flaws for row in wrong)
    print(f"caught by basic and hidden tests: {len(wrong) - missed}/{len(wrong)}")
    named = sum(not others for others in doubtful.values())
    print(f"named rightly: {named}/{len(first)} ({named / max(1, len(first)):.1%})")
    flaws = Counter((row.entry.function, row.entry.name, flaw) for row in rows for flaw in row.flaws)
    for (function, name, flaw), count in flaws.items():
        print(f"FLAW {function} {name}: {flaw} ({count} of {flags.seeds} seeds)")
    unsteady = [entry for entry, group in by_entry.items() if len({row.basic for row in group}) > 1]
    for entry in unsteady:
        print(f"unsteady: {entry.function} {entry.name} is caught by basic tests under some seeds only")
    for (function, name), others in doubtful.items():
        if others:
            print(f"not told apart: {function} {name}, from: {'; '.join(others)}")
    return 1 if flaws else 0


if __name__ == "__main__":
    sys.exit(main())
