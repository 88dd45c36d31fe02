"""The same formula typed in other ways: terms in another order, factors swapped, 1×1 products transposed, parts defined.

>>> retyped = Retyping("x' (A + B) y", ["A, B : matrix(m, n)"])
>>> retyped.transposed_scalars(Random(0))
"y' (A + B)' x"
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random

from matcalc.read.declarations import Definition, read_declarations
from matcalc.read.formula import read
from matcalc.read.syntax import (
    Add,
    Apply,
    Binary,
    Group,
    Juxtapose,
    Name,
    Negate,
    Number,
    Postfix,
    Power,
    Span,
    Syntax,
)  # fmt: skip
from matcalc.rules import functions
from matcalc.shape import SCALAR, Shape
from matcalc.steps import typed
from matcalc.steps.infer import infer
from matcalc.steps.resolve import Resolver
from matcalc.steps.scope import Scope
from matcalc.write.present import plain_text

Rewrite = Callable[[Syntax], Syntax]
DEFINED = "Z_{def}"  # a name that nobody uses


class Retyping:
    """A formula under its declarations, with the shape of each of its parts, by the place where it stands."""

    def __init__(self, text: str, declare: Sequence[str]) -> None:
        self.text = text
        scope = Scope()
        for entry in declare:
            for item in read_declarations(entry):
                assert not isinstance(item, Definition), "definitions are made here"
                scope.declare(item)
        tree = read(text)
        resolver = Resolver(scope)
        resolver.resolve(tree, text)
        found = infer(resolver)
        self.shapes: dict[Span, Shape] = {node.span: found.shape(node) for node in resolver.order}
        self.regrouped = {n.span for n in resolver.order if isinstance(n, typed.Product) and len(n.segments) > 1}
        self.letters = set(scope.entries)
        self.tree = applied(tree, self.letters)

    # --- ways to type it ------------------------------------------------------------------------------------------------

    def shuffled_terms(self, random: Random) -> str:
        return self.retyped(lambda node: _shuffled(node, random) if isinstance(node, Add) else node)

    def bracketed_terms(self, random: Random) -> str:
        """a + b + c as a + (b + c)."""
        return self.retyped(lambda node: _bracketed(node, random) if isinstance(node, Add) else node)

    def swapped_factors(self, random: Random) -> str:
        """B ⊙ A for A ⊙ B, B : A for A : B."""

        def swapped(node: Syntax) -> Syntax:
            if isinstance(node, Binary) and node.operator in (".*", ":"):
                return node._replace(left=node.right, right=node.left)
            return node

        return self.retyped(swapped)

    def transposed_scalars(self, random: Random) -> str:
        """y' A' x for x' A y."""

        def turned(node: Syntax) -> Syntax:
            factors = _factors(node)
            if not factors or self.shapes.get(node.span) != SCALAR or node.span in self.regrouped:
                return node
            scalars = [f for f in factors if self._is_scalar(f)]
            arrays = [_transposed(f) for f in reversed(factors) if not self._is_scalar(f)]
            return Juxtapose((*scalars, *arrays), node.span) if arrays else node

        return self.retyped(turned)

    def rotated_traces(self, random: Random) -> str:
        """tr(C A B) for tr(A B C)."""

        def rotated(node: Syntax) -> Syntax:
            if not (isinstance(node, Apply) and functions.lookup(node.function)[0].name == "tr"):
                return node
            inner = node.arguments[0]
            factors = _factors(inner)
            if not factors or inner.span in self.regrouped or any(map(self._is_scalar, factors)):
                return node
            cut = random.randrange(1, len(factors))
            turned = Juxtapose((*factors[cut:], *factors[:cut]), inner.span)
            return node._replace(arguments=(turned,))

        return self.retyped(rotated)

    def moved_scalars(self, random: Random) -> str:
        """A s B for s A B: the scalars of a chain last of all."""

        def moved(node: Syntax) -> Syntax:
            factors = _factors(node) if node.span in self.shapes else ()  # not inside a size
            scalars = [f for f in factors if self._is_scalar(f)]
            arrays = [f for f in factors if not self._is_scalar(f)]
            if not scalars or not arrays or node.span in self.regrouped:
                return node
            out: Syntax = Juxtapose(tuple(arrays), node.span) if len(arrays) > 1 else arrays[0]
            for scalar in scalars:
                out = Binary("*", out, scalar, node.span)
            return out

        return self.retyped(moved)

    def with_definitions(self) -> list[tuple[str, str]]:
        """Every part of the formula as a definition, with the formula that has its name instead."""
        parts = {plain_text(node): node for node in subtrees(self.tree) if self._can_be_named(node)}
        return [(f"{DEFINED} := {text}", self._named(part)) for text, part in parts.items()]

    def _named(self, part: Syntax) -> str:
        return plain_text(
            rewritten(self.tree, lambda node: Name("Z_def") if node == part else node), {"Z_def": DEFINED}
        )

    def _can_be_named(self, node: Syntax) -> bool:
        return node.span in self.shapes and not isinstance(node, Name | Number | Negate | Group)

    def _is_scalar(self, node: Syntax) -> bool:
        return self.shapes[node.span] == SCALAR

    def retyped(self, rewrite: Rewrite) -> str:
        return plain_text(rewritten(self.tree, rewrite))


