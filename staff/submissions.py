"""Finds the submissions of a class: a Gradescope export, a folder of zips, or a folder of folders."""

import contextlib
import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import yaml

from grading.handin import LITTER, Refused, packed, unpack

METADATA = "submission_metadata.yml"
# What is handed in, by the ends of names: only zips can be graded, but whoever hands in something else has a row too.
HANDED_IN = {".zip", ".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".py", ".ipynb"}
LONGEST = 100  # characters of an id: with an ending, one of a file name has to fit into 255
LARGE = 2**20  # bytes of a zip: thirty times as many as a long submission has


class NoSubmissions(Exception):
    """There is nothing to grade; the message says where it was looked for."""


@dataclass(frozen=True)
class Student:
    """Who handed in, as far as is known."""

    name: str = ""
    sid: str = ""
    email: str = ""


@dataclass(frozen=True)
class Submission:
    """One of a class's: `id` is fit for a file name and unique; a group has several students. Where nobody says who
    they are, and the name of folder or zip cannot be the id, it is taken for theirs."""

    id: str
    path: Path
    students: tuple = ()

    def packed(self):
        """What was handed in, as bytes of a zip that can travel; see `grading.handin.packed`."""
        if self.path.is_file() and self.path.suffix.lower() != ".zip":
            raise Refused(f"{ascii(self.path.name)[1:-1]} is no zip: hand in submission.zip, as make zip makes it.")
        return packed(self.path)

    def loops(self):
        """Whether there is a `while` in it, as in most that take long and in few others; or it is too large a zip to be
        looked into before anybody is graded."""
        if self.path.is_file() and self.path.stat().st_size > LARGE:
            return True
        with tempfile.TemporaryDirectory(prefix="looked-at-") as folder, contextlib.suppress(Refused, OSError):
            unpack(self.path, folder)
            return any(re.search(rb"\bwhile\b", path.read_bytes()) for path in Path(folder).rglob("*.py"))
        return False


def find(folder):
    """Lists the submissions in a folder, in the order of their ids.

    Raises:
        NoSubmissions: there are none, or the metadata of an export cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NoSubmissions(f"There is no folder {folder}.")
    students = _students(folder / METADATA)
    found, there = {}, set()
    for path in sorted(path for path in folder.iterdir() if _is_handed_in(path)):
        name = path.stem if path.suffix.lower() == ".zip" and not path.is_dir() else path.name
        own = known_as(name)
        unknown = () if own == name else (Student(name),)
        while own in found:  # a.zip and a/, or names that differ in nothing that a file name can show
            own += "-" + _hash(path.name)
        found[own] = Submission(own, path, students.get(path.name) or students.get(name) or unknown)
        there |= {path.name, name}
    for name in students.keys() - there:
        found[known_as(name)] = Submission(known_as(name), folder / name, students[name])
    if not found:
        raise NoSubmissions(f"{folder} holds no zips and no folders.")
    return [found[own] for own in sorted(found)]


def left_out(folder):
    """Names of what lies beside the submissions and is taken for none."""
    there = (path for path in Path(folder).iterdir() if not path.name.startswith(".") and path.name != METADATA)
    return sorted(path.name for path in there if path.name not in LITTER and not _is_handed_in(path))


def _is_handed_in(path):
    is_litter = path.name.startswith(".") or path.name in LITTER
    return not is_litter and (path.is_dir() or path.suffix.lower() in HANDED_IN)


def known_as(name):
    """The id of a submission whose folder or zip is named so, which depends on nothing else: what a long name begins
    with may be another's too."""
    if re.fullmatch(rf"\w[\w.@+-]{{0,{LONGEST - 1}}}", name, re.ASCII):
        return name
    quoted = quote(name, safe="", errors="surrogateescape") or "unnamed"
    quoted = re.sub("^-", "%2D", quoted)  # a command would take it for a flag, and a table for a formula
    return quoted if len(quoted) <= LONGEST else f"{quoted[: LONGEST - 9]}-{_hash(name)}"


def _hash(name):
    return hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]


def _students(path):
    """{name of a submission's folder: students} of an export, whose keys are Ruby's symbols, such as `:name`."""
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8") as file:
            # Text alone: names that students choose may look like dates or numbers, and like none that there are.
            entries = yaml.load(file, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        return {
            str(name): tuple(
                Student(*(str(who.get(key) or "") for key in (":name", ":sid", ":email")))
                for who in entry.get(":submitters") or ()
            )
            for name, entry in entries.items()
        }
    except (OSError, UnicodeError, yaml.YAMLError, AttributeError, TypeError) as error:
        raise NoSubmissions(f"{path} is not what Gradescope exports: {error}") from error
