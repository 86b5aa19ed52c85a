"""The problem set, the answers' template and the key keep their promises: points, numbers, commands, legibility."""

import json
import re
import shlex
import subprocess
import sys
from collections import defaultdict

import pytest
import yaml
from staff import handout
from tests.submissions import ROOT
from tests.tex.documents import DOCUMENTS, build, printed, sources

import grader
import main
from graderUtil import load_tests

pytestmark = pytest.mark.xdist_group("tex")  # built once

EXTRA = tuple(dict.fromkeys(t.test.question for t in load_tests(*grader.CASES) if t.test.is_extra_credit))
WRITTEN = ("2a", "3a", "3b", "3c", "3d", "4a", "5a", "5b", "5c", "5d")


@pytest.fixture(scope="module")
def built(latex, tmp_path_factory):
    folder = sources(tmp_path_factory.mktemp("documents"))
    return {document: build(folder, document) for document in DOCUMENTS}


@pytest.fixture
def problem_set(built):
    return built["tex/PS3.tex"]


@pytest.fixture(scope="module")
def students(tmp_path_factory):
    """The folder that students receive."""
    folder = tmp_path_factory.mktemp("students")
    handout.write(folder)
    return folder


def points():
    """{question: points}, of points.json."""
    worth = defaultdict(float)
    for name, value in json.loads((ROOT / "points.json").read_text()).items():
        worth[name.partition("-")[0]] += value
    return worth


def numbered(source):
    """The numbered displays of a document, in order; number n is at n - 1."""
    found = []
    for name, body in re.findall(r"\\begin\{(equation|align)\}(.*?)\\end\{\1\}", source, re.S):
        found += re.split(r"\\\\", body) if name == "align" else [body]
    return found


# --- how they are made and read ----------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS)
def test_it_builds_with_nothing_to_complain_of(built, document):
    assert built[document].status == 0, built[document].said
    assert built[document].said == f"Made {built[document].pdf.name}.\n"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_it_has_a_title_a_language_bookmarks_links_and_descriptions_of_pictures(built, document):
    pdf = built[document]
    about = printed("pdfinfo", pdf.pdf)
    assert re.search(r"^Title: +Problem Set 3: \w", about, re.M)
    inside = pdf.inside()
    assert b"/Lang (en-GB)" in inside or b"/Lang(en-GB)" in inside
    outline = printed("pdftohtml", "-xml", "-i", "-stdout", pdf.pdf).partition("<outline>")[2]
    marks = re.findall(r'<item page="\d+">(.*?)</item>', outline)
    sections = re.findall(r"\\(?:plain)?section\{([^}]*)\}", pdf.source)
    questions = re.findall(r"\\(?:extra)?question\{(\w+)\}\{([^}]*)\}", pdf.source)
    assert len(marks) == len(sections) + len(questions) > 10
    assert {f"{number} {title}" for number, title in questions} < set(marks)
    assert outline.count("<outline>") == len({number[0] for number, _ in questions})  # questions lie below sections
    shown = len(re.findall(r"\\described\{|\\docpicture\{", pdf.source))
    assert inside.count(b"/Alt") == shown


@pytest.mark.parametrize("document", DOCUMENTS)
def test_its_fonts_are_outlines_and_its_text_can_be_copied(built, document):
    fonts = printed("pdffonts", built[document].pdf).splitlines()[2:]
    assert fonts
    for line in fonts:
        assert "Type 3" not in line and " yes " in line, line
    text = built[document].text()
    assert "likelihood" in text and "discriminator" in text
    assert not set(text) & set("ﬀﬁﬂﬃﬄ\ufffd")


def test_the_problem_set_has_ten_pages_rather_than_twenty(built):
    for document, most in (("tex/PS3.tex", 11), ("tex/answer_key.tex", 11)):
        assert int(re.search(r"Pages: +(\d+)", printed("pdfinfo", built[document].pdf))[1]) <= most


# --- what the problem set says -----------------------------------------------------------------------------------


def test_its_points_are_those_of_points_json(problem_set):
    worth = points()
    text = problem_set.text("-layout")
    printed_points = re.findall(r"^[ \f]*(\d[a-e])  .*?([\d.]+) points? \((written|code|extra credit)\)$", text, re.M)
    assert {question: float(value) for question, value, _ in printed_points} == worth
    assert [question for question, _, kind in printed_points if kind == "written"] == list(WRITTEN)
    assert [question for question, _, kind in printed_points if kind == "extra credit"] == list(EXTRA)
    written, extra = (sum(worth[question] for question in some) for some in (WRITTEN, EXTRA))
    totals = f"The code is worth {sum(worth.values()) - written - extra:g} points, the mathematics {written:g}."
    assert totals in " ".join(text.split()) and f"up to {extra:g} points on top" in " ".join(text.split())


