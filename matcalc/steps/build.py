"""A typed formula to an expression in normal form, bottom-up by the verbs of the algebra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import assert_never, cast

from matcalc import algebra
from matcalc.algebra import conjugates, indices
from matcalc.errors import FormulaError, MatcalcError, NoRuleError
from matcalc.expr import Constant, Exponent, Expr, Named, Scaled, Symbol, complex_symbols, postorder
from matcalc.shape import Shape, Size, add, sub
from matcalc.steps import differential, functions
from matcalc.steps.axes import UnlabelledError
from matcalc.steps.infer import Inferred
from matcalc.steps.kinds import Entry
from matcalc.steps.kinks import check_smooth
from matcalc.steps.typed import (
    Block,
    Call,
    Differential,
    Entrywise,
    Frobenius,
    Indexed,
    IndexSum,
    Kronecker,
    Letter,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Transpose,
    Typed,
)
from matcalc.steps.vectorise import Vectoriser

# The constants of the tables that have a verb of their own; the others are constants by their name.
CONSTANTS: dict[str, Callable[[Shape, tuple[Size, ...]], Expr]] = {
    "pi": lambda shape, sizes: algebra.pi(),
    "eye": lambda shape, sizes: algebra.eye(shape[0]),
    "ones": lambda shape, sizes: algebra.ones(*shape),
    "zeros": lambda shape, sizes: algebra.zeros(*shape),
    "unit": lambda shape, sizes: algebra.unit(*sizes),
    "selector": lambda shape, sizes: algebra.selector(add(sizes[0], 1), *shape[::-1]),
}


def build(inferred: Inferred) -> None:
    """Give every node its ``value``; FormulaError with the place where the algebra refuses.

    A sum over an index is built for all values of the index at once; one that is no matrix formula, as a sum.
    """
    vectoriser = Vectoriser(inferred, _value)
    done = 0
    for node in cast("list[Typed]", inferred.order):
        if node.index < done:
            continue
        with _placed(node):
            try:
                if not vectoriser.takes(node):
                    node.value = _value(node, inferred)
                elif complex_symbols and _is_complex(node, inferred):
                    raise UnlabelledError(node)
            except UnlabelledError:
                root = _outermost(node, inferred.order)
                _build_directly(root, inferred)
                vectoriser.lifted.pop(root, None)
                done = root.index + 1


@contextmanager
def _placed(node: Node) -> Iterator[None]:
    """An error of the algebra gets the place of the node, without the text of a rule."""
    try:
        yield
    except MatcalcError as error:
        if isinstance(error, FormulaError) and error.source == node.source:
            raise
        kind = NoRuleError if isinstance(error, NoRuleError) else FormulaError
        raise kind(error.args[0], node.source, [node.span]) from error


def _outermost(node: Node, order: list[Node]) -> Node:
    """The sum over an index that a node stands in and that stands in no other; the node where there is none."""
    found = node
    for other in order[node.index :]:
        if isinstance(other, IndexSum) and _first(other) <= node.index:
            found = other
    return found


def _first(node: Node) -> int:
    """Where in the order the parts of a node begin."""
    while node.parts:
        node = node.parts[0]
    return node.index


def _build_directly(root: Node, inferred: Inferred) -> None:
    """The values of all parts of a sum over an index, each as it stands: x[i] is e_i' x."""
    for node in cast("list[Typed]", inferred.order[_first(root) : root.index + 1]):
        with _placed(node):
            match node:
                case Indexed():
                    node.value = _entry(node, inferred)
                case IndexSum():
                    node.value = _index_sum(node, inferred)
                case _:
                    node.value = _value(node, inferred)
    with _placed(root):
        check_smooth(root.value)


def _entry(node: Indexed, inferred: Inferred) -> Expr:
    value = node.parts[0].value
    places = node.subscripts
    if len(places) == 1:
        places = (None, *places) if value.rows == 1 else (*places, None)
    rows, cols = (None if p is None else inferred.size(p.size) for p in places)
    before = () if rows is None else (algebra.transpose(algebra.unit(rows, value.rows)),)
    after = () if cols is None else (algebra.unit(cols, value.cols),)
    return algebra.product(*before, value, *after)


def _index_sum(node: IndexSum, inferred: Inferred) -> Expr:
    """The sum as one that begins at 1."""
    bound, body = node.bound, node.parts[0].value
    low = inferred.size(bound.low)
    body = indices.at(body, bound.name, add(bound.name, sub(low, 1)))
    if bound.high is not None:
        count = algebra.size(add(sub(inferred.size(bound.high), low), 1))
    else:
        count = algebra.add([node.parts[1].value, algebra.neg(algebra.size(sub(low, 1)))])
    return algebra.total(bound.name, count, body)


