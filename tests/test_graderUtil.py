"""The layer over unittest, and its two writers."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from graderUtil import (
    GradedTestCase,
    GradescopeResult,
    GradingStopped,
    TerminalResult,
    Unattempted,
    Ungraded,
    choose,
    graded,
    load_tests,
)

SCHEMA = Path(__file__).parent / "gradescope.schema.json"
POINTS = {"1a-0-basic": 2, "1a-1-hidden": 1.5, "1b-0-basic": 1, "6a-0-basic": 4}


class Case(GradedTestCase):
    __test__ = False  # pytest is not to run it

    @graded(seconds=1)
    def test_0(self):
        """1a-0-basic: Adds
        two numbers."""

    @graded()
    def test_1(self):
        """1a-1-hidden: Adds: many"""
        raise Ungraded("what came of it")

    @graded()
    def test_2(self):
        """1b-0-basic: Fails"""
        self.fail("expected 1\ngot 2")

    @graded(is_extra_credit=True)
    def test_3(self):
        """6a-0-basic: More"""

    def prints(self):
        return "printed\n" if self.test.name == "1b-0-basic" else ""

    def gist(self):
        return "in few words"


def run(result, tests=None):
    for test in tests or load_tests(Case):
        test.run(result)
    result.close()
    return result


def test_the_terminal_form_is_the_handouts():
    stream = io.StringIO()
    result = run(TerminalResult(POINTS, stream))
    text = stream.getvalue()
    assert "----- START 1a-0-basic: Adds two numbers.\n----- END 1a-0-basic [took 0:00:00" in text
    assert "(max allowed 1 seconds), 2/2 points]\n" in text
    assert "----- START 1a-1-hidden: Adds: many\nwhat came of it\n" in text
    assert "(max allowed 20 seconds), ???/1.5 points] (hidden test ungraded)\n" in text
    assert "----- START 1b-0-basic: Fails\n| printed\nexpected 1\ngot 2\n----- END 1b-0-basic" in text
    assert text.endswith(
        "Total: 2/3 points, and 1.5 points of hidden tests that are graded when you submit; extra credit: 4/4 points\n"
    )
    assert not result.all_passed


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("a\nb\n", ["| a", "| b"]),
        ("a\n\n\nb\n", ["| a", "| b"]),
        ("a\nb\nc\n", ["| a", "| b", "| ... and more, if 1b-0-basic is run alone"]),
        ("x" * 301, [f"| {'x' * 300} ...", "| ... and more, if 1b-0-basic is run alone"]),
    ],
)
def test_of_much_that_a_test_prints_the_beginning_is_shown_and_how_to_see_more(monkeypatch, printed, shown):
    monkeypatch.setattr(Case, "prints", lambda case: printed if case.test.name == "1b-0-basic" else "")
    for lines, expected in ((2, shown), (None, [f"| {line}" for line in printed.rstrip().split("\n")])):
        stream = io.StringIO()
        run(TerminalResult(POINTS, stream, lines))
        assert re.findall(r"^\|.*", stream.getvalue(), re.M) == expected


def test_hidden_points_of_extra_credit_are_told_apart():
    class Hidden(Case):
        def test_1(self):
            raise Ungraded("")

        test_1.test = replace(Case.test_1.test, is_extra_credit=True)

    stream = io.StringIO()
    run(TerminalResult(POINTS, stream), [Hidden(name) for name in ("test_0", "test_1", "test_3")])
    assert stream.getvalue().endswith("Total: 2/2 points; extra credit: 4/4 points, and 1.5 points of hidden tests\n")


def test_what_hidden_tests_found_is_told_before_the_total():
    class Unwritten(Case):
        unwritten = "f"

    stream = io.StringIO()
    stream.isatty = lambda: True
    run(TerminalResult(POINTS, stream))
    assert "\033[31m----- END 1a-1-hidden" in stream.getvalue()
    told = "Hidden tests that already found something: 1a-1-hidden (see above).\nTotal: 2/3 points, and 1.5 points"
    assert told in stream.getvalue()
    stream = io.StringIO()
    run(TerminalResult(POINTS, stream), [Unwritten(name) for name in ("test_0", "test_1")])
    assert "already found" not in stream.getvalue()


@pytest.mark.parametrize(("tty", "no_colour"), [(True, False), (True, True), (False, False)])
def test_colours_are_for_terminals(monkeypatch, tty, no_colour):
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    stream.isatty = lambda: tty
    run(TerminalResult(POINTS, stream))
    assert ("\033[32m----- END 1a-0-basic" in stream.getvalue()) == (tty and not no_colour)


def test_a_terminal_that_cannot_show_a_character_shows_another():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    class Odd(GradedTestCase):
        @graded()
        def test_0(self):
            """1a-0-basic: Odd"""
            self.fail("ü")

    run(TerminalResult(POINTS, stream), load_tests(Odd))
    assert b"\n?\n" in raw.getvalue()


def test_an_error_of_the_graders_own_is_not_the_students():
    class Broken(GradedTestCase):
        @graded()
        def test_0(self):
            """1a-0-basic: Broken"""
            raise KeyError("x")

    result = run(TerminalResult(POINTS, io.StringIO()), load_tests(Broken))
    assert "tell the staff" in result.outcomes[0].output


def test_gradescopes_file_is_whole_from_the_start_and_after_each_test(tmp_path):
    path = tmp_path / "results.json"
    seen = []

    class Watching(GradescopeResult):
        def starting(self, test):
            seen.append(json.loads(path.read_text()))

    result = run(Watching(POINTS, path, load_tests(Case), extra_data={"seed": 1}))
    assert [results["score"] for results in seen] == [0, 2, 2, 2]
    done = [[not test["output"].startswith("Not run yet") for test in results["tests"]] for results in seen]
    assert done == [[False] * 4, [True] + [False] * 3, [True] * 2 + [False] * 2, [True] * 3 + [False]]
    results = json.loads(path.read_text())
    jsonschema.validate(results, json.loads(SCHEMA.read_text()))
    assert results["score"] == 6
    assert [test["number"] for test in results["tests"]] == list(POINTS)
    assert [test["status"] for test in results["tests"]] == ["passed", "failed", "failed", "passed"]
    assert [test["visibility"] for test in results["tests"]] == ["visible", "after_published", "visible", "visible"]
    assert results["tests"][1]["output"] == "in few words"  # and none of the inputs
    assert results["tests"][2]["output"] == "printed\nexpected 1\ngot 2"
    assert results["tests"][3]["max_score"] == 0
    assert list(tmp_path.iterdir()) == [path]
    assert not result.all_passed


def test_what_never_ran_is_told_from_what_is_still_to_run():
    result = GradescopeResult(POINTS, None, load_tests(Case))
    assert all(test["output"].startswith("Not run yet") for test in result.results()["tests"])
    result.close("It could not be graded.")
    assert all(test["output"].startswith("Not run: what stands above") for test in result.results()["tests"])


def test_a_machine_that_cannot_grade_stops_it_and_scores_nothing():
    class Stopping(Case):
        @graded()
        def test_0(self):
            """1a-0-basic: Cannot be graded here"""
            raise GradingStopped("no torch")

    result = TerminalResult(POINTS, io.StringIO())
    with pytest.raises(GradingStopped, match="no torch"):
        load_tests(Stopping)[0].run(result)
    assert result.outcomes == []


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()])
def test_what_the_graders_own_process_lacks_costs_no_points(error):
    class Lacking(Case):
        @graded()
        def test_0(self):
            """1a-0-basic: Cannot be graded now"""
            raise error

    result = TerminalResult(POINTS, io.StringIO())
    with pytest.raises(GradingStopped, match=f"This machine failed in 1a-0-basic: {type(error).__name__}"):
        load_tests(Lacking)[0].run(result)
    assert result.outcomes == []


def test_extra_credit_that_was_not_tried_is_neither_passed_nor_failed(tmp_path):
    class Untried(GradedTestCase):
        @graded(is_extra_credit=True)
        def test_0(self):
            """6a-0-basic: More"""
            raise Unattempted

    stream, path = io.StringIO(), tmp_path / "results.json"
    assert run(TerminalResult(POINTS, stream), load_tests(Untried)).all_passed
    assert "0/4 points] (extra credit, not tried)\n\nTotal: 0/0 points; extra credit: 0/4 points" in stream.getvalue()
    run(GradescopeResult(POINTS, path, load_tests(Untried)), load_tests(Untried))
    results = json.loads(path.read_text())
    jsonschema.validate(results, json.loads(SCHEMA.read_text()))
    assert "status" not in results["tests"][0]
    assert results["tests"][0]["output"] == "Extra credit, not tried."


def test_tests_are_chosen_by_id_or_question():
    tests = load_tests(Case)
    assert [test.test.name for test in choose(tests, ["1a"])] == ["1a-0-basic", "1a-1-hidden"]
    assert [test.test.name for test in choose(tests, ["1b-0-basic"])] == ["1b-0-basic"]
    assert [test.test.name for test in choose(tests, ["1"])] == ["1a-0-basic", "1a-1-hidden", "1b-0-basic"]
    assert choose(tests, []) == tests
    with pytest.raises(LookupError, match="There is no test 'x'(?s:.*)6a-0-basic   More"):
        choose(tests, ["x"])
    assert [test.test.name for test in choose(tests, ["6a-0"])] == ["6a-0-basic"]
