"""Runs inside the wall, before the submission: gives up what the process may do, then serves probes.

    python -I confine.py SETTINGS

SETTINGS is JSON: `filter` (file of `staff.syscalls.program`), `stage` (folder of grading/worker.py and the submission),
`memory` (bytes), `limits` ({name of an RLIMIT: number}), `uid` (user to become, or null) and `root` (folder to become
the root of the file system, or null). It needs nothing but Python itself: the staff's side is not to be seen here.
"""

import ctypes
import errno
import json
import os
import resource
import socket
import struct
import sys

PR_SET_PDEATHSIG, SIGKILL = 1, 9
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_NO_NEW_PRIVS = 38
INSTRUCTION = 8  # bytes
OWN_PID = 0x5EC0FB1D  # stands in the filter for the number of the process that installs it


def main():
    settings = json.loads(sys.argv[1])
    with open(settings["filter"], "rb") as file:
        program = file.read()
    offer_to_be_killed_first()
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    if settings["root"]:
        os.chroot(settings["root"])
    os.chdir(settings["stage"])
    confine(program, settings["limits"], settings["uid"])
    sys.path.insert(0, settings["stage"])
    sys.argv = ["worker", os.path.join(settings["stage"], "submission"), str(settings["memory"])]

    from grading import worker

    worker.main(statm)


def confine(program, limits, uid):
    """Gives up, for good, what this process may do.

    Args:
        program: bytes of `staff.syscalls.program`.
        limits: {name of an RLIMIT: number}.
        uid: user and group to become, or None to stay who it is.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for name, limit in limits.items():
        resource.setrlimit(getattr(resource, name), (limit, limit))
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    os.umask(0o077)
    end_with_parent()
    _require(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "prctl(PR_SET_DUMPABLE)")
    _require(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "prctl(PR_SET_NO_NEW_PRIVS)")
    _install(libc, program)
    _test()


def end_with_parent():
    """Has the kernel end this process when the one that started it ends."""
    _require(ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl(PR_SET_PDEATHSIG)")


def offer_to_be_killed_first():
    """Where memory runs out, the kernel is to end this process and not the grader."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass  # a wish, not a part of the wall


def _install(libc, program):
    """prctl(2): struct sock_fprog is a length in instructions and a pointer."""
    program = program.replace(struct.pack("I", OWN_PID), struct.pack("I", os.getpid()))
    kept = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("HxxxxxxP", len(program) // INSTRUCTION, ctypes.addressof(kept))
    _require(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(fprog)) == 0, "prctl(PR_SET_SECCOMP)")


def _test():
    """The wall is believed when it has been felt."""
    attempts = {
        "socket": socket.socket,
        "setuid": lambda: os.setuid(0),
        "fork": _fork,
        "kill": lambda: os.kill(0, 0),
        "shmctl": _shared_memory,
        "open of another's memory": lambda: os.open("/proc/1/mem", os.O_RDWR),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except (PermissionError, FileNotFoundError):
            continue
        _require(False, f"{name}() was let through")
    _require(os.geteuid() and os.getuid() and os.getgid(), "still root")


def _fork():
    if os.fork() == 0:
        os._exit(0)


def _shared_memory():
    """Asks for what does not exist, of which the kernel says so where it is let through."""
    ctypes.set_errno(0)
    ctypes.CDLL(None, use_errno=True).shmctl(-1, 0, None)
    if ctypes.get_errno() == errno.EPERM:
        raise PermissionError


def _require(holds, what):
    if not holds:
        sys.exit(f"The wall does not hold: {what}")


if __name__ == "__main__":
    main()
