"""The two questions that the project began with, answered in full: (a W) ∘ (b W), and the masked factorisation."""

from __future__ import annotations

import numpy as np

import matcalc
from matcalc.expr import Symbol, postorder
from matcalc.read.declared import Declaration
from matcalc.steps.understand import expression_of
from matcalc.verify.evaluate import evaluate
from matcalc.verify.sample import draws

ROWS = ["a : row(m)", "b : row(m)", "W : matrix(m, n)"]
COLUMNS = ["a : vector(m)", "b : vector(m)", "W : matrix(m, n)"]
FORMULA = "(a W) .* (b W)"
TRANSPOSED = "(W' b) .* (W' a)"


def same(result: matcalc.Expression, text: str, **indices: int) -> bool:
    """Whether a result equals a formula over its letters, on numbers at several sizes."""
    shape = next(s.shape for s in postorder(result.node) if isinstance(s, Symbol) and s.name in "ab")
    a, b, W = Symbol("a", shape), Symbol("b", shape), Symbol("W", ("m", "n"))
    other = expression_of(text, {"a": a, "b": b, "W": W}, [Declaration(name, "size") for name in indices])
    found = draws([result.node, other], 3, symbols=(a, b, W))
    assert len(found) == 3
    values = [
        [evaluate(side, draw.values, {**draw.sizes, **indices}) for side in (result.node, other)] for draw in found
    ]
    return all(np.allclose(left, right) for left, right in values)


# --- the Hadamard product of a W and b W ------------------------------------------------------------------------------


def test_the_differential_is_that_of_the_first_answer() -> None:
    result = matcalc.derive(FORMULA, "W", ROWS)
    assert str(result.differential) == "dF = a W .* b dW + a dW .* b W"


def test_the_jacobian_is_diagonal_matrices_times_kronecker_products() -> None:
    result = matcalc.derive(FORMULA, "W", ROWS)
    assert str(result.value) == "Diag((a W)') kron(eye(n), b) + Diag((b W)') kron(eye(n), a)"
    assert same(result.value, "Diag((b W)') kron(eye(n), a) + Diag((a W)') kron(eye(n), b)")
    assert not same(result.value, "Diag((b W)') kron(eye(n), b) + Diag((a W)') kron(eye(n), a)")


def test_the_entries_are_those_of_the_second_answer() -> None:
    """∂f_k/∂W_ij = e_i' (a b' + b a') W Diag(ε_j) ε_k, for columns a and b: here i of F, j and k of W."""
    result = matcalc.derive(TRANSPOSED, "W", COLUMNS)
    assert str(result.entries) == "dF[i]/dW[j,k] = eye(n)[i,k] (a[j] (W' b)[i] + b[j] (W' a)[i])"
    assert result.entries.unicode() == "∂Fᵢ/∂Wⱼₖ = δᵢₖ (aⱼ (Wᵀ b)ᵢ + bⱼ (Wᵀ a)ᵢ)"
    answer = "unit(j, m)' (a b' + b a') W Diag(unit(k, n)) unit(i, n)"
    for i, j, k in ((1, 2, 1), (2, 1, 2), (1, 2, 3)):
        assert same(result.entries.value, answer, i=i, j=j, k=k)


def test_by_one_entry_it_is_the_diagonal_of_a_unit_vector_times_the_outer_products() -> None:
    """∂f/∂W_ij = Diag(ε_j) W' (a b' + b a') e_i."""
    result = matcalc.derive(TRANSPOSED, "W[i,j]", COLUMNS)
    assert str(result) == "dF/dW[i,j] = (a[i] (W' b)[j] + b[i] (W' a)[j]) unit(j, n)"
    for i, j in ((1, 1), (2, 3), (3, 2)):
        assert same(result.value, "Diag(unit(j, n)) W' (a b' + b a') unit(i, m)", i=i, j=j)
    assert str(result.entries) == "dF[k]/dW[i,j] = eye(n)[j,k] (a[i] (W' b)[k] + b[i] (W' a)[k])"


def test_by_one_entry_the_derivation_names_its_steps() -> None:
    steps = matcalc.derive(TRANSPOSED, "W[i,j]", COLUMNS).steps
    assert [(step.left, step.identities[0].name) for step in steps] == [
        ("dF", "hadamard-rule"),
        ("dW / dW[i,j]", "entry-expansion"),
        ("dF / dW[i,j]", "entry-expansion"),
        ("", "diagonal-vector"),
        ("", "entry-product"),
    ]
    assert steps[1].right == "unit(i, m) unit(j, n)'"
    assert steps[3].right.count("Diag(") == 2
    assert steps[3].identities[0].statement == "Diag(x) y = x ⊙ y"
    assert all(step.verified for step in steps)


