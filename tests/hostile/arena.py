"""Where an attack is let loose: a copy of the grader with secrets around it, and a look at everything afterwards.

Secrets are random words: behind every line of the answers, in the environment, in the home folder, in a neighbour's
submission in its folder and behind its wall.
"""

import base64
import contextlib
import ctypes
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema
from staff import isolation

from graderUtil import UNFINISHED

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SCHEMA = json.loads((ROOT / "tests" / "gradescope.schema.json").read_text())
WALLS = ("bubblewrap", "user", "bubblewrap-forked", "user-forked")  # a worker of its own, or a forked one
UIDS = range(61184, 65184)  # users that exist behind walls only
PR_SET_CHILD_SUBREAPER = 36
GRADERS_MEMORY = 400 * 2**20  # NumPy and the largest of replies; PyTorch is not loaded there
RESULT_BYTES = 2**20


@dataclass
class Bout:
    """How an attack went.

    Args:
        breaches: {kind: what was seen}, kinds as in KINDS.
    """

    attack: str
    wall: str
    happened: str
    score: float
    seconds: float
    breaches: list = field(default_factory=list)


# What must not happen, as the totals call it.
KINDS = ("points gained", "secrets seen", "files changed", "processes left", "invalid results", "got through")


def lacks(wall):
    """Why a wall is not to be had on this machine, or ""."""
    kind = {"bubblewrap": isolation.Bubblewrap, "user": isolation.User}[plain(wall)]
    return kind.lacks()


def plain(wall):
    """The wall's name, whichever way workers come to be behind it."""
    return wall.removesuffix("-forked")


def fight(attack, wall):
    """Grades an attack behind a wall; returns a `Bout`.

    Args:
        wall: one of WALLS, or "none" for no wall at all.
    """
    folder = Path(tempfile.mkdtemp(prefix="arena-"))
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(_adopting_orphans())
            return _Arena(folder, wall, stack).fight(attack)
    finally:
        subprocess.run(["rm", "-rf", "--", str(folder)])  # deeper than Python can follow


