"""Does jobs in other processes, here or on a cluster, and survives the loss of some: each is done once in the end."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from concurrent.futures.process import BrokenProcessPool

from staff import scratch
from staff.confine import end_with_parent

TRIES = 3
LATE_SECONDS = 1200  # after which a job is given to another as well: longer than any submission can take


class NoCluster(Exception):
    """The scheduler cannot be reached, or its packages are missing; the message says which."""


class Local:
    """Processes of this machine, through `concurrent.futures`.

    Args:
        count: how many; 0 for four more than there are cores, so that those that wait for endless loops hold up none.
    """

    def __init__(self, count=0):
        self._count = count or (os.cpu_count() or 1) + 4
        self.width = 2 * self._count  # jobs that are given out at a time: enough that nobody waits
        self._begin()

    def submit(self, function, argument):
        """A Future."""
        try:
            return self._executor.submit(function, argument)
        except BrokenProcessPool as error:
            # Lost since anybody looked: this job is lost like those that were given before it.
            future = concurrent.futures.Future()
            future.set_exception(error)
            return future

    def renew(self):
        """Begins anew after a process was lost, and all jobs with it."""
        self.close()
        self._begin()

    def close(self):
        """Ends all processes, and removes what they leave."""
        processes = list((self._executor._processes or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        self._scratch.close()

    def _begin(self):
        # Not forked from here: a process that has threads had better not be.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["staff.jobs"])
        self._scratch = scratch.Folder()
        self._executor = concurrent.futures.ProcessPoolExecutor(
            self._count, mp_context=context, initializer=_begin_one, initargs=(str(self._scratch.path),)
        )


def _begin_one(folder):
    """Has this process leave Ctrl-C to the one that hands out jobs, put what is temporary into its folder, and end when
    it is gone: the parent is the server that forked this one, which lives for as long as those whom it forked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder
    end_with_parent()
    threading.Thread(target=_end_after, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_after(process):
    process.join()
    os._exit(1)


class Cluster:
    """A Dask scheduler's workers, which have this same package.

    Raises:
        NoCluster: it cannot be reached.
    """

    def __init__(self, address):
        try:
            from distributed import Client
        except ImportError as error:
            raise NoCluster(f"{error}. Install the extra `cluster` of pyproject.toml.") from error
        try:
            self._client = Client(address, timeout=10)
        except (OSError, ValueError) as error:
            raise NoCluster(f"There is no scheduler at {address}: {error}") from error
        self._executor = self._client.get_executor(pure=False, retries=TRIES)

    @property
    def width(self):
        """Jobs that are given out at a time."""
        return 2 * max(1, sum(self._client.nthreads().values()))

    def submit(self, function, argument):
        """A Future."""
        return self._executor.submit(function, argument)

    def renew(self):
        """Nothing to do: the scheduler gives the jobs of a lost worker to others."""

    def close(self):
        """Says goodbye; the workers stay."""
        self._executor.shutdown(wait=False)
        self._client.close()


@contextlib.contextmanager
def open(address=None, count=0):
    """The workers at a scheduler's address, or this machine's."""
    workers = Cluster(address) if address else Local(count)
    try:
        yield workers
    finally:
        workers.close()


def run(workers, function, jobs, late=LATE_SECONDS):
    """Does jobs; yields what comes of each, once, as it comes.

    Args:
        workers: `Local` or `Cluster`.
        function: of a job; must not raise for the job's sake.
        jobs: each with an `id`.
        late: seconds without an answer after which a job is given out once more, TRIES times at most.

    Raises:
        Exception: what `function` raised, after TRIES tries.
    """
    jobs = {job.id: job for job in jobs}
    tries = dict.fromkeys(jobs, 0)
    left = set(jobs)
    waiting = list(reversed(jobs))
    running = {}

    def give(own):
        tries[own] += 1
        running[workers.submit(function, jobs[own])] = own, time.monotonic()

    while left:
        while waiting and len(running) < workers.width:
            give(waiting.pop())
        done, _ = concurrent.futures.wait(running, timeout=5, return_when=concurrent.futures.FIRST_COMPLETED)
        lost = False
        for future in done:
            own, _ = running.pop(future)
            if own not in left:  # another copy was quicker
                continue
            try:
                result = future.result()
            except (BrokenProcessPool, concurrent.futures.CancelledError):
                lost = True
                continue
            except Exception:
                if tries[own] >= TRIES:
                    raise
                give(own)
                continue
            left.remove(own)
            yield result
        if lost:
            workers.renew()
            running.clear()
            again = [own for own in jobs if own in left]
            for own in again:
                if tries[own] >= 3 * TRIES:
                    raise RuntimeError(f"The processes that grade keep being lost, {own} among what they worked on.")
            waiting = again[::-1]
        last = dict(running.values())  # of each job when it was given out last
        for own, began in last.items():
            if own in left and time.monotonic() - began > late and tries[own] < TRIES:
                give(own)
