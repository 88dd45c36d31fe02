"""Shapes and kinds for a formula and its definitions together; one error, said in words, where they do not fit."""

from __future__ import annotations

from typing import NamedTuple

from matcalc.errors import FormulaError
from matcalc.shape import Shape, Size, names
from matcalc.steps.explain import Explainer
from matcalc.steps.kinds import Entry, name_sizes, named
from matcalc.steps.notices import notices_of
from matcalc.steps.resolve import Resolver
from matcalc.steps.search import Search
from matcalc.steps.shapes import Shapes
from matcalc.steps.typed import Call, Node
from matcalc.steps.unify import Sizes, is_open


class Inferred(NamedTuple):
    """What is known after inference: ``entries`` are the inferred names in the order of the formula."""

    order: list[Node]
    entries: list[Entry]
    sizes: Sizes
    free: dict[str, Size]  # names for the sizes that the formula leaves free
    notices: tuple[str, ...]

    def size(self, size: Size) -> Size:
        return named(size, self.sizes, self.free) if self.free or type(size) is str else size

    def shape(self, node: Node | Entry) -> Shape:
        return self.size(node.rows), self.size(node.cols)


def infer(resolver: Resolver) -> Inferred:
    """Give every node of the resolver its shape; FormulaError where that is impossible or not determined."""
    scope = resolver.scope
    entries = []
    for entry in scope.entries.values():
        if entry.role == "inferred":
            if entry.name in scope.size_names:  # it was met as a size after it had been met as a name
                entry.role, entry.rows, entry.cols = "size", 1, 1
            else:
                entries.append(entry)
    shapes = Shapes(scope.sizes)
    search = Search(resolver.order, entries, shapes)
    taken = scope.size_names | scope.entries.keys()
    conflict = search.solve()
    if conflict is not None:
        error = Explainer(resolver.order, entries, scope.sizes, taken).error(conflict)
        if search.exhausted and not error.hint:
            error.hint = "declare some of the names: there are too many ways to read it"
        raise error
    free = name_sizes(entries, scope.sizes, set(taken)) if entries else {}
    found = Inferred(resolver.order, entries, scope.sizes, free, notices_of(resolver, shapes.added))
    _check_determined(found)
    return found


def _brings_in_a_size(node: Call, found: Inferred) -> bool:
    """Whether it has a size of its own that nothing determines: ``eye``, ``vector(c)``."""
    taken = {name for pattern in node.chosen.patterns for size in pattern.shape for name in names(size)}
    own = {name for size in node.chosen.gives for name in names(size)}
    return not own <= taken and any(is_open(size) for size in found.shape(node))


def _check_determined(found: Inferred) -> None:
    """No equation is left over, and constants have their sizes."""
    for left, right, place in found.sizes.waiting:
        node = found.order[place]
        open_sizes = {*names(left), *names(right)}
        near = [e.name for e in found.entries if open_sizes & {e.rows, e.cols}]
        hint = f"declare {' or '.join(near)}" if near else ""
        raise FormulaError("the sizes are not determined by the formula", node.source, [node.span], hint)
    for node in found.order:
        if isinstance(node, Call) and _brings_in_a_size(node, found):
            hint = "write eye(n)" if node.rows == node.cols and not node.parts else ""
            raise FormulaError(
                f"the size of {node.text} is not determined by the formula", node.source, [node.span], hint
            )
