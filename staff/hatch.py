"""Runs inside the wall: imports PyTorch once, then forks a confined worker for one submission after the other.

    python -I hatch.py SETTINGS

SETTINGS are those of confine.py, and `control`: a socket on which `staff.nest` asks. It never runs a line of a
submission itself, nor reads one: workers begin as copies of its memory. Of each submission nothing is left, no process,
no file and no word in memory, when the next one comes.
"""

import contextlib
import ctypes
import gc
import importlib
import itertools
import json
import os
import pkgutil
import signal
import socket
import sys
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import confine  # noqa: E402

CPUCLOCK_SCHED = 2  # of a process's clock, as clock_getcpuclockid(3) makes it
LAST = 19  # a seventieth of the processor's time of another
# What a worker comes to import, of itself and of torch.
WARM = ("torch.nn.functional", "torch.nested._internal.nested_tensor", "numpy.random", "numpy.ma")
WARM += ("grading.worker", "grading.loader")
MESSAGE = 65536
STATM = 3  # what the worker's /proc/self/statm is opened as, before it is out of sight


def main():
    settings = json.loads(sys.argv[1])
    with open(settings["filter"], "rb") as file:
        program = file.read()
    confine.offer_to_be_killed_first()
    proc = os.open("/proc", os.O_PATH)
    if settings["root"]:
        os.chroot(settings["root"])
    os.chdir(settings["stage"])
    confine.end_with_parent()
    # Where the children are the same user, they are not to look into this process.
    ctypes.CDLL(None).prctl(confine.PR_SET_DUMPABLE, 0, 0, 0, 0)
    sys.path[0] = settings["stage"]
    keeper = Housekeeper(settings["scratch"])
    from grading import probes

    for name in (*WARM, *(f"grading.probes.{module.name}" for module in pkgutil.iter_modules(probes.__path__))):
        importlib.import_module(name)
    gc.freeze()  # the children share this memory for as long as nobody writes into it

    control = socket.socket(fileno=settings["control"])
    control.send(b'{"ready": true}')
    child = None
    while True:
        message, files, _, _ = socket.recv_fds(control, MESSAGE, 4)
        if not message:
            return
        request = json.loads(message)
        if request["do"] == "start":
            child = Child(request, files, {**settings, "proc": proc}, program, control, keeper)
            with os.fdopen(os.pidfd_open(child.pid)) as handle:
                socket.send_fds(control, [b"{}"], [handle.fileno()])
        else:
            # Nothing of it stays in a variable: the next child sees those of this frame.
            control.send(json.dumps(_do(child, **request)).encode())
        if request["do"] == "end":
            child = None


def _do(child, do, **given):
    if do == "yield":
        child.yields(**given)
        return {}
    return {"status": child.poll() if do == "poll" else child.end()}


class Child:
    """A worker on one submission.

    Args:
        request: `uid`, that it is to become, or None.
        files: open files: its input, output and errors, and a zip of the submission.
        keeper: `Housekeeper`.
    """

    def __init__(self, request, files, settings, program, control, keeper):
        self._keeper = keeper
        self._proc = settings["proc"]
        self._status = None
        self._question, self._spent = None, 0.0
        keeper.furnish(files[3], request["uid"])
        os.close(files[3])
        self.pid = os.fork()
        if self.pid == 0:
            control.close()
            self._live(request["uid"], files[:3], keeper.folder, settings, program)
        for file in files[:3]:
            os.close(file)

    def poll(self):
        """Its exit status as subprocess gives it, or None while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def yields(self, question, much):
        """Gives others precedence if it has used a processor for more than `much` seconds since this question was first
        heard of here; takes that back at the next."""
        if self.poll() is not None:
            return
        with contextlib.suppress(OSError):  # it has not come to lead its group yet, or has ended
            spent = time.clock_gettime(~self.pid << 3 | CPUCLOCK_SCHED)
            if question != self._question:
                self._question, self._spent = question, spent
            nice = LAST if spent - self._spent >= much else 0
            os.setpriority(os.PRIO_PGRP, self.pid, nice)  # of a process it would be the first thread's alone
            self._weigh_session(nice)

    def _weigh_session(self, nice):
        """Linux may share processors among sessions first (sched(7), autogroup); what each process has then counts
        within its own alone, which is of this child.

        Raises:
            OSError: it cannot be done here; or not yet, as Linux takes ten changes a second.
        """
        file = os.open(f"{self.pid}/autogroup", os.O_RDWR, dir_fd=self._proc)
        try:
            if os.read(file, 100).split()[-1:] != [str(nice).encode()]:
                os.write(file, str(nice).encode())
        finally:
            os.close(file)

    def end(self):
        """Kills it, removes its files, returns its status."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._keeper.sweep()
        return self._status

    @staticmethod
    def _live(uid, files, folder, settings, program):
        try:
            from grading import worker

            for target, file in enumerate(files):
                os.dup2(file, target)
            os.dup2(os.open("self/statm", os.O_RDONLY, dir_fd=settings["proc"]), STATM)
            os.closerange(STATM + 1, 4096)
            os.setsid()
            os.environ["TMPDIR"] = os.environ["HOME"] = os.path.join(folder, "scratch")
            confine.confine(program, settings["limits"], uid)
            sys.argv = ["worker", os.path.join(folder, "submission"), str(settings["memory"])]
            worker.main(STATM)
        except BaseException as error:  # whatever it is, the child must not go on as the parent
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(1)
        os._exit(0)


