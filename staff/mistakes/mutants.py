"""Mechanical mutants of the solved submission: one operator or number changed at a time, by cosmic-ray.

python -m staff.mistakes.mutants [FILE.py ...]        prints those that the grader does not catch
"""

import difflib
import sys

import cosmic_ray.plugins
from cosmic_ray.mutating import mutate_code

from staff.mistakes.entry import FUNCTIONS, SUBMISSION, function_at

# Bit operations on floats raise at once, and say nothing about a grader.
_BITWISE = ("BitOr", "BitXor", "BitAnd", "LShift", "RShift", "Invert")

# File -> part of "line -> changed line" -> why no caller could tell.
EQUIVALENT = {
    "flow_network.py": {"strict=False": "the two lists are of the same length in any case"},
    "gan.py": {" /, device)": "every caller gives g, d and x_real by position, and the device by name"},
    "vae.py": {
        "m - v.sqrt()": "noise is as likely as its negative",
        **dict.fromkeys(
            (
                *("log( 3 * math.pi)", "log( 1 * math.pi)", "v.log() - math.log(2", "log(2 + math.pi)"),
                *("log(2 / math.pi)", "log(2 % math.pi)", "log(2 ** math.pi)"),
            ),
            "the constant of log_normal cancels between p(z) and q(z | x)",
        ),
    },
    "fgan.py": {
        " /, device)": "every caller gives the first four by position, and the device by name",
        **dict.fromkeys(
            ("-> y = torch.where(s < ", "-> y = torch.where(s == 1", "-> y = torch.where(s <= 1"),
            "Newton's method comes down from other starts too",
        ),
        "for _ in range(8): -> for _ in range( ": "by then it moves no longer",
        "y = y - (y + y.exp() - s) / (1 + y.exp()) -> y = y - (y + y.exp() - s) / ( 2": "slower, and still soon there",
    },
    "image_flow.py": {
        "- torch.arange(width) + 1) % 2": "column and minus the column are both even or both odd",
        "+ torch.arange(width) - 1) % 2": "so are one more and one less",
        "< channels / 2)": "channels are even, and their half is a whole number",
        "@torch.no_grad() ->": "images of integers hold no graph",
        " /, device)": "every caller gives n by position, and the device by name",
    },
}


def mutants(files=None):
    """Yields (file, function or None, changed line, {file name: text}) of each mutant of some files, by default all.

    The function is None where a line is changed that is provided.
    """
    texts = {path.name: path.read_text() for path in sorted(SUBMISSION.glob("*.py"))}
    for file in files or sorted({file for file, _ in FUNCTIONS.values()}):
        seen = {texts[file]}
        for name in sorted(cosmic_ray.plugins.operator_names()):
            if any(word in name for word in _BITWISE):
                continue
            try:
                operator = cosmic_ray.plugins.get_operator(name)()
            except TypeError:
                continue  # operators that must be told what to replace
            occurrence = 0
            while (text := mutate_code(texts[file], operator, occurrence)) is not None:
                occurrence += 1
                if text not in seen:
                    seen.add(text)
                    number, line = _changed(texts[file], text)
                    yield file, function_at(file, texts[file], number), line, {**texts, file: text}


def examine(mutant, seed=0):
    """Returns (file, function, line, questions that lost points) of a mutant."""
    from staff.mistakes.observing import grade

    file, function, line, sources = mutant
    failed = grade(sources, seed, {question for other, question in FUNCTIONS.values() if other == file}).failed()
    return file, function, line, sorted({name.split("-")[0] for name in failed})


def flaws(file, function, line, questions):
    """What is wrong with how the grader did on a mutant; "" if nothing."""
    equivalent = any(part in line for part in EQUIVALENT.get(file, {}))
    if not questions:
        return "" if equivalent else "is not caught"
    if equivalent:
        return f"is listed as equivalent, but loses points in {', '.join(questions)}"
    own = function and FUNCTIONS[function][1]
    others = [question for question in questions if own and question != own]
    return f"loses points in {', '.join(others)}" if others else ""


def _changed(before, after):
    """(line number, changed line) of a text that differs in one line."""
    before, after = before.splitlines(), after.splitlines()
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if tag != "equal":
            old = " ".join(line.strip() for line in before[start:end])
            return start, f"{old} -> {' '.join(line.strip() for line in after[new_start:new_end])}"
    raise ValueError("the texts are the same")


def main():
    from staff.mistakes.sweep import spread

    count, equivalent, found = 0, 0, 0
    for file, function, line, questions in spread(examine, [(mutant,) for mutant in mutants(sys.argv[1:])]):
        count += 1
        equivalent += not questions
        flaw = flaws(file, function, line, questions)
        if flaw:
            found += 1
            print(f"{file}, {function or 'provided'}: {line}: {flaw}")
    print(f"{count} mutants, {count - equivalent} caught, {equivalent} not; {found} flaws")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
