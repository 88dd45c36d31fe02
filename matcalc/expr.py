"""The noun: one immutable, interned expression with its shape. Equal expressions are identical, so equality is ``is``.

These nodes are the *normal form*; they are made by the verbs of ``algebra/`` only, which keep its invariants:

* ``Scaled`` is every term: an exact number, scalar factors with exponents, and at most one array. Division, square roots and
  norms are exponents; there is no node for them.
* ``Word`` is a flat matrix product without scalars, identities or 1×1 parts; ``Hadamard`` a flat entrywise product with
  exponents; ``Add`` a flat sum. The commutative ones are sorted (``<`` on expressions is the order that people would choose).
* ``Transpose`` stands on leaves only (symbols, named expressions, calls that cannot pass it on).
* ``Named`` is a subexpression with a name (a definition): one letter to the algebra, transparent to the differential.
* ``Total`` is a sum over an index, from 1 on. Its index is a size whose name begins with ``#`` and follows from what is summed,
  so that sums that differ by their index letter, or by where they begin to count, are one node.

Memory: the table of expressions holds them weakly, and its keys have the numbers (``id``) of the expressions inside, which live
as long as the node: were they held themselves, what they remember in ``memo`` would hold the node, and nothing would be freed.
Threads: interning is locked.
"""

from __future__ import annotations

import threading
from collections.abc import Container
from fractions import Fraction
from typing import ClassVar, NamedTuple, final
from weakref import WeakValueDictionary

from matcalc.shape import SCALAR, Shape, Size

Rational = int | Fraction


class Member(NamedTuple):
    """Which one of how many, and the letter that the user has for the index: x_i with i = 1..N."""

    which: Size
    many: Size
    letter: str


_table: WeakValueDictionary[tuple[object, ...], Expr] = WeakValueDictionary()
_lock = threading.Lock()
COMPLEX = frozenset({"complex", "hermitian", "unitary"})  # words of a symbol whose entries are complex numbers
complex_symbols: list[str] = []  # not empty once there is one: until then nobody needs to look for them
LETTERS = 8
HEAVY = 10**9  # from here on weights count levels: a shared DAG can be exponentially large as a tree
HEAVIEST = 2 * HEAVY


def _letters(children: tuple[Expr, ...]) -> tuple[str, ...]:
    if len(children) == 1:
        return children[0].letters
    out: tuple[str, ...] = ()
    for child in children:
        out += child.letters
        if len(out) >= LETTERS:
            break
    return out[:LETTERS]


class Expr:
    """Base of all nodes. ``children`` are the expressions inside, in a fixed order; ``memo`` is for verbs that cache."""

    __slots__ = ("__weakref__", "children", "letters", "memo", "shape", "weight")
    rank: ClassVar[int] = 0

    children: tuple[Expr, ...]
    letters: tuple[str, ...]  # the first names inside, in reading order: what people sort by
    shape: Shape
    weight: int
    memo: dict[object, object]

    @property
    def rows(self) -> Size:
        return self.shape[0]

    @property
    def cols(self) -> Size:
        return self.shape[1]

    @property
    def is_scalar(self) -> bool:
        return self.shape == SCALAR

    def __lt__(self, other: Expr) -> bool:
        return compare(self, other) < 0

    def _own(self) -> tuple[object, ...]:
        """What distinguishes this node beside its children; comparable with any node of the same class."""
        raise NotImplementedError

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: object) -> Expr:
        return self


def _intern(
    key: tuple[object, ...], shape: Shape, children: tuple[Expr, ...], cls: type[Expr], **fields: object
) -> Expr:
    with _lock:
        found = _table.get(key)
        if found is not None:
            return found
        node = object.__new__(cls)
        node.shape = shape
        node.children = children
        weight = 1
        for child in children:
            weight += child.weight
        node.weight = weight if weight <= HEAVY else max(HEAVY, 1 + max(child.weight for child in children))
        node.memo = {}
        node.letters = _letters(children)
        for name, value in fields.items():
            setattr(node, name, value)
        if cls is Transpose:
            node.weight -= 1  # a node and its transpose weigh the same
        elif "name" in fields:
            node.letters = (str(fields["name"]),)
            node.weight = 1
        _table[key] = node
        return node


