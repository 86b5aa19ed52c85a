"""The bundle, laid out under a scratch root as Gradescope lays it out, and run as root on real submissions."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile

import jsonschema
import pytest
from staff import bundle
from staff.markers import blanked
from tests.submissions import EXTRA, ROOT, SOLVED, needs_root, write

import grader

SCHEMA = json.loads((ROOT / "tests" / "gradescope.schema.json").read_text())
BLANK = {path.stem: blanked(path.read_text()) for path in SOLVED.glob("*.py")}


@pytest.fixture(scope="module")
def autograder(tmp_path_factory):
    """The folder that is /autograder on the server, with the wall that can be had there."""
    home = tmp_path_factory.mktemp("server") / "autograder"
    bundle.write(home.parent / "autograder.zip")
    with zipfile.ZipFile(home.parent / "autograder.zip") as archive:
        for info in archive.infolist():
            os.chmod(archive.extract(info, home / "source"), info.external_attr >> 16 & 0o777)
    settings = home / "source" / "staff" / "settings.toml"
    settings.write_text(re.sub(r'wall = ".*"', 'wall = "user"', settings.read_text()))
    for name in ("submission", "results"):
        (home / name).mkdir()
    return home


def start(home, files):
    for path in (home / "submission").iterdir():
        path.unlink()
    write(home / "submission", **files)
    environment = {"PATH": os.environ["PATH"], "AUTOGRADER": str(home), "AUTOGRADER_PYTHON": sys.executable}
    command = [home / "source" / "run_autograder"]
    return subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.PIPE, text=True, process_group=0)


def results(home):
    found = json.loads((home / "results" / "results.json").read_text())
    jsonschema.validate(found, SCHEMA)
    return found


def test_the_zip_holds_what_grading_needs_and_no_more():
    names = set(bundle.held())
    assert {"setup.sh", "run_autograder", "points.json", "src/grader.py", "src/solution/gan.py"} <= names
    assert {"staff/grade.py", "staff/confine.py", "src/network.py", "src/grading/probes/gan.py"} <= names
    assert not any("submission" in name or "mistakes" in name or "tests" in name for name in names)


def test_two_zips_are_the_same_bytes_with_unix_line_ends_and_scripts_that_run(tmp_path):
    bundle.write(tmp_path / "one.zip")
    bundle.write(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
        assert not any(b"\r" in archive.read(name) for name in modes)
    assert modes.pop("setup.sh") == modes.pop("run_autograder") == 0o700
    assert set(modes.values()) == {0o600}


def test_points_that_the_server_would_stop_at_stop_the_bundle(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    monkeypatch.setattr(grader, "HERE", tmp_path)
    (tmp_path / "points.json").write_text("{}")
    with pytest.raises(SystemExit):
        bundle.main([])
    assert "has no points for 1a-0-basic, " in capsys.readouterr().err
    assert not (tmp_path / "dist").exists()


def test_the_scripts_are_bash():
    for name in bundle.SCRIPTS:
        subprocess.run(["bash", "-n", ROOT / "staff" / "gradescope" / name], check=True)


@needs_root
def test_the_solved_submission_gets_all_points_and_hidden_tests_show_no_inputs(autograder):
    process = start(autograder, {})
    said, _ = process.communicate(timeout=300)
    found = results(autograder)
    extra = sum(test["score"] for test in found["tests"] if test["max_score"] == 0)  # on top of the total
    assert found["score"] - extra == sum(test["max_score"] for test in found["tests"]) == 35
    assert extra == sum(EXTRA.values())
    assert found["extra_data"]["wall"] == "user"
    assert f"--seed {found['extra_data']['seed']}" in said
    assert {test["visibility"] for test in found["tests"] if test["number"].endswith("hidden")} == {"after_published"}
    assert oct((autograder / "source").stat().st_mode)[-3:] == "700"


@needs_root
def test_a_wrong_one_learns_what_is_wrong_and_no_hidden_input(autograder):
    text = (SOLVED / "gan.py").read_text()
    text = text.replace("return -F.logsigmoid(d(g(z))).mean()", "print(d(g(z))); return F.logsigmoid(d(g(z))).mean()")
    start(autograder, {"gan": text, "flow_network": BLANK["flow_network"]}).communicate(timeout=300)
    found = results(autograder)
    tests = {test["number"]: test for test in found["tests"]}
    assert tests["2b-1-basic"]["score"] == 0
    assert "expected 1.27864\n    got      -1.27864" in tests["2b-1-basic"]["output"]
    assert "tensor([ 1.0000" in tests["2b-1-basic"]["output"]
    hidden = tests["2b-5-hidden"]["output"]
    assert "loss_nonsaturating_g: its value is not right" in hidden
    assert not re.search(r"tensor|\d\.\d|expected|got", hidden)
    assert tests["1a-0-basic"]["output"].startswith("MADE.forward in submission/flow_network.py, line ")
    assert found["output"] == "Still to be written: MADE.forward, MADE.inverse, MAF.log_probs."


@needs_root
def test_what_is_no_submission_gets_a_result_that_says_so(autograder):
    start(autograder, {"gan": None, "flow_network": None}).communicate(timeout=300)
    found = results(autograder)
    assert found["score"] == 0
    assert "There is no flow_network.py and no gan.py in it" in found["output"]


@needs_root
def test_a_container_that_is_killed_has_reported(autograder):
    """At any moment there is a whole file; after the kill it has what was done by then."""
    (autograder / "results" / "results.json").unlink(missing_ok=True)
    process = start(autograder, {"gan": "while True: pass"})
    ends = time.monotonic() + 200
    done = 0
    while done < 5 and time.monotonic() < ends:
        time.sleep(0.02)
        if (autograder / "results" / "results.json").exists():
            found = results(autograder)
            done = sum(not test["output"].startswith("Not run yet") for test in found["tests"])
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    found = results(autograder)
    assert done >= 5
    assert found["score"] > 0  # of the flow's tests, which come first
    assert "what was not run has no points" in found["output"]


@needs_root
def test_a_grader_that_breaks_leaves_a_result_that_says_so(autograder):
    process = subprocess.run(
        [autograder / "source" / "run_autograder"],
        env={"PATH": os.environ["PATH"], "AUTOGRADER": str(autograder), "AUTOGRADER_PYTHON": "/bin/false"},
    )
    assert process.returncode == 0
    assert "your submission is not to blame" in results(autograder)["output"]
