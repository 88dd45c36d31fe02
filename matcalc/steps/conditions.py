"""Where a result holds: the conditions of the rules that were used, on the parts they were used on.

Only what is not known already is stated: inv(K) needs no word where K is declared spd.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from matcalc.algebra import properties, transpose
from matcalc.algebra.conjugates import is_real
from matcalc.algebra.families import siblings
from matcalc.algebra.indices import size_of
from matcalc.algebra.selectors import at_least
from matcalc.algebra.terms import as_number
from matcalc.expr import Call, Expr, Hadamard, Scaled, postorder
from matcalc.steps import functions
from matcalc.steps.forms import cost, norm_of

INVERTIBLE = "X is invertible"
WHOLE = " is a positive whole number"  # said of a letter
OFF_THE_CUT = {"every entry of X is > 0": "no entry of X is 0 or a negative number"}  # where X is complex


class Condition(NamedTuple):
    """``words`` speak of X, which stands for ``part``: "X is invertible"."""

    words: str
    part: Expr
    others: tuple[tuple[str, Expr], ...] = ()  # what other letters in the words stand for

    @property
    def letters(self) -> tuple[tuple[str, Expr], ...]:
        return (("X", self.part), *self.others)

    @property
    def spoken_of(self) -> list[Expr]:
        """The parts that the words name."""
        words = self.words.split(" ")
        return [part for letter, part in self.letters if letter in words]


def conditions(f: Expr, gradients: Sequence[Expr], wrt: Collection[Expr]) -> tuple[Condition, ...]:
    """Where f is differentiable and the gradients are defined, innermost first, each once.

    Of f only what depends on the variables counts, and an inverse only where a gradient still has it.
    """
    depends: set[Expr] = set()
    for node in postorder(f):
        if node in wrt or any(c in depends for c in node.children) or any(siblings(node, x) for x in wrt):
            depends.add(node)
    found: dict[Condition, None] = {}
    for node in postorder(f):
        if node in depends:
            for condition in _of(node):
                if condition.words != INVERTIBLE and not depends.isdisjoint(condition.spoken_of):
                    found.setdefault(_plainer(_of_numbers(condition)))
    for node in postorder(*gradients):
        if not _exists_everywhere(node):
            for condition in _of(node):
                found.setdefault(_plainer(_of_numbers(condition)))
    said = {(condition.words, condition.part) for condition in found}
    return tuple(c for c in found if (STRONGER.get(c.words), c.part) not in said)


STRONGER = {"X is not 0": "X is > 0", "no entry of X is 0": "every entry of X is > 0"}  # says the left one, too


def _exists_everywhere(node: Expr) -> bool:
    """Whether a call has a value wherever its argument has one, as the adjugate; its rule may ask for more."""
    if not isinstance(node, Call):
        return False
    record = functions.record_of(node)
    return record.kind == "scalar" or not re.search(r"(?:\)|scalar), ", record.takes)  # a property after a kind


def _of_numbers(condition: Condition) -> Condition:
    """What is said of the entries of numbers, said of the numbers: no entry of s is that of t, s is not t."""
    if not all(part.is_scalar for part in condition.spoken_of):
        return condition
    words = condition.words
    for entries, numbers in OF_NUMBERS:
        words = entries.sub(numbers, words)
    first, is_not, second = words.partition(" is not ")
    if is_not and as_number(dict(condition.letters).get(first, condition.part)) is not None:
        words = f"{second}{is_not}{first}"  # 3 is not s
    return condition._replace(words=words)


OF_NUMBERS = (
    (re.compile(r"no entry of (\w+) is (?:that of )?"), r"\1 is not "),
    (re.compile(r"every entry of (?=\w+ is )"), ""),
)


def _plainer(condition: Condition) -> Condition:
    """The same of the transpose, where that is shorter."""
    turned = transpose(condition.part)
    shorter = len(condition.others) < 2 and cost(turned) < cost(condition.part)
    if not shorter:
        return condition
    return Condition(" ".join(TURNED.get(word, word) for word in condition.words.split(" ")), turned)


TURNED = {"rows": "columns", "columns": "rows", "row": "column", "column": "row"}


def _of(node: Expr) -> list[Condition]:
    match node:
        case Call():
            record = functions.record_of(node)
            if record.where and not is_real(node.args[0]):
                return [Condition(OFF_THE_CUT.get(record.where, record.where), node.args[0])]
            names = functions.letters_of(node) if record.where else ()
            whole = record.where.removesuffix(WHOLE) in names and _is_whole(node.args[-1])
            if record.where and not whole and not _known(record.where, node.args):
                return [Condition(record.where, node.args[0], tuple(zip(names, node.args, strict=True)))]
        case Scaled(_, scalars, _):
            return [c for base, exponent in scalars if (c := _power(base, exponent)) is not None]
        case Hadamard(factors):
            return [c for base, exponent in factors if (c := _power(base, exponent)) is not None]
    return []


def _power(base: Expr, exponent: object) -> Condition | None:
    """What a power needs: a denominator is not 0, a root is of what is not negative."""
    whole = isinstance(exponent, int)
    if isinstance(exponent, Expr) and _is_whole(exponent):
        return None
    if (whole and exponent > 0) or properties.positive(base):  # type: ignore[operator]
        return None
    root = norm_of(base)
    if root is not None:
        return Condition("X is not 0", root)
    return Condition("no entry of X is 0" if whole else "every entry of X is > 0", base)


def _is_whole(node: Expr) -> bool:
    """Whether a number is known to be whole and not negative, as the index of a sum."""
    size = size_of(node)
    return size is not None and at_least(size, 0)


def _known(where: str, args: Sequence[Expr]) -> bool:
    count, known = KNOWN.get(where, (0, None))
    return known is not None and all(map(known, args[:count]))


KNOWN: dict[str, tuple[int, Callable[[Expr], bool] | None]] = {  # what tells it, of as many arguments
    INVERTIBLE: (1, properties.is_invertible),
    "every entry of X is > 0": (1, properties.positive),
    "X has no eigenvalue <= 0": (1, properties.is_spd),
    "A has no eigenvalue <= 0": (1, properties.is_spd),
    "X is symmetric positive definite": (1, properties.is_spd),
    "no eigenvalue of A plus one of B is 0": (2, properties.is_spd),
}
