"""A class is graded, gone on with after a kill, and regraded where something changed."""

import contextlib
import csv
import errno
import itertools
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
from staff import grade, grade_all, grades, jobs, pool, settings
from staff.markers import blanked
from staff.mistakes.entry import FUNCTIONS
from staff.storing import store
from staff.submissions import NoSubmissions, Student, Submission, find
from tests.staff.classes import results, row
from tests.submissions import ROOT, SOLVED, UNTRIED, write

SCHEMA = json.loads((ROOT / "tests" / "gradescope.schema.json").read_text())
GAN = (SOLVED / "gan.py").read_text().partition("def loss_minimax_g")[0]  # a class that tries for no extra credit
SIGN = GAN.replace("return -F.logsigmoid(d(g(z))).mean()", "return F.logsigmoid(d(g(z))).mean()")


def command(folder, out, *more):
    return [sys.executable, "-m", "staff.grade_all", folder, "--out", out, "--jobs", "2", *more]


def run(folder, out, *more):
    done = subprocess.run(command(folder, out, *more), cwd=ROOT, capture_output=True, text=True, timeout=500)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    """Six submissions, and a folder of results with the catalogue's fingerprints left out: they take minutes."""
    folder = tmp_path_factory.mktemp("class")
    write(folder / "right", **UNTRIED, gan=GAN)
    write(folder / "sign", **UNTRIED, gan=SIGN)
    flow = blanked((SOLVED / "flow_network.py").read_text())
    write(folder / "blank", **UNTRIED, gan=blanked(GAN), flow_network=flow)
    write(folder / "loop", **UNTRIED, gan=GAN.replace("return -F.logsigmoid(d(g(z))).mean()", "while True: pass"))
    write(folder / "dies", **UNTRIED, gan="import os; os._exit(0)")
    (folder / "empty").mkdir()
    return folder


def scores(out):
    return {path.stem: json.loads(path.read_text())["score"] for path in (out / "results").glob("*.json")}


@pytest.fixture(scope="module")
def graded(a_class, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return out, run(a_class, out, "--seed", "1", "--no-names")


pytestmark = pytest.mark.xdist_group("grade_all")


def test_a_result_tells_what_it_came_from(graded):
    extra = json.loads((graded[0] / "results" / "right.json").read_text())["extra_data"]
    assert (extra["seed"], extra["status"], extra["settings"]) == (1, "graded", asdict(settings.load()))
    assert extra.items() > grade.software().items()
    assert len(extra["submission"]) == len(extra["grader"]) == 64 and extra["wall"] in ("bubblewrap", "user")


@pytest.mark.parametrize("name", ["nest.py", "jobs.py", "confine.py"])
def test_what_a_grade_depends_on_makes_another_grader(name, monkeypatch):
    before, read_bytes = jobs.version(), Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read_bytes(path) + b"#" * (path.name == name))
    assert jobs.version.__wrapped__() != before


def test_everybody_has_a_result_whatever_the_others_do(graded):
    out, (status, said, errors) = graded
    assert status == 0, errors
    found = scores(out)
    assert {name: found[name] for name in ("right", "blank", "dies", "empty")} == {
        **{"right": 35, "blank": 0, "dies": 15, "empty": 0},
    }
    assert 30 <= found["loop"] <= found["sign"] < 35
    for path in (out / "results").glob("*.json"):
        jsonschema.validate(json.loads(path.read_text()), SCHEMA)
    assert "There is no flow_network.py" in json.loads((out / "results" / "empty.json").read_text())["output"]


def test_the_table_has_a_row_for_each(graded):
    out, _ = graded
    with (out / "grades.csv").open() as file:
        table = {row["id"]: row for row in csv.DictReader(file)}
    assert table["right"]["total"] == "35"
    assert table["empty"]["status"] == "refused"
    assert table["sign"]["2b-1-basic"] == "0"
    assert table["sign"]["2b-0-basic"] == "1"


