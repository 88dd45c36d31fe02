"""Emitted NumPy functions: they give what evaluation gives, read as an expert writes, and refuse shapes with words."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import traceback
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.expr import Add, Call, Constant, Expr, Named, Scaled, Symbol, Transpose, Word, postorder
from matcalc.rules import functions
from matcalc.shape import Size, add, divide, mul
from matcalc.verify.sample import Draw, draw
from matcalc.write.code.function import EmittedFunction
from matcalc.write.code.function import function as numpy_function
from matcalc.write.code.function import source as numpy_source

Array = np.ndarray[Any, Any]

DECLARE = [
    "A, B : matrix(m, n)", "C : matrix(n, p)", "Q, R : matrix(n, n)", "S : matrix(n, n), spd", "M : matrix(m, n), binary",
    "x, y : vector(n)", "w : vector(n), positive", "b, c : vector(m)", "v : vector(3)", "r : row(n)", "s, t, lambda : scalar",
    "f : function",
]  # fmt: skip


def node(text: str) -> Expr:
    return matcalc.parse(text, DECLARE).node


def symbols(*expressions: Expr) -> list[Symbol]:
    found = [one for one in postorder(*expressions) if isinstance(one, Symbol)]
    return sorted(found, key=lambda symbol: symbol.name)


def function(*texts: str) -> EmittedFunction:
    nodes = [node(text) for text in texts]
    return numpy_function(nodes, symbols(*nodes), "f", "; ".join(texts))


def natural(array: Array, shape: tuple[Size, Size]) -> Array:
    """The array as users hold it: numbers (), vectors (n,), rows (1, n), matrices (m, n)."""
    return array.reshape(()) if shape == (1, 1) else array[:, 0] if shape[1] == 1 else array


def arguments(f: EmittedFunction, given: list[Symbol], found: Draw) -> dict[str, object]:
    names = list(inspect.signature(f).parameters)
    values: dict[str, object] = {
        name: natural(found.values[symbol.name], symbol.shape) for name, symbol in zip(names, given, strict=False)
    }
    for name in names[len(given) :]:
        values[name] = found.functions.get(name.replace("_1", "'"), found.sizes.get(name))
    return values


def check(expression: Expr, given: list[Symbol] | None = None) -> str:
    """Holds the emitted function against evaluation at draws of three sizes; its source."""
    given = symbols(expression) if given is None else given
    f = numpy_function([expression], given, "f", "")
    for seed in range(3):
        found = draw([expression], seed=seed, symbols=given)
        assert found is not None
        wanted = natural(found.value(expression), expression.shape)
        values = arguments(f, given, found)
        got = np.asarray(f(**values))
        assert got.shape == wanted.shape
        assert np.allclose(got, wanted, rtol=1e-8, atol=1e-10)
        assert_owns(got, values)
    return f.source


def assert_owns(got: Array, values: dict[str, object]) -> None:
    """What comes back is the caller's: writing to it must not change what went in."""
    assert not any(np.shares_memory(got, value) for value in values.values() if isinstance(value, np.ndarray))


def body(source: str) -> str:
    """The lines of the function that compute."""
    lines = source[source.index("\ndef f(") :].split('"""')[2].splitlines()
    head = re.compile(r"(\w+|\w+, \w+) = (_number|_size|\w+\.shape|\w+\[0\]$|\w+\.dtype$)|.* = _floats\(|if |raise ")
    return "\n".join(line.strip() for line in lines if line.strip() and not head.match(line.strip()))


