"""A bare folder that is the root of the file system to a submission behind the wall `user`."""

import fcntl
import os
import shutil
from pathlib import Path

from staff import interpreter

HOME = Path(__file__).resolve().parent.parent
# Not /dev/zero: memory mapped from it is counted by no limit.
DEVICES = {"/dev/null": 3, "/dev/urandom": 9}


def jail():
    """A folder with the interpreter, its packages and the system's libraries under their own names, made once."""
    versions = [f"{path} {path.stat().st_mtime_ns}" for path in (*interpreter.trees(), *interpreter.libraries())]
    versions += [f"{path} {os.stat(path).st_mtime_ns}" for path in interpreter.packages() if os.path.exists(path)]
    folder, stamp = HOME / ".jail", "\n".join(versions)
    with open(HOME / ".jail-lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two graders may begin at once
        if not (folder / "stamp").exists() or (folder / "stamp").read_text() != stamp:
            beside = folder.with_name(".jail-new")
            shutil.rmtree(beside, ignore_errors=True)
            _furnish(beside)
            (beside / "stamp").write_text(stamp)
            (beside / "stamp").chmod(0o600)
            shutil.rmtree(folder, ignore_errors=True)
            beside.rename(folder)
    return folder


def _furnish(folder):
    for path in (*interpreter.trees(), *interpreter.libraries()):
        inside = folder / path.relative_to("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            inside.symlink_to(os.readlink(path))
        elif path.is_file():
            _link(path, inside)
        elif path in interpreter.libraries():
            _link_libraries(path, inside)
        else:
            shutil.copytree(path, inside, symlinks=True, copy_function=_link, dirs_exist_ok=True)
    (folder / "run").mkdir()
    (folder / "run").chmod(0o711)
    # Without these PyTorch does not know what the processor can do.
    for name in ("proc/cpuinfo", "sys/devices/system/cpu/possible", "sys/devices/system/cpu/present"):
        inside = folder / name
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_bytes(Path("/", name).read_bytes())
        inside.chmod(0o644)  # whatever the umask
    (folder / "dev").mkdir()
    for name, minor in DEVICES.items():
        device = folder / name.lstrip("/")
        os.mknod(device, 0o666 | 0o020000, os.makedev(1, minor))
        device.chmod(0o666)
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink() and path.name != "run":
            path.chmod(0o755)
    folder.chmod(0o711)


def _link_libraries(folder, inside):
    """The libraries in a folder and in those within it; not all else that is kept there."""
    for path in (*folder.glob("*.so*"), *folder.glob("*/*.so*")):
        target = inside / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            target.symlink_to(os.readlink(path))
        elif path.is_file():
            _link(path, target)


def _link(source, target):
    """Another name for the same file, or a copy where that cannot be."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target
