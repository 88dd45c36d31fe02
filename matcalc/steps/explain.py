"""A conflict between shapes, said to the user: both places, both shapes in words, and what to try.

the two sides of '+' must have the same shape: A X is m×k, B is m×n
  A X + B
  ^^^   ^
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matcalc.algebra.indices import indices_in
from matcalc.errors import NAMED, FormulaError
from matcalc.read.syntax import Span
from matcalc.shape import Shape, Size, excess, text
from matcalc.steps.kinds import Entry, name_sizes, named
from matcalc.steps.search import letters
from matcalc.steps.shapes import Conflict
from matcalc.steps.signature import signatures
from matcalc.steps.typed import Call, Entrywise, Indexed, Node, Product, Sum
from matcalc.steps.unify import Sizes, is_open
from matcalc.steps.words import as_factor, called, choices, pattern_in_words, quoted, shape_in_words, transposed


class Explainer:
    """Turns a conflict into an error, with names for the sizes that were inferred."""

    def __init__(self, order: list[Node], entries: list[Entry], sizes: Sizes, taken: set[str]) -> None:
        self.order = order
        self.sizes = sizes
        self.names = name_sizes(entries, sizes, set(taken))
        self.taken = taken | {str(name) for name in self.names.values()}

    def error(self, conflict: Conflict) -> FormulaError:
        message, hint, nodes = PROBLEMS[conflict.problem](self, conflict)
        source = conflict.node.source
        because, places = self._because(conflict, nodes)
        spans = [node.span for node in nodes if node.source == source]
        spans += [(low, high) for low, high in places if all(high <= start or end <= low for start, end in spans)]
        return FormulaError(message + because, source, spans, hint)

    def size(self, size: Size) -> Size:
        """A size with names for what is unknown."""
        found = named(size, self.sizes, self.names)
        if is_open(found):
            self.names |= name_sizes([Entry("", "given", (found, found))], self.sizes, self.taken)
            found = named(size, self.sizes, self.names)
        return found

    def shape(self, node: Node) -> Shape:
        return self.size(node.rows), self.size(node.cols)

    def words(self, node: Node) -> str:
        """``A X is m×k``, ``x is a vector of size n``."""
        return f"{quoted(node)} is {shape_in_words(self.shape(node))}"

    def _because(self, conflict: Conflict, nodes: list[Node]) -> tuple[str, list[Span]]:
        """Where an inferred name at a place of the conflict got the size that does not fit."""
        for entry in (entry for node in nodes for entry in letters(node) if entry.role == "inferred"):
            for size in (entry.rows, entry.cols):
                place = self.sizes.source(size)
                if place is None or place >= conflict.node.index or self.sizes.find(size) not in conflict.clashing:
                    continue
                found = self.order[place]
                if found.source == conflict.node.source:
                    words = shape_in_words((self.size(entry.rows), self.size(entry.cols)))
                    return f"; {entry.name} is {words} because of {quoted(found)}", [found.span]
        return "", []

    def same(self, a: Shape, b: Shape) -> bool:
        return self.sizes.could_be_equal(a[0], b[0]) and self.sizes.could_be_equal(a[1], b[1])


Told = tuple[str, str, list[Node]]  # the message, what to try, and the places


def _sum(explainer: Explainer, conflict: Conflict) -> Told:
    left, right = conflict.left, conflict.right
    node = conflict.node
    sign = "+"
    if isinstance(node, Sum):
        sign = "+" if node.signs[node.parts.index(right)] > 0 else "-"
    message = f"the two sides of '{sign}' must have the same shape: {explainer.words(left)}, {explainer.words(right)}"
    return message, _transposed_hint(explainer, left, right), [left, right]


def _frobenius(explainer: Explainer, conflict: Conflict) -> Told:
    left, right = conflict.left, conflict.right
    message = f"the two sides of ':' must have the same shape: {explainer.words(left)}, {explainer.words(right)}"
    return message, _transposed_hint(explainer, left, right), [left, right]


def _transposed_hint(explainer: Explainer, left: Node, right: Node) -> str:
    if explainer.same((left.rows, left.cols), (right.cols, right.rows)):
        return f"did you mean {transposed(right)}?"
    return ""


def _scalar(explainer: Explainer, conflict: Conflict) -> Told:
    scalar, array = conflict.left, conflict.right
    message = f"{quoted(scalar)} is a 1×1 product of arrays, and {explainer.words(array)}: they cannot be added"
    return (
        message,
        f"if it is meant for every entry, write {as_factor(scalar)} * {_ones(explainer.shape(array))}",
        [scalar, array],
    )


def _ones(shape: Shape) -> str:
    rows, cols = shape
    if cols == 1:
        return f"ones({text(rows)})"
    return f"ones({text(cols)})'" if rows == 1 else f"ones({text(rows)}, {text(cols)})"


def _product(explainer: Explainer, conflict: Conflict) -> Told:
    left, right = conflict.left, conflict.right
    inner = f"{text(explainer.size(left.cols))} and {text(explainer.size(right.rows))} differ"
    message = f"{explainer.words(left)} and {explainer.words(right)}: {inner}"
    return message, choices(_products(explainer, left, right)), [left, right]


def _products(explainer: Explainer, left: Node, right: Node) -> Iterator[str]:
    """Other products of the two that have a shape."""
    could = explainer.sizes.could_be_equal
    if could(left.rows, right.rows):
        yield f"{transposed(left)} {as_factor(right)}"
    if could(left.cols, right.cols):
        yield f"{as_factor(left)} {transposed(right)}"
    if explainer.same((left.rows, left.cols), (right.rows, right.cols)):
        yield f"{as_factor(left)} .* {as_factor(right)}"
    if could(right.cols, left.rows):
        yield f"{as_factor(right)} {as_factor(left)}"


def _entrywise(explainer: Explainer, conflict: Conflict) -> Told:
    left, right, node = conflict.left, conflict.right, conflict.node
    sign = node.operator if isinstance(node, Entrywise) else ".*"
    message = f"the two sides of '{sign}' must have the same shape: {explainer.words(left)}, {explainer.words(right)}"
    return (
        message,
        choices(_diagonals(explainer, left, right)) or _transposed_hint(explainer, left, right),
        [left, right],
    )


def _diagonals(explainer: Explainer, left: Node, right: Node) -> Iterator[str]:
    """A vector with a matrix: ``Diag(x) A`` scales its rows, ``A Diag(x)`` its columns."""
    could = explainer.sizes.could_be_equal
    for vector, matrix in ((left, right), (right, left)):
        if 1 in (vector.rows, vector.cols) and 1 not in (matrix.rows, matrix.cols):
            size = vector.rows if vector.cols == 1 else vector.cols
            if could(size, matrix.rows):
                yield f"Diag({vector.text}) {as_factor(matrix)}"
            if could(size, matrix.cols):
                yield f"{as_factor(matrix)} Diag({vector.text})"


def _quotient(explainer: Explainer, conflict: Conflict) -> Told:
    right = conflict.right
    return (
        f"only a scalar can divide: {explainer.words(right)}",
        choices(_quotients(explainer, conflict), "write"),
        [right],
    )


def _quotients(explainer: Explainer, conflict: Conflict) -> Iterator[str]:
    left, right = conflict.left, conflict.right
    chain = next(
        (n for n in explainer.order if isinstance(n, Product) and n.chain and n.parts[0] is conflict.node), None
    )
    if chain is not None:  # a / b' c was meant as a / (b' c)
        yield f"{left.text} / ({right.source[right.span[0] : chain.span[1]]})"
    elif 1 not in (right.rows, right.cols) and explainer.sizes.could_be_equal(right.rows, right.cols):
        yield f"{left.text} inv({right.text})"
    if explainer.same((left.rows, left.cols), (right.rows, right.cols)) or (left.rows, left.cols) == (1, 1):
        yield f"{left.text} ./ {as_factor(right)}"


def _power(explainer: Explainer, conflict: Conflict) -> Told:
    base, exponent = conflict.left, conflict.right
    if isinstance(exponent, Sum) and exponent.signs == (-1,) and getattr(exponent.parts[0], "number", 0) == 1:
        message = f"only a square matrix or a scalar has an inverse: {explainer.words(base)}"
        return message, f"the pseudo-inverse is pinv({base.text})", [base]
    message = f"only a square matrix or a scalar has powers: {explainer.words(base)}"
    offered = [f"{as_factor(base)} .^ {exponent.text} for every entry"]
    if 1 in (base.rows, base.cols) and exponent.text == "2":
        offered.append(f"norm({base.text})^2")
    return message, choices(offered, "write"), [base]


def _exponent(explainer: Explainer, conflict: Conflict) -> Told:
    return f"an exponent must be a scalar: {explainer.words(conflict.right)}", "", [conflict.right]


def _call(explainer: Explainer, conflict: Conflict) -> Told:
    """No overload takes arguments of these kinds."""
    node = conflict.node
    assert isinstance(node, Call)
    wanted = " or ".join(dict.fromkeys(", ".join(map(pattern_in_words, s.patterns)) for s in node.overloads))
    given = ", ".join(map(explainer.words, node.parts))
    return f"{called(node)} takes {wanted}: {given}", _axis_hint(node), list(node.parts)


def _axis_hint(node: Call) -> str:
    name = node.chosen.record.name
    if any(s.record.axis for s in signatures(name)) and len(node.parts) == 1:
        inner = node.parts[0].text
        return f"write {name}({inner}, 1) for each column, {name}({inner}, 2) for each row"
    return ""


def _argument(explainer: Explainer, conflict: Conflict) -> Told:
    """The overload is clear, and the sizes of an argument do not fit it."""
    node, part = conflict.node, conflict.left
    assert isinstance(node, Call)
    if len(node.parts) == 1:
        return (
            f"{called(node)} takes {pattern_in_words(node.overloads[0].patterns[0])}: {explainer.words(part)}",
            "",
            [part],
        )
    words = " and ".join(map(explainer.words, node.parts))
    return f"the arguments of {called(node)} do not fit each other: {words}", "", list(node.parts)


def _sizes(explainer: Explainer, conflict: Conflict) -> Told:
    return f"the sizes do not fit: {explainer.words(conflict.node)}", "", [conflict.node]


def _block_row(explainer: Explainer, conflict: Conflict) -> Told:
    left, right = conflict.left, conflict.right
    message = f"parts side by side must have as many rows: {explainer.words(left)}, {explainer.words(right)}"
    could = explainer.sizes.could_be_equal
    offered = [quoted(left) + "; " + quoted(right)] if could(left.cols, right.cols) else []
    return message, choices([*offered, *([transposed(right)] if could(left.rows, right.cols) else [])]), [left, right]


def _block_column(explainer: Explainer, conflict: Conflict) -> Told:
    left, right = conflict.left, conflict.right
    message = f"parts below each other must have as many columns: {explainer.words(left)}, {explainer.words(right)}"
    offered = [transposed(right)] if explainer.sizes.could_be_equal(left.cols, right.rows) else []
    return message, choices(offered), [left, right]


def _subscripts(explainer: Explainer, conflict: Conflict) -> Told:
    words = explainer.words(conflict.left)
    return f"one subscript is that of a vector or a row: {words}", "an entry of a matrix is A[i,j]", [conflict.node]


def _range(explainer: Explainer, conflict: Conflict) -> Told:
    """A number beyond the size, or an index that runs through another range."""
    node = conflict.node
    assert isinstance(node, Indexed)
    words = explainer.words(conflict.left)
    places = [s for s in node.subscripts if s is not None]
    if not any(indices_in(place.size) for place in places):
        return f"there is no entry {', '.join(text(place.size) for place in places)}: {words}", "", [node]
    unknown = [place for place in places if place.most is None]
    if unknown:
        source = node.source[slice(*unknown[0].span)]
        return f"the range of {source} is no size, and a subscript needs one", "", [node]
    ends = [
        f"{node.source[slice(*place.span)]} = {text(place.least)}..{text(place.most)}" for place in places if place.most
    ]
    return f"an index must stay inside: {words}, and {', '.join(ends)}", "", [node]


def _count(explainer: Explainer, conflict: Conflict) -> Told:
    return (
        f"a sum ends at a whole number: {explainer.words(conflict.right)}",
        "write sum(i=1..n, x[i])",
        [conflict.right],
    )


def _size(explainer: Explainer, conflict: Conflict) -> Told:
    node = conflict.node
    return f"of {quoted(node)}: {excess(node.rows) or excess(node.cols)}", NAMED, [node]


PROBLEMS: dict[str, Callable[[Explainer, Conflict], Told]] = {
    "sum": _sum,
    "scalar": _scalar,
    "product": _product,
    "entrywise": _entrywise,
    "quotient": _quotient,
    "frobenius": _frobenius,
    "power": _power,
    "exponent": _exponent,
    "call": _call,
    "argument": _argument,
    "sizes": _sizes,
    "block row": _block_row,
    "block column": _block_column,
    "subscripts": _subscripts,
    "range": _range,
    "count": _count,
    "size": _size,
}
