"""What a name stands for: what is declared, else a size, else a function or constant, else it is to be inferred."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from matcalc.algebra import conjugates, indices
from matcalc.algebra import size as size_constant
from matcalc.algebra.selectors import at_least
from matcalc.errors import FormulaError
from matcalc.expr import COMPLEX, Expr
from matcalc.read import syntax
from matcalc.read.declarations import Declaration
from matcalc.read.syntax import Span, Syntax
from matcalc.read.trees import nodes
from matcalc.shape import Polynomial, Size, add, divide, excess, mul, names, sub, substitute, text
from matcalc.steps.kinds import Entry, inferred, is_greek
from matcalc.steps.signature import signatures
from matcalc.steps.typed import Bound
from matcalc.steps.unify import Sizes

KNOWN = ("declared", "defined", "given")


class Scope:
    """Entries by name in the order in which they were met, and the names of sizes."""

    def __init__(self) -> None:
        self.sizes = Sizes()
        self.entries: dict[str, Entry] = {}
        self.size_names: set[str] = set()
        self.free_indices: set[str] = set()  # what is declared as a size by itself: i : size
        self.bound: dict[str, Bound] = {}  # the indices of the sums that are open
        self.families: dict[str, Declaration] = {}
        self.reach: dict[tuple[str, int, int], list[Size]] = {}  # how far the subscripts of a name go
        self.is_complex = False  # whether one of the names is
        self._sums = 0

    def declare(self, declaration: Declaration) -> None:
        name = declaration.name
        if name in self.entries:
            raise FormulaError(f"{name} is declared twice", declaration.source, [declaration.span])
        if declaration.kind == "size":
            self.size_names.add(name)
            self.free_indices.add(name)
            return
        self.is_complex = self.is_complex or not COMPLEX.isdisjoint(declaration.words)
        if declaration.family is not None:
            self._declare_family(declaration)
            return
        entry = Entry(name, "function" if declaration.kind == "function" else "declared", declaration.shape)
        entry.declaration = declaration
        self.entries[name] = entry
        for size in declaration.shape:
            self.size_names.update(names(size))

    def _declare_family(self, declaration: Declaration) -> None:
        """x_1, …, x_N by the name x."""
        letter, low, high = declaration.family or ("", 1, 1)
        stem = declaration.name.removesuffix("_" + letter)
        if stem in self.entries or stem in self.families:
            raise FormulaError(f"{stem} is declared twice", declaration.source, [declaration.span])
        if low != 1:
            raise FormulaError(
                f"families that begin at {text(low)} are not supported yet", declaration.source, [declaration.span],
                f"write {letter} = 1..N",
            )  # fmt: skip
        self.families[stem] = declaration
        for size in (*declaration.shape, high):
            self.size_names.update(names(size))

    def family(self, name: str) -> Declaration | None:
        """The family that a name is a member of by its subscript, x_i of x; None where the name is something else."""
        stem, _, index = name.rpartition("_")
        return self.families.get(stem) if index and name not in self.entries else None

    def give(self, name: str, expression: Expr) -> None:
        """A name that stands for an expression."""
        self.is_complex = self.is_complex or conjugates.is_complex(expression)
        entry = Entry(name, "given", expression.shape)
        entry.expression = expression
        self.entries[name] = entry
        for size in expression.shape:
            self.size_names.update(names(size))

    def bind(self, letter: str, low: Size, high: Size | None, span: Span) -> Bound:
        """The index of a sum; inner ones have later places."""
        self._sums += 1
        indices.begin()
        least, most = self.extent(low)[0], None if high is None else self.extent(high)[1]
        return Bound(letter, low, high, self._sums, span, least, most)

    def extent(self, size: Size) -> tuple[Size, Size | None]:
        """The least and the most that a size becomes while the indices in it run."""
        ends: list[Size | None] = []
        for upper in (False, True):
            end: Size | None = size
            for bound in reversed(self.bound.values()):
                if end is not None and bound.name in indices.indices_in(end):
                    rises = at_least(sub(substitute(end, {bound.name: add(bound.name, 1)}), end), 0)
                    to = bound.most if rises == upper else bound.least
                    end = None if to is None else substitute(end, {bound.name: to})
            ends.append(end)
        least = ends[0] if ends[0] is not None else size
        return least, ends[1]

    def unbind(self, bound: Bound, outer: Bound | None) -> None:
        """The sum is closed: its letter means again what it meant outside."""
        del self.bound[bound.letter]
        if outer is not None:
            self.bound[bound.letter] = outer

    def known(self, name: str) -> Entry | None:
        """The entry of a name that is declared, defined or given."""
        entry = self.entries.get(name)
        return entry if entry is not None and entry.role in KNOWN else None

    def is_function(self, name: str) -> bool:
        """Whether a name directly before a bracket is a function's: a declared function, or one of the tables."""
        entry = self.entries.get(name)
        if entry is not None and entry.role != "inferred":
            return entry.role == "function"
        return bool(signatures(name))

    def is_free(self, name: str) -> bool:
        """Whether a name is neither declared nor a size."""
        return self.known(name) is None and name not in self.size_names

    def is_d(self, name: str) -> bool:
        """Whether a name before a bracket is the d of a differential: d, unless that is declared as more than a size."""
        entry = self.known(name) if name == "d" else None
        return name == "d" and (entry is None or entry.expression is size_constant(name))

    def differentiated(self, name: str) -> Entry | None:
        """X for the name dX, where X is declared or defined and dX is not."""
        return self.known(name[1:]) if name[0] == "d" and len(name) > 1 and self.is_free(name) else None

    def letter(self, name: str) -> Entry:
        """The entry of a name that stands alone; one that nobody declared is to be inferred."""
        entry = self.entries.get(name)
        if entry is not None:
            return entry
        if name in self.size_names:
            return Entry(name, "size")
        of = self.differentiated(name)
        if of is None:
            entry = inferred(name, self.sizes)
        else:
            entry = Entry(name, "differential")
            entry.of = of
        self.entries[name] = entry
        return entry

    def size(self, tree: Syntax) -> Size | None:
        """A size as an argument: a number, a name, sums and products of these; None for anything else."""
        return self._checked(self._size(tree, {}))

    def place(self, tree: Syntax) -> Size | None:
        """A size that may hold the indices of the sums around it."""
        size = self._checked(self._size(tree, {bound.letter: bound.name for bound in self.bound.values()}))
        halves = isinstance(size, Polynomial) and any(c.denominator != 1 for _, c in size.terms)
        return None if halves and indices.indices_in(size) else size  # type: ignore[arg-type]

    def _checked(self, size: Size | None) -> Size | None:
        if size is not None and ((not isinstance(size, int) and not names(size)) or excess(size)):
            return None  # 1/2, 10^40
        if size is not None:
            self.size_names.update(name for name in names(size) if not indices.is_index(name))
        return size

    def _size(self, root: Syntax, letters: Mapping[str, str]) -> Size | None:
        todo: list[Syntax | Fraction | tuple[int, ...]] = [
            root
        ]  # signs: as many sizes are to be added; (): two to be multiplied
        done: list[Size] = []
        while todo:
            match todo.pop():
                case syntax.Number(int(value), _):
                    done.append(value)
                case syntax.Name(name, _) if name in letters:
                    done.append(letters[name])
                case syntax.Name(name, _) if name in self.bound:
                    return None
                case syntax.Name(name, _) if name in self.size_names or self.known(name) is None:
                    done.append(name)
                case syntax.Group((item,), _):
                    todo.append(item)
                case syntax.Add(signs, terms, _):
                    todo += [signs, *terms]
                case syntax.Negate(operand, _):
                    todo += [(), syntax.Number(-1), operand]
                case syntax.Binary("*", left, right, _):
                    todo += [(), left, right]
                case syntax.Binary("/", left, syntax.Number(int(divisor), _), _) if divisor:
                    todo += [Fraction(1, divisor), left]
                case Fraction() as share if done:
                    done.append(divide(done.pop(), share.denominator))
                case syntax.Juxtapose(factors, _):
                    todo += [()] * (len(factors) - 1) + list(factors)
                case syntax.Power(base, syntax.Number(int(exponent), _), False, _) if 0 < exponent < 10:
                    todo += [()] * (exponent - 1) + [base] * exponent
                case () if done:
                    done.append(mul(done.pop(), done.pop()))
                    if excess(done[-1]):
                        return None
                case (int(), *_) as signs:
                    total: Size = 0
                    for sign in signs:  # the last term was done first, so the first one lies on top
                        total = add(total, done.pop(), 1 if sign == 1 else -1)
                    done.append(total)
                case _:
                    return None
        return done[0]


def is_one_letter(name: str) -> bool:
    """``W``, ``W_1``, ``lambda``, ``Sigma_2``: what mathematics takes for one letter."""
    stem = name.partition("_")[0]
    return len(stem) == 1 or is_greek(name)


def differentiated(tree: Syntax) -> Iterator[Syntax]:
    """What stands in brackets after a d: A B in d(A B)."""
    for node in nodes(tree):
        if isinstance(node, syntax.Juxtapose):
            pairs = zip(node.factors, node.factors[1:], strict=False)
            yield from (right for left, right in pairs if isinstance(left, syntax.Name) and left.text == "d")
