"""Of one submission nothing is left for the next, which is forked from the same process."""

import fcntl
import os
import resource
import subprocess
import sys
import tempfile

import pytest
from staff import nest as nests
from staff.isolation import NoWall, require
from staff.nest import Forked, Nest
from tests.needs import missing
from tests.submissions import ROOT, write

from grading.client import Failed, Worker

FIRST = "\n".join(f"word_{number} = 'a solved line that nobody else is to see'" for number in range(300))
# Its own text has the word backwards.
SEARCH = """
import ctypes, os

word, hits = "enil devlos a"[::-1].encode(), 0
for line in open("/proc/self/maps"):
    place, access, *rest = line.split()
    if "w" in access and "[stack]" not in rest:
        begin, end = (int(number, 16) for number in place.split("-"))
        hits += ctypes.string_at(begin, end - begin).count(word)
print("hits", hits - 1)  # the word itself
"""
CLUTTER = """
import os
for count in range(20):
    for number in range(10):
        os.makedirs(f"/scratch/{count}-{number}/x")
os._exit(0)
"""


@pytest.fixture(scope="module")
def nest():
    try:
        require("bubblewrap")
    except NoWall as error:
        missing(str(error))
    with Nest("bubblewrap") as made:
        yield made


def said(nest, folder):
    with Worker(nest.room(folder)) as worker:
        try:
            worker.prepare("gan")
        except Failed as failure:
            return str(failure)
        return worker.take_prints()


def test_no_word_of_a_submission_is_in_the_memory_of_the_next(nest, tmp_path):
    said(nest, write(tmp_path / "first", gan=FIRST))
    lines = said(nest, write(tmp_path / "second", gan=SEARCH, flow_network=None))
    assert "hits 0" in lines or "hits -1" in lines, lines


def test_a_start_that_fails_leaves_no_file_open(nest, tmp_path, monkeypatch):
    room = nest.room(write(tmp_path / "any", gan=""))
    nest.ready()

    def fail(*_):
        raise OSError("no")

    monkeypatch.setattr(nest, "ask", fail)
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(OSError, match="no"):
            room.start()
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_a_worker_is_waited_for_however_many_files_are_open(monkeypatch):
    monkeypatch.setattr(Forked, "_asked", lambda *_: -9)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, hard))
    process = subprocess.Popen(["sleep", "60"])
    try:
        handle = os.pidfd_open(process.pid)
        forked = Forked(None, fcntl.fcntl(handle, fcntl.F_DUPFD, 1500), *(os.dup(0) for _ in range(3)))
        os.close(handle)
        assert forked.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            forked.wait(0.01)
        process.kill()
        assert forked.wait(60) == -9
        forked.kill()
    finally:
        process.kill()
        process.wait()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_worker_whose_handle_cannot_be_opened_here_is_none(nest, tmp_path):
    room = nest.room(write(tmp_path / "any", gan=""))
    nest.ready()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with tempfile.TemporaryFile() as archive:
        archive.write(room._archive)
        archive.flush()
        theirs = [os.open(os.devnull, os.O_RDWR) for _ in range(3)]
        free = os.dup(0)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            with pytest.raises(OSError, match="too many files are open here"):
                nest.ask({"do": "start", "uid": nest.uid}, [*theirs, archive.fileno()])
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for file in theirs:
                os.close(file)


def test_names_in_the_scratch_space_do_not_end_the_process(nest, tmp_path):
    nest.ready()
    before = nest._process.pid
    assert "ended its process" in said(nest, write(tmp_path / "clutter", gan=CLUTTER))
    said(nest, write(tmp_path / "next", gan="print('here')"))
    assert nest._process.pid == before


