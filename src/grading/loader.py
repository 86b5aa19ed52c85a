"""Imports the files of a submission, one by one, so that a broken one does not take the others along."""

import builtins
import importlib
import sys
import types
from pathlib import Path

# What the course's environment holds, by the name that is imported.
PACKAGES = ("torch", "torchvision", "numpy", "matplotlib", "sklearn", "tqdm")
PROVIDED = ("submission", "network", "data")


class FileMissing(FileNotFoundError):
    """The submission lacks a file; the message names it."""


class Submission:
    """A folder with a student's files.

    Only one at a time: the package is called `submission`, whatever its folder's name.

    Args:
        folder: where `flow_network.py` and its neighbours lie.
    """

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        forget()
        _refuse_foreign_imports(self.folder)

    def module(self, name):
        """Returns the module `submission.name`.

        Raises:
            FileMissing: there is no such file.
            SyntaxError: it is in UTF-16, of which Python does not even name the file.
            Exception: whatever its code raises.
        """
        if not (self.folder / f"{name}.py").is_file():
            raise FileMissing(f"submission/{name}.py is missing.")
        if f"submission.{name}" in sys.modules:
            return sys.modules[f"submission.{name}"]
        if "submission" not in sys.modules:
            # A bare package: __init__.py would import the neighbours, and fail where one of them does.
            package = types.ModuleType("submission")
            package.__path__ = [str(self.folder)]
            package.__getattr__ = self._neighbour
            sys.modules["submission"] = package
        if b"\0" in (self.folder / f"{name}.py").read_bytes():
            raise SyntaxError(f"submission/{name}.py holds null bytes, as UTF-16 does: save it as UTF-8")
        try:
            return importlib.import_module(f"submission.{name}")
        except ImportError:
            if hasattr(sys.modules["submission"], "__file__"):
                raise
            # Perhaps it needs what its own __init__.py defines.
            forget()
            if not self._run_init():
                raise
            return importlib.import_module(f"submission.{name}")

    def _neighbour(self, name):
        """What `submission.name` is after a mere `import submission`: elsewhere all files are imported by then."""
        if not (self.folder / f"{name}.py").is_file():
            raise AttributeError(f"module 'submission' has no attribute {name!r}")
        return importlib.import_module(f"submission.{name}")

    def _run_init(self):
        init = self.folder / "__init__.py"
        if not init.is_file():
            return False
        spec = importlib.util.spec_from_file_location("submission", init, submodule_search_locations=[str(self.folder)])
        package = importlib.util.module_from_spec(spec)
        package.__getattr__ = self._neighbour
        sys.modules["submission"] = package
        try:
            spec.loader.exec_module(package)
        except Exception:
            forget()
            return False
        return True


def forget():
    """Takes a submission that was imported before out of Python's list of modules."""
    for name in [name for name in sys.modules if name.split(".")[0] == "submission"]:
        del sys.modules[name]
    importlib.invalidate_caches()


_plain_import = builtins.__import__


def _refuse_foreign_imports(folder):
    """Makes an import of a package outside the course's list fail in the submission's files, installed or not: it
    would fail on the server."""

    def guarded(name, globals=None, locals=None, fromlist=(), level=0):
        top = name.split(".")[0]
        if level == 0 and top not in PACKAGES + PROVIDED and top not in sys.stdlib_module_names:
            filename = (globals or {}).get("__file__") or ""
            if folder in Path(filename).parents and not (folder / f"{top}.py").exists():
                raise ModuleNotFoundError(
                    f"{top} is not among the packages of this problem set, which are {', '.join(PACKAGES)} "
                    "and Python's own: do without it",
                    name=top,
                )
        return _plain_import(name, globals, locals, fromlist, level)

    builtins.__import__ = guarded
