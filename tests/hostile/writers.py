"""Writing what is not theirs: the results, the grader's own files, the packages, other folders."""

from tests.hostile.attack import at_import

WRITE = """
import json
full = json.dumps({"score": 100, "output": "@MARKER@-pierced", "tests": []})

def write(path, text=full, mode="w"):
    try:
        with open(path, mode) as file:
            file.write(text)
        print("@MARKER@-wrote", path)
    except OSError as error:
        print(error)
"""


def writer(name, what, code, **more):
    more.setdefault("tests", ("2b-0-basic",))
    return at_import(name, what, WRITE + code, **more)


ATTACKS = [
    writer(
        "results-by-name",
        "writes results.json wherever it may be expected",
        """
for folder in ("@RESULTS@", "/autograder/results", ".", "..", "/", "/tmp", "@ROOT@", "@HOME@"):
    for name in ("results.json", "results.json.part", "stdout"):
        write(os.path.join(folder, name))
""",
    ),
    writer(
        "results-again-and-again",
        "a thread writes results.json and its .part for as long as it lives",
        """
import threading

def on_and_on():
    while True:
        for name in ("results.json", "results.json.part"):
            try:
                with open("@RESULTS@/" + name, "w") as file:
                    file.write(full)
            except OSError:
                pass
        time.sleep(0.001)

threading.Thread(target=on_and_on, daemon=True).start()
""",
    ),
    writer(
        "graders-own-files",
        "changes points, tests, checks and answers",
        """
write("@ROOT@/points.json", "{}")
for name in ("grader.py", "graderUtil.py", "grading/compare.py", "solution/gan.py", "grading/worker.py"):
    write("@ROOT@/src/" + name, "\\nraise SystemExit(0)\\n", "a")
for name in ("grade.py", "settings.toml", "confine.py", "sitecustomize.py"):
    write("@ROOT@/staff/" + name, "\\n#\\n", "a")
try:
    os.rename("@ROOT@/src/solution", "@ROOT@/src/answers")
except OSError as error:
    print(error)
""",
    ),
    writer(
        "staged-files",
        "changes what the next worker will be made of: confine.py, the probes, the filter, its own file",
        """
here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
for folder, folders, files in os.walk(here):
    for name in files:
        write(os.path.join(folder, name), "\\n#\\n", "a")
    for change in (lambda: os.chmod(folder, 0o777), lambda: os.rename(folder, folder + "-away")):
        try:
            change()
            print("@MARKER@-pierced: ", folder)
        except OSError:
            pass
""",
    ),
    writer(
        "packages",
        "changes files of Python, NumPy and torch that the grader imports too",
        """
import ctypes.util, numpy
for module in (os, json, numpy, torch, torch.version, ctypes.util):
    write(module.__file__, "\\n#\\n", "a")
    for change in (lambda: os.chmod(module.__file__, 0o666), lambda: os.unlink(module.__file__),
                   lambda: os.utime(module.__file__), lambda: os.chown(module.__file__, os.getuid(), -1),
                   lambda: os.truncate(module.__file__, 0)):
        try:
            change()
            print("@MARKER@-pierced: ", module.__file__)
        except OSError:
            pass
folder = os.path.dirname(numpy.__path__[0])
write(folder + "/@MARKER@.pth", "import os; os.system('id')")
write(folder + "/sitecustomize.py", "print('@MARKER@-pierced')")
""",
        tests=("2b-0-basic", "2b-4-hidden"),
    ),
    writer(
        "every-folder",
        "leaves a file in every folder that lets it",
        """
home = os.environ["TMPDIR"]
for root in ("/", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock", "/root", "/home", "/etc", "/opt",
             "/usr", "/dev", "/proc/self", "/sys", "/grading", "@HOME@", "@NEIGHBOUR@", "@ROOT@"):
    path = os.path.join(root, "@MARKER@")
    if os.path.realpath(root) != os.path.realpath(home):
        write(path)
""",
    ),
    writer(
        "links-for-the-cleaner",
        "links in its scratch space to folders of others, for whoever empties it; folders that cannot be entered",
        """
scratch = os.environ["TMPDIR"]
for index, path in enumerate(("@ROOT@/src", "@HOME@", "@RESULTS@", "@NEIGHBOUR@", "/")):
    os.symlink(path, f"{scratch}/link{index}")
os.makedirs(scratch + "/closed/within")
open(scratch + "/closed/within/file", "w").close()
os.chmod(scratch + "/closed/within", 0)
os.chmod(scratch + "/closed", 0)
for name in ("a\\nb", "\\x1b[31m", "-rf", "--", "*", "\\udcff".encode(errors="surrogateescape")):
    open(os.path.join(os.fsencode(scratch), name if isinstance(name, bytes) else name.encode()), "w").close()
os.chmod(scratch, 0)
""",
    ),
    writer(
        "special-files",
        "set-uid programs, devices, pipes and file capabilities",
        """
scratch = os.environ["TMPDIR"]
import shutil, stat
for make in (lambda: os.mknod(scratch + "/disk", stat.S_IFBLK | 0o666, os.makedev(8, 0)),
             lambda: os.mknod(scratch + "/memory", stat.S_IFCHR | 0o666, os.makedev(1, 1)),
             lambda: os.setxattr(scratch, "security.capability", b"x"),
             lambda: os.setxattr(scratch, "trusted.overlay.opaque", b"y")):
    try:
        make()
        print("@MARKER@-pierced: special file")
    except OSError as error:
        print(error)
open(scratch + "/root-program", "w").close()
os.chmod(scratch + "/root-program", 0o6777)
""",
    ),
]