WORKS = """
import os, threading, time
threads = [threading.Thread(target=time.sleep, args=(60,), daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()

def priorities():
    return {os.getpriority(os.PRIO_PROCESS, number) for number in (0, *(thread.native_id for thread in threads))}

def session():  # its weight among sessions, where Linux has them and this process can see it
    try:
        return int(open("/proc/self/autogroup").read().split()[-1])
    except OSError:
        return 19

until = time.monotonic() + 25
while (priorities() != {19} or session() != 19) and time.monotonic() < until:
    pass
print(priorities(), session())
"""


def test_who_works_for_long_stands_back_with_all_threads(nest, tmp_path, monkeypatch):
    monkeypatch.setattr(nests, "MUCH", 1)
    assert said(nest, write(tmp_path / "works", gan=WORKS)).strip() == "{19} 19"


def test_who_only_waits_does_not_stand_back(nest, tmp_path):
    code = "import os, time\ntime.sleep(2)\nprint(os.getpriority(os.PRIO_PROCESS, 0))"
    assert said(nest, write(tmp_path / "waits", gan=code)).strip() == "0"


# Where this is not root, submissions are the same user as the process that forks them.
SAME_USER = """
import sys
from pathlib import Path
from staff.nest import Nest
from grading.client import Failed, Worker

with Nest("bubblewrap") as nest:
    nest.ready()
    first = nest._process.pid
    for folder in sys.argv[1:]:
        with Worker(nest.room(Path(folder))) as worker:
            try:
                worker.prepare("gan")
            except Failed as failure:
                print(failure)
            print(worker.take_prints())
    nest.ready()
    print("the same" if nest._process.pid == first else "another")
"""
STOPS_OTHERS = """
import ctypes, fcntl, os, signal
libc = ctypes.CDLL(None, use_errno=True)

def by_a_pipe(pid):
    read, write = os.pipe()
    fcntl.fcntl(read, fcntl.F_SETOWN, pid)
    fcntl.fcntl(read, 10, signal.SIGSTOP)  # F_SETSIG
    fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC)
    os.write(write, b"x")

for pid in (0, -1, *(int(name) for name in os.listdir("/proc") if name.isdigit())):
    if pid not in (1, os.getpid()):
        for attempt in (
            lambda: os.kill(pid, signal.SIGCONT if pid <= 0 else signal.SIGSTOP),
            lambda: libc.syscall(200, pid, 19) and 1 / 0,
            lambda: libc.syscall(234, pid, pid, 19) and 1 / 0,
            lambda: os.sched_setaffinity(pid, {0}) if pid > 0 else 1 / 0,
            lambda: by_a_pipe(pid),
        ):
            try:
                attempt()
                print("let through")
            except (OSError, ArithmeticError):
                pass
"""
# What starts everything inside has no limits and no filter.
ENTERS_THE_FIRST = """
import glob
for name in ("/proc/1/mem", *glob.glob("/proc/*/task/1/mem")):
    try:
        open(name, "r+b").close()
        print("let through")
    except OSError:
        pass
"""
CLOSES_FOLDERS = """
import os
scratch = os.environ["TMPDIR"]
os.makedirs(scratch + "/a/b/c")
for folder in ("/a/b/c", "/a/b", "/a", ""):
    os.chmod(scratch + folder, 0)
"""


def test_where_all_are_the_same_user_a_submission_does_not_reach_the_process_that_forks_it(tmp_path):
    try:
        require("bubblewrap")
    except NoWall as error:
        missing(str(error))
    command = [sys.executable, "-c", SAME_USER]
    if os.geteuid() == 0:
        nobody = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
        if subprocess.run([*nobody, "bwrap", "--unshare-user", "--ro-bind", "/", "/", "true"]).returncode:
            missing("namespaces are not allowed here")
        command = nobody + command
    attacks = {"stops": STOPS_OTHERS, "enters": ENTERS_THE_FIRST, "closes": CLOSES_FOLDERS, "next": "print('here')"}
    folders = [write(tmp_path / name, gan=text) for name, text in attacks.items()]
    run = subprocess.run(
        [*command, *map(str, folders)],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout.split() == ["here", "the", "same"], run
