"""A hand derivation, line by line: each against the truth, and against the line before.

>>> from matcalc.read.mc import read_document
>>> document = read_document("E := x' A x\\ncheck dE/dx = 2 A x")
>>> (line,) = judged(document.statements[1], Setting.of(document.statements), document.source)
>>> line.verdict
'wrong'
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from matcalc.algebra import zeros
from matcalc.algebra.rebuild import expand_names
from matcalc.algebra.terms import is_zero
from matcalc.errors import CallError, FormulaError, NoRuleError
from matcalc.expr import Expr, Symbol, postorder
from matcalc.read.document import Check, Derivative, Line
from matcalc.read.syntax import Name, Syntax
from matcalc.read.trees import names_in
from matcalc.shape import SCALAR, Shape, shape_text
from matcalc.steps.differential import differential_symbol, gradients
from matcalc.steps.project import projected
from matcalc.steps.setting import Misfit, Setting
from matcalc.verify.agree import agree, gradient_agrees
from matcalc.verify.equal import Judgement, judge
from matcalc.verify.introduced import introduced
from matcalc.verify.truth import Motion, Truth, moving, truth_of
from matcalc.verify.varying import Varying, moved_in, of_differential, segments, varying

RIGHT = frozenset({"proved", "equal", "numerically equal"})
CONVENTION, MISFIT, WRONG, UNDECIDED = "right in another convention", "shapes do not fit", "wrong", "undecided"


@dataclass(frozen=True)
class Judged:
    """A line and what was found. ``left`` is its own left side or that of its chain; ``value`` its right side without names.

    ``reason`` is in words; ``error`` has the place of what could not be read or does not fit. ``follows``: whether the line
    follows from the one before, None where there is none to follow from. ``held``: the variables that the chain holds fixed;
    ``notices``: what was inferred for the chain.
    """

    line: Line
    left: Syntax | Derivative | None
    verdict: str
    reason: str = ""
    cause: str | None = None
    error: FormulaError | None = None
    follows: bool | None = None
    judgement: Judgement | None = None
    truth: Truth | None = None
    value: Expr | None = None
    motion: Motion | None = None
    held: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.verdict in RIGHT


def judged(check: Check, setting: Setting, source: str, varies: Varying | None = None) -> list[Judged]:
    """The lines of a chain, or a claim, in order; ``varies`` is what the whole document says varies."""
    known = setting.names.keys()
    setting, notices = introduced(check, setting, source)
    nowhere = setting.names.keys() - known
    out: list[Judged] = []
    varies = varying([check]) if varies is None else varies
    for segment in segments(check.lines):
        motion = Motion(setting, _moving(segment, setting, varies))
        for line in segment:
            left = line.left if line.left is not None else out[-1].left if out else None
            left = setting.derivatives.get(left.text, left) if isinstance(left, Name) else left
            found = _of_nothing(line, left, nowhere, source) or _judged(line, left, motion, source)
            out.append(replace(found, follows=_follows(found, out)))
    return [replace(out[0], notices=notices), *out[1:]] if out else []


def _of_nothing(line: Line, left: Syntax | Derivative | None, nowhere: Set[str], source: str) -> Judged | None:
    """A line that says something of a name which nobody declared."""
    if isinstance(left, Name) and left.text in nowhere:
        error = FormulaError(f"{left.text} is declared nowhere", source, [left.span], f"define it: {left.text} := …")
        return Judged(line, left, UNDECIDED, error.message, error=error)
    if isinstance(left, Derivative):
        for x in left.wrt:
            if isinstance(x, Name) and x.text in nowhere and x.text not in names_in(left.of):
                error = FormulaError(f"{x.text} is declared nowhere", source, [left.span])
                return Judged(line, left, UNDECIDED, error.message, error=error)
    return None


def _moving(segment: Sequence[Line], setting: Setting, varies: Varying) -> tuple[str, ...]:
    """What a chain moves itself, and what varies beside it."""
    found = moving(setting, _trees(segment))
    own = {name for name in moved_in(segment) if isinstance(setting.names.get(name), Symbol)}
    formula = of_differential(segment)
    beside = varies.beside(formula, own) - {*found} if formula and own else set()
    free = [n for n, x in setting.names.items() if isinstance(x, Symbol) and "constant" not in x.properties]
    return tuple(n for n in free if n in found or n in beside) if beside else found


def _trees(lines: Sequence[Line]) -> list[Syntax]:
    sides = [side for line in lines for side in (line.left, line.right)]
    return [side for side in sides if side is not None and not isinstance(side, Derivative)]


# --- one line -----------------------------------------------------------------------------------------------------


def _judged(line: Line, left: Syntax | Derivative | None, motion: Motion, source: str) -> Judged:
    found = Judged(line, left, UNDECIDED, motion=motion)
    if line.error is not None or left is None or line.right is None:
        error = line.error or FormulaError("this line has no left side", source, [line.span])
        return replace(found, reason=error.message, error=error)
    without: NoRuleError | None = None
    try:
        truth = truth_of_left(left, motion, source)
        found = replace(found, truth=truth, held=_held(left, motion))
    except Misfit as error:
        return replace(found, verdict=MISFIT, reason=error.message, error=error)
    except NoRuleError as error:
        without = error
    except FormulaError as error:
        return replace(found, reason=error.message, error=error)
    try:
        like = SCALAR if found.truth is None else found.truth.value.shape
        found = replace(found, value=side(line.right, motion, source, like))
    except Misfit as error:
        return replace(found, verdict=MISFIT, reason=error.message, error=error)
    except FormulaError as error:
        return replace(found, reason=error.message, error=error)
    return compared(found) if without is None else _without_rule(found, without, source)


def side(tree: Syntax | Derivative, motion: Motion, source: str, like: Shape = SCALAR) -> Expr:
    """What a side of a line is, without names; ``like`` is the shape of the other side."""
    if isinstance(tree, Derivative):
        return truth_of(tree, motion.setting, source).value
    return motion.written_out(motion.expression(tree, source, like))


def truth_of_left(left: Syntax | Derivative, motion: Motion, source: str) -> Truth:
    """What a left side truly is."""
    if isinstance(left, Derivative):
        return truth_of(left, motion.setting, source)
    return Truth("value", (side(left, motion, source),))


def _held(left: Syntax | Derivative, motion: Motion) -> tuple[str, ...]:
    """The variables that the left side depends on, and whose differentials the chain never mentions though it does others'."""
    if not (isinstance(left, Name) and left.text[0] == "d"):
        return ()
    node = motion.setting.names.get(left.text[1:])
    if node is None:
        return ()
    inside = [x for x in postorder(expand_names(node)) if isinstance(x, Symbol) and "constant" not in x.properties]
    return tuple(x.name for x in inside if x.name not in motion.moving)


