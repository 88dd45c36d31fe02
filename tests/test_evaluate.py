"""Values of expressions in floating point numbers, against NumPy by hand."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.errors import CallError, NoRuleError
from matcalc.expr import Call, Constant, Expr, Hadamard, Named, Scaled, Symbol, Transpose, Word
from matcalc.verify.evaluate import evaluate, evaluate_nodes

Array = np.ndarray[Any, Any]

SIZES = {"m": 3, "n": 4, "p": 5}
SHAPES: Mapping[str, tuple[str | int, str | int]] = {
    "A": ("m", "n"), "B": ("m", "n"), "C": ("n", "p"), "Q": ("n", "n"), "R": ("n", "n"), "x": ("n", 1), "y": ("n", 1),
    "b": ("m", 1), "r": (1, "n"), "s": (1, 1), "t": (1, 1),
}  # fmt: skip
DECLARE = [
    "A, B : matrix(m, n)", "C : matrix(n, p)", "Q, R : matrix(n, n)", "x, y : vector(n)", "b : vector(m)", "r : row(n)",
    "s, t : scalar", "f : function",
]  # fmt: skip


def values() -> dict[str, Array]:
    """Entries between 0.2 and 1.2, so that roots and logarithms exist; Q and R far from singular."""
    random = np.random.default_rng(0)
    found = {}
    for name, shape in SHAPES.items():
        rows, cols = (SIZES[size] if isinstance(size, str) else size for size in shape)
        found[name] = random.uniform(0.2, 1.2, (rows, cols)) + (3 * np.eye(rows) if name in "QR" else 0)
    return found


# Formula, NumPy by hand over 2-D arrays.
BY_HAND = [
    ("A x", "A @ x"),
    ("A - 2 B", "A - 2 * B"),
    ("A'", "A.T"),
    ("r Q", "r @ Q"),
    ("r'", "r.T"),
    ("x y'", "x @ y.T"),
    ("x' Q y", "x.T @ Q @ y"),
    ("x' x / s", "x.T @ x / s"),
    ("s^2 t^(1/2) A / 3", "s**2 * np.sqrt(t) * A / 3"),
    ("s^t", "s**t"),
    ("s^(-3/2)", "s**-1.5"),
    ("2^(1/2) * 1/3 * x", "np.sqrt(2) / 3 * x"),
    ("A .* B ./ (A + B)", "A * B / (A + B)"),
    ("A .^ 3", "A**3"),
    ("A .^ (1/3)", "A ** (1 / 3)"),
    ("A .^ s", "A ** s"),
    ("x + s", "x + s"),
    ("Q^3", "Q @ Q @ Q"),
    ("inv(Q) x", "np.linalg.inv(Q) @ x"),
    ("Q^-T", "np.linalg.inv(Q).T"),
    ("tr(Q R)", "[[np.trace(Q @ R)]]"),
    ("A : B", "[[np.sum(A * B)]]"),
    ("sum(A)", "[[np.sum(A)]]"),
    ("sum(A, 1)", "np.sum(A, axis=0, keepdims=True)"),
    ("max(A, 2)", "np.max(A, axis=1, keepdims=True)"),
    ("max(A, B)", "np.maximum(A, B)"),
    ("norm(A)", "[[np.linalg.norm(A)]]"),
    ("norm2(A)", "[[np.linalg.norm(A, 2)]]"),
    ("norm1(A)", "[[np.sum(np.abs(A))]]"),
    ("logdet(Q)", "[[np.log(np.abs(np.linalg.det(Q)))]]"),
    ("det(Q)", "[[np.linalg.det(Q)]]"),
    ("diag(Q)", "np.diag(Q)[:, None]"),
    ("Diag(x) C", "np.diag(x[:, 0]) @ C"),
    ("vec(A)", "A.T.reshape(-1, 1)"),
    ("vech(Q)", "np.concatenate([Q[k:, k] for k in range(4)])[:, None]"),
    ("unvec(vec(A), n, m)", "A.T.reshape(4, 3, order='C').reshape(12).reshape(3, 4).T"),
    ("kron(A, C)", "np.kron(A, C)"),
    ("exp(A) + sigmoid(B)", "np.exp(A) + 1 / (1 + np.exp(-B))"),
    ("softmax(x)", "np.exp(x) / np.sum(np.exp(x))"),
    ("logsumexp(x)", "[[np.log(np.sum(np.exp(x)))]]"),
    ("eye(n) - x x'", "np.eye(4) - x @ x.T"),
    ("ones(m) x'", "np.ones((3, 1)) @ x.T"),
    ("zeros(m, n) + A", "A"),
    ("e(2, n)' x", "x[[1]]"),
    ("n/2 * log(2 pi) * s", "2 * np.log(2 * np.pi) * s"),
    ("K(m, n) vec(A)", "A.reshape(-1, 1)"),
    ("D(n) vech(Q + Q')", "(Q + Q.T).T.reshape(-1, 1)"),
    ("f(x) + f'(x)", "np.sin(x) + np.cos(x)"),
]


@pytest.mark.parametrize(("text", "code"), BY_HAND)
def test_values_are_those_of_numpy_by_hand(text: str, code: str) -> None:
    node = matcalc.parse(text, DECLARE).node
    found = evaluate(node, values(), SIZES, {"f": np.sin, "f'": np.cos})
    wanted = np.asarray(eval(code, {"np": np, **values()}))
    assert found.shape == wanted.shape
    assert np.allclose(found, wanted, rtol=1e-12)


def test_every_array_on_the_way_has_two_dimensions() -> None:
    for text, _ in BY_HAND:
        nodes = evaluate_nodes([matcalc.parse(text, DECLARE).node], values(), SIZES, {"f": np.sin, "f'": np.cos})
        assert all(value.ndim == 2 for value in nodes.values())


def symbol(name: str) -> Symbol:
    return Symbol(name, SHAPES[name])


def test_a_named_part_has_the_value_of_its_body() -> None:
    x = symbol("x")
    assert np.allclose(evaluate(Named("W", Word((symbol("A"), x))), values(), SIZES), values()["A"] @ values()["x"])


def test_vectors_and_scalars_may_be_given_without_idle_dimensions() -> None:
    x, s = symbol("x"), symbol("s")
    assert evaluate(Scaled(1, ((s, 1),), x), {"x": [1, 2, 3, 4], "s": [0.5]}, SIZES).tolist() == [
        [0.5],
        [1],
        [1.5],
        [2],
    ]


def test_complex_numbers_pass_through() -> None:
    z = np.array([[1 + 2j], [3 - 1j], [0.5j], [2]])
    x = symbol("x")
    conjugate = Call("conj", (x,), x.shape)
    assert np.allclose(evaluate(Word((Transpose(conjugate), x)), {"x": z}, SIZES), z.conj().T @ z)
    assert np.allclose(evaluate(Word((Transpose(x), x)), {"x": z}, SIZES), z.T @ z)
    assert np.allclose(evaluate(Hadamard(((x, Fraction(1, 2)),)), {"x": z}, SIZES), np.sqrt(z))


def test_the_root_of_a_negative_number_is_nan() -> None:
    s = symbol("s")
    assert np.isnan(evaluate(Scaled(1, ((s, Fraction(1, 2)),), None), {"s": -2}, {})).all()
    assert np.isnan(evaluate(Scaled(1, ((s, Fraction(1, 3)),), None), {"s": -2}, {})).all()


def test_a_shared_part_is_computed_once() -> None:
    x: Expr = symbol("x")
    for _ in range(200):  # as a tree this has 2^200 leaves
        x = Hadamard(((x, 1), (Call("cos", (x,), x.shape), 1)))
    assert evaluate(x, values(), SIZES).shape == (4, 1)


def test_two_thousand_nested_calls_are_evaluated() -> None:
    x: Expr = symbol("x")
    wanted = values()["x"]
    for _ in range(2000):
        x, wanted = Call("sin", (x,), x.shape), np.sin(wanted)
    assert np.allclose(evaluate(x, values(), SIZES), wanted)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(CallError, match="x has no value"):
        evaluate(symbol("x"), {}, SIZES)
    with pytest.raises(CallError, match="the size n has no value"):
        evaluate(Constant("size", parameters=("n",)), {}, {})
    with pytest.raises(CallError, match="the function f has no value"):
        evaluate(Call("f", (symbol("x"),), ("n", 1)), values(), SIZES)


def test_a_value_of_another_shape_is_refused_with_both_shapes() -> None:
    with pytest.raises(CallError, match=r"A : matrix\(m, n\) has the shape \(3, 4\) here, and its value has \(4, 3\)"):
        evaluate(symbol("A"), {"A": np.ones((4, 3))}, SIZES)
    with pytest.raises(CallError, match="x : vector"):
        evaluate(symbol("x"), {"x": np.ones((1, 4))}, SIZES)


def test_a_unit_vector_outside_its_space_is_refused() -> None:
    with pytest.raises(CallError, match="no unit vector 5 of length 4"):
        evaluate(Constant("unit", ("n", 1), (5, "n")), {}, SIZES)


def test_a_call_that_fits_no_record_is_refused() -> None:
    with pytest.raises(NoRuleError, match="inv has no NumPy code"):
        evaluate(Call("inv", (symbol("A"),), ("n", "m")), values(), SIZES)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["pinv(X)", "inv(X)", "norm2(X)", "svdvals(X)", "logdet(X)"])
def test_a_matrix_function_of_what_is_infinite_is_no_number_and_found_at_once(text: str) -> None:
    X = np.array([[np.inf, 1.0], [np.inf, 2.0]])
    node = matcalc.parse(text, ["X : matrix(2, 2)"]).node
    assert not np.isfinite(evaluate(node, {"X": X}, {})).any()


def test_a_sum_of_millions_of_terms_is_not_added_term_by_term() -> None:
    node = matcalc.parse("sum(i=1..N, cos(i t))", ["N : size", "t : scalar"]).node
    with pytest.raises(CallError, match="takes too long to be added"):
        evaluate(node, {"t": np.ones((1, 1))}, {"N": 10**7})