def _is_complex(node: Typed, inferred: Inferred) -> bool:
    """Whether a letter before it is complex: what is known of whole arrays at once is known of real ones."""
    before = cast("list[Typed]", inferred.order[: node.index])
    return any(type(part) is Letter and conjugates.is_complex(part.value) for part in before)


def _value(node: Typed, inferred: Inferred) -> Expr:
    match node:
        case Letter(entry=entry):
            return entry.expression or _letter(entry, inferred)
        case Number():
            return algebra.number(node.number)
        case Product():
            return _product(node)
        case Call():
            return _call(node, inferred)
        case Sum():
            return _sum(node, inferred)
        case Transpose():
            return algebra.transpose(node.parts[0].value)
        case Power():
            return _power(node)
        case Entrywise():
            left, right = (part.value for part in node.parts)
            return algebra.hadamard(left, right if node.operator == ".*" else algebra.entry_power(right, -1))
        case Quotient():
            left, right = (part.value for part in node.parts)
            if right.is_scalar:
                return algebra.product(left, algebra.power(right, -1))
            return algebra.hadamard(left, algebra.entry_power(right, -1))
        case Frobenius():
            return algebra.frobenius(*(part.value for part in node.parts))
        case Kronecker():
            return algebra.kron(*(part.value for part in node.parts))
        case Block():
            return algebra.block([[part.value for part in row] for row in node.grid])
        case Differential():
            return _differential(node.parts[0].value)
        case Indexed() | IndexSum():
            raise AssertionError("these are built by themselves")
        case _:
            assert_never(node)


def _letter(entry: Entry, inferred: Inferred) -> Expr:
    """What a name stands for, made when it is met first."""
    if entry.role == "size":
        made: Expr = algebra.size(entry.name)
    elif entry.of is not None:
        of = entry.of.expression or _letter(entry.of, inferred)
        if entry.of.root is not None and conjugates.is_complex(of):
            raise FormulaError(f"the differential of the complex definition {entry.of.name} is not supported yet")
        if not isinstance(of, Symbol | Named):
            raise FormulaError(f"{entry.of.name} is written out where it is met, and has no differential of its own")
        made = differential.differential_symbol(of)
    elif entry.root is not None:
        body = entry.root.value
        made = body if conjugates.is_complex(body) else algebra.named(entry.name, body)  # a complex one is written out
    else:
        properties = entry.declaration.words if entry.declaration else ()
        made = algebra.symbol(entry.name, inferred.shape(entry), properties)
    entry.expression = made
    return made


def _product(node: Product) -> Expr:
    """The factors; those 1×1 parts that were taken out of a chain are products of their own."""
    if len(node.segments) == 1:
        return algebra.product(*[part.value for part in node.parts])
    parts = [algebra.product(*[node.parts[k].value for k in segment]) for segment in node.segments]
    return algebra.product(*parts)


def _sum(node: Sum, inferred: Inferred) -> Expr:
    """Signed terms; a scalar among arrays is added to every entry."""
    terms = []
    scalar_sum = node.rows == 1 and node.cols == 1
    for sign, part in zip(node.signs, node.parts, strict=True):
        term = part.value
        if not scalar_sum and part.rows == 1 and part.cols == 1:
            term = algebra.scale(term, algebra.ones(*inferred.shape(node)))
        terms.append(algebra.neg(term) if sign < 0 else term)
    return terms[0] if len(terms) == 1 else algebra.add(terms)


def _power(node: Power) -> Expr:
    base, exponent = node.parts[0].value, exponent_of(node.parts[1].value)
    scalar = node.rows == 1 and node.cols == 1
    if node.transposes and not scalar:
        return algebra.transpose(base)
    if node.entrywise:
        return algebra.entry_power(base, exponent)
    if not scalar and exponent == -1:
        return algebra.inverse(base)
    return algebra.power(base, exponent)


def exponent_of(node: Expr) -> Exponent:
    """A number as a number."""
    return node.number if type(node) is Scaled and node.body is None and not node.scalars else node


def _call(node: Call, inferred: Inferred) -> Expr:
    record = node.chosen.record
    shape = inferred.shape(node)
    if record.kind == "declared":
        return algebra.call(record.name + "'" * node.primes, (node.parts[0].value,), shape)
    if record.kind == "constant" and not node.parts:
        made = CONSTANTS.get(record.name)
        return made(shape, node.sizes) if made else Constant(record.name, shape, node.sizes)
    sizes = {name: inferred.size(size) for name, size in node.bindings.items()}
    return functions.apply(record, tuple(part.value for part in node.parts), sizes, shape)


def _differential(of: Expr) -> Expr:
    """d( … ), in which every variable and every defined name has a differential of its own."""
    variables = [
        x for x in postorder(of) if type(x) in (Symbol, Named) and "constant" not in getattr(x, "properties", ())
    ]
    return differential.differential(of, {x: differential.differential_symbol(x) for x in variables})  # type: ignore[arg-type]
