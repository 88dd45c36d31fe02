"""What is inferred of names that nobody declared, how names are resolved, and what is said where shapes do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matcalc.errors import FormulaError
from matcalc.expr import Expr
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.shape import Shape, shape_text
from matcalc.steps.understand import Understood, expression_of, understand

DATA = Path(__file__).parent / "data"
RECORDS = [
    json.loads(line)
    for file in ("reference", "questions")
    for line in (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
]
PLAIN = [record for record in RECORDS if "advanced" not in record["tags"]]


def understood(text: str, declared: str = "") -> Understood:
    return understand(text, [declared] if declared else [])


def declarations(text: str, declared: str = "") -> list[str]:
    """What was inferred, as declarations."""
    found = understood(text, declared)
    return [str(d) for d in found.declarations if d.name in found.inferred]


def shape(text: str, declared: str = "") -> str:
    return shape_text(understood(text, declared).expression.shape)


def same(a: Expr, b: Expr) -> bool:
    return a is b


# --- the collection ---------------------------------------------------------------------------------------------------


def shapes_of(lines: list[str]) -> dict[str, Shape]:
    found = [item for line in lines for item in read_declarations(line)]
    return {item.name: item.shape for item in found if isinstance(item, Declaration)}


def equal_up_to_names_of_sizes(a: dict[str, Shape], b: dict[str, Shape]) -> bool:
    there: dict[str, str] = {}
    back: dict[str, str] = {}
    pairs = [(str(x), str(y)) for name in a for x, y in zip(a[name], b[name], strict=True)]
    return a.keys() == b.keys() and all(
        x == y if x.isdigit() or y.isdigit() else there.setdefault(x, y) == y and back.setdefault(y, x) == x
        for x, y in pairs
    )


@pytest.mark.parametrize("record", [r for r in PLAIN if r.get("implied")], ids=lambda record: str(record["id"]))
def test_the_collection_is_inferred_as_its_authors_say(record: dict[str, list[str]]) -> None:
    found = understand(str(record["expr"]), record["declare"])
    wanted = shapes_of(record["declare"] + record["implied"])
    assert equal_up_to_names_of_sizes(wanted, {d.name: d.shape for d in found.declarations})


def test_everything_in_the_collection_without_advanced_features_is_understood() -> None:
    for record in PLAIN:
        understand(record["expr"], record["declare"])


def test_what_was_found_out_reads_back_to_the_same_expression() -> None:
    for record in PLAIN:
        found = understand(record["expr"], record["declare"])
        again = understand(record["expr"], [str(d) for d in found.declarations])
        assert same(again.expression, found.expression), record["id"]
        assert not again.inferred


# --- kinds and sizes of names that nobody declared --------------------------------------------------------------------

# fmt: off
INFERRED = [
    # a lone size is n; matrices take m and n first; a name that the user uses is not taken
    ("tr(X)",                   "",                             ["X : matrix(n, n)"]),
    ("x' A y",                  "",                             ["x : vector(m)", "A : matrix(m, n)", "y : vector(n)"]),
    ("A B C",                   "",             ["A : matrix(m, n)", "B : matrix(n, p)", "C : matrix(p, q)"]),
    ("n' A m",                  "",                             ["n : vector(p)", "A : matrix(p, q)", "m : vector(q)"]),
    ("A X B",                   "X : matrix(n, m)",             ["A : matrix(p, n)", "B : matrix(m, q)"]),
    # a Latin name is a vector, else a scalar; a Greek one a scalar, else a vector
    ("t I - A",                 "",                             ["t : scalar", "A : matrix(n, n)"]),
    ("a^b",                     "",                             ["a : scalar", "b : scalar"]),
    ("X beta - y",              "",             ["X : matrix(m, n)", "beta : vector(n)", "y : vector(m)"]),
    ("y - X beta",              "",             ["y : vector(m)", "X : matrix(m, n)", "beta : vector(n)"]),
    ("lambda_u U : U",          "",                             ["lambda_u : scalar", "U : matrix(m, n)"]),
    ("X b + gamma z",           "",
     ["X : matrix(m, n)", "b : vector(n)", "gamma : scalar", "z : vector(m)"]),
    ("a^2 + b/c + x' A x",      "",
     ["a : scalar", "b : scalar", "c : scalar", "x : vector(n)", "A : matrix(n, n)"]),
    # a matrix has a size of 1 only where nothing else fits
    ("y - X",                   "y : vector(m)",                ["X : vector(m)"]),
    ("A + r",                   "r : row(n)",                   ["A : row(n)"]),
    ("x + A",                   "",                             ["x : scalar", "A : matrix(m, n)"]),
    # sizes that are sums and products
    ("A x",                     "A : matrix(m, n+1)",           ["x : vector(n+1)"]),
    ("B x",                     "B : matrix(2*k, k)",           ["x : vector(k)"]),
    ("A (x ⊗ y)",               "A : matrix(n, m*n); x : vector(n)",    ["y : vector(m)"]),
    ("A vec(X' X)",             "A : matrix(p, n*n)",           ["X : matrix(m, n)"]),
    ("unvec(x, 2, 3) y",        "",                             ["x : vector(6)", "y : vector(3)"]),
    ("unvech(vech(A), n)",      "",                             ["A : matrix(n, n)"]),
    ("crossmat(x) y",           "",                             ["x : vector(3)", "y : vector(3)"]),
    ("ones(n)' x / n",          "",                             ["x : vector(n)"]),
    # a constant of no size takes the size of what it stands with
    ("(I - u u') x",            "",                             ["u : vector(n)", "x : vector(n)"]),
    ("exp(x) + vector(1)",      "",                             ["x : vector(n)"]),
    ("matrix(1) - A",           "",                             ["A : matrix(m, n)"]),
]
# fmt: on


@pytest.mark.parametrize(("text", "declared", "wanted"), INFERRED, ids=[row[0] for row in INFERRED])
def test_what_is_not_declared_is_inferred(text: str, declared: str, wanted: list[str]) -> None:
    assert declarations(text, declared) == wanted


def test_names_in_definitions_and_formula_are_inferred_together() -> None:
    found = understand("W : W + lambda V : V", ["M : matrix(I, J), binary", "X := U V' - Y", "W := M ⊙ X"])
    inferred = [str(d) for d in found.declarations if d.name in found.inferred]
    assert inferred == ["U : matrix(I, n)", "V : matrix(J, n)", "Y : matrix(I, J)", "lambda : scalar"]


def test_many_scalars_are_found_without_trying_every_combination() -> None:
    text = " + ".join(f"x_{k}^2" for k in range(60)) + " + y' A y"
    found = understood(text)
    assert [str(d) for d in found.declarations[:2]] == ["x_0 : scalar", "x_1 : scalar"]
    assert str(found.declarations[60]) == "y : vector(n)"


# --- names ------------------------------------------------------------------------------------------------------------

# fmt: off
SAME = [
    # declared names beat functions and constants; a bracket after them is a factor
    ("K (x + b)",       "K * (x + b)",      "K : matrix(m, n); x, b : vector(n)"),
    ("K(I,K)' vec(U)",  "commutation(I, K)' vec(U)",    "U : matrix(I, K)"),
    ("I' I",            "I' * I",           "I : matrix(n, k)"),
    ("e' e",            "norm(e)^2",        "e : vector(n)"),
    ("e(1,n)' x",       "unit(1, n)' x",    "x : vector(n)"),
    ("gamma (x + y)",   "(x + y) gamma",    "gamma : scalar; x, y : vector(n)"),
    ("D (x + d)",       "D * (d + x)",      "D : matrix(m, n); x, d : vector(n)"),
    ("A^T A",           "A' A",             "T : scalar; A : matrix(m, n)"),
    ("A^T A",           "A' A",             "A : matrix(T, n)"),
    # a size is a number
    ("n/2 * log(2 pi)", "log(2 * pi) * n / 2",      "x : vector(n)"),
    ("n (x + y)",       "(x + y) * n",      "x, y : vector(n)"),
    # bars by kind
    ("|s|",             "abs(s)",           "s : scalar"),
    ("|A|",             "det(A)",           "A : matrix(n, n)"),
    ("|x|",             "norm(x)",          "x : vector(n)"),
    ("‖A‖",             "norm(A)",          "A : matrix(m, n)"),
    ("||A||_F",         "norm(A)",          "A : matrix(m, n)"),
    ("||x||_1",         "norm1(x)",         "x : vector(n)"),
    ("||x||_2",         "norm(x)",          "x : vector(n)"),
    ("||A||_*",         "normnuc(A)",       "A : matrix(m, n)"),
    # overloads by kind
    ("diag(x)",         "Diag(x)",          "x : vector(n)"),
    ("sum(A, 2)",       "A ones(n)",        "A : matrix(m, n)"),
    ("x > 0",           "step(x)",          "x : vector(n)"),
    # postfixes
    ("A^-T",            "inv(A)'",          "A : matrix(n, n)"),
    ("A^H",             "A'",               "A : matrix(m, n)"),
    ("A^+",             "pinv(A)",          "A : matrix(m, n)"),
    ("tr(A)^2",         "tr(A) tr(A)",      "A : matrix(n, n)"),
    ("x / norm(x)",     "norm(x)^-1 x",     "x : vector(n)"),
    ("x / norm(x)'",    "norm(x)^-1 x",     "x : vector(n)"),
    ("1/2 x' A x",      "(1/2) * (x' * A * x)",     "x : vector(n); A : matrix(n, n)"),
    ("log (x)",         "log(x)",           "x : vector(n)"),
    # differentials
    ("dX^-1",           "d(X^-1)",          "X : matrix(n, n)"),
    ("dX^-1",           "-X^-1 dX X^-1",    "X : matrix(n, n)"),
    ("d(X' A X)",       "dX' A X + X' dA X + X' A dX",      "X : matrix(m, n); A : matrix(m, m)"),
    ("d(tr(X))",        "tr(dX)",           "X : matrix(n, n)"),
    ("dX'",             "(dX)'",            "X : matrix(m, n)"),
]
# fmt: on


@pytest.mark.parametrize(("text", "other", "declared"), SAME, ids=[row[0] for row in SAME])
def test_a_name_means_what_is_declared_else_a_size_else_a_function(text: str, other: str, declared: str) -> None:
    assert same(understood(text, declared).expression, understood(other, declared).expression)


def test_a_declared_scalar_t_is_an_exponent_of_scalars_only() -> None:
    power = understood("s^T", "T, s : scalar").expression
    assert not same(power, understood("s", "T, s : scalar").expression)
    assert shape("A^T", "T : scalar; A : matrix(m, n)") == "matrix(n, m)"


def test_a_size_that_is_met_after_its_name_is_a_size_everywhere() -> None:
    assert same(understood("n * ones(n)").expression, understood("ones(n) * n").expression)
    assert not understood("n * ones(n)").inferred


def test_a_function_that_only_sympy_knows_is_entrywise() -> None:
    assert shape("erfc(A)", "A : matrix(m, n)") == "matrix(m, n)"


def test_a_declared_function_is_called_with_and_without_primes() -> None:
    assert shape("f'(W x)", "f : function; W : matrix(m, n); x : vector(n)") == "vector(m)"


def test_the_differential_of_a_defined_name_has_its_shape() -> None:
    found = understand("W : dX", ["W : matrix(m, n)", "X := U V'"])
    assert found.expression.shape == (1, 1)
    assert found.names["dX"].shape == ("m", "n")


def test_spellings_are_those_that_were_typed() -> None:
    assert understood("λ_u U : U").spellings == {"lambda_u": "λ_u", "U": "U"}


def test_the_letters_of_a_rule_stand_for_expressions() -> None:
    x = understood("x", "x : vector(n)").expression
    value = expression_of("X - sum(X) / n * ones(n)", {"X": x})
    assert same(value, understood("x - sum(x) / n * ones(n)", "x : vector(n)").expression)
    with pytest.raises(FormulaError, match="q is not among the letters"):
        expression_of("X + q", {"X": x})


# --- chains, scalars beside arrays, notices ---------------------------------------------------------------------------

# fmt: off
CHAINS = [
    ("x' A x' x",       "(x' A) (x' x)",        "x : vector(m); A : matrix(m, n)"),
    ("A x' y z",        "A (x' y) z",           "A : matrix(m, n); x, y : vector(k); z : vector(n)"),
    ("x' y x' y A",     "(x' y) (x' y) A",      "A : matrix(m, n); x, y : vector(k)"),
    ("2 a' b c",        "2 (a' b) c",           "a, b : vector(n); c : vector(m)"),
]
# fmt: on


@pytest.mark.parametrize(("text", "other", "declared"), CHAINS, ids=[row[0] for row in CHAINS])
def test_a_chain_is_grouped_around_its_scalar_parts_where_it_must_be(text: str, other: str, declared: str) -> None:
    assert same(understood(text, declared).expression, understood(other, declared).expression)


def test_a_regrouped_chain_is_shown() -> None:
    assert understood("x' A x' x").notices == ("x' A x' x is read as (x' A) (x' x)",)
    assert understood("A x' x (x + y)", "A : matrix(m, n)").notices == ("A x' x (x + y) is read as A (x' x) (x + y)",)
    assert understood("2 a' b c").notices == ()


# fmt: off
NOTICES = [
    ("A + c",               "A : matrix(m, n); c : scalar",     "c is added to every entry of A"),
    ("x - mean(x)",         "x : vector(n)",                    "mean(x) is added to every entry of x"),
    ("norm(x)^2 + y",       "x, y : vector(n)",                 "norm(x)^2 is added to every entry of y"),
    ("x + 2 n s / log(s)",  "x : vector(n); s : scalar",        "2 n s / log(s) is added to every entry of x"),
    ("norm2(A)",            "A : matrix(m, n)",
     "norm2(A) is the largest singular value; norm(A) is the Frobenius norm, which matrixcalculus.org calls norm2"),
    ("max(x, 1)",           "x : vector(n)",
     "max(x, 1) is taken for each column: a second argument 1 or 2 is an axis"),
]
# fmt: on


@pytest.mark.parametrize(("text", "declared", "notice"), NOTICES, ids=[row[0] for row in NOTICES])
def test_what_could_be_meant_otherwise_is_said(text: str, declared: str, notice: str) -> None:
    assert understood(text, declared).notices == (notice,)


def test_a_vector_of_size_1_is_a_scalar() -> None:
    assert shape("x^2 + x", "x : vector(1)") == "scalar"
    assert shape("A x", "A : matrix(m, n); x : matrix(1, 1)") == "matrix(m, n)"


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED = [
    # sums, products, entrywise products
    (
        "A X + B",
        "A, B : matrix(m, n); X : matrix(n, k)",
        """
