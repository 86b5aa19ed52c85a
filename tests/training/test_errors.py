"""What a student's function gets wrong is said in terms of that function."""

import linecache

import pytest
import torch

from training import errors
from training.errors import TrainingStopped, check_gradients, checked_scalar, explain

WEIGHT = torch.ones(3, requires_grad=True)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "NoneType: None"),
        (0.5, "float: 0.5"),
        (2 * WEIGHT, r"a tensor of shape \(3,\)"),
        (WEIGHT.sum().detach(), "a tensor without a gradient"),
    ],
)
def test_a_loss_that_cannot_be_minimised_is_described(value, found):
    with pytest.raises(TrainingStopped, match=f"my_loss must return a 0-d tensor .* returned {found}"):
        checked_scalar("my_loss", value)


def test_a_good_loss_passes():
    loss = WEIGHT.sum()
    assert checked_scalar("my_loss", loss) is loss


def test_a_loss_that_does_not_reach_its_network_is_described():
    network, other = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    (network(torch.ones(1, 2)).detach() + other(torch.ones(1, 2))).sum().backward()
    with pytest.raises(TrainingStopped, match="my_loss does not depend on the generator"):
        check_gradients("my_loss", "generator", [one.grad for one in network.parameters()])
    check_gradients("my_loss", "generator", [None, other.weight.grad])


def raised(function):
    try:
        function()
    except Exception as error:
        return error
    pytest.fail("nothing was raised")


def submitted(tmp_path, monkeypatch, source):
    """A function `f` that comes from a submission's file."""
    monkeypatch.setattr(errors, "SUBMISSION", tmp_path)
    path = tmp_path / "gan.py"
    path.write_text(source)
    names = {}
    exec(compile(source, path, "exec"), names)
    return names["f"]


def test_a_function_not_yet_written_is_named(tmp_path, monkeypatch):
    f = submitted(tmp_path, monkeypatch, "def f():\n    raise NotImplementedError\n")
    assert explain(raised(f)).startswith("f in submission/gan.py, line 2, is not written yet")


def test_a_function_not_yet_written_is_named_in_a_file_that_is_not_in_utf_8_too(tmp_path, monkeypatch):
    """Python 3.11 runs it."""
    source = "# café\r\ndef f():\r\n    # START_CODE_HERE\r\n{}    raise NotImplementedError\r\n"
    for inserted, said in (("", "line 4, is not written yet"), ("    x = 1\r\n", "still raises NotImplementedError")):
        linecache.clearcache()
        f = submitted(tmp_path, monkeypatch, source.format(inserted))
        (tmp_path / "gan.py").write_bytes(source.format(inserted).encode("latin-1"))
        assert said in explain(raised(f))


def test_an_encoding_that_does_not_exist_is_in_no_line(tmp_path, monkeypatch):
    monkeypatch.setattr(errors, "SUBMISSION", tmp_path)
    explanation = explain(raised(lambda: compile(b"# coding: foo\n", tmp_path / "gan.py", "exec")))
    assert "unknown encoding: foo" in explanation and "gan.py" in explanation and "line 0" not in explanation


def test_of_an_error_in_the_submission_only_its_own_lines_are_shown(tmp_path, monkeypatch):
    f = submitted(tmp_path, monkeypatch, "def f():\n    return 1 / 0\n")
    explanation = explain(raised(f))
    assert "return 1 / 0" in explanation and explanation.endswith("ZeroDivisionError: division by zero")
    assert "test_errors.py" not in explanation


def test_a_syntax_error_in_the_submission_is_shown_with_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr(errors, "SUBMISSION", tmp_path)
    explanation = explain(raised(lambda: compile("def f(:\n", tmp_path / "gan.py", "exec")))
    assert "gan.py" in explanation and "line 1" in explanation and "test_errors.py" not in explanation


def test_an_import_of_what_lies_beside_it_says_how(tmp_path, monkeypatch):
    f = submitted(tmp_path, monkeypatch, "def f():\n    import my_tools\n")
    assert explain(raised(f)).endswith("No module named 'my_tools'")
    (tmp_path / "my_tools.py").write_text("")
    assert explain(raised(f)).endswith("my_tools.py lies in submission/: `from .my_tools import ...` finds it.")


def test_errors_of_others_are_left_alone():
    def f():
        raise NotImplementedError

    assert explain(raised(f)) is None


def test_a_backward_pass_that_comes_too_late_says_what_the_function_may_have_done():
    value = torch.ones((), requires_grad=True).exp()
    value.backward()
    explanation = explain(raised(value.backward))
    assert explanation.endswith("Does your function call backward() itself? That is main.py's business.")