# Formula, and how an expert writes it.
SPELLED = [
    ("A x", "A @ x"),
    ("x' Q y", "x @ (Q @ y)"),
    ("r Q", "(r @ Q)[None, :]"),
    ("x y'", "np.outer(x, y)"),
    ("A' b", "A.T @ b"),
    ("A'", "A.T.copy()"),
    ("A", "A.copy()"),
    ("x'", "x.copy()[None, :]"),
    ("A Q R x", "A @ (Q @ (R @ x))"),
    ("b' A Q", "(b @ A @ Q)[None, :]"),
    ("2 A' (A x - b)", "2 * (A.T @ (A @ x - b))"),
    ("Diag(w) C", "w[:, None] * C"),
    ("A Diag(w)", "A * w"),
    ("Diag(w) x", "w * x"),
    ("inv(Q) x", "np.linalg.solve(Q, x)"),
    ("inv(Q) C", "np.linalg.solve(Q, C)"),
    ("A inv(Q)", "t1 = np.linalg.solve(Q.T, A.T).T\nt1"),
    ("inv(Q)", "np.linalg.inv(Q)"),
    ("tr(A' B)", "np.sum(A * B)"),
    ("tr(Q R)", "np.sum(Q * R.T)"),
    ("tr(inv(Q) R)", "np.trace(np.linalg.solve(Q, R))"),
    ("diag(A B')", "np.sum(A * B, axis=1)"),
    ("sum(A)", "np.sum(A)"),
    ("A ones(n)", "np.sum(A, axis=1)"),
    ("ones(m)' A", "np.sum(A, axis=0)[None, :]"),
    ("x + s", "x + s"),
    ("A - b ones(n)'", "A - b[:, None]"),
    ("A - ones(m) x'", "A - x"),
    ("x / norm(x)", "x / np.sqrt(x @ x)"),
    ("(M .* A) C", "(A * M) @ C"),
    ("Q + lambda I", "t1 = Q.copy()\nt2 = np.arange(n)\nt1[t2, t2] += lambda_\nt1"),
    ("zeros(m, n) + A .^ 2", "A ** 2"),
    ("1/3 * x", "x / 3"),
    ("5/2 * x", "2.5 * x"),
    ("-x", "-x"),
    ("x ./ w", "x / w"),
    ("kron(Q, C)", "np.kron(Q, C)"),
    ("vec(A)", "A.T.flatten()"),
    ("logdet(S)", "np.linalg.slogdet(S)[1]"),
    ("sigmoid(A)", "scipy.special.expit(A)"),
    ("A Q C", "np.linalg.multi_dot([A, Q, C])"),
    ("Q R Q", "Q @ R @ Q"),
    ("(A x - b) x' Q", "np.outer(A @ x - b, x @ Q)"),
    ("softmax(Q x)", "t1 = Q @ x\nt2 = np.exp(t1 - np.max(t1))\nt2 / np.sum(t2)"),
    ("tanh(A x) .* tanh(A x) + tanh(A x)", "t1 = np.tanh(A @ x)\nt1 + t1 ** 2"),
    ("s^2 t^(-1/2)", "s ** 2 / np.sqrt(t)"),
    ("f(A x)", "f(A @ x)"),
]


@pytest.mark.parametrize(("text", "code"), SPELLED)
def test_code_reads_as_an_expert_writes_it(text: str, code: str) -> None:
    *lines, last = code.splitlines()
    assert body(check(node(text))).splitlines() == [*lines, f"return {last}"]


RIGHT = [
    "x", "s", "r'", "r r'", "r' r", "2", "n", "n/2 * log(2 pi)", "zeros(n)", "ones(n, n) + 0 Q", "3 ones(n) + 0 x",
    "eye(n) - x x'", "Diag(x) Diag(y)", "Diag(x) - Q", "Diag(x) .* Q", "Diag(w) ones(n)", "ones(m)' A ones(n)",
    "tr(Diag(x) Q)", "tr(x y')", "tr(Q)", "tr(eye(n))", "inv(Q) inv(R)", "ones(n)' inv(S)", "inv(S) Diag(x)", "Q^3",
    "x' inv(S) y / sqrt(det(S))", "exp(b ones(n)' + ones(m) x')", "exp(b ones(n)')", "sum(exp(ones(m) x'))",
    "(b ones(n)') C", "A (ones(n) x')", "diag(Q) + diag(x y')", "diag(inv(S))", "sum(A, 1)", "sum(A, 2)", "max(A, 1)",
    "max(A, B)", "max(A, s)", "max(A)", "softmax(A, 1)", "logsumexp(A, 2)", "cumsum(x)", "cumsum(r)", "tril(Q)",
    "expm(Q / 9)", "logm(S)", "sqrtm(S)", "chol(S)", "eigvals(S)", "norm2(A)", "normnuc(A)", "pinv(A)", "adj(Q)",
    "unvec(x, n, 1)", "unvec(vec(A), n, m)", "vech(Q)", "K(m, n) vec(A)", "D(n) vech(Q)", "e(2, n) x'", "A e(1, n)",
    "khatrirao(A, B)", "kron(x, y)", "kron(x, y')", "kron(x', C)", "erf(x) + gamma(w)", "abs(x) .* sign(y)", "step(x)",
    "relu(A)", "w .^ s", "w .^ (1/3) + w .^ (-3/2)", "2^(1/2) x", "t^s + 0 x' x + (1 + t^2)^(1/3)", "s .* A ./ (1 + B .* B)",
    "(A - b ones(n)') .* M", "logsoftmax(x)", "f(Q) + f'(Q)", "f(s)", "crossmat(v)", "1/7 + 1/8 + s", "10^20 * s",
    "-1/3 x", "-(x + y)", "-A' - B'", "A' .* B'", "exp(A')", "(A C)' (A C)", "mean(A) + prod(x)", "x' x + r x",
]  # fmt: skip


