"""The command line from outside: what it writes, and what it says when something is missing."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import main
from training.loop import way_on

ROOT = Path(__file__).resolve().parent.parent
SMALL_FLOW = "--n_epochs 1 --n_flows 1 --hidden_size 4 --batch_size 2400 --n_samples 100".split()
SMALL_GAN = "--dataset digits --batch_size 750 --n_samples 20".split()
SOLVED = re.compile(r"^( *)### START_CODE_HERE ###\n.*?\n( *)### END_CODE_HERE ###", re.DOTALL | re.MULTILINE)


def python(program, *flags, cwd=ROOT):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(program), *map(str, flags)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(("cwd", "program"), [(ROOT, "src/main.py"), (ROOT / "src", "main.py")])
def test_the_flow_writes_its_pictures_and_figures(tmp_path, cwd, program):
    done = python(program, *SMALL_FLOW, "--out_dir", tmp_path, cwd=cwd)
    assert done.returncode == 0, done.stderr
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"samples_epoch1.png", "density.png", "losses.png", "metrics.json", "checkpoint.pt"}
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["steps"] == 10 and metrics["seed"] == 0 and metrics["seconds"] > 0
    assert 1 < metrics["test_nll_nats"] < 4 and set(metrics["final_losses"]) == {"nll"}
    assert metrics["versions"]["torch"] == torch.__version__
    assert f"{metrics['test_nll_nats']:.4f}" in done.stdout


@pytest.mark.parametrize(("flag", "like"), [("--epochs", "; did you mean --n_epochs?"), ("--foo", "")])
def test_an_unknown_flag_is_refused_with_the_one_that_is_like_it(capsys, flag, like):
    with pytest.raises(SystemExit):
        main.main([flag, "3"])
    assert capsys.readouterr().err.endswith(f": unrecognized arguments: {flag} 3{like} (see --help)\n")


@pytest.mark.parametrize(
    ("own", "count"),
    [({}, "30000"), ({"GOMP_SPINCOUNT": "5"}, "5"), ({"OMP_WAIT_POLICY": "PASSIVE"}, None)],
)
def test_threads_that_wait_for_each_other_spin_a_while_unless_their_owner_has_it_otherwise(monkeypatch, own, count):
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    found = []
    session = SimpleNamespace(run=lambda settings: found.append(os.environ.get("GOMP_SPINCOUNT")))
    monkeypatch.setitem(sys.modules, "training.session", session)  # which imports torch, whose threads read it
    main.main(["--model", "gan"])
    assert found == [count]


def test_the_gan_writes_its_pictures_and_keeps_a_former_run(tmp_path):
    kept = {"checkpoint.pt", "metrics.json"}
    for name in kept:
        (tmp_path / name).write_text(f"former {name}")
    done = python("src/main.py", "--model", "gan", *SMALL_GAN, "--animate", "--out_dir", tmp_path)
    assert done.returncode == 0, done.stderr
    written = {path.name for path in tmp_path.iterdir()}
    pictures = {"real.png", "fake_0002.png", "fake.gif", "losses.png", "strips.png"}
    assert written == pictures | kept | {f"previous-{k}" for k in kept}
    assert (tmp_path / "previous-checkpoint.pt").read_text() == "former checkpoint.pt"
    assert "previous-checkpoint.pt" in done.stderr


def test_resuming_a_finished_run_does_only_what_is_left(tmp_path):
    python("src/main.py", *SMALL_FLOW, "--out_dir", tmp_path)
    before = (tmp_path / "metrics.json").read_text()
    (tmp_path / "metrics.json").unlink()  # as if killed just before
    done = python("src/main.py", *SMALL_FLOW, "--out_dir", tmp_path, "--resume")
    assert done.returncode == 0 and (tmp_path / "metrics.json").read_text() == before


def test_ctrl_c_leaves_a_command_that_goes_on(tmp_path):
    out_dir = tmp_path / "a folder"
    flags = ["--n_flows", "1", "--hidden_size", "4", "--n_epochs", "4", "--save_every", "0", "--out_dir", str(out_dir)]
    command = [sys.executable, "src/main.py", *flags]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not (out_dir / "checkpoint.pt").exists():
        assert child.poll() is None
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    message = child.communicate()[1]
    assert child.returncode == 130 and "Traceback" not in message
    words = shlex.split(message.strip().splitlines()[-1])
    assert words[-1] == "--resume"
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads((out_dir / "metrics.json").read_text())["steps"] == 240 * 4


@pytest.mark.parametrize("target", ["flow", "gan", "cgan", "wgan"])
def test_who_started_it_by_make_goes_on_by_make(target, monkeypatch):
    """What would be typed again is what make then runs, in the folder where make runs it."""
    recipe = subprocess.run(["make", "-n", target, "ARGS=--seed 7"], cwd=ROOT, capture_output=True, text=True).stdout
    (ran,) = (shlex.split(line) for line in recipe.splitlines() if "main.py" in line)
    started = dict(word.split("=", 1) for word in ran if word.startswith("STARTED_BY="))
    monkeypatch.setenv("STARTED_BY", started["STARTED_BY"])
    settings = main.parse(ran[ran.index("main.py") + 1 :])
    make, target_again, args = shlex.split(way_on(settings).splitlines()[1])
    assert (make, target_again) == ("make", target)
    recipe = subprocess.run([make, target, "-n", args], cwd=ROOT, capture_output=True, text=True).stdout
    (again,) = (shlex.split(line) for line in recipe.splitlines() if "main.py" in line)
    assert main.parse(again[again.index("main.py") + 1 :]) == replace(settings, resume=True)


def test_a_gpu_that_is_not_there_is_said_and_the_cpu_used(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    done = python("src/main.py", *SMALL_FLOW, "--out_dir", tmp_path, "--device", "gpu")
    assert done.returncode == 0 and "no CUDA device" in done.stderr
    assert "cpu" in json.loads((tmp_path / "metrics.json").read_text())["device"]


def test_resume_without_a_checkpoint_starts_and_says_so(tmp_path):
    done = python("src/main.py", *SMALL_FLOW, "--out_dir", tmp_path, "--resume")
    assert done.returncode == 0 and "starting from the beginning" in done.stderr


@pytest.mark.parametrize("flags", ["", "--model gan --dataset digits"])
def test_cache_fetches_and_stops(tmp_path, flags):
    done = python(ROOT / "src" / "main.py", *flags.split(), "--cache", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_python_without_torch_is_said(tmp_path):
    command = [sys.executable, "-S", "src/main.py", *SMALL_FLOW, "--out_dir", str(tmp_path)]  # -S: no site-packages
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "has no PyTorch. Activate the environment" in done.stderr


def test_missing_data_is_explained_without_a_traceback(tmp_path):
    damaged = tmp_path / "mnist"
    damaged.mkdir()
    for kind in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (damaged / f"{kind}-ubyte").write_bytes(b"\0\0")
    flags = ["--model", "gan", "--dataset", "mnist", "--data_dir", tmp_path, "--out_dir", tmp_path / "out"]
    done = python("src/main.py", *flags)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "train-images-idx3-ubyte is damaged" in done.stderr


def with_body(tmp_path, file, function, body):
    """A copy of src/ in which the solved lines of a function are replaced; returns the copy's folder."""
    shutil.copytree(ROOT / "src", tmp_path / "src")
    path = tmp_path / "src" / "submission" / file
    head, name, tail = path.read_text().rpartition(f"def {function}(")
    path.write_text(head + name + SOLVED.sub(rf"\g<1>{body}", tail, count=1))
    return tmp_path / "src"


