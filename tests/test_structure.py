"""Variables with structure: gradients in their space, Jacobians and Hessians on it, free entries, Riemannian gradients."""

from __future__ import annotations

import numpy as np
import pytest
from collection import Array

import matcalc
from matcalc.expr import Symbol
from matcalc.rules import properties
from matcalc.verify.agree import direction, directional, jacobian_agrees, stacked
from matcalc.verify.properties import TANGENTS
from matcalc.verify.sample import Draw, draws

SPACES = ("symmetric", "skew", "diagonal", "lower", "upper", "spd", "psd")
# fmt: off
SCALARS = ["tr(A X B X')", "norm(X A - B)^2", "logdet(X X' + P)", "sum(exp(X) .* A)", "tr(A X^3)", "c' X A X c", "sum(tanh(X c))"]
ARRAYS = ["X A X'", "exp(X) .* A", "X c", "diag(A X)", "Diag(X c) A"]
# fmt: on
GIVEN = ["A, B : matrix(n, n)", "c : vector(n)", "P : matrix(n, n), spd"]
COUNT = 2


def given(word: str) -> list[str]:
    return [*GIVEN, f"X : matrix(n, n), {word}"]


def variable(result: matcalc.Result, name: str = "X") -> Symbol:
    found = result.understood.names[name]
    assert isinstance(found, Symbol)
    return found


def inside(array: Array, word: str) -> bool:
    return bool(np.allclose(TANGENTS[word](array), array))


# --- linear spaces ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", SPACES)
@pytest.mark.parametrize("formula", SCALARS)
def test_a_gradient_lies_in_the_space_and_gives_the_slope_along_it(formula: str, word: str) -> None:
    result = matcalc.derive(formula, "X", given(word))
    x, f, G = variable(result), result.objective.node, result.value.node
    found = draws([f, G], COUNT, symbols=[x])
    assert len(found) == COUNT
    for one in found:
        E = direction(x, one, 5)
        slope, error = directional(f, x, E, one)
        value = one.value(G)
        assert inside(value, word)
        assert np.allclose(np.sum(value * E), slope, rtol=1e-6, atol=1e-7 + error)


@pytest.mark.parametrize("word", SPACES)
@pytest.mark.parametrize("formula", ARRAYS)
def test_a_jacobian_acts_on_the_space_only(formula: str, word: str) -> None:
    result = matcalc.derive(formula, "X", given(word))
    x = variable(result)
    assert jacobian_agrees(result.objective.node, x, result.value.node, count=1)
    assert_projected(result, x, word, rows=False)


@pytest.mark.parametrize("word", SPACES)
@pytest.mark.parametrize("formula", SCALARS)
def test_a_hessian_is_projected_on_both_sides(formula: str, word: str) -> None:
    result = matcalc.derive(formula, "X", given(word), order=2)
    x = variable(result)
    assert jacobian_agrees(result.differentiated, x, result.value.node, count=1)
    assert_projected(result, x, word, rows=True)


def assert_projected(result: matcalc.Result, x: Symbol, word: str, rows: bool) -> None:
    """J = J P, and of a Hessian H = P H, with P the projector as a matrix over vec."""
    (one,) = draws([result.value.node, result.objective.node], 1, symbols=[x])
    n = one.values["X"].shape[0]
    P = np.stack([stacked(TANGENTS[word](e))[:, 0] for e in units(n)], axis=1)
    J = one.value(result.value.node)
    assert np.allclose(J @ P, J)
    assert not rows or np.allclose(P @ J, J)


def units(n: int) -> list[Array]:
    """The matrices with a single 1, in the order of vec."""
    return [np.asarray(e.reshape(n, n).T) for e in np.eye(n * n)]


# --- the other convention -----------------------------------------------------------------------------------------------


