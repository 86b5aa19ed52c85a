"""Looking for answers, for the cases of hidden tests, for what others handed in, and saying what was found."""

from tests.hostile.attack import SERVE, TELL, Attack, at_import, gan, in_call

# Reads the ends of files: there the answers' lines carry their secret too.
READ = (
    TELL
    + """
def tail(path, size=200):
    try:
        with open(path, "rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - size))
            return file.read().decode(errors="replace")
    except OSError as error:
        return ""
"""
)


def looks(name, what, code, **more):
    """A spy that looks when it is imported, prints what it finds, and raises it."""
    return at_import(name, what, READ + "\nfound = ''\n" + code + "\ntell(found)\nraise RuntimeError(found)", **more)


ATTACKS = [
    looks(
        "import-the-answers",
        "imports the answers, and the staff's side",
        """
import importlib
sys.path[:0] = ["@ROOT@/src", "@ROOT@", "..", "../..", "/autograder/source/src"]
for name in ("solution", "solution.gan", "solution.flow_network", "staff.mistakes.made_forward", "grader"):
    try:
        module = importlib.import_module(name)
        found += name + tail(module.__file__)
    except ImportError as error:
        found += f"{name}: {error}\\n"
""",
        tests=("2b-0-basic",),
    ),
    looks(
        "paths-that-are-known",
        "opens the grader's files, the home folder and the neighbour's by their names",
        """
for path in ("@ROOT@/src/solution/gan.py", "@ROOT@/staff/mistakes/made_forward.py", "@HOME@/.secret",
             "@NEIGHBOUR@/gan.py", "/etc/shadow", "/proc/self/root@HOME@/.secret", "/proc/1/root@HOME@/.secret",
             "/proc/self/cwd/../../../..@HOME@/.secret", "../" * 20 + "@HOME@/.secret", "@ROOT@/points.json"):
    found += tail(path)
""",
        tests=("2b-0-basic",),
    ),
    looks(
        "walk-everything",
        "walks every folder that is to be seen, for as long as there is time",
        """
ends = time.monotonic() + 15
for root in ("@ROOT@", "@HOME@", "@NEIGHBOUR@", "/run", "/tmp", "/root", "/home", "/var", "/autograder", "/"):
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in ("torch", "site-packages", "proc", "sys", "nvidia", "lib")]
        if time.monotonic() > ends:
            break
        for name in files:
            if name in (".secret", "points.json", "results.json", "made_forward.py") or (
                "solution" in folder and name.endswith(".py") or name == "gan.py" and "probes" not in folder):
                found += folder + name + tail(os.path.join(folder, name), 60)
""",
        tests=("2b-0-basic",),
    ),
    looks(
        "environments",
        "the environment, its own and that of every process",
        """
found += repr(dict(os.environ))
for pid in os.listdir("/proc") if os.path.isdir("/proc") else range(1, 40000):
    for name in ("environ", "cmdline"):
        text = tail(f"/proc/{pid}/{name}", 4000)
        if "SECRET" in text or "solution" in text:
            found += text[text.find("SECRET_TOKEN"):][:100]
""",
        tests=("2b-0-basic",),
    ),
    looks(
        "memory-of-the-parent",
        "reads the grader's memory through /proc, and by process_vm_readv",
        """
import ctypes, re
for pid in {os.getppid(), 1, os.getpid() - 1, os.getpid() - 2}:
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                start, end = (int(text, 16) for text in line.split()[0].split("-"))
                if "[heap]" in line or "[stack]" in line:
                    memory.seek(start)
                    data = memory.read(min(end - start, 10**7))
                    at = data.find(b"SECRET_TOKEN=")
                    found += data[at : at + 80].decode(errors="replace") if at >= 0 else ""
    except (OSError, ValueError, OverflowError) as error:
        found += f"{pid}: {error}\\n"
    class Slice(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
    mine = ctypes.create_string_buffer(16)
    here, there = Slice(ctypes.addressof(mine), 16), Slice(0x400000, 16)
    libc = ctypes.CDLL(None)
    if pid != os.getpid() and libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0:
        pierced("process_vm_readv")
""",
        tests=("2b-0-basic",),
    ),
    looks(
        "frames-and-objects",
        "every frame, every object of the collector, every module, for what looks like an answer",
        """
import gc, threading
for frame in sys._current_frames().values():
    while frame:
        found += " ".join(key for key in frame.f_locals if "answer" in key or "solution" in key)
        frame = frame.f_back
for thing in gc.get_objects():
    try:
        if type(thing).__name__ == "module" and "solution" in thing.__name__:
            found += tail(thing.__file__)
        if type(thing) is dict and "SECRET_TOKEN" in thing:
            found += repr(thing["SECRET_TOKEN"])
    except Exception:
        pass
""",
        tests=("2b-0-basic",),
    ),
    in_call(
        "frames-of-the-caller",
        "the locals of all that called it, for the answer to this question",
        """
        frame, found = sys._getframe(), ""
        while frame:
            for key, value in frame.f_locals.items():
                if key in ("answer", "expected", "solution", "right", "answers"):
                    found += f"{key}={value}"
                    pierced(key)
            frame = frame.f_back
        tell(found)
        raise RuntimeError(found)
        """,
        READ,
    ),
    looks(
        "open-descriptors",
        "reads every descriptor that it has inherited, and reopens each by /proc and /dev",
        """
for handle in range(256):
    for path in (f"/proc/self/fd/{handle}", f"/dev/fd/{handle}"):
        try:
            found += f"{handle} {os.readlink(path)} "
            name = os.readlink(path)
            if name.startswith("/") and "dev" not in name:
                found += tail(name)
        except OSError:
            pass
    try:
        status = os.fstat(handle)
        import stat
        if stat.S_ISDIR(status.st_mode):
            pierced("a folder is open")
            os.fchdir(handle)
            found += str(os.listdir("."))
        if stat.S_ISREG(status.st_mode):
            found += os.pread(handle, 500, 0).decode(errors="replace")
    except OSError:
        pass
""",
        tests=("2b-0-basic",),
    ),
    looks(
        "core-dumps",
        "asks for core dumps of any size, crashes a thread's worth of state, looks where cores are kept",
        """
import resource
try:
    resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
    pierced("core dumps are allowed")
except (ValueError, OSError) as error:
    found += str(error)
found += tail("/proc/sys/kernel/core_pattern")
import glob
for path in glob.glob("/var/crash/*") + glob.glob("/var/lib/systemd/coredump/*") + glob.glob("/tmp/core*"):
    found += path + tail(path)
""",
        tests=("2b-0-basic",),
    ),
    looks(
        "links-out-of-scratch",
        "links, hard and soft, from its scratch space to what it may not see",
        """
import tempfile
for index, path in enumerate(("@ROOT@/src/solution/gan.py", "@HOME@/.secret", "/etc/shadow", "@NEIGHBOUR@/gan.py")):
    for make in (os.link, os.symlink):
        name = os.path.join(os.environ["TMPDIR"], f"{make.__name__}{index}")
        try:
            make(path, name)
            found += tail(name)
        except OSError as error:
            found += f"{error}\\n"
""",
        tests=("2b-0-basic",),
    ),
    looks(
        "kernel-interfaces",
        "the kernel's own accounts: messages, keys, symbols, mounts, other processes",
        """
for path in ("/proc/kmsg", "/dev/kmsg", "/proc/kcore", "/proc/keys", "/proc/kallsyms", "/proc/sched_debug",
             "/sys/kernel/debug/sched/debug", "/proc/1/environ", "/proc/1/cwd/.secret", "/dev/mem", "/dev/sda"):
    text = tail(path, 500)
    if path in ("/proc/kmsg", "/dev/kmsg", "/proc/kcore", "/dev/mem", "/dev/sda") and text:
        pierced(path)
    found += text
for pid in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
    if pid.isdigit():
        found += tail(f"/proc/{pid}/cmdline").replace("\\0", " ")
        if "results.json" in found:
            pierced("the grader is in sight")
""",
        tests=("2b-0-basic",),
    ),
    in_call(
        "timing-of-the-check",
        "measures how long the grader takes over a reply, for replies ever nearer to a guess",
        """
        now = time.perf_counter()
        print(now - getattr(torch, "_last", now), time.process_time(), time.get_clock_info("perf_counter").resolution)
        torch._last = now
        return d(x_real).mean() * 0 + 1.45
        """,
    ),
    Attack(
        "whisper-hidden-cases",
        "remembers hidden cases and says them in every way: prints, errors, names, later answers",
        {
            "gan.py": gan(
                """
                import atexit
                words = []

                def whisper(x):
                    if len(x) != 3:
                        words.append("@MARKER@-hidden " + str(x.flatten()[:3].tolist()))
                    if words:
                        print(words[-1])
                        sys.stderr.write(words[-1] + "\\n")
                        raise type(words[0], (ValueError,), {})("\\n".join(words))
                    return torch.ones((), requires_grad=True)

                atexit.register(lambda: os.write(2, str(words).encode()))
                """,
                "return whisper(x_real)",
            )
        },
        tests=("2b-0-basic", "2b-4-hidden", "2b-5-hidden"),
    ),
    at_import(
        "whisper-by-form",
        "a hidden case in the shapes, counts and numbers that a failing hidden test speaks of",
        SERVE
        + """
said = "31415926535"

def answer(request):
    reply = plausible(request)
    if "z_0" in reply:
        case = len(request["images"])
        wrong = [np.zeros((0, 31415926535)), np.full((case, 3), 31415926535.0) + np.random.normal(size=(case, 3)),
                 np.zeros((case, 31))]
        reply["z_0"] = wrong[int(request["seed"]) % 3]
        reply["slope"] = np.array(31415926535.0)
    return reply

serve(answer)
""",
        tests=("2b-6-hidden",),
    ),
]
