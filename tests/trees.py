"""Syntax trees at random, and what a tree means: two texts are the same formula when their trees mean the same."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from hypothesis import strategies as st

from matcalc.read.syntax import (
    Add,
    Apply,
    Bars,
    Binary,
    Block,
    Group,
    Index,
    Juxtapose,
    Name,
    Negate,
    Number,
    Postfix,
    Power,
    Range,
    Syntax,
)
from matcalc.write.plain import plain
from matcalc.write.style import looks_like_call

Trees = st.SearchStrategy[Syntax]


def some(*choices: str) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


def node(kind: Callable[..., Syntax], *parts: st.SearchStrategy[object]) -> Trees:
    return st.tuples(*parts).map(lambda values: kind(*values))


def _signed(terms: list[tuple[int, Syntax]]) -> Syntax:
    return Add(tuple(sign for sign, _ in terms), tuple(term for _, term in terms))


def _sum_over_index(body: Syntax) -> Syntax:
    return Apply("sum", (Range("i", Number(1), Name("n")), body))


NAMES = node(Name, some("A", "B", "x", "y", "lambda_u", "Sigma", "y_hat"))
NUMBERS = node(Number, st.integers(0, 12) | st.just(Fraction(1, 2)))


def deeper(inner: Trees) -> Trees:
    """Every kind of node over such trees; what the reader makes differs from these in brackets only."""
    follows = inner.filter(lambda tree: not plain(tree)[0].isdigit())  # two numbers never stand side by side
    return st.one_of(
        st.lists(st.tuples(st.sampled_from((1, -1)), inner), min_size=2, max_size=3).map(_signed),
        inner.map(Negate),
        node(Binary, some("*", ".*", "/", "./", "⊗", ":", "<", ">="), inner, inner),
        st.tuples(inner, follows).map(Juxtapose),
        st.tuples(inner, follows, follows).map(Juxtapose),
        node(Postfix, some("'", "^T", "^H", "^-T", "^+"), inner),
        node(Power, inner, inner | NUMBERS, st.booleans()),
        node(Apply, some("tr", "exp", "inv", "norm", "logdet", "expm"), st.tuples(inner)),
        node(Apply, some("kron", "max"), st.tuples(inner, inner)),
        node(Index, inner, st.tuples(inner) | st.tuples(inner, st.none())),
        inner.map(_sum_over_index),
        st.tuples(inner, inner).map(lambda row: Block((row, row))),
        node(Bars, some("|", "‖"), inner, some("", "2")),
    )


TREES: Trees = st.recursive(NAMES | NUMBERS, deeper, max_leaves=8)


def meaning(tree: Syntax, calls: Callable[[str], bool] = looks_like_call) -> Syntax:
    """The tree without brackets and places, a minus as far inside as it goes, each operation in one spelling."""

    def inside(node: Syntax) -> Syntax:
        return meaning(node, calls)

    match tree:
        case Name(text):
            return Name(text)
        case Number(value):
            fraction = Fraction(value)
            number = Number(fraction.numerator)
            return number if fraction.denominator == 1 else Binary("/", number, Number(fraction.denominator))
        case Group((alone,)):
            return inside(alone)
        case Group(items):
            return Group(tuple(map(inside, items)))
        case Negate(operand):
            return _negated(inside(operand))
        case Add(signs, terms):
            first, *rest = map(inside, terms)
            return Add((1, *signs[1:]), (_negated(first) if signs[0] < 0 else first, *rest))
        case Binary(operator, left, right):
            return Binary(operator, inside(left), inside(right))
        case Juxtapose(factors):
            folded = _with_calls(factors, calls)
            return inside(folded[0]) if len(folded) == 1 else Juxtapose(tuple(map(inside, folded)))
        case Postfix(mark, base):
            return _raised(inside(base), "'" if mark == "^T" else mark)
        case Power(base, exponent, False) if inside(exponent) == Negate(Number(1)):
            return _raised(inside(base), "^-1")
        case Power(base, exponent, entrywise):
            return Power(inside(base), inside(exponent), entrywise)
        case Apply("inv", (argument,)):
            return _raised(inside(argument), "^-1")
        case Apply("kron", (left, right)):
            return Binary("⊗", inside(left), inside(right))
        case Apply(name, arguments, primes):
            return Apply(name, tuple(map(inside, arguments)), primes)
        case Index(base, subscripts):
            return Index(inside(base), tuple(None if s is None else inside(s) for s in subscripts))
        case Bars("‖", body, ""):
            return Apply("norm", (inside(body),))
        case Bars(mark, body, subscript):
            return Bars(mark, inside(body), subscript)
        case Block(rows):
            return Block(tuple(tuple(map(inside, row)) for row in rows))
        case Range(index, low, high):
            return Range(index, inside(low), inside(high))


def _negated(tree: Syntax) -> Syntax:
    """The reader takes ``-A * B`` as (-A) * B."""
    match tree:
        case Binary(operator, left, right) if operator not in ("<", ">", "<=", ">="):
            return Binary(operator, _negated(left), right)
        case Juxtapose((Binary("/", left, right), *rest)):
            return Juxtapose((Binary("/", _negated(left), right), *rest))
        case _:
            return Negate(tree)


def _raised(base: Syntax, mark: str) -> Syntax:
    """The transpose of an inverse and the inverse of a transpose are one."""
    match base, mark:
        case (Postfix("^-1", inner), "'") | (Postfix("'", inner), "^-1"):
            return Postfix("^-T", inner)
        case (Postfix("^-1", inner), "^H") | (Postfix("^H", inner), "^-1"):
            return Postfix("^-H", inner)
        case _:
            return Postfix(mark, base)


def _with_calls(factors: tuple[Syntax, ...], calls: Callable[[str], bool]) -> list[Syntax]:
    """A function's name and the bracket after it, with what is raised there, as a call."""
    out: list[Syntax] = []
    for factor in factors:
        before = out[-1] if out else None
        name = before.right if isinstance(before, Binary) and before.operator == "/" else before
        inner: Syntax = factor
        while isinstance(inner, Postfix | Power | Index):
            inner = inner.base
        if not (isinstance(name, Name) and isinstance(inner, Group) and (calls(name.text) or len(inner.items) > 1)):
            out.append(factor)
            continue
        call = _rebased(factor, Apply(name.text, inner.items))
        out[-1] = Binary("/", before.left, call) if isinstance(before, Binary) else call
    return out


