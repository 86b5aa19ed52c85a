"""Classes of made-up results for tests: what `staff.grades` reads, without grading."""

from staff.grades import Row
from staff.submissions import Student, Submission

TESTS = {"1a-0-basic": 1, "1a-1-hidden": 2, "2b-0-basic": 1.5, "2b-1-hidden": 0.5}


def results(outputs=None, status="graded", why="", seconds=2.5, **extra):
    """Results in Gradescope's form.

    Args:
        outputs: {test id: output} of tests that failed.
        extra: more of extra_data.
    """
    outputs = outputs or {}
    tests = [
        {
            "score": 0 if number in outputs else points,
            "max_score": points,
            "status": "failed" if number in outputs else "passed",
            "name": f"the title of {number}",
            "number": number,
            "output": outputs.get(number, ""),
            "visibility": "visible",
        }
        for number, points in TESTS.items()
    ]
    known = {"seed": 7, "submission": "a" * 64, "grader": "b" * 64, "wall": "bubblewrap"}
    extra = {**known, "status": status, "why": why, "seconds": seconds, **extra}
    return {"score": sum(test["score"] for test in tests), "output": why, "extra_data": extra, "tests": tests}


def row(own, *names, mistakes=(), wrong=(), stops=(), **changes):
    """A row; further arguments as for `results`."""
    students = tuple(Student(name, f"sid-{own}", f"{own}@example.edu") for name in names)
    return Row(Submission(own, None, students), results(**changes), tuple(mistakes), tuple(wrong), tuple(stops))