def test_it_and_the_answers_template_follow_points_json(latex, tmp_path):
    folder = sources(tmp_path)
    changed = json.loads((folder / "points.json").read_text()) | {"2a": 8.5, "1a-0-basic": 3}
    (folder / "points.json").write_text(json.dumps(changed, indent=2))
    (folder / "one.tex").write_text(
        r"\documentclass{article}\input{tex/macros}\title{A}\begin{document}"
        r"\question{2a}{B}{written}\question{1a}{C}{code}\allpoints{code} \allpoints{written}\end{document}"
    )
    text = " ".join(build(folder, "one.tex").text().split())
    assert "8.5 points (written)" in text and "7 points (code)" in text and "37 25.5" in text


def test_it_numbers_the_equations_that_docstrings_name(problem_set):
    displays = numbered(problem_set.source.partition("Further problems")[0])
    assert len(displays) == 25
    text = problem_set.text("-layout")
    assert re.findall(r"\((\d+)\)$", text, re.M) == [str(number) for number in range(1, 26)]
    for number, piece in {
        2: r"\log p_z\bigl(f^{-1}(\vx)\bigr)",
        3: r"-\sum_{i=1}^{n}\alpha_i",
        9: r"L_G^{\nonsat}(\theta;\phi) = -\E",
        10: r"L_D(\phi;\theta) &\approx -\frac1m",
        11: r"L_G^{\nonsat}(\theta;\phi) &\approx",
        13: r"D^*(\vx) =",
        16: r"\KL{\pmodel(\vx)}{\pdata(\vx)}",
        18: r"D_\phi(G_\theta(\vz,y),y)",
        20: r"\vy^\T\bigl(A\varphi(\vx)+\vb\bigr)",
        21: r"2\epsilon^2",
        24: r"\lambda\,\E_{\vx\sim r_\theta(\vx)}",
        25: r"-\E_{\vx\sim\pmodel(\vx)}[D_\phi(\vx)]",
    }.items():
        assert piece in displays[number - 1], number
    named = {
        int(number)
        for path in (ROOT / "src" / "submission").glob("*.py")
        for number in re.findall(r"equation \((\d+)\)", path.read_text())
    }
    assert named == {2, 3, 9, 10, 11, 18, 24, 25}


def test_its_figures_are_those_of_the_readme(problem_set):
    readme = (ROOT / "README.md").read_text()
    mean, error = re.search(r"test NLL .*\| ([\d.]+) \| ([\d.]+) \|$", readme, re.M).groups()
    text = " ".join(problem_set.text().split())
    assert f"about {float(mean):.3f} nats (the mean over seeds 0, 1, 2; standard error {float(error):.3f})" in text
    assert "below about 1.13, the entropy" in readme and "below about 1.13, the entropy" in text
    times = re.findall(r"^\| \d [^|]*\| `(python [^`]*)` \|.*\| `(\w+/)` \| ([^|]+?) \|$", readme, re.M)
    assert len(times) == 4
    for command, folder, time in times:
        row = rf"\cmd{{{command}}} & \file{{{folder}}} & {time}\\"
        assert row in problem_set.source, row


def commands(source):
    """All that a document tells its reader to type."""
    blocks = re.findall(r"\\begin\{commands\}\n(.*?)\\end\{commands\}", source, re.S)
    return re.findall(r"\\cmd\{([^}]*)\}", source) + [line for block in blocks for line in block.splitlines()]


def settings_of(command, folder):
    """What main.py makes of a command; of a make target, what it makes of the line that make would run.

    Raises:
        SystemExit: main.py refuses it.
        AssertionError: make does.
    """
    words = shlex.split(command)
    if words[0] == "make":
        dry = subprocess.run(["make", "-n", *words[1:]], cwd=folder, capture_output=True, text=True)
        assert dry.returncode == 0, dry.stderr
        line = re.search(r"main\.py (.*)", dry.stdout)
        return main.parse(shlex.split(line[1])) if line else None
    return main.parse(words[2:])


