"""A formula whose names are resolved: nodes that get their shapes in ``shapes`` and become expressions in ``build``.

``resolve`` makes them in postorder; ``parts`` come before their node in that order. ``rows`` and ``cols`` hold what was
known when the node was typed, and that is enough to tell what is 1×1, a vector, a row or a matrix: an unknown size is
never 1.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, final

from matcalc.read.syntax import Span
from matcalc.shape import Size

if TYPE_CHECKING:
    from matcalc.expr import Expr
    from matcalc.steps.kinds import Entry
    from matcalc.steps.signature import Signature


class Bound(NamedTuple):
    """The index of a sum, from ``low`` to ``high`` (None where that is no size); ``place`` orders those of nested sums.

    ``least`` and ``most`` are what it reaches when the indices of the sums around it run.
    """

    letter: str
    low: Size
    high: Size | None
    place: int
    span: Span
    least: Size
    most: Size | None

    @property
    def name(self) -> str:
        """Its name in sizes while the formula is built."""
        return f"#b{self.place}"

    @property
    def is_whole(self) -> bool:
        """Whether it begins at 1 and ends at a size that depends on no other index."""
        return self.low == 1 and self.high is not None and self.high == self.most


class Place(NamedTuple):
    """A subscript: a size that may hold indices, from ``least`` to ``most``; ``bound`` where it is an index alone."""

    size: Size
    bound: Bound | None
    least: Size
    most: Size | None
    span: Span


class Node:
    """``spelled``: if it is 1×1, it is spelled as a scalar, and may be added to every entry of an array."""

    __slots__ = ("cols", "index", "parts", "rows", "source", "span", "spelled", "value")

    parts: tuple[Node, ...]
    span: Span
    source: str
    index: int  # its place in the postorder
    rows: Size
    cols: Size
    spelled: bool
    value: Expr

    def __init__(self, span: Span) -> None:
        self.span = span
        self.parts = ()

    @property
    def arity(self) -> int:
        """How many parts it waits for while the tree is made."""
        return 0

    @property
    def text(self) -> str:
        return self.source[self.span[0] : self.span[1]]


@final
class Number(Node):
    """An exact number."""

    __slots__ = ("number",)

    def __init__(self, span: Span, number: int | Fraction) -> None:
        self.number = number
        super().__init__(span)


@final
class Letter(Node):
    """A name: declared, defined, inferred, or that of a size."""

    __slots__ = ("entry",)

    def __init__(self, span: Span, entry: Entry) -> None:
        self.entry = entry
        super().__init__(span)


class Shell(Node):
    """A node that has parts."""

    __slots__ = ("_arity",)

    def __init__(self, span: Span, arity: int) -> None:
        self._arity = arity
        super().__init__(span)

    @property
    def arity(self) -> int:
        return self._arity


@final
class Sum(Shell):
    """Terms with signs; one term is a minus."""

    __slots__ = ("signs",)

    def __init__(self, span: Span, signs: tuple[int, ...]) -> None:
        self.signs = signs
        super().__init__(span, len(signs))


@final
class Product(Shell):
    """Factors side by side, or the two of ``*``. ``segments``: the factors by index, grouped as they type.

    The last segment is the product itself, those before it are 1×1 parts: ``x' A x' x`` has [2, 3] and [0, 1].
    ``regrouped`` if that is not the product from left to right.
    """

    __slots__ = ("chain", "regrouped", "segments")

    def __init__(self, span: Span, arity: int, chain: bool) -> None:
        self.chain = chain
        self.segments: list[list[int]] = []
        self.regrouped = False
        super().__init__(span, arity)


@final
class Entrywise(Shell):
    """``A .* B`` and ``A ./ B``: two parts of one shape, or a scalar with anything."""

    __slots__ = ("operator",)

    def __init__(self, span: Span, operator: str) -> None:
        self.operator = operator
        super().__init__(span, 2)


@final
class Quotient(Shell):
    """``A / s``; with ``divides_entries`` also by an array, entry by entry."""

    __slots__ = ("divides_entries",)

    def __init__(self, span: Span, divides_entries: bool = False) -> None:
        self.divides_entries = divides_entries
        super().__init__(span, 2)


@final
class Frobenius(Shell):
    """``A : B``."""

    __slots__ = ()


@final
class Kronecker(Shell):
    """``A ⊗ B``."""

    __slots__ = ()


@final
class Block(Shell):
    """``[A, B; C, D]``: ``lengths`` is how many parts each row has."""

    __slots__ = ("lengths",)

    def __init__(self, span: Span, lengths: tuple[int, ...]) -> None:
        self.lengths = lengths
        super().__init__(span, sum(lengths))

    @property
    def grid(self) -> list[tuple[Node, ...]]:
        """The parts row by row."""
        parts = iter(self.parts)
        return [tuple(islice(parts, length)) for length in self.lengths]


@final
class Transpose(Shell):
    """``A'``."""

    __slots__ = ()


@final
class Power(Shell):
    """``A^p``, ``A .^ p``; an inverse is the power -1. With ``transposes`` it is the transpose of an array."""

    __slots__ = ("entrywise", "transposes")

    def __init__(self, span: Span, entrywise: bool, transposes: bool = False) -> None:
        self.entrywise = entrywise
        self.transposes = transposes
        super().__init__(span, 2)


@final
class Call(Shell):
    """A function, before its overload is chosen by the shapes of its parts.

    ``overloads`` are tried in order; ``sizes`` are those arguments that are sizes (the parts are the others), in order.
    ``chosen`` is the overload, ``bindings`` the sizes of the names in its record; ``primes`` the order of f', f''.
    """

    __slots__ = ("bindings", "chosen", "overloads", "primes", "sizes")

    def __init__(
        self, span: Span, overloads: tuple[Signature, ...], sizes: tuple[Size, ...] = (), primes: int = 0
    ) -> None:
        self.overloads = overloads
        self.sizes = sizes
        self.primes = primes
        self.chosen = overloads[0]
        self.bindings: dict[str, Size] = {}
        super().__init__(span, len(overloads[0].patterns))


@final
class Differential(Shell):
    """``d( … )``."""

    __slots__ = ()


@final
class Indexed(Shell):
    """``A[i,:]``: a subscript is a place, or None for ``:``. ``reach``: how far the subscripts of its letter go, by place.

    ``digits``: what 12 means in LaTeX where it is below a matrix, 1 and 2.
    """

    __slots__ = ("digits", "reach", "subscripts")

    def __init__(self, span: Span, subscripts: tuple[Place | None, ...], reach: tuple[list[Size], ...]) -> None:
        self.subscripts = subscripts
        self.reach = reach
        self.digits: tuple[Place, ...] = ()
        super().__init__(span, 1)


@final
class IndexSum(Shell):
    """``sum(i=1..n, …)``; ``outer`` is what its letter means outside, if that is an index too.

    Its parts are the body and, where the index runs to what is no size, that.
    """

    __slots__ = ("bound", "outer")

    def __init__(self, span: Span, bound: Bound, outer: Bound | None) -> None:
        self.bound = bound
        self.outer = outer
        super().__init__(span, 1 if bound.high is not None else 2)


Typed = (
    Number
    | Letter
    | Sum
    | Product
    | Entrywise
    | Quotient
    | Frobenius
    | Kronecker
    | Block
    | Transpose
    | Power
    | Call
    | Differential
    | Indexed
    | IndexSum
)
