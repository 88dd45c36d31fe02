"""Coverage-guided input to the readers: python -m tests.guided plain -max_total_time=3600 (or latex, or documents).

Needs atheris, which is no dependency of the project; what stands after the name of the target goes to libFuzzer. An input that
ends in anything but a result or an error of matcalc's own is written to a file crash-…, and the run ends.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

if __name__ == "__main__":
    import atheris

    atheris.instrument_imports(include=["matcalc"]).__enter__()

import matcalc
from matcalc.errors import MatcalcError
from matcalc.steps.understand import understand

LONGEST = 400  # letters of an input


def _formula(text: str, syntax: str) -> None:
    """The first line is declared, the others are the formula."""
    declared, _, formula = text.rpartition("\n")
    found = understand(formula, [declared] if declared else [], syntax)
    for name in list(found.names)[:1]:
        str(matcalc.derive(formula, name, [declared] if declared else [], syntax))


def _documents(text: str) -> None:
    for syntax in ("plain", "latex", "markdown"):
        matcalc.check(text, syntax).to_json()


TARGETS: dict[str, Callable[[str], None]] = {
    "plain": lambda text: _formula(text, "plain"),
    "latex": lambda text: _formula(text, "latex"),
    "documents": _documents,
}


def main() -> None:
    target = TARGETS[sys.argv.pop(1)]

    def one(data: bytes) -> None:
        try:
            target(data.decode("utf-8", "replace")[:LONGEST])
        except MatcalcError as error:
            str(error)

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
