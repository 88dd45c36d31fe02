"""The three forms of a derivative: the differential dF = …, the Jacobian over vec, the entries ∂F_ij/∂X_kl.

>>> from matcalc.api import derive
>>> for form in derive("A X B", wrt="X").forms():
...     print(form)
dF = A dX B
d vec(F)/d vec(X)' = kron(B', A)
dF[i,j]/dX[k,l] = A[i,k] B[l,j]
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from matcalc.algebra import add, transpose
from matcalc.algebra.conjugates import is_complex
from matcalc.algebra.entries import delta_of, opened
from matcalc.errors import CallError, NoRuleError
from matcalc.expr import Expr, Symbol, postorder
from matcalc.expression import Expression
from matcalc.read.syntax import Apply, Index, Name, Postfix, Syntax
from matcalc.shape import Size, shape_text
from matcalc.steps import members
from matcalc.steps.compact import compact
from matcalc.steps.components import Component, derivative, differential_by
from matcalc.steps.derivation import paired
from matcalc.steps.differential import differential, differential_symbol
from matcalc.steps.entries import Place, compact_entries, entries_by, entries_of, places
from matcalc.steps.jacobian import jacobian, jacobian_of
from matcalc.steps.letters import letter_of
from matcalc.steps.results import gradients_of
from matcalc.steps.spell import size, spell
from matcalc.write.present import latex_text, plain_text
from matcalc.write.sides import Quotient, latex_side, plain_side, unicode_right, unicode_side

KINDS = ("differential", "jacobian", "entries")
DELTA = "delta"
Variable = Symbol | Component


@dataclass(frozen=True, repr=False)
class Form:
    """One form of a derivative. ``kind`` is differential, jacobian or entries; ``indices`` are the letters of the entries.

    ``value`` is the right side; ``str`` gives both sides in plain spelling, ``unicode`` for a terminal, ``latex`` for a page.
    """

    kind: str
    value: Expression
    left: Quotient
    tree: Syntax
    indices: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<{self.kind}: {self}>"

    def __str__(self) -> str:
        return f"{self.label} = {self.plain}"

    @property
    def label(self) -> str:
        """The left side in plain spelling: ``dF[i,j]/dX[k,l]``."""
        return plain_side(self.left)

    @property
    def plain(self) -> str:
        """The right side; it reads back where each index is declared as a size, ``i : size``."""
        return plain_text(self.tree if self.kind == "differential" else self.value.syntax, self.value.spellings)

    def unicode(self) -> str:
        return f"{unicode_side(self.left)} = {unicode_right(self.tree)}"

    def latex(self) -> str:
        return f"{latex_side(self.left)} = {latex_text(self.tree)}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def to_json(self) -> dict[str, object]:
        out: dict[str, object] = {
            "kind": self.kind,
            "left": self.label,
            "plain": self.plain,
            "unicode": self.unicode(),
            "latex": self.latex(),
        }
        if self.kind == "jacobian":
            out["shape"] = shape_text(self.value.shape)
        if self.kind == "entries":
            out["indices"] = list(self.indices)
        return out


@dataclass(frozen=True)
class Differentiated:
    """What the forms are of: an expression with its name, and the variables; ``taken`` are the letters that are used.

    ``outer`` is there for a Hessian: the name of what has the gradient F, and by what. ``like`` spells and evaluates alike.
    """

    F: Expr
    name: str
    variables: tuple[Variable, ...]
    taken: frozenset[str]
    outer: tuple[str, Variable] | None = None
    like: Expression | None = None

    def _expression(self, node: Expr) -> Expression:
        return Expression(node) if self.like is None else self.like.with_node(node)

    def differential(self) -> Form:
        """dF, linear in the differentials of all variables."""
        self._check_real()
        total = add([moved(self.F, x)[0] for x in self.variables])
        part = any(isinstance(x, Component) for x in self.variables)
        total = compact_entries(opened(total)) if part else compact(total)
        tree = _paired(self.F, self.variables) if self.F.is_scalar else spell(total, _letters(self.variables))
        return Form("differential", self._expression(total), Quotient(Name("d" + self.name)), tree)

    def jacobian(self, x: Variable) -> Form:
        """∂vec(F)/∂vec(X)', columns stacked; of a scalar a row."""
        self._check_real()
        if isinstance(x, Component):
            J = compact_entries(opened(jacobian_of(differential_by(self.F, x), x.d)))
        else:
            J = compact(jacobian(self.F, x))
        left = Quotient(_vec(Name(self.name), self.F.shape), (Postfix("'", _vec(_tree(x), x.shape)),))
        if x.shape == (1, 1):
            left = Quotient(_vec(Name(self.name), self.F.shape), (_tree(x),))
        return Form("jacobian", self._expression(J), left, spell(J))

    def entries(self, x: Variable) -> Form:
        """∂F_ij/∂X_kl, with Kronecker deltas."""
        self._check_real()
        at, by = places([self.F.shape, x.shape], self.taken)
        dF, letter = moved(self.F, x)
        value = entries_by(dF, letter, at, by) if isinstance(x, Component) else entries_of(dF, x, letter, at, by)
        return Form(
            "entries",
            self._expression(value),
            self._entry_side(x, at, by),
            _with_deltas(value, self.taken),
            tuple(str(index) for index in (*at.indices, *by.indices)),
        )

    def _entry_side(self, x: Variable, at: Place, by: Place) -> Quotient:
        if self.outer is None:
            return Quotient(_entry(self.name, at), (_entry_of(x, by),))
        name, first = self.outer
        return Quotient(Name(name), (_entry_of(first, at), _entry_of(x, by)), 2)

    def _check_real(self) -> None:
        if is_complex(self.F) or any(isinstance(x, Symbol) and is_complex(x) for x in self.variables):
            raise NoRuleError("the forms of a derivative by complex variables are not supported yet")


