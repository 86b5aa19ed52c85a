"""Makes dist/handout/ and dist/handout.zip: what a student receives. Nothing is written that has not proved itself.

python -m staff.handout
"""

import argparse
import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from pathlib import Path

import grader
from graderUtil import load_tests
from staff import SOURCE
from staff.markers import blanked, space_of, spaces
from staff.mistakes.entry import FUNCTIONS

ROOT = SOURCE.parent
# Whatever is not named here stays with the staff.
GIVEN = (
    "README.md",
    "Makefile",
    "pyproject.toml",
    "points.json",
    "submission.tex",
    "tex/PS3.tex",
    "tex/build.py",
    "tex/macros.tex",
    "docs/*.png",
    "src/*.py",
    "src/environment.yml",
    "src/grading/**/*.py",
    "src/submission/*.py",
    "src/training/*.py",
    "src/training/*.pt",
)
BINARY = (".png", ".pt")  # copied as they are
KEY = "tex/answer_key.tex"
KEPT = ("staff", "tests", "bench", "src/solution", KEY)

LEAST = 12  # brackets in the dump of a statement's tree, under which it may be anybody's
QUOTED = 60  # characters of the key, spaces left out, that nobody writes by chance

_STAFF_ONLY = re.compile(r"^(?:#|<!--) staff only\b.*?^(?:#|<!--) end of staff only\b[^\n]*\n", re.M | re.S)


class Leak(Exception):
    """The handout would give something away, or does not work; the message says what and where."""


def given():
    """The files of the handout, as paths from the top folder, sorted.

    Raises:
        Leak: a file would be among them that nobody has committed: notes, say, or another solution.
    """
    found = {path.relative_to(ROOT) for pattern in GIVEN for path in ROOT.glob(pattern) if path.is_file()}
    found = sorted(path for path in found if "__pycache__" not in path.parts)
    if (ROOT / ".git").exists() and (untracked := set(found) - _tracked()):
        names = ", ".join(sorted(map(str, untracked)))
        raise Leak(f"git does not know {names}: commit what students are to receive, and remove the rest.")
    return found


def _tracked():
    """The files that git knows, as paths from the top folder."""
    try:
        run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    except FileNotFoundError:
        raise Leak("git is missing, which tells the files of this checkout from others in its folders.") from None
    if run.returncode:
        raise Leak(f"git does not tell which files are its own: {run.stderr.decode(errors='replace').strip()}")
    return {Path(os.fsdecode(name)) for name in run.stdout.split(b"\0") if name}


def text_of(path):
    """What a student gets of a text file: without solved lines, and without what is marked as the staff's."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.parts[:2] == ("src", "submission"):
        return blanked(text)
    return _STAFF_ONLY.sub("", text)


def write(folder):
    """Writes the files of the handout into an empty folder."""
    for path in given():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in BINARY:
            shutil.copyfile(ROOT / path, target)
        else:
            target.write_text(text_of(path), encoding="utf-8")


def zipped(folder, path):
    """Zips a folder; the same files give the same bytes, whenever and by whomever."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            info = zipfile.ZipInfo(file.relative_to(folder.parent).as_posix(), date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | (0o755 if os.access(file, os.X_OK) else 0o644)) << 16
            info.create_system = 3
            archive.writestr(info, file.read_bytes())


def prove(folder):
    """Requires that a handout works and gives nothing away.

    Raises:
        Leak: it does not.
    """
    for name in KEPT:
        if (folder / name).exists():
            raise Leak(f"{name}{'/' * (folder / name).is_dir()} is in the handout.")
    _prove_that_every_space_is_named()
    _prove_that_nothing_is_solved(folder)
    _prove_that_no_answer_is_quoted(folder)
    _prove_that_nothing_of_the_staffs_is_mentioned(folder)
    _prove_that_it_runs(folder)


def _prove_that_every_space_is_named():
    for path in sorted(SOURCE.glob("submission/*.py")):
        text, known = path.read_text("utf-8"), set()
        for function in (function for function, (file, _) in FUNCTIONS.items() if file == path.name):
            try:
                known.add(space_of(text, function).start())
            except (ValueError, AttributeError):
                said = "which FUNCTIONS in staff/mistakes/entry.py names, has no space to write in"
                raise Leak(f"{function} of src/submission/{path.name}, {said}.") from None
        for space in spaces(text):
            if space.start() not in known:
                line, above = text.count("\n", 0, space.start()) + 1, re.findall(r"def (\w+)", text[: space.start()])
                said = "students are to write here, but FUNCTIONS in staff/mistakes/entry.py does not name the function"
                where = f"src/submission/{path.name}, line {line}" + (f", in {above[-1]}" if above else "")
                raise Leak(f"{where}: {said}.")


