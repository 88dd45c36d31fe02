"""Emitted Julia: it parses, and in an interpreter of what is emitted it gives the stored numbers; Julia itself does not run here."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from collection import FILES, Record, arguments

import matcalc

pytest.importorskip("tree_sitter_julia")

import julia

RECORDS = [json.loads(line) for file in FILES for line in file.read_text().splitlines()]
WITHOUT = "no spelling for julia"


def lines(
    text: str, wrt: str | tuple[str, ...], declare: list[str], gives: str = "result", order: int = 1
) -> list[str]:
    source = matcalc.derive(text, wrt, declare, order=order).code("julia", gives)
    assert not julia.PARSER.parse(source.encode()).root_node.has_error
    return [line.strip() for line in source.splitlines()]


# Formula, variable, declarations, the last lines.
SPELLED: list[tuple[str, str | tuple[str, ...], list[str], list[str]]] = [
    ("norm(X w - y)^2", "w", [], ["return 2 * (X' * (X * w - y))"]),
    ("x' A x", "x", [], ["return A * x + A' * x"]),
    ("sum(exp(A x))", "x", ["A : matrix(m, n)"], ["return A' * exp.(A * x)"]),
    ("norm(A X B - C)^2", "X", [], ["return 2 * (A' * (A * X * B - C) * B')"]),
    ("logdet(Q + lambda I)", "Q", ["Q : matrix(n, n)"], ["return inv(Q' + lambda_ * Matrix{T}(I, n, n))"]),
    ("(x - m)' inv(S) (x - m)", "m", ["S : matrix(n, n), spd"], ["return 2 * (cholesky(Symmetric(S)) \\ (m - x))"]),
    ("sum(logsumexp(X W, 2))", "W", ["X : matrix(m, n)", "W : matrix(n, k)"],
     ["t1 = X * W", "t2 = exp.(t1 .- maximum(t1, dims=2))", "return X' * (t2 ./ sum(t2, dims=2))"]),
    ("a' X^k b", "X", [], ["t1 = zeros(T, n, n)", "for i in 0:terms(k) - 1",
     "t1 += X' ^ i * a * ((X' ^ Int(k - (i + 1)))' * b)'", "end", "return t1"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "declare", "code"), SPELLED)
def test_julia_reads_as_an_expert_writes_it(text: str, wrt: str, declare: list[str], code: list[str]) -> None:
    found = lines(text, wrt, declare)
    assert found[-1] == "end" and found[-1 - len(code) : -1] == code


def test_shapes_are_checked_and_told_in_the_docstring() -> None:
    found = lines("norm(X w - y)^2", "w", [])
    assert "using LinearAlgebra" in found and "gradient(X, w, y)" in found and "X       : matrix(m, n)" in found
    f = julia.function("\n".join(found))
    X = np.arange(6.0).reshape(3, 2)
    assert np.allclose(f(X, np.ones(2), np.zeros(3)), 2 * X.T @ X @ np.ones(2))
    with pytest.raises(ValueError, match=r"w : vector\(n\)"):
        f(X, np.ones(3), np.zeros(3))


@pytest.mark.parametrize("record", RECORDS[::3], ids=lambda record: str(record["id"]))
def test_collected_formulas_have_their_stored_values(record: Record) -> None:
    assert judged(record) in ("", WITHOUT)


def judged(record: Record) -> str:
    """What is wrong with a record, empty where nothing is."""
    order = 2 if record["kind"] == "hessian" else 1
    result = matcalc.derive(record["expr"], record["wrt"], record["declare"], order=order)
    try:
        source = result.code("julia")
    except matcalc.NoRuleError as error:
        assert WITHOUT in str(error)
        return WITHOUT
    f, names = julia.function(source), julia.parameters(source)
    for case in record["cases"]:
        values: dict[str, Any] = arguments(record, case)
        truth = np.asarray(case["truth"], float)
        got = np.asarray(f(*[values[name.rstrip("_")] if name not in values else values[name] for name in names]))
        if got.size != truth.size or not np.allclose(got.reshape(truth.shape), truth, rtol=1e-6, atol=1e-8):
            return f"{got.shape} {truth.shape}\n{source}"
    return ""


def test_what_julia_has_no_word_for_is_an_error() -> None:
    with pytest.raises(matcalc.NoRuleError, match="erf has no spelling for julia"):
        matcalc.derive("sum(erf(x) .* erf(x))", "x", ["x : vector(n)"]).code("julia")
    with pytest.raises(matcalc.CallError, match="cannot be called from here"):
        matcalc.derive("x' x", "x").function("julia")
    with pytest.raises(matcalc.NoRuleError, match="complex formula"):
        matcalc.derive("norm(Z)^2", "Z", ["Z : complex matrix(m, n)"]).code("julia")
