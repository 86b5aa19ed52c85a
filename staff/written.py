"""How much a submission has written below a folder: counted while it may be renaming, removing and hiding."""

import errno
import os

SCRATCH = 64 * 2**20  # bytes that a submission may write
SCRATCH_ENTRIES = 5000
SCRATCH_DEPTH = 30
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# Gone since its name was read, or something else by then.
GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def excess(folder):
    """What is too much below a folder, or ""."""
    try:
        _Look().into(folder, None, 0)
    except _Excess as found:
        return str(found)
    except OSError as error:  # what cannot be counted is not to be had for nothing
        return f"it made files that cannot be counted ({error.strerror})"
    return ""


class _Excess(Exception):
    """More than there may be; the message says of what."""


class _Look:
    """It must not take long, however much there is to be seen."""

    def __init__(self):
        self._used, self._count = 0, 0

    def into(self, name, parent, depth):
        """Counts what is in a folder, by its own name within an open one: paths can be longer than the kernel takes.

        Raises:
            _Excess: there is too much.
            OSError: it cannot be seen.
        """
        if depth > SCRATCH_DEPTH:
            raise _Excess(f"it made more than {SCRATCH_DEPTH} folders within each other")
        try:
            handle = os.open(name, FOLDER, dir_fd=parent)
        except OSError as error:
            if error.errno in GONE:
                return
            raise
        try:
            for inner in self._counted(handle):  # a list, so that one file is open at each depth
                self.into(inner, handle, depth + 1)
        finally:
            os.close(handle)

    def _counted(self, handle):
        """Counts the entries of an open folder; returns the names of folders among them."""
        folders = []
        with os.scandir(handle) as entries:
            for entry in entries:
                self._count += 1
                try:
                    self._used += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                except OSError as error:
                    if error.errno not in GONE:
                        raise
                if self._used > SCRATCH:
                    raise _Excess(f"it wrote more than {SCRATCH >> 20} MB of files")
                if self._count > SCRATCH_ENTRIES:
                    raise _Excess(f"it made more than {SCRATCH_ENTRIES} files")
        return folders
