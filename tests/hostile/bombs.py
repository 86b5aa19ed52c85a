"""Using up: processes, threads, memory, disk, output, time; and staying when the test is over."""

import textwrap

from tests.hostile.attack import SERVE, at_import, in_call

ONE = ("2b-0-basic",)
MEMORY = """
import ctypes, mmap
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
FAILED = ctypes.c_void_p(-1).value
STEP, MOST = 256 * 2**20, 6 * 2**30

def fill(flags, handle=-1):
    held = 0
    while held < MOST:
        at = libc.mmap(None, STEP, 3, flags, handle, 0)
        if at == FAILED:
            break
        for page in range(0, STEP, 4096):
            ctypes.c_char.from_address(at + page).value = b"x"
        held += STEP
    print("held", held >> 20, "MB")
    if held > 2**31:
        print("@MARKER@-pierced: memory without limit")
"""
READ_ONLY = """
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
STEP, held = 2**24, 0
while held < MOST:
    at = libc.mmap(None, STEP, 3, 0x02 | 0x20, -1, 0)
    if at == FAILED:
        break
    ctypes.memset(at, 120, STEP)
    libc.mprotect(at, STEP, 1)
    held += STEP
print("held", held >> 20, "MB")
if held > 2**31:
    print("@MARKER@-pierced: memory without limit")
"""
# PyTorch's libraries for GPUs are given away.
UNMAP = """
class Part(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_uint32), ("flags", ctypes.c_uint32)]
    _fields_ += [(name, ctypes.c_uint64) for name in ("offset", "place", "physical", "file", "size", "align")]

class Library(ctypes.Structure):
    _fields_ = [("base", ctypes.c_uint64), ("name", ctypes.c_char_p)]
    _fields_ += [("parts", ctypes.POINTER(Part)), ("count", ctypes.c_uint16)]

ranges = []

def look(library, size, data):
    name = library.contents.name.rsplit(b"/", 1)[-1]
    if name.startswith((b"libcu", b"libnv", b"libnccl", b"libtorch_cuda")):
        for part in library.contents.parts[: library.contents.count]:
            if part.kind == 1:
                ranges.append((library.contents.base + part.place & ~4095, part.size))
    return 0

libc.dl_iterate_phdr(
    ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Library), ctypes.c_size_t, ctypes.c_void_p)(look), None
)
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
for at, size in ranges:
    libc.munmap(at, size)
"""


def bomb(name, what, code, **more):
    more.setdefault("tests", ONE)
    return at_import(name, what, code, **more)


