"""A part of a variable as what is differentiated by: one entry W[i,j], one column W[:,j], one row W[i,:].

Only that part moves: dW is dw e_i e_j', dw e_j' or e_i dw. An index is a number or a name, which is then a size like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from matcalc.algebra import add, hadamard, product, transpose, unit, zeros
from matcalc.algebra.diagonals import is_Diag
from matcalc.algebra.entries import entry, opened
from matcalc.algebra.rebuild import substitute
from matcalc.algebra.selectors import at_least
from matcalc.algebra.terms import monomial, parts, product_of_scalars
from matcalc.algebra.words import outer_parts
from matcalc.errors import CallError, NoRuleError
from matcalc.expr import Expr, Symbol, Word
from matcalc.read import formula, syntax
from matcalc.read.declarations import Declaration
from matcalc.shape import Polynomial, Shape, Size, names, shape_text, sub, text
from matcalc.steps import members
from matcalc.steps.compact import compact
from matcalc.steps.differential import differential, differential_symbol
from matcalc.steps.entries import compact_entries, linear_terms
from matcalc.steps.jacobian import jacobian_of
from matcalc.steps.letters import letter_of
from matcalc.steps.project import projected
from matcalc.steps.results import gradient_of
from matcalc.steps.scope import Scope
from matcalc.steps.spell import size as spell_size
from matcalc.steps.structure import space_of
from matcalc.steps.understand import Understood
from matcalc.steps.wanted import variable


@dataclass(frozen=True)
class Component:
    """``row`` and ``col`` are indices, None where all are meant (or the dimension is 1)."""

    whole: Symbol
    row: Size | None
    col: Size | None
    name: str  # as it is typed in plain spelling: W[i,j]

    @property
    def shape(self) -> Shape:
        rows, cols = self.whole.shape
        return (rows if self.row is None else 1, cols if self.col is None else 1)

    @property
    def is_entry(self) -> bool:
        return self.shape == (1, 1)

    @cached_property
    def d_whole(self) -> Symbol:
        return differential_symbol(self.whole)

    @cached_property
    def d(self) -> Symbol:
        """The differential of the part: a letter that is named ``dW[i,j]``."""
        return Symbol("d" + self.name, self.shape)

    def tree(self, d: str = "") -> syntax.Syntax:
        """``W[:,j]``, ``dW[:,j]``."""
        places = [p for p, n in zip((self.row, self.col), self.whole.shape, strict=True) if n != 1]
        subscripts = tuple([None if place is None else spell_size(place) for place in places])
        return syntax.Index(syntax.Name(d + letter_of(self.whole)), subscripts)

    @property
    def left(self) -> Expr:
        """e_i, or 1 where every row is meant."""
        return product() if self.row is None else unit(self.row, self.whole.shape[0])

    @property
    def right(self) -> Expr:
        return product() if self.col is None else transpose(unit(self.col, self.whole.shape[1]))

    def differential(self, f: Expr) -> Expr:
        """df where all of the variable moves."""
        return differential(f, members.moved(f, self.whole, self.d_whole))

    def moved(self, part: Expr) -> Expr:
        """dW where only the part moves: e_i part e_j', in the space of W."""
        return projected(product(self.left, part, self.right), self.whole)[0]

    def of(self, G: Expr) -> Expr:
        """The part of an array of the shape of W: G[i,j], G e_j, e_i' G."""
        if self.is_entry:
            return compact_entries(entry(G, self.row or 1, self.col or 1))
        return compact(product(transpose(self.left), G, transpose(self.right)))


def component(name: str, understood: Understood) -> tuple[Component, Understood]:
    """The part that ``W[i,j]`` means, and the formula with its indices among the sizes."""
    tree = formula.read(name)
    if not isinstance(tree, syntax.Index) or not isinstance(tree.base, syntax.Name):
        raise CallError(f"'{name}' is no part of a variable; parts are W[i,j], W[:,j], W[i,:] and x[i]")
    whole = variable(tree.base.text, understood)
    if not isinstance(whole, Symbol) or "complex" in whole.properties:
        raise NoRuleError(f"the derivative by a part of the complex variable {tree.base.text} is not supported yet")
    indices = [None if place is None else _index(place, understood, name) for place in tree.subscripts]
    row, col = _places(indices, whole, name)
    if row is None and col is None:
        raise CallError(f"{name} is all of {whole.name}: differentiate by {whole.name}")
    for index, size, what in ((row, whole.shape[0], "row"), (col, whole.shape[1], "column")):
        _check_range(index, size, what, whole)
    shown = ",".join(":" if index is None else text(index) for index in indices)
    understood = replace(_with_sizes(understood, indices), notices=(*understood.notices, *_space(whole)))
    return Component(whole, row, col, f"{letter_of(whole)}[{shown}]"), understood


