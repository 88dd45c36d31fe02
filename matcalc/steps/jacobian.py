"""The Jacobian d vec(F) / d vec(X)': read off the differential of F, which is linear in dX, with the moves

    vec(L dX R) = (R' ⊗ L) vec(dX)      vec(dX') = K vec(dX)      vec(A ⊙ dX) = Diag(vec(A)) vec(dX)

For vectors they are the plain ones: A dx has the Jacobian A, x ⊙ dx has Diag(x).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from matcalc.algebra import add, call, commutation, eye, kron, ones, product, scale_by, sub, total, transpose
from matcalc.algebra.diagonals import Diag
from matcalc.algebra.hadamards import entrywise
from matcalc.algebra.kroneckers import vec
from matcalc.algebra.terms import monomial, product_of_scalars
from matcalc.errors import NoRuleError
from matcalc.expr import Add, Call, Expr, Hadamard, Named, Scaled, Symbol, Total, Transpose, Word, postorder
from matcalc.rules import properties
from matcalc.shape import mul
from matcalc.steps import functions
from matcalc.steps.differential import differential, differential_symbol
from matcalc.steps.wirtinger import Variable, moving, symbol_of

Jacobians = dict[Expr, Expr]
_HALF = Fraction(1, 2)


def jacobian(F: Expr, x: Variable) -> Expr:
    """d vec(F) / d vec(x)', columns stacked: rows by F, columns by x; zeros where F does not depend on x.

    By a variable in a linear space (symmetric, …) it acts on that space: J P with its projector P."""
    symbol = symbol_of(x)
    dx = differential_symbol(symbol)
    J = jacobian_of(differential(F, moving(x, dx)), dx)
    P = projector(symbol)
    return J if P is None else product(J, P)


def projector(x: Symbol) -> Expr | None:
    """P with vec(projected dX) = P vec(dX) for a variable that lies in a linear space; None for any other."""
    words = properties.closure(x.properties)
    rows, cols = x.shape
    if "diagonal" in words:
        return Diag(vec(eye(rows)))
    if "symmetric" in words:
        return scale_by(_HALF, add([eye(mul(rows, cols)), commutation(rows, cols)]))
    if "skew" in words:
        return scale_by(_HALF, sub(eye(mul(rows, cols)), commutation(rows, cols)))
    for word, function in (("lower", "tril"), ("upper", "triu")):
        if word in words:
            return Diag(vec(call(function, (ones(rows, cols),), x.shape)))
    return None


def jacobian_of(dF: Expr, dx: Expr) -> Expr:
    """J with vec(dF) = J vec(dx), for an expression that is linear in dx."""
    size = mul(dx.shape[0], dx.shape[1])
    J: Jacobians = {dx: eye(size)}
    for node in postorder(dF):
        if node not in J and any(c in J for c in node.children):
            J[node] = _linear(node, J)
    if dF in J:
        return J[dF]
    from matcalc.algebra import zeros

    return zeros(mul(dF.shape[0], dF.shape[1]), size)


def _linear(node: Expr, J: Mapping[Expr, Expr]) -> Expr:
    """The Jacobian of a node of which one factor is linear."""
    match node:
        case Named(_, body):
            return J[body]
        case Transpose(base):
            return product(commutation(*base.shape), J[base])
        case Add(items):
            return add([J[t] for t in items])
        case Scaled(number, scalars, body):
            if body is not None and body in J:
                return product_of_scalars([Scaled(number, scalars, None), J[body]])
            ((linear, exponent),) = [(b, e) for b, e in scalars if b in J]
            assert exponent == 1
            rest = monomial(number, {b: e for b, e in scalars if b is not linear}, body)
            return product(vec(rest), J[linear])
        case Hadamard(factors):
            ((linear, _),) = [(b, e) for b, e in factors if b in J]
            rest = entrywise({b: e for b, e in factors if b is not linear}, node.shape)
            return product(Diag(vec(rest)), J[linear])
        case Word(factors):
            (k,) = [i for i, f in enumerate(factors) if f in J]
            return _word(factors, k, J)
        case Call():
            return _call(node, J)
        case Total(index, count, body):
            return total(index, count, J[body])
    raise AssertionError(type(node))


def _word(factors: tuple[Expr, ...], k: int, J: Mapping[Expr, Expr]) -> Expr:
    """vec(L A R) = (R' ⊗ L) vec(A), and vec(L Diag(v) R) = (R' ⊙ columns of L) v."""
    inner = factors[k]
    left = product(*factors[:k]) if k else eye(inner.shape[0])
    right = product(*factors[k + 1 :]) if k + 1 < len(factors) else eye(inner.shape[1])
    if isinstance(inner, Call) and inner.function == "Diag":
        return product(khatrirao(transpose(right), left), J[inner.args[0]])
    return product(kron(transpose(right), left), J[inner])


def khatrirao(a: Expr, b: Expr) -> Expr:
    """The Kronecker product column by column."""
    if a.shape[0] == 1:
        return product(b, Diag(transpose(a)))
    if b.shape[0] == 1:
        return product(a, Diag(transpose(b)))
    return call("khatrirao", (a, b), (mul(a.shape[0], b.shape[0]), a.shape[1]))


def _call(node: Call, J: Mapping[Expr, Expr]) -> Expr:
    """The Jacobian of a linear function."""
    args = node.args
    match node.function:
        case "tr":
            return _trace(args[0], J)
        case "vec" | "unvec":
            return J[args[0]]
        case "Diag":
            return product(khatrirao(eye(args[0].shape[0]), eye(args[0].shape[0])), J[args[0]])
        case "diag":
            return _diagonal(args[0], J)
        case "sym":
            turned = product(commutation(*node.shape), J[args[0]])
            return scale_by(_HALF, add([J[args[0]], turned]))
        case "tril" | "triu":
            return product(Diag(vec(call(node.function, (ones(*node.shape),), node.shape))), J[args[0]])
        case "kron":
            return _kron(args[0], args[1], J)
    found = functions.columns(node)
    if found is None or found[1] not in J:
        raise NoRuleError(f"the Jacobian through {node.function} is not supported yet")
    return product(found[0], J[found[1]])


def _trace(inner: Expr, J: Mapping[Expr, Expr]) -> Expr:
    """tr(M A) = vec(M')' vec(A)."""
    if isinstance(inner, Word):
        (k,) = [i for i, f in enumerate(inner.factors) if f in J]
        rest = product(*inner.factors[k + 1 :], *inner.factors[:k])
        return product(transpose(vec(transpose(rest))), J[inner.factors[k]])
    return product(transpose(vec(eye(inner.shape[0]))), J[inner])


def _diagonal(inner: Expr, J: Mapping[Expr, Expr]) -> Expr:
    """diag(L Diag(v) R) = (L ⊙ R') v, else the rows of J that belong to the diagonal."""
    n = inner.shape[0]
    if isinstance(inner, Word):
        (k,) = [i for i, f in enumerate(inner.factors) if f in J]
        left = product(*inner.factors[:k]) if k else eye(n)
        right = product(*inner.factors[k + 1 :]) if k + 1 < len(inner.factors) else eye(n)
        return product(transpose(khatrirao(right, transpose(left))), J[inner.factors[k]])
    return product(transpose(khatrirao(eye(n), eye(n))), J[inner])


def _kron(a: Expr, b: Expr, J: Mapping[Expr, Expr]) -> Expr:
    """vec(A ⊗ B) = (I ⊗ K ⊗ I) (vec(A) ⊗ vec(B))."""
    (m, n), (p, q) = a.shape, b.shape
    shuffle = kron(eye(n), kron(commutation(q, m), eye(p)))
    if a in J:
        return product(shuffle, kron(eye(mul(m, n)), vec(b)), J[a])
    return product(shuffle, kron(vec(a), eye(mul(p, q))), J[b])
