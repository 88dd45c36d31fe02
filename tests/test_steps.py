"""Derivations: the masked factorisation line by line, and every line of every derivation of the collection on numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from collection import Record, derived, records
from differences import good_draws, wrong_lines

import matcalc
from matcalc.read.formula import read
from matcalc.rules import identities

OBJECTIVE = "W : W + lambda_u U : U + lambda_v V : V"
SIZES = ["Y : matrix(I, J)", "U : matrix(I, K)", "V : matrix(J, K)", "lambda_u, lambda_v : scalar"]
NAMES = ["X := U V' - Y", "W := M ⊙ X"]
BINARY = "M : matrix(I, J), binary"

# --- the masked factorisation ---------------------------------------------------------------------------------------


def masked(mask: str) -> matcalc.Result:
    return matcalc.derive(OBJECTIVE, wrt=("U", "V"), declare=[*SIZES, mask, *NAMES])


def chain(result: matcalc.Result) -> list[tuple[str, str]]:
    """The right sides, each with the statement that is printed beside it."""
    return [(step.right, step.identities[0].statement) for step in result.steps]


def test_the_masked_factorisation_is_derived_in_the_seven_lines_of_the_book() -> None:
    result = masked(BINARY)
    norms = " + 2 lambda_u U : dU + 2 lambda_v V : dV"
    assert chain(result) == [
        ("2 W : dW" + norms, "d(A : A) = 2 A : dA"),
        ("2 W : (M .* dX)" + norms, "d(A ⊙ B) = dA ⊙ B + A ⊙ dB"),
        ("2 (M .* W) : dX" + norms, "C : (A ⊙ B) = (C ⊙ A) : B"),
        ("2 W : dX" + norms, "M ⊙ M = M"),
        ("2 W : (dU V' + U dV')" + norms, "d(A B) = dA B + A dB"),
        ("2 W V : dU + 2 W' U : dV" + norms, "A : (B C) = (A C') : B"),
        ("2 (W V + lambda_u U) : dU + 2 (W' U + lambda_v V) : dV", "A : C + B : C = (A + B) : C"),
    ]
    assert [step.left for step in result.steps] == ["dE", *6 * [""]]
    assert [str(value) for value in result.values] == ["2 (W V + lambda_u U)", "2 (W' U + lambda_v V)"]
    assert str(result.values[0].expanded()) == "2 ((M .* (U V' - Y)) V + lambda_u U)"


def test_a_mask_that_is_not_declared_binary_stays_squared() -> None:
    for mask in ("M : matrix(I, J)", "M : matrix(I, J), nonnegative"):
        result = masked(mask)
        assert str(result.values[0]) == "2 ((M .* W) V + lambda_u U)"
        assert str(result.values[0].expanded()) == "2 ((M.^2 .* (U V' - Y)) V + lambda_u U)"
        assert all(statement != "M ⊙ M = M" for _, statement in chain(result))


def test_a_mask_of_ones_disappears_once_the_definitions_are_written_out() -> None:
    result = masked("M := ones(I, J)")
    assert [str(value.expanded()) for value in result.values] == [
        "2 ((U V' - Y) V + lambda_u U)",
        "2 ((V U' - Y') U + lambda_v V)",
    ]


def test_a_mask_of_ones_disappears_from_the_gradient_with_the_definitions() -> None:
    assert "M" not in str(masked("M := ones(I, J)").value)


# --- every derivation of the collection -----------------------------------------------------------------------------


def collected(record: Record) -> matcalc.Result:
    try:
        return derived(record["id"])
    except matcalc.MatcalcError:
        if "advanced" in record["tags"]:
            pytest.skip("not supported yet, and it says so")
        raise


@pytest.mark.parametrize("record", records(), ids=lambda record: record["id"])
def test_each_step_of_a_derivation_has_its_identity_and_is_verified(record: Record) -> None:
    steps = collected(record).steps
    assert steps
    for step in steps:
        assert step.verified, step.right
        assert step.identities, step.right
        for identity in step.identities:
            assert identities.lookup(identity.name) == identity
            assert identity.statement
            assert identity.source


@pytest.mark.parametrize("record", records(), ids=lambda record: record["id"])
def test_each_printed_line_of_a_derivation_has_the_value_of_the_differential(record: Record) -> None:
    """The line read by the oracle, dX a random direction, against differences of the objective along it."""
    result = collected(record)
    if "unknown-function" in record["tags"]:
        pytest.skip("the oracle is given no function here")
    found = good_draws(result)
    assert found
    for seed, draw in enumerate(found):
        assert not wrong_lines(result, draw, seed)


def test_a_wrong_line_is_found() -> None:
    result = masked(BINARY)
    wrong = replace(result.derivation.lines[2], right=read("2 (M .* W) : dX - 2 lambda_u U : dU + 2 lambda_v V : dV"))
    result.__dict__["derivation"] = replace(result.derivation, lines=(*result.derivation.lines[:2], wrong))
    result.__dict__["_verified"] = lambda: True
    (draw, *_) = good_draws(result)
    assert len(wrong_lines(result, draw)) == 1


def test_a_derivation_with_a_wrong_line_is_not_shown() -> None:
    result = masked(BINARY)
    lines = list(result.derivation.lines)
    lines[3] = replace(lines[3], right=lines[2].right.terms[0])  # type: ignore[union-attr]
    result.__dict__["derivation"] = replace(result.derivation, lines=tuple(lines))
    with pytest.raises(matcalc.MatcalcError, match="line 4 of the derivation differs from the line before"):
        _ = result.steps
    with pytest.raises(matcalc.MatcalcError, match="line 4"):
        result.latex(steps=True)


# --- what a step cites ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "wrt", "cited"),
    [
        ("sum(sigmoid(A x))", "x", "entry-sum-rule sigmoid-rule hadamard-frobenius product-rule frobenius-left"),
        (
            "mean((X w - y).^2)",
            "w",
            "entry-sum-rule hadamard-power-rule hadamard-frobenius product-rule frobenius-left",
        ),
        ("sum(softmax(A x))", "x", "constant-rule"),
        ("det(X)", "X", "det-rule adjugate-inverse"),
        ("log(det(X))", "X", "log-rule det-rule frobenius-trace"),
        ("a' inv(X) b", "X", "inv-rule frobenius-vector"),
        ("norm(X - u v')^2", "X", "square-rule sum-rule frobenius-scaling"),
        ("x' x / (1 + x' x)", "x", "quotient-rule square-rule frobenius-vector frobenius-collect"),
        ("exp(-norm(x)^2 / (2 s^2))", "x", "exp-rule frobenius-vector"),
        ("a' X' X b", "X", "product-rule frobenius-vector factor-left"),
        ("log(a' x)^2", "x", "power-rule log-rule product-rule frobenius-vector"),
    ],
)
def test_a_step_names_first_the_rule_that_says_most(formula: str, wrt: str, cited: str) -> None:
    steps = matcalc.derive(formula, wrt).steps
    assert " ".join(step.identities[0].name for step in steps) == cited


def test_a_step_has_the_same_reason_each_time_it_is_made() -> None:
    first, second = (matcalc.derive("det(M)", "M", ["M : matrix(2, 2), symmetric"]).lines() for _ in range(2))
    assert first == second
    assert "adjugate-inverse" in first[-1][2]
