"""The worker survives whatever a submission does, and the client says what it was."""

import io
import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from tests.submissions import write

from grading import client, prints, wire
from grading.client import Failed, OpenRoom, Worker, WorkerMissing

CODE = """
import os, re, signal, sys, time, ctypes
import torch

def right(g, d, x, *, device):
    return -d(g(torch.randn(len(x), g.dim_z))).mean()

def loop(g, d, x, *, device):
    while True:
        pass

def loop_that_prints(g, d, x, *, device):
    while True:
        print("at it " * 20)

def loop_in_c(g, d, x, *, device):
    re.match(r"(a+)+$", "a" * 60 + "b")

def sleep(g, d, x, *, device):
    time.sleep(1000)

def crash(g, d, x, *, device):
    ctypes.string_at(0)

def killed(g, d, x, *, device):
    os.kill(os.getpid(), signal.SIGKILL)

def leave(g, d, x, *, device):
    sys.exit(0)

def prints(g, d, x, *, device):
    print("beginning")
    for _ in range(100):
        print("x" * 100_000)
    os.write(1, b"from below\\n")
    return right(g, d, x, device=device)

def floods(g, d, x, *, device):
    while True:
        print("x")

def reads(g, d, x, *, device):
    return torch.tensor(float(input("a number? ")))

def large(g, d, x, *, device):
    return torch.ones(20 * 2**30).sum()

def recursion(g, d, x, *, device):
    return recursion(g, d, x, device=device)

def signature(g, d):
    return d

def none(g, d, x, *, device):
    d(x)

def shape(g, d, x, *, device):
    return -d(g(torch.randn(len(x), g.dim_z)))

def nan(g, d, x, *, device):
    return right(g, d, x, device=device) * float("nan")

def closes(g, d, x, *, device):
    os.closerange(3, 100)

def replaces(g, d, x, *, device):
    sys.stdout = sys.stderr = None
    return right(g, d, x, device=device)

def forks(g, d, x, *, device):
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    return right(g, d, x, device=device)

def escapes(g, d, x, *, device):
    print("\\x1b[2Jred\\x1b[31m", "tab\\tü")
    raise ValueError("\\x1b[1A----- END")

def stops_reading(g, d, x, *, device):
    import threading
    threading.Thread(target=lambda: re.match(r"(a+)+$", "a" * 60 + "b"), daemon=True).start()
    return right(g, d, x, device=device)

def leaves_a_child(g, d, x, *, device):
    if os.fork() == 0:
        os.setsid()
        time.sleep(20)
        os._exit(0)
    os._exit(3)

def patches(g, d, x, *, device):
    torch.randn = None
    raise KeyboardInterrupt
"""
CASE = {
    "real": np.ones((2, 1, 1, 2)),
    "images": np.zeros((2, 1, 1, 2)),
    "weight": np.ones((1, 1, 2)),
    "curvature": np.zeros((1, 1, 2)),
    "bias": np.zeros(()),
}
DRAWS = {"function": "right", "wanted": "z", "real": CASE["real"], "images": CASE["images"]}


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("client") / "submission", gan=CODE)
    with Worker(OpenRoom(folder)) as worker:
        yield worker


def ask(worker, function, seconds=10):
    return worker.ask("gan.loss", seconds, function=function, **CASE)


FAILURES = {
    "loop": (1, r"did not end within 1 seconds and was stopped \(in loop, line \d+ of gan.py\): an endless loop"),
    "loop_that_prints": (
        1,
        r"did not end within 1 seconds and was stopped \(in loop_that_prints, line \d+ of gan.py\)",
    ),
    "loop_in_c": (1, r"did not end within 1 seconds and was stopped \(in loop_in_c, line \d+ of gan.py\)"),
    "sleep": (1, r"did not end within 1 seconds and was stopped \(in sleep, line \d+ of gan.py\)"),
    "crash": (10, r"was ended by SIGSEGV \(in .*, line \d+ of "),
    "killed": (10, r"was ended by SIGKILL"),
    "leave": (10, r"SystemExit: 0\nexit\(\) ends the program"),
    "reads": (10, r"EOFError: .*\nNobody is there to answer input\(\)"),
    "large": (10, r"RuntimeError: .*(not enough memory|can't allocate memory)"),
    "recursion": (10, r"RecursionError"),
    "signature": (10, r"TypeError: signature\(\)"),
    "none": (10, r"must return a 0-d tensor of type torch.float32; it returned None \(is its last line a return\?\)"),
    "shape": (10, r"it returned a tensor of shape \(2,\) and type torch.float32"),
    "closes": (10, r"."),
}


@pytest.mark.parametrize("function", FAILURES)
def test_a_failure_is_explained_and_the_next_question_is_answered(worker, function):
    seconds, message = FAILURES[function]
    worker.prepare("gan")
    worker.take_prints()
    began = time.monotonic()
    with pytest.raises(Failed, match=message) as failure:
        ask(worker, function, seconds)
    if seconds == 1:
        assert time.monotonic() - began < 4
    assert failure.value.hung == (seconds == 1)
    assert "grading/" not in str(failure.value)
    worker.take_prints()
    assert ask(worker, "right")["value"] == 0


