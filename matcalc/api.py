"""derive and parse: from a formula as it is typed to its gradient, with the derivation.

>>> result = derive("norm(X w - y)^2", wrt="w")
>>> str(result.value)
"2 X' (X w - y)"
>>> [str(d) for d in result.declarations]
['X : matrix(m, n)', 'w : vector(n)', 'y : vector(m)']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from matcalc.algebra.rebuild import expand_names
from matcalc.errors import NAMED, CallError, FormulaError, NoRuleError
from matcalc.expr import Expr
from matcalc.expression import Expression
from matcalc.read.names import canonical
from matcalc.result import Result
from matcalc.shape import shape_text
from matcalc.steps.conditions import conditions
from matcalc.steps.hidden import hidden
from matcalc.steps.layouts import check_layout, laid_out
from matcalc.steps.layouts import words as layout_words
from matcalc.steps.results import in_space, values
from matcalc.steps.spell import spell
from matcalc.steps.structure import check_convention, free
from matcalc.steps.structure import layout as in_convention
from matcalc.steps.understand import Understood, understand
from matcalc.steps.wanted import released, symbols_of, variable, with_indices
from matcalc.steps.wirtinger import Variable, symbol_of

HIGHEST = 20  # order of a derivative


def derive(
    text: str,
    wrt: str | Sequence[str],
    declare: Sequence[str] = (),
    syntax: str = "plain",
    order: int = 1,
    convention: str = "space",
    layout: str = "gradient",
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
    By a part of a variable, ``wrt="W[i,j]"``, ``"W[:,j]"``, ``"W[i,:]"``, only that part moves; of what is no scalar the
    derivative by one entry has the shape of the formula. ``layout`` is gradient, numerator or denominator.
    By a complex Z, ``wrt="Z"`` is ∂f/∂Z = (∂/∂Re - i ∂/∂Im)/2 and ``wrt="conj(Z)"`` is ∂f/∂conj(Z).

    FormulaError where the formula, a declaration or a definition is at fault (with the place); CallError where the call is,
    as for a ``wrt`` that is nowhere in the formula; NoRuleError where an operation has no rule.

    >>> print(derive("tr(A X B)", wrt="X", declare=["A : matrix(p, m)"]).value)
    (B A)'
    >>> print(derive("norm(X b - c)^2", wrt=("X", "b")))
    dE/dX = 2 (X b - c) b'
    dE/db = 2 X' (X b - c)
    """
    if not 1 <= order <= HIGHEST:
        raise CallError(f"order is 1, 2, 3 and on, up to {HIGHEST}")
    check_layout(layout)
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    if order == 1:  # each variable once
        names = tuple({canonical(name) or name: name for name in names}.values())
    if not names:
        raise CallError("there is nothing to differentiate by: wrt names a variable")
    if any("[" in name for name in names):
        check_convention(convention, "derivative by a part")
        return _by_part(text, names, declare, syntax, order, layout)
    told = understand(text, declare, syntax)
    understood, declare = released(told, names, declare, syntax)
    variables = tuple(variable(name, understood) for name in names)
    understood = with_indices(understood, variables)
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
    if convention == "free" and layout != "gradient":
        raise CallError("the convention 'free' has the layout 'gradient' only")
    inside = free if convention == "free" else in_space
    with placed(text):
        found = values(kind, f, by, inside)

    def written_out(place: int) -> Callable[[], Expr]:
        return lambda: shown_as(values(kind, expand_names(f), by, inside)[place], place)

    def shown_as(value: Expr, place: int) -> Expr:
        return laid_out(value, layout, kind, f.shape, variables[place].shape)

    made = tuple(
        Expression(shown_as(value, place), understood.spellings, symbols_of(understood), written_out(place))
        for place, value in enumerate(found)
    )
    check_names(found, understood, text)
    shown = Expression(f, understood.spellings)
    usual = "; ".join(dict.fromkeys(layout_words(layout, kind, x.shape) for x in variables))
    said = in_convention(kind, usual, [symbol_of(x) for x in variables], convention)
    if layout != "gradient" and usual not in said:
        said = f"{usual}; {said}"
    return Result(
        kind,
        names,
        made,
        shown,
        understood,
        words(f, found, variables, understood),
        said,
        tuple(declare),
        syntax,
        order,
        _standard=found,
    )


