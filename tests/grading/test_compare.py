"""Differences in words."""

import numpy as np
import pytest

from grading.compare import agree, difference, error, likeness, shown


def test_rounding_is_no_difference():
    expected = np.array([1.0, -200.0, 0.0])
    assert difference((expected * (1 + 1e-6)).astype("float32"), expected) is None
    assert difference(expected + [1e-6, 0, 1e-6], expected) is None


@pytest.mark.parametrize("factor", [1.001, 0.999, -1, 0])
def test_one_part_in_a_thousand_is(factor):
    assert difference(np.array([factor * 2.0]), [2.0])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_differs(value):
    assert f"got      {value}" in difference(np.array(value), 1.0)


def test_shape_type_and_absence_are_said():
    assert difference(np.zeros((2, 1)), np.zeros(2)) == "expected the shape (2,)\ngot      the shape (2, 1)"
    assert "of type <U1" in difference(np.array("a"), 1.0)
    assert "does not depend on it" in difference(None, 1.0)


@pytest.mark.parametrize(
    ("got", "text"),
    [
        (-2.0, "times -1"),
        (4.0, "times 2"),
        (1.0, "times 1/2"),
        (0.2, "times 1/10"),
        (14.0, "times 7, the batch size"),
        (2 / 7, "times 1/7"),
    ],
)
def test_a_telling_factor_is_told(got, text):
    assert text in difference(np.array(got), 2.0, batch=7)


def test_what_is_no_number_is_explained():
    got = np.array([1.0, np.nan])
    assert "(nan: 0/0" in difference(got, [1.0, 2.0])
    assert "(nan:" not in difference(np.array([1.0, np.inf]), [1.0, 2.0])
    assert "(inf: the log of 0" in difference(np.array([1.0, np.inf]), [1.0, 2.0])


def test_of_many_numbers_the_worst_is_shown():
    expected = np.zeros((5, 5))
    got = expected.copy()
    got[1, 2], got[3, 4] = 0.5, -3
    assert difference(got, expected) == ("expected 0 at [3, 4] of (5, 5)\ngot      -3 there; 2 of 25 entries differ")


def test_numbers_are_shown_as_they_are_however_small():
    assert shown(np.array([[0.0], [6.144212e-6]])) == "[[0], [6.14421e-06]]"
    assert shown(np.array([0.25, 4e-5, 9, 162784.791])) == "[0.25, 4e-05, 9, 162785]"
    assert shown(np.array([[[0.5, -0.0], [1, 2]], [[1, 1], [1, 1]]])) == "[[[0.5, 0], [1, 2]], [[1, 1], [1, 1]]]"
    assert shown(np.array([1.0, -3e-8, np.inf, np.nan])) == "[1, -3e-08, inf, nan]"
    assert shown(np.float64(1.278642)) == "1.27864" and shown(np.arange(3)) == "[0, 1, 2]"


def test_an_error_is_a_share_of_what_is_granted():
    assert error(np.array([2.0, 1.0]), [2.0, 1.0]) == 0
    assert error(np.array([2.0 + 1.1e-4, 1.0]), [2.0, 1.0]) == pytest.approx(0.5, rel=1e-6)
    assert error(np.array([2.0 + 1.1e-4, 1.0]), [2.0, 1.0], relative=1e-3) == pytest.approx(0.05, rel=1e-6)
    # A sum of 20 and -19.5, say.
    assert difference(np.array(0.501), 0.5) and not difference(np.array(0.501), 0.5, terms=39.5)
    assert error(np.array(0.5 + 1e-4 * 39.5 * 1.1 / 2), 0.5, terms=39.5) == pytest.approx(0.5, rel=1e-6)
    assert error(np.array([np.inf, 0]), [np.inf, 0]) == 0
    for odd in (None, np.array("a"), np.zeros(3), np.array([np.nan, 1.0])):
        assert error(odd, [2.0, 1.0]) == np.inf


def test_agreement_is_of_shape_kind_and_value():
    assert agree(np.array([1.0, np.nan]), np.array([1.0, np.nan]))
    assert not agree(np.array([1.0, np.nan]), np.array([np.nan, 1.0]))
    assert not agree(np.array([1.0]), np.array(1.0))
    assert agree(np.array("a"), np.array("a")) and not agree(np.array("a"), np.array("b"))
    assert not agree(np.array("1"), np.array(1))


@pytest.mark.parametrize(
    "got, like",
    [
        ([0, 0, 0], "nothing"),
        ([1000, 2, 0], "less"),
        ([-2000, -4, -0.02], "multiple"),
        ([1000, 2, 0.05], "other"),  # once the right ones, but for a small entry
    ],
)
def test_arrays_are_like_the_right_ones_as_a_whole(got, like):
    right = np.array([1000, 2, 0.01])
    assert likeness([(np.array(got, float), right)]) == like
    assert likeness([(np.array(got[:1], float), right[:1]), (np.array(got[1:], float), right[1:])]) == like


def test_where_an_array_is_missing_they_are_less():
    assert likeness([(np.ones(2), np.ones(2)), (None, np.ones(2))]) == "less"
