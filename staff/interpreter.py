"""What this Python and its packages need of the file system, so that a wall can show that and no more."""

import os
import site
import sys
import sysconfig
from pathlib import Path

_SYSTEM = ("/", "/usr", "/usr/local")  # prefixes where much else lies beside Python
_LINKED = ("/lib", "/lib64", "/usr/lib64", "/etc/ld.so.cache")


def program():
    """This interpreter, by a path without links or `..` up to the last name, which a virtual environment needs.

    It may have been called by `../venv/bin/python`, with a link `venv` or one to a link: behind a wall there is
    nothing on such a way.
    """
    folder, name = os.path.split(sys.executable)
    return os.path.join(os.path.realpath(folder), name)


def trees():
    """Folders and files of the interpreter and its packages, none within another."""
    found = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *packages(), *_chain(program())}
    found.update({os.path.realpath(sys.prefix), sys.base_prefix}.difference(_SYSTEM))
    paths = {Path(path) for path in (*found, *map(os.path.realpath, found))}  # any may be a link
    return sorted(path for path in paths if path.exists() and not paths & set(path.parents))


def packages():
    """Folders of installed packages."""
    return site.getsitepackages()


def libraries():
    """Folders of the system's shared libraries, links to them, and the system's list of them."""
    # Debian keeps a folder for each architecture, and beside these much that is no library.
    own = sorted(Path("/usr/lib").glob("*-linux-gnu*")) or [Path("/usr/lib")]
    return own + [path for path in map(Path, _LINKED) if path.is_symlink() or path.exists()]


def _chain(path):
    """A file, and what it is a link to, and so on."""
    while True:
        yield path
        if not os.path.islink(path):
            return
        path = os.path.join(os.path.dirname(path), os.readlink(path))
