"""Calls in normal form: one small verb a function that has identities of its own; every other call stays as it is.

``call`` is the way in; the table NORMAL names the verbs. They take the arguments in normal form and return an
expression, or None where the call stays.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.algebra import conjugates, exponentials, hadamards, properties, sums, terms, transposes, words
from matcalc.errors import MatcalcError
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Scaled,
    Word,
    complex_symbols,
)
from matcalc.rules import functions as tables
from matcalc.shape import SCALAR, Shape, Size, mul

Args = tuple[Expr, ...]
Normal = Callable[[Args, Shape, tuple[Size, ...]], Expr | None]


def call(name: str, args: Args, shape: Shape, parameters: tuple[Size, ...] = ()) -> Expr:
    """A function of the tables applied to expressions; the shape of the value is the caller's to know."""
    if complex_symbols:
        conjugates.check(name, args)
    normal = NORMAL.get(name)
    if normal is not None:
        found = normal(args, shape, parameters)
        if found is not None:
            return found
    if len(args) == 1:
        if _is_linear(name):
            value, scalars, body = terms.parts(args[0])
            if body is not None and (value != 1 or scalars):
                return terms.product_of_scalars([Scaled(value, scalars, None), call(name, (body,), shape, parameters)])
            if terms.is_zero(args[0]):
                return terms.zeros(*shape)
        if terms.is_zero(args[0]) and (name in ZERO_AT_ZERO or _parity(name) == -1):
            return args[0]
        parity = _parity(name)
        if parity:
            positive, turned = _turned(args[0])
            if turned:
                return terms.scale_by(parity, call(name, (positive,), shape, parameters))
    return Call(name, args, shape, parameters)


def named(name: str, body: Expr) -> Expr:
    """A name for an expression; a constant needs none (``M := ones(m, n)`` disappears)."""
    constant = type(body) is Constant or terms.as_number(body) is not None
    return body if constant else Named(name, body)


@tables.cached
def _is_linear(name: str) -> bool:
    records = tables.lookup(name)
    return bool(records) and all(record.adjoint for record in records if record.name == name)


@tables.cached
def _parity(name: str) -> int:
    return next((record.parity for record in tables.lookup(name)), 0)


def _turned(u: Expr) -> tuple[Expr, bool]:
    """-u and True where u has a negative number in front."""
    if type(u) is Scaled and u.number < 0:
        return terms.neg(u), True
    return u, False


def _split(node: Expr) -> tuple[Expr, Expr | None]:
    """A scalar in front and the array."""
    value, scalars, body = terms.parts(node)
    return terms.monomial(value, dict(scalars), None), body


def _is(node: Expr, name: str) -> bool:
    return type(node) is Call and node.function == name


def is_Diag(node: Expr) -> bool:
    return type(node) is Call and node.function == "Diag"


# --- Frobenius product, trace, sum ----------------------------------------------------------------------------------
#
# A : B has two homes, and which one is taken does not depend on how it was typed: 1' v for vectors; for matrices
# tr(A' B) where at most one side is a Hadamard product without matrix products inside, else the sum of the entries.


def frobenius(a: Expr, b: Expr) -> Expr:
    """A : B = tr(A' B), a scalar."""
    if a.shape == SCALAR:
        return terms.product_of_scalars((a, b))
    if a.shape[1] == 1:
        return words.product(transposes.transpose(a), b)
    if a.shape[0] == 1:
        return words.product(a, transposes.transpose(b))
    return trace(words.product(transposes.transpose(a), b))


def trace(node: Expr) -> Expr:
    if node.shape == SCALAR:
        return node
    factor, body = _split(node)
    if body is None:
        return factor
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, trace(body)))
    match body:
        case Add(items):
            return sums.add([trace(t) for t in items])
        case Word(factors):
            return _trace_word(factors)
        case Hadamard(factors):
            return sum_vector(diagonal(body))
        case Constant("zeros"):
            return terms.ZERO
        case Constant():
            return terms.size(body.shape[0]) if body.kind in ("eye", "ones") else Call("tr", (body,), SCALAR)
        case Call("Diag", (v,)):
            return sum_vector(v)
        case Call("kron", (a, b)) if a.shape[0] == a.shape[1]:
            return terms.product_of_scalars((trace(a), trace(b)))
    turned = transposes.transpose(body)
    if turned is terms.neg(body):
        return terms.ZERO  # skew
    return Call("tr", (min(body, turned),), SCALAR)


