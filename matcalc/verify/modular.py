"""Exact evaluation modulo a large prime at random points: polynomial and rational identities without any tolerance.

>>> from matcalc.steps.understand import understand
>>> letters = ["A : matrix(n, n), invertible", "B : matrix(n, p)", "C : matrix(p, n)"]
>>> read = lambda text: understand(text, letters).expression
>>> woodbury = "inv(A) - inv(A) B inv(eye(p) + C inv(A) B) C inv(A)"
>>> found = agree_exactly(read("inv(A + B C)"), read(woodbury))
>>> found.verdict, found.error_probability < 1e-12
('equal', True)

Functions that are no rational ones are symbols without a meaning: a random number for each value of their arguments, and so
for every function there may be. What is known of a few is kept: exp(u + v) = exp(u) exp(v), and what is defined by it; sin and
cos on a circle; squares as the positive numbers for abs, sign and roots. So "equal" means equal; "unknown" means nothing.
Two expressions whose numerator has degree d and that differ agree at a random point with a probability of at most d / p
(Schwartz 1980; Zippel 1979).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import cast

import numpy as np

from matcalc.errors import MatcalcError
from matcalc.expr import COMPLEX, Call, Expr, Hadamard, Node, Scaled, Symbol, Total, Word, postorder
from matcalc.rules.properties import closure
from matcalc.shape import value as number_of
from matcalc.verify.point import Point
from matcalc.verify.residues import PRIME, Residues, Undefined, draw
from matcalc.verify.sample import SMALLEST, choose_sizes

DRAWS = 3  # of different sizes
SIGNED = 24  # where signs and square roots are chosen: each draw finds a difference in half of the cases only
TRIES = 40  # to find a draw where everything is defined
LARGEST = 60_000  # entries of all arrays together


@dataclass(frozen=True)
class Exact:
    """``verdict``: equal, different or unknown; of those that differ as symbols, the real functions may still agree."""

    verdict: str
    draws: int
    error_probability: float
    reason: str = ""


def agree_exactly(a: Expr, b: Expr, symbols: Iterable[Symbol] = (), count: int = DRAWS, seed: int = 0) -> Exact:
    """Whether two expressions have the same value modulo the prime at random points of different sizes."""
    nodes = postorder(a, b)
    letters = {node.name: node for node in nodes if isinstance(node, Symbol)}
    if any(not COMPLEX.isdisjoint(letter.properties) for letter in letters.values()):
        return Exact("unknown", 0, 1.0, "complex numbers are not evaluated exactly")
    if any(isinstance(node, Total) or (isinstance(node, Symbol) and node.member is not None) for node in nodes):
        return Exact("unknown", 0, 1.0, "sums over an index are not evaluated exactly yet")
    luck = 1.0  # of agreeing at one draw, by signs and bits
    luck = 0.5 if any(_has_sign(node) for node in nodes) else luck
    luck = 0.75 if any(_has_bits(letter) for letter in letters.values()) else luck
    done, worst = 0, 0.0
    for turn in range(count if luck == 1 else max(count, SIGNED)):
        found = _draw_and_compare(a, b, nodes, letters, seed + turn, symbols)
        if found is None:
            return Exact("unknown", done, 1.0, "no point was found at which everything can be evaluated exactly")
        if not found.same:
            return Exact("different", done + 1, 0.0)
        done, worst = done + 1, max(worst, found.degree / PRIME)
    return Exact("equal", done, worst + (luck**done if luck < 1 else 0.0))


@dataclass(frozen=True)
class _Compared:
    same: bool
    degree: float


def _draw_and_compare(
    a: Expr, b: Expr, nodes: Sequence[Expr], letters: dict[str, Symbol], seed: int, symbols: Iterable[Symbol]
) -> _Compared | None:
    try:
        sizes = choose_sizes([a, b], symbols, seed, SMALLEST + seed % DRAWS)
        if sum(_entries(node, sizes) for node in nodes) > LARGEST:
            return None
    except MatcalcError:
        return None
    for attempt in range(TRIES):
        try:
            values = _values(letters, sizes, f"{seed} {attempt}")
            if values is None:
                return None
            at = Point(values, sizes, f"{seed} {attempt}")
            for node in nodes:
                at.found[node] = at.of(cast("Node", node)) % PRIME
        except Undefined:
            continue
        except (MatcalcError, ValueError, TypeError, LookupError):
            return None
        return _Compared(bool(np.array_equal(at.found[a], at.found[b])), _degree(nodes, sizes))
    return None


def _entries(node: Expr, sizes: dict[str, int]) -> int:
    return number_of(node.rows, sizes) * number_of(node.cols, sizes)


def _values(letters: dict[str, Symbol], sizes: dict[str, int], seed: str) -> dict[str, Residues] | None:
    out: dict[str, Residues] = {}
    for name in sorted(letters):
        letter = letters[name]
        shape = (number_of(letter.rows, sizes), number_of(letter.cols, sizes))
        value = draw(Random(f"{seed} {name}"), shape, closure(letter.properties))
        if value is None:
            return None
        out[name] = value
    return out


def _has_sign(node: Expr) -> bool:
    """Whether the value of a node depends on which of two square roots is taken."""
    match node:
        case Call(name, _):
            return name in SIGNS
        case Scaled(_, powers, _) | Hadamard(powers):
            return any(isinstance(e, Fraction) and e.denominator % 2 == 0 for _, e in powers)
    return False


def _has_bits(letter: Symbol) -> bool:
    """Whether the entries of a letter have few values: a product of two of them is not 0 in a quarter of the cases."""
    words = closure(letter.properties)
    return "binary" in words or ("diagonal" in words and not words.isdisjoint({"orthogonal", "projection"}))


SIGNS = frozenset({"abs", "sign", "step", "relu", "max", "min", "logdet", "log"})


def _degree(nodes: Sequence[Expr], sizes: dict[str, int]) -> float:
    """A bound on the degree of what was evaluated, in the letters and in the values of functions; twice, for denominators,
    and summed over all parts, for the values of functions at different arguments are to be different, too."""
    degrees: dict[Expr, float] = {}
    for node in nodes:
        inner = [degrees[child] for child in node.children]
        match node:
            case Symbol():
                own = 1.0 if not node.properties else 2.0 * number_of(node.rows, sizes) + 2
            case Scaled(_, powers, _) | Hadamard(powers):
                grown = [degrees[b] * (abs(float(e)) if not isinstance(e, Expr) else 1.0) for b, e in powers]
                own = sum(grown) + (sum(inner[-1:]) if isinstance(node, Scaled) and node.body is not None else 0.0)
            case Word():
                own = sum(inner)
            case Call():
                own = (1 + sum(inner)) * (1 + max(number_of(arg.rows, sizes) for arg in node.args) if node.args else 1)
            case _:
                own = sum(inner)
        degrees[node] = own
    return 2 * sum(degrees.values())
