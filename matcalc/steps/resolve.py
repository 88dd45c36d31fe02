"""From the syntax tree to nodes whose names are resolved: what is a call, what a product, a constant, a differential.

Nothing here depends on shapes. The nodes come in postorder, made by an explicit stack, so that depth is no limit.
"""

from __future__ import annotations

from typing import NoReturn, assert_never

from matcalc.errors import NAMED, FormulaError
from matcalc.expr import COMPLEX
from matcalc.read import syntax
from matcalc.read.declarations import Declaration
from matcalc.read.syntax import Span, Syntax
from matcalc.rules.analytic import APART, BESIDE
from matcalc.steps import calls, kinds, latex_letters, latex_names, subscripts, typed
from matcalc.steps.scope import Scope, is_one_letter
from matcalc.steps.signature import signatures
from matcalc.steps.typed import Node

HEIGHT = 200  # of a tower of powers
MARKED = {"^+": "pinv", "_×": "crossmat"}
MINUS_ONE = syntax.Negate(syntax.Number(1))


class Resolver:
    """The nodes of some definitions and a formula, all names in one scope. ``spelling`` is "plain" or "latex".

    ``divides_entries``: ``/`` by an array is taken entry by entry, as fractions of LaTeX are.
    """

    def __init__(self, scope: Scope, spelling: str = "plain", divides_entries: bool = False) -> None:
        self.scope = scope
        self.spelling = spelling
        self.divides_entries = divides_entries
        self.order: list[Node] = []
        self.source = ""
        self._tasks: list[Syntax | Node] = []

    def resolve(self, tree: Syntax, source: str) -> Node:
        """The root of the tree; its nodes are added to ``order``."""
        self.source = source
        self._refuse_towers(tree)
        tasks = self._tasks
        tasks.append(tree)
        values: list[Node] = []
        while tasks:
            task = tasks.pop()
            if isinstance(task, Node):
                if arity := task.arity:
                    task.parts = tuple(values[-arity:])
                    del values[-arity:]
                task.index = len(self.order)
                task.source = source
                if type(task) is typed.IndexSum:
                    self.scope.unbind(task.bound, task.outer)
                self.order.append(task)
                values.append(task)
            else:
                self._open(task)
        return values[0]

    def _refuse_towers(self, tree: Syntax) -> None:
        """Powers in exponents in exponents, and of powers of powers: their derivative grows with the square of the height."""
        if self.source.count("^") <= HEIGHT:
            return
        todo: list[tuple[object, int]] = [(tree, 0)]
        while todo:
            node, height = todo.pop()
            if isinstance(node, syntax.Power):
                if height >= HEIGHT:
                    self.error(f"more than {HEIGHT} powers stand in one another", node.span, NAMED)
                todo += [(node.base, height + _is_open(node.exponent)), (node.exponent, height + 1)]
            elif isinstance(node, tuple):
                todo += [(part, height) for part in node]

    def push(self, node: Node, *parts: Syntax) -> None:
        """The parts come first, from left to right, then the node that holds them."""
        self._tasks.append(node)
        self._tasks.extend(reversed(parts))

    def push_tree(self, tree: Syntax) -> None:
        """This is what is meant by the tree that is being read."""
        self._tasks.append(tree)

    def error(self, message: str, span: Span, hint: str = "") -> NoReturn:
        raise FormulaError(message, self.source, [span], hint)

    def unsupported(self, what: str, span: Span) -> NoReturn:
        self.error(f"{what} are not supported yet", span)

    def _open(self, tree: Syntax) -> None:
        match tree:
            case syntax.Name(text, span):
                self._name(text, span)
            case syntax.Number(value, span):
                self.push(typed.Number(span, value))
            case syntax.Juxtapose(factors, span):
                joined = calls.joined(self, factors)
                if len(joined) == 1:
                    self._tasks.append(joined[0])
                else:
                    self.push(typed.Product(span, len(joined), True), *joined)
            case syntax.Group(items, span):
                if len(items) != 1 or isinstance(items[0], syntax.Range):
                    self.error("a list in brackets makes sense only after a function's name", span)
                self._tasks.append(items[0])
            case syntax.Add(signs, terms, span):
                self.push(typed.Sum(span, signs), *terms)
            case syntax.Negate(operand, span):
                self.push(typed.Sum(span, (-1,)), operand)
            case syntax.Binary(operator, left, right, span):
                node = _binary(operator, span, self.divides_entries)
                if node is None:
                    calls.function(self, latex_names.SIGNS.get(operator, operator), (left, right), span)
                else:
                    self.push(node, left, right)
            case syntax.Postfix(mark, base, span):
                self._postfix(mark, base, span)
            case syntax.Power(base, exponent, entrywise, span):
                self._power(base, exponent, entrywise, span)
            case syntax.Apply(function, arguments, primes, span):
                calls.apply(self, function, arguments, primes, span)
            case syntax.Bars(mark, body, subscript, span):
                calls.bars(self, mark, body, subscript, span)
            case syntax.Index(base, places, span):
                alone = places[0] if self.spelling == "latex" and len(places) == 1 else None
                if not latex_letters.subscripted(self, base, alone, span):
                    subscripts.index(self, base, places, span)
            case syntax.Block(rows, span):
                parts = [part for row in rows for part in row]
                if len(parts) == 1:
                    self._tasks.append(parts[0])
                else:
                    self.push(typed.Block(span, tuple(map(len, rows))), *parts)
            case syntax.Range(_, _, _, span):
                self.unsupported("sums over an index", span)
            case _:
                assert_never(tree)

    def _name(self, text: str, span: Span) -> None:
        """A name that stands alone: declared, a size, a constant, the name of a function (an error), to be inferred."""
        if self.spelling == "latex" and latex_names.by_name(self, text, span):
            return
        if self.scope.bound:
            if text in self.scope.bound:
                self.push(typed.Letter(span, kinds.index_entry(self.scope.bound[text].name)))
                return
            if self.scope.family(text) is None and subscripts.by_name(self, text, span):
                return
        if self.scope.families and subscripts.member(self, text, span):
            return
        entry = self.scope.entries.get(text)
        if entry is None and text in self.scope.families:
            self.error(f"{text} is a family", span, f"one of it is {self.scope.families[text].name}")
        if entry is None and text not in self.scope.size_names:
            if calls.constant(self, text, span):
                return
            if self.scope.is_function(text) and not is_one_letter(text):
                self.error(f"{text} is a function", span, f"write {text}( … ), or declare {text} if it is a name")
            if self._entry_by_subscript(text, span):
                return
        elif entry is not None and entry.role == "function":
            self.error(f"{text} is declared as a function", span, f"write {text}( … )")
        elif entry is not None and entry.declaration is not None:
            declaration = entry.declaration
            if not COMPLEX.isdisjoint(declaration.words):
                self._complex(declaration, span)
        self.push(typed.Letter(span, self.scope.letter(text)))

    def _is_bound(self, name: str) -> bool:
        """Whether a name is an index, or one of a family."""
        return name in self.scope.bound or self.scope.family(name) is not None

    def _complex(self, declaration: Declaration, span: Span) -> None:
        """A complex letter; what is meant by the other properties of real numbers is not guessed."""
        words = set(declaration.words)
        wrong = sorted(words - BESIDE) or (sorted(words & APART) if words & {"hermitian", "unitary"} else [])
        if wrong:
            hint = "a hermitian matrix is declared hermitian" if wrong[0] in ("spd", "psd") else ""
            self.error(f"complex and {wrong[0]} together are not supported yet", span, hint)

    def _entry_by_subscript(self, text: str, span: Span) -> bool:
        """In LaTeX ``x_1`` is the entry of x where x is declared and x_1 is not."""
        found = latex_names.entry(self.scope, text) if self.spelling == "latex" and "_" in text else None
        if found is not None:
            base, places = found
            subscripts.index(self, syntax.Name(base, span), subscripts.written(places, span), span)
        return found is not None

    def _postfix(self, mark: str, base: Syntax, span: Span) -> None:
        if mark in ("^+", "^-T") and (of := self._differentiated(base)):
            self.push(typed.Differential(span, 1), syntax.Postfix(mark, of, span))
        elif mark in MARKED:
            calls.function(self, MARKED[mark], (base,), span)
        elif mark == "^-T":
            self.push(typed.Transpose(span, 1), syntax.Power(base, MINUS_ONE, False, span))
        elif mark in ("^T", "^H") and self.scope.known(mark[1:]) and self._is_e(base):  # e^H of a matrix H
            calls.exponential(self, syntax.Name(mark[1:], (span[1] - 1, span[1])), span)
        elif mark == "^T" and (entry := self.scope.known("T")) and (entry.rows, entry.cols) == (1, 1):
            self.push(typed.Power(span, False, transposes=True), base, syntax.Name("T", (span[1] - 1, span[1])))
        else:
            if isinstance(base, syntax.Name) and self._is_letter(base.text):
                kinds.transposed(self.scope.letter(base.text))
            conjugated = mark == "^H" and self.scope.is_complex
            self.push(typed.Transpose(span, 1), syntax.Apply("conj", (base,), 0, span) if conjugated else base)

    def _is_letter(self, name: str) -> bool:
        """Whether a name that is transposed stands for itself: no size, no constant, no entry of another name."""
        scope = self.scope
        if self._is_bound(name):
            return False
        if name in scope.entries:
            return True
        if name in scope.size_names or name == "1" or any(not s.arguments for s in signatures(name)):
            return False
        return self.spelling == "plain" or "_" not in name or latex_names.is_letter(scope, name)

    def _power(self, base: Syntax, exponent: Syntax, entrywise: bool, span: Span) -> None:
        if not entrywise and (of := self._differentiated(base)):  # dX^-1 is d(X^-1)
            self.push(typed.Differential(span, 1), syntax.Power(of, exponent, False, span))
        elif self._is_e(base):
            calls.exponential(self, exponent, span)
        elif self.spelling == "latex" and _is_t(exponent) and self.scope.is_free("t") and "t" not in self.scope.entries:
            self.push(typed.Transpose(span, 1), base)  # X^t
        else:
            self.push(typed.Power(span, entrywise), base, exponent)

    def _is_e(self, base: Syntax) -> bool:
        """Whether the base of a power is Euler's number."""
        named = isinstance(base, syntax.Name) and base.text == "e"
        return named and self.spelling == "latex" and self.scope.is_free("e")

    def _differentiated(self, tree: Syntax) -> Syntax | None:
        """X where the tree is the differential dX."""
        if isinstance(tree, syntax.Name) and self.scope.differentiated(tree.text):
            return syntax.Name(tree.text[1:], (tree.span[0] + 1, tree.span[1]))
        return None


def _is_t(exponent: Syntax) -> bool:
    return isinstance(exponent, syntax.Name) and exponent.text == "t"


def _binary(operator: str, span: Span, divides_entries: bool) -> Node | None:
    """The node of an operator; None for a comparison, which is a function of the tables."""
    match operator:
        case "*":
            return typed.Product(span, 2, False)
        case "/":
            return typed.Quotient(span, divides_entries)
        case ":":
            return typed.Frobenius(span, 2)
        case "⊗":
            return typed.Kronecker(span, 2)
        case ".*" | "./":
            return typed.Entrywise(span, operator)
        case _:
            return None


def _is_open(exponent: Syntax) -> bool:
    """Whether an exponent is more than a number or a mark of transposition, so that powers of the power do not merge."""
    while isinstance(exponent, syntax.Group) and len(exponent.items) == 1:
        exponent = exponent.items[0]
    return not isinstance(exponent, syntax.Number) and not (isinstance(exponent, syntax.Name) and exponent.text in "TH")
