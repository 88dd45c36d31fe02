"""Entries: indices that are read, ∂F_ij/∂X_kl as it is printed, and derivatives by one entry, one row, one column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from collection import Array

import matcalc
from matcalc.cli import main
from matcalc.expr import Symbol
from matcalc.verify.agree import directional, stacked
from matcalc.verify.sample import Draw, draws

INDICES = [f"{letter} : size" for letter in "ijkl"]

# --- entries that are read --------------------------------------------------------------------------------------------

# fmt: off
READ = [  # a formula, what it is printed as
    ("x[i]",                      "x[i]"),
    ("r[j]",                      "r[j]"),
    ("A[i,j]",                    "A[i,j]"),
    ("A'[j,i]",                   "A[i,j]"),
    ("A[i+1,n]",                  "A[i + 1,n]"),
    ("(A B)[i,k]",                "(A B)[i,k]"),
    ("A[i,:] B[:,k]",             "(A B)[i,k]"),
    ("A[:,j] B[j,:]",             "A[:,j] B[j,:]"),
    ("eye(n)[i,j]",               "eye(n)[i,j]"),
    ("A[2,3] x[1]",               "x[1] A[2,3]"),
    ("e(i,n)' x",                 "x[i]"),
    ("S[j,i] - S[i,j]",           "0"),
    ("sum(k=1..n, A[i,k] x[k])",  "(A x)[i]"),
]
REFUSED = [
    ("x[p]",         "no sum binds the index p"),
    ("x[A]",         "no sum binds the index A"),
    ("x[n+1]",       r"no entry n\+1"),
    ("x[0]",         "counted from 1"),
    ("x[i-i]",       "counted from 1"),
    ("x[2/3]",       "a subscript is a whole number"),
    ("A[i]",         "one subscript"),
    ("A[i,j,k]",     "one subscript or two"),
    ("sum(l=1..n, x[l+1])", "must stay inside"),
]
# fmt: on
DECLARED = [
    *INDICES,
    "A : matrix(m, n)",
    "B : matrix(n, q)",
    "x : vector(n)",
    "r : row(n)",
    "S : matrix(n, n), symmetric",
]


@pytest.mark.parametrize(("text", "printed"), READ)
def test_an_index_is_a_number_or_a_declared_size(text: str, printed: str) -> None:
    found = matcalc.parse(text, DECLARED)
    assert str(found) == printed
    assert matcalc.parse(str(found), DECLARED) == found


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_any_other_index_is_refused_at_its_place(text: str, message: str) -> None:
    with pytest.raises(matcalc.FormulaError, match=message) as caught:
        matcalc.parse(text, DECLARED)
    assert caught.value.spans


def test_an_entry_is_a_function_of_its_indices() -> None:
    entry = matcalc.parse("(A B)[i,k]", DECLARED).function()
    A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4) ** 2
    assert entry(A=A, B=B, i=2, k=4) == (A @ B)[1, 3]


# --- the entries of derivatives ---------------------------------------------------------------------------------------

# fmt: off
PRINTED = [  # formula, variable, declarations, the entries
    ("A X B",          "X", (), "A[i,k] B[l,j]"),
    ("X'",             "X", (), "eye(n)[i,l] eye(m)[j,k]"),
    ("X' X",           "X", (), "eye(n)[i,l] X[k,j] + eye(n)[j,l] X[k,i]"),
    ("X A X",          "X", (), "eye(m)[i,k] (A X)[l,j] + eye(n)[j,l] (X A)[i,k]"),
    ("inv(X)",         "X", (), "-inv(X)[i,k] inv(X)[l,j]"),
    ("X .* X",         "X", (), "2 eye(m)[i,k] eye(n)[j,l] X[i,j]"),
    ("exp(X)",         "X", (), "eye(m)[i,k] eye(n)[j,l] exp(X[i,j])"),
    ("exp(A X) .* X",  "X", (), "eye(m)[j,l] exp((A X)[i,j]) (A[i,k] X[i,j] + eye(n)[i,k])"),
    ("tanh(A x + b)",  "x", (), "A[i,j] (1 - tanh((A x + b)[i])^2)"),
    ("Diag(x) A",      "x", (), "eye(m)[i,k] A[i,j]"),
    ("diag(X)",        "X", (), "eye(n)[i,j] eye(n)[i,k]"),
    ("x / norm(x)",    "x", (), "(eye(n)[i,j] x' x - x[i] x[j]) / norm(x)^3"),
    ("softmax(x)",     "x", (), "softmax(x)[i] (eye(n)[i,j] - softmax(x)[j])"),
    ("X a",            "X", (), "eye(m)[i,j] a[k]"),
    ("s A",            "s", ("s : scalar",), "A[i,j]"),
    ("C ((A X B) .* D) E", "X", (), "(C Diag(A[:,l]) D Diag(B[s,:]') E)[i,j]"),
    ("(U V' - Y) V",   "V", (), "eye(n)[j,l] (U V' - Y)[i,k] + U[i,l] V[k,j]"),
    ("A X - X B X",    "X", (), "eye(m)[j,l] (A - X B)[i,k] - eye(n)[i,k] (B X)[l,j]"),
    ("A S B",          "S", ("S : matrix(n, n), symmetric",), "(A[i,k] B[l,j] + A[i,l] B[k,j]) / 2"),
    ("S A",            "S", ("S : matrix(n, n), diagonal",),  "eye(n)[i,k] eye(n)[i,l] A[i,j]"),
    (
        "logsumexp((A B + 1) .* X)", "X", ("X : matrix(m, n)",),
        "(ones(m, n) + A B)[i,j] exp(X[i,j] (ones(m, n) + A B)[i,j] - logsumexp(X .* (ones(m, n) + A B)))",
    ),
    ("B",              "A", ("A : matrix(m, n)", "B := A", ), "eye(m)[i,k] eye(n)[j,l]"),
    ("B x' x",         "A", ("A : matrix(m, n)", "B : matrix(2, 2)", "x := A y"), "2 x[k] y[l] B[i,j]"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "declare", "expected"), PRINTED, ids=[case[0] for case in PRINTED])
def test_entries_are_printed_with_deltas_contracted_and_read_back(
    text: str, wrt: str, declare: Sequence[str], expected: str
) -> None:
    result = matcalc.derive(text, wrt, declare)
    assert result.entries.plain == expected
    declared = [*map(str, result.declarations), *(f"{index} : size" for index in result.entries.indices)]
    again = matcalc.parse(expected, [*declared, *(d for d in declare if ":=" in d)])
    assert again == result.entries.value


def test_entries_of_a_formula_without_the_variable_are_zero() -> None:
    result = matcalc.derive("A + 0 X", "X", ["A : matrix(m, n)"])
    assert result.entries.plain == "0"


# --- by one entry, row or column --------------------------------------------------------------------------------------

BY_PARTS = [
    ("(a W) .* (b W)", "W", ("a, b : row(m)", "W : matrix(m, n)")),
    ("(W' a) .* (W' b)", "W", ("a, b : vector(m)", "W : matrix(m, n)")),
    ("A W B", "W", ("W : matrix(m, n)",)),
    ("W' W", "W", ("W : matrix(m, n)",)),
    ("tanh(A W) .* C", "W", ("W : matrix(m, n)",)),
    ("inv(A + W)", "W", ("W : matrix(m, m)",)),
    ("sum(exp(A W))", "W", ("W : matrix(m, n)",)),
    ("norm(W x - y)^2", "W", ("W : matrix(m, n)",)),
    ("Diag(W x) A", "W", ("W : matrix(m, n)",)),
    ("A W B", "W", ("W : matrix(m, m), symmetric",)),
    ("logdet(W)", "W", ("W : matrix(m, m), spd",)),
    ("W A", "W", ("W : matrix(m, m), lower",)),
    ("X X'", "W", ("W : matrix(m, n)", "X := A W")),
]
SIZES = {"i": 2, "j": 3}


@pytest.mark.parametrize(("text", "name", "declare"), BY_PARTS, ids=[f"{case[0]} {case[2][0]}" for case in BY_PARTS])
@pytest.mark.parametrize("part", ["[i,j]", "[1,2]", "[:,j]", "[3,:]"])
def test_the_derivative_by_a_part_is_the_slope_along_it(
    text: str, name: str, declare: Sequence[str], part: str
) -> None:
    result = matcalc.derive(text, name + part, declare)
    whole = result.understood.names[name]
    assert isinstance(whole, Symbol)
    f, value = result.objective.node, result.value.node
    for draw in fixed(draws([f, value], 3, symbols=[whole], seed=1)):
        for along, column in directions(part, draw.values[name].shape, whole.properties):
            slope, _ = directional(f, whole, along, draw)
            if f.is_scalar or value.shape == f.shape:
                got = draw.value(value).reshape(-1)[column] if f.is_scalar else draw.value(value)
            else:
                got = draw.value(value)[:, [column]]
                slope = stacked(slope)
            assert np.allclose(got, slope, rtol=1e-5, atol=1e-6 * max(1.0, float(np.max(np.abs(slope)))))


def fixed(found: list[Draw]) -> list[Draw]:
    """The draws with numbers for the indices."""
    assert len(found) == 3
    return [Draw({**draw.sizes, **SIZES}, draw.values, draw.style, draw.functions) for draw in found]


def directions(part: str, shape: tuple[int, ...], properties: Sequence[str]) -> list[tuple[Array, int]]:
    """Each unit direction of a part, in the space of the variable, and its place among them."""
    row, col = (None if word == ":" else SIZES.get(word) or int(word) for word in part[1:-1].split(","))
    out = []
    places = [(a, b) for b in range(shape[1]) for a in range(shape[0])]
    places = [(a, b) for a, b in places if (row is None or a == row - 1) and (col is None or b == col - 1)]
    for k, (a, b) in enumerate(places):
        unit = np.zeros(shape)
        unit[a, b] = 1.0
        if "symmetric" in properties or "spd" in properties:
            unit = (unit + unit.T) / 2
        out.append((np.tril(unit) if "lower" in properties else unit, k))
    return out


# fmt: off
PARTS_PRINTED = [
    ("A X B",            "X[i,j]", "A[:,i] B[j,:]"),
    ("X",                "X[1,2]", "unit(1, m) unit(2, n)'"),
    ("exp(A x)",         "x[k]",   "A[:,k] .* exp(A x)"),
    ("tr(A X B)",        "X[i,j]", "(B A)[j,i]"),
    ("norm(X w - y)^2",  "X[i,:]", "2 (X w - y)[i] w'"),
    ("norm(X w - y)^2",  "w[3]",   "2 (X' (X w - y))[3]"),
    ("W x",              "W[:,j]", "x[j] eye(m)"),
]
PARTS_REFUSED = [
    ("A X",  "X[4,1]",   "no row 4 of X",           ("X : matrix(3, n)",)),
    ("A X",  "X[1,n+1]", r"no column n\+1 of X",    ("X : matrix(3, n)",)),
    ("A X",  "X[0,1]",   "counted from 1",          ()),
    ("A X",  "X[A,1]",   "A is a variable",         ()),
    ("A X",  "X[:,:]",   "all of X",                ()),
    ("A X",  "X[i]",     r"entries are X\[i,j\]",   ()),
    ("A X",  "X[i/2,1]", "an index in",             ()),
    ("A X",  "Y[i,1]",   "'Y' is not a variable",   ()),
    ("A X",  "(A X)[i,1]", "no part of a variable", ()),
    ("tr(Z)", "Z[1,2]",  "complex",                 ("Z : complex matrix(n, n)",)),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "expected"), PARTS_PRINTED)
def test_the_derivative_by_a_part_is_compact(text: str, wrt: str, expected: str) -> None:
    assert str(matcalc.derive(text, wrt).value) == expected


@pytest.mark.parametrize(("text", "wrt", "message", "declare"), PARTS_REFUSED)
def test_what_is_no_part_is_refused(text: str, wrt: str, message: str, declare: Sequence[str]) -> None:
    with pytest.raises(matcalc.MatcalcError, match=message):
        matcalc.derive(text, wrt, declare)


def test_a_variable_in_a_linear_space_moves_inside_it_and_that_is_said() -> None:
    result = matcalc.derive("A S", "S[i,j]", ["S : matrix(n, n), symmetric"])
    assert str(result.value) == "A sym(unit(i, n) unit(j, n)')"
    assert any("S is symmetric" in notice for notice in result.notices)
    assert not matcalc.derive("A S", "S[i,j]").notices


def test_a_member_of_a_family_moves_wherever_it_stands_in_a_sum() -> None:
    family = ["x_i : vector(d), i = 1..N", "M : matrix(d, d)"]
    squares = matcalc.derive("sum(i=1..N, norm(x_i)^2)", "x_2[i]", family)
    assert [str(form) for form in squares.forms()][1:] == ["dE/dx_2[i] = 2 x_2[i]", "dE/dx_2[i] = 2 x_2[i]"]
    assert [step.right for step in squares.steps] == ["2 dx_2' x_2", "2 x_2 : dx_2", "2 x_2[i]"]
    whole = matcalc.derive("sum(i=1..N, norm(x_i)^2)", "x_k", family)
    assert str(whole.entries) == "dE/dx_k[i] = 2 x_k[i]"
    moved = matcalc.derive("sum(i=1..N, M x_i)", "x_2[i]", family)
    assert str(moved) == "dF/dx_2[i] = M[:,i]"
    assert all(step.verified for step in (*squares.steps, *moved.steps))


def test_one_part_at_a_time_and_once() -> None:
    with pytest.raises(matcalc.CallError, match="one at a time"):
        matcalc.derive("x' A x", ("x[i]", "A"))
    with pytest.raises(matcalc.CallError, match="first derivatives only"):
        matcalc.derive("x' A x", "x[i]", order=2)


def test_a_named_index_is_inferred_as_a_size_and_said() -> None:
    result = matcalc.derive("A X", "X[i,2]", ["X : matrix(m, n)"])
    assert "i" in result.inferred
    assert "i : size" in [str(d) for d in result.declarations]
    assert "i : size" not in [str(d) for d in matcalc.derive("A X", "X[1,2]").declarations]
    declared = matcalc.derive("A X", "X[i,2]", ["i : size"])
    assert "i" not in declared.inferred


@pytest.mark.parametrize(("text", "name", "declare"), BY_PARTS, ids=[f"{case[0]} {case[2][0]}" for case in BY_PARTS])
@pytest.mark.parametrize("part", ["[i,j]", "[:,j]", "[i,:]"])
def test_each_line_by_a_part_is_verified_and_has_its_identity(
    text: str, name: str, declare: Sequence[str], part: str
) -> None:
    for step in matcalc.derive(text, name + part, declare).steps:
        assert step.verified
        assert step.identities


def test_the_command_takes_a_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "A X B", "--wrt", "X[i,j]"]) == 0
    out = capsys.readouterr().out
    assert "dF/dX[i,j] = A[:,i] B[j,:]\n" in out
    assert "i : size" in out
    assert "layout    by one entry, in the shape of the formula" in out
    assert main(["derive", "A X B", "--wrt", "X[i,j]", "--color", "always"]) == 0
    assert "∂F/∂Xᵢⱼ" in capsys.readouterr().out
    assert main(["derive", "A X", "--wrt", "X[1,0]"]) == 2