@pytest.mark.parametrize(
    ("file", "function", "flags"),
    [
        ("flow_network.py", "log_probs", SMALL_FLOW),
        ("gan.py", "conditional_loss_nonsaturating_g", ["--model", "cgan", *SMALL_GAN]),
    ],
)
def test_a_function_not_yet_written_is_named_without_a_traceback(tmp_path, file, function, flags):
    src = with_body(tmp_path, file, function, "raise NotImplementedError")
    done = python("main.py", *flags, "--out_dir", tmp_path / "out", cwd=src)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert re.search(rf"{function} in submission/{file}, line \d+, is not written yet", done.stderr)


def test_forward_is_asked_for_before_training_not_after(tmp_path):
    src = with_body(tmp_path, "flow_network.py", "forward", "raise NotImplementedError")  # the last one is MADE's
    done = python("main.py", "--out_dir", tmp_path / "out", cwd=src)
    assert done.returncode == 1 and "forward in submission/flow_network.py" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_loss_that_cannot_be_trained_with_is_described(tmp_path):
    src = with_body(tmp_path, "gan.py", "loss_nonsaturating_g", "return d(g(z)).mean() * float('nan')")
    done = python("main.py", "--model", "gan", *SMALL_GAN, "--out_dir", tmp_path / "out", cwd=src)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "The loss g_loss (loss_nonsaturating_g in submission/gan.py) is nan at step 1 " in done.stderr
