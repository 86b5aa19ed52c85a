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

    Attributes:
        killed: exceptions that say that a job, and no other, has lost process after process.
    """

    killed = ()

    def __init__(self, count=0):
        self._count = count or len(os.sched_getaffinity(0)) + 4
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
            from distributed import Client, KilledWorker
        except ImportError as error:
            raise NoCluster(f"{error}. Install the extra `cluster` of pyproject.toml.") from error
        try:
            self._client = Client(address, timeout=10)
        except (OSError, ValueError) as error:
            raise NoCluster(f"There is no scheduler at {address}: {error}") from error
        self._executor = self._client.get_executor(pure=False, retries=TRIES)
        self.killed = (KilledWorker,)

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


def run(workers, function, give_up, jobs, load=lambda job: job):
    """Does jobs; yields what comes of each, once, as it comes.

    Args:
        workers: `Local` or `Cluster`.
        function: of what was loaded for a job; must not raise for the job's sake.
        give_up: of a job for which processes are lost again and again, and a text that says so; gives what is yielded.
        jobs: each with an `id`.
        load: of a job, called whenever it is given out: what is large about all of them need not be in memory at once.

    Raises:
        Exception: what `function` raised, after TRIES tries.
    """
    course = _Course(workers, function, give_up, jobs, load)
    while course.left:
        course.give_out()
        yield from course.take()
        if course.lost:
            yield from course.begin_anew()
        course.give_out_late()


class _Course:
    """Which jobs are left, which are given out, and how often each was; as for `run`."""

    def __init__(self, workers, function, give_up, jobs, load):
        self._workers, self._function, self._give_up, self._load = workers, function, give_up, load
        self._jobs = {job.id: job for job in jobs}
        self.left = set(self._jobs)
        self.lost = set()  # their processes were, since this was last looked at
        self._waiting, self._suspects = list(reversed(self._jobs)), []
        self._tries, self._losses = dict.fromkeys(self._jobs, 0), dict.fromkeys(self._jobs, 0)
        self._running = {}

    def give_out(self):
        """Gives out as many as there is room for.

        Whoever was there when a process was lost is given out alone, after the others: if one is lost again, it is
        known for whose sake, and nobody pays for another.
        """
        while self._waiting and len(self._running) < self._workers.width:
            self._give(self._waiting.pop())
        if self._suspects and not any(own in self.left for own, _ in self._running.values()):
            self._give(self._suspects.pop(0))

    def take(self):
        """Waits until something comes, for some seconds at most; yields what has."""
        done, _ = concurrent.futures.wait(self._running, timeout=5, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            own, _ = self._running.pop(future)
            if own not in self.left:  # another copy was quicker
                continue
            try:
                result = future.result()
            except (BrokenProcessPool, concurrent.futures.CancelledError):
                self.lost.add(own)
                continue
            except Exception as error:
                if self._tries[own] < TRIES:
                    self._give(own)
                    continue
                if not isinstance(error, self._workers.killed):
                    raise
                result = self._give_up(self._jobs[own], str(error))
            self.left.remove(own)
            yield result

    def begin_anew(self):
        """Begins anew after a loss, with all that were given out; yields what comes of those that are given up."""
        self._workers.renew()
        lost = (self.lost | {own for own, _ in self._running.values()}) & self.left
        self.lost, self._running = set(), {}
        for own in lost:
            self._tries[own] = 0
            self._losses[own] += 1
        self._suspects = sorted(lost.union(self._suspects), key=lambda own: (self._losses[own], own))
        while self._suspects and self._losses[self._suspects[-1]] >= TRIES:
            own = self._suspects.pop()
            self.left.remove(own)
            why = f"The process that works on it was lost {TRIES} times: is it short of memory?"
            yield self._give_up(self._jobs[own], why)

    def give_out_late(self):
        """Gives those out once more that have not answered for LATE_SECONDS, TRIES times at most."""
        last = dict(self._running.values())  # of each job when it was given out last
        for own, began in last.items():
            if own in self.left and time.monotonic() - began > LATE_SECONDS and self._tries[own] < TRIES:
                self._give(own)

    def _give(self, own):
        self._tries[own] += 1
        self._running[self._workers.submit(self._function, self._load(self._jobs[own]))] = own, time.monotonic()
