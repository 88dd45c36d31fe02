"""The derivatives of a formula in compact form, by the kind that is asked for: gradient, Jacobian, Hessian."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.algebra import conjugates
from matcalc.algebra.rebuild import expand_names, substitute, use_names
from matcalc.errors import NAMED, FormulaError, NoRuleError
from matcalc.expr import Call, Expr, Named, Symbol, postorder
from matcalc.rules.properties import Property
from matcalc.steps.compact import compact
from matcalc.steps.differential import gradients
from matcalc.steps.forms import cost
from matcalc.steps.jacobian import jacobian
from matcalc.steps.project import projected
from matcalc.steps.structure import curved, formula
from matcalc.steps.wirtinger import Variable, symbol_of

Inside = Callable[[Expr, Symbol], Expr]  # what a structured variable makes of its gradient
AGAIN = (50_000, 12_000)  # symbols of what is differentiated a second time, or a third and on
FEW = 20  # definitions that are also tried written out


def in_space(G: Expr, x: Symbol) -> Expr:
    """In the space of the variable."""
    return projected(G, x)[0]


def values(kind: str, f: Expr, variables: tuple[Variable, ...], inside: Inside = in_space) -> tuple[Expr, ...]:
    """The results in compact form."""
    match kind:
        case "hessian" | "higher":
            return (higher(f, variables),)
        case "gradient":
            return tuple(gradients_of(f, variables, inside))
        case _:
            return tuple(jacobian_of(f, x) for x in variables)


def higher(f: Expr, variables: tuple[Variable, ...]) -> Expr:
    """The derivative by the variables in turn: the gradient, then Jacobians over vec; of two the Hessian.

    Rows are those of the derivative before (of its vec), columns those of the last variable.
    """
    names = [n for n in postorder(f) if isinstance(n, Named)]
    found = gradient_of(f, variables[0])
    for k, x in enumerate(variables[1:]):
        most = AGAIN[min(k, 1)]
        if found.weight > most:
            raise FormulaError(f"a derivative of more than {most:,} symbols is not differentiated again", hint=NAMED)
        raw = jacobian(found, x)
        found = compact(use_names(raw, names) if names else raw)
    return found


def gradient_of(f: Expr, x: Variable) -> Expr:
    return finish(gradients(f, (x,))[x], x)


def jacobian_of(F: Expr, x: Variable) -> Expr:
    """The Jacobian in compact form; by a variable in a linear space it acts on that space only."""
    return compact(jacobian(F, x))


def gradients_of(f: Expr, variables: tuple[Variable, ...], inside: Inside = in_space) -> list[Expr]:
    """The gradients in compact form; with few definitions, also derived with them written out, and the shorter taken."""
    names = [n for n in postorder(f) if isinstance(n, Named)]
    try:
        found = gradients(f, variables)
    except NoRuleError:  # a rule may be known only where a name is seen through, as that of kron under a trace
        if not names:
            raise
        return gradients_of(expand_names(f), variables, inside)
    if names:
        found = {x: use_names(G, names) for x, G in found.items()}
    short = [finish(found[x], x, inside) for x in variables]
    if 0 < len(names) <= FEW:
        plain = gradients(expand_names(f), variables)
        for k, x in enumerate(variables):
            other = finish(plain[x], x, inside)
            if cost(other) < cost(short[k]):
                short[k] = other
    return short


def finish(G: Expr, x: Variable, inside: Inside = in_space) -> Expr:
    return compact(inside(G, symbol_of(x)))


def riemannian_of(f: Expr, x: Variable, declared: Symbol) -> tuple[Expr, Property] | None:
    """The Riemannian gradient by a variable that is declared to lie on a curved surface, with what says how it is found."""
    word = curved(declared)
    if word is None:
        return None
    by = conjugates.conjugate(symbol_of(x))  # of a complex one, G is the derivative by its conjugate
    if not conjugates.is_real(f) or not isinstance(by, Symbol | Call):
        return None
    G = gradient_of(f, by)
    made = formula(word.name, word.riemannian, G, symbol_of(x))
    short = [compact(substitute(made, {symbol_of(x): declared})), compact(made)]
    return substitute(min(short, key=cost), {declared: symbol_of(x)}), word
