"""The full normal form: formulas that are equal by rearranging have one form, and formulas with one form are equal."""

from __future__ import annotations

from random import Random

import pytest
from random_formulas import random_formula

from matcalc.algebra.full import same, same_by_definition
from matcalc.algebra.full.forms import Forms
from matcalc.algebra.full.networks import TooLarge
from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.read.formula import read as read_tree
from matcalc.steps.understand import understand
from matcalc.verify.agree import agree
from matcalc.verify.edits import edits
from matcalc.write.present import plain_text

LETTERS = [
    "A, D : matrix(m, n)", "B, C : matrix(n, p)", "R, G : matrix(n, n)", "S : matrix(n, n), symmetric", "K : matrix(n, n), skew",
    "Q : matrix(n, n), orthogonal", "P : matrix(n, n), projection", "L : matrix(n, n), lower", "N : matrix(n, n), diagonal",
    "M : matrix(m, n), binary", "x, y : vector(n)", "z : vector(m)", "u : vector(n), unit", "w : vector(n), distribution",
    "s, t : scalar", "a : scalar, positive", "f : function", "v : vector(m*n)",
]  # fmt: skip


def read(text: str) -> Expr:
    return understand(text, LETTERS).expression


# fmt: off
SAME = [
    # sums, products, powers
    ("A (B + C)", "A B + A C"), ("(R + G)^2", "R^2 + R G + G R + G^2"), ("(x' x + s)^2", "(x' x)^2 + 2 s x' x + s^2"),
    ("norm(A x - z)^2", "x' A' A x - 2 z' A x + z' z"), ("s (R - G) + s G", "s R"), ("(x + y) .* (x - y)", "x.^2 - y.^2"),
    ("(x' R y)^3", "(x' R y) (y' R' x) (x' R y)"), ("norm(x)^3 / norm(x)", "x' x"), ("((x' x) eye(n) - x x') / norm(x)^3", "eye(n) / norm(x) - x x' / norm(x)^3"),
    # traces, Frobenius products, diagonals, ones
    ("tr(A B C' A')", "A B : A C"), ("tr((R + G) S)", "S : R' + G : S"), ("x' (R ⊙ G) y", "tr(Diag(x) R Diag(y) G')"),
    ("diag(A B (A C)')", "rowsum((A B) ⊙ (A C))"), ("Diag(x) R Diag(y)", "(x y') ⊙ R"), ("Diag(diag(R))", "eye(n) ⊙ R"),
    ("ones(n)' R ones(n)", "sum(R')"), ("tr(R)^2", "tr(R ⊗ R)"), ("sum(A ⊙ D ⊙ A)", "tr((A ⊙ A)' D)"), ("tr(eye(n))", "n"),
    ("sum(i=1..n, x[i] R[i,:])'", "R' x"),
    # vec and Kronecker products
    ("kron(R, S) kron(G, L)", "kron(R G, S L)"), ("kron(C, A) vec(B) + vec(A B C')", "2 vec(A B C')"),
    ("commutation(m, n) vec(A + D)", "vec(A') + vec(D')"), ("kron(x, R + G)", "kron(x, R) + kron(x, G)"),
    ("vec(unvec(v, m, n))", "v"), ("unvec(kron(x, z), m, n)", "z x'"), ("eye(n) ⊗ eye(m)", "eye(m*n)"),
    ("kron(x, z) + vec(A)", "vec(z x' + A)"),
    # properties
    ("x' K x", "0 s"), ("x' K y", "-(y' K x)"), ("tr(S K)", "s - s"), ("K' R", "-K R"), ("(Q' (R + G))' (Q' G)", "R' G + G' G"),
    ("P (P R + P G)", "P (R + G)"), ("M ⊙ (M ⊙ A + D)", "M ⊙ A + M ⊙ D"), ("u' (u s + u t)", "s + t"), ("sum(2 w)", "2"),
    ("tril(L + L)", "2 L"), ("triu(tril(R))", "Diag(diag(R))"), ("N R ⊙ G", "N (R ⊙ G)"), ("N^-1 (N + R)", "eye(n) + inv(N) R"),
    ("inv(s R + s G)", "inv(R + G) / s"), ("inv(R) (R + G)", "eye(n) + inv(R) G"), ("inv(R' + G')", "inv(R + G)'"),
    ("det((R + G)')", "det(G + R)"), ("adj(R' + S)", "adj(R + S)'"),
    # functions as atoms
    ("exp(A (B + C))", "exp(A B) ⊙ exp(A C)"), ("sin(R (x + y))", "-sin(-R x - R y)"), ("f(A B + A C)", "f(A (B + C))"),
    ("tanh(R + G)'", "tanh(G' + R')"), ("abs(s x - s y)", "abs(s) abs(x - y)"), ("relu(2 x + 2 y)", "2 relu(x + y)"),
    ("exp(x z')", "exp(z x')'"), ("1 ./ (s x + s y)", "(1/s) * (1 ./ (x + y))"), ("a^(s + 1)", "a a^s"), ("cos(s x - s y)", "cos(s y - s x)"),
    ("vech(R + G)", "vech(R) + vech(G)"), ("crossmat(s [1; 2; 3])", "s crossmat([1; 2; 3])"), ("sqrt(a x' x)", "sqrt(a) norm(x)"),
]
BY_DEFINITION = [
    ("1 / (1 + s) + s / (1 + s)", "1 + s - s"), ("sigmoid(R) ⊙ (1 - sigmoid(R))", "exp(R) ./ (1 + exp(R)).^2"),
    ("tanh(x)", "2 sigmoid(2 x) - 1"), ("1 - tanh(x).^2", "1 ./ cosh(x).^2"), ("softplus(x) - x", "softplus(-x)"),
    ("relu(x)", "(x + abs(x)) / 2"), ("max(A, D)", "A + relu(D - A)"), ("max(A, D) + min(A, D)", "A + D"),
    ("logsumexp(x + s ones(n))", "logsumexp(x) + s"), ("softmax(x + s ones(n))", "softmax(x)"), ("det(R) inv(R)", "adj(R)"),
    ("x / (x' x) - x / (1 + x' x)", "x / ((x' x) (1 + x' x))"),
]
DIFFERENT = [
    ("A (B + C)", "A B - A C"), ("x' R y", "y' R x"), ("tr(R G S)", "tr(G R S)"), ("R G", "G R"), ("x' K y", "y' K x"), ("R ⊙ G", "R G"),
    ("det(R + G)", "det(R) + det(G)"), ("kron(R, S)", "kron(S, R)"), ("exp(R + G)", "exp(R) + exp(G)"), ("abs(x)", "x"),
    ("norm(x + y)", "norm(x) + norm(y)"), ("tril(R)", "triu(R)"), ("Diag(x) R", "R Diag(x)"), ("S K", "K S"), ("(x' S x)^2", "(x' S S x)"),
    ("sqrt(s^2)", "s"), ("inv(R + G)", "inv(R) + inv(G)"), ("sum(u)", "1 + s - s"), ("w' w", "1 + s - s"), ("Q Q", "eye(n) + 0 Q"), ("A ⊙ A", "A"),
    ("R R' R", "R R R'"), ("(R ⊙ R ⊙ G) x", "(R ⊙ G ⊙ G) x"), ("tr(R R R' R')", "tr(R R' R R')"), ("sum(x)^2", "sum(x.^2)"),
    ("commutation(n, m) v", "v + 0 v"), ("f(x)", "f(-x)"), ("relu(-x)", "relu(x)"), ("M ⊙ A", "A"), ("sum(R, 2)", "sum(R, 1)'"),
    ("log(s t)", "log(s) + log(t)"), ("adj(-R)", "adj(R)"),
    ("max(R, 2)", "max(R', 2)"), ("prod(R, 1)", "prod(R', 1)"), ("logsumexp(R, 2)", "logsumexp(R', 2)"),
]
# fmt: on


