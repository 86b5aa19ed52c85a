"""Makes dist/autograder.zip for Gradescope: scripts, grader and answers, readable to root alone there.

python -m staff.bundle
"""

import argparse
import stat
import sys
import tempfile
import zipfile
from pathlib import Path

import grader
from staff import SOURCE, settings
from staff.isolation import SERVED

ROOT = SOURCE.parent
MODULES = "__init__ confine grade hatch interpreter isolation jail processes scratch settings syscalls written"
HELD = (
    "points.json",
    "pyproject.toml",
    "src/grader.py",
    "src/graderUtil.py",
    "src/grading/*.py",
    "src/grading/problems/*.py",
    "src/solution/*.py",
    *(f"staff/{name}.py" for name in MODULES.split()),
    "staff/settings.toml",
)
SCRIPTS = ("setup.sh", "run_autograder")  # staff/gradescope/, at the root of the zip


def held():
    """{name in the zip: file}, sorted by name."""
    files = {path.relative_to(ROOT).as_posix(): path for pattern in HELD for path in ROOT.glob(pattern)}
    files |= {f"src/{name}": SOURCE / name for name in SERVED}
    files |= {name: ROOT / "staff" / "gradescope" / name for name in SCRIPTS}
    return dict(sorted(files.items()))


def write(path):
    """Writes the zip; the same files give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in held().items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | (0o700 if name in SCRIPTS else 0o600)) << 16
            archive.writestr(info, file.read_bytes().replace(b"\r\n", b"\n"))


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m staff.bundle", description="Makes the zip for Gradescope.")
    parser.parse_args(arguments)
    try:
        chosen = settings.load()
    except settings.Unsettled as error:
        sys.exit(str(error))
    grader.load_points()  # the server would stop at what it stops at
    path = ROOT / "dist" / "autograder.zip"
    path.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=path.parent) as folder:
        beside = Path(folder, path.name)
        write(beside)
        beside.replace(path)
    print(
        f"dist/autograder.zip: {len(held())} files; hidden tests are {chosen.hidden_visibility}, wall: {chosen.wall}."
    )


if __name__ == "__main__":
    main()
