"""Signals, ptrace, priorities, clocks, limits and privileges: what the kernel might let a process do to others."""

from tests.hostile.attack import at_import

TRY = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)

def attempt(what, do):
    try:
        result = do()  # of a system call that works it is 0
        if result != -1 and result is not False:
            print("@MARKER@-pierced:", what)
    except Exception as error:
        print(what, error)
"""


def power(name, what, code, **more):
    more.setdefault("tests", ("2b-0-basic",))
    return at_import(name, what, TRY + code, **more)


ATTACKS = [
    power(
        "signals-to-the-parent",
        "every signal to the process that started it, and to those with numbers near its own",
        """
import signal
me = os.getpid()
for pid in (os.getppid(), *range(2, 50), *range(max(2, me - 40), me)):
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGINT, signal.SIGHUP):
        if pid > 1 and pid != me:
            try:
                os.kill(pid, number)
            except OSError:
                pass
""",
    ),
    power("signals-to-all", "SIGKILL to everybody at once", "attempt('kill', lambda: os.kill(-1, 9) or -1)"),
    power("signals-to-the-group", "SIGKILL to its group", "attempt('kill', lambda: os.killpg(0, 9) or -1)"),
    power(
        "ptrace",
        "attaches to the process that started it, and lets it write in its memory",
        """
parent = os.getppid()
for pid in {parent, 1} - {0}:
    attempt("ptrace", lambda: libc.ptrace(16, pid, 0, 0))
    attempt("seize", lambda: libc.ptrace(0x4206, pid, 0, 0))
    attempt("pidfd", lambda: libc.syscall(434, pid, 0))
    attempt("kcmp", lambda: libc.syscall(312, os.getpid(), pid, 0, 0, 0))
    attempt("memory", lambda: open(f"/proc/{pid}/mem", "r+b"))
""",
    ),
    power(
        "priorities",
        "takes the processor for itself, and from others",
        """
attempt("nice", lambda: os.nice(-20))
attempt("fifo", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)))
attempt("of others", lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19))
attempt("of all", lambda: os.setpriority(os.PRIO_USER, 0, 19))
attempt("affinity", lambda: os.sched_setaffinity(os.getppid() or 1, {0}) or -1 if os.getppid() > 1 else -1)
attempt("io", lambda: libc.syscall(251, 1, 0, 1 << 13))
attempt("limits of others", lambda: libc.prlimit(os.getppid() or 1, 7, (ctypes.c_ulong * 2)(0, 0), None))
""",
    ),
    power(
        "limits-of-the-parent",
        "the limits of the process that started it, where that is the same user, and what the whole machine shares",
        """
