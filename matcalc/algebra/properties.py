"""What is known of an expression: signs, definiteness, orthogonality, from declared properties and through expressions."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from matcalc.algebra import conjugates, terms, transposes
from matcalc.expr import Add, Call, Constant, Expr, Hadamard, Named, Scaled, Symbol, Total, Transpose, Word
from matcalc.rules import functions as tables
from matcalc.rules import properties as words_of_properties


@cache
def _implied(properties: tuple[str, ...]) -> frozenset[str]:
    return words_of_properties.closure(properties)


def declared(node: Expr) -> frozenset[str]:
    """The declared properties of a symbol with what they imply; of a name, those of its body."""
    while type(node) is Named:
        node = node.body
    if type(node) is Symbol:
        return _implied(node.properties)
    return frozenset()


def has(node: Expr, word: str) -> bool:
    if type(node) is Transpose:
        node = node.base
    return word in declared(node)


def is_binary(node: Expr) -> bool:
    if type(node) is Transpose:
        node = node.base
    return type(node) is Symbol and "binary" in _implied(node.properties)


def is_orthogonal(node: Expr) -> bool:
    if type(node) is Transpose:
        node = node.base
    return "orthogonal" in (given(node.function) if type(node) is Call else declared(node))


@tables.cached
def given(name: str) -> frozenset[str]:
    """Properties that every overload of a function gives its value, with those that follow."""
    records = tables.lookup(name)
    if not records:
        return frozenset()
    words = [
        frozenset(w.strip() for w in record.gives.rpartition(")")[2].split(","))
        if ")" in record.gives
        else frozenset(w.strip() for w in record.gives.split(",")[1:])
        for record in records
    ]
    return words_of_properties.closure(frozenset.intersection(*words))


def nonnegative(node: Expr) -> bool:
    """Whether every entry is known to be ≥ 0."""
    found = node.memo.get(nonnegative)
    if found is None:
        node.memo[nonnegative] = False  # for what meets itself
        found = node.memo[nonnegative] = conjugates.is_real(node) and (_nonnegative(node) or _is_modulus(node))
    return bool(found)


def _is_modulus(node: Expr) -> bool:
    return conjugates.is_complex(node) and conjugates.is_square(node)


_NONNEGATIVE = frozenset({"positive", "nonnegative", "binary", "distribution"})


def _nonnegative(node: Expr) -> bool:
    match node:
        case Symbol():
            return bool(_NONNEGATIVE & _implied(node.properties)) or (
                node.is_scalar and bool({"spd", "psd"} & _implied(node.properties))
            )
        case Constant():
            return True
        case Transpose(base) | Named(_, base) | Total(_, _, base):
            return nonnegative(base)
        case Scaled(number, scalars, body):
            signs = all(_power_nonnegative(b, e) for b, e in scalars)
            return number >= 0 and signs and (body is None or nonnegative(body))
        case Add(items):
            return all(nonnegative(t) for t in items)
        case Hadamard(factors):
            return all(_power_nonnegative(b, e) for b, e in factors)
        case Word(factors):
            return all(nonnegative(f) for f in factors) or (node.is_scalar and is_psd(node))
        case Call("tr" | "det", (a,)):
            return is_psd(a) or (node.function == "tr" and nonnegative(a))
        case Call("Diag" | "diag" | "vec" | "unvec" | "kron"):
            return all(nonnegative(a) for a in node.args) or (node.function == "diag" and is_psd(node.args[0]))
        case Call("eigvals" | "eigmin" | "eigmax", (a,)):
            return is_psd(a)
        case Call():
            return not given(node.function).isdisjoint(("positive", "nonnegative"))
    return False


def _power_nonnegative(base: Expr, exponent: object) -> bool:
    """A root is that of what is ≥ 0; a symbolic exponent may be odd, as that of x^i."""
    even = exponent % 2 == 0 if isinstance(exponent, int) else isinstance(exponent, Fraction)
    return nonnegative(base) or (even and conjugates.is_real(base))


def positive(node: Expr) -> bool:
    """Whether every entry is known to be > 0."""
    found = node.memo.get(positive)
    if found is None:
        found = node.memo[positive] = conjugates.is_real(node) and _positive(node)
    return bool(found)


def _positive(node: Expr) -> bool:
    match node:
        case Symbol():
            words = _implied(node.properties)
            return "positive" in words or (node.is_scalar and "spd" in words)
        case Constant():
            return node.kind in ("ones", "pi", "size")
        case Transpose(base) | Named(_, base):
            return positive(base)
        case Scaled(number, scalars, body):
            return number > 0 and all(positive(b) for b, _ in scalars) and (body is None or positive(body))
        case Add(items):
            return all(nonnegative(t) for t in items) and any(positive(t) for t in items)
        case Hadamard(factors):
            return all(positive(b) for b, _ in factors)
        case Total(_, count, body):
            return positive(body) and _is_above_zero(count)
        case Call("det" | "eigvals" | "eigmin" | "eigmax", (a,)):
            return is_spd(a)
        case Call():
            return "positive" in given(node.function)
    return False


def _is_above_zero(count: Expr) -> bool:
    """Whether a sum is known to have a term."""
    from matcalc.algebra.indices import size_of  # which needs properties itself
    from matcalc.algebra.selectors import at_least

    many = size_of(count)
    return many is not None and at_least(many, 1)


def is_psd(node: Expr) -> bool:
    """Whether a square matrix is known to be symmetric positive semidefinite (a 1×1 word: not negative)."""
    found = node.memo.get(is_psd)
    if found is None:
        found = node.memo[is_psd] = not conjugates.is_complex(node) and _is_psd(node)
    return bool(found)


def _is_psd(node: Expr) -> bool:
    match node:
        case Symbol():
            return bool({"psd", "spd"} & _implied(node.properties))
        case Constant():
            return node.kind in ("eye", "zeros") or (node.kind == "ones" and node.rows == node.cols)
        case Named(_, body) | Total(_, _, body):
            return is_psd(body)
        case Scaled(number, scalars, body):
            return (
                number > 0 and body is not None and all(_power_nonnegative(b, e) for b, e in scalars) and is_psd(body)
            )
        case Add(items):
            return all(is_psd(t) for t in items)
        case Word(factors):
            return _palindrome(factors)
        case Call("inv", (a,)):
            return is_psd(a)
        case Call("Diag", (v,)):
            return nonnegative(v)
        case Call("kron", args):
            return all(is_psd(a) for a in args)
        case Call():
            return is_spd(node)
    return False


def _palindrome(factors: tuple[Expr, ...]) -> bool:
    """B' S B with S psd, or B' B."""
    half = len(factors) // 2
    if any(transposes.transpose(factors[k]) is not factors[-1 - k] for k in range(half)):
        return False
    return len(factors) % 2 == 0 or is_psd(factors[half])


def is_spd(node: Expr) -> bool:
    """Whether a square matrix is known to be symmetric positive definite."""
    match node:
        case Symbol():
            return "spd" in _implied(node.properties)
        case Constant():
            return node.kind == "eye"
        case Named(_, body) | Call("inv", (body,)):
            return is_spd(body)
        case Scaled(number, scalars, body):
            return number > 0 and body is not None and all(positive(b) for b, _ in scalars) and is_spd(body)
        case Add(items):
            return all(is_psd(t) for t in items) and any(is_spd(t) for t in items)
        case Call("Diag", (v,)):
            return positive(v)
        case Call("kron", args):
            return all(is_spd(a) for a in args)
        case Call("expm", (a,)):
            return transposes.is_symmetric(a)
        case Call("sqrtm", (a,)):
            return is_spd(a)
    return False


def commute(a: Expr, b: Expr) -> bool:
    """Whether two square matrices are known to commute: both are made of one and the same matrix."""
    return a is b or _made_of(a, b) or _made_of(b, a)


def _made_of(node: Expr, base: Expr) -> bool:
    """Whether a matrix is a polynomial, an inverse or a matrix function of the other, up to scalars."""
    base = terms.parts(base)[2] or base
    if node is base:
        return True
    match node:
        case Constant("eye" | "zeros"):
            return True
        case Scaled(_, _, body):
            return body is not None and _made_of(body, base)
        case Add(items):
            return all(_made_of(t, base) for t in items)
        case Word(factors):
            return all(_made_of(f, base) for f in factors)
        case Call(_, (a,)):
            records = tables.lookup(node.function)  # not all of one matrix are: chol(S) and S do not commute
            return bool(records) and all(record.commuting for record in records) and _made_of(a, base)
    return False


def is_invertible(node: Expr) -> bool:
    """Whether a square matrix is known to be invertible from what was declared."""
    match node:
        case Symbol() | Transpose():
            return has(node, "invertible")
        case Named(_, body) | Call("inv", (body,)):
            return is_invertible(body)
        case Scaled(number, scalars, body):
            return number != 0 and body is not None and all(positive(b) for b, _ in scalars) and is_invertible(body)
        case Word(factors):
            return all(is_invertible(f) for f in factors)
        case Call("kron", args):
            return all(is_invertible(a) for a in args)
        case Call(name) if "invertible" in given(name) and not tables.lookup(name)[0].where:
            return True
        case Call("chol", (a,)):
            return is_spd(a)
    return is_spd(node)