the two sides of '+' must have the same shape: A X is m×k, B is m×n
  A X + B
  ^^^   ^
""",
    ),
    (
        "A - B",
        "A : matrix(m, n); B : matrix(n, m)",
        """
the two sides of '-' must have the same shape: A is m×n, B is n×m
  A - B
  ^   ^
  did you mean B'?
""",
    ),
    (
        "A x",
        "A : matrix(m, n); x : vector(m)",
        """
A is m×n and x is a vector of size m: n and m differ
  A x
  ^ ^
  did you mean A' x?
""",
    ),
    (
        "x y",
        "x, y : vector(n)",
        """
x is a vector of size n and y is a vector of size n: 1 and n differ
  x y
  ^ ^
  did you mean x' y, x y' or x .* y?
""",
    ),
    (
        "x .* A",
        "x : vector(m); A : matrix(m, n)",
        """
the two sides of '.*' must have the same shape: x is a vector of size m, A is m×n
  x .* A
  ^    ^
  did you mean Diag(x) A?
""",
    ),
    (
        "W : V'",
        "W : matrix(I, J); V : matrix(J, K)",
        """
the two sides of ':' must have the same shape: W is I×J, V' is K×J
  W : V'
  ^   ^^
""",
    ),
    # inferred sizes that contradict each other: both places
    (
        "A x + B x",
        "A : matrix(m, n); B : matrix(m, k)",
        """
