r"""One formula of a document, over several rows perhaps: declarations, definitions, and the lines of a chain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from matcalc.errors import FormulaError
from matcalc.read.declared import Declaration, Definition
from matcalc.read.derivatives import LETTERS, lettered
from matcalc.read.document import Check, Derivative, Line, Statement, Unread, bounded
from matcalc.read.latex import differentials
from matcalc.read.latex.commands import PROSE, SPACES
from matcalc.read.latex.definitions import Left, names_of, written_out
from matcalc.read.latex.derivatives import NOTHING, derivative, entry_of
from matcalc.read.latex.formula import Placed
from matcalc.read.latex.inner import is_more, named_inside
from matcalc.read.latex.macros import Expanded
from matcalc.read.latex.sets import declared_in
from matcalc.read.latex.statements import IMPLIES, Part, Reading
from matcalc.read.syntax import Index, Name, Span, Syntax
from matcalc.read.tokens import Token

LAYOUTS = frozenset({
    "aligned", "alignedat", "split", "gathered", "align", "align*", "equation", "equation*", "gather", "gather*", "eqnarray",
    "eqnarray*", "multline", "multline*", "alignat", "alignat*",
})  # fmt: skip
LINES = 500  # of one formula
BREAK, BLANK = "\\\\", r"\,"
DEFINING = re.compile(r"\b(let|define|defined|defining|denote|set|where|put|introduce|call)\b[^.]*$", re.IGNORECASE)
WORDS = frozenset({
    "where", "with", "let", "and", "for", "if", "or", "so", "then", "thus", "hence", "when", "define", "since", "as", "is",
    "from", "which", "by", "that", "such", "given", "because", "therefore", "also", "note", "but", "all", "the", "a",
})  # fmt: skip
OPERATORS = frozenset({"PLUS", "MINUS", "TIMES", "HADAMARD", "KRONECKER", "OVER", "ENTRYWISE_OVER", "COLON", "COMPARE"})


class Known:
    """What a document has said so far."""

    def __init__(self, functions: frozenset[str]) -> None:
        self.functions = functions
        self.names: set[str] = set()
        self.variables: set[str] = set()  # those of them that are declared, and not defined
        self.derivatives: dict[str, Derivative] = {}  # that stand inside formulas, by the names that they are read as
        self.passing: list[Definition] = []  # what was said of other names in passing
        self.written: dict[str, tuple[tuple[str, ...], Syntax]] = {}  # f(x) = … by name
        self.objective = ""  # what was defined last
        self.is_defining = False  # whether the words before a formula say that it is a definition

    def declare(self, item: Declaration | Definition) -> Declaration | Definition:
        self.names.add(item.name)
        if isinstance(item, Definition):
            self.objective = item.name
        elif item.kind != "function":
            self.variables.add(item.name)
        elif len(item.name) > 1:
            self.functions = self.functions | {item.name}
        return item

    def say(self, prose: str) -> None:
        self.is_defining = DEFINING.search(prose[-200:]) is not None


class Display(Reading):
    """A formula of a document; an inline one says only what it says clearly."""

    def __init__(self, expanded: Expanded, known: Known, source: str, inline: bool) -> None:
        super().__init__(expanded, known.functions)
        self.known = known
        self.source = source
        self.inline = inline
        self.prose: dict[int, str] = {}  # words that stand where a line is broken
        self._unwrap()

    def statements(self, span: Span) -> Iterator[Statement]:
        lines: list[Line] = []
        signs = sum(self.kind_of(token) in ("EQUAL", "BECOMES") for token in self.raw)
        if signs > LINES:
            raise FormulaError(f"this formula has more than {LINES} lines", self.expanded.text, [], "split it")
        for part in self.separated((0, len(self.raw)), commas=True):
            for found in self._statement(self._without_remark(part)):
                if isinstance(found, Line):
                    lines.append(found)
                else:
                    yield found
        if lines:
            yield Check(tuple(lines), span)
        if not self.inline:
            self.known.is_defining = False

    # --- layout -----------------------------------------------------------------------------------------------------

    def _unwrap(self) -> None:
        """Environments that only align become breaks of lines, tags and labels become spaces, words become breaks."""
        raw = self.raw
        aligned: list[int] = []
        for k, token in enumerate(raw):
            if token.kind != "COMMAND":
                continue
            if token.text in (r"\begin", r"\end"):
                self._environment(k, aligned)
            elif token.text in (r"\eqalign", r"\eqalignno", r"\displaylines") and k + 1 < len(raw):
                self._blank(k, k + 2, BREAK)
                self._blank(self.cut.partner.get(k + 1, k + 1), self.cut.partner.get(k + 1, k + 1) + 1, BREAK)
            elif token.text in (r"\tag", r"\label", r"\nonumber", r"\notag"):
                self._blank(k, self.cut.partner.get(k + 1, k) + 1, BLANK)
            elif token.text in PROSE and k + 1 < len(raw) and raw[k + 1].kind == "LBRACE":
                self._words(k)
        for k, token, depth in list(self.depths((0, len(raw)))):
            if token.kind == "AND" and depth == 0:
                self._blank(k, k + 1, BLANK)

    def _blank(self, low: int, high: int, text: str) -> None:
        for k in range(low, min(high, len(self.raw))):
            self.raw[k] = Token("COMMAND", text, *self.raw[k].span)

    def _environment(self, k: int, aligned: list[int]) -> None:
        raw = self.raw
        if k + 1 >= len(raw) or raw[k + 1].kind != "LBRACE":
            return
        close = self.cut.partner[k + 1]
        name = "".join(token.text for token in raw[k + 2 : close])
        after = close + 1
        bare = name == "array" and not ((k and raw[k - 1].kind in ("LSQB", "LPAR", "BAR")) or raw[k - 1].text == r"\{")
        if raw[k].text == r"\begin":
            if bare and after < len(raw) and raw[after].kind == "LBRACE":
                after = self.cut.partner[after] + 1
            if name == "array":
                aligned.append(bare)
        elif name == "array" and aligned:
            bare = bool(aligned.pop())
        if name in LAYOUTS or bare:
            self._blank(k, after, BREAK)

    def _words(self, k: int) -> None:
        """``\\text{where }`` and the like; a function's name or a label stays."""
        close = self.cut.partner[k + 1]
        said = self.expanded.text[self.raw[k + 1].end : self.raw[close].start]
        words = said.split()
        if k and self.raw[k - 1].kind in ("UNDER", "POWER"):
            return
        alone = len(words) == 1 and words[0].strip(",.:;").lower() not in WORDS and words[0].isalnum()
        if not alone and not any(c in said for c in "\\^_"):
            self._blank(k, close + 1, BREAK)
            self.prose[close] = said

    # --- statements -------------------------------------------------------------------------------------------------

    def _statement(self, part: Part) -> Iterator[Statement | Line]:
        span = self.place(part)
        try:
            if self._declares(part):
                for item in declared_in(self, part):
                    if item.name not in self.known.names:
                        yield self.known.declare(replace(item, source=self.source, span=span))
                return
            if self._says(part):
                yield from self._equation(part, span)
        except FormulaError as error:
            if not self.inline:
                yield Unread(self._error(error), span)

    def _declares(self, part: Part) -> bool:
        return any(token.text == r"\in" and depth == 0 for _, token, depth in self.depths(part))

    def _without_remark(self, part: Part) -> Part:
        """A break before or after an operator is none; what follows any other is a remark, such as a reason."""
        if self._declares(part):
            return part
        for k, token, depth in list(self.depths(part)):
            if (
                depth
                or self.raw[k].text == BLANK
                or (token.text not in IMPLIES and token.kind not in ("COMMA", "SEMICOLON"))
            ):
                continue
            before, after = self.trimmed((part[0], k)), self.trimmed((k, part[1]))
            if after[0] >= after[1]:
                break
            joins = self.kind_of(self.raw[after[0]]) in OPERATORS or (
                before[0] < before[1] and self.kind_of(self.raw[before[1] - 1]) in {*OPERATORS, "EQUAL", "BECOMES"}
            )
            if not joins or token.kind != "COMMAND":
                return before
            self._blank(k, k + 1, BLANK)
        return part

    def place(self, part: Part) -> Span:
        return self.expanded.span((self.raw[part[0]].start, self.raw[part[1] - 1].end))

    def _error(self, error: FormulaError) -> FormulaError:
        spans = error.spans if isinstance(error, Placed) else [self.expanded.span(own) for own in error.spans]
        return FormulaError(error.message, self.source, spans, error.hint)

    def _equation(self, part: Part, span: Span) -> Iterator[Statement | Line]:
        first, *rest = self.sides(part)
        becomes = any(depth == 0 and self.kind_of(token) == "BECOMES" for _, token, depth in self.depths(part))
        left: Syntax | Derivative | None = None
        if first[0] < first[1] and not becomes and (found := self._by_letter(first)) is not None:
            left = found
        elif first[0] < first[1]:
            named = self._left_name(first)
            defines = becomes or self._defines(part) or (len(rest) == 1 and not self.inline and not self._goes_on(part))
            if named.name and defines and named.name not in self.known.names:
                yield from self._define(named, rest, span)
                return
            if named.name:
                yield from self._first_line(named, rest, span)
                return
            left = self._side(first)
        for k, own in enumerate(rest):
            if k and (name := self._named_at_last(own)):  # … = X \doteq G names X
                before = self._side(rest[k - 1])
                if not isinstance(before, Derivative):
                    yield self.known.declare(Definition(name, before, self.source, self.place(own)))
                continue
            yield self._line(left, own)
            left = None

    def _by_letter(self, part: Part) -> Derivative | None:
        """``J_f``, ``D f(x)``: the derivative of a formula that is known."""
        if not any(token.kind == "WORD" and token.text[0] in LETTERS for token in self.raw[part[0] : part[0] + 4]):
            return None
        try:
            found = lettered(self.tree(part), self.known.names)
        except FormulaError:
            return None
        return None if found is None else self.by_its_own(found)

    def by_its_own(self, found: Derivative) -> Derivative:
        """By the variable of a function of one, where nothing is said: that of f(x) = …."""
        parameters, _ = (
            self.known.written.get(found.of.text, ((), NOTHING)) if isinstance(found.of, Name) else ((), NOTHING)
        )
        if found.wrt or len(parameters) != 1:
            return found
        return replace(found, wrt=(Name(parameters[0], found.span),) * found.order)

    def _named_at_last(self, part: Part) -> str:
        """The new name that a side is, where a sign of definition stands before it."""
        before = next((k for k in range(part[0] - 1, -1, -1) if self.raw[k].text not in SPACES), 0)
        if part[0] >= part[1] or self.kind_of(self.raw[before]) != "BECOMES":
            return ""
        left = self.left(part)
        return left.name if not left.parameters and left.name not in self.known.names else ""

    def _left_name(self, part: Part) -> Left:
        text = self.raw[part[0]].text
        if text == r"\partial" or (self.raw[part[0]].kind == "WORD" and len(self.raw[part[0]].text) > 1):
            return Left("")
        return self.left(part)

    def _defines(self, part: Part) -> bool:
        """Whether words before it say that this is a definition."""
        said = next((words for k, words in self.prose.items() if 0 < part[0] - k <= 2), "")
        return DEFINING.search(said) is not None or (self.inline and self.known.is_defining)

    def _goes_on(self, part: Part) -> bool:
        """Whether the chain goes on after this part: the next one begins with '='."""
        after = self.trimmed((part[1], len(self.raw)))
        return after[0] < after[1] and self.raw[after[0]].kind == "EQUAL"

    def _define(self, left: Left, sides: list[Part], span: Span) -> Iterator[Statement | Line]:
        if self.inline and not self._is_substantial(sides[0]):
            return
        right = self._side(sides[0])
        if isinstance(right, Derivative):  # H = \nabla^2 f
            yield from (self._line(Name(left.name, left.span) if k == 0 else None, own) for k, own in enumerate(sides))
            return
        if left.parameters:
            self.known.written[left.name] = (left.parameters, right)
        yield self.known.declare(Definition(left.name, right, self.source, span))
        if len(sides) > 1:  # X = A = B defines X, and says that A is B
            yield Line(Name(left.name, left.span), right, self.place(sides[0]))
            for own in sides[1:]:
                yield self._line(None, own)

    def _first_line(self, left: Left, sides: list[Part], span: Span) -> Iterator[Line | Definition]:
        """A name that is known is claimed to be something; one that is not is defined in passing."""
        if self.inline and (left.name in self.known.variables or not self._is_substantial(sides[0])):
            return  # `setting $M = J$` claims nothing, and `this gives $w = A^{-1}b$` neither
        if self.inline and left.name not in self.known.names:
            yield from self._in_passing(left, sides[0], span)
            return
        side: Syntax | Derivative | None = Name(left.name, left.span)
        fresh = left.name not in self.known.names
        for own in sides:
            line = self._line(side, own)
            if fresh and line.right is not None:
                self.known.names.add(left.name)
            if fresh and line.right is not None and not isinstance(line.right, Derivative):
                if left.parameters:
                    self.known.written[left.name] = (left.parameters, line.right)
                self.known.objective = left.name
            fresh, side = False, None
            yield line

    def _in_passing(self, left: Left, part: Part, span: Span) -> Iterator[Definition]:
        """``With $Z = XW$``: a definition, if nothing else says what Z is, and something uses it."""
        right = self._side(part)
        if not left.parameters and not isinstance(right, Derivative) and left.name not in names_of(right):
            self.known.passing.append(Definition(left.name, right, self.source, span))
            yield self.known.passing[-1]

    def _is_substantial(self, part: Part) -> bool:
        """Whether it is more than a letter or a number."""
        return part[1] - part[0] > 1 or (self.raw[part[0]].kind == "WORD" and len(self.raw[part[0]].text) > 1)

    def _line(self, left: Syntax | Derivative | None, part: Part) -> Line:
        span = self.place(part) if part[0] < part[1] else self.place((max(part[0] - 1, 0), part[0]))
        try:
            if part[0] >= part[1]:
                raise FormulaError("nothing stands beside this '='", self.expanded.text, [self.raw[part[0] - 1].span])
            return Line(left, self._side(part), span)
        except FormulaError as error:
            if self.inline:
                raise
            return Line(left, None, span, self._error(error))

    def _side(self, part: Part) -> Syntax | Derivative:
        found = None if is_more(self, part) else derivative(self, part)
        if found is None:
            return self._tree(part)
        if found.of == NOTHING:
            found = replace(found, of=Name(self.known.objective, found.span))
        return self.by_its_own(replace(found, of=self._entry(self._joined(found.of))))

    def _entry(self, of: Syntax) -> Syntax:
        """``f_i`` of an f that is known, where f_i is not, is an entry."""
        entry = entry_of(of)
        known = isinstance(entry, Index) and isinstance(entry.base, Name) and entry.base.text in self.known.names
        return entry if known and isinstance(of, Name) and of.text not in self.known.names else of

    def tree(self, part: Part) -> Syntax:
        bounded(self.expanded.text, (self.raw[part[0]].start, self.raw[part[1] - 1].end))
        kept = list(self.raw)
        try:
            self.known.derivatives |= named_inside(self, part)
            return super().tree(part)
        finally:
            self.raw[:] = kept

    def _tree(self, part: Part) -> Syntax:
        return self._joined(self.tree(part))

    def _joined(self, tree: Syntax) -> Syntax:
        """With the functions of the document written out, and differentials as names: ``dX``."""
        tree = written_out(tree, self.known.written)
        return tree if "d" in self.known.names else differentials.in_tree(tree, lambda of: True)
