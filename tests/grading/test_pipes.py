"""The pipes to a worker, both ways of waiting for them, on small processes."""

import os
import subprocess
import sys
import time

import pytest

from grading.pipes import CHUNK, Polled, Threaded

ECHO = "import os\nwhile data := os.read(0, 65536): os.write(1, data)"


@pytest.fixture(params=[Polled, Threaded])
def begin(request):
    """Starts a Python that runs some code; returns it and the pipes to it. All are ended and closed."""
    begun = []

    def start(code):
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe)
        begun.append((process, request.param(process)))
        return begun[-1]

    yield start
    for process, pipes in begun:
        process.kill()
        process.wait()
        pipes.close()


def gathered(pipes, enough, seconds=20):
    """{name: all its bytes, with END behind if it has ended}, until `enough` says so of it."""
    came = {"stdout": b"", "stderr": b""}
    deadline = time.monotonic() + seconds
    while not enough(came):
        assert time.monotonic() < deadline, came
        for name, data in pipes.wait(0.2):
            came[name] += data or b"END"
    return came


def ended(came):
    return all(data.endswith(b"END") for data in came.values())


def test_what_is_sent_comes_back_however_large(begin):
    _, pipes = begin(ECHO)
    large = os.urandom(20 * CHUNK + 17)
    for data in (large, b"more"):
        pipes.send(data)
        assert gathered(pipes, lambda came, data=data: len(came["stdout"]) >= len(data))["stdout"] == data


def test_both_streams_come_to_their_end(begin):
    _, pipes = begin("import os; os.write(1, b'a' * 200_000); os.write(2, b'b' * 200_000)")
    came = gathered(pipes, ended)
    assert came == {"stdout": b"a" * 200_000 + b"END", "stderr": b"b" * 200_000 + b"END"}


def test_one_that_does_not_read_holds_up_nobody(begin):
    _, pipes = begin("import os, time; os.write(1, b'here'); time.sleep(60)")
    gathered(pipes, lambda came: came["stdout"])
    began = time.monotonic()
    pipes.send(b"x" * (10 * CHUNK))
    assert pipes.wait(0.1) == []
    assert time.monotonic() - began < 2


def test_what_is_sent_to_one_that_has_ended_is_lost_without_an_error(begin):
    process, pipes = begin("")
    gathered(pipes, ended)
    process.wait()
    for _ in range(2):
        pipes.send(b"x" * (2 * CHUNK))
        assert pipes.wait(0.05) == []


def test_nothing_is_waited_for_longer_than_was_said(begin):
    _, pipes = begin("import time; time.sleep(60)")
    began = time.monotonic()
    assert pipes.wait(0.2) == []
    assert 0.1 < time.monotonic() - began < 2


@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_a_child_that_keeps_the_pipes_does_not_hold_up_their_closing(begin):
    process, pipes = begin("import os, time\nif os.fork() == 0: time.sleep(20)")
    process.wait()
    began = time.monotonic()
    pipes.close()
    assert time.monotonic() - began < 2