def test_extra_credit_has_a_column_of_its_own():
    one = row("ada", "Ada")
    tests = [{"number": "2b-0-basic", "score": 1, "max_score": 1}, {"number": "6a-0-basic", "score": 2.5}]
    results = {**one.results, "score": 3.5, "tests": tests}
    (found,) = csv.DictReader(grades._csv([replace(one, results=results)]).splitlines())
    assert (found["total"], found["extra_credit"], found["2b-0-basic"]) == ("3.5", "2.5", "1")


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_no_name_is_a_formula_however_a_spreadsheet_splits_the_table(sign):
    """Where the decimal mark is a comma, Excel splits at semicolons, and minds no quotes within a cell."""
    befores = ("", "x;", "x\t", "x|", "x\n", "x,", '";', "; ", "\n", "\u00a0")
    for before, separator in itertools.product(befores, ",;\t|"):
        table = grades._csv([row("ada", f"{before}{sign}HYPERLINK(0)")])
        cells = itertools.chain(*csv.reader(table.splitlines(keepends=True), delimiter=separator))
        assert not [cell for cell in cells if cell.strip(' "\n').startswith(sign)], (before, separator)


def test_names_in_the_table_hold_no_codes_for_a_terminal():
    assert "\x1b" not in grades._csv([row("ada", "Ada\x1b]0;owned\x07\x9b2J\u202e")])