def _prove_that_nothing_is_solved(folder):
    solved = [
        match["inside"] for path in sorted(SOURCE.glob("submission/*.py")) for match in spaces(path.read_text("utf-8"))
    ]
    lines = {_squeezed(line) for inside in solved for line in inside.splitlines()}
    lines = {line for line in lines if len(line) >= 12}  # `else:` is nobody's secret
    trees = {tree for inside in solved for tree in _trees(textwrap.dedent(inside))}
    for path in _texts(folder):
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            if any(_squeezed(part) in lines for part in (line, *line.split("#")[1:])):  # in a comment, too
                raise Leak(f"{path.relative_to(folder)}, line {number}, is a solved line: {line.strip()}")
        if path.suffix == ".py":
            for tree, node in _trees(text).items():
                if tree in trees:
                    raise Leak(f"{path.relative_to(folder)}, line {node.lineno}, is a solved line with other names.")


def _prove_that_no_answer_is_quoted(folder):
    key = (ROOT / KEY).read_text(encoding="utf-8").partition(r"\begin{document}")[2]
    quotes = _pieces(re.sub(r"(?m)^%.*", "", key))
    for path in _texts(folder):
        if found := quotes & _pieces(path.read_text(encoding="utf-8")):
            raise Leak(f"{path.relative_to(folder)} quotes the answer key: {min(found)}")


def _pieces(text):
    """All runs of QUOTED characters in a text without spaces."""
    text = "".join(text.split())
    return {text[start : start + QUOTED] for start in range(len(text) - QUOTED + 1)}


def _prove_that_nothing_of_the_staffs_is_mentioned(folder):
    there = {path.as_posix() for path in given()}
    kept = [path for name in KEPT for path in (ROOT / name).rglob("*.*") if "__pycache__" not in path.parts]
    names = {path.name for path in kept} - {Path(name).name for name in there}
    names |= {"staff/", "staff.", "tests/", "bench/", "python -m staff", "answer_key", "answer key", "key-pdf"}
    for path in _texts(folder):
        text = path.read_text(encoding="utf-8")
        for name in sorted(names):
            if re.search(rf"(?<![\w.]){re.escape(name)}" + (r"\b" if name[-1].isalnum() else r"\w"), text):
                raise Leak(f"{path.relative_to(folder)} mentions {name}.")


def _prove_that_it_runs(folder):
    run = subprocess.run(
        [sys.executable, "-B", "grader.py"],
        cwd=folder / "src",
        env={**os.environ, "PYTHONPATH": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    points = json.loads((folder / "points.json").read_text())
    core = [one.test for one in load_tests(*grader.CASES) if not one.test.is_extra_credit]
    basic = sum(points[test.name] for test in core if not test.is_hidden)
    questions = {test.question for test in core}
    unwritten = ", ".join(function for function, (_, question) in FUNCTIONS.items() if question in questions)
    for text in (f"Total: 0/{basic:g} points", f"Still to be written: {unwritten}."):
        if text not in run.stdout or run.returncode != 1:
            raise Leak(f"its grader does not say {text!r} but:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")


def typeset(folder):
    """Makes PS3.pdf of the handout's own sources.

    Raises:
        Leak: it cannot be made.
    """
    command = [sys.executable, "-B", "tex/build.py", "tex/PS3.tex"]
    run = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode:
        raise Leak(run.stderr.strip())


def _texts(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in BINARY)


def _squeezed(line):
    return "".join(line.partition("#")[0].split())


def _trees(text):
    """{normal form: node} of the statements in a program that are more than trivial; names do not count in it."""
    found = {}
    for node in ast.walk(ast.parse(text)):  # `return` outside of a function is found by the compiler only
        if isinstance(node, ast.stmt) and not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.setdefault(_normal(node), node)
    return {tree: node for tree, node in found.items() if tree.count("(") >= LEAST}


def _normal(node):
    """The dump of a statement, with its variables numbered in the order in which they come."""
    numbers = {}

    class Renamed(ast.NodeTransformer):
        def visit_Name(self, name):
            if name.id in ("torch", "np", "F", "nn", "math"):
                return name
            return ast.Name(f"v{numbers.setdefault(name.id, len(numbers))}", ast.Load())

    return ast.dump(Renamed().visit(ast.parse(ast.unparse(node)).body[0]))


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m staff.handout", description="Makes what students receive.")
    parser.parse_args(arguments)
    dist = ROOT / "dist"
    dist.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".handout-", dir=dist) as beside:
        folder, archive = Path(beside, "handout"), Path(beside, "handout.zip")
        try:
            write(folder)
            prove(folder)
            typeset(folder)
        except Leak as leak:
            sys.exit(f"No handout was made: {leak}")
        for cache in folder.rglob("__pycache__"):
            shutil.rmtree(cache)
        zipped(folder, archive)
        shutil.rmtree(dist / "handout", ignore_errors=True)
        folder.rename(dist / "handout")
        archive.replace(dist / "handout.zip")
    print(f"dist/handout/ and dist/handout.zip: {len(given())} files and PS3.pdf, nothing solved in them.")


if __name__ == "__main__":
    main()