def _trace_word(factors: Args) -> Expr:
    for k in range(len(factors)):
        if factors[k].shape[0] == 1:  # tr(a b') = b' a
            return words.product(*factors[k:], *factors[:k])
    for k, factor in enumerate(factors):
        if is_Diag(factor):  # tr(Diag(x) A) = x' diag(A)
            rest = words.product(*factors[k + 1 :], *factors[:k])
            return words.product(transposes.transpose(factor.children[0]), diagonal(rest))
    met = words.product(factors[-1], factors[0])
    if type(met) is not Word or len(met.factors) != 2:
        return trace(words.product(met, *factors[1:-1]))
    if len(factors) == 2:
        moved = _past_frechet(*factors) or _past_frechet(factors[1], factors[0])
        if moved is not None:
            return moved
    moved_to_sums = []
    for k, factor in enumerate(factors):
        if type(factor) is Hadamard:
            rest = words.product(*factors[k + 1 :], *factors[:k])
            if type(rest) is not Word or any(type(b) is Word and e == 1 for b, e in factor.factors):
                moved_to_sums.append(sum_matrix(hadamards.hadamard(transposes.transpose(rest), factor)))
    if moved_to_sums:
        return min(moved_to_sums)
    return Call("tr", (Word(_least_rotation(factors)),), SCALAR)


def _past_frechet(a: Expr, b: Expr) -> Expr | None:
    """tr(L(X, E) B) = tr(L(X, B) E) for the Fréchet derivative L of a matrix function; closed where B commutes with X."""
    if type(a) is not Call or not a.function.endswith("_frechet") or len(a.args) != 2:
        return None
    x, direction = a.args
    if properties.commute(b, x):
        return trace(words.product(call(a.function, (x, b), a.shape), direction))
    return None


def _frechet(args: Args, shape: Shape, parameters: tuple[Size, ...], name: str) -> Expr | None:
    """L(X, E) = f'(X) E where E commutes with X; 0 along 0."""
    x, direction, *second = args
    if any(map(terms.is_zero, args[1:])):
        return terms.zeros(*shape)
    if second or not properties.commute(direction, x):
        return None
    return COMMUTING[name](x, direction)


def _frechet_of(name: str) -> Normal:
    return lambda args, shape, parameters: _frechet(args, shape, parameters, name)


COMMUTING: dict[str, Callable[[Expr, Expr], Expr]] = {
    "expm_frechet": lambda x, e: words.product(call("expm", (x,), x.shape), e),
    "logm_frechet": lambda x, e: words.product(inverse(x), e),
    "sinm_frechet": lambda x, e: words.product(call("cosm", (x,), x.shape), e),
    "cosm_frechet": lambda x, e: terms.neg(words.product(call("sinm", (x,), x.shape), e)),
}


def _least_rotation(factors: Args) -> Args:
    """The least among the rotations of a trace and of its transpose."""
    turned = tuple(transposes.transpose(f) for f in reversed(factors))
    best = factors
    for word in (factors, turned):
        for k in range(len(word)):
            other = word[k:] + word[:k]
            if _less(other, best):
                best = other
    return best


def _less(a: Args, b: Args) -> bool:
    for x, y in zip(a, b, strict=True):
        if x is not y:
            return x < y
    return False


def sum_vector(v: Expr) -> Expr:
    """1' v of a column."""
    if v.shape == SCALAR:
        return v
    factor, body = _split(v)
    assert body is not None
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, sum_vector(body)))
    match body:
        case Add(items):
            return sums.add([sum_vector(t) for t in items])
        case Word():
            return words.product(terms.ones(1, v.shape[0]), body)
        case Constant("zeros"):
            return terms.ZERO
        case Constant("ones"):
            return terms.size(v.shape[0])
        case Constant("unit"):
            return terms.ONE
        case Call("softmax"):
            return terms.ONE
        case Call("diag", (a,)):
            return trace(a)
        case Call("vec", (a,)):
            return sum_matrix(a)
        case Hadamard():
            two = _two(body)
            if two is not None:
                return _pair(*two)
    if properties.has(body, "distribution"):
        return terms.ONE
    return Word((terms.ones(1, v.shape[0]), body))