@pytest.mark.parametrize(("left", "right"), SAME)
def test_two_typings_of_one_formula_have_one_form(left: str, right: str) -> None:
    assert same(read(left), read(right))


@pytest.mark.parametrize(("left", "right"), BY_DEFINITION)
def test_formulas_meet_when_functions_and_quotients_are_written_out(left: str, right: str) -> None:
    assert same_by_definition(read(left), read(right))


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_formulas_that_differ_never_meet(left: str, right: str) -> None:
    assert not same(read(left), read(right))
    assert not same_by_definition(read(left), read(right))


@pytest.mark.parametrize(("left", "right"), SAME + BY_DEFINITION)
def test_the_examples_agree_on_numbers(left: str, right: str) -> None:
    assert agree(read(left), read(right)).verdict == "equal"


def test_a_form_with_too_many_terms_is_given_up() -> None:
    large = read("(x' R y + y' R x + s + t + x' G y + x' S x)^4 (x' x + y' y + s + t)^4")
    with pytest.raises(TooLarge):
        Forms().of(large)
    assert same(large, read("s")) is None


def test_a_network_that_is_its_own_negative_is_zero() -> None:
    assert not Forms().of(read("tr(K S S) + x' K x + sum(K ⊙ S)"))


def test_a_formula_nested_two_thousand_deep_has_a_form() -> None:
    node = read("x")
    sine = read("sin(x)")
    from matcalc.algebra import call

    for _ in range(2000):
        node = call(sine.function, (node,), node.shape)  # type: ignore[attr-defined]
    assert len(Forms().of(node)) == 1


SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_formulas_with_one_change_never_meet_unless_they_are_equal(seed: int) -> None:
    formula = random_formula(Random(seed), depth=3)
    true = understand(formula.text, formula.declare).expression
    mutants = list(edits(read_tree(formula.text)))
    for edit in mutants[:: 1 + len(mutants) // 6]:
        try:
            other = understand(plain_text(edit.tree), formula.declare).expression
        except MatcalcError:
            continue
        if other is not true and other.shape == true.shape and (same(true, other) or same_by_definition(true, other)):
            assert agree(true, other, count=2).verdict != "different", (formula.text, plain_text(edit.tree))
