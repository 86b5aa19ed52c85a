"""Replies that the worker never gave, on the worker's own streams, rightly framed and marked."""

import textwrap

from tests.hostile.attack import FRAMED, SERVE, Attack, at_import, forged, forger, gan, in_call

# One test of each kind of question that is asked.
KINDS = (
    "1c-1-basic",
    "2b-0-basic",
    "4b-2-basic",
    "5e-0-basic",
    "5e-2-basic",
    "1a-2-hidden",
    "2b-4-hidden",
    "2b-6-hidden",
    "5e-3-hidden",
)
FEW = ("2b-0-basic", "5e-2-basic")  # where each reply costs the worker its life
# Tests of what is drawn, noise and labels: any loss gets their points that calls g and d, whatever it makes of them. So
# where these are forged, the honest part is such a loss, and earns the points of as many of these tests as are run.
DRAWN = ("2b-6-hidden", "4b-2-basic", "4b-3-basic", "4b-6-hidden")
HONEST = {"2b-6-hidden": 1, "4b-2-basic": 0.5, "4b-3-basic": 0.5, "4b-6-hidden": 1}
CALLS = """
    labels = [locals()["y_real"]] if "y_real" in locals() else []
    return d(x_real, *labels).mean() + d(g(z, *labels), *labels).mean()
"""
CALLS = "z = torch.randn(len(x_real), g.dim_z, device=device)\n" + textwrap.dedent(CALLS)


def everywhere(name, what, answer, top="", tests=KINDS, **more):
    """A forger in both files, so that every question reaches it."""
    text = gan(forger(answer, top), CALLS)
    honest = sum(HONEST.get(test, 0) for test in tests)
    return Attack(name, what, {"gan.py": text, "flow_network.py": text}, tests, honest, **more)


def changed(name, what, change, texts=False, **more):
    """A reply of the right form whose numbers, or whose texts too, are all changed; `change` is an expression of
    `array` and `name`."""
    kept = "False" if texts else "isinstance(array, str)"
    answer = f"""
        reply = plausible(request)
        reply.pop("status")
        return {{"status": "ok", **{{name: array if {kept} else {change} for name, array in reply.items()}}}}
    """
    return everywhere(name, what, answer, **more)


