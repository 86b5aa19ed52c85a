"""Writing a file so that it is either whole or not there: beside its place, then renamed."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path

from training.errors import TrainingStopped


@contextmanager
def written_beside(path):
    """Opens a binary file next to `path`, and puts it in the place of `path` if the block succeeds.

    Killed at any moment, `path` holds its former content or the new one, whole.

    Raises:
        TrainingStopped: the file cannot be written (no right to, no space left).
    """
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            raise TrainingStopped(f"{path} cannot be written: {error.strerror or error}.") from error
        raise
