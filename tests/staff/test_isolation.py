"""What a submission finds behind each wall, as told by one that looks around; and that there is never silently none."""

import contextlib
import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from staff import interpreter, isolation, scratch, written
from staff.isolation import SCRATCH, Bubblewrap, NoWall, User, wall
from staff.nest import Nest
from tests.needs import missing
from tests.submissions import ROOT, SOLVED, write

from grading.client import Failed, Worker, WorkerMissing

LOOK = """
import json, os, socket, sys, tempfile, threading, ctypes, mmap, resource

def attempt(call):
    try:
        return repr(call())
    except BaseException as error:
        return type(error).__name__

def write(path):
    with open(path, "w") as file:
        file.write("x")

def threads():
    started, stop = [], threading.Event()
    try:
        while len(started) < 200:
            thread = threading.Thread(target=stop.wait, daemon=True)
            thread.start()
            started.append(thread)
    finally:
        stop.set()
        return len(started)

walk = sorted({
    os.path.join(folder, name)
    for top in ("/", os.getcwd(), os.path.dirname(__file__))
    for folder, _, names in os.walk(top)
    if not folder.startswith("/proc")
    for name in names
})
processes = os.listdir("/proc") if os.path.isdir("/proc") else []
targets = ["/x", "/etc/x", "/dev/x", "/dev/shm/x", "/usr/lib/x", os.getcwd() + "/x", __file__, sys.prefix + "/x", TORCH]
libc = ctypes.CDLL(None, use_errno=True)
print("SEEN" + json.dumps({
    "environment": dict(os.environ),
    "ids": os.getresuid() + os.getresgid() + tuple(os.getgroups()),
    "processes": [int(name) for name in processes if name.isdigit()],
    "python_files": [
        name for name in walk if name.endswith(".py") and "site-packages" not in name and "/lib/python" not in name
    ],
    "texts": [name for name in walk if name.endswith(("CANARY", ".toml", "points.json"))],
    "home": attempt(lambda: os.listdir("/root") if os.path.isdir("/root") else []),
    "descriptors": [fd for fd in range(3, 300) if attempt(lambda: os.fstat(fd)) not in ("OSError",)],
    "scratch": attempt(lambda: write(os.path.join(tempfile.gettempdir(), "mine"))),
    "writes": {path: attempt(lambda: write(path)) for path in targets},
    "inet": attempt(socket.socket),
    "unix": attempt(lambda: socket.socket(socket.AF_UNIX)),
    "netlink": attempt(lambda: socket.socket(16, 3)),
    "fork": attempt(os.fork),
    "exec": attempt(lambda: os.execv(sys.executable, [sys.executable, "-c", ""])),
    "spawn": attempt(lambda: os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})),
    "threads": threads(),
    "ptrace": attempt(lambda: ctypes.get_errno() if libc.ptrace(0, 0, 0, 0) else "traced"),
    "chroot": attempt(lambda: os.chroot("/")),
    "nice": attempt(lambda: os.nice(-1)),
    "limits": attempt(lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000))),
    "shared_memory": attempt(lambda: mmap.mmap(-1, 4096)),
    "memory": attempt(lambda: len(bytearray(3 * 2**30))),
    "memfd": attempt(lambda: os.memfd_create("x")),
    "kill": attempt(lambda: os.kill(1, 9) if os.getpid() != 1 else None),
    "new_privileges": libc.prctl(39, 0, 0, 0, 0),
    "outlive": libc.prctl(1, 0, 0, 0, 0),
}))
""".replace("TORCH", "__import__('torch').__file__")

WALLS = [Bubblewrap, User]


def or_skip(kind):
    if lacks := kind.lacks():
        missing(f"{kind.name}: {lacks}")


pytestmark = pytest.mark.xdist_group("walls")  # so that one process looks around behind each


@contextlib.contextmanager
def forked(name, submission, memory):
    """A room in which another submission was before."""
    with Nest(name, memory) as nest:
        with Worker(nest.room(SOLVED)) as worker:
            worker.prepare("gan")
        yield nest.room(submission)


