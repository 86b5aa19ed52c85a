"""What an attack is, and the pieces that attacks are made of: text of Python files that are handed in."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

# Two tests of one problem: one whose result a student reads at once, one that is hidden.
TWO = ("2b-0-basic", "2b-4-hidden")
LOSSES = (
    "loss_nonsaturating_d(g, d, x_real, *, device)",
    "loss_nonsaturating_g(g, d, x_real, *, device)",
    "conditional_loss_nonsaturating_d(g, d, x_real, y_real, *, device)",
    "conditional_loss_nonsaturating_g(g, d, x_real, y_real, *, device)",
    "loss_wasserstein_gp_d(g, d, x_real, *, device)",
    "loss_wasserstein_gp_g(g, d, x_real, *, device)",
)


@dataclass(frozen=True)
class Attack:
    """A blank or wrong solution, and an attack.

    In texts, @MARKER@ stands for a word of this attack alone, @ROOT@ for where the grader lies, @HOME@, @RESULTS@ and
    @NEIGHBOUR@ for other folders, @PORT@ for a port of this machine on which somebody listens, @SOCKET@ for a socket's
    name: an attacker may know all these. A text that reads @MARKER@-pierced in what comes out says that the attack got
    through; @MARKER@-hidden is about a hidden case and must not reach a student.

    Args:
        name: one word.
        what: what it tries.
        files: {path: text or bytes} of a folder; or a function that is given a path without suffix, writes a folder or
            a zip there, and returns where.
        tests: those to be graded.
        honest: what the same submission scores without the attack, the most that it may score with it.
        refused: whether it is not to be graded at all.
        afterwards: whether a solved submission is to be graded after it, which must get full marks.
        seconds: what it may take, on a slow machine.
    """

    name: str
    what: str
    files: dict | Callable = field(repr=False)
    tests: tuple = TWO
    honest: float = 0
    refused: bool = False
    afterwards: bool = False
    seconds: float = 120


def gan(top="", body="raise NotImplementedError"):
    """The text of gan.py with code at its top, and the same code in each function."""
    functions = "".join(f"\n\ndef {loss}:\n{textwrap.indent(_dedent(body), '    ')}" for loss in LOSSES)
    return f"import os, sys, time\nimport torch\n\n{_dedent(top)}{functions}"


def at_import(name, what, top, **more):
    """An attack that runs when gan.py is imported, with functions that are still to be written."""
    return Attack(name, what, {"gan.py": gan(top)}, **more)


def in_call(name, what, body, top="", **more):
    """An attack that runs when a loss is called."""
    return Attack(name, what, {"gan.py": gan(top, body)}, **more)


def forged(name, what, answer, top="", **more):
    """An attack that takes the worker's place and answers requests itself.

    Args:
        answer: the body of a function of `request` that returns the reply; an import has been answered already.
    """
    return at_import(name, what, forger(answer, top), **more)


def forger(answer, top=""):
    """The text of such a thing."""
    body = textwrap.indent(_dedent(answer), "    ")
    return f"{SERVE}\n{_dedent(top)}\n\ndef answer(request):\n{body}\n\nserve(answer)"


def _dedent(text):
    return textwrap.dedent(text).strip("\n") + "\n"


# Speaks with the grader as the worker does, from within it: its streams and the mark are in its frame.
SERVE = """
import numpy as np
wire = __import__("importlib").import_module("grading.wire")

def post():
    frame = sys._getframe()
    while frame is not None and "requests" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals

def serve(answer):
    room = post()
    mark, reply = room["mark"], {"status": "ok"}
    while True:
        os.write(2, str(mark).encode())
        if isinstance(reply, bytes):
            room["replies"].write(reply)
            room["replies"].flush()
        else:
            wire.write(room["replies"], {"mark": mark, **reply})
        request = wire.read(room["requests"])
        if request is None:
            os._exit(0)
        mark, reply = request.pop("mark"), {"status": "ok"}
        serve.mark = str(mark)
        if "cases" in request:
            shared = {name: request.pop(name) for name in ("probe", "seconds", "cases")}
            replies = [answer({**shared, **one}) for one in wire.apart(request, int(shared["cases"]))]
            odd = [one for one in replies if not isinstance(one, dict)]
            reply = odd[0] if odd else {"status": "ok", **wire.together(replies)}
        elif not str(request["probe"]).endswith(".import"):
            reply = answer(request)

# What a reply of the right form looks like, whatever is in it.
def plausible(request, fill=0.0):
    probe, many = str(request["probe"]), {}
    if probe == "gan.draws":
        images, labels = request["images"], request.get("labels")
        for call in "012":
            many["z_" + call] = np.random.normal(size=(len(images), 3))
            if labels is None:
                many["x_" + call] = images
            else:
                many["y_" + call] = labels
        return {"status": "ok", "slope": np.array(1.0), **many}
    if probe.endswith("on_device"):
        return {"status": "ok"}
    for name, array in request.items():
        if name not in ("probe", "seconds", "seed", "function") and array.dtype.kind == "f":
            many["grad_" + name] = np.full(array.shape, fill)
            many[name + "_after"] = np.zeros(array.shape)
    many["seen"] = np.zeros((1,) + request["real"].shape[1:]) if "real" in request else np.zeros(1)
    many.update(labels_after=np.zeros(1), touched="", layers="", registered=np.ones(3, bool))
    for name in "value output log_det forward inverse forward_log_det inverse_log_det loss loss_slope sample".split():
        many[name] = np.array(fill)
    many["grad_shifts"] = many["grad_log_dets"] = np.array(fill)
    return {"status": "ok", **many}
"""

# A message whose parts are not what `wire.write` would make of them.
FRAMED = """
def framed(texts, numbers=b""):
    return wire._LENGTHS.pack(len(texts), len(numbers)) + texts + numbers
"""

# Says what was found in every way that a submission has of saying something.
TELL = """
import base64

def tell(found):
    text = str(found)[-1500:]
    for said in (text, text[::-1], base64.b64encode(text.encode()).decode(), text.encode().hex()):
        print(said)
        sys.stderr.write(said + "\\n")
    os.write(1, text.encode())

def pierced(what):
    print("@MARKER@-pierced:", what)
"""