def each(worker, *functions, seconds=10):
    cases = [{"seed": number, "function": function, **CASE} for number, function in enumerate(functions)]
    return worker.ask_each("gan.loss", seconds, cases)


def test_several_questions_are_answered_as_one_by_one(worker):
    for together, alone in zip(each(worker, "right", "nan", "right"), ("right", "nan", "right"), strict=True):
        assert set(together) == set(ask(worker, alone))
    worker.take_prints()
    first = worker.ask_each("gan.draws", 10, [{"seed": 3, **DRAWS}, {"seed": 4, **DRAWS}])
    for reply, seed in zip(first, (3, 4), strict=True):
        alone = worker.ask("gan.draws", 10, seed=seed, **DRAWS)
        np.testing.assert_array_equal(reply["z_0"], alone["z_0"])


def test_of_several_questions_the_one_that_fails_is_the_last(worker):
    answers = each(worker, "right", "none", "right")
    assert len(answers) == 2 and answers[0]["value"] == 0
    assert isinstance(answers[1], Failed) and "is its last line a return" in str(answers[1])
    with pytest.raises(Failed, match="did not end within 1 seconds") as failure:
        each(worker, "right", "loop", seconds=1)
    assert failure.value.hung
    assert ask(worker, "right")["value"] == 0


def test_a_nan_comes_through(worker):
    assert np.isnan(ask(worker, "nan")["value"])


def test_prints_are_kept_in_part_and_counted(worker):
    worker.take_prints()
    assert ask(worker, "prints")["value"] == 0
    text = worker.take_prints()
    assert text.startswith("beginning\nxxx")
    assert len(text) < 2 * prints.PRINTS
    dropped = int(re.search(r"\.\.\. and (\d+) bytes more$", text)[1])
    assert dropped + prints.PRINTS == len("beginning\n") + 100 * 100_001 + len("from below\n")
    ask(worker, "right")
    assert worker.take_prints() == ""


def test_a_loop_that_prints_fills_no_more_than_some_lines(worker):
    worker.take_prints()
    with pytest.raises(Failed, match="did not end within 1 seconds"):
        ask(worker, "floods", seconds=1)
    lines = worker.take_prints().splitlines()
    assert lines[:-1] == ["x"] * prints.LINES
    assert re.fullmatch(r"\.\.\. and \d+ bytes more", lines[-1])


def test_control_characters_are_taken_out(worker):
    worker.take_prints()
    with pytest.raises(Failed) as failure:
        ask(worker, "escapes")
    assert "\x1b" not in str(failure.value) and "----- END" in str(failure.value)
    assert worker.take_prints() == "\ufffd[2Jred\ufffd[31m tab\tü\n"


def test_a_process_that_stops_reading_does_not_hold_up_the_grader(worker):
    with pytest.raises(Failed):
        ask(worker, "stops_reading")  # the reply may still come, or not
        large = np.zeros((100_000, 1, 1, 2))
        worker.ask("gan.loss", 1, function="right", **{**CASE, "real": large, "images": large})
    assert ask(worker, "right")["value"] == 0


def test_a_child_that_keeps_the_pipes_does_not_hold_up_the_grader(worker):
    with pytest.raises(Failed, match="status 3|did not end"):
        ask(worker, "leaves_a_child", seconds=3)
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < 5
    assert ask(worker, "right")["value"] == 0


def test_streams_that_are_replaced_do_no_harm(worker):
    assert ask(worker, "replaces")["value"] == 0
    assert ask(worker, "right")["value"] == 0


def test_a_worker_killed_from_outside_is_replaced(worker):
    ask(worker, "right")
    worker._process.kill()
    worker._process.wait()
    assert ask(worker, "right")["value"] == 0


def test_an_import_that_fails_is_tried_once(tmp_path):
    folder = write(tmp_path / "slow", gan="import time\ntime.sleep(1000)\n")
    with Worker(OpenRoom(folder)) as worker:
        worker.wait()
        kept, client.IMPORT_SECONDS = client.IMPORT_SECONDS, 1
        try:
            for _ in range(3):
                began = time.monotonic()
                with pytest.raises(Failed, match=r"did not end within 1 seconds .*line 2 of gan.py"):
                    ask(worker, "right")
        finally:
            client.IMPORT_SECONDS = kept
        assert time.monotonic() - began < 1  # to try once more would take a second
        assert "z_0" not in worker.ask(
            "flow_network.inverse_on_device", 10, weight=np.zeros((4, 2)), bias=np.zeros(4), x=np.zeros((1, 2))
        )


ENDS_AFTER_EACH_REPLY = """
import os, threading, time
time.sleep(0.4)

def right(g, d, x, *, device):
    threading.Timer(0.1, os._exit, (0,)).start()
    return -d(g(x.new_zeros(len(x), g.dim_z))).mean()
"""