@pytest.fixture(
    scope="module",
    params=[(kind, enclose) for kind in WALLS for enclose in (wall, forked)],
    ids=lambda param: f"{param[0].name}-{param[1].__name__}",
)
def seen(request, tmp_path_factory):
    """What a submission finds that looks around."""
    kind, enclose = request.param
    or_skip(kind)
    folder = tmp_path_factory.mktemp("submission")
    (folder.parent / "CANARY").write_text("another's")
    os.environ["CANARY"] = "CANARY"
    try:
        with enclose(kind.name, write(folder / "s", gan=LOOK), 2**31) as inside, Worker(inside) as worker:
            worker.prepare("gan")
            said = worker.take_prints()
    finally:
        del os.environ["CANARY"]
    return json.loads(said.split("SEEN")[1].splitlines()[0])


def test_it_is_nobody_and_can_become_nobody_else(seen):
    assert all(number > 1000 for number in seen["ids"])
    assert seen["new_privileges"] == 1
    assert (seen["chroot"], seen["ptrace"]) == ("PermissionError", "1")


def test_it_sees_no_environment_but_its_own(seen):
    given = {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "PYTHONUTF8", "TMPDIR", "HOME"}
    given |= {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"}
    made = {"PWD", "LC_CTYPE", "KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK", "TORCHINDUCTOR_CACHE_DIR"}
    assert given <= set(seen["environment"]) <= given | made


def test_it_sees_the_interpreter_the_probes_and_itself(seen):
    own = [name for name in seen["python_files"] if "/submission/" in name]
    assert sorted(Path(name).name for name in own) == sorted(path.name for path in SOLVED.glob("*.py"))
    others = {name for name in seen["python_files"] if "/grading/" not in name and "/stage/" not in name}
    assert {name for name in others if str(ROOT) in name and ".venv" not in name} == set()
    assert not any("solution" in name or "staff" in name or "grader" in name for name in seen["python_files"])
    assert not {Path(name).name for name in seen["texts"]} & {"CANARY", "settings.toml", "points.json"}


def test_it_sees_no_process_but_its_own(seen):
    assert (
        len(seen["processes"]) <= 4
    )  # with the one that bubblewrap keeps, the one that has forked it, its housekeeper


def test_it_has_no_open_file_but_its_pipes(seen):
    assert len(seen["descriptors"]) <= 2


def test_it_writes_into_its_scratch_space_only(seen):
    assert seen["scratch"] == "None"
    assert set(seen["writes"].values()) <= {"OSError", "PermissionError", "FileNotFoundError"}


def test_it_reaches_no_network(seen):
    assert {seen[name] for name in ("inet", "unix", "netlink")} == {"PermissionError"}


def test_it_starts_no_process_and_few_threads(seen):
    assert {seen[name] for name in ("fork", "exec", "spawn")} == {"PermissionError"}
    assert 1 < seen["threads"] < 64


def test_it_cannot_take_more_than_its_share(seen):
    assert seen["memory"] == "MemoryError"
    assert {seen["shared_memory"], seen["memfd"]} <= {"OSError", "PermissionError"}
    assert seen["nice"] == "PermissionError"
    assert seen["limits"] in ("ValueError", "PermissionError")


def test_it_cannot_stop_others_or_outlive_the_grader(seen):
    assert seen["kill"] in ("PermissionError", "ProcessLookupError", "None")
    assert seen["outlive"] == -1


@pytest.mark.parametrize("kind", WALLS, ids=lambda kind: kind.name)
def test_too_many_files_end_it(kind, tmp_path):
    or_skip(kind)
    code = """
import os, tempfile
def loss_nonsaturating_g(*_, **__):
    for k in range(10_000):
        with open(os.path.join(tempfile.gettempdir(), f"{k}"), "wb") as file:
            file.write(bytes(2**20))
"""
    with wall(kind.name, write(tmp_path / "s", gan=code)) as inside, Worker(inside) as worker:
        worker.prepare("gan")
        with pytest.raises(Failed, match=r"wrote more than 64 MB|No space left"):
            worker.ask("gan.draws", 20, function="loss_nonsaturating_g", **draws())
        used = sum(path.stat().st_size for path in inside._folder.rglob("*") if path.is_file())
    assert used < 20 * SCRATCH
    assert not inside._folder.exists()


@pytest.mark.parametrize("enclose", [wall, forked])
def test_nothing_is_moved_while_files_are_counted_and_it_goes_on_afterwards(enclose, tmp_path, monkeypatch):
    or_skip(User)
    code = """
import os, threading, time
os.chdir(os.environ["TMPDIR"])
os.mkdir("a"), os.mkdir("b")
def move(name):
    os.mkdir("a/" + name)
    while True:
        os.rename("a/" + name, "b/" + name), os.rename("b/" + name, "a/" + name)
for name in ("h1", "h2", "h3"):
    threading.Thread(target=move, args=(name,), daemon=True).start()
while not os.path.exists("enough"):
    time.sleep(0.01)
"""
    counted, places = written.excess, []

    def looked(folder):
        places.append([sorted(map(str, folder.rglob("h?"))) for _ in range(20)])
        if len(places) >= 5 and len(places[-1][0]) == 3 and len({tuple(some[0]) for some in places}) > 1:
            Path(places[-1][0][0]).parent.with_name("enough").touch()
        return counted(folder)

    monkeypatch.setattr(written, "excess", looked)
    with enclose("user", write(tmp_path / "s", gan=code), isolation.MEMORY) as inside, Worker(inside) as worker:
        worker.prepare("gan")
        assert worker.take_prints() == ""
    assert len(places) >= 5
    assert all(place == some[0] and len(place) <= 3 for some in places for place in some)
    assert len(places[-1][0]) == 3 and len({tuple(some[0]) for some in places}) > 1


def draws():
    from grading.mixtures import images_that_tell

    real, images = images_that_tell(4)
    return {"wanted": "z", "real": real, "images": images}


@pytest.mark.parametrize("kind", WALLS, ids=lambda kind: kind.name)
def test_nothing_runs_on_when_the_grader_is_killed(kind, tmp_path):
    or_skip(kind)
    write(tmp_path / "s", gan="import time\nprint('here', flush=True)\ntime.sleep(1000)")
    script = f"""
import staff, sys
from staff.isolation import wall
from grading.client import Worker
with wall({kind.name!r}, {str(tmp_path / "s")!r}) as inside, Worker(inside) as worker:
    worker.wait()
    print(inside.uid, flush=True)
    worker.prepare("gan")
"""
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    uid = process.stdout.readline().strip()
    assert owned_by(uid)
    process.kill()
    process.wait()
    ends = time.monotonic() + 20
    while owned_by(uid) and time.monotonic() < ends:
        time.sleep(0.05)
    assert owned_by(uid) == []


def owned_by(uid):
    """The processes of a user, by the kernel's list."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
        except OSError:
            continue
        if f"\nUid:\t{uid}\t" in status and "\nState:\tZ" not in status:
            found.append(folder.name)
    return found


@pytest.mark.parametrize("python", ["../link/bin/python", "link/bin/python"])
def test_an_environment_reached_by_links_is_one(tmp_path, python):
    or_skip(Bubblewrap)
    (tmp_path / "link").symlink_to(sys.prefix)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link").symlink_to(tmp_path / "link")
    script = f"""
import staff
from staff.isolation import wall
from grading.client import Worker
with wall("bubblewrap", {str(SOLVED)!r}) as inside, Worker(inside) as worker:
    worker.prepare("gan")
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command, cwd = [python, "-c", script], tmp_path / "other"
    run = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_without_a_wall_nothing_is_run(monkeypatch, tmp_path):
    monkeypatch.setattr(isolation.shutil, "which", lambda name: None)
    monkeypatch.setattr(isolation.os, "geteuid", lambda: 1000)
    with pytest.raises(NoWall) as error:
        wall("any", SOLVED)
    assert "bubblewrap: the program bwrap" in str(error.value)
    assert "user: only root can" in str(error.value)


def test_a_wall_that_is_demanded_is_not_replaced_by_another(monkeypatch):
    monkeypatch.setattr(isolation.shutil, "which", lambda name: None)
    with pytest.raises(NoWall, match="bubblewrap: the program bwrap"):
        wall("bubblewrap", SOLVED)


@pytest.mark.parametrize("call", ["socket", "shmctl"])
def test_a_wall_that_does_not_hold_is_not_believed(tmp_path, monkeypatch, call):
    """The process feels the wall before it takes the submission in: here, a filter that lets something through."""
    or_skip(Bubblewrap)
    from staff import syscalls

    monkeypatch.setattr(syscalls, "_REFUSED", [name for name in syscalls._REFUSED if name != call])
    with (
        wall("bubblewrap", write(tmp_path / "s")) as inside,
        Worker(inside) as worker,
        pytest.raises(WorkerMissing) as no,
    ):
        worker.wait()
    assert f"The wall does not hold: {call}" in str(no.value)


def test_what_killed_graders_left_is_cleared_away_and_nothing_else(tmp_path, monkeypatch):
    or_skip(Bubblewrap)
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    names = f"{scratch.PREFIX}left", f"{scratch.PREFIX}young", "grading-hw3"
    left, young, others = (tmp_path / name for name in names)
    for folder in (left, young, others):
        (folder / "stage").mkdir(parents=True)
    long_ago = time.time() - 2 * scratch.NEW_SECONDS
    with wall("bubblewrap", SOLVED):
        (held,) = set(tmp_path.iterdir()) - {left, young, others}
        for folder in (left, others, held):
            os.utime(folder, (long_ago, long_ago))
        with wall("bubblewrap", SOLVED):
            assert {left, young, others, held} & set(tmp_path.iterdir()) == {young, others, held}
    assert set(tmp_path.iterdir()) == {young, others}


@pytest.mark.parametrize(("kind", "last"), [(Bubblewrap, "chmod"), (User, "chown")], ids=["bubblewrap", "user"])
def test_a_wall_that_cannot_be_made_leaves_no_folder_and_no_file_open(kind, last, tmp_path, monkeypatch):
    or_skip(kind)

    def full(*_, **__):
        assert list(tmp_path.iterdir())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kind, "_home", lambda _: tmp_path)  # where nobody else makes and removes any
    wall(kind.name, SOLVED).close()
    monkeypatch.setattr(os, last, full)
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="No space"):
        wall(kind.name, SOLVED)
    assert not list(tmp_path.iterdir()) and before == sorted(os.listdir("/proc/self/fd"))


def test_no_two_walls_that_stand_at_once_have_the_same_user(monkeypatch):
    """Else one submission could end the other: of 66 at once, on 64 cores, two would draw the same in 4 runs of 10."""
    or_skip(User)
    monkeypatch.setattr(isolation, "UIDS", range(isolation.UIDS.stop, isolation.UIDS.stop + 3))  # nobody else's
    with contextlib.ExitStack() as stack:
        uids = [stack.enter_context(User(None, isolation.MEMORY)).uid for _ in range(3)]
        assert len(set(uids)) == 3
        with pytest.raises(NoWall, match="no user is free"):
            User(None, isolation.MEMORY)
    with User(None, isolation.MEMORY) as wall:  # they are given back
        assert wall.uid in uids


def test_of_a_systems_python_no_more_is_shown_than_it_needs(monkeypatch):
    """Behind no wall is there the whole of /usr."""
    monkeypatch.setattr(sys, "prefix", "/usr")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert not {Path("/usr"), Path("/usr/local"), Path("/")} & set(interpreter.trees())
