"""Sums over an index and entries: the same expressions as the matrix formulas, and the same numbers as a loop."""

from __future__ import annotations

import inspect

import numpy as np
import oracle
import pytest

import matcalc
from matcalc.errors import FormulaError
from matcalc.steps.understand import understand

# fmt: off
SAME = [
    ("sum(i=1..n, x[i]^2)",                                         "x' x",                 "x : vector(n)"),
    ("sum(i=1..n, sum(j=1..n, A[i,j] x[i] x[j]))",                  "x' A x",               "A : matrix(n, n); x : vector(n)"),
    ("sum(i=1..m, sum(j=1..n, A[i,j] * x[i] * y[j]))",              "x' A y",               "A : matrix(m, n); x : vector(m); y : vector(n)"),
    ("sum(i=1..n, X[i,:]' X[i,:])",                                 "X' X",                 "X : matrix(n, d)"),
    ("sum(i=1..n, X[:,i] X[:,i]')",                                 "X X'",                 "X : matrix(d, n)"),
    ("sum(i=1..n, w[i] X[:,i] Y[:,i]')",                            "X Diag(w) Y'",         "X : matrix(d, n); Y : matrix(p, n); w : vector(n)"),
    ("sum(i=1..n, x[i] X[:,i])",                                    "X x",                  "X : matrix(d, n); x : vector(n)"),
    ("sum(i=1..n, X[i,:])",                                         "ones(n)' X",           "X : matrix(n, d)"),
    ("sum(i=1..n, A[i,i])",                                         "tr(A)",                "A : matrix(n, n)"),
    ("sum(i=1..n, A[i,:] A[:,i])",                                  "tr(A A)",              "A : matrix(n, n)"),
    ("sum(i=1..n, sum(j=1..n, sum(k=1..n, A[i,j] B[j,k] C[k,i])))", "tr(A B C)",            "A, B, C : matrix(n, n)"),
    ("sum(i=1..m, sum(j=1..n, A[j,i] B[i,j]))",                     "A' : B",               "A : matrix(n, m); B : matrix(m, n)"),
    ("sum(i=1..m, sum(j=1..n, (sum(k=1..r, U[i,k] V[j,k]) - Y[i,j])^2))", "norm(U V' - Y)^2", "U : matrix(m, r); V : matrix(n, r); Y : matrix(m, n)"),
    ("sum(i=1..n, exp(a[i] x[i]))",                                 "sum(exp(a .* x))",     "a, x : vector(n)"),
    ("sum(i=1..m, norm(X[i,:]))",                                   "sum(sqrt((X .* X) ones(n)))", "X : matrix(m, n)"),
    ("sum(i=1..n, (X[:,i] - b)' S (X[:,i] - b))",                   "tr((X' - ones(n) b') S (X - b ones(n)'))", "X : matrix(d, n); b : vector(d); S : matrix(d, d)"),
    ("sum(i=1..n, logsumexp(X[i,:] W))",                            "sum(logsumexp(X W, 2))", "X : matrix(n, d); W : matrix(d, k)"),
    ("sum(i=1..n, x[i] e(i,n))",                                    "x",                    "x : vector(n)"),
    ("sum(i=1..n, sum(i=1..n, x[i]) + y[i])",                       "n sum(x) + sum(y)",    "x, y : vector(n)"),
    ("sum(i=1..n, r[i] x[i])",                                      "r x",                  "r : row(n); x : vector(n)"),
    ("sum(i=1..n, 2)",                                              "2 n",                  "n : size"),
    ("A[1,2]",                                                      "e(1,m)' A e(2,n)",     "A : matrix(m, n)"),
    ("x[3] A[:,2]",                                                 "(e(3,n)' x) (A e(2,n))", "A : matrix(m, n); x : vector(n)"),
]
LOOPS = [
    "sum(i=1..m, (A[i,:] X B[i,:]' - a[i])^2)",
    "sum(i=1..m, sum(j=1..m, P[i,j] exp(-norm(A[i,:] - A[j,:])^2)))",
    "sum(i=1..m, sum(j=1..m, P[i,j] (a[i] - a[j])^2))",
    "sum(i=1..m, sum(j=1..q, norm(A[i,:] - C[j,:])))",
    "sum(i=1..m, max(0, 1 - a[i] b' A[i,:]'))",
    "sum(i=1..m, log(sum(j=1..k, exp(A[i,:] Z[:,j]))))",
    "sum(i=1..m, sum(softmax(A[i,:]) .* B[i,:]))",
    "sum(i=1..m, sum(j=1..p, sin(A[i,j] + a[i] b[j]) / (1 + a[i]^2)))",
    "sum(i=1..m, tr(X Diag(A[i,:])' )) + sum(i=1..p, mean(A[:,i]))",
    "sum(i=1..m, (A[i,:]' - b) (B[i,:]' + b)')",
    "sum(i=1..p, sum(j=1..m, A[j,i]^3) X[:,i])",
    "sum(i=1..p, e(i,p) tanh(X[i,:] b))",
    "sum(i=1..m, sum(j=1..p, A[i,j]) (A[i,:]' .* b))",
    "P[1,2] a[2] + (A X)[1,:] b",
]
DECLARED = ["A, B : matrix(m, p)", "C : matrix(q, p)", "X : matrix(p, p)", "Z : matrix(p, k)", "P : matrix(m, m)", "a : vector(m)", "b : vector(p)"]
REFUSED = [
    ("sum(i=1..n, x[i+1])",                             r"x is a vector of size n, and i\+1 = 2..n\+1", (12, 18)),
    ("sum(i=1..n, x[i-1])",                             "counted from 1, and this begins at 0", (14, 17)),
    ("sum(i=1..n, sum(j=1..i, x[j+1]))",                "an index must stay inside",            (24, 30)),
    ("sum(i=1..m, x[i])",                               "an index must stay inside",            (12, 16)),
    ("x[i]",                                            "no sum binds the index i",             (2, 3)),
    ("sum(i=1..n, x[2 i])",                             "an index must stay inside",            (12, 18)),
    ("sum(i=1..n, x[i/2])",                             "a subscript is a whole number",        (14, 17)),
    ("sum(i=3..2, x[i])",                               "the range 3..2 is empty",              (4, 10)),
    ("sum(i=1..x, S)",                                  "a sum ends at a whole number",         (9, 10)),
    ("sum(i=1..1/2, S)",                                "a sum ends at a whole number",         (9, 12)),
    ("sum(i=1/2..n, S)",                                "a sum begins at a whole number",       (6, 9)),
    ("sum(i=1..n, ones(i))",                            "takes a size",                         (17, 18)),
    ("sum(i=1..n, x_i)",                                "a sum binds its subscript",            (12, 15)),
    ("sum(i=1..n, x[i] + ones(i)' x)",                  "takes a size",                         (24, 25)),
    ("prod(i=1..n, x[i])",                              "prod over an index",                   (5, 11)),
    ("sum(i=1..n, S[i])",                               "one subscript is that of a vector",    (12, 16)),
    ("sum(i=1..n, sum(j=1..n, norm(S[i,:] - S[j,:])))", "roots that are 0",                     (0, 47)),
    ("sum(i=1..n, sum(j=1..n, max(x[i], x[j])))",       "max of what depends on an index",      (24, 39)),
    ("sum(i=1..n, sum(j=1..n, max(S[i,j], S[j,i])))",   "max of what depends on an index",      (24, 43)),
    ("x[0]",                                            "counted from 1",                       (2, 3)),
    ("v[4]",                                            "there is no entry 4",                  (0, 4)),
]
# fmt: on


