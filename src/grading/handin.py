"""What is handed in: the Python files of `submission/`, in a zip or a folder.

    python -m grading.handin        makes submission.zip of submission/ and takes it apart as the server does

What arrives is not trusted: nothing is followed, nothing is written outside of the folder that is asked for, and sizes
are counted while reading, whatever an archive claims.
"""

import argparse
import contextlib
import errno
import io
import math
import os
import re
import stat
import sys
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from grading.glance import WANTED, warning_of

ENTRIES = 2000
FILE_BYTES = 2 * 2**20
ALL_BYTES = 10 * 2**20
ZIP_BYTES = 20 * 2**20
DIRECTORY_BYTES = 2**20  # of a zip, which Python takes apart at a second for each
DEPTH = 10

_STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LITTER = {"__MACOSX", "__pycache__", ".ipynb_checkpoints", ".git", ".venv", ".idea", ".vscode"}

_DRIVE = re.compile("[A-Za-z]:")  # where Windows leaves a folder for another disk
_ALMOST = re.compile(
    r"(flow_network|gan)[ _-]*(\(?\d+\)?)?\.py(\.txt)?", re.IGNORECASE
)  # GAN.PY, gan (1).py, gan.py.txt


class Refused(Exception):
    """What was handed in cannot be taken; the message says why and what to do."""


class Unread(Refused):
    """It is there, but could not be read here: on another machine, or for another user, it may be taken."""


