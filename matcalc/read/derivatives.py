"""The left side of a claim: a derivative as people write it, or any formula.

>>> left_side("d2E/dx dy").wrt
(Name(text='x', span=(0, 9)), Name(text='y', span=(0, 9)))
>>> left_side("∇_U E").of.text, left_side("∂/∂X tr(A X)").order
('E', 1)
>>> left_side("dE").text
'dE'
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from matcalc.errors import FormulaError
from matcalc.read.document import Derivative
from matcalc.read.formula import read_part
from matcalc.read.names import canonical
from matcalc.read.syntax import Binary, Group, Index, Juxtapose, Name, Number, Postfix, Power, Span, Syntax

_NABLA = re.compile(r"\s*∇\s*(?P<order>²|\^\s*2)?\s*(?:_\s*(?:\{(?P<in>[^{}]*)\}|(?P<wrt>[^\W_]+(?:_[^\W_]+)*)))?")
_SPELLED = str.maketrans("∂", "d")


def left_side(text: str, start: int = 0, end: int | None = None, known: Collection[str] = ()) -> Syntax | Derivative:
    """The left side in a part of a text. ``known`` are names that are declared, and so are no differentials."""
    end = len(text) if end is None else end
    span = _trimmed(text, start, end)
    nabla = _NABLA.match(text, start, end)
    if nabla is not None:
        return _of_nabla(text, nabla, span, known)
    tree = _read_spelled(text, span) if "∂" in text[start:end] else read_part(text, start, end)
    return derivative(tree, span, known) or tree


def _trimmed(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def _read_spelled(text: str, span: Span) -> Syntax:
    """``∂²E/∂x∂y`` read as ``d²E/dx dy``; what is wrong with it is shown where it stands."""
    start, end = span
    typed = re.sub(r"(?<=[\w²\]})])∂", " ∂", text[start:end]).translate(_SPELLED)
    try:
        return read_part(text[:start] + typed + text[end:], start, start + len(typed))
    except FormulaError as error:
        raise FormulaError(error.message, text, [span], error.hint) from None


def _of_nabla(text: str, nabla: re.Match[str], span: Span, known: Collection[str]) -> Derivative:
    order = 2 if nabla["order"] else 1
    if nabla.end() >= span[1]:
        raise FormulaError("∇ of what?", text, [span], "write ∇_U E, or dE/dU")
    of = read_part(text, nabla.end(), span[1])
    named = nabla["in"] if nabla["in"] is not None else nabla["wrt"]
    wrt = tuple(Name(canonical(part) or part, span) for part in re.split(r"[,\s]+", named.strip())) if named else ()
    return Derivative(_plain(of), wrt * 2 if order == 2 and len(wrt) == 1 else wrt, order, span)


def _plain(tree: Syntax) -> Syntax:
    return tree.items[0] if isinstance(tree, Group) and len(tree.items) == 1 else tree


# --- quotients of differentials ---------------------------------------------------------------------------------------


class _Above(NamedTuple):
    of: Syntax | None  # None: it follows behind the quotient, d/dX tr(X)
    order: int


def derivative(tree: Syntax, span: Span, known: Collection[str] = ()) -> Derivative | None:
    """``dE/dU``, ``d2E/dx2``, ``d(tr(X))/dX``, ``d/dX tr(X)`` as a derivative; None for any other formula."""
    match tree:
        case Binary("/", above, below):
            rest: tuple[Syntax, ...] = ()
        case Juxtapose((Binary("/", above, below), *more)):
            rest = tuple(more)
        case _:
            return None
    top = _above(above, known)
    if top is None:
        return None
    wrt, left = _below([below, *rest], top.order, known)
    if not wrt or (top.of is None) != bool(left):
        return None
    of = top.of or _plain(left[0] if len(left) == 1 else Juxtapose(tuple(left), span))
    return Derivative(of, tuple(_placed(x, span) for x in wrt), top.order, span)


def _placed(tree: Syntax, span: Span) -> Syntax:
    return tree._replace(span=span)


def _above(tree: Syntax, known: Collection[str]) -> _Above | None:
    """What stands above the line."""
    match tree:
        case Name("d"):
            return _Above(None, 1)
        case Name(text, span) if text not in known and (found := re.fullmatch(r"d2(.*)", text)):
            return _Above(Name(found[1], span) if found[1] else None, 2)
        case Name(text, span) if text[0] == "d" and text not in known:
            return _Above(Name(text[1:], span), 1)
        case Index(Name(text, span), places) if len(text) > 1 and text[0] == "d" and text not in known:
            return _Above(Index(Name(text[1:], span), places, tree.span), 1)
        case Power(Name("d"), Number(2), False):
            return _Above(None, 2)
        case Juxtapose((first, *rest)) if (order := _order(first)) and rest:
            return _Above(_plain(rest[0] if len(rest) == 1 else Juxtapose(tuple(rest), tree.span)), order)
        case _:
            return None


def _order(tree: Syntax) -> int:
    match tree:
        case Name("d"):
            return 1
        case Name("d2") | Power(Name("d"), Number(2), False):
            return 2
        case _:
            return 0


def _below(factors: list[Syntax], order: int, known: Collection[str]) -> tuple[list[Syntax], list[Syntax]]:
    """The variables below the line, as many as the order says, and what is left over."""
    wrt: list[Syntax] = []
    while factors and len(wrt) < order:
        found = _variables(factors, order - len(wrt), known)
        if not found:
            return [], []
        wrt += found[0]
        factors = factors[found[1] :]
    return (wrt, factors) if len(wrt) == order else ([], [])


def _variables(factors: list[Syntax], order: int, known: Collection[str]) -> tuple[list[Syntax], int] | None:
    """The variables that the first factors name, and how many factors that takes; ``dx'`` is by x, too."""
    if factors and isinstance(factors[0], Postfix) and factors[0].mark in ("'", "^T"):
        factors = [factors[0].base, *factors[1:]]
    match factors:
        case [Name("dconj", span), Group((Name(),)) as of, *_]:
            return [Juxtapose((Name("conj", span), of), span)], 2
        case [Name("d"), Group((of,)), *_]:
            return [of], 2
        case [Name(text, span), *_] if order == 2 and text not in known and (found := re.fullmatch(r"d(.+)2", text)):
            return [Name(found[1], span)] * 2, 1
        case [Name(text, span), *_] if len(text) > 1 and text[0] == "d" and text not in known:
            return [Name(text[1:], span)], 1
        case [Power(Name(text, span), Number(2), False), *_] if order == 2 and text[0] == "d":
            return [Name(text[1:], span)] * 2, 1
        case [Index(Name(text, span), places) as tree, *_] if len(text) > 1 and text[0] == "d":
            return [Index(Name(text[1:], span), places, tree.span)], 1
        case _:
            return None