B is m×k and x is a vector of size n: k and n differ; x is a vector of size n because of A x
  A x + B x
  ^^^   ^ ^
""",
    ),
    (
        "t A + B",
        "A : matrix(m, n); B : matrix(n, m)",
        """
the two sides of '+' must have the same shape: t A is m×n, B is n×m
  t A + B
  ^^^   ^
  did you mean B'?
""",
    ),
    # a 1×1 product beside an array
    (
        "m' z + y",
        "m, z, y : vector(n)",
        """
m' z is a 1×1 product of arrays, and y is a vector of size n: they cannot be added
  m' z + y
  ^^^^   ^
  if it is meant for every entry, write m' z * ones(n)
""",
    ),
    (
        "A + (x : x)",
        "A : matrix(m, n); x : vector(n)",
        """
x : x is a 1×1 product of arrays, and A is m×n: they cannot be added
  A + (x : x)
  ^    ^^^^^
  if it is meant for every entry, write (x : x) * ones(m, n)
""",
    ),
    # division
    (
        "x x' / x' x",
        "",
        """
only a scalar can divide: x' is a row of size n
  x x' / x' x
         ^^
  write x x' / (x' x)
""",
    ),
    (
        "A / B",
        "A, B : matrix(n, n)",
        """
only a scalar can divide: B is n×n
  A / B
      ^
  write A inv(B) or A ./ B
