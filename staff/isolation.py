"""The wall around a submission: what it may see, do and use up. docs/instructors.md says what it promises.

Two walls are to be had. `bubblewrap` gives the submission namespaces of its own. Where the machine does not allow
these, `user` has root put it into a bare folder as the root of its file system, as a user that exists nowhere else.
Within either, `confine.py` gives up privileges, sets limits and installs the filter of system calls.
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from grading.client import MEMORY, end, environment
from staff import SOURCE, interpreter, processes, scratch, written
from staff.jail import DEVICES, jail
from staff.written import SCRATCH, SCRATCH_ENTRIES

HERE = Path(__file__).resolve().parent
# What serves probes; nothing else of this repository is to be seen.
SERVED = tuple(f"grading/{name}.py" for name in ("__init__", "wire", "loader", "devices", "seen", "worker"))
SERVED += tuple(sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.glob("grading/probes/*.py")))
SERVED += ("tracebacks.py", "imports.py", "network.py", "data.py")

# The staff's own scripts that run inside, and what they may do there as root: confine.py uses it and loses it.
SCRIPTS = ("confine.py", "hatch.py")
PRIVILEGES = ("CAP_SETUID", "CAP_SETGID")

# bwrap itself is the first process inside, without limits or a filter. Where no root starts it, it is the same user
# as the submission, which could write into its memory.
PROC = ("--proc", "/proc", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1")

UIDS = range(61184, 65184)  # users that are nobody elsewhere
IMPORTED = 2**30  # bytes: what PyTorch takes, in a warmed process and again in the worker, with room to spare
LIMITS = {
    "RLIMIT_CORE": 0,
    # Together they bound what lies in files that are removed and still open, which no look at a folder finds.
    "RLIMIT_FSIZE": SCRATCH // 16,
    "RLIMIT_NOFILE": 128,
    "RLIMIT_NPROC": 64,  # threads: there are no processes
    "RLIMIT_CPU": 3600,
    "RLIMIT_MSGQUEUE": 0,
    "RLIMIT_MEMLOCK": 0,
    "RLIMIT_STACK": 8 * 2**20,  # the limit of memory does not count it
}


class NoWall(Exception):
    """The wall that was asked for, or any, cannot be had here; the message says what is missing."""


def wall(name, submission, memory=MEMORY):
    """Makes a wall around a submission.

    Args:
        name: "bubblewrap", "user", or "any" for the first of these that can be had.
        submission: folder of the student's files, already known to be plain files.
        memory: bytes that it may use.

    Returns:
        Bubblewrap or User, to be used with `with`, and with `grading.client.Worker`.

    Raises:
        NoWall: it cannot be had.
    """
    return require(name)(submission, memory)


def require(name):
    """Makes sure that a wall can be had; returns its class.

    Raises:
        NoWall: it cannot.
    """
    said = ""
    for kind in (Bubblewrap, User):
        if name not in (kind.name, "any"):
            continue
        if not (lacks := kind.lacks()):
            return kind
        said += f"\n  {kind.name}: {lacks}"
    raise NoWall(f"A submission is not run without a wall, and there is none here.{said}")


class _Wall:
    """A folder with what a worker needs, read-only to it, and a way of starting one that sees nothing else.

    Args:
        submission: folder of the student's files, or None for the staff's own script.
        memory: bytes that a submission may use.
    """

    name = ""

    def __init__(self, submission, memory):
        self._memory = memory
        with contextlib.ExitStack() as made:  # a wall that cannot be made leaves nothing behind
            self.uid, claim = _free_user()
            if claim:
                made.enter_context(claim)
            own = scratch.Folder(self._home())
            made.callback(own.close)
            self._folder = own.path
            self._stage = self._folder / "stage"
            self._scratch = self._folder / "scratch"
            self._furnish(submission)
            self._made = made.pop_all()

    def _furnish(self, submission):
        """Lays out what a worker needs."""
        from staff import syscalls

        for name in SERVED:
            _copy(SOURCE / name, self._stage / name)
        for name in SCRIPTS:
            _copy(HERE / name, self._stage / name)
        for path in sorted(path for path in Path(submission).rglob("*.py") if path.is_file()) if submission else ():
            _copy(path, self._stage / "submission" / path.relative_to(submission))
        (self._stage / "submission").mkdir(exist_ok=True)
        (self._stage / "filter").write_bytes(syscalls.program())
        for path in (self._stage, *self._stage.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def start(self):
        """Starts a worker; returns the Popen, with pipes."""
        return self.launch("confine.py", uid=self.uid)

    def launch(self, script, pass_fds=(), privileges=PRIVILEGES, **settings):
        """Starts a script of the staff's behind the wall, as root if this process is root.

        Args:
            script: one of SCRIPTS.
            pass_fds: open files that it keeps.
            privileges: that it has inside, where it is root.
            settings: what it finds beside the common ones in its argument.
        """
        settings |= {
            "filter": self._seen(self._stage / "filter"),
            "stage": self._inside(self._stage),
            "scratch": self._inside(self._scratch),
            "root": self._root(),
            "memory": self._memory,
            "limits": LIMITS,
        }
        command = [interpreter.program(), "-I", "-B", self._seen(self._stage / script), json.dumps(settings)]
        self._outer = subprocess.Popen(
            [*self._outside(privileges), *command],
            cwd="/",
            env=environment(TMPDIR=settings["scratch"], HOME=settings["scratch"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        return self._outer

    def excess(self):
        """What the submission has used too much of, or ""; to be asked now and then while it runs.

        Of memory the worker has limits, which the kernel keeps; but they count what can be written into, and addresses,
        of which a submission may give PyTorch's away.
        """
        if sum(map(processes.memory, processes.family(self._outer.pid))) > self._memory + IMPORTED:
            return f"it used more than {self._memory >> 20} MB of memory"
        return self._excess_of_files()

    def _excess_of_files(self):
        """The same, of files alone."""
        raise NotImplementedError

    def dawdles(self, question, seconds):
        """Called now and then while a worker takes its time, as `grading.client.OpenRoom.dawdles`."""

    def end(self, process):
        """Ends a worker."""
        end(process)

    def close(self):
        """Removes what was made, and gives its user back."""
        self._made.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Bubblewrap(_Wall):
    """Namespaces of its own: file system, processes, network, IPC, users."""

    name = "bubblewrap"

    @staticmethod
    def lacks():
        """What is missing on this machine, or ""."""
        if not shutil.which("bwrap"):
            return "the program bwrap (Debian and Ubuntu: apt-get install bubblewrap)"
        if lacks := _lacks_seccomp():
            return lacks
        command = [*_namespaces(PRIVILEGES), "--ro-bind", "/", "/", *PROC, "true"]
        run = subprocess.run(command, capture_output=True, text=True)
        return f"namespaces are not allowed here ({run.stderr.strip()})" if run.returncode else ""

    def _excess_of_files(self):
        """The scratch space is bounded in bytes; files, which take the kernel's memory, are counted here."""
        pid = self._outer.pid
        with contextlib.suppress(OSError, IndexError):  # it has ended, or this kernel does not tell
            first = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
            space = os.statvfs(f"/proc/{first}/root{self._inside(self._scratch)}")
            if space.f_files - space.f_ffree > SCRATCH_ENTRIES:
                return f"it made more than {SCRATCH_ENTRIES} files"
        return ""

    def _home(self):
        return None

    def _root(self):
        return None

    def _inside(self, path):
        return {"stage": "/grading", "scratch": "/scratch"}[path.name]

    def _seen(self, path):
        return f"/grading/{path.relative_to(self._stage)}"

    def _outside(self, privileges):
        # Not /tmp: the interpreter may lie below it.
        command = [*_namespaces(privileges), "--perms", "1777", "--size", str(SCRATCH), "--tmpfs", "/scratch"]
        paths = (*interpreter.trees(), *interpreter.libraries())
        for folder in sorted(
            {parent for path in (*paths, *map(Path, DEVICES)) for parent in path.parents} - {Path("/")}
        ):
            command += ["--perms", "0755", "--dir", str(folder)]  # bwrap makes them for root alone otherwise
        for path in paths:
            if path.is_symlink():
                command += ["--symlink", os.readlink(path), str(path)]
            else:
                command += ["--ro-bind", str(path), str(path)]
        command += ["--ro-bind", str(self._stage), "/grading", *PROC]
        for device in DEVICES:
            command += ["--dev-bind", device, device]
        return [*command, "--remount-ro", "/"]


