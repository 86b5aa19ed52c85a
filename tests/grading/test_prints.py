"""What a worker prints is shown without the traces that tell where it hung."""

import pytest

from grading.prints import Prints

STACK = """Stack (most recent call first):
  File "/x/torch/autograd/graph.py", line 11 in run
  File "/s/grading/probes/vae.py", line 206 in _bound
  File "/tmp/s/submission/vae.py", line 40 in negative_iwae_bound
  File "/s/grading/worker.py", line 48 in main
"""
THREAD = STACK.replace("Stack (", "Timeout (0:00:01)!\nThread 0x00007f (")


@pytest.mark.parametrize("trace", [STACK, THREAD])
def test_the_place_is_the_students_and_the_trace_is_not_shown_as_printed_by_them(trace):
    prints = Prints()
    prints.add(b"before\n")
    prints.add(trace.encode())
    prints.add(b"after\n")
    assert prints.place() == " (in negative_iwae_bound, line 40 of vae.py)"
    assert prints.take() == "before\nafter\n"


def test_where_it_hangs_in_nothing_of_the_students_no_place_is_told():
    prints = Prints()
    prints.add("\n".join(line for line in STACK.splitlines() if "submission" not in line).encode() + b"\n")
    assert prints.place() == "" and prints.take() == ""


def test_what_a_student_prints_stays():
    prints = Prints()
    prints.add(b"Stack (of plates)\nThread of thought\n")
    assert prints.take() == "Stack (of plates)\nThread of thought\n"
