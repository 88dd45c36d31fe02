"""The head of an emitted function: arrays made of what is given, their sizes read off and held against the declared.

>>> A, x = Symbol("A", ("m", "n")), Symbol("x", ("n", 1))
>>> for line in head([A, x], Naming([A, x], []), {"m"}).lines:
...     print(line)
A, x = _floats(A=A, x=x)
if A.ndim != 2:
    raise _misfit(A, "A : matrix(m, n)", "m", "n")
m, n = A.shape
if x.shape != (n,):
    raise _misfit(x, "x : vector(n), n as in A", n)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.expr import Symbol
from matcalc.shape import Polynomial, Size, names, shape_text, sub, substitute, text
from matcalc.write.code.names import Naming, size_code

MISFIT = '''
def _misfit(array, declared, *shape):
    """The error for an array of another shape than was declared."""
    wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    return ValueError(f"{declared}: the shape must be ({wanted}), and here it is {tuple(array.shape)}")
'''
SIZE = '''
def _size(name, value):
    """The value as a size."""
    if value != int(value) or value < 1:
        raise ValueError(f"{name} is a size, a positive whole number, and here it is {value}")
    return int(value)
'''

WHOLE = '''
def _whole(value):
    """The exponent of a power of a matrix."""
    if value != int(value):
        raise ValueError(f"the power of a matrix needs a whole number as its exponent, and here it is {float(value)}")
    return int(value)
'''
COUNT = '''
def _count(value):
    """How many terms a sum has."""
    if value != int(value) or value < 0:
        raise ValueError(f"a sum has a whole number of terms, 0 or more, and here it is {float(value)}")
    return int(value)
'''

# What the emitted lines call, for NumPy; those that a function needs stand above it.
HELPERS: dict[str, str] = {
    "_floats": '''
def _floats(**given):
    """The values as floating point numbers of one type: that of the arrays; plain numbers take it."""
    values = given.values()
    types = {value.dtype if type(value) is np.ndarray else type(value) for value in values}
    if len(types) == 1 and getattr(next(iter(types)), "kind", "") in ("f", "c"):
        return values
    types.discard(float)
    if len(types) == 1 and getattr(dtype := types.pop(), "kind", "") in ("f", "c"):
        return [value if type(value) is np.ndarray else dtype.type(value) for value in values]
    return _converted(given)


def _converted(given):
    """The same for lists, whole numbers, and arrays of several types."""
    try:
        arrays = {name: np.asarray(value) for name, value in given.items()}
        kinds = {name: array.dtype.kind for name, array in arrays.items()}
        numbers = {name for name, value in given.items() if type(value) in (float, complex)}
        strong = [array.dtype for name, array in arrays.items() if kinds[name] in "fc" and name not in numbers]
        weak = [given[name] for name in given if name in numbers]
        dtype = np.result_type(*strong, *weak) if strong or weak else np.dtype(float)
        for name, array in arrays.items():
            if kinds[name] not in "fcbiuO" or given[name] is None:
                raise TypeError
            arrays[name] = array.astype(dtype, copy=False)
    except (TypeError, ValueError):
        name = next((name for name, value in given.items() if not _usable(value)), "this")
        raise ValueError(f"{name} is no array of numbers: {given.get(name)!r:.60}") from None
    return list(arrays.values())


def _usable(value):
    """Whether a value can be an array of floating point numbers."""
    try:
        array = np.asarray(value)
        return value is not None and array.dtype.kind in "fcbiuO" and array.astype(complex) is not None
    except (TypeError, ValueError):
        return False
''',
    "_misfit": MISFIT,
    "_number": '''
def _number(name, array):
    """An array of one entry as a number."""
    if array.size != 1:
        raise ValueError(f"{name} : scalar: this must be a number, and here it is an array of shape {array.shape}")
    return array.reshape(())
''',
    "_size": SIZE,
    "_whole": WHOLE,
    "_count": COUNT,
}


@dataclass
class Head:
    """The first lines of a function; ``unknown`` are sizes that no argument shows, which become parameters."""

    lines: list[str] = field(default_factory=list)
    helpers: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)


def head(arguments: Sequence[Symbol], naming: Naming, needed: Collection[str], namespace: str = "") -> Head:
    """The head for these arguments; ``needed`` are the sizes that the body uses, ``namespace`` where arrays are made."""
    reader = _Reader(arguments, naming, needed, {}, namespace)
    unknown = sorted(set(needed) - set(reader.known))
    if not unknown:
        return reader.out
    return _Reader(arguments, naming, needed, {name: naming.add_size(name) for name in unknown}, namespace).out


class _Reader:
    """Reads the arguments in an order in which each size is known as early as it can be."""

    def __init__(
        self,
        arguments: Sequence[Symbol],
        naming: Naming,
        needed: Collection[str],
        given: Mapping[str, str],
        namespace: str,
    ) -> None:
        self.naming = naming
        self.namespace = namespace
        self.out = Head(unknown=list(given.values()))
        self.known: dict[Size, str] = {}  # what stands for a size in the code
        self.origin: dict[str, str] = dict.fromkeys(given, "given")
        self.flat: list[str] = []  # rows, which go on as (n,)
        for name, public in given.items():
            self.known[name] = naming.size(name)
            self._call("_size", self.known[name], public)
        waiting = [argument for argument in arguments if not argument.is_scalar]
        self.wanted = set(needed) | compared(waiting)
        if arguments:
            self._convert(arguments)
        while waiting:
            argument = min(waiting, key=self._unclear)
            waiting.remove(argument)
            self._read(argument)
        for argument in arguments:
            if argument.is_scalar:
                variable = naming.variable(argument)
                self.out.lines.append(f"if {variable}.ndim:")
                self._call("_number", variable, naming.arguments[argument.name][0], indent="    ")
        self.out.lines += [f"{variable} = {variable}[0]" for variable in self.flat]

    def _convert(self, arguments: Sequence[Symbol]) -> None:
        """The line that makes all of them floating point numbers of one type."""
        self.out.helpers.add("_floats")
        variables = [self.naming.variable(argument) for argument in arguments]
        given = [f"{self.naming.arguments[a.name][0]}={v}" for a, v in zip(arguments, variables, strict=True)]
        left = ", ".join(variables) + ("," if len(variables) == 1 else "")
        if self.namespace:
            arrays = ", ".join(variables)
            self.out.lines.append(f"xp = {self.namespace.replace('X', arrays)}")
            given.insert(0, "xp")
        self.out.lines.append(f"{left} = _floats({', '.join(given)})")

    def _call(self, helper: str, variable: str, public: str, indent: str = "") -> None:
        self.out.helpers.add(helper)
        self.out.lines.append(f"{indent}{variable} = {helper}({_quoted(public)}, {variable})")

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
        known = len(self.known)
        variable = self.naming.variable(argument)
        dims = [size for size in argument.shape if size != 1]
        lengths = [f"{variable}.shape[{axis}]" for axis, size in enumerate(argument.shape) if size != 1]
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
        if sum(isinstance(size, Polynomial) for size in dims) and len(dims) > 1 and len(self.known) > known:
            self._check(argument)  # what one size has shown holds for the other

    def _learn(self, name: str, argument: Symbol, code: str) -> None:
        self.known[name] = self.naming.size(name)
        self.origin[name] = f"in {self.naming.arguments[argument.name][0]}"
        if code:
            self.out.lines.append(f"{self.known[name]} = {code}")

    def _check(self, argument: Symbol) -> None:
        """The line that holds an argument's shape against what is known."""
        dims = argument.shape[:1] if argument.cols == 1 else argument.shape
        sizes = [self._code(size) for size in dims]
        public, variable = self.naming.arguments[argument.name][0], self.naming.variable(argument)
        self.out.helpers.add("_misfit")
        self.out.lines.append(f"if {_differs(variable, sizes)}:")
        words = _quoted(f"{public} : {self._words(argument, dims)}")
        self.out.lines.append(f"    raise _misfit({', '.join([variable, words, *sizes])})")
        if argument.rows == 1 and variable not in self.flat:
            self.flat.append(variable)

    def _words(self, argument: Symbol, dims: Sequence[Size]) -> str:
        """The declaration, and where its sizes are known from."""
        seen = {name: self.origin[name] for size in dims for name in names(size) if name in self.origin}
        alike = {origin: [name for name in seen if seen[name] == origin] for origin in seen.values()}
        return shape_text(argument.shape) + "".join(f", {' and '.join(alike[origin])} as {origin}" for origin in alike)

    def _solve(self, size: Polynomial, length: str, argument: Symbol) -> None:
        """vector(n+1) shows n, and so does vector(m*n) when m is known; others are compared among themselves."""
        unknown = sorted(self._unknown(size))
        parts = linear(size, unknown[0]) if len(unknown) == 1 and unknown[0] in self.wanted else None
        if parts is None:
            self.known[size] = length
            return
        factor, rest = (size_code(part, self.known.__getitem__) for part in parts)
        above = length if rest == "0" else f"{length} - ({rest})" if " " in rest else f"{length} - {rest}"
        whole = above if factor == "1" else f"{_bracketed(above)} // {_bracketed(factor)}"
        self._learn(unknown[0], argument, whole)
        if factor != "1":
            self._check(argument)


