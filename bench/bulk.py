"""Grades a class made from the catalogue, behind the wall, and prints the rate and the memory that it took.

    python bench/bulk.py [--size 500] [--jobs N] [--wall user]

Of the class, 2 % loop endlessly, 5 % are hostile, 3 % blank; of the others every fourth is right. Extra credit is tried
by those whose entry is about it. The bar is 120 submissions a minute and 4 GB. Names of mistakes are not taken: they
cost the same for a class of any size.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from staff import SOURCE, mistakes  # noqa: E402
from staff.markers import blanked  # noqa: E402
from staff.mistakes.entry import FUNCTIONS, Right, Wrong, with_body  # noqa: E402
from tests.hostile.corpus import ATTACKS  # noqa: E402

RATE, MEMORY = 120, 4 * 2**30
EXTRA = ("vae.py", "fgan.py", "image_flow.py")
SOLVED = {path.name: path.read_text() for path in (SOURCE / "submission").glob("*.py")}


def make(folder, size, rng):
    """Writes a class; returns {kind: how many}."""
    hostile = [attack for attack in ATTACKS.values() if isinstance(attack.files, dict)]
    right, wrong = mistakes.entries(Right), mistakes.entries(Wrong)
    kinds = ["loop"] * (size // 50) + ["hostile"] * (size // 20) + ["blank"] * (3 * size // 100)
    kinds += [("right", "wrong", "wrong", "wrong")[k % 4] for k in range(size - len(kinds))]
    rng.shuffle(kinds)
    for number, kind in enumerate(kinds):
        if kind == "loop":
            function, (name, _) = rng.choice(list(FUNCTIONS.items()))
            files = {**SOLVED, name: with_body(SOLVED[name], function, "while True: pass")}
        elif kind == "hostile":
            files = {**SOLVED, **rng.choice(hostile).files}
        elif kind == "blank":
            files = {name: blanked(text) for name, text in SOLVED.items()}
        else:
            files = rng.choice(right if kind == "right" else wrong).sources()
        for name, text in files.items():
            if name in EXTRA and text == SOLVED[name]:
                continue
            path = folder / f"{number:04}-{kind}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


class Memory(threading.Thread):
    """Looks at how much less memory the machine has to give than when this began; `most` is the peak, in bytes.

    Of the whole machine, which should do nothing else: to add up what each process has would take a good part of the
    time that is measured.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self._before, self.most = _available(), 0
        self.start()

    def run(self):
        while True:
            self.most = max(self.most, self._before - _available())
            time.sleep(0.1)


def _available():
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def main():
    parser = argparse.ArgumentParser(description="Times the grading of a class.")
    parser.add_argument("--size", type=int, default=500, help="submissions (500)")
    parser.add_argument("--jobs", help="as for staff.grade_all")
    parser.add_argument("--wall", help="as for staff.grade_all")
    flags = parser.parse_args()
    more = [word for name in ("jobs", "wall") if getattr(flags, name) for word in (f"--{name}", getattr(flags, name))]
    with tempfile.TemporaryDirectory() as folder:
        kinds = make(Path(folder, "class"), flags.size, random.Random(0))
        print(", ".join(f"{count} {kind}" for kind, count in kinds.items()))
        command = [sys.executable, "-m", "staff.grade_all", f"{folder}/class", "--out", f"{folder}/out"]
        memory = Memory()
        began = time.perf_counter()
        status = subprocess.run([*command, "--seed", "0", "--no-names", *more], cwd=ROOT).returncode
        minutes = (time.perf_counter() - began) / 60
    rate = flags.size / minutes
    met = status == 0 and rate >= RATE and memory.most <= MEMORY
    print(f"{rate:.0f} submissions a minute, {memory.most / 2**30:.2f} GB at most, in {60 * minutes:.0f} s")
    print(f"bar {RATE} a minute, {MEMORY / 2**30:.0f} GB: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
