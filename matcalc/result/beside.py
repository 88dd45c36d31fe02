"""What stands beside a value: a Hessian's quadratic form and its blocks, Riemannian gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.algebra.conjugates import is_complex
from matcalc.expr import Symbol
from matcalc.expression import Expression
from matcalc.result.labels import taken_names
from matcalc.result.records import Riemannian
from matcalc.shape import text as size_text
from matcalc.steps.blockwise import blocks
from matcalc.steps.expansions import quadratic
from matcalc.steps.results import riemannian_of
from matcalc.steps.wanted import symbols_of, variable
from matcalc.steps.wirtinger import symbol_of

if TYPE_CHECKING:
    from matcalc.result import Result


def quadratic_form(result: Result) -> Expression | None:
    if result.kind != "hessian" or len(set(result.wrt)) > 1 or is_complex(result.objective.node):
        return None
    made = quadratic(result.objective.node, result._variables()[0])
    return Expression(made, result.understood.spellings, symbols_of(result.understood))


def repeated_block(result: Result) -> tuple[str, Expression] | None:
    if result.kind != "hessian" or len(set(result.wrt)) > 1:
        return None
    taken = taken_names(result)
    letter = next((i for i in ("i", "j", "k", "r") if i not in taken), "")
    found = blocks(result.value.node, result._variables()[0], letter) if letter else None
    if found is None:
        return None
    where = f"for the {found.over[:-1]} {letter} of {result.wrt[0]}, {letter} = 1..{size_text(found.size)}; 0 elsewhere"
    return where, Expression(found.block, result.understood.spellings, symbols_of(result.understood))


def riemannian_gradients(result: Result) -> tuple[Riemannian, ...]:
    if result.kind != "gradient" or result.part is not None:
        return ()
    declared = {d.name: Symbol(d.name, d.shape, d.words) for d in result.declarations}
    out = []
    for name in result.wrt:
        x = variable(name, result.understood)
        if symbol_of(x).member is not None or symbol_of(x).name not in declared:  # of a family, or a differential
            continue
        found = riemannian_of(result.objective.node, x, declared[symbol_of(x).name])
        if found is not None:
            value = Expression(found[0], result.understood.spellings, symbols_of(result.understood))
            word = found[1]
            inner = symbol_of(x).name
            out.append(Riemannian(inner, value, word.riemannian, word.metric, word.source))
    return tuple(out)
