"""What was found out about a document: its questions answered, its lines held against the truth.

>>> report = check("E := norm(A x - b)^2\\ncheck dE/dx = A' (A x - b)")
>>> print(report.lines[0])
dE/dx = A' (A x - b)   wrong (factor): the factor 2 is missing
>>> report.lines[0].correction, report.first_bad, report.status
("dE/dx = 2 A' (A x - b)", 0, 1)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from matcalc.errors import CallError, FormulaError, MatcalcError
from matcalc.read.document import Ask, Check, Derivative, Document, Expected, Line, Unread
from matcalc.read.syntax import Name, Span, Syntax
from matcalc.report.records import Answer, LineReport, Report

if TYPE_CHECKING:
    from matcalc.result import Result
    from matcalc.rules.record import Identity
    from matcalc.steps.setting import Setting
    from matcalc.verify.case import Diagnosis
    from matcalc.verify.lines import Judged

SPELLINGS = ("plain", "latex")


def check(text: str, syntax: str = "plain") -> Report:
    """Reads a document, answers what it asks and holds its hand derivations against the truth, one line at a time.

    Nothing that is wrong in the text raises: what could not be read is in ``problems``, or in the line's ``error``.
    CallError for an unknown syntax.

    >>> check("check A : (B .* C) = (A .* B) : C").lines[0].verdict
    'proved'
    """
    return examined(read_document(text, syntax))


def read_document(text: str, syntax: str = "plain") -> Document:
    """The statements of a document in one of the spellings."""
    from matcalc.read import mc

    if syntax == "plain":
        return mc.read_document(text)
    raise CallError(f"unknown syntax '{syntax}'; there are {' and '.join(SPELLINGS)}")


def examined(document: Document, answering: bool = True, tell: Callable[[int, int], None] | None = None) -> Report:
    """The report on a document; ``tell`` hears how many of its statements are done."""
    from matcalc.steps.setting import Setting

    setting = Setting.of(document.statements, document.syntax)
    lines: list[LineReport] = []
    answers: list[Answer] = []
    problems = [statement.error for statement in document.statements if isinstance(statement, Unread)]
    for place, statement in enumerate(document.statements):
        match statement:
            case Check():
                lines += _lines(statement, setting, document)
            case Ask() if answering:
                answers += _answers(statement, setting, document)
            case _:
                pass
        if tell is not None:
            tell(place + 1, len(document.statements))
    used = {error.message for line in lines if (error := line.error) is not None}
    problems += [e for e in setting.faults.values() if not _expected(e.spans, document) and not _is_said(e, used)]
    return Report(
        document.title,
        document.source,
        tuple(lines),
        tuple(answers),
        tuple(problems),
        setting.declarations,
        setting.inferred,
        setting.definitions,
    )


def _is_said(error: FormulaError, messages: set[str]) -> bool:
    return any(message.endswith(error.message) for message in messages)


def _expected(spans: tuple[Span, ...], document: Document) -> Expected | None:
    """What the author says of the line of the text in which something stands."""
    for expected in document.expected:
        low, high = expected.span
        if any(low <= start <= high for start, _ in spans):
            return expected
    return None


# --- lines ------------------------------------------------------------------------------------------------------------


def _lines(statement: Check, setting: Setting, document: Document) -> Iterator[LineReport]:
    from matcalc.verify.by import reasons_of
    from matcalc.verify.causes import diagnosed
    from matcalc.verify.lines import judged

    found = judged(statement, setting, document.source)
    for place, line in enumerate(found):
        before = found[:place]
        follows_wrong = bool(line.follows and before and not before[-1].is_right)
        diagnosis = None if line.is_right or follows_wrong else diagnosed(line, before, document.source)
        by = reasons_of(line, before, document.source) if line.is_right or line.follows else ()
        yield _reported(line, diagnosis, by, before, document)


def _reported(
    line: Judged, diagnosis: Diagnosis | None, by: tuple[Identity, ...], before: list[Judged], document: Document
) -> LineReport:
    text = partial(_text, syntax=document.syntax)
    start = line.line.span[0]
    number = document.source.count("\n", 0, start) + 1
    judgement = line.judgement
    correction = diagnosis.right if diagnosis is not None else None
    left = text(line.left) if line.left is not None else ""
    return LineReport(
        number,
        left,
        _typed(line.line, document.source),
        line.verdict,
        diagnosis.cause if diagnosis is not None else line.cause,
        _reason(line, diagnosis, before, text),
        None if correction is None else f"{left} = {text(correction)}",
        diagnosis is not None and diagnosis.nearest,
        str(judgement.example) if judgement is not None and judgement.example is not None else None,
        judgement.error_probability if judgement is not None and line.is_right else 0.0,
        line.follows,
        by,
        line.held,
        line.notices,
        line.error,
        _expected((line.line.span,), document),
        line.line.span,
        line.line.error is not None,
        correction,
    )


def _reason(line: Judged, diagnosis: Diagnosis | None, before: list[Judged], text: Callable[[Syntax], str]) -> str:
    """Why, in words."""
    if line.is_right:
        return ""
    if line.follows and before and not before[-1].is_right:
        return "follows from the line before, which is not right"
    said = diagnosis.said(text) if diagnosis is not None else ""
    if line.verdict in ("shapes do not fit", "undecided", "right in another convention"):
        return f"{line.reason}; {said}" if said else line.reason
    return said


def _typed(line: Line, source: str) -> str:
    """The right side as its author wrote it."""
    start, end = line.span
    text = source[start:end]
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "=" and depth <= 0 and (place == 0 or text[place - 1] not in ":<>"):
            text = text[place + 1 :]
            break
    code = "\n".join(part.split("#", 1)[0] for part in text.split("\n"))
    return " ".join(code.replace("&", " ").split())


def _text(side: Syntax | Derivative, syntax: str) -> str:
    """A side of a line in plain spelling."""
    from matcalc.write.present import plain_text

    if not isinstance(side, Derivative):
        return plain_text(side)
    of = plain_text(side.of) if isinstance(side.of, Name) else f"({plain_text(side.of)})"
    names = [plain_text(x) for x in side.wrt]
    if side.order == 1:
        return f"d{of}/d{names[0]}" if names else f"∇ {of}"
    if len(set(names)) == 1:
        return f"d2{of}/d{names[0]}2"
    return f"d2{of}/{' '.join('d' + name for name in names)}" if names else f"∇² {of}"


# --- questions --------------------------------------------------------------------------------------------------------


def _answers(statement: Ask, setting: Setting, document: Document) -> Iterator[Answer]:
    for wanted in statement.wanted:
        asked = _text(wanted, document.syntax)
        try:
            yield Answer(asked, _answer(wanted, setting, document))
        except MatcalcError as error:
            yield Answer(asked, None, error)


def _answer(wanted: Derivative, setting: Setting, document: Document) -> Result:
    from matcalc.api import derive
    from matcalc.write.present import plain_text

    setting._check_faults([wanted.of])
    declare = [str(d) for d in (*setting.declarations, *setting.inferred)]
    formula, name = plain_text(wanted.of), ""
    for definition in setting.definitions:
        if isinstance(wanted.of, Name) and definition.name == wanted.of.text:
            formula, name = plain_text(definition.syntax), definition.name
            break
        declare.append(f"{definition.name} := {plain_text(definition.syntax)}")
    wrt = tuple(dict.fromkeys(plain_text(x) for x in wanted.wrt))
    if not wrt:
        raise FormulaError("a derivative by what?", document.source, [wanted.span], "write dE/dU")
    return replace(derive(formula, wrt, declare, order=wanted.order), _called=name)
