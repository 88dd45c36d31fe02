"""One-edit changes: what an author may have meant, each once, the likeliest first, each a formula that reads back."""

from __future__ import annotations

import pytest

from matcalc.read.formula import read
from matcalc.shape import Shape
from matcalc.verify.edits import CAUSES, MOST, edits, terms_of, with_terms
from matcalc.verify.places import places, plainly, replaced
from matcalc.write.present import plain_text

SHAPES: dict[str, Shape] = {
    "U": ("I", "K"),
    "V": ("J", "K"),
    "W": ("I", "J"),
    "x": ("n", 1),
    "A": ("n", "n"),
    "s": (1, 1),
    "t": (1, 1),
    "W_1": ("I", "J"),
}
LINE = "2 (W V + s U) : dU + 2 (W' U + t V) : dV"

# fmt: off
MISTAKES = [  # what was written, what was meant, the cause, what is said
    ("W : dW",             "2 W : dW",             "factor",    "the factor 2 is missing"),
    ("4 U U' U",           "2 U U' U",             "factor",    "the factor 2 is too much"),
    ("A x / 2",            "2 A x / 2",            "factor",    "the factor 2 is missing"),
    ("s U",                "U",                    "factor",    "the factor s is too much"),
    ("W V + U",            "W V + s U",            "factor",    "the factor s is missing"),
    ("norm(x)^3",          "norm(x)^2",            "factor",    "the exponent of norm(x) should be 2"),
    ("W V - s U",          "W V + s U",            "sign",      "the sign of s U is wrong"),
    ("A inv(A) x",         "-A inv(A) x",          "sign",      "the sign is wrong"),
    ("exp(-x' A x)",       "exp(x' A x)",          "sign",      "the sign of x' A x is wrong"),
    ("W U",                "W' U",                 "transpose", "W should be transposed"),
    ("W V' + U",           "W V + U",              "transpose", "V should not be transposed"),
    ("tr(A) inv(A)",       "tr(A) inv(A)'",        "transpose", "inv(A) should be transposed"),
    ("U (W V) s",          "U (W V)' s",           "transpose", "W V should be transposed"),
    ("x x' A x + 2 (A + A') x", "x x' A x + 2 (A + A')' x", "transpose", "A + A' should be transposed"),
    ("V W",                "W V",                  "order",     "V and W should be swapped"),
    ("A U V",              "V U A",                "order",     "the factors should be in the order V U A"),
    ("kron(A, W)",         "kron(W, A)",           "order",     "A and W should be swapped"),
    ("M .* W",             "M W",                  "hadamard",  "M and W should be multiplied as matrices"),
    ("A x",                "A .* x",               "hadamard",  "A and x should be multiplied entry by entry"),
    ("x .^ 2",             "x ^ 2",                "hadamard",  "the power of x should not be entry by entry"),
    ("W V + s U + t V",    "W V + s U",            "term",      "the term t V is too much"),
    ("x[i] A[i,j]",        "x[i] A[j,i]",          "index",     "the subscripts of A[i,j] should be swapped"),
    ("W V",                "W_1 V",                "index",     "W should be W_1"),
    ("commutation(m, n)",  "commutation(n, m)",    "index",     "the sizes of commutation(m, n) should be swapped"),
    ("x' A",               "(x' A)'",              "layout",    "the whole should be transposed"),
    ("A^-1 x",             "A x",                  "other",     "A should not be inverted"),
    ("A x",                "inv(A) x",             "other",     "A should be inverted"),
    ("x A",                "Diag(x) A",            "other",     "x should be inside a Diag"),
    ("Diag(x) A",          "x A",                  "other",     "the function in Diag(x) is too much"),
    ("sin(x)",             "cos(x)",               "other",     "sin(x) should be cos(x)"),
    ("A W + V",            "A (W + V)",            "other",     "W + V should be in brackets"),
    ("A (W + V)",          "A W + V",              "other",     "the bracket in A (W + V) should close earlier"),
    ("U x",                "V x",                  "other",     "U should be V"),
]
# fmt: on


@pytest.mark.parametrize(("written", "meant", "cause", "said"), MISTAKES)
def test_a_mistake_is_found_with_its_cause_in_words(written: str, meant: str, cause: str, said: str) -> None:
    shapes = {**SHAPES, "V": ("I", "K")} if said == "U should be V" else SHAPES
    wanted = plain_text(plainly(read(meant), shapes))
    found = [edit for edit in edits(read(written), shapes) if plain_text(edit.tree) == wanted]
    assert found, [plain_text(edit.tree) for edit in edits(read(written), shapes)]
    assert (found[0].cause, found[0].said(plain_text)) == (cause, said)


@pytest.mark.parametrize(
    "text", [LINE, "logdet(A) + tr(inv(A) A') - norm(x)^2 / 2", "x[1] A[1,2]", "|s| ||x||_2", "[A, W; V, U]"]
)
def test_every_change_is_another_formula_and_reads_back(text: str) -> None:
    found = [plain_text(edit.tree) for edit in edits(read(text), SHAPES)]
    assert len(found) == len(set(found)) > 4
    assert plain_text(plainly(read(text), SHAPES)) not in found
    for other in found:
        assert plain_text(plainly(read(other), SHAPES)) == other


def test_the_likeliest_come_first_and_always_in_the_same_order() -> None:
    first, second = (list(edits(read(LINE), SHAPES)) for _ in range(2))
    assert first == second
    assert {edit.cause for edit in first} <= set(CAUSES)
    order = [edit.cause for edit in first]
    assert (
        order.index("factor")
        < order.index("sign")
        < order.index("transpose")
        < order.index("order")
        < order.index("term")
    )


def test_as_many_as_are_wanted_and_none_of_a_huge_formula() -> None:
    assert len(list(edits(read(LINE), SHAPES, most=7))) == 7
    assert len(list(edits(read(" + ".join(["W V"] * 60)), SHAPES))) <= MOST
    assert list(edits(read(" + ".join(["W V"] * 400)), SHAPES)) == []
    assert list(edits(read("-" * 3000 + "x"), SHAPES)) is not None


def test_a_scalar_and_a_constant_are_not_transposed() -> None:
    found = [plain_text(edit.tree) for edit in edits(read("pi s x' x"), SHAPES) if edit.cause == "transpose"]
    assert not any("pi'" in text or "s'" in text for text in found)
    assert "pi s x x" in found


def test_missing_terms_are_taken_from_the_truth() -> None:
    truth = read("W V + s U - t U")
    found = [(plain_text(e.tree), e.said(plain_text), e.cause) for e in with_terms(read("W V + s U"), terms_of(truth))]
    assert found == [("W V + s U - t U", "the term -t U is missing", "term")]


def test_a_place_is_replaced_and_the_rest_is_kept() -> None:
    tree = plainly(read("sin(A x + [s, t; s, t] y) / 2"))
    for place in places(tree):
        assert replaced(tree, place.path, place.node) == tree
    assert "?" not in plain_text(tree)


def test_calls_and_brackets_are_made_plain() -> None:
    assert plain_text(plainly(read("((A)) (tr(A B)) + (s - (t))"))) == plain_text(plainly(read("A tr(A B) + s - t")))
    assert plain_text(plainly(read("K (x + b)"), {"K"})) == "K * (x + b)"
