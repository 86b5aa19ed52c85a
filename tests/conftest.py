"""Fixtures that several tests share."""

import os
import shutil
import signal

import hypothesis
import pytest
import torch
from tests.needs import missing

import data

# On CI a failure must come from the change, not from the luck of the draw.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

# A shell that runs the tests in the background has what it starts ignore Ctrl-C, and so on down.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def float64():
    """Everything new is float64 within the test, so that tolerances can be tight."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture(scope="session")
def fashion_mnist():
    """The real Fashion-MNIST; where it is missing the test is skipped, but on CI it fails."""
    if data.find_folder("fashion-mnist") is None:
        missing("needs Fashion-MNIST: python src/main.py --model gan --cache, or the Debian package")
    return data.load_images("fashion-mnist")


@pytest.fixture(scope="session")
def latex():
    """LaTeX and the tools that look into a PDF; where they are missing the test is skipped, but on CI it fails."""
    lacks = [tool for tool in ("latexmk", "pdflatex", "pdftotext", "pdfinfo", "pdffonts") if not shutil.which(tool)]
    if lacks:
        missing(f"needs {', '.join(lacks)}: Debian's latexmk, texlive-latex-extra and poppler-utils")
