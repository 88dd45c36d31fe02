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
from typing import TYPE_CHECKING

from matcalc.errors import CallError, FormulaError, MatcalcError
from matcalc.expr import Symbol, postorder
from matcalc.read.declared import Declaration, Definition
from matcalc.read.document import Ask, Check, Derivative, Document, Expected, Unread
from matcalc.read.syntax import Name, Span, Syntax
from matcalc.read.trees import names_in
from matcalc.report.records import Answer, LineReport, Report

if TYPE_CHECKING:
    from matcalc.rules.record import Identity
    from matcalc.steps.setting import Setting
    from matcalc.verify.case import Budget, Diagnosis
    from matcalc.verify.lines import Judged
    from matcalc.verify.varying import Varying

SPELLINGS = ("plain", "latex", "markdown")


def check(text: str, syntax: str = "plain") -> Report:
    """Reads a document, answers what it asks and holds its hand derivations against the truth, one line at a time.

    Nothing that is wrong in the text raises: what could not be read is in ``problems``, or in the line's ``error``.
    CallError for an unknown syntax.

    >>> check("check A : (B .* C) = (A .* B) : C").lines[0].verdict
    'proved'
    """
    return examined(read_document(text, syntax))


def read_document(text: str, syntax: str = "plain") -> Document:
    """The statements of a document in one of the spellings: "plain", "latex", or "markdown" with formulas in LaTeX."""
    from matcalc.read import mc
    from matcalc.steps.understand import function_names

    if syntax == "plain":
        return mc.read_document(text)
    if syntax in SPELLINGS:
        from matcalc.read.latex.documents import read_latex_document, read_markdown_document

        read = read_latex_document if syntax == "latex" else read_markdown_document
        return read(text, function_names())
    raise CallError(f"unknown syntax '{syntax}'; there are {' and '.join(SPELLINGS)}")


def examined(document: Document, answering: bool = True, tell: Callable[[int, int], None] | None = None) -> Report:
    """The report on a document; ``tell`` hears how many of its statements are done."""
    from matcalc.verify.aliases import with_aliases
    from matcalc.verify.case import Budget
    from matcalc.verify.indices import indices_of
    from matcalc.verify.varying import varying

    indices = indices_of(document)
    statements = [*document.statements, *indices, *defined_in_passing(document)]
    setting = with_aliases(statements, document.syntax, document.source, document.derivatives)
    varies = varying(statements)
    heard = [*document.notices, *setting.heard]
    budget = Budget()
    chains = 0
    lines: list[LineReport] = []
    answers: list[Answer] = []
    problems = [statement.error for statement in document.statements if isinstance(statement, Unread)]
    for place, statement in enumerate(document.statements):
        match statement:
            case Check():
                lines += _lines(statement, chains, setting, varies, document, heard, budget)
                chains += 1
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
        tuple(d for d in setting.declarations if d not in indices),
        setting.inferred,
        setting.definitions,
        document.syntax,
        tuple(dict.fromkeys(heard)),
    )


def defined_in_passing(document: Document) -> list[Definition]:
    """What the lines of chains define: ``f = x' A x`` for a name that nothing else declares or defines.

    A name that begins with d is rather a differential that is misspelled.
    """
    known = {s.name for s in document.statements if isinstance(s, Declaration | Definition)}
    lines = [line for s in document.statements if isinstance(s, Check) for line in s.lines]
    known |= {line.left.text for line in lines if isinstance(line.left, Name) and isinstance(line.right, Derivative)}
    out: list[Definition] = []
    for line in lines:
        left, right = line.left, line.right
        if not isinstance(left, Name) or right is None or isinstance(right, Derivative):
            continue
        if left.text not in known and not (left.text[0] == "d" and len(left.text) > 1):
            if left.text not in names_in(right):
                out.append(Definition(left.text, right, document.source, left.span))
            known.add(left.text)
    return out


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


