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

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from random import Random
from typing import assert_never, cast

import numpy as np

from matcalc.algebra.sums import terms_of
from matcalc.algebra.terms import parts, scale_by
from matcalc.algebra.transposes import passes_on
from matcalc.errors import MatcalcError
from matcalc.expr import (
    COMPLEX,
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Node,
    Rational,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    postorder,
)
from matcalc.rules import functions as tables
from matcalc.rules.properties import closure
from matcalc.shape import Size
from matcalc.shape import value as number_of
from matcalc.verify.calls import code_of, constant_call, run
from matcalc.verify.residues import (
    PRIME,
    Residues,
    Undefined,
    determinant,
    draw,
    each,
    inverse,
    invert,
    power,
    residues,
    sign,
)
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
            at = _Point(values, sizes, f"{seed} {attempt}")
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


class _Point:
    """The values found so far at one point, and what the leaves are."""

    def __init__(self, values: dict[str, Residues], sizes: dict[str, int], seed: str) -> None:
        self.values = values
        self.sizes = sizes
        self.seed = seed.encode()
        self.found: dict[Expr, Residues] = {}

    def of(self, node: Node) -> Residues:
        match node:
            case Symbol():
                return self.values[node.name]
            case Constant():
                return self._constant(node)
            case Named():
                return self.found[node.body]
            case Transpose():
                return self.found[node.base].T
            case Scaled(number, powers, body):
                scale = _rational(number)
                for base, exponent in powers:
                    scale = scale * int(self._power(base, exponent)[0, 0]) % PRIME
                return residues([[scale]]) if body is None else self.found[body] * scale
            case Add(terms):
                return cast("Residues", sum(self.found[term] for term in terms))
            case Hadamard(factors):
                out = self._power(*factors[0])
                for base, exponent in factors[1:]:
                    out = out * self._power(base, exponent) % PRIME
                return out
            case Word(factors):
                made = self.found[factors[0]]
                for factor in factors[1:]:
                    made = made @ self.found[factor] % PRIME
                return made
            case Call():
                return self._call(node)
            case Total():
                raise Undefined
            case _:
                assert_never(node)

    def _power(self, base: Expr, exponent: Exponent) -> Residues:
        array = self.found[base]
        if isinstance(exponent, Expr):
            return self._symbolic_power(array, exponent)
        return array if exponent == 1 else each(lambda x: power(x, exponent), array)

    def _symbolic_power(self, array: Residues, exponent: Expr) -> Residues:
        """b^(c u + v) = (b^u)^c b^v; a size is the number that it is."""
        out = np.array([[1] * array.shape[1] for _ in range(array.shape[0])], dtype=object)
        for term in terms_of(exponent):
            number, powers, _ = parts(term)
            sizes = [(base, e) for base, e in powers if isinstance(base, Constant) and base.kind == "size"]
            if len(sizes) == len(powers) and all(isinstance(e, int) and e > 0 for _, e in sizes):
                for base, e in sizes:
                    number *= number_of(base.parameters[0], self.sizes) ** cast("int", e)
                raised = each(lambda x, number=number: power(x, number), array)  # type: ignore[misc]
            else:
                rest = self._value_of(scale_by(1 / Fraction(number), term))
                key = int(rest[0, 0])
                raised = each(lambda x, c=number, k=key: power(self.hashed("power", (x, k), square=True), c), array)  # type: ignore[misc]
            out = out * raised % PRIME
        return out

    def _value_of(self, expression: Expr) -> Residues:
        """The value of an expression that may not be below the ones compared."""
        for node in postorder(expression):
            if node not in self.found:
                self.found[node] = self.of(cast("Node", node)) % PRIME
        return self.found[expression]

    def _number(self, size: Size) -> int:
        return number_of(size, self.sizes)

    def _constant(self, node: Constant) -> Residues:
        if node.kind == "size":
            return residues([[self._number(node.parameters[0])]])
        if node.kind == "pi":
            return residues([[self.hashed("pi", (), square=True)]])
        return self._coded(constant_call(node), [])

    def _coded(self, call: Call, args: list[Residues]) -> Residues:
        """By the code of the tables, of what is linear with whole coefficients."""
        code = code_of(call)
        made = np.asarray(
            run(code, args, {name: self._number(size) for name, size in code.sizes.items()}), dtype=object
        )
        return residues(made.reshape(self._number(call.rows), self._number(call.cols)))

    def _call(self, node: Call) -> Residues:
        args = [self.found[arg] for arg in node.args]
        known = KNOWN.get(node.function)
        if known is not None:
            found = known(self, node, args)
            if found is not None:
                return found
        records = tables.lookup(node.function)
        if not records or all(record.kind == "entrywise" for record in records):
            return self._entrywise(node, args)
        return self._unknown(node, args)

    # --- functions without a meaning ------------------------------------------------------------------------------------

    def hashed(self, name: str, arguments: tuple[int, ...], square: bool = False) -> int:
        """A random number for each function and each value of its arguments."""
        digest = blake2b(f"{name} {arguments}".encode(), key=self.seed[:64], digest_size=16).digest()
        number = int.from_bytes(digest) % PRIME
        return number * number % PRIME if square else number

    def _entrywise(self, node: Call, args: list[Residues]) -> Residues:
        records = tables.lookup(node.function)
        parity = records[0].parity if records else 0
        name = f"{node.function} {[self._number(p) for p in node.parameters]}"
        wide = np.broadcast_arrays(*args)

        def value(*entries: int) -> int:
            if parity and len(entries) == 1 and entries[0] > PRIME - entries[0]:
                return parity * self.hashed(name, (PRIME - entries[0],))
            return self.hashed(name, entries)

        cells = [value(*map(int, entries)) for entries in zip(*[array.ravel() for array in wide], strict=True)]
        return np.array(cells, dtype=object).reshape(wide[0].shape)

    def _unknown(self, node: Call, args: list[Residues]) -> Residues:
        """A function of whole arrays; f(X') = f(X)' where that is known."""
        shape = (self._number(node.rows), self._number(node.cols))
        turned = len(args) == 1 and not node.parameters and passes_on((node.function, 1)) == (node.function, (0,))
        if turned and args[0].T.tolist() < args[0].tolist():
            return self._hashed_array(node, [args[0].T], shape[::-1]).T
        return self._hashed_array(node, args, shape)

    def _hashed_array(self, node: Call, args: list[Residues], shape: tuple[int, int]) -> Residues:
        name = f"{node.function} {[self._number(p) for p in node.parameters]} {[array.tolist() for array in args]}"
        return np.array([[self.hashed(name, (i, j)) for j in range(shape[1])] for i in range(shape[0])], dtype=object)

    def exponential(self, u: Expr, array: Residues) -> Residues:
        """exp(a u + b v) = exp(u)^a exp(v)^b, with a square for each value of u and v."""
        out = np.array([[1] * array.shape[1] for _ in range(array.shape[0])], dtype=object)
        for term in terms_of(u):
            number = parts(term)[0]
            if number == 0:
                continue
            inner = self._value_of(scale_by(1 / Fraction(number), term))
            out = out * each(lambda x, c=number: self._exp(int(x), c), inner) % PRIME  # type: ignore[misc]
        return out

    def _exp(self, x: int, exponent: Rational) -> int:
        if x > PRIME - x:
            x, exponent = PRIME - x, -exponent
        return power(self.hashed("exp", (x,), square=True), exponent) if x else 1

    def logarithm(self, x: int) -> int:
        """log(1 / x) = -log(x), and log(1) = 0."""
        least = min(x, invert(x))
        return 0 if x == 1 else self.hashed("log", (least,)) * (1 if least == x else -1)