def unpack(path, folder):
    """Writes the Python files of a submission into a folder.

    Args:
        path: a zip, or a folder.
        folder: an empty one, which will hold flow_network.py and its neighbours.

    Raises:
        Refused: it cannot be taken, or nothing like a submission is in it; nothing has been written then.
        FileNotFoundError: there is no such file or folder.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no {path}.")
    if not path.is_dir() and not path.is_file():
        raise Refused(f"{path} is neither a folder nor a file.")
    found = _of_folder(path) if path.is_dir() else _of_zip(path)
    for name, data in _within(found).items():
        target = Path(folder, *name.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def pack(folder, path):
    """Makes the zip that is handed in: the Python files of a folder, under `submission/`.

    Args:
        folder: of flow_network.py and gan.py.
        path: of the zip; it appears when it is whole.

    Returns:
        The names in it.

    Raises:
        Refused: a file is missing, too large or a link, or the zip cannot be written.
    """
    missing = [name for name in WANTED if not Path(folder, name).is_file()]
    if missing:
        raise Refused(f"{folder} lacks {' and '.join(missing)}.")
    found = _within(_of_folder(Path(folder)))
    beside = Path(f"{path}.part")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in sorted(found.items()):
                # A date of its own would make two zips of the same files differ.
                info = zipfile.ZipInfo(f"submission/{name}", date_time=(1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = (stat.S_IFREG | 0o644) << 16
                archive.writestr(info, data)
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        said = f"{Path(path).absolute()} cannot be written ({error.strerror})"
        raise Refused(f"{said}: make room for it there, or copy {folder} to a folder that is yours.") from error
    return [f"submission/{name}" for name in sorted(found)]


def packed(path):
    """Reads what was handed in, a zip or a folder, as bytes of a zip; a zip is not looked into.

    Raises:
        Refused: it is too large, or a folder that cannot be taken; Unread, if files of it cannot be read.
        OSError: the zip cannot be read; FileNotFoundError: it is not there.
    """
    path = Path(path)
    if path.is_dir():
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:  # as they are: the same bytes with any version of zlib
            for name, data in sorted(_of_folder(path).items()):
                archive.writestr(zipfile.ZipInfo(str(name), date_time=(1980, 1, 1, 0, 0, 0)), data)
        return buffer.getvalue()
    if not path.is_file():
        raise FileNotFoundError(f"There is no {_shown(path.name)}.")
    if path.stat().st_size > ZIP_BYTES:
        raise Refused(f"{_shown(path.name)} is larger than {ZIP_BYTES >> 20} MB: a submission is a few short files.")
    return path.read_bytes()


def _of_folder(folder):
    """{path: bytes} of the Python files in a folder; links are refused, not followed."""
    found, others, count, total = {}, [], 0, 0
    for here, folders, files in os.walk(folder, onerror=_not_listed):
        folders[:] = [name for name in folders if name not in LITTER]
        depth = len(Path(here).relative_to(folder).parts)
        if depth > DEPTH:
            folders.clear()  # nobody looks further down, nor counts
        count += len(files) + len(folders)
        if count > ENTRIES or (files and depth > DEPTH):
            raise Refused(f"More than {ENTRIES} files, or {DEPTH} folders within each other: hand in submission/.")
        for name in [*files, *(name for name in folders if Path(here, name).is_symlink())]:
            relative = PurePosixPath(Path(here, name).relative_to(folder).as_posix())
            if not name.endswith(".py"):
                others.append(relative)
            if not name.endswith(".py") or not _is_text(relative):
                continue
            data = _plain_file(Path(here, name), relative)
            total += len(data)
            if total > ALL_BYTES:
                raise Refused(f"The Python files are larger than {ALL_BYTES >> 20} MB together.")
            found[_named(str(relative))] = data
    zips = _zips(others)
    if not found and len(zips) == 1:  # a folder for each student, as Moodle exports them
        data = _plain_file(Path(folder, zips[0]), zips[0], ZIP_BYTES)
        return _opened(data, _shown(zips[0]))
    return _understood(found, others)


def _not_listed(error):
    raise Unread(f"The folder {_shown(Path(error.filename).name)} cannot be read: {error.strerror}.") from error


def _is_text(name):
    """Whether a name is one that a zip can hold; file systems take any bytes."""
    try:
        str(name).encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain_file(path, name, most=FILE_BYTES):
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Refused(f"{_shown(name)} is a link: hand in the file itself.") from error
        if error.errno == errno.ENXIO:
            raise Refused(f"{_shown(name)} is no plain file.") from error
        raise Unread(f"{_shown(name)} cannot be read: {error.strerror}.") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Refused(f"{_shown(name)} is no plain file.")
        return _bounded(file, name, most)


def _of_zip(path):
    if path.stat().st_size > ZIP_BYTES:
        raise Refused(f"{_shown(path.name)} is larger than {ZIP_BYTES >> 20} MB: a submission is a few short files.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unread(f"{_shown(path.name)} cannot be read: {error.strerror}.") from error
    return _opened(data, "What was handed in")  # whose name may be one that the grader gave it


class _Zip(io.BytesIO):
    """The bytes of a zip, of which few are read before its entries are known. zipfile reads as large a directory as the
    zip says, whatever number of entries it says that there are, and whichever record says so."""

    _left = DIRECTORY_BYTES

    def read(self, size=-1):
        data = super().read(size)
        self._left -= len(data)
        if self._left < 0:
            raise Refused(
                f"The list of files in the zip is larger than {DIRECTORY_BYTES >> 20} MB: zip submission/ and no more."
            )
        return data

    def release(self):
        """Lets all be read."""
        self._left = math.inf


def _opened(data, name):
    try:
        with _Zip(data) as file, zipfile.ZipFile(file) as archive:
            file.release()
            return _of_archive(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OverflowError, OSError) as error:
        said = f"{name} is not a zip, or is damaged ({error})"
        raise Refused(f"{said}: hand in submission.zip, as make zip makes it.") from error


def _of_archive(archive):
    members = archive.infolist()
    if len(members) > ENTRIES:
        raise Refused(f"The zip holds {len(members)} entries: zip submission/ and no more.")
    # Entries that share their bytes would take as long again as there are of them, for what a few bytes give.
    starts = sorted(member.header_offset for member in members)[1:] + [archive.start_dir]
    for member, following in zip(sorted(members, key=lambda one: one.header_offset), starts, strict=False):
        if member.header_offset + member.compress_size > following:
            raise Refused("Entries of the zip overlap: make an ordinary one.")
    found, others, total = {}, [], 0
    for member in members:
        name = _leading_down(member.filename)
        if member.is_dir() or LITTER & set(name.parts) or name.name.startswith("._"):
            continue
        if name.suffix != ".py":
            others.append(name)
            continue
        _check_name(name)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise Refused(f"{_shown(name)} is a link or no plain file: zip the file itself.")
        if member.flag_bits & 0x1:
            raise Refused("The zip is encrypted: make one without a password.")
        if member.compress_type not in _STORED_OR_DEFLATED:
            raise Refused(f"{_shown(name)} is compressed in an unusual way: use an ordinary zip.")
        if name in found:
            raise Refused(f"{_shown(name)} is in the zip twice.")
        with archive.open(member) as file:
            found[name] = _bounded(file, name)
        total += len(found[name])
        if total > ALL_BYTES:
            raise Refused(f"The Python files are larger than {ALL_BYTES >> 20} MB together.")
    return _understood(found, others)


def _understood(found, others):
    """What was found, unless what lies beside it tells that its author meant something else, and is to know why it is
    not taken: zips within, which are not unpacked, or half a submission beside one; a name that is almost right.

    Args:
        found: {path: bytes} of Python files.
        others: paths of all else.
    """
    zips = _zips(others)
    for name in zips:
        there = [wanted for wanted in WANTED if name.parent / wanted in found]
        if 0 < len(there) < len(WANTED):
            raise Refused(f"Which is the submission? There are {_shown(name)} and {there[0]} beside it.")
    if zips and not found:
        names = " and ".join(_shown(name) for name in sorted(zips)[:3])
        raise Refused(f"There is nothing to grade in it but {names}: hand in what that holds, or that itself.")
    if not any(name.name in WANTED for name in found):
        for name in sorted([*found, *others]):
            if meant := _ALMOST.fullmatch(name.name):
                raise Refused(f"There is {_shown(name)}: call it {meant[1].lower()}.py.")
        for name in sorted(others):
            if name.suffix.lower() == ".ipynb":
                raise Refused(f"{_shown(name)} is a notebook: hand in what it holds as {' and '.join(WANTED)}.")
    return found


def _zips(names):
    return [name for name in names if name.suffix.lower() == ".zip"]


def _named(text):
    """A name of a Python file in an archive or folder as a path, which leads downwards."""
    path = _leading_down(text)
    _check_name(path)
    return path


def _leading_down(text):
    path = PurePosixPath(text.replace("\\", "/"))
    if not text or path.is_absolute() or ".." in path.parts or "\0" in text:
        raise Refused(f"{_shown(text)} leads out of the submission: zip the folder submission/.")
    return path


def _check_name(path):
    """What else lies beside the Python files may be named as one likes."""
    text, parts = str(path), path.parts
    if any(_DRIVE.match(part) for part in parts):
        raise Refused(f"{_shown(text)} leads out of the submission: zip the folder submission/.")
    if not text.isascii() and text.encode(errors="replace").decode() != text:
        raise Refused(f"{_shown(text)} is no name in UTF-8: give the file a plain name.")
    if len(parts) > DEPTH + 1 or any(len(part.encode(errors="surrogateescape")) > 200 for part in parts):
        raise Refused(f"{_shown(text)[:80]}... is too long a name.")


def _bounded(file, name, most=FILE_BYTES):
    data = file.read(most + 1)
    if len(data) > most:
        raise Refused(f"{_shown(name)} is larger than {most >> 20} MB.")
    return data


def _within(found):
    """Of {path: bytes}, what lies in the folder of the submission, as seen from there."""
    roots = {name.parent for name in found if name.name in WANTED}
    if not roots:
        raise Refused(f"There is no {' and no '.join(WANTED)} in it: hand in the folder submission/.")

    def rank(root):  # of the whole project, src/training has a gan.py too, and is called otherwise
        return len(root.parts), root.name != "submission", sum(root / name not in found for name in WANTED)

    first = min(map(rank, roots))
    best = sorted(root for root in roots if rank(root) == first)
    if len(best) > 1:
        places = " and in ".join(_shown(root) for root in best)
        raise Refused(f"Which is the submission? There are {' or '.join(WANTED)} in {places}.")
    root = best[0]
    inside = {name.relative_to(root): data for name, data in found.items() if name.is_relative_to(root)}
    folders = {parent for name in inside for parent in name.parents}
    if len(inside) + len(folders) > ENTRIES:
        raise Refused(f"More than {ENTRIES} files and folders: hand in submission/ and no more.")
    if both := [name for name in inside if set(name.parents) & set(inside)]:
        raise Refused(f"{_shown(both[0])} lies in what is itself a file.")
    return inside


def _shown(name):
    return ascii(str(name))[1:-1][:200]


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m grading.handin", description="Makes submission.zip.")
    parser.parse_args(arguments)
    try:
        names = pack("submission", "submission.zip")
        # What the server makes of it.
        with zipfile.ZipFile("submission.zip") as archive:
            _within(_of_archive(archive))
    except Refused as refused:
        sys.exit(str(refused))
    careful = [warning for name in names if name.endswith(".py") and (warning := warning_of(name))]
    for warning in careful:
        print(f"Careful: {warning}")
    print(f"submission.zip holds {', '.join(names)}. Hand it in{', if that is what you want' if careful else ''}.")


if __name__ == "__main__":
    main()
