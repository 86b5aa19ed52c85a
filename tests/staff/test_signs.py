"""Signs are read from the grader's own words, and the innocent is told from what is worth a look."""

import inspect

import pytest
from staff.signs import INNOCENT, LOOK, ORDINARY, UNKNOWN, signs

from grading import client, handin


def failed(output, number="1a-0-basic"):
    return {"number": number, "status": "failed", "output": output}


@pytest.mark.parametrize(
    ("output", "level", "title"),
    [
        ("The process that runs your code sent something that is no answer (out of turn).", LOOK, "replies"),
        ("The process that runs your code sent no sensible answer.", LOOK, "replies"),
        ("Your code ended its process with status 0.", LOOK, "other means than exit"),
        ("The process that ran your code was ended by SIGKILL.", LOOK, "a signal"),
        ("The process that ran your code was ended by SIGSYS.", LOOK, "a signal"),
        ("The process that runs your code closed its connection.", LOOK, "connection"),
        ("Your code was stopped: it wrote more than 64 MB of files.", LOOK, "more than is allowed"),
        ("An error in the submission:\n  x\nPermissionError: [Errno 1] Operation not permitted", LOOK, "wall refuses"),
        ("OSError: [Errno 30] Read-only file system: '/x'", LOOK, "wall refuses"),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", LOOK, "network"),
        ("RuntimeError: can't start new thread", LOOK, "Started or opened"),
        (
            "It did not end within 20 seconds and was stopped (in f, line 3 of gan.py): an endless loop, or too slow?",
            INNOCENT,
            "too long",
        ),
        ("f: it took too long", INNOCENT, "too long"),
        ("The process that ran your code was ended by SIGSEGV (in f, line 3 of gan.py).", INNOCENT, "Crashed"),
        ("MemoryError", INNOCENT, "memory"),
        ("x\n... and 123456 bytes more\nits value is not right", INNOCENT, "Printed"),
        ("SystemExit: 3\nexit() ends the program that imports your code: take it out.", INNOCENT, "exit()"),
        ("loss in submission/gan.py, line 9, is not written yet: write it, then", ORDINARY, "not written"),
        ("submission/gan.py is missing.", ORDINARY, "missing"),
        ("An error in the submission:\n  x\nSyntaxError: invalid syntax", ORDINARY, "import"),
        ("An error in the submission:\n  x\nRuntimeError: mat1 and mat2", ORDINARY, "Raised RuntimeError"),
    ],
)
def test_each_kind_is_told_by_its_line(output, level, title):
    (sign,) = signs([failed(output)])
    assert sign.kind.level == level
    assert title in sign.kind.title
    assert sign.test == "1a-0-basic"
    assert sign.line in output
    assert "\n" not in sign.line


def test_a_wrong_answer_is_no_sign():
    assert signs([failed("loss: its value is not right:\n    expected 1.\n    got      2.")]) == []


def test_a_test_that_was_passed_is_looked_at_for_what_is_hostile_only():
    prints = "ValueError: caught\nPermissionError: [Errno 13] Permission denied: '/grading/x'\n"
    (sign,) = signs([{**failed(prints), "status": "passed"}])
    assert sign.kind.level == LOOK
    assert sign.line.startswith("PermissionError")


def test_what_stopped_a_hidden_test_is_known_from_what_was_seen():
    hidden = failed("f: it stopped with an error", "1a-2-hidden")
    (sign,) = signs([hidden])
    assert sign.kind is UNKNOWN
    (sign,) = signs([hidden], [("1a-2-hidden", "Your code ended its process with status 0.")])
    assert sign.kind.level == LOOK
    (sign,) = signs([hidden], [("1a-2-hidden", "f must return a tensor; it returned None")])
    assert (sign.kind.level, sign.line) == (ORDINARY, "f must return a tensor; it returned None")


def test_a_hidden_test_adds_nothing_to_what_its_question_told():
    hidden = failed("f: it stopped with an error", "1a-2-hidden")
    found = signs([failed("f in submission/gan.py, line 9, is not written yet: write it"), hidden])
    assert [sign.test for sign in found] == ["1a-0-basic"]


def test_a_refused_zip_with_links_is_worth_a_look_and_an_empty_one_is_not():
    (sign,) = signs([], why="../x.py leads out of the submission: zip the folder submission/.")
    assert (sign.kind.level, sign.test) == (LOOK, "")
    assert signs([], why="There is no flow_network.py and no gan.py in it: hand in the folder submission/.") == []


def test_a_huge_line_is_cut():
    (sign,) = signs([failed("PermissionError " + 10**6 * "x")])
    assert len(sign.line) <= 200


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (client, "sent something that is no answer"),
        (client, "sent no sensible answer"),
        (client, "Your code ended its process with status"),
        (client, "closed its connection"),
        (client, "was ended by"),
        (client, "Your code was stopped: "),
        (client, "It did not end within"),
        (handin, "leads out of the submission"),
        (handin, "is a link"),
    ],
)
def test_the_words_are_still_the_graders(module, words):
    assert words in inspect.getsource(module)