def moved(F: Expr, x: Variable) -> tuple[Expr, Symbol]:
    """dF where only x moves, and the letter of its differential."""
    if isinstance(x, Component):
        return differential_by(F, x), x.d
    dx = differential_symbol(x)
    return differential(F, members.moved(F, x, dx)), dx


def _paired(f: Expr, variables: Sequence[Variable]) -> Syntax:
    """G : dX + …, of a scalar."""
    symbols = tuple(x for x in variables if isinstance(x, Symbol))
    found = list(zip(gradients_of(f, symbols), map(differential_symbol, symbols), strict=True)) if symbols else []
    found += [(derivative(f, x), x.d) for x in variables if isinstance(x, Component)]
    return paired(found, _letters(variables))


def _letters(variables: Sequence[Variable]) -> dict[Expr, Syntax]:
    """How the differentials of parts are written: dW[:,j]."""
    trees: dict[Expr, Syntax] = {x.d: x.tree("d") for x in variables if isinstance(x, Component)}
    return trees | {transpose(d): Postfix("'", tree) for d, tree in trees.items() if not d.is_scalar}


def _vec(tree: Syntax, shape: tuple[Size, Size]) -> Syntax:
    return tree if shape[1] == 1 else Apply("vec", (tree,))


def _tree(x: Variable) -> Syntax:
    if isinstance(x, Symbol):
        return Name(letter_of(x))
    return x.tree()


def _entry(name: str, at: Place) -> Syntax:
    return Index(Name(name), tuple(size(index) for index in at.indices)) if at.indices else Name(name)


def _entry_of(x: Variable, at: Place) -> Syntax:
    """X_kl, and of a column or row of W the entry of W."""
    if isinstance(x, Symbol):
        return _entry(letter_of(x), at)
    row, col = (at.row if x.row is None else x.row), (at.col if x.col is None else x.col)
    along = [place for place, count in ((row, x.whole.shape[0]), (col, x.whole.shape[1])) if count != 1]
    return Index(Name(letter_of(x.whole)), tuple(None if place is None else size(place) for place in along))


def _with_deltas(value: Expr, taken: Collection[str]) -> Syntax:
    """The tree with e_i' e_j as δ_ij, unless that is a letter of the formula."""
    if DELTA in taken:
        return spell(value)
    deltas = {node: found for node in postorder(value) if (found := delta_of(node)) is not None}
    return spell(value, {node: Index(Name(DELTA), _ordered(i, j)) for node, (i, j, _) in deltas.items()})


def _ordered(i: Size, j: Size) -> tuple[Syntax, ...]:
    return tuple(size(index) for index in sorted((i, j), key=str))


def forms(of: Differentiated, kind: str = "all") -> tuple[Form, ...]:
    """Those of a kind, or all that have a rule."""
    if kind not in (*KINDS, "all"):
        raise CallError(f"there is no form '{kind}'; there are {', '.join(KINDS)} and all")
    made: list[Form] = []
    for name in KINDS if kind == "all" else (kind,):
        try:
            made += [of.differential()] if name == "differential" else [getattr(of, name)(x) for x in of.variables]
        except NoRuleError:
            if kind != "all":
                raise
    return tuple(made)
