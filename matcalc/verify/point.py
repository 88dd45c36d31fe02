"""One point modulo a prime: the values of expressions there, functions being symbols without a meaning."""

from __future__ import annotations

from fractions import Fraction
from hashlib import blake2b
from typing import assert_never, cast

import numpy as np

from matcalc.algebra.sums import terms_of
from matcalc.algebra.terms import parts, scale_by
from matcalc.algebra.transposes import passes_on
from matcalc.expr import (
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
from matcalc.shape import Size
from matcalc.shape import value as number_of
from matcalc.verify.calls import code_of, constant_call, run
from matcalc.verify.meanings import KNOWN
from matcalc.verify.residues import PRIME, Residues, Undefined, each, invert, power, residues


class Point:
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
        return self.coded(constant_call(node), [])

    def coded(self, call: Call, args: list[Residues]) -> Residues:
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
