"""The derivation by one entry, row or column of W: the differential of the formula where only that part moves.

dF         = a W .* b dW + a dW .* b W
dW/dW[i,j] = unit(i, m) unit(j, n)'                          W is the sum of its entries times these
dF/dW[i,j] = a W .* b (unit(i, m) unit(j, n)') + …
           = b unit(i, m) unit(j, n)' Diag(a W) + …           x ⊙ y = Diag(x) y
           = (a[i] (b W)[j] + b[i] (a W)[j]) unit(j, n)'
"""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.algebra import number, product, transpose
from matcalc.algebra.kroneckers import vec
from matcalc.algebra.rebuild import substitute
from matcalc.expr import Expr, Named, postorder
from matcalc.read.syntax import Add, Apply, Binary, Juxtapose, Name, Postfix, Syntax
from matcalc.read.trees import names_in
from matcalc.steps.compact import compact
from matcalc.steps.components import Component
from matcalc.steps.derivation import Derivation, Line, derivation, derivation_by_members
from matcalc.steps.letters import letter_of
from matcalc.steps.members import has_members
from matcalc.steps.reasons import cite, of_differential
from matcalc.steps.spell import spell


def derivation_of_part(objective: str, f: Expr, part: Component, value: Expr) -> Derivation:
    """The chain to ``value``, the derivative by the part: a part of the gradient, in the shape of f, or the Jacobian."""
    if f.is_scalar:
        whole = _by_whole(objective, f, part)
        taken = Line(spell(value), (cite("entry-product"),), (), quotient(objective, part))
        return Derivation(objective, whole.names, (*whole.lines, taken))
    names = tuple(n for n in postorder(f) if isinstance(n, Named))
    return Derivation(objective, names, tuple(_lines(objective, f, part, value)))


def _by_whole(objective: str, f: Expr, part: Component) -> Derivation:
    by = (part.whole,)
    if has_members(by):
        return derivation_by_members(objective, f, by, [_gradient(f, part)])
    return derivation(objective, f, by)


def _lines(objective: str, f: Expr, part: Component, value: Expr) -> Iterator[Line]:
    dF = compact(part.differential(f))
    typed = spell(dF)
    yield Line(typed, of_differential(f, frozenset((part.whole,))), (), Name("d" + objective))
    direction = spell(part.moved(number(1) if part.is_entry else part.d), {part.d: part.tree("d")})
    moving = quotient(letter_of(part.whole), part) if part.is_entry else Name("d" + letter_of(part.whole))
    only_it_moves = (cite(_expansion(part)),)
    yield Line(direction, only_it_moves, (), moving)
    left = quotient(objective, part) if part.is_entry else Name("d" + objective)
    turned = {transpose(part.d_whole): Postfix("'", direction)}
    moved = spell(dF, {**turned, part.d_whole: direction})
    yield Line(moved, only_it_moves, (), left)
    if 1 in f.shape and (diagonal := _with_diagonals(typed, moved, part, f.shape[1] == 1)) is not None:
        yield Line(diagonal, (cite("diagonal-vector"),))
    if part.is_entry:
        yield Line(spell(value), (cite("entry-product"),))
        return
    J = spell(value)
    factors = J.factors if isinstance(J, Juxtapose) else (J,)
    column = part.tree("d") if part.shape[1] == 1 else Postfix("'", part.tree("d"))
    vectorised = Name("d" + objective) if f.shape[1] == 1 else Apply("vec", (Name("d" + objective),))
    yield Line(Juxtapose((*factors, column)), (cite("vec-product"),), (), vectorised)


def _expansion(part: Component) -> str:
    return "entry-expansion" if part.is_entry else "column-expansion" if part.col is not None else "row-expansion"


def quotient(above: str, part: Component) -> Syntax:
    return Binary("/", Name("d" + above), part.tree("d"))


def _with_diagonals(typed: Syntax, moved: Syntax, part: Component, column: bool) -> Syntax | None:
    """Each term x ⊙ y of vectors as Diag(x) y, where y is what moves; None where there is none."""
    before, after = _terms(typed), _terms(moved)
    made = [_diagonal(old, new, part, column) for old, new in zip(before, after, strict=True)]
    if not any(made):
        return None
    kept = [term or new for term, new in zip(made, after, strict=True)]
    return Add(moved.signs, tuple(kept)) if isinstance(moved, Add) else kept[0]


def _terms(tree: Syntax) -> tuple[Syntax, ...]:
    return tree.terms if isinstance(tree, Add) else (tree,)


def _diagonal(old: Syntax, new: Syntax, part: Component, column: bool) -> Syntax | None:
    match old, new:
        case Binary(".*", left), Binary(".*", one, other):
            first = "d" + letter_of(part.whole) in names_in(left)
            moving, held = (one, other) if first else (other, one)
            factors = moving.factors if isinstance(moving, Juxtapose) else (moving,)
            diagonal = Apply("Diag", (held,))
            return Juxtapose((diagonal, *factors) if column else (*factors, diagonal))
    return None


# --- what the lines must be equal to --------------------------------------------------------------------------------


def truths(f: Expr, part: Component, lines: list[Expr]) -> list[list[Expr]]:
    """Groups of expressions that must have one value: the lines, read back, with what they stand for."""
    dF = part.differential(f)
    if f.is_scalar:
        return [lines[:-1], [part.of(_gradient(f, part)), lines[-1]]]
    along = product(transpose(part.left), part.d_whole, transpose(part.right))
    only = number(1) if part.is_entry else along
    moved = substitute(dF, {part.d_whole: part.moved(only)})
    own = [moved, *lines[2:]]
    return [[dF, lines[0]], [part.moved(only), lines[1]], [vec(line) for line in own] if not part.is_entry else own]


def _gradient(f: Expr, part: Component) -> Expr:
    from matcalc.steps.results import gradient_of

    return gradient_of(f, part.whole)