def _lines(
    statement: Check,
    chain: int,
    setting: Setting,
    varies: Varying,
    document: Document,
    heard: list[str],
    budget: Budget,
) -> Iterator[LineReport]:
    """The lines of a chain; how its formulas were read is added to ``heard``."""
    from matcalc.verify.by import reasons_of
    from matcalc.verify.case import Diagnosis
    from matcalc.verify.causes import diagnosed
    from matcalc.verify.correct import corrected
    from matcalc.verify.lines import judged

    before_it = len(setting.heard)
    found = judged(statement, setting, document.source, varies)
    heard += setting.heard[before_it:]
    for place, line in enumerate(found):
        before = found[:place]
        follows_wrong = bool(line.follows and before and not before[-1].is_right)
        diagnosis = None
        if follows_wrong:
            diagnosis = Diagnosis("", "", corrected(line, document.source), nearest=False)
        elif not line.is_right:
            diagnosis = diagnosed(line, before, document.source, budget)
        by = reasons_of(line, before, document.source) if line.is_right or line.follows else ()
        yield _reported(line, diagnosis, by, before, chain, document)


def _reported(
    line: Judged,
    diagnosis: Diagnosis | None,
    by: tuple[Identity, ...],
    before: list[Judged],
    chain: int,
    document: Document,
) -> LineReport:
    from matcalc.report.words import plain_side, typed

    left, right = typed(line.line, document.source)
    if document.syntax != "plain" and line.line.right is not None:
        left, right = "", plain_side(line.line.right)
    written = line.line.left if line.line.left is not None else line.left
    left = left or (plain_side(written) if written is not None else "")
    judgement = line.judgement
    correction = diagnosis.right if diagnosis is not None else None
    return LineReport(
        number=document.source.count("\n", 0, line.line.span[0]) + 1,
        left=left,
        right=right,
        verdict=line.verdict,
        cause=(diagnosis.cause if diagnosis is not None else line.cause) or None,
        reason=_reason(line, diagnosis, before, plain_side),
        correction=None if correction is None else f"{left} = {plain_side(correction)}",
        nearest=diagnosis is not None and diagnosis.nearest,
        example=str(judgement.example) if judgement is not None and judgement.example is not None else None,
        error_probability=judgement.error_probability if judgement is not None and line.is_right else 0.0,
        follows=line.follows,
        by=by,
        held=line.held,
        notices=line.notices,
        error=line.error,
        expected=_expected((line.line.span,), document),
        span=line.line.span,
        is_unread=line.line.error is not None,
        chain=chain,
        begins=line.line.left is not None,
        about=_about(line),
        left_tree=_plainly(written, line),
        right_tree=_plainly(line.line.right, line),
        correction_tree=correction,
    )


def _plainly(side: Syntax | Derivative | None, line: Judged) -> Syntax | Derivative | None:
    """A side with its calls as calls, so that it can be typeset."""
    from matcalc.verify.places import plainly

    names = line.motion.setting.names if line.motion is not None else {}
    if isinstance(side, Derivative):
        return replace(side, of=plainly(side.of, names))
    return None if side is None else plainly(side, names)


def _about(line: Judged) -> tuple[str, tuple[str, ...]] | None:
    """The name that a line differentiates, and by what."""
    left, motion = line.left, line.motion
    if isinstance(left, Derivative):
        names = tuple(x.text for x in left.wrt if isinstance(x, Name))
        is_plain = isinstance(left.of, Name) and left.order == 1 and bool(names)
        return (left.of.text, names) if is_plain and isinstance(left.of, Name) else None
    if not isinstance(left, Name) or motion is None or left.text in motion.setting.names:
        return None
    name = left.text[1:]
    node = motion.setting.names.get(name)
    if node is None or not node.is_scalar or line.truth is None:
        return None
    moved = {n.of.name for n in postorder(line.truth.value) if isinstance(n, Symbol) and isinstance(n.of, Symbol)}
    return name, tuple(v for v in motion.moving if v in moved)


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


# --- questions --------------------------------------------------------------------------------------------------------


def _answers(statement: Ask, setting: Setting, document: Document) -> Iterator[Answer]:
    from matcalc.report.answering import answer
    from matcalc.report.words import plain_side

    known = (*setting.declarations, *setting.inferred)
    for wanted in statement.wanted:
        asked, wrt = plain_side(wanted), [plain_side(x) for x in wanted.wrt]
        try:
            setting.check_faults([wanted.of])
            yield Answer(asked, answer(wanted.of, wrt, wanted.order, known, setting.definitions))
        except MatcalcError as error:
            yield Answer(asked, None, error)
