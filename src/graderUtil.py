"""A thin layer over unittest: graded tests, and the two writers of their results, terminal and Gradescope."""

import datetime
import functools
import json
import os
import re
import sys
import textwrap
import time
import unittest
from dataclasses import dataclass
from pathlib import Path

WIDE = 300  # characters of a line that is printed, where only the beginning of them is shown
NO_SENSE = "The reply from your code could not be read. Unless your code interferes with the grader, tell the staff."
# Nobody looks into a results.json before the end; who finds this there looks at one that had none.
UNFINISHED = "Grading was stopped before its end; what was not run has no points. Submit again, or tell the staff."

# How lines begin that only the grader itself writes.
_OWN_LINES = re.compile(r"^(?=-----|Total:|Hidden tests|Behind the wall|Still to be written)", re.M)


class Ungraded(Exception):
    """A hidden test ran the student's code, but the answers are not here."""


class Unattempted(Exception):
    """Extra credit that the submission does not try for: no points, and nothing wrong."""


class GradingStopped(Exception):
    """This machine cannot grade: no fault of the submission, and no test is to score zero for it."""


def graded(seconds=20, is_extra_credit=False):
    """Marks a test method whose docstring is "ID: title", with an ID such as 2b-1-basic or 2b-4-hidden.

    Args:
        seconds: how long the student's code may take in it.
        is_extra_credit: whether its points come on top of the total.
    """

    def decorate(method):
        name, title = " ".join(method.__doc__.split()).split(": ", maxsplit=1)

        @functools.wraps(method)
        def wrapper(self):
            method(self)
            self.conclude()

        wrapper.test = GradedTest(name, title, seconds, is_extra_credit)
        return wrapper

    return decorate


@dataclass(frozen=True)
class GradedTest:
    """What is known of a test before it runs."""

    name: str
    title: str
    seconds: float
    is_extra_credit: bool = False

    @property
    def question(self):
        """2b, of 2b-1-basic."""
        return self.name.split("-")[0]

    @property
    def is_hidden(self):
        return self.name.endswith("-hidden")


class GradedTestCase(unittest.TestCase):
    """A unittest.TestCase of `graded` methods.

    waited: seconds that the test waited for what is not the student's doing; they do not count.
    unwritten: the function that stopped it, where that is still to be written.
    """

    waited = 0.0
    unwritten = None

    @property
    def test(self):
        """Its `GradedTest`."""
        return getattr(self, self._testMethodName).test

    def conclude(self):
        """Called when the method has ended; may still fail the test, or raise `Ungraded`."""

    def prints(self):
        """What the student's code printed in this test."""
        return ""

    def gist(self):
        """What went wrong in words that give no input away."""
        return ""


@dataclass
class Outcome:
    """How a test went: status is passed, failed, ungraded or unattempted; output is what the student is to read, gist
    the same without what would give the inputs away."""

    test: GradedTest
    points: float
    max_points: float
    status: str
    seconds: float
    prints: str
    output: str
    gist: str


