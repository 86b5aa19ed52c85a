"""The packages that students install are the same by every way, and are all that their code imports."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
IMPORT_NAMES = {"scikit-learn": "sklearn"}
CARRIED = {"PIL"}  # matplotlib and torchvision both need Pillow


def required():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["dependencies"], project["requires-python"]


def test_conda_and_pyproject_name_the_same_packages():
    packages, python = required()
    listed = yaml.safe_load((SRC / "environment.yml").read_text())["dependencies"]
    assert f"python{python}" in listed
    assert [entry["pip"] for entry in listed if isinstance(entry, dict)] == [packages]


def test_what_students_receive_imports_nothing_else():
    names = {package.split(">=")[0] for package in required()[0]}
    allowed = {IMPORT_NAMES.get(name, name) for name in names} | CARRIED | set(sys.stdlib_module_names)
    allowed |= {path.stem for path in SRC.iterdir()}
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                modules.append(node.module)
            for module in modules:
                assert module.split(".")[0] in allowed, f"{path}: {module}"


def test_grading_imports_no_compiler():
    """Each submission would import it anew, behind the wall: that takes longer than all tests."""
    code = (
        "import sys; from staff.mistakes.observing import grade; from tests.submissions import SOLVED; "
        "result = grade({path.name: path.read_text() for path in SOLVED.glob('*.py')}, 0); "
        "assert not result.failed(), result.failed(); "
        "print(*sorted({'torch._dynamo', 'torch._inductor', 'sympy', 'triton'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (run.returncode, run.stdout.split()) == (0, []), run.stderr
