"""Typesets a document of the problem set with latexmk, and fails on what a reader would stumble over.

    python tex/build.py submission.tex      makes submission.pdf

Names are relative to the top folder, where the PDF lands. Standard library only, any Python from 3.8 on.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSTALL = (
    "On Debian and Ubuntu: sudo apt-get install latexmk lmodern texlive-latex-extra texlive-fonts-recommended "
    "texlive-science. Elsewhere: TeX Live or MacTeX, whole. Or upload the document and tex/macros.tex to Overleaf."
)
LATEXMK = ("latexmk", "-norc", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error")
# Said by LaTeX of what a reader does not see: a figure that moved down the page.
HARMLESS = re.compile(r"float specifier changed to")
_WARNING = re.compile(
    r"^(?:(?:LaTeX|Package \S+|Class \S+|pdfTeX)(?: Font)? [Ww]arning.*|Overfull \\[hv]box .*|Missing character: .*)$",
    re.M,
)


def missing_tool():
    """One line that says what is to be installed; empty where nothing is."""
    missing = [tool for tool in ("latexmk", "pdflatex") if shutil.which(tool) is None]
    return f"Could not find {' and '.join(missing)}. {INSTALL}" if missing else ""


def complaints(log):
    """The lines of a LaTeX log that matter, each once."""
    found = (" ".join(match[0].split()) for match in _WARNING.finditer(log))
    return [line for line in dict.fromkeys(found) if not HARMLESS.search(line)]


def first_error(log):
    """The first error of a LaTeX log in one line."""
    if lacking := re.search(r"File [`'](\S+\.(?:sty|cls|tfm|def))' not found", log):
        return f"This LaTeX lacks {lacking[1]}. {INSTALL}"
    error = re.search(r"^(?:\./)?(\S+:\d+: .+)$|^! (.+)$", log, re.M)
    if not error:
        return "LaTeX failed without saying why."
    said = error[1] or error[2]
    if said.endswith("Undefined control sequence."):
        name = re.compile(r"^l\.\d+ .*?(\\(?:[A-Za-z@]+|.))$", re.M).search(log, error.end())
        said = f"{said[:-1]} {name[1]}" if name else said
    return said


def build(document, root=ROOT):
    """Makes a PDF in the top folder, always from nothing, so that pictures which came or went are noticed.

    Args:
        document: of the .tex file, relative to root.
        root: the top folder.

    Returns:
        What is wrong with the document, a list of lines; empty if nothing is.

    Raises:
        SystemExit: there is no PDF; the message says why.
    """
    if missing := missing_tool():
        raise SystemExit(missing)
    name = Path(document).stem
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [*LATEXMK, f"-outdir={folder}", str(document)],
            cwd=root,
            env={**os.environ, "max_print_line": "1000"},  # else the log breaks its lines
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        log, pdf = Path(folder, f"{name}.log"), Path(folder, f"{name}.pdf")
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        if run.returncode or not pdf.exists():
            raise SystemExit(first_error(said or run.stderr.decode(errors="replace")))
        shutil.copyfile(pdf, Path(root, pdf.name))
    return complaints(said)


def main(arguments):
    if len(arguments) != 1:
        sys.exit("Name one document: python tex/build.py submission.tex")
    document = arguments[0]
    if not Path(ROOT, document).is_file():
        sys.exit(f"There is no {document} in {ROOT}.")
    wrong = build(document)
    pdf = Path(document).with_suffix(".pdf").name
    if wrong:
        sys.exit("\n  ".join([f"{pdf} was made, but is not fit to be handed on:", *wrong]))
    print(f"Made {pdf}.")


if __name__ == "__main__":
    main(sys.argv[1:])