def _pair(x: Expr, y: Expr) -> Expr:
    """x' y of two columns that are no Hadamard products."""
    if type(x) is Word or type(y) is Word:
        return words.product(transposes.transpose(x), y)
    if y < x:
        x, y = y, x
    return words.dot([transposes.transpose(x), y])


def _two(node: Hadamard) -> tuple[Expr, Expr] | None:
    """(a, b) where the node is a ⊙ b or a.^2."""
    if len(node.factors) == 2 and all(e == 1 for _, e in node.factors):
        return node.factors[0][0], node.factors[1][0]
    if len(node.factors) == 1 and node.factors[0][1] == 2:
        return node.factors[0][0], node.factors[0][0]
    return None


def sum_matrix(node: Expr) -> Expr:
    """1' A 1."""
    if node.shape == SCALAR:
        return node
    if node.shape[1] == 1:
        return sum_vector(node)
    if node.shape[0] == 1:
        return sum_vector(transposes.transpose(node))
    factor, body = _split(node)
    assert body is not None
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, sum_matrix(body)))
    match body:
        case Add(items):
            return sums.add([sum_matrix(t) for t in items])
        case Constant("zeros"):
            return terms.ZERO
        case Constant("eye"):
            return terms.size(body.shape[0])
        case Constant("ones"):
            return terms.product_of_scalars((terms.size(body.shape[0]), terms.size(body.shape[1])))
        case Word():
            return words.product(terms.ones(1, node.shape[0]), body, terms.ones(node.shape[1], 1))
        case Call("Diag", (v,)):
            return sum_vector(v)
        case Hadamard(factors):
            inside = [b for b, e in factors if type(b) is Word and e == 1]
            if len(inside) == 1:
                rest: dict[Expr, Exponent] = {b: e for b, e in factors if b is not inside[0]}
                other = hadamards.entrywise(rest, body.shape)
                return trace(words.product(transposes.transpose(other), inside[0]))
            two = _two(body)
            if two is not None and not inside:
                return frobenius(*two)
    return words._lesser([terms.ones(1, node.shape[0]), body, terms.ones(node.shape[1], 1)])


def _tr(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr:
    return trace(args[0])


def _sum(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr:
    return sum_matrix(args[0])


# --- structure ------------------------------------------------------------------------------------------------------


def diagonal(node: Expr) -> Expr:
    """The diagonal of a square matrix as a column."""
    if node.shape == SCALAR:
        return node
    factor, body = _split(node)
    assert body is not None
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, diagonal(body)))
    n = node.shape[0]
    match body:
        case Constant("eye" | "ones"):
            return terms.ones(n)
        case Constant("zeros"):
            return terms.zeros(n, 1)
        case Call("Diag", (v,)):
            return v
        case Hadamard(factors):
            return hadamards.hadamard(*[hadamards.entry_power(diagonal(b), e) for b, e in factors])
        case Word(factors):
            outer = words.outer_parts(body)
            if outer is not None:
                return hadamards.hadamard(*outer)
            for first, rest in ((factors[0], factors[1:]), (factors[-1], factors[:-1])):
                if is_Diag(first):
                    return hadamards.hadamard(first.children[0], diagonal(words.product(*rest)))
    turned = transposes.transpose(body)
    if turned is terms.neg(body):
        return terms.zeros(n, 1)
    least = min(terms.parts(body)[2] or body, turned)
    return Call("diag", (least,), (n, 1))


def Diag(node: Expr) -> Expr:
    """The diagonal matrix of a column."""
    if node.shape == SCALAR:
        return node
    if node.shape[0] == 1:
        node = transposes.transpose(node)
    n = node.shape[0]
    factor, body = _split(node)
    assert body is not None
    match body:
        case Constant("ones"):
            made: Expr = terms.eye(n)
        case Constant("zeros"):
            made = terms.zeros(n, n)
        case _:
            made = Call("Diag", (body,), (n, n))
    return terms.product_of_scalars((factor, made))