def _rational(value: Rational) -> int:
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME


# --- functions whose meaning is known ------------------------------------------------------------------------------------------

Known = Callable[[_Point, Call, "list[Residues]"], "Residues | None"]


def _linear(at: _Point, node: Call, args: list[Residues]) -> Residues:
    return at._coded(node, args)


def _det(at: _Point, node: Call, args: list[Residues]) -> Residues:
    return residues([[determinant(args[0])]])


def _adjugate(at: _Point, node: Call, args: list[Residues]) -> Residues:
    return cast("Residues", inverse(args[0]) * determinant(args[0]))


def _logdet(at: _Point, node: Call, args: list[Residues]) -> Residues:
    value = determinant(args[0])
    return residues([[at.logarithm(value * sign(value) % PRIME)]])


def _log(at: _Point, node: Call, args: list[Residues]) -> Residues:
    """Of a scalar only where it is positive; of many entries so many signs would never come together."""
    if args[0].size == 1 and sign(int(args[0][0, 0])) < 0:
        raise Undefined
    return each(lambda x: at.logarithm(int(x)), args[0])


def _product(at: _Point, node: Call, args: list[Residues]) -> Residues:
    axis = node.parameters[0] - 1 if node.parameters and isinstance(node.parameters[0], int) else None
    made = np.prod(args[0], axis=axis, keepdims=True)
    return cast("Residues", made)


