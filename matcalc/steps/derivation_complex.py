"""The derivation of a gradient by complex variables: the differential, then what stands against dZ and conj(dZ)."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.algebra import conjugates
from matcalc.algebra.terms import is_zero
from matcalc.expr import Call, Expr, Named, Symbol, postorder
from matcalc.read.syntax import Apply, Name, Syntax
from matcalc.rules.record import Identity
from matcalc.steps import reasons
from matcalc.steps.compact import compact
from matcalc.steps.derivation import Derivation, Line
from matcalc.steps.derivation import _sum as signed_sum
from matcalc.steps.derivation import _term as term
from matcalc.steps.derivation import _times as times
from matcalc.steps.differential import differential, differential_symbol, gradients
from matcalc.steps.jacobian import jacobian
from matcalc.steps.project import projected
from matcalc.steps.spell import spell
from matcalc.steps.wirtinger import Variable


def derivation_of_complex(objective: str, f: Expr, wrt: Sequence[Symbol]) -> Derivation:
    """The two lines dE = …, linear in dZ and conj(dZ), and dE = ∂E/∂Z : dZ + ∂E/∂conj(Z) : conj(dZ)."""
    d: dict[Expr, Expr] = {x: differential_symbol(x) for x in wrt}
    moving: dict[Expr, tuple[Symbol, Expr]] = {}
    for x in wrt:
        moving[x] = (x, d[x])
        if conjugates.is_complex(x):
            moving[conjugates.leaf(x)] = (x, conjugates.leaf(d[x]))
    first = Line(
        spell(compact(differential(f, d))),
        _true(reasons.of_differential(f, frozenset(wrt)), "product-rule"),
        (),
        Name("d" + objective),
    )
    found = gradients(f, moving)
    terms: list[tuple[int, Syntax]] = []
    for node, (x, dx) in moving.items():
        G = compact(projected(found[node], x)[0])
        if not is_zero(G):
            terms += term(G, dx)
    second = Line(signed_sum(terms), _true(reasons.of_moves(f, frozenset(wrt)), "frobenius-collect"))
    names = tuple(n for n in postorder(f) if isinstance(n, Named))
    return Derivation(objective, names, (first, second) if second.right != first.right else (first,))


def derivation_of_complex_jacobian(objective: str, F: Expr, x: Symbol) -> Derivation:
    """The two lines dF = …, linear in dZ and conj(dZ), and vec(dF) = J vec(dZ) + K vec(conj(dZ))."""
    dx = differential_symbol(x)
    dF = compact(differential(F, {x: dx}))
    parts: list[tuple[Variable, Expr]] = [(x, dx)]
    if isinstance(conjugate := conjugates.conjugate(x), Call):
        parts.append((conjugate, conjugates.leaf(dx)))
    terms: list[tuple[int, Syntax]] = []
    for leaf, moved in parts:
        J = compact(jacobian(F, leaf))
        if not is_zero(J):
            column = spell(moved) if x.shape[1] == 1 else Apply("vec", (spell(moved),))
            terms.append((1, times(spell(J), column)))
    left = Name("d" + objective)
    first = Line(spell(dF), _true(reasons.of_differential(F, frozenset((x,))), "product-rule"), (), left)
    names = tuple(n for n in postorder(F) if isinstance(n, Named))
    moves = _true(reasons.of_vectorizing(dF, F, x), "vec-product") if x.shape[1] != 1 else ()
    second = Line(signed_sum(terms), moves, (), left if F.shape[1] == 1 else Apply("vec", (left,)))
    return Derivation(objective, names, (first, second) if second.right != first.right else (first,))


REAL = ("square", "conj", "abs", "norm", "frobenius-norm")  # of identities that hold for real letters only


def _true(found: tuple[Identity, ...], otherwise: str) -> tuple[Identity, ...]:
    """Those that hold for complex letters too."""
    kept = tuple(identity for identity in found if not identity.name.startswith(REAL))
    return kept or (reasons.cite(otherwise),)
