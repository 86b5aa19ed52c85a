"""Of one submission nothing is left for the next, which is forked from the same process."""

import pytest
from staff.isolation import NoWall, require
from staff.nest import Nest
from tests.submissions import write

from grading.client import Failed, Worker

FIRST = "\n".join(f"word_{number} = 'a solved line that nobody else is to see'" for number in range(300))
# Its own text has the word backwards.
SEARCH = """
import ctypes, os

word, hits = "enil devlos a"[::-1].encode(), 0
for line in open("/proc/self/maps"):
    place, access, *rest = line.split()
    if "w" in access and "[stack]" not in rest:
        begin, end = (int(number, 16) for number in place.split("-"))
        hits += ctypes.string_at(begin, end - begin).count(word)
print("hits", hits - 1)  # the word itself
"""
CLUTTER = """
import os
for count in range(20):
    for number in range(10):
        os.makedirs(f"/scratch/{count}-{number}/x")
os._exit(0)
"""


@pytest.fixture(scope="module")
def nest():
    try:
        require("bubblewrap")
    except NoWall as error:
        pytest.skip(str(error))
    with Nest("bubblewrap") as made:
        yield made


def said(nest, folder):
    with Worker(nest.room(folder)) as worker:
        try:
            worker.prepare("gan")
        except Failed as failure:
            return str(failure)
        return worker.take_prints()


def test_no_word_of_a_submission_is_in_the_memory_of_the_next(nest, tmp_path):
    said(nest, write(tmp_path / "first", gan=FIRST))
    lines = said(nest, write(tmp_path / "second", gan=SEARCH, flow_network=None))
    assert "hits 0" in lines or "hits -1" in lines, lines


def test_names_in_the_scratch_space_do_not_end_the_process(nest, tmp_path):
    nest.ready()
    before = nest._process.pid
    assert "ended its process" in said(nest, write(tmp_path / "clutter", gan=CLUTTER))
    said(nest, write(tmp_path / "next", gan="print('here')"))
    assert nest._process.pid == before
