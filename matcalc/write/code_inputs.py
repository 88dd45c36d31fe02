"""The head of an emitted function: arrays made of what is given, their sizes read off and held against the declared.

>>> A, x = Symbol("A", ("m", "n")), Symbol("x", ("n", 1))
>>> for line in head([A, x], Naming([A, x], []), {"m"}).lines:
...     print(line)
A = _array("A", A, "matrix(m, n)", ("m", "n"))
m, n = A.shape
x = _array("x", x, "vector(n), n as in A", (n,))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.expr import Symbol
from matcalc.shape import Polynomial, Size, names, shape_text, sub, substitute, text
from matcalc.write.code_names import Naming, size_code

# What the emitted lines call; those that a function needs stand above it.
HELPERS: dict[str, str] = {
    "_floats": '''
def _floats(name, value):
    """The value as an array of floating point numbers."""
    try:
        array = np.asarray(value)
        if value is None or array.dtype.kind not in "fcbiuO":
            raise TypeError
        return array if array.dtype.kind in "fc" else array.astype(float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is no array of numbers: {value!r:.60}") from None
''',
    "_array": '''
def _array(name, value, declared, shape):
    """The value as an array of the shape; a size given as text is free, and the same text the same size."""
    array = _floats(name, value)
    free = {}
    fits = array.ndim == len(shape) and all(
        size == (free.setdefault(wanted, size) if isinstance(wanted, str) else wanted)
        for size, wanted in zip(array.shape, shape)
    )
    if not fits:
        wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name} : {declared}: the shape must be ({wanted}), and here it is {array.shape}")
    return array
''',
    "_number": '''
def _number(name, value, *arrays):
    """The value as a number; a Python number takes the precision of the arrays."""
    number = _floats(name, value)
    if number.size != 1:
        raise ValueError(f"{name} : scalar: this must be a number, and here it is an array of shape {number.shape}")
    if arrays and isinstance(value, (int, float, complex)) and not isinstance(value, np.generic):
        number = number.astype(np.result_type(value, *[array.real.dtype for array in arrays]))
    return number.reshape(())
''',
    "_size": '''
def _size(name, value):
    """The value as a size."""
    if value != int(value) or value < 1:
        raise ValueError(f"{name} is a size, a positive whole number, and here it is {value}")
    return int(value)
''',
}
NEEDS = {"_array": ["_floats"], "_number": ["_floats"]}


@dataclass
class Head:
    """The first lines of a function; ``unknown`` are sizes that no argument shows, which become parameters."""

    lines: list[str] = field(default_factory=list)
    helpers: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)


def head(arguments: Sequence[Symbol], naming: Naming, needed: Collection[str]) -> Head:
    """The head for these arguments; ``needed`` are the sizes that the body uses."""
    reader = _Reader(arguments, naming, needed, {})
    unknown = sorted(set(needed) - set(reader.known))
    if not unknown:
        return reader.out
    return _Reader(arguments, naming, needed, {name: naming.add_size(name) for name in unknown}).out


class _Reader:
    """Reads the arguments in an order in which each size is known as early as it can be."""

    def __init__(
        self, arguments: Sequence[Symbol], naming: Naming, needed: Collection[str], given: Mapping[str, str]
    ) -> None:
        self.naming = naming
        self.out = Head(unknown=list(given.values()))
        self.known: dict[Size, str] = {}  # what stands for a size in the code
        self.origin: dict[str, str] = dict.fromkeys(given, "given")
        for name, public in given.items():
            self.known[name] = naming.size(name)
            self._call("_size", self.known[name], public)
        waiting = [argument for argument in arguments if not argument.is_scalar]
        arrays = [naming.variable(argument) for argument in waiting]
        self.wanted = set(needed) | _compared(waiting)
        while waiting:
            argument = min(waiting, key=self._unclear)
            waiting.remove(argument)
            self._read(argument)
        for argument in arguments:
            if argument.is_scalar:
                self._call("_number", naming.variable(argument), naming.arguments[argument.name][0], *arrays)

    def _call(self, helper: str, variable: str, public: str, *others: str, end: str = "") -> None:
        self.out.helpers.update([helper, *NEEDS.get(helper, [])])
        self.out.lines.append(f"{variable} = {helper}({', '.join([_quoted(public), variable, *others])}){end}")

    def _unclear(self, argument: Symbol) -> tuple[int, int]:
        """How many names in sums and products are not known, and the longest product: the least is read first."""
        sizes = [size for size in argument.shape if isinstance(size, Polynomial) and self._unknown(size)]
        return len(self._unknown(*sizes)), max(
            (len(monomial) for size in sizes for monomial, _ in size.terms), default=0
        )

    def _unknown(self, *sizes: Size) -> set[str]:
        return {name for size in sizes for name in names(size) if name not in self.known}

    def _code(self, size: Size) -> str:
        """A size in the code; in quotes where it is not known."""
        if size in self.known:
            return self.known[size]
        return _quoted(text(size)) if self._unknown(size) else size_code(size, self.known.__getitem__)

    def _read(self, argument: Symbol) -> None:
        self._check(argument)
        variable = self.naming.variable(argument)
        dims = [size for size in argument.shape if size != 1]
        lengths = [f"{variable}.shape[{axis}]" for axis in range(len(dims))]
        plain = [size for size in dims if isinstance(size, str) and size in self.wanted and size not in self.known]
        whole = len(set(plain)) == len(dims) > 1
        if whole:
            self.out.lines.append(", ".join(map(self.naming.size, plain)) + f" = {variable}.shape")
        for size, length in zip(dims, lengths, strict=True):
            if size in plain and size not in self.known:
                self._learn(str(size), argument, "" if whole else length)
        for size, length in zip(dims, lengths, strict=True):
            if isinstance(size, Polynomial) and size not in self.known and self._unknown(size):
                self._solve(size, length, argument)
        if sum(isinstance(size, Polynomial) for size in dims) and len(dims) > 1:
            self._check(argument)  # what one size has shown holds for the other

    def _learn(self, name: str, argument: Symbol, code: str) -> None:
        self.known[name] = self.naming.size(name)
        self.origin[name] = f"in {self.naming.arguments[argument.name][0]}"
        if code:
            self.out.lines.append(f"{self.known[name]} = {code}")

    def _check(self, argument: Symbol) -> None:
        """The line that holds an argument's shape against what is known. Rows go on as (n,)."""
        dims = argument.shape[:1] if argument.cols == 1 else argument.shape
        shape = ", ".join(map(self._code, dims)) + ("," if len(dims) == 1 else "")
        seen = {name: self.origin[name] for size in dims for name in names(size) if name in self.origin}
        alike = {origin: [name for name in seen if seen[name] == origin] for origin in seen.values()}
        words = shape_text(argument.shape) + "".join(f", {' and '.join(alike[origin])} as {origin}" for origin in alike)
        end = "[0]" if argument.rows == 1 else ""
        public = self.naming.arguments[argument.name][0]
        self._call("_array", self.naming.variable(argument), public, _quoted(words), f"({shape})", end=end)

    def _solve(self, size: Polynomial, length: str, argument: Symbol) -> None:
        """vector(n+1) shows n, and so does vector(m*n) when m is known; others are compared among themselves."""
        unknown = sorted(self._unknown(size))
        parts = _linear(size, unknown[0]) if len(unknown) == 1 and unknown[0] in self.wanted else None
        if parts is None:
            self.known[size] = length
            return
        factor, rest = (size_code(part, self.known.__getitem__) for part in parts)
        above = length if rest == "0" else f"{length} - ({rest})" if " " in rest else f"{length} - {rest}"
        whole = above if factor == "1" else f"({above}) // ({factor})"
        self._learn(unknown[0], argument, whole)
        if factor != "1":
            self._check(argument)


def _compared(arguments: Sequence[Symbol]) -> set[str]:
    """The names that stand in several arguments, or in several ways in one: what they stand for is compared."""
    counts = Counter(name for argument in arguments for size in set(argument.shape) for name in names(size))
    return {name for name, count in counts.items() if count > 1}


def _linear(size: Polynomial, name: str) -> tuple[Size, Size] | None:
    """(c, d) where the size is c · name + d, with whole numbers and without the name in them."""
    if any(monomial.count(name) > 1 or c.denominator != 1 for monomial, c in size.terms):
        return None
    at_zero, at_one = substitute(size, {name: 0}), substitute(size, {name: 1})
    return sub(at_one, at_zero), at_zero


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
