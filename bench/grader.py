"""Times the whole local run of the autograder on the solved submission beside `import torch`, in alternation.

    python bench/grader.py [--runs 7]

The bar is 1.3 times the import plus two seconds.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"


def seconds(command, folder):
    """Wall time of a command, from start to exit."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main():
    parser = argparse.ArgumentParser(description="Times the autograder beside `import torch`.")
    parser.add_argument("--runs", type=int, default=7, help="pairs of runs (7)")
    runs = parser.parse_args().runs

    with tempfile.TemporaryDirectory() as folder:
        student = Path(folder) / "src"  # as a student has it: without the answers
        shutil.copytree(SOURCE, student, ignore=shutil.ignore_patterns("solution", "__pycache__"))
        shutil.copy(SOURCE.parent / "points.json", student)
        commands = {
            "import torch": [sys.executable, "-c", "import torch"],
            "grader.py": [sys.executable, "grader.py"],
        }
        taken = {name: [] for name in commands}
        for run in range(-1, runs):  # the first pair fills the file cache
            for name, command in commands.items():
                measured = seconds(command, student)
                if run >= 0:
                    taken[name].append(measured)

    for name, values in taken.items():
        print(f"{name:14} median {statistics.median(values):6.2f} s   ({min(values):.2f} to {max(values):.2f})")
    torch, grader = (statistics.median(values) for values in taken.values())
    bar = 1.3 * torch + 2
    print(f"ratio {grader / torch:.2f}; bar 1.3 x import + 2 s = {bar:.2f} s: {'met' if grader <= bar else 'missed'}")
    return 0 if grader <= bar else 1


if __name__ == "__main__":
    sys.exit(main())
