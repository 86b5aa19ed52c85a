"""Writes a file of results so that it is either whole or as it was before: beside its place, then renamed."""

import contextlib
import os


def store(path, text):
    """Writes a text to a path.

    Raises:
        OSError: it cannot be written; what was there before is still there, and nothing beside it.
    """
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_text(text, encoding="utf-8", errors="replace")
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
