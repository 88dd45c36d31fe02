"""What the structure of a variable makes of its gradient: the projection onto its space, and the other conventions.

The formulas are those of the table of properties, over G and the variable.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from matcalc.algebra import symbol
from matcalc.algebra.rebuild import Template
from matcalc.errors import CallError
from matcalc.expr import Expr, Symbol
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.rules import properties
from matcalc.rules.properties import Property

SPACES = ("diagonal", "symmetric", "skew", "lower", "upper")  # the narrower before the wider
CONVENTIONS = ("space", "free")
COMPLEX_LAYOUT = "dF = ∂F/∂Z : dZ + ∂F/∂conj(Z) : conj(dZ), with ∂/∂Z = (∂/∂Re - i ∂/∂Im) / 2"
HERMITIAN_LAYOUT = "by a hermitian variable dF = G : dX over hermitian dX: G = ∂F/∂Z + (∂F/∂conj(Z))' of a free Z"
FREE_LAYOUT = "by the free entries, each moving all its places: {0}, with G for {1} without structure"


def space_of(x: Symbol) -> Property | None:
    """The linear space that a variable lies in; None where it moves freely."""
    words = properties.closure(x.properties)
    return next((properties.lookup(word) for word in SPACES if word in words), None)


def curved(x: Symbol) -> Property | None:
    """The property by which a variable lies on a curved surface that has a Riemannian gradient."""
    found = map(properties.lookup, x.properties)
    return next((word for word in found if word is not None and word.riemannian), None)


def free(G: Expr, x: Symbol) -> Expr:
    """The derivatives by the free entries of a variable, each in its places: G + G' - I ⊙ G for a symmetric one."""
    word = space_of(x)
    if word is None:
        asked = ", ".join(SPACES)
        raise CallError(f"the convention 'free' is for a variable that is {asked}, spd or psd, and {x.name} is not")
    return formula(word.name, word.free, G, x)


def layout(kind: str, usual: str, variables: Sequence[Symbol], convention: str = "space") -> str:
    """What the shape of a result means, with the conventions that its variables bring."""
    if convention == "free":
        words = [(x, space_of(x)) for x in variables]
        return "; ".join(dict.fromkeys(FREE_LAYOUT.format(w.free, x.name) for x, w in words if w is not None))
    said = [usual]
    if any("hermitian" in x.properties for x in variables):
        said.append(HERMITIAN_LAYOUT)
    if any("complex" in x.properties and "hermitian" not in x.properties for x in variables):
        said = [COMPLEX_LAYOUT] if kind == "gradient" else [usual, COMPLEX_LAYOUT]
    return "; ".join(said)


def check_convention(convention: str, kind: str) -> None:
    if convention not in CONVENTIONS:
        raise CallError(f"there is no convention '{convention}'; there are {' and '.join(CONVENTIONS)}")
    if convention == "free" and kind != "gradient":
        raise CallError(f"the convention 'free' is for gradients, and this is a {kind}")


def formula(name: str, text: str, G: Expr, x: Expr) -> Expr:
    """A formula of the table, for this gradient and this variable."""
    template, letters, size = _template(name, text)
    return template.instantiate(dict(zip(letters, (G, x), strict=True)), {size: G.rows})


@cache
def _template(name: str, text: str) -> tuple[Template, tuple[Expr, Expr], str]:
    from matcalc.steps.understand import expression_of

    word = properties.lookup(name)
    assert word is not None
    (given,) = read_declarations(word.given)
    assert isinstance(given, Declaration)
    words = ("complex",) if given.complex else ()
    letters = {"G": symbol("G", given.shape, words), given.name: symbol(given.name, given.shape, words)}
    size = given.shape[0]
    assert isinstance(size, str)
    return Template(expression_of(text, letters)), (letters["G"], letters[given.name]), size
