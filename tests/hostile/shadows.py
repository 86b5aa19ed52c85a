"""Files called like what the grader imports, reads or runs."""

from tests.hostile.attack import Attack, gan

SAYS = "print('@MARKER@-pierced: shadow')\nimport os\nos._exit(0)\n"


def shadow(name, what, *names, text=SAYS, **more):
    return Attack(name, what, {"gan.py": gan(), **{path: text for path in names}}, **more)


ATTACKS = [
    shadow(
        "shadow-torch", "torch.py, numpy.py and torch/ beside the files", "torch.py", "numpy.py", "torch/__init__.py"
    ),
    shadow(
        "shadow-library",
        "modules of Python's own, which are imported early",
        *(
            f"{name}.py"
            for name in "json os io struct zipfile ctypes resource faulthandler signal random types".split()
        ),
    ),
    shadow(
        "shadow-probes", "the probes", "probes.py", "probes/__init__.py", "grading/probes.py", "grading/__init__.py"
    ),
    shadow("shadow-answers", "the answers", "solution.py", "solution/__init__.py", "solution/gan.py"),
    shadow(
        "shadow-worker", "the worker, the wall, the grader", "worker.py", "confine.py", "grader.py", "graderUtil.py"
    ),
    shadow(
        "shadow-site",
        "what Python runs when it starts",
        "sitecustomize.py",
        "usercustomize.py",
        "__main__.py",
        "conftest.py",
        "evil.pth",
        "lib/python3.11/site-packages/evil.pth",
        "pyvenv.cfg",
        ".local/lib/python3.11/site-packages/usercustomize.py",
    ),
    shadow(
        "shadow-network", "the provided network.py, data.py and tracebacks.py", "network.py", "data.py", "tracebacks.py"
    ),
    Attack(
        "init-that-takes-over",
        "an __init__.py that puts itself in the place of the package, and changes its path",
        {
            "gan.py": "import nothing_of_the_kind\n",
            "__init__.py": "import sys\nsys.path.insert(0, '@ROOT@/src')\n__path__ = ['@ROOT@/src/solution', '/']\n"
            "import importlib\ngan = importlib.import_module('solution.gan')\n"
            "print(open(gan.__file__).read()[-300:])\n",
        },
    ),
    Attack(
        "folder-called-py",
        "folders whose names end in .py",
        {"gan.py": gan(), "deep.py/within.py/x.py": "", "torch.py/y.py": ""},
    ),
    Attack(
        "file-for-a-name",
        "a gan.py with null bytes, one in another encoding, one that is no Python",
        {"gan.py": b"\0\xff\xfe" * 1000, "flow_network.py": "# coding: rot13\nvzcbeg bf\n"},
        tests=("2b-0-basic", "1a-0-basic"),
    ),
    Attack(
        "source-of-depth",
        "source that makes the compiler go deep",
        {"gan.py": "x = " + "(" * 20000 + ")" * 20000, "flow_network.py": "x = " + "-" * 300_000 + "1"},
        tests=("2b-0-basic", "1a-0-basic"),
    ),
]
