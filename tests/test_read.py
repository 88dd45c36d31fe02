"""The reader of formulas: what binds how, every spelling of the language, and what is said about what is wrong."""

from __future__ import annotations

import json
import logging
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import lark
import pytest
from lark.grammar import Terminal

from matcalc.errors import FormulaError
from matcalc.read import grammars, tokens
from matcalc.read.declarations import VERBS as DECLARATION_VERBS
from matcalc.read.formula import VERBS, read, spellings
from matcalc.read.syntax import (
    Add,
    Apply,
    Bars,
    Binary,
    Block,
    Group,
    Index,
    Juxtapose,
    Name,
    Negate,
    Number,
    Postfix,
    Power,
    Range,
    Syntax,
)

DATA = Path(__file__).parent / "data"
RECORDS = [
    json.loads(line)
    for file in ("reference", "questions")
    for line in (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
]


def show(node: Syntax | None) -> str:
    """The tree with a bracket round every operation; a bracket that was typed is ⟨ ⟩."""
    match node:
        case None:
            return ":"
        case Number(value):
            return str(value)
        case Name(text):
            return text
        case Add(signs, terms):
            return "(" + " ".join("+-"[sign < 0] + show(term) for sign, term in zip(signs, terms, strict=True)) + ")"
        case Negate(operand):
            return f"(-{show(operand)})"
        case Binary(operator, left, right):
            return f"({show(left)} {operator} {show(right)})"
        case Juxtapose(factors):
            return "(" + " ".join(map(show, factors)) + ")"
        case Postfix(mark, base):
            return f"({show(base)}{mark})"
        case Power(base, exponent, entrywise):
            return f"({show(base)} {'.' * entrywise}^ {show(exponent)})"
        case Group(items):
            return "⟨" + ", ".join(map(show, items)) + "⟩"
        case Apply(function, arguments):
            return function + "⟨" + ", ".join(map(show, arguments)) + "⟩"
        case Index(base, subscripts):
            return f"{show(base)}[{', '.join(map(show, subscripts))}]"
        case Bars(mark, body, subscript):
            return f"{mark}{show(body)}{mark}{subscript and '_' + subscript}"
        case Block(rows):
            return "[" + "; ".join(", ".join(map(show, row)) for row in rows) + "]"
        case Range(index, low, high):
            return f"{index}={show(low)}..{show(high)}"


def parts(node: Syntax) -> Iterator[Syntax]:
    """The node and all nodes in it."""
    pending: list[object] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Syntax):
            yield part
        if isinstance(part, tuple):
            pending += part


