"""tex/build.py fails on what a reader would stumble over, and says in one line what is missing."""

import os
import shutil
import subprocess
import sys

import pytest
from tests.tex.documents import build, sources

pytestmark = [pytest.mark.xdist_group("tex"), pytest.mark.usefixtures("latex")]

EMPTY = r"\documentclass{article}\input{tex/macros}\title{A}\begin{document}%s\end{document}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sources(tmp_path_factory.mktemp("build"))


@pytest.mark.parametrize(
    "body, complaint",
    [
        (r"\mbox{\hspace{20cm}wide}", "Overfull \\hbox"),
        (r"See \ref{nowhere}.", "Reference `nowhere' on page 1 undefined"),
        (r"\hyperref[q:9z]{9z}", "Hyper reference `q:9z' on page 1 undefined"),
        (r"Twice.\label{a}\label{a}", "Label `a' multiply defined"),
        (r"\vbox to 1cm{\vspace{3cm}}", "Overfull \\vbox"),
    ],
)
def test_what_a_reader_would_stumble_over_fails_the_build(folder, body, complaint):
    (folder / "one.tex").write_text(EMPTY % body)
    built = build(folder, "one.tex")
    assert built.status == 1
    assert built.said.startswith("one.pdf was made, but is not fit to be handed on:\n")
    assert complaint in built.said


def test_a_document_without_fault_passes(folder):
    (folder / "one.tex").write_text(EMPTY % "Nothing to complain of.")
    assert build(folder, "one.tex").said == "Made one.pdf.\n"


def test_an_error_is_told_in_one_line_with_its_place(folder):
    (folder / "one.tex").write_text(EMPTY % "\n\\nosuchmacro\n")
    built = build(folder, "one.tex")
    assert (built.status, built.said) == (1, "one.tex:2: Undefined control sequence \\nosuchmacro\n")


def test_a_lacking_package_is_told_in_one_line_with_what_to_install(folder):
    (folder / "one.tex").write_text(r"\documentclass{article}\usepackage{nosuchpackage}" + EMPTY % "")
    built = build(folder, "one.tex")
    assert built.status == 1 and built.said.count("\n") == 1
    assert built.said.startswith(
        "This LaTeX lacks nosuchpackage.sty. On Debian and Ubuntu: sudo apt-get install latexmk"
    )


def test_a_missing_tool_is_told_in_one_line_with_what_to_install(folder):
    make = shutil.which("make")
    bare = {"PATH": str(folder), "HOME": os.environ["HOME"]}  # not a make's around the tests, which makes it talk
    for target in ("pdf", "handout-pdf", "key-pdf"):
        command = [make, target, f"PYTHON={sys.executable}"]
        run = subprocess.run(command, cwd=folder, env=bare, capture_output=True, text=True)
        lines = [line for line in run.stderr.splitlines() if not line.startswith("make: ")]
        assert run.returncode != 0 and run.stdout == ""
        assert len(lines) == 1
        assert lines[0].startswith(
            "Could not find latexmk and pdflatex. On Debian and Ubuntu: sudo apt-get install latexmk"
        )


@pytest.mark.parametrize("name", ["submission.tex", "tex/PS3.tex", "tex/answer_key.tex"])
def test_two_files_are_enough_on_overleaf(folder, tmp_path, name):
    for file in (name, "tex/macros.tex"):
        shutil.copy(folder / file, tmp_path)
    document = name.rpartition("/")[2]
    command = ["latexmk", "-norc", "-pdf", "-interaction=nonstopmode", "-halt-on-error", document]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert run.returncode == 0, run.stdout[-2000:]
    log = (tmp_path / document).with_suffix(".log").read_text(errors="replace")
    assert "undefined" not in log and "Overfull" not in log


def test_pictures_of_own_runs_come_in_place_of_boxes(folder):
    before = build(folder, "submission.tex")
    assert before.text().count("Not there yet") == 5
    (folder / "src" / "gan_nonsat").mkdir(parents=True)
    shutil.copy(folder / "docs" / "gan.png", folder / "src" / "gan_nonsat" / "fake_0900.png")
    after = build(folder, "submission.tex")
    assert after.status == 0, after.said
    assert after.text().count("Not there yet") == 4
    assert after.inside().count(b"/Alt") == 1 and b"/Subtype /Image" in after.inside()


def test_the_same_source_gives_the_same_bytes(folder):
    made = [build(folder, "submission.tex").pdf.read_bytes() for _ in range(2)]
    assert made[0] == made[1]