@pytest.mark.parametrize("text", RIGHT)
def test_emitted_functions_give_what_evaluation_gives(text: str) -> None:
    expression = node(text)
    check(expression, None if symbols(expression) else [Symbol("x", ("n", 1))])


# Formula, variable, declarations: Hessians with Kronecker products, Diag(vec(…)) and commutation matrices in them.
HESSIANS = [
    ("norm(M .* (U V' - Y))^2 + a norm(U)^2", "U", ["U : matrix(m, k)", "V : matrix(n, k)", "a : scalar"]),
    ("norm(M .* (U V' - Y))^2", ("U", "V"), ["U : matrix(m, k)", "V : matrix(n, k)"]),
    ("sum(logsumexp(X W, 2)) - Y : (X W)", "W", ["W : matrix(n, k)", "X : matrix(m, n)"]),
    ("-sum(Y .* logsoftmax(X W, 2))", "W", ["W : matrix(n, k)", "X : matrix(m, n)"]),
    ("m/2 * logdet(S) + 1/2 * tr(X' X inv(S))", "S", ["X : matrix(m, n)", "S : matrix(n, n), spd"]),
    ("norm(C tanh(B tanh(A X)) - Y)^2", "A", ["A : matrix(n, p)", "B : matrix(k, n)", "C : matrix(q, k)"]),
    ("norm(C tanh(B tanh(A X)) - Y)^2", "B", ["A : matrix(n, p)", "B : matrix(k, n)", "C : matrix(q, k)"]),
    ("norm(C tanh(B tanh(A x)) - y)^2", "A", ["A : matrix(n, p)", "B : matrix(k, n)", "x : vector(p)", "y : vector(q)"]),
    ("sum(tanh(A X B))", "X", ["A : matrix(m, n)", "X : matrix(n, p)", "B : matrix(p, q)"]),
    ("tr(X A X' B)", "X", ["X : matrix(m, n)"]),
    ("tr(X A X B)", "X", ["X : matrix(n, n)"]),
    ("logdet(A X B)", "X", ["A : matrix(n, n)", "X : matrix(n, n)"]),
    ("sum(softplus(-y .* (X w)))", "w", ["X : matrix(m, n)"]),
    ("norm(X' X)^2", "X", ["X : matrix(m, n)"]),
    ("sum(exp(x y'))", "x", ["x : vector(m)", "y : vector(n)"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "declare"), HESSIANS)
def test_emitted_hessians_give_what_evaluation_gives_and_form_no_kronecker_product(
    text: str, wrt: str, declare: list[str]
) -> None:
    source = check(matcalc.derive(text, wrt, declare, order=2).value.node)
    assert "np.eye" not in source and "np.ones" not in source


@pytest.mark.parametrize(("text", "wrt", "declare"), HESSIANS)
def test_emitted_hessians_are_right_where_every_size_is_one(text: str, wrt: str, declare: list[str]) -> None:
    expression = matcalc.derive(text, wrt, declare, order=2).value.node
    given = symbols(expression)
    found = draw([expression], symbols=given)
    assert found is not None
    sizes = dict.fromkeys(found.sizes, 1)
    ones = Draw(sizes, {name: value[:1, :1] for name, value in found.values.items()}, "ones")
    f = numpy_function([expression], given, "f", "")
    got = np.asarray(f(**arguments(f, given, ones)))
    assert np.allclose(got, natural(ones.value(expression), expression.shape))


def test_code_of_any_form_can_be_registered() -> None:
    odd = "np.array([[max(a, 0) if a < 5 else ~int(a) for a in row] for row in X.tolist()]).reshape(X.shape)"
    record = matcalc.Function("odd", "X : matrix(m, n)", "matrix(m, n)", constant=True, code=odd)
    known = dict(functions._records)
    try:
        matcalc.register(record)
        f = matcalc.parse("odd(A B)", ["A : matrix(m, n)"]).function()
        assert f(A=[[1.0, -2], [3, 4]], B=[[1.0, 0], [0, 1]]).tolist() == [[1, 0], [3, 4]]
    finally:
        functions._records.clear()
        functions._records.update(known)


def test_several_expressions_come_as_a_tuple_and_share_their_parts() -> None:
    f = function("(A x - b)' (A x - b)", "2 A' (A x - b)")
    assert body(f.source) == "t1 = A @ x - b\nreturn t1 @ t1, 2 * (A.T @ t1)"
    value, gradient = f(A=[[1.0, 2], [3, 4], [5, 6]], x=[1.0, 1], b=[0, 0, 0])
    assert value == 9 + 49 + 121
    assert gradient.tolist() == [2 * (3 + 21 + 55), 2 * (6 + 28 + 66)]


def test_a_definition_is_a_line_of_its_name() -> None:
    a, x = Symbol("A", ("m", "n")), Symbol("x", ("n", 1))
    e = Named("residual", Word((a, x)))
    assert body(numpy_source([Add((e, Call("exp", (e,), e.shape)))], [a, x], "f")).startswith("residual = A @ x\n")


def test_a_part_and_its_transpose_are_computed_once() -> None:
    assert body(function("(A C)' (A C)").source) == "t1 = A @ C\nreturn t1.T @ t1"
    assert body(function("tanh(A .* B)' (A .* B)").source).count("A * B") == 1


# --- names --------------------------------------------------------------------------------------------------------


def test_names_that_python_reserves_get_an_underscore() -> None:
    given = [Symbol(name, (1, 1)) for name in ("lambda", "in", "None", "x")]
    f = numpy_function([Add(tuple(given))], given, "class")
    assert list(inspect.signature(f).parameters) == ["lambda_", "in_", "None_", "x"]
    assert f.__name__ == "class_"
    assert f(lambda_=1, in_=2, None_=3, x=4) == 10


def test_names_that_the_code_uses_itself_can_be_parameters() -> None:
    names = ["np", "float", "ValueError", "_array", "t1", "dtype", "n", "f", "name", "value", "_f"]
    given = [Symbol(name, ("n", 1)) for name in names]
    total = Add(tuple(Call("exp", (symbol,), symbol.shape) for symbol in given))
    f = numpy_function([Add((total, Constant("ones", ("n", 1)))), Constant("eye", ("n", "n"))], given, "f")
    assert list(inspect.signature(f).parameters) == names
    got, eye = f(**{name: np.full(3, k) for k, name in enumerate(names)})
    assert np.allclose(got, sum(np.exp(k) for k in range(len(names))) + 1)
    assert np.array_equal(eye, np.eye(3))


def test_greek_letters_and_accents_are_names_and_what_is_no_letter_becomes_an_underscore() -> None:
    given = [Symbol(name, (1, 1)) for name in ("λ", "y_hat", "W'", "2x")]
    f = numpy_function([Add(tuple(given))], given)
    assert list(inspect.signature(f).parameters) == ["λ", "y_hat", "W_", "_2x"]
    assert f(λ=1, y_hat=2, W_=3, _2x=4) == 10


def test_names_that_would_be_one_stay_two() -> None:
    given = [Symbol("lambda", (1, 1)), Symbol("lambda_", (1, 1))]
    f = numpy_function([Scaled(1, ((given[0], 1), (given[1], -1)), None)], given)
    assert list(inspect.signature(f).parameters) == ["lambda_", "lambda__"]
    assert f(lambda_=6, lambda__=2) == 3


def test_a_size_and_a_scalar_of_one_name_are_two() -> None:
    n, x = Symbol("n", (1, 1)), Symbol("x", ("n", 1))
    f = numpy_function([Add((n, Constant("size", parameters=("n",))))], [n, x])
    assert f(n=10, x=[1, 2, 3]) == 13


def test_declared_functions_are_callables_with_their_derivatives() -> None:
    x = Symbol("x", ("n", 1))
    calls = [Call("g" + "'" * k, (x,), x.shape) for k in range(3)]
    f = numpy_function([Add(tuple(calls))], [x])
    assert list(inspect.signature(f).parameters) == ["x", "g", "g_1", "g_2"]
    assert np.allclose(f(x=[0, 1], g=np.sin, g_1=np.cos, g_2=lambda t: 0 * t), np.sin([0, 1]) + np.cos([0, 1]))


def test_only_its_own_parameters_are_taken() -> None:
    f = function("A x")
    assert list(inspect.signature(f).parameters) == ["A", "x"]
    with pytest.raises(TypeError, match="unexpected keyword argument 'b'"):
        f(A=[[1]], x=[1], b=2)
    with pytest.raises(TypeError, match="missing"):
        f(A=[[1]])


# --- shapes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"x": np.ones(3)}, "x : vector(n), n as in A: the shape must be (4,), and here it is (3,)"),
        ({"x": np.ones((4, 1))}, "x : vector(n), n as in A: the shape must be (4,), and here it is (4, 1)"),
        ({"A": np.ones(4)}, "A : matrix(m, n): the shape must be (m, n), and here it is (4,)"),
        ({"A": np.ones((3, 4, 1))}, "A : matrix(m, n): the shape must be (m, n), and here it is (3, 4, 1)"),
        ({"b": 1.0}, "b : vector(m), m as in A: the shape must be (3,), and here it is ()"),
        ({"Q": np.ones((4, 5))}, "Q : matrix(n, n), n as in A: the shape must be (4, 4), and here it is (4, 5)"),
        ({"r": np.ones(4)}, "r : row(n), n as in A: the shape must be (1, 4), and here it is (4,)"),
        ({"lambda_": np.ones(2)}, "lambda_ : scalar: this must be a number, and here it is an array of shape (2,)"),
        ({"x": "abcd"}, "x is no array of numbers: 'abcd'"),
        ({"x": ["1", "2", "3", "4"]}, "x is no array of numbers: ['1', '2', '3', '4']"),
        ({"A": [[1, 2], [3]]}, "A is no array of numbers: [[1, 2], [3]]"),
        ({"s": None}, "s is no array of numbers: None"),
    ],
)
def test_a_wrong_shape_is_refused_in_words(given: dict[str, object], words: str) -> None:
    f = function("lambda A Q x + (r x) b + s b")
    right: dict[str, object] = {
        "A": np.ones((3, 4)), "Q": np.eye(4), "x": np.ones(4), "r": np.ones((1, 4)), "b": np.ones(3), "lambda_": 2, "s": 1,
    }  # fmt: skip
    assert np.shape(f(**right)) == (3,)
    with pytest.raises(ValueError, match=re.escape(words)):
        f(**(right | given))


