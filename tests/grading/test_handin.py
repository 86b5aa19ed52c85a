"""What is handed in is taken where its meaning is plain, refused with the reason where not, and never believed."""

import errno
import io
import os
import stat
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.submissions import ROOT, SOLVED, UNTRIED, write

from grading import glance, handin
from grading.handin import Refused, Unread, pack, packed, unpack

GAN, FLOW = "# gan\n", "# flow\n"


def zip_of(path, entries, **info):
    """Writes a zip of [(name, text)]; `info` sets attributes of each ZipInfo."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for key, value in info.items():
                setattr(entry, key, value)
            archive.writestr(entry, text)
    return path


def unpacked(path, folder):
    folder.mkdir(exist_ok=True)
    unpack(path, folder)
    return {file.relative_to(folder).as_posix(): file.read_text() for file in folder.rglob("*.py")}


TAKEN = {
    "as the handout says": ["submission/gan.py", "submission/flow_network.py", "submission/__init__.py"],
    "files at the top": ["gan.py", "flow_network.py", "__init__.py"],
    "a folder too many": ["submission/submission/gan.py", "submission/submission/flow_network.py"],
    "the whole project": [
        "ps3/src/submission/gan.py",
        "ps3/src/submission/flow_network.py",
        "ps3/src/training/gan.py",
        "ps3/src/training/flow.py",
    ],
    "a folder of another name beside a provided one": [
        "src/mine/gan.py",
        "src/mine/flow_network.py",
        "src/training/gan.py",
    ],
    "the whole src": ["src/submission/gan.py", "src/submission/flow_network.py", "src/main.py", "src/data.py"],
    "made on a Mac": ["submission/gan.py", "submission/flow_network.py", "__MACOSX/submission/._gan.py", "._gan.py"],
    "made on Windows": ["submission\\gan.py", "submission\\flow_network.py"],
    "with litter": ["submission/gan.py", "submission/flow_network.py", "submission/__pycache__/gan.py", "notes.txt"],
    "a copy further down": ["submission/gan.py", "submission/flow_network.py", "submission/old/gan.py"],
    "one file only": ["submission/gan.py"],
    "with odd names beside it": [
        "CS236:PS3/submission/gan.py",
        "CS236:PS3/submission/flow_network.py",
        "CS236:PS3/submission/Screenshot 10:30.png",
        "CS236:PS3/" + "deep/" * 12 + "x" * 210 + ".txt",
    ],
    "a name in another alphabet": ["решение/gan.py", "решение/flow_network.py"],
}


@pytest.mark.parametrize("case", TAKEN)
def test_a_zip_whose_meaning_is_plain_is_taken(case, tmp_path):
    found = unpacked(zip_of(tmp_path / "s.zip", [(name, name) for name in TAKEN[case]]), tmp_path / "out")
    assert "gan.py" in found
    assert ("flow_network.py" in found) == (case != "one file only")
    assert not any("__pycache__" in name or "._" in name or "main.py" in name for name in found)
    assert found["gan.py"].replace("\\", "/").endswith("gan.py")
    assert "old" not in found["gan.py"] and "training" not in found["gan.py"]


REFUSED = {
    "leads out of": [("../gan.py", GAN)],
    "leads out of the submission": [("submission/../../gan.py", GAN)],
    "/tmp/gan.py leads": [("/tmp/gan.py", GAN)],
    "C:.* leads": [("C:\\Users\\me\\gan.py", GAN)],
    "nothing to grade in it but hw3/s.zip: hand in what that holds": [
        ("hw3/s.zip", "PK"),
        ("__MACOSX/._s.zip", ""),
        ("hw3/a.pdf", ""),
    ],
    "There is no flow_network.py and no gan.py": [("submission/vae.py", "")],
    "There is submission/GAN.PY: call it gan.py": [("submission/GAN.PY", GAN), ("submission/vae.py", "")],
    "There is Flow_Network.py: call it flow_network.py": [("Flow_Network.py", FLOW), ("hw3.ipynb", "")],
    r"There is gan \(1\).py: call it gan.py": [("gan (1).py", GAN)],
    "There is gan.py.txt: call it gan.py": [("gan.py.txt", GAN)],
    "hw3/Work.ipynb is a notebook: hand in what it holds as flow_network.py and gan.py": [("hw3/Work.ipynb", "{}")],
    "Which is the submission": [("one/gan.py", GAN), ("two/gan.py", GAN)],
    "Which is the submission. There are hw3/s.zip and gan.py beside it": [("hw3/s.zip", "PK"), ("hw3/gan.py", GAN)],
    "twice": [("gan.py", GAN), ("gan.py", "# another\n")],
    "larger than 2 MB": [("gan.py", "#" * (2 * 2**20 + 1))],
    "larger than 10 MB together": [("gan.py", "")] + [(f"m{k}.py", "#" * (2 * 2**20)) for k in range(6)],
    "2001 entries": [("gan.py", "")] + [(f"m{k}.txt", "") for k in range(2000)],
    "2000 files and folders": [("gan.py", "")] + [(f"{k}/a/b/m.py", "") for k in range(700)],
    "too long a name": [("gan.py", ""), ("x" * 300 + ".py", "")],
    "itself a file": [("gan.py", ""), ("gan.py/x.py", "")],
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("reason", REFUSED)
def test_a_zip_that_is_not_plain_is_refused_with_the_reason(reason, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(Refused, match=reason):
        unpack(zip_of(tmp_path / "s.zip", REFUSED[reason]), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["GAN.PY", "Gan.py", "gan.py.txt", "work.ipynb"])
def test_in_a_folder_what_is_almost_a_submission_is_named_too(name, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_text(GAN)
    for take in (packed, lambda path: unpack(path, tmp_path)):
        with pytest.raises(Refused, match=f"{name}: call it gan.py|{name} is a notebook"):
            take(tmp_path / "in")
    (tmp_path / "in" / "flow_network.py").write_text(FLOW)
    assert "flow_network.py" in unpacked(tmp_path / "in", tmp_path / "out")


def test_links_and_other_kinds_of_files_in_a_zip_are_refused(tmp_path):
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR):
        path = zip_of(tmp_path / "s.zip", [("gan.py", "/etc/passwd")], external_attr=(kind | 0o777) << 16)
        with pytest.raises(Refused, match="gan.py is a link or no plain file"):
            unpack(path, tmp_path)


def test_an_encrypted_zip_is_refused(tmp_path):
    data = bytearray(zip_of(tmp_path / "s.zip", [("gan.py", GAN)]).read_bytes())
    for mark, at in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        data[data.index(mark) + at] |= 1
    (tmp_path / "s.zip").write_bytes(data)
    with pytest.raises(Refused, match="encrypted"):
        unpack(tmp_path / "s.zip", tmp_path)


def test_a_zip_whose_entries_share_their_bytes_is_refused_before_they_are_read(tmp_path):
    path = zip_of(tmp_path / "s.zip", [("gan.py", GAN), ("a.py", GAN)])
    data = bytearray(path.read_bytes())
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 4)
    data[second + 42 : second + 46] = bytes(4)  # where its bytes begin: where those of the first do
    path.write_bytes(data)
    with pytest.raises(Refused, match="overlap"):
        unpack(path, tmp_path)


def directory(path, entries, count=None, zip64=False, comment=b""):
    """Writes a zip of so many entries that are called gan.py, of nothing but its directory, which may lie about their
    number, and about its own size where a later record says it.

    Args:
        entries: bytes of extra fields of each.
        count: how many there are, as it says.
    """
    made = bytearray()
    for extra in entries:
        numbers = 20, 20, 0, 0, 0, 0, 0, 0, 0, 6, len(extra), 0, 0, 0, 0, 0
        made += struct.pack("<4s6H3L5H2L", b"PK\1\2", *numbers) + b"gan.py" + extra
    size, said = len(made), len(entries) if count is None else count
    end = said, said, size, 0
    if zip64:
        made += struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, *end)
        made += struct.pack("<4sLQL", b"PK\6\7", 0, size, 1)
        end = 1, 1, 100, 0
    path.write_bytes(made + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *end, len(comment)) + comment)
    return path


FIELDS = struct.pack("<HH", 0x7777, 0) * 16_000  # which zipfile goes through one by one
LARGE = {
    "entries": ([b""] * 100_000, {"count": 1}),
    "fields": ([FIELDS] * 100, {}),
    "behind it a comment": ([FIELDS] * 100, {"comment": b"x" * 60_000}),
    "in a larger record": ([FIELDS] * 100, {"zip64": True, "count": 1}),
    "in a larger record before a comment": ([FIELDS] * 100, {"zip64": True, "comment": b"x" * 60_000}),
}


@pytest.mark.parametrize("case", LARGE)
def test_a_large_directory_is_refused_before_it_is_taken_apart(case, tmp_path, monkeypatch):
    entries, more = LARGE[case]
    path = directory(tmp_path / "s.zip", entries, **more)
    monkeypatch.setattr(zipfile, "ZipInfo", None)  # nobody gets so far
    with pytest.raises(Refused, match=r"^The list of files in the zip is larger than 1 MB"):
        unpack(path, tmp_path)


def test_a_zip_within_a_folder_is_no_way_around_that(tmp_path):
    (tmp_path / "in").mkdir()
    directory(tmp_path / "in" / "s.zip", [FIELDS] * 100)
    with pytest.raises(Refused, match="larger than 1 MB"):
        unpack(tmp_path / "in", tmp_path)


def test_as_many_entries_as_there_may_be_fit_in(tmp_path):
    names = [f"{'submission/' * 10}{number:0100}.txt" for number in range(1999)]
    path = zip_of(tmp_path / "s.zip", [("gan.py", GAN), *((name, "") for name in names)])
    assert unpacked(path, tmp_path / "out") == {"gan.py": GAN}


def test_a_folder_of_many_folders_is_refused(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "gan.py").write_text(GAN)
    for number in range(2001):
        (tmp_path / "s" / str(number)).mkdir()
    with pytest.raises(Refused, match="More than 2000 files"):
        unpack(tmp_path / "s", tmp_path)


@pytest.mark.parametrize("spoil", [lambda d: d[: len(d) // 2], lambda d: b"not a zip", lambda d: b"", lambda d: d[4:]])
def test_what_is_no_zip_is_said_to_be_none(spoil, tmp_path):
    data = zip_of(tmp_path / "s.zip", [("submission/gan.py", GAN * 100)]).read_bytes()
    (tmp_path / "s.zip").write_bytes(spoil(data))
    with pytest.raises(Refused, match="is not a zip, or is damaged .*: hand in submission.zip, as make zip makes it"):
        unpack(tmp_path / "s.zip", tmp_path)


def test_a_bomb_is_read_no_further_than_the_limit(tmp_path, monkeypatch):
    """A member that claims to be small and is not: what is read is counted, not what is claimed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("gan.py", b"\n" * 50_000_000)
    (tmp_path / "bomb.zip").write_bytes(buffer.getvalue())
    most = 0
    read = zipfile.ZipExtFile.read

    def counted(self, n=-1):
        nonlocal most
        data = read(self, n)
        most = max(most, len(data))
        return data

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    with pytest.raises(Refused, match="larger than 2 MB"):
        unpack(tmp_path / "bomb.zip", tmp_path)
    assert most <= handin.FILE_BYTES + 1


