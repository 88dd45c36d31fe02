"""Complex variables: derivatives by Z and by conj(Z) against difference quotients, what is printed, and what is refused."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest

import matcalc
from matcalc.algebra import conjugate, transpose
from matcalc.errors import CallError, FormulaError
from matcalc.expr import Symbol
from matcalc.verify.agree import EQUAL, direction, directional, gradient_agrees, jacobian_agrees, relative_error
from matcalc.verify.sample import draws

DECLARED = [
    "Z, A : complex matrix(m, n)",
    "S, C : complex matrix(n, n)",
    "H : complex matrix(n, n), hermitian",
    "R : matrix(m, m), hermitian",
    "Q : complex matrix(n, n), unitary",
    "Y : complex matrix(n, n), symmetric",
    "L : complex matrix(n, n), lower",
    "X : matrix(m, n)",
    "x : vector(n)",
    "t : scalar",
    "z, w : complex vector(n)",
    "b : complex vector(m)",
    "s : complex scalar",
    "q_i : complex vector(n), i = 1..N",
]

# fmt: off
PRINTED = [  # formula, by, result
    ("norm(Z)^2",               "conj(Z)", "Z"),
    ("norm(Z)^2",               "Z",       "conj(Z)"),
    ("tr(Z^H Z)",               "conj(Z)", "Z"),
    ("Z : Z",                   "Z",       "2 Z"),
    ("Z : Z",                   "conj(Z)", "zeros(m, n)"),
    ("inner(A, Z)",             "Z",       "conj(A)"),
    ("inner(A, Z)",             "conj(A)", "Z"),
    ("A : Z",                   "Z",       "A"),
    ("norm(Z - A)",             "Z",       "(conj(Z) - conj(A)) / (2 norm(Z - A))"),
    ("norm(Z z - b)^2",         "conj(z)", "Z^H (Z z - b)"),
    ("z^H H z",                 "conj(z)", "H z"),
    ("z^H H z",                 "z",       "H' conj(z)"),
    ("tr(Q^H S Q)",             "S",       "eye(n)"),
    ("det(S)",                  "conj(S)", "zeros(n, n)"),
    ("log(det(S))",             "S",       "inv(S')"),
    ("logdet(S)",               "S",       "inv(S') / 2"),
    ("x' S x",                  "x",       "(S + S') x"),
    ("exp(s/2)",                "s",       "exp(s/2) / 2"),
]
DIFFERENTIATED = [  # formula, variables
    ("norm(Z)",                                    "Z"),
    ("norm(Z - X)^3",                              "ZX"),
    ("norm1(Z)",                                   "Z"),
    ("sum(abs(A .* Z))",                           "ZA"),
    ("norm2(z)",                                   "z"),
    ("abs(w^H z)^2",                               "wz"),
    ("abs(s)",                                     "s"),
    ("abs(tr(S))",                                 "S"),
    ("log(1 + norm(z)^2)",                         "z"),
    ("1 / (1 + exp(-s))",                          "s"),
    ("exp(s/2) + conj(s)^3",                       "s"),
    ("exp(norm(z)^2 / 2)",                         "z"),
    ("sqrt(1 + norm(Z)^2) * s",                    "Zs"),
    ("(z^H H z) / (z^H z)",                        "z"),
    ("norm(Z x - b)^2",                            "Zxb"),
    ("tr(Z^H R Z H)",                              "Z"),
    ("log(det(eye(m) + Z H H Z^H))",               "Z"),
    ("logdet(S + C^H)",                            "SC"),
    ("logdet(eye(m) + Z Z^H)",                     "Z"),
    ("tr(inv(S^H S + eye(n)))",                    "S"),
    ("det(S) * conj(det(C))",                      "SC"),
    ("tr(S' conj(C) S^H)",                         "SC"),
    ("tr(exp(conj(S) / 2) C)",                     "SC"),
    ("tr(expm(S) C) + tr(S^3)",                    "C"),
    ("sum(sin(Z) .* cosh(conj(A)))",               "ZA"),
    ("norm(Y)^2 + tr(Y S)",                        "YS"),
    ("norm(L S)^2",                                "LS"),
    ("z^H Diag(w) z",                              "zw"),
    ("norm(vec(Z) - kron(z, b))^2",                "Zzb"),
    ("inner(tril(S), C)",                          "SC"),
    ("norm(t Z - A)^2",                            "tZA"),
    ("abs(z - conj(z)) : abs(w)",                  "zw"),
    ("log(norm(z))",                               "z"),
    ("prod(z)",                                    "z"),
    ("z[1] conj(z[2]) + norm(Z[:,1] - b)^2",       "zZb"),
    ("sum(i=1..n, conj(z[i]) w[i]^2 x[i])",        "zwx"),
    ("sum(i=1..n, abs(z[i]) log(1 + abs(w[i])^2))", "zw"),
    ("sum(i=1..m, norm(Z[i,:] - A[i,:])^3)",       "ZA"),
    ("norm(kron(Z, S) - kron(A, C))^2",            "ZS"),
]
REFUSED = [  # formula, by, what the error says
    ("sqrt(tr(S))",             "S", "not a whole power"),
    ("sum(z .^ t)",             "z", "not a whole power"),
    ("t^s",                     "s", "not a whole power"),
    ("sqrt((s - conj(s))^2)",   "s", "not a whole power"),
    ("relu(tr(S))",             "S", "relu of a complex"),
    ("max(z)",                  "z", "max of a complex"),
    ("sigmoid(s)",              "s", "sigmoid of a complex"),
    ("erf(s)",                  "s", "erf of a complex"),
    ("sign(s)",                 "s", "sign of a complex"),
    ("norm2(Z)",                "Z", "norm2 of a complex"),
    ("normnuc(Z)",              "Z", "normnuc of a complex"),
    ("tr(pinv(Z) Z)",           "Z", "pinv of a complex"),
    ("tr(sqrtm(S))",            "S", "sqrtm of a complex"),
    ("tr(adj(S))",              "S", "adj of a complex"),
    ("logsumexp(z)",            "z", "logsumexp of a complex"),
    ("s > 0",                   "s", "step of a complex"),
    ("sum(i=1..N, norm(q_i - z)^2)", "z", "complex members of a family"),
]
APART = ["spd", "psd", "orthogonal", "projection", "unit", "positive", "nonnegative", "binary", "distribution"]
# fmt: on


def derived(formula: str, wrt: str) -> matcalc.Result:
    return matcalc.derive(formula, wrt=wrt, declare=DECLARED)


@pytest.mark.parametrize(("formula", "wrt", "wanted"), PRINTED)
def test_a_gradient_is_printed_as_people_write_it(formula: str, wrt: str, wanted: str) -> None:
    result = derived(formula, wrt)
    assert result.value == matcalc.parse(wanted, declare=DECLARED)
    assert len(str(result.value)) <= len(wanted)


@pytest.mark.parametrize(("formula", "letters"), DIFFERENTIATED)
def test_both_derivatives_are_those_of_difference_quotients(formula: str, letters: str) -> None:
    for name in letters:
        for conjugated in (False, True) if name not in "Xxt" else (False,):
            result = derived(formula, f"conj({name})" if conjugated else name)
            f, variable = result.objective.node, result.understood.names[name]
            assert isinstance(variable, Symbol)
            assert gradient_agrees(f, variable, result.value.node, conjugate=conjugated), (name, conjugated)


@pytest.mark.parametrize(("formula", "letters"), DIFFERENTIATED)
def test_a_result_reads_back_and_its_function_takes_complex_arrays(formula: str, letters: str) -> None:
    result = derived(formula, letters[0])
    node, function = result.value.node, result.function("numpy")
    back = matcalc.parse(str(result.value), declare=[str(d) for d in result.declarations]).node
    symbols = {d.name: Symbol(d.name, d.shape, d.words) for d in result.declarations}
    found = draws([node, back], symbols=symbols.values())
    assert len(found) == 3
    for draw in found:
        assert relative_error(node, back, draw) < EQUAL
        given = {name: _natural(symbols[name], draw.values[name]) for name in signature(function).parameters}
        value = np.asarray(function(**given))
        assert np.allclose(value.reshape(draw.value(node).shape), draw.value(node))


def _natural(symbol: Symbol, value: np.ndarray) -> np.ndarray:
    return value.reshape(()) if symbol.is_scalar else value.reshape(-1) if symbol.cols == 1 else value


@pytest.mark.parametrize(("formula", "letters"), DIFFERENTIATED)
def test_every_line_of_a_derivation_is_verified(formula: str, letters: str) -> None:
    result = derived(formula, letters[0])
    assert all(step.verified and step.identities for step in result.steps)
    assert "dE" in result.steps[0].left


@pytest.mark.parametrize(("formula", "wrt", "words"), REFUSED)
def test_what_is_not_known_of_complex_numbers_is_refused(formula: str, wrt: str, words: str) -> None:
    with pytest.raises(FormulaError, match=words):
        derived(formula, wrt)


@pytest.mark.parametrize(("formula", "letters"), DIFFERENTIATED)
def test_the_four_hessians_by_a_variable_and_its_conjugate_are_those_of_difference_quotients(
    formula: str, letters: str
) -> None:
    name = letters[0]
    both = (name, f"conj({name})") if name not in "Xxt" else (name,)
    for first in both:
        for last in both:
            result = matcalc.derive(formula, (first, last), DECLARED, order=2)
            x = result.understood.names[name]
            assert isinstance(x, Symbol)
            assert jacobian_agrees(result.differentiated, x, result.value.node, conjugate=last != name, count=1)
            assert all(step.verified for step in result.steps)


@pytest.mark.parametrize("wrt", ["Z", "conj(Z)"])
@pytest.mark.parametrize("formula", ["Z' Z", "Z^H Z", "Z z + conj(Z) w", "conj(Z) .* A", "inv(Z^H Z)", "Diag(Z z)"])
def test_a_jacobian_is_that_of_difference_quotients(formula: str, wrt: str) -> None:
    result = derived(formula, wrt)
    x = result.understood.names["Z"]
    assert isinstance(x, Symbol)
    assert jacobian_agrees(result.objective.node, x, result.value.node, conjugate=wrt != "Z", count=2)
    assert r"\overline{Z}" in result.latex() or wrt == "Z"


# fmt: off
HERMITIAN = ["tr(H S)", "z^H H z", "tr(H^3)", "norm(H)^2", "norm(H S)^2", "logdet(H)", "tr(inv(H) S)", "tr(H conj(H) S)"]
# fmt: on


@pytest.mark.parametrize("formula", HERMITIAN)
def test_the_gradient_by_a_hermitian_variable_gives_the_slope_along_hermitian_directions(formula: str) -> None:
    result = derived(formula, "H")
    f, G, x = result.objective.node, result.value.node, result.understood.names["H"]
    assert isinstance(x, Symbol)
    for draw in draws([f, G], 2, symbols=[x]):
        E = direction(x, draw, 1)
        slope, error = directional(f, x, E, draw)
        value = draw.value(G)
        assert np.allclose(np.sum(value * E), slope, atol=1e-6 + error)
        if abs(np.imag(draw.value(f))) < 1e-12:  # of what is real it is hermitian itself
            assert np.allclose(value, value.conj().T) or "S" in formula
    assert "hermitian" in result.layout


def test_the_conjugate_of_a_hermitian_variable_is_its_transpose() -> None:
    with pytest.raises(CallError, match="differentiate by H"):
        derived("tr(H S)", "conj(H)")


@pytest.mark.parametrize("word", APART)
def test_properties_of_real_numbers_are_refused_beside_complex(word: str) -> None:
    kind = "vector(n)" if word in ("unit", "distribution") else "matrix(n, n)"
    with pytest.raises(FormulaError, match=f"complex and {word} together"):
        matcalc.derive("norm(V)^2", wrt="V", declare=[f"V : complex {kind}, {word}"])


@pytest.mark.parametrize("wrt", ["conj(X)", "conj(V)", "conj(conj(Z))"])
def test_only_a_complex_variable_has_a_conjugate_to_differentiate_by(wrt: str) -> None:
    with pytest.raises(CallError, match=r"is no variable|is not a variable"):
        matcalc.derive("norm(X)^2 + norm(Z)^2", wrt=wrt, declare=DECLARED)


def test_the_conjugate_is_pushed_to_the_leaves() -> None:
    for text, wanted in [
        ("conj(S C)", "conj(S) conj(C)"),
        ("(S C)^H", "C^H S^H"),
        ("conj(inv(S))", "inv(conj(S))"),
        ("conj(H)", "H'"),
        ("H^H", "H"),
        ("conj(z^H H z)", "z^H H z"),
        ("conj(X)", "X"),
        ("conj(det(S))", "det(conj(S))"),
        ("Q^H Q", "eye(n)"),
        ("Q' conj(Q)", "eye(n)"),
        ("inv(Q)", "Q^H"),
        ("conj(Y)'", "conj(Y)"),
        ("conj(conj(Z))", "Z"),
    ]:
        assert matcalc.parse(text, declare=DECLARED) == matcalc.parse(wanted, declare=DECLARED), text


def test_what_holds_for_real_numbers_only_is_not_used_of_complex_ones() -> None:
    for text, wrong in [
        ("z' z", "norm(z)^2"),
        ("log(exp(s))", "s"),
        ("abs(s)^2", "s^2"),
        ("Q' Q", "eye(n)"),
        ("exp(s/2)^2 + s", "exp(s)"),
    ]:
        assert matcalc.parse(text, declare=DECLARED) != matcalc.parse(wrong, declare=DECLARED), text


def test_the_conjugate_of_a_conjugate_and_of_a_transpose() -> None:
    Z = Symbol("Z", ("m", "n"), ("complex",))
    assert conjugate(conjugate(Z)) is Z
    assert conjugate(transpose(Z)) is transpose(conjugate(Z))
    assert conjugate(Symbol("X", ("m", "n"))) is Symbol("X", ("m", "n"))


def test_a_complex_definition_is_written_out() -> None:
    declare = ["A, U : complex matrix(m, n)", "E := U - A"]
    assert str(matcalc.derive("norm(E)^2", wrt="conj(U)", declare=declare).value) == "U - A"
    with pytest.raises(CallError, match="is a definition"):
        matcalc.derive("norm(E)^2", wrt="E", declare=declare)
    with pytest.raises(FormulaError, match="differential of the complex definition"):
        matcalc.derive("tr(dE^H E)", wrt="U", declare=declare)


def test_the_conjugate_in_latex() -> None:
    result = derived("norm(Z)^2", "conj(Z)")
    assert result.latex() == r"\frac{\partial E}{\partial \overline{Z}} = Z"
    assert result.labels == ("dE/dconj(Z)",)