def places(word: str, n: int) -> list[tuple[tuple[int, int], Array]]:
    """For each free entry, how the matrix moves with it: the derivative is by that entry alone."""
    out = []
    for i in range(n):
        for j in range(n):
            E = np.zeros((n, n))
            E[i, j] = 1
            if word in ("symmetric", "spd", "psd"):
                E[j, i] = 1
            elif word == "skew":
                E[j, i] -= 1
            elif E[i, j] != TANGENTS[word](E)[i, j]:
                continue
            out.append(((i, j), E))
    return out


@pytest.mark.parametrize("word", SPACES)
@pytest.mark.parametrize("formula", SCALARS)
def test_the_free_convention_is_the_derivative_by_each_free_entry(formula: str, word: str) -> None:
    result = matcalc.derive(formula, "X", given(word), convention="free")
    x, f, G = variable(result), result.objective.node, result.value.node
    (one,) = draws([f, G], 1, symbols=[x])
    value = one.value(G)
    free = places(word, len(value))
    for (i, j), E in free[:: max(1, len(free) // 6)]:
        slope, error = directional(f, x, E, one)
        assert np.allclose(value[i, j], slope.item(), rtol=1e-6, atol=1e-7 + error), (i, j)
    assert "free entries" in result.layout


def test_the_free_convention_is_on_request_only_and_for_gradients_by_structured_variables() -> None:
    declare = ["S : matrix(n, n), symmetric"]
    assert str(matcalc.derive("tr(A S)", "S", declare).value) == "sym(A)"
    assert str(matcalc.derive("tr(A S)", "S", declare, convention="free").value) == "A + A' - Diag(diag(A))"
    with pytest.raises(matcalc.CallError, match="is for a variable that is"):
        matcalc.derive("tr(A X)", "X", convention="free")
    with pytest.raises(matcalc.CallError, match="this is a hessian"):
        matcalc.derive("tr(S S)", "S", declare, order=2, convention="free")
    with pytest.raises(matcalc.CallError, match="no convention"):
        matcalc.derive("tr(S S)", "S", declare, convention="entries")


# --- curved spaces --------------------------------------------------------------------------------------------------------


def tangents(word: str, at: Array, random: np.random.Generator) -> Array:
    """A random direction along the surface."""
    turn: complex = 1j if np.iscomplexobj(at) else 0
    B = np.asarray(random.normal(size=at.shape) + turn * random.normal(size=at.shape))
    if word == "unit":
        return np.asarray((B - at * np.sum(at * B)).real)
    return np.asarray(at @ (B - B.conj().T) / 2)


CURVES = [  # formula, by, what is declared of it
    ("tr(A X B X')", "X", "X : matrix(n, n), orthogonal"),
    ("tr(A X)", "X", "X : matrix(n, n), orthogonal"),
    ("norm(X A - B)^2", "X", "X : matrix(n, n), orthogonal"),
    ("sum(exp(X) .* A)", "X", "X : matrix(n, n), orthogonal"),
    ("u' A u", "u", "u : vector(n), unit"),
    ("c' u + log(1 + (c' u)^2)", "u", "u : vector(n), unit"),
    ("tr(Q^H P Q A) + tr(Q^H P Q A)", "conj(Q)", "Q : complex matrix(n, n), unitary"),
    ("norm(Q A - B)^2", "conj(Q)", "Q : complex matrix(n, n), unitary"),
    ("norm(Q A - B)^2", "Q", "Q : complex matrix(n, n), unitary"),
]


@pytest.mark.parametrize(("formula", "wrt", "declared"), CURVES)
def test_a_riemannian_gradient_is_tangent_and_gives_the_slope_along_the_surface(
    formula: str, wrt: str, declared: str
) -> None:
    complex_ones = ["A, B : complex matrix(n, n)", "P : complex matrix(n, n), hermitian"]
    others = complex_ones if "unitary" in declared else GIVEN
    if "P Q A" in formula:
        others = ["A, P : complex matrix(n, n), hermitian"]
    result = matcalc.derive(formula, wrt, [*others, declared])
    (beside,) = result.riemannian
    name, word = declared.partition(" ")[0], declared.rpartition(" ")[2]
    f, G = result.objective.node, beside.value.node
    constrained = Symbol(
        name, variable(result, name).shape, next(d.words for d in result.declarations if d.name == name)
    )
    (one,) = draws([f, G], 1, symbols=[constrained])
    one = on_surface(one, name, word)
    random, at = np.random.default_rng(3), one.values[name]
    E = tangents(word, at, random)
    slope, error = directional(f, variable(result, name), E, one)
    value = np.asarray(one.value(G))
    assert np.allclose(np.sum(np.conj(value) * E).real, np.real(slope).item(), rtol=1e-6, atol=1e-6 + error)
    along = at.conj().T @ value
    assert np.allclose(along + along.conj().T, 0, atol=1e-8)  # it is tangent itself
    assert beside.metric
    assert beside.source


def on_surface(one: Draw, name: str, word: str) -> Draw:
    """The draw with the variable put where its property says."""
    value = one.values[name]
    if word == "unit":
        put = value / np.linalg.norm(value)
    else:
        left, _, right = np.linalg.svd(value)
        put = left @ right
    return Draw(one.sizes, {**one.values, name: np.asarray(put)}, one.style, one.functions)


def test_the_riemannian_gradient_stands_beside_the_euclidean_one() -> None:
    result = matcalc.derive("u' A u", "u", ["A : matrix(n, n), symmetric", "u : vector(n), unit"])
    assert str(result) == "dE/du = 2 A u"
    assert [str(beside.value) for beside in result.riemannian] == ["2 (A u - (u' A u) u)"]
    assert r"\operatorname{grad}_{u} E &= 2 (A u - (u^{\top} A u) u)" in result.latex()
    assert result.to_json()["riemannian"]
    assert matcalc.derive("x' A x", "x").riemannian == ()


@pytest.mark.parametrize(("formula", "declare"), [("det(V)", ["V : matrix(n, n), skew"]), ("det(skew(V))", [])])
def test_the_determinant_of_a_skew_matrix_has_its_gradient_where_that_is_invertible(
    formula: str, declare: list[str]
) -> None:
    """Of odd size it is 0 everywhere, and adj(V), which is defined there, is not."""
    result = matcalc.derive(formula, "V", declare)
    assert "adj" not in str(result)
    assert any("invertible" in condition for condition in result.conditions)


def test_every_structure_says_its_conventions_as_data() -> None:
    for word in properties.TABLE:
        assert bool(word.space) == bool(word.free), word.name
        assert bool(word.riemannian) == bool(word.metric), word.name
        assert word.source
    assert {w.name for w in properties.TABLE if w.space} == set(SPACES)
    assert {w.name for w in properties.TABLE if w.riemannian} == {"orthogonal", "unitary", "unit"}


# --- structure that is given by definitions -------------------------------------------------------------------------------


def test_a_linear_structure_is_given_by_a_definition() -> None:
    """A Toeplitz matrix from its parameters; any linear map of a vector."""
    declare = ["s, t : scalar", "T_1, T_2 : matrix(n, n)", "X := s T_1 + t T_2"]
    result = matcalc.derive("norm(X b - c)^2", "t", declare)
    assert str(result.value) == "2 b' T_2' (X b - c)"
    toeplitz = ["C : matrix(n*n, k)", "t : vector(k)", "X := unvec(C t, n, n)"]
    result = matcalc.derive("logdet(X)", "t", toeplitz)
    assert str(result.value) == "C' vec(inv(X'))"
    hessian = matcalc.derive("logdet(X)", "t", toeplitz, order=2)
    (x,) = hessian._variables()
    assert jacobian_agrees(hessian.differentiated, x, hessian.value.node, count=1)


def test_a_gradient_outside_the_space_is_told_apart() -> None:
    """So that these tests can fail."""
    result = matcalc.derive("tr(A X B X')", "X", GIVEN)
    (one,) = draws([result.value.node], 1)
    assert not any(inside(one.value(result.value.node), word) for word in SPACES)