def test_what_is_done_is_not_done_again(a_class, graded):
    out, _ = graded
    before = {path.name: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    status, said, _ = run(a_class, out, "--no-names")
    assert status == 0
    assert "6 of 6 have results already" in said
    assert before == {path.name: path.stat().st_mtime_ns for path in (out / "results").iterdir()}


def test_what_changed_is_known_to_be_stale_and_done_again_when_asked(a_class, graded, tmp_path):
    out, _ = graded
    text = (a_class / "sign" / "gan.py").read_text()
    try:
        (a_class / "sign" / "gan.py").write_text(GAN)
        assert "1 of these are of other files" in run(a_class, out, "--no-names")[1]
        assert scores(out)["sign"] < 35
        with (out / "grades.csv").open() as file:
            late = {row["id"] for row in csv.DictReader(file) if row["status"] == "outdated"}
        assert late == {"sign"} and "Outdated" in (out / "report.html").read_text()
        run(a_class, out, "--changed", "--no-names")
        assert scores(out)["sign"] == 35
        assert "outdated" not in (out / "grades.csv").read_text()
    finally:
        (a_class / "sign" / "gan.py").write_text(text)
    named = {name: [["loss_nonsaturating_g", "a misconception", "a hint"]] for name in ("sign", "loop")}
    (out / "mistakes.json").write_text(json.dumps(named))
    run(a_class, out, "--again", "sign", "--no-names")
    assert scores(out)["sign"] < 35
    assert json.loads((out / "mistakes.json").read_text()).keys() == {"loop"}  # the other name was of an older grading


def test_a_machine_that_fails_takes_no_grade_away(tmp_path, monkeypatch, capsys):
    def failing(workers, function, give_up, todo, load):
        return (give_up(one, "no room") for one in todo)

    monkeypatch.setattr(pool, "run", failing)
    for folder in ("class", "out", "out/results"):
        (tmp_path / folder).mkdir()
    for name in ("ada", "bob", "eve"):
        write(tmp_path / "class" / name)
    before = {name: results(status=status) for name, status in (("ada", "graded"), ("eve", "failed"))}
    for name, old in before.items():
        store(tmp_path / "out" / "results" / f"{name}.json", json.dumps(old))
    flags = "--out", str(tmp_path / "out"), "--no-names", "--again", "ada"
    assert grade_all.main([str(tmp_path / "class"), *flags]) == 1
    assert grades.read(tmp_path / "out" / "results" / "ada.json") == before["ada"]
    with (tmp_path / "out" / "grades.csv").open() as file:
        found = {row["id"]: (row["total"], row["status"]) for row in csv.DictReader(file)}
    assert found == {"ada": ("5", "outdated"), "bob": ("0", "failed"), "eve": ("0", "failed")}
    said = capsys.readouterr().out
    assert "failed on 3, ada among them: no room\n1 of these keep the grade that they had, as outdated" in said


def test_what_cannot_be_read_is_the_machines_fault_and_what_is_not_there_is_refused(tmp_path, monkeypatch):
    def denied(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    (tmp_path / "ada.zip").write_bytes(b"")
    gone = grade_all._job(Submission("bob", tmp_path / "bob.zip"), 1, settings.load())
    monkeypatch.setattr(Path, "read_bytes", denied)
    monkeypatch.setattr(jobs, "version", lambda: "")
    there = grade_all._job(Submission("ada", tmp_path / "ada.zip"), 1, settings.load())
    done = [jobs.do(job) for job in (there, gone)]
    assert [one.status for one in done] == ["failed", "refused"]
    assert "Permission denied" in done[0].why
    assert "not to blame" in done[0].results["output"]


def test_two_runs_do_not_work_on_one_folder(a_class, tmp_path, capsys):
    with grade_all._alone(tmp_path):
        assert grade_all.main([str(a_class), "--out", str(tmp_path)]) == 2
    assert "Another run is at work on" in capsys.readouterr().err
    assert not (tmp_path / "run.json").exists()
    with grade_all._alone(tmp_path):  # it is free again
        pass


def test_archives_are_read_when_they_are_given_out_and_not_kept(tmp_path, monkeypatch):
    def given_out(workers, function, give_up, todo, load):
        assert len(pickle.dumps(todo)) < 2000
        assert [load(one).archive for one in todo] == [b"x" * 10_000] * 2
        return ()

    monkeypatch.setattr(pool, "run", given_out)
    (tmp_path / "class").mkdir()
    for name in ("ada", "bob"):
        (tmp_path / "class" / f"{name}.zip").write_bytes(b"x" * 10_000)
    assert grade_all.main([str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--no-names"]) == 0


def test_the_end_of_an_id_is_enough_where_it_means_one():
    ids = [Submission(own, Path(own)) for own in ("submission_1003", "submission_11003", "submission_42", "42")]
    ids.append(Submission("lee_12", Path("lee_12.zip"), (Student("Ann Lee"),)))
    assert grade_all._meant("_1003", ids) == "submission_1003"
    assert grade_all._meant("42", ids) == "42"
    assert grade_all._meant("Ann Lee", ids) == grade_all._meant("lee_12.zip", ids) == "lee_12"
    named = Submission("J%C3%B6rg%20M%C3%BCller", Path("Jörg Müller"))
    assert grade_all._meant("Müller", [*ids, named]) == "J%C3%B6rg%20M%C3%BCller"
    with pytest.raises(NoSubmissions, match="--again 003: several ids end so, such as submission_1003 and"):
        grade_all._meant("003", ids)
    with pytest.raises(NoSubmissions, match="--again 7: no id ends so; one is submission_1003"):
        grade_all._meant("7", ids)
    with pytest.raises(NoSubmissions, match="--again ann: no id ends so, and no name is that; it is in lee_12"):
        grade_all._meant("ann", ids)


def test_naming_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    asked = []

    def stopped(seed, functions):
        asked.append((seed, list(functions)))
        yield functions[0], []
        yield (
            functions[1],
            [(grades.naming.Known(functions[1], "name", "misconception", "hint"), [("what", np.ones(2))])],
        )
        raise KeyboardInterrupt

    monkeypatch.setattr(grades.naming, "each_function", stopped)
    for seed in (7, 7, 8):
        with pytest.raises(KeyboardInterrupt):
            grades._catalogue(tmp_path, seed)
    everything = list(FUNCTIONS)
    assert asked == [(7, everything), (7, everything[2:]), (8, everything)]
    monkeypatch.setattr(grades.naming, "each_function", lambda seed, functions: ((name, []) for name in functions))
    ((known, ((what, array),)),) = grades._catalogue(tmp_path, 8)
    assert (known.function, known.hint, what) == (everything[1], "hint", "what")
    assert np.array_equal(array, np.ones(2))


def of_session(leader):
    """The processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if path.read_text().rpartition(")")[2].split()[3] == str(leader):
                found.append(path.parent.name)
    return found


def test_a_killed_run_goes_on_and_gives_the_same_grades(a_class, graded, tmp_path):
    out, _ = graded
    process = subprocess.Popen(
        command(a_class, tmp_path / "out", "--seed", "1", "--no-names"),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    ends = time.monotonic() + 200
    while not list((tmp_path / "out" / "results").glob("*.json")) and time.monotonic() < ends:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    ends = time.monotonic() + 20
    while (left := of_session(process.pid)) and time.monotonic() < ends:
        time.sleep(0.1)
    assert not left  # who grades for a run that is gone would hold on to its memory for ever
    first = {path.name: path.read_bytes() for path in (tmp_path / "out" / "results").glob("*.json")}
    assert first
    status, said, errors = run(a_class, tmp_path / "out", "--no-names")
    assert status == 0, errors
    assert re.search(r"\d of 6 have results already", said)
    after = {path.name: path.read_bytes() for path in (tmp_path / "out" / "results").glob("*.json")}
    assert first.items() <= after.items()
    assert (tmp_path / "out" / "grades.csv").read_bytes() == (out / "grades.csv").read_bytes()
    assert not list((tmp_path / "out").rglob("*.part"))


def test_the_grades_do_not_wait_for_the_names(a_class, graded, tmp_path, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    shutil.copytree(graded[0], tmp_path / "out")
    (tmp_path / "out" / "grades.csv").unlink()
    monkeypatch.setattr(grades, "name_all", stopped)
    assert grade_all.main([str(a_class), "--out", str(tmp_path / "out")]) == 130
    assert (tmp_path / "out" / "grades.csv").read_bytes() == (graded[0] / "grades.csv").read_bytes()


def test_nothing_to_grade_is_said_in_one_line(tmp_path):
    status, _, errors = run(tmp_path / "nowhere", tmp_path / "out")
    assert status == 2
    assert errors.startswith("There is no folder")
    assert len(errors.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_points_that_leave_out_a_test_stop_a_run_before_its_first_job(a_class, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(grade_all.grader, "HERE", tmp_path / "src")
    (tmp_path / "points.json").write_text('{"2b-0-basic": 1}')
    with pytest.raises(SystemExit) as stop:
        grade_all.main([str(a_class), "--out", str(tmp_path / "out")])
    assert stop.value.code == 2
    assert "has no points for 1a-0-basic" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_may_loop_is_begun_in_the_first_half_but_not_all_at_once():
    class_of = [SimpleNamespace(id=number) for number in range(100)]
    looping = {80, 90, 98, 99}
    order = [job.id for job in grade_all._spread(class_of, looping)]
    assert sorted(order) == list(range(100)) and [own for own in order if own not in looping] == sorted(
        set(order) - looping
    )
    places = [order.index(own) for own in sorted(looping)]
    assert max(places) < 50 and min(b - a for a, b in itertools.pairwise(places)) > 10


def test_a_while_is_seen_in_a_zip_and_in_a_folder_and_a_refused_one_is_no_matter(tmp_path):
    loops = write(tmp_path / "loops", gan=GAN + "\n\ndef forever():\n    while True:\n        pass\n")
    write(tmp_path / "plain", **UNTRIED, gan=GAN + "\n# meanwhile\n")
    shutil.make_archive(tmp_path / "zipped", "zip", loops)
    (tmp_path / "broken.zip").write_text("no zip")
    found = {one.id: one.loops() for one in find(tmp_path)}
    assert found == {"loops": True, "plain": False, "zipped": True, "broken": False}


def test_another_seed_is_refused_unless_all_are_graded_again(a_class, graded):
    out, _ = graded
    status, _, errors = run(a_class, out, "--seed", "2", "--no-names")
    assert status == 2
    assert "is graded on the cases of seed 1: --changed" in errors
    assert json.loads((out / "run.json").read_text()) == {"seed": 1}


def test_results_are_not_to_lie_among_the_submissions(a_class):
    for out in (a_class, a_class / "grades"):
        status, _, errors = run(a_class, out)
        assert (status, errors.count("\n")) == (2, 1)
        assert "where it would be a submission" in errors
    assert not (a_class / "grades").exists()


@pytest.mark.parametrize("flags", [["--seed", "-1"], ["--jobs", "-2"]])
def test_what_is_negative_is_refused(a_class, tmp_path, flags):
    status, _, errors = run(a_class, tmp_path / "out", *flags)
    assert status == 2 and "must not be negative" in errors
    assert not (tmp_path / "out").exists()


def test_nobody_gets_the_grade_of_another_whose_place_is_taken(tmp_path):
    """A zip that could not be read, and was unpacked beside or in place of it; a newcomer who comes first by name."""
    there, out = tmp_path / "in", tmp_path / "out"
    there.mkdir()
    (there / "ann.zip").write_text("no zip")
    (there / "notes.txt").write_text("")
    (there / "bob.rar").write_text("")
    status, said, errors = run(there, out, "--seed", "1", "--no-names")
    assert status == 0, errors
    assert "Left out, as they are no submissions: notes.txt." in said
    assert "All were refused, ann with: What was handed in is not a zip" in said
    assert scores(out) == {"ann": 0, "bob.rar": 0}
    (there / "ann.zip").unlink()
    write(there / "ann", **UNTRIED, gan=GAN)
    run(there, out, "--no-names")
    assert scores(out)["ann"] == 35


def test_a_full_disk_is_said_in_one_line_and_leaves_nothing_half_written(a_class, tmp_path, monkeypatch, capsys):
    def full(path, text, **_):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_text", full)
    assert grade_all.main([str(a_class), "--out", str(tmp_path / "out"), "--seed", "1"]) == 2
    errors = capsys.readouterr().err
    assert "No space left on device. Make room" in errors and errors.count("\n") == 1
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_what_cannot_be_written_to_or_read_is_named(a_class, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, errors = run(a_class, tmp_path / "file")
    assert (status, errors.count("\n")) == (2, 1)
    assert "cannot be written to" in errors
    (tmp_path / "run.json").write_text('{"se')
    status, _, errors = run(a_class, tmp_path)
    assert (status, errors.count("\n")) == (2, 1)
    assert "run.json is damaged" in errors
    (tmp_path / "run.json").write_text('{"seed": -1}')
    assert "run.json is damaged" in run(a_class, tmp_path)[2]


def test_words_of_a_submission_are_not_taken_for_a_stop(tmp_path):
    seen = {"f": [["2b-0-basic touched all failed", {"kind": "U"}]]}
    assert grades._went_wrong(seen) == (("f",), ())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *itertools.product(["mistakes.json", "seen/ada.json", "catalogue.json"], ["{", "[1]", "\udcff"]),
        ("mistakes.json", '{"ada": 1}'),
        ("seen/ada.json", '{"f": [["2b-0-basic failed", {}]]}'),
    ],
)
def test_what_a_run_kept_and_is_damaged_is_named(tmp_path, name, text):
    for folder in ("results", "seen"):
        (tmp_path / folder).mkdir()
    store(tmp_path / "results" / "ada.json", json.dumps(results()))
    (tmp_path / name).write_bytes(text.encode(errors="surrogateescape"))
    ada = [Submission("ada", None)]
    with pytest.raises(grades.Unreadable, match=f"{name} is damaged .* remove it"):
        if name == "catalogue.json":
            grades._catalogue(tmp_path, 7)
        else:
            grades.rows(tmp_path, ada)