""",
    ),
    (
        "A / B",
        "",
        """
only a scalar can divide: B is p×q
  A / B
      ^
  write A inv(B) or A ./ B
""",
    ),
    # powers
    (
        "x^2",
        "x : vector(n)",
        """
only a square matrix or a scalar has powers: x is a vector of size n
  x^2
  ^
  write x .^ 2 for every entry or norm(x)^2
""",
    ),
    (
        "A^-1",
        "A : matrix(m, n)",
        """
only a square matrix or a scalar has an inverse: A is m×n
  A^-1
  ^
  the pseudo-inverse is pinv(A)
""",
    ),
    (
        "2^A",
        "A : matrix(m, n)",
        """
an exponent must be a scalar: A is m×n
  2^A
    ^
""",
    ),
    # functions
    (
        "trc(A)",
        "",
        """
unknown function 'trc'
  trc(A)
  ^^^
  did you mean tr?
""",
    ),
    (
        "2 log x",
        "x : vector(n)",
        """
log is a function
  2 log x
    ^^^
  write log( … ), or declare log if it is a name
""",
    ),
    (
        "softmax(A)",
        "A : matrix(m, n)",
        """
softmax takes a vector or a row: A is m×n
  softmax(A)
          ^
  write softmax(A, 1) for each column, softmax(A, 2) for each row
