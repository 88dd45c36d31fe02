"""Trees for a terminal: Greek letters, raised and lowered figures. It reads back as well.

>>> from matcalc.read.syntax import Binary, Juxtapose, Name, Number, Postfix, Power
>>> pretty(Juxtapose((Number(2), Power(Name("lambda_u"), Number(2)), Binary(".*", Name("M"), Postfix("'", Name("X"))))))
'2 λᵤ² (M ⊙ Xᵀ)'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from unicodedata import normalize

from matcalc.read.names import GREEK, canonical
from matcalc.read.syntax import Apply, Syntax
from matcalc.write.plain import PLAIN, Plain
from matcalc.write.style import ATOM, BASE, FACTOR, Piece, Style, Table, looks_like_call
from matcalc.write.walk import write


def pretty(tree: Syntax, names: Mapping[str, str] | None = None, calls: Callable[[str], bool] = looks_like_call) -> str:
    """The text for a terminal. Arguments as for ``plain``; a name that is not in ``names`` gets its letters."""
    return write(tree, Unicode(names, calls))


# fmt: off
UNICODE = Table(
    operators     = {**PLAIN.operators, ".*": " ⊙ ", "./": " ⊘ ", "<=": " ≤ ", ">=": " ≥ "},
    marks         = {"'": "ᵀ", "^T": "ᵀ", "^H": "ᴴ", "^+": "⁺", "^-T": "⁻ᵀ"},
    superscripted = FACTOR,
    fused         = {("⁻¹", "ᵀ"): "⁻ᵀ", ("ᵀ", "⁻¹"): "⁻ᵀ"},
    infix         = {"kron": "⊗"},
)
EXPONENT = UNICODE._replace(marks=PLAIN.marks, marked=PLAIN.marked, superscripted=BASE, fused={})
RAISED = {"inv": "⁻¹", "pinv": "⁺"}  # functions that are set as superscripts
BARRED = {"norm": "‖"}               # and as bars
# fmt: on


class Unicode(Plain):
    table = UNICODE

    @property
    def script(self) -> Style:
        return Exponent(self.names, self.calls, self.colours)

    def name(self, name: str) -> Piece:
        return Piece(self.names.get(name) or letters(name), ATOM, name=name)

    def exponent(self, piece: Piece, entrywise: bool) -> tuple[str, int]:
        if not entrywise and _INTEGER(piece.text):
            return piece.text.translate(_FIGURES_RAISED), FACTOR
        return super().exponent(piece, entrywise)

    def bar(self, mark: str) -> str:
        return mark

    def call(self, node: Apply, arguments: Sequence[Piece]) -> Piece:
        if len(arguments) == 1 and node.function in RAISED:
            return self.superscript(arguments[0], RAISED[node.function], FACTOR)
        if len(arguments) == 1 and node.function in BARRED:
            return self.bars(BARRED[node.function], arguments[0], "")
        return super().call(node, arguments)


class Exponent(Unicode):
    """Nothing is raised twice: an exponent that is no number is written after ``^``, figures and all."""

    table = EXPONENT

    def exponent(self, piece: Piece, entrywise: bool) -> tuple[str, int]:
        return Plain.exponent(self, piece, entrywise)

    def call(self, node: Apply, arguments: Sequence[Piece]) -> Piece:
        return Plain.call(self, node, arguments)


@lru_cache(maxsize=4096)
def letters(name: str) -> str:
    """``lambda_u`` as λᵤ, ``y_hat`` as ŷ; as it is where there are no such letters.

    >>> letters("Sigma_1"), letters("theta_old"), letters("y_hat_2")
    ('Σ₁', 'θ_old', 'ŷ₂')
    """
    stem, *rest = name.split("_")
    text = _LETTERS.get(stem, stem)
    while rest and rest[0] in _ACCENTS and len(text) == 1:
        text = normalize("NFC", text + _ACCENTS[rest.pop(0)])
    if len(rest) == 1 and rest[0] not in _LETTERS and all(character in LOWERED for character in rest[0]):
        text += "".join(LOWERED[character] for character in rest[0])
    elif rest:
        text += "_" + "_".join(_LETTERS.get(part, part) for part in rest)
    return text if canonical(text) == name else name


def raised(number: int) -> str:
    """``³`` of 3."""
    return str(number).translate(_FIGURES_RAISED)


_INTEGER = re.compile(r"-?[0-9]+").fullmatch
_FIGURES_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
LOWERED = dict(zip("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_LETTERS = {name: letter for letter, name in GREEK.items() if letter not in "ΑΒΕΖΗΙΚΜΝΟΡΤΧο"}  # those that look Latin
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c"}
