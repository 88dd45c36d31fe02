"""Sums over an index and powers of matrices in emitted code: products where they are some, loops else, whole counts only."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from differences import central
from test_code_targets import EVERY, convert

import matcalc

RNG = np.random.default_rng(3)
FAMILY = ["x_i : vector(d), i = 1..N", "y_i : scalar, i = 1..N", "A_i : matrix(m, d), i = 1..N"]
VALUES: dict[str, Any] = {
    "x": RNG.normal(size=(5, 3)), "y": RNG.normal(size=5), "A": RNG.normal(size=(5, 4, 3)), "w": RNG.normal(size=3),
    "M": RNG.normal(size=(3, 3)), "X": RNG.normal(size=(3, 2)), "C": RNG.normal(size=(4, 2)), "S": np.eye(3),
    "a": RNG.normal(size=3), "b": RNG.normal(size=3), "k": 3.0,
    "t": 0.4,
}  # fmt: skip


def call(f: Any, target: str = "numpy", changed: Mapping[str, object] | None = None) -> np.ndarray[Any, Any]:  # noqa: ANN401
    """The value of an emitted function, or of that of a formula."""
    there = convert(target) if target != "numpy" else np.asarray
    values = {**VALUES, **(changed or {})}
    return np.asarray(f(**{name: there(np.asarray(values[name])) for name in inspect.signature(f).parameters}))


def differences(text: str, wrt: str, declare: list[str]) -> np.ndarray[Any, Any]:
    """The gradient by central differences of the emitted value."""
    f = matcalc.parse(text, declare).function()
    return central(lambda x: float(call(f, changed={wrt: x})), np.asarray(VALUES[wrt], float))


# Formula, variable, and what its last lines are.
PRODUCTS = [
    ("sum(i=1..N, log(1 + exp(-y_i w' x_i)))", "w",
     "return -(x.T @ (y * scipy.special.expit(-(y * (x @ w)))))"),
    ("sum(i=1..N, (w' x_i - y_i)^2)", "w", "return 2 * (x.T @ (x @ w - y))"),
    ("sum(i=2..N, norm(x_i - M x[i-1])^2)", "M", "t1 = x[0:N - 1]\nreturn 2 * ((t1 @ M.T - x[1:N]).T @ t1)"),
    ("sum(i=1..N, norm(x_i - w)^2)", "w", "return 2 * (N * w - np.sum(x, axis=0))"),
    ("sum(i=1..N, x_i' S x_i)", "S", "return x.T @ x"),
    ("sum(i=1..N, norm(A_i X - C)^2)", "X",
     "t1 = A.reshape(N * m, d)\nreturn 2 * (np.sum(A, axis=0).T @ -C + t1.T @ (t1 @ X))"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "code"), PRODUCTS)
def test_a_sum_over_an_index_is_a_product_of_arrays(text: str, wrt: str, code: str) -> None:
    result = matcalc.derive(text, wrt, FAMILY)
    written = [line.strip() for line in result.code("numpy").splitlines()]
    assert written[-len(code.splitlines()) :] == code.splitlines()
    assert np.allclose(call(result.function()), differences(text, wrt, FAMILY), rtol=1e-6, atol=1e-7)


LOOPS = [
    ("sum(i=1..N, logdet(M' M + x_i x_i'))", "M"),
    ("a' M^k b", "M"),
    ("sum(i=1..N, sum(j=1..N, exp(x_i' M x_j) y_i))", "M"),
    ("sum(i=1..N, sum(j=1..N, logdet(M' M + x_i x_j' + x_j x_i' + 9 S)))", "M"),
    ("sum(i=1..4, a' M^i b * t^i)", "M"),
]


@pytest.mark.parametrize(("text", "wrt"), LOOPS)
@pytest.mark.parametrize("target", ["numpy", *EVERY])
def test_other_sums_are_loops_that_are_right_on_every_target(text: str, wrt: str, target: str) -> None:
    result = matcalc.derive(text, wrt, FAMILY)
    source = result.code(target)
    assert "sum((" not in source and ".eye(" not in source
    found = call(result.function(target), target)
    assert np.allclose(found, differences(text, wrt, FAMILY), rtol=1e-5, atol=1e-6), source


def test_names_of_the_user_are_not_taken_by_a_loop() -> None:
    f = matcalc.parse(
        "sum(i=1..N, logdet(t1 t1' + i_1 * S + x_i x_i'))", [*FAMILY, "t1 : vector(d)", "S : matrix(d, d), spd"]
    )
    x, t1 = VALUES["x"], VALUES["w"]
    wanted = sum(np.linalg.slogdet(np.outer(t1, t1) + 2 * np.eye(3) + np.outer(v, v))[1] for v in x)
    assert np.isclose(f.function()(t1=t1, i_1=2, S=np.eye(3), x=x), wanted)


@pytest.mark.parametrize("target", ["numpy", *EVERY])
def test_an_exponent_of_a_matrix_or_a_count_that_is_not_whole_is_refused(target: str) -> None:
    power = matcalc.parse("M^k", ["M : matrix(d, d)"]).function(target)
    assert np.allclose(call(power, target), np.linalg.matrix_power(VALUES["M"], 3))
    with pytest.raises(ValueError, match=r"needs a whole number as its exponent, and here it is 1\.5"):
        call(power, target, {"k": 1.5})
    gradient = matcalc.derive("a' M^k b", "M", FAMILY).function(target)
    for wrong in (1.5, -2.0):
        with pytest.raises(ValueError, match="a sum has a whole number of terms, 0 or more, and here it is"):
            call(gradient, target, {"k": wrong})
    assert np.allclose(call(gradient, target, {"k": 0.0}), 0)


def test_evaluation_does_not_cut_an_exponent_off() -> None:
    found = matcalc.verify.evaluate.evaluate(
        matcalc.parse("M^k", ["M : matrix(d, d)"]).node, {"M": np.eye(3), "k": np.full((1, 1), 1.5)}, {"d": 3}
    )
    assert np.isnan(found).all()
