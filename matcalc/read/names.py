"""Names in their canonical spelling: Greek letters spelled out, accents and lowered letters as suffixes.

>>> canonical("λ_u"), canonical("Σ"), canonical("ŷ"), canonical("x₁"), canonical("theta_{old}")
('lambda_u', 'Sigma', 'y_hat', 'x_1', 'theta_old')
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal
from unicodedata import normalize

# The letters as LaTeX names them. Those of the last line have two shapes, and each shape is a letter of its own.
# fmt: off
_LETTERS = """
    α alpha  β beta  γ gamma  δ delta  ε epsilon  ζ zeta  η eta  θ theta  ι iota  κ kappa  λ lambda  μ mu  ν nu  ξ xi
    ο omicron  π pi  ρ rho  σ sigma  τ tau  υ upsilon  φ phi  χ chi  ψ psi  ω omega
    Α Alpha  Β Beta  Γ Gamma  Δ Delta  Ε Epsilon  Ζ Zeta  Η Eta  Θ Theta  Ι Iota  Κ Kappa  Λ Lambda  Μ Mu  Ν Nu  Ξ Xi
    Ο Omicron  Π Pi  Ρ Rho  Σ Sigma  Τ Tau  Υ Upsilon  Φ Phi  Χ Chi  Ψ Psi  Ω Omega  ℓ ell
    ϵ varepsilon  ϑ vartheta  ϰ varkappa  ϖ varpi  ϱ varrho  ς varsigma  ϕ varphi
""".split()  # noqa: SIM905 - a table reads better
_ACCENTS = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u0308": "ddot",
    "\u030c": "check", "\u0306": "breve", "\u0301": "acute", "\u0300": "grave", "\u030a": "ring", "\u20d7": "vec",
}
# fmt: on
GREEK = dict(zip(_LETTERS[::2], _LETTERS[1::2], strict=True))
GREEK_NAMES = frozenset(GREEK.values())


@lru_cache(maxsize=4096)
def canonical(typed: str) -> str | None:
    """The canonical spelling of a name as typed; None where a backslash stands before anything but a Greek letter."""
    if typed.isascii() and typed.isalnum():
        return typed
    parts = typed.translate(_BRACES).replace("{", "_").split("_")
    parts = [spelled for part in parts if part for spelled in _spelled(part)]
    return None if any("\\" in part for part in parts) else "_".join(parts)


_BRACES = str.maketrans({"}": "", " ": "", ",": "_"})


def _spelled(part: str) -> list[str]:
    """One part between underscores: its letters, then its accents, then its lowered letters."""
    if part[0] == "\\" and part[1:].rstrip("0123456789") in GREEK_NAMES:
        part = part[1:]
    letters, accents, lowered = "", "", ""
    for character in part:
        is_lowered = "\u1d62" <= character <= "\u1d6a" or "\u2080" <= character <= "\u209c"
        for each in _plain(character):
            letter, above = _without_accents(each)
            accents += above
            if is_lowered:
                lowered += GREEK.get(letter, letter)
            else:
                letters += GREEK.get(letter, letter)
    letters = _normal("NFC", letters) + accents
    return [letters, lowered] if lowered else [letters]


def _without_accents(character: str) -> tuple[str, str]:
    """A letter, and the accents that stood on it as suffixes; marks that are no accents here stay on their letter."""
    marks = normalize("NFD", character)
    accents = "".join("_" + _ACCENTS[mark] for mark in marks if mark in _ACCENTS)
    return ("".join(mark for mark in marks if mark not in _ACCENTS), accents) if accents else (character, "")


def _plain(letter: str) -> str:
    """Without the style of its type, 𝐱 as x and µ as μ, and two letters where it is two: Ǆ as DŽ."""
    return letter if letter in GREEK else _normal("NFKC", letter)


def _normal(form: Literal["NFC", "NFKC"], letters: str) -> str:
    """The letters in a normal form, where that is a name too: ⑴ is (1) in one, and ख़ takes a mark that no name has."""
    found = letters if letters.isascii() else normalize(form, letters)
    return found if found is letters or _IS_NAME(found) else letters


_IS_NAME = re.compile(r"[\w\u0300-\u036f\u20d0-\u20f0]*").fullmatch
