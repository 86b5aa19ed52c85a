"""Every job is done once in the end, whoever dies on the way."""

import concurrent.futures
import os
import signal
import tempfile
import time
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from staff import pool


@dataclass(frozen=True)
class Task:
    id: str
    folder: str = ""


def double(task):
    return task.id * 2


def die_once(task):
    """The process that works on "3" first is lost."""
    mark = Path(task.folder, "died")
    if task.id == "3" and not mark.exists():
        mark.touch()
        os._exit(1)
    return task.id


def die_always(task):
    os._exit(1)


def fail_once(task):
    mark = Path(task.folder, task.id)
    if not mark.exists():
        mark.touch()
        raise ValueError("once")
    return task.id


def hang_once(task):
    mark = Path(task.folder, "hung")
    if task.id == "3" and not mark.exists():
        mark.touch()
        time.sleep(600)
    return task.id


def leave_a_folder(task):
    tempfile.mkdtemp()
    return task.id


def interrupt(task):
    os.kill(os.getpid(), signal.SIGINT)
    return task.id


@pytest.fixture
def workers():
    with pool.open(count=2) as found:
        yield found


def tasks(folder=""):
    return [Task(str(k), str(folder)) for k in range(8)]


def test_each_job_is_done_once(workers):
    assert sorted(pool.run(workers, double, tasks())) == [str(k) * 2 for k in range(8)]


@pytest.mark.parametrize("function", [die_once, fail_once])
def test_what_was_lost_is_done_again_and_what_was_done_is_not_given_twice(workers, function, tmp_path):
    assert sorted(pool.run(workers, function, tasks(tmp_path))) == [str(k) for k in range(8)]


def test_processes_lost_while_nobody_looked_are_begun_anew(workers):
    with pytest.raises(BrokenProcessPool):
        workers.submit(die_always, None).result()
    assert sorted(pool.run(workers, double, tasks())) == [str(k) * 2 for k in range(8)]


def test_one_that_hangs_is_given_to_another(workers, tmp_path):
    assert sorted(pool.run(workers, hang_once, tasks(tmp_path), late=1)) == [str(k) for k in range(8)]


@pytest.fixture
def scripted(monkeypatch):
    """Workers that are asked every five seconds of a clock, and answer as a script {time: [(job, copy, answer)]} says;
    `given` are the jobs with the times when they were given out."""
    now, given, copies = [0], [], {}

    def submit(function, job):
        given.append((job.id, now[0]))
        copies.setdefault(job.id, []).append(concurrent.futures.Future())
        return copies[job.id][-1]

    def wait(running, **_):
        now[0] += 5
        for own, copy, answer in workers.script.get(now[0], ()):
            settle = copies[own][copy]
            settle.set_exception(answer) if isinstance(answer, Exception) else settle.set_result(answer)
        return [future for future in running if future.done()], []

    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(concurrent.futures, "wait", wait)
    workers = SimpleNamespace(width=3, submit=submit, given=given)
    return workers


def test_a_copy_that_fails_after_another_is_done_stops_nobody(scripted):
    scripted.script = {
        55: [("0", 0, "first")],
        60: [("0", pool.TRIES - 1, ValueError("late"))],
        65: [("1", 0, "other")],
    }
    assert list(pool.run(scripted, None, tasks()[:2], late=22)) == ["first", "other"]


def test_a_late_job_is_given_out_again_once_its_newest_copy_is_late(scripted):
    scripted.script = {60: [("0", 1, "done")]}
    assert list(pool.run(scripted, None, tasks()[:1], late=22)) == ["done"]
    assert scripted.given == [("0", 0), ("0", 25), ("0", 50)]


def test_what_kills_every_process_ends_with_a_word(workers):
    with pytest.raises(RuntimeError, match="keep being lost"):
        list(pool.run(workers, die_always, tasks()[:1]))


def test_ctrl_c_is_left_to_the_one_that_hands_out_jobs(workers):
    assert sorted(pool.run(workers, interrupt, tasks())) == [str(k) for k in range(8)]


@pytest.mark.parametrize("function", [leave_a_folder, die_once])
def test_nothing_temporary_is_left_when_the_processes_are_ended(function, tmp_path, monkeypatch):
    here, marks = tmp_path / "here", tmp_path / "marks"
    here.mkdir()
    marks.mkdir()
    monkeypatch.setattr(pool.scratch, "Folder", partial(pool.scratch.Folder, here))
    with pool.open(count=2) as workers:
        list(pool.run(workers, function, tasks(marks)))
        (scratch,) = here.iterdir()
        assert function is die_once or len(list(scratch.iterdir())) == 8
    assert not list(here.iterdir())


def test_a_scheduler_that_is_not_there_is_named():
    with pytest.raises(pool.NoCluster, match="distributed|There is no scheduler at tcp://127.0.0.1:1"):
        pool.Cluster("tcp://127.0.0.1:1")
