"""The grader's side of the worker: starts it, asks it, keeps its limits, and says what went wrong for the student."""

import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

from graderUtil import GradingStopped
from grading import wire
from grading.pipes import CHUNK, Pipes
from grading.prints import Prints

START_SECONDS = 300  # for Python to import torch, on a machine however slow
IMPORT_SECONDS = 60  # for the submission's own file, and whatever it imports, which may be large
IMPORTS_SECONDS = 120  # for all imports together: in each process that takes another's place, files are imported again
ANSWERS_SECONDS = 600  # for all answers together: a right submission needs a few
# For a function that has hung before. At first, limits are wide: a student's code may import slow parts of torch.
HASTE = 2
MEMORY = 4 * 2**30
FATAL = {int(getattr(signal, name, 0)) for name in "SIGSEGV SIGKILL SIGABRT SIGBUS SIGFPE SIGILL SIGSYS".split()}
LOOK_SECONDS = 0.2  # between looks at what a submission uses
SETTLE_SECONDS = 1  # for what was printed before a reply to come
MESSAGE = 20_000  # characters of an error message
TEXT = 1000  # characters of any other text
NAME = r"(?=.{1,80}\Z)[^\W\d]\w*(\.[^\W\d]\w*)*"  # of a function

_SOURCE = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """The student's code did not do what was asked; the message is for the student.

    Args:
        unwritten: the function that is still to be written, if that is why.
        hung: whether it took too long.
        absent: whether the submission has no file or function of that name.

    Attributes:
        told_in: for the caller's notes, the test whose report has said it; what fails at import is met in many.
    """

    told_in = ""

    def __init__(self, message, unwritten=None, hung=False, absent=False):
        super().__init__(message)
        self.unwritten = unwritten
        self.hung = hung
        self.absent = absent


class WorkerMissing(GradingStopped):
    """No worker can be started on this machine; no test can be run."""


