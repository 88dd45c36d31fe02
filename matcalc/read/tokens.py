"""Text to tokens, and what a token is where its text alone does not say so: bars, and ``[`` that indexes.

>>> [token.kind for token in tokens("|x[1] y|", "formula")]
['_BAR_OPEN', 'NAME', '_INDEX', 'NUMBER', 'RSQB', 'NAME', 'BAR_CLOSE', '$END']
"""

from __future__ import annotations

from typing import NamedTuple

from matcalc.errors import NAMED, FormulaError
from matcalc.read import grammars
from matcalc.read.names import canonical
from matcalc.read.syntax import Span

LENGTH = 100_000  # characters that are read at most
DEPTH = 10_000  # brackets inside one another


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return self.start, self.end


END = "$END"
# fmt: off
_PARTNERS = {"RPAR": ("LPAR",), "RSQB": ("LSQB", "_INDEX"), "RBRACE": ("LBRACE",)}
_BARS = {"BAR": ("_BAR_OPEN", "BAR_CLOSE"), "NORM": ("_NORM_OPEN", "NORM_CLOSE")}
_CLOSED_BY = {"LPAR": ")", "LSQB": "]", "_INDEX": "]", "LBRACE": "}"}
_OPENING_BARS = ("_BAR_OPEN", "_NORM_OPEN")
OPENING = frozenset({*_CLOSED_BY, *_OPENING_BARS})
CLOSING = frozenset({*_PARTNERS, "BAR_CLOSE", "NORM_CLOSE"})
_INDEXED = frozenset({*CLOSING, "NAME", "PRIME", "PSEUDOINVERSE", "SUPERSCRIPT", "SUBSCRIPT"})
OPERANDS = _INDEXED | {"NUMBER"}
_POWERS = ("POWER", "ENTRYWISE_POWER")
_DECIDED = frozenset({*_PARTNERS, *_BARS, "LPAR", "LSQB", "LBRACE", "NUMBER", grammars.STRAY})
_INSTEAD = {  # what to type for a character that has no meaning here
    "\\": "LaTeX is read with syntax='latex'", "$": "LaTeX is read with syntax='latex'",
    "&": "LaTeX is read with syntax='latex'", "†": "the conjugate transpose is A^H", "⊤": "the transpose is A' or A^T",
    "√": "the root is sqrt(x)", "∑": "a sum is sum(i=1..n, x[i])", "∇": "the gradient of E is dE/dX",
    "∂": "the derivative of E is dE/dX", "⟨": "the Frobenius product is A : B", "÷": "the quotient is A / s",
    "_": "a subscript is letters or digits: x_1, x_old; an entry is x[i]", "∈": "sets belong in declarations: x ∈ ℝ^n",
    ".": "entrywise operators are .* ./ .^", "½": "write 1/2", "!": "the gamma function is gamma(x)",
}
# fmt: on


def tokens(text: str, grammar: str) -> list[Token]:
    """The tokens of a text, the last one of the kind END; every bracket and bar in it has its partner."""
    if len(text) > LENGTH:
        message = f"this text has {len(text)} characters, and at most {LENGTH} are read"
        raise FormulaError(message, hint=NAMED)
    ignored = grammars.load(grammar).ignored
    out: list[Token] = []
    opened: list[Token] = []
    for match in grammars.scanner(grammar).finditer(text):
        kind = match.lastgroup or ""
        if kind in ignored or (opened and kind == "_NEWLINE"):
            continue
        start, end = match.span()
        token = Token(kind, match[0], start, end)
        out.append(_decided(token, out, opened, text) if kind in _DECIDED else token)
    if opened:
        raise unclosed(opened[-1], text)
    out.append(Token(END, "", len(text), len(text)))
    return out


def name_of(token: Token) -> str:
    """The canonical name of a NAME token."""
    name = canonical(token.text)
    if name and name[0].isdigit():
        raise FormulaError(f"'{token.text}' is no name: it begins with a digit", spans=[token.span])
    if name is None:
        hint = "only Greek letters take a backslash here, \\lambda_u; LaTeX is read with syntax='latex'"
        raise FormulaError(f"'{token.text}' is no Greek letter", spans=[token.span], hint=hint)
    return name


def _decided(token: Token, out: list[Token], opened: list[Token], text: str) -> Token:
    """The token with its final kind, after what stands before it; ``opened`` follows the brackets and bars."""
    kind = token.kind
    if kind == "NUMBER":
        return _number(token, out, text)
    if kind in _PARTNERS:
        return closed_by(token, opened, text)
    if kind in _BARS:
        return _bar(token, out, opened, text)
    if kind == grammars.STRAY:
        raise FormulaError(f"'{token.text}' has no meaning here", text, [token.span], _INSTEAD.get(token.text, ""))
    if kind == "LSQB" and _indexes(token, out):
        token = token._replace(kind="_INDEX")
    return opened_by(token, opened, text)


def _number(token: Token, out: list[Token], text: str) -> Token:
    if out and out[-1].kind == "NUMBER":
        hint = f"write {out[-1].text}*{token.text}; the parts of a block are separated by commas"
        raise FormulaError("two numbers side by side", text, [(out[-1].start, token.end)], hint)
    return token


def _indexes(token: Token, out: list[Token]) -> bool:
    """Whether a ``[`` indexes: directly after a name, a bracket, a prime, or the number of a power."""
    if not out or out[-1].end != token.start:
        return False
    sign = len(out) > 2 and out[-2].kind == "MINUS"
    powered = out[-1].kind == "NUMBER" and len(out) > 1 and out[-3 if sign else -2].kind in _POWERS
    return out[-1].kind in _INDEXED or powered


def opened_by(token: Token, opened: list[Token], text: str) -> Token:
    opened.append(token)
    if len(opened) > DEPTH:
        message = f"brackets are nested more than {DEPTH} deep"
        raise FormulaError(message, text, [token.span], NAMED)
    return token


def closed_by(token: Token, opened: list[Token], text: str) -> Token:
    if not opened:
        raise FormulaError(f"this '{token.text}' closes nothing", text, [token.span])
    last = opened.pop()
    if last.kind not in _PARTNERS[token.kind]:
        message = f"{_named(last)} is not closed before '{token.text}'"
        raise FormulaError(message, text, [last.span, token.span], f"expected '{_CLOSED_BY.get(last.kind, last.text)}'")
    return token


def _bar(token: Token, out: list[Token], opened: list[Token], text: str) -> Token:
    """After an operand a bar closes the innermost open one of its kind at its bracket depth, else it opens."""
    opening, closing = _BARS[token.kind]
    if out and out[-1].kind in OPERANDS:
        for k in range(len(opened) - 1, -1, -1):
            if opened[k].kind not in _OPENING_BARS:
                break
            if opened[k].kind == opening:
                if k + 1 < len(opened):
                    raise unclosed(opened[-1], text)
                opened.pop()
                return token._replace(kind=closing)
    return opened_by(token._replace(kind=opening), opened, text)


def unclosed(token: Token, text: str) -> FormulaError:
    hint = f"expected '{_CLOSED_BY.get(token.kind, token.text)}'"
    if token.kind in _OPENING_BARS:
        hint += "; bars inside bars need brackets or spaces: |(|x| - y)|"
    return FormulaError(f"{_named(token)} is never closed", text, [token.span], hint)


def _named(token: Token) -> str:
    return f"the {'bar' if token.kind in _OPENING_BARS else 'bracket'} '{token.text}'"
