"""A result held against difference quotients, told so that a reader can judge it.

>>> from matcalc.api import derive
>>> found = held_against_numbers(derive("norm(X w - y)^2", "w"))
>>> found["agrees"], len(found["draws"]) > 1
(True, True)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from matcalc.algebra import add
from matcalc.algebra.kroneckers import vec
from matcalc.algebra.rebuild import expand_names, substitute
from matcalc.errors import CallError
from matcalc.expr import Expr, Symbol
from matcalc.result import Result
from matcalc.steps.wanted import symbols_of, variable
from matcalc.steps.wirtinger import Variable, symbol_of


class Held(TypedDict):
    """``agrees`` is None where no values were found at which all is finite and smooth; ``draws``: the sizes, each once."""

    agrees: bool | None
    draws: list[dict[str, int]]


def held_against_numbers(result: Result) -> Held:
    """Central differences along random directions, extrapolated, at three draws for each variable."""
    from matcalc.verify.agree import gradient_agrees, jacobian_agrees
    from matcalc.verify.sample import draws

    symbols = [_where_it_holds(symbol, result.conditions) for symbol in symbols_of(result.understood)]
    known = {symbol.name: symbol for symbol in symbols}
    holds = gradient_agrees if result.kind == "gradient" else jacobian_agrees
    f, values, moved = _claims(result)
    found = draws([f, *values], 3, symbols=symbols)
    sizes = [dict(sizes) for sizes in dict.fromkeys(tuple(sorted(draw.sizes.items())) for draw in found)]
    try:
        agrees = all(
            holds(f, known.get(symbol_of(x).name, symbol_of(x)), value, symbols, conjugate=x is not symbol_of(x))
            for x, value in zip(moved, values, strict=True)
        )
    except CallError:
        return {"agrees": None, "draws": sizes}
    if not agrees and any("symmetric" in condition for condition in result.conditions):
        return {"agrees": None, "draws": sizes}  # of what is no single letter: it was not drawn so
    return {"agrees": agrees, "draws": sizes}


def _claims(result: Result) -> tuple[Expr, list[Expr], Sequence[Variable]]:
    """What is differentiated, and its derivative by each of the variables.

    By a part of W, W is replaced by W + (what moves when P does), and the derivative is by P: e_i P e_j' for an entry.
    """
    f, values = expand_names(result.differentiated), [expand_names(value.node) for value in result.values]
    part = result.part
    if part is None:
        wrt = [variable(name, result.understood) for name in result.wrt]
        return f, values, wrt[-1:] if result.order > 1 else wrt
    P = Symbol(part.name, part.shape)
    moves: dict[Expr, Expr] = {part.whole: add([part.whole, part.moved(P)])}
    if result.kind == "jacobian" and part.is_entry:  # it has the shape of f
        values = [vec(value) for value in values]
    return substitute(f, moves), [substitute(value, moves) for value in values], [P]


SUPPOSED = {
    "symmetric positive definite": "spd",
    "symmetric": "symmetric",
}  # by conditions, and no property of most draws


def _where_it_holds(symbol: Symbol, conditions: tuple[str, ...]) -> Symbol:
    """The symbol, drawn as the conditions of the result suppose it."""
    for words, word in SUPPOSED.items():
        if any(condition.startswith(f"{symbol.name} is {words}") for condition in conditions):
            return Symbol(symbol.name, symbol.shape, (*symbol.properties, word))
    return symbol
