"""Names in emitted code: of parameters, of variables, of sizes.

>>> [python_name(name) for name in ("lambda", "f'", "2x")]
['lambda_', 'f_', '_2x']
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Collection, Sequence
from math import lcm
from unicodedata import normalize

from matcalc.expr import Symbol
from matcalc.shape import Polynomial, Size


class Names:
    """Names that are free for Python variables."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        self.taken = set(taken)
        self._count = 0

    def fresh(self, wish: str = "") -> str:
        """The wish as an identifier, with underscores behind it where it is taken; t1, t2, … without a wish."""
        name = python_name(wish) if wish else self._next()
        while name in self.taken:
            name = name + "_" if wish else self._next()
        self.taken.add(name)
        return name

    def _next(self) -> str:
        self._count += 1
        return f"t{self._count}"


def python_name(name: str) -> str:
    """A name of the language as Python takes it: ``lambda_``; what is no letter becomes an underscore."""
    name = "".join(letter if ("_" + letter).isidentifier() else "_" for letter in normalize("NFKC", name))
    name = name if name.isidentifier() else "_" + name
    return name + "_" if keyword.iskeyword(name) else name


class Naming:
    """The names of everything in a function: for the caller, and in the code, where they may not hide what it uses."""

    def __init__(self, arguments: Sequence[Symbol], functions: Sequence[str], reserved: Collection[str] = ()) -> None:
        self._public, self.variables = Names(), Names(reserved)
        self.parameters: list[tuple[str, str]] = []  # for the caller, in the code
        self.arguments = {argument.name: self._parameter(argument.name) for argument in arguments}
        self.functions = {function: self._parameter(_with_order(function)) for function in functions}
        self.sizes: dict[str, str] = {}

    def _parameter(self, wish: str) -> tuple[str, str]:
        public = self._public.fresh(wish)
        self.parameters.append((public, self.variables.fresh(public)))
        return self.parameters[-1]

    def variable(self, argument: Symbol) -> str:
        return self.arguments[argument.name][1]

    def size(self, name: str) -> str:
        """The variable for a size."""
        if name not in self.sizes:
            self.sizes[name] = self.variables.fresh("i" if name[0] == "#" else name)  # the index of a sum
        return self.sizes[name]

    def add_size(self, name: str) -> str:
        """The size becomes a parameter; its name for the caller."""
        self.parameters.append((self._public.fresh(name), self.size(name)))
        return self.parameters[-1][0]


def _with_order(function: str) -> str:
    """``f_2`` for f''."""
    base = function.rstrip("'")
    order = len(function) - len(base)
    return f"{base}_{order}" if order else base


def size_code(size: Size, name: Callable[[str], str]) -> str:
    """A size in Python, given the names of names: ``m * n + 1``, ``(n * n + n) // 2``.

    >>> size_code(Polynomial(((("n",), 2), ((), 1))), str)
    '2 * n + 1'
    """
    if not isinstance(size, Polynomial):
        return str(size) if isinstance(size, int) else name(size)
    below = lcm(*[c.denominator for _, c in size.terms])
    out = ""
    for monomial, c in sorted(size.terms, key=lambda term: (term[1] < 0, -len(term[0]))):
        whole = abs(int(c * below))
        factors = [str(whole)] if whole != 1 or not monomial else []
        out += (" - " if c < 0 else " + ") + " * ".join(factors + [name(letter) for letter in monomial])
    out = "-" + out[3:] if out.startswith(" - ") else out[3:]
    return out if below == 1 else f"({out}) // {below}"