def _space(whole: Symbol) -> tuple[str, ...]:
    """What is said of a variable that cannot move in one entry alone."""
    word = space_of(whole)
    said = "its part moves as far as that allows, projected onto the space"
    return () if word is None else (f"{whole.name} is {word.name}: {said}",)


def _index(tree: syntax.Syntax, understood: Understood, name: str) -> Size:
    size = Scope().size(tree)
    if size is None or (isinstance(size, Polynomial) and any(c.denominator != 1 for _, c in size.terms)):
        raise CallError(f"an index in {name} is a whole number, a name, or a sum of these")
    sizes = {n for d in understood.declarations for s in d.shape for n in names(s)}
    for used in names(size):
        if used in understood.names and used not in sizes:
            raise CallError(f"{used} is a variable of the formula; take another letter for the index in {name}")
    return size


def _places(indices: list[Size | None], whole: Symbol, name: str) -> tuple[Size | None, Size | None]:
    """Row and column; one index is that of a vector or a row."""
    rows, cols = whole.shape
    if len(indices) == 1 and (rows == 1) != (cols == 1):
        return (None, indices[0]) if rows == 1 else (indices[0], None)
    if len(indices) != 2:
        raise CallError(f"{name}: {whole.name} is a {shape_text(whole.shape)}, whose entries are {_entries(whole)}")
    return (None if rows == 1 else indices[0], None if cols == 1 else indices[1])


def _entries(whole: Symbol) -> str:
    return f"{whole.name}[i]" if 1 in whole.shape else f"{whole.name}[i,j]"


def _check_range(index: Size | None, size: Size, what: str, whole: Symbol) -> None:
    if index is None:
        return
    if at_least(sub(0, index), 0):
        raise CallError(f"there is no {what} {text(index)} of {whole.name}: {what}s are counted from 1")
    if at_least(sub(index, size), 1):
        raise CallError(f"there is no {what} {text(index)} of {whole.name}, which is a {shape_text(whole.shape)}")


def _with_sizes(understood: Understood, indices: list[Size | None]) -> Understood:
    """The indices that are named are sizes from here on, and among what was inferred."""
    known = {n for d in understood.declarations for s in d.shape for n in names(s)}
    known |= {d.name for d in understood.declarations if d.kind == "size"}
    new = dict.fromkeys(n for index in indices if index is not None for n in names(index) if n not in known)
    declared = tuple(Declaration(n, "size") for n in new)
    return replace(
        understood,
        declarations=(*understood.declarations, *declared),
        inferred=(*understood.inferred, *new),
    )


# --- derivatives ------------------------------------------------------------------------------------------------------


def derivative(f: Expr, part: Component) -> Expr:
    """By a part: of a scalar the part of the gradient; by one entry in the shape of f; else the Jacobian over vec."""
    if f.is_scalar:
        return part.of(gradient_of(f, part.whole))
    if not part.is_entry:
        return compact_entries(opened(jacobian_of(differential_by(f, part), part.d)))
    free = Symbol("d" + part.whole.name, part.whole.shape)
    direction = linear_terms(projected(free, part.whole)[0], free, (product(part.left, part.right),))
    found = linear_terms(part.differential(f), part.d_whole, direction)
    return compact_entries(opened(add([_absorbed(term) for term in found]))) if found else zeros(*f.shape)


def differential_by(f: Expr, part: Component) -> Expr:
    """df where only the part moves, linear in its differential."""
    return substitute(part.differential(f), {part.d_whole: part.moved(part.d)})


def _absorbed(term: Expr) -> Expr:
    """Diag(u) P e_j v' as (u ⊙ P e_j) v': what stands in one column is no matrix product."""
    number, scalars, body = parts(term)
    if type(body) is not Word:
        return term
    if (sides := outer_parts(body)) is not None:
        made = product(_column(sides[0]), transpose(_column(sides[1])))
    elif body.shape[1] == 1:
        made = _column(body)
    elif body.shape[0] == 1:
        made = transpose(_column(transpose(body)))
    else:
        return term
    return product_of_scalars([monomial(number, dict(scalars), None), made])


def _column(u: Expr) -> Expr:
    """Diag(v) A x as v ⊙ (A x)."""
    if type(u) is Word and is_Diag(u.factors[0]):
        return hadamard(u.factors[0].children[0], product(*u.factors[1:]))
    return u
