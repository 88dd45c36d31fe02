"""A derivation as text: aligned LaTeX, or lines for a terminal, each with the identity that takes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from matcalc.read.formula import read
from matcalc.read.syntax import Add, Binary, Group, Syntax
from matcalc.rules.record import Identity
from matcalc.steps.derivation import Derivation
from matcalc.steps.spell import spell
from matcalc.steps.wirtinger import conjugated
from matcalc.write import unicode
from matcalc.write.align import aligned
from matcalc.write.latex import latex, letters
from matcalc.write.present import bracketed, calls, latex_text, plain_text, template, unicode_text

COLOUR = "blue"


class Row(NamedTuple):
    """A line in LaTeX, and the identities that take it, the first the one to print."""

    left: str
    right: str
    identities: tuple[Identity, ...] = ()

    @property
    def reason(self) -> str:
        return statement_latex(self.identities[0]) if self.identities else ""


def latex_derivation(rows: Iterable[Row]) -> str:
    """The rows as one ``aligned``."""
    return aligned([(row.left, row.right, row.reason) for row in rows])


def latex_rows(
    steps: Derivation,
    objective: Syntax,
    results: Mapping[str, Syntax],
    names: Sequence[str],
    taken: Collection[str],
    coloured: bool = False,
) -> list[Row]:
    """Definitions, the objective, the chain and the results (by their left sides), line by line.

    ``names`` are the variables, ``taken`` the letters that write no function; ``coloured`` marks what each step rewrote.
    """
    d = differentials([*names, *(n.name for n in steps.names), steps.objective])
    rows = [Row(letters(n.name), latex_text(spell(n.body), taken=taken)) for n in steps.names]
    rows.append(Row(letters(steps.objective), latex_text(objective, taken=taken)))
    for k, line in enumerate(steps.lines):
        colours = {id(tree): COLOUR for tree in line.changed} if coloured and k else None
        left = latex_text(line.left, d | {"d": r"\mathrm{d}"}) if line.left is not None else ""
        rows.append(Row(left, latex_text(line.right, d, colours, taken), line.reasons))
    return [*rows, *(Row(left, latex_text(value, taken=taken)) for left, value in results.items())]


def derivative_latex(above: str, *below: str) -> str:
    """∂E/∂X; by two variables ∂²E/∂x∂y, by one twice ∂²E/∂x²."""
    return quotient_latex(letters(above), *map(variable_latex, below))


def quotient_latex(above: str, *below: str) -> str:
    """The same of what is LaTeX already."""
    order = f"^{len(below)}" if len(below) > 1 else ""
    twice = order and len(set(below)) == 1
    under = rf"\partial {below[0]}{order}" if twice else r"\,".join(rf"\partial {x}" for x in below)
    return rf"\frac{{\partial{order} {above}}}{{{under}}}"


def grad_latex(above: str, below: str) -> str:
    """grad_Q E, the Riemannian gradient."""
    return rf"\operatorname{{grad}}_{{{letters(below)}}} {letters(above)}"


def variable_latex(name: str) -> str:
    """A variable, or the conjugate of one."""
    inner = conjugated(name)
    return letters(name) if inner is None else rf"\overline{{{letters(inner)}}}"


def jacobian_latex(above: str, below: str, rows: bool, columns: bool) -> str:
    """∂vec(F)/∂vec(X)', without vec for a vector."""
    top = rf"\operatorname{{vec}}({letters(above)})" if rows else letters(above)
    under = rf"\operatorname{{vec}}({variable_latex(below)})" if columns else variable_latex(below)
    return rf"\frac{{\partial {top}}}{{\partial {under}^{{\top}}}}"


def differentials(names: Sequence[str]) -> dict[str, str]:
    """dX in LaTeX for each name."""
    return {f"d{name}": rf"\mathrm{{d}}{letters(name)}" for name in names}


@cache
def statement_latex(identity: Identity) -> str:
    """An identity's statement, typeset, with the brackets that it is written with."""
    sides = identity.statement.split(" = ")
    known = [declaration.partition(":")[0].strip() for declaration in identity.given.split(";")]
    known_call = calls(known)
    return " = ".join(
        latex(_bracketed(read(side)), template, differentials(known), lambda name: name == "d" or known_call(name))
        for side in sides
    )


def _bracketed(tree: Syntax) -> Syntax:
    """The two sides of a Frobenius product keep the brackets they are typed with."""
    match tree:
        case Binary(":", left, right):
            return tree._replace(left=_kept(left), right=_kept(right))
        case Add(signs, inner):
            return Add(signs, tuple(_bracketed(t) for t in inner))
    return tree


def _kept(tree: Syntax) -> Syntax:
    return bracketed(tree.items[0]) if isinstance(tree, Group) and len(tree.items) == 1 else tree


def lines_of_text(
    steps: Derivation, objective: Syntax, spellings: Mapping[str, str], pretty: bool = False
) -> list[tuple[str, str, str]]:
    """(left, right, reason) of every line, in plain spelling or for a terminal; the reason is ``name: statement``."""
    show = unicode_text if pretty else partial(plain_text, spellings=spellings)
    name = unicode.letters if pretty else str
    out = [(name(n.name), show(spell(n.body)), "") for n in steps.names]
    out.append((name(steps.objective), show(objective), ""))
    for line in steps.lines:
        reason = f"{line.reasons[0].name}: {line.reasons[0].statement}" if line.reasons else ""
        out.append((show(line.left) if line.left is not None else "", show(line.right), reason))
    return out
