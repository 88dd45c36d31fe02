"""A formula's products distributed over its sums, and its powers written out, as a person would who looks for a mistake.

>>> from matcalc.read.formula import read
>>> from matcalc.write.present import plain_text                                        # the caller chooses how to write
>>> letters = dict.fromkeys("ABCD", ("n", "n"))
>>> plain_text(expanded(read("A (B + C)' - D^-2 (A - B)"), letters))
"A B' + A C' - D^-1 D^-1 A + D^-1 D^-1 B"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import NamedTuple

from matcalc.read.syntax import Add, Binary, Group, Juxtapose, Name, Negate, Number, Postfix, Power, Syntax
from matcalc.read.trees import rewritten
from matcalc.shape import SCALAR, Shape
from matcalc.verify.places import plainly

MOST = 40  # terms of a sum that is written out
POWERS = 4  # and factors of a power

_DISTRIBUTES = {":": (True, True), "*": (True, True), ".*": (True, True), "/": (True, False), "./": (True, False)}


class _Term(NamedTuple):
    sign: int
    tree: Syntax


def expanded(tree: Syntax, letters: Mapping[str, Shape]) -> Syntax:
    """The sum of the terms of a formula; the formula where they are too many."""
    written_out = rewritten(plainly(tree, letters), lambda node: _factors(node, letters))
    found = rewritten(plainly(written_out, letters), _distributed)
    return plainly(found, letters)


def _factors(node: Syntax, letters: Mapping[str, Shape]) -> Syntax:
    """A^-2 as A^-1 A^-1."""
    match node:
        case Power(base, Number(int(k)), False) if 1 < k <= POWERS and _is_matrix(base, letters):
            return Group((Juxtapose((base,) * k),))
        case Power(base, Negate(Number(int(k))), False) if 1 < k <= POWERS and _is_matrix(base, letters):
            return Group((Juxtapose((Power(base, Negate(Number(1))),) * k),))
        case _:
            return node


def _is_matrix(base: Syntax, letters: Mapping[str, Shape]) -> bool:
    return isinstance(base, Name) and letters.get(base.text, SCALAR) != SCALAR


def _distributed(node: Syntax) -> Syntax:
    match node:
        case Juxtapose(factors):
            return _sums([_terms(f) for f in factors], _product) or node
        case Binary(operator, left, right) if operator in _DISTRIBUTES:
            over_left, over_right = _DISTRIBUTES[operator]
            sides = (
                _terms(left) if over_left else [_Term(1, left)],
                _terms(right) if over_right else [_Term(1, right)],
            )
            return _sums(sides, lambda parts: Binary(operator, _bracketed(parts[0]), _bracketed(parts[1]))) or node
        case Postfix("'" | "^T", base):
            return _sums((_terms(base),), lambda parts: Postfix("'", parts[0])) or node
        case Negate(operand) | Group((operand,)) if isinstance(operand, Add):
            sign = -1 if isinstance(node, Negate) else 1
            return Add(tuple(sign * s for s in operand.signs), operand.terms)
        case _:
            return node


def _product(factors: list[Syntax]) -> Syntax:
    """A flat product."""
    flat = [inner for f in factors for inner in (f.factors if isinstance(f, Juxtapose) else (f,))]
    return Juxtapose(tuple(flat))


def _bracketed(tree: Syntax) -> Syntax:
    return Group((tree,)) if isinstance(tree, Binary | Add) else tree


def _terms(tree: Syntax) -> list[_Term]:
    match tree:
        case Group((item,)):
            return _terms(item)
        case Add(signs, terms):
            return [
                _Term(sign * inner.sign, inner.tree)
                for sign, t in zip(signs, terms, strict=True)
                for inner in _terms(t)
            ]
        case Negate(operand):
            return [_Term(-inner.sign, inner.tree) for inner in _terms(operand)]
        case _:
            return [_Term(1, tree)]


def _sums(sides: Iterable[list[_Term]], made: Callable[[list[Syntax]], Syntax]) -> Syntax | None:
    """The sum over all choices of a term from each side; None where nothing changes, or there are too many."""
    sides = list(sides)
    count = 1
    for found in sides:
        count *= len(found)
    if count == 1:
        parts = [term.tree for (term,) in sides]
        negative = sum(term.sign < 0 for (term,) in sides) % 2
        return Negate(made(parts)) if negative else made(parts)
    if count > MOST:
        return None
    signs, terms = [], []
    for choice in product(*sides):
        sign = 1
        for term in choice:
            sign *= term.sign
        signs.append(sign)
        terms.append(made([term.tree for term in choice]))
    return Add(tuple(signs), tuple(terms))