""",
    ),
    (
        "det(A B)",
        "A : matrix(m, n); B : matrix(n, k)",
        """
det takes a square matrix: A B is m×k
  det(A B)
      ^^^
""",
    ),
    (
        "inner(x, A)",
        "x : vector(n); A : matrix(m, n)",
        """
the arguments of inner do not fit each other: x is a vector of size n and A is m×n
  inner(x, A)
        ^  ^
""",
    ),
    (
        "sum(A, 3)",
        "A : matrix(m, n)",
        """
sum takes 1 argument, and here it has 2
  sum(A, 3)
  ^^^^^^^^^
  a second argument is 1 (for each column) or 2 (for each row)
""",
    ),
    (
        "eye(x)",
        "x : vector(n)",
        """
eye takes a size here
  eye(x)
      ^
  a size is a number up to 10^18, a name, or sums and products of these
""",
    ),
    (
        "‖A‖_7",
        "",
        """
the norm with the subscript '7' is not known
  ‖A‖_7
  ^^^^^
  known subscripts are F, 2, 1, *
""",
    ),
    # what the formula does not determine
    (
        "tr(I)",
        "",
        """
the size of I is not determined by the formula
  tr(I)
     ^
  write eye(n)
""",
    ),
    (
        "K(m,n) vec(A)",
        "",
        """