class GradedResult(unittest.TestResult):
    """Gathers an `Outcome` for each test.

    Args:
        points: {test id: points}.

    Attributes:
        found_in_hidden: ids of hidden tests that are not graded here and found something wrong all the same.
    """

    def __init__(self, points):
        super().__init__()
        self.outcomes = []
        self.found_in_hidden = []
        self._points = points

    def startTest(self, test):
        super().startTest(test)
        self._began = time.perf_counter()
        self.starting(test.test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._add(test, "passed", "")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._add(test, "failed", str(error[1]))

    def addError(self, test, error):
        if issubclass(error[0], Ungraded):
            self._add(test, "ungraded", str(error[1]))
            return
        if issubclass(error[0], Unattempted):
            self._add(test, "unattempted", "")
            return
        if issubclass(error[0], GradingStopped):
            raise error[1]
        if issubclass(error[0], (OSError, MemoryError)):  # what the student's process lacks comes as a reply
            what = " ".join(f"{error[0].__name__}: {error[1]}".split())
            raise GradingStopped(f"This machine failed in {test.test.name}: {what}") from error[1]
        super().addError(test, error)
        self._add(test, "failed", f"{NO_SENSE}\n{self._exc_info_to_string(error, test)}", NO_SENSE)

    def _add(self, test, status, output, gist=None):
        most = self._points[test.test.name]
        took = time.perf_counter() - self._began - test.waited
        got = most if status == "passed" else 0
        outcome = Outcome(test.test, got, most, status, took, test.prints(), output, gist or test.gist())
        self.outcomes.append(outcome)
        if status == "ungraded" and output and not test.unwritten:
            self.found_in_hidden.append(test.test.name)
        self.finished(outcome)

    def starting(self, test):
        """Called with a `GradedTest` before it runs."""

    def finished(self, outcome):
        """Called with an `Outcome`."""

    @property
    def all_passed(self):
        """Whether every test that was graded passed."""
        return all(outcome.status != "failed" for outcome in self.outcomes)

    def total(self, is_extra_credit=False, ungraded=False):
        """Returns (points, points to be had) of the outcomes that were graded, or of the others."""
        counted = [
            outcome
            for outcome in self.outcomes
            if outcome.test.is_extra_credit == is_extra_credit and (outcome.status == "ungraded") == ungraded
        ]
        return sum(o.points for o in counted), sum(o.max_points for o in counted)


class TerminalResult(GradedResult):
    """Writes each outcome as it comes, to a terminal or a file; colours only on a terminal.

    Args:
        lines: how many are shown of what a test prints, none of them empty or very long; all, unless it is given.
    """

    def __init__(self, points, stream=None, lines=None):
        super().__init__(points)
        self._lines = lines
        self._stream = stream or sys.stdout
        self._colours = self._stream.isatty() and "NO_COLOR" not in os.environ

    def starting(self, test):
        self._say(f"----- START {test.name}: {test.title}")

    def finished(self, outcome):
        test = outcome.test
        if outcome.prints:
            self._say(textwrap.indent(self._shown(outcome), "| ", lambda line: True))
        if outcome.output:
            self._say(_OWN_LINES.sub(" ", outcome.output))  # a message cannot pass for an END
        took = datetime.timedelta(seconds=outcome.seconds)
        points = "???" if outcome.status == "ungraded" else f"{outcome.points:g}"
        end = (
            f"----- END {test.name} [took {took} (max allowed {test.seconds:g} seconds), "
            f"{points}/{outcome.max_points:g} points]"
        )
        if outcome.status == "ungraded":
            end += " (hidden test ungraded)"
        if outcome.status == "unattempted":
            end += " (extra credit, not tried)"
        colour = {"passed": "32", "failed": "31", "ungraded": "33", "unattempted": "33"}[outcome.status]
        colour = "31" if test.name in self.found_in_hidden else colour
        self._say(f"\033[{colour}m{end}\033[0m\n" if self._colours else f"{end}\n")

    def _shown(self, outcome):
        """What a test printed, or the beginning of it."""
        text = outcome.prints.rstrip("\n")
        if self._lines is None:
            return text
        lines = [line for line in text.split("\n") if line.strip()]
        shown = [line if len(line) <= WIDE else f"{line[:WIDE]} ..." for line in lines[: self._lines]]
        return "\n".join(shown if shown == lines else [*shown, f"... and more, if {outcome.test.name} is run alone"])

    def close(self):
        """Writes the totals."""
        if self.found_in_hidden:
            self._say(f"Hidden tests that already found something: {', '.join(self.found_in_hidden)} (see above).")
        points, most = self.total()
        text = f"Total: {points:g}/{most:g} points"
        hidden = self.total(ungraded=True)[1]
        if hidden:
            text += f", and {hidden:g} points of hidden tests that are graded when you submit"
        if any(outcome.test.is_extra_credit for outcome in self.outcomes):
            points, most = self.total(is_extra_credit=True)
            text += f"; extra credit: {points:g}/{most:g} points"
            hidden = self.total(is_extra_credit=True, ungraded=True)[1]
            text += f", and {hidden:g} points of hidden tests" if hidden else ""
        self._say(text)

    def _say(self, text):
        text = text.encode(self._stream.encoding or "utf-8", errors="replace").decode(self._stream.encoding or "utf-8")
        print(text, file=self._stream, flush=True)


class GradescopeResult(GradedResult):
    """Keeps a results.json in the form that Gradescope publishes; the file is whole at any moment, and has an entry for
    every test, run or not.

    Args:
        path: where to write it, or None to keep it for `results`.
        tests: all that will run, `GradedTestCase`.
        hidden_visibility: who sees hidden tests, and when: visible, hidden, after_due_date, after_published.
        extra_data: for the instructor; students are not shown it.
    """

    def __init__(self, points, path, tests, hidden_visibility="after_published", extra_data=None):
        super().__init__(points)
        self.output = UNFINISHED
        self._path = path and Path(path)
        self._tests = [test.test for test in tests]
        self._hidden_visibility = hidden_visibility
        self._extra_data = extra_data or {}
        self._start = time.perf_counter()
        self._closed = False
        self._write()

    def note(self, outcome):
        """Takes an outcome that another result gathered."""
        self.outcomes.append(outcome)
        self.finished(outcome)

    def finished(self, outcome):
        self._write()

    def close(self, output=""):
        """Writes the last state, with a text for the student above all tests."""
        self.output, self._closed = output, True
        self._write()

    def results(self):
        """What the file holds."""
        outcomes = {outcome.test: outcome for outcome in self.outcomes}
        return {
            "score": round(sum(outcome.points for outcome in self.outcomes), 6),  # tenths do not add up to tenths
            "execution_time": round(time.perf_counter() - self._start, 3),
            "output": self.output,
            "output_format": "text",
            "stdout_visibility": "hidden",
            "extra_data": self._extra_data,
            "tests": [self._entry(test, outcomes.get(test)) for test in self._tests],
        }

    def _write(self):
        """Beside the file first, then in its place."""
        if self._path is None:
            return
        beside = self._path.with_name(self._path.name + ".part")
        try:
            beside.write_text(json.dumps(self.results(), indent=2), encoding="utf-8")
            os.replace(beside, self._path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            error.filename = error.filename or str(self._path)  # who writes into an open file is not told its name
            raise

    def _entry(self, test, outcome):
        if outcome is None and self._closed:
            output = "Not run: what stands above all tests says why."
        elif outcome is None:
            output = "Not run yet, or grading was stopped before it was done."
        elif outcome.status == "unattempted":
            output = "Extra credit, not tried."
        elif test.is_hidden or outcome.gist == NO_SENSE:
            # What it was run on is not shown, nor what the code printed or raised, which may tell; nor lines of the
            # grader's own code.
            output = outcome.gist
        else:
            output = "\n".join(text for text in (outcome.prints.rstrip("\n"), outcome.output) if text)
        # Without a status of its own, what was not tried is neither passed nor failed.
        unattempted = outcome and outcome.status == "unattempted"
        status = {} if unattempted else {"status": "passed" if outcome and outcome.status == "passed" else "failed"}
        return {
            "score": outcome.points if outcome else 0,
            "max_score": 0 if test.is_extra_credit else self._points[test.name],
            **status,
            "name": test.title,
            "name_format": "text",
            "number": test.name,
            "output": output,
            "output_format": "text",
            "tags": [test.question],
            "visibility": self._hidden_visibility if test.is_hidden else "visible",
        }


def load_tests(*cases):
    """Returns the graded tests of classes, as unittest tests, in the order in which they are written."""
    return [case(name) for case in cases for name, member in vars(case).items() if hasattr(member, "test")]


def choose(tests, wanted):
    """Returns the tests asked for by id (2b-1-basic, or 2b-1 for short), by question (2b) or by problem (2); all if
    nothing is.

    Raises:
        LookupError: an id or question that is not there; the message lists what is.
    """
    for name in wanted:
        if not any(_is_meant(test, name) for test in tests):
            there = "\n".join(f"  {test.test.name:12} {test.test.title}" for test in tests)
            raise LookupError(f"There is no test {name!r}. There are:\n{there}")
    return [test for test in tests if not wanted or any(_is_meant(test, name) for name in wanted)]


def _is_meant(test, name):
    return f"{test.test.name}-".startswith(f"{name}-") or (name.isdigit() and test.test.name.startswith(name))
