"""Times the grading of the solved submission behind each wall beside the same tests without one, in alternation.

    python bench/wall.py [--runs 7]

The bar is 1.5 times the time without a wall.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BAR = 1.5


def seconds(command):
    """Wall time of a command, from start to exit."""
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main():
    parser = argparse.ArgumentParser(description="Times grading behind each wall beside grading without one.")
    parser.add_argument("--runs", type=int, default=7, help="rounds (7)")
    runs = parser.parse_args().runs

    commands = {"no wall": [sys.executable, "src/grader.py"]}
    for name in ("bubblewrap", "user"):
        commands[name] = [sys.executable, "-m", "staff.grade", "src/submission", "--wall", name]
    taken = {name: [] for name in commands}
    for run in range(-1, runs):  # the first round fills the file cache
        for name, command in commands.items():
            measured = seconds(command)
            if run >= 0:
                taken[name].append(measured)

    missed = False
    for name, values in taken.items():
        ratio = statistics.median(one / other for one, other in zip(values, taken["no wall"], strict=True))
        missed |= ratio > BAR
        spread = f"({min(values):.2f} to {max(values):.2f})"
        print(f"{name:11} median {statistics.median(values):6.2f} s {spread:18} ratio {ratio:.2f}")
    print(f"bar {BAR} x without a wall: {'missed' if missed else 'met'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
