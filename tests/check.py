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
    ("pytest", "-q"),
)


def main(arguments: list[str]) -> int:
    """Runs all of them, whatever fails, and gives the worst exit status."""
    worst = 0
    for command in COMMANDS:
        more = arguments if command[0] == "pytest" else []
        print("$", *command, *more, flush=True)
        worst = max(
            worst, abs(subprocess.run([sys.executable, "-m", *command, *more], cwd=ROOT, check=False).returncode)
        )
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
