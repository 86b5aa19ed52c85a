"""The three documents, built in a folder of their own, and ways of reading a PDF."""

import re
import shutil
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

from tests.submissions import ROOT

DOCUMENTS = ("tex/PS3.tex", "tex/answer_key.tex", "submission.tex")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.S)


@dataclass
class Built:
    """A document: its source, its PDF, and what building it printed."""

    source: str
    pdf: Path
    status: int
    said: str

    def text(self, *options):
        """What can be copied from it."""
        return printed("pdftotext", *options, self.pdf, "-")

    def inside(self):
        """Its objects, unpacked."""
        data = self.pdf.read_bytes()
        parts = [data]
        for match in _STREAM.finditer(data):
            try:
                parts.append(zlib.decompress(match[1]))
            except zlib.error:
                continue  # a picture or a font
        return b"\n".join(parts)


def printed(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def sources(folder):
    """Copies all that the documents need into a folder."""
    for name in ("tex", "docs"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("submission.tex", "points.json", "Makefile"):
        shutil.copy(ROOT / name, folder)
    return folder


def build(folder, document, **options):
    """Builds one document, relative to the folder that `sources` filled."""
    command = [sys.executable, str(folder / "tex" / "build.py"), document]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, **options)
    source = (folder / document).read_text()
    return Built(source, folder / f"{Path(document).stem}.pdf", run.returncode, run.stdout + run.stderr)
