"""One thread or two? For small operations that depends on the machine, and on who else is at work on it just now."""

import os
import time

import torch

BLOCK = 5  # calls by the same number of threads while trying
PERIOD = 250  # calls from one trial to the next


def by_one_or_two(function, batches, cores=None):
    """Has a function done by one thread or by two, whichever took less time of late.

    Two share the larger products. But they wait for each other at each, and longer where others work on the same
    cores: then one is far faster. So now and then a few calls are made each way.

    Args:
        function: of tensors; gives tensors.
        batches: argument tuples. Where two threads give other bits than one on these, one is left alone with it, since
            results must not depend on the time of day.
        cores: how many there are; None to look.

    Returns:
        A function that does the same. Around its calls there is one thread.
    """

    def by(count, batch):
        torch.set_num_threads(count)
        try:
            return function(*batch)
        finally:
            torch.set_num_threads(1)

    if (cores or os.cpu_count() or 1) < 2 or not all(_same(by(1, batch), by(2, batch)) for batch in batches):
        return lambda *batch: by(1, batch)
    trial = [1] * BLOCK + [2] * 2 * BLOCK + [1] * BLOCK  # whoever disturbs one is likely to disturb the other
    calls, chosen, seconds = 0, 1, {1: 0.0, 2: 0.0}

    def by_the_faster(*batch):
        nonlocal calls, chosen
        place = calls % PERIOD
        calls += 1
        if place >= len(trial):
            return by(chosen, batch)
        if place == 0:
            seconds.update({1: 0.0, 2: 0.0})
        started = time.perf_counter()
        result = by(trial[place], batch)
        seconds[trial[place]] += time.perf_counter() - started
        if place == len(trial) - 1:
            chosen = min(seconds, key=seconds.get)
        return result

    return by_the_faster


def _same(some, others):
    return all(torch.equal(a, b) for a, b in zip(some, others, strict=True))