def _by_part(text: str, names: tuple[str, ...], declare: Sequence[str], syntax: str, order: int, layout: str) -> Result:
    """By an entry, a row or a column."""
    from matcalc.steps.components import component, derivative

    if len(names) > 1 or order > 1:
        raise CallError(f"by a part of a variable ({', '.join(names)}): one at a time, and first derivatives only")
    told = understand(text, declare, syntax)
    understood, declare = released(told, (names[0].partition("[")[0].strip(),), declare, syntax)
    part, understood = component(names[0], understood)
    f = understood.expression
    kind = "gradient" if f.is_scalar else "jacobian"
    try:
        found = derivative(f, part)
    except NoRuleError as error:
        raise error if error.spans else _placed(error, text) from error
    case = "entry" if kind == "jacobian" and part.is_entry else kind
    value = laid_out(found, layout, case, f.shape, part.shape)
    check_names([value], understood, text)

    def written_out() -> Expr:
        return laid_out(derivative(expand_names(f), part), layout, case, f.shape, part.shape)

    return Result(
        kind,
        (part.name,),
        (Expression(value, understood.spellings, symbols_of(understood), written_out),),
        Expression(f, understood.spellings),
        understood,
        words(f, (found,), (part.whole,), understood),
        layout_words(layout, case, part.shape),
        tuple(declare),
        syntax,
        _standard=(found,),
        part=part,
    )


def check_names(values: Sequence[Expr], understood: Understood, text: str) -> None:
    """A result that needs a function whose name is a variable's could not be read."""
    name = hidden(values, {*understood.names, *(declared.name for declared in understood.declarations)})
    if name:
        raise FormulaError(
            f"the result needs the function {name}, and {name} is a name of yours here",
            text,
            [found.span() for found in re.finditer(rf"\b{re.escape(name)}\b", text)] or [(0, len(text))],
            f"give {name} another name",
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


@contextmanager
def placed(text: str) -> Iterator[None]:
    """What has no rule is said with its place in the formula."""
    try:
        yield
    except NoRuleError as error:
        raise error if error.spans else _placed(error, text) from error
    except RecursionError:
        raise FormulaError("this is nested too deep", text, [(0, len(text))], NAMED) from None


def _placed(error: NoRuleError, text: str) -> NoRuleError:
    """The error with the place of the function that it names, or else the whole formula."""
    name = error.message.partition(" ")[0]
    if name + "(" not in text:
        name = name.partition("_")[0]  # expm of expm_frechet
    start = text.find(name + "(")
    span = (start, start + len(name)) if start >= 0 else (0, len(text))
    return NoRuleError(error.message, text, [span], error.hint)


def words(f: Expr, values: Sequence[Expr], wrt: tuple[Variable, ...], understood: Understood) -> tuple[str, ...]:
    """The conditions in words, with the parts spelled."""
    from matcalc.write.present import plain_text

    out: dict[str, None] = {}
    left, more = SPELLED, 0
    for condition in conditions(f, values, wrt):
        weight = sum(part.weight for _, part in condition.letters)
        if weight > left:
            more += 1
            continue
        left -= weight
        shown = {letter: plain_text(spell(part), understood.spellings) for letter, part in condition.letters}
        out.setdefault(" ".join(shown.get(word, word) for word in condition.words.split(" ")))
    return (*out, f"{more} more conditions hold, on larger parts") if more else tuple(out)


SPELLED = 20_000  # symbols of the parts that are spelled in conditions


def parse(text: str, declare: Sequence[str] = (), syntax: str = "plain") -> Expression:
    """The expression that a formula means, with what ``declare`` says of its names; the rest is inferred.

    Errors are those of ``derive``.

    >>> print(parse("tr(A B) + tr(B A)"))
    2 tr(A B)
    """
    understood = understand(text, declare, syntax)
    return Expression(understood.expression, understood.spellings, symbols_of(understood))
