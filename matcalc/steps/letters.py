"""Letters for the indices of sums in what is spelled: ``i``, ``j``, …, or what the user has for a family's index.

In the normal form an index has a name that nobody can type; ``lettered`` puts letters that are free in their places.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.algebra import indices
from matcalc.expr import Call, Constant, Exponent, Expr, Hadamard, Named, Scaled, Symbol, Total, postorder
from matcalc.read.syntax import Apply, Name, Range, Syntax
from matcalc.read.trees import distinct
from matcalc.shape import Polynomial, Size

LETTERS = ("i", "j", "k", "l", "p", "q", "r", "s", "t")
OF_POWERS = ("r", "s", "t", *LETTERS)  # of an index that stands in exponents


def sizes_of(node: Expr) -> tuple[Size, ...]:
    """The sizes that stand in a node itself and may hold an index."""
    if type(node) is Constant:
        return node.parameters
    return (node.member.which,) if type(node) is Symbol and node.member is not None else ()


def spelled_name(node: Symbol) -> object:
    """The name of a member: ``x_i``, or (x, i+1) where its index is more than a letter."""
    assert node.member is not None
    which = node.member.which
    return (node.name, which) if type(which) is Polynomial else f"{node.name}_{which}"


def letter_of(node: Expr) -> str:
    """The name of a symbol or a definition as it is spelled, ``x_k`` of a member."""
    if type(node) is Symbol and node.member is not None:
        return str(spelled_name(node))
    assert isinstance(node, Symbol | Named)
    return node.name


def lettered(tree: Syntax, root: Expr) -> Syntax:
    """The spelled expression with letters for its indices."""
    if not indices.height(root) and not indices.indices(root):
        return tree
    taken = _names(tree)
    taken |= {name.rpartition("_")[2] for name in taken}  # x_i is no member, and x_k one by itself
    chosen = _letters(root, taken)
    return _renamed(tree, chosen)


def _letters(root: Expr, taken: set[str]) -> dict[str, str]:
    """A letter for each index; outer sums come first."""
    nodes = postorder(root)
    wishes: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        for size in sizes_of(node):
            for index in indices.indices_in(size):
                wishes.setdefault(index, ())
                if type(node) is Symbol and node.member is not None:
                    wishes[index] = (node.member.letter, *wishes[index])
        for exponent in _exponents(node):
            for index in indices.indices(exponent):
                wishes[index] = (*wishes.get(index, ()), *OF_POWERS)
        if type(node) is Total:
            wishes.setdefault(node.index, ())
    chosen: dict[str, str] = {}
    for index in sorted(wishes, key=lambda name: (-len(name), name), reverse=False)[::-1]:
        free = (letter for letter in (*wishes[index], *LETTERS) if letter not in taken)
        letter = next(free, None) or _numbered(taken)
        chosen[index] = letter
        taken.add(letter)
    return chosen


def _numbered(taken: set[str]) -> str:
    number = 1
    while f"i_{number}" in taken:
        number += 1
    return f"i_{number}"


def _exponents(node: Expr) -> list[Expr]:
    """The numbers with an index in the exponents of a node."""
    powers: tuple[tuple[Expr, Exponent], ...] = ()
    if type(node) is Scaled:
        powers = node.scalars
    elif type(node) is Hadamard:
        powers = node.factors
    elif type(node) is Call and node.function == "mpower":
        powers = ((node.args[0], node.args[1]),)
    return [
        inner
        for _, exponent in powers
        if isinstance(exponent, Expr) and indices.indices(exponent)
        for inner in postorder(exponent)
        if type(inner) is Constant and inner.kind == "size"
    ]


# --- trees ------------------------------------------------------------------------------------------------------------


def _below(tree: object) -> list[object]:
    """The trees in a tree."""
    return [part for part in tree if isinstance(part, tuple)] if isinstance(tree, tuple) else []


def _names(tree: Syntax) -> set[str]:
    """Every name in a tree, of functions too."""
    found = list(distinct(tree))
    return {n.text for n in found if isinstance(n, Name)} | {n.function for n in found if isinstance(n, Apply)}


def _renamed(tree: Syntax, letters: Mapping[str, str]) -> Syntax:
    """The tree with other names; what has none of them stays the same tree."""
    memo: dict[int, object] = {}
    stack: list[object] = [tree]
    while stack:
        node = stack[-1]
        if id(node) in memo:
            stack.pop()
            continue
        missing = [part for part in _below(node) if id(part) not in memo]
        if missing:
            stack += missing
            continue
        memo[id(node)] = _made(node, letters, memo)
    return memo[id(tree)]  # type: ignore[return-value]


def _made(node: object, letters: Mapping[str, str], memo: Mapping[int, object]) -> object:
    assert isinstance(node, tuple)
    if isinstance(node, Name):
        return node._replace(text=_text(node.text, letters))
    parts = [memo[id(part)] if isinstance(part, tuple) else part for part in node]
    if isinstance(node, Range):
        return node._replace(letter=letters.get(node.letter, node.letter), low=parts[1], high=parts[2])
    if all(a is b for a, b in zip(parts, node, strict=True)):
        return node
    return tuple(parts) if type(node) is tuple else type(node)(*parts)  # type: ignore[arg-type]  # a record


def _text(name: str, letters: Mapping[str, str]) -> str:
    stem, mark, index = name.rpartition("#")
    if not mark:
        return name
    return stem + letters.get("#" + index, "#" + index)