def test_a_folder_is_taken_and_its_links_are_not_followed(tmp_path):
    folder = write(tmp_path / "in", gan=GAN)
    assert unpacked(folder, tmp_path / "out")["gan.py"] == GAN
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (folder / "gan.py").unlink()
    (folder / "gan.py").symlink_to(secret)
    with pytest.raises(Refused, match="gan.py is a link"):
        unpack(folder, tmp_path / "out2")
    (folder / "gan.py").unlink()
    os.mkfifo(folder / "gan.py")
    with pytest.raises(Refused, match="gan.py is no plain file"):
        unpack(folder, tmp_path / "out2")


@pytest.mark.parametrize("name", ["gan.py", "more"])
def test_what_cannot_be_read_here_is_told_from_what_cannot_be_taken(tmp_path, monkeypatch, name):
    folder = write(tmp_path / "in", gan=GAN)
    (folder / "more").mkdir()

    def denied(call):
        def instead(path, *flags):
            if Path(path).name == name:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return call(path, *flags)

        return instead

    for call in ("open", "scandir"):  # root may read all, so that modes would say nothing
        monkeypatch.setattr(os, call, denied(getattr(os, call)))
    with pytest.raises(Unread, match=f"{name} cannot be read: Permission denied"):
        packed(folder)


def test_a_zip_that_cannot_be_read_here_is_not_called_damaged(tmp_path, monkeypatch):
    def denied(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    path = zip_of(tmp_path / "s.zip", [("gan.py", GAN)])
    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(Unread, match=r"^s.zip cannot be read: Permission denied"):
        unpack(path, tmp_path)


def test_names_in_a_folder_are_said_without_codes_for_a_terminal(tmp_path):
    folder = write(tmp_path / "in", gan=GAN)
    odd = folder / "\x1b]0;owned\x07.py"
    for make in (lambda: odd.symlink_to("gan.py"), lambda: os.mkfifo(odd)):
        make()
        with pytest.raises(Refused, match=r"^\\x1b\]0;owned\\x07\.py is "):
            unpack(folder, tmp_path / "out")
        odd.unlink()


def test_a_folder_that_holds_one_zip_and_no_python_is_taken_for_that_zip(tmp_path):
    """Moodle exports a folder for each student, with what was handed in."""
    folder = tmp_path / "Ann Lee_1_assignsubmission_file_"
    (folder / "more").mkdir(parents=True)
    (folder / "report.pdf").write_text("")
    zip_of(folder / "more" / "Submission.ZIP", [("submission/gan.py", GAN)])
    assert unpacked(folder, tmp_path / "out") == {"gan.py": GAN}
    (folder / "more" / "Submission.ZIP").write_text("PK")
    with pytest.raises(Refused, match="Submission.ZIP is not a zip"):
        unpack(folder, tmp_path / "out")
    (folder / "more" / "Submission.ZIP").unlink()
    (folder / "more" / "Submission.ZIP").symlink_to(zip_of(tmp_path / "other.zip", [("gan.py", GAN)]))
    with pytest.raises(Refused, match="Submission.ZIP is a link"):
        unpack(folder, tmp_path / "out")
    zip_of(folder / "another.zip", [("gan.py", GAN)])
    with pytest.raises(Refused, match=r"nothing to grade in it but another.zip and more/Submission.ZIP"):
        unpack(folder, tmp_path / "out")


def test_a_folder_that_is_a_link_is_not_entered(tmp_path):
    folder = write(tmp_path / "in")
    (folder / "more").symlink_to(ROOT)
    assert "more/src/grader.py" not in unpacked(folder, tmp_path / "out")


def test_a_file_that_is_missing_is_said_to_be(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no"):
        unpack(tmp_path / "nothing", tmp_path)


def test_make_zip_packs_what_belongs_and_warns_of_what_will_fail(tmp_path):
    folder = write(tmp_path / "submission", **UNTRIED, gan=(SOLVED / "gan.py").read_text() + "\nx = (\n")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "gan.py").write_text("")
    (folder / "notes.txt").write_text("")
    run = subprocess.run(
        [sys.executable, "-m", "grading.handin"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "Careful: submission/gan.py, line " in run.stdout
    held = "submission/__init__.py, submission/flow_network.py, submission/gan.py"
    assert f"{held}. Hand it in, if that is what you want." in run.stdout
    with zipfile.ZipFile(tmp_path / "submission.zip") as archive:
        assert archive.namelist() == ["submission/__init__.py", "submission/flow_network.py", "submission/gan.py"]
    assert unpacked(tmp_path / "submission.zip", tmp_path / "out") == {
        p.name: p.read_text() for p in folder.glob("*.py")
    }


def test_make_zip_looks_into_extra_credit_and_helpers_and_names_methods_by_their_class(tmp_path, monkeypatch, capsys):
    empty = "class MADE:\n    def forward(self):\n        raise NotImplementedError\n"
    helper = "class Helper:\n    def forward(self):\n        return 1\n"
    write(tmp_path / "submission", flow_network=empty + helper, vae="def (", fgan=empty)
    (tmp_path / "submission" / "gan.py").write_bytes(
        b"\xef\xbb\xbfimport my_tools\r\ndef loss_minimax_g():\r\n    raise NotImplementedError\r\n"
    )
    (tmp_path / "submission" / "my_tools.py").write_text("x = 'open")
    (tmp_path / "submission" / "mine.py").write_text("from torch import nn\nimport os, ipdb\n")
    monkeypatch.chdir(tmp_path)
    handin.main([])
    careful = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Careful: ")]
    assert careful == [  # extra credit may stay empty, and a file begin with a mark, as Windows saves them
        "Careful: still to be written in submission/flow_network.py: MADE.forward.",
        "Careful: submission/gan.py imports my_tools, which lies beside it: `from .my_tools import ...` would find it. "
        "No test that needs it can run.",
        "Careful: submission/mine.py imports ipdb, which is not there when it is graded. "
        "No test that needs it can run.",
        "Careful: submission/my_tools.py, line 1: unterminated string literal (detected at line 1). "
        "No test that needs it can run.",
        "Careful: submission/vae.py, line 1: invalid syntax. No test that needs it can run.",
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"x = 1\r\n# caf\xe9\r\n", ", line 2, is not in UTF-8, which Python may refuse: save the file as UTF-8."),
        (b"# caf\xe9\n", ", line 1, is not in UTF-8, which Python may refuse: save the file as UTF-8."),
        (b"x = 1\ny = 2\nz = 'caf\xe9'\n", ", line 3, is not in UTF-8"),
        (b"# coding: foo\n", ": unknown encoding: foo. No test that needs it can run."),
        (b"# coding: rot13\n", ": 'rot13' is not a text encoding"),
        (b"#!/bin/python\n# coding: latin-1\nx = 'caf\xe9'\n", None),
        ("# café\n".encode(), None),
        ("\ufeff# café\n".encode(), None),
    ],
)
def test_a_file_in_another_encoding_than_it_says_is_warned_of(tmp_path, source, said):
    path = tmp_path / "gan.py"
    path.write_bytes(source)
    assert glance.warning_of(str(path)).startswith(f"{path}{said}") if said else glance.warning_of(str(path)) == ""


@pytest.mark.parametrize("terms", [1500, 100_000])
def test_of_what_is_too_long_to_be_looked_into_nothing_is_said(tmp_path, terms):
    path = tmp_path / "gan.py"
    path.write_text(f"def number():\n    return {' + '.join('1' * terms)}\n")
    assert glance.warning_of(str(path)) == ""


def test_make_zip_refuses_what_is_incomplete_and_leaves_no_zip(tmp_path):
    with pytest.raises(Refused, match="lacks gan.py"):
        pack(write(tmp_path / "submission", gan=None), tmp_path / "submission.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["submission"]


def test_of_a_zip_that_could_not_be_written_nothing_is_left(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    write(tmp_path / "submission")
    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(Refused, match="No space left on device"):
        pack(tmp_path / "submission", tmp_path / "submission.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["submission"]


@pytest.mark.parametrize("name", ["submission.zip", "submission.zip.part"])
def test_make_zip_says_in_one_line_where_it_cannot_write(tmp_path, name):
    write(tmp_path / "submission")
    (tmp_path / name).mkdir()  # root may write into any folder, but not over one
    run = subprocess.run(
        [sys.executable, "-m", "grading.handin"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert "submission.zip cannot be written (Is a directory): make room" in run.stderr
