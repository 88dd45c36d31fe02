"""The array that a network stands for: which factors are multiplied first, and where the result is put.

>>> from matcalc.write.code.names import Names
>>> from matcalc.write.code.lines import lines
>>> from matcalc.write.code.ops import Ops
>>> from matcalc.write.code.network import eye, kron
>>> ops = Ops()
>>> A, B = (Network.of(ops.name(name), shape) for name, shape in (("A", ("m", "n")), ("B", ("p", "q"))))
>>> both = kron(A, eye(("q",))).join(kron(eye(("n",)), B.transposed))
>>> lines([Contraction(ops, lambda size: ops.name(str(size)), lambda: "float").dense(both)], Names())
([], ['np.kron(A, B.T)'])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from matcalc.shape import Size, mul, text
from matcalc.write.code.network import Factor, Index, Indices, Network, Term
from matcalc.write.code.ops import MATMUL, NEGATIVE, Op, Ops
from matcalc.write.code.order import likely_size, plan

Array = Factor[Op]
LETTERS = "ijklpqrstuvw"


class Contraction:
    """``size`` gives a size in the code, ``typed`` the type of arrays made of nothing; ``likely`` are sizes to plan with."""

    def __init__(
        self, ops: Ops, size: Callable[[Size], Op], typed: Callable[[], str], likely: Mapping[str, int] | None = None
    ) -> None:
        self.ops = ops
        self.likely = likely or {}
        self.size = size
        self.typed = typed

    # --- the whole

    def dense(self, network: Network[Op]) -> Op:
        """The matrix (m, n), the vector (n,) or the number."""
        first = network.terms[0]
        plain = len(network.terms) == 1 and self.ops.indexing != "eye"
        if plain and (product := self._kronecker(first)) is not None:
            return product
        frame = tuple(Index(index.size) for index in (*first.rows, *first.cols))
        rows, cols = frame[: len(first.rows)], frame[len(first.rows) :]
        array = self.assembled([(term, (*term.rows, *term.cols)) for term in network.terms], frame)
        return self.arranged(array, tuple(side for side in (rows, cols) if side))

    def collapsed(self, network: Network[Op]) -> Network[Op]:
        """As one term, where one of them has the structure of all, and is no product of rows and columns."""
        terms = network.terms
        whole = next((t for t in terms if t.is_whole() and not t.is_separable() and _covers(t, terms)), None)
        if whole is None or len(network.terms) == 1:
            return network
        new = {index: (Index(index.size),) for index in whole.kept()}
        kept = [(*whole.rows, *whole.cols).index(index) for index in new]
        placed = [(term, tuple((*term.rows, *term.cols)[k] for k in kept)) for term in network.terms]
        array = self.assembled(placed, tuple(index for (index,) in new.values()))
        return Network((replace(whole.renamed(new), factors=(array,), sign=True, above=(), below=()),))

    def compressed(self, network: Network[Op]) -> list[tuple[Op, str]]:
        """The arrays that a matrix over vec is made of, and how: ``H[(k, i), (l, i)] += A[i, k, l]``."""
        found: list[tuple[Op, str]] = []
        if not any(len(self._components(term)) > 1 for term in network.terms):
            network = self.collapsed(network)
        for term in network.terms:
            letters = dict(zip(term.kept(), LETTERS, strict=False))
            rows, cols = (", ".join(letters[index] for index in side) for side in (term.rows, term.cols))
            parts = []
            for part in self._components(term):
                order = sorted(part.kept(), key=lambda index: not (index in term.rows and index in term.cols))
                order = [index for index in order if index in part.indices_of_factors()]
                name = f"returned[{len(found)}]"
                found.append((self.arranged(self.core(part), tuple((index,) for index in order)), ""))
                parts.append(name + (f"[{', '.join(letters[index] for index in order)}]" if order else ""))
            free = [index for index in term.kept() if index not in term.indices_of_factors()]
            ranges = "".join(f", {letters[index]} = 1..{text(index.size)}" for index in free)
            found[-1] = (found[-1][0], f"H[({rows}), ({cols})] += {' * '.join(parts)}{ranges}")
        return found

    def _components(self, term: Term[Op]) -> list[Term[Op]]:
        """A term as a product of terms that have no index in common; its numbers go to the first."""
        groups: list[list[Array]] = []
        for factor in term.factors:
            near = [group for group in groups if any(set(factor.indices) & set(other.indices) for other in group)]
            groups = [group for group in groups if group not in near] + [
                [factor, *[o for group in near for o in group]]
            ]
        alone = replace(term, factors=())
        if not groups:
            return [alone]
        counted = {index for factor in term.factors for index in factor.indices} | set(term.kept())
        counts = tuple(self.size(index.size) for index in term.summed() if index not in counted)
        first = replace(alone, above=(*term.above, *counts))
        plain = replace(alone, sign=True, above=(), below=())
        return [replace(first if k == 0 else plain, factors=tuple(group)) for k, group in enumerate(groups)]

    def condensed(self, network: Network[Op]) -> Network[Op]:
        """Every term with what is summed in it summed."""
        return Network(tuple(self._core_term(term) for term in network.terms))

    def _core_term(self, term: Term[Op]) -> Term[Op]:
        if not term.summed():
            return term
        core = self.core(term)
        return Term((core,) if core.axes else (), term.rows, term.cols, above=() if core.axes else (core.array,))

    def _kronecker(self, term: Term[Op]) -> Op | None:
        """kron(A, B) of two matrices."""
        if len(term.factors) != 2 or len(term.rows) != 2 or len(term.cols) != 2:
            return None
        a, b = term.factors
        pairs = list(zip(term.rows, term.cols, strict=True))
        for left, right in ((a, b), (b, a)):
            arrays = [self._as_matrix(f, pair) for f, pair in zip((left, right), pairs, strict=True)]
            if None not in arrays:
                return self._scaled(self.ops.make("np.kron({0}, {1})", *[x for x in arrays if x is not None]), term)
        return None

    def _as_matrix(self, factor: Array, indices: Indices) -> Op | None:
        wanted = tuple((index,) for index in indices)
        if set(factor.axes) != set(wanted) or len(set(indices)) != 2:
            return None
        return self.arranged(factor, wanted)

    # --- putting terms together

    def assembled(self, placed: Sequence[tuple[Term[Op], Indices]], frame: Indices) -> Array:
        """The sum over the frame's indices of terms, each given with those of its own that stand in these places."""
        plain = [pair for pair in placed if len(set(pair[1])) == len(pair[1])]
        rest = [pair for pair in placed if len(set(pair[1])) < len(pair[1])]
        if self.ops.indexing == "eye":
            plain, rest = [*plain, *[self._with_eyes(*pair) for pair in rest]], []
        base = self._sum([self._in_frame(term, places, frame) for term, places in plain], frame)
        if not rest:
            return base if base is not None else self._zeros(frame)
        if base is not None:
            base = replace(base, array=self.ops.owned(base.array))
        array, fresh = (base, False) if base is not None else (self._zeros(frame), True)
        for term, places in rest:
            array = self._updated(array, frame, self.core(term), places, fresh)
            fresh = False
        return array

    def _zeros(self, frame: Indices) -> Array:
        sizes = [self.size(index.size) for index in frame]
        shape = ", ".join(f"{{{k}}}" for k in range(len(sizes))) + ("," if len(sizes) == 1 else "")
        zeros = self.ops.make(f"np.zeros(({shape}), dtype={self.typed()})", *sizes)
        return Factor(self.ops.owned(zeros), tuple((index,) for index in frame))

    def _in_frame(self, term: Term[Op], places: Indices, frame: Indices) -> Array:
        return self.core(term.renamed({old: (new,) for old, new in zip(places, frame, strict=True)}))

    def _with_eyes(self, term: Term[Op], places: Indices) -> tuple[Term[Op], Indices]:
        """A diagonal as a product with identities, for arrays that cannot be written to."""
        seen: set[Index] = set()
        factors, new = [self.core(term)], []
        for index in places:
            other = Index(index.size)
            if index in seen:
                size = self.size(index.size)
                array = self.ops.make(f"np.eye({{0}}, dtype={self.typed()})", size)
                factors.append(Factor(array, ((index,), (other,))))
            new.append(other if index in seen else index)
            seen.add(index)
        factors = [factor for factor in factors if factor.axes] or factors
        above = () if self.core(term).axes else (self.core(term).array,)
        return Term(tuple(f for f in factors if f.axes), tuple(new), (), above=above), tuple(new)

    def _sum(self, arrays: Sequence[Array], frame: Indices) -> Array | None:
        if not arrays:
            return None
        if len({array.axes for array in arrays}) == 1 and set(arrays[0].indices) == set(frame):
            return Factor(self.ops.signed_sum([_unsigned(array.array) for array in arrays]), arrays[0].axes)
        total = self.ops.signed_sum([_unsigned(self._aligned(array, frame)) for array in arrays])
        if not any(set(array.indices) == set(frame) for array in arrays):
            sizes = [self.size(index.size) for index in frame]
            shape = ", ".join(f"{{{k + 1}}}" for k in range(len(sizes))) + ("," if len(sizes) == 1 else "")
            total = self.ops.make(f"np.broadcast_to({{0}}, ({shape}))", total, *sizes)
        return Factor(total, tuple((index,) for index in frame))

    def _updated(self, array: Array, frame: Indices, core: Array, places: Indices, fresh: bool) -> Array:
        """The array with the core added along a diagonal."""
        repeated = [index for index in dict.fromkeys(places) if places.count(index) > 1]
        ranges = [self.ops.make("np.arange({0})", self.size(index.size)) for index in repeated]
        columns = {index: "[:" + ", None" * (len(repeated) - 1 - k) + "]" if k + 1 < len(repeated) else ""
                   for k, index in enumerate(repeated)}  # fmt: skip
        spots = [f"{{{2 + repeated.index(index)}:n}}{columns[index]}" if index in columns else ":" for index in places]
        advanced = [k for k, index in enumerate(places) if index in columns]
        together = advanced == list(range(advanced[0], advanced[-1] + 1))
        single = [index for index in places if index not in columns]
        before = [index for index in places[: advanced[0]] if index not in columns] if together else []
        order = (*before, *repeated, *[index for index in single if index not in before])
        base = self.arranged(array, tuple((index,) for index in frame))
        updated = self.ops.update(base, ", ".join(spots), self._aligned(core, order), ranges, fresh)
        return Factor(updated, tuple((index,) for index in frame))

    # --- one term

    def core(self, term: Term[Op]) -> Array:
        """The product of the factors, summed, over the indices that are left; ones are not spelled out."""
        kept = term.kept()
        inside = {index for factor in term.factors for index in factor.indices}
        counts = [self.size(index.size) for index in term.summed() if index not in inside]
        order = {index: k + 1 for k, index in enumerate(kept)}
        arrays = [
            self._reduced(self._untwisted(f), (*term.factors[:k], *term.factors[k + 1 :]), kept)
            for k, f in enumerate(term.factors)
        ]
        term = replace(term, above=(*term.above, *counts, *[a.array for a in arrays if not a.axes]))
        arrays = [array for array in arrays if array.axes]
        sizes = {index: likely_size(index.size, self.likely) for index in term.indices()}
        for a, b in plan([(array.array, frozenset(array.indices)) for array in arrays], frozenset(kept), sizes):
            left, right = arrays[a], arrays[b]
            arrays = [array for k, array in enumerate(arrays) if k not in (a, b)]
            needed = set(kept).union(*[array.indices for array in arrays])
            arrays.append(self._pair(left, right, needed, order))
        array = arrays[0] if arrays else Factor(self.ops.number(1), ())
        return replace(array, array=self._scaled(array.array, term))

    def _scaled(self, op: Op, term: Term[Op]) -> Op:
        ops = self.ops
        if term.above or not term.below:
            op = ops.multiply(ops.divide(ops.product(term.above), ops.product(term.below)), op)
        else:
            op = ops.divide(op, ops.product(term.below))
        return op if term.sign else ops.negate(op)

    def _untwisted(self, factor: Array) -> Array:
        """An index that an array has twice: its diagonal."""
        axes = self._split(factor)
        while len(set(axes.indices)) < len(axes.indices):
            first, second = next(
                (a, b) for a, b in combinations(range(len(axes.indices)), 2) if axes.indices[a] is axes.indices[b]
            )
            rest = [axis for k, axis in enumerate(axes.axes) if k not in (first, second)]
            array = self.ops.make(f"np.diagonal({{0}}, 0, {first}, {second})", axes.array)
            axes = Factor(array, (*rest, axes.axes[first]))
        return axes if len(axes.indices) < len(factor.indices) else factor

    def _reduced(self, factor: Array, others: Sequence[Array], kept: Indices) -> Array:
        """Summed over what no other factor has."""
        elsewhere = {index for other in others for index in other.indices}
        alone = [i for i in dict.fromkeys(factor.indices) if i not in kept and i not in elsewhere]
        if not alone:
            return factor
        factor = self._split(factor)
        if len(alone) == len(factor.axes):
            return Factor(self.ops.sum(factor.array), ())
        for index in alone:
            place = factor.axes.index((index,))
            axes = (*factor.axes[:place], *factor.axes[place + 1 :])
            if len(factor.axes) == 2:
                factor = Factor(self.ops.sum(factor.array, place), axes)
            else:
                factor = Factor(self.ops.make(f"np.sum({{0}}, axis={place})", factor.array), axes)
        return factor

    # --- two arrays

    def _pair(self, a: Array, b: Array, needed: set[Index], order: Mapping[Index, int]) -> Array:
        """Their product, summed over what is needed no more."""

        def place(index: Index) -> int:
            return order.get(index, 0)

        common = [index for index in a.indices if index in b.indices]
        inner = tuple(sorted((i for i in common if i not in needed), key=place))
        batch = tuple(sorted((i for i in common if i in needed), key=place))
        left = tuple(sorted((i for i in a.indices if i not in common), key=place))
        right = tuple(sorted((i for i in b.indices if i not in common), key=place))
        if not inner:
            axes = tuple(sorted((*batch, *left, *right), key=place))
            first, second = sorted((self._aligned(a, axes), self._aligned(b, axes)), key=lambda op: op.number)
            op = self.ops.multiply(first, second)
            return Factor(op, tuple((index,) for index in axes))
        if right and (not left or place(right[0]) < place(left[0])):
            a, b, left, right = b, a, right, left
        if not batch:
            return self._matmul(a, b, left, inner, right)
        x = self.arranged(a, tuple(g for g in (batch, left, inner) if g))
        y = self.arranged(b, tuple(g for g in (batch, inner, right) if g))
        if not left:
            x = self.ops.make("{0:n}[:, None, :]", x)
        if not right:
            y = self.ops.make("{0:n}[:, :, None]", y)
        op = self.ops.make(MATMUL, x, y)
        if not (left and right):
            places = [":", ":" if left else "0", ":" if right else "0"]
            op = self.ops.make(f"({{0}})[{', '.join(places)}]", op)
        return Factor(op, tuple(group for group in (batch, left, right) if group))

    def _matmul(self, a: Array, b: Array, left: Indices, inner: Indices, right: Indices) -> Array:
        x = self.arranged(a, tuple(group for group in (left, inner) if group))
        y = self.arranged(b, tuple(group for group in (inner, right) if group))
        verb = {(True, True): self.ops.matmul, (True, False): self.ops.matvec, (False, True): self.ops.vecmat,
                (False, False): self.ops.dot}[bool(left), bool(right)]  # fmt: skip
        return Factor(verb(x, y), tuple(group for group in (left, right) if group))

    # --- axes

    def arranged(self, factor: Array, wanted: tuple[Indices, ...]) -> Op:
        """The array with its axes in another order, or several as one."""
        if factor.axes == wanted:
            return factor.array
        if len(wanted) == 2 and factor.axes == wanted[::-1]:
            return self.ops.transpose(factor.array)
        split = self._split(factor)
        if len(wanted) == 2 and split.indices == (*wanted[1], *wanted[0]):
            return self.ops.transpose(self._reshaped(split.array, wanted[::-1]))
        flat = tuple(index for group in wanted for index in group)
        op = self._permuted(split, flat)
        if all(len(group) == 1 for group in wanted):
            return op
        if len(wanted) == 1:
            return self.ops.make("{0:n}.flatten()", op)
        return self._reshaped(op, wanted)

    def _permuted(self, split: Array, flat: Indices) -> Op:
        order = [split.axes.index((index,)) for index in flat]
        if order == sorted(order):
            return split.array
        if order == [1, 0]:
            return self.ops.transpose(split.array)
        return self.ops.make(f"np.transpose({{0}}, ({', '.join(map(str, order))}))", split.array)

    def _reshaped(self, op: Op, wanted: tuple[Indices, ...]) -> Op:
        sizes = [self.size(_product(group)) for group in wanted]
        return self.ops.make(f"{{0:n}}.reshape({', '.join(f'{{{k + 1}}}' for k in range(len(sizes)))})", op, *sizes)

    def _split(self, factor: Array) -> Array:
        """One axis for each index."""
        if all(len(axis) == 1 for axis in factor.axes):
            return factor
        axes = tuple((index,) for index in factor.indices)
        return Factor(self._reshaped(factor.array, axes), axes)

    def _aligned(self, factor: Array, order: Indices) -> Op:
        """The array as it broadcasts against one with these axes."""
        if not factor.axes:
            return factor.array
        present = tuple((index,) for index in order if index in factor.indices)
        op = self.arranged(factor, present)
        spots = [":" if index in factor.indices else "None" for index in order]
        spots = spots[spots.index(":") :]
        return op if "None" not in spots else self.ops.make(f"{{0:n}}[{', '.join(spots)}]", op)


def _product(group: Indices) -> Size:
    total: Size = 1
    for index in group:
        total = mul(total, index.size)
    return total


def _unsigned(op: Op) -> tuple[bool, Op]:
    """A term of a sum: whether it is added or subtracted, and what."""
    return (False, op.operands[0]) if op.template == NEGATIVE else (True, op)


def _covers(whole: Term[Op], terms: Sequence[Term[Op]]) -> bool:
    """Whether what is alike in one term is alike in all."""
    same = [(k, first) for k, first in enumerate(whole.pattern()) if first != k]
    return all(term.pattern()[k] == term.pattern()[first] for term in terms for k, first in same)