def _bracketed(code: str) -> str:
    return f"({code})" if " " in code else code


def _differs(variable: str, sizes: Sequence[str]) -> str:
    """Whether a shape is another one, in code; sizes in quotes are free, and the same the same size."""
    free = [size.startswith('"') for size in sizes]
    if not any(free):
        return f"{variable}.shape != ({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
    tests = [f"{variable}.ndim != {len(sizes)}"]
    tests += [f"{variable}.shape[{k}] != {size}" for k, size in enumerate(sizes) if not free[k]]
    firsts = [(k, sizes.index(size)) for k, size in enumerate(sizes) if free[k]]
    tests += [f"{variable}.shape[{first}] != {variable}.shape[{k}]" for k, first in firsts if first != k]
    return " or ".join(tests)


def compared(arguments: Sequence[Symbol]) -> set[str]:
    """The names that stand in several arguments, or in several ways in one: what they stand for is compared."""
    counts = Counter(name for argument in arguments for size in set(argument.shape) for name in names(size))
    return {name for name, count in counts.items() if count > 1}


def linear(size: Polynomial, name: str) -> tuple[Size, Size] | None:
    """(c, d) where the size is c · name + d, with whole numbers and without the name in them."""
    if any(monomial.count(name) > 1 or c.denominator != 1 for monomial, c in size.terms):
        return None
    at_zero, at_one = substitute(size, {name: 0}), substitute(size, {name: 1})
    return sub(at_one, at_zero), at_zero


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