def test_processes_that_end_do_not_stretch_the_time_for_imports(tmp_path, monkeypatch):
    """A process that ends after its reply is replaced and imports again, which counts towards no test: a submission
    could hold up others for an hour."""
    monkeypatch.setattr(client, "IMPORTS_SECONDS", 1)
    with Worker(OpenRoom(write(tmp_path / "ending", gan=ENDS_AFTER_EACH_REPLY))) as worker:
        answered = 0
        with pytest.raises(Failed, match="imported again and again"):
            for _ in range(6):
                assert ask(worker, "right")["value"] == 0
                answered += 1
                worker._process.wait(timeout=5)
        assert 1 <= answered <= 3
        with pytest.raises(Failed, match="imported again and again"):
            ask(worker, "right")
        assert worker._process is None  # and no other is begun


def test_a_submission_that_takes_long_in_every_test_is_not_waited_for_without_end(tmp_path, monkeypatch):
    """Each test has its limit, but there are many: one that stays just below could hold up others for half an hour."""
    monkeypatch.setattr(client, "ANSWERS_SECONDS", 0.001)  # any answer takes longer
    with Worker(OpenRoom(write(tmp_path / "slow", gan=CODE))) as worker:
        assert ask(worker, "right")["value"] == 0
        monkeypatch.setattr(worker, "_ask", lambda *_: pytest.fail("it was asked once more"))
        for _ in range(2):
            with pytest.raises(Failed, match="Not tried: what was tried before took more than 0.001 seconds"):
                ask(worker, "right")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_is_left_behind(tmp_path):
    folder = write(tmp_path / "forking", gan=CODE)
    with Worker(OpenRoom(folder)) as worker:
        ask(worker, "forks")
        group = os.getpgid(worker._process.pid)
    time.sleep(0.2)
    left = subprocess.run(["ps", "-o", "pid,stat", "-g", str(group)], capture_output=True, text=True).stdout
    assert not [line for line in left.splitlines()[1:] if "Z" not in line]


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux to end the worker")
def test_a_worker_ends_with_a_grader_that_is_killed(tmp_path):
    folder = write(tmp_path / "looping", gan=CODE)
    script = (
        "import numpy as np, sys; from grading.client import OpenRoom, Worker;"
        "w = Worker(OpenRoom(sys.argv[1])); w.wait();"
        "print(w._process.pid, flush=True); w._ask('gan.import', 9, 0, {});"
        "one = np.ones((2, 1, 1, 2)); w.ask('gan.loss', 100, function='loop', real=one, images=one,"
        " weight=one[0], curvature=one[0], bias=np.zeros(()))"
    )
    grader = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], cwd=client._SOURCE, stdout=subprocess.PIPE, text=True
    )
    pid = int(grader.stdout.readline())
    time.sleep(0.5)
    grader.kill()
    grader.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _alive(pid):
        time.sleep(0.05)
    assert not _alive(pid)


def test_a_python_that_cannot_import_torch_is_said_in_one_line(tmp_path):
    room = OpenRoom(write(tmp_path / "s"))
    room.command = [sys.executable, "-c", "import no_such_torch"]
    worker = Worker(room)
    with pytest.raises(
        WorkerMissing, match=r"does not start: ModuleNotFoundError: No module named 'no_such_torch' in .* Activate"
    ):
        worker.wait()


def test_a_process_whose_pipes_cannot_be_waited_for_is_ended_and_missing(tmp_path, monkeypatch):
    def lacking(_):
        raise OSError(24, "Too many open files")

    room, ended = OpenRoom(write(tmp_path / "s")), []
    room.command = ["sleep", "60"]
    monkeypatch.setattr(client, "Pipes", lacking)
    monkeypatch.setattr(room, "end", lambda process: (client.end(process), ended.append(process.poll())))
    with pytest.raises(WorkerMissing, match="does not start: .*Too many open files"), Worker(room) as worker:
        worker.wait()
    assert ended == [-9]


@pytest.mark.parametrize(
    "answer",
    [
        "b'short'",
        "b'\\xff' * 16",
        "(2**40).to_bytes(8, 'big') * 2",
        "(7).to_bytes(8, 'big') * 2 + b'no JSON' * 2",
    ],
)
def test_a_reply_that_is_none_is_no_answer(tmp_path, answer):
    code = f"""
import os, struct, time
def forge(g, d, x, *, device):
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, {answer})
        except OSError:
            pass
    time.sleep(0.2)
    os._exit(0)
"""
    with Worker(OpenRoom(write(tmp_path / "forging", gan=code))) as worker, pytest.raises(Failed):
        ask(worker, "forge")


def test_a_forged_reply_is_out_of_turn(tmp_path):
    forged = io.BytesIO()
    wire.write(forged, {"status": "ok", "mark": "0" * 32, "value": 1.0})
    code = f"""
import os, time
def forge(g, d, x, *, device):
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, {forged.getvalue()})
        except OSError:
            pass
    time.sleep(5)
"""
    with Worker(OpenRoom(write(tmp_path / "forging", gan=code))) as worker, pytest.raises(Failed, match="out of turn"):
        ask(worker, "forge")


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
