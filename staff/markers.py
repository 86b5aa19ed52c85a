"""The spaces between `### START_CODE_HERE ###` and `### END_CODE_HERE ###`, where students write."""

import re
import textwrap

# Older years wrote the markers with spaces.
_SPACE = re.compile(
    r"^(?P<margin>[ \t]*)### START[_ ]CODE[_ ]HERE ###[ \t]*\n(?P<inside>.*?)^[ \t]*### END[_ ]CODE[_ ]HERE ###",
    re.M | re.S,
)


def spaces(text):
    """Returns the re.Match of each space, with the groups margin and inside."""
    return list(_SPACE.finditer(text))


def blanked(text):
    """The text as students get it: each space says that it is still to be filled."""
    return filled(text, lambda _: "raise NotImplementedError")


def filled(text, body):
    """The text with new code between markers.

    Args:
        body: called with the re.Match of a space; returns code, indented as it may be, or None to leave it.
    """

    def fill(match):
        code = body(match)
        if code is None:
            return match[0]
        inside = textwrap.indent(textwrap.dedent(code).strip("\n") + "\n", match["margin"])
        start, end = match.start("inside") - match.start(), match.end("inside") - match.start()
        return match[0][:start] + inside + match[0][end:]

    return _SPACE.sub(fill, text)


def space_of(text, function):
    """Returns the re.Match of the space of a function, such as MADE.forward."""
    *owner, name = function.split(".")
    start = text.index(f"class {owner[0]}(") if owner else 0
    start = text.index(f"def {name}(", start)
    return _SPACE.search(text, start)
