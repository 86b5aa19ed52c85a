"""What a look at a file that is to be handed in tells: why no test could run, and what is still to be written."""

import ast
import io
import sys
import tokenize
from pathlib import Path

from grading.loader import PACKAGES, PROVIDED

WANTED = ("flow_network.py", "gan.py")  # one of them tells where a submission lies
EXTRA_CREDIT = {"loss_minimax_g"}  # of their functions those that may stay empty


def warning_of(name):
    """What is wrong with a file that is handed in, or ""."""
    source = Path(name).read_bytes()
    if b"\0" in source:
        return f"{name} holds null bytes, as UTF-16 does: save it as UTF-8. No test that needs it can run."
    if line := _not_in_its_encoding(source):
        return f"{name}, line {line}, is not in UTF-8, which Python may refuse: save the file as UTF-8."
    try:
        tree = ast.parse(source, name)  # of bytes, whose mark or first line may name another encoding
        empty = [one for one, node in _functions(tree) if "raise NotImplementedError" in ast.unparse(node)]
    except (RecursionError, MemoryError):  # a sum of thousands, say, which Python may run none the less
        return ""
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""  # none of an encoding that does not exist
        return f"{name}{place}: {error.msg}. No test that needs it can run."
    imported = {one.split(".")[0] for one in _imports(tree)}
    if foreign := sorted(imported - {*sys.stdlib_module_names, *PACKAGES, *PROVIDED}):
        what = "which is not there when it is graded"
        if Path(name).with_name(f"{foreign[0]}.py").exists():
            what = f"which lies beside it: `from .{foreign[0]} import ...` would find it"
        return f"{name} imports {foreign[0]}, {what}. No test that needs it can run."
    empty = [one for one in empty if one not in EXTRA_CREDIT]
    return f"still to be written in {name}: {', '.join(empty)}." if empty and Path(name).name in WANTED else ""


def _not_in_its_encoding(source):
    """The first line of a file that is not in the encoding that it names, or in UTF-8, which some Pythons take in a
    comment; 0 if there is none."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError:  # it names none that there is, or the beginning is not in it
        encoding = "utf-8"
    try:
        source.decode(encoding)
    except UnicodeDecodeError as error:
        return len(source[: error.start + 1].splitlines())
    except (UnicodeError, LookupError):  # Python's own words on such an encoding are better
        pass
    return 0


def _imports(tree):
    """Names of the modules that are imported on the way through a file; not those within functions or `try`."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def _functions(tree, before=""):
    """(name, node) of the functions of a module and of the methods of its classes, as CLASS.METHOD."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{before}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield before + node.name, node
