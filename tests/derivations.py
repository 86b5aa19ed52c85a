"""The displays of the answer key, and which test holds which of them.

Each display of tex/answer_key.tex has a tag. A test that checks it says so, with the tag and with a fingerprint of
what the key prints there: `@covers("5a.1", "0c1f9e2a")`. Whoever changes the display must look at its test again.
"""

import ast
import hashlib
import re
from pathlib import Path

from tests.submissions import ROOT

KEY = ROOT / "tex" / "answer_key.tex"
TESTS = tuple(Path(__file__).parent.glob("test_derivations*.py"))
_RESULT = re.compile(r"\\begin\{result\}\{(?P<tag>[^}]+)\}(?P<body>.*?)\\end\{result\}", re.S)
_SPACING = re.compile(r"\s+|&|\\\\|\\q?quad(?![A-Za-z])|\\[,;: ]")
_OTHER_DISPLAYS = re.compile(
    r"\\\[|\$\$|\\begin\{(?:equation|align|alignat|gather|multline|flalign|displaymath|eqnarray)\*?\}"
)


def covers(tag, fingerprint):
    """Marks a test of what the key displays under a tag; `claims` reads the marks."""
    return lambda test: test


def displays(text):
    """{tag: fingerprint} of the displays in the text of a key; spacing and line breaks do not count.

    Raises:
        AssertionError: two have the same tag.
    """
    found = {}
    for match in _RESULT.finditer(_body(text)):
        assert match["tag"] not in found, f"two displays are called {match['tag']}"
        found[match["tag"]] = hashlib.sha256(_SPACING.sub("", match["body"]).encode()).hexdigest()[:8]
    return found


def untagged(text):
    """Displays in the text of a key that no test could name."""
    return _OTHER_DISPLAYS.findall(_body(text))


def claims():
    """A list of (tag, fingerprint, test) for each mark, read from the source of the tests."""
    found = []
    for path in TESTS:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "covers":
                        found.append((*map(ast.literal_eval, mark.args), f"{path.name}::{node.name}"))
    return found


def _body(text):
    return re.sub(r"(?<!\\)%.*", "", text.partition(r"\begin{document}")[2])
