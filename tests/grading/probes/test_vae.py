"""What stands in for a function of the student's takes its arguments as that does, and knows its value near points."""

import functools

import pytest
import torch

from grading.probes.vae import STOOD_IN_FOR, _Known

ROW = {"qm": [0.5], "qv": [1e-12], "pm": [0.0], "pv": [1.0]}


def known(own):
    """7 + 1 dqm + 2 dqv + 3 dpm + 4 dpv around ROW."""
    points = [torch.tensor([row]) for row in ROW.values()]
    slopes = [torch.full((1, 1, 1), float(k)) for k in (1, 2, 3, 4)]
    return _Known(own, STOOD_IN_FOR["kl_normal"], torch.full((1, 1), 7.0), points, slopes)


def own(qm, qv, pm, pv):
    return "own"


def of_other_names(m, v, mean, variance, eps=0.0):
    return "own"


@functools.wraps(own)
def wrapped(*arguments, **named):
    return own(*arguments, **named)


def of_any_names(*arguments, **named):
    return own(*arguments, **named)


def moved(**steps):
    return {name: torch.tensor(row) + steps.get(name, 0) for name, row in ROW.items()}


@pytest.mark.parametrize("function", [own, of_other_names, wrapped, of_any_names, None])
def test_arguments_are_given_by_position_or_by_name_in_any_order(function):
    given = moved(qm=1e-5, pm=1e-5)
    stand_in = known(function)
    expected = torch.tensor(7 + 1e-5 + 3e-5)
    torch.testing.assert_close(stand_in(*given.values()), expected)
    torch.testing.assert_close(stand_in(**dict(reversed(given.items()))), expected)
    qm, qv, pm, pv = given.values()
    torch.testing.assert_close(stand_in(qm, qv, pv=pv, pm=pm), expected)


def test_names_of_the_student_s_own_are_known():
    qm, qv, pm, pv = moved().values()
    torch.testing.assert_close(known(of_other_names)(qm, qv, variance=pv, mean=pm), torch.tensor(7.0))
    assert known(of_other_names)(qm, qv, variance=pv, mean=pm, eps=torch.ones(1)) == "own"


def test_what_the_function_does_not_take_is_its_own_error():
    with pytest.raises(TypeError, match="variance"):
        known(own)(**moved(), variance=1)


def test_a_variance_is_near_by_its_own_size_and_a_mean_by_that_of_one():
    assert known(own)(**moved(qv=1e-6)) == "own"
    assert known(own)(**moved(qv=1e-17)) != "own"
    assert known(own)(**moved(pm=1e-6)) != "own"
    assert known(own)(**moved(pv=1e-2)) == "own"


def test_shapes_that_the_function_itself_refuses_are_its_own_error():
    def of_one_shape(qm, qv, pm, pv):
        return torch.stack([qm, qv, pm, pv])

    def always_wrong(qm, qv, pm, pv):
        raise ValueError("a mistake of another question")

    given = moved()
    given["qm"] = given["qm"].expand(3, 1)
    assert known(own)(**given).shape == known(always_wrong)(**given).shape == (3,)
    with pytest.raises(RuntimeError, match="equal size"):
        known(of_one_shape)(**given)
    assert known(of_one_shape)(**moved()) == 7


def test_how_many_numbers_are_drawn_for_shapes_that_differ_is_the_functions_own_business():
    names = STOOD_IN_FOR["sample_gaussian"]
    points = [torch.zeros(1, 1), torch.ones(1, 1)]
    stand_in = _Known(lambda m, v: "own", names, torch.full((1, 2, 1), 7.0), points, [torch.zeros(1, 2, 1)] * 2)
    assert stand_in(torch.zeros(1), torch.ones(2, 1)) == "own"
    assert stand_in(torch.zeros(2, 1), torch.ones(2, 1)).tolist() == [[7], [7]]