WAYS: tuple[Callable[[Retyping, Random], str], ...] = (
    Retyping.shuffled_terms, Retyping.bracketed_terms, Retyping.swapped_factors, Retyping.transposed_scalars,
    Retyping.rotated_traces, Retyping.moved_scalars,
)  # fmt: skip


def applied(tree: Syntax, letters: Collection[str], own: Collection[str] = ()) -> Syntax:
    """A tree as read with calls where there are any, and without brackets; ``letters`` are no functions of the tables, ``own``
    are functions that the user declares."""

    def with_calls(node: Syntax) -> Syntax:
        """A function's name and the bracket after it as a call; what is called stands alone where it was alone."""
        if not isinstance(node, Juxtapose):
            return node
        out = [node.factors[0]]
        for factor in node.factors[1:]:
            call = called(out[-1], factor)
            if call is None:
                out.append(factor)
            else:
                out[-1] = call
        return out[0] if len(out) == 1 else node._replace(factors=tuple(out))

    def called(left: Syntax, right: Syntax) -> Syntax | None:
        if isinstance(left, Binary) and left.operator == "/" and (call := called(left.right, right)):
            return Binary("/", left.left, call, (left.span[0], call.span[1]))
        if isinstance(right, Postfix | Power) and (call := called(left, right.base)):
            return right._replace(base=call, span=(left.span[0], right.span[1]))
        if not isinstance(left, Name) or not isinstance(right, Group) or left.text in letters:
            return None
        if left.text in own or functions.lookup(left.text):
            return Apply(left.text, right.items, 0, (left.span[0], right.span[1]))
        return None

    return rewritten(rewritten(tree, with_calls), _without_brackets)


# --- trees ------------------------------------------------------------------------------------------------------------


def rewritten(tree: Syntax, rewrite: Rewrite) -> Syntax:
    """The tree with every node rewritten, its parts first."""

    def of(field: object) -> object:
        if isinstance(field, tuple) and not hasattr(field, "_fields"):
            return tuple(of(item) for item in field)
        return rewritten(field, rewrite) if hasattr(field, "_fields") else field  # type: ignore[arg-type]

    if isinstance(tree, Name | Number):
        return rewrite(tree)
    return rewrite(type(tree)(*[of(field) for field in tree]))  # type: ignore[arg-type]


def subtrees(tree: Syntax) -> list[Syntax]:
    """Every node of the tree, parts first."""
    found: list[Syntax] = []

    def noted(node: Syntax) -> Syntax:
        found.append(node)
        return node

    rewritten(tree, noted)
    return found


def _without_brackets(node: Syntax) -> Syntax:
    """The writer knows where brackets are needed."""
    return node.items[0] if isinstance(node, Group) and len(node.items) == 1 else node


def _factors(node: Syntax) -> tuple[Syntax, ...]:
    """The factors of a product, from left to right."""
    match node:
        case Juxtapose(factors):
            return factors
        case Binary("*", left, right):
            return (left, right)
        case _:
            return ()


def _shuffled(node: Add, random: Random) -> Syntax:
    order = list(range(len(node.terms)))
    random.shuffle(order)
    return node._replace(signs=tuple(node.signs[k] for k in order), terms=tuple(node.terms[k] for k in order))


def _bracketed(node: Add, random: Random) -> Syntax:
    if len(node.terms) < 3:
        return node
    cut = random.randrange(1, len(node.terms) - 1)
    last = Add(node.signs[cut:], node.terms[cut:])
    return node._replace(signs=(*node.signs[:cut], 1), terms=(*node.terms[:cut], last))


def _transposed(node: Syntax) -> Syntax:
    if isinstance(node, Postfix) and node.mark in ("'", "^T"):
        return node.base
    return Postfix("'", node, node.span)
