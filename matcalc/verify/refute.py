"""A counterexample in small numbers, at the smallest sizes that show it: where two expressions that differ have values
that differ.

>>> from matcalc.expr import Word
>>> A, B = Symbol("A", ("n", "n")), Symbol("B", ("n", "n"))
>>> print(counterexample(Word((A, B)), Word((B, A))))
n = 2, A = [1 0; 1 1], B = [0 1; 0 0]: [0 1; 0 1] and [1 1; 0 0]
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from random import Random

import numpy as np

from matcalc.algebra.indices import indices_in, is_index
from matcalc.errors import MatcalcError
from matcalc.expr import COMPLEX, Call, Constant, Expr, Symbol, postorder
from matcalc.rules.properties import closure
from matcalc.shape import names
from matcalc.shape import value as number_of
from matcalc.steps.functions import is_declared
from matcalc.verify.evaluate import Array, Entrywise
from matcalc.verify.sample import Draw, counts
from matcalc.verify.small import Exact, Rows, small_value

LARGEST_SIZE = 3
SIZES = 200  # choices of them
TRIES = 12  # at each choice of sizes
MOST = 2400  # in all,
WORK = 20_000  # and at most so many nodes are evaluated: what is wrong shows within some hundred nearly always
DIFFERENT = 1e-6
LARGE = 1e6  # values beyond this are near a place where nothing is defined
NUDGE = 1e-7
DELICATE, SINGULAR = 1e7, 1e16  # condition numbers
SETTLED = 1e-3  # and a value that changes by more than this when nudged stands at a jump
ENTRIES: tuple[tuple[int, ...], ...] = (
    (0, 1, 1),
    (0, 1, 1, 2),
    (-1, 0, 1, 2),
    (-1, 1, 2, 3),
    (-3, -2, -1, 0, 1, 2, 3),
    (-20, -9, -5, -1, 1, 5, 9, 20),  # beyond corners that lie far out
)


@dataclass(frozen=True)
class Counterexample:
    """Numbers for sizes and letters (rows of exact numbers, or floats where there are no small ones), and both values.

    ``functions`` says what the declared functions were taken to be.
    """

    sizes: Mapping[str, int]
    values: Mapping[str, Rows]
    left: Rows
    right: Rows
    functions: Mapping[str, str]

    def __str__(self) -> str:
        """On one line; where the values are large, only the first entry that differs."""
        given = [f"{name} = {size}" for name, size in self.sizes.items()]
        given += [f"{name} = {rows_text(rows)}" for name, rows in self.values.items()]
        given += [f"{name}(t) = {text}" for name, text in self.functions.items()]
        if len(self.left) * len(self.left[0]) <= 4:
            return ", ".join(given) + f": {rows_text(self.left)} and {rows_text(self.right)}"
        i, j = self.place
        where = f"at ({i + 1}, {j + 1}) "
        return ", ".join(given) + f": {where}{entry_text(self.left[i][j])} and {entry_text(self.right[i][j])}"

    @property
    def place(self) -> tuple[int, int]:
        """The entry that differs most."""
        cells = [(i, j) for i, row in enumerate(self.left) for j in range(len(row))]
        return max(cells, key=lambda c: abs(complex(self.left[c[0]][c[1]] - self.right[c[0]][c[1]])))


def rows_text(rows: Rows) -> str:
    """``[1 2; 0 1]``; of a single entry that entry."""
    if len(rows) == len(rows[0]) == 1:
        return entry_text(rows[0][0])
    return "[" + "; ".join(" ".join(map(entry_text, row)) for row in rows) + "]"


def entry_text(entry: Exact | complex) -> str:
    if isinstance(entry, int | Fraction):
        return str(entry)
    return f"{entry:.6g}"


def counterexample(a: Expr, b: Expr, symbols: Iterable[Symbol] = (), most: int = MOST) -> Counterexample | None:
    """Small values at which a and b differ; None where none was found in ``most`` tries, fewer of long expressions.

    They are not at a corner, a jump or a pole: both sides must be steady there.
    """
    if not most:
        return None
    letters = _letters([a, b], symbols)
    every = list(small_sizes([a, b], letters))
    tries = ((sizes, first + k) for first in range(0, MOST, TRIES) for sizes in every for k in range(TRIES))
    for sizes, turn in islice(tries, min(most, 1 + WORK // len(postorder(a, b)))):
        found = _try(a, b, letters, sizes, turn)
        if found is not None:
            return found
    return None


def _letters(expressions: Sequence[Expr], more: Iterable[Symbol]) -> list[Symbol]:
    inside = {node.name: node for node in postorder(*expressions) if isinstance(node, Symbol)}
    inside.update({symbol.name: symbol for symbol in more if symbol.name not in inside})
    return [inside[name] for name in sorted(inside)]


def small_sizes(expressions: Sequence[Expr], letters: Sequence[Symbol]) -> Iterator[dict[str, int]]:
    """Numbers for the sizes, the smallest first, at which every shape is possible."""
    nodes = [*postorder(*expressions), *letters]
    dims = {size for node in nodes for size in node.shape}
    dims |= {size for node in nodes if isinstance(node, Call | Constant) for size in node.parameters}
    dims |= {size for node in nodes if isinstance(node, Symbol) and node.member for size in node.member[:2]}
    wanted = sorted({name for size in dims for name in names(size) if not is_index(name)})
    units = [node.parameters for node in nodes if isinstance(node, Constant) and node.kind == "unit"]
    units += [node.member[:2] for node in nodes if isinstance(node, Symbol) and node.member]
    units = [pair for pair in units if not indices_in(pair[0])]
    shapes = {size for node in nodes for size in node.shape}
    for numbers in islice(_numbers(len(wanted)), SIZES):
        sizes = dict(zip(wanted, numbers, strict=True))
        if all(number_of(size, sizes) >= 1 for size in shapes) and all(
            1 <= number_of(i, sizes) <= number_of(n, sizes) for i, n in units
        ):
            yield sizes


def _numbers(count: int) -> Iterator[tuple[int, ...]]:
    """So many whole numbers from 1 on: the least of the largest first, then the least sum, then in order.

    >>> list(islice(_numbers(2), 5))
    [(1, 1), (1, 2), (2, 1), (2, 2), (1, 3)]
    """
    for largest in range(1, LARGEST_SIZE + 1):
        for total in range(count, count * largest + 1):
            todo: list[tuple[tuple[int, ...], int]] = [((), total)]
            while todo:
                chosen, left = todo.pop()
                rest = count - len(chosen) - 1
                if rest < 0:
                    if max(chosen, default=1) == largest:
                        yield chosen
                    continue
                fitting = [k for k in range(largest, 0, -1) if rest <= left - k <= rest * largest]
                todo += [((*chosen, k), left - k) for k in fitting]


def _try(a: Expr, b: Expr, letters: Sequence[Symbol], sizes: dict[str, int], turn: int) -> Counterexample | None:
    random = Random(f"{sorted(sizes.items())} {turn}")
    values: dict[str, Rows] = {}
    whole = counts([a, b])
    for letter in letters:
        many = 1 if letter.member is None else number_of(letter.member.many, sizes)
        shape = (many * number_of(letter.rows, sizes), number_of(letter.cols, sizes))
        if letter.name in whole:
            values[letter.name] = ((1 + turn % 3,),)
            continue
        if many > 1 and letter.properties:
            return None
        if not COMPLEX.isdisjoint(letter.properties):
            return None
        entries = ENTRIES[turn % TRIES * len(ENTRIES) // TRIES]
        value = small_value(random, shape, closure(letter.properties), entries)
        if value is None:
            return None
        values[letter.name] = value
    draw, said = _as_draw([a, b], values, sizes, turn)
    return _confirmed(a, b, draw, values, said)


def _as_draw(
    expressions: Sequence[Expr], values: Mapping[str, Rows], sizes: Mapping[str, int], turn: int
) -> tuple[Draw, dict[str, str]]:
    arrays = {name: np.array([[float(x) for x in row] for row in rows]) for name, rows in values.items()}
    power = 2 + turn % 2
    called = {n.function for n in postorder(*expressions) if isinstance(n, Call) and is_declared(n)}
    functions = {name: _power_function(power, len(name) - len(name.rstrip("'"))) for name in called}
    said = dict.fromkeys(sorted({name.rstrip("'") for name in called}), f"t^{power}")
    return Draw(sizes, arrays, "small", functions), said


def _power_function(power: int, order: int) -> Entrywise:
    """t ↦ t^power, or a derivative of it."""
    factor = 1.0
    for k in range(order):
        factor *= power - k
    return lambda t: factor * t ** max(power - order, 0)


def _confirmed(
    a: Expr, b: Expr, draw: Draw, values: Mapping[str, Rows], said: Mapping[str, str]
) -> Counterexample | None:
    """The counterexample, where the two sides are defined, steady and different."""
    here = _values(a, b, draw)
    if here is None:
        return None
    left, right = here
    scale = max(1.0, _largest(left), _largest(right))
    if _largest(left - right) <= DIFFERENT * scale or not _steady(a, b, draw, here, scale):
        return None
    return Counterexample(dict(draw.sizes), dict(values), _rows(left), _rows(right), said)


def _values(a: Expr, b: Expr, draw: Draw) -> tuple[Array, Array] | None:
    try:
        with warnings.catch_warnings(action="error"):  # what SciPy warns of is near a place where nothing is defined
            nodes = draw.nodes([a, b])
    except (np.linalg.LinAlgError, ValueError, ArithmeticError, LookupError, MatcalcError, Warning):
        return None
    if not all(np.all(np.abs(value) < LARGE) for value in nodes.values()):  # nor is one infinite, or not a number
        return None
    if any(_is_delicate(nodes[arg]) for node in nodes if isinstance(node, Call) for arg in node.args):
        return None
    return nodes[a], nodes[b]


def _is_delicate(value: Array) -> bool:
    """Whether a square matrix is nearly singular, so that little is left of the precision of its logarithm or inverse."""
    if value.shape[0] != value.shape[1] or value.size == 1:
        return False
    return bool(DELICATE < np.linalg.cond(value) < SINGULAR)


def _steady(a: Expr, b: Expr, draw: Draw, here: tuple[Array, Array], scale: float) -> bool:
    """Whether the values hardly move when every entry is nudged, either way."""
    for sign in (1.0, -1.0):
        random = np.random.default_rng(1)
        moves = {name: sign * NUDGE * random.uniform(-1, 1, value.shape) for name, value in draw.values.items()}
        there = _values(a, b, draw.moved(moves))
        if there is None or max(_largest(x - y) for x, y in zip(here, there, strict=True)) > SETTLED * scale:
            return False
    return True


def _largest(value: Array) -> float:
    return float(np.max(np.abs(value), initial=0.0))


def _rows(value: Array) -> Rows:
    return tuple(tuple(_exact(x) for x in row) for row in value.tolist())


def _exact(x: float) -> Exact:
    """A number with a small denominator as that fraction."""
    if isinstance(x, complex):
        return x  # type: ignore[return-value]
    near = Fraction(x).limit_denominator(1000)
    if abs(near - Fraction(x)) < 1e-9 * max(1, abs(x)):
        return near.numerator if near.denominator == 1 else near
    return x  # type: ignore[return-value]


def counterexample_of_draw(a: Expr, b: Expr, draw: Draw) -> Counterexample | None:
    """The draw at which two expressions were found to differ, as a counterexample whose numbers are not small."""
    here = _values(a, b, draw)
    if here is None:
        return None
    used = {letter.name for letter in _letters([a, b], ())}
    values = {name: _rows(value) for name, value in draw.values.items() if name in used}
    said = dict.fromkeys(sorted({name.rstrip("'") for name in draw.functions}), "sin(a t) + b t^2")
    return Counterexample(dict(draw.sizes), values, _rows(here[0]), _rows(here[1]), said)
