"""How deep a formula may be, and how long: what nobody would wait for is refused at once, with its place.

The derivative of a formula that is nested n deep has some n² letters, and so has that of a product of n factors.
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.errors import NAMED, FormulaError
from matcalc.steps.typed import Call, Letter, Node, Power, Product, Quotient

FACTORS = 400  # of a product that is typed
WRITTEN = 200_000  # symbols of what is printed, some 500,000 characters; nodes of what is still made shorter
DEEPEST: tuple[tuple[type[Node], int, str], ...] = (
    (Call, 2100, "functions are nested"),
    (Quotient, 80, "quotients are nested"),
    (Power, 30, "powers of sums or functions are nested"),
)
SIMPLE = (Letter, Power)  # a power of these is no deeper than they are


def check_limits(order: Sequence[Node]) -> None:
    """FormulaError where the nodes, parts before what they are parts of, make a formula that is too deep or too long."""
    if len(order) <= min(most for _, most, _ in DEEPEST):
        return
    for kind, most, words in DEEPEST:
        if sum(type(node) is kind for node in order) > most:
            _check_depth(order, kind, most, words)
    for node in order:
        if type(node) is Product and len(node.parts) > FACTORS:
            _refuse(node, f"this product has {len(node.parts)} factors, and at most {FACTORS} are multiplied out")


def _check_depth(order: Sequence[Node], kind: type[Node], most: int, words: str) -> None:
    depths: dict[Node, int] = {}
    for node in order:
        deeper = type(node) is kind and not (kind is Power and isinstance(node.parts[0], SIMPLE))
        depths[node] = max((depths.get(part, 0) for part in node.parts), default=0) + deeper
        if depths[node] > most:
            _refuse(node, f"{words} more than {most} deep")


def _refuse(node: Node, message: str) -> None:
    raise FormulaError(message, node.source, [node.span], NAMED)