ATTACKS = [
    everywhere("ok-and-no-more", "ok to every question, and nothing else", 'return {"status": "ok"}'),
    everywhere(
        "ok-with-points",
        "ok, with what the grade might be taken from",
        """
        grade = {name: np.array(100.0) for name in "score points passed max_score result grade reward".split()}
        return {**plausible(request), **grade, "passed": np.array(True), "success": "OK", "failures": np.array(0)}
        """,
    ),
    everywhere("plausible-zeros", "replies of the right form, all zero", "return plausible(request)"),
    changed(
        "nan-everywhere",
        "NaN in every array",
        "np.full(np.shape(array), np.nan)",
    ),
    changed(
        "infinity-everywhere",
        "infinity in every array",
        "np.full(np.shape(array), np.inf)",
    ),
    changed("texts-for-numbers", "texts where there should be numbers", 'np.full(np.shape(array), "0.0")'),
    changed("numbers-for-texts", "numbers where there should be texts", "np.ones(np.shape(array))", texts=True),
    changed("nothing-in-them", "arrays of no size, with long shapes", "np.zeros((0, 3, 10**6, 10**6))"),
    changed("one-number-each", "a single number for each array", "np.array(0.5)"),
    changed("one-axis-more", "an axis more than there should be", "np.asarray(array)[None]"),
    changed("truth-values", "truth values for numbers", "np.zeros(np.shape(array), bool)"),
    changed(
        "strange-numbers",
        "numbers of other sizes and byte orders",
        "np.asarray(array).astype('>f8' if len(name) % 2 else np.longdouble if len(name) % 3 else np.float16)",
    ),
    changed("complex-numbers", "complex numbers", "np.asarray(array).astype(complex)", tests=FEW),
    everywhere(
        "huge-arrays",
        "arrays as large as a message may be, and as large as an array may be, wherever the grader keeps them",
        """
        large = np.zeros(15_000_000 if "z" in str(request["probe"]) else 2**20, np.int8)
        return {**plausible(request), "value": large, "output": large, "slope": large, "grad_weight": large}
        """,
        tests=("2b-0-basic", "5e-3-hidden", "2b-6-hidden"),
        seconds=300,
    ),
    everywhere(
        "images-without-number",
        "says that d was called on as many images as a reply can hold",
        """
        reply = plausible(request)
        size = np.shape(request.get("real", np.zeros((1, 1))))[1:]
        many = np.random.randint(0, 100, (2**20 // int(np.prod(size)), *size)).astype(np.int8)
        return {**reply, **{name: many for name in reply if name in ("seen", "x_0", "x_1", "x_2")}}
        """,
        tests=("2b-0-basic", "5e-2-basic", "5e-3-hidden"),
        seconds=300,
    ),
    everywhere(
        "images-of-another-shape",
        "says that d was called on images of another shape, to make the answers stumble and show their lines",
        """
        reply = plausible(request)
        if "seen" in reply and "real" in request:
            real, fake = request["real"], request["images"]
            mixed = (0.5 * real + 0.5 * fake).reshape(len(real), -1)
            shapes = [mixed, mixed[:, :, None, None], mixed.T, mixed[None], mixed[:, :3], mixed[0]]
            reply["seen"] = shapes[len(real) % len(shapes)]
        for name in [name for name in reply if name.startswith("x_")]:
            reply[name] = reply[name].reshape(len(reply[name]), -1)[:, :5]
        return reply
        """,
    ),
    everywhere(
        "labels-of-another-kind",
        "labels that are no whole numbers, or far too large",
        """
        reply = plausible(request)
        wrong = [lambda y: y + 0.5, lambda y: y * 10**15, lambda y: -y, lambda y: y.astype(str), lambda y: y[:0]]
        for index, name in enumerate(name for name in list(reply) if name.startswith("y_")):
            reply[name] = wrong[(index + int(request["seed"])) % len(wrong)](reply[name])
        return reply
        """,
    ),
    everywhere(
        "codes-that-are-no-text",
        "texts of numbers that stand for no character",
        """
        bad = np.frombuffer(np.array([0x7FFFFFFF, 0xD800, 0x41], np.uint32).tobytes(), "<U3")[0:1].reshape(())
        return {**plausible(request), "touched": bad, "layers": bad, "unwritten": bad, "reason": bad}
        """,
        tests=FEW,
    ),
    everywhere(
        "codes-for-a-status",
        "a status, and a mark, of numbers that stand for no character",
        """
        bad = np.frombuffer(np.array([0x7FFFFFFF, 0xD800, 0x41], np.uint32).tobytes(), "<U3")[0:1].reshape(())
        return {**plausible(request), "status": bad}
        """,
        tests=FEW,
    ),
    everywhere(
        "a-list-of-states",
        "an array of texts for a status, and for what is to be read by people",
        """
        many = np.array([["ok", "failed"], ["passed", "1/1 points"]])
        return {**plausible(request), "status": "failed", "reason": many, "unwritten": many, "touched": many}
        """,
    ),
    forged(
        "list-of-many",
        "a message of as many texts and arrays as its list has room for",
        """
        many = {f"{k:x}": "" if k % 2 else ["<f4", [0]] for k in range(15_000)}
        return framed(json.dumps({**many, "status": "ok"}).encode())
        """,
        "import json\n" + FRAMED,
    ),
    forged(
        "list-without-end",
        "a list as long as a message may be",
        'return framed(b"[" + b"0," * 8_000_000 + b"0]")',
        FRAMED,
    ),
    forged(
        "list-that-unfolds",
        "a message that is small and claims to hold gigabytes",
        """
        described = {f"value{k}": ["<f8", [2**20]] for k in range(99)}
        return framed(json.dumps({**described, "status": "ok"}).encode(), b"0" * 8)
        """,
        "import json\n" + FRAMED,
    ),
    forged(
        "list-over-itself",
        "the same name again and again, each for an array of its own",
        """
        entry = b'"value": ["<f8", [10]]'
        return framed(b"{" + b", ".join([entry] * 200) + b', "status": "ok"}', np.zeros(2000).tobytes())
        """,
        FRAMED,
    ),
    forged(
        "list-of-depth",
        "a list of brackets within brackets",
        'return framed(b\'{"value": \' + b"[" * 120_000 + b"]" * 120_000 + b"}")',
        FRAMED,
    ),
    forged(
        "shape-beyond-measure",
        "arrays said to be larger than any memory, of negative size, and of shapes that are none",
        """
        shape = SHAPES[int(abs(request["real"]).sum() * 1000) % len(SHAPES)] if "real" in request else SHAPES[0]
        return framed(b'{"status": "ok", "value": ["<f8", ' + shape + b"]}", b"x" * 64)
        """,
        """
SHAPES = [b"[-1, -8]", b"[10, 10, 10, 10, 10, 10, 10]", b"[0, " + b"9" * 4000 + b"]", b"[" + b"1, " * 99 + b"8]"]
SHAPES += [b"[9223372036854775808, 0]", b"[8.0]", b"[true, 8]", b"8", b"null", b'["8"]', b"[1e400]", b"[NaN]", b"{}"]
"""
        + FRAMED,
    ),
    forged(
        "types-of-all-kinds",
        "arrays of objects, of dates, of text, of records, of complex numbers, of none",
        """
        kind = KINDS[int(abs(request["real"]).sum() * 1000) % len(KINDS)] if "real" in request else KINDS[0]
        return framed(b'{"status": "ok", "value": [' + kind + b", [2]]}", b"x" * 16)
        """,
        """
KINDS = [b'"|O"', b'"<M8[s]"', b'"<U2"', b'"f8,f8"', b'"<c8"', b'"|V8"', b'"|S8"', b'[["a", "<f8"]]', b"8", b"null"]
"""
        + FRAMED,
    ),
    forged(
        "names-that-climb",
        "arrays called ../../results.json, and with escape codes in their names",
        """
        names = "../../results.json", "@RESULTS@/results.json", "/etc/\x1b[2J", "\x1b]0;owned\x07.npy", "\\ud800"
        score = '{"score": 100, "tests": []}'
        texts = {"mark": serve.mark, "status": "failed", "reason": "\\ud800", **dict.fromkeys(names, score)}
        return framed(json.dumps(texts).encode())
        """,
        "import json\n" + FRAMED,
    ),
    forged("length-beyond-measure", "a length of 2^64 - 1 bytes", 'return b"\\xff" * 8 + b"x" * 100'),
    forged(
        "half-a-message",
        "a message that stops in its middle, again and again",
        'return wire._LENGTHS.pack(1000, 1000) + b"{ " * 10 if request["real"].any() else b""',
        tests=("2b-0-basic",),
    ),
    at_import(
        "on-every-descriptor",
        "full marks, on every descriptor that is open, in every form",
        SERVE
        + """
        import io
        buffer = io.BytesIO()
        reply = {"status": "ok", "value": 1.450685, "touched": "", "real_after": np.zeros(1)}
        wire.write(buffer, {"mark": post()["mark"], **reply})
        message = buffer.getvalue()
        for handle in range(256):
            for text in (message, b'{"score": 100, "tests": []}', b"----- END 2b-0-basic [took 0, 1/1 points]\\n"):
                try:
                    os.write(handle, text)
                except OSError:
                    pass
        """.replace("\n        ", "\n"),
    ),
    at_import(
        "ten-thousand-replies",
        "replies that nobody asked for, without end, while others are awaited",
        SERVE
        + """
import threading

def flood():
    room = post_of_main
    while True:
        reply = plausible({"probe": "gan.loss", "real": np.zeros((3, 1))})
        wire.write(room["replies"], {"mark": room["mark"], **reply})

post_of_main = post()
threading.Thread(target=flood, daemon=True).start()
""",
    ),
    in_call(
        "reply-ahead",
        "a reply to this question and one to the next, before it is asked",
        """
        for _ in range(2):
            wire.write(post()["replies"], {"mark": post()["mark"], **plausible({"probe": "x", "real": x_real.numpy()})})
        """,
        SERVE,
    ),
    everywhere(
        "drawn-by-hand",
        "noise and labels that no loss drew",
        "return plausible(request)",
        tests=DRAWN,
    ),
    everywhere(
        "unwritten-in-words",
        "a hidden case, in the name of the function that is still to be written",
        """
        word = "@MARKER@-hidden"
        return {"status": "failed", "reason": "not yet", "unwritten": word + " x=" + str(request.get("z", 0))[:50]}
        """,
    ),
    everywhere(
        "touched-in-words",
        "a hidden case, in what a call left changed",
        """
        word = "@MARKER@-hidden" if len(request.get("real", "12")) not in (2, 3) else "nothing of note"
        values = {name: np.array(0.0) for name in ("value", "grad_weight", "grad_bias")}
        return {**plausible(request), **values, "touched": word, "layers": "MADE PermuteLayer " + word}
        """,
    ),
]
