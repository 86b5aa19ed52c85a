"""What this Python and its packages need of the file system, so that a wall can show that and no more."""

import os
import sys
import sysconfig
from pathlib import Path

_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")


def trees():
    """Folders and files of the interpreter and its packages, none within another."""
    found = {sys.prefix, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *_chain(sys.executable)}
    if sys.base_prefix not in ("/", "/usr", "/usr/local"):
        found.add(sys.base_prefix)
    paths = {Path(path) for path in found}
    return sorted(path for path in paths if path.exists() and not paths & set(path.parents))


def libraries():
    """Folders of the system's shared libraries, and its list of them; some may be links to others."""
    return [path for path in map(Path, (*_LIBRARIES, "/etc/ld.so.cache")) if path.exists()]


def _chain(path):
    """A file, and what it is a link to, and so on."""
    while True:
        yield path
        if not os.path.islink(path):
            return
        path = os.path.join(os.path.dirname(path), os.readlink(path))