@final
class Symbol(Expr):
    """A variable, or the differential of one (``of`` is then the variable). Properties are sorted words.

    ``member`` says which one it is of a family x_1, …, x_N, which is named x.
    """

    __slots__ = ("member", "name", "of", "properties")
    __match_args__ = ("name",)
    rank = 0
    name: str
    properties: tuple[str, ...]
    of: Expr | None
    member: Member | None

    def __new__(
        cls,
        name: str,
        shape: Shape,
        properties: tuple[str, ...] = (),
        of: Expr | None = None,
        member: Member | None = None,
    ) -> Symbol:
        properties = tuple(sorted(properties))
        key = (cls, name, shape, properties, id(of), member)
        found = _table.get(key)
        if not found and not complex_symbols and not COMPLEX.isdisjoint(properties):
            complex_symbols.append(name)
        return found or _intern(key, shape, (), cls, name=name, properties=properties, of=of, member=member)  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return (self.name, self.properties, _text_shape(self.shape), self.of is not None, str(self.member or ""))


@final
class Constant(Expr):
    """``ones zeros eye`` (shape says the size), ``unit`` (parameters: i, n), ``selector`` (p, n, q),
    ``commutation`` (m, n), ``duplication`` (n),
    ``pi``, ``size`` (parameters: a size, standing in a formula as that number)."""

    __slots__ = ("kind", "parameters")
    __match_args__ = ("kind", "parameters")
    rank = 1
    kind: str
    parameters: tuple[Size, ...]

    def __new__(cls, kind: str, shape: Shape = SCALAR, parameters: tuple[Size, ...] = ()) -> Constant:
        key = (cls, kind, shape, parameters)
        return _table.get(key) or _intern(key, shape, (), cls, kind=kind, parameters=parameters)  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return (self.kind, tuple(map(str, self.parameters)), _text_shape(self.shape))


@final
class Transpose(Expr):
    __slots__ = ("base",)
    __match_args__ = ("base",)
    rank = 2
    base: Expr

    def __new__(cls, base: Expr) -> Transpose:
        key = (cls, id(base))
        return _table.get(key) or _intern(key, (base.shape[1], base.shape[0]), (base,), cls, base=base)  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return ()


Exponent = int | Fraction | Expr
Powers = tuple[tuple[Expr, Exponent], ...]


def _by_id(powers: Powers) -> tuple[object, ...]:
    return tuple([(id(base), e if type(e) is int else _key(e)) for base, e in powers])


def _key(exponent: Exponent) -> tuple[int, ...]:
    """What tells exponents apart as quickly as may be: the hash of a Fraction takes an inverse modulo a prime."""
    return (id(exponent),) if isinstance(exponent, Expr) else exponent.as_integer_ratio()


def _children(powers: Powers) -> tuple[Expr, ...]:
    out: list[Expr] = []
    for base, exponent in powers:
        out.append(base)
        if isinstance(exponent, Expr):
            out.append(exponent)
    return tuple(out)


def _own_exponents(powers: Powers) -> tuple[object, ...]:
    return tuple((1, 0) if isinstance(e, Expr) else (0, e) for _, e in powers)


@final
class Scaled(Expr):
    """number · Π base^exponent · body: bases are scalars that are no Scaled, body is an array (or None: a scalar)."""

    __slots__ = ("body", "number", "scalars")
    __match_args__ = ("number", "scalars", "body")
    rank = 3
    number: Rational
    scalars: Powers
    body: Expr | None

    def __new__(cls, number: Rational, scalars: Powers, body: Expr | None) -> Scaled:
        key = (cls, number, _by_id(scalars), id(body))
        found = _table.get(key)
        if found is not None:
            return found  # type: ignore[return-value]
        children = _children(scalars) if body is None else (*_children(scalars), body)
        shape = SCALAR if body is None else body.shape
        return _intern(key, shape, children, cls, number=number, scalars=scalars, body=body)  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return (len(self.scalars), self.body is not None, *_own_exponents(self.scalars), self.number)


@final
class Add(Expr):
    """At least two terms, sorted, no term an Add; numbers only as the term Scaled(c, (), None)."""

    __slots__ = ("terms",)
    __match_args__ = ("terms",)
    rank = 7
    terms: tuple[Expr, ...]

    def __new__(cls, terms: tuple[Expr, ...]) -> Add:
        key = (cls, *map(id, terms))
        return _table.get(key) or _intern(key, terms[0].shape, terms, cls, terms=terms)  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return ()


@final
class Hadamard(Expr):
    """Π⊙ base.^exponent of arrays, sorted; at least two factors or one with an exponent other than 1."""

    __slots__ = ("factors",)
    __match_args__ = ("factors",)
    rank = 5
    factors: Powers

    def __new__(cls, factors: Powers) -> Hadamard:
        key = (cls, _by_id(factors))
        return _table.get(key) or _intern(key, factors[0][0].shape, _children(factors), cls, factors=factors)  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return (len(self.factors), *_own_exponents(self.factors))