def test_a_square_matrix_must_be_square() -> None:
    with pytest.raises(
        ValueError, match=re.escape("Q : matrix(n, n): the shape must be (n, n), and here it is (3, 2)")
    ):
        function("Q'")(Q=np.ones((3, 2)))


def test_fixed_sizes_are_checked() -> None:
    f = numpy_function([Symbol("w", (5, 1))], [Symbol("w", (5, 1))])
    assert np.shape(f(w=[1, 2, 3, 4, 5])) == (5,)
    with pytest.raises(ValueError, match=re.escape("w : vector(5): the shape must be (5,), and here it is (4,)")):
        f(w=[1, 2, 3, 4])


def test_a_vector_of_one_fixed_entry_is_a_number() -> None:
    v = Symbol("v", (1, 1))
    f = numpy_function([Scaled(2, ((v, 1),), None)], [v])
    assert [f(v=3), f(v=[3]), f(v=np.array([[3.0]]))] == [6, 6, 6]
    assert np.shape(f(v=[3])) == ()
    with pytest.raises(ValueError, match="must be a number"):
        f(v=[3, 4])


def test_sizes_of_one_are_sizes_like_any_other() -> None:
    assert np.shape(function("A x")(A=[[2.0]], x=[3.0])) == (1,)
    assert np.shape(function("x y'")(x=[2.0], y=[3.0])) == (1, 1)
    assert np.shape(function("x' y")(x=[2.0], y=[3.0])) == ()
    assert np.shape(function("r")(r=[[2.0]])) == (1, 1)
    assert np.shape(function("Q - x x'")(Q=[[2.0]], x=[1.0])) == (1, 1)


