"""The faster number of threads is found, again and again, and results never depend on it."""

from types import SimpleNamespace

import pytest
import torch

from training.threads import BLOCK, PERIOD, by_one_or_two


@pytest.fixture(autouse=True)
def threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """One that nobody disturbs."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("training.threads.time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def counted(clock, slow, gives=lambda count: 0.0):
    """A function that one or two threads are slow at, and the number of threads in each of its calls."""
    counts = []

    def function(x):
        counts.append(torch.get_num_threads())
        clock.now += 2 if counts[-1] in slow else 1
        return [x + gives(counts[-1])]

    return function, counts


@pytest.mark.parametrize("slow", [1, 2])
def test_the_faster_number_is_chosen_and_tried_again_later(clock, slow):
    waits = {slow}
    function, counts = counted(clock, waits)
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


def test_one_thread_is_left_alone_where_two_give_other_bits(clock):
    function, counts = counted(clock, {1}, gives=lambda count: 1e-7 * count)
    paced = by_one_or_two(function, [(torch.ones(2),)], cores=2)
    counts.clear()
    for _ in range(PERIOD):
        paced(torch.ones(2))
    assert set(counts) == {1}


def test_one_core_has_one_thread(clock):
    function, counts = counted(clock, {1})
    paced = by_one_or_two(function, [(torch.ones(2),)], cores=1)
    paced(torch.ones(2))
    assert counts == [1]


def test_what_is_raised_leaves_one_thread():
    def function(x):
        raise ValueError(torch.get_num_threads())

    with pytest.raises(ValueError):
        by_one_or_two(function, [], cores=2)(torch.ones(2))
    assert torch.get_num_threads() == 1
