"""What is imported without a look for garbage is not looked through later, and garbage is looked for as before; who
leaves at once loses nothing."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imports import uncollected

SRC = Path(__file__).resolve().parent.parent / "src"


def test_what_was_there_is_looked_through_no_more_but_what_comes_after_is():
    before = gc.get_freeze_count()
    with uncollected():
        assert not gc.isenabled()
        kept = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)
    ring = []
    ring.append(ring)
    del ring
    assert gc.collect() > 0


def test_an_import_that_fails_leaves_it_on():
    with pytest.raises(ImportError), uncollected():
        import nothing_of_this_name  # noqa: F401
    assert gc.isenabled()


def test_training_frees_what_goes_in_rings():
    code = "import gc, main; status = main.main(['--cache']); assert gc.isenabled() and gc.get_freeze_count() > 100_000"
    subprocess.run([sys.executable, "-c", code], cwd=SRC, check=True, timeout=300)


LEAVING = """
import atexit, threading
from pathlib import Path
from imports import leave, uncollected
with uncollected():
    import torch
    frozen = open("frozen.txt", "w")
frozen.write("written")
class Holder: pass
ring = Holder()
ring.itself, ring.file = ring, open("ring.bin", "wb")
ring.file.write(b"written")
del ring
closed = open("closed.txt", "w")
closed.write("written")
closed.close()
atexit.register(Path("asked for.txt").write_text, "written")
threading.Timer(0.5, Path("late.txt").write_text, ["written"]).start()
print("printed")
leave(3)
"""


def test_who_leaves_at_once_has_written_everything(tmp_path):
    command = [sys.executable, "-c", LEAVING]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": SRC}, capture_output=True, text=True)
    assert done.returncode == 3 and done.stdout == "printed\n", done.stderr
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == dict.fromkeys(("frozen.txt", "ring.bin", "closed.txt", "asked for.txt", "late.txt"), "written")
