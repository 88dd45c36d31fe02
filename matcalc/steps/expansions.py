"""Differentials of any order along given directions, in compact form: directional derivatives, Hessians applied, Taylor series.

F(X + H) = F(X) + dF + d²F / 2 + …    with H in the place of dX
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import factorial

from matcalc.algebra import add, frobenius, scale_by
from matcalc.algebra.conjugates import is_complex
from matcalc.algebra.rebuild import expand_names, substitute, use_names
from matcalc.algebra.terms import is_zero
from matcalc.errors import NoRuleError
from matcalc.expr import Call, Expr, Hadamard, Named, Scaled, Symbol, postorder
from matcalc.steps import functions
from matcalc.steps.compact import compact
from matcalc.steps.differential import differential, differential_symbol
from matcalc.steps.forms import cost
from matcalc.steps.results import gradients_of

Directions = Mapping[Symbol, Expr]  # what each variable moves by


def term(f: Expr, directions: Directions, order: int) -> Expr:
    """The term of this order of the Taylor series, d^k F / k!; of order 1 the directional derivative."""
    moved: dict[Expr, Expr] = {x: differential_symbol(x) for x in directions}
    ways = [_repeated(f, moved, order), _repeated(expand_names(f), moved, order)]
    if f.is_scalar and order in (1, 2) and not is_complex(f):
        ways.append(_by_gradients(f, tuple(directions), moved, order))
    names = [n for n in postorder(f) if isinstance(n, Named)]
    share = Fraction(1, factorial(order))
    short = [compact(scale_by(share, use_names(way, names))) for way in ways]
    return substitute(min(short, key=cost), {moved[x]: H for x, H in directions.items()})


def quadratic(f: Expr, x: Symbol) -> Expr:
    """d²E as a quadratic form in dX."""
    return scale_by(2, term(f, {x: differential_symbol(x)}, 2))


def applied(f: Expr, x: Symbol, direction: Expr) -> Expr:
    """The Hessian of a scalar applied to a direction, in the shape of the variable: the differential of the gradient."""
    dx = differential_symbol(x)
    (G,) = gradients_of(f, (x,))
    ways = [differential(G, {x: dx}), differential(expand_names(G), {x: dx})]
    names = [n for n in postorder(f) if isinstance(n, Named)]
    short = [compact(use_names(way, names)) for way in ways]
    return substitute(min(short, key=cost), {dx: direction})


def ends(f: Expr, variables: Sequence[Symbol], order: int) -> bool:
    """Whether no term follows that of this order: f is a polynomial in the variables, of no higher degree."""
    moved: dict[Expr, Expr] = {x: differential_symbol(x) for x in variables}
    try:
        if not _is_polynomial(f, variables):
            return False  # what has no second derivative where it has one, as abs, is none
        following = _repeated(expand_names(f), moved, order + 1)
        return is_zero(following) or is_zero(compact(following))
    except NoRuleError:
        return False


def _is_polynomial(f: Expr, variables: Sequence[Symbol]) -> bool:
    """Whether the variables go through sums, products, whole powers and linear functions only."""
    depends: set[Expr] = set(variables)
    for node in postorder(f):
        inside = [c for c in node.children if c in depends]
        if not inside:
            continue
        depends.add(node)
        if isinstance(node, Call) and not _is_linear(node):
            return False
        if isinstance(node, Scaled | Hadamard):
            powers = node.scalars if isinstance(node, Scaled) else node.factors
            if any((b in depends or e in depends) and not (isinstance(e, int) and e > 0) for b, e in powers):
                return False
    return True


def _is_linear(node: Call) -> bool:
    record = functions.record_of(node)
    return node.function in BILINEAR or bool(record.adjoint and not record.rule)


BILINEAR = frozenset({"kron", "conj"})  # beside the linear functions of the tables


def _repeated(f: Expr, moved: Mapping[Expr, Expr], order: int) -> Expr:
    found = f
    for _ in range(order):
        found = differential(found, moved)
    return found


def _by_gradients(f: Expr, variables: Sequence[Symbol], moved: Mapping[Expr, Expr], order: int) -> Expr:
    """dE = G : dX, and d²E = dG : dX."""
    found = gradients_of(f, tuple(variables))
    if order == 2:
        found = [differential(G, moved) for G in found]
    return add([frobenius(G, moved[x]) for G, x in zip(found, variables, strict=True)])