# fmt: off
PRECEDENCE = [
    # sum, difference
    ("A + B - C",               "(+A +B -C)"),
    ("A - (B - C)",             "(+A -⟨(+B -C)⟩)"),
    ("A + -B",                  "(+A +(-B))"),
    ("-A + B",                  "(-A +B)"),
    ("-A B - C",                "(-(A B) -C)"),
    # Frobenius product
    ("A : B + C : D",           "(+(A : B) +(C : D))"),
    ("2 W : dW + 2 l U : dU",   "(+((2 W) : dW) +((2 l U) : dU))"),
    ("A * B : C .* D",          "((A * B) : (C .* D))"),
    ("-b' A x + (A x) : (A x)", "(-((b') A x) +(⟨(A x)⟩ : ⟨(A x)⟩))"),
    ("A : -B",                  "(A : (-B))"),
    ("-A : B",                  "((-A) : B)"),
    # products, from left to right on one level
    ("A * B / c .* D",          "(((A * B) / c) .* D)"),
    ("A .* B * C",              "((A .* B) * C)"),
    ("A ⊗ B ⊙ C",               "((A ⊗ B) .* C)"),
    ("A ./ B C",                "(A ./ (B C))"),
    ("A ./ B ./ C",             "((A ./ B) ./ C)"),
    ("A .* -B",                 "(A .* (-B))"),
    ("A * -B C",                "(A * (-(B C)))"),
    ("A ⊗ -B",                  "(A ⊗ (-B))"),
    ("A ./ -B",                 "(A ./ (-B))"),
    # the divisor of / is one factor
    ("1/2 x' A x",              "((1 / 2) (x') A x)"),
    ("a / b c",                 "((a / b) c)"),
    ("a / b c / d e",           "((((a / b) c) / d) e)"),
    ("a * b / c d * e",         "((((a * b) / c) d) * e)"),
    ("x x' / x' x",             "(((x (x')) / (x')) x)"),
    ("x x' / (x' x)",           "((x (x')) / ⟨((x') x)⟩)"),
    ("a / -b c",                "((a / (-b)) c)"),
    ("a / b^2 c",               "((a / (b ^ 2)) c)"),
    ("-1/2 x",                  "(((-1) / 2) x)"),
    ("1/2 * x",                 "((1 / 2) * x)"),
    ("a / b / c",               "((a / b) / c)"),
    # minus: looser than juxtaposition and postfixes, tighter than *
    ("-A B",                    "(-(A B))"),
    ("-A * B",                  "((-A) * B)"),
    ("-A'",                     "(-(A'))"),
    ("-x^2",                    "(-(x ^ 2))"),
    ("--A",                     "(-(-A))"),
    # juxtaposition
    ("M ⊙ U V'",                "(M .* (U (V')))"),
    ("x' A x' x",               "((x') A (x') x)"),
    ("2 (A + B) C",             "(2 ⟨(+A +B)⟩ C)"),
    ("f(x) y",                  "(f ⟨x⟩ y)"),
    ("kron(A, B)",              "(kron ⟨A, B⟩)"),
    ("2x",                      "(2 x)"),
    # postfixes from left to right
    ("y.^2'",                   "((y .^ 2)')"),
    ("X^-T'",                   "((X^-T)')"),
    ("2^3^2",                   "((2 ^ 3) ^ 2)"),
    ("A'^2",                    "((A') ^ 2)"),
    ("A''",                     "((A')')"),
    ("f''(x)",                  "(((f')') ⟨x⟩)"),
    ("A[i,j]'",                 "(A[i, j]')"),
    ("(A B)'",                  "(⟨(A B)⟩')"),
    ("2^-x'",                   "((2 ^ (-x))')"),
    # comparisons: loosest of all
    ("x + 1 > 2 y",             "((+x +1) > (2 y))"),
    ("A : B < C : D",           "((A : B) < (C : D))"),
]

SPELLINGS = [
    # every row of the table of the language
    ("A - B",         "A − B",        "A – B"),
    ("A : B",         "A ∶ B"),
    ("A * B",         "A · B",        "A ⋅ B",      "A × B",     "A@B"),
    ("A .* B",        "A ⊙ B",        "A ∘ B",      "A.*B",      "A⊙B"),
    ("A ./ B",        "A⊘B"),
    ("A ⊗ B",         "A⊗B"),
    ("A / s",         "A/s",          "A ∕ s"),
    ("U V'",          "U V′",         "U V’",       "U V.'",     "U\u00a0V'",    " U\tV '\n"),
    ("A^T",           "A^(T)",        "A^{T}",      "Aᵀ",        "A ^ T"),
    ("A^H",           "A^(H)",        "Aᴴ"),
    ("A^-T",          "A^(-T)",       "A^{-T}",     "A⁻ᵀ",       "A^−T"),
    ("A^-1",          "A⁻¹",          "A^ - 1"),
    ("A^+",           "A⁺",           "A ^ +"),
    ("A^3",           "A³"),
    ("A''",           "A″",           "A′′"),
    ("A .^ p",        "A.^p"),
    ("‖A‖_F",         "||A||_F",      "∥A∥_F",      "||A||_{F}", "‖ A ‖_F"),
    ("‖A‖_F^2",       "||A||^2_F",    "||A||_F²"),
    ("|x|",           "∣x∣",          "| x |"),
    ("x <= c",        "x ≤ c",        "x ⩽ c"),
    ("x >= c",        "x ≥ c"),
    ("1/2 x",         "1/2x"),
    ("0.5 x",         ".5 x",         "5e-1 x",     "0.50x"),
    ("sum(i=1..n, x[i])", "sum(i = 1 .. n, x[i])", "sum(i=1…n,x[i])"),
    # names
    ("lambda_u Sigma",  "λ_u Σ",          r"\lambda_u \Sigma", r"\lambda_{u}\Sigma"),
    ("y_hat + x_bar",   "ŷ + x̄",          "y\u0302 + x\u0304"),
    ("x_1 W_12 W_1_2",  "x₁ W₁₂ W_{1,2}", "x_{1} W_{12} W_{ 1, 2 }"),
    ("theta_old",       "theta_{old}",    "θ_{old}",     r"\theta_{old}"),
    ("X A",             "𝐗 𝑨",            "Ｘ Ａ"),
]

