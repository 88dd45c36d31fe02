"""A cell of a notebook that is a document: ``%load_ext matcalc``, and then cells that begin with ``%%matcalc``.

    %%matcalc
    U : matrix(I, K)
    E := norm(U V' - Y)^2
    derive dE/dU

shows the answer and, where there are hand derivations, their lines with what is wrong. ``%%matcalc steps`` shows how the
answers are derived; any other word is the name under which the report is kept.
"""

from __future__ import annotations

import re
from typing import Protocol

from matcalc.report.checking import check
from matcalc.report.records import Report

LATEX = re.compile(r"\\(?:begin|frac|partial|mathbb|mathrm)\b|\$\$")


class Shell(Protocol):
    """What is asked of IPython."""

    user_ns: dict[str, object]

    def register_magic_function(self, func: object, magic_kind: str, magic_name: str) -> None: ...


class Cell:
    """What a cell shows: Markdown with formulas in a notebook, text elsewhere."""

    def __init__(self, report: Report, steps: bool) -> None:
        self.report, self.steps = report, steps

    def _repr_markdown_(self) -> str:
        from matcalc.report.markdown import as_markdown

        return as_markdown(self.report, self.steps)

    def __repr__(self) -> str:
        answers = [str(answer.result or answer.error) for answer in self.report.answers]
        return "\n".join([*map(str, self.report.problems), *answers, *map(str, self.report.lines)])


def load_ipython_extension(shell: Shell) -> None:
    """What ``%load_ext matcalc`` calls."""

    def document(line: str, cell: str) -> Cell:
        """A document: declarations, definitions, what to derive, hand derivations to check."""
        report = check(cell, "latex" if LATEX.search(cell) else "plain")
        words = line.split()
        for name in words:
            if name != "steps":
                shell.user_ns[name] = report
        return Cell(report, "steps" in words)

    shell.register_magic_function(document, "cell", "matcalc")
