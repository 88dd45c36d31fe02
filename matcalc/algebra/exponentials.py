"""Exponentials and logarithms in normal form: exp(c u) is exp(u)^c, and log, log-sum-exp and softmax are recognised."""

from __future__ import annotations

from matcalc.algebra import calls, conjugates, diagonals, hadamards, pairs, properties, sums, terms, transposes, words
from matcalc.expr import Call, Constant, Exponent, Expr, Hadamard, Rational, Scaled, Transpose, Word
from matcalc.shape import SCALAR, Shape, Size

Args = tuple[Expr, ...]


def exp_base(u: Expr) -> tuple[Expr, Rational]:
    """(exp(v), c) with u = c v and v without a number in front: exp(-q/2) is exp(q)^(-1/2)."""
    value, _, _ = terms.parts(u)
    primitive = terms.scale_by(terms.inverse_number(value), u) if value not in (0, 1) else u
    return Call("exp", (primitive,), u.shape), value


def exp(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    u = args[0]
    if terms.is_zero(u):
        return terms.ones(*shape)
    if calls.is_call(u, "log"):
        return u.children[0]
    base, factor = exp_base(u)
    if not isinstance(factor, int) and not conjugates.is_real(u):
        return None  # a root has branches
    if calls.is_call(base.children[0], "log"):
        return hadamards.entry_power(base.children[0].children[0], factor)
    return hadamards.entry_power(base, factor)


def log_of_exp(node: Expr) -> Expr | None:
    """u where the node is exp(u), also as exp(v)^c."""
    if type(node) is Call:
        return node.args[0] if node.function == "exp" else None
    powers = (
        node.factors
        if type(node) is Hadamard
        else node.scalars
        if type(node) is Scaled and node.number == 1 and node.body is None
        else ()
    )
    if len(powers) == 1 and calls.is_call(powers[0][0], "exp") and not isinstance(powers[0][1], Expr):
        return terms.scale_by(powers[0][1], powers[0][0].children[0])
    return None


def log(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    u = args[0]
    if u is terms.ONE or terms.is_constant(u, "ones"):
        return terms.zeros(*shape)
    if not conjugates.is_real(u):
        return None  # log(exp(z)) is z up to a multiple of 2 pi i
    inner = log_of_exp(u)
    if inner is not None:
        return inner
    if not conjugates.is_complex(u):  # logdet of a complex matrix is written by logarithms
        if calls.is_call(u, "abs") and calls.is_call(u.children[0], "det"):
            return calls.call("logdet", u.children[0].children, SCALAR)
        if calls.is_call(u, "det") and properties.positive(u):
            return calls.call("logdet", u.children, SCALAR)
    if conjugates.is_complex(u) and (type(u) is Word or not _real_powers(u)):
        return None
    grown = pairs.one_plus_exp(u)
    if grown is not None:
        return calls.call("softplus", (grown,), shape)
    if type(u) is Word:
        return _log_sum_exp(u, shape)
    if calls.is_call(u, "softmax") and shape[1] == 1:
        inner = u.children[0]
        return sums.sub(inner, terms.scale(calls.call("logsumexp", (inner,), SCALAR), terms.ones(*shape)))
    if calls.is_call(u, "softmax") and u.parameters == (2,):  # type: ignore[attr-defined]
        inner = u.children[0]
        rows = calls.call("logsumexp", (inner,), (shape[0], 1), (2,))
        return sums.sub(inner, words.product(rows, terms.ones(1, shape[1])))
    if type(u) is Transpose and calls.is_call(u.base, "softmax"):
        return transposes.transpose(calls.call("log", (u.base,), u.base.shape))
    powers = u.scalars if type(u) is Scaled and u.body is None else u.factors if type(u) is Hadamard else ()
    return _log_powers(u, powers, shape) if powers else None


def _log_powers(u: Expr, powers: tuple[tuple[Expr, Exponent], ...], shape: Shape) -> Expr | None:
    """log(Π b^p) = Σ p log(b) where that holds for real numbers; numbers and π stay together under one logarithm."""
    plain = [(b, e) for b, e in powers if b is terms.PI or type(b) is Scaled]
    rest = [(b, e) for b, e in powers if not (b is terms.PI or type(b) is Scaled)]
    value = u.number if type(u) is Scaled else 1
    if value < 0 or not rest or (len(powers) == 1 and powers[0][1] == 1 and value == 1):
        return None
    if not all(properties.nonnegative(b) for b, _ in rest) and (len(rest) > 1 or value != 1 or plain):
        return None
    out = [_times(e, calls.call("log", (_log_argument(b, e),), shape)) for b, e in rest]
    constant = terms.monomial(value, dict(plain), None)
    if constant is not terms.ONE:
        out.append(calls.call("log", (constant,), SCALAR))
    return sums.add(out)


def _real_powers(u: Expr) -> bool:
    """Whether a real product is one of real factors."""
    powers = u.scalars if type(u) is Scaled else u.factors if type(u) is Hadamard else ()
    return all(conjugates.is_real(base) for base, _ in powers)


def _log_argument(base: Expr, exponent: Exponent) -> Expr:
    """log(b^p) = p log|b| for an even p."""
    if isinstance(exponent, int) and exponent % 2 == 0:
        return calls.call("abs", (base,), base.shape)
    return base


def _times(exponent: Exponent, node: Expr) -> Expr:
    if isinstance(exponent, Expr):
        return terms.product_of_scalars((exponent, node))
    return terms.scale_by(exponent, node)


def _log_sum_exp(u: Word, shape: Shape) -> Expr | None:
    """log(1' exp(x)) = logsumexp(x), log(exp(Z) 1) = logsumexp(Z, 2)."""
    first, last = u.factors[0], u.factors[-1]
    if len(u.factors) == 3 and terms.is_constant(first, "ones") and terms.is_constant(last, "ones"):
        inner = log_of_exp(u.factors[1])
        return calls.call("logsumexp", (inner,), SCALAR) if inner is not None else None
    if len(u.factors) != 2:
        return None
    if terms.is_constant(first, "ones") and first.shape[0] == 1:
        inner = log_of_exp(last)
        if inner is not None:
            if shape == SCALAR:
                return calls.call("logsumexp", (inner,), SCALAR)
            return transposes.transpose(calls.call("logsumexp", (transposes.transpose(inner),), (shape[1], 1), (2,)))
    if terms.is_constant(last, "ones") and last.shape[1] == 1:
        inner = log_of_exp(first)
        if inner is not None:
            if shape == SCALAR:
                return calls.call("logsumexp", (transposes.transpose(inner),), SCALAR)
            return calls.call("logsumexp", (inner,), shape, (2,))
    return None


def recognise_softmax(bases: dict[Expr, Exponent], body: Expr) -> list[Expr] | None:
    """exp(x) / sum(exp(x)) = softmax(x), where the body carries exp(x)."""
    for base, exponent in bases.items():
        if isinstance(exponent, int) and exponent < 0 and type(base) is Word and len(base.factors) == 2:
            first, last = base.factors
            if terms.is_constant(first, "ones") and (inner := log_of_exp(last)) is not None:
                made = _absorb(body, last, inner)
                if made is not None:
                    rest = dict(bases)
                    terms.multiply(rest, base, 1)
                    return [terms.monomial(1, rest, None), made]
    return None


def _absorb(body: Expr, exponential: Expr, inner: Expr) -> Expr | None:
    """The body with one factor exp(x) turned into softmax(x)."""
    if body is exponential:
        return calls.call("softmax", (inner,), inner.shape)
    if type(body) is Hadamard and type(exponential) is Call:
        bases = dict(body.factors)
        power = bases.get(exponential, 0)
        if not isinstance(power, Expr) and power >= 1:
            terms.multiply(bases, exponential, -1)
            return hadamards.hadamard(
                calls.call("softmax", (inner,), inner.shape), hadamards.entrywise(bases, body.shape)
            )
    if diagonals.is_Diag(body):
        made = _absorb(body.children[0], exponential, inner)
        return None if made is None else diagonals.Diag(made)
    if type(body) is Word:
        for k, factor in enumerate(body.factors):
            if factor.shape[0] == 1 and type(factor) is not Constant:
                made = _absorb(transposes.transpose(factor), exponential, inner)
                made = None if made is None else transposes.transpose(made)
            else:
                made = _absorb(factor, exponential, inner)
            if made is not None:
                return words.product(*body.factors[:k], made, *body.factors[k + 1 :])
    return None


def softmax_of_rows(a: Call, b: Expr) -> list[Expr] | None:
    """diagonals.Diag(1 ./ (exp(Z) 1)) exp(Z) = softmax(Z, 2)."""
    inner = log_of_exp(b)
    if inner is None or conjugates.is_complex(b) or type(a.args[0]) is not Hadamard:
        return None
    for base, exponent in a.args[0].factors:
        if exponent == -1 and type(base) is Word and len(base.factors) == 2 and base.factors[0] is b:
            rest = dict(a.args[0].factors)
            del rest[base]
            left = diagonals.Diag(hadamards.entrywise(rest, a.args[0].shape))
            return [left, calls.call("softmax", (inner,), inner.shape, (2,))]
    return None


def softmax(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    """Rows and axis 1 are spelled by columns and axis 2."""
    node = args[0]
    if shape == SCALAR:
        return terms.ONE
    if parameters == (1,):
        turned = transposes.transpose(node)
        return transposes.transpose(calls.call("softmax", (turned,), turned.shape, (2,)))
    if shape[0] == 1:
        turned = transposes.transpose(node)
        return transposes.transpose(calls.call("softmax", (turned,), turned.shape))
    if parameters == (2,) and shape[1] == 1:
        return terms.ones(*shape)
    return None


def logsumexp(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    node = args[0]
    if node.shape == SCALAR or (parameters == (2,) and node.shape[1] == 1):
        return node
    if parameters == (1,):
        turned = transposes.transpose(node)
        return transposes.transpose(calls.call("logsumexp", (turned,), (shape[1], 1), (2,)))
    if node.shape[0] == 1:
        return calls.call("logsumexp", (transposes.transpose(node),), SCALAR)
    return None
