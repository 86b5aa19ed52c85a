"""Files of a submission are imported one by one; what is not among the course's packages is refused."""

import builtins
import sys

import pytest
from tests.submissions import write

from grading import loader
from grading.loader import Submission


@pytest.fixture(autouse=True)
def plain_imports():
    yield
    builtins.__import__ = loader._plain_import
    loader.forget()


def test_a_broken_neighbour_does_no_harm(tmp_path):
    submission = Submission(write(tmp_path / "s", gan="1 / 0"))
    assert hasattr(submission.module("flow_network"), "MADE")
    with pytest.raises(ZeroDivisionError):
        submission.module("gan")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^submission/gan.py is missing\.$"):
        Submission(write(tmp_path / "s", gan=None)).module("gan")


@pytest.mark.parametrize(
    "code",
    [
        "import yaml",
        "import hypothesis.strategies as st",
        "from pytest import raises",
        "def f():\n    import yaml\nf()",
    ],
)
def test_an_import_outside_the_list_is_refused_and_the_list_given(tmp_path, code):
    name = "hypothesis" if "hypothesis" in code else "pytest" if "pytest" in code else "yaml"
    with pytest.raises(
        ModuleNotFoundError, match=f"^{name} is not among .* torch, torchvision, numpy, matplotlib, sklearn, tqdm"
    ):
        Submission(write(tmp_path / "s", gan=code)).module("gan")


def test_packages_of_the_course_their_own_imports_and_pythons_are_let_in(tmp_path):
    code = (
        "import numpy, sklearn.datasets, tqdm, json, dataclasses\nimport torch.nn.functional as F\nfrom torch import nn"
    )
    assert Submission(write(tmp_path / "s", gan=code)).module("gan").F


def test_a_refused_import_may_be_optional(tmp_path):
    code = "try:\n    import yaml\nexcept ImportError:\n    yaml = None"
    assert Submission(write(tmp_path / "s", gan=code)).module("gan").yaml is None


@pytest.mark.parametrize(
    "code",
    ["from . import helper", "from .helper import x", "import submission.helper", "from submission import helper"],
)
def test_files_of_the_submission_may_import_each_other(tmp_path, code):
    submission = Submission(write(tmp_path / "s", gan=code + "\ny = 1", helper="x = 1"))
    assert submission.module("gan").y == 1


USES_HELPER = "import submission\ndef f():\n    return submission.helper.x"


@pytest.mark.parametrize(
    ("init", "first"),
    [("", ""), (None, ""), ("from . import gan", ""), ("CONSTANT = 7", "from . import CONSTANT\n")],
)
def test_a_neighbour_is_imported_when_it_is_asked_for_by_the_packages_name(tmp_path, init, first):
    folder = write(tmp_path / "s", gan=first + USES_HELPER, helper="x = 1", __init__=init)
    assert Submission(folder).module("gan").f() == 1


def test_a_broken_neighbour_does_no_harm_before_it_is_asked_for(tmp_path):
    gan = Submission(write(tmp_path / "s", gan=USES_HELPER, helper="1 / 0")).module("gan")
    with pytest.raises(ZeroDivisionError):
        gan.f()


def test_neighbours_may_ask_for_each_other(tmp_path):
    helper = "import submission\nx = 1\ny = submission.gan.f"
    submission = Submission(write(tmp_path / "s", gan=USES_HELPER + "\nz = f()", helper=helper))
    assert submission.module("gan").z == 1


def test_what_is_no_file_of_the_submission_is_no_attribute(tmp_path):
    code = "import submission\nfound = hasattr(submission, 'nothing')"
    assert not Submission(write(tmp_path / "s", gan=code)).module("gan").found


def test_what_the_package_itself_defines_can_be_imported(tmp_path):
    folder = write(tmp_path / "s", gan="from . import CONSTANT", __init__="CONSTANT = 7")
    assert Submission(folder).module("gan").CONSTANT == 7


def test_without_an_init_file_it_is_a_package_all_the_same(tmp_path):
    assert Submission(write(tmp_path / "s", __init__=None)).module("gan").F


def test_another_submission_takes_the_place_of_the_first(tmp_path):
    assert Submission(write(tmp_path / "one", gan="x = 1")).module("gan").x == 1
    assert Submission(write(tmp_path / "two", gan="x = 2")).module("gan").x == 2
    assert "submission" in sys.modules
