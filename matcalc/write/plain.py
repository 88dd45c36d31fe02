"""Trees as a person types them, in ASCII: what is printed reads back as the same tree.

>>> from matcalc.read.syntax import Add, Apply, Name, Number, Power
>>> plain(Add((1, -1), (Power(Name("x"), Number(2)), Apply("tr", (Name("A"),)))))
'x^2 - tr(A)'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from matcalc.read.syntax import Apply, Syntax
from matcalc.write.style import ATOM, BASE, FACTOR, PRODUCT, QUOTIENT, Piece, Style, Table, fit, looks_like_call
from matcalc.write.walk import write


def plain(tree: Syntax, names: Mapping[str, str] | None = None, calls: Callable[[str], bool] = looks_like_call) -> str:
    """The plain spelling.

    ``names`` maps canonical names to the user's; ``calls`` says which names are functions' before a bracket, so that a
    product of such a name gets its ``*``: ``K * (x + b)``.
    """
    return write(tree, Plain(names, calls))


# fmt: off
PLAIN = Table(
    operators = {":": " : ", "*": " * ", ".*": " .* ", "./": " ./ ", "/": " / ", "⊗": " ⊗ ",
                 "<": " < ", ">": " > ", "<=": " <= ", ">=": " >= "},
    marks     = {"'": "'", "^T": "^T", "^H": "^H", "^+": "^+", "^-T": "^-T"},
    marked    = {"'": ATOM},  # A'[1, 2] is an entry; A^T[1, 2] would index T
    spelled   = {"⊗": "kron"},
)
# fmt: on


class Plain(Style):
    table = PLAIN

    def name(self, name: str) -> Piece:
        return Piece(self.names.get(name, name), ATOM, name=name)

    def bracket(self, piece: Piece) -> Piece:
        return Piece(f"({piece.text})", ATOM)

    def quotient(self, left: Piece, right: Piece) -> Piece:
        """``1/2``, ``lambda/2``, and with spaces where a side is more than a name or a number: ``2 x / n``."""
        left = fit(left, PRODUCT, self, last=False)
        right = fit(right, FACTOR, self)
        tight = _SIMPLE(left.text) and _SIMPLE(right.text)
        text = f"{left.text}/{right.text}" if tight else f"{left.text} / {right.text}"
        return Piece(text, QUOTIENT, False, left.bars + right.bars, False, left.negative, right.name)

    def exponent(self, piece: Piece, entrywise: bool) -> tuple[str, int]:
        """``^2  ^-1  ^(1/2)  .^k``; ``^T`` and ``^(T)`` would transpose."""
        text = piece.text if _EXPONENT(piece.text) else f"({piece.text})"
        if entrywise:
            return ".^" + text, BASE
        return f"^(({text}))" if text in _TRANSPOSES else "^" + text, BASE

    def index(self, base: Piece, subscripts: Sequence[str]) -> Piece:
        return Piece(f"{base.text}[{','.join(subscripts)}]", ATOM)

    def bars(self, mark: str, body: Piece, subscript: str) -> Piece:
        """``||x||_2``; a bracket keeps bars inside from closing these, and from standing beside them: ``|||``."""
        bar = self.bar(mark)
        body = self.bracket(body) if mark in body.bars or bar[0] in (body.text[0], body.text[-1]) else body
        return Piece(f"{bar}{body.text}{bar}{'_' + subscript if subscript else ''}", BASE, bars=mark)

    def bar(self, mark: str) -> str:
        return "||" if mark == "‖" else mark

    def block(self, rows: Sequence[Sequence[Piece]]) -> Piece:
        return Piece("[" + "; ".join(", ".join(entry.text for entry in row) for row in rows) + "]", BASE)

    def call(self, node: Apply, arguments: Sequence[Piece]) -> Piece:
        head = self.name(node.function).text if node.function else ""
        return Piece(f"{head}{chr(39) * node.primes}({', '.join(a.text for a in arguments)})", ATOM)

    def range(self, index: str, low: Piece, high: Piece) -> Piece:
        return Piece(f"{self.name(index).text}={low.text}..{high.text}", ATOM)

    def between(self, left: Piece, right: Piece) -> str:
        """A space; ``*`` between two numbers and between a function's name and a bracket."""
        numbers = left.text[-1].isdigit() and right.text[0].isdigit()
        return " * " if numbers or (right.text[0] == "(" and left.name and self.calls(left.name)) else " "


_SIMPLE = re.compile(r"[^\s()\[\]|‖]+").fullmatch
_EXPONENT = re.compile(r"-?[\w\u0300-\u036f]+").fullmatch
_TRANSPOSES = frozenset({"T", "H", "-T"})
