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


def die_of_one(task):
    """Whoever works on "3" is lost, and with it all that are given out; see `Local.width`."""
    if task.id == "3":
        os._exit(1)
    return task.id


def give_up(task, why):
    return f"{task.id} given up: {why}"


@pytest.fixture
def workers():
    with pool.open(count=2) as found:
        yield found


def tasks(folder=""):
    return [Task(str(k), str(folder)) for k in range(8)]


def test_each_job_is_done_once(workers):
    assert sorted(pool.run(workers, double, give_up, tasks())) == [str(k) * 2 for k in range(8)]


@pytest.mark.parametrize("function", [die_once, fail_once])
def test_what_was_lost_is_done_again_and_what_was_done_is_not_given_twice(workers, function, tmp_path):
    assert sorted(pool.run(workers, function, give_up, tasks(tmp_path))) == [str(k) for k in range(8)]


def test_processes_lost_while_nobody_looked_are_begun_anew(workers):
    with pytest.raises(BrokenProcessPool):
        workers.submit(die_always, None).result()
    assert sorted(pool.run(workers, double, give_up, tasks())) == [str(k) * 2 for k in range(8)]


def test_one_that_hangs_is_given_to_another(workers, tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "LATE_SECONDS", 1)
    assert sorted(pool.run(workers, hang_once, give_up, tasks(tmp_path))) == [str(k) for k in range(8)]


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

    monkeypatch.setattr(pool, "LATE_SECONDS", 22)
    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(concurrent.futures, "wait", wait)
    workers = SimpleNamespace(width=3, submit=submit, given=given, killed=(LookupError,))
    return workers


def test_a_copy_that_fails_after_another_is_done_stops_nobody(scripted):
    scripted.script = {
        55: [("0", 0, "first")],
        60: [("0", pool.TRIES - 1, ValueError("late"))],
        65: [("1", 0, "other")],
    }
    assert list(pool.run(scripted, None, give_up, tasks()[:2])) == ["first", "other"]


def test_a_late_job_is_given_out_again_once_its_newest_copy_is_late(scripted):
    scripted.script = {60: [("0", 1, "done")]}
    assert list(pool.run(scripted, None, give_up, tasks()[:1])) == ["done"]
    assert scripted.given == [("0", 0), ("0", 25), ("0", 50)]


def test_no_more_is_loaded_than_is_given_out(scripted):
    scripted.script = {5: [("0", 0, "0")], 10: [(str(k), 0, str(k)) for k in range(1, 4)], 15: [("4", 0, "4")]}
    loaded, seen = [], []

    def load(task):
        loaded.append(task.id)
        return task

    for _ in pool.run(scripted, None, give_up, tasks()[:5], load):
        seen.append(len(loaded))
    assert seen[:2] == [3, 4] and loaded == list("01234")


def test_a_job_that_kills_every_process_is_given_up_and_no_other(workers):
    *others, last = pool.run(workers, die_of_one, give_up, tasks())
    assert sorted(others) == [str(k) for k in range(8) if k != 3]
    assert last == "3 given up: The process that works on it was lost 3 times: is it short of memory?"


def test_whoever_was_there_at_a_loss_waits_for_those_who_were_not_and_is_given_out_alone(scripted):
    lost = BrokenProcessPool()
    scripted.renew = lambda: None
    scripted.script = {
        5: [("1", 0, lost)],
        10: [("3", 0, "3")],
        15: [("4", 0, "4")],
        20: [("0", 1, "0")],
        25: [("1", 1, lost)],
        30: [("2", 1, "2")],
        35: [("1", 2, lost)],
    }
    assert list(pool.run(scripted, None, give_up, tasks()[:5]))[:-1] == ["3", "4", "0", "2"]
    assert scripted.given[3:] == [("3", 5), ("4", 5), ("0", 15), ("1", 20), ("2", 25), ("1", 30)]


def test_a_job_that_the_scheduler_says_has_killed_its_workers_is_given_up_after_its_tries(scripted):
    scripted.script = {5 * k: [("0", k - 1, LookupError("killed"))] for k in range(1, 4)} | {20: [("1", 0, "1")]}
    assert list(pool.run(scripted, None, give_up, tasks()[:2])) == ["0 given up: killed", "1"]


def test_ctrl_c_is_left_to_the_one_that_hands_out_jobs(workers):
    assert sorted(pool.run(workers, interrupt, give_up, tasks())) == [str(k) for k in range(8)]


@pytest.mark.parametrize("function", [leave_a_folder, die_once])
def test_nothing_temporary_is_left_when_the_processes_are_ended(function, tmp_path, monkeypatch):
    here, marks = tmp_path / "here", tmp_path / "marks"
    here.mkdir()
    marks.mkdir()
    monkeypatch.setattr(pool.scratch, "Folder", partial(pool.scratch.Folder, here))
    with pool.open(count=2) as workers:
        list(pool.run(workers, function, give_up, tasks(marks)))
        (scratch,) = here.iterdir()
        assert function is die_once or len(list(scratch.iterdir())) == 8
    assert not list(here.iterdir())


def test_a_scheduler_that_is_not_there_is_named():
    with pytest.raises(pool.NoCluster, match="distributed|There is no scheduler at tcp://127.0.0.1:1"):
        pool.Cluster("tcp://127.0.0.1:1")
