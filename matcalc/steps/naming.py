"""Names for the inner parts of a formula that came without definitions, so that its derivation repeats nothing long.

What is named is what a person would name: the inside of a norm, the argument of a nonlinear function, a hidden layer, a
residual; the letters are ones that the formula does not use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from matcalc.algebra import named
from matcalc.algebra.rebuild import rebuild
from matcalc.expr import Add, Call, Expr, Hadamard, Named, Scaled, Symbol, Transpose, Word, postorder
from matcalc.shape import SCALAR
from matcalc.shape import names as size_names
from matcalc.steps import functions
from matcalc.steps.forms import norm_of

SMALL = 3  # nodes that are not worth a name
LETTERS = {  # by kind: sums first, then products and the rest
    "scalar": ("s t r q u v", "s t r q u v"),
    "vector": ("r e u v p q", "z h u v p q g"),
    "matrix": ("R E S T P Q", "Z H S T P Q G"),
}


def with_names(f: Expr, wrt: Collection[Expr]) -> Expr:
    """The formula with its inner parts named; as it is where it has definitions already."""
    nodes = postorder(f)
    if any(isinstance(n, Named) for n in nodes):
        return f
    depends = _depending(nodes, wrt)
    chosen = _chosen(nodes, depends, f)
    free = _Letters(nodes)
    memo: dict[Expr, Expr] = {}
    for node in nodes:
        fresh = node if node not in depends else rebuild(node, memo.__getitem__)
        memo[node] = named(free.take(node), fresh) if node in chosen and not isinstance(fresh, Symbol | Named | Transpose) else fresh
    return memo[f]


def _depending(nodes: list[Expr], wrt: Collection[Expr]) -> set[Expr]:
    out: set[Expr] = set()
    for node in nodes:
        if node in wrt or any(c in out for c in node.children):
            out.add(node)
    return out


def _chosen(nodes: list[Expr], depends: set[Expr], f: Expr) -> set[Expr]:
    """The nodes to name; of a node and its transpose, one."""
    chosen: set[Expr] = set()
    for node in nodes:
        if node in depends:
            for part in _worth(node, depends):
                turned = part.memo.get("transpose")
                if part in depends and part.weight >= SMALL and part is not f and turned not in chosen:
                    chosen.add(part)
    return chosen


def _worth(node: Expr, depends: set[Expr]) -> Iterator[Expr]:
    root = norm_of(node) if node.is_scalar else None
    if root is not None:
        yield root
        return
    match node:
        case Call(_, args) if node.function != "tr" and functions.overload(node)[0].record.rule:
            yield from (a for a in args if not isinstance(a, Scaled))
            if functions.overload(node)[0].record.kind == "entrywise" and not node.is_scalar:
                yield node
        case Word(factors):
            yield from (x for x in factors if isinstance(x, Add))
        case Hadamard(powers):
            yield from (b for b, e in powers if isinstance(b, Add | Word) or e != 1)
        case Scaled(_, scalars, body):
            several = sum(b in depends for b, _ in scalars) + (body in depends) > 1
            for base, exponent in scalars:
                if base in depends and (several or exponent != 1) and norm_of(base) is None:
                    yield base


class _Letters:
    """Hands out letters that the formula does not use."""

    def __init__(self, nodes: list[Expr]) -> None:
        self.taken = {n.name for n in nodes if isinstance(n, Symbol | Named)}
        self.taken |= {name for n in nodes for size in n.shape for name in size_names(size)}

    def take(self, node: Expr) -> str:
        kind = "scalar" if node.shape == SCALAR else "vector" if 1 in node.shape else "matrix"
        for letter in self._candidates(LETTERS[kind][0 if isinstance(node, Add) else 1].split()):
            if letter not in self.taken:
                self.taken.add(letter)
                return letter
        raise AssertionError

    def _candidates(self, letters: list[str]) -> Iterator[str]:
        yield from letters
        count = 1
        while True:
            yield from (f"{letter}_{count}" for letter in letters)
            count += 1
