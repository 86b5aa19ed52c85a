"""Recognises known mistakes: a submission that makes one behaves, in every observation, as the catalogue's entry does.

Fingerprints are taken in a process of their own, since the grader's does not import torch:

    python -m staff.mistakes.naming SEED FUNCTION...
"""

import base64
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

import numpy as np

from grading.compare import agree
from staff import SOURCE, mistakes
from staff.mistakes.entry import Wrong


class NotNamed(Exception):
    """The catalogue's fingerprints cannot be taken here; the message says what stopped it."""


@dataclass(frozen=True)
class Known:
    """What is told of a known mistake."""

    function: str
    name: str
    misconception: str
    hint: str


def fingerprint(observations, function):
    """What was seen of one function, as [(what, array)], with the accidental taken out of error messages."""
    own = sorted((o for o in observations if o.function == function), key=lambda o: o.what.split()[0])  # by test
    return [(o.what, _essence(o.seen)) for o in own]


def same(one, other):
    """Whether two fingerprints are of the same behaviour."""
    return len(one) == len(other) and all(a[0] == b[0] and agree(a[1], b[1]) for a, b in zip(one, other, strict=True))


def names(observations, seed):
    """Names the mistakes in a graded submission.

    Args:
        observations: of all its tests, `grading.case.Observation`.
        seed: that its hidden tests were drawn with.

    Returns:
        {function: [Known, ...]}: for each function that went wrong and is recognised, the entries that behave like it.
    """
    wrong = wrong_functions(observations)
    return recognised(
        {f: fingerprint(observations, f) for f in wrong}, fingerprints(seed, tuple(wrong)) if wrong else []
    )


def wrong_functions(observations):
    """The functions that went wrong and are not just still to be written."""
    wrong = sorted({o.function for o in observations if not o.right and o.function})
    return [function for function in wrong if not _is_unwritten(observations, function)]


def recognised(own, known):
    """Compares fingerprints.

    Args:
        own: {function: fingerprint} of a submission.
        known: as `fingerprints` gives them.

    Returns:
        {function: [Known, ...]} for each that is recognised.
    """
    found = {
        function: [entry for entry, other in known if entry.function == function and same(seen, other)]
        for function, seen in own.items()
    }
    return {function: matches for function, matches in found.items() if matches}


def described(found):
    """Lines that tell what `names` found, with a hint for each mistake."""
    lines = []
    for function, matches in found.items():
        for misconception, hint in dict.fromkeys((known.misconception, known.hint) for known in matches):
            lines += [f"{function}: {misconception}", f"    Hint: {hint}"]
    return "\n".join(lines)


@cache
def fingerprints(seed, functions):
    """[(Known, fingerprint)] of the catalogue's wrong entries.

    Raises:
        NotNamed: they cannot be taken.
    """
    command = [sys.executable, "-m", "staff.mistakes.naming", str(seed), *functions]
    run = subprocess.run(
        command,
        cwd=SOURCE.parent,
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # several may run side by side
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if run.returncode:
        last = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
        raise NotNamed(f"Mistakes cannot be named: {last}")
    return [
        (Known(**row["known"]), [(what, decoded(array)) for what, array in row["fingerprint"]])
        for row in map(json.loads, run.stdout.splitlines())
    ]


def each_function(seed, functions):
    """Yields (function, [(Known, fingerprint), ...]), in order, as they are taken, with a process for each core and a
    progress bar."""
    from concurrent.futures import ThreadPoolExecutor

    from tqdm import tqdm

    seconds = 0.2 if sys.stderr.isatty() else 30  # a log is not a terminal
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        taken = threads.map(lambda name: fingerprints(seed, (name,)), functions)
        bar = tqdm(taken, total=len(functions), unit="function", mininterval=seconds, maxinterval=seconds)
        yield from zip(functions, bar, strict=True)


def take(entry, seed):
    """An entry's fingerprint."""
    from staff.mistakes.observing import grade

    return fingerprint(grade(entry.sources(), seed, [entry.question]).observations, entry.function)


def _is_unwritten(observations, function):
    return all("is not written yet" in str(o.seen) for o in observations if o.function == function and not o.right)


def _essence(seen):
    """Of a traceback, what was raised; numbers in it may come from what was drawn."""
    if seen.dtype.kind != "U" or "\n" not in str(seen) and len(str(seen)) < 40:
        return seen
    last = (str(seen).strip().splitlines() or [""])[-1]  # a submission may well say nothing
    return np.asarray(re.sub(r"\d*\.\d+(e[-+]?\d+)?", "#", last))


def encoded(array):
    """An array as plain data."""
    return {"dtype": array.dtype.str, "shape": array.shape, "data": base64.b64encode(array.tobytes()).decode()}


def decoded(row):
    """The array that was `encoded`."""
    data = base64.b64decode(row["data"])
    return np.frombuffer(data, np.dtype(row["dtype"])).reshape(row["shape"])


def main():
    seed, functions = int(sys.argv[1]), sys.argv[2:]
    sys.stdout, rows = sys.stderr, sys.stdout  # what entries print is not a row
    for entry in mistakes.entries(Wrong, functions):
        known = {
            "function": entry.function,
            "name": entry.name,
            "misconception": entry.misconception,
            "hint": entry.hint,
        }
        taken = [(what, encoded(array)) for what, array in take(entry, seed)]
        print(json.dumps({"known": known, "fingerprint": taken}), file=rows, flush=True)


if __name__ == "__main__":
    main()
