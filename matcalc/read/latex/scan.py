r"""LaTeX to tokens of the grammar: presentation is gone, scripts are told apart, letters stand alone.

>>> [token.text for token in scan(r"\mathbf{U}V^{\top} - \hat y_1", frozenset())]
['U', 'V', "'", '-', 'y_hat_1', '']
"""

from __future__ import annotations

import re
from collections.abc import Callable

from matcalc.errors import FormulaError
from matcalc.read import grammars
from matcalc.read.latex.commands import (
    ACCENTS,
    COVERS,
    DROPPED,
    FONTS,
    FRACTIONS,
    GRIDS,
    MARKS,
    NAMES,
    NO_MEANING,
    OTHERWISE,
    SIGNS,
    SPACES,
    TRANSPOSES,
    WORDS,
)
from matcalc.read.names import GREEK_NAMES, canonical
from matcalc.read.syntax import Span
from matcalc.read.tokens import END, LENGTH, Token, closed_by, opened_by, unclosed

GRAMMAR = "latex"
Entry = Token | tuple[int, int]  # a token of the grammar, or a range of the text's tokens that are still to be read
OPERANDS = frozenset({
    "NAME", "NUMBER", "MARK", "SUBSCRIPT", "RPAR", "RSQB", "RBRACE", "BAR_CLOSE", "NORM_CLOSE", "_ANGLE_CLOSE",
})  # fmt: skip
FUNCTIONS = ("CALL", "PREFIX")
SCRIPTS = ("UNDER", "POWER", "QUOTE", "RAISED")
BY = (r"\times", "×", "*")  # between the sizes of a matrix
UNEQUAL = (r"\ne", r"\neq", "≠")
OPENING = ("LPAR", "LSQB", "BAR", "NORM", "ANGLE")
BARS = {
    "BAR": ("_BAR_OPEN", "BAR_CLOSE"),
    "NORM": ("_NORM_OPEN", "NORM_CLOSE"),
    "ANGLE": ("_ANGLE_OPEN", "_ANGLE_CLOSE"),
}
NAME = 30  # letters of a function's name that stands among letters
ARGUMENTS = 20  # commands that are arguments of one another without braces
SUBSCRIPT = 100  # tokens of one
NESTED = 8  # braces round one letter that are seen through
Name = tuple[str, int, int]  # its text, the token after it, and where it ends


class Cut:
    """A text cut into tokens, each brace with its partner."""

    def __init__(self, text: str) -> None:
        if len(text) > LENGTH:
            message = f"this formula has {len(text)} characters, and at most {LENGTH} are read"
            raise FormulaError(message, hint="name parts of it: X := …")
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


def scan(text: str, functions: frozenset[str]) -> list[Token]:
    """The tokens of a formula, the last one of the kind END; FormulaError with the place of what is wrong."""
    cut = Cut(text)
    return tokens_of(cut, (0, len(cut.tokens)), functions, [])


def tokens_of(cut: Cut, part: tuple[int, int], functions: frozenset[str], notices: list[str]) -> list[Token]:
    """The tokens of a part of a text; what was read in a way worth a look is added to ``notices``."""
    return _Scan(cut, functions, notices).run(part)