def plain_text(text):
    """Text without control characters, which could colour, move or hide what a terminal shows."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _plain(value):
    """An array as it came; a text short and plain."""
    return plain_text(value)[:TEXT] if isinstance(value, str) else value


def environment(**more):
    """The variables of a worker's environment, which say nothing about this machine."""
    # Threads would only make small networks slower and results less repeatable.
    common = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONUTF8": "1"}
    # glibc is to keep what is freed, and not to ask Linux for it again at each step.
    return {**common, "MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**25), **more}


def end(process):
    """Kills a process that leads a group of its own, with the group, and waits for it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


class OpenRoom:
    """Runs a submission as the grader's user, in sight of everything: for code that is one's own.

    Args:
        submission: folder of the student's files.
        memory: bytes that the student's code may use, beyond what PyTorch takes itself.
    """

    def __init__(self, submission, memory=MEMORY):
        self.command = [sys.executable, "-m", "grading.worker", str(Path(submission).resolve()), str(memory)]

    def start(self):
        """Starts a worker; returns the Popen, with pipes."""
        return subprocess.Popen(
            self.command,
            cwd=_SOURCE,
            env={**os.environ, **environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def excess(self):
        """What the submission has used too much of: nothing that is counted here."""
        return ""

    def dawdles(self, question, seconds):
        """Called now and then while a worker takes its time.

        Args:
            question: what it was asked, a text that no other question has.
            seconds: how many it may take.
        """

    def end(self, process):
        """Ends a worker and those that it started."""
        end(process)


class Worker:
    """Serves probes on a submission from a process of its own.

    A worker that dies, or is killed because it hangs, is replaced when the next question comes.

    Args:
        room: where it runs; `OpenRoom`, or one behind a wall.

    Attributes:
        hung: for the caller's notes, the functions that took too long.
    """

    def __init__(self, room):
        self._room = room
        self._process = None
        self.hung = set()
        self._imports = {}
        self._imports_left = IMPORTS_SECONDS
        self._answers_left = ANSWERS_SECONDS
        self._looked = 0.0
        self._prints = Prints()

    def start(self):
        """Starts the process and does not wait for it: importing torch takes a while."""
        if self._process and self._process.poll() is None:
            return
        self.close()
        try:
            process = self._room.start()
            try:
                self._pipes = Pipes(process)
            except OSError:
                self._room.end(process)
                raise
        except OSError as error:
            raise WorkerMissing(f"The process that is to run the submission does not start: {error}") from error
        self._process = process
        self._came = bytearray()  # of a reply, in part
        self._ended = False  # whether there will be none
        self._ready = False
        self._imports = {file: why for file, why in self._imports.items() if why}  # what fails once fails again
        self._prints = Prints()

    def wait(self):
        """Waits until the process is ready.

        Raises:
            WorkerMissing: it cannot be started here.
        """
        self.start()
        if self._ready:
            return
        reply = self._next_reply(START_SECONDS)
        if not isinstance(reply, dict) or str(reply.get("status")) != "ready":
            self._settle()
            said = (self._prints.take().strip().splitlines() or ["no word"])[-1]
            self.close()
            if "No module named" in said:
                said += f" in {sys.executable}. Activate the environment of the problem set first; README.md says how."
            raise WorkerMissing(f"The process that is to run the submission does not start: {said}")
        self._ready = True
        self._prints.take()  # what an import of torch says of the machine is nothing of the student's

    def prepare(self, file):
        """Makes sure that a process is there and has imported a file of the submission.

        Args:
            file: its name without .py.

        Raises:
            Failed: it cannot be imported; once that has been seen it is not tried again.
            WorkerMissing: no process can be started.
        """
        if self._imports.get(file):  # no process is needed to say it again
            raise self._imports[file]
        self.wait()
        if file not in self._imports:
            self._imports[file] = self._import(file)
        if self._imports[file]:
            raise self._imports[file]

    def ask(self, probe, seconds, seed=0, **arguments):
        """Calls a probe beside the student's code, after `prepare`.

        Args:
            probe: "FILE.NAME", the probe NAME of grading.probes.FILE.
            seconds: how long it may take; `prepare` does not count.
            seed: of the random numbers that the student's code draws.
            arguments: arrays.

        Returns:
            {name: array or text}.

        Raises:
            Failed: there is no answer, for a reason that the message gives.
            WorkerMissing: no process can be started.
        """
        self.prepare(probe.split(".")[0])
        return self._opened(self._answer(probe, seconds, {"seed": seed, **arguments}))

    def ask_each(self, probe, seconds, cases):
        """Calls a probe on several cases with one message.

        Args:
            probe: as for `ask`.
            seconds: how long they may take together.
            cases: {"seed": its seed, argument: array} of each.

        Returns:
            A list of answers, as of `ask`, up to the first `Failed`, which ends it.

        Raises:
            Failed, WorkerMissing: as `ask`, where there is no answer to any.
        """
        self.prepare(probe.split(".")[0])
        reply = self._answer(probe, seconds, {"cases": len(cases), **wire.together(cases)})
        if str(reply.pop("status", "")) != "ok":
            raise self._no_answer()
        answers = []
        for own in wire.apart(reply, len(cases)):
            try:
                answers.append(self._opened(own))
            except Failed as failure:
                return [*answers, failure]
        return answers

    def take_prints(self):
        """What the student's code has printed since this was last asked, shortened if it is long."""
        return plain_text(self._prints.take())

    def close(self):
        """Ends the process and those that it started."""
        if not self._process:
            return
        self._room.end(self._process)
        self._settle()
        self._pipes.close()
        self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _import(self, file):
        """Has a file imported; returns why that failed, or None."""
        began = time.monotonic()
        try:
            self._opened(self._ask(f"{file}.import", IMPORT_SECONDS, {"seed": 0}))
        except Failed as failure:
            return Failed(f"While {file}.py was imported: {failure}", hung=True) if failure.hung else failure
        self._imports_left -= time.monotonic() - began
        if self._imports_left > 0:
            return None
        self.close()
        return Failed(
            f"Your code ended its process so often that {file}.py was imported again and again, "
            f"which took longer than {IMPORTS_SECONDS:g} seconds."
        )

    def _answer(self, probe, seconds, arguments):
        """The reply of a probe, as long as there is time left for one."""
        if self._answers_left <= 0:
            raise Failed(f"Not tried: what was tried before took more than {ANSWERS_SECONDS:g} seconds in all.")
        began = time.monotonic()
        try:
            return self._ask(probe, seconds, arguments)
        finally:
            self._answers_left -= time.monotonic() - began

    def _ask(self, probe, seconds, arguments):
        """The reply as it comes, less the mark."""
        self.wait()
        mark = secrets.token_hex(16)
        self._prints.expect(mark)
        request = {"probe": probe, "seconds": seconds, "mark": mark, **arguments}
        self._pipes.send(wire.packed(request))
        reply = self._next_reply(seconds, mark)
        if isinstance(reply, dict):
            self._settle()
            if str(reply.pop("mark", "")) == mark:
                return reply
            reply = wire.Malformed("out of turn")
        raise Failed(self._death(reply, seconds), hung=reply is TimeoutError)

    def _opened(self, reply):
        status = str(reply.pop("status", ""))
        if status == "ok":
            return {name: _plain(value) for name, value in reply.items()}
        if status != "failed":
            raise self._no_answer()
        reason = plain_text(str(reply.get("reason", "")))[-MESSAGE:]
        unwritten = str(reply.get("unwritten", ""))
        unwritten = unwritten if re.fullmatch(NAME, unwritten) else None
        raise Failed(reason, unwritten=unwritten, absent=str(reply.get("absent", "")) == "yes")

    def _no_answer(self):
        self.close()
        return Failed("The process that runs your code sent no sensible answer.")

    def _next_reply(self, seconds, question=""):
        """A dict, a Malformed, None where the process has ended, TimeoutError (the class) where it took too long, or a
        text that says of what it used too much."""
        ends = time.monotonic() + max(seconds, 0.01)
        while True:
            reply = self._taken()
            has_come, now = reply is not TimeoutError, time.monotonic()
            if has_come or now - self._looked > LOOK_SECONDS:  # one that answers at once is looked at too
                self._looked = now
                if excess := self._room.excess():
                    return excess
                if not has_come:
                    self._room.dawdles(question, seconds)
            if has_come or now >= ends:
                return reply
            self._take(min(ends - now, LOOK_SECONDS))

    def _taken(self):
        """The reply that has come, as of `_next_reply`; TimeoutError where it has not."""
        try:
            reply = wire.taken(self._came)
        except wire.Malformed as error:
            return error
        if reply is None and self._ended:
            return wire.Malformed(f"cut off after {len(self._came)} bytes") if self._came else None
        return TimeoutError if reply is None else reply

    def _take(self, seconds):
        """Takes what comes next, if anything does within this time."""
        for name, data in self._pipes.wait(seconds):
            if name == "stderr":
                self._prints.add(data)
            else:
                self._came += data[: wire.LIMIT + CHUNK - len(self._came)]  # more than any message is none
                self._ended |= not data

    def _settle(self):
        """Waits until what was printed before a reply, or the end, has come."""
        ends = time.monotonic() + SETTLE_SECONDS
        while not self._prints.settled and (left := ends - time.monotonic()) > 0:
            self._take(left)

    def _death(self, reply, seconds):
        """Ends the process, which cannot be talked to any more; says why."""
        if reply is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)
        code = self._process.poll()
        self.close()
        if reply is TimeoutError:
            place = self._prints.place()
            return f"It did not end within {seconds:.3g} seconds and was stopped{place}: an endless loop, or too slow?"
        if isinstance(reply, str):
            return f"Your code was stopped: {reply}."
        if reply is not None:
            said = plain_text(str(reply)).replace("\n", " ")[:200]
            return f"The process that runs your code sent something that is no answer ({said})."
        if code is None:
            return "The process that runs your code closed its connection."
        if code - 128 in FATAL:  # as a shell or a wall around it tells of a signal
            code = 128 - code
        if code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            return f"The process that ran your code was ended by {name}{self._prints.place()}."
        return f"Your code ended its process with status {code}."
