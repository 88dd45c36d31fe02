r"""Letters, words and numbers: which letters are names, with their accents, and which words are functions."""

from __future__ import annotations

from matcalc.read.latex.commands import ACCENTS, FONTS, NAMES, SIGNS, SPACES
from matcalc.read.latex.output import Output
from matcalc.read.names import GREEK_NAMES, canonical
from matcalc.read.tokens import Token

SCRIPTS = ("UNDER", "POWER", "QUOTE", "RAISED")
OPENING = ("LPAR", "LSQB", "BAR", "NORM", "ANGLE")
NAME = 30  # letters of a function's name that stands among letters
NESTED = 8  # braces round one letter that are seen through
Name = tuple[str, int, int]  # its text, the token after it, and where it ends


class Letters(Output):
    """The verbs for letters and digits; each takes a place and gives the place where the text goes on."""

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
        self.emit(token._replace(kind="NAME", text=self._name_typed(token)))
        return k + 1

    def _name_typed(self, token: Token) -> str:
        name = canonical(token.text) or token.text
        if name[0].isdigit():
            raise self.error(f"'{token.text}' is no name: it begins with a digit", token.span)
        return name

    def digits(self, k: int, end: int) -> int:
        token = self.raw[k]
        if self.out and self.out[-1].kind == "NUMBER":
            span = (self.out[-1].start, token.end)
            raise self.error("two numbers side by side", span, rf"write {self.out[-1].text} \cdot {token.text}")
        self.emit(token._replace(kind="NUMBER"))
        return k + 1

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

    def _is_primed(self, k: int, end: int) -> bool:
        r"""Whether ``'`` or ``^{\prime}`` stands next, and no exponent after it."""
        primed = False
        while k < end and self.raw[k].kind in ("QUOTE", "POWER"):
            low, high, after = self.argument(k + 1, end) if self.raw[k].kind == "POWER" else (k, k + 1, k + 1)
            primed = all(token.kind == "QUOTE" or token.text == r"\prime" for token in self.raw[low:high])
            if not primed:
                break
            k = after
        return primed

    def _called(self, name: str, start: int, k: int, end: int) -> int:
        """A function: a CALL where its bracket follows; a name where primes do, whose meaning is found with the names'."""
        if self._is_primed(k, end) and self._bracket_follows(k, end):  # f'(x)
            self.emit(Token("NAME", name, start, self.raw[k - 1].end))
            return k
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
            elif token.text == r"\_":
                word += "_"
            elif token.kind != "LBRACE" and token.kind != "RBRACE" and token.text not in FONTS | SPACES:
                return None
        if len(word) < 2 or not word[0].isalpha() or word[-1] == "_" or "__" in word or close > k + 12:
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
                name = self._name_typed(token)
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
