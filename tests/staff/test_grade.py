"""One submission, graded behind a wall by the command that instructors use."""

import errno
import json
import re
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from staff import grade, isolation, jobs, scratch, settings
from staff.jobs import Job
from tests.submissions import EXTRA, ROOT, SOLVED, points, write

from grading.handin import pack, packed

SCHEMA = json.loads((ROOT / "tests" / "gradescope.schema.json").read_text())


def run(*arguments):
    command = [sys.executable, "-m", "staff.grade", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


def test_a_zip_is_graded_and_written(tmp_path):
    pack(SOLVED, tmp_path / "s.zip")
    status, output, errors = run(tmp_path / "s.zip", "--seed", 5, "--out", tmp_path / "results.json")
    assert (status, errors) == (0, "")
    assert "Total: 35/35 points" in output
    assert re.search(r"Behind the wall '(bubblewrap|user)', with --seed 5\.", output)
    results = json.loads((tmp_path / "results.json").read_text())
    jsonschema.validate(results, SCHEMA)
    assert results["score"] == 35 + sum(EXTRA.values())
    assert results["extra_data"]["seed"] == 5
    assert results["extra_data"].items() > grade.software().items()
    assert grade.software()["torch"] == metadata.version("torch")
    assert results["extra_data"]["wall"] in ("bubblewrap", "user")


def test_a_reader_who_leaves_changes_nothing_in_the_result(tmp_path):
    command = [sys.executable, "-m", "staff.grade", SOLVED, "--out", tmp_path / "results.json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    assert (process.communicate(timeout=300)[1], process.returncode) == ("", 0)
    results = json.loads((tmp_path / "results.json").read_text())
    assert (results["score"], results["output"]) == (35 + sum(EXTRA.values()), "")


def test_the_same_seed_gives_the_same_grade_whatever_the_score(tmp_path):
    gan = (SOLVED / "gan.py").read_text().replace("- d(x_real).mean()", "+ d(x_real).mean()")
    folder = write(tmp_path / "wrong", gan=gan)
    runs = [run(folder, "--seed", 5) for _ in range(2)]
    assert [status for status, _, _ in runs] == [0, 0]
    graded = [re.sub(r"took \S+", "", output) for _, output, _ in runs]
    assert graded[0] == graded[1]
    assert points(runs[0][1])["5e-0-basic"] == "0/1"
    assert points(runs[0][1])["5e-1-basic"] == "1/1"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "There is no "),
        (lambda path: path.write_text("x"), "is not a zip"),
        (lambda path: path.mkdir(), "There is no flow_network.py and no gan.py"),
    ],
)
def test_what_cannot_be_graded_is_said_in_one_line(tmp_path, make, message):
    make(tmp_path / "s")
    status, output, errors = run(tmp_path / "s", "--out", tmp_path / "results.json")
    assert status == 2
    assert message in errors
    assert len(errors.splitlines()) == 1
    results = json.loads((tmp_path / "results.json").read_text())
    jsonschema.validate(results, SCHEMA)
    assert results["score"] == 0
    assert message in results["output"]


def test_where_submissions_lie_is_swept_where_a_grader_was_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    lay = []

    def killed(folder):
        assert (folder / "gan.py").is_file()
        lay.extend(tmp_path.rglob("*.py"))
        lay.extend(tmp_path.rglob("*.zip"))
        raise isolation.NoWall

    monkeypatch.setattr(jobs, "_nest", lambda *_: SimpleNamespace(room=killed))
    jobs.do(Job("a", "a", packed(SOLVED), "", 1, settings.load(), ""))
    tops = {path.relative_to(tmp_path).parts[0] for path in lay}
    assert len(tops) == 2 and all(name.startswith(scratch.PREFIX) for name in tops)
    assert not list(tmp_path.iterdir())


def test_a_file_that_this_machine_lacks_is_not_laid_to_the_submission(tmp_path, monkeypatch):
    def lacking(*_):
        raise FileNotFoundError("/proc/cpuinfo")

    monkeypatch.setattr(isolation, "wall", lacking)
    with pytest.raises(FileNotFoundError):
        grade.main([str(SOLVED), "--out", str(tmp_path / "results.json")])
    assert "not to blame" in json.loads((tmp_path / "results.json").read_text())["output"]
    job = Job("a", "a", packed(SOLVED), "", 1, settings.load(), "")
    monkeypatch.setattr(jobs, "_nest", lambda *_: SimpleNamespace(room=lacking))
    assert jobs.do(job).status == "failed"


def test_a_job_that_is_given_up_has_a_whole_result_and_is_not_laid_to_the_submission():
    done = jobs.failed(Job("a", "a", packed(SOLVED), "", 1, settings.load(), ""), "lost")
    jsonschema.validate(done.results, SCHEMA)
    assert (done.status, done.why, done.results["score"]) == ("failed", "lost", 0)
    assert (done.results["extra_data"]["status"], done.results["extra_data"]["why"]) == ("failed", "lost")
    assert "not to blame" in done.results["output"]


def test_a_full_disk_is_said_in_one_line_and_not_laid_to_the_submission(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(isolation, "wall", full)
    assert grade.main([str(SOLVED), "--out", str(tmp_path / "results.json")]) == 2
    errors = capsys.readouterr().err
    assert errors == f"{tempfile.gettempdir()}: No space left on device. Make room, and grade again.\n"
    assert "not to blame" in json.loads((tmp_path / "results.json").read_text())["output"]


@pytest.mark.parametrize("written", [1, 1 + len(grade.tests())], ids=["at the first test", "at the end"])
def test_a_disk_that_fills_up_is_said_in_one_line_and_leaves_what_was_written(tmp_path, monkeypatch, capsys, written):
    write_text, left = Path.write_text, [None] * written

    def filling(path, text, **more):
        if path.name == "results.json.part":
            if not left:
                raise OSError(errno.ENOSPC, "No space left on device")
            left.pop()
        return write_text(path, text, **more)

    monkeypatch.setattr(Path, "write_text", filling)
    assert grade.main([str(write(tmp_path / "s", gan="1 / 0")), "--out", str(tmp_path / "results.json")]) == 2
    errors = capsys.readouterr().err
    assert errors == f"{tmp_path}/results.json: No space left on device. Make room, and grade again.\n"
    assert "Grading was stopped before its end" in json.loads((tmp_path / "results.json").read_text())["output"]


def test_a_path_of_no_encoding_is_graded_as_any_other(tmp_path):
    folder = write(tmp_path / "\udcff", gan="1 / 0", flow_network="1 / 0")
    status, output, errors = run(folder, "--seed", 5, "--out", folder / "results.json")
    assert (status, errors) == (0, "")
    assert output.startswith(f"{tmp_path}/\N{REPLACEMENT CHARACTER} with --seed 5\n")


def test_results_that_cannot_be_written_are_said_in_one_line(tmp_path):
    status, _, errors = run(SOLVED, "--out", tmp_path / "nowhere" / "results.json")
    assert status == 2
    assert "cannot be written" in errors
    assert len(errors.splitlines()) == 1
