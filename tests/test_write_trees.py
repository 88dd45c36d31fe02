"""What the writers print reads back as the same formula, with no bracket too many, for trees at random."""

from __future__ import annotations

import re

from hypothesis import given, settings
from trees import TREES, meaning, product

from matcalc.errors import FormulaError
from matcalc.read.formula import read
from matcalc.read.syntax import Syntax
from matcalc.write.latex import latex
from matcalc.write.plain import plain
from matcalc.write.unicode import pretty

TEMPLATES = {
    "inv": "#1^{-1}",
    "norm": r"\left\|#1\right\|",
    "logdet": r"\log\det #1",
    "tr": r"\operatorname{tr}(#1)",
    "expm": "e^{#1}",
}


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_plain_text_reads_back_as_the_same_tree(tree: Syntax) -> None:
    assert meaning(read(plain(tree))) == meaning(tree), plain(tree)


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_terminal_text_reads_back_as_the_same_tree(tree: Syntax) -> None:
    assert meaning(read(pretty(tree))) == meaning(tree), pretty(tree)


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_no_bracket_can_be_left_out(tree: Syntax) -> None:
    text = plain(tree)
    for opening, closing in pairs(text):
        before, inside, after = text[:opening], text[opening + 1 : closing], text[closing + 1 :]
        call = before[-1:].isalpha()
        readable = inside[0] == "-" or after[:1] == "["  # no `+ -`, no A^T[1]
        beside = "|" in (before[-1:], inside[0], after[:1])  # no `|||`, no x^|s|
        assert call or readable or beside or not same(before + inside + after, tree), text


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_latex_shows_the_same_formula(tree: Syntax) -> None:
    text = latex(tree, lambda call: TEMPLATES.get(call.function, ""))
    typed = Typed(text).formula()
    assert product(meaning(read(typed))) == product(meaning(tree)), f"{text}  read as  {typed}"


def pairs(text: str) -> list[tuple[int, int]]:
    """The places of brackets that belong together."""
    opened, out = [], []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")":
            out.append((opened.pop(), place))
    return out


def same(text: str, tree: Syntax) -> bool:
    try:
        return bool(meaning(read(text)) == meaning(tree))
    except FormulaError:
        return False


class Typed:
    """LaTeX as a person would type it in plain spelling, read from just what the writer writes; no script twice."""

    def __init__(self, text: str) -> None:
        self.tokens = [
            t for t in re.findall(r"\\[A-Za-z]+|\\.|[0-9]+|\S", text) if t not in (r"\left", r"\right", r"\,")
        ]
        self.tokens.reverse()

    def next(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def take(self, expected: str = "") -> str:
        token: str = self.tokens.pop()
        assert not expected or token == expected, (token, expected)
        return token

    def formula(self, ends: tuple[str, ...] = ("}", ")", r"\rVert", r"\rvert", r"\end", r"\\", "&", ",")) -> str:
        out = []
        while self.tokens and self.next() not in ends:
            out.append(SIGNS[self.take()] if self.next() in SIGNS else self.factor())
        return " ".join(out)

    def braces(self) -> str:
        self.take("{")
        inside = self.formula()
        self.take("}")
        return inside

    def factor(self) -> str:
        """A factor with its scripts."""
        token = self.take()
        match token:
            case "(":
                text = f"({self.formula()})"
                self.take(")")
            case r"\frac" | r"\tfrac":
                return f"(({self.braces()}) / ({self.braces()}))"
            case r"\lVert" | r"\lvert":
                bar = "‖" if token == r"\lVert" else "|"
                text = f"{bar}({self.formula()}){bar}"
                self.take(token.replace(r"\l", r"\r"))
                if self.next() == "_":
                    text += self.take() + self.take()
            case r"\begin":
                text = self.block()
            case r"\sum":
                return self.sum()
            case r"\log":
                self.take(r"\det")
                return f"logdet({self.factor()})"
            case r"\operatorname" | r"\hat":
                name = self.braces().replace(" ", "")
                text = f"{name}({self.arguments()})" if token == r"\operatorname" else f"{name}_hat"
            case r"\exp" | r"\max":
                text = f"{token[1:]}({self.arguments()})"
            case "e":
                self.take("^")
                return f"expm({self.braces()})"
            case _:
                text = token.removeprefix("\\")
                if self.tokens[-2:] == ["u", "_"]:
                    text += self.take() + self.take()
        return self.scripts(text)

    def arguments(self) -> str:
        self.take("(")
        out = [self.formula()]
        while self.next() == ",":
            self.take()
            out.append(self.formula())
        self.take(")")
        return ", ".join(out)

    def scripts(self, text: str) -> str:
        if self.next() == "_":
            self.take()
            self.take("{")
            inside = [self.formula()]
            while self.next() == ",":
                self.take()
                inside.append(self.formula())
            self.take("}")
            text += f"[{', '.join(inside)}]"
        if self.next() == "^":
            self.take()
            text += self.raised()
        assert self.next() not in ("^", "_")
        return text

    def raised(self) -> str:
        if self.next() != "{":
            return f"^{self.take()}"
        self.take("{")
        entrywise = self.next() == r"\odot"
        if entrywise:
            self.take()
        inside = self.formula() or "+"
        self.take("}")
        return MARKS.get(inside) or f"{'.' * entrywise}^({inside})"

    def block(self) -> str:
        self.braces()
        out = [self.formula()]
        while self.next() != r"\end":
            out.append(", " if self.take() == "&" else "; ")
            out.append(self.formula())
        self.take()
        self.braces()
        return f"[{''.join(out)}]"

    def sum(self) -> str:
        """The body of a sum reaches to the next + or -."""
        self.take("_")
        self.take("{")
        index = self.take()
        self.take("=")
        low = self.formula()
        self.take("}")
        self.take("^")
        high = self.braces()
        body = self.formula(("}", ")", "+", "-", "<", r"\ge", r"\rVert", r"\rvert", r"\end", r"\\", "&", ","))
        return f"sum({index}={low}..{high}, {body})"


SIGNS = {
    "+": "+", "-": "-", ":": ":", "<": "<", "/": "/", r"\odot": ".*", r"\oslash": "./", r"\otimes": "⊗", r"\cdot": "*",
    r"\ge": ">=", r"\top": "T",
}  # fmt: skip
MARKS = {"T": "'", "- T": "^-T", "H": "^H", "- H": "^-1^H", "+": "^+"}
