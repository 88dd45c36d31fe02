"""A text cut into the tokens of LaTeX, each brace with its partner."""

from __future__ import annotations

import re

from matcalc.errors import NAMED, FormulaError
from matcalc.read import grammars
from matcalc.read.latex.commands import OTHERWISE
from matcalc.read.tokens import LENGTH, Token, unclosed

GRAMMAR = "latex"
Part = tuple[int, int]  # a range of the tokens of a text


class Cut:
    """A text cut into tokens, each brace with its partner."""

    def __init__(self, text: str) -> None:
        if len(text) > LENGTH:
            message = f"this formula has {len(text)} characters, and at most {LENGTH} are read"
            raise FormulaError(message, hint=NAMED)
        self.text = text
        self.tokens: list[Token] = []
        self.partner: dict[int, int] = {}
        self._cut()

    def _cut(self) -> None:
        tables = grammars.load(GRAMMAR)
        open_braces: list[int] = []
        for match in grammars.scanner(GRAMMAR).finditer(self.text):
            kind = match.lastgroup or ""
            if kind in tables.ignored:
                continue
            token = Token(kind, match[0], match.start(), match.end())
            if kind == "LBRACE":
                open_braces.append(len(self.tokens))
            elif kind == "RBRACE":
                if not open_braces:
                    raise FormulaError("this '}' closes nothing", self.text, [token.span])
                self.partner[open_braces.pop()] = len(self.tokens)
            elif kind == "EQUAL" and _DEFINES(token.text):
                token = token._replace(kind="BECOMES")
            elif kind == grammars.STRAY:
                if token.text not in OTHERWISE:
                    raise FormulaError(f"'{token.text}' has no meaning here", self.text, [token.span])
                token = token._replace(kind="COMMAND", text=OTHERWISE[token.text])
            self.tokens.append(token)
        if open_braces:
            raise unclosed(self.tokens[open_braces[-1]], self.text)


_DEFINES = re.compile(r":=|def|\\triangle|\\Delta").search