class _Scan:
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
        self.side = ""  # of the next bar: "l" after \left, "r" after \right

    def run(self, part: tuple[int, int]) -> list[Token]:
        size = len(self.raw)
        try:
            return self._run(part)
        finally:  # the text may be read again
            for k, token in reversed(self.changed):
                self.raw[k] = token
            del self.raw[size:]

    def _change(self, k: int, token: Token) -> None:
        """What stands at ``k`` is read as this."""
        self.changed.append((k, self.raw[k]))
        self.raw[k] = token

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

    def error(self, message: str, span: Span, hint: str = "") -> FormulaError:
        return FormulaError(message, self.text, [span], hint)

    def then(self, k: int, end: int, *entries: Entry) -> int:
        """These come next, and then what stands from ``k`` on."""
        self.todo.append((k, end))
        self.todo.extend(reversed(entries))
        return end

    # --- what goes out ----------------------------------------------------------------------------------------------

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

    # --- names and numbers ------------------------------------------------------------------------------------------

    def word(self, k: int, end: int) -> int:
        """Adjacent letters: names of their own, but for the name of a function before its bracket."""
        token = self.raw[k]
        letters, start = token.text, token.start
        size = len(letters)
        stop = size
        if size > 1 and self._bracket_follows(k + 1, end):
            stop = next((s for s in range(max(0, size - NAME), size - 1) if self._function(letters[s:])), size)
        for place in range(stop):
            self.emit(Token("NAME", letters[place], start + place, start + place + 1))
        if stop < size:
            self.emit(Token("CALL", self._function(letters[stop:]), start + stop, token.end))
        return k + 1

    def letter(self, k: int, end: int) -> int:
        token = self.raw[k]
        self.emit(token._replace(kind="NAME", text=canonical(token.text) or token.text))
        return k + 1

    def digits(self, k: int, end: int) -> int:
        token = self.raw[k]
        if self.out and self.out[-1].kind == "NUMBER":
            span = (self.out[-1].start, token.end)
            raise self.error("two numbers side by side", span, rf"write {self.out[-1].text} \cdot {token.text}")
        self.emit(token._replace(kind="NUMBER"))
        return k + 1

    def _function(self, word: str) -> str:
        """The function that a word names, "" for none."""
        if word in self.functions:
            return word
        lower = word[0].lower() + word[1:]
        return lower if lower in self.functions else ""

    def _bracket_follows(self, k: int, end: int) -> bool:
        """Whether a bracket stands next, perhaps after scripts."""
        raw = self.raw
        while k < end:
            token = raw[k]
            if token.kind == "COMMAND" and token.text in SPACES:
                k += 1
            elif token.kind in ("UNDER", "POWER"):
                k = self._skipped(k + 1, end)
            elif token.kind in ("QUOTE", "RAISED"):
                k += 1
            elif token.kind == "LBRACE":
                after = self.partner[k] + 1
                return after > k + 2 and not (after < end and raw[after].kind in SCRIPTS)
            else:
                return token.kind in OPENING or SIGNS.get(token.text, ("", ""))[0] in OPENING
        return False

    def _skipped(self, k: int, end: int) -> int:
        """After one argument."""
        while k < end and self.raw[k].kind == "COMMAND" and self.raw[k].text in FONTS:
            k += 1
        return self.partner.get(k, k) + 1

    def _called(self, name: str, start: int, k: int, end: int) -> int:
        """A function: a CALL where its bracket follows."""
        kind = "CALL" if self._bracket_follows(k, end) else "PREFIX"
        self.emit(Token(kind, name, start, self.raw[k - 1].end))
        return k

    def brace(self, k: int, end: int) -> int:
        """``{W}`` is W, with what may be set around it; ``{\\rm Tr}`` a function; else a group."""
        start = self.raw[k].start
        if self.out and self.out[-1].kind == "CALL":  # \det{A}
            return self.bracket(k, end)
        found = self._in_roman(k, k + 1) or self._symbol(k, end)
        return self.bracket(k, end) if found is None else self._named(found, start, end)

    def _named(self, found: Name, start: int, end: int) -> int:
        name, after, stop = found
        if len(name) > 1 and name in self.functions and name not in GREEK_NAMES:
            return self._called(name, start, after, end)
        self.emit(Token("NUMBER" if name == "0" else "NAME", name, start, stop))
        return after

    def _in_roman(self, k: int, at: int) -> Name | None:
        r"""``{\rm Tr}``: a word in braces from ``k`` on that a switch at ``at`` sets in roman."""
        if at < len(self.raw) and self.raw[at].text in (r"\rm", r"\sf", r"\tt", r"\bf", r"\it"):
            return self._only_word(at + 1, self.partner[k], self.raw[at].text)
        return None

    def _only_word(self, k: int, close: int, font: str) -> Name | None:
        """The word that is all there is before ``close``, if it is the name of a function or of a variable."""
        word = ""
        for token in self.raw[k : min(close, k + 12)]:
            if token.kind in ("WORD", "DIGITS"):
                word += token.text
            elif token.kind != "LBRACE" and token.kind != "RBRACE" and token.text not in FONTS | SPACES:
                return None
        if len(word) < 2 or not word[0].isalpha() or close > k + 12:
            return None
        called = self._function(word)
        if called or (font in NAMES and (len(word) > 2 or font not in (r"\mathrm", r"\rm"))):
            return called or word, close + 1, self.raw[close].end
        return None

    def _symbol(self, k: int, end: int) -> Name | None:
        r"""One letter with what is set around it: ``\mathbf{X}``, ``\hat{\mathbf y}``, ``{\cal E}``; a bold 1 is a name."""
        closing: list[int] = []
        accents: list[str] = []
        font = name = ""
        stop = 0
        while k < end and not name:
            token = self.raw[k]
            text, stop = token.text, token.end
            if token.kind == "LBRACE":
                if len(closing) == NESTED:
                    return None
                closing.append(self.partner[k])
            elif token.kind == "COMMAND":
                if text in FONTS:
                    font = text
                elif text in ACCENTS:
                    accents.append(ACCENTS[text])
                elif text[1:] in GREEK_NAMES:
                    name = text[1:]
                elif text not in SPACES:
                    return None
            elif token.kind == "WORD" and (len(text) == 1 or not closing):
                name, stop = text[0], token.start + 1
                if len(text) > 1:  # \hat yx
                    self._change(k, token._replace(start=stop, text=text[1:]))
                    k -= 1
            elif token.kind in ("LETTER", "ACCENTED"):
                name = canonical(text) or text
            elif text in ("0", "1") and font:
                name = text
            else:
                return None
            k += 1
        for partner in reversed(closing):
            while k < partner and self.raw[k].text in SPACES:
                k += 1
            if k != partner:
                return None
            k, stop = k + 1, self.raw[k].end
        if font == r"\mathbb" and name in ("E", "P"):
            raise self.error("expectations and probabilities are not read", self.raw[k - 1].span)
        return ("_".join([name, *reversed(accents)]), k, stop) if name else None

    # --- commands ---------------------------------------------------------------------------------------------------

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

    def _fraction(self, k: int, end: int) -> int:
        token = self.raw[k]
        low, high, after = self.argument(k + 1, end)
        below, bottom, after = self.argument(after, end)
        by_partial = below < bottom and self.raw[below].text in (r"\partial", "d") and bottom - below > 1
        if by_partial or (self._is_differential(below, bottom) and (high == low or self._is_differential(low, high))):
            raise self.error("a derivative inside a formula is not read", (token.start, self.raw[after - 1].end),
                             "it stands alone on one side of '='")  # fmt: skip
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
            hint = r"write \sum_{i=1}^n x_i; the sum of all entries is \operatorname{sum}(x)"
            raise self.error("a sum needs an index", token.span, hint)
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

    def point(self, k: int, end: int) -> int:
        """Between factors a product, at the end a full stop."""
        token = self.raw[k]
        if self.is_after_operand:
            return k + 1
        raise self.error("'.' has no meaning here", token.span, "entrywise operators are \\odot and \\oslash")

    # --- scripts ----------------------------------------------------------------------------------------------------

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

    def scripts(self, k: int, end: int) -> int:
        """All scripts of an operand: its subscript belongs to the name, however late it comes."""
        base = self.out[-1] if self.out else None
        if base is None or (base.kind not in OPERANDS and base.kind not in FUNCTIONS):
            token = self.raw[k]
            if token.kind == "UNDER" and base is not None and base.kind in ("TIMES", "HADAMARD"):
                return self._operator_note(k, end)
            raise self.error(f"'{token.text}' has nothing on its left", token.span)
        below: list[Entry] = []
        above: list[Entry] = []
        lowered = sized = False
        while k < end and self.raw[k].kind in SCRIPTS:
            token = self.raw[k]
            if token.kind == "QUOTE" or token.kind == "RAISED":
                above += self._raised(token)
                k += 1
                continue
            if (
                token.kind == "POWER"
                and k + 1 < end
                and self.raw[k + 1].kind == "DIGITS"
                and len(self.raw[k + 1].text) > 1
            ):
                digits = self.raw[k + 1]
                message = f"only the first digit of {digits.text} is raised here"
                raise self.error(message, digits.span, f"write ^{{{digits.text}}}")
            low, high, after = self.argument(k + 1, end)
            k = after
            if token.kind == "POWER":
                above += self._superscript(base, low, high, token)
                base = base if sized else self.out[-1]
            elif lowered:
                raise self.error("a second subscript", token.span)
            else:
                lowered = True
                size = len(self.out)
                below = self._subscript(base, low, high, token)
                sized = len(self.out) < size  # it is called with its sizes
                base = base._replace(kind="RPAR") if sized else self.out[-1]
        return self.then(k, end, *below, *above)

    def _operator_note(self, k: int, end: int) -> int:
        r"""``\cdot_{\text{Hadamard}}`` says which product is meant."""
        low, high, after = self.argument(k + 1, end)
        said = self._key(low, high).lower()
        operator = {"hadamard": ".*", "kr": "⊙KR"}.get(said)
        if operator is None:
            raise self.error("a product with a subscript has no meaning here", self.raw[k].span)
        self.out[-1] = self.out[-1]._replace(kind="HADAMARD", text=operator)
        return after

    def _raised(self, token: Token) -> list[Entry]:
        """A prime, or a raised letter of Unicode."""
        text = token.text
        if token.kind == "QUOTE":
            return [token._replace(kind="MARK", text="'")] * (2 if text == "″" else 1)
        plain = text.translate(_RAISED)
        mark = MARKS.get(plain)
        if mark is not None:
            return [token._replace(kind="MARK", text=mark)]
        number = token._replace(kind="NUMBER", text=plain.lstrip("+-"))
        sign: list[Entry] = [token._replace(kind="MINUS", text="-")] if plain[0] == "-" else []
        return [
            token._replace(kind="POWER", text="^"), Token("LBRACE", "{", token.start, token.start),
            *sign, number, Token("RBRACE", "}", token.end, token.end),
        ]  # fmt: skip

    def _superscript(self, base: Token, low: int, high: int, caret: Token) -> list[Entry]:
        if low >= high:
            return []
        place = (caret.start, self._end_of(high))
        key = self._key(low, high)
        mark = MARKS.get(key)
        if mark is not None:
            if key in ("*", r"\ast"):
                self.notices.append(f"{self.text[base.start : place[1]]} is read as a conjugate transpose")
            return [Token("MARK", mark, *place)]
        if base.kind in FUNCTIONS and key == "-1" and "arc" + base.text in self.functions:
            raise self.error(f"the inverse of {base.text}, or 1 over it?", (base.start, place[1]),
                             rf"write \arc{base.text}, or \frac{{1}}{{…}}")  # fmt: skip
        power = caret._replace(kind="POWER")
        if _POWER_OF_TRANSPOSE(key):  # X^{-2T}
            split = next(k for k in range(high - 1, low - 1, -1) if self.raw[k].text in TRANSPOSES)
            return [power, *self._braces(low, split), self.raw[split]._replace(kind="MARK", text="^T")]
        first = self.raw[low]
        kind = SIGNS.get(first.text, (first.kind, ""))[0]
        if kind == "HADAMARD":
            return [caret._replace(kind="ENTRYWISE_POWER"), *self._braces(low + 1, high)]
        if base.kind == "NAME" and (label := self._label_above(low, high)):
            text, transposed = label
            self.out[-1] = base._replace(text=f"{base.text}_{text}", end=place[1])
            return [Token("MARK", "^T", *place)] if transposed else []
        return [power, *self._braces(low, high)]

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

    def _label_above(self, low: int, high: int) -> tuple[str, bool] | None:
        r"""``X^{(1)}``, ``X^{\text{(train)}T}``: a label in brackets is part of the name."""
        found = re.fullmatch(r"\((\w+)\)(T|\\top|\\intercal)?", self._key(low, high))
        return (found[1], found[2] is not None) if found else None

    def _subscript(self, base: Token, low: int, high: int, under: Token) -> list[Entry]:
        if low >= high:
            return []
        end = self._end_of(high)
        if high - low > SUBSCRIPT:
            raise self.error(
                "this subscript is too long to be read", (under.start, end), "give what stands there a name"
            )
        kind = base.kind
        if kind in ("BAR_CLOSE", "NORM_CLOSE"):
            return [Token("SUBSCRIPT", "_" + self._key(low, high), under.start, end)]
        if kind == "_ANGLE_CLOSE" and self._key(low, high) == "F":
            return []
        if kind in FUNCTIONS:
            raise self.error(f"{base.text} takes no subscript", (base.start, end))
        if base.text in ("0", "1") and kind in ("NAME", "NUMBER"):
            return self._sizes(base, low, high)
        if kind == "NAME":
            label = self._label(low, high)
            if label:
                self.out[-1] = base._replace(text=f"{base.text}_{label}", end=end)
                return []
            if self._is_size(low, high):
                if base.text == "I":
                    return self._sizes(base, low, high)
                self.notices.append(f"the size below {self.text[base.start : end]} is taken for a remark")
                return []
        return [under._replace(kind="_INDEX", text="["), *self._places(low, high), Token("RSQB", "]", end, end)]

    def _label(self, low: int, high: int) -> str:
        """A subscript that is part of a name: letters, digits and words; "" for anything else."""
        parts: list[str] = []
        for token in self.raw[low:high]:
            kind, text = token.kind, token.text
            if kind in ("WORD", "DIGITS", "LETTER", "ACCENTED"):
                spelled = text if text.isascii() else canonical(text) or text
                if parts and parts[-1] != "_" and parts[-1] in GREEK_NAMES:
                    parts.append("_")
                parts.append(spelled)
            elif kind == "COMMA":
                parts.append("_")
            elif kind == "COMMAND" and text[1:].isalpha() and (text[1:] in GREEK_NAMES or self._function(text[1:])):
                parts += ["_", text[1:]] if parts and parts[-1] != "_" else [text[1:]]
            elif kind not in ("LBRACE", "RBRACE") and text not in FONTS and text not in SPACES:
                return ""
        label = "".join(parts)
        return (
            label if label and label[0] != "_" and label[-1] != "_" and "__" not in label and "." not in label else ""
        )

    def _is_size(self, low: int, high: int) -> bool:
        between = [k for k in range(low + 1, high - 1) if self.raw[k].text in BY]
        return bool(between) and all(self.raw[k].kind != "COMMA" for k in range(low, high))

    def _sizes(self, base: Token, low: int, high: int) -> list[Entry]:
        r"""``\mathbf{1}_{m \times n}`` is called with its sizes; ``I_{n \times n}`` with one."""
        self.out.pop()
        end = self.raw[high - 1].end
        split = next((k for k in range(low, high) if self.raw[k].text in BY), high)
        sizes: list[Entry] = [(low, split)]
        if split < high and base.text != "I":
            sizes += [self.raw[split]._replace(kind="COMMA", text=","), (split + 1, high)]
        call, place = Token("CALL", base.text, *base.span), base.end
        return [call, Token("LPAR", "(", place, place), *sizes, Token("RPAR", ")", end, end)]

    def _places(self, low: int, high: int) -> list[Entry]:
        r"""The subscripts of an entry: ``A_{i,:}``, ``A_{i\cdot}``, ``(AB)_{ij}``, ``x_{i+1}``."""
        out: list[Entry] = []
        commas = any(self.raw[k].kind == "COMMA" for k in range(low, high))
        alone = all(self.raw[k].kind in ("WORD", "DIGITS", "COLON") or self._is_everything(k) for k in range(low, high))
        start = low
        for k in range(low, high):
            token = self.raw[k]
            if token.kind == "COMMA":
                out += [(start, k), token]
                start = k + 1
            elif self._is_everything(k):
                if not commas and k > low:
                    out.append(Token("COMMA", ",", token.start, token.start))
                out.append(token._replace(kind="COLON", text=":"))
                if not commas and k + 1 < high:
                    out.append(Token("COMMA", ",", token.end, token.end))
                start = k + 1
            elif alone and not commas:
                for n, letter in enumerate(token.text if token.kind == "WORD" else [token.text]):
                    kind = "NAME" if token.kind == "WORD" else "NUMBER"
                    if out and (not isinstance(out[-1], Token) or out[-1].kind != "COMMA"):
                        out.append(Token("COMMA", ",", token.start, token.start))
                    out.append(Token(kind, letter, token.start + n, token.start + n + 1))
                start = k + 1
        if start < high:
            out.append((start, high))
        return out

    def _is_everything(self, k: int) -> bool:
        r"""``:``, ``*`` or ``\cdot`` as a subscript."""
        return self.raw[k].text in (":", "*", r"\cdot", r"\ast", r"\bullet")


_DEFINES = re.compile(r":=|def|\\triangle|\\Delta").search
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᴴ⊤", "0123456789+-THT")
_POWER_OF_TRANSPOSE = re.compile(r"-?\d+(?:T|\\top|\\intercal)").fullmatch
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
