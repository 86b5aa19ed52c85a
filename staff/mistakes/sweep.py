"""Runs work in several processes that have torch at hand."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor

from tqdm import tqdm


def spread(function, work, jobs=None):
    """Yields function(*arguments) for each tuple of arguments, in order, with a progress bar.

    Args:
        jobs: processes; one for each core by default.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(jobs, initializer=_prepare) as pool:
        results = pool.map(function, *zip(*work, strict=True), chunksize=4)
        seconds = 0.1 if sys.stderr.isatty() else 30  # a log is not a terminal
        yield from tqdm(results, total=len(work), unit="submission", mininterval=seconds, maxinterval=seconds)


def _prepare():
    import torch

    torch.set_num_threads(1)
    # What submissions read, print and warn is of no interest.
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        os.dup2(os.open(os.devnull, mode), descriptor)
