r"""Superscripts and subscripts: transposes, powers, parts of names, entries, sizes."""

from __future__ import annotations

import re

from matcalc.read.latex.commands import FONTS, MARKS, SIGNS, SPACES, TRANSPOSES
from matcalc.read.latex.letters import SCRIPTS, Letters
from matcalc.read.latex.output import OPERANDS, Entry
from matcalc.read.names import GREEK_NAMES, canonical
from matcalc.read.tokens import Token

FUNCTIONS = ("CALL", "PREFIX")
BY = (r"\times", "×", "*")  # between the sizes of a matrix
SUBSCRIPT = 100  # tokens of one


class Scripts(Letters):
    """All scripts of an operand are read together, for its subscript belongs to the name, however late it comes."""

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
                shown = self.text[base.start if base.kind == "NAME" else place[0] : place[1]]
                self.notices.append(f"{shown} is read as a conjugate transpose")
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
        if kind == "RSQB" and self._key(low, high) in BY:  # [x]_\times
            return [Token("MARK", "_×", under.start, end)]
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
            elif kind == "COMMA" or text == r"\_":
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


_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᴴ⊤", "0123456789+-THT")
_POWER_OF_TRANSPOSE = re.compile(r"-?\d+(?:T|\\top|\\intercal)").fullmatch
