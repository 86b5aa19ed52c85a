"""Submissions of earlier years run unchanged and get what they deserve."""

import pytest
from staff.mistakes.observing import grade
from tests.submissions import ROOT

OLDER = ROOT / "tests" / "older"


def graded(name, seed):
    return grade({path.name: path.read_text() for path in (OLDER / name).glob("*.py")}, seed)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["spaces_and_numpy", "bce_and_variables", "random_labels"])
def test_a_right_one_gets_full_marks(name, seed):
    outcomes = graded(name, seed).outcomes
    assert {test: outcome.output for test, outcome in outcomes.items() if outcome.status == "failed"} == {}


def test_one_with_bugs_loses_their_points_and_no_others():
    failed = graded("real_bugs", 0).failed()
    assert {name for name in failed if name[:2] not in ("4b", "5e")} == set()
    # The sign in the conditional generator's loss; no second derivatives, and one weight for a batch, in the critic's.
    assert failed == ["4b-1-basic", "4b-5-hidden", "5e-0-basic", "5e-2-basic", "5e-3-hidden"]
