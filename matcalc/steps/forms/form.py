"""A form: one way to spell a node, with what it costs; and the cheapest of a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

from matcalc.algebra import scale_by
from matcalc.expr import Add, Constant, Expr, Scaled, Transpose, Word
from matcalc.steps.blocks import Rows, layout

TOKEN = 16
TURNED = 3  # style: a sum with its signs turned
WRAPPED = 4  # style: a transpose round a product
SPREAD = frozenset({Add, Constant, Scaled, Transpose, Word})  # what can be a block
_KEY = "form"
_NEGATIVE = "negative"


class Form(NamedTuple):
    """``tag`` names the spelling; ``data`` is what the builder needs beside the spelled parts."""

    cost: int
    tag: str
    parts: tuple[Expr, ...]
    data: object = None


FORMS: dict[type[Expr], Callable[..., list[Form]]] = {}  # how each class of nodes is spelled; the folder fills it


def cost(node: Expr) -> int:
    return form(node).cost


def form(node: Expr) -> Form:
    """The cheapest form; remembered on the node, and found without deep recursion."""
    found = node.memo.get(_KEY)
    if found is None:
        if node.weight > 64:
            _prepare(node)
        found = node.memo[_KEY] = min(_forms(node), key=_cost)
    return found  # type: ignore[return-value]


def negated(node: Expr) -> Expr:
    """The negative, kept by the node: what was found out about it is not lost while other forms are tried."""
    found = node.memo.get(_NEGATIVE)
    if found is None:
        found = node.memo[_NEGATIVE] = scale_by(-1, node)
    return cast("Expr", found)


def _cost(form: Form) -> int:
    return form.cost


def _prepare(root: Expr) -> None:
    """Forms for everything below, children first."""
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if _KEY in node.memo:
            continue
        if done:
            if node is not root:
                node.memo[_KEY] = min(_forms(node), key=_cost)
        else:
            stack.append((node, True))
            stack += [(child, False) for child in node.children]


def _forms(node: Expr) -> list[Form]:
    rows = layout(node) if type(node) in SPREAD else None
    if rows is None:
        return FORMS[type(node)](node)
    return [_block(rows), *([] if type(node) is Constant else FORMS[type(node)](node))]


def _block(rows: Rows) -> Form:
    """[A, B; C, D], its parts row by row."""
    return form_of(1 + len(rows), "block", tuple([part for row in rows for part in row]), tuple(map(len, rows)))


def form_of(tokens: int, tag: str, spelled: tuple[Expr, ...], data: object = None, style: int = 0) -> Form:
    total = tokens * TOKEN + style
    for part in spelled:
        total += form(part).cost
    return Form(total, tag, spelled, data)