import resource
for pid in (os.getppid(), 1, 2):
    if pid and pid != os.getpid():
        attempt("prlimit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE))
attempt("aio", lambda: libc.syscall(206, 100, ctypes.byref(ctypes.c_ulong(0))))
""",
    ),
    power(
        "clocks",
        "sets the clock of the machine",
        """
attempt("settime", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
attempt("settimeofday", lambda: libc.settimeofday((ctypes.c_long * 2)(int(time.time()), 0), None))
attempt("adjtimex", lambda: libc.adjtimex(ctypes.create_string_buffer(b"\\1" + bytes(300))))
attempt("hostname", lambda: libc.sethostname(b"owned", 5))
""",
    ),
    power(
        "limits-raised",
        "lifts the limits that it has, and the filter of its calls",
        """
import resource
for name in ("RLIMIT_DATA", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_MEMLOCK"):
    number = getattr(resource, name)
    attempt(name, lambda: resource.setrlimit(number, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
attempt("no new privileges", lambda: libc.prctl(38, 0, 0, 0, 0))
attempt("no filter", lambda: libc.prctl(22, 0, 0, 0, 0))
attempt("outlive", lambda: libc.prctl(1, 0, 0, 0, 0))
attempt("its own files in /proc", lambda: libc.prctl(4, 1, 0, 0, 0))
prctl = {"x86_64": 157, "aarch64": 167}[os.uname().machine]
for option, value in ((1, 0), (4, 1)):  # the same once more: of an int the kernel looks at the lower half
    call = (prctl, 1 << 32 | option, value, 0, 0, 0)
    attempt("prctl, long", lambda: libc.syscall(*map(ctypes.c_long, call)))
attempt("a filter of its own", lambda: libc.syscall({157: 317, 167: 277}[prctl], 2, 0x7FFF0000, 0) or -1)
for number in (463, 467, 469):  # setxattrat, open_tree_attr, file_setattr
    libc.syscall(number, -100, b"/", 0, 0, 0, 0)
    if ctypes.get_errno() not in (1, 38):
        print("@MARKER@-pierced:", number, ctypes.get_errno())
attempt("the memory of the first process", lambda: open("/proc/1/mem", "r+b"))
for name, text in (("oom_score_adj", "0"), ("autogroup", "0")):
    attempt(name, lambda: os.write(os.open("/proc/self/" + name, os.O_WRONLY), text.encode()))
attempt("subreaper of others", lambda: -1)
""",
    ),
    power(
        "other-users",
        "becomes root, or another user, by every call and program",
        """
for call in ("setuid", "setgid", "seteuid", "setegid"):
    attempt(call, lambda: getattr(os, call)(0))
attempt("setresuid", lambda: os.setresuid(0, 0, 0))
attempt("setgroups", lambda: os.setgroups([0]))
attempt("setfsuid", lambda: libc.syscall(122, 0) in (0,) and libc.syscall(122, -1) == 0)
for program in ("/usr/bin/su", "/usr/bin/sudo", "/usr/bin/passwd", "/bin/sh"):
    attempt(program, lambda: os.posix_spawn(program, [program], {}))
attempt("capabilities", lambda: libc.capset(ctypes.create_string_buffer(b"\\x22\\x05\\x08\\x20" + bytes(4)),
                                            ctypes.create_string_buffer(b"\\xff" * 24)))
if 0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid()) or 0 in os.getgroups():
    print("@MARKER@-pierced: root")
""",
    ),
    power(
        "out-of-the-folder",
        "leaves the folder that it is in, by chroot, mounts, namespaces and open folders",
        """
scratch = os.environ["TMPDIR"]
os.makedirs(scratch + "/inner", exist_ok=True)
attempt("chroot", lambda: os.chroot(scratch + "/inner"))
attempt("unshare", lambda: libc.unshare(0x10000000))
attempt("user namespace", lambda: libc.unshare(0x10000000 | 0x20000))
attempt("mount", lambda: libc.mount(b"none", scratch.encode() + b"/inner", b"proc", 0, None))
attempt("bind", lambda: libc.mount(b"/", scratch.encode() + b"/inner", None, 4096, None))
attempt("umount", lambda: libc.umount2(b"/tmp", 2))
attempt("pivot", lambda: libc.syscall(155, b".", b"."))
attempt("open_tree", lambda: libc.syscall(428, -100, b"/", 1))
attempt("by handle", lambda: libc.syscall(304, -100, ctypes.create_string_buffer(128), 0))
for _ in range(50):
    os.chdir("..")
if os.path.exists("./@HOME@/.secret"):
    print("@MARKER@-pierced: outside", open("./@HOME@/.secret").read())
""",
    ),
    power(
        "kernel-doors",
        "system calls by which kernels have been broken into",
        """
for name, number, *arguments in (
    ("bpf", 321, 0, 0, 0), ("userfaultfd", 323, 0), ("perf", 298, ctypes.create_string_buffer(128), 0, -1, -1, 0),
    ("io_uring", 425, 8, ctypes.create_string_buffer(256)), ("keyctl", 250, 0, -3, 0),
    ("add_key", 248, b"user", b"x", b"y", 1, -3),
    ("memfd_secret", 447, 0), ("fsopen", 430, b"tmpfs", 0), ("kexec", 246, 0, 0, 0, 0), ("modify_ldt", 154, 0, 0, 0),
    ("quotactl", 179, 0, 0, 0, 0), ("acct", 163, 0), ("mq_open", 240, b"@MARKER@", 0o102, 0o600, 0), 
    ("msgget", 68, 0, 0o1600),
    ("semget", 64, 0, 1, 0o1600), ("personality", 135, 0x0040000), ("name_to_handle", 303, -100, b"/", 0, 0, 0)):
    attempt(name, lambda: libc.syscall(number, *arguments))
""",
    ),
    power(
        "objects-of-the-machine",
        "shared memory, semaphores and queues that others have made, leases and notes on files, mounts",
        """
import fcntl
information = ctypes.create_string_buffer(4096)
attempt("shared memory", lambda: libc.shmctl(0, 14, information))  # SHM_INFO, of all that there are
attempt("semaphores", lambda: libc.semctl(0, 0, 19, information))
attempt("queues", lambda: libc.msgctl(0, 12, information))
for name, number in (
    ("shmat", 30), ("shmctl", 31), ("shmdt", 67), ("semop", 65), ("semctl", 66), ("semtimedop", 220), ("msgsnd", 69),
    ("msgrcv", 70), ("msgctl", 71), ("mq_unlink", 241), ("statmount", 457), ("listmount", 458)):
    libc.syscall(number, -1, None, 0, 0, 0, 0)
    if ctypes.get_errno() not in (1, 38):
        print("@MARKER@-pierced:", name, ctypes.get_errno())
folder = os.open(os.environ["TMPDIR"], os.O_RDONLY)
file = os.open(os.environ["TMPDIR"] + "/leased", os.O_RDWR | os.O_CREAT, 0o600)
attempt("notes", lambda: fcntl.fcntl(folder, 1026, 0x80000002))
attempt("signal", lambda: fcntl.fcntl(file, 10, 9))
attempt("lease", lambda: fcntl.fcntl(file, 1024, 1))
""",
    ),
]
