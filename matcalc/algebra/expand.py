"""The full normal form: a formula as a sum of networks of entries. For equality only; it is never printed.

>>> from matcalc.algebra import add, product, symbol
>>> A, B, C = symbol("A", ("m", "n")), symbol("B", ("n", "p")), symbol("C", ("n", "p"))
>>> same(product(A, add([B, C])), add([product(A, B), product(A, C)]))
True

Everything is written out: names, products of sums, powers of sums up to 4, arguments of functions. What remains are letters
and functions as opaque atoms, known by the full forms of their arguments. Two forms that are equal prove that the formulas
are, for all sizes; two that are not say nothing, where functions are inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product as choices
from math import prod

from matcalc.algebra import laws
from matcalc.algebra.full.networks import Atom, Atoms, Index, Monomial, Network, TooLarge, lowest, rearranged
from matcalc.algebra.properties import declared
from matcalc.algebra.transposes import passes_on
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Node,
    Rational,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    postorder,
)
from matcalc.rules import functions as tables
from matcalc.rules.properties import closure
from matcalc.shape import SCALAR, Shape

Form = dict[Monomial, Rational]  # the coefficients of a sum of networks; no coefficient is 0
TERMS = 500  # of one form
WORK = 3000  # networks made in all
POWER = 4  # a power of a sum up to this is multiplied out
ONE = Monomial((), (), (), ())


def same(a: Expr, b: Expr) -> bool | None:
    """Whether two expressions have one full form; None where a form is too large."""
    forms = Forms()
    try:
        return forms.of(a) == forms.of(b)
    except TooLarge:
        return None


def same_by_definition(a: Expr, b: Expr) -> bool | None:
    """The same with functions such as tanh written out by exponentials, and with what the terms are divided by cleared."""
    forms = Forms(definitions=True)
    try:
        return forms.is_zero(forms.difference(a, b))
    except TooLarge:
        return None


class Forms:
    """The full forms of expressions, over one set of atoms."""

    def __init__(self, definitions: bool = False) -> None:
        self.atoms = Atoms()
        self.definitions = definitions
        self._known: dict[Expr, Form] = {}
        self._made = 0

    def of(self, expression: Expr) -> Form:
        """The full form; TooLarge where it has too many terms."""
        if expression not in self._known:
            for node in postorder(expression):
                if node not in self._known:
                    self._known[node] = self._form(node)  # type: ignore[arg-type]
        return self._known[expression]

    def _form(self, node: Node) -> Form:
        match node:
            case Symbol():
                return self._symbol(node)
            case Constant():
                return self._constant(node)
            case Named(_, body):
                return self._known[body]
            case Transpose(base):
                return self.transposed(self._known[base])
            case Scaled(number, scalars, body):
                forms = [self._power(base, exponent) for base, exponent in scalars]
                return self.product([*forms, *([] if body is None else [self._known[body]])], "mixed", number)
            case Add(terms):
                return self.sum([(self._known[term], 1) for term in terms])
            case Hadamard(factors):
                return self.product([self._power(base, exponent) for base, exponent in factors], "mixed")
            case Word(factors):
                return self.product([self._known[factor] for factor in factors], "matrices")
            case Call():
                return self._call(node)
            case Total():
                return self.single(self.letter(("total", node), ()), node.shape)

    # --- leaves -------------------------------------------------------------------------------------------------------

    def single(self, atom: Atom, shape: Shape, exponent: Rational = 1) -> Form:
        """An atom with an index for each side that is not 1."""
        net = Network(self.atoms)
        row, col = (() if size == 1 else (net.vertex(size),) for size in shape)
        net.edges.append((atom.number, tuple([i for i in (row, col) if i]), exponent))
        return self._collected(net.settled(row, col))

    def _symbol(self, node: Symbol) -> Form:
        words = declared(node)
        if "diagonal" in words and not node.is_scalar:
            atom = self.atoms.atom(("diagonal", node), words & ENTRIES)
            net = Network(self.atoms)
            row = (net.vertex(node.rows),)
            net.edges.append((atom.number, (row,), 1))
            return self._collected(net.settled(row, row))
        return self.single(self.letter(("symbol", node), words), node.shape)

    def letter(self, key: object, words: Iterable[str]) -> Atom:
        """An atom with properties, and with what they make of neighbours."""
        atom = self.atoms.atom(key, words)
        for word, meets in MEETS.items():
            if word in atom.words:
                for slot, other, kind in meets:
                    atom.meets[slot, atom.number, other] = kind
        return atom

    def _constant(self, node: Constant) -> Form:
        net = Network(self.atoms)
        if node.kind == "zeros":
            return {}
        if node.kind == "commutation":
            i, j = (() if size == 1 else (net.vertex(size),) for size in node.parameters)
            return self._collected(net.settled(i + j, j + i))
        if node.kind == "eye":
            row = (net.vertex(node.rows),)
            return self._collected(net.settled(row, row))
        if node.kind == "ones":
            return self.ones(node.shape)
        if node.kind == "size":
            return self.single(self.atoms.atom(("size", node.parameters[0]), POSITIVE), SCALAR)
        words = {"unit": UNIT, "selector": SELECTOR, "pi": POSITIVE}.get(node.kind, frozenset[str]())
        return self.single(self.letter((node.kind, node.parameters, node.shape), words), node.shape)

    # --- sums and products ----------------------------------------------------------------------------------------------

    def _collected(
        self, items: Iterable[tuple[Monomial, Rational]], into: Form | None = None, factor: Rational = 1
    ) -> Form:
        found: Form = {} if into is None else into
        for monomial, coefficient in items:
            total = found.get(monomial, 0) + coefficient * factor
            if total:
                found[monomial] = lowest(total)
            else:
                found.pop(monomial, None)
        if len(found) > TERMS:
            raise TooLarge
        return found

    def sum(self, terms: Iterable[tuple[Form, Rational]]) -> Form:
        found: Form = {}
        for form, factor in terms:
            self._collected(form.items(), found, factor)
        return found

    def product(self, forms: Sequence[Form], how: str, factor: Rational = 1) -> Form:
        """The product: of ``matrices``, of entries (``mixed``: also with scalars), of Kronecker (``kron``)."""
        found: Form = {}
        if prod(map(len, forms)) > 2 * TERMS:
            raise TooLarge
        for chosen in choices(*[form.items() for form in forms]):
            self.worked()
            net = Network(self.atoms)
            row: Index | None = None
            col: Index = ()
            coefficient = factor
            for monomial, number in chosen:
                coefficient *= number
                rows, cols = net.add(monomial)
                if row is None:
                    row, col = rows, cols
                elif how == "matrices":
                    net.join(col, rows)
                    col = cols
                elif how == "kron":
                    row, col = row + rows, col + cols
                else:
                    row, col = _joined(net, row, rows), _joined(net, col, cols)
            self._collected(net.settled(row or (), col, coefficient), found)
        return found

    def worked(self) -> None:
        """One more network; TooLarge where there were too many."""
        self._made += 1
        if self._made > WORK:
            raise TooLarge

    def ones(self, shape: Shape) -> Form:
        net = Network(self.atoms)
        row, col = (() if size == 1 else (net.vertex(size),) for size in shape)
        return self._collected(net.settled(row, col))

    def rearranged(self, form: Form, how: str) -> Form:
        """Every network with its free indices moved, joined or summed over."""
        found: Form = {}
        for monomial, number in form.items():
            net = Network(self.atoms)
            row, col = net.add(monomial)
            match how:
                case "sum":
                    row = col = ()
                case "rowsum":
                    col = ()
                case "transposed":
                    row, col = col, row
                case "vec":
                    row, col = col + row, ()
                case "Diag":
                    col = row
                case "diagonal":
                    net.join(row, col)
                    col = ()
                case "trace":
                    net.join(row, col)
                    row = col = ()
            self._collected(net.settled(row, col, number), found)
        return found

    def transposed(self, form: Form) -> Form:
        return self.rearranged(form, "transposed")

    # --- powers ---------------------------------------------------------------------------------------------------------

    def _power(self, base: Expr, exponent: Exponent) -> Form:
        if isinstance(exponent, Expr):
            return self._symbolic_power(base, exponent)
        if type(base) is Scaled and not base.scalars and base.body is None:  # a number under a root
            return self.single(self._number(base.number), SCALAR, exponent)
        return self.power(self._known[base], base.shape, exponent)

    def _number(self, value: Rational) -> Atom:
        atom = self.atoms.atom(("number", value), POSITIVE if value > 0 else ())
        atom.value = value
        return atom

    def power(self, form: Form, shape: Shape, exponent: Rational) -> Form:
        """form^exponent, entry by entry."""
        if exponent == 1:
            return form
        if len(form) == 1:
            ((monomial, number),) = form.items()
            raised = laws.power_of_monomial(self, monomial, number, exponent)
            if raised is not None:
                return raised
        if isinstance(exponent, int) and 1 < exponent <= POWER:
            return self.product([form] * exponent, "mixed")
        if not form:
            raise TooLarge  # 0 ^ exponent: nothing is said of it
        return laws.power_of_sum(self, form, shape, exponent)

    def _symbolic_power(self, base: Expr, exponent: Expr) -> Form:
        """b^(2 p + q + 1) = (b^p)^2 b^q b."""
        form = self._known[base]
        out: list[Form] = []
        for monomial, number in sorted(self._known[exponent].items()):
            if monomial == ONE:
                out.append(self.power(form, base.shape, number))
            else:
                out.append(self.atomic(("power", monomial), [form], base.shape, exponent=number))
        return self.product(out, "mixed")

    # --- functions --------------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Form:
        name, args = node.function, [self._known[arg] for arg in node.args]
        structure = laws.STRUCTURE.get(name)
        if structure is not None:
            return structure(self, node, args)
        if self.definitions and name in laws.DEFINITIONS and (name in laws.SOFT) == (len(args) == 1):
            return laws.DEFINITIONS[name](self, node, args)
        if laws.is_entrywise(node):
            law = laws.ENTRYWISE.get(name)
            found = law(self, node, args[0]) if law is not None else None
            return found if found is not None else laws.opaque_entries(self, node, args)
        return self._opaque(node, args)

    def _opaque(self, node: Call, args: list[Form]) -> Form:
        """A function that is nothing but itself; f(X') = f(X)' where that is known."""
        key = ("call", node.function, node.parameters, node.shape)
        words = _words(node)
        if node.function in laws.INVARIANT and len(args) == 1:
            args = [min(args[0], self.transposed(args[0]), key=_key)]
        elif len(args) == 1 and not node.parameters and passes_on((node.function, 1)) == (node.function, (0,)):
            turned = self.transposed(args[0])
            if turned == args[0]:
                words |= {"symmetric"}
            elif _key(turned) < _key(args[0]):
                return self.transposed(self._opaque_of(key, (turned,), words, node.shape[::-1], node))
        return self._opaque_of(key, tuple(args), words, node.shape, node)

    def _opaque_of(self, key: object, args: tuple[Form, ...], words: frozenset[str], shape: Shape, node: Call) -> Form:
        atom = self.letter((key, tuple(map(_key, args))), words)
        if node.function == "inv":
            laws.know_inverse(self, atom, args[0])
        return self.single(atom, shape)

    def atomic(
        self, key: object, args: Sequence[Form], shape: Shape, words: Iterable[str] = (), exponent: Rational = 1
    ) -> Form:
        """A function of entries as an atom whose indices are those that its arguments have; f(X') is its transpose."""
        net = Network(self.atoms)
        row, col = (() if size == 1 else (net.vertex(size),) for size in shape)
        used = [any(_uses(form, side) for form in args) for side in (0, 1)]
        args = [_on(form, used) for form in args]
        turned = [self.transposed(form) for form in args]
        own, other = tuple(map(_key, args)), tuple(map(_key, turned))
        swapped = other < own
        least = other if swapped else own
        indices = [index for index, there in zip((row, col), used, strict=True) if index and there]
        symmetric = frozenset({"symmetric"}) if own == other and len(indices) == 2 else frozenset[str]()
        atom = self.atoms.atom((key, least), frozenset(words) | symmetric)
        if key == laws.SUM:
            atom.terms = least[0]
        elif key == laws.EXP:
            atom.logarithm = least[0]
        net.edges.append((atom.number, tuple(indices[::-1] if swapped else indices), exponent))
        return self._collected(net.settled(row, col))

    # --- what is zero -------------------------------------------------------------------------------------------------------

    def difference(self, a: Expr, b: Expr) -> Form:
        return self.sum([(self.of(a), 1), (self.of(b), -1)])

    def is_zero(self, form: Form) -> bool:
        """Whether the form is zero, also after it was multiplied by what its terms are divided by."""
        return not laws.cleared(self, form)


def _joined(net: Network, a: Index, b: Index) -> Index:
    """Two indices as one; a scalar has none."""
    if a and b:
        net.join(a, b)
    return a or b


def _uses(form: Form, side: int) -> bool:
    """Whether some term depends on the row (0) or the column (1)."""
    for monomial in form:
        index = monomial[side]
        if index and (
            set(index) & set(monomial[1 - side])
            or any(v in arg for _, args, _ in monomial.edges for arg in args for v in index)
        ):
            return True
    return False


def _on(form: Form, used: Sequence[bool]) -> Form:
    """The form without the indices on which it does not depend."""
    found: Form = {}
    for monomial, number in form.items():
        gone = {v for side in (0, 1) if not used[side] for v in monomial[side]}
        kept = [v for v in range(len(monomial.sizes)) if v not in gone]
        order = {v: k for k, v in enumerate(kept)}
        row, col = (tuple([order[v] for v in monomial[side] if v in order]) for side in (0, 1))
        edges = [rearranged(edge, order) for edge in monomial.edges]
        found[Monomial(row, col, tuple([monomial.sizes[v] for v in kept]), tuple(edges))] = number
    return found


def _key(form: Form) -> tuple[tuple[Monomial, Rational], ...]:
    return tuple(sorted(form.items()))


def _words(node: Call) -> frozenset[str]:
    """The properties that the records of a function give its value."""
    axis = node.parameters[0] if node.parameters else 0
    records = [r for r in tables.lookup(node.function) if r.axis == axis] or tables.lookup(node.function)
    given = [
        frozenset(w.strip() for w in r.gives.rpartition(")")[2].split(","))
        if ")" in r.gives
        else frozenset(r.gives.split(", ")[1:])
        for r in records
    ]
    return closure(frozenset.intersection(*given) & KNOWN) if given else frozenset()


POSITIVE = frozenset({"positive", "nonnegative"})
ENTRIES = POSITIVE | {"binary"}
UNIT = frozenset({"unit", "binary", "distribution", "nonnegative"})
SELECTOR = frozenset({"binary", "nonnegative", "orthonormal"})
KNOWN = frozenset({
    "positive", "nonnegative", "binary", "symmetric", "skew", "psd", "spd", "orthogonal", "projection", "distribution",
    "lower", "upper",
})  # fmt: skip
MEETS: dict[str, tuple[tuple[int, int, str], ...]] = {
    "orthogonal":  ((0, 0, "delta"), (1, 1, "delta")),  # Q' Q = I, Q Q' = I
    "orthonormal": ((0, 0, "delta"),),
    "projection":  ((1, 0, "same"),),                   # P P = P
    "unit":        ((0, 0, "delta"),),                  # x' x = 1
}  # fmt: skip