def compared(found: Judged) -> Judged:
    """The verdict on a line whose two sides are known."""
    truth, value = found.truth, found.value
    assert truth is not None
    assert value is not None
    if is_zero(value) and value.shape != truth.value.shape and value.is_scalar:
        value = zeros(*truth.value.shape)  # dE/dX = 0 is meant in every shape
    judgement: Judgement | None = None
    for right in truth.values:
        if right.shape == value.shape:
            judgement = judge(right, value)
            if judgement.verdict in RIGHT:
                return replace(found, verdict=judgement.verdict, judgement=judgement, value=value)
    for other in truth.conventions:
        if other.value.shape == value.shape and _equal(other.value, value):
            return replace(found, verdict=CONVENTION, cause=other.cause, reason=other.name, value=value)
    if judgement is None:
        reason = f"the left side is {_shape(truth.value)}, and this is {_shape(value)}"
        return replace(found, verdict=MISFIT, reason=reason, value=value)
    if judgement.verdict == WRONG and (name := _condition_on(found)):
        return replace(
            found, reason=f"{name} is a variable: where it has this value is for the text to say", value=value
        )
    if judgement.verdict == WRONG and (reason := _in_prose(found)):
        return replace(found, reason=reason, value=value)
    return replace(found, verdict=judgement.verdict, reason=judgement.reason, judgement=judgement, value=value)


