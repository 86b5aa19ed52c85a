"""Zips and folders that are not what they seem."""

import os
import stat
import struct
import zipfile

from tests.hostile.attack import Attack, gan

ONE = ("2b-0-basic",)


def zipped(name, what, *entries, flags=0, **more):
    """A zip of (name, text) or (ZipInfo, text) pairs.

    Args:
        flags: bits set in the flags of each entry afterwards.
    """

    def write(path):
        path = path.with_suffix(".zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, text in entries:
                archive.writestr(entry, text)
        if flags:
            data = bytearray(path.read_bytes())
            for signature, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
                start = data.find(signature)
                while start >= 0:
                    data[start + at] |= flags
                    start = data.find(signature, start + 4)
            path.write_bytes(data)
        return path

    more.setdefault("tests", ONE)
    return Attack(name, what, write, **more)


def info(name, kind=stat.S_IFREG, mode=0o644):
    made = zipfile.ZipInfo(name)
    made.external_attr = (kind | mode) << 16
    made.create_system = 3
    return made


class RawName(zipfile.ZipInfo):
    """An entry whose name is stored as the bytes that are given."""

    def __init__(self, name):
        super().__init__(f"{name.hex()}.py")
        self.raw = name

    def _encodeFilenameFlags(self):
        return self.raw, 0


def _damaged(path):
    path = path.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gan.py", gan() * 50)
    data = bytearray(path.read_bytes())
    for at in range(60, len(data), 97):
        data[at] ^= 0xFF
    path.write_bytes(data)
    return path


def _claims_little(path):
    """The directory says ten bytes; what follows are gigabytes."""
    path = path.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("gan.py", b"#" * 50_000_000)
    data = bytearray(path.read_bytes())
    start = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, start + 24, 10)
    path.write_bytes(data)
    return path


def _claims_much(path):
    path = path.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gan.py", gan())
    data = bytearray(path.read_bytes())
    start = data.rindex(b"PK\x01\x02")
    struct.pack_into("<II", data, start + 20, 2**31, 2**31)
    path.write_bytes(data)
    return path


def _folder_with(make, text=None):
    def write(path):
        path.mkdir()
        (path / "gan.py").write_text(text or gan())
        make(path)
        return path

    return write


def _deep(path):
    """More folders within each other than Python's own walk can follow."""
    home = os.open(".", os.O_RDONLY)
    os.chdir(path)
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    os.fchdir(home)
    os.close(home)


def _named_oddly(path):
    for name in (
        b"\xff\xfe.py",
        b"a\nb.py",
        b"\x1b[31m.py",
        b"-rf.py",
        b" .py",
        b"$(id).py",
        b"con.py",
        b"\xe2\x80\xae.py",
    ):
        with open(os.path.join(os.fsencode(path), name), "w"):
            pass


def _many(path):
    for index in range(3000):
        (path / f"f{index}.py").touch()


def _link(path):
    (path / "gan.py").unlink()
    (path / "gan.py").symlink_to(path.parent / "neighbour" / "gan.py")


