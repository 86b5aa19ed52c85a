"""Large packages: sooner there when a program starts, and not taken apart when it ends."""

import atexit
import gc
import io
import os
import threading
from contextlib import contextmanager, suppress

WRITERS = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)


@contextmanager
def uncollected():
    """Turns the garbage collector off; what exists at the end is never scanned again.

    To import torch makes half a million objects that stay: to look through them over and over takes a fifth of the
    time, and a third of a second more when Python ends.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def leave(status):
    """Ends this process at once, when its threads have ended; what was to be done at its end is done, and what was
    written to open files is there.

    Python would take each module of torch apart, for half a second, before the system frees all of it together.

    Args:
        status: exit status, 0 to 255.
    """
    threading._shutdown()  # as Python does it, in this order; neither name is public
    atexit._run_exitfuncs()
    gc.unfreeze()
    for thing in gc.get_objects():  # not each file may have been closed, in code that is not ours
        if issubclass(type(thing), WRITERS):
            with suppress(OSError, ValueError):  # broken, or closed
                thing.flush()
    os._exit(status)
