"""What is said about a text that does not fit the grammar: the place, what was expected, what to try.

The causes are tried in order; each looks at the token that does not fit and at those around it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matcalc.errors import FormulaError
from matcalc.read.declared import KINDS, PROPERTIES, nearest
from matcalc.read.names import canonical
from matcalc.read.parser import Unexpected, expected
from matcalc.read.syntax import Span
from matcalc.read.tokens import CLOSING, END, OPENING, OPERANDS, Token


@dataclass(frozen=True, slots=True)
class Fault:
    """The token that does not fit, and what the causes need to know about its place."""

    tokens: list[Token]
    place: int
    expected: frozenset[str]

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    @property
    def before(self) -> Token:
        """The token before, or a START."""
        return self.tokens[self.place - 1] if self.place else Token("START", "", 0, 0)

    @property
    def is_after_operand(self) -> bool:
        return self.before.kind in OPERANDS

    def same_depth(self) -> list[Token]:
        """The tokens from the innermost open bracket up to this one, without what is in brackets of their own."""
        out: list[Token] = []
        depth = 0
        for token in reversed(self.tokens[: self.place]):
            depth += (token.kind in CLOSING) - (token.kind in OPENING)
            if depth <= 0 and token.kind not in CLOSING:
                out.append(token)
            if depth < 0:
                break
        return out[::-1]


Complaint = tuple[str, list[Span], str] | None  # message, places, hint
Cause = Callable[[Fault], Complaint]


def complaint(
    grammar: str, text: str, tokens: list[Token], unexpected: Unexpected, causes: Sequence[Cause]
) -> FormulaError:
    """The error to raise where the parser met a token that does not fit; the first cause that knows it has its say."""
    fault = Fault(tokens, unexpected.place, expected(grammar, unexpected.states))
    for cause in causes:
        found = cause(fault)
        if found:
            return FormulaError(found[0], text, found[1], found[2])
    return FormulaError(f"{_quoted(fault.token)} does not fit here", text, [fault.token.span], _wanted(fault.expected))


def _quoted(token: Token) -> str:
    return f"'{token.text.strip()}'" if token.text.strip() else "the end"


# fmt: off
_PREFIX   = OPENING | {"START", "COMMA", "SEMICOLON", "_NEWLINE"}
_POSTFIX  = {"POWER", "ENTRYWISE_POWER", "PRIME", "PSEUDOINVERSE", "SUPERSCRIPT", "SUBSCRIPT"}
_INFIX    = {"PLUS", "MINUS", "TIMES", "HADAMARD", "KRONECKER", "OVER", "ENTRYWISE_OVER", "COLON", "COMPARE", "EQUAL",
             "_RANGE", "_BECOMES"}
_FINISHES = CLOSING | {END, "COMMA", "SEMICOLON", "_NEWLINE", "_RANGE"}
_POWERS   = {"POWER", "ENTRYWISE_POWER"}
_WORDS = {  # what the parser expects, in a user's words, the likeliest first
    "NAME": "a name", "NUMBER": "a number", "LPAR": "'('", "PLUS": "an operator", "COMMA": "','", "COLON": "':'",
    "RPAR": "')'", "RSQB": "']'", "RBRACE": "'}'", "_RANGE": "'..'", "EQUAL": "'='", END: "the end",
}
# fmt: on


def _wanted(kinds: frozenset[str]) -> str:
    words = [word for kind, word in _WORDS.items() if kind in kinds]
    return "expected " + " or ".join(words) if words else ""


def _nothing(fault: Fault) -> Complaint:
    if len(fault.tokens) > 1:
        return None
    return "there is no formula here", [(0, 0)], "type one, such as tr(A X)"


def _latex(fault: Fault) -> Complaint:
    for token in fault.tokens[: fault.place + 1]:
        if token.kind == "NAME" and canonical(token.text) is None:
            hint = "this is the plain spelling; LaTeX is read with syntax='latex'"
            return f"'{token.text}' is LaTeX", [token.span], hint
    return None


def _equals(fault: Fault) -> Complaint:
    if fault.token.kind not in ("EQUAL", "_BECOMES"):
        return None
    place = [fault.token.span]
    if fault.before.kind == "COLON" or fault.token.kind == "_BECOMES":
        return "a definition is not part of a formula", place, "give it with the declarations, or on a line of its own"
    if any(token.kind == "LPAR" for token in fault.same_depth()[:1]):
        return "'=' only gives an index its range, first in its bracket", place, "write sum(i=1..n, x[i])"
    return "a formula has no '='", place, "define with X := …, compare with < > <= >="


def _does_not_associate(fault: Fault) -> Complaint:
    kind = fault.token.kind
    if kind not in ("COLON", "COMPARE") or not fault.is_after_operand:
        return None
    earlier = [token for token in fault.same_depth() if token.kind == kind]
    if not earlier:
        return None
    places = [earlier[-1].span, fault.token.span]
    if kind == "COLON":
        return "':' does not associate: A : B : C has no meaning", places, "write brackets: (A : B) * (C : D)"
    return "comparisons do not associate: x < y < z has no meaning", places, "write (x < y) .* (y < z)"


def _range(fault: Fault) -> Complaint:
    token, hint = fault.token, "write sum(i=1..n, x[i])"
    if token.kind == "_RANGE" and fault.is_after_operand:
        return f"'{token.text}' only gives an index its range, first in its bracket", [token.span], hint
    if "_RANGE" in fault.expected and token.kind in _FINISHES:
        return "an index runs over a range", [fault.before.span, token.span], hint
    if token.kind == "RPAR" and "COMMA" in fault.expected and "RPAR" not in fault.expected:
        return "nothing is summed over this index", [(fault.same_depth()[1].start, fault.before.end)], hint
    return None


def _exponent(fault: Fault) -> Complaint:
    before = fault.before
    signed = before.kind == "MINUS" and fault.place > 1 and fault.tokens[fault.place - 2].kind in _POWERS
    if not signed and before.kind not in _POWERS:
        return None
    hint = "an exponent is a number, a name or a bracket: A^2, A^-k, A^(1/2)"
    if fault.token.text == "*":
        hint = "the conjugate transpose is A^H"
    if fault.token.kind in _FINISHES:
        return f"'{before.text}' has no exponent", [before.span], hint
    return f"{_quoted(fault.token)} is no exponent", [fault.token.span], hint


def _missing(fault: Fault) -> Complaint:
    """An operand that is not there: at the right of an operator, at its left, or between two tokens."""
    before, token = fault.before, fault.token
    hint = "expected a name, a number or a bracket"
    if before.kind in _INFIX and token.kind in _FINISHES:
        return f"'{before.text}' has nothing on its right", [before.span], hint
    if before.kind in _PREFIX and token.kind in _POSTFIX | _INFIX:
        return f"'{token.text}' has nothing on its left", [token.span], hint
    if before.kind in _INFIX | _PREFIX and token.kind in _FINISHES | _POSTFIX | _INFIX and before.text.strip():
        if (before.text, token.text) == ("*", "*"):
            hint = "a power is written ^"
        if not token.text.strip():
            return f"nothing stands after '{before.text}'", [before.span], hint
        return f"nothing stands between '{before.text}' and '{token.text}'", [before.span, token.span], hint
    return None


def _separator(fault: Fault) -> Complaint:
    token = fault.token
    if token.kind not in ("COMMA", "SEMICOLON"):
        return None
    opening = next((t for t in fault.same_depth()[:1] if t.kind in OPENING), None)
    if opening is None:
        return f"'{token.text}' stands outside brackets", [token.span], ""
    if token.kind == "SEMICOLON":
        return "';' separates the rows of a block", [opening.span, token.span], "a block is [A, B; C, D], after a space"
    return f"'{opening.text}' holds one expression", [opening.span, token.span], ""


def _brace(fault: Fault) -> Complaint:
    if fault.token.kind != "LBRACE":
        return None
    return "'{' is no bracket here", [fault.token.span], "write ( ) round expressions and [ ] round blocks"


CAUSES: Sequence[Cause] = (
    _nothing, _latex, _equals, _does_not_associate, _range, _exponent, _brace, _missing, _separator,
)  # fmt: skip

SETS = "the sets are R and C: x in R^n, U in R^(m x n), Z ∈ ℂ^{m×n}"


def _no_kind(fault: Fault) -> Complaint:
    """What stands after the name of a declaration."""
    before, token = fault.before, fault.token
    if before.kind == "NAME" and token.kind == "EQUAL" and "_BECOMES" in fault.expected:
        return "a definition is written with ':='", [token.span], f"write {before.text} := …"
    if before.kind == "NAME" and "IN" in fault.expected:
        hint = "a declaration is x : vector(n), a definition X := A x"
        if before.text in PROPERTIES:
            hint = f"a property follows a comma: …, {before.text}"
        return f"'{before.text}' is not declared as anything", [before.span], hint
    if before.kind == "COMPLEX" or (before.kind == "COLON" and "COMPLEX" in fault.expected):
        return "the kind is missing", [before.span], "there are " + ", ".join(KINDS)
    if before.kind == "IN" or (before.kind == "POWER" and "MINUS" not in fault.expected):
        return "the set is not complete", [before.span], SETS
    return None


def _no_size(fault: Fault) -> Complaint:
    """Sizes are not written as factors and powers."""
    if "_BY" in fault.expected:
        return "this is no size", [fault.token.span], "sizes of a set are separated by x or ×: R^(m x n)"
    if fault.expected >= {"PLUS", "COMMA"} and fault.token.kind in ("NAME", "NUMBER", "LPAR", "POWER"):
        return "this is no size", [fault.token.span], "sizes are separated by commas: matrix(m, n); a product is m*n"
    return None


def _no_property(fault: Fault) -> Complaint:
    before, token = fault.before, fault.token
    is_property = before.kind == "NAME" and fault.place > 1 and fault.tokens[fault.place - 2].kind == "COMMA"
    if is_property and token.kind in ("COLON", "IN", "_BECOMES"):
        hint = "separate declarations by spaces, ';' or lines"
        return f"'{before.text}' is no property of what stands before", [before.span], hint
    if is_property and token.kind == "MINUS":
        return "a property is one word", [before.span, token.span], nearest("", PROPERTIES)
    if before.kind == "COMMA" and token.kind in (END, "_NEWLINE", "SEMICOLON") and "NAME" in fault.expected:
        return "a property is missing after ','", [before.span], nearest("", PROPERTIES)
    return None


DECLARATION_CAUSES: Sequence[Cause] = (_no_kind, _no_size, _no_property, *CAUSES)
