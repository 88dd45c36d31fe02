"""Random formulas with complex variables: conj, ^H, norms and moduli, every function that the tables take of complex numbers.

Beside complex parts stand real ones, of the whole language: ``real`` is set while one is made.

>>> formula = random_complex(Random(5))
>>> formula.text, formula.declare, formula.wrt                                                         # doctest: +SKIP
("norm(A Z - s B)^2 * tr(H^2)", ('Z : complex matrix(m, n)', …), 'conj(Z)')
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

from random_formulas import LETTERS, Maker, Way, _bind, _of_size, gives, giving, kind_of
from random_language import HEAVIEST, LIGHTEST, Language, Whole, weight, whole

from matcalc.read.declarations import Declaration
from matcalc.read.syntax import Add, Apply, Juxtapose, Negate, Number, Postfix, Syntax
from matcalc.rules import functions
from matcalc.rules.analytic import ANALYTIC, APART, BESIDE, MODULI
from matcalc.rules.record import Function
from matcalc.shape import SCALAR, Shape

REAL_PART = 0.2  # how often a part has no complex variable
REAL_LETTER = 0.25
PROPERTY = 0.35
CONJUGATE = 0.5  # how often the variable is conj(Z)
SQUARE = ("hermitian", "hermitian", "unitary", "invertible", *sorted(APART))


def random_complex(random: Random) -> Whole:
    """A scalar formula of 5 to 40 nodes with a complex variable; it is differentiated by any of its variables."""
    while True:
        maker = Complex(random)
        formula = whole(maker.of(SCALAR, random.choice((2, 3, 3, 4, 5))), maker)
        if formula is None or not LIGHTEST <= weight(formula) <= HEAVIEST:
            continue
        if any(is_complex(d) for d in formula.declared):
            by = next((d for d in formula.declared if d.name == formula.wrt), None)
            turned = by is not None and by.complex and "hermitian" not in by.properties and random.random() < CONJUGATE
            return replace(formula, wrt=f"conj({formula.wrt})") if turned else formula


def is_complex(declared: Declaration) -> bool:
    return declared.complex or "hermitian" in declared.properties


@cache
def taking_complex(kind: str) -> tuple[Function, ...]:
    """The records of this kind that complex numbers may be given to, and those that stand for something else."""

    def takes_complex(record: Function) -> bool:
        known = record.name in ANALYTIC | MODULI or record.means
        return bool(known) or any("complex" in other.takes for other in functions.lookup(record.name))

    return tuple(record for record in giving(kind) if takes_complex(record))


class Complex(Language):
    """Makes trees with complex variables, and parts without."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.real = False

    def _ways(self, shape: Shape) -> tuple[Way, ...]:
        if self.real:
            return super()._ways(shape)
        more: tuple[Way, ...] = (self._conjugated, self._adjoint, self._really, self._defined, self._sum_over)
        if shape == SCALAR:
            more = (*more, self._length, self._length, self._form, self._of_real, self._entry)
        elif 1 in shape:
            more = (*more, self._line)
        return (*Maker._ways(self, shape), *more)

    def _really(self, shape: Shape, depth: int) -> Syntax:
        """A part of real numbers."""
        if self.random.random() > REAL_PART:
            return self.of(shape, depth)
        self.real = True
        made = self.of(shape, depth)
        self.real = False
        return made

    def variable(self, shape: Shape, word: str = "") -> Syntax:
        """One of the variables of this shape (and property), or a new one; complex, unless real ones are wanted."""
        real = self.real or bool(word and word not in BESIDE) or self.random.random() < REAL_LETTER
        known = [d for d in self.variables.values() if is_complex(d) != real]
        known = [d for d in known if d.shape == shape and (not word or word in d.properties)]
        if known and self.random.random() < 0.6:
            return self._named(self.random.choice(known).name, shape)
        free = [letter for letter in LETTERS[kind_of(shape)] if letter not in self.variables]
        name = self.random.choice(free) if free else f"{LETTERS[kind_of(shape)][0]}_{len(self.variables)}"
        properties = (word,) if word else self._properties(shape) if real else self._words(shape)
        self.variables[name] = Declaration(name, kind_of(shape), shape, properties, complex=not real)
        return self._named(name, shape)

    def _words(self, shape: Shape) -> tuple[str, ...]:
        is_square = shape[0] == shape[1] != 1
        return (self.random.choice(SQUARE),) if is_square and self.random.random() < PROPERTY else ()

    # what real numbers do not have

    def _conjugated(self, shape: Shape, depth: int) -> Syntax:
        return Apply("conj", (self.of(shape, depth),))

    def _adjoint(self, shape: Shape, depth: int) -> Syntax:
        return Postfix("^H", self.of((shape[1], shape[0]), depth))

    def _length(self, shape: Shape, depth: int) -> Syntax:
        """norm, norm^2, abs, inner: what is real, or nearly so."""
        inner = (self._size(), self._size())
        pick = self.random.random()
        if pick < 0.4:
            return Apply("norm", (self.of(inner, depth),))
        if pick < 0.6:
            return Apply("abs", (self.of(SCALAR, depth),))
        if pick < 0.8:
            return Apply("inner", (self.of(inner, depth), self.of(inner, depth)))
        body = self.of(inner, depth)
        return (
            Apply("tr", (Juxtapose((Postfix("^H", body), body)),))
            if inner[1] != 1
            else Juxtapose((Postfix("^H", body), body))
        )

    def _form(self, shape: Shape, depth: int) -> Syntax:
        """z^H H z."""
        size = self.random.choice(("m", "n", "p", 2, 3))
        z = self.of((size, 1), min(depth, 2))
        return Juxtapose((Postfix("^H", z), self.variable((size, size), "hermitian"), z))

    def _of_real(self, shape: Shape, depth: int) -> Syntax:
        """A function of real numbers, of what is real though complex variables are in it."""
        entrywise = [r for r in giving("scalar") if r.kind == "entrywise" and r.domain == (float("-inf"), float("inf"))]
        record = self.random.choice(entrywise)
        inner = self._length(shape, depth) if self.random.random() < 0.5 else self._form(shape, depth)
        return Apply(record.name, (inner,)) if len(record.takes.split(";")) == 1 else inner

    # what is another of complex numbers, or not taken

    def _call(self, shape: Shape, depth: int) -> Syntax | None:
        if self.real:
            return super()._call(shape, depth)
        found = taking_complex(kind_of(shape))
        if not found:
            return None
        record = self.random.choice(found)
        bound = _bind(gives(record), shape)
        return None if bound is None else self._applied(record, bound, depth)

    def _compared(self, shape: Shape, depth: int) -> Syntax | None:
        return super()._compared(shape, depth) if self.real else None

    def _exponent(self) -> Syntax:
        return super()._exponent() if self.real else Negate(Number(self.random.choice((1, 2))))

    def _gram(self, shape: Shape, depth: int) -> Syntax:
        inner = self.of((shape[0], self._size()), depth)
        return Juxtapose((inner, Postfix("'" if self.real else "^H", inner)))

    def _with_property(self, shape: Shape, word: str, depth: int) -> Syntax:
        if not self.real and word == "invertible" and self.random.random() < 0.5:
            inner = self.of((shape[0], self._size()), depth - 1)
            return Add((1, 1), (Juxtapose((inner, Postfix("^H", inner))), Apply("eye", (_of_size(shape[0]),))))
        return super()._with_property(shape, word, depth)
