"""derive and parse: from a formula as it is typed to its gradient, with the derivation.

>>> result = derive("norm(X w - y)^2", wrt="w")
>>> str(result.value)
"2 X' (X w - y)"
>>> [str(d) for d in result.declarations]
['X : matrix(m, n)', 'w : vector(n)', 'y : vector(m)']
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matcalc.algebra.rebuild import expand_names
from matcalc.errors import CallError, FormulaError, NoRuleError
from matcalc.expr import Expr
from matcalc.expression import Expression
from matcalc.result import Result
from matcalc.shape import shape_text
from matcalc.steps.conditions import conditions
from matcalc.steps.results import in_space, values
from matcalc.steps.spell import spell
from matcalc.steps.structure import check_convention, free, layout
from matcalc.steps.understand import Understood, understand
from matcalc.steps.wanted import released, symbols_of, variable
from matcalc.steps.wirtinger import Variable, symbol_of

LAYOUTS = {
    "gradient": "the gradient has the shape of the variable: dF = G : dX",
    "jacobian": "numerator layout, columns stacked: vec(dF) = J vec(dX)",
    "hessian": "over vec, rows by the first variable: vec(dG) = H vec(dX)",
    "higher": "over vec, rows by the derivative H of the order before: vec(dH) = T vec(dX)",
}


def derive(
    text: str,
    wrt: str | Sequence[str],
    declare: Sequence[str] = (),
    syntax: str = "plain",
    order: int = 1,
    convention: str = "space",
) -> Result:
    """The derivative of a formula by one variable, or by several at once.

    ``declare`` holds declarations (``"A : matrix(p, m)"``) and definitions (``"X := U V' - Y"``, which may use earlier
    ones); the rest is inferred, and ``result.declarations`` says how.

    A scalar has a gradient G in the shape of the variable, dF = G : dX; by a variable declared symmetric, skew, diagonal,
    lower, upper, spd or psd it lies in that space. What is no scalar has a Jacobian, vec(dF) = J vec(dX), columns stacked.
    ``order=2`` gives the Hessian of a scalar, over vec; by two variables the mixed one, rows by the first. ``order=3`` and on
    give the Jacobian, over vec, of the derivative of the order before.
    ``convention="free"`` asks for the derivatives by the free entries instead: G + G' - I ⊙ G for a symmetric one.
    By an orthogonal, unitary or unit variable it is the Euclidean one, with the Riemannian one as ``result.riemannian``.
    By a complex Z, ``wrt="Z"`` is ∂f/∂Z = (∂/∂Re - i ∂/∂Im)/2 and ``wrt="conj(Z)"`` is ∂f/∂conj(Z).

    FormulaError where the formula, a declaration or a definition is at fault (with the place); CallError where the call is,
    as for a ``wrt`` that is nowhere in the formula; NoRuleError where an operation has no rule.

    >>> print(derive("tr(A X B)", wrt="X", declare=["A : matrix(p, m)"]).value)
    (B A)'
    >>> print(derive("norm(X b - c)^2", wrt=("X", "b")))
    dE/dX = 2 (X b - c) b'
    dE/db = 2 X' (X b - c)
    """
    if order < 1:
        raise CallError("order is 1, 2, 3 and on")
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    told = understand(text, declare, syntax)
    understood, declare = released(told, names, declare, syntax)
    variables = tuple(variable(name, understood) for name in names)
    f = understood.expression
    if order > 1 and not f.is_scalar:
        raise FormulaError(
            f"a {'Hessian' if order == 2 else 'higher derivative'} needs a scalar, and this is a {shape_text(f.shape)}",
            text,
            [(0, len(text))],
            "sum(…), tr(…), norm(…)^2 or a product c' (…) make it a scalar",
        )
    kind = {1: "gradient" if f.is_scalar else "jacobian", 2: "hessian"}.get(order, "higher")
    by = variables if order == 1 else in_turn(variables, order)
    check_convention(convention, kind)
    inside = free if convention == "free" else in_space
    try:
        found = values(kind, f, by, inside)
    except NoRuleError as error:
        raise error if error.spans else _placed(error, text) from error

    def written_out(place: int) -> Callable[[], Expr]:
        return lambda: values(kind, expand_names(f), by, inside)[place]

    made = tuple(
        Expression(value, understood.spellings, symbols_of(understood), written_out(place))
        for place, value in enumerate(found)
    )
    shown = Expression(f, understood.spellings)
    return Result(
        kind,
        names,
        made,
        shown,
        understood,
        words(f, found, variables, understood),
        layout(kind, LAYOUTS[kind], [symbol_of(x) for x in variables], convention),
        tuple(declare),
        syntax,
        order,
    )


def in_turn(variables: tuple[Variable, ...], order: int) -> tuple[Variable, ...]:
    """What is differentiated by in turn: one variable again and again, or as many as the order says."""
    if len(variables) not in (1, order):
        many = (
            "a Hessian is by one variable, or mixed by two"
            if order == 2
            else f"order={order} is by 1 or {order} variables"
        )
        raise CallError(many)
    return variables if len(variables) == order else variables * order


def _placed(error: NoRuleError, text: str) -> NoRuleError:
    """The error with the place of the function that it names, or else the whole formula."""
    name = error.message.partition(" ")[0]
    start = text.find(name + "(")
    span = (start, start + len(name)) if start >= 0 else (0, len(text))
    return NoRuleError(error.message, text, [span], error.hint)


def words(f: Expr, values: Sequence[Expr], wrt: tuple[Variable, ...], understood: Understood) -> tuple[str, ...]:
    """The conditions in words, with the parts spelled."""
    from matcalc.write.present import plain_text

    out: dict[str, None] = {}
    for condition in conditions(f, values, wrt):
        shown = {letter: plain_text(spell(part), understood.spellings) for letter, part in condition.letters}
        out.setdefault(" ".join(shown.get(word, word) for word in condition.words.split(" ")))
    return tuple(out)


def parse(text: str, declare: Sequence[str] = (), syntax: str = "plain") -> Expression:
    """The expression that a formula means, with what ``declare`` says of its names; the rest is inferred.

    Errors are those of ``derive``.

    >>> print(parse("tr(A B) + tr(B A)"))
    2 tr(A B)
    """
    understood = understand(text, declare, syntax)
    return Expression(understood.expression, understood.spellings, symbols_of(understood))
