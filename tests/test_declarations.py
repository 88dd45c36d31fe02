"""The reader of declarations and definitions: every spelling, what is checked, and what is said about what is wrong."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from matcalc.errors import FormulaError
from matcalc.read.declarations import Declaration, Definition, read_declarations
from matcalc.read.declared import PROPERTIES
from matcalc.read.formula import read
from matcalc.shape import SCALAR, add, divide, mul

DATA = Path(__file__).parent / "data"
RECORDS = [
    json.loads(line)
    for file in ("reference", "questions")
    for line in (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
]
LINES = sorted({line for r in RECORDS for key in ("declare", "declare_alt", "implied") for line in r.get(key) or ()})


def declared(text: str) -> list[str]:
    return [str(record) for record in read_declarations(text)]


# fmt: off
READS = [
    ("U : matrix(I, K)",                        ["U : matrix(I, K)"]),
    ("U: matrix(I,K)",                          ["U : matrix(I, K)"]),
    ("U ∶ matrix( I , K )",                     ["U : matrix(I, K)"]),
    ("U : matrix(I, K)              V : matrix(J, K)",
                                                ["U : matrix(I, K)", "V : matrix(J, K)"]),
    ("A : matrix(n, n), symmetric   M : matrix(I, J), binary",
                                                ["A : matrix(n, n), symmetric", "M : matrix(I, J), binary"]),
    ("x : vector(n)   r : row(n)   lambda : scalar",
                                                ["x : vector(n)", "r : row(n)", "lambda : scalar"]),
    ("Y, M : matrix(I, J)    w : vector(5)",    ["Y : matrix(I, J)", "M : matrix(I, J)", "w : vector(5)"]),
    ("a,b:scalar;d:row(2)\n\nf : function\n", ["a : scalar", "b : scalar", "d : row(2)", "f : function"]),
    ("# sizes\nx : vector(n) # a column\n",     ["x : vector(n)"]),
    ("",                                        []),
    (" ;\n# nothing\n;",                        []),
    (r"U \in \mathbb{R}^{I \times K}",          ["U : matrix(I, K)"]),
    (r"U \in \mathbb R^{I\times K}",            ["U : matrix(I, K)"]),
    ("U ∈ ℝ^{I×K}",                             ["U : matrix(I, K)"]),
    ("U in R^(I x K)",                          ["U : matrix(I, K)"]),
    ("U, V in R^(2*m+1 x n), symmetric",        None),
    ("P, Q ∈ ℝ^(n × n), projection, symmetric", ["P : matrix(n, n), projection, symmetric",
                                                 "Q : matrix(n, n), projection, symmetric"]),
    ("X in R^(x x x)",                          ["X : matrix(x, x)"]),
    ("x in R^x",                                ["x : vector(x)"]),
    ("x ∈ ℝ^n   s ∈ ℝ   y ∈ ℝ^{n+1}",           ["x : vector(n)", "s : scalar", "y : vector(n+1)"]),
    ("Z : complex matrix(m, n)",                ["Z : complex matrix(m, n)"]),
    (r"Z \in \mathbb{C}^{m \times n}",          ["Z : complex matrix(m, n)"]),
    ("z ∈ ℂ^n   c ∈ ℂ",                         ["z : complex vector(n)", "c : complex scalar"]),
    ("Z : matrix(n, n), hermitian, complex",    ["Z : complex matrix(n, n), hermitian"]),
    ("complex : scalar",                        ["complex : scalar"]),
    ("in : scalar",                             ["in : scalar"]),
    ("x_i : vector(d), i = 1..N",               ["x_i : vector(d), i = 1..N"]),
    ("A_k : matrix(m, n), spd, k = 0..p-1",     None),
    ("A_k : matrix(n, n), spd, k = 0..p-1",     ["A_k : matrix(n, n), spd, k = 0..p-1"]),
    (r"λ_u, \Sigma_1 : scalar",                 ["lambda_u : scalar", "Sigma_1 : scalar"]),
    ("y_hat : scalar  ŷ : scalar",              ["y_hat : scalar", "y_hat : scalar"]),
    ("A : matrix(n, n), spd, spd",              ["A : matrix(n, n), spd"]),
    ("n : size",                                ["n : size"]),
    # kind and shape agree
    ("A : matrix(n, 1)",                        ["A : vector(n)"]),
    ("A : matrix(1, n)",                        ["A : row(n)"]),
    ("A : matrix(1, 1), spd",                   ["A : scalar, spd"]),
    ("x : vector(1)",                           ["x : scalar"]),
    ("X in R^(n x 1)",                          ["X : vector(n)"]),
    # sizes
    ("x : vector(n+1)",                         ["x : vector(n+1)"]),
    ("x : vector(n-1)",                         ["x : vector(n-1)"]),
    ("A : matrix(2*m*n - 1, (a + b)*(a - b))",  ["A : matrix(2*m*n-1, a*a-b*b)"]),
    ("x : vector(n*(n+1)/2)",                   ["x : vector(1/2*n*n+1/2*n)"]),
    ("x : vector(-m + 3*n)",                    ["x : vector(3*n-m)"]),
    ("x : vector(((2)))",                       ["x : vector(2)"]),
]

ERRORS = [
    # text, the characters pointed at, part of the message, part of the hint
    ("x",                             "x",              "not declared",        "x : vector(n)"),
    ("x vector(n)",                   "x",              "not declared",        "x : vector(n)"),
    ("norm(x)^2",                     "norm",           "not declared",        "X := A x"),
    ("A : matrix(n, n) symmetric",    "symmetric",      "not declared",        "comma"),
    ("x :",                           ":",              "kind is missing",     "vector"),
    ("x : , unit",                    ":",              "kind is missing",     "vector"),
    ("Z : complex",                   "complex",        "kind is missing",     "vector"),
    (": vector(n)",                   ":",              "on its left",         ""),
    ("x, : vector(n)",                ":",              "on its left",         ""),
    ("A : matrx(m, n)",               "matrx",          "no kind 'matrx'",     "matrix"),
    ("A : Matrix(m, n)",              "Matrix",         "no kind 'Matrix'",    "matrix"),
    ("x : column(n)",                 "column",         "no kind 'column'",    "vector"),
    ("x : ballast",                   "ballast",        "no kind 'ballast'",   "function"),
    ("A : matrix(n)",                 "matrix(n)",      "two sizes, not 1",    "matrix(m, n)"),
    ("A : matrix",                    "matrix",         "two sizes, not 0",    "matrix(m, n)"),
    ("A : matrix(m, n, k)",           "matrix(m, n, k)", "two sizes, not 3",   "matrix(m, n)"),
    ("x : vector(m, n)",              "vector(m, n)",   "one size, not 2",     "vector(n)"),
    ("s : scalar(1)",                 "scalar(1)",      "no size, not 1",      "scalar"),
    ("f : complex function",          "complex function", "never complex",     ""),
    ("A : matrix(m, n",               "(",              "never closed",        "')'"),
    ("A : matrix()",                  "()",             "nothing stands",      ""),
    ("A : matrix(m n)",               "n",              "no size",             "commas"),
    ("x : vector(n^2)",               "^",              "no size",             "m*n"),
    ("x : vector(dim(n))",            "(",              "no size",             "m*n"),
    ("x : vector(0)",                 "0",              "at least 1",          ""),
    ("x : vector(-2)",                "-2",             "at least 1",          ""),
    ("x : vector(n - n)",             "n - n",          "at least 1",          ""),
    ("x : vector(1 - n)",             "1 - n",          "at least 1",          ""),
    ("x : vector(7/2)",               "7/2",            "whole number",        ""),
    ("x : vector(n/0)",               "n/0",            "positive integer",    ""),
    ("x : vector(2.5)",               "2.5",            "integer or a name",   ""),
    ("x : vector(9999999999999999999)", "9" * 19,       "larger than",         ""),
    ("x : vector(" + "+".join(f"n{k}" for k in range(40)) + ")", None, "more than 32", "name"),
    ("A : matrix(n, n), symetric",    "symetric",       "no property",         "symmetric"),
    ("A : matrix(n, n), SPD",         "SPD",            "no property",         "spd"),
    ("A : matrix(n, n), antisymmetric", "antisymmetric", "no property",        "skew"),
    ("A : matrix(n, n), skew-symmetric", "skew -",      "one word",            "skew"),
    ("A : matrix(n, n), ",            ",",              "property is missing", "symmetric"),
    ("x : vector(n), y : vector(n)",  "y",              "no property",         "spaces"),
    ("x ∈ ℝ^n, y ∈ ℝ^n",              "y",              "no property",         "spaces"),
    ("A : matrix(m, n), symmetric",   "matrix(m, n) symmetric", "square matrix", ""),
    ("x : vector(n), spd",            "vector(n) spd",  "square matrix",       ""),
    ("A : matrix(n, n), distribution", "matrix(n, n) distribution", "vector or a row", ""),
    ("A : matrix(n, n), unit",        "matrix(n, n) unit", "vector or a row",  ""),
    ("f : function, positive",        "function positive", "no properties",    ""),
    ("A in Q^n",                      "Q",              "no set",              "R^n"),
    ("A in R^(m x n x k)",            "R^(m x n x k)",  "two sizes, not 3",    "R^(m x n)"),
    ("A in R^(m n)",                  "n",              "no size",             "R^(m x n)"),
    ("A in R^",                       "^",              "set is not complete", "R^n"),
    ("A in",                          "in",             "set is not complete", "R^n"),
    ("x_i : vector(d), i",            "i",              "no property",         ""),
    ("x : vector(d), i = 1..N",       "x i = 1..N",     "ends in its index",   "x_i"),
    ("x_ij : vector(d), i = 1..2, j = 1..2", "i = 1..2 j = 1..2", "one index", ""),
    ("x_i : vector(d), i = 1..",      "..",             "on its right",        ""),
    ("E = norm(x)",                   "=",              "':='",                "E :="),
    ("X :=",                          ":=",             "on its right",        ""),
    ("X := A +",                      "+",              "on its right",        ""),
    ("X := A : B : C",                ": :",            "does not associate",  "brackets"),
    ("X := A  U : matrix(I, J)",      ":",              "ends with its line",  "';'"),
    ("X := A := B",                   ":=",             "definition",          "line"),
    ("X := (A",                       "(",              "never closed",        "')'"),
    (r"\foo : scalar",                r"\foo",          "no Greek letter",     "syntax='latex'"),
    ("x : vector(n) $",               "$",              "no meaning",          "latex"),
]
# fmt: on


@pytest.mark.parametrize(("text", "records"), READS, ids=[case[0] or "empty" for case in READS])
def test_every_spelling_of_a_declaration_is_read(text: str, records: list[str] | None) -> None:
    if records is None:
        with pytest.raises(FormulaError):
            read_declarations(text)
    else:
        assert declared(text) == records


@pytest.mark.parametrize("text", [text for text, records in READS if records])
def test_a_printed_declaration_reads_back_to_the_same(text: str) -> None:
    for record in read_declarations(text):
        assert read_declarations(str(record)) == [record]


@pytest.mark.parametrize(("text", "pointed", "message", "hint"), ERRORS, ids=[case[0] for case in ERRORS])
def test_errors_point_at_the_place_and_say_what_to_try(text: str, pointed: str | None, message: str, hint: str) -> None:
    with pytest.raises(FormulaError) as caught:
        read_declarations(text)
    error = caught.value
    if pointed is not None:
        assert " ".join(text[low:high] for low, high in error.spans).replace(" ", "") == pointed.replace(" ", "")
    assert message in error.message
    assert hint in error.hint
    assert error.source == text


@pytest.mark.parametrize("line", LINES)
def test_declarations_of_the_collections_are_read_and_read_back(line: str) -> None:
    records = read_declarations(line)
    assert records
    for record in records:
        assert isinstance(record, Declaration)
        assert read_declarations(str(record)) == [record]
        assert record.source == line
        assert line[slice(*record.span)].startswith(line.split(":")[0].split()[0][0])


def test_a_declaration_holds_shape_properties_and_field() -> None:
    (record,) = read_declarations("Z : complex matrix(m*n, n*(n+1)/2 + 1), nonnegative")
    assert isinstance(record, Declaration)
    columns = add(divide(mul("n", add("n", 1)), 2), 1)
    assert (record.kind, record.shape, record.complex) == ("matrix", (mul("m", "n"), columns), True)
    assert record.properties == ("nonnegative",)
    (function,) = read_declarations("f : function")
    assert isinstance(function, Declaration)
    assert (function.kind, function.shape, function.family) == ("function", SCALAR, None)


def test_a_family_holds_its_index_and_its_range() -> None:
    (record,) = read_declarations("x_i : vector(d), i = 0..N-1")
    assert isinstance(record, Declaration)
    assert record.family == ("i", 0, add("N", -1))


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_property_is_taken_by_a_scalar_and_square_ones_by_no_other(name: str) -> None:
    assert declared(f"s : scalar, {name}") == [f"s : scalar, {name}"]
    if PROPERTIES[name] == "square":
        with pytest.raises(FormulaError, match="square"):
            read_declarations(f"A : matrix(n, n+1), {name}")


def test_definitions_hold_the_tree_of_their_expression() -> None:
    records = read_declarations("X := U V' - Y\nW := [A, B;\n C, D]; E := W : W   # the objective\nx : scalar")
    assert [type(record).__name__ for record in records] == ["Definition"] * 3 + ["Declaration"]
    first, block, objective, _ = records
    assert isinstance(first, Definition) and isinstance(block, Definition) and isinstance(objective, Definition)
    assert first.syntax == read("     U V' - Y")
    assert block.source[slice(*block.span)] == "W := [A, B;\n C, D]"
    assert objective.source[slice(*objective.syntax.span)] == "W : W"


def test_a_definition_may_use_names_that_declarations_use_as_words() -> None:
    (definition,) = read_declarations("E := complex in : x + A : vector(1)")
    assert isinstance(definition, Definition)
    assert definition.syntax == read("     complex in : x + A : vector(1)")


def test_any_splice_of_declarations_gives_records_or_a_formula_error() -> None:
    draw = random.Random(7)
    pool = [*LINES, "X := U V' - Y", "x_i : vector(d), i = 1..N", "f : function; y ∈ ℂ^n", "A : matrix(n*(n-1)/2, 2*m)"]
    noise = "()[]{}|^*/+-:;,=. \\ABxℝ∈×12\n#"
    outcomes = {True: 0, False: 0}
    for _ in range(4000):
        left, right = draw.choice(pool), draw.choice(pool)
        text = left[: draw.randrange(len(left) + 1)] + "".join(draw.choices(noise, k=draw.randrange(3)))
        text += right[draw.randrange(len(right) + 1) :]
        try:
            for record in read_declarations(text):
                assert isinstance(record, Definition) or read_declarations(str(record)) == [record]
            outcomes[True] += 1
        except FormulaError as error:
            outcomes[False] += 1
            assert error.source == text and error.spans
            assert all(0 <= low <= high <= len(text) for low, high in error.spans)
    assert min(outcomes.values()) > 100


@pytest.mark.parametrize(
    "text",
    [
        "x : vector(" + "(" * 9000 + "n" + ")" * 9000 + ")",
        "x : scalar " * 9000,
        "x : vector(" + "-" * 50_001 + "-n)",
        "x, " * 20_000 + "x : scalar",
        "X := " + "(" * 9000 + "n" + ")" * 9000,
    ],
    ids=["brackets", "declarations", "signs", "names", "definition"],
)
def test_deep_and_long_declarations_are_read(text: str) -> None:
    assert read_declarations(text)


@pytest.mark.parametrize("text", ["x : vector(" + "n*" * 40_000 + "n)", "x : vector(" + "2*" * 40_000 + "n)"])
def test_sizes_that_explode_are_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        read_declarations(text)