def kron(a: Expr, b: Expr) -> Expr:
    """The Kronecker product; with a scalar it scales, a column with a row is their outer product."""
    shape = (mul(a.shape[0], b.shape[0]), mul(a.shape[1], b.shape[1]))
    (s, x), (t, y) = _split(a), _split(b)
    if x is None or y is None:
        return terms.product_of_scalars([s, t, *[z for z in (x, y) if z is not None]])
    factor = terms.product_of_scalars((s, t))
    if terms.is_zero(x) or terms.is_zero(y):
        return terms.zeros(*shape)
    if x.shape[1] == 1 and y.shape[0] == 1:
        made = words.product(x, y)
    elif x.shape[0] == 1 and y.shape[1] == 1:
        made = words.product(y, x)
    elif type(x) is Constant and type(y) is Constant and x.kind == y.kind and x.kind in ("eye", "ones"):
        made = Constant(x.kind, shape)
    elif _is(x, "kron"):
        made = kron(x.children[0], kron(x.children[1], y))
    else:
        made = Call("kron", (x, y), shape)
    return terms.product_of_scalars((factor, made))


def _vec(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    node = args[0]
    if node.shape[1] == 1:
        return node
    if node.shape[0] == 1:
        return transposes.transpose(node)
    factor, body = _split(node)
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, call("vec", (body,), shape)))  # type: ignore[arg-type]
    if type(body) is Constant and body.kind in ("ones", "zeros"):
        return Constant(body.kind, shape)
    if type(body) is Word and (outer := words.outer_parts(body)) is not None:
        return kron(outer[1], outer[0])  # vec(a b') = b ⊗ a
    return body.args[0] if type(body) is Call and body.function == "unvec" and body.args[0].shape == shape else None


def vec(node: Expr) -> Expr:
    """The columns on top of each other."""
    return call("vec", (node,), (mul(node.shape[0], node.shape[1]), 1)) if node.shape[1] != 1 else node


def _unvec(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    node = args[0]
    if shape == node.shape:
        return node
    if shape == (node.shape[1], node.shape[0]):
        return transposes.transpose(node)
    factor, body = _split(node)
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, call("unvec", (body,), shape, parameters)))  # type: ignore[arg-type]
    if type(body) is Constant and body.kind in ("ones", "zeros"):
        return Constant(body.kind, shape)
    if type(body) is Call and body.function == "vec" and body.args[0].shape == shape:
        return body.args[0]
    if type(body) is Call and body.function == "kron":
        b, a = body.args
        if b.shape[1] == a.shape[1] == 1 and (a.shape[0], b.shape[0]) == shape:
            return words.product(a, transposes.transpose(b))
    return Call("unvec", (body,), shape, parameters)  # type: ignore[arg-type]


# --- inverse, determinant -------------------------------------------------------------------------------------------


def inverse(node: Expr) -> Expr:
    if node.shape == SCALAR:
        return terms.scalar_power(node, -1)
    factor, body = _split(node)
    assert body is not None
    if terms.is_zero(body):
        raise MatcalcError("the inverse of a matrix that is zero does not exist")
    return terms.product_of_scalars((terms.scalar_power(factor, -1), _inverse(body)))


def _inverse(body: Expr) -> Expr:
    match body:
        case Constant("eye"):
            return body
        case Call("inv", (a,)):
            return a
        case Call("Diag", (v,)):
            return Diag(hadamards.entry_power(v, -1))
        case Call("kron", (a, b)) if a.shape[0] == a.shape[1]:
            return kron(inverse(a), inverse(b))
        case Word(factors) if _all_square(factors):
            return words.product(*[inverse(f) for f in reversed(factors)])
    if properties.is_orthogonal(body):
        return transposes.transpose(body)
    if complex_symbols and conjugates.is_unitary(body):
        return conjugates.adjoint(body)
    return Call("inv", (body,), body.shape)


def _all_square(factors: Args) -> bool:
    return all(f.shape[0] == f.shape[1] for f in factors)


