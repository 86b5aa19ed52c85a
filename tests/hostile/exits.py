"""Ending the process, in every way, at every moment: nothing is earned by not being there."""

from tests.hostile.attack import at_import, forged, in_call

ATTACKS = [
    at_import("exit-at-import", "sys.exit(0) while it is imported", "sys.exit(0)"),
    at_import("hard-exit-at-import", "os._exit(0) while it is imported", "os._exit(0)"),
    at_import("interrupt-at-import", "raises KeyboardInterrupt while it is imported", "raise KeyboardInterrupt"),
    in_call("exit-in-call", "SystemExit out of a loss", "raise SystemExit(0)"),
    in_call("hard-exit-in-call", "os._exit(0) in a loss", "os._exit(0)"),
    in_call("generator-exit", "GeneratorExit, which few things catch", "raise GeneratorExit"),
    in_call("quit-with-words", "exit() with a text that looks like success", "exit('1/1 points, all tests passed')"),
    in_call("abort", "os.abort()", "os.abort()"),
    in_call("kill-itself", "SIGKILL to itself", "os.kill(os.getpid(), 9)"),
    in_call("crash", "a null pointer", "import ctypes\nctypes.string_at(0)"),
    in_call("status-of-a-signal", "an exit status that stands for a signal", "os._exit(139)"),
    in_call(
        "overflow-of-the-stack",
        "recursion without end, in C",
        """
        x = []
        for _ in range(10_000_000):
            x = [x]
        repr_of = str.__call__ if False else repr
        sys.setrecursionlimit(10**9)
        repr_of(x)
        """,
    ),
    at_import(
        "answer-at-exit",
        "atexit and a finaliser send a reply, then the process ends",
        """
        import atexit
        frame = sys._getframe()
        while "requests" not in frame.f_locals:
            frame = frame.f_back
        room = frame.f_locals

        def last_word():
            wire = __import__("importlib").import_module("grading.wire")
            wire.write(room["replies"], {"mark": room["mark"], "status": "ok", "value": 1.450685, "touched": ""})

        atexit.register(last_word)
        """,
    ),
    in_call(
        "exit-in-a-thread",
        "a thread ends the process a moment later, in the midst of another question",
        """
        import threading
        threading.Timer(0.05, os._exit, [0]).start()
        return d(x_real, *([y_real] if 'y_real' in dir() else [])).mean() * 0
        """,
    ),
    in_call(
        "close-everything",
        "closes every descriptor and goes on",
        "os.closerange(0, 256)\nreturn torch.zeros((), requires_grad=True)",
    ),
    forged("silent-exit-after-ok", "serves imports rightly, then ends with status 0 on each question", "os._exit(0)"),
    in_call(
        "exec-another",
        "becomes another program, which speaks the worker's language",
        """
        code = "import os; os.write(1, b'passed'); os.write(2, b'@MARKER@-pierced: another program')"
        os.execv(sys.executable, [sys.executable, "-c", code])
        """,
    ),
]
