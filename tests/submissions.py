"""Submissions for tests: the solved one, and ways of changing it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOLVED = ROOT / "src" / "submission"
# Points of extra credit, of problem 6 and later ones.
EXTRA = {name: points for name, points in json.loads((ROOT / "points.json").read_text()).items() if int(name[0]) > 5}


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="the wall 'user' can be had by root only")


# For `write`: a submission that tries for no extra credit has none of these files.
UNTRIED = {"vae": None, "fgan": None, "image_flow": None}


def write(folder, **changes):
    """Writes the solved submission into a folder.

    Args:
        changes: file name without .py = its text; None leaves the file out.
    """
    folder.mkdir(exist_ok=True)
    for path in SOLVED.glob("*.py"):
        text = changes.pop(path.stem, path.read_text())
        if text is not None:
            (folder / path.name).write_text(text)
    for name, text in changes.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def grade(folder, *arguments, source=ROOT / "src"):
    """Runs grader.py on a submission; returns (exit status, output, errors)."""
    command = [sys.executable, "grader.py", "--submission", str(folder), *arguments]
    run = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=500)
    return run.returncode, run.stdout, run.stderr


def points(output):
    """{test id: text of its points} of what the grader printed."""
    return dict(re.findall(r"^----- END (\S+) \[took .*, (\S+) points\]", output, re.M))
