"""What a declaration says, as records, and the words that it may use.

>>> print(Declaration("A", "matrix", ("n", "n"), ("spd",)))
A : matrix(n, n), spd
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from matcalc.read.syntax import NOWHERE, Span, Syntax
from matcalc.shape import SCALAR, Shape, Size, shape_text, text

# fmt: off
KINDS = {               # the sizes that each takes
    "scalar":   "",
    "vector":   "(n)",
    "row":      "(n)",
    "matrix":   "(m, n)",
    "function": "",     # an unknown entrywise function
    "size":     "",     # a dimension
}
PROPERTIES = {          # what each asks of the shape
    "symmetric": "square", "skew":      "square", "diagonal":   "square", "lower":   "square", "upper":      "square",
    "spd":       "square", "psd":       "square", "invertible": "square", "unitary": "square", "orthogonal": "square",
    "hermitian": "square", "projection": "square",
    "distribution": "vector", "unit": "vector",
    "binary": "", "positive": "", "nonnegative": "", "constant": "",
}
_INSTEAD = {            # other words for these
    "column": "vector", "number": "scalar", "real": "scalar", "integer": "size", "dimension": "size",
    "antisymmetric": "skew", "triangular": "lower or upper", "regular": "invertible", "nonsingular": "invertible",
    "pd": "spd", "idempotent": "projection", "simplex": "distribution", "probability": "distribution",
    "normalized": "unit", "fixed": "constant", "identity": "constant", "triu": "upper", "tril": "lower",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared name; ``str`` reads back. Kind and shape agree: a ``matrix(n, 1)`` is a vector."""

    name: str
    kind: str
    shape: Shape = SCALAR
    properties: tuple[str, ...] = ()
    complex: bool = False
    family: tuple[str, Size, Size] | None = None  # index, low, high: x_i with i = 1..N
    source: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def words(self) -> tuple[str, ...]:
        """The properties, and that it is complex: what its symbol has."""
        return (*self.properties, "complex") if self.complex else self.properties

    def __str__(self) -> str:
        kind = self.kind if self.kind in ("function", "size") else shape_text(self.shape)
        parts = [f"{self.name} : {'complex ' if self.complex else ''}{kind}", *self.properties]
        if self.family:
            index, low, high = self.family
            parts.append(f"{index} = {text(low)}..{text(high)}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Definition:
    """``X := U V' - Y``: a name for a subexpression."""

    name: str
    syntax: Syntax
    source: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False)


def nearest(name: str, known: Iterable[str]) -> str:
    """What to type instead of a word that is not known."""
    from difflib import get_close_matches

    near = _INSTEAD.get(name.lower()) or "".join(get_close_matches(name.lower(), known, n=1, cutoff=0.5))
    return f"did you mean {near}?" if near else "there are " + ", ".join(known)
