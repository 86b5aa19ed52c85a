"""Patching what the grade might rest on: unittest, NumPy, torch, json, the worker, builtins."""

from tests.hostile.attack import at_import

RIGHT_AWAY = ("2b-0-basic", "2b-4-hidden", "5e-2-basic")

ATTACKS = [
    at_import(
        "patch-unittest",
        "every assertion holds and every test passes",
        """
        import unittest

        unittest.TestCase.run = lambda self, result=None: result and result.addSuccess(self)
        unittest.TestResult.addFailure = unittest.TestResult.addError = lambda *_: None
        for name in dir(unittest.TestCase):
            if name.startswith("assert"):
                setattr(unittest.TestCase, name, lambda *_, **__: None)
        """,
    ),
    at_import(
        "patch-numpy",
        "all arrays are close to each other",
        """
        import numpy as np

        np.allclose = np.array_equal = lambda *_, **__: True
        np.abs = np.absolute = lambda a, *_, **__: 0 * np.asarray(a)
        np.testing.assert_allclose = np.testing.assert_array_equal = lambda *_, **__: None
        np.ndarray.__eq__ if False else None
        np.isfinite = lambda a: np.ones(np.shape(a), bool)
        """,
    ),
    at_import(
        "patch-torch",
        "torch's own functions give what is wanted",
        """
        torch.equal = torch.allclose = lambda *_, **__: True
        torch.Tensor.__eq__ = lambda self, other: True
        torch.Tensor.detach = torch.Tensor.cpu = lambda self: torch.tensor(1.450685)
        torch.autograd.grad = lambda value, sources, **_: [torch.zeros_like(s) for s in sources]
        torch.manual_seed = lambda *_: None
        torch.testing.assert_close = lambda *_, **__: None
        """,
    ),
    at_import(
        "patch-json",
        "whatever is written as JSON is full marks",
        """
        import json

        full = '{"score": 100, "tests": [{"score": 100, "max_score": 100, "status": "passed"}]}'
        json.dumps = lambda *_, **__: full
        json.dump = lambda thing, file, **_: file.write(full)
        """,
    ),
    at_import(
        "patch-the-worker",
        "the worker's own functions say ok",
        """
        probes, wire = map(__import__("importlib").import_module, ("grading.probes", "grading.wire"))

        import numpy as np
        write = wire.write
        probes.run = lambda *_: {"status": "ok", "value": np.array(1.450685), "touched": "", "real_after": np.zeros(1)}
        wire.write = lambda stream, reply: write(stream, {**reply, "status": "ok"})
        """,
        tests=RIGHT_AWAY,
    ),
    at_import(
        "patch-the-probes",
        "the networks of the probes hand out what is asked for",
        """
        import numpy as np
        gan = __import__("importlib").import_module("grading.probes.gan")

        gan._check = lambda *_: None
        gan._differences = lambda *_: []
        gan._gradients = lambda value, parameters: [torch.zeros_like(p) for p in parameters]
        gan.loss = gan.conditional_loss = lambda *_, **__: {
            "value": np.array(1.450685),
            "grad_weight": np.array([[[0.623222, -0.195486]]]),
            "grad_bias": np.array(0.03762),
            "real_after": np.zeros(3),
            "touched": "",
        }
        """,
    ),
    at_import(
        "patch-builtins",
        "isinstance, len, all and comparisons are always content",
        """
        import builtins

        builtins.isinstance = lambda *_: True
        builtins.all = builtins.any = lambda *_: True
        builtins.NotImplementedError = Warning
        builtins.print = lambda *_, **__: None
        """,
    ),
    at_import(
        "patch-the-loader",
        "the loader brings another module, and knows another list of packages",
        """
        loader = __import__("importlib").import_module("grading.loader")

        class Wish:
            def __getattr__(self, name):
                return lambda *_, **__: torch.tensor(1.450685, requires_grad=True)

        loader.Submission.module = lambda self, name: Wish()
        sys.modules["submission.gan"] = Wish()
        loader.PACKAGES += ("solution",)
        """,
    ),
    at_import(
        "patch-time",
        "no clock goes forward",
        """
        time.time = time.monotonic = time.perf_counter = lambda: 0.0
        time.sleep = lambda _: None
        import faulthandler
        import signal
        faulthandler.dump_traceback_later = signal.setitimer = lambda *_, **__: None
        """,
    ),
    at_import(
        "patch-the-traceback",
        "what went wrong cannot be explained, because explaining it stops too",
        """
        import linecache
        tracebacks = __import__("importlib").import_module("tracebacks")
        import traceback

        def broken(*_, **__):
            raise RuntimeError("nothing is known")

        tracebacks.explain = tracebacks.unwritten = traceback.extract_tb = linecache.getline = broken
        probes = __import__("importlib").import_module("grading.probes")
        probes.explain = probes.unwritten = broken
        """,
    ),
]
