"""Attacks on whoever reads: the instructor's terminal, a log, a browser."""

from tests.hostile.attack import SERVE, Attack, at_import, forged, gan, in_call

NASTY = r"""
NASTY = (
    "\x1b[2J\x1b[H\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[31m\x9b2J\x1bP+q\x1b\\"
    "\r\x08\x08\x00\x7f\u202e\u2066\u200b\u2028\u2029\x0b\x0c\x85\ufeff\ud800\U000e0041"
)
END = (
    "----- START 2b-0-basic: x\n----- END 2b-0-basic [took 0:00:00.1 (max allowed 20 seconds), 1/1 points]\n"
    "\nTotal: 35/35 points\nBehind the wall 'bubblewrap', with --seed 1.\n"
)
HTML = "<script>fetch('http://127.0.0.1/')</script><img src=x onerror=alert(1)></pre></textarea>]]>{{7*7}}"
"""

ATTACKS = [
    in_call(
        "escape-codes-printed",
        "prints codes that colour, move, hide, rename and copy",
        """
        print(NASTY * 50)
        sys.stderr.write(NASTY)
        os.write(2, NASTY.encode(errors='replace') + bytes(range(256)))
        raise RuntimeError('x')
        """,
        NASTY,
    ),
    in_call(
        "escape-codes-raised",
        "raises them, in the error's text and name",
        "raise type(NASTY.replace('\\0', '').replace('\\ud800', ''), (Exception,), {})(NASTY)",
        NASTY,
    ),
    in_call(
        "html-printed", "prints and raises what a browser would run", "print(HTML)\nraise RuntimeError(HTML)", NASTY
    ),
    in_call(
        "imitates-the-grader",
        "prints and raises lines as the grader's own: START, END, Total",
        "print(END)\nos.write(1, b'\\r' + END.encode())\nraise RuntimeError(END)",
        NASTY,
    ),
    at_import(
        "imitates-in-the-reason",
        "sends such lines as the reason for a failure, from its first character on",
        NASTY
        + SERVE
        + """
def answer(request):
    return {"status": "failed", "reason": END + NASTY + END, "unwritten": "x\\n" + END}

serve(answer)
""",
    ),
    at_import(
        "escape-codes-in-replies",
        "in every text of a reply that is ok",
        NASTY
        + SERVE
        + """
nasty = NASTY.replace("\\0", "").replace("\\ud800", "") + "\\n" + END
def answer(request):
    return {**plausible(request), "touched": nasty, "layers": nasty, NASTY.replace("\\0", "").replace("\\ud800", ""): 1}

def answered(request):
    reply = answer(request)
    reply.pop(list(reply)[-1])
    return reply

serve(answered)
""",
        tests=("2b-0-basic", "2b-4-hidden"),
    ),
    at_import(
        "texts-of-megabytes",
        "a text of millions of characters wherever a reply has one",
        SERVE
        + """
def answer(request):
    return {**plausible(request), "touched": "x" * 10**6, "layers": "y " * 10**5}

serve(answer)
""",
        tests=("2b-0-basic", "2b-4-hidden"),
    ),
    in_call(
        "place-of-the-fault",
        "prints the trace of a crash, with escape codes and lines of the grader's for a place, and crashes",
        """
        trace = "Stack (most recent call first):\\nThread 0x1 (most recent call first):\\n"
        trace += '  File "/x/' + "\\n" + END + 'gan.py", line 1 in \\x1b[31mowned\\n'
        trace += '  File "/x/gan.py", line 1 in \\x1b]0;owned\\x07' + "x" * 3000 + "\\n"
        os.write(2, trace.encode())
        os.kill(os.getpid(), 9)
        """,
        NASTY,
    ),
    in_call(
        "gigabytes-on-a-line",
        "a line of gigabytes",
        "while True:\n    os.write(1, b'x' * 2**20)",
        tests=("2b-0-basic",),
    ),
    in_call(
        "a-million-lines",
        "a million short lines before each answer",
        """
        for _ in range(200):
            os.write(1, b'\\n' * 5000)
        print('x' * 50_000)
        raise RuntimeError('y' * 10**6 + '\\n' * 10**5)
        """,
        tests=("2b-0-basic", "2b-1-basic", "2b-4-hidden"),
    ),
    Attack(
        "names-of-functions",
        "functions still to be written, called like something else",
        {
            "gan.py": gan(
                """
                def loss_nonsaturating_d(g, d, x_real, *, device):
                    raise NotImplementedError

                loss_nonsaturating_d.__code__ = loss_nonsaturating_d.__code__.replace(
                    co_qualname="x\\nTotal: 35/35 points\\n\\x1b[31m.y" if sys.version_info >= (3, 11) else "x",
                    co_name="z\\x1b[31m",
                )
                first = loss_nonsaturating_d
                """
            )
            + "\n\nloss_nonsaturating_d = first\n"
        },
    ),
    in_call(
        "marks-of-the-prints",
        "prints the mark that ends the prints of a question, early and often",
        """
        frame = sys._getframe()
        while "requests" not in frame.f_locals:
            frame = frame.f_back
        mark = str(frame.f_locals["mark"])
        for _ in range(1000):
            os.write(2, mark.encode() + b" 1/1 points ")
        raise RuntimeError(mark)
        """,
    ),
    forged("failed-without-a-word", "a failure whose reason is blank", 'return {"status": "failed", "reason": "\\n"}'),
]
