"""Random values for symbols, and draws where the given expressions are finite, real and stable.

>>> X = Symbol("X", ("m", "n"))
>>> found = draw([Call("log", (X,), X.shape)])  # a logarithm asks for positive entries
>>> found.style
'positive'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from zlib import crc32

import numpy as np

from matcalc.algebra.indices import indices_in, is_index
from matcalc.errors import CallError
from matcalc.expr import Call, Constant, Expr, Symbol, Total, postorder
from matcalc.shape import Polynomial, Size, names
from matcalc.shape import value as number_of
from matcalc.steps.functions import is_declared
from matcalc.verify.calls import code_of
from matcalc.verify.evaluate import Array, Entrywise, TooLong, evaluate_nodes
from matcalc.verify.properties import COMPLEX, STYLES, with_properties

SMALLEST = 3  # of the sizes drawn: 2×2 samples are unsound
MODERATE = 1e8  # of the numbers met on the way: beyond it little is left of the precision
LARGEST = 1e100  # and beyond that nothing is
UNSTABLE = 1e5  # a relative change of the inputs may grow by this
STEP = 1e-9  # the relative change by which that is tried
NUDGES = 4  # and how often: the determinant of a singular matrix is noise, and noise may repeat itself


@dataclass(frozen=True)
class Draw:
    """Numbers for every size and symbol (2-D arrays by name), and the functions that the user declared."""

    sizes: Mapping[str, int]
    values: Mapping[str, Array]
    style: str
    functions: Mapping[str, Entrywise] = field(default_factory=dict)

    def nodes(self, expressions: Sequence[Expr]) -> dict[Expr, Array]:
        """The value of every node below the expressions."""
        return evaluate_nodes(expressions, self.values, self.sizes, self.functions)

    def value(self, expression: Expr) -> Array:
        return self.nodes([expression])[expression]

    def moved(self, changes: Mapping[str, Array]) -> Draw:
        """The draw with some values changed by adding."""
        values = {name: value + changes[name] if name in changes else value for name, value in self.values.items()}
        return Draw(self.sizes, values, self.style, self.functions)


def sample(symbols: Iterable[Symbol], sizes: Mapping[str, int], seed: int, style: str = "normal") -> dict[str, Array]:
    """A random value for each symbol, with its declared properties; the same arguments give the same values.

    ``style`` is one of STYLES or "mixed": a style for each symbol by itself.
    """
    return {symbol.name: _value(symbol, dict(sizes), seed, style) for symbol in symbols}


def _value(symbol: Symbol, sizes: dict[str, int], seed: int, style: str) -> Array:
    random = np.random.default_rng([seed, crc32(symbol.name.encode())])
    shape = (number_of(symbol.rows, sizes), number_of(symbol.cols, sizes))
    style = str(random.choice(list(STYLES))) if style == "mixed" else style
    if symbol.member is not None:  # the whole family, one below the other
        members = range(number_of(symbol.member.many, sizes))
        return np.vstack([with_properties(random, shape, symbol.properties, style) for _ in members])
    return with_properties(random, shape, symbol.properties, style)


# --- draws ------------------------------------------------------------------------------------------------------


def draws(
    expressions: Sequence[Expr], count: int = 3, seed: int = 0, symbols: Iterable[Symbol] = (), grow: int = 0
) -> list[Draw]:
    """Up to ``count`` draws with different sizes where all expressions are finite; fewer where fewer were found.

    With ``grow`` the smallest size grows by so much with each draw, where values are found: det(-A) = -det(A) for odd sizes.
    """
    found: list[Draw] = []
    for k in range(count):
        one = draw(expressions, seed=seed + k, symbols=symbols, smallest=SMALLEST + grow * k) or (
            draw(expressions, seed=seed + k, symbols=symbols) if grow * k else None
        )
        if one is not None:
            found.append(one)
        elif not found and _tries(postorder(*expressions), choose_sizes(expressions, symbols, seed)) <= LEAST:
            break  # each try takes long
    return found


def draw(
    expressions: Sequence[Expr],
    seed: int = 0,
    symbols: Iterable[Symbol] = (),
    tries: int = 60,
    smallest: int = SMALLEST,
) -> Draw | None:
    """Values where all expressions are finite, real and stable, or None where none was found.

    ``symbols`` are drawn beside those that occur. Looks among normal entries first, then positive, small ones, ….
    """
    nodes = postorder(*expressions)
    wanted = {symbol.name: symbol for symbol in (*(node for node in nodes if isinstance(node, Symbol)), *symbols)}
    allowed = any(not COMPLEX.isdisjoint(symbol.properties) for symbol in wanted.values())
    fallback: Draw | None = None
    sizes = choose_sizes(expressions, wanted.values(), seed, smallest)
    if largest((*nodes, *wanted.values()), sizes) > ENTRIES:
        return None
    for number, style in zip(range(min(tries, _tries(nodes, sizes))), _styles(), strict=False):
        sizes = choose_sizes(expressions, wanted.values(), seed + number // len(STYLES) + number % 2, smallest)
        values = sample(wanted.values(), sizes, seed + 1000 * number, style)
        values |= {name: np.full((1, 1), 2.0 + (seed + number + k) % 3) for k, name in enumerate(counts(expressions))}
        functions = {call.function: declared(call.function, seed) for call in _declared_calls(expressions)}
        found = Draw(sizes, values, style, functions)
        try:
            size = magnitude(found, expressions, allowed, LARGEST if fallback is None else MODERATE)
        except TooLong:
            return None
        if size < MODERATE:
            return found
        fallback = found if fallback is None and size < LARGEST else fallback
    return fallback


ENTRIES = 10_000_000  # of an array that is still made
LEAST, EFFORT = 3, 20_000  # tries, and nodes that are evaluated in all of them
SEARCHED = 15  # so many nodes is an entry of a value that SciPy finds by iteration, such as a logarithm of a matrix


def _tries(nodes: Iterable[Expr], sizes: dict[str, int]) -> int:
    """How often values are looked for: fewer times for what takes long to evaluate."""
    return max(LEAST, EFFORT // (1 + sum(_effort(node, sizes) for node in nodes)))


def _effort(node: Expr, sizes: dict[str, int]) -> int:
    """How many nodes could be evaluated in the time of this one."""
    if not isinstance(node, Call) or is_declared(node) or "scipy.linalg" not in code_of(node).text:
        return 1
    return 1 + SEARCHED * number_of(node.rows, sizes) * number_of(node.cols, sizes)


def largest(nodes: Iterable[Expr], sizes: dict[str, int]) -> int:
    """The entries of the largest array."""
    shapes = {node.shape for node in nodes}
    return max((number_of(rows, sizes) * number_of(cols, sizes) for rows, cols in shapes), default=0)


def counts(expressions: Sequence[Expr]) -> list[str]:
    """The names of scalars that are whole numbers: how far a sum goes, the exponents of matrices."""
    found: dict[str, None] = {}
    for node in postorder(*expressions):
        if isinstance(node, Total) or (isinstance(node, Call) and node.function in WHOLE):
            whole = node.count if isinstance(node, Total) else node.args[1]
            found |= {inner.name: None for inner in postorder(whole) if isinstance(inner, Symbol)}
    return sorted(found)


WHOLE = frozenset({"mpower"})  # functions whose second argument is a whole number


def _styles() -> Iterator[str]:
    """The styles to try, plainest first: normal entries twice, then each, then mixtures."""
    yield from ["normal", "normal"]
    yield from [style for style in STYLES for _ in range(2)]
    while True:
        yield "mixed"


def magnitude(found: Draw, expressions: Sequence[Expr], complex_allowed: bool, most: float) -> float:
    """The largest number met on the way; infinite where that is ``most`` or more, where one is not real, or where the values
    are noise."""
    try:
        nodes = found.nodes(expressions)
        size = max(_size(value, complex_allowed) for value in nodes.values())
        steady = size < most and all(_is_steady(found, expressions, nodes, turn) for turn in range(NUDGES))
    except TooLong:
        raise
    except (np.linalg.LinAlgError, ValueError, ArithmeticError):
        return np.inf
    return size if steady else np.inf


def _size(value: Array, complex_allowed: bool) -> float:
    """The largest entry; infinite for what may not be."""
    size = float(np.max(np.abs(value), initial=0.0))
    return np.inf if np.isnan(size) or (np.iscomplexobj(value) and not complex_allowed) else size


def _is_steady(found: Draw, expressions: Sequence[Expr], nodes: Mapping[Expr, Array], turn: int) -> bool:
    """Whether the values hardly move when every entry that is not 0 hardly does."""
    fixed = counts(expressions)
    changes = {n: STEP * value * _waves(value.shape, turn) for n, value in found.values.items() if n not in fixed}
    moved = found.moved(changes).nodes(expressions)
    return all(_change(nodes[one], moved[one]) <= UNSTABLE * STEP for one in expressions)


def _waves(shape: tuple[int, ...], turn: int) -> Array:
    """Numbers between -1 and 1, different for each turn."""
    return np.asarray(np.cos(np.arange(shape[0] * shape[1]) + 2.0 * turn).reshape(shape))


def _change(value: Array, moved: Array) -> float:
    return float(np.max(np.abs(value - moved), initial=0.0) / np.max(np.abs(value), initial=1e-3))


# --- functions that the user declared ------------------------------------------------------------------------------


def _declared_calls(expressions: Sequence[Expr]) -> list[Call]:
    return [node for node in postorder(*expressions) if isinstance(node, Call) and is_declared(node)]


def declared(name: str, seed: int) -> Entrywise:
    """A smooth function for a declared one, t ↦ sin(a t) + b t², or its derivative, as often as its name has primes."""
    base = name.rstrip("'")
    order = len(name) - len(base)
    a, b = np.random.default_rng([seed, crc32(base.encode())]).uniform(0.5, 1.5, 2)
    square = SQUARE[min(order, 3)]
    return lambda t: cast("Array", a**order * np.sin(a * t + order * np.pi / 2) + b * square(t))


SQUARE: tuple[Entrywise, ...] = (lambda t: t**2, lambda t: 2 * t, lambda t: 2 + 0 * t, lambda t: 0 * t)
"""t² and its derivatives."""


# --- sizes --------------------------------------------------------------------------------------------------------


def choose_sizes(
    expressions: Sequence[Expr], symbols: Iterable[Symbol] = (), seed: int = 0, smallest: int = SMALLEST
) -> dict[str, int]:
    """Different numbers of at least 3 (or ``smallest``) for the names of sizes, so that every shape is possible; the seed
    turns them."""
    nodes = [*postorder(*expressions), *symbols]
    dims = {size for node in nodes for size in (*node.shape, *_parameters(node))}
    wanted = sorted({name for size in dims for name in names(size) if not is_index(name)})
    fixed = {size for size in dims if isinstance(size, int)}
    dims = {size for size in dims if not indices_in(size)}
    for start in range(smallest, smallest + 30):
        pool = [k for k in range(start, start + len(wanted) + len(fixed)) if k not in fixed][: len(wanted)]
        for turn in range(seed, seed + max(1, len(pool))):
            sizes = {name: pool[(k + turn) % len(pool)] for k, name in enumerate(wanted)}
            if _possible(nodes, dims, sizes):
                return sizes
    raise CallError("no numbers were found for the sizes " + ", ".join(wanted))


def _parameters(node: Expr) -> tuple[Size, ...]:
    if isinstance(node, Symbol) and node.member is not None:
        return node.member[:2]
    return node.parameters if isinstance(node, Call | Constant) else ()


def _possible(nodes: Sequence[Expr], dims: Iterable[Size], sizes: dict[str, int]) -> bool:
    """Whether every size is positive (and no polynomial tiny), and every unit vector has its 1 inside."""
    units = [node.parameters for node in nodes if isinstance(node, Constant) and node.kind == "unit"]
    units += [node.member[:2] for node in nodes if isinstance(node, Symbol) and node.member is not None]
    units = [pair for pair in units if not indices_in(pair[0])]
    large = all(number_of(size, sizes) >= 2 for size in dims if isinstance(size, Polynomial))
    return large and all(number_of(i, sizes) <= number_of(n, sizes) for i, n in units)