READS = [
    ("x",                    "x"),
    ("A^-1 B",               "((A ^ (-1)) B)"),
    ("x^-k",                 "(x ^ (-k))"),
    ("A^k",                  "(A ^ k)"),
    ("A^(1/2)",              "(A ^ ⟨(1 / 2)⟩)"),
    ("A^(-1/2)",             "(A ^ ⟨((-1) / 2)⟩)"),
    ("2^|x|",                "(2 ^ |x|)"),
    ("A^+ B",                "((A^+) B)"),
    ("x^+2",                 "(x ^ 2)"),
    ("A.^T",                 "(A .^ T)"),
    ("x[i]",                 "x[i]"),
    ("A[i,:]",               "A[i, :]"),
    ("A[:,j]",               "A[:, j]"),
    ("x[i+1]",               "x[(+i +1)]"),
    ("A'[i,j]",              "(A')[i, j]"),
    ("(A B)[1,2]",           "⟨(A B)⟩[1, 2]"),
    ("A^2[1,2]",             "(A ^ 2)[1, 2]"),
    ("A^-1[1,2]",            "(A ^ (-1))[1, 2]"),
    ("A^T[1,2]",             "(A^T)[1, 2]"),
    ("x[1][2]",              "x[1][2]"),
    ("A [B, C]",             "(A [B, C])"),
    ("2[B, C]",              "(2 [B, C])"),
    ("[A, B; C, D]",         "[A, B; C, D]"),
    ("[A x; x]",             "[(A x); x]"),
    ("[A -B]",               "[(+A -B)]"),
    ("[A, -B]",              "[A, (-B)]"),
    ("[[A, B]; C]",          "[[A, B]; C]"),
    ("sum(i=1..n, x[i]^2)",  "(sum ⟨i=1..n, (x[i] ^ 2)⟩)"),
    ("sum(r=0..k-1, X^r)",   "(sum ⟨r=0..(+k -1), (X ^ r)⟩)"),
    ("sum(x > 0)",           "(sum ⟨(x > 0)⟩)"),
    ("2.*x",                 "(2 .* x)"),
    ("2./x",                 "(2 ./ x)"),
    ("2.^x",                 "(2 .^ x)"),
    ("1.5.*x",               "(3/2 .* x)"),
    ("2. x",                 "(2 x)"),
    ("2.'",                  "(2')"),
    ("1e3 + 2.5e-1",         "(+1000 +1/4)"),
    ("2e + 2e3x",            "(+(2 e) +(2 e3x))"),
    ("d2E/dx dy",            "((d2E / dx) dy)"),
    ("d(X^-1)",              "(d ⟨(X ^ (-1))⟩)"),
    ("vector(1)",            "(vector ⟨1⟩)"),
    ("norm2(x)",             "(norm2 ⟨x⟩)"),
    # bars: after an operand a bar closes the innermost open one of its kind, else it opens
    ("|x| |y|",              "(|x| |y|)"),
    ("|x|^2",                "(|x| ^ 2)"),
    ("| |x| - y|",           "|(+|x| -y)|"),
    ("|f(|x|)|",             "|(f ⟨|x|⟩)|"),
    ("|a + |b| c|",          "|(+a +(|b| c))|"),
    ("||x|| + ||y||_2",      "(+‖x‖ +‖y‖_2)"),
    ("||x||y",               "(‖x‖ y)"),
    ("|x|_2",                "|x|_2"),
    ("||X||_*",              "‖X‖_*"),
    ("||W||_{2,1}",          "‖W‖_2,1"),
    ("|x ‖y‖|",              "|(x ‖y‖)|"),
    ("2 |x|",                "(2 |x|)"),
    ("x' |y|",               "((x') |y|)"),
    ("|-x|",                 "|(-x)|"),
    ("|x|'",                 "(|x|')"),
    ("log |X|",              "(log |X|)"),
]

