"""Names for the inner parts of a formula that came without definitions, so that its derivation repeats nothing long.

What is named is what a person would name: the inside of a norm, the argument of a nonlinear function, a hidden layer, a
residual; the letters are ones that the formula does not use. Arguments are named while the formula is built, before the
normal form sees through them (``Names.arguments_named``: only those of norms); the rest afterwards (``Names.inside``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from matcalc.algebra import scale_by, transpose
from matcalc.algebra.indices import indices
from matcalc.algebra.rebuild import rebuild
from matcalc.algebra.terms import parts
from matcalc.expr import Add, Call, Expr, Hadamard, Named, Scaled, Symbol, Transpose, Word, postorder
from matcalc.rules.record import Function
from matcalc.shape import SCALAR
from matcalc.steps import functions
from matcalc.steps.forms import norm_of

SMALL = 3  # nodes that are not worth a name
LETTERS = {  # by kind: for sums that are residuals, and for everything else
    "scalar": ("s t r q u v", "s t r q u v"),
    "vector": ("r u v p q", "z h u v p q g"),
    "matrix": ("R S T P Q", "Z H S T P Q G"),
}


class Names:
    """Gives names to the parts of a formula that depend on the variables; ``taken`` are the letters it may not use."""

    def __init__(self, wrt: Collection[Expr], taken: Collection[str]) -> None:
        self.wrt = frozenset(wrt)
        self.taken = set(taken)
        self.given: dict[Expr, Named] = {}

    @contextmanager
    def arguments_named(self) -> Iterator[None]:
        """While a formula is built: the insides of norms and the like get names, before M ⊙ M = M and others see through."""
        token = functions.wrap.set(self._argument)
        try:
            yield
        finally:
            functions.wrap.reset(token)

    def _argument(self, record: Function, arg: Expr) -> Expr:
        value, scalars, body = parts(arg)
        inner = arg if scalars or body is None else body
        if not (record.means and record.kind == "scalar") or not self._worth(inner, self._depends(inner)):
            return arg
        return scale_by(value, self._name(inner)) if inner is not arg else self._name(inner)

    def inside(self, f: Expr) -> Expr:
        """The formula with its inner parts named."""
        nodes = postorder(f)
        depends: set[Expr] = set()
        for node in nodes:
            if node in self.wrt or any(c in depends for c in node.children):
                depends.add(node)
        chosen = self._chosen(nodes, depends, f)
        memo: dict[Expr, Expr] = {}
        for node in nodes:
            if node in memo:
                continue
            fresh = rebuild(node, memo.__getitem__) if node in depends else node
            turned = transpose(node)
            if node in chosen and not isinstance(fresh, Symbol | Named | Transpose):
                fresh = self._name(fresh)
                memo[turned] = transpose(fresh)
            elif turned in chosen and node is not f:
                memo[turned] = self._name(transpose(fresh))
                fresh = transpose(memo[turned])
            memo[node] = fresh
        return memo[f]

    def _chosen(self, nodes: list[Expr], depends: set[Expr], f: Expr) -> set[Expr]:
        """The nodes to name; of a node and its transpose one, the column rather than the row."""
        chosen: set[Expr] = set()
        for node in nodes:
            if node in depends:
                for part in _candidates(node, depends):
                    turned = transpose(part)
                    best = turned if part.shape[0] == 1 and turned in depends else part
                    if self._worth(part, part in depends) and part is not f and turned not in chosen:
                        chosen.add(best)
        return chosen

    def _worth(self, node: Expr, depends: bool) -> bool:
        return (
            depends
            and (node.weight >= SMALL or isinstance(node, Call))
            and not isinstance(node, Symbol | Named | Transpose)
            and not indices(node)  # a name is one for all indices
        )

    def _depends(self, node: Expr) -> bool:
        return any(inner in self.wrt for inner in postorder(node))

    def _name(self, node: Expr) -> Named:
        found = self.given.get(node)
        if found is None:
            found = self.given[node] = Named(self._letter(node), node)
        return found

    def _letter(self, node: Expr) -> str:
        kind = "scalar" if node.shape == SCALAR else "vector" if 1 in node.shape else "matrix"
        for letter in _series(LETTERS[kind][0 if _is_residual(node) else 1].split()):
            if letter not in self.taken and "d" + letter not in self.taken:
                self.taken.add(letter)
                return letter
        raise AssertionError


def _candidates(node: Expr, depends: set[Expr]) -> Iterator[Expr]:
    root = norm_of(node) if node.is_scalar else None
    if root is not None:
        yield root
        return
    match node:
        case Call(_, args) if functions.record_of(node).rule or functions.is_declared(node):
            yield from (a for a in args if not isinstance(a, Scaled))
            if functions.record_of(node).kind == "entrywise" and not node.is_scalar:
                yield node
        case Word(factors):
            yield from (x for x in factors if isinstance(x, Add))
        case Hadamard(powers):
            yield from (b for b, e in powers if isinstance(b, Add | Word) or e != 1)
        case Scaled(_, scalars, body):
            several = sum(b in depends for b, _ in scalars) + (body in depends) > 1
            for base, exponent in scalars:
                exponential = isinstance(base, Call) and base.function == "exp"
                if base in depends and (several or exponent != 1) and norm_of(base) is None and not exponential:
                    yield base


def _is_residual(node: Expr) -> bool:
    """Whether a sum has a difference in it: A x - b."""
    return isinstance(node, Add) and any(parts(term)[0] < 0 for term in node.terms)


def _series(letters: list[str]) -> Iterator[str]:
    yield from letters
    count = 1
    while True:
        yield from (f"{letter}_{count}" for letter in letters)
        count += 1
