"""The full forms of expressions, over one set of atoms: sums and products of networks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product as choices
from math import prod

from matcalc.algebra.full.calls import call
from matcalc.algebra.full.denominators import cleared
from matcalc.algebra.full.leaves import constant, letter, single, symbol
from matcalc.algebra.full.networks import Atoms, Index, Monomial, Network, TooLarge, lowest
from matcalc.algebra.full.powers import powered
from matcalc.expr import (
    Add,
    Call,
    Constant,
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
from matcalc.shape import Shape

Form = dict[Monomial, Rational]  # the coefficients of a sum of networks; no coefficient is 0
TERMS = 500  # of one form
WORK = 3000  # networks made in all


class Forms:
    """The full forms of expressions, over one set of atoms."""

    def __init__(self, definitions: bool = False) -> None:
        self.atoms = Atoms()
        self.definitions = definitions
        self.known: dict[Expr, Form] = {}
        self._made = 0

    def of(self, expression: Expr) -> Form:
        """The full form; TooLarge where it has too many terms."""
        if expression not in self.known:
            for node in postorder(expression):
                if node not in self.known:
                    self.known[node] = self._form(node)  # type: ignore[arg-type]
        return self.known[expression]

    def _form(self, node: Node) -> Form:
        match node:
            case Symbol():
                return symbol(self, node)
            case Constant():
                return constant(self, node)
            case Named(_, body):
                return self.known[body]
            case Transpose(base):
                return self.transposed(self.known[base])
            case Scaled(number, scalars, body):
                forms = [powered(self, base, exponent) for base, exponent in scalars]
                return self.product([*forms, *([] if body is None else [self.known[body]])], "mixed", number)
            case Add(terms):
                return self.sum([(self.known[term], 1) for term in terms])
            case Hadamard(factors):
                return self.product([powered(self, base, exponent) for base, exponent in factors], "mixed")
            case Word(factors):
                return self.product([self.known[factor] for factor in factors], "matrices")
            case Call():
                return call(self, node)
            case Total():
                return single(self, letter(self, ("total", node), ()), node.shape)

    # --- sums and products ----------------------------------------------------------------------------------------------

    def collected(
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
            self.collected(form.items(), found, factor)
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
            self.collected(net.settled(row or (), col, coefficient), found)
        return found

    def worked(self) -> None:
        """One more network; TooLarge where there were too many."""
        self._made += 1
        if self._made > WORK:
            raise TooLarge

    def ones(self, shape: Shape) -> Form:
        net = Network(self.atoms)
        row, col = (() if size == 1 else (net.vertex(size),) for size in shape)
        return self.collected(net.settled(row, col))

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
            self.collected(net.settled(row, col, number), found)
        return found

    def transposed(self, form: Form) -> Form:
        return self.rearranged(form, "transposed")

    # --- what is zero -------------------------------------------------------------------------------------------------------

    def difference(self, a: Expr, b: Expr) -> Form:
        return self.sum([(self.of(a), 1), (self.of(b), -1)])

    def is_zero(self, form: Form) -> bool:
        """Whether the form is zero, also after it was multiplied by what its terms are divided by."""
        return not cleared(self, form)


def _joined(net: Network, a: Index, b: Index) -> Index:
    """Two indices as one; a scalar has none."""
    if a and b:
        net.join(a, b)
    return a or b