ATTACKS = [
    in_call(
        "memory",
        "a tensor of 100 GB, then many small ones",
        "return sum(torch.ones(2**28) for _ in range(10**9))",
        tests=ONE,
    ),
    bomb(
        "memory-of-lists",
        "lists that hold lists, never let go",
        "held = []\nwhile True:\n    held.append(bytearray(2**24))",
    ),
    bomb(
        "memory-as-stack",
        "memory that grows downwards, which is counted as stack",
        MEMORY + "fill(0x02 | 0x20 | 0x100)",
    ),
    bomb(
        "memory-of-the-stack",
        "the stack itself, as large as it can be made",
        """
import ctypes, resource
resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
low = next(int(line.split("-")[0], 16) for line in open("/proc/self/maps") if "[stack]" in line)
for count in range(1, 200):
    ctypes.memset(low - count * 2**20, 1, 2**20)
print("@MARKER@-pierced: 200 MB of stack")
""",
    ),
    bomb(
        "memory-in-pipes",
        "pages that it has given back, and that pipes hold on to",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
name = os.environ["TMPDIR"] + "/pages"
with open(name, "wb") as file:
    file.write(b"x" * 2**16)
source, held = os.open(name, os.O_RDONLY), os.pipe()
page = ctypes.create_string_buffer(4096)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(page), 4096)
for call, do in (
    ("vmsplice", lambda: libc.vmsplice(held[1], vector, 1, 0)),
    ("splice", lambda: libc.splice(source, None, held[1], None, 4096, 0)),
    ("sendfile", lambda: libc.sendfile(held[1], source, None, 4096)),
):
    if do() > 0:
        print("@MARKER@-pierced:", call)
""",
    ),
    bomb(
        "memory-read-only",
        "memory that was filled and is then only to be read, which is no longer counted as data",
        MEMORY + READ_ONLY,
    ),
    bomb(
        "memory-of-libraries",
        "the same in the place of PyTorch's own libraries, unmapped: there is room below the limit of addresses",
        MEMORY + UNMAP + READ_ONLY,
    ),
    bomb(
        "memory-without-the-first-thread",
        "the same by another thread, when the first has ended: what /proc says of the process is then all zero",
        MEMORY
        + """
import threading

def work():
"""
        + textwrap.indent(UNMAP + READ_ONLY, "    ")
        + """
    os.kill(os.getpid(), 9)

threading.Thread(target=work, daemon=True).start()
libc.syscall(60, 0)
""",
    ),
    bomb(
        "memory-of-the-kernel",
        "kernel memory that no limit counts, and what slows the neighbours: their files thrown out of the memory",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
opened = os.open(os.__file__, os.O_RDONLY)
for call, found in (
    ("inotify", libc.inotify_init()),
    ("landlock", libc.syscall(444, None, 0, 1)),  # landlock_create_ruleset, asked for its version
    ("syncfs", libc.syncfs(opened)),
    ("readahead", libc.readahead(opened, 0, 4096)),
    ("posix_fadvise", -libc.posix_fadvise(opened, 0, 0, 4)),
):
    if found >= 0:
        print("@MARKER@-pierced:", call)
""",
    ),
    bomb("memory-shared", "shared memory of nobody", MEMORY + "fill(0x01 | 0x20)"),
    bomb(
        "memory-of-zeros",
        "shared memory of /dev/zero",
        MEMORY + "fill(0x01, os.open('/dev/zero', os.O_RDWR))",
    ),
    bomb(
        "memory-by-name",
        "memfd, System V and POSIX shared memory",
        MEMORY
        + """
for make in (lambda: os.memfd_create("x"), lambda: os.open("/dev/shm/@MARKER@", os.O_RDWR | os.O_CREAT)):
    try:
        handle = make()
        os.ftruncate(handle, STEP)
        print("@MARKER@-pierced: shared memory")
    except OSError as error:
        print(error)
if libc.shmget(0, STEP, 0o1600) >= 0:
    print("@MARKER@-pierced: System V")
""",
    ),
    bomb(
        "forks",
        "processes, by every call that makes one",
        """
import multiprocessing, subprocess, threading

def survive():
    time.sleep(100)
    os._exit(0)

def forked():
    for _ in range(50):
        if os.fork() == 0:
            os.setsid()
            survive()

ways = [
    forked,
    lambda: subprocess.Popen(["sleep", "100"]),
    lambda: os.posix_spawn("/bin/sleep", ["sleep", "100"], {}),
    lambda: os.system("sleep 100 &") and 1 / 0,
    lambda: multiprocessing.Process(target=survive).start(),
    lambda: os.forkpty(),
    lambda: os.popen("sleep 100 &").read(),
]
for way in ways:
    try:
        way()
        print("@MARKER@-pierced: a process")
    except BaseException as error:
        print(type(error).__name__)
""",
    ),
    bomb(
        "clone-by-number",
        "clone, clone3, vfork and the calls of other architectures, by their numbers",
        """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
OTHER = 0x40000000
for number, *arguments in ((56, 17, 0, 0, 0, 0), (435, 0, 0), (57,), (58,), (OTHER + 57,), (OTHER + 56, 17, 0)):
    pid = libc.syscall(number, *arguments)
    if pid == 0:
        os._exit(0)
    print(number, pid)
    if pid > 0:
        print("@MARKER@-pierced: a process by number", number)
""",
    ),
    bomb(
        "daemon",
        "a process of its own session that outlives the test, twice removed",
        """
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for handle in range(256):
                try:
                    os.close(handle)
                except OSError:
                    pass
            time.sleep(300)
        os._exit(0)
except OSError as error:
    print(error)
""",
    ),
    bomb(
        "threads",
        "threads without end",
        """
import threading
count = 0
try:
    for count in range(100_000):
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
except RuntimeError as error:
    print(count, error)
if count > 1000:
    print("@MARKER@-pierced: threads")
""",
    ),
    in_call(
        "disk",
        "many files as large as they may be, faster than anybody looks",
        """
        for index in range(200):
            try:
                with open(os.path.join(os.environ["TMPDIR"], str(index)), "wb") as file:
                    for _ in range(64):
                        file.write(b"x" * 2**20)
            except OSError as error:
                print(error)
        raise RuntimeError("done")
        """,
        tests=ONE,
    ),
    at_import(
        "disk-between-replies",
        "answers each message at once, and writes a little more",
        SERVE
        + """
written = set()

def answer(request):
    if serve.mark in written:
        return plausible(request)
    written.add(serve.mark)
    try:
        for index in range(30):
            with open(os.path.join(os.environ["TMPDIR"], str(time.monotonic_ns())), "wb") as file:
                file.write(b"x" * 2**20)
        size = sum(entry.stat().st_blocks * 512 for entry in os.scandir(os.environ["TMPDIR"]))
        if size > 128 * 2**20:
            print("@MARKER@-pierced: disk", size >> 20)
    except OSError as error:
        print(error)
    return plausible(request)

serve(answer)
""",
        tests=("2b-0-basic", "2b-1-basic", "2b-2-basic", "2b-3-basic", "2b-4-hidden", "2b-5-hidden"),
    ),
    bomb(
        "files-without-number",
        "empty files and folders, until somebody looks",
        """
scratch = os.environ["TMPDIR"]
ends = time.monotonic() + 10
count = 0
try:
    while time.monotonic() < ends:
        os.mkdir(f"{scratch}/d{count}")
        open(f"{scratch}/f{count}", "w").close()
        count += 1
except OSError as error:
    print(error)
print(count)
if count > 60_000:
    print("@MARKER@-pierced: files without number")
""",
    ),
    bomb(
        "folders-of-depth",
        "a folder in a folder, deeper than names may be long, with files at the bottom",
        """
os.chdir(os.environ["TMPDIR"])
try:
    for index in range(20_000):
        os.mkdir("d" * 20)
        os.chdir("d" * 20)
    for index in range(4):
        with open(str(index), "wb") as file:
            file.write(b"x" * 31 * 2**20)
except OSError as error:
    print(error)
time.sleep(2)
""",
        tests=("2b-0-basic", "2b-1-basic"),
    ),
    bomb(
        "folders-of-long-names",
        "files behind more long names than a path may hold, a little at a time",
        """
os.chdir(os.environ["TMPDIR"])
for _ in range(20):
    os.mkdir("d" * 255)
    os.chdir("d" * 255)
count = 0
try:
    for count in range(200):
        with open(str(count), "wb") as file:
            file.write(b"x" * 3 * 2**20)
        time.sleep(0.02)
    print("@MARKER@-pierced:", 3 * count, "MB")
except OSError as error:
    print(count, error)
""",
    ),
    bomb(
        "folders-on-the-move",
        "a folder that is moved to where somebody has looked, as soon as the time of reading tells that",
        """
import threading
os.chdir(os.environ["TMPDIR"])
for name in "abc":
    os.mkdir(name)
first, middle, last = os.listdir(".")
os.mkdir(last + "/h")
for count in range(4000):  # to look at which takes a while
    open(f"{middle}/{count}", "w").close()

def move():
    seen = os.stat(first).st_atime_ns
    while True:
        if os.stat(first).st_atime_ns == seen:
            continue
        os.rename(last + "/h", first + "/h")
        time.sleep(0.03)
        os.rename(first + "/h", last + "/h")
        seen = os.stat(first).st_atime_ns

inside = os.open(last + "/h", os.O_RDONLY)
sys.setswitchinterval(1e-4)
threading.Thread(target=move, daemon=True).start()
for count in range(200):
    file = os.open(str(count), os.O_WRONLY | os.O_CREAT, dir_fd=inside)
    os.write(file, b"x" * 3 * 2**20)
    os.close(file)
    time.sleep(0.02)
print("@MARKER@-pierced:", 3 * count, "MB")
""",
    ),
    bomb(
        "removed-and-mapped",
        "files that are removed and closed, and kept by one page of each",
        """
import mmap
kept, room, path = [], os.statvfs(os.environ["TMPDIR"]), os.environ["TMPDIR"] + "/x"
try:
    for index in range(150):
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        os.unlink(path)
        os.write(file, bytes(4 * 2**20 - 1))
        kept.append(mmap.mmap(file, 4096, mmap.MAP_SHARED, mmap.PROT_READ))
        os.closerange(20, 128)  # those of mmap's, too
        time.sleep(0.05)
    print("@MARKER@-pierced:", len(kept), "files")
except OSError as error:
    print(error)
time.sleep(2)
""",
    ),
    bomb(
        "attributes",
        "attributes of files, which are no files and no memory of its own",
        """
import struct
entries = [(1, 2**32 - 1), *((2, index) for index in range(1000)), *((tag, 2**32 - 1) for tag in (4, 16, 32))]
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, 4, who) for tag, who in entries)
try:
    for index in range(1000):
        path = os.path.join(os.environ["TMPDIR"], f"f{index}")
        open(path, "w").close()
        os.setxattr(path, "system.posix_acl_access", acl)
    print("@MARKER@-pierced: attributes")
except OSError as error:
    print(error)
""",
    ),
    bomb(
        "pipes",
        "pipes as large as they may be, filled",
        """
import fcntl
held = 0
try:
    while True:
        r, w = os.pipe()
        os.set_blocking(w, False)
        try:
            fcntl.fcntl(w, 1031, 2**20)
        except OSError:
            pass
        held += os.write(w, b"x" * 2**20)
except OSError as error:
    print(held >> 20, "MB in pipes", error)
if held > 512 * 2**20:
    print("@MARKER@-pierced: pipes")
""",
    ),
    bomb(
        "files-without-names",
        "files that are removed, and go on being written",
        """
import tempfile
held, kept = 0, []
try:
    while held < 3 * 2**30:
        kept.append(tempfile.TemporaryFile())
        for _ in range(32):
            held += os.write(kept[-1].fileno(), b"x" * 2**20)
except OSError as error:
    print(held >> 20, "MB in files", error)
if held > 2**30:
    print("@MARKER@-pierced: files")
""",
    ),
    bomb(
        "pairs-of-sockets",
        "sockets that talk to each other, filled, sent over another pair and closed: memory that no limit counts",
        """
import socket
held, kept = 0, []
try:
    way, end = socket.socketpair()
    while held < 2**31:
        pair = socket.socketpair()
        for one in pair:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
            one.setblocking(False)
            try:
                while True:
                    held += one.send(b"x" * 100_000)
            except BlockingIOError:
                pass
        if len(kept) < 100:
            kept.append(pair)
        else:
            socket.send_fds(way, [b"x"], [one.fileno() for one in pair])
            for one in pair:
                one.close()
except OSError as error:
    print(held >> 20, "MB in sockets", error)
if held > 512 * 2**20:
    print("@MARKER@-pierced: sockets")
""",
    ),
    in_call(
        "loop",
        "an endless loop that no signal ends",
        """
        import signal
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            pass
        """,
        tests=ONE,
    ),
    in_call(
        "stop", "stops itself, so that nothing of it runs", "os.kill(os.getpid(), 19)\ntime.sleep(1000)", tests=ONE
    ),
    bomb(
        "stay-after-reply",
        "threads that go on printing, allocating and computing after each reply",
        """
import threading

def work():
    while True:
        os.write(2, b"noise " * 1000)
        sum(range(10_000))

for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
""",
        tests=("2b-0-basic", "2b-4-hidden"),
    ),
]
