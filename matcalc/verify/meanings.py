"""Functions whose meaning is known modulo a prime: what is linear or rational, exp and what is made of it, signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np

from matcalc.expr import Call
from matcalc.verify.residues import PRIME, Residues, Undefined, determinant, each, inverse, invert, residues, sign

if TYPE_CHECKING:
    from matcalc.verify.point import Point

Known = Callable[["Point", Call, "list[Residues]"], "Residues | None"]


def _linear(at: Point, node: Call, args: list[Residues]) -> Residues:
    return at.coded(node, args)


def _det(at: Point, node: Call, args: list[Residues]) -> Residues:
    return residues([[determinant(args[0])]])


def _adjugate(at: Point, node: Call, args: list[Residues]) -> Residues:
    return cast("Residues", inverse(args[0]) * determinant(args[0]))


def _logdet(at: Point, node: Call, args: list[Residues]) -> Residues:
    value = determinant(args[0])
    return residues([[at.logarithm(value * sign(value) % PRIME)]])


def _log(at: Point, node: Call, args: list[Residues]) -> Residues:
    """Of a scalar only where it is positive; of many entries so many signs would never come together."""
    if args[0].size == 1 and sign(int(args[0][0, 0])) < 0:
        raise Undefined
    return each(lambda x: at.logarithm(int(x)), args[0])


def _product(at: Point, node: Call, args: list[Residues]) -> Residues:
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


def _softmax(at: Point, node: Call, args: list[Residues]) -> Residues:
    axis = 1 if node.parameters else None
    above = at.exponential(node.args[0], args[0])
    return cast("Residues", above * each(invert, _total(above, axis) % PRIME))


def _logsumexp(at: Point, node: Call, args: list[Residues]) -> Residues:
    axis = 1 if node.parameters else None
    total = _total(at.exponential(node.args[0], args[0]), axis) % PRIME
    return each(at.logarithm, total)


def _softplus(at: Point, node: Call, args: list[Residues]) -> Residues:
    return each(lambda e: at.logarithm((1 + e) % PRIME), at.exponential(node.args[0], args[0]))


def _circle(name: str) -> Known:
    """sin = 2 t / (1 + t²), cos = (1 - t²) / (1 + t²), with t(-u) = -t(u)."""

    def value(at: Point, x: int) -> int:
        t = at.hashed("half tangent", (min(x, PRIME - x),)) * (1 if x <= PRIME - x else -1)
        above = {"sin": 2 * t, "cos": 1 - t * t, "tan": 2 * t}[name]
        below = {"sin": 1 + t * t, "cos": 1 + t * t, "tan": 1 - t * t}[name]
        return above * invert(below) % PRIME

    return lambda at, node, args: each(lambda x: value(at, int(x)), args[0])


def _larger(which: int) -> Known:
    """max(A, B) = B + relu(A - B), min(A, B) = B - relu(B - A), of two arguments."""

    def known(at: Point, node: Call, args: list[Residues]) -> Residues | None:
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