LINK = info("submission/gan.py", stat.S_IFLNK, 0o777)
ATTACKS = [
    zipped(
        "zip-link-file",
        "gan.py is a link to the answers",
        (LINK, "/autograder/source/src/solution/gan.py"),
        refused=True,
    ),
    zipped(
        "zip-link-folder",
        "a folder that is a link, and a file behind it",
        (info("submission/out", stat.S_IFLNK, 0o777), ".."),
        ("submission/gan.py", gan()),
        ("submission/out/gan.py", "raise SystemExit"),
    ),
    zipped(
        "zip-climbs", "names with .. in them", ("submission/gan.py", gan()), ("../../results/x.py", "x"), refused=True
    ),
    zipped("zip-absolute", "absolute names", ("/submission/gan.py", gan()), ("/tmp/evil.py", "x"), refused=True),
    zipped("zip-windows-absolute", "names with a drive", (r"C:\submission\gan.py", gan()), refused=True),
    zipped(
        "zip-windows-climbs",
        "separators of Windows, upwards",
        (r"submission\gan.py", gan()),
        (r"..\..\x.py", "x"),
        refused=True,
    ),
    zipped(
        "zip-windows-separators",
        "separators of Windows, harmless",
        (r"submission\gan.py", gan()),
        (r"submission\a\b.py", ""),
    ),
    zipped("zip-device", "an entry that is a device", (info("gan.py", stat.S_IFBLK), "x"), refused=True),
    zipped("zip-set-uid", "set-uid and world-writable files", (info("gan.py", mode=0o6777), gan())),
    zipped("zip-bomb", "a file that unfolds to a gigabyte", ("gan.py", b"#" * 100_000_000), refused=True),
    zipped(
        "zip-bomb-of-many",
        "files that are small one by one",
        ("gan.py", gan()),
        *((f"f{index}.py", b"#" * 2_000_000) for index in range(20)),
        refused=True,
    ),
    Attack("zip-claims-little", "says that it holds ten bytes, and holds millions", _claims_little, ONE, refused=True),
    Attack("zip-claims-much", "says that it holds gigabytes", _claims_much, ONE, refused=True),
    zipped(
        "zip-100000-entries",
        "a hundred thousand entries",
        ("gan.py", gan()),
        *((f"f{index}", "") for index in range(100_000)),
        refused=True,
    ),
    zipped(
        "zip-names-of-any-encoding",
        "names in no encoding, with escape codes, with line ends",
        ("gan.py", gan()),
        (RawName(b"\xff\xfe\x80.py"), ""),
        (RawName(b"\x1b[31m\n\r.py"), ""),
        ("\u202egnp.py", ""),
        ("\U0001f600.py", ""),
    ),
    zipped(
        "zip-escape-codes-refused",
        "names that are shown when they are refused",
        ("../\x1b[2J\x1b[31m\nTotal: 35/35 points.py", ""),
        refused=True,
    ),
    zipped(
        "zip-null-in-name",
        "a name that ends before it ends",
        ("gan.py\0.txt", gan()),
        (RawName(b"flow_network.py\0/../x"), ""),
    ),
    zipped(
        "zip-long-name",
        "a name of sixty thousand characters",
        ("gan.py", gan()),
        ("x" * 60_000 + ".py", ""),
        refused=True,
    ),
    zipped("zip-nested", "submission/submission/submission/", ("submission/submission/submission/gan.py", gan())),
    zipped("zip-top-level", "files at the top", ("gan.py", gan()), ("flow_network.py", "")),
    zipped(
        "zip-macosx",
        "what macOS adds, with a gan.py of its own",
        ("submission/gan.py", gan()),
        ("__MACOSX/submission/._gan.py", b"\0\5\x16\7"),
        ("__MACOSX/gan.py", "raise SystemExit(0)"),
    ),
    zipped("zip-two-of-them", "two submissions in one", ("a/gan.py", gan()), ("b/gan.py", gan()), refused=True),
    zipped("zip-twice", "one name, two files", ("gan.py", gan()), ("./gan.py", "raise SystemExit"), refused=True),
    zipped("zip-file-as-folder", "a file within a file", ("gan.py", gan()), ("gan.py/evil.py", ""), refused=True),
    zipped("zip-encrypted", "entries said to be encrypted", ("gan.py", gan()), flags=1, refused=True),
    zipped("zip-without-anything", "nothing in it", refused=True),
    Attack("zip-damaged", "bits turned over everywhere", _damaged, ONE, refused=True),
    Attack("folder-link", "gan.py is a link to the neighbour's", _folder_with(_link), ONE, refused=True),
    Attack(
        "folder-pipe",
        "a pipe on which a reader waits for ever",
        _folder_with(lambda path: os.mkfifo(path / "flow_network.py")),
        ONE,
        refused=True,
    ),
    Attack("folder-deep", "folders deeper than can be walked", _folder_with(_deep), ONE),
    Attack(
        "folder-odd-names",
        "names of no encoding, and such as a shell would run",
        _folder_with(_named_oddly),
        ONE,
    ),
    Attack("folder-of-many", "thousands of files", _folder_with(_many), ONE, refused=True),
]
