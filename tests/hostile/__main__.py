"""Lets the attacks loose, and prints a table of what became of them.

    python -m tests.hostile                    all, behind each wall
    python -m tests.hostile --wall user        behind one
    python -m tests.hostile exits fork-bomb    a kind, or one by its name
    python -m tests.hostile --jobs 8           eight at a time

Exit status: 0 if nothing was gained, seen, changed or left, and every result is a valid one.
"""

import argparse
import multiprocessing
import os
import sys
from collections import Counter

from staff import isolation
from tests.hostile import arena, corpus
from tests.hostile.corpus import ATTACKS, KINDS


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description="Lets hostile submissions loose.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="an attack or a kind; all if none is named")
    parser.add_argument("--wall", choices=arena.WALLS, help="one wall only")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="so many at a time")
    flags = parser.parse_args()
    wanted = [name for given in flags.names for name in [attack.name for attack in KINDS.get(given, [])] or [given]]
    if unknown := [name for name in wanted if name not in ATTACKS]:
        parser.error(f"no attack or kind is called {', '.join(unknown)}; kinds are {', '.join(KINDS)}")
    walls = [flags.wall] if flags.wall else arena.WALLS
    if missing := [f"{wall}: {lacks}" for wall in walls if (lacks := arena.lacks(wall))]:
        sys.exit("\n".join(missing))
    if any(arena.plain(wall) == "user" for wall in walls):
        isolation.jail()  # once, not by several at a time
    print(f"{'attack':26} {'what happened':74} {'score':>5} {'seconds':>7}")
    breaches = Counter()
    for wall in walls:
        breaches += _table(wall, wanted or list(ATTACKS), flags.jobs)
    return 1 if breaches.total() else 0


def _table(wall, names, jobs):
    """Prints the rows of a wall as they come; returns the numbers of breaches by kind."""
    print(f"\nBehind the wall {wall!r}")
    breaches, seconds = Counter(), 0
    with multiprocessing.get_context("spawn").Pool(max(1, jobs), maxtasksperchild=20) as pool:
        for bout in pool.imap(corpus.fight, [(name, wall) for name in names]):
            print(f"{bout.attack:26} {bout.happened[:74]:74} {bout.score:5g} {bout.seconds:7.1f}", flush=True)
            for kind, text in bout.breaches:
                print(f"    {kind.upper()}: {text}")
            breaches.update(kind for kind, _ in bout.breaches)
            seconds += bout.seconds
    counts = ", ".join(f"{kind} {breaches[kind]}" for kind in arena.KINDS)
    print(f"{len(names)} attacks behind {wall!r} in {seconds:.0f} seconds: {counts}")
    return breaches


if __name__ == "__main__":
    sys.exit(main())