@pytest.mark.parametrize(("text", "formula", "declared"), SAME)
def test_a_sum_over_an_index_is_the_matrix_formula(text: str, formula: str, declared: str) -> None:
    declare = declared.split("; ")
    assert understand(text, declare).expression is understand(formula, declare).expression


@pytest.mark.parametrize("text", LOOPS)
def test_a_sum_over_an_index_has_the_value_of_the_loop(text: str) -> None:
    function = matcalc.parse(text, declare=DECLARED).function("numpy")
    for sizes in oracle.SIZES:
        values = oracle.draw("; ".join(DECLARED), sizes, np.random.default_rng(1))
        wanted = oracle.evaluate(text, values)
        given = {name: array.ravel() if array.shape[1] == 1 else array for name, array in values.arrays.items()}
        found = np.asarray(function(**{name: given[name] for name in inspect.signature(function).parameters}))
        assert oracle.close(found.reshape(wanted.shape), wanted)


@pytest.mark.parametrize(("text", "message", "span"), REFUSED)
def test_what_has_no_matrix_formula_is_refused_at_its_place(text: str, message: str, span: tuple[int, int]) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        understand(text, ["x : vector(n)", "S : matrix(n, n)", "v : vector(3)"])
    assert caught.value.source == text
    assert caught.value.spans[0] == span


def test_names_with_subscripts_are_inferred_as_vectors_and_matrices() -> None:
    found = understand("sum(i=1..n, sum(j=1..p, a[i,j] x[i] y[j]))")
    assert [str(d) for d in found.declarations] == ["a : matrix(n, p)", "x : vector(n)", "y : vector(p)"]


def test_an_index_means_nothing_outside_its_sum() -> None:
    found = understand("i sum(i=1..n, x[i])", ["i : scalar", "x : vector(n)"])
    assert found.expression is understand("i sum(x)", ["i : scalar", "x : vector(n)"]).expression


def test_gradients_are_those_of_the_matrix_formula() -> None:
    result = matcalc.derive("sum(i=1..p, (A[i,:] X B[i,:]' - y[i])^2)", wrt="X")
    assert str(result.value) == str(matcalc.derive("norm((A X .* B) ones(n) - y)^2", wrt="X").value)