def _in_prose(found: Judged) -> str:
    """Why a claim of a paper is not decided: as it is read there is no dependence, and only prose can say what letters are."""
    setting, left, truth = found.motion.setting if found.motion else None, found.left, found.truth
    if setting is None or setting.syntax == "plain" or truth is None or not is_zero(truth.value):
        return ""
    if not isinstance(left, Derivative) or not isinstance(left.of, Name) or left.of.text not in setting.names:
        return ""
    inside = {node.name for node in postorder(expand_names(setting.names[left.of.text])) if isinstance(node, Symbol)}
    unknown = [d.name for d in setting.inferred if d.name in inside and d.shape != SCALAR]
    if not unknown:
        return ""
    by = ", ".join(x.text for x in left.wrt if isinstance(x, Name))
    verb = "is" if len(unknown) == 1 else "are"
    return (
        f"as it is read, {left.of.text} does not depend on {by}: {', '.join(unknown)} {verb} declared nowhere; "
        f"define {unknown[0]} := …"
    )


def _condition_on(found: Judged) -> str:
    """The variable that a line of a paper sets to a value: ``w = (X^T X)^{-1} X^T y`` claims nothing of all w."""
    setting = found.motion.setting if found.motion is not None else None
    if setting is None or setting.syntax == "plain" or not isinstance(found.line.left, Name):
        return ""
    name = found.line.left.text
    return name if isinstance(setting.names.get(name), Symbol) else ""


def _equal(a: Expr, b: Expr) -> bool:
    return a is b or bool(_agrees(a, b))


def _agrees(a: Expr, b: Expr) -> bool:
    try:
        return bool(agree(a, b))
    except CallError:
        return False


def _shape(node: Expr) -> str:
    return "a scalar" if node.is_scalar else shape_text(node.shape)


def _without_rule(found: Judged, error: NoRuleError, source: str) -> Judged:
    """A gradient for which there is no rule may still be held against difference quotients."""
    left, value, motion = found.left, found.value, found.motion
    assert motion is not None
    undecided = replace(found, reason=error.message, error=error)
    if not isinstance(left, Derivative) or left.order != 1 or len(left.wrt) != 1 or value is None:
        return undecided
    (wrt,) = left.wrt
    x = motion.setting.names.get(wrt.text) if isinstance(wrt, Name) else None
    try:
        f = expand_names(motion.setting.expression(left.of, source))
        if not isinstance(x, Symbol) or x.properties or not f.is_scalar:
            return undecided
        if value.shape != x.shape:
            reason = f"the gradient by {x.name} is {shape_text(x.shape)}, and this is {_shape(value)}"
            return replace(found, verdict=MISFIT, reason=reason)
        verdict = "numerically equal" if gradient_agrees(f, x, value) else WRONG
    except (FormulaError, CallError):
        return undecided
    return replace(found, verdict=verdict, reason="by difference quotients: " + error.message)


# --- what follows -------------------------------------------------------------------------------------------------


def _follows(found: Judged, before: Sequence[Judged]) -> bool | None:
    """Whether the line follows from the one before, right or not."""
    if found.value is None or found.motion is None:
        return None
    if found.line.left is None and before:
        last = before[-1]
        if last.value is None:
            return None
        return (found.is_right and last.is_right) or _same(last.value, found.value)
    if isinstance(found.left, Derivative):
        return _read_off(found, found.left, before)
    return None


def _same(a: Expr, b: Expr) -> bool:
    return a.shape == b.shape and _equal(a, b)


def _read_off(found: Judged, left: Derivative, before: Sequence[Judged]) -> bool | None:
    """Whether a gradient is what the last differential of the same formula says: dE = G : dX + …."""
    if not (isinstance(left.of, Name) and left.order == 1 and len(left.wrt) == 1 and isinstance(left.wrt[0], Name)):
        return None
    named, wrt = "d" + left.of.text, left.wrt[0].text
    last = next((b for b in reversed(before) if isinstance(b.left, Name) and b.left.text == named), None)
    if last is None or last.value is None or found.value is None or found.motion is None:
        return None
    x = found.motion.setting.names.get(wrt)
    if not isinstance(x, Symbol) or not last.value.is_scalar:
        return None
    if found.is_right and last.is_right:
        return True
    dx = differential_symbol(x)
    try:
        G = projected(gradients(last.value, (dx,))[dx], x)[0]
    except NoRuleError:
        return None
    return _same(G, found.value)
