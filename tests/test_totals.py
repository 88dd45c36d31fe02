"""Sums over an index that are no matrix formula: values, derivatives, spelling, and what is refused."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from oracle import Array, close

import matcalc
from matcalc.algebra import add, call, eye, indices, number, product, size, sub, symbol, total, transpose, unit, zeros
from matcalc.errors import FormulaError, MatcalcError
from matcalc.expr import Expr, Symbol, Total
from matcalc.shape import add as plus
from matcalc.steps.understand import understand
from matcalc.verify.agree import gradient_agrees, jacobian_agrees
from matcalc.verify.sample import draws

A, B = symbol("A", ("n", "n")), symbol("B", ("n", "n"))
x, y = symbol("x", ("n", 1)), symbol("y", ("n", 1))
N = size("n")


def power(matrix: Expr, exponent: Expr) -> Expr:
    return call("mpower", (matrix, exponent), matrix.shape)


def over(body, count: Expr = N) -> Expr:  # type: ignore[no-untyped-def]
    """Σ body(i) for an index that stands nowhere else."""
    index = indices.fresh()
    return total(index, count, body(index))


# --- the normal form --------------------------------------------------------------------------------------------------


def test_equal_sums_are_one_node_whatever_their_index_and_where_they_begin() -> None:
    first = over(lambda i: power(A, size(i)))
    assert isinstance(first, Total)
    assert over(lambda i: power(A, size(i))) is first
    assert over(lambda i: power(A, sub(add([N, number(1)]), size(i)))) is first  # counted from the other end
    assert parse("sum(r=0..n-1, A^r x[r+1])") is parse("sum(i=1..n, A^(i-1) x[i])")
    assert parse("sum(r=0..n-1, A^r)") is parse("sum(s=1..n, A^(n-s))")


def test_what_does_not_depend_on_the_index_stands_outside() -> None:
    inner = over(lambda i: power(A, size(i)))
    assert over(lambda i: product(B, power(A, size(i)), B)) is product(B, inner, B)
    assert over(lambda i: add([power(A, size(i)), B])) is add([inner, product(N, B)])
    assert over(lambda i: call("tr", (product(B, power(A, size(i))),), (1, 1))) is call(
        "tr", (product(B, inner),), (1, 1)
    )
    assert transpose(transpose(inner)) is inner


def test_unit_vectors_that_run_through_a_dimension_meet() -> None:
    assert over(lambda i: product(unit(i, "n"), transpose(unit(i, "n")))) is eye("n")
    assert over(lambda i: product(transpose(x), unit(i, "n"), transpose(unit(i, "n")))) is transpose(x)
    assert over(lambda i: product(transpose(unit(i, "n")), A, unit(i, "n"))) is call("tr", (A,), (1, 1))
    two = product(transpose(unit(2, "n")), x)
    assert over(lambda i: product(product(transpose(unit(i, "n")), unit(2, "n")), two, power(A, size(i)))) is product(
        two, A, A
    )


def test_short_ranges_have_no_sum() -> None:
    assert over(lambda i: power(A, size(i)), number(1)) is A
    assert over(lambda i: power(A, size(i)), number(0)) is zeros("n", "n")


def test_an_index_is_never_taken_for_another() -> None:
    """d(A^k) is a sum itself, and it is formed inside one."""
    f = over(lambda i: product(transpose(x), power(A, size(i)), x, transpose(unit(i, "n")), y))
    again = over(lambda j: product(f, over(lambda i: product(transpose(y), power(A, plus_size(i, j)), x))))
    for g in (f, again):
        for variable in (A, x, y):
            assert gradient_agrees(g, variable, matcalc_gradient(g, variable))


def plus_size(i: str, j: str) -> Expr:
    return size(plus(i, j))


def matcalc_gradient(f: Expr, variable: Symbol) -> Expr:
    from matcalc.steps.differential import gradients

    return gradients(f, (variable,))[variable]


# --- formulas ---------------------------------------------------------------------------------------------------------

DECLARED = [
    "A, P : matrix(n, n)", "S : matrix(n, n), symmetric", "X, Y : matrix(m, n)", "W : matrix(n, m)", "x, y, a : vector(n)",
    "b : vector(m)", "t : scalar", "k : scalar", "f : function",
]  # fmt: skip
# fmt: off
FORMULAS = {  # by variables
    "sum(i=2..n, x[i] x[i-1])":                                                    "x",
    "sum(i=1..n-1, (x[i+1] - x[i])^2)":                                            "x",
    "sum(i=2..n-1, exp(x[i+1] - 2 x[i] + x[i-1]) y[i])":                           "x y",
    "sum(i=1..n, i x[i]^2)":                                                       "x",
    "sum(i=1..n, x[i]^i)":                                                         "x",
    "sum(i=1..n, sum(j=1..i, A[i,j] x[i] x[j]))":                                  "A x",
    "sum(i=1..n, sum(j=i..n, sin(A[i,j] x[j])))":                                  "A x",
    "sum(i=2..n, sum(j=1..i-1, exp(-(x[i] - x[j])^2)))":                           "x",
    "sum(i=1..n, sum(j=1..n, sum(l=1..n, exp(A[i,j] P[j,l] x[l]))))":              "A x",
    "sum(i=1..n, sum(j=1..n, tanh(sum(l=1..n, A[i,l] P[l,j] x[l] y[i]))))":        "A x",
    "sum(i=1..n, logdet(S^2 + x[i]^2 eye(n) + eye(n)))":                           "S x",
    "sum(i=1..n, y' inv(A + x[i] P) a)":                                           "A x P",
    "sum(i=1..m, norm(X[i,:])^3)":                                                 "X",
    "sum(i=1..m, log(1 + exp(X[i,:] x)))":                                         "X x",
    "sum(i=1..m, logsumexp(X[i,:]' + x) b[i]^2)":                                  "X x b",
    "sum(i=1..m, (x' X[i,:]')^2 / (1 + norm(X[i,:])^2))":                          "X x",
    "sum(i=1..n, a' A^i y)":                                                       "A a",
    "sum(i=1..n, x[i] tr(A^i))":                                                   "A x",
    "sum(i=1..n, t^i x[i])":                                                       "t x",
    "sum(i=2..m, norm(X[i,:] - X[i-1,:])^2)":                                      "X",
    "sum(i=1..n, f(x[i] y[i]) t^i)":                                               "x t",
    "a' A^k y":                                                                    "A a",
    "norm(A^k)^2":                                                                 "A",
    "tr(A^k P)":                                                                   "A P",
    "sum(r=0..k, t^r a' A^r y)":                                                   "A t",
    "sum(sin(kron(A, X)))":                                                        "A X",
    "norm(kron(X, A) kron(W, P))^2":                                               "X A",
    "x' inv(S + eye(n)) kron(y', eye(n)) kron(eye(n), S) kron(a, eye(n)) x":       "S",
}
MAPS = {
    "A^k":                                                   "A",
    "A^k y":                                                 "A y",
    "kron(A, X)":                                            "A X",
    "sum(i=2..n, x[i] x[i-1] A^i)":                          "x",
    "sum(i=2..m, X[i,:]' X[i-1,:])":                         "X",
    "sum(i=1..n-1, sin(x[i+1]) e(i,n))":                     "x",
}
# fmt: on


def parse(text: str) -> Expr:
    return understand(text, DECLARED).expression


def cases(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(text, name) for text, names in table.items() for name in names.split()]


@pytest.mark.parametrize(("text", "name"), cases(FORMULAS))
def test_gradients_and_hessians_of_sums_agree_with_differences(text: str, name: str) -> None:
    result = matcalc.derive(text, wrt=name, declare=DECLARED)
    f, variable = result.objective.node, result._variables()[0]
    assert gradient_agrees(f, variable, result.value.node)
    check_spelled(result)
    assert result.steps
    again = matcalc.derive(text, wrt=name, declare=DECLARED, order=2)
    assert jacobian_agrees(result.value.node, variable, again.value.node)
    check_spelled(again)


@pytest.mark.parametrize(("text", "name"), cases(MAPS))
def test_jacobians_of_sums_agree_with_differences(text: str, name: str) -> None:
    result = matcalc.derive(text, wrt=name, declare=DECLARED)
    assert jacobian_agrees(result.objective.node, result._variables()[0], result.value.node)
    check_spelled(result)


def check_spelled(result: matcalc.Result) -> None:
    """What is printed reads back, as itself or as the same values; the emitted function gives them; LaTeX has no index left over."""
    declare = [str(d) for d in result.declarations]
    value = result.value
    again = matcalc.parse(str(value), declare=declare).node
    function = value.function("numpy")
    names = inspect.signature(function).parameters
    found = draws([result.objective.node, value.node], 3, symbols=value._argument_order)
    assert len(found) == 3
    for draw in found:
        truth = draw.value(value.node)
        assert close(draw.value(again), truth)
        given = {
            name: draw.functions[name.replace("_1", "'").replace("_2", "''")]
            if name.startswith("f")
            else draw.sizes[name]
            if name in draw.sizes
            else squeezed(draw.values[name])
            for name in names
        }
        assert close(np.asarray(function(**given)).reshape(truth.shape), truth)
    assert "#" not in str(value) + value.latex() + value.unicode()


def squeezed(array: Array) -> Array:
    return array.reshape(()) if array.size == 1 else array[:, 0] if array.shape[1] == 1 else array


@pytest.mark.parametrize("text", list(FORMULAS))
def test_other_letters_for_the_indices_give_the_same_bytes(text: str) -> None:
    other = text
    for letter, new in (("(i=", "(u="), ("(j=", "(v="), ("(l=", "(w="), ("(r=", "(q=")):
        if letter in text:
            other = renamed(other, letter[1], new[1])
    first, second = (matcalc.parse(t, declare=DECLARED) for t in (text, other))
    assert first.node is second.node
    assert str(first) == str(second)


def renamed(text: str, letter: str, new: str) -> str:
    import re

    return re.sub(rf"\b{letter}\b", new, text)


def test_the_spelling_is_that_of_a_textbook() -> None:
    def spelled(text: str) -> str:
        return str(matcalc.parse(text, declare=DECLARED))

    assert spelled("sum(j=1..n-1, x[j] x[j+1])") == "sum(i=2..n, x[i] x[i - 1])"
    assert spelled("sum(j=1..n, j x[j])") == "sum(i=1..n, i x[i])"
    assert spelled("sum(l=1..n, sum(j=1..l, A[l,j] x[j]))") == "sum(i=1..n, sum(j=1..i, x[j] A[i,j]))"
    assert matcalc.parse("sum(i=2..n, x[i] x[i-1])", declare=DECLARED).latex() == r"\sum_{i=2}^{n} x_{i} x_{i - 1}"


def test_a_range_without_terms_is_zero() -> None:
    f = matcalc.parse("sum(r=1..k, A^r)", declare=DECLARED).function("numpy")
    assert np.array_equal(f(A=np.eye(3), k=0), np.zeros((3, 3)))
    assert np.array_equal(f(A=2 * np.eye(3), k=2), 6 * np.eye(3))


# fmt: off
REFUSED = [
    ("sum(i=1..n, x[j])",                                    "no sum binds the index j"),
    ("sum(i=1..n, x[i+1])",                                  "an index must stay inside"),
    ("sum(i=1..n, x[i]) + x[i]",                             "no sum binds the index i"),
    ("sum(i=1..n, A[i,i+1])",                                "an index must stay inside"),
    ("sum(i=1..1/2, x)",                                     "ends at a whole number"),
    ("sum(i=1..x, S)",                                       "ends at a whole number"),
    ("sum(i=1..k, x[i])",                                    "is no size"),
    ("sum(i=1..n, ones(i)' ones(i))",                        "takes a size"),
    ("sum(i=1..n, sum(j=1..n, norm(X[:,i] - X[:,j]) sum(l=1..n, A[i,j] A[j,l] A[l,i])))", "where two indices are equal"),
    ("sum(i=1..n, sum(j=1..n, max(x[i], x[j])^i))",          "not supported"),
    ("prod(i=2..n, x[i])",                                   "prod over an index"),
]
# fmt: on


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_makes_no_sum_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        understand(text, DECLARED)
    assert caught.value.spans


def test_a_count_that_is_no_whole_number_is_an_error_of_the_call() -> None:
    from matcalc.verify.evaluate import evaluate

    with pytest.raises(MatcalcError, match="as many terms"):
        evaluate(parse("sum(r=1..k, A^r)"), {"A": np.eye(3), "k": 1.5}, {"n": 3})


def test_deeply_nested_sums_are_refused_and_do_not_crash() -> None:
    text = "x' x"
    for depth in range(100):
        text = f"sum(i_{depth}=1..n, {text})"
    with pytest.raises(FormulaError, match="sums inside one another"):
        understand(text, DECLARED)
