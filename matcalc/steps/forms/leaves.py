"""Letters, constants and transposes: A, x_i, x[i+1], eye(n), A'."""

from __future__ import annotations

from matcalc.algebra import indices, transpose
from matcalc.expr import Call, Constant, Expr, Named, Symbol, Transpose
from matcalc.rules import functions as tables
from matcalc.shape import Polynomial, Size
from matcalc.steps.forms.form import TOKEN, Form, form_of
from matcalc.steps.letters import spelled_name


def symbol(node: Symbol) -> list[Form]:
    return named(node) if node.member is None else [_member(node)]


def named(node: Symbol | Named) -> list[Form]:
    return [Form(TOKEN, "name", (), node.name)]


def transposed(node: Transpose) -> list[Form]:
    return [form_of(1, "transpose", (node.base,)), *_of_row(node.base)]


def _of_row(base: Expr) -> list[Form]:
    """softmax(x)' as softmax(x'), for functions that take columns and rows alike."""
    if type(base) is Call and base.function in tables.having("column") and not base.parameters:
        return [form_of(1, "call", (transpose(base.args[0]),), (base.function, ()))]
    if type(base) is Call and base.function == "conj":
        return [form_of(1, "conjugate transpose", base.args)]
    return []


def constant(node: Constant) -> list[Form]:
    if node.kind == "size":
        return [Form(TOKEN * length(node.parameters[0]), "constant", (), node)]
    sized = node.kind in ("commutation", "duplication", "unit", "selector")
    return [Form(TOKEN * (1 + sum(map(length, node.parameters)) if sized else 1), "constant", (), node)]


def _member(node: Symbol) -> Form:
    """x_i; where the index is more than a letter, x[i+1]."""
    assert node.member is not None
    which = node.member.which
    plain = type(which) is not Polynomial
    return Form(TOKEN if plain else TOKEN * (3 + length(which)), "name" if plain else "member", (), spelled_name(node))


def length(size: Size) -> int:
    """Tokens of a size; of a polynomial that has no index its terms count as one."""
    if type(size) is not Polynomial or not indices.indices_in(size):
        return 1
    return 2 * len(size.terms) - 1
