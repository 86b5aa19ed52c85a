"""The handout works, is the same whenever it is made, and gives nothing away; its proof can fail."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from staff import handout
from staff.handout import Leak
from tests.submissions import ROOT, SOLVED


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist") / "handout"
    handout.write(folder)
    return folder


@pytest.fixture
def copy(made, tmp_path):
    """One that may be spoilt."""
    shutil.copytree(made, tmp_path / "handout")
    return tmp_path / "handout"


def append(path, text):
    path.write_text(path.read_text() + text)


def test_it_proves_itself(copy):
    handout.prove(copy)


def test_it_holds_what_a_student_needs_and_no_more(made):
    names = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert {"README.md", "Makefile", "points.json", "src/main.py", "src/grader.py", "src/environment.yml"} <= names
    assert {"submission.tex", "tex/PS3.tex", "tex/macros.tex", "tex/build.py"} <= names
    assert {"src/submission/gan.py", "src/grading/worker.py", "src/training/loop.py", "docs/flow.png"} <= names
    assert {name.split("/")[0] for name in names} == {
        *("README.md", "Makefile", "points.json", "pyproject.toml", "docs", "src", "submission.tex", "tex"),
    }
    assert not any("solution" in name or "instructors" in name or "key" in name for name in names)


def test_the_readme_and_the_makefile_are_the_students(made):
    readme, makefile = (made / "README.md").read_text(), (made / "Makefile").read_text()
    assert "make zip" in readme
    assert "nstructor" not in readme
    assert "staff" not in makefile
    assert "\ntest:" not in makefile
    assert makefile.endswith("@touch $@\n")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", readme, re.M)) <= targets


def test_two_zips_are_the_same_bytes(made, tmp_path):
    again = tmp_path / "later" / "handout"
    handout.write(again)
    (again / "README.md").touch()
    handout.zipped(made, tmp_path / "one.zip")
    handout.zipped(again, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert all(name.startswith("handout/") for name in archive.namelist())


def test_a_solved_line_is_found(copy):
    line = next(line for line in (SOLVED / "gan.py").read_text().splitlines() if "create_graph" in line)
    append(copy / "src" / "network.py", f"\n\ndef f(d, x_mixed):\n    {line.strip()}\n")
    with pytest.raises(Leak, match=r"src/network.py, line \d+, is a solved line: .*create_graph"):
        handout.prove(copy)


@pytest.mark.parametrize("comment", ["# {}", "x = 1  # {}", "#  so:  # {}  # as in the paper"])
def test_a_solved_line_in_a_comment_is_found(copy, comment):
    line = next(line for line in (SOLVED / "flow_network.py").read_text().splitlines() if "-alpha.sum" in line)
    append(copy / "src" / "training" / "flow.py", f"\n{comment.format(line.strip())}\n")
    with pytest.raises(Leak, match=r"src/training/flow.py, line \d+, is a solved line: .*alpha"):
        handout.prove(copy)


def test_a_solved_line_with_other_names_and_spaces_is_found(copy):
    code = "return -F.logsigmoid( critic( gen(noise) ) ).mean()"
    append(copy / "src" / "data.py", f"\n\ndef f(critic, gen, noise):\n    {code}\n")
    with pytest.raises(Leak, match=r"src/data.py, line \d+, is a solved line with other names"):
        handout.prove(copy)


@pytest.mark.parametrize(
    "name",
    [
        *("staff/isolation.py", "loss_wasserstein_gp_d.py", "test_grader.py", "python -m staff.x"),
        *("tex/answer_key.tex", "make key-pdf"),
    ],
)
def test_a_mention_of_the_staffs_files_is_found(copy, name):
    append(copy / "README.md", f"\nSee {name}.\n")
    with pytest.raises(Leak, match=r"README.md mentions"):
        handout.prove(copy)


def test_the_answers_are_found(copy):
    (copy / "src" / "solution").mkdir()
    with pytest.raises(Leak, match="src/solution/ is in the handout"):
        handout.prove(copy)


def test_the_answer_key_is_found(copy):
    shutil.copy(ROOT / handout.KEY, copy / "tex")
    with pytest.raises(Leak, match=r"tex/answer_key\.tex is in the handout"):
        handout.prove(copy)


@pytest.mark.parametrize(
    "quote",
    [
        # of a derivation, of a display, of the rubric; spaces and line breaks are no disguise
        "As $D_\\phi$ ranges over all functions, its value at one\n  $\\vx$ is free of its values elsewhere.",
        "\\vy^\\T\\bigl(A\\varphi(\\vx)+\\vb\\bigr), \\qquad A = \\begin{bmatrix} (\\vmu_1-\\hat{\\vmu}_1)^\\T",
        "concludes that it is near 0, because $\\sigma(h)\\to0$ while $\\partial h/\\partial\\theta$ stays",
    ],
)
@pytest.mark.parametrize("name", ["submission.tex", "tex/PS3.tex", "README.md"])
def test_a_quotation_from_the_key_is_found(copy, name, quote):
    assert "".join(quote.split()) in "".join((ROOT / handout.KEY).read_text().split())
    append(copy / name, f"\n{quote}\n")
    with pytest.raises(Leak, match=f"{name} quotes the answer key"):
        handout.prove(copy)


def test_the_problem_set_is_typeset_of_what_students_receive(latex, copy):
    handout.typeset(copy)
    assert (copy / "PS3.pdf").read_bytes().startswith(b"%PDF-")


def test_a_problem_set_that_cannot_be_typeset_stops_the_handout(latex, copy):
    (copy / "tex" / "macros.tex").unlink()
    with pytest.raises(Leak, match=r"macros\.tex' not found"):
        handout.typeset(copy)


def test_a_function_left_solved_otherwise_is_found_by_its_grader(copy):
    path = copy / "src" / "submission" / "gan.py"
    path.write_text(path.read_text().replace("raise NotImplementedError", "return (-d(g(z))).sum() / len(z)", 1))
    with pytest.raises(Leak, match="its grader does not say"):
        handout.prove(copy)


def test_a_space_that_the_catalogue_does_not_know_is_found(copy, monkeypatch):
    functions = handout.FUNCTIONS
    fewer = {name: place for name, place in functions.items() if name != "loss_nonsaturating_g"}
    monkeypatch.setattr(handout, "FUNCTIONS", fewer)
    where = r"src/submission/gan.py, line \d+, in loss_nonsaturating_g"
    with pytest.raises(Leak, match=f"{where}: .* does not name the function"):
        handout.prove(copy)
    monkeypatch.setattr(handout, "FUNCTIONS", {**functions, "loss_of_hope": ("gan.py", "2b")})
    with pytest.raises(Leak, match="loss_of_hope of src/submission/gan.py, .* has no space to write in"):
        handout.prove(copy)


def test_nothing_is_written_where_the_proof_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(handout, "ROOT", tmp_path)
    monkeypatch.setattr(handout, "write", lambda folder: shutil.copytree(ROOT / "staff", folder / "staff"))
    with pytest.raises(SystemExit, match="No handout was made: staff/ is in the handout"):
        handout.main([])
    assert list((tmp_path / "dist").iterdir()) == []


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small one of git's."""
    monkeypatch.setattr(handout, "ROOT", tmp_path)
    (tmp_path / "src" / "submission").mkdir(parents=True)
    for name in ("README.md", "src/submission/gan.py"):
        (tmp_path / name).write_text("")
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_a_file_that_git_does_not_know_stops_the_handout(checkout):
    assert handout.given() == [Path("README.md"), Path("src/submission/gan.py")]
    (checkout / "notes.txt").write_text("not for the handout anyway")
    assert len(handout.given()) == 2
    (checkout / "src" / "submission" / "gan_alt.py").write_text("")
    with pytest.raises(SystemExit, match="No handout was made: git does not know src/submission/gan_alt.py: commit"):
        handout.main([])
    assert list((checkout / "dist").iterdir()) == []


def test_a_folder_that_is_no_checkout_gives_all_that_is_named(checkout):
    shutil.rmtree(checkout / ".git")
    (checkout / "src" / "submission" / "gan_alt.py").write_text("")
    assert Path("src/submission/gan_alt.py") in handout.given()
