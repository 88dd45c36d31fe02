"""Matrix products: factors side by side, runs of one factor as powers, squared norms, and 1' A 1 as sum(A)."""

from __future__ import annotations

from matcalc.algebra import product, transpose
from matcalc.algebra.entries import is_unit
from matcalc.algebra.terms import is_constant
from matcalc.algebra.words import outer_parts
from matcalc.expr import Call, Expr, Transpose, Word
from matcalc.shape import SCALAR
from matcalc.steps.forms.entries import indexed, last_factor
from matcalc.steps.forms.form import Form, form_of
from matcalc.steps.forms.norms import norm_of


def word(node: Word) -> list[Form]:
    out = _sums_of_entries(node)
    if any((type(f) is Transpose and is_unit(f.base)) or is_unit(f) for f in node.factors):
        out += [*indexed(node), *_outer(node)]
    root = norm_of(node) if node.shape == SCALAR else None
    if root is not None:
        out.append(form_of(3, "norm squared", (root,)))
    return [*out, runs(node.factors)]


def _outer(node: Word) -> list[Form]:
    """A e_i e_j' B as A[:,i] B[j,:]."""
    sides = outer_parts(node) if node.shape != SCALAR else None
    if sides is None or not (is_unit(last_factor(sides[0])) or is_unit(last_factor(sides[1]))):
        return []
    return [form_of(0, "word", (sides[0], transpose(sides[1])))]


def runs(factors: tuple[Expr, ...]) -> Form:
    """Factors side by side, with A A A as A^3 and inv(A) inv(A) as A^-2."""
    spelled: list[Expr] = []
    powers: list[int] = []
    tokens = 0
    k = 0
    while k < len(factors):
        run = 1
        while k + run < len(factors) and factors[k + run] is factors[k]:
            run += 1
        base, power = factors[k], run
        if run > 1:
            if type(base) is Call and base.function == "inv":
                base, power, tokens = base.args[0], -run, tokens + 1
            tokens += 2
        spelled.append(base)
        powers.append(power)
        k += run
    plain = len(spelled) == len(factors)
    return form_of(tokens, "word", tuple(spelled), None if plain else tuple(powers))


def _sums_of_entries(node: Word) -> list[Form]:
    """1' v as sum(v), A 1 as rowsum(A), 1' A 1 as sum(A)."""
    factors = node.factors
    left, right = is_constant(factors[0], "ones"), is_constant(factors[-1], "ones")
    if node.shape == SCALAR:
        inner = factors[1 if left else 0 : len(factors) - (1 if right else 0)]
        return [form_of(1, "call", (product(*inner),), ("sum", ()))] if left or right else []
    if right and factors[-1].shape[1] == 1 and factors[-2].shape[0] != 1 and factors[-1].shape[0] != 1:
        return [form_of(1, "call", (product(*factors[:-1]),), ("rowsum", ()))]
    return []