def test_lists_and_integers_are_taken_and_not_divided_as_integers() -> None:
    assert function("Q^-1")(Q=[[2, 0], [0, 4]]).tolist() == [[0.5, 0], [0, 0.25]]
    assert function("w .^ (-1)")(w=[1, 2, 4]).tolist() == [1, 0.5, 0.25]
    assert function("s^(-1)")(s=4) == 0.25
    assert function("s x")(s=Fraction(1, 2), x=[Fraction(1, 3), 1]).tolist() == [1 / 6, 0.5]


def test_a_size_in_a_formula_is_read_off_the_arguments() -> None:
    assert function("n x")(x=[1, 1, 1]).tolist() == [3, 3, 3]
    assert function("m n s + sum(A)")(A=np.ones((2, 3)), s=1) == 12


def test_a_size_that_no_argument_shows_is_a_parameter() -> None:
    f = function("n s")
    assert list(inspect.signature(f).parameters) == ["s", "n"]
    assert f(s=2, n=5) == 10
    for wrong in (0, -1, 2.5):
        with pytest.raises(ValueError, match="n is a size, a positive whole number, and here it is"):
            f(s=2, n=wrong)


def test_sizes_are_found_in_sums_and_products() -> None:
    x, y = Symbol("x", (add("n", 1), 1)), Symbol("y", (mul("m", "n"), 1))
    a, even = Symbol("A", ("m", 2)), Symbol("even", (mul(2, "k"), 1))
    size = [Constant("size", parameters=(name,)) for name in "mnk"]
    f = numpy_function(list(size), [y, x, a, even])
    assert f(y=np.ones(6), x=np.ones(4), A=np.ones((2, 2)), even=np.ones(8)) == (2.0, 3.0, 4.0)
    with pytest.raises(ValueError, match=re.escape("y : vector(m*n), m as in A, n as in x: the shape must be (6,)")):
        f(y=np.ones(5), x=np.ones(4), A=np.ones((2, 2)), even=np.ones(8))
    with pytest.raises(ValueError, match=re.escape("even : vector(2*k), k as in even: the shape must be (6,)")):
        f(y=np.ones(6), x=np.ones(4), A=np.ones((2, 2)), even=np.ones(7))