ERRORS = [
    # text, the characters pointed at, part of the message, part of the hint
    ("",               "",        "no formula",              "tr(A X)"),
    ("  \n ",          "",        "no formula",              ""),
    ("A +",            "+",       "nothing on its right",    ""),
    ("A / B /",        "/",       "nothing on its right",    ""),
    ("-",              "-",       "nothing on its right",    ""),
    ("a <",            "<",       "nothing on its right",    ""),
    ("f(x +)",         "+",       "nothing on its right",    ""),
    ("|x -|",          "|",       "never closed",            ""),
    ("* A",            "*",       "nothing on its left",     ""),
    ("+A",             "+",       "nothing on its left",     ""),
    ("' A",            "'",       "nothing on its left",     ""),
    ("(.* A)",         ".*",      "nothing on its left",     ""),
    ("A * / B",        "* /",     "nothing stands between",  ""),
    ("A : : B",        ": :",     "nothing stands between",  ""),
    ("A**2",           "**",      "nothing stands between",  "written ^"),
    ("f()",            "()",      "nothing stands between",  ""),
    ("x[]",            "[]",      "nothing stands between",  ""),
    ("f(,x)",          "(,",      "nothing stands between",  ""),
    ("f(x,)",          ",)",      "nothing stands between",  ""),
    ("f(x,,y)",        ",,",      "nothing stands between",  ""),
    ("[A;]",           ";]",      "nothing stands between",  ""),
    ("A : B : C",      ": :",     "':' does not associate",  "brackets"),
    ("(A : B : -C)",   ": :",     "':' does not associate",  "brackets"),
    ("x < y <= z",     "< <=",    "do not associate",        ".*"),
    ("(A + B",         "(",       "never closed",            "')'"),
    ("f(A, [B; C)",    "[ )",     "not closed before",       "']'"),
    ("tr(A (B + C)",   "(",       "never closed",            "')'"),
    ("A + B)",         ")",       "closes nothing",          ""),
    ("(A]",            "( ]",     "not closed before",       "')'"),
    ("x[i",            "[",       "never closed",            "']'"),
    ("(|x)",           "| )",     "not closed before",       "'|'"),
    ("|x",             "|",       "never closed",            "brackets or spaces"),
    ("a | b",          "|",       "never closed",            "brackets or spaces"),
    ("|x - |y||",      "||",      "never closed",            "brackets or spaces"),
    ("||x|",           "|",       "never closed",            "brackets or spaces"),
    ("A^",             "^",       "no exponent",             "A^(1/2)"),
    ("A^-",            "-",       "no exponent",             "A^(1/2)"),
    ("A^*",            "*",       "no exponent",             "A^H"),
    ("A^[1]",          "[",       "no exponent",             "A^(1/2)"),
    ("x^--2",          "-",       "no exponent",             ""),
    ("A = B",          "=",       "has no '='",              ":="),
    ("A == B",         "=",       "has no '='",              ":="),
    ("X := A",         "=",       "definition",              "declarations"),
    ("sum(x, i=1..n)", "=",       "range, first",            "sum(i=1..n"),
    ("sum(i=1, x)",    "1,",      "runs over a range",       "sum(i=1..n"),
    ("sum(i=1..n)",    "i=1..n",  "nothing is summed",       "sum(i=1..n"),
    ("sum(i=1.., x)",  "..",      "nothing on its right",    ""),
    ("1..n",           "..",      "range, first",            "sum(i=1..n"),
    ("A, B",           ",",       "outside brackets",        ""),
    ("A; B",           ";",       "outside brackets",        ""),
    ("(A; B)",         "( ;",     "rows of a block",         "[A, B; C, D]"),
    ("|a, b|",         "| ,",     "one expression",          ""),
    ("A[:i]",          "i",       "does not fit",            "']'"),
    ("{A}",            "{",       "no bracket",              "( )"),
    (r"\frac{A}{2}",   r"\frac",  "LaTeX",                   "syntax='latex'"),
    (r"\foo + x",      r"\foo",   "no Greek letter",         "syntax='latex'"),
    ("A & B",          "&",       "no meaning",              "syntax='latex'"),
    ("A^†",            "†",       "no meaning",              "A^H"),
    ("x.",             ".",       "no meaning",              ".*"),
    ("x + λ_",         "_",       "no meaning",              "x_1"),
    ("x_{i+1}",        "_{i+1}",  "subscript",               "x[i+1]"),
    ("2 3",            "2 3",     "side by side",            "2*3"),
    ("[1 2; 3 4]",     "1 2",     "side by side",            "commas"),
    ("2 x^2_F",        "_F",      "subscript",               ""),
    ("1e9999",         "1e9999",  "digits",                  ""),
    ("½ x",            "½",       "no meaning",              "1/2"),
    ("x ∈ y",          "∈",       "no meaning",              "declarations"),
]
# fmt: on


