"""What a student needs to read of an error that came out of the submission."""

import contextlib
import itertools
import linecache
import re
import traceback
from pathlib import Path

ENDS = 4  # of a long traceback, lines that are shown at either end
RAISED = "An error in the submission:"


def unwritten(error, folder):
    """Returns the name of the function, MADE.forward, whose `raise NotImplementedError` the error is: one of the
    submission that is still to be written; else None."""
    name, frame = _raiser(error, folder)
    return None if name and _is_left_over(frame) else name


def _raiser(error, folder):
    """The same whether or not the function is written, and the frame; (None, None) where the error is another."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    if not isinstance(error, NotImplementedError) or not last or not _is_in(last.tb_frame.f_code.co_filename, folder):
        return None, None
    code, raising = last.tb_frame.f_code, _lines(last.tb_frame.f_code.co_filename)[last.tb_lineno - 1 : last.tb_lineno]
    return (code.co_qualname.split(".<locals>")[0], last) if "NotImplementedError" in "".join(raising) else (None, None)


def _lines(file):
    """The lines of a file; linecache has none of one that is not in its encoding, which Python may run all the same."""
    lines = linecache.getlines(file)
    with contextlib.suppress(OSError):
        lines = lines or Path(file).read_text(encoding="utf-8", errors="replace").split("\n")
    return lines


def _is_left_over(frame):
    """Whether code stands between a `raise NotImplementedError` and the marker above it."""
    file = frame.tb_frame.f_code.co_filename
    lines = [line.strip() for line in reversed(_lines(file)[: frame.tb_lineno - 1])]
    above = list(itertools.takewhile(lambda line: not re.search("START[_ ]CODE[_ ]HERE", line), lines))
    in_one_function = len(above) < len(lines) and not any(line.startswith("def ") for line in above)
    return in_one_function and any(line and not line.startswith("#") for line in above)


def explain(error, folder):
    """What happened, in the student's terms.

    Args:
        error: an exception with its traceback.
        folder: where the submission lies.

    Returns:
        A line naming the function that is not written yet, or still says so; or the traceback, of the submission's own
        frames;
        None if the submission has no part in the error.
    """
    frames = traceback.extract_tb(error.__traceback__)
    name, frame = _raiser(error, folder)
    if name:
        place = f"submission/{Path(frames[-1].filename).name}, line {frames[-1].lineno}"
        if _is_left_over(frame):
            return f"{name} still raises NotImplementedError behind what you wrote: remove that line, {place}."
        return f"{name} in {place}, is not written yet: write it, then run this again."
    own = [index for index, frame in enumerate(frames) if _is_in(frame.filename, folder)]
    if isinstance(error, SyntaxError) and _is_in(error.filename or "", folder):
        own = [len(frames)]  # the message itself names file and line
        error.lineno = error.lineno or None  # Python says 0 of an encoding that does not exist
    if not own:
        return None
    # What libraries called below it helps nobody at midnight; the message tells.
    lines = traceback.format_list([frames[index] for index in own if index < len(frames)])
    if len(lines) > 2 * ENDS:  # functions that call each other without end
        lines[ENDS:-ENDS] = [f"  ... {len(lines) - 2 * ENDS} more calls\n"]
    text = f"{RAISED}\n" + "".join(lines + traceback.format_exception_only(error)).rstrip()
    if isinstance(error, ModuleNotFoundError) and Path(folder, f"{error.name}.py").is_file():
        text += f"\n{error.name}.py lies in submission/: `from .{error.name} import ...` finds it."
    return text


def hint_of_backward(error):
    """A line on the usual cause of an error of a backward pass, which comes long after it; "" where none is known."""
    if "second time" in str(error):
        return "Does your function call backward() itself? That is main.py's business."
    if "inplace" in str(error):
        return (
            "Do you assign into a tensor that something before was computed from? Make a new one instead. "
            "Or does your function call backward() and step() itself? That is main.py's business."
        )
    return ""


def _is_in(filename, folder):
    return Path(folder).resolve() in Path(filename).resolve().parents
