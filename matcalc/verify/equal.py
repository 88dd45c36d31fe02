"""Whether two expressions are equal, as a ladder: proved, equal, equal on numbers only, wrong with a counterexample, undecided.

>>> from matcalc.steps.understand import understand
>>> letters = ["A : matrix(m, n)", "B, C : matrix(n, p)"]
>>> read = lambda text: understand(text, letters).expression
>>> judge(read("A (B + C)"), read("A B + A C")).verdict
'proved'
>>> found = judge(read("A (B + C)"), read("A B - A C"))
>>> found.verdict, str(found.example)
('wrong', 'm = 1, n = 1, p = 1, A = 1, B = 1, C = 1: 2 and 0')
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace

from matcalc.algebra.full import same, same_by_definition
from matcalc.algebra.rebuild import expand_names, substitute
from matcalc.algebra.terms import number
from matcalc.errors import CallError, MatcalcError
from matcalc.expr import Call, Expr, Hadamard, Scaled, Symbol, postorder
from matcalc.rules import functions as tables
from matcalc.shape import shape_text
from matcalc.verify.agree import agree
from matcalc.verify.modular import agree_exactly
from matcalc.verify.refute import MOST, Counterexample, counterexample, counterexample_of_draw

VERDICTS = ("proved", "equal", "numerically equal", "wrong", "undecided")
RIGHT = frozenset({"proved", "equal", "numerically equal"})
BITS = 6  # binary scalars of which both values are looked at


@dataclass(frozen=True)
class Judgement:
    """``verdict`` is one of VERDICTS. ``reason`` says in words what it rests on. ``error_probability`` is that of "equal";
    ``draws`` the number of random draws compared; ``example`` is that of "wrong"."""

    verdict: str
    reason: str
    error_probability: float = 0.0
    draws: int = 0
    example: Counterexample | None = None

    def __bool__(self) -> bool:
        return self.verdict in RIGHT


def judge(a: Expr, b: Expr, symbols: Iterable[Symbol] = (), most: int = MOST) -> Judgement:
    """How far two expressions of one shape are known to be equal, for all values that their letters may have.

    ``symbols`` are drawn beside those inside; ``most`` small values are tried for a counterexample. Where a value does not
    exist (a logarithm of -1, an inverse of a singular matrix, a corner) the two are not compared.
    CallError where the shapes differ.
    """
    if a.shape != b.shape:
        raise CallError(f"a {shape_text(a.shape)} and a {shape_text(b.shape)} cannot be compared")
    if a is b:
        return Judgement("proved", "the two sides are the same expression")
    a, b = expand_names(a), expand_names(b)
    if a is b:
        return Judgement("proved", "the two sides have the same normal form")
    bits = [s for s in postorder(a, b) if isinstance(s, Symbol) and s.is_scalar and "binary" in s.properties]
    if 0 < len(bits) <= BITS:
        return _in_both_cases(a, b, bits[0], tuple(symbols), most)
    more = tuple(symbols)
    with warnings.catch_warnings(action="ignore"):  # of what is met where values are looked for
        return _proved(a, b) or _exactly(a, b, more) or _on_numbers(a, b, more, most)


def holds(a: Expr, b: Expr) -> bool:
    """Whether two expressions of one shape are judged to be equal; where they are not, no counterexample is looked for."""
    return judge(a, b, most=0).verdict in RIGHT


def _in_both_cases(a: Expr, b: Expr, bit: Symbol, symbols: tuple[Symbol, ...], most: int) -> Judgement:
    """The worse of the judgements with 0 and with 1 for a binary scalar; a case in which a side is undefined does not count."""
    found: list[Judgement] = []
    for value in (0, 1):
        try:
            case = [substitute(side, {bit: number(value)}) for side in (a, b)]
        except MatcalcError:  # a division by 0
            continue
        judged = judge(case[0], case[1], symbols, most // 2)
        if judged.example is not None:
            example = replace(judged.example, values={**judged.example.values, bit.name: ((value,),)})
            judged = replace(judged, example=example)
        found.append(judged)
    order = ("wrong", "undecided", "numerically equal", "equal", "proved")
    return min(
        found, key=lambda j: order.index(j.verdict), default=Judgement("undecided", "the two sides are not defined")
    )


def _proved(a: Expr, b: Expr) -> Judgement | None:
    """By the full normal form; then by that with the definitions of functions written out and denominators cleared."""
    if same(a, b):
        return Judgement("proved", "the two sides have the same normal form when all is multiplied out")
    if same_by_definition(a, b):
        return Judgement("proved", "the two sides are the same by the definitions of the functions in them")
    return None


def _exactly(a: Expr, b: Expr, symbols: tuple[Symbol, ...]) -> Judgement | None:
    """By exact evaluation at random points, which floating point numbers must not contradict."""
    found = agree_exactly(a, b, symbols)
    if found.verdict != "equal":
        return None
    try:
        contradicted = agree(a, b, symbols, count=1).verdict == "different"
    except CallError:
        contradicted = False
    if contradicted:
        return None
    reason = "the two sides are equal at random points, exactly, modulo a prime"
    return Judgement("equal", reason, found.error_probability, found.draws)


def _on_numbers(a: Expr, b: Expr, symbols: tuple[Symbol, ...], most: int) -> Judgement:
    """By floating point numbers: wrong only where small numbers show it too, or where several draws do."""
    try:
        found = agree(a, b, symbols, count=1)
        seen = found.verdict == "different"
        example = counterexample(a, b, symbols, most) if seen else None
        if example is not None:
            return Judgement("wrong", DIFFERENT, draws=1, example=example)
        found = agree(a, b, symbols)
    except CallError as error:  # a package is missing, or no sizes fit
        return Judgement("undecided", str(error))
    if found.verdict == "equal":
        if _is_rational(a, b) and agree_exactly(a, b, symbols).verdict == "different":  # both nearly vanish
            example = counterexample(a, b, symbols, most)
            verdict = "undecided" if example is None else "wrong"
            return Judgement(verdict, DIFFERENT if example else TOO_CLOSE, draws=found.draws, example=example)
        if _has_corner(a, b):  # the draws may all have been on one side of it
            example = counterexample(a, b, symbols, FEW)
            if example is not None:
                return Judgement("wrong", DIFFERENT, draws=found.draws, example=example)
        return Judgement("numerically equal", "the two sides agree in floating point numbers", draws=found.draws)
    if found.verdict == "different" and found.example is not None:
        example = None if seen else counterexample(a, b, symbols, most)
        example = example or counterexample_of_draw(a, b, found.example)
        return Judgement("wrong", DIFFERENT, draws=found.draws, example=example)
    if not found.draws:
        return Judgement("undecided", "no values were found at which both sides are defined")
    return Judgement("undecided", TOO_CLOSE, draws=found.draws)


def _is_rational(a: Expr, b: Expr) -> bool:
    """Whether exact arithmetic decides: there are sums, products and whole powers only."""
    for node in postorder(a, b):
        match node:
            case Call():
                return False
            case Scaled(_, powers, _) | Hadamard(powers) if not all(isinstance(e, int) for _, e in powers):
                return False
    return True


def _has_corner(a: Expr, b: Expr) -> bool:
    """Whether a function with a corner or a jump is inside, and no matrix function, whose values would be less exact."""
    inside = {node.function for node in postorder(a, b) if isinstance(node, Call)}
    matrices = {name for name in inside if any(record.kind == "matrix" for record in tables.lookup(name))}
    return any(map(tables.has_corner, inside)) and matrices <= {"inv", "adj"}


FEW = 240  # small values that are tried where random ones show no difference
TOO_CLOSE = "the two sides differ by too little for floating point numbers to tell"
DIFFERENT = "the two sides have different values"
