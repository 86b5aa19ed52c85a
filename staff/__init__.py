"""The staff's side: never released to students."""

import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"

# What students receive is imported as they import it: `import grader`, from their folder.
if str(SOURCE) not in sys.path:
    sys.path.insert(0, str(SOURCE))
