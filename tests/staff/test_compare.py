"""Two gradings of a class are compared: whose points changed, by which tests, and why."""

import json

import pytest
from staff import compare
from tests.staff.classes import results


def folder(path, **class_):
    """Writes results as `staff.grade_all` does; returns the folder."""
    (path / "results").mkdir(parents=True)
    for own, one in class_.items():
        (path / "results" / f"{own}.json").write_text(json.dumps(one))
    return path


def run(capsys, *folders):
    status = compare.main([str(path) for path in folders])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_nothing_changed(tmp_path, capsys):
    old, new = (folder(tmp_path / name, ada=results(), alan=results({"1a-0-basic": "wrong"})) for name in "ab")
    status, text, _ = run(capsys, old, new)
    assert status == 0
    assert text == (
        "2 submissions in both: 0 with more points, 0 with less, 0 with other tests or another status, 2 the same. "
        "Mean 4.5 -> 4.5.\n"
    )


def test_a_change_is_told_with_its_tests_its_outputs_and_its_cause(tmp_path, capsys):
    old = folder(tmp_path / "old", ada=results({"1a-0-basic": "wrong\nmore"}), alan=results())
    new = folder(tmp_path / "new", ada=results(submission="c" * 64), alan=results())
    status, text, _ = run(capsys, old, new)
    assert status == 1
    assert text.startswith(
        "ada: 4 -> 5\n    why: another submission\n    1a-0-basic   0 -> 1\n        old: wrong\n\n2 submissions in both"
    )
    assert "1 with more points, 0 with less" in text


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"grader": "c"}, "why: another grader\n"),
        ({"seed": 8}, "why: another seed\n"),
        ({"wall": "user"}, "why: another wall\n"),
        ({"settings": "c"}, "why: other settings\n"),
        ({"python": "3.11.0", "torch": "2.2.0"}, "why: another Python, another PyTorch\n"),
        ({"seed": 8, "grader": "c"}, "why: another grader, another seed\n"),
        ({}, "why: nothing that the results tell: the same was graded twice, and it came out differently\n"),
    ],
)
def test_why(tmp_path, capsys, changed, why):
    known = {"settings": "b", "python": "3.12.0", "torch": "2.5.1"}
    old = folder(tmp_path / "old", ada=results(**known))
    new = folder(tmp_path / "new", ada=results({"2b-1-hidden": "wrong"}, **known | changed))
    assert why in run(capsys, old, new)[1]


def test_what_older_results_do_not_tell_is_no_reason(tmp_path, capsys):
    old = folder(tmp_path / "old", ada=results())
    new = folder(tmp_path / "new", ada=results({"2b-1-hidden": "wrong"}, torch="2.5.1"))
    assert "why: nothing that the results tell" in run(capsys, old, new)[1]


def test_another_status_is_a_change(tmp_path, capsys):
    old = folder(tmp_path / "old", ada=results(dict.fromkeys(("1a-0-basic",), "x")))
    new = folder(tmp_path / "new", ada=results({"1a-0-basic": "x"}, status="failed", why="no wall"))
    status, text, _ = run(capsys, old, new)
    assert status == 1
    assert "ada: 4 -> 4, graded -> failed" in text


def test_other_outputs_with_the_same_points_are_counted_and_change_nothing(tmp_path, capsys):
    old, new = (folder(tmp_path / text, ada=results({"1a-0-basic": text})) for text in ("one", "two"))
    status, text, _ = run(capsys, old, new)
    assert status == 0
    assert "1 the same (1 of these with other outputs)" in text


def test_who_is_in_one_only_is_a_change(tmp_path, capsys):
    old, new = folder(tmp_path / "old", ada=results()), folder(tmp_path / "new", ada=results(), alan=results())
    status, text, _ = run(capsys, old, new)
    assert status == 1
    assert f"Only in {new}: alan\n" in text


def test_a_test_that_only_one_has_is_told(tmp_path, capsys):
    more = results()
    more["tests"].append({**more["tests"][0], "number": "9z-0-basic"})
    status, text, _ = run(capsys, folder(tmp_path / "old", ada=results()), folder(tmp_path / "new", ada=more))
    assert status == 1
    assert "9z-0-basic   none -> 1" in text


def test_folders_of_results_do_and_names_come_from_grades_csv(tmp_path, capsys):
    old, new = folder(tmp_path / "old", ada=results()), folder(tmp_path / "new", ada=results({"1a-0-basic": "x"}))
    (new / "grades.csv").write_text("id,name,sid,email\nada,Ada,1,a\nada,Grace,2,b\n")
    status, text, _ = run(capsys, old / "results", new / "results")
    assert status == 1
    assert text.startswith("ada (Ada, Grace): 5 -> 4\n")


def test_what_a_submission_prints_moves_no_cursor(tmp_path, capsys):
    old = folder(tmp_path / "old", ada=results())
    new = folder(tmp_path / "new", ada=results({"1a-0-basic": "\x1b[2J\x1b]0;x\x07 wiped " + 1000 * "x"}))
    _, text, _ = run(capsys, old, new)
    assert all(character == "\n" or character.isprintable() for character in text)
    assert max(map(len, text.splitlines())) < 200


@pytest.mark.parametrize("content", ["{", "[]", '{"extra_data": {}, "tests": [{}], "score": 1}', "\udcff"])
def test_what_cannot_be_read_is_named_and_ends_with_2(tmp_path, capsys, content):
    old, new = folder(tmp_path / "old", ada=results()), folder(tmp_path / "new", ada=results())
    path = new / "results" / "ada.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    status, text, errors = run(capsys, old, new)
    assert (status, text) == (2, "")
    assert str(path) in errors
    assert len(errors.splitlines()) == 1


def test_an_empty_folder_and_a_missing_one_end_with_2(tmp_path, capsys):
    old = folder(tmp_path / "old", ada=results())
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "missing"):
        status, text, errors = run(capsys, old, path)
        assert (status, text) == (2, "")
        assert str(path) in errors
