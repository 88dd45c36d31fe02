"""A report as plain data, for programs."""

from __future__ import annotations

from matcalc.errors import FormulaError
from matcalc.report.records import Answer, LineReport, Report
from matcalc.rules.record import Identity


def as_data(report: Report) -> dict[str, object]:
    """Everything that a report says; lists, dictionaries, texts and numbers only."""
    return {
        "title": report.title,
        "status": report.status,
        "first_bad": report.first_bad,
        "lines": [_line(line) for line in report.lines],
        "answers": [_answer(answer) for answer in report.answers],
        "problems": [_error(error) for error in report.problems],
        "declarations": [str(d) for d in report.declarations],
        "inferred": [str(d) for d in report.inferred],
        "notices": list(report.notices),
    }


def _line(line: LineReport) -> dict[str, object]:
    return {
        "number": line.number,
        "left": line.left,
        "right": line.right,
        "verdict": line.verdict,
        "cause": line.cause,
        "reason": line.reason,
        "correction": line.correction,
        "example": line.example,
        "error_probability": line.error_probability,
        "follows": line.follows,
        "by": [_identity(identity) for identity in line.by],
        "held": list(line.held),
        "notices": list(line.notices),
        "expected": None if line.expected is None else [line.expected.verdict, line.expected.cause],
        "as_expected": line.is_as_expected,
        "error": None if line.error is None else _error(line.error),
    }


def _answer(answer: Answer) -> dict[str, object]:
    result = None if answer.result is None else answer.result.to_json()
    return {"asked": answer.asked, "result": result, "error": None if answer.error is None else str(answer.error)}


def _error(error: FormulaError) -> dict[str, object]:
    return {"message": error.message, "spans": [list(span) for span in error.spans], "hint": error.hint}


def _identity(identity: Identity) -> dict[str, str]:
    return {"name": identity.name, "statement": identity.statement, "source": identity.source}