def test_the_entry_of_the_answer_is_the_matrix_of_zeros_with_a_one() -> None:
    shown = matcalc.derive("W", "W[2,1]", ["W : matrix(m, n)"]).explicit(m=2, n=3)
    assert shown.matrices["dF/dW[2,1]"].tolist() == [[0, 0, 0], [1, 0, 0]]


def test_by_one_column_it_is_zero_for_every_other_column() -> None:
    result = matcalc.derive(FORMULA, "W[:,j]", ROWS)
    assert str(result.entries) == "dF[i]/dW[k,j] = eye(n)[i,j] (a[k] (b W)[i] + b[k] (a W)[i])"
    assert same(result.value, "unit(j, n) ((b W)[j] a + (a W)[j] b)", j=2)
    column = "(a W)[i] b + (b W)[i] a"
    for i, j in ((1, 1), (2, 1)):
        entry = matcalc.derive("((a W) .* (b W))[i]", "W[:,j]", [*ROWS, "i : size"])
        assert same(entry.value, column.join("()") + "'" if i == j else "zeros(m)", i=i, j=j)


def test_the_column_is_a_block_of_the_jacobian() -> None:
    whole, part = matcalc.derive(FORMULA, "W", ROWS), matcalc.derive(FORMULA, "W[:,2]", ROWS)
    for draw in draws([whole.value.node, part.value.node], 3):
        m = draw.sizes["m"]
        assert np.allclose(draw.value(whole.value.node)[:, m : 2 * m], draw.value(part.value.node))


def test_it_is_written_out_as_a_two_by_three_example() -> None:
    shown = matcalc.derive(TRANSPOSED, "W[2,1]", COLUMNS).explicit(m=2, n=3)
    assert "W = [W_11  W_12  W_13]\n    [W_21  W_22  W_23]" in str(shown)
    derivative = shown.matrices["dF/dW[2,1]"]
    assert derivative.shape == (3, 1)
    assert derivative[1, 0] == derivative[2, 0] == 0
    assert (derivative[0, 0] - shown.matrices["F"][0, 0].diff(shown.matrices["W"][1, 0])).expand() == 0
    assert r"\begin{bmatrix}" in shown.latex()


# --- the masked factorisation -----------------------------------------------------------------------------------------

MASKED = [
    "Y : matrix(I, J)", "U : matrix(I, K)", "V : matrix(J, K)", "lambda_u, lambda_v : scalar", "M : matrix(I, J), binary",
    "X := U V' - Y", "W := M .* X",
]  # fmt: skip
OBJECTIVE = "W : W + lambda_u U : U + lambda_v V : V"


def test_the_hessian_of_the_masked_factorisation_is_made_of_blocks_by_the_columns_of_u() -> None:
    result = matcalc.derive(OBJECTIVE, "U", MASKED, order=2)
    assert str(result.differential) == "dG = 2 ((M .* dU V') V + lambda_u dU)"
    assert str(result.value) == "2 (kron(V', eye(I)) Diag(vec(M)) kron(V, eye(I)) + lambda_u eye(I * K))"
    assert str(result.entries) == (
        "d2E/dU[i,j] dU[k,l] = 2 eye(I)[i,k] ((M Diag(V[:,l]) V)[i,j] + lambda_u eye(K)[j,l])"
    )
    for draw in draws([result.value.node], 3):
        rows, M, V, weight = draw.sizes["I"], draw.values["M"], draw.values["V"], draw.values["lambda_u"].item()
        H = draw.value(result.value.node)
        for j in range(V.shape[1]):
            for k in range(V.shape[1]):
                block = 2 * np.diag(M @ (V[:, j] * V[:, k])) + 2 * weight * (j == k) * np.eye(rows)
                assert np.allclose(H[j * rows : (j + 1) * rows, k * rows : (k + 1) * rows], block)


def test_its_mixed_hessian_has_entries() -> None:
    result = matcalc.derive(OBJECTIVE, ("U", "V"), MASKED, order=2)
    assert str(result.entries) == "d2E/dU[i,j] dV[k,l] = 2 (M[i,k] U[i,l] V[k,j] + eye(K)[j,l] W[i,k])"
