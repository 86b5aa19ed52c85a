"""The faster number of threads is found, again and again, and results never depend on it."""

import time

import pytest
import torch

from training.threads import BLOCK, PERIOD, by_one_or_two


@pytest.fixture(autouse=True)
def threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def counted(slow, gives=lambda count: 0.0):
    """A function that one or two threads are slow at, and the number of threads in each of its calls."""
    counts = []

    def function(x):
        counts.append(torch.get_num_threads())
        if counts[-1] in slow:
            time.sleep(0.002)
        return [x + gives(counts[-1])]

    return function, counts


@pytest.mark.parametrize("slow", [1, 2])
def test_the_faster_number_is_chosen_and_tried_again_later(slow):
    waits = {slow}
    function, counts = counted(waits)
    paced = by_one_or_two(function, [(torch.ones(2),)], cores=2)
    counts.clear()
    for _ in range(PERIOD):
        paced(torch.ones(2))
        assert torch.get_num_threads() == 1
    assert counts[4 * BLOCK :] == [3 - slow] * (PERIOD - 4 * BLOCK)
    waits.clear()
    waits.add(3 - slow)
    for _ in range(PERIOD):
        paced(torch.ones(2))
    assert counts[-1] == slow


def test_one_thread_is_left_alone_where_two_give_other_bits():
    function, counts = counted({1}, gives=lambda count: 1e-7 * count)
    paced = by_one_or_two(function, [(torch.ones(2),)], cores=2)
    counts.clear()
    for _ in range(PERIOD):
        paced(torch.ones(2))
    assert set(counts) == {1}


def test_one_core_has_one_thread():
    function, counts = counted({1})
    paced = by_one_or_two(function, [(torch.ones(2),)], cores=1)
    paced(torch.ones(2))
    assert counts == [1]


def test_what_is_raised_leaves_one_thread():
    def function(x):
        raise ValueError(torch.get_num_threads())

    with pytest.raises(ValueError):
        by_one_or_two(function, [], cores=2)(torch.ones(2))
    assert torch.get_num_threads() == 1