class Housekeeper:
    """Lays out what a submission needs, and clears away what it leaves, in processes of its own: no file, and no name
    of one, comes into the memory that workers begin with.

    It is begun before PyTorch is there: the fork of a large process takes long.

    Args:
        nursery: folder for the submission and its scratch space, which lie in its folder `s`.
    """

    def __init__(self, nursery):
        self.folder = os.path.join(nursery, "s")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork():
            theirs.close()
            return
        try:
            confine.end_with_parent()
            self._control.close()
            while True:
                message, files, _, _ = socket.recv_fds(theirs, MESSAGE, 1)
                if not message:
                    break
                theirs.send(self._apart(nursery, json.loads(message), files))
                for file in files:
                    os.close(file)
        finally:
            os._exit(1)

    def furnish(self, file, uid):
        """Unpacks a submission, and makes room for what it writes.

        Args:
            file: an open zip.
            uid: whose the room is to be, or None for whoever this is.

        Raises:
            OSError: it failed.
        """
        self._ask({"uid": uid}, [file])

    def sweep(self):
        """Empties the nursery.

        Raises:
            OSError: it failed.
        """
        self._ask({}, [])

    def _ask(self, request, files):
        socket.send_fds(self._control, [json.dumps(request).encode()], files)
        if self._control.recv(MESSAGE) != b"done":
            raise OSError("What a submission needs could not be laid out or cleared away.")

    def _apart(self, nursery, request, files):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                _sweep(nursery)
                if files:
                    _furnish(self.folder, files[0], request["uid"])
                status = 0
            except BaseException as error:  # whatever it is, the child must not go on as the parent
                os.write(2, f"{type(error).__name__}: {error}\n".encode(errors="replace"))
            finally:
                os._exit(status)
        return b"failed" if os.waitpid(pid, 0)[1] else b"done"


def _furnish(folder, file, uid):
    scratch = os.path.join(folder, "scratch")
    os.makedirs(scratch, mode=0o700)
    os.chmod(folder, 0o711)
    with os.fdopen(file, "rb") as stream, zipfile.ZipFile(stream) as archive:
        archive.extractall(os.path.join(folder, "submission"))
    for here, _, names in os.walk(os.path.join(folder, "submission")):
        os.chmod(here, 0o755)
        for name in names:
            os.chmod(os.path.join(here, name), 0o644)
    if uid is not None:
        os.chown(scratch, uid, uid)


def _sweep(nursery):
    """Folders within folders are brought to the top: they may be deeper than Python can go."""
    names = os.listdir(nursery)
    mark = os.urandom(8).hex()  # some of these names may be of the submission's choice
    for count in itertools.count():
        if not names:
            return
        path = os.path.join(nursery, names.pop())
        if not os.path.isdir(path) or os.path.islink(path):
            os.unlink(path)
            continue
        os.chmod(path, 0o700)
        for number, entry in enumerate(os.listdir(path)):
            names.append(f"{mark}-{count}-{number}")
            source = os.path.join(path, entry)
            if os.path.isdir(source) and not os.path.islink(source):
                os.chmod(source, 0o700)  # who moves a folder changes its entry for the one above
            os.rename(source, os.path.join(nursery, names[-1]))
        os.rmdir(path)


if __name__ == "__main__":
    main()