def try_out(command, folder):
    """Does with a command what can be done in no time; raises if it could not be typed."""
    match shlex.split(command):
        case ["python", "main.py", *_] | ["make", _, *_]:
            settings_of(command, folder)
        case [flag, *_] if flag.startswith("--"):
            settings_of(f"python main.py {command}", folder)
        case ["python", "grader.py", *chosen]:
            tests = [test.test for test in load_tests(*grader.CASES)]
            for name in chosen:
                assert any(name in (test.name, test.question) for test in tests), f"there is no {name}"
        case ["python", "-m", module]:
            subprocess.run([sys.executable, "-B", "-m", module], cwd=folder / "src", check=True, capture_output=True)
        case ["conda", "env", "create", "-f", file]:
            assert yaml.safe_load((folder / file).read_text())["dependencies"]
        case ["conda", "activate", name]:
            assert yaml.safe_load((folder / "src/environment.yml").read_text())["name"] == name
        case ["source", script]:
            assert re.search(r"^VENV := (.*)$", (folder / "Makefile").read_text(), re.M)[1] + "/bin/activate" == script
        case _:
            raise AssertionError(f"no way is known to try {command}")


def test_every_command_it_prints_runs_and_can_be_copied(problem_set, students):
    printed_commands = commands(problem_set.source)
    assert len(printed_commands) > 15
    text = " ".join(problem_set.text().split())
    for command in printed_commands:
        try_out(command, students)
        assert command in text, f"{command} is not in the text that can be copied"


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            "make trian",
            "python main.py --model gna",
            "python main.py --n_epoch 3",
            "python grader.py 9z",
            "rm -rf src",
        ),
        *(
            "python -m grading.handout",
            'make gan ARGS="--device tpu"',
            "conda activate base",
            "make key-pdf",
            "--device mps",
        ),
    ],
)
def test_a_command_that_does_not_run_is_found(students, wrong):
    with pytest.raises((AssertionError, SystemExit, subprocess.CalledProcessError)):
        try_out(wrong, students)


# --- the answers' template ---------------------------------------------------------------------------------------


def test_the_template_has_a_space_and_a_starting_line_for_each_written_question():
    source = (ROOT / "submission.tex").read_text()
    parts = dict(re.findall(r"\\question\{(\w+)\}(.*?)(?=\\question\{|\\section|\Z)", source, re.S))
    assert [question for question in parts if question in WRITTEN] == list(WRITTEN)
    for question in WRITTEN:
        begun, start, rest = parts[question].partition("% ### START_CODE_HERE ###\n")
        assert start and "\n% ### END_CODE_HERE ###\n" in rest
        assert "$" in begun or r"\[" in begun, f"{question} has no starting line"


def test_the_template_shows_what_the_students_runs_write(students):
    source = (ROOT / "submission.tex").read_text()
    shown = re.findall(r"\\ownpicture\{[^}]*\}\{([^}]*)/([^}]*)\}\{([^}]*)\}", source)
    assert {command for _, _, command in shown} == {"make flow", "make gan", "make cgan", "make wgan"}
    for folder, file, command in shown:
        settings = settings_of(command, students)
        assert str(settings.out_dir) == folder
        last_grid = 60_000 // settings.batch_size // 50 * 50  # of Fashion-MNIST's images, one grid every 50 steps
        assert file in (f"samples_epoch{settings.n_epochs}.png", "density.png", f"fake_{last_grid:04d}.png")


# --- the key -----------------------------------------------------------------------------------------------------


def test_the_rubric_gives_away_the_points_of_each_question_by_halves():
    source = (ROOT / "tex" / "answer_key.tex").read_text()
    parts = dict(re.findall(r"\\question\{(\w+)\}(.*?)(?=\\question\{|\\extraquestion)", source, re.S))
    assert list(parts) == list(WRITTEN)
    for question, part in parts.items():
        earned = [float(value) for value in re.findall(r"\\earns\{([\d.]+)\}", part)]
        assert set(earned) == {0.5}, question
        assert sum(earned) == points()[question], question
        assert re.search(r"\\costs\{(0\.5|1)\}", part), f"{question} names no frequent error"


def test_the_key_answers_every_extra_question():
    asked, answered = (
        re.findall(r"\\extraquestion\{(X\d)\}", (ROOT / "tex" / name).read_text())
        for name in ("PS3.tex", "answer_key.tex")
    )
    assert asked == answered == ["X1", "X2", "X3", "X4"]