def test_a_length_that_is_not_solved_for_is_compared_with_others_like_it() -> None:
    half = divide(mul("n", add("n", 1)), 2)
    x, y = Symbol("x", (half, 1)), Symbol("y", (half, 1))
    f = numpy_function([Add((x, y))], [x, y])
    assert np.shape(f(x=np.ones(6), y=np.ones(6))) == (6,)
    with pytest.raises(ValueError, match=re.escape("must be (6,), and here it is (3,)")):
        f(x=np.ones(6), y=np.ones(3))


def test_two_sizes_in_one_shape_are_held_against_each_other() -> None:
    a = Symbol("A", ("n", add("n", 1)))
    f = numpy_function([a], [a])
    assert np.shape(f(A=np.ones((2, 3)))) == (2, 3)
    with pytest.raises(ValueError, match=re.escape("the shape must be (2, 3), and here it is (2, 4)")):
        f(A=np.ones((2, 4)))


# --- types ----------------------------------------------------------------------------------------------------------

SINGLE = ["2 A' (A x - b)", "Q + lambda I", "x / n", "step(x) - 1/2 * ones(n)", "2^(1/2) x + log(2 pi) x", "e(1, n)",
          "x' x / 3", "K(m, n) vec(A)", "zeros(n) + 3 ones(n)", "softmax(x) + relu(x)", "s x"]  # fmt: skip


@pytest.mark.parametrize("text", SINGLE)
def test_single_precision_stays_single_beside_python_numbers(text: str) -> None:
    expression = node(text)
    given = symbols(expression) or [Symbol("x", ("n", 1))]
    f = numpy_function([expression], given)
    found = draw([expression], symbols=given)
    assert found is not None
    values = {symbol.name.replace("lambda", "lambda_"): found.values[symbol.name] for symbol in given}
    single = {
        name: float(value[0, 0]) if value.shape == (1, 1) else natural(value, symbol.shape).astype(np.float32)
        for (name, value), symbol in zip(values.items(), given, strict=True)
    }
    assert np.asarray(f(**single)).dtype == np.float32


