"""A document with its wrong lines put right.

>>> from matcalc.report.checking import check
>>> print(repaired(check("E := x' x\\ncheck dE/dx = x   # a slip")))
E := x' x
check dE/dx = 2 x   # a slip
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.read.document import Derivative
from matcalc.read.syntax import Syntax
from matcalc.report.records import LineReport, Report
from matcalc.report.words import equals_sign
from matcalc.write.present import latex_text, plain_text


def repaired(report: Report) -> str:
    """The text, in which every line that is not right, and not marked as such, has the right side that it should have."""
    text = report.source
    write: Callable[[Syntax], str] = plain_text if report.syntax == "plain" else latex_text
    for line in reversed(report.lines):
        if is_repaired(line):
            assert line.correction_tree is not None
            start, end = _right_side(line, text)
            text = text[:start] + write(line.correction_tree) + text[end:]
    return text


def is_repaired(line: LineReport) -> bool:
    """Whether a line is to be changed, and it is known to what."""
    wrong = not line.is_right and line.expected is None
    return wrong and line.correction_tree is not None and not isinstance(line.right_tree, Derivative)


def _right_side(line: LineReport, text: str) -> tuple[int, int]:
    """Where the right side stands, without the spaces around it."""
    start, end = line.span
    start += equals_sign(text[start:end]) + 1
    part = text[start:end]
    return start + len(part) - len(part.lstrip(" &\t\n")), end - len(part) + len(part.rstrip())
