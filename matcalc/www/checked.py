"""A hand derivation as data for a page: each line typeset, with its verdict, its reason, and the line as it should be.

>>> found = checked("E := norm(A x - b)^2\\ncheck dE/dx = A' (A x - b)", "plain")
>>> [(line["verdict"], line["reason"]) for line in found["lines"]]
[('wrong', 'the factor 2 is missing')]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from matcalc.errors import FormulaError, MatcalcError
from matcalc.read.document import Derivative
from matcalc.read.syntax import Syntax
from matcalc.report.checking import check
from matcalc.report.records import Answer, LineReport, Report
from matcalc.report.words import latex_side
from matcalc.write.narrate import differentials, statement_latex
from matcalc.www.shown import Shown, shown

Data = Mapping[str, object]


class Checked(TypedDict):
    """``first_bad`` is the index of the first line that is not right; ``problems`` is what could not be read."""

    title: str
    first_bad: int | None
    problems: list[Data]
    declarations: list[str]
    inferred: list[str]
    answers: list[Data]
    lines: list[Data]


def checked(document: str, syntax: str) -> Checked:
    """What ``matcalc.check`` finds."""
    report = check(document, syntax)
    declared = [d.name for d in (*report.declarations, *report.inferred)]
    names = differentials([*declared, *(d.name for d in report.definitions)])
    return {
        "title": report.title,
        "first_bad": report.first_bad,
        "problems": [error_data(error) for error in report.problems],
        "declarations": [str(d) for d in report.declarations],
        "inferred": [str(d) for d in report.inferred],
        "answers": [part for answer in report.answers for part in _answer(answer)],
        "lines": [_line(line, report, names) for line in report.lines],
    }


def error_data(error: MatcalcError) -> Data:
    """An error with its place, where it has one."""
    if isinstance(error, FormulaError):
        return {"message": error.message, "hint": error.hint, "source": error.source, "spans": error.spans}
    return {"message": str(error), "hint": "", "source": "", "spans": ()}


def _answer(answer: Answer) -> list[Data]:
    if answer.result is None:
        return [{"asked": answer.asked, "error": error_data(answer.error or MatcalcError("no answer"))}]
    labels, values = answer.result.latex_labels, answer.result.values
    return [
        {"asked": answer.asked, "left": shown(left), "right": shown(value.latex()), "plain": str(value)}
        for left, value in zip(labels, values, strict=True)
    ]


def _line(line: LineReport, report: Report, names: Mapping[str, str]) -> Data:
    return {
        "number": line.number,
        "chain": line.chain,
        "begins": line.begins,
        "text": f"{line.left} = {line.right}",
        "left": _side(line.left_tree if line.begins else None, names),
        "right": _side(line.right_tree, names),
        "verdict": line.verdict,
        "is_right": line.is_right,
        "as_expected": line.is_as_expected,
        "cause": line.cause,
        "reason": line.reason,
        "correction": None if line.is_right else line.correction,
        "corrected": None if line.is_right else _side(line.correction_tree, names),
        "example": None if line.is_right else line.example,
        "follows": line.follows,
        "by": [{"name": i.name, "reading": shown(statement_latex(i)), "source": i.source} for i in line.by],
        "held": line.held,
        "notices": line.notices,
        "error": None if line.error is None else error_data(line.error),
    }


def _side(tree: Syntax | Derivative | None, names: Mapping[str, str]) -> Shown | None:
    return None if tree is None else shown(latex_side(tree, names))
