"""What has been read of a formula, and what is still to be read: tokens go out with their brackets and bars decided."""

from __future__ import annotations

from matcalc.errors import FormulaError
from matcalc.read.latex.commands import ACCENTS, FONTS, FRACTIONS, SIGNS, SPACES
from matcalc.read.latex.cut import Cut
from matcalc.read.syntax import Span
from matcalc.read.tokens import Token, closed_by, opened_by, unclosed

Entry = Token | tuple[int, int]  # a token of the grammar, or a range of the text's tokens that are still to be read
OPERANDS = frozenset({
    "NAME", "NUMBER", "MARK", "SUBSCRIPT", "RPAR", "RSQB", "RBRACE", "BAR_CLOSE", "NORM_CLOSE", "_ANGLE_CLOSE",
})  # fmt: skip
BARS = {
    "BAR": ("_BAR_OPEN", "BAR_CLOSE"),
    "NORM": ("_NORM_OPEN", "NORM_CLOSE"),
    "ANGLE": ("_ANGLE_OPEN", "_ANGLE_CLOSE"),
}
ARGUMENTS = 20  # commands that are arguments of one another without braces


class Output:
    """``todo`` has what is still to be read, the next entry last; ``out`` what is read; ``opened`` the open brackets."""

    def __init__(self, cut: Cut, functions: frozenset[str], notices: list[str]) -> None:
        self.text = cut.text
        self.raw = cut.tokens
        self.partner = cut.partner
        self.functions = functions
        self.notices = notices
        self.out: list[Token] = []
        self.opened: list[Token] = []
        self.todo: list[Entry] = []
        self.grids: list[
            tuple[str, int]
        ] = []  # the open environments: their bars, and how many brackets are open in them
        self.changed: list[tuple[int, Token]] = []  # tokens of the text that were cut in two, or are read as others
        self.numpy = False  # whether * is entry by entry, as beside @
        self.side = ""  # of the next bar: "l" after \left, "r" after \right

    def _change(self, k: int, token: Token) -> None:
        """What stands at ``k`` is read as this."""
        self.changed.append((k, self.raw[k]))
        self.raw[k] = token

    def error(self, message: str, span: Span, hint: str = "") -> FormulaError:
        return FormulaError(message, self.text, [span], hint)

    def then(self, k: int, end: int, *entries: Entry) -> int:
        """These come next, and then what stands from ``k`` on."""
        self.todo.append((k, end))
        self.todo.extend(reversed(entries))
        return end

    def _function(self, word: str) -> str:
        """The function that a word names, "" for none."""
        if word in self.functions:
            return word
        lower = word[0].lower() + word[1:]
        return lower if lower in self.functions else ""

    # --- tokens and brackets ------------------------------------------------------------------------------------------

    @property
    def is_after_operand(self) -> bool:
        return bool(self.out) and self.out[-1].kind in OPERANDS

    def emit(self, token: Token) -> None:
        self.side = ""
        kind = token.kind
        if kind in ("LPAR", "LSQB", "LBRACE", "_INDEX"):
            opened_by(token, self.opened, self.text)
        elif kind in ("RPAR", "RSQB", "RBRACE"):
            closed_by(token, self.opened, self.text)
        elif kind == "PLUS" and not self.is_after_operand:
            return
        self.out.append(token)

    def bracket(self, k: int, end: int) -> int:
        self.emit(self.raw[k])
        return k + 1

    def bar(self, k: int, end: int) -> int:
        r"""After an operand a bar closes the innermost open one of its kind, else it opens; \left and \right say so."""
        token, width = self.raw[k], 1
        kind = token.kind
        inner = self.opened[-1].kind if self.opened else ""
        after = self.is_after_operand
        if kind == "BAR" and self._next_is_bar(k) and (inner == "_NORM_OPEN" if after else not self.side):
            token, kind, width = token._replace(kind="NORM", end=self.raw[k + 1].end), "NORM", 2
        elif kind == "NORM" and token.text == "||" and after and inner == "_BAR_OPEN":  # |A||B|
            middle = token.start + 1
            self._bar(Token("BAR", "|", token.start, middle), after)
            token, kind, after = Token("BAR", "|", middle, token.end), "BAR", True
        elif kind == "ANGLE":
            self.side = "l" if token.text == "⟨" else "r"
        self._bar(token, after)
        return k + width

    def _next_is_bar(self, k: int) -> bool:
        token = self.raw[k + 1] if k + 1 < len(self.raw) else None
        if token is None or token.start != self.raw[k].end:
            return False
        return token.kind == "BAR" or SIGNS.get(token.text, ("", ""))[0] == "BAR"

    def _bar(self, token: Token, after: bool) -> None:
        opening, closing = BARS[token.kind]
        closes = self.side == "r" or (not self.side and after and self._is_open(opening))
        if closes and self.opened and self.opened[-1].kind == opening:
            self.opened.pop()
            self.out.append(token._replace(kind=closing))
        elif closes:
            raise (
                unclosed(self.opened[-1], self.text)
                if self.opened
                else self.error(f"this '{token.text}' closes nothing", token.span)
            )
        else:
            token = token._replace(kind=opening)
            self.out.append(opened_by(token, self.opened, self.text))
        self.side = ""

    def _is_open(self, opening: str) -> bool:
        for token in reversed(self.opened):
            if token.kind not in ("_BAR_OPEN", "_NORM_OPEN"):
                return False
            if token.kind == opening:
                return True
        return False

    def compare(self, k: int, end: int) -> int:
        """``<A, B>`` where no operand stands before ``<``, else a comparison."""
        token = self.raw[k]
        opened = self.opened[-1].text if self.opened else ""
        if (token.text == "<" and not self.is_after_operand) or (token.text == ">" and opened == "<"):
            self.side = "l" if token.text == "<" else "r"
            self._bar(token._replace(kind="ANGLE"), self.is_after_operand)
        else:
            self.emit(token)
        return k + 1

    # --- ranges of the text -------------------------------------------------------------------------------------------

    def argument(self, k: int, end: int, depth: int = 0) -> tuple[int, int, int]:
        """One argument of a command or a script: its range, without braces, and where the text goes on."""
        raw = self.raw
        if depth > ARGUMENTS:
            raise self.error("too many commands without braces", raw[min(k, len(raw) - 1)].span, "write { }")
        while k < end and raw[k].text in SPACES and raw[k].kind == "COMMAND":
            k += 1
        if k >= end:
            last = raw[k - 1]
            raise self.error(f"'{last.text}' has nothing on its right", last.span)
        token = raw[k]
        if token.kind == "LBRACE":
            return k + 1, self.partner[k], self.partner[k] + 1
        if token.kind in ("WORD", "DIGITS") and len(token.text) > 1:
            raw.append(token._replace(text=token.text[0], end=token.start + 1))
            self._change(k, token._replace(text=token.text[1:], start=token.start + 1))
            return len(raw) - 1, len(raw), k
        if token.kind == "COMMAND":
            after = k + 1
            takes = 2 if token.text in FRACTIONS else 1 if token.text in FONTS | set(ACCENTS) | {r"\sqrt"} else 0
            if takes and after < end and raw[after].kind not in ("LBRACE", "COMMAND"):
                if len(raw[after].text) > 1:  # ^\mathsf Tx
                    low, _, after = self.argument(after, end, depth + 1)
                    raw.append(token)
                    raw.append(raw[low])
                    return len(raw) - 2, len(raw), after
                return k, after + 1, after + 1
            for _ in range(takes):
                _, _, after = self.argument(after, end, depth + 1)
            return k, after, after
        return k, k + 1, k + 1

    def _braces(self, low: int, high: int) -> tuple[Entry, Entry, Entry]:
        """A range as a group of the grammar."""
        start = self.raw[low].start if low < high else self.raw[low - 1].end
        stop = self._end_of(high) if low < high else start
        return Token("LBRACE", "{", start, start), (low, high), Token("RBRACE", "}", stop, stop)

    def _end_of(self, high: int) -> int:
        """Where an argument ends, with the brace that closes it."""
        closed = high < len(self.raw) and self.raw[high].kind == "RBRACE"
        return self.raw[high if closed else high - 1].end

    def _key(self, low: int, high: int) -> str:
        """What stands in a short script, without presentation; "" for a long one."""
        if high - low > 9:
            return ""
        dropped = ("LBRACE", "RBRACE")
        texts = [
            "-" if token.kind == "MINUS" else token.text
            for token in self.raw[low:high]
            if token.kind not in dropped and token.text not in FONTS and token.text not in SPACES
        ]
        return "".join(texts)