def _rebased(tree: Syntax, base: Syntax) -> Syntax:
    return tree._replace(base=_rebased(tree.base, base)) if isinstance(tree, Postfix | Power | Index) else base


def product(tree: Syntax) -> Syntax:
    """The meaning as far as a page shows it: factors side by side are one product, its sign in front of all."""
    sign, unsigned = _product(tree)
    return Negate(unsigned) if sign < 0 else unsigned


def _product(tree: Syntax) -> tuple[int, Syntax]:
    match tree:
        case Negate(operand):
            sign, inner = _product(operand)
            return -sign, inner
        case Juxtapose(factors):
            return _side_by_side(factors)
        case Binary("*", left, right):
            return _side_by_side((left, right))
        case Binary(operator, left, right):
            sign, inner = (1, product(left)) if operator in ("<", ">", "<=", ">=") else _product(left)
            return sign, Binary(operator, inner, product(right))
        case Add(signs, terms):
            return 1, Add((1, *signs[1:]), tuple(map(product, terms)))
        case Postfix(mark, base):
            return 1, Postfix(mark, product(base))
        case Power(base, exponent, entrywise):
            return 1, Power(product(base), product(exponent), entrywise)
        case Apply(name, arguments, primes):
            return 1, Apply(name, tuple(map(product, arguments)), primes)
        case Index(base, subscripts):
            return 1, Index(product(base), tuple(None if s is None else product(s) for s in subscripts))
        case Bars(mark, body, subscript):
            return 1, Bars(mark, product(body), subscript)
        case Block(rows):
            return 1, Block(tuple(tuple(map(product, row)) for row in rows))
        case _:
            return 1, tree


def _side_by_side(factors: tuple[Syntax, ...]) -> tuple[int, Syntax]:
    sign, first = _product(factors[0])
    flat: list[Syntax] = []
    for factor in (first, *map(product, factors[1:])):
        flat += factor.factors if isinstance(factor, Juxtapose) else [factor]
    return sign, Juxtapose(tuple(flat))