class User(_Wall):
    """A user of its own, in a folder that holds the interpreter, its packages and the submission, as the root."""

    name = "user"

    @staticmethod
    def lacks():
        """What is missing on this machine, or ""."""
        return "only root can put a process into a folder as another user" if os.geteuid() else _lacks_seccomp()

    def _furnish(self, submission):
        super()._furnish(submission)
        self._scratch.mkdir()
        self._folder.chmod(0o750)  # other submissions may be standing beside it
        os.chown(self._folder, 0, self.uid)

    def start(self):
        scratch.remove(self._scratch)  # what a former process has left is no burden to the next
        self._scratch.mkdir()
        os.chown(self._scratch, self.uid, self.uid)
        return super().start()

    def _excess_of_files(self):
        # A process that has ended may have given its number to another.
        with processes.stopped(processes.family(self._outer.pid) if self._outer.poll() is None else ()):
            return self._excess_of_stopped()

    def _excess_of_stopped(self):
        # One mapped page keeps a removed file, all of it, and takes no place among the open ones.
        mapped = sum(processes.removed_and_mapped(pid, self._scratch) for pid in processes.family(self._outer.pid))
        if mapped * LIMITS["RLIMIT_FSIZE"] > SCRATCH:
            return f"it may have written more than {SCRATCH >> 20} MB, to files that are removed and still mapped"
        return written.excess(self._scratch)

    def _home(self):
        return jail() / "run"

    def _root(self):
        return str(jail())

    def _inside(self, path):
        return f"/run/{self._folder.name}/{path.name}"

    def _seen(self, path):
        return str(path)

    def _outside(self, privileges):
        return []