def _of_exp(change: Callable[[int], int]) -> Known:
    return lambda at, node, args: each(change, at.exponential(node.args[0], args[0]))


def _of_entries(change: Callable[[int], int]) -> Known:
    return lambda at, node, args: each(change, args[0])


def _step(x: int) -> int:
    return (1 + sign(x)) // 2


def _total(array: Residues, axis: int | None) -> Residues:
    return cast("Residues", np.sum(array, axis=axis, keepdims=True))


def _softmax(at: _Point, node: Call, args: list[Residues]) -> Residues:
    axis = 1 if node.parameters else None
    above = at.exponential(node.args[0], args[0])
    return cast("Residues", above * each(invert, _total(above, axis) % PRIME))


def _logsumexp(at: _Point, node: Call, args: list[Residues]) -> Residues:
    axis = 1 if node.parameters else None
    total = _total(at.exponential(node.args[0], args[0]), axis) % PRIME
    return each(at.logarithm, total)


def _softplus(at: _Point, node: Call, args: list[Residues]) -> Residues:
    return each(lambda e: at.logarithm((1 + e) % PRIME), at.exponential(node.args[0], args[0]))


def _circle(name: str) -> Known:
    """sin = 2 t / (1 + t²), cos = (1 - t²) / (1 + t²), with t(-u) = -t(u)."""

    def value(at: _Point, x: int) -> int:
        t = at.hashed("half tangent", (min(x, PRIME - x),)) * (1 if x <= PRIME - x else -1)
        above = {"sin": 2 * t, "cos": 1 - t * t, "tan": 2 * t}[name]
        below = {"sin": 1 + t * t, "cos": 1 + t * t, "tan": 1 - t * t}[name]
        return above * invert(below) % PRIME

    return lambda at, node, args: each(lambda x: value(at, int(x)), args[0])


def _larger(which: int) -> Known:
    """max(A, B) = B + relu(A - B), min(A, B) = B - relu(B - A), of two arguments."""

    def known(at: _Point, node: Call, args: list[Residues]) -> Residues | None:
        if len(args) != 2:
            return None
        over = which * (args[0] - args[1]) % PRIME
        return cast("Residues", args[1] + which * each(lambda x: x * _step(x) if x else 0, over))

    return known


KNOWN: dict[str, Known] = {
    **dict.fromkeys(("diag", "Diag", "vec", "unvec", "vech", "unvech", "tril", "triu", "kron"), _linear),
    "tr": lambda at, node, args: residues([[sum(np.diag(args[0]).tolist())]]),
    "sum": lambda at, node, args: residues([[sum(args[0].ravel().tolist())]]),
    "sym": lambda at, node, args: (args[0] + args[0].T) * invert(2),
    "skew": lambda at, node, args: (args[0] - args[0].T) * invert(2),
    "inv": lambda at, node, args: inverse(args[0]),
    "det": _det,
    "adj": _adjugate,
    "logdet": _logdet,
    "prod": _product,
    "exp": lambda at, node, args: at.exponential(node.args[0], args[0]),
    "log": _log,
    "sigmoid": _of_exp(lambda e: e * invert(1 + e)),
    "tanh": _of_exp(lambda e: (e * e - 1) * invert(e * e + 1)),
    "sinh": _of_exp(lambda e: (e - invert(e)) * invert(2)),
    "cosh": _of_exp(lambda e: (e + invert(e)) * invert(2)),
    "softplus": _softplus,
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "sin": _circle("sin"),
    "cos": _circle("cos"),
    "tan": _circle("tan"),
    "abs": _of_entries(lambda x: x * sign(x)),
    "sign": _of_entries(sign),
    "step": _of_entries(_step),
    "relu": _of_entries(lambda x: x * _step(x)),
    "max": _larger(1),
    "min": _larger(-1),
}