the sizes are not determined by the formula
  K(m,n) vec(A)
  ^^^^^^^^^^^^^
  declare A
""",
    ),
]


@pytest.mark.parametrize(("text", "declared", "wanted"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_does_not_fit_is_refused_with_both_places_and_shapes(text: str, declared: str, wanted: str) -> None:
    with pytest.raises(FormulaError) as caught:
        understood(text, declared)
    assert str(caught.value) == wanted.strip("\n")


# fmt: off
NOT_READ = [
    ("(A, B)",              "makes sense only after a function's name"),
    ("f(x, y)",             "unknown function 'f'"),
    ("sigmoid'(x)",         "a prime after sigmoid is no derivative"),
    ("log + x",             "log is a function"),
    ("polygamma(x', x)",    "takes a size here"),
    ("x[2/3]",              "a subscript is a whole number"),
    ("x[i]",                "no sum binds the index i"),
]
NOT_YET = [
    ("Z_2 + Z_1",               "Z_i : complex matrix(n, n), i = 1..N"),
]
DECLARED_WRONG = [
    (["x : vector(n)", "x : scalar"],       "x is declared twice"),
    (["x : vector(n)", "x := A b"],         "x is declared and defined"),
    (["y := X b", "X := U V'"],             "X is used before it is defined"),
    (["X := X + A"],                        "X is used before it is defined"),
    (["log : function"],                    "declared as a function and is one of the tables"),
]
# fmt: on


@pytest.mark.parametrize(("text", "message"), NOT_READ)
def test_what_cannot_be_read_is_never_guessed(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        understood(text)
    assert caught.value.spans


@pytest.mark.parametrize(("text", "declared"), NOT_YET)
def test_what_is_not_supported_is_said_with_its_place(text: str, declared: str) -> None:
    with pytest.raises(FormulaError, match="not supported yet") as caught:
        understood(text, declared)
    assert caught.value.source == text
    assert caught.value.spans


@pytest.mark.parametrize(("declared", "message"), DECLARED_WRONG)
def test_a_name_has_one_meaning(declared: list[str], message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        understand("log(x)", declared)


def test_an_error_in_a_definition_shows_the_definition() -> None:
    with pytest.raises(FormulaError) as caught:
        understand("norm(Y)", ["A : matrix(m, n)", "Y := A A"])
    assert caught.value.source == "Y := A A"
    assert str(caught.value).splitlines()[1:3] == ["  Y := A A", "       ^ ^"]


# --- deep input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["tanh(W " * 2000 + "x" + ")" * 2000, "(" * 9999 + "x" + ")" * 9999, "-" * 2000 + "x", "A" + "'" * 5000],
    ids=["calls", "brackets", "signs", "primes"],
)
def test_depth_is_no_limit(text: str) -> None:
    assert len(understood(text).declarations) in (1, 2)
