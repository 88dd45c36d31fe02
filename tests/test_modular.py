"""Exact evaluation modulo a prime: identities hold exactly, what is no identity fails, and draws have their properties."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from matcalc.expr import Expr
from matcalc.rules.properties import closure
from matcalc.steps.understand import understand
from matcalc.verify.modular import agree_exactly
from matcalc.verify.residues import PRIME, Residues, Undefined, determinant, draw, inverse, power, residues, sign

LETTERS = [
    "A, B : matrix(m, n)", "C : matrix(n, m)", "R, G : matrix(n, n), invertible", "S : matrix(n, n), symmetric", "V : matrix(n, n), spd",
    "Q : matrix(n, n), orthogonal", "P : matrix(n, n), projection", "L : matrix(n, n), lower", "M : matrix(m, n), binary",
    "x, y : vector(n)", "u : vector(n), unit", "w : vector(n), distribution", "s, t : scalar", "a : scalar, positive", "f : function",
]  # fmt: skip


def read(text: str) -> Expr:
    return understand(text, LETTERS).expression


# fmt: off
EQUAL = [
    ("inv(R + x y')", "inv(R) - inv(R) x y' inv(R) / (1 + y' inv(R) x)"), ("det(R + x y')", "det(R) * (1 + y' inv(R) x)"),
    ("inv(eye(m) + A C) A", "A inv(eye(n) + C A)"), ("det(eye(m) + A C)", "det(eye(n) + C A)"), ("det(s R)", "s^n det(R)"),
    ("det(-R)", "(-1)^n det(R)"), ("adj(R)", "det(R) inv(R)"), ("log(det(V))", "logdet(V)"), ("logdet(-R)", "logdet(R)"),
    ("kron(R, G)^-1", "kron(inv(R), inv(G))"), ("duplication(n) vech(S)", "vec(S)"), ("Q Q'", "inv(Q) Q"), ("tril(L L)", "L L"),
    ("P inv(eye(n) + P)", "P / 2"), ("M.^3 ⊙ A", "A ⊙ M"), ("u' (u s)", "s"), ("sum(w ⊙ (x + s ones(n)))", "w' x + s"),
    ("norm(s x)", "abs(s) norm(x)"), ("sqrt(a)^3", "a sqrt(a)"), ("abs(s t)", "abs(s) abs(t)"), ("s sign(s)", "abs(s)"),
    ("sin(x).^2 + cos(x).^2", "ones(n)"), ("tan(x)", "sin(x) ./ cos(x)"), ("cosh(x).^2 - sinh(x).^2", "ones(n)"),
    ("exp(s) exp(t)", "exp(s + t)"), ("tanh(x)", "2 sigmoid(2 x) - 1"), ("softmax(x)", "softmax(x + ones(n))"),
    ("logsumexp(x)", "log(sum(exp(x)))"), ("f(A')", "f(A)'"), ("cos(-x)", "cos(x)"), ("expm(R')", "expm(R)'"), ("max(s, t) min(s, t)", "s t"),
    ("[A; B]' [A; B]", "A' A + B' B"), ("det([R, G; zeros(n, n), R])", "det(R)^2"), ("prod(s x)", "s^n prod(x)"),
]
NOT_EQUAL = [
    ("det(R + G)", "det(R) + det(G)"), ("det(-R)", "det(R)"), ("det(-R)", "-det(R)"), ("tr(R G S)", "tr(G R S)"), ("x' R y", "y' R x"),
    ("abs(s + t)", "abs(s) + abs(t)"), ("sqrt(s^2)", "s"), ("sign(s)", "1 + 0 s"), ("norm(x + y)", "norm(x) + norm(y)"), ("Q Q", "eye(n)"),
    ("sin(2 s)", "2 sin(s)"), ("f(x)", "x"), ("f(-x)", "f(x)"), ("M ⊙ A", "A"), ("w' w", "1 + 0 s"), ("log(s)", "s - 1"), ("[A; B]", "[B; A]"),
    ("exp(s t)", "exp(s) exp(t)"), ("expm(R + G)", "expm(R) expm(G)"), ("2 x' x", "x' x"), ("relu(s)", "s"), ("max(s, t)", "s"),
]
# fmt: on


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_an_identity_holds_exactly(left: str, right: str) -> None:
    found = agree_exactly(read(left), read(right))
    assert found.verdict == "equal", found.reason
    assert found.draws >= 3
    assert found.error_probability < (0.01 if "M" in left else 1e-6)


@pytest.mark.parametrize(("left", "right"), NOT_EQUAL)
def test_what_is_no_identity_is_never_equal(left: str, right: str) -> None:
    for seed in range(5):
        assert agree_exactly(read(left), read(right), seed=seed).verdict != "equal"


def test_a_rational_identity_has_a_tiny_error_probability_and_signs_a_larger_one() -> None:
    assert agree_exactly(read("R inv(R)"), read("inv(G) G")).error_probability < 1e-14
    assert agree_exactly(read("abs(s t)"), read("abs(s) abs(t)")).error_probability > 1e-9


def test_complex_numbers_are_not_evaluated_and_it_says_so() -> None:
    Z = understand("Z", ["Z : complex matrix(n, n)"]).expression
    found = agree_exactly(Z, understand("Z Z", ["Z : complex matrix(n, n)"]).expression)
    assert (found.verdict, found.reason) == ("unknown", "complex numbers are not evaluated exactly")


@pytest.mark.parametrize("size", [1, 2, 5])
def test_inverses_and_determinants_are_exact(size: int) -> None:
    random = Random(size)
    A, B = (residues([[random.randrange(PRIME) for _ in range(size)] for _ in range(size)]) for _ in range(2))
    assert np.array_equal(A @ inverse(A) % PRIME, np.eye(size))
    assert determinant(A @ B % PRIME) == determinant(A) * determinant(B) % PRIME
    assert determinant(residues(np.diag(range(1, size + 1)))) == np.prod(range(1, size + 1))


def test_a_singular_matrix_has_no_inverse_and_the_determinant_zero() -> None:
    A = residues([[1, 2], [2, 4]])
    assert determinant(A) == 0
    with pytest.raises(Undefined):
        inverse(A)


@pytest.mark.parametrize("exponent", [Fraction(1, 2), Fraction(1, 3), Fraction(-3, 4), Fraction(5, 7), 4, -2])
def test_powers_are_those_of_positive_numbers(exponent: Fraction | int) -> None:
    x, y = pow(12345, 2, PRIME), pow(98765, 2, PRIME)
    assert pow(power(x, exponent), Fraction(exponent).denominator, PRIME) == power(x, Fraction(exponent).numerator)
    assert power(x, exponent) * power(y, exponent) % PRIME == power(x * y % PRIME, exponent)
    assert sign(power(x, exponent)) == 1


def test_a_square_root_of_what_is_not_positive_is_undefined() -> None:
    with pytest.raises(Undefined):
        power(PRIME - 4, Fraction(1, 2))


WORDS = [
    "symmetric", "skew", "diagonal", "lower", "upper", "orthogonal", "spd", "psd", "projection", "binary", "positive", "invertible",
    "symmetric orthogonal", "diagonal orthogonal", "symmetric projection", "diagonal spd", "lower invertible", "diagonal projection",
]  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_a_draw_has_the_declared_properties(words: str) -> None:
    found = draw(Random(1), (5, 5), closure(words.split()))
    assert found is not None
    assert all(HOLDS[word](found) for word in words.split())


# fmt: off
HOLDS: dict[str, Callable[[Residues], bool]] = {
    "symmetric":  lambda A: np.array_equal(A, A.T),
    "skew":       lambda A: np.array_equal(A, (-A.T) % PRIME),
    "lower":      lambda A: not np.any(np.triu(A, 1)),
    "upper":      lambda A: not np.any(np.tril(A, -1)),
    "diagonal":   lambda A: not np.any(np.triu(A, 1)) and not np.any(np.tril(A, -1)),
    "orthogonal": lambda A: np.array_equal(A @ A.T % PRIME, np.eye(5)),
    "projection": lambda A: np.array_equal(A @ A % PRIME, A) and determinant(A) == 0,
    "binary":     lambda A: set(A.ravel()) == {0, 1},
    "spd":        lambda A: np.array_equal(A, A.T) and sign(determinant(A)) == 1,
    "psd":        lambda A: np.array_equal(A, A.T) and determinant(A) == 0,
    "positive":   lambda A: all(sign(x) == 1 for x in A.ravel()),
    "invertible": lambda A: determinant(A) != 0,
}
# fmt: on


@pytest.mark.parametrize("shape", [(4, 1), (1, 4)])
def test_units_and_distributions_are_exact(shape: tuple[int, int]) -> None:
    unit, chances = draw(Random(2), shape, {"unit"}), draw(Random(2), shape, {"distribution", "nonnegative"})
    assert unit is not None and chances is not None
    assert int(np.sum(unit * unit)) % PRIME == 1
    assert int(np.sum(chances)) % PRIME == 1


def test_properties_that_do_not_go_together_are_not_drawn() -> None:
    assert draw(Random(1), (4, 4), {"binary", "orthogonal"}) is None
