"""Attacks on other submissions: those that are graded at the same time, and the next one."""

from tests.hostile.attack import TELL, at_import

ONE = ("2b-0-basic",)


def against(name, what, code, **more):
    return at_import(name, what, TELL + code, tests=ONE, afterwards=True, **more)


ATTACKS = [
    against(
        "neighbour-in-its-folder",
        "looks for the folders of those who are graded at the same time",
        """
import glob
found = ""
scratch = "/tmp/grading-scratch-*"
for pattern in ("/run/*/stage/submission/*.py", scratch + "/stage/submission/*.py", "@NEIGHBOUR@/*", "/run/*"):
    for path in glob.glob(pattern):
        try:
            found += open(path).read()
        except OSError as error:
            found += str(error)
for folder in ("/run", "/tmp", ".."):
    try:
        for name in os.listdir(folder):
            if name not in os.environ["TMPDIR"]:
                found += name
                open(f"{folder}/{name}/stage/submission/gan.py", "a").write("raise SystemExit")
    except OSError as error:
        found += str(error)
tell(found)
""",
    ),
    against(
        "poison-for-the-next",
        "leaves caches, settings and modules in its home and scratch for the next to find",
        """
home = os.environ["HOME"]
for name in (".config/matplotlib/matplotlibrc", ".local/lib/python3.11/site-packages/usercustomize.py",
             ".cache/torch/hub/x.py", "sitecustomize.py", "torch.py", "gan.py", "__pycache__/gan.cpython-311.pyc"):
    path = os.path.join(home, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("raise SystemExit('@MARKER@-pierced')")
import torch.nn.functional as F
torch.nn.Linear.forward = F.logsigmoid = F.softplus = lambda *_, **__: 1 / 0
""",
    ),
    against(
        "compiled-files-for-the-next",
        "writes compiled files beside the sources of torch, NumPy and the grader",
        """
import glob, importlib.util, numpy
for module in (torch, numpy, os, sys.modules["grading.worker"], sys.modules["grading.probes"]):
    path = importlib.util.cache_from_source(module.__file__)
    for name in (path, path + ".@MARKER@"):
        try:
            os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, "r+b" if os.path.exists(name) else "wb") as file:
                file.write(b"x")
            print("@MARKER@-pierced:", name)
        except OSError as error:
            print(error)
""",
    ),
    against(
        "locks-and-leftovers",
        "holds locks on files that others read, and ends while it holds them",
        """
import fcntl, numpy
for path in (numpy.__file__, torch.__file__, sys.executable, "/grading/filter"):
    try:
        fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.fcntl(os.open(path, os.O_RDONLY), 1024, 1)
    except OSError as error:
        print(error)
""",
    ),
    against(
        "burden-on-the-next",
        "ends with its scratch space full, and its processes many",
        """
import threading
for index in range(40):
    try:
        with open(os.path.join(os.environ["TMPDIR"], str(index)), "wb") as file:
            file.write(b"x" * 2**21)
    except OSError as error:
        print(error)
for _ in range(50):
    try:
        threading.Thread(target=time.sleep, args=(100,)).start()
    except RuntimeError:
        break
os.kill(os.getpid(), 9)
""",
    ),
]
