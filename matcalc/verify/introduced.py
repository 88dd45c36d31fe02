"""The names that a chain brings in, which nobody declared: what they must be for its lines to be of one shape.

>>> from matcalc.read.mc import read_document
>>> document = read_document("check A : (B .* C) = (A .* B) : C")
>>> setting, _ = introduced(document.statements[0], Setting.of([]), document.source)
>>> [str(declaration) for declaration in setting.inferred]
['A : matrix(m, n)', 'B : matrix(m, n)', 'C : matrix(m, n)']
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.errors import FormulaError
from matcalc.read.declared import Declaration
from matcalc.read.document import Check, Derivative
from matcalc.read.syntax import Apply, Group, Name, Syntax
from matcalc.read.trees import rewritten
from matcalc.steps.setting import Setting
from matcalc.verify.places import plainly

Pair = tuple[Syntax, Syntax | None]  # two sides of one shape, or one alone


def introduced(check: Check, setting: Setting, source: str) -> tuple[Setting, tuple[str, ...]]:
    """The setting with the names that the chain brings in, and what they are."""
    pairs = _pairs(check)
    unknown = _unknown(pairs, setting, source)
    if not unknown:
        return setting, ()
    letters = {name: name[1:] for name in unknown if name[0] == "d" and name[1:] in unknown}
    pairs = [(renamed(a, letters), None if b is None else renamed(b, letters)) for a, b in pairs]
    fresh = _together(pairs, setting, source)
    if fresh is None:
        fresh = _one_by_one(pairs, setting, source)
    return setting.extended(fresh), tuple(map(str, fresh))


def _pairs(check: Check) -> list[Pair]:
    """The sides that have one shape: those of a line; the right sides of a chain; a gradient and its variable."""
    out: list[Pair] = []
    first: Syntax | None = None
    for line in check.lines:
        left, right = line.left, line.right
        if isinstance(left, Derivative):
            out.append((left.of, None))
            first = left.wrt[0] if left.order == 1 and len(left.wrt) == 1 and isinstance(left.wrt[0], Name) else None
        elif left is not None:
            first = left
        if right is not None and not isinstance(right, Derivative):
            out.append((right, None) if first is None else (first, right))
    return out


def _unknown(pairs: list[Pair], setting: Setting, source: str) -> set[str]:
    """The names that are inferred where each side is read alone."""
    out: set[str] = set()
    for tree in {id(tree): tree for pair in pairs for tree in pair if tree is not None}.values():
        try:
            out.update(declaration.name for declaration in setting.read([tree], source)[1])
        except FormulaError:
            continue
    return out


def _together(pairs: list[Pair], setting: Setting, source: str) -> list[Declaration] | None:
    """What all sides say together; None where they do not fit together."""
    trees = [tree for a, b in pairs for tree in (a, b) if tree is not None]
    alike, place = [], 0
    for _, b in pairs:
        if b is not None:
            alike.append((place, place + 1))
        place += 1 if b is None else 2
    try:
        return setting.read(trees, source, alike)[1]
    except FormulaError:
        return None


def _one_by_one(pairs: list[Pair], setting: Setting, source: str) -> list[Declaration]:
    """What the lines say one after another; those that do not fit say nothing."""
    out: list[Declaration] = []
    for pair in pairs:
        alone: list[Pair] = [(tree, None) for tree in pair if tree is not None]
        for sides in ([pair], alone):
            found = _together(sides, setting, source)
            if found is not None:
                out += found
                setting = setting.extended(found)
                break
    return out


def renamed(tree: Syntax, names: Mapping[str, str]) -> Syntax:
    """The tree with other names, and with X for d(X): it has the same shape."""

    def new(node: Syntax) -> Syntax:
        match node:
            case Name(text):
                return node._replace(text=names.get(text, text))
            case Apply("d", (inner,)):
                return Group((inner,), node.span)
            case _:
                return node

    return rewritten(plainly(tree), new)
