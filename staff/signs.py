"""What the results of a submission say of how its code behaved: what is only broken, what is worth a look.

Read are the words in which the grader reports (`grading.client`, `grading.handin`) and those of Python's own errors.
Among them stand a submission's own prints: a sign is a reason to look, never a proof, and who does something in
silence leaves none.
"""

import re
from dataclasses import dataclass

ORDINARY, INNOCENT, LOOK = "ordinary", "likely innocent", "worth a look"
LINE = 200  # characters of a line that are kept


@dataclass(frozen=True)
class Kind:
    """A way of going wrong.

    level: ORDINARY, a mistake as many are made; INNOCENT, it looks like an attack and most likely is none; LOOK.
    may_be: what else looks the same.
    """

    title: str
    level: str
    pattern: re.Pattern
    may_be: str = ""


@dataclass(frozen=True)
class Sign:
    """That a kind was seen: in which test, "" for the hand-in as a whole, and by which line."""

    kind: Kind
    test: str
    line: str


def _kind(title, level, pattern, may_be=""):
    return Kind(title, level, re.compile(pattern, re.M), may_be)


_HANDED_IN = _kind(
    "Handed in links, or names that lead elsewhere",
    LOOK,
    "leads out of the submission|is a link|is no plain file|is in the zip twice|in what is itself a",
    "a zip made by an unusual tool",
)
KINDS = (
    _kind(
        "Sent replies of its own, or spoilt ones",
        LOOK,
        "The process that runs your code sent (?:something that is no|no sensible) answer"
        "|The reply from your code could not be read",
        "code that writes to file descriptors by number",
    ),
    _kind(
        "Ended its process by other means than exit()",
        LOOK,
        "Your code ended its process with status",
        "os._exit() left over from trying things out",
    ),
    _kind(
        "Ended by a signal that is not a crash's",
        LOOK,
        "The process that ran your code was ended by (?!SIG(?:SEGV|ABRT|BUS|FPE|ILL)\\b)",
        "SIGKILL: a machine that ran out of memory",
    ),
    _kind(
        "Its connection was closed",
        LOOK,
        "The process that runs your code closed its connection",
        "a crash on a busy machine: grade it again first",
    ),
    _kind("Used more than is allowed", LOOK, "^Your code was stopped: ", "files or caches written and not removed"),
    _kind(
        "Tried what the wall refuses: a process, a socket, a signal, a file",
        LOOK,
        "PermissionError|Operation not permitted|Permission denied|Read-only file system",
        "workers of a DataLoader, figures or checkpoints written beside the code",
    ),
    _kind(
        "Reached for the network",
        LOOK,
        "gaierror|URLError|Network is unreachable|name resolution|Name or service not known|Connection refused",
        "data fetched when the file is imported",
    ),
    _kind(
        "Started or opened more than is allowed",
        LOOK,
        "can't start new thread|Resource temporarily unavailable|Too many open files|No space left on device",
        "threads or files of a library",
    ),
    _kind(
        "Took too long and was stopped",
        INNOCENT,
        r"^(While \w+\.py was imported: )?It did not end within .* seconds and was stopped|: it took too long$",
        "endless loop",
    ),
    _kind(
        "Crashed inside a library",
        INNOCENT,
        "The process that ran your code was ended by SIG(?:SEGV|ABRT|BUS|FPE|ILL)\\b",
        "wrong shapes or indices handed to compiled code, or recursion without end",
    ),
    _kind(
        "Ran out of memory",
        INNOCENT,
        "^MemoryError|OutOfMemoryError|can't allocate memory|not enough memory|bad_alloc|Cannot allocate memory",
        "a loop that gathers tensors",
    ),
    _kind("Printed more than is kept", INNOCENT, "^\\.\\.\\. and (?:\\d+ bytes )?more$", "prints left in a loop"),
    _kind("Calls exit()", INNOCENT, "^SystemExit|^exit\\(\\) ends the program", "left over from trying things out"),
    _kind("A function is not written yet", ORDINARY, "is not written yet"),
    _kind("A file or function is missing", ORDINARY, "^submission/\\S+\\.py (?:is missing|has no )"),
    _kind(
        "A file does not import", ORDINARY, "^(?:SyntaxError|IndentationError|TabError|ImportError|ModuleNotFoundError)"
    ),
)
_RAISED = re.compile(r"^([A-Za-z_][\w.]{0,80}(?:Error|Exception|Interrupt|Iteration|Warning|Quit))\b", re.M)
UNUSABLE = Kind("Gave what its tests cannot look at", ORDINARY, re.compile(""))
UNKNOWN = _kind("Stopped in a hidden test; no more is known", ORDINARY, ": it stopped with an error$")


def signs(tests, stops=(), why=""):
    """Reads results of a submission.

    Args:
        tests: of Gradescope's form.
        stops: [(test id, why it came to no answer)], which tells of hidden tests what their output does not.
        why: of a submission that was refused.

    Returns:
        [Sign], no kind twice for a test.
    """
    found = _first(_HANDED_IN, "", why)
    more = {}
    for test, text in stops:
        more.setdefault(test, []).append(text)
    for test in tests:
        name, failed = test["number"], test.get("status") == "failed"
        text = "\n".join((test.get("output") or "", *more.get(name, ())))
        if text:
            found += _in_test(name, text, failed, more.get(name, ()))
    told = {_question(sign) for sign in found if sign.kind is not UNKNOWN}
    return [sign for sign in found if sign.kind is not UNKNOWN or _question(sign) not in told]


def _in_test(name, text, failed, stops):
    """Of a test that was passed, only what is worth a look."""
    found = [sign for kind in KINDS if failed or kind.level == LOOK for sign in _first(kind, name, text)]
    if failed and not found and (raised := _RAISED.search(text)):
        kind = Kind(f"Raised {raised[1]}", ORDINARY, _RAISED)
        return [Sign(kind, name, _line(raised))]
    if failed and not found:
        return [Sign(UNUSABLE, name, stops[0][:LINE])] if stops else _first(UNKNOWN, name, text)
    return found


def _question(sign):
    return sign.test.split("-")[0]


def _first(kind, name, text):
    match = kind.pattern.search(text)
    return [Sign(kind, name, _line(match))] if match else []


def _line(match):
    """The line in which it was found."""
    text = match.string
    begin = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    return text[begin : end if end >= 0 else None][:LINE].strip()
