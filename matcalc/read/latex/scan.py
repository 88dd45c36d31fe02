r"""LaTeX to tokens of the grammar: presentation is gone, scripts are told apart, letters stand alone.

>>> [token.text for token in scan(r"\mathbf{U}V^{\top} - \hat y_1", frozenset())]
['U', 'V', "'", '-', 'y_hat_1', '']
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.errors import FormulaError
from matcalc.read.latex.commands import (
    ACCENTS,
    COVERS,
    DROPPED,
    FONTS,
    FRACTIONS,
    GRIDS,
    NO_MEANING,
    SIGNS,
    SPACES,
    WORDS,
)  # fmt: skip
from matcalc.read.latex.cut import Cut
from matcalc.read.latex.letters import SCRIPTS, Name
from matcalc.read.latex.output import Entry
from matcalc.read.latex.scripts import Scripts
from matcalc.read.names import GREEK_NAMES
from matcalc.read.tokens import END, Token, unclosed

INDICES = frozenset("ijklnpqrst")  # letters that are indices where nothing says so
UNEQUAL = (r"\ne", r"\neq", "≠")


def scan(text: str, functions: frozenset[str]) -> list[Token]:
    """The tokens of a formula, the last one of the kind END; FormulaError with the place of what is wrong."""
    cut = Cut(text)
    return tokens_of(cut, (0, len(cut.tokens)), functions, [])


def tokens_of(cut: Cut, part: tuple[int, int], functions: frozenset[str], notices: list[str]) -> list[Token]:
    """The tokens of a part of a text; what was read in a way worth a look is added to ``notices``."""
    return _Scan(cut, functions, notices).run(part)


class _Scan(Scripts):
    """The verbs for commands; a command that is nothing else is a function's name."""

    def run(self, part: tuple[int, int]) -> list[Token]:
        size = len(self.raw)
        signs = {token.text for token in self.raw[part[0] : part[1]] if token.kind == "TIMES"}
        self.numpy = signs >= {"@", "*"}
        if self.numpy:
            self.notices.append("beside @ the sign * is read as the Hadamard product")
        try:
            return self._run(part)
        finally:  # the text may be read again
            for k, token in reversed(self.changed):
                self.raw[k] = token
            del self.raw[size:]

    def _run(self, part: tuple[int, int]) -> list[Token]:
        self.todo.append(part)
        raw, handlers = self.raw, _HANDLERS
        while self.todo:
            entry = self.todo.pop()
            if isinstance(entry, Token):
                self.emit(entry)
                continue
            k, end = entry
            while k < end:
                token = raw[k]
                handler = handlers.get(token.kind)
                if handler is None:
                    self.emit(token)
                    k += 1
                else:
                    k = handler(self, k, end)
        if self.opened:
            raise unclosed(self.opened[-1], self.text)
        place = self.raw[part[1] - 1].end if part[1] > part[0] else 0
        self.out.append(Token(END, "", place, place))
        return self.out

    def command(self, k: int, end: int) -> int:
        token = self.raw[k]
        text = token.text
        sign = SIGNS.get(text)
        if sign is not None:
            self.side = "l" if text in (r"\lvert", r"\lVert") else "r" if text in (r"\rvert", r"\rVert") else self.side
            self._change(k, token._replace(kind=sign[0], text=sign[1]))
            return k
        if text in SPACES:
            return self._space(k, end)
        own = _COMMANDS.get(text)
        if own is not None:
            return own(self, k, end)
        if text in WORDS and k + 1 < end and self.raw[k + 1].kind == "LBRACE":
            found = self._only_word(k + 2, self.partner[k + 1], text)
            if found is not None:
                return self._operator(found, k, end)
        found = self._symbol(k, end)
        if found is not None:
            return self._named(found, token.start, end)
        if text in FONTS:
            return k + 1
        if text in ACCENTS:
            return self._covered(k, end)
        if name := self._function(text[1:]):
            return self._called(name, token.start, k + 1, end)
        raise self._unknown(token)

    def _operator(self, found: Name, k: int, end: int) -> int:
        r"""``\operatorname{name}``: a function where a bracket follows, whether it is known or not."""
        name, after, stop = found
        unknown = self.raw[k].text == r"\operatorname" and self._bracket_follows(after, end)
        if name in self.functions or unknown:
            return self._called(name, self.raw[k].start, after, end)
        self.emit(Token("NAME", name, self.raw[k].start, stop))
        return after

    def _space(self, k: int, end: int) -> int:
        text = self.raw[k].text
        if text in (r"\left", r"\right"):
            self.side = text[1]
            if k + 1 < end and self.raw[k + 1].kind == "POINT":
                raise self.error("a bracket on one side only is not read", (self.raw[k].start, self.raw[k + 1].end))
        elif text.startswith((r"\big", r"\Big")) and text[-1] in "lr":
            self.side = text[-1]
        return k + 1

    def _without_note(self, k: int, end: int) -> int:
        r"""``\underbrace{A x}_{note}`` is A x."""
        low, high, after = self.argument(k + 1, end)
        if after < end and self.raw[after].kind in ("UNDER", "POWER"):
            _, _, after = self.argument(after + 1, end)
        return self.then(after, end, *self._braces(low, high))

    def _covered(self, k: int, end: int) -> int:
        """An accent over more than a letter."""
        token = self.raw[k]
        low, high, after = self.argument(k + 1, end)
        if token.text not in COVERS:
            hint = r"an accent stands over one letter: \hat{y}_1"
            raise self.error(f"'{token.text}' over a formula has no meaning here", token.span, hint)
        call = token._replace(kind="CALL", text=COVERS[token.text])
        return self.then(after, end, call, *self._braces(low, high))

    def _unknown(self, token: Token) -> FormulaError:
        hint = NO_MEANING.get(token.text)
        if hint is not None:
            return self.error(f"'{token.text}' has no meaning here", token.span, hint)
        if not token.text[1:].isalpha():
            return self.error(f"'{token.text}' has no meaning here", token.span)
        hint = rf"a macro is defined before it is used: \newcommand{{{token.text}}}{{…}}"
        return self.error(f"the command '{token.text}' is not known", token.span, hint)

    def _dropped(self, k: int, end: int) -> int:
        count = DROPPED[self.raw[k].text]
        k += 1
        for _ in range(count):
            _, _, k = self.argument(k, end)
        return k

    # --- commands with arguments --------------------------------------------------------------------------------------

    def _fraction(self, k: int, end: int) -> int:
        token = self.raw[k]
        low, high, after = self.argument(k + 1, end)
        below, bottom, after = self.argument(after, end)
        by_partial = below < bottom and self.raw[below].text in (r"\partial", "d") and bottom - below > 1
        if by_partial or (self._is_differential(below, bottom) and (high == low or self._is_differential(low, high))):
            raise self.error("a derivative inside a formula is not read", (token.start, self.raw[after - 1].end),
                             "it stands alone on one side of '=', or in a document, of what has a name: f = …")  # fmt: skip
        return self.then(
            after, end, token._replace(kind="_FRAC"), *self._braces(low, high), *self._braces(below, bottom)
        )

    def _is_differential(self, low: int, high: int) -> bool:
        if high - low < 1:
            return False
        first = self.raw[low]
        return first.text == r"\partial" or (first.kind == "WORD" and first.text[0] == "d" and high - low > 1)

    def _root(self, k: int, end: int) -> int:
        token = self.raw[k]
        entries: list[Entry] = [token._replace(kind="ROOT", text="sqrt")]
        k += 1
        if k < end and self.raw[k].kind == "LSQB":
            close = next((j for j in range(k, end) if self.raw[j].kind == "RSQB"), k)
            entries += [self.raw[k], (k + 1, close), self.raw[close]]
            k = close + 1
        low, high, after = self.argument(k, end)
        return self.then(after, end, *entries, *self._braces(low, high))

    def _sum(self, k: int, end: int) -> int:
        r"""``\sum_{i=1}^n``, ``\sum_i``, ``\sum_{i,j}``: SUM, then FROM i 1 TO n OVER_IT for every index."""
        token = self.raw[k]
        low: tuple[int, int] | None = None
        high: tuple[int, int] | None = None
        k += 1
        while k < end and (self.raw[k].kind in ("UNDER", "POWER") or self.raw[k].text in SPACES):
            if self.raw[k].kind == "COMMAND":
                k += 1
                continue
            start, stop, after = self.argument(k + 1, end)
            if self.raw[k].kind == "UNDER":
                low = (start, stop)
            else:
                high = (start, stop)
            k = after
        if low is None:
            return self.then(k, end, *self._without_index(token, k, end))
        unequal = next((j for j in range(*low) if self.raw[j].text in UNEQUAL), None)
        if unequal is not None:
            return self.then(k, end, *self._unequal(token, low[0], unequal, low[1]))
        letters, first = self._indices(*low)
        entries: list[Entry] = [token._replace(kind="SUM", text=token.text[1:])]
        for letter in letters:
            entries += [letter._replace(kind="_FROM"), letter]
            if high is not None and first is not None:
                entries += [first, letter._replace(kind="_TO"), high]
            entries.append(letter._replace(kind="_OVER_IT"))
        return self.then(k, end, *entries)

    def _without_index(self, token: Token, k: int, end: int) -> list[Entry]:
        r"""``\sum x_i y_i``: over the only letter that is a subscript behind it."""
        below = [self.raw[j + 1] for j in range(k, end - 1) if self.raw[j].kind == "UNDER"]
        letters = {one.text: one for one in below if one.kind == "WORD" and one.text in INDICES}
        if len(letters) != 1 or any(one.kind == "LBRACE" for one in below):
            hint = r"write \sum_{i=1}^n x_i; the sum of all entries is \operatorname{sum}(x)"
            raise self.error("a sum needs an index", token.span, hint)
        ((name, found),) = letters.items()
        self.notices.append(rf"\sum without an index is read as \sum_{name}")
        letter = Token("NAME", name, found.start, found.start + 1)
        first = token._replace(kind="SUM", text=token.text[1:])
        return [first, letter._replace(kind="_FROM"), letter, letter._replace(kind="_OVER_IT")]

    def _unequal(self, token: Token, low: int, between: int, high: int) -> list[Entry]:
        r"""``\sum_{i \ne j}``: one SUM with both letters, marked by its sign."""
        first, second = self._indices(low, between)[0][0], self._indices(between + 1, high)[0][0]
        return [
            token._replace(kind="SUM", text=token.text[1:] + "≠"),
            first._replace(kind="_FROM"), first, first._replace(kind="_OVER_IT"),
            second._replace(kind="_FROM"), second, second._replace(kind="_OVER_IT"),
        ]  # fmt: skip

    def _indices(self, low: int, high: int) -> tuple[list[Token], tuple[int, int] | None]:
        """The letters below a sum, and where they begin."""
        stop = next((k for k in range(low, high) if self.raw[k].kind == "EQUAL"), high)
        letters: list[Token] = []
        for token in self.raw[low:stop]:
            if token.kind == "WORD":
                letters += [Token("NAME", c, token.start + n, token.start + n + 1) for n, c in enumerate(token.text)]
            elif token.kind == "COMMAND" and token.text[1:] in GREEK_NAMES:
                letters.append(token._replace(kind="NAME", text=token.text[1:]))
            elif token.kind not in ("COMMA", "LBRACE", "RBRACE") and token.text not in SPACES | FONTS:
                span = (self.raw[low].start, self.raw[high - 1].end)
                raise self.error("this is no range of an index", span, r"write \sum_{i=1}^n, \sum_i or \sum_{i,j}")
        if not letters:
            raise self.error("a sum needs an index", self.raw[low - 1].span, r"write \sum_{i=1}^n x_i")
        return letters, (stop + 1, high) if stop < high else None

    def _begin(self, k: int, end: int) -> int:
        token = self.raw[k]
        low, high, after = self.argument(k + 1, end)
        name = "".join(t.text for t in self.raw[low:high])
        if name not in GRIDS:
            raise self.error(
                f"the environment '{name}' is not read in a formula", (token.start, self.raw[after - 1].end)
            )
        if after < end and self.raw[after].kind == "LSQB" and name.endswith("*"):
            after = next((j for j in range(after, end) if self.raw[j].kind == "RSQB"), after) + 1
        if name == "array" and after < end and self.raw[after].kind == "LBRACE":
            after = self.partner[after] + 1
        bar = {"|": "BAR", "‖": "NORM"}.get(GRIDS[name], "")
        if bar:
            self.side = "l"
            self._bar(token._replace(kind=bar, text=GRIDS[name]), False)
        self.emit(token._replace(kind="LSQB", text="["))
        self.grids.append((bar, len(self.opened)))
        return after

    def _end(self, k: int, end: int) -> int:
        token = self.raw[k]
        _, _, after = self.argument(k + 1, end)
        if not self.grids:
            raise self.error(rf"this '{token.text}' closes nothing", token.span)
        bar, _ = self.grids.pop()
        self.emit(token._replace(kind="RSQB", text="]"))
        if bar:
            self.side = "r"
            self._bar(token._replace(kind=bar, text="|"), True)
        return after

    def _row(self, k: int, end: int) -> int:
        r"""``\\`` in a matrix begins a row, if there is one."""
        token = self.raw[k]
        if not (self.grids and self.grids[-1][1] == len(self.opened)):
            raise self.error("a line ends within a formula", token.span)
        k += 1
        if k + 2 < end and self.raw[k].kind == "LSQB" and self.raw[k + 1].kind == "DIGITS":  # \\[4pt]
            k = next((j for j in range(k, end) if self.raw[j].kind == "RSQB"), k) + 1
        if not (k < end and self.raw[k].text in (r"\end", r"\hline", "\\\\", r"\cr")):
            self.emit(token._replace(kind="SEMICOLON", text=";"))
        return k

    def column(self, k: int, end: int) -> int:
        token = self.raw[k]
        if not (self.grids and self.grids[-1][1] == len(self.opened)):
            raise self.error("'&' separates the entries of a matrix", token.span)
        self.emit(token._replace(kind="COMMA", text=","))
        return k + 1

    def times(self, k: int, end: int) -> int:
        """``*`` is a matrix product, but not beside ``@``."""
        token = self.raw[k]
        by_entries = self.numpy and token.text == "*"
        self.emit(token._replace(kind="HADAMARD", text=".*") if by_entries else token)
        return k + 1

    def point(self, k: int, end: int) -> int:
        """Between factors a product, at the end a full stop."""
        token = self.raw[k]
        if self.is_after_operand:
            return k + 1
        raise self.error("'.' has no meaning here", token.span, "entrywise operators are \\odot and \\oslash")


_HANDLERS: dict[str, Callable[[_Scan, int, int], int]] = {
    "COMMAND": _Scan.command,
    "WORD": _Scan.word,
    "LETTER": _Scan.letter,
    "ACCENTED": _Scan.letter,
    "DIGITS": _Scan.digits,
    "LBRACE": _Scan.brace,
    "BAR": _Scan.bar,
    "NORM": _Scan.bar,
    "ANGLE": _Scan.bar,
    "COMPARE": _Scan.compare,
    "AND": _Scan.column,
    "POINT": _Scan.point,
    "TIMES": _Scan.times,
    **dict.fromkeys(SCRIPTS, _Scan.scripts),
}
_COMMANDS: dict[str, Callable[[_Scan, int, int], int]] = {
    **dict.fromkeys(FRACTIONS, _Scan._fraction),
    **dict.fromkeys(DROPPED, _Scan._dropped),
    r"\sqrt": _Scan._root,
    r"\sum": _Scan._sum,
    r"\begin": _Scan._begin,
    r"\end": _Scan._end,
    "\\\\": _Scan._row,
    r"\cr": _Scan._row,
    r"\underbrace": _Scan._without_note,
    r"\overbrace": _Scan._without_note,
}
