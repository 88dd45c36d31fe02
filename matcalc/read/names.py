"""Names in their canonical spelling: Greek letters spelled out, accents and lowered letters as suffixes.

>>> canonical("λ_u"), canonical("Σ"), canonical("ŷ"), canonical("x₁"), canonical("theta_{old}")
('lambda_u', 'Sigma', 'y_hat', 'x_1', 'theta_old')
"""

from __future__ import annotations

from functools import lru_cache
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
    for character in normalize("NFD", part):
        if character in GREEK:
            letters += GREEK[character]
        elif character in _ACCENTS:
            accents += "_" + _ACCENTS[character]
        else:
            plain = normalize("NFKC", character)
            plain = "".join(GREEK.get(letter, letter) for letter in plain)
            if "\u1d62" <= character <= "\u1d6a" or "\u2080" <= character <= "\u209c":
                lowered += plain
            else:
                letters += plain
    return [letters + accents, lowered] if lowered else [letters + accents]
