"""The spaces where students write, in both spellings of the markers."""

import pytest
from staff.markers import blanked, filled, space_of, spaces
from staff.mistakes.entry import FUNCTIONS
from tests.submissions import ROOT, SOLVED

TEXT = """
class A(Module):
    def f(self):
        ### START{0}CODE{0}HERE ###
        x = 1

        return x
        ### END{0}CODE{0}HERE ###


def f():
    ### START{0}CODE{0}HERE ###
    ### END{0}CODE{0}HERE ###
"""


@pytest.mark.parametrize("between", ["_", " "])
def test_solved_lines_go_and_markers_stay(between):
    text = TEXT.format(between)
    assert len(spaces(text)) == 2
    blank = blanked(text)
    assert "x = 1" not in blank
    assert blank.count("raise NotImplementedError\n") == 2
    assert "        raise NotImplementedError\n        ### END" in blank
    assert "\n    raise NotImplementedError\n    ### END" in blank
    assert blanked(blank) == blank


def test_a_space_is_filled_and_others_left():
    text = TEXT.format("_")
    start = space_of(text, "A.f").start()
    changed = filled(text, lambda space: "        y = 2\n        return y" if space.start() == start else None)
    assert changed == text.replace("        x = 1\n\n        return x\n", "        y = 2\n        return y\n")


@pytest.mark.parametrize("folder", [SOLVED, *sorted((ROOT / "tests" / "older").iterdir())], ids=lambda path: path.name)
def test_every_function_has_its_space(folder):
    texts = {path.name: path.read_text() for path in folder.glob("*.py")}
    functions = {function: file for function, (file, _) in FUNCTIONS.items() if file in texts}
    assert sum(len(spaces(text)) for text in texts.values()) == len(functions) >= 9  # older years had no extra credit
    for function, file in functions.items():
        assert space_of(texts[file], function)
        namespace = {}
        exec(compile(blanked(texts[file]), file, "exec"), namespace)
