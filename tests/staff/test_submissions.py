"""The submissions of a class are found, whatever way they were collected, and who handed them in."""

import hashlib
import io
import zipfile

import pytest
from staff.submissions import NoSubmissions, Student, find, left_out
from tests.submissions import write

from grading.handin import Refused

EXPORT = """
submission_123:
  :submitters:
  - :name: Ada Łovelace
    :sid: "007"
    :email: ada@example.org
  - :name: "=HYPERLINK(1)"
    :sid:
    :email: b@example.org
  :created_at: 2026-11-20 10:00:00.000000000 Z
  :score: 3.5
submission_124:
  :submitters:
  - :name: Nobody
submission_125:
  :submitters: []
"""


def test_an_export_tells_who_handed_in_what(tmp_path):
    (tmp_path / "submission_metadata.yml").write_text(EXPORT, encoding="utf-8")
    write(tmp_path / "submission_123")
    write(tmp_path / "submission_125")
    found = {one.id: one for one in find(tmp_path)}
    assert list(found) == ["submission_123", "submission_124", "submission_125"]
    assert found["submission_123"].students == (
        Student("Ada Łovelace", "007", "ada@example.org"),
        Student("=HYPERLINK(1)", "", "b@example.org"),
    )
    assert found["submission_125"].students == ()
    with pytest.raises(FileNotFoundError, match="There is no submission_124"):  # one that is missing has a row too
        found["submission_124"].packed()


def test_an_export_whose_submissions_were_zipped_again_loses_none(tmp_path):
    (tmp_path / "submission_metadata.yml").write_text("submission_7:\n  :submitters:\n  - :name: Ada\n")
    (tmp_path / "submission_7.zip").write_bytes(b"here")
    (one,) = find(tmp_path)
    assert (one.id, one.students, one.packed()) == ("submission_7", (Student("Ada"),), b"here")


def test_zips_and_folders_are_found_and_nothing_else(tmp_path):
    write(tmp_path / "ada")
    write(tmp_path / "__MACOSX")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "1242_gan.py").write_text("")
    for name in ("ada.zip", "ünï cödé.zip", "B.ZIP"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("gan.py", "")
    found = {one.id: one for one in find(tmp_path)}
    ids = list(found)
    assert len(ids) == len(set(ids)) == 5
    assert left_out(tmp_path) == ["notes.txt"]
    with pytest.raises(Refused, match=r"1242_gan.py is no zip: hand in submission.zip"):
        found["1242_gan.py"].packed()
    assert {"ada", "B", "%C3%BCn%C3%AF%20c%C3%B6d%C3%A9"} < set(ids)
    assert found["%C3%BCn%C3%AF%20c%C3%B6d%C3%A9"].students == (Student("ünï cödé"),)
    assert found["ada"].students == ()
    assert all("/" not in own and not own.startswith(".") for own in ids)


def test_the_same_files_are_packed_into_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write(tmp_path / name)
    one, two = (found.packed() for found in find(tmp_path))
    assert one == two


@pytest.mark.parametrize("text", ["- a list", "a: 1", "{", "!!python/object/apply:os.system ['true']"])
def test_metadata_that_is_none_is_named(tmp_path, text):
    (tmp_path / "submission_metadata.yml").write_text(text)
    write(tmp_path / "submission_1")
    with pytest.raises(NoSubmissions, match=r"submission_metadata.yml is not what Gradescope exports"):
        find(tmp_path)


@pytest.mark.parametrize("name", ["2020-99-99", "0b_", "12:30:45", "012", "1_000", ".inf"])
def test_a_name_that_looks_like_a_date_or_a_number_stays_as_it_is(tmp_path, name):
    """Students choose their names; those that are no dates must not end the grading of a class."""
    text = f"submission_1:\n  :submitters:\n  - :name: {name}\n    :sid: {name}\n"
    (tmp_path / "submission_metadata.yml").write_text(text)
    write(tmp_path / "submission_1")
    assert find(tmp_path)[0].students == (Student(name, name, ""),)


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    with pytest.raises(NoSubmissions, match="holds no zips and no folders"):
        find(tmp_path)
    with pytest.raises(NoSubmissions, match="There is no folder"):
        find(tmp_path / "nowhere")


def test_names_of_no_encoding_cost_nobody_a_grade(tmp_path):
    write(tmp_path / "odd")
    for name in ("odd/\udcff.py", "\udcfe.zip", "\udcff.zip"):
        (tmp_path / name).write_bytes(b"")
    *zips, odd = find(tmp_path)
    assert [one.id for one in zips] == ["%FE", "%FF"]
    with zipfile.ZipFile(io.BytesIO(odd.packed())) as archive:
        assert "gan.py" in archive.namelist() and "".join(archive.namelist()).isascii()


def test_an_id_depends_on_the_name_alone(tmp_path):
    """Of long names in another alphabet the first letters fill it, and the number that tells two apart comes last."""
    names = [f"Иванов Александр {name}_{k}_assignsubmission_file_" for k, name in enumerate(("Иванович", "Сергеевич"))]
    write(tmp_path / names[1])
    (alone,) = find(tmp_path)
    write(tmp_path / names[0])
    both = {one.path.name: one.id for one in find(tmp_path)}
    assert both[names[1]] == alone.id != both[names[0]]
    assert all(len(own) <= 100 and own.isascii() for own in both.values())


def test_no_id_is_taken_for_a_flag_or_a_formula(tmp_path):
    for name in ("-rf.zip", "--out.zip", "-ü.zip"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "a-b").mkdir()
    found = {one.path.name: one for one in find(tmp_path)}
    assert {name: one.id for name, one in found.items()} == {
        "-rf.zip": "%2Drf",
        "--out.zip": "%2D-out",
        "-ü.zip": "%2D%C3%BC",
        "a-b": "a-b",
    }
    assert found["-rf.zip"].students == (Student("-rf"),)


def test_no_name_takes_the_place_of_another(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / ("a-" + hashlib.sha256(b"a.zip").hexdigest()[:8])).mkdir()
    (tmp_path / "a.zip").write_bytes(b"")
    assert len({one.id for one in find(tmp_path)}) == 3
