"""Formats, lints, checks types and runs the tests: ``python tests/check.py``, the same for a person and for CI.

Fails when anything had to be formatted, too; then look at the change and run it again. Arguments go to pytest.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    ("ruff", "format", "--exit-non-zero-on-format"),
    ("ruff", "check"),
    ("mypy",),
    ("pytest", "-q", "-n", "auto", "--timeout", "300"),  # on all cores; no test may hang
)


def main(arguments: list[str]) -> int:
    """Runs all of them, whatever fails, and gives the worst exit status."""
    found = []
    for command in COMMANDS:
        full = [*command, *(arguments if command[0] == "pytest" else [])]
        print("$", *full, flush=True)
        found.append(abs(subprocess.run([sys.executable, "-m", *full], cwd=ROOT, check=False).returncode))
    return max(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
