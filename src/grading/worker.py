"""The process in which a submission runs: serves probes over its standard input and output until the input ends.

    python -m grading.worker SUBMISSION MEMORY

MEMORY is in bytes, beyond what PyTorch takes. Whatever the student's code prints goes to standard error, with the mark
of the request behind it.
"""

import contextlib
import ctypes
import faulthandler
import os
import signal
import sys

from grading import wire
from imports import uncollected

SET_ASIDE = 2**29  # bytes of addresses, 2**26 by glibc for each thread


def main(statm=None):
    """Reads requests, answers them one by one.

    Args:
        statm: descriptor of this process's /proc/self/statm, where /proc is out of sight.
    """
    folder, memory = sys.argv[1], int(sys.argv[2])
    _end_with_parent()
    requests, replies = _take_the_pipes()
    faulthandler.enable()
    with uncollected():
        import torch  # after the pipes are out of reach of what an import prints

        from grading import probes
        from grading.loader import Submission

    torch.set_num_threads(1)
    _limit_memory(memory, statm)
    submission = Submission(folder)
    wire.write(replies, {"status": "ready"})
    streams = sys.stdout, sys.stderr
    while (request := wire.read(requests)) is not None:
        mark = request.pop("mark")
        sys.stdout, sys.stderr = streams
        # Where it hangs is worth knowing; the limit itself is kept by the other side.
        _trace_in(max(0.1, 0.9 * float(request.pop("seconds"))))
        reply = probes.run(submission, request)
        _trace_in(0)
        _flush(mark)
        wire.write(replies, {"mark": mark, **reply})


def _take_the_pipes():
    """Keeps the two pipes for messages; to the student's code, input is empty, and output is standard error."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    sys.stdout.reconfigure(line_buffering=True, errors="replace")
    sys.stderr.reconfigure(line_buffering=True, errors="replace")
    return requests, replies


def _trace_in(seconds):
    """Has it printed where the code is after so many seconds; with 0, no longer.

    By a timer of the kernel's: the thread that Python's own would begin takes longer than a probe.
    """
    if hasattr(signal, "setitimer"):
        faulthandler.register(signal.SIGALRM, file=2, all_threads=False)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    elif seconds:
        faulthandler.dump_traceback_later(seconds, file=2)
    else:
        faulthandler.cancel_dump_traceback_later()


def _flush(mark):
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError, OSError, AttributeError):  # the student's code closed or replaced it
            stream.flush()
    with contextlib.suppress(OSError):
        os.write(2, str(mark).encode())


def _end_with_parent():
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _limit_memory(limit, statm):
    """Allocations beyond what is there already, PyTorch's, and this limit fail with an error that says so; Linux keeps
    it, others may not.

    What has been made read-only is no data any more: addresses are limited too, with room for those that are set aside
    and never used.
    """
    try:
        import resource
    except ImportError:
        return
    addresses = data = 0
    with contextlib.suppress(OSError), open("/proc/self/statm" if statm is None else statm) as file:
        pages = [int(word) for word in file.read().split()]  # proc(5)
        addresses, data = (count * resource.getpagesize() for count in (pages[0], pages[5]))
    _lower(resource, resource.RLIMIT_DATA, data + limit)
    if addresses:
        _lower(resource, resource.RLIMIT_AS, addresses + limit + SET_ASIDE)


def _lower(resource, name, limit):
    hard = resource.getrlimit(name)[1]
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(name, (limit, limit))


if __name__ == "__main__":
    main()