def _free_user():
    """A user and group who are nobody else as long as a socket is open, and that socket; None for both where this
    process cannot become another: not root.

    Raises:
        NoWall: there are as many walls already as there are users.
    """
    if os.geteuid():
        return None, None
    for uid in secrets.SystemRandom().sample(UIDS, len(UIDS)):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0grading-{uid}")  # a name without a file: it is free again when the process has ended
            return uid, claim
        except OSError:
            claim.close()
    raise NoWall("For another wall no user is free on this machine.")


def _namespaces(privileges):
    command = ["bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    command += ["--die-with-parent", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        return command + [word for name in privileges for word in ("--cap-add", name)]
    return [*command, "--unshare-user", "--uid", "65534", "--gid", "65534"]


def main():
    """Says which walls are to be had here, and readies them; exits with 1 where there is none."""
    argparse.ArgumentParser(prog="python -m staff.isolation", description=main.__doc__).parse_args()
    missing = {kind: kind.lacks() for kind in (Bubblewrap, User)}
    for kind, lacks in missing.items():
        print(f"{kind.name}: {lacks or 'can be had'}")
    if not missing[User]:
        jail()
    sys.exit(1 if all(missing.values()) else 0)


def _lacks_seccomp():
    try:
        from staff import syscalls

        syscalls.program()
    except (ImportError, RuntimeError) as error:
        return f"libseccomp ({error}). Debian and Ubuntu: apt-get install libseccomp2; and: make staff"
    return ""


def _copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target, follow_symlinks=False)


if __name__ == "__main__":
    main()
