"""Formulas and derivatives written out entry by entry, against SymPy's own derivatives of the entries."""

from __future__ import annotations

import pytest
import sympy

import matcalc
from matcalc.cli import main

# fmt: off
CASES = [  # formula, variable, declarations, sizes
    ("A X B",               "X", (),                                {"m": 2, "n": 3, "p": 2, "q": 1}),
    ("(a W) .* (b W)",      "W", ("a, b : row(m)",),                {"m": 2, "n": 3}),
    ("X' X",                "X", (),                                {"m": 3, "n": 2}),
    ("inv(X)",              "X", (),                                {"n": 2}),
    ("x / norm(x)",         "x", (),                                {"n": 3}),
    ("softmax(x)",          "x", (),                                {"n": 3}),
    ("exp(A x) .* x",       "x", (),                                {"n": 2}),
    ("log(X) + X.^3",       "X", ("X : matrix(m, n), positive",),   {"m": 2, "n": 2}),
    ("kron(A, X)",          "X", (),                                {"m": 1, "n": 2, "p": 2, "q": 2}),
    ("s^2 A",               "s", ("s : scalar", "A : matrix(m, n)"), {"m": 2, "n": 3}),
    ("f(A x)",              "x", ("f : function",),                 {"m": 2, "n": 2}),
    ("vec(X) sum(X)",       "X", (),                                {"m": 2, "n": 2}),
    ("tril(X) b",           "X", (),                                {"m": 2, "n": 3}),
]
SCALARS = [
    ("norm(X w - y)^2",     "w", (),                                {"m": 2, "n": 3}),
    ("logdet(X)",           "X", (),                                {"n": 3}),
    ("tr(A X B X')",        "X", (),                                {"m": 2, "n": 2}),
    ("logsumexp(A x)",      "x", (),                                {"m": 2, "n": 2}),
    ("sum(logsumexp(X, 2))", "X", (),                               {"m": 2, "n": 2}),
    ("b' softmax(X, 2) a",  "X", (),                                {"m": 2, "n": 2}),
    ("x' S x",              "S", ("S : matrix(n, n)",),             {"n": 3}),
]
# fmt: on


def shown(text: str, wrt: str, declare: tuple[str, ...], sizes: dict[str, int]) -> tuple[sympy.Matrix, ...]:
    """The variable, the formula and the derivative as matrices of entries."""
    result = matcalc.derive(text, wrt, declare)
    found = result.explicit(**sizes).matrices
    return found[wrt], found[result.objective_name], found[result.labels[0]]


@pytest.mark.parametrize(("text", "wrt", "declare", "sizes"), CASES, ids=[case[0] for case in CASES])
def test_a_jacobian_written_out_is_that_of_the_entries(
    text: str, wrt: str, declare: tuple[str, ...], sizes: dict[str, int]
) -> None:
    X, F, J = shown(text, wrt, declare, sizes)
    stacked_F, stacked_X = list(F.T), list(X.T)  # SymPy goes along rows
    assert J.shape == (len(stacked_F), len(stacked_X))
    for i, f in enumerate(stacked_F):
        for j, x in enumerate(stacked_X):
            assert zero(J[i, j] - f.diff(x)), (i, j)


@pytest.mark.parametrize(("text", "wrt", "declare", "sizes"), SCALARS, ids=[case[0] for case in SCALARS])
def test_a_gradient_written_out_is_that_of_the_formula(
    text: str, wrt: str, declare: tuple[str, ...], sizes: dict[str, int]
) -> None:
    X, E, G = shown(text, wrt, declare, sizes)
    assert G.shape == X.shape
    for g, x in zip(G, X, strict=True):
        assert zero(g - E[0, 0].diff(x))


def zero(value: sympy.Expr) -> bool:
    """On numbers, at which logarithms and roots are real; formulas with unknown functions are simplified."""
    value = value.doit()
    if value.atoms(sympy.core.function.AppliedUndef):
        return bool(sympy.simplify(value) == 0)
    letters = sorted(value.free_symbols, key=str)
    draws = [{x: sympy.Rational(7 * k + 3 * seed + 5, 2 * k + 9) for k, x in enumerate(letters)} for seed in range(3)]
    return all(abs(value.subs(draw).evalf(30)) < 1e-20 for draw in draws)


