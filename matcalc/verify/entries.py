"""All entries of a derivative at once: a scalar that depends on indices, evaluated for every value of each.

>>> from matcalc.expr import Symbol
>>> from matcalc.algebra import product, transpose, unit
>>> A = Symbol("A", ("m", "n"))
>>> formula = product(transpose(unit("i", "m")), A, unit("j", "n"))
>>> all_entries(formula, {"i": 2, "j": 3}, Draw({"m": 2, "n": 3}, {"A": np.arange(6.0).reshape(2, 3)}, "")).tolist()
[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product as tuples
from typing import cast

import numpy as np

from matcalc.algebra.indices import indices as indices_of
from matcalc.algebra.rebuild import substitute
from matcalc.expr import Constant, Expr, Symbol, postorder
from matcalc.shape import names
from matcalc.verify.evaluate import Array, evaluate
from matcalc.verify.sample import Draw


def all_entries(formula: Expr, indices: Mapping[str, int], draw: Draw) -> Array:
    """An array with one axis for each index, in their order; ``indices`` says how many values each has."""
    rest, values = _without_fixed_parts(formula, set(indices), draw)
    out = np.zeros(tuple(indices.values()))
    for where in tuples(*[range(count) for count in indices.values()]):
        numbers = {name: place + 1 for name, place in zip(indices, where, strict=True)}
        out[where] = evaluate(rest, values, {**draw.sizes, **numbers}, draw.functions).item()
    return cast("Array", out)


def _without_fixed_parts(formula: Expr, indices: set[str], draw: Draw) -> tuple[Expr, dict[str, Array]]:
    """The formula with letters for the parts that depend on no index, and the values of those, each computed once."""
    moving: set[Expr] = set()
    fixed: dict[Expr, None] = {}
    for node in postorder(formula):
        if _is_indexed(node, indices) or indices_of(node) or any(child in moving for child in node.children):
            moving.add(node)
            fixed |= dict.fromkeys(child for child in node.children if child not in moving)
    values = draw.nodes([*fixed]) if fixed else {}
    letters: dict[Expr, Expr] = {node: Symbol(f"part_{k}", node.shape) for k, node in enumerate(fixed)}
    known = {f"part_{k}": values[node] for k, node in enumerate(fixed)}
    return substitute(formula, letters), {**draw.values, **known}


def _is_indexed(node: Expr, indices: set[str]) -> bool:
    return isinstance(node, Constant) and any(indices.intersection(names(size)) for size in node.parameters)