@pytest.mark.parametrize(("text", "tree"), PRECEDENCE)
def test_operations_bind_as_the_language_says(text: str, tree: str) -> None:
    assert show(read(text)) == tree


@pytest.mark.parametrize(("text", "tree"), READS)
def test_every_notation_is_read(text: str, tree: str) -> None:
    assert show(read(text)) == tree


@pytest.mark.parametrize("texts", SPELLINGS, ids=lambda texts: texts[0])
def test_other_spellings_give_the_same_tree(texts: tuple[str, ...]) -> None:
    assert {show(read(text)) for text in texts} == {show(read(texts[0]))}


@pytest.mark.parametrize(("text", "pointed", "message", "hint"), ERRORS, ids=[case[0] or "empty" for case in ERRORS])
def test_errors_point_at_the_place_and_say_what_to_try(text: str, pointed: str, message: str, hint: str) -> None:
    with pytest.raises(FormulaError) as caught:
        read(text)
    error = caught.value
    assert " ".join(text[low:high] for low, high in error.spans).replace(" ", "") == pointed.replace(" ", "")
    assert message in error.message
    assert hint in error.hint
    assert error.source == text
    assert (error.__cause__ is None and error.__suppress_context__) or error.__context__ is None


def test_numbers_are_exact() -> None:
    assert [part.value for part in parts(read("0.5 + 0.1 x + 3")) if isinstance(part, Number)] == [
        3,
        Fraction(1, 10),
        Fraction(1, 2),
    ]


@pytest.mark.parametrize("record", RECORDS, ids=[record["id"] for record in RECORDS])
def test_formulas_and_answers_of_the_collections_are_read(record: dict[str, str]) -> None:
    for text in filter(None, (record["expr"], record["answer"])):
        for part in parts(read(text)):
            low, high = part.span
            assert 0 <= low < high <= len(text) or part == Name(":")


def test_spans_are_the_characters_of_each_part() -> None:
    text = "2 (M ⊙ X) V + ‖x‖_2^2 - sum(i=1..n, a[i,:] / b c)"
    spanned = {text[part.span[0] : part.span[1]] for part in parts(read(text))}
    assert {"M ⊙ X", "(M ⊙ X)", "2 (M ⊙ X) V", "‖x‖_2", "‖x‖_2^2", "i=1..n", "a[i,:]", "a[i,:] / b", text} <= spanned


def test_results_use_the_spelling_that_was_typed_first() -> None:
    text = r"λ_u U + \lambda_u ŷ + θ_{old}"
    assert spellings(text) == {"lambda_u": "λ_u", "U": "U", "y_hat": "ŷ", "theta_old": "θ_{old}"}


def test_canonical_names_stay_as_they_are() -> None:
    for name in spellings("λ_u ŷ x₁ Σ θ_{old} ϵ 𝐗 W_{1,2} αβ"):
        assert list(spellings(name)) == [name]


def test_the_two_shapes_of_a_greek_letter_are_two_names() -> None:
    assert list(spellings("ε ϵ φ ϕ")) == ["epsilon", "varepsilon", "phi", "varphi"]


