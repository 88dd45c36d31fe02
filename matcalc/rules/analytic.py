"""Which functions take complex arguments: those that the conjugate passes, and those that stay real functions.

>>> "det" in ANALYTIC, "relu" in ANALYTIC
(True, False)
"""

from __future__ import annotations

# The words that a complex symbol may have; the others speak of real numbers, or mean two things.
BESIDE = frozenset(
    {"complex", "hermitian", "unitary", "symmetric", "skew", "diagonal", "lower", "upper", "invertible", "constant"}
)
APART = frozenset({"symmetric", "skew", "diagonal", "lower", "upper"})  # a hermitian or unitary one has none of these

# f(conj(X)) = conj(f(X)), and f is differentiable in the complex sense: power series and polynomials with real coefficients.
ANALYTIC = frozenset({
    "conj", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "tr", "sum", "det", "prod", "inv", "mpower",
    "expm", "sinm", "cosm", "expm_frechet", "sinm_frechet", "cosm_frechet",
    "diag", "Diag", "vec", "unvec", "vech", "unvech", "tril", "triu", "kron", "khatrirao", "sym", "skew", "rowsum", "colsum",
    "crossmat", "crossvec",
})  # fmt: skip
MODULI = frozenset({"abs", "logdet"})  # of anything: they are written by the conjugate, |z|^2 = conj(z) z
REAL = frozenset({"abs", "sign"})  # of what is real though complex symbols are in it: abs(z^H H z) for a hermitian H