@final
class Word(Expr):
    """A matrix product of at least two factors that are no Word and no Scaled."""

    __slots__ = ("factors",)
    __match_args__ = ("factors",)
    rank = 4
    factors: tuple[Expr, ...]

    def __new__(cls, factors: tuple[Expr, ...]) -> Word:
        key = (cls, *map(id, factors))
        return _table.get(key) or _intern(
            key, (factors[0].shape[0], factors[-1].shape[1]), factors, cls, factors=factors
        )  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return (len(self.factors),)


@final
class Call(Expr):
    """A function of the tables by name, with sizes and numbers as parameters (``unvec``: m, n; an axis: 1 or 2)."""

    __slots__ = ("args", "function", "parameters")
    __match_args__ = ("function", "args")
    rank = 6
    function: str
    args: tuple[Expr, ...]
    parameters: tuple[Size, ...]

    def __new__(cls, function: str, args: tuple[Expr, ...], shape: Shape, parameters: tuple[Size, ...] = ()) -> Call:
        key = (cls, function, tuple(map(id, args)), shape, parameters)
        return _table.get(key) or _intern(key, shape, args, cls, function=function, args=args, parameters=parameters)  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return (self.function, len(self.args), tuple(map(str, self.parameters)), _text_shape(self.shape))


@final
class Named(Expr):
    """A definition: a name for ``body``."""

    __slots__ = ("body", "name")
    __match_args__ = ("name", "body")
    rank = 0
    name: str
    body: Expr

    def __new__(cls, name: str, body: Expr) -> Named:
        key = (cls, name, id(body))
        found = _table.get(key)
        if found is None:
            found = _intern(key, body.shape, (body,), cls, name=name, body=body)
        return found  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return (self.name,)


@final
class Total(Expr):
    """Σ body for index = 1, …, count, where the index is a size inside the body; ``count`` is a scalar, 0 or more.

    No shape depends on the index. Made by ``algebra.total`` only, which names it.
    """

    __slots__ = ("body", "count", "index")
    __match_args__ = ("index", "count", "body")
    rank = 8
    index: str
    count: Expr
    body: Expr

    def __new__(cls, index: str, count: Expr, body: Expr) -> Total:
        key = (cls, index, id(count), id(body))
        return _table.get(key) or _intern(key, body.shape, (count, body), cls, index=index, count=count, body=body)  # type: ignore[return-value]

    def _own(self) -> tuple[object, ...]:
        return (self.index,)


Node = Symbol | Constant | Transpose | Scaled | Add | Hadamard | Word | Call | Named | Total


def _text_shape(shape: Shape) -> tuple[str, str]:
    return (str(shape[0]), str(shape[1]))


def compare(a: Expr, b: Expr) -> int:
    """The order of expressions: lighter first, then by letters, then by structure; 0 only for the same node.

    Descends along the first difference only: equal parts are identical, so a comparison costs the depth at most.
    """
    if a is b:
        return 0
    if a.weight != b.weight:
        return -1 if a.weight < b.weight else 1
    if a.letters != b.letters:
        return -1 if a.letters < b.letters else 1
    while True:
        if a.rank != b.rank:
            return -1 if a.rank < b.rank else 1
        own_a, own_b = a._own(), b._own()
        if own_a != own_b:
            return -1 if own_a < own_b else 1
        if len(a.children) != len(b.children):
            return -1 if len(a.children) < len(b.children) else 1
        for x, y in zip(a.children, b.children, strict=True):
            if x is not y:
                a, b = x, y
                break
        else:
            return -1 if str(a.shape) < str(b.shape) else 1


def postorder(*roots: Expr, apart: Container[Expr] = ()) -> list[Expr]:
    """Every distinct node below the roots, children before parents, without recursion; not what is only inside of ``apart``."""
    seen: set[Expr] = set()
    out: list[Expr] = []
    stack: list[tuple[Expr, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, done = stack.pop()
        if done:
            out.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            if node not in apart:
                stack.extend((child, False) for child in reversed(node.children) if child not in seen)
    return out


def unremembered(root: Expr, key: str, scalars: bool = True) -> list[Expr]:
    """The nodes below that have no such memo yet, children first; without scalars, not what is inside of these either."""
    out: list[Expr] = []
    seen: set[Expr] = set()
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            out.append(node)
        elif node not in seen and key not in node.memo and (scalars or node.shape != SCALAR):
            seen.add(node)
            stack.append((node, True))
            stack += [(child, False) for child in node.children]
    return out
