"""What the processes of a submission hold, by proc(5), and how they are stopped while somebody looks."""

import contextlib
import os
import signal
import time
from pathlib import Path

STOP_SECONDS = 0.1  # after which one that waits for a disk is looked at as it is


def family(pid):
    """A process and those below it."""
    yield pid
    with contextlib.suppress(OSError):  # it has ended, or this kernel does not tell
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from family(child)


@contextlib.contextmanager
def stopped(pids):
    """Stops processes while they are looked at. Who sees that a folder is read, by its time, could move what it hides
    to where somebody has looked already."""
    pids = [int(pid) for pid in pids]
    try:
        for pid in pids:
            with contextlib.suppress(OSError):  # it has ended, or this root may not
                os.kill(pid, signal.SIGSTOP)
        ends = time.monotonic() + STOP_SECONDS
        while any(map(_runs, pids)) and time.monotonic() < ends:
            time.sleep(0.001)
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGCONT)


def _runs(pid):
    """Whether a thread of a process is neither stopped nor at its end (proc(5): stat)."""
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                state = Path(f"/proc/{pid}/task/{thread}/stat").read_bytes().rpartition(b") ")[2][:1]
                if state not in b"TtZX":
                    return True
    return False


def memory(pid):
    """Bytes in memory that are of no file (proc(5): resident, less shared); 0 where the process has ended.

    Threads share it, and each knows; but a process whose first thread has ended says that it has none.
    """
    threads = []
    with contextlib.suppress(OSError):
        threads = os.listdir(f"/proc/{pid}/task")
    for thread in threads:
        with contextlib.suppress(OSError):
            _, resident, shared, *_ = map(int, Path(f"/proc/{pid}/task/{thread}/statm").read_text().split())
            if resident:
                return (resident - shared) * os.sysconf("SC_PAGE_SIZE")
    return 0


def removed_and_mapped(pid, folder):
    """How many files once below a folder, which nobody finds any more, a process has in its memory (proc(5): maps).

    0 where that cannot be seen, as in a container whose root may not look into processes: nothing outlasts that.
    """
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/maps").read_bytes().splitlines()
        begins, ends = os.fsencode(os.path.realpath(folder)), b" (deleted)"
        fields = [line.split(maxsplit=5) for line in lines if line.endswith(ends) and begins in line]
        return len({(device, inode) for _, _, _, device, inode, _ in fields})
    return 0
