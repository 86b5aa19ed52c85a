"""A warmed process behind the wall, which forks a confined worker for each submission: PyTorch is imported once."""

import contextlib
import io
import json
import os
import select
import socket
import subprocess
import tempfile
import zipfile
from pathlib import Path

from grading.client import HASTE, START_SECONDS, end
from staff import isolation

PRIVILEGES = (*isolation.PRIVILEGES, "CAP_KILL", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SYS_NICE")
ANSWER_SECONDS = 30
# Seconds of a processor for a question. The slowest right entry of the catalogue takes 2.8 on its own, most take some
# hundredths: of a function that has hung before, only what is quick is waited for.
MUCH, LITTLE = 6, 0.3


class Nest:
    """Runs submissions one after the other, with `room` for each; to be used with `with`.

    Args:
        name: of the wall, as for `isolation.wall`.
        memory: bytes that a submission may use.

    Raises:
        isolation.NoWall: that wall cannot be had.
    """

    def __init__(self, name, memory=isolation.MEMORY):
        self._wall = isolation.wall(name, None, memory)
        self._process = None

    @property
    def name(self):
        """The wall's."""
        return self._wall.name

    @property
    def uid(self):
        """The user that submissions are, or None."""
        return self._wall.uid

    def room(self, submission):
        """Where a submission runs, for `grading.client.Worker`; one at a time."""
        return Room(self, submission)

    def excess(self):
        """As for a wall."""
        return self._wall.excess()

    def ready(self):
        """Starts the process behind the wall if there is none.

        Raises:
            OSError: it does not start.
        """
        if self._process is None or self._process.poll() is not None:
            self._start()

    def ask(self, request, files=()):
        """Asks the process behind the wall; returns its answer.

        Raises:
            OSError: it does not answer, or is not there.
        """
        if self._process is None:
            raise OSError("There is no process behind the wall.")
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], files)
            return self._answer()
        except (OSError, ValueError) as error:
            self._stop()
            raise OSError(f"The process behind the wall does not answer: {error}") from error

    def close(self):
        """Ends it all."""
        self._stop()
        self._wall.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self):
        self._stop()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            fds = (theirs.fileno(),)
            self._process = self._wall.launch("hatch.py", pass_fds=fds, privileges=PRIVILEGES, control=fds[0])
        self._control.settimeout(START_SECONDS)
        try:
            self._answer()
        except (OSError, ValueError) as error:
            end(self._process)
            said = self._process.stderr.read().decode(errors="replace").strip().splitlines() or ["no word"]
            self._stop()
            raise OSError(f"The process behind the wall does not start: {said[-1]}") from error
        self._control.settimeout(ANSWER_SECONDS)

    def _answer(self):
        """The answer, with `handle`, an open file, where one came along."""
        answer, files, flags, _ = socket.recv_fds(self._control, 65536, 1)
        if not answer:
            raise OSError("it has ended")
        if flags & socket.MSG_CTRUNC:
            raise OSError("what it sent could not be opened, as too many files are open here")
        return {**json.loads(answer), **({"handle": files[0]} if files else {})}

    def _stop(self):
        if self._process is None:
            return
        end(self._process)
        self._control.close()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            stream.close()
        self._process = None


class Room:
    """Where one submission runs."""

    def __init__(self, nest, submission):
        self._nest = nest
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path in sorted(Path(submission).rglob("*.py")):
                archive.write(path, path.relative_to(submission))
        self._archive = buffer.getvalue()

    def start(self):
        """Has a worker forked; returns it, as like a Popen as `grading.client.Worker` needs."""
        self._nest.ready()
        pipes = [os.pipe() for _ in range(3)]
        theirs, ours = [pipes[0][0], pipes[1][1], pipes[2][1]], [pipes[0][1], pipes[1][0], pipes[2][0]]
        with tempfile.TemporaryFile() as archive:
            archive.write(self._archive)
            archive.flush()
            try:
                handle = self._nest.ask({"do": "start", "uid": self._nest.uid}, [*theirs, archive.fileno()])["handle"]
            except BaseException:
                for file in ours:
                    os.close(file)
                raise
            finally:
                for file in theirs:
                    os.close(file)
        return Forked(self._nest, handle, *ours)

    @property
    def name(self):
        """The wall's."""
        return self._nest.name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def excess(self):
        """As for a wall."""
        return self._nest.excess()

    def dawdles(self, question, seconds):
        """Who has used a processor for long gets what others leave; time that others had it does not count. The limit
        of a question is by the clock: who needs much more than MUCH may miss it in company."""
        with contextlib.suppress(OSError):
            self._nest.ask({"do": "yield", "question": question, "much": LITTLE if seconds <= HASTE else MUCH})

    def end(self, process):
        """Ends a worker."""
        process.kill()


class Forked:
    """A worker that another process has forked; `handle` is readable when it has ended (pidfd_open(2))."""

    def __init__(self, nest, handle, stdin, stdout, stderr):
        self._nest = nest
        self._handle = os.fdopen(handle)
        self._status = None
        self.stdin, self.stdout, self.stderr = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb"), os.fdopen(stderr, "rb")

    def poll(self):
        """Its exit status, or None while it runs."""
        return self._asked("poll") if self._status is None and self._ends_within(0) else self._status

    def wait(self, timeout):
        """Waits for its exit status, as subprocess does."""
        if not self._ends_within(timeout):
            raise subprocess.TimeoutExpired("worker", timeout)
        return self.poll()

    def kill(self):
        """Ends it."""
        self._asked("end")
        self._handle.close()

    def _ends_within(self, seconds):
        ends = select.poll()  # select.select knows no file whose number is 1024 or more
        ends.register(self._handle, select.POLLIN)
        return bool(ends.poll(seconds * 1000))

    def _asked(self, what):
        if self._status is None or what == "end":
            with contextlib.suppress(OSError):
                self._status = self._nest.ask({"do": what})["status"]
        return self._status
