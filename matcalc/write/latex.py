r"""Trees as LaTeX that amsmath, KaTeX (strict) and MathJax all set alike.

>>> from matcalc.read.syntax import Add, Apply, Juxtapose, Name, Number, Postfix
>>> W, V, U = Name("W"), Name("V"), Name("U")
>>> latex(Juxtapose((Number(2), Add((1, 1), (Juxtapose((Postfix("'", W), V)), Juxtapose((Name("lambda_u"), U)))))))
'2 (W^{\\top} V + \\lambda_u U)'
>>> latex(Apply("logdet", (W,)), functions=lambda call: r"\log\det #1")
'\\log\\det W'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache

from matcalc.read.names import GREEK_NAMES
from matcalc.read.syntax import Apply, Range, Syntax
from matcalc.write.style import (
    ATOM,
    BASE,
    FACTOR,
    PREFIX,
    PRODUCT,
    SIGN,
    SUM,
    Piece,
    Style,
    Table,
    fit,
    looks_like_call,
)
from matcalc.write.templates import fill, raises
from matcalc.write.walk import write

Templates = Callable[[Apply], str]


def latex(
    tree: Syntax,
    functions: Templates = lambda call: "",
    names: Mapping[str, str] | None = None,
    calls: Callable[[str], bool] = looks_like_call,
    colours: Mapping[int, str] | None = None,
) -> str:
    r"""The formula, without dollar signs.

    ``functions`` gives a call's template, such as ``#1^{-1}``, or "" for ``\operatorname{name}(…)``; ``names`` maps
    canonical names to LaTeX where ``letters`` is not wanted; ``colours`` has the colour of a subtree by its ``id``.
    """
    return write(tree, Latex(names, calls, colours, functions))


# fmt: off
LATEX = Table(
    operators     = {":": " : ", "*": r" \cdot ", ".*": r" \odot ", "./": r" \oslash ", "⊗": r" \otimes ",
                     "<": " < ", ">": " > ", "<=": r" \le ", ">=": r" \ge "},
    marks         = {"'": r"^{\top}", "^T": r"^{\top}", "^H": "^{H}", "^+": "^{+}", "^-T": r"^{-\top}"},
    superscripted = FACTOR,
    fused         = {("^{-1}", r"^{\top}"): r"^{-\top}", (r"^{\top}", "^{-1}"): r"^{-\top}",
                     ("^{-1}", "^{H}"): "^{-H}",         ("^{H}", "^{-1}"): "^{-H}"},
    infix         = {"kron": "⊗"},
    leads         = {SIGN: SIGN},
    silent        = "*",
    right_sign    = False,
)
OVER_INDEX = {"sum": r"\sum", "prod": r"\prod"}
HEADS = {"d": r"\mathrm{d}"} | {name: "\\" + name for name in (  # functions that LaTeX has a command for
    "arccos", "arcsin", "arctan", "cos", "cosh", "cot", "coth", "csc", "det", "exp", "ln", "log", "max", "min", "sec",
    "sin", "sinh", "tan", "tanh",
)}
# fmt: on


class Latex(Style):
    table = LATEX

    def __init__(
        self,
        names: Mapping[str, str] | None,
        calls: Callable[[str], bool],
        colours: Mapping[int, str] | None,
        functions: Templates,
    ) -> None:
        super().__init__(names, calls, colours)
        self.functions = functions

    @cached_property
    def script(self) -> Style:
        return Script(self.names, self.calls, self.colours, self.functions)

    @cached_property
    def fraction(self) -> Style:
        return Inline(self.names, self.calls, self.colours, self.functions)

    def inside(self, call: Apply) -> Style:
        return self.script if raises(self.functions(call)) else self

    def name(self, name: str) -> Piece:
        text = self.names.get(name) or letters(name)
        return Piece(text, BASE if "_" in text else ATOM, name=name)

    def bracket(self, piece: Piece) -> Piece:
        text = rf"\left({piece.text}\right)" if piece.tall else f"({piece.text})"
        return Piece(text, ATOM, piece.tall)

    def quotient(self, left: Piece, right: Piece) -> Piece:
        r"""``\frac{a}{b}``, numbers small; a minus goes in front."""
        outside = left.negative and left.level > SUM and left.text[0] == "-"
        above = left.text[1:] if outside else left.text
        small = _INTEGER(above) and _INTEGER(right.text)
        text = rf"\{'tfrac' if small else 'frac'}{{{above}}}{{{right.text}}}"
        return Piece("-" + text, SIGN, True, negative=True) if outside else Piece(text, FACTOR, True)

    def exponent(self, piece: Piece, entrywise: bool) -> tuple[str, int]:
        if entrywise:
            return rf"^{{\odot {piece.text}}}", FACTOR
        return f"^{piece.text}" if len(piece.text) == 1 else f"^{{{piece.text}}}", FACTOR

    def index(self, base: Piece, subscripts: Sequence[str]) -> Piece:
        together = "" if all(len(text) == 1 and text.isalnum() for text in subscripts) else ","
        return Piece(f"{base.text}_{{{together.join(subscripts)}}}", BASE, base.tall)

    def bars(self, mark: str, body: Piece, subscript: str) -> Piece:
        bar = "Vert" if mark == "‖" else "vert"
        left, right = (r"\left", r"\right") if body.tall else ("", "")
        below = f"_{subscript}" if len(subscript) == 1 else f"_{{{subscript}}}" if subscript else ""
        return Piece(rf"{left}\l{bar} {body.text} {right}\r{bar}{below}", BASE, body.tall)

    def block(self, rows: Sequence[Sequence[Piece]]) -> Piece:
        lines = r" \\ ".join(" & ".join(entry.text for entry in row) for row in rows)
        return Piece(rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}", BASE, len(rows) > 1)

    def call(self, node: Apply, arguments: Sequence[Piece]) -> Piece:
        if node.arguments and isinstance(node.arguments[0], Range):
            head = OVER_INDEX.get(node.function) or rf"\operatorname*{{{node.function}}}"
            body = fit(arguments[1], PRODUCT, self)
            body = self.bracket(body) if body.negative else body
            return Piece(f"{head}{arguments[0].text} {body.text}", PREFIX, True, open=True)
        pattern = "" if node.primes else self.functions(node)
        return fill(pattern or self._default(node), arguments, self)

    def _default(self, node: Apply) -> str:
        """``\\tanh(#1)``, ``f'(#1)``, ``\\operatorname{name}(#1, #2)``."""
        name = node.function
        letter = len(name.partition("_")[0]) <= 1
        head = HEADS.get(name) or (letters(name) if letter else rf"\operatorname{{{name.replace('_', '')}}}")
        places = ", ".join(f"#{k + 1}" for k in range(len(node.arguments)))
        return f"{head}{chr(39) * node.primes}({places})"

    def range(self, index: str, low: Piece, high: Piece) -> Piece:
        return Piece(f"_{{{self.name(index).text}={low.text}}}^{{{high.text}}}", ATOM)

    def between(self, left: Piece, right: Piece) -> str:
        r"""``\cdot`` before a number; a thin space beside what is upright: dU V', loss x."""
        if _NUMBER(right.text) and (right.text[0] != "\\" or left.text[-1].isdigit()):
            return self.table.operators["*"]
        bars = left.text.endswith(("vert", "Vert")) and right.text.startswith(r"\l")
        return r"\," if bars or _UPRIGHT(left.text) or _UPRIGHT(right.text) else " "

    def colour(self, piece: Piece, colour: str) -> Piece:
        return piece._replace(text=rf"\textcolor{{{colour}}}{{{piece.text}}}")


class Script(Latex):
    """Superscripts: quotients on one line."""

    def quotient(self, left: Piece, right: Piece) -> Piece:
        left, right = fit(left, PRODUCT, self, last=False), fit(right, FACTOR, self)
        return Piece(f"{left.text}/{right.text}", PRODUCT, left.tall or right.tall, negative=left.negative)


class Inline(Script):
    """What stands in a fraction: quotients on one line, those of two numbers excepted."""

    def quotient(self, left: Piece, right: Piece) -> Piece:
        numbers = _INTEGER(left.text) and _INTEGER(right.text)
        return Latex.quotient(self, left, right) if numbers else super().quotient(left, right)


@lru_cache(maxsize=4096)
def letters(name: str) -> str:
    r"""``lambda_u`` as ``\lambda_u``; accents above, words upright.

    >>> [letters(name) for name in ("W_1", "y_hat", "loss", "mu_old", "x_hat_12", "dX")]
    ['W_1', '\\hat{y}', '\\mathrm{loss}', '\\mu_{\\mathrm{old}}', '\\hat{x}_{12}', '\\mathrm{d}X']
    """
    if name[:1] == "d" and _is_letter(name[1:].partition("_")[0]):
        return r"\mathrm{d}" + letters(name[1:])  # a differential
    stem, *rest = name.split("_")
    text = _word(stem) if stem else ""
    while rest and rest[0] in _ACCENTS:
        text = rf"\{_ACCENTS[rest.pop(0)]}{{{text}}}"
    below = ",".join(part if len(part) == 2 and part.isalpha() else _word(part) for part in rest)
    return text + (f"_{below}" if len(below) == 1 else f"_{{{below}}}" if below else "")


def _word(part: str) -> str:
    """A letter, a number, or a word set upright."""
    if part in GREEK_NAMES:
        return _LATIN.get(part) or "\\" + part
    return part if len(part) == 1 or part.isdigit() else rf"\mathrm{{{part}}}"


def _is_letter(stem: str) -> bool:
    return (len(stem) == 1 and stem.isalpha()) or stem in GREEK_NAMES


# fmt: off
_LATIN = {  # Greek letters that LaTeX leaves to the Latin alphabet
    "Alpha": r"\mathrm{A}", "Beta": r"\mathrm{B}", "Epsilon": r"\mathrm{E}", "Zeta": r"\mathrm{Z}",
    "Eta": r"\mathrm{H}", "Iota": r"\mathrm{I}", "Kappa": r"\mathrm{K}", "Mu": r"\mathrm{M}", "Nu": r"\mathrm{N}",
    "Omicron": r"\mathrm{O}", "Rho": r"\mathrm{P}", "Tau": r"\mathrm{T}", "Chi": r"\mathrm{X}", "omicron": "o",
}
_ACCENTS = {"hat": "hat", "tilde": "tilde", "bar": "bar", "dot": "dot", "ddot": "ddot", "check": "check",
            "breve": "breve", "acute": "acute", "grave": "grave", "vec": "vec", "ring": "mathring"}
# fmt: on
_INTEGER = re.compile(r"-?[0-9]+").fullmatch
_NUMBER = re.compile(r"(?:\\textcolor{\w+}{)?(?:[0-9]|\\tfrac)").match
_UPRIGHT = re.compile(r"(?:\\textcolor{\w+}{)?\\mathrm{").match
