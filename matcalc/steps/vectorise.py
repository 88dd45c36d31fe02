"""Formulas with indices, built for all values of an index at once, as matrix formulas.

What depends on the index of a sum is Lifted: a sum of products of factors that are labelled by axes (see ``axes``).
Under ``i`` a scalar is a vector with an entry for each i, under ``i`` and ``j`` a matrix, and X[i,:] is X itself, whose
columns are the columns of the row. The sum over i then is 1' v, A v or A' B.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from matcalc import algebra
from matcalc.algebra.indices import indices, indices_in, is_index
from matcalc.expr import Expr, Hadamard, postorder
from matcalc.read import formula
from matcalc.rules.record import Function
from matcalc.shape import Size
from matcalc.steps import axes, functions
from matcalc.steps.axes import Axis, KinkError, UnlabelledError, gathered, renamed, summed, times, union, written
from matcalc.steps.infer import Inferred, infer
from matcalc.steps.lifted import Lifted, aligned, diagonal, power, shape_of, total, trace, vanishes, with_axis
from matcalc.steps.signature import choose, fit, signatures
from matcalc.steps.typed import (
    Bound,
    Call,
    Entrywise,
    Frobenius,
    Indexed,
    IndexSum,
    Letter,
    Node,
    Power,
    Product,
    Quotient,
    Sum,
    Transpose,
    Typed,
)
from matcalc.steps.unify import Sizes

INSIDE = 1_000_000  # places of rows and columns come after those of indices


class Vectoriser:
    """Values of the nodes that depend on an index; ``plain`` builds a node that does not."""

    def __init__(self, inferred: Inferred, plain: Callable[[Typed, Inferred], Expr]) -> None:
        self.inferred = inferred
        self.plain = plain
        self.lifted: dict[Node, Lifted] = {}
        self.vanishing: set[Expr] = set()  # bases of roots that are 0 where two indices are equal
        self._places = INSIDE

    def takes(self, node: Typed) -> bool:
        """Whether a node depends on an index or binds one; it is then built, as ``node.value`` where none is left."""
        if not isinstance(node, Indexed | IndexSum) and (not self.lifted or self.lifted.keys().isdisjoint(node.parts)):
            if isinstance(node, Letter) and is_index(node.entry.name):
                raise UnlabelledError("indices as numbers have no matrix formula")
            if isinstance(node, Letter) and node.entry.expression is not None and indices(node.entry.expression):
                raise UnlabelledError("members of families have no matrix formula")
            return False
        value = self._value(node)
        if all(axis in (value.row, value.col) for axis in union(value.terms)):
            node.value = self._whole(value)
            self._check_smooth(node)
        else:
            self.lifted[node] = value
        return True

    def of(self, node: Node) -> Lifted:
        """The value of a node, with axes of its own for its rows and columns."""
        found = self.lifted.get(node)
        return self._fresh(found) if found is not None else self._lift(node.value)

    # --- between expressions and lifted values ------------------------------------------------------------------------

    def _lift(self, value: Expr) -> Lifted:
        row = None if value.rows == 1 else self._axis(value.rows)
        col = None if value.cols == 1 else self._axis(value.cols)
        label = tuple(axis for axis in (row, col) if axis is not None)
        column = algebra.transpose(value) if row is None and col is not None else value
        return Lifted(({label: column},), row, col)

    def _axis(self, size: Size) -> Axis:
        self._places += 1
        return Axis(self._places, size)

    def _fresh(self, value: Lifted) -> Lifted:
        """The same with new axes, so that no two values share one by accident."""
        for axis in (value.row, value.col):
            if axis is not None:
                value = with_axis(value, axis, self._axis(axis.size))
        return value

    def _whole(self, value: Lifted) -> Expr:
        """The expression of a value that depends on no index."""
        row, col = value.row, value.col
        label = tuple(sorted((axis for axis in (row, col) if axis is not None), key=lambda axis: axis.place))
        array = written(value.terms, label)
        turned = label[:1] == (col,) if len(label) == 1 else label != (row, col)
        return algebra.transpose(array) if label and turned else array

    # --- nodes --------------------------------------------------------------------------------------------------------

    def _value(self, node: Typed) -> Lifted:
        match node:
            case Indexed():
                return self._indexed(node)
            case IndexSum():
                value = self.of(node.parts[0])
                return value._replace(terms=summed(value.terms, self._bound(node.bound)))
            case Sum():
                return self._sum(node)
            case Product():
                segments = [self._chain([self.of(node.parts[k]) for k in segment]) for segment in node.segments]
                return self._chain(segments)
            case Transpose():
                value = self.of(node.parts[0])
                return value._replace(row=value.col, col=value.row)
            case Entrywise():
                left, right = map(self.of, node.parts)
                return self._entry_product(left, right if node.operator == ".*" else power(right, algebra.number(-1)))
            case Quotient():
                left, right = map(self.of, node.parts)
                return self._entry_product(left, power(right, algebra.number(-1)))
            case Frobenius():
                left, right = map(self.of, node.parts)
                return total(self._entry_product(left, right))
            case Power():
                return self._power(node)
            case Call():
                return self._call(node)
            case _:
                what = OTHERS.get(type(node).__name__, "such parts")
                raise UnlabelledError(f"{what} inside sums are not supported yet")

    def _bound(self, bound: Bound) -> Axis:
        if not bound.is_whole:
            raise UnlabelledError("sums over a part of a dimension have no matrix formula")
        assert bound.high is not None
        return Axis(bound.place, self.inferred.size(bound.high))

    def _indexed(self, node: Indexed) -> Lifted:
        value = self.of(node.parts[0])
        subscripts = node.subscripts
        if len(subscripts) == 1:
            subscripts = (None, *subscripts) if value.row is None else (*subscripts, None)
        for subscript, axis in zip(subscripts, (value.row, value.col), strict=True):
            if subscript is None or axis is None:
                continue
            if not indices_in(subscript.size):
                unit = algebra.unit(self.inferred.size(subscript.size), axis.size)
                terms = summed(times(value.terms, ({(axis,): unit},)), axis)
            elif subscript.bound is not None and self._bound(subscript.bound).size == axis.size:
                terms = renamed(value.terms, axis, self._bound(subscript.bound))
            else:
                raise UnlabelledError("entries at a distance from the index have no matrix formula")
            row, col = (None if own == axis else own for own in (value.row, value.col))
            value = Lifted(terms, row, col)
        return value

    def _sum(self, node: Sum) -> Lifted:
        """Terms with one row and one column; what has none of them is added to every entry."""
        values = [self.of(part) for part in node.parts]
        like = next((value for value in values if not value.is_scalar), values[0])
        terms = [
            axes.scaled(term, sign)
            for sign, value in zip(node.signs, values, strict=True)
            for term in aligned(value, like).terms
        ]
        if len(terms) > axes.MOST:
            terms = list(gathered(tuple(terms)))
        return like._replace(terms=tuple(terms))

    def _chain(self, factors: list[Lifted]) -> Lifted:
        """A matrix product from left to right."""
        out = factors[0]
        for factor in factors[1:]:
            if out.is_scalar or factor.is_scalar or (out.col is None and factor.row is None):
                row = factor.row if out.is_scalar else out.row
                col = factor.col if out.is_scalar or not factor.is_scalar else out.col
                out = Lifted(times(out.terms, factor.terms), row, col)
            else:
                assert out.col is not None
                assert factor.row is not None
                factor = with_axis(factor, factor.row, out.col)
                out = Lifted(summed(times(out.terms, factor.terms), out.col), out.row, factor.col)
        return out

    def _entry_product(self, left: Lifted, right: Lifted) -> Lifted:
        like = right if left.is_scalar else left
        return like._replace(terms=times(left.terms, aligned(right, like).terms))

    def _power(self, node: Power) -> Lifted:
        base, exponent = node.parts
        value = self.of(base)
        if node.transposes and not value.is_scalar:
            return value._replace(row=value.col, col=value.row)
        if exponent in self.lifted:
            raise UnlabelledError("exponents that depend on an index are not supported yet")
        if not node.entrywise and not value.is_scalar:
            raise UnlabelledError("matrix powers of what depends on an index are not supported yet")
        self._note_root(value, exponent.value)
        return power(value, exponent.value)

    def _note_root(self, value: Lifted, exponent: Expr) -> None:
        """norm(X[i,:] - X[j,:]) is 0 where i is j, and has no gradient there; its square has one."""
        if not isinstance(algebra.terms.as_number(exponent), int) and vanishes(value.terms):
            whole = written(value.terms, union(value.terms))
            body = algebra.terms.parts(whole)[2] or whole
            self.vanishing |= {whole, body, *(body.children if isinstance(body, Hadamard) else ())}

    def _check_smooth(self, node: Node) -> None:
        for inner in postorder(node.value) if self.vanishing else ():
            if isinstance(inner, Hadamard) and any(
                not isinstance(exponent, int) and {base, algebra.transpose(base)} & self.vanishing
                for base, exponent in inner.factors
            ):
                raise KinkError("sums of roots that are 0 where two indices are equal are not supported yet")

    # --- functions ----------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Lifted:
        record = node.chosen.record
        args = [self.of(part) for part in node.parts]
        bindings = {name: self.inferred.size(size) for name, size in node.bindings.items()}
        if record.means:
            return self._by_meaning(node, record, args, bindings)
        if record.name in VERBS:
            return VERBS[record.name](self, args[0])
        if record.kind in ("entrywise", "declared"):
            return self._entrywise(node, args)
        if len(args) == 1 and not record.axis:
            return self._along(node, args[0])
        raise _unsupported(record)

    def _by_meaning(self, node: Call, record: Function, args: list[Lifted], sizes: Mapping[str, Size]) -> Lifted:
        """A function that is defined by others, of what depends on an index."""
        from matcalc.steps.resolve import Resolver
        from matcalc.steps.scope import Scope

        scope = Scope()
        for pattern in node.chosen.patterns:
            scope.give(pattern.name, algebra.symbol(pattern.name, pattern.shape))
        letters = dict(zip((pattern.name for pattern in node.chosen.patterns), args, strict=True))
        resolver = Resolver(scope)
        root = resolver.resolve(formula.read(record.means), record.means)
        found = infer(resolver)
        inner = Vectoriser(found._replace(free={**found.free, **sizes}), self.plain)
        inner._places = self._places
        inner.vanishing = self.vanishing
        for part in cast("list[Typed]", found.order):
            if isinstance(part, Letter) and part.entry.name in letters:
                inner.lifted[part] = letters[part.entry.name]
            elif isinstance(part, Letter) and part.entry.role == "size":
                part.value = algebra.size(inner.inferred.size(part.entry.name))
            elif not _takes(inner, part, record):
                part.value = self.plain(part, inner.inferred)
        value = inner.of(root)
        self._places = inner._places
        return value

    def _entrywise(self, node: Call, args: list[Lifted]) -> Lifted:
        """f of every entry, for all values of the indices: arguments get all axes, but for numbers."""
        like = next((value for value in args if not value.is_scalar), args[0])
        terms = [aligned(value, like).terms for value in args]
        label = union(term for own in terms for term in own)
        values = tuple(written(own, label if union(own) else ()) for own in terms)
        shape = shape_of(label)
        record = node.chosen.record
        if len(args) == 2 and record.where and vanishes((*terms[0], *(axes.scaled(term, -1) for term in terms[1]))):
            raise _kink(record)  # max(x[i], x[j]) has no rule where i is j
        if record.kind == "declared":
            return like._replace(terms=({label: algebra.call(record.name + "'" * node.primes, values, shape)},))
        overloads = tuple(
            s for s in signatures(record.name)
            if not s.record.axis and len(s.patterns) == len(values) and all(a.kind != "complex" for a in s.arguments)
        )  # fmt: skip
        taken = choose(overloads, [value.shape for value in values], Sizes())
        bindings = dict(zip(node.chosen.size_names, node.sizes, strict=True))
        if taken is None or not all(
            fit(value.shape, pattern.shape, bindings, Sizes())
            for value, pattern in zip(values, taken.patterns, strict=True)
        ):
            raise _unsupported(record)
        return like._replace(terms=({label: functions.apply(taken.record, values, bindings, shape)},))

    def _along(self, node: Call, value: Lifted) -> Lifted:
        """A function of a vector, for each row of the matrix of all: the overload with the second argument 2."""
        record = node.chosen.record
        label = union(value.terms)
        own = value.row or value.col
        along = [s for s in signatures(record.name) if s.record.axis == 2 and len(s.patterns) == 1]
        if not along or own is None or (value.row and value.col) or len(label) != 2 or label[1] != own:
            raise _unsupported(record)
        if record.where and vanishes(value.terms):
            raise _kink(record)
        taken, matrix = along[0], written(value.terms, label)
        bindings: dict[str, Size] = {}
        if not fit(matrix.shape, taken.patterns[0].shape, bindings, Sizes()):
            raise _unsupported(record)
        to_scalar = taken.gives[1] == 1
        made = functions.apply(taken.record, (matrix,), bindings, (label[0].size, 1) if to_scalar else matrix.shape)
        return Lifted(({label[:1]: made},)) if to_scalar else value._replace(terms=({label: made},))

    def diagonal_matrix(self, value: Lifted) -> Lifted:
        """Diag(x): entries x_a where a is b."""
        a = value.row or value.col
        if a is None:
            return value
        b = self._axis(a.size)
        return Lifted(times(value.terms, ({(a, b): algebra.eye(a.size)},)), a, b)


def _takes(inner: Vectoriser, part: Typed, record: Function) -> bool:
    """The user typed the function, not its definition: that is where an error points."""
    try:
        return inner.takes(part)
    except KinkError:
        raise _kink(record) from None
    except UnlabelledError:
        raise _unsupported(record) from None


def _kink(record: Function) -> KinkError:
    return KinkError(f"{record.name} of what depends on an index like this is not supported yet")


def _unsupported(record: Function) -> UnlabelledError:
    return UnlabelledError(f"{record.name} of what depends on an index like this is not supported yet")


# Functions that say how axes meet, and parts of a formula that have no such reading.
VERBS: dict[str, Callable[[Vectoriser, Lifted], Lifted]] = {
    "sum": lambda own, value: total(value),
    "tr": lambda own, value: trace(value),
    "diag": lambda own, value: diagonal(value),
    "Diag": lambda own, value: own.diagonal_matrix(value),
}
OTHERS = {"Kronecker": "Kronecker products of what depends on an index", "Differential": "differentials of entries"}
