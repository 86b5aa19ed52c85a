"""Folders of a grader's own: gone when it ends, or, if it was killed, when another begins."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

PREFIX = "grading-scratch-"  # no name that people give to what they keep, since it is swept
NEW_SECONDS = 60  # for which a folder may be there without being held yet


class Folder:
    """A fresh folder, held for as long as this process lives.

    Args:
        home: folder that it is to lie in; None for the usual one of such.

    Attributes:
        path: where it lies.
    """

    def __init__(self, home=None):
        home = home or tempfile.gettempdir()
        _sweep(home)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
        self._held = hold(self.path)

    def close(self):
        """Removes it with all that is in it."""
        remove(self.path)
        os.close(self._held)


def remove(folder):
    """Removes a folder that a submission could write to, which may be deeper than Python can follow, or than this
    process may open files: that is no error that it would raise."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        subprocess.run(["rm", "-rf", "--", str(folder)], stderr=subprocess.DEVNULL)


def hold(folder):
    """Opens a folder and locks it for as long as this process lives; raises OSError where another has."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def _sweep(home):
    """Removes what graders that were killed have left there: folders of this user's that nobody holds."""
    for left in Path(home).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            status = left.lstat()
            if status.st_uid == os.geteuid() and time.time() - status.st_mtime > NEW_SECONDS:
                handle = hold(left)
                remove(left)
                os.close(handle)
