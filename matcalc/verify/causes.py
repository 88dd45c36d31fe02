"""Why a line is wrong: the nearest right line, by one change of what its author wrote or of what was declared.

>>> from matcalc.read.mc import read_document
>>> from matcalc.steps.setting import Setting
>>> from matcalc.verify.lines import judged
>>> document = read_document("E := norm(A x - b)^2\\ncheck dE/dx = A' (A x - b)")
>>> (line,) = judged(document.statements[1], Setting.of(document.statements), document.source)
>>> diagnosed(line, (), document.source).cause
'factor'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain

from matcalc.expr import Expr
from matcalc.read.document import Derivative
from matcalc.read.syntax import Add, Negate, Number, Syntax
from matcalc.verify import assumed
from matcalc.verify.case import Budget, Case, Diagnosis, Exhausted
from matcalc.verify.correct import corrected
from matcalc.verify.edits import Edit, edits, terms_of, with_terms
from matcalc.verify.edits.pieces import scaled
from matcalc.verify.expanded import expanded
from matcalc.verify.lines import CONVENTION, MISFIT, WRONG, Judged
from matcalc.verify.regroup import regrouped, with_factor

ONE_CHANGE = 400  # changes that are tried
TWO_CHANGES = 1000
FIRST_OF_TWO = 40
UNTRIED = "not every possible cause was tried: there is too much that may be wrong"
SHAPING = frozenset({"order", "transpose", "hadamard", "layout"})  # the causes of changes that make shapes fit

Attempt = Callable[[Case], Diagnosis | None]


def diagnosed(found: Judged, before: Sequence[Judged], source: str, budget: Budget | None = None) -> Diagnosis | None:
    """Why a line is not right; None where there is nothing to say. ``before`` are the lines of its check before it."""
    if found.verdict not in (CONVENTION, MISFIT, WRONG) or found.truth is None or found.motion is None:
        return None
    ours = corrected(found, source)
    if found.verdict == CONVENTION:
        return Diagnosis(found.cause or "other", "", ours, nearest=False)
    if found.line.right is None or isinstance(found.line.right, Derivative):
        return Diagnosis("other", "", ours, nearest=False)
    case = Case(found, before, source, ours, budget or Budget())
    words = ""
    for attempt in ATTEMPTS:
        try:
            diagnosis = attempt(case)
        except Exhausted:
            words = UNTRIED
            continue
        if diagnosis is not None:
            return diagnosis
    return Diagnosis("other", words, ours, nearest=False)


# --- one change ---------------------------------------------------------------------------------------------------


def _one_change(case: Case) -> Diagnosis | None:
    return _first_right(case, edits(case.tree, case.letters, ONE_CHANGE))


def _moved_bracket(case: Case) -> Diagnosis | None:
    return _first_right(case, regrouped(case.tree, case.letters))


def _missing_factor(case: Case) -> Diagnosis | None:
    return _first_right(case, with_factor(case.tree, case.letters))


def _change_written_out(case: Case) -> Diagnosis | None:
    """One change of one term, where the products are distributed over the sums."""
    tree = case.written_out
    if tree == case.tree:
        return None
    return _first_right(case, chain(edits(tree, case.letters, ONE_CHANGE), regrouped(tree, case.letters)))


def _change_in_convention(case: Case) -> Diagnosis | None:
    """One change makes it right in another convention."""
    for tree in (case.tree, case.written_out) if case.truth.conventions else ():
        for edit in edits(tree, case.letters, ONE_CHANGE):
            if name := case.convention(case.expression(edit.tree)):
                words = f"{edit.words}; then it is right in {name}"
                return replace(_of_edit(edit), words=words, right=case.ours, nearest=False)
    return None


def _first_right(case: Case, changes: Iterable[Edit]) -> Diagnosis | None:
    """The first change that makes the line right; to swap what is symmetric is said so, and not as a transpose."""
    changes = iter(changes)
    for edit in changes:
        if case.is_right(case.expression(edit.tree)):
            if edit.cause == "transpose" and case.is_symmetric(edit.parts):
                swaps = (other for other in changes if other.cause == "order")
                edit = next((other for other in swaps if case.is_right(case.expression(other.tree))), edit)
            return _of_edit(edit)
    return None


def _of_edit(edit: Edit) -> Diagnosis:
    return Diagnosis("transpose" if edit.cause == "layout" else edit.cause, edit.words, edit.tree, edit.parts)


# --- numbers and terms --------------------------------------------------------------------------------------------


def _scaled(case: Case) -> Diagnosis | None:
    """The whole, or one of its terms, has another number in front, or is too much."""
    for tree in (case.tree, case.written_out):
        terms = terms_of(tree, case.letters)
        c = case.multiple(tree)
        found = None if c in (None, -1) else _as_multiple(case, tree, c + 1)
        if found is not None:
            return found
        for place, term in enumerate(terms) if len(terms) > 1 else ():
            c = case.multiple(term)
            found = None if c is None else _with_multiple(case, terms, place, c + 1)
            if found is not None:
                return found
    return None


def _as_multiple(case: Case, tree: Syntax, factor: Fraction) -> Diagnosis | None:
    right = _times(factor, tree)
    if not case.is_right(case.expression(right)):
        return None
    if factor == -1:
        return Diagnosis("sign", "the sign is wrong", right)
    return Diagnosis("factor", f"this is {1 / factor} times the right value", right)


def _with_multiple(case: Case, terms: Sequence[Syntax], place: int, factor: Fraction) -> Diagnosis | None:
    term = terms[place]
    new = () if factor == 0 else (_times(factor, term),)
    right = _sum((*terms[:place], *new, *terms[place + 1 :]))
    if not case.is_right(case.expression(right)):
        return None
    if factor == 0:
        return Diagnosis("term", "the term {} is too much", right, (term,))
    if factor == -1:
        return Diagnosis("sign", "the sign of {} is wrong", right, (term,))
    return Diagnosis("factor", "{} should be {}", right, (term, *new))


def _times(factor: Fraction, tree: Syntax) -> Syntax:
    match tree:
        case Add(signs, terms):
            return _sum(tuple(_times(factor * s, t) for s, t in zip(signs, terms, strict=True)))
        case Negate(operand):
            return _times(-factor, operand)
        case _:
            number = abs(factor.numerator) if factor.denominator == 1 else abs(factor)
            body = tree if number == 1 else scaled(number, tree)
            return Negate(body) if factor < 0 else body


def _sum(terms: Sequence[Syntax]) -> Syntax:
    if len(terms) < 2:
        return terms[0] if terms else Number(0)
    signs = tuple(-1 if isinstance(t, Negate) else 1 for t in terms)
    return Add(signs, tuple(t.operand if isinstance(t, Negate) else t for t in terms))


def _missing_term(case: Case) -> Diagnosis | None:
    """A term of the lines before, or of the truth, is missing."""
    for tree in _sums(case) if case.rests else ():
        for term in terms_of(tree, case.letters):
            if case.multiple(term) == 1:
                found = _first_right(case, with_terms(case.tree, [term], case.letters))
                if found is not None:
                    return found
    return None


def _sums(case: Case) -> Iterator[Syntax]:
    """Sums whose terms may be missing: the right lines before, and ours, also written out."""
    right = [b.line.right for b in case.before if b.is_right and b.left == case.left]
    found = [t for t in reversed(right) if t is not None and not isinstance(t, Derivative)]
    found += [case.ours] if case.ours is not None else []
    yield from found
    yield from (expanded(t, case.letters) for t in found)


# --- two changes, and shapes --------------------------------------------------------------------------------------


def _two_changes(case: Case) -> Diagnosis | None:
    """Two changes of order, transposes, products and brackets that make it right."""
    return next((d for d, expression in _remembered(case) if case.is_right(expression)), None)


def _shapes(case: Case) -> Diagnosis | None:
    """One change, or two, after which the shapes fit, though the value is still another."""
    if case.found.verdict != MISFIT:
        return None
    once = (
        (_of_edit(e), case.expression(e.tree)) for e in edits(case.tree, case.letters, ONE_CHANGE) if e.cause in SHAPING
    )
    for found, expression in chain(once, _remembered(case)):
        if expression is not None and expression.shape == case.truth.value.shape:
            words = f"{found.words}; then the shapes fit, but the value is another"
            return replace(found, words=words, right=case.ours, nearest=False)
    return None


def _remembered(case: Case) -> list[tuple[Diagnosis, Expr]]:
    if case.twice is None:
        case.twice = list(_twice(case))
    return case.twice


def _twice(case: Case) -> Iterator[tuple[Diagnosis, Expr]]:
    """What two changes give that means something."""
    tried = 0
    firsts = [e for e in edits(case.tree, case.letters, ONE_CHANGE) if e.cause in SHAPING]
    for first in firsts[:FIRST_OF_TWO]:
        for second in chain(regrouped(first.tree, case.letters), edits(first.tree, case.letters, ONE_CHANGE)):
            if second.cause in SHAPING or second.words.startswith("the function in"):
                tried += 1
                if tried > TWO_CHANGES:
                    return
                expression = case.expression(second.tree)
                if expression is not None:
                    words, parts = f"{first.words}, and {second.words}", (*first.parts, *second.parts)
                    yield replace(_of_edit(first), words=words, right=second.tree, parts=parts), expression


ATTEMPTS: tuple[Attempt, ...] = (
    assumed.mistaken, assumed.binary, _one_change, _moved_bracket, _scaled, _missing_term, assumed.constant, _missing_factor,
    assumed.distribution, _change_written_out, assumed.symmetric, assumed.orthogonal, _two_changes, _change_in_convention,
    _shapes,
)  # fmt: skip
