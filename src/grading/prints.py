"""What a worker prints: kept in part, and cut up by the requests that caused it."""

import re

PRINTS = 10_000  # bytes of a test's prints that are kept
LINES = 200  # and lines: a loop that prints is to leave the rest of the terminal readable
# Where faulthandler's traces begin, and one that it prints because time is nearly up.
TRACE = b"most recent call first"
LATE = re.compile(
    rb"^(?:Timeout .*\n)?(?:Stack|Thread|Current thread)\b.*\(most recent call first\):\n(?:  File .*\n)*", re.M
)
WRITTEN = ("flow_network.py", "gan.py", "vae.py", "fgan.py", "image_flow.py")  # by students


class Prints:
    """What a process prints: its beginning, and how much there was. A mark says where a request ends.

    Attributes:
        settled: whether the mark, or the end, has come.
    """

    def __init__(self):
        self._mark = b""
        self.settled = False
        self._clear()

    def expect(self, mark):
        """Says which mark will end what comes next."""
        self._mark, self.settled = mark.encode(), False

    def add(self, data):
        """Takes what was printed next; b"" is the end."""
        recent = self._tail + data
        self._head += data[: PRINTS - len(self._head)] if len(self._head) < PRINTS else b""
        self._tail = recent[-4096:]
        self._total += len(data)
        if TRACE in recent:  # what a loop prints after it is not to push it out
            self._trace = recent[recent.rindex(TRACE) :][:4096]
        if not data:
            self.settled = True
        if self._mark and self._mark in recent:
            self.settled = True
            self._total -= len(self._mark)
            self._head = self._head.replace(self._mark, b"")[: self._total]  # of which a part may have got in
            self._tail = self._tail.replace(self._mark, b"")

    def place(self):
        """Where the student's code was, by the last trace that Python's faulthandler printed; "" where that is in none
        of the files that students write."""
        text = self._trace.decode(errors="replace")
        frames = re.findall(
            r'File "[^"\n]*?([^"\n/\\]*)[/\\]([\w.-]{1,80}\.py)", line (\d{1,9}) in ([\w.<>]{1,80})$', text, re.M
        )
        own = (f" (in {name}, line {line} of {file})" for folder, file, line, name in frames if _is_own(folder, file))
        return next(own, "")

    def take(self):
        """Returns what was printed since the last time."""
        if late := LATE.search(self._head):  # it is nothing that the student's code printed
            self._head = self._head[: late.start()] + self._head[late.end() :]
            self._total -= late.end() - late.start()
        kept = b"".join(self._head.splitlines(keepends=True)[:LINES])
        dropped = self._total - len(kept)
        self._clear()
        text = kept.decode(errors="replace")
        return text.removesuffix("\n") + f"\n... and {dropped} bytes more" if dropped > 0 else text

    def _clear(self):
        self._head, self._tail, self._trace, self._total = b"", b"", b"", 0


def _is_own(folder, file):
    return file in WRITTEN and folder not in ("probes", "problems")  # of the grader