@pytest.mark.parametrize(
    "text",
    [
        "exp(" * 2000 + "x" + ")" * 2000,
        "(" * tokens.DEPTH + "x" + ")" * tokens.DEPTH,
        "x" + "'" * 20_000,
        "-" * 20_000 + "x",
        "*".join(["x"] * 20_000),
        " ".join(["x"] * 20_000),
        "x" + "^2" * 20_000,
    ],
    ids=["calls", "brackets", "primes", "signs", "products", "factors", "powers"],
)
def test_deep_and_long_formulas_are_read(text: str) -> None:
    assert read(text)[-1] == (0, len(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(" * (tokens.DEPTH + 1) + "x" + ")" * (tokens.DEPTH + 1), "nested more than"),
        ("x" * (tokens.LENGTH + 1), "at most"),
        ("9" * 2000, "digits"),
        ("x^" + "9" * 2000, "digits"),
        ("x" + "⁹" * 2000, "digits"),
    ],
    ids=["depth", "length", "digits", "exponent", "raised"],
)
def test_beyond_the_limits_there_is_one_clear_error(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        read(text)


def test_any_splice_of_formulas_gives_a_tree_or_a_formula_error() -> None:
    draw = random.Random(5)
    pool = [record["expr"] for record in RECORDS]
    noise = "()[]{}|‖'^*./+-:;,=<>_ \\ABxλŷ²ᵀ12e∈⊙∘⊗\n#\0"
    outcomes = {True: 0, False: 0}
    for _ in range(6000):
        left, right = draw.choice(pool), draw.choice(pool)
        text = left[: draw.randrange(len(left) + 1)] + "".join(draw.choices(noise, k=draw.randrange(3)))
        text += right[draw.randrange(len(right) + 1) :]
        try:
            read(text)
            outcomes[True] += 1
        except FormulaError as error:
            outcomes[False] += 1
            assert error.source == text and error.spans
            assert all(0 <= low <= high <= len(text) for low, high in error.spans)
            assert str(error)
    assert min(outcomes.values()) > 500


@pytest.mark.parametrize("name", grammars.STARTS)
def test_the_grammar_has_no_conflict(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger=lark.logger.name):
        grammars.lark(name, debug=True)
    assert "conflict" not in caplog.text.lower()


def test_lark_itself_reads_the_same_formulas() -> None:
    parser = grammars.lark("formula")
    plain = [record["expr"] for record in RECORDS if not set(record["expr"]) & set("|‖[")]
    assert len(plain) > 300
    for text in plain:
        parser.parse(text)
    for text in ("A +", "A : B : C", "f()", "x < y < z"):
        with pytest.raises(lark.exceptions.UnexpectedInput):
            parser.parse(text)


@pytest.mark.parametrize(("name", "verbs"), [("formula", VERBS), ("declaration", DECLARATION_VERBS)])
def test_every_node_of_the_grammar_has_its_verb_and_no_verb_is_idle(name: str, verbs: dict[str, object]) -> None:
    assert {rule.verb for rule in grammars.load(name).rules} - {""} == set(verbs)


@pytest.mark.parametrize("name", grammars.STARTS)
def test_a_token_is_part_of_nodes_everywhere_or_nowhere(name: str) -> None:
    symbols = [part for rule in grammars.lark(name).rules for part in rule.expansion if isinstance(part, Terminal)]
    kept = {symbol.name for symbol in symbols if not symbol.filter_out}
    assert kept == grammars.load(name).kept or name != "formula"
    assert not kept & {symbol.name for symbol in symbols if symbol.filter_out}


def test_no_function_is_named_in_the_grammar_of_formulas() -> None:
    text = (Path(grammars.grammar_folder()) / "formula.lark").read_text(encoding="utf-8")
    rules = "\n".join(line.partition("//")[0] for line in text.splitlines())
    literals = re.findall(r'"([^"]*)"', rules)
    assert len(literals) > 20
    assert not any(letter.isalpha() for literal in literals for letter in literal)


def _cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """An empty cache of tables."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("LOCALAPPDATA", str(folder))
    grammars.load.cache_clear()
    return folder / "matcalc"


def test_tables_are_stored_and_read_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = _cache(monkeypatch, tmp_path)
    compiled = grammars.load("formula")
    (file,) = folder.iterdir()
    grammars.load.cache_clear()
    monkeypatch.setattr(grammars, "compile_tables", lambda name: pytest.fail("compiled again"))
    assert grammars.load("formula") == compiled
    assert file.name.startswith("formula-")


@pytest.mark.parametrize("damage", ["", "00000000\n[]", "nonsense", "\x00\xff", "[1, 2]"])
def test_damaged_tables_are_compiled_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: str) -> None:
    folder = _cache(monkeypatch, tmp_path)
    grammars.load("formula")
    (file,) = folder.iterdir()
    good = file.read_bytes()
    for content in (damage.encode("latin-1"), good[:-100], good.replace(b"_INDEX", b"_INDEY")):
        file.write_bytes(content)
        grammars.load.cache_clear()
        grammars.load("formula")
        assert file.read_bytes() == good


def test_without_a_place_for_the_tables_they_are_compiled_each_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    _cache(monkeypatch, tmp_path / "file")
    assert grammars.load("formula").starts


def test_reading_loads_neither_lark_nor_numpy_nor_sympy_once_the_tables_are_stored() -> None:
    grammars.load("formula")
    code = "import sys, matcalc.read.formula as f; f.read('A B'); print({*sys.modules} & {'lark', 'numpy', 'sympy'})"
    paths = os.pathsep.join(filter(None, sys.path))
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert out.stdout.strip() == "set()"