def test_structure_shows_in_the_letters() -> None:
    declare = ["S : matrix(n, n), symmetric", "L : matrix(n, n), lower", "D : matrix(n, n), diagonal"]
    found = matcalc.derive("tr(S L D)", "S", declare).explicit(n=2).matrices
    assert [str(found[name].tolist()) for name in "SLD"] == [
        "[[S_11, S_12], [S_12, S_22]]",
        "[[L_11, 0], [L_21, L_22]]",
        "[[D_11, 0], [0, D_22]]",
    ]


def test_definitions_are_written_out_and_indices_are_sizes() -> None:
    result = matcalc.derive("norm(r)^2", "w[i]", ["r := X w - y"])
    found = result.explicit(m=1, n=2, i=2).matrices
    assert str(found["dE/dw[i]"][0, 0].expand()) == "2*X_11*X_12*w_1 + 2*X_12**2*w_2 - 2*X_12*y_1"


def test_it_is_printed_as_matrices_in_plain_letters_and_in_latex(capsys: pytest.CaptureFixture[str]) -> None:
    formula = ["derive", "X b", "--wrt", "b", "--explicit", "m=2, n=2"]
    assert main(formula) == 0
    assert capsys.readouterr().out.endswith("dF/db = [X_11  X_12]\n        [X_21  X_22]\n")
    assert main([*formula, "--latex"]) == 0
    out = capsys.readouterr().out
    assert (
        r"\frac{\partial F}{\partial b^{\top}} &= \begin{bmatrix}X_{11} & X_{12}\\X_{21} & X_{22}\end{bmatrix}" in out
    )


def test_complex_letters_have_conjugates_and_a_hermitian_matrix_has_them_below_its_diagonal() -> None:
    for declared in ("H : complex matrix(n, n), hermitian", "H : matrix(n, n), hermitian"):
        found = matcalc.derive("tr(H A)", "H", [declared, "A : complex matrix(n, n)"]).explicit(n=2).matrices
        H, A = found["H"], found["A"]
        assert H == H.H and H != H.T and H[0, 1].is_real is None and H[0, 0].is_real
        assert zero((H * A).trace() - found["E"][0, 0])
    result = matcalc.derive("norm(A conj(Z))^2", "conj(Z)", ["A, Z : complex matrix(n, n)"]).explicit(n=2).matrices
    A, Z = result["A"], result["Z"]
    slots = sympy.Matrix(2, 2, lambda i, j: sympy.Symbol(f"c{i}{j}"))  # conj(Z), moving while Z stands
    swapped = result["E"][0, 0].expand().subs({sympy.conjugate(Z[k]): slots[k] for k in range(4)})
    derivative = slots.applyfunc(swapped.diff).subs({slots[k]: sympy.conjugate(Z[k]) for k in range(4)})
    assert all(zero(entry) for entry in derivative - result["dE/dconj(Z)"])


REFUSED = [
    ("inv(X)", {"n": 5}, "too long"),
    ("inv(X)", {"n": 100}, "smaller sizes"),
    ("X X X", {"n": 30}, "smaller sizes"),
    ("X^9", {"n": 3}, "more than 50,000 symbols"),
    ("inv(inv(X) + X X X)", {"n": 3}, "entries are so long"),
    ("inv(X)", {}, "every size needs a value: n=2"),
    ("inv(X)", {"n": 2, "m": 3}, "m is no size of this formula; it has n"),
    ("inv(X)", {"n": 0}, "at least 1"),
    ("expm(X) : A", {"n": 2}, "cannot be written out"),
    ("X^k", {"n": 2}, "here they are k: write a number for it"),
]


@pytest.mark.parametrize(("text", "sizes", "message"), REFUSED)
def test_what_is_too_large_or_has_no_entries_is_refused(text: str, sizes: dict[str, int], message: str) -> None:
    result = matcalc.derive(text, "X" if "A" not in text else "A", ["X : matrix(n, n)"])
    with pytest.raises(matcalc.MatcalcError, match=message):
        result.explicit(**sizes)


def test_an_index_beyond_its_size_is_refused() -> None:
    with pytest.raises(matcalc.CallError, match="no unit vector 4 of length 3"):
        matcalc.derive("A x", "x[i]").explicit(m=2, n=3, i=4)