def test_complex_numbers_pass_through() -> None:
    z = np.array([1 + 2j, 3j])
    x = Symbol("x", ("n", 1))
    conjugate = Call("conj", (x,), x.shape)
    assert numpy_function([Word((Transpose(conjugate), x))], [x])(x=z) == 14
    assert function("x' x")(x=z) == z @ z
    assert np.array_equal(function("s x")(x=[1.0, 2], s=1j), np.array([1j, 2j]))


def test_what_went_in_is_not_changed_by_what_is_done_with_what_came_out() -> None:
    x = np.ones(3)
    got = function("x")(x=x)
    assert isinstance(got, np.ndarray)
    got[0] = 7
    assert x[0] == 1


# --- the source ---------------------------------------------------------------------------------------------------------


def test_the_source_stands_alone() -> None:
    source = function("exp(lambda) Q x + n ones(n)").source
    code = (
        source
        + "\nprint(f(lambda_=0, Q=[[1, 2], [3, 4]], x=[1, 1]).tolist())\nimport sys\nassert 'matcalc' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "[5.0, 9.0]", run.stderr


def test_the_docstring_gives_formula_and_shapes() -> None:
    f = function("lambda A x")
    assert f.__doc__ is not None
    assert f.__doc__.splitlines()[0] == "lambda A x"
    for line in ("A       : matrix(m, n)   array (m, n)", "lambda_ : scalar         a number", "returns : vector(m)"):
        assert line in f.__doc__


@pytest.mark.parametrize("doc", ['a "quoted"', 'ends with """', "back\\slash \\alpha \\N", "two\nlines", "'''", ""])
def test_any_text_can_be_the_docstring(doc: str) -> None:
    f = numpy_function([node("x")], [Symbol("x", ("n", 1))], "f", doc)
    assert f(x=[1]) == 1


def test_the_source_has_imports_for_what_it_uses_only() -> None:
    assert function("expm(Q)").source.startswith("import numpy as np\nimport scipy.linalg\n")
    assert "scipy" not in function("A x").source
    assert "_number" not in function("A x").source


def test_a_traceback_shows_the_line_of_the_emitted_source() -> None:
    f = function("inv(Q) x")
    with pytest.raises(np.linalg.LinAlgError) as raised:
        f(Q=np.zeros((2, 2)), x=[1, 2])
    assert "np.linalg.solve(Q, x)" in "".join(traceback.format_tb(raised.tb))
    assert inspect.getsource(f) in f.source


def test_the_same_formula_gives_the_same_source() -> None:
    assert body(function("tanh(A x) + b s").source) == body(function("s b + tanh(A x)").source)


def test_an_unknown_symbol_is_an_error() -> None:
    with pytest.raises(matcalc.CallError, match="y stands in the formula and is not among the arguments"):
        numpy_source([node("x + y")], [Symbol("x", ("n", 1))])


# --- large formulas -----------------------------------------------------------------------------------------------------


def deep() -> list[Expr]:
    x, a = Symbol("x", ("n", 1)), Symbol("A", ("n", "n"))
    nested: Expr = x
    for k in range(2000):
        nested = Call("sin" if k % 2 else "tanh", (nested,), x.shape)
    long = Add(tuple(Call("sin", (Scaled(Fraction(k, 7), (), x),), x.shape) for k in range(8, 3000)))
    layers: Expr = x
    for _ in range(300):
        layers = Call("tanh", (Add((Word((a, layers)), layers)),), x.shape)
    return [nested, long, Word((a,) * 500 + (x,)), layers, Word((Transpose(x), layers))]


@pytest.mark.parametrize("k", range(5))
def test_deep_and_long_expressions_compile(k: int) -> None:
    source = check_small(deep()[k])
    assert max(map(len, source.splitlines())) <= 140


def check_small(expression: Expr) -> str:
    """As check, at one draw of small entries."""
    given = symbols(expression)
    f = numpy_function([expression], given, "f", "")
    found = draw([expression], symbols=given) or draw([Symbol("x", ("n", 1))], symbols=given)
    assert found is not None
    small = Draw(found.sizes, {name: 0.1 * value for name, value in found.values.items()}, "small")
    assert np.allclose(f(**arguments(f, given, small)), natural(small.value(expression), expression.shape))
    return f.source
