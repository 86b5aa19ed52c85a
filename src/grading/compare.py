"""What a submission gave, held against what is right: the difference in words, or None."""

import re

import numpy as np

RELATIVE = 1e-4  # float32 gives about 1e-6 on networks as small as the probes'
SHOWN = 36  # numbers of an array; three images of problem 4 have so many
NAN = "(nan: 0/0, inf - inf, 0 * inf or the log of a negative number; in a gradient, on either side of torch.where)"
INF = "(inf: the log of 0, or more than float32 holds)"
FACTOR = "\n         (what is expected, times "  # before the factor, where numbers are a multiple of the right ones
_FACTORS = {-1: "-1", 2: "2", 0.5: "1/2", 10: "10", 0.1: "1/10"}


def difference(got, expected, batch=None, relative=RELATIVE, terms=0):
    """Compares an array with the right one.

    Args:
        got: array, or None where there is none.
        expected: array, float64.
        batch: the batch size, to recognise a sum where a mean was wanted.
        relative: how much rounding is granted.
        terms: the size of the terms that are summed to an entry, for it may be small where they are not.

    Returns:
        None if they agree; else lines that say how they differ.
    """
    expected = np.asarray(expected, dtype=float)
    if got is None:
        return "there is none: the result does not depend on it, or something on the way was detached"
    if got.dtype.kind not in "biuf":
        return f"it is of type {got.dtype}"
    if got.shape != expected.shape:
        return f"expected the shape {expected.shape}\ngot      the shape {got.shape}"
    got = got.astype(float)
    wrong = _errors(got, expected, relative, terms) > 1
    if not wrong.any():
        return None
    if expected.size <= 24:
        return f"expected {shown(expected)}\ngot      {shown(got)}{_remark(got, expected, batch)}"
    worst = np.unravel_index(np.argmax(np.where(wrong, _distance(got, expected), -1)), expected.shape)
    place = "[" + ", ".join(str(index) for index in worst) + "]"
    return (
        f"expected {expected[worst]:.6g} at {place} of {expected.shape}\n"
        f"got      {got[worst]:.6g} there; {wrong.sum()} of {wrong.size} entries differ"
        f"{_remark(got, expected, batch)}"
    )


def error(got, expected, relative=RELATIVE, terms=0):
    """The largest error of an array of numbers as a share of what `difference` grants; inf for what has none."""
    expected = np.asarray(expected, dtype=float)
    if got is None or got.dtype.kind not in "biuf" or got.shape != expected.shape:
        return np.inf
    return float(_errors(got.astype(float), expected, relative, terms).max(initial=0))


def likeness(pairs):
    """How arrays, taken together, are like the right ones, as whose pairs they are given; None stands for one that is
    not there.

    Returns:
        "nothing": they are 0 all over; "less": some or all entries are missing or smaller; "multiple"; or "other".
    """
    there = [(got, right) for got, right in pairs if got is not None]
    if there and not any(got.any() for got, _ in there):
        return "nothing"
    if len(there) < len(pairs) or any(got.shape != right.shape for got, right in there):
        return "less"
    got, right = (np.concatenate([np.ravel(array) for array in arrays]) for arrays in zip(*there, strict=True))
    with np.errstate(over="ignore", invalid="ignore"):
        factor = got @ right / max(right @ right, 1e-30)
    near = {"rtol": 1e-3, "atol": 1e-3 * np.abs(right).max()}
    is_scaled = np.isfinite(factor) and abs(factor - 1) > 1e-3  # else only a few small entries are not right
    if right.size > 1 and is_scaled and np.allclose(got, factor * right, **near):
        return "multiple"
    is_less = (np.abs(got) < np.abs(right)) | np.isclose(got, right, rtol=1e-3, atol=1e-5)
    return "less" if is_less.all() else "other"


def agree(got, expected):
    """Whether two arrays of any kind are the same, within rounding."""
    if got.shape != expected.shape or got.dtype.kind != expected.dtype.kind:
        return False
    if got.dtype.kind == "U":
        return bool((got == expected).all())
    got, expected = got.astype(float), expected.astype(float)
    finite = np.isfinite(expected)
    same = np.array_equal(got[~finite], expected[~finite], equal_nan=True)
    return same and bool((np.abs(got[finite] - expected[finite]) <= _tolerance(expected[finite])).all())


def shown(array):
    """An array as text: its numbers if there are few, else its shape."""
    array = np.asarray(array)
    if array.size > SHOWN:
        return f"an array of shape {array.shape}"
    digits = {"float_kind": lambda number: f"{number + 0:.6g}"}  # float32 rounds the next
    text = np.array2string(array, separator=", ", formatter=digits, max_line_width=10_000)
    return re.sub(r"\s*\n\s*", " ", text)


def _errors(got, expected, relative, terms):
    """How far each entry is from the right one, as a share of how far it may be; inf for what is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        away = np.where(got == expected, 0, np.abs(got - expected))
    return np.where(np.isnan(away), np.inf, away) / _tolerance(expected, relative, terms)


def _tolerance(expected, relative=RELATIVE, terms=0):
    """How far from each entry a number may be: always finite, so that nothing is near to what is not."""
    size = np.maximum(np.where(np.isfinite(expected), np.abs(expected), 0), terms)
    return relative * (size + 0.1 * max(size.max(initial=0), 0.1))


def _distance(got, expected):
    return np.where(np.isfinite(got), np.abs(got - expected), np.inf)


def _remark(got, expected, batch):
    """A word on where numbers come from that are none, or a factor between the two, if there is a telling one."""
    if (np.isnan(got) & np.isfinite(expected)).any():
        return f"\n         {NAN}"
    if (np.isinf(got) & np.isfinite(expected)).any():
        return f"\n         {INF}"
    factors = dict(_FACTORS)
    if batch and batch > 2:
        factors.update({batch: f"{batch}, the batch size", 1 / batch: f"1/{batch}, one over the batch size"})
    for factor, name in factors.items():
        if expected.any() and (np.abs(got - factor * expected) <= _tolerance(expected) * abs(factor)).all():
            return f"{FACTOR}{name})"
    return ""