def _inv(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr:
    return inverse(args[0])


def _det(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    node = args[0]
    if node.shape == SCALAR:
        return node
    match node:
        case Constant("eye"):
            return terms.ONE
        case Call("inv", (a,)):
            return terms.scalar_power(call("det", (a,), SCALAR), -1)
        case Call("Diag", (v,)):
            return call("prod", (v,), SCALAR)
        case Word(factors) if _all_square(factors):
            return terms.product_of_scalars([call("det", (f,), SCALAR) for f in factors])
        case Call("mpower", (a, k)):
            return terms.scalar_power(call("det", (a,), SCALAR), k)
    return Call("det", (min(node, transposes.transpose(node)),), SCALAR)


def _logdet(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    node = args[0]
    if node.shape == SCALAR:
        return call("log", (call("abs", (node,), SCALAR),), SCALAR)
    if conjugates.is_complex(node):  # log |d| = log(conj(d) d) / 2
        d = call("det", (node,), SCALAR)
        return terms.scale_by(
            Fraction(1, 2), call("log", (terms.product_of_scalars((conjugates.conjugate(d), d)),), SCALAR)
        )
    match node:
        case Constant("eye"):
            return terms.ZERO
        case Call("inv", (a,)):
            return terms.neg(call("logdet", (a,), SCALAR))
        case Call("Diag", (v,)):
            return sum_vector(call("log", (call("abs", (v,), v.shape),), v.shape))
        case Word(factors) if _all_square(factors):
            return sums.add([call("logdet", (f,), SCALAR) for f in factors])
    if properties.is_orthogonal(node):
        return terms.ZERO
    return Call("logdet", (min(node, transposes.transpose(node)),), SCALAR)


def _adj(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    return terms.ONE if shape == SCALAR else None


# --- signs ----------------------------------------------------------------------------------------------------------


def _conj(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    return conjugates.conjugate(args[0])


def _abs(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    if not conjugates.is_real(args[0]):  # |z|^2 = conj(z) z
        return hadamards.entry_power(hadamards.hadamard(conjugates.conjugate(args[0]), args[0]), Fraction(1, 2))
    return _multiplicative("abs", args[0])


def _sign(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    return _multiplicative("sign", args[0])


def _multiplicative(name: str, u: Expr) -> Expr | None:
    """f(a b) = f(a) f(b) for abs and sign; f is known of numbers and of what is never negative."""
    value = terms.as_number(u)
    if value is not None:
        return terms.number(terms.magnitude(value) if name == "abs" else (value > 0) - (value < 0))
    if terms.is_zero(u):
        return u
    if name == "abs" and properties.nonnegative(u):
        return u
    if name == "sign" and properties.positive(u):
        return terms.ones(*u.shape)
    if conjugates.is_complex(u):
        return None
    own, scalars, body = terms.parts(u)
    array = body.factors if type(body) is Hadamard else ((body, 1),) if body is not None else ()
    powers = (*scalars, *array)
    if own == 1 and len(powers) == 1 and powers[0][1] == 1:
        return None
    if any(isinstance(e, Expr) for _, e in powers):
        return None
    factor = terms.number(terms.magnitude(own) if name == "abs" else (own > 0) - (own < 0))
    return hadamards.hadamard(factor, *[hadamards.entry_power(call(name, (b,), b.shape), e) for b, e in powers])


def _sigmoid(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    """sigmoid(-u) = 1 - sigmoid(u): only one of the two forms exists."""
    positive, turned = _turned(args[0])
    if turned:
        return sums.sub(terms.ones(*shape), Call("sigmoid", (positive,), shape))
    return None


ZERO_AT_ZERO = frozenset({"relu", "step"})  # beside the odd functions
COLUMNS = frozenset({"softmax"})  # of a row it is spelled as the transpose of that of the column


def _mpower(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    exponent = terms.as_number(args[1])
    if exponent is not None:
        return words.power(args[0], exponent)
    return args[0] if terms.is_constant(args[0], "eye") else None


NORMAL: dict[str, Normal] = {
    "mpower": _mpower,
    "tr": _tr,
    "sum": _sum,
    "diag": lambda args, shape, parameters: diagonal(args[0]),
    "Diag": lambda args, shape, parameters: Diag(args[0]),
    "kron": lambda args, shape, parameters: kron(*args),
    "vec": _vec,
    "unvec": _unvec,
    "inv": _inv,
    "det": _det,
    "logdet": _logdet,
    "adj": _adj,
    "exp": exponentials.exp,
    "log": exponentials.log,
    "softmax": exponentials.softmax,
    "logsumexp": exponentials.logsumexp,
    "conj": _conj,
    "abs": _abs,
    "sign": _sign,
    "sigmoid": _sigmoid,
    **{name: _frechet_of(name) for name in COMMUTING},
}
