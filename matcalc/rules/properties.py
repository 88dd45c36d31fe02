"""What the property words of a declaration mean: equations that hold, other words that follow, the space to project onto.

>>> sorted(closure(("spd",)))
['invertible', 'psd', 'spd', 'symmetric']
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Property:
    """One word. All texts are formulas of the language, in the letter that ``given`` declares.

    ``means``      equations, and comparisons that hold for every entry; both to be checked on numbers;
    ``implies``    the words that follow at once; ``closure`` has all;
    ``space``      for a linear space (or an open set in one): the gradient G projected onto it;
    ``free``       another convention: the derivatives by the entries that may be chosen, each in its places;
    ``riemannian`` for a curved one: the Riemannian gradient, from the Euclidean one (``metric`` says by which);
    ``sample``     an example made from B, square of full rank and normal (b where the word is one for vectors).
    """

    name: str
    given: str
    means: tuple[str, ...]
    sample: str
    implies: tuple[str, ...] = ()
    space: str = ""
    free: str = ""
    riemannian: str = ""
    metric: str = ""
    source: str = ""


SYM = "(G + G') / 2"
FREE = "G + G' - eye(n) ⊙ G"
EMBEDDED = "the metric dX : dX of the matrices around"

# fmt: off
TABLE: tuple[Property, ...] = (
    # --- symmetry
    Property("symmetric",    "S : matrix(n, n), symmetric",    ("S' = S",),           "B + B'", space=SYM, free=FREE,
             source="Matrix Cookbook (459)"),
    Property("skew",         "S : matrix(n, n), skew",         ("S' = -S",),          "B - B'", space="(G - G') / 2", free="G - G'",
             source="Matrix Cookbook (460)"),
    Property("hermitian",    "H : complex matrix(n, n), hermitian", ("H^H = H",),     "B + B^H",
             source="Matrix Cookbook, sec. 9.4"),
    Property("psd",          "S : matrix(n, n), psd",          ("S' = S", "eigmin(S) >= 0"), "B' B", ("symmetric",), SYM, FREE,
             source="Matrix Cookbook, sec. 9.7.1"),
    Property("spd",          "S : matrix(n, n), spd",          ("S' = S", "eigmin(S) > 0"),  "B' B + eye(n)",
             ("psd", "invertible"), SYM, FREE, source="Matrix Cookbook, sec. 9.7.1"),

    # --- zeros in known places
    Property("lower",        "L : matrix(n, n), lower",        ("tril(L) = L",),      "tril(B)", space="tril(G)", free="tril(G)",
             source="definition"),
    Property("upper",        "U : matrix(n, n), upper",        ("triu(U) = U",),      "triu(B)", space="triu(G)", free="triu(G)",
             source="definition"),
    Property("diagonal",     "D : matrix(n, n), diagonal",     ("eye(n) ⊙ D = D",),   "eye(n) ⊙ B",
             ("symmetric", "lower", "upper"), "eye(n) ⊙ G", "eye(n) ⊙ G", source="definition"),

    # --- products
    Property("invertible",   "A : matrix(n, n), invertible",   ("inv(A) A = eye(n)",), "B", source="Matrix Cookbook (145)"),
    Property("orthogonal",   "Q : matrix(n, n), orthogonal",   ("Q' Q = eye(n)", "Q Q' = eye(n)"),
             "(eye(n) - B + B') inv(eye(n) + B - B')", ("invertible",), riemannian="(G - Q G' Q) / 2", metric=EMBEDDED,
             source="Matrix Cookbook, sec. 9.6; Edelman, Arias & Smith 1998, sec. 2.2.1"),
    Property("unitary",      "Q : complex matrix(n, n), unitary", ("Q^H Q = eye(n)", "Q Q^H = eye(n)"),
             "(eye(n) - B + B^H) inv(eye(n) + B - B^H)", ("invertible",), riemannian="G - Q G^H Q",
             metric="the real part of dX^H dX; G is the derivative by conj(Q)",
             source="Matrix Cookbook, sec. 9.4; Abrudan, Eriksson & Koivunen 2008, sec. III"),
    Property("projection",   "P : matrix(n, n), projection",   ("P P = P",),          "B (eye(n) ⊙ step(B)) inv(B)",
             source="Matrix Cookbook (418)"),
    Property("unit",         "u : vector(n), unit",            ("u' u = 1",),         "b / norm(b)",
             riemannian="G - (u' G) u", metric=EMBEDDED, source="Edelman, Arias & Smith 1998, sec. 2.1"),

    # --- entries
    Property("positive",     "A : matrix(m, n), positive",     ("A > 0",),            "exp(B)", ("nonnegative",),
             source="definition"),
    Property("nonnegative",  "A : matrix(m, n), nonnegative",  ("A >= 0",),           "relu(B)", source="definition"),
    Property("binary",       "M : matrix(m, n), binary",       ("M ⊙ M = M",),        "step(B)", ("nonnegative",),
             source="x^2 = x holds for 0 and 1 only"),
    Property("distribution", "p : vector(n), distribution",    ("p >= 0", "sum(p) = 1"), "softmax(b)", ("nonnegative",),
             source="definition"),
    Property("constant",     "A : matrix(m, n), constant",     (),                    "B", source="never differentiated"),
)
# fmt: on

_by_name = {record.name: record for record in TABLE}


def lookup(name: str) -> Property | None:
    return _by_name.get(name)


def names() -> tuple[str, ...]:
    return tuple(_by_name)


def closure(words: Iterable[str]) -> frozenset[str]:
    """The words with all that follow from them; both triangles make a diagonal."""
    found: set[str] = set()
    waiting = list(words)
    while waiting:
        word = waiting.pop()
        if word not in found:
            found.add(word)
            record = _by_name.get(word)
            waiting += record.implies if record else ()
            if {"lower", "upper"} <= found:
                waiting.append("diagonal")
    return frozenset(found)
