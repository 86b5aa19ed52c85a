"""Every command says how it is used, and refuses what it does not know, before it does anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = "staff.handout", "staff.bundle", "staff.isolation", "staff.grade", "staff.grade_all", "grading.handin"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("flag", "status"), [("--help", 0), ("--hlep", 2)])
def test_a_command_that_is_asked_how_does_nothing_else(command, flag, status, tmp_path):
    path = os.pathsep.join(map(str, (ROOT, ROOT / "src")))
    run = subprocess.run(
        [sys.executable, "-m", command, flag],
        **{"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": path}, "capture_output": True, "text": True},
    )
    said = run.stdout if flag == "--help" else run.stderr
    assert run.returncode == status and said.startswith(f"usage: python -m {command} ")
    assert flag == "--help" or f"unrecognized arguments: {flag}" in said or "required" in said
