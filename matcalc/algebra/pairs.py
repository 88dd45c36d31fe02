"""Pairs of factors that a commutative product (of scalars, or entrywise) takes together: abs(u) sign(u) = u, M ⊙ M = M.

Each rule looks only for partners that are there; none builds a node to look for. The table is keyed by the function of
one of the two; ``applies`` is the cheap test that most products fail.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.algebra import calls, conjugates, exponentials, hadamards, properties, sums, terms
from matcalc.algebra.trace import note
from matcalc.expr import Add, Call, Exponent, Expr, Hadamard, Named, Rational

Bases = dict[Expr, Exponent]
Rule = Callable[[Bases, Call], "list[Expr] | None"]


def applies(bases: Bases) -> bool:
    for base, exponent in bases.items():
        kind = type(base)
        if kind is Call:
            if base.function in RULES:  # type: ignore[attr-defined]
                return True
        elif kind is Add:
            if isinstance(exponent, int) and exponent < 0 and len(base.children) == 2:
                return True
        elif (exponent != 1 or len(bases) > 1) and (kind is Named or properties.is_binary(base)):
            return True
    return False


def reduce(bases: Bases) -> list[Expr] | None:
    """Applies one rule, taking its factors out of ``bases``; the factors that replace them, or None when none applies."""
    there = {base.function for base in bases if type(base) is Call}
    for base, exponent in list(bases.items()):
        if properties.is_binary(base):
            if exponent != 1 and not isinstance(exponent, Expr) and exponent > 0:
                bases[base] = 1  # M ⊙ M = M
                note("binary")
            if _absorbed(bases, base):
                del bases[base]
                note("binary")
                return []
        elif type(base) is Add:
            found = _logistic(bases, base, exponent)
            if found is not None:
                return found
        elif type(base) is Call and base.function in RULES:
            partner, rule = RULES[base.function]
            if partner in there or exponent != 1 or base.args[0] in bases:
                found = rule(bases, base)
                if found is not None:
                    return found
    return None


def _absorbed(bases: Bases, binary: Expr) -> bool:
    """Whether a named factor carries the binary one already: M ⊙ W = W for W := M ⊙ X."""
    for base, exponent in bases.items():
        if type(base) is Named and not isinstance(exponent, Expr) and exponent > 0:
            _, _, body = terms.parts(base.body)
            if type(body) is Hadamard and any(b is binary for b, _ in body.factors):
                return True
    return False


def _take(bases: Bases, base: Expr, exponent: Rational) -> None:
    """bases := bases / base^exponent."""
    terms.multiply(bases, base, -exponent)


def _whole(bases: Bases, base: Expr) -> int:
    exponent = bases.get(base, 0)
    return exponent if isinstance(exponent, int) else 0


def _of_same(function: str, base: Call) -> Expr:
    """Another function of what a call is of; a long product asks for it at each step of its making."""
    if function == base.function:
        return base
    found = base.memo.get((_KEY, function))
    if found is None:
        found = base.memo[_KEY, function] = calls.call(function, base.args, base.args[0].shape)
    return found  # type: ignore[return-value]


_KEY = "of the same"


# --- the rules ----------------------------------------------------------------------------------------------------


def _abs_sign(bases: Bases, base: Call) -> list[Expr] | None:
    """abs(u) sign(u) = u, u sign(u) = abs(u), u / abs(u) = sign(u), abs(u)^2 = u^2."""
    u = base.args[0]
    size, sign, own = _of_same("abs", base), _of_same("sign", base), _whole(bases, u)
    big, s = bases.get(size, 0) if size is not u else 0, _whole(bases, sign)  # of what is ≥ 0, abs(u) is u
    if isinstance(big, int) and big and big % 2 == 0:
        del bases[size]
        note("abs-square")
        return [hadamards.entry_power(u, big)]
    if s % 2:
        if isinstance(big, int) and big:
            _take(bases, sign, s)
            _take(bases, size, 1)
            note("abs-sign")
            return [u]
        if own % 2:
            _take(bases, sign, s)
            _take(bases, u, own)
            note("sign-abs")
            return [hadamards.entry_power(size, own)]
    if isinstance(big, int) and big < 0 and own > 0 and own % 2:
        _take(bases, size, -1)
        _take(bases, u, 1)
        note("abs-sign")
        return [sign]
    return None


def _step(bases: Bases, base: Call) -> list[Expr] | None:
    """step(u)^k = step(u), relu(u) step(u) = relu(u), u step(u) = relu(u)."""
    u = base.args[0]
    step, relu = _of_same("step", base), _of_same("relu", base)
    count = _whole(bases, step)
    if count > 1:
        _take(bases, step, count - 1)
        note("step-square")
        return []
    if count == 1 and _whole(bases, relu) > 0:
        _take(bases, step, 1)
        return []
    if count == 1 and _whole(bases, u) > 0:
        _take(bases, step, 1)
        _take(bases, u, 1)
        note("relu-step")
        return [relu]
    return None


def _quotient(above: str, below: str, value: str) -> Rule:
    """above(u) / below(u) = value(u)."""

    def rule(bases: Bases, base: Call) -> list[Expr] | None:
        top, bottom = _of_same(above, base), _of_same(below, base)
        if _whole(bases, top) > 0 and _whole(bases, bottom) < 0:
            _take(bases, top, 1)
            _take(bases, bottom, -1)
            return [_of_same(value, base)]
        return None

    return rule


def one_plus_exp(node: Expr) -> Expr | None:
    """u where the node is 1 + exp(u)."""
    if type(node) is not Add or len(node.terms) != 2:
        return None
    for one, other in (node.terms, node.terms[::-1]):
        if (one is terms.ONE or terms.is_constant(one, "ones")) and (u := exponentials.log_of_exp(other)) is not None:
            return None if conjugates.is_complex(u) else u
    return None


def _logistic(bases: Bases, base: Add, exponent: Exponent) -> list[Expr] | None:
    """1 / (1 + exp(u)) = 1 - sigmoid(u), exp(u) / (1 + exp(u)) = sigmoid(u)."""
    if not isinstance(exponent, int) or exponent >= 0:
        return None
    u = one_plus_exp(base)
    if u is None:
        return None
    del bases[base]
    note("sigmoid-exp")
    one = terms.ones(*u.shape)
    sigmoid = calls.call("sigmoid", (u,), u.shape)
    count = -exponent
    grown = 0
    inner, factor = exponentials.exp_base(u)
    available = bases.get(inner, 0)
    if not isinstance(available, Expr):
        grown = max(0, min(count, int(available / factor)))
        if grown:
            _take(bases, inner, grown * factor)
    return [hadamards.entry_power(sigmoid, grown), hadamards.entry_power(sums.sub(one, sigmoid), count - grown)]


RULES: dict[str, tuple[str, Rule]] = {  # with the function of the partner, where that is not what the call is of
    "abs": ("sign", _abs_sign),
    "sign": ("abs", _abs_sign),
    "step": ("relu", _step),
    "sinh": ("cosh", _quotient("sinh", "cosh", "tanh")),
    "sin": ("cos", _quotient("sin", "cos", "tan")),
}
