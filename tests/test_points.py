"""points.json is the one place where points stand."""

import json
from collections import defaultdict

from tests.submissions import ROOT

import grader
from graderUtil import load_tests

# The handout's, for code and for written answers; extra credit comes on top.
CODE = {"1a": 5, "1b": 5, "1c": 5, "2b": 7, "4b": 6, "5e": 7}
WRITTEN = {"2a": 3, "3a": 3, "3b": 1.5, "3c": 1.5, "3d": 1.5, "4a": 3, "5a": 2, "5b": 1.5, "5c": 1.5, "5d": 1.5}


def test_every_test_has_points_and_every_entry_a_test():
    points = json.loads((ROOT / "points.json").read_text())
    names = [test.test.name for test in load_tests(*grader.CASES)]
    assert len(set(names)) == len(names)
    assert set(points) == set(names) | set(WRITTEN)
    questions = {test.test.question: test.test.is_extra_credit for test in load_tests(*grader.CASES)}
    assert {question for question, is_extra in questions.items() if not is_extra} == set(CODE)
    assert all(value > 0 for value in points.values())


def test_totals_are_the_handouts():
    totals = defaultdict(float)
    for name, value in json.loads((ROOT / "points.json").read_text()).items():
        totals[name.split("-")[0]] += value
    assert {name: total for name, total in totals.items() if name in CODE | WRITTEN} == CODE | WRITTEN


def test_points_stand_nowhere_else():
    files = [*(ROOT / "src").glob("grader*.py"), *(ROOT / "src" / "grading" / "problems").glob("*.py")]
    source = "".join(path.read_text() for path in files)
    assert "points=" not in source.replace("points={", "")


def test_ids_are_numbered_in_order_basic_before_hidden():
    by_question = defaultdict(list)
    for test in load_tests(*grader.CASES):
        question, number, kind = test.test.name.split("-")
        by_question[question].append((int(number), kind))
    assert list(by_question)[: len(CODE)] == list(CODE)
    for rows in by_question.values():
        assert [number for number, _ in rows] == list(range(len(rows)))
        kinds = [kind for _, kind in rows]
        assert kinds == sorted(kinds) and {"basic", "hidden"} == set(kinds)
