"""What a worker prints: kept in part, and cut up by the requests that caused it."""

import re

PRINTS = 10_000  # bytes of a test's prints that are kept
LINES = 200  # and lines: a loop that prints is to leave the rest of the terminal readable
# Where faulthandler's traces begin, and how it heads one that it prints because time is up.
TRACE, LATE = b"most recent call first", re.compile(rb"^(Stack|Timeout) \(", re.M)
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
        """Where the student's code was, by the last trace that Python's faulthandler printed; one that it printed
        because time was up is cut off."""
        text = self._trace.decode(errors="replace")
        if text and (late := LATE.search(self._head)):
            self._head, self._total = self._head[: late.start()], late.start()
        frames = re.findall(r'File "[^"\n]*?([\w.-]{1,80}\.py)", line (\d{1,9}) in ([\w.<>]{1,80})$', text, re.M)
        if not frames:
            return ""
        file, line, name = next((frame for frame in frames if frame[0] in WRITTEN), frames[0])
        return f" (in {name}, line {line} of {file})"

    def take(self):
        """Returns what was printed since the last time."""
        kept = b"".join(self._head.splitlines(keepends=True)[:LINES])
        dropped = self._total - len(kept)
        self._clear()
        text = kept.decode(errors="replace")
        return text.removesuffix("\n") + f"\n... and {dropped} bytes more" if dropped > 0 else text

    def _clear(self):
        self._head, self._tail, self._trace, self._total = b"", b"", b"", 0
