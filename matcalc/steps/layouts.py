"""Layouts: the same derivative written as another array, and the words that say which.

gradient      a scalar's in the shape of the variable, dF = G : dX; anything else in numerator layout
numerator     rows by the formula, columns by the variable: a scalar by a vector is a row, a matrix by a scalar has its shape
denominator   the transpose of that: a scalar by X has the shape of X, a Jacobian is transposed
"""

from __future__ import annotations

from matcalc.algebra import call, transpose
from matcalc.errors import CallError
from matcalc.expr import Expr
from matcalc.shape import SCALAR, Shape

NAMES = ("gradient", "numerator", "denominator")

# fmt: off
WORDS = {
    ("gradient", "gradient"):     "the gradient has the shape of the variable: dF = G : dX",
    ("gradient", "jacobian"):     "numerator layout, columns stacked: vec(dF) = J vec(dX)",
    ("gradient", "hessian"):      "over vec, rows by the first variable: vec(dG) = H vec(dX)",
    ("gradient", "higher"):       "over vec, rows by the derivative H of the order before: vec(dH) = T vec(dX)",
    ("gradient", "entry"):        "by one entry, in the shape of the formula: dF = D dx",
    ("numerator", "gradient"):    "numerator layout: the transpose of the gradient, dF = tr(D dX)",
    ("numerator", "jacobian"):    "numerator layout, columns stacked: vec(dF) = D vec(dX)",
    ("numerator", "hessian"):     "numerator layout, over vec, rows by the first variable: vec(dG) = D vec(dX)",
    ("numerator", "higher"):      "numerator layout, over vec, rows by the derivative H of the order before: vec(dH) = T vec(dX)",
    ("numerator", "entry"):       "numerator layout: by a scalar, in the shape of the formula: dF = D dx",
    ("denominator", "gradient"):  "denominator layout: the shape of the variable, dF = D : dX",
    ("denominator", "jacobian"):  "denominator layout, the transposed Jacobian: vec(dF) = D' vec(dX)",
    ("denominator", "hessian"):   "denominator layout, over vec, rows by the last variable: vec(dG) = D' vec(dX)",
    ("denominator", "higher"):    "denominator layout, over vec, columns by the derivative before: vec(dH) = T' vec(dX)",
    ("denominator", "entry"):     "denominator layout: by a scalar, the transpose of the formula's shape: dF' = D dx",
}
# fmt: on


def check_layout(layout: str) -> None:
    if layout not in NAMES:
        raise CallError(f"there is no layout '{layout}'; there are {', '.join(NAMES)}")


def words(layout: str, kind: str, by: Shape) -> str:
    """What the shape of a result means."""
    return WORDS[layout, _case(layout, kind, by)]


def _case(layout: str, kind: str, by: Shape) -> str:
    return "entry" if kind == "entry" or (kind == "jacobian" and by == SCALAR and layout != "gradient") else kind


def laid_out(value: Expr, layout: str, kind: str, of: Shape, by: Shape) -> Expr:
    """A gradient, Jacobian or Hessian (as the layout ``gradient`` has it) in another layout."""
    if layout == "gradient":
        return value
    if _case(layout, kind, by) == "entry" and value.shape != of:
        value = call("unvec", (value,), of, of)
    turned = kind != "gradient" if layout == "denominator" else kind == "gradient"
    return transpose(value) if turned else value