class _Arena:
    def __init__(self, folder, wall, stack):
        self.wall, self.marker, self.folder = wall, "m" + secrets.token_hex(8), folder
        # Nothing here may depend on the folder's own permissions: the wall is to hold.
        folder.chmod(0o755)
        self.repo, self.home, self.results = folder / "repo", folder / "home", folder / "results"
        self.submissions, self.temporary = folder / "submissions", folder / "tmp"
        self.secrets = {
            name: secrets.token_hex(12) for name in ("answers", "staff", "environment", "home", "neighbour")
        }
        for path in (self.repo, self.home, self.results, self.submissions, self.temporary):
            path.mkdir()
        self._copy_grader()
        (self.home / ".secret").write_text(self.secrets["home"])
        neighbour = self.submissions / "neighbour"
        neighbour.mkdir()
        for name in ("gan.py", "flow_network.py"):
            (neighbour / name).write_text(f"# {self.secrets['neighbour']}\n")
        self.listener = stack.enter_context(_Listener(folder / "socket"))
        if wall != "none":
            stack.enter_context(isolation.wall(plain(wall), neighbour))

    def _copy_grader(self):
        ignore = shutil.ignore_patterns("__pycache__", "*.pt", "maf*", "gan_*")
        for name in ("src", "staff"):
            shutil.copytree(ROOT / name, self.repo / name, ignore=ignore)
        shutil.copy(ROOT / "points.json", self.repo)
        shutil.copy(HERE / "bout.py", self.repo)
        (self.repo / ".jail-lock").touch()  # which graders share
        for path in (self.repo / "src" / "solution").glob("*.py"):
            path.write_text(_behind_lines(path.read_text(), self.secrets["answers"]))
        for path in (self.repo / "staff" / "mistakes").glob("*.py"):
            path.write_text(path.read_text() + f"# {self.secrets['staff']}\n")
        if plain(self.wall) == "user":
            (self.repo / ".jail").symlink_to(isolation.jail())

    def fight(self, attack):
        submission = self._hand_in(attack)
        self.children = set(_children())
        before, began = self._look(), time.perf_counter()
        run = self._grade(attack, submission)
        seconds = time.perf_counter() - began
        bout = Bout(attack.name, self.wall, "", 0, seconds)
        result = self._read_result()
        bout.happened = _in_a_few_words(run, result)
        bout.score = result.get("score", 0) if result else 0
        self._judge(bout, attack, run, result)
        bout.breaches += [("files changed", text) for text in _differences(before, self._look())]
        bout.breaches += [("files changed", text) for text in self._litter()]
        bout.breaches += [("processes left", text) for text in _orphans(self.children)]
        bout.breaches += [("got through", text) for text in self.listener.heard]
        if attack.afterwards:
            self._grade_another(bout, attack)
        return bout

    def _hand_in(self, attack):
        if callable(attack.files):
            return attack.files(self.submissions / "attack")
        folder = self.submissions / "attack"
        for name, text in attack.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else self._filled(text).encode())
        return folder

    def _filled(self, text):
        known = {
            "MARKER": self.marker,
            "ROOT": self.repo,
            "HOME": self.home,
            "RESULTS": self.results,
            "NEIGHBOUR": self.submissions / "neighbour",
            "PORT": self.listener.port,
            "SOCKET": self.listener.path,
        }
        return re.sub(r"@([A-Z]+)@", lambda match: str(known[match[1]]), text)

    def _grade(self, attack, submission):
        command = [sys.executable, "-B", "-m", "bout", ",".join(attack.tests), self.wall, str(self.folder / "peak")]
        command += [str(submission), "--out", str(self.results / "results.json"), "--seed", str(secrets.randbits(32))]
        environment = {
            # Nothing else of this machine's: an attack without a wall would see it.
            **{name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ},
            "SECRET_TOKEN": self.secrets["environment"],
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "ARENA": self.marker,
            "OMP_NUM_THREADS": "1",
        }
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                command, cwd=self.repo, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
            )
            try:
                status = process.wait(timeout=attack.seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                status = None
            out.seek(0)
            errors.seek(0)
            return _Run(status, out.read(), errors.read())

    def _read_result(self):
        try:
            return json.loads((self.results / "results.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _judge(self, bout, attack, run, result):
        """What came out is looked at, byte by byte."""

        def breach(kind, text):
            bout.breaches.append((kind, text))

        file = self.results / "results.json"
        written = file.read_bytes() if file.is_file() else b""
        for name, secret in self.secrets.items():
            if any(form in place for form in _forms(secret) for place in (written, run.out, run.errors)):
                breach("secrets seen", f"of {name}")
        if f"{self.marker}-hidden".encode() in written:
            breach("secrets seen", "a hidden case, by a student")
        if f"{self.marker}-pierced".encode() in run.out:
            breach("got through", re.search(rb"-pierced:? ?([^\n]{0,80})", run.out)[1].decode(errors="replace"))
        if bout.score > attack.honest:
            breach("points gained", f"{bout.score:g}, where {attack.honest:g} is earned honestly")
        for text in _flaws_of_result(attack, result, len(written)):
            breach("invalid results", text)
        for text in _flaws_of_run(attack, run):
            breach("invalid results", text)
        with contextlib.suppress(OSError):
            peak = int((self.folder / "peak").read_text())
            if peak > GRADERS_MEMORY:
                breach("invalid results", f"the grader took {peak >> 20} MB of memory")

    def _look(self):
        """{path: (size, time, digest)} of everything that an attack has no business with."""
        seen = {}
        for root in (self.repo, self.home, self.submissions, self.results, *_installed()):
            for path in _below(root):
                if path.name in ("results.json", ".jail", ".jail-lock") or path.is_symlink():
                    continue
                with contextlib.suppress(OSError):
                    status = path.stat()
                    small = path.is_file() and status.st_size < 100_000
                    digest = hashlib.sha1(path.read_bytes()).hexdigest() if small else ""
                    size = status.st_size if path.is_file() else 0
                    moment = status.st_mtime_ns if path not in (self.results,) else 0  # its file is replaced
                    seen[str(path)] = (status.st_mode, status.st_uid, size, moment, digest)
        return seen

    def _litter(self):
        """What the grader or the submission left lying about."""
        yield from (f"{path.name} left in the folder for temporary files" for path in self.temporary.iterdir())
        for folder in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/"):
            with contextlib.suppress(OSError):
                for entry in os.scandir(folder):
                    with contextlib.suppress(OSError):
                        if self.marker in entry.name or entry.stat(follow_symlinks=False).st_uid in UIDS:
                            yield entry.path
        if plain(self.wall) == "user":
            for path in isolation.jail().glob("run/*/stage/submission/*.py"):
                with contextlib.suppress(OSError):
                    if self.marker in path.read_text(errors="replace"):
                        yield str(path)

    def _grade_another(self, bout, attack):
        solved = self.submissions / "solved"
        shutil.copytree(ROOT / "src" / "submission", solved, ignore=shutil.ignore_patterns("__pycache__"))
        (self.results / "results.json").unlink(missing_ok=True)
        run = self._grade(attack, solved)
        result = self._read_result()
        if not result or any(test["status"] != "passed" for test in result["tests"]):
            bout.breaches.append(("invalid results", f"the next submission: {_in_a_few_words(run, result)}"))


@dataclass
class _Run:
    """A grading that has ended: its exit status, None if it had to be ended, and what it wrote."""

    status: int | None
    out: bytes
    errors: bytes


class _Listener:
    """Listens on a port, by TCP and UDP, and on a socket in a folder; `heard` has a line for each that called."""

    def __init__(self, path):
        self.path, self.heard, self._sockets = path, [], []
        tcp = self._listen(socket.socket(socket.AF_INET, socket.SOCK_STREAM), ("127.0.0.1", 0))
        self.port = tcp.getsockname()[1]
        with contextlib.suppress(OSError):
            self._listen(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), ("127.0.0.1", self.port))
        self._listen(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), str(path))
        path.chmod(0o777)

    def _listen(self, made, address):
        made.bind(address)
        if made.type == socket.SOCK_STREAM:
            made.listen()
        made.settimeout(0.1)
        self._sockets.append(made)
        return made

    def __enter__(self):
        self._open = True
        self._threads = [threading.Thread(target=self._wait, args=(made,), daemon=True) for made in self._sockets]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._open = False
        for thread in self._threads:
            thread.join()
        for made in self._sockets:
            made.close()

    def _wait(self, made):
        while self._open:
            with contextlib.suppress(TimeoutError):
                if made.type == socket.SOCK_DGRAM:
                    made.recvfrom(100)
                else:
                    made.accept()[0].close()
                self.heard.append(f"a call by {made.family.name}, {made.type.name}")


def _behind_lines(text, secret):
    """Python code with a comment behind each line that is code."""
    lines, inside = [], False
    for line in text.splitlines():
        quotes = line.count('"""')
        lines.append(line if inside or quotes or not line.strip() else f"{line}  # {secret}")
        inside ^= quotes % 2 == 1
    return "\n".join(lines) + "\n"


def _forms(secret):
    """How a secret may be written: as it is, backwards, in hexadecimal, in base64 wherever it begins."""
    data = secret.encode()
    yield from (data, data[::-1], data.hex().encode())
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + data)
        yield coded[4 if shift else 0 : len(coded) // 4 * 4 - 4]


def _flaws_of_result(attack, result, size):
    """What is wrong with results.json."""
    if result is None:
        return ["there is no results.json"]
    found = [error.message[:200] for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(result)]
    if found:
        return found
    numbers = [test["number"] for test in result["tests"]]
    if sorted(numbers) != sorted(attack.tests):
        found.append(f"it has the tests {numbers}")
    if result["output"] == UNFINISHED:
        found.append("it was never finished")
    if size > RESULT_BYTES:
        found.append(f"results.json has {size} bytes")
    for text in [result["output"], *(test["output"] for test in result["tests"])]:
        if bad := _unprintable(text):
            found.append(f"{bad!r} in results.json")
        if "Traceback" in text and "graderUtil.py" in text:
            found.append("a traceback of the grader's for the student")
    if not attack.refused and any("not run" in test["output"].lower() for test in result["tests"]):
        found.append("a test was not run")
    return found


def _flaws_of_run(attack, run):
    """What is wrong with the exit status, or with what a terminal or a log was shown."""
    wanted = 2 if attack.refused else 0
    if run.status != wanted:
        yield "it did not end in time" if run.status is None else f"exit status {run.status}"
    out, errors = run.out.decode(errors="replace"), run.errors.decode(errors="replace")
    if bad := _unprintable(out + errors):
        yield f"{bad!r} on the terminal"
    if "Traceback" in errors:
        yield f"the grader stopped: {errors.strip().splitlines()[-1][:200]}"
    if re.search(r'^  File ".*graderUtil\.py", line', out, re.M):
        yield f"the grader stumbled: {_stumble(out)}"
    if attack.refused:
        return
    lines = out.splitlines()
    ends = [line for line in lines if line.startswith("----- END")]
    starts = [line for line in lines if line.startswith("----- START")]
    if len(ends) != len(attack.tests) or len(starts) != len(attack.tests):
        yield f"{len(starts)} lines of START and {len(ends)} of END for {len(attack.tests)} tests"
    for word in ("Total:", "Behind the wall"):
        if sum(line.startswith(word) for line in lines) != 1:
            yield f"{sum(line.startswith(word) for line in lines)} lines that begin with {word}"


def _stumble(out):
    """The last line of the first traceback."""
    lines = out[out.index("Traceback (") :].splitlines()[1:]
    return next((line for line in lines if line and not line.startswith(" ")), "")[:200]


def _unprintable(text):
    return next((c for c in text if not (c in "\n\t" or c.isprintable() or c == "\N{REPLACEMENT CHARACTER}")), "")


def _in_a_few_words(run, result):
    """The first line of what the first test, or the grader, says."""
    if run.status is None:
        return "had to be ended"
    tests = result["tests"] if result else []
    texts = [test["output"] for test in tests if test["output"].strip()]
    if run.status or not texts:
        texts = [run.errors.decode(errors="replace").strip() or (result or {}).get("output") or "nothing"]
    lines = [line.strip() for line in texts[0].splitlines() if line.strip()]
    told = [line for line in lines if re.match(r"[A-Za-z]+(Error|Exit|Exception)\b", line)]
    told += [line for line in lines if re.search(r"process|too long|must|took|sent|Error|not written|refused", line)]
    return ascii((told or lines or [""])[0])[1:-1][:200]


def _below(path):
    """A path and all that lies within, however deep."""
    paths = [path]
    while paths:
        path = paths.pop()
        yield path
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                paths += [Path(entry.path) for entry in os.scandir(path)]


def _differences(before, after):
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            change = "changed" if path in before and path in after else "gone" if path in before else "new"
            yield f"{path} is {change}"


def _installed():
    """Some files that the interpreter shares with what runs behind a wall."""
    import ctypes.util

    import numpy

    return [Path(module.__file__) for module in (os, json, numpy, ctypes.util)]


@contextlib.contextmanager
def _adopting_orphans():
    """Within it, processes whose parent has ended become children of this one, so that none is overlooked."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0)


def _orphans(besides):
    """Ends what is left of a grading; returns a line for each process that was still alive after a second."""
    ends = time.monotonic() + 1
    while (alive := _children(besides)) and time.monotonic() < ends:
        time.sleep(0.05)
    for pid in alive:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return [f"{pid} {name}" for pid, name in alive.items()]


def _children(besides=()):
    """{pid: name} of this process's children, besides some; ended ones are buried."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = path.read_text().rpartition(")")
            state, parent = rest.split()[:2]
            pid = int(path.parent.name)
            if int(parent) != os.getpid() or pid in besides:
                continue
            if state == "Z":
                os.waitpid(pid, os.WNOHANG)
            else:
                found[pid] = name.partition("(")[2]
    return found
