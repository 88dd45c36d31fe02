"""The derivatives of a formula in compact form, by the kind that is asked for: gradient, Jacobian, Hessian."""

from __future__ import annotations

from matcalc.algebra.rebuild import expand_names, use_names
from matcalc.errors import NoRuleError
from matcalc.expr import Expr, Named, Symbol, postorder
from matcalc.steps.compact import compact
from matcalc.steps.differential import gradients
from matcalc.steps.forms import cost
from matcalc.steps.jacobian import jacobian
from matcalc.steps.project import projected
from matcalc.steps.wirtinger import Variable, symbol_of

FEW = 20  # definitions that are also tried written out


def values(kind: str, f: Expr, variables: tuple[Variable, ...]) -> tuple[Expr, ...]:
    """The results in compact form."""
    match kind:
        case "hessian":
            return (hessian(f, variables),)
        case "gradient":
            return tuple(gradients_of(f, variables))
        case _:
            return tuple(jacobian_of(f, x) for x in variables)


def hessian(f: Expr, variables: tuple[Variable, ...]) -> Expr:
    """The matrix over vec: rows by the first variable, columns by the last."""
    return jacobian_of(gradient_of(f, symbol_of(variables[0])), variables[-1])


def gradient_of(f: Expr, x: Symbol) -> Expr:
    return finish(gradients(f, (x,))[x], x)


def jacobian_of(F: Expr, x: Variable) -> Expr:
    """The Jacobian in compact form; by a variable in a linear space it acts on that space only."""
    return compact(jacobian(F, symbol_of(x)))


def gradients_of(f: Expr, variables: tuple[Variable, ...]) -> list[Expr]:
    """The gradients in compact form; with few definitions, also derived with them written out, and the shorter taken."""
    names = [n for n in postorder(f) if isinstance(n, Named)]
    try:
        found = gradients(f, variables)
    except NoRuleError:  # a rule may be known only where a name is seen through, as that of kron under a trace
        if not names:
            raise
        return gradients_of(expand_names(f), variables)
    if names:
        found = {x: use_names(G, names) for x, G in found.items()}
    short = [finish(found[x], x) for x in variables]
    if 0 < len(names) <= FEW:
        plain = gradients(expand_names(f), variables)
        for k, x in enumerate(variables):
            other = finish(plain[x], x)
            if cost(other) < cost(short[k]):
                short[k] = other
    return short


def finish(G: Expr, x: Variable) -> Expr:
    return compact(projected(G, symbol_of(x))[0])
