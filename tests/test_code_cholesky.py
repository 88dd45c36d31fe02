"""Matrices that are symmetric positive definite: one Cholesky factor for solutions, inverses and the determinant."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from test_code_targets import EVERY, convert

import matcalc

RNG = np.random.default_rng(5)
NORMAL = "1/2 * (x - m)' inv(S) (x - m) + 1/2 * logdet(S)"
SPD = ["S : matrix(n, n), spd", "x, m : vector(n)", "X : matrix(p, n)", "s : scalar, positive"]


def draws() -> dict[str, Any]:
    A = RNG.normal(size=(4, 4))
    return {
        "S": A @ A.T + np.eye(4),
        "x": RNG.normal(size=4),
        "m": RNG.normal(size=4),
        "X": RNG.normal(size=(6, 4)),
        "s": 0.3,
    }


def lines(text: str, wrt: str, gives: str = "result") -> list[str]:
    code = matcalc.derive(text, wrt.split(","), SPD).code("numpy", gives)
    return [line.strip() for line in code.splitlines()]


def test_one_factor_serves_the_value_and_all_gradients() -> None:
    code = "\n".join(lines(NORMAL, "m,S", "value_and_gradient"))
    assert code.count("cho_factor(") == 1 and "slogdet" not in code and "linalg.inv" not in code


@pytest.mark.parametrize(
    ("text", "wrt", "code"),
    [
        ("(x - m)' inv(S) (x - m)", "m", "scipy.linalg.cho_factor(S, lower=True, check_finite=False)"),
        ("x' inv(X' X + s I) m", "m", "scipy.linalg.cho_factor("),
        ("logdet(S)", "S", "return np.linalg.inv(S)"),
        ("tr(X inv(S) X')", "S", "scipy.linalg.cho_factor("),
    ],
)
def test_a_factor_is_taken_where_it_is_faster(text: str, wrt: str, code: str) -> None:
    assert any(code in line for line in lines(text, wrt))


@pytest.mark.parametrize("text", ["x' inv(S + X' X) m", "x' inv(X' X + t I) m", "x' inv(Q) m"])
def test_what_may_have_no_factor_is_solved_as_any_matrix(text: str) -> None:
    declared = ["S : matrix(n, n), symmetric", "x, m : vector(n)", "X : matrix(p, n)", "t : scalar", "Q : matrix(n, n)"]
    code = matcalc.derive(text, "m", declared).code()
    assert "cho_" not in code and "np.linalg.solve(" in code


@pytest.mark.parametrize("target", ["numpy", *EVERY])
@pytest.mark.parametrize("word", ["diagonal", "diagonal, spd"])
@pytest.mark.parametrize(
    ("text", "wrt"), [("x' inv(D) x", "x"), ("tr(X inv(D) X')", "D"), ("inv(D)", "D"), ("tr(X inv(D)) + x' x", "X")]
)
def test_a_diagonal_matrix_is_divided_by(text: str, wrt: str, word: str, target: str) -> None:
    """The same formula of a matrix about which nothing is known has the values."""
    shaped = ["x : vector(n)", f"X : matrix({'n' if text.startswith('tr(X inv(D))') else 'p'}, n)"]
    f = matcalc.derive(text, wrt, [f"D : matrix(n, n), {word}", *shaped]).function(target)
    there = np.asarray if target == "numpy" else convert(target)
    values = {"D": np.diag([0.5, 2, 3, 1.5]), "x": np.arange(4.0), "X": RNG.normal(size=(4, 4))}
    names = inspect.signature(f).parameters
    found: Any = f(**{name: there(values[name]) for name in names})
    source = inspect.getsource(f)
    assert not any(word in source for word in ("solve", "linalg.inv", "cho_"))
    plain = matcalc.derive(text, wrt, ["D : matrix(n, n)", *shaped])
    truth = plain.function()(**{name: values[name] for name in names})
    if wrt == "D":
        truth = truth * (np.eye(4) if truth.shape == (4, 4) else np.diag(np.eye(4).ravel()))
    assert np.allclose(np.asarray(found), truth)


@pytest.mark.parametrize("target", ["numpy", *EVERY])
@pytest.mark.parametrize(
    "text", [NORMAL, "logdet(S) + tr(X inv(S) X')", "x' inv(X' X + s I) m + logdet(S)", "x' inv(S) inv(S) m"]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_factors_are_right_on_every_target_in_both_precisions(text: str, target: str, dtype: type) -> None:
    result = matcalc.derive(text, "m" if " m" in text else "S", SPD)
    f = result.function(target, "value_and_gradient")
    there = (lambda array: np.asarray(array, dtype)) if target == "numpy" else convert(target, dtype)
    values = draws()
    names = list(inspect.signature(f).parameters)
    found: Any = f(**{name: there(np.asarray(values[name])) for name in names})
    wanted = [result.objective.function(), result.function()]
    for got, whole in zip(found, wanted, strict=True):
        truth = np.asarray(whole(**{name: values[name] for name in inspect.signature(whole).parameters}))
        assert np.asarray(got).dtype == dtype
        assert np.allclose(np.asarray(got), truth, rtol=1e-3 if dtype == np.float32 else 1e-9)


def test_a_matrix_that_is_not_positive_definite_is_an_error() -> None:
    f = matcalc.derive("(x - m)' inv(S) (x - m)", "m", SPD).function()
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        f(S=np.diag([1.0, -1.0]), x=np.ones(2), m=np.zeros(2))