# --- letters that stand for a derivative ------------------------------------------------------------------------------

LETTERS = {"J": 1, "D": 1, "H": 2}


def lettered(tree: Syntax, known: Collection[str]) -> Derivative | None:
    """``J_f``, ``J_f(x)``, ``D f``, ``D_x f``, ``H_f``, ``D^2 f`` of an f that is known, where no such name is declared.

    >>> from matcalc.read.formula import read
    >>> lettered(read("J_f(x)"), {"f"})
    Derivative(of=Name(text='f', span=(0, 3)), wrt=(Name(text='x', span=(4, 5)),), order=1, span=(0, 6))
    >>> lettered(read("J_g(x)"), {"f"})
    """
    factors = tree.factors if isinstance(tree, Juxtapose) else (tree,)
    wrt: tuple[Syntax, ...] = ()
    if len(factors) > 1 and isinstance(factors[-1], Group) and len(factors[-1].items) == 1:
        if not isinstance(factors[-1].items[0], Name):
            return None
        wrt, factors = factors[-1].items, factors[:-1]
    match factors:
        case (Name(text, span),) if text[:2] in ("J_", "H_") and text not in known:
            order, of = LETTERS[text[0]], Name(text[2:], span)
        case (Name(text), Name() as of) if (text == "D" or text[:2] == "D_") and text not in known:
            order, wrt = 1, (Name(text[2:], tree.span),) if text[2:] else wrt
        case (Power(Name("D"), Number(2), False), Name() as of) if "D" not in known:
            order = 2
        case _:
            return None
    return Derivative(of, wrt * order, order, tree.span) if of.text in known else None
