"""A Dask scheduler and three workers here, of which one dies and one is cut off, grade as this machine does."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from tests.staff.test_grade_all import GAN, SIGN, run, scores
from tests.submissions import ROOT, write

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture
def cluster(tmp_path):
    """The scheduler's address, and its three workers' processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    environment = {
        **os.environ,
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "15s",  # after which a worker that says nothing is given up
        "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
    }

    def start(program, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments, "--no-dashboard"]
        with (tmp_path / f"{program}.log").open("a") as log:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    processes = [start("scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2])]
    worker = [address, "--no-nanny", "--nthreads", "1", "--local-directory", str(tmp_path)]
    processes += [start("worker", *worker) for _ in range(3)]
    yield address, processes[1:]
    for process in processes:
        process.kill()
        process.wait()


def test_the_grades_are_the_same_though_one_dies_and_one_is_cut_off(cluster, tmp_path):
    address, workers = cluster
    folder = tmp_path / "class"
    folder.mkdir()
    for number in range(8):
        write(folder / f"student-{number}", gan=(GAN, SIGN)[number % 2])
    out = tmp_path / "cluster"
    command = [sys.executable, "-m", "staff.grade_all", folder, "--out", out, "--seed", "2", "--no-names"]
    process = subprocess.Popen([*command, "--cluster", address], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    ends = time.monotonic() + 200
    while not list(out.glob("results/*.json")) and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.05)
    workers[0].kill()
    os.kill(workers[1].pid, signal.SIGSTOP)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    status, _, errors = run(folder, tmp_path / "local", "--seed", "2", "--no-names")
    assert status == 0, errors
    assert len(scores(out)) == 8
    assert scores(out) == scores(tmp_path / "local")
    assert (out / "grades.csv").read_bytes() == (tmp_path / "local" / "grades.csv").read_bytes()
