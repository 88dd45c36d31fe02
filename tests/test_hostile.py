"""Hostile input: a short run of what ``python -m tests.hostile`` runs long, what it has found, and that no text is ever run."""

from __future__ import annotations

import ast
import copy
import pickle
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import hostile
import pytest
from hostile_surfaces import SURFACES
from hostile_texts import KINDS

import matcalc
from matcalc.algebra import add, call, symbol
from matcalc.cli.session import Session
from matcalc.cli.terminal import Look
from matcalc.errors import CallError, FormulaError, MatcalcError, NoRuleError
from matcalc.expr import HEAVY, Expr
from matcalc.www.answers import answer

PACKAGE = Path(matcalc.__file__).parent


def test_eighty_hostile_inputs_end_in_a_result_or_one_clear_error() -> None:
    found = list(hostile.outcomes(2026, 0, 80))
    assert [one for one in found if one.fault] == []
    assert {one.said.partition(":")[0] for one in found} >= {"right", "refused"}


def test_an_input_of_a_seed_is_always_the_same_and_all_doors_and_kinds_are_tried() -> None:
    first = [hostile.asked(5, k)[0] for k in range(300)]
    assert first == [hostile.asked(5, k)[0] for k in range(300)]
    assert {given.surface for given in first} == set(SURFACES)
    assert {given.kind for given in first} == set(KINDS)


def test_a_fault_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise KeyError("x")

    monkeypatch.setattr(hostile, "SURFACES", {name: s._replace(give=broken) for name, s in SURFACES.items()})
    assert hostile.outcome(1, 1).fault == "KeyError"


# --- what it found ----------------------------------------------------------------------------------------------------

REFUSED = {  # formula, its variable, words of the error
    "a letter that a terminal obeys": ("x + \x1b[2J", "x", "'U+001B' has no meaning here"),
    "a name that begins with a digit": ("tr(K ⑨H)", "K", "'⑨H' is no name: it begins with a digit"),
    "a number of 200 digits is not repeated": ("commutation(1" + "0" * 200 + ", 2) x", "x", "takes a size here"),
    "a size larger than any array": ("eye(9223372036854775808) x", "x", "a size is a number up to 10^18"),
    "a size of too many factors": ("A" + " ⊗ A" * 40, "A", "more than 32 terms or factors"),
    "a size that nothing determines": ("norm(X)^2 + sum(vector(c))", "c", "the size of vector(c) is not determined"),
    "a product of ten thousand": ("A " * 10_000, "A", "at most 400 are multiplied out"),
    "products in products": ("A (" * 1100 + "x" + ")" * 1100, "x", "more than 700 factors"),
    "quotients in quotients": ("1/(1 + " * 2000 + "s" + ")" * 2000, "s", "quotients are nested more than 80 deep"),
    "powers of sums in powers of sums": ("(" * 40 + "s" + " + t)^2" * 40, "s", "nested more than 30 deep"),
    "powers of powers": ("s" + "^s" * 500, "s", "more than 200 powers stand in one another"),
    "a power of a power of a power": ("A^10^10^10", "A", "a product of more than 700 factors is too long"),
    "functions in functions": ("exp(" * 9000 + "x" + ")" * 9000, "x", "functions are nested more than 2100 deep"),
    "norms in norms": ("norm(" * 500 + "x" + " + x)" * 500, "x", "norms (or others like them) are nested too deep"),
    "a number whose root is raised": ("10^9^0.1^9223372036854775807", "x", "is too large to be kept exactly"),
    "an exponent without end": ("s" + "^2" * 9999, "s", "an exponent has more than 1000 digits"),
}


def test_what_is_too_long_to_be_printed_is_derived_and_says_so() -> None:
    result = matcalc.derive("max(" * 200 + "x" + ", s)" * 200, "x")
    assert result.conditions[-1] == "101 more conditions hold, on larger parts"
    long = matcalc.derive("sin(" * 800 + "x" + ")" * 800, "x")
    with pytest.raises(FormulaError, match="more than 200,000 symbols\n  name parts of it"):
        str(long)


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_too_large_is_refused_at_once_in_few_words(what: str) -> None:
    text, wrt, words = REFUSED[what]
    start = time.process_time()
    with pytest.raises(MatcalcError) as caught:
        matcalc.derive(text, wrt)
    said = str(caught.value)
    assert words in said
    assert max(map(len, said.split("\n"))) <= 130
    assert said.replace("\n", "").isprintable()
    assert time.process_time() - start < 6


@pytest.mark.parametrize(
    ("text", "syntax", "order"),
    [
        ("norm(" * 50 + "x" + " + x)" * 50, "plain", 1),
        (r"\log\det " * 350 + "A", "latex", 2),
        ("norm(" * 40 + "x" + " + x)" * 40, "plain", 2),
    ],
)
def test_a_derivative_that_can_never_be_printed_is_said_to_be_one_at_once(text: str, syntax: str, order: int) -> None:
    start = time.process_time()
    with pytest.raises(FormulaError, match=r"200,000 symbols|is not differentiated again") as caught:
        str(matcalc.derive(text, "x" if "x" in text else "A", syntax=syntax, order=order))
    assert caught.value.hint == "name parts of it: X := …"
    assert time.process_time() - start < 4


def test_values_for_what_takes_long_are_looked_for_a_few_times() -> None:
    start = time.process_time()
    result = matcalc.derive("(tr(C inv(X' B X))) (tr(L' L logm(L' L)))", "L", ["X : matrix(m, n)"], order=2)
    assert not any(step.verified for step in result.steps)
    assert time.process_time() - start < 6


def test_no_code_is_tried_on_arrays_of_a_billion_entries() -> None:
    with pytest.raises(CallError, match=r"unvec of an array of more than 1,000,000 entries has no code"):
        matcalc.derive("unvec(x, 3, 10^9)", "x").function("numpy", "value")


@pytest.mark.parametrize("text", ["unvec(x, a b c d e g h k l p q r s t)", "q w e r t y u o p a s d"])
def test_names_that_nobody_declared_are_read_in_few_ways(text: str) -> None:
    start = time.process_time()
    matcalc.check(f"check {text} = {text[::-1]} + {text}")
    assert time.process_time() - start < 4


def test_hundreds_of_maxima_are_derived_in_time() -> None:
    start = time.process_time()
    value = matcalc.derive("max(" * 500 + "x" + ", s)" * 500, "x").value
    assert value.node.weight > 200_000
    assert time.process_time() - start < 4


def test_heavier_expressions_come_later_also_where_their_trees_are_beyond_counting() -> None:
    node: Expr = symbol("s", (1, 1))
    tower = [node := add([call("sin", (node,), (1, 1)), call("cos", (node,), (1, 1))]) for _ in range(80)]
    assert tower[-1].weight > HEAVY
    assert sorted({*tower}) == tower


@pytest.mark.parametrize(("text", "verified"), [("sum(i=1..10^2, A^i)", False), ("sum(i=1..12, A^i)", True)])
def test_steps_of_long_sums_are_verified_as_far_as_their_terms_can_be_counted(text: str, verified: bool) -> None:
    start = time.process_time()
    assert all(step.verified is verified for step in matcalc.derive(text, "A").steps)
    assert time.process_time() - start < 4


@pytest.mark.parametrize("letter", ["y፺", "y⓬", "a②"])
def test_a_letter_that_python_has_not_is_another_in_emitted_code(letter: str) -> None:
    f = matcalc.derive("norm(X w - yy)^2".replace("yy", letter), "w").function()
    assert f(*([[1.0, 0.0], [0.0, 1.0]], [1.0, 2.0], [0.0, 1.0])).tolist() == [2.0, 2.0]


def test_a_definition_that_is_written_out_has_no_differential() -> None:
    with pytest.raises(FormulaError, match="written out where it is met"):
        matcalc.parse("dk", declare=["k := p", "p : size", "k_i : vector(d), i = 1..p"])


@pytest.mark.parametrize(
    "text", ["sum(exp(x + zeros(1000000000)))", "sum(i=64..1000000001, x[i] s^2)", "sum(exp(kron(eye(99999), x x')))"]
)
def test_no_numbers_are_drawn_for_arrays_of_a_billion_entries(text: str) -> None:
    steps = matcalc.derive(text, "x").steps
    assert not any(step.verified for step in steps)


def test_carets_stand_below_wide_letters() -> None:
    error = FormulaError("'?' has no meaning here", "数数 ? x", [(3, 4)])
    assert str(error).split("\n")[1:] == ["  数数 ? x", "       ^"]


@pytest.mark.parametrize(
    "letter", ["\u0959a", "ガ", "W_\u1b0e", "x⑴", "ç", "c\u0327", "ϕ", "s\u0323\u0307", "Ǆ", "xǅ", "ǆ"]
)
def test_a_letter_with_a_mark_of_its_own_is_read_again_as_it_is_printed(letter: str) -> None:
    found = matcalc.derive(f"tr({letter} A {letter}')", "A")
    declared = [str(declaration) for declaration in found.declarations]
    assert matcalc.parse(str(found.value), declare=declared).node is found.value.node


@pytest.mark.parametrize("sign", "₊₋₌₍₎")
@pytest.mark.parametrize("text", ["x' x{}", r"\mathbf{{x{}}}", "ŷ{}"])
def test_a_lowered_sign_is_no_part_of_a_name(text: str, sign: str) -> None:
    with pytest.raises(FormulaError, match=f"'{sign}' has no meaning here"):
        matcalc.parse(text.format(sign), syntax="plain" if "'" in text else "latex")


@pytest.mark.parametrize("letter", ["\x1a", "\x80", "\xa0", "\U00051105"])
def test_a_session_shows_no_letter_that_a_terminal_obeys(letter: str) -> None:
    session = Session(Look(pretty=False, colour=False, width=80))
    told: list[str] = []
    for line in ("x' x + y", f"check dE/dx = x {letter} y", f"x{letter} y", "names"):
        with suppress(MatcalcError):
            told += session.answer(line)
    assert told
    assert all(line.isprintable() for line in told)


@pytest.mark.parametrize(
    ("document", "syntax"),
    [
        ("x : scalar\nx_i : vector(d), i = 1..N\nF := f(x)\nderive dF/dx", "plain"),
        (
            "$sum(softmax(B) .* c)$ % matcalc: B : vector(3)\n\\[ f = sum(softmax(D) .* c), \\nabla_D f = c \\]",
            "markdown",
        ),
        (r"Let $$f = \|A\|_1^{\text{off}} = \sum_{i\ne j}|a_{ij}| \\ \frac{\partial f}{\partial A} = f(X)$$", "latex"),
    ],
)
def test_a_document_with_a_fault_is_reported(document: str, syntax: str) -> None:
    report = matcalc.check(document, syntax)
    assert isinstance(report.latex(), str)
    assert report.status in (0, 1, 2)


def test_a_differential_may_be_what_a_formula_is_differentiated_by_but_not_its_variable() -> None:
    assert str(matcalc.derive("s ds", "ds", ["s : scalar"]).value) == "s"
    assert matcalc.derive("s ds", "ds", ["s : scalar"]).riemannian == ()
    with pytest.raises(CallError, match="is the differential of u"):
        matcalc.derive("-log(d(u' (v - w)))", "u", ["u, v, w : vector(n)"])
    with pytest.raises(CallError, match="nothing to differentiate by"):
        matcalc.derive("10^9", ())


def test_an_order_has_an_end() -> None:
    with pytest.raises(CallError, match="up to 20"):
        matcalc.derive("x' x", "x", order=10**9)


def test_a_formula_that_holds_the_differential_of_a_variable_is_not_derived_by_it() -> None:
    with pytest.raises(CallError, match=r"dX is the differential of X in this formula[^|]*dX : matrix\(m, n\)"):
        matcalc.derive("norm(X - dX)^2", "X", ["X : matrix(m, n)"])
    declared = matcalc.derive("norm(X - dX)^2", "X", ["X : matrix(m, n)", "dX : matrix(m, n)"])
    assert str(declared.value) == "2 (X - dX)"


def test_many_kronecker_factors_are_derived_in_no_time() -> None:
    start = time.process_time()
    value = matcalc.derive("A" + " ⊗ A" * 20, "A").value
    assert len(str(value)) > 1000
    assert time.process_time() - start < 3


def test_an_unknown_question_to_the_server_is_refused() -> None:
    told = answer("nothing", {})["error"]
    assert isinstance(told, dict)
    assert told["kind"] == "call"
    assert told["message"].startswith("there is no 'nothing' to ask for; there is read, derive")


@pytest.mark.parametrize("syntax", ["plain", "latex", "markdown"])
def test_a_document_that_is_too_long_is_a_problem_of_its_report(syntax: str) -> None:
    report = matcalc.check("$x$ " * 300_000, syntax)
    assert [problem.hint for problem in report.problems] == ["split it"]
    assert report.status == 2


def test_a_sum_without_an_end_beside_unknown_names_is_read() -> None:
    text = r"$$f = \|A\|_1^{\text{off}} = \sum_{i\ne j}|a_{ij}|$$"
    assert matcalc.check(text, "markdown").status in (0, 1, 2)


def test_a_derivative_along_zero_is_zero() -> None:
    assert str(matcalc.parse("expm_frechet(A, X, zeros(n, n))", declare=["A, X : matrix(n, n)"])) == "zeros(n, n)"
    J = matcalc.derive("expm_frechet(A, X)", "X", ["A, X : matrix(n, n)"]).value
    assert str(J) == "expm_jacobian(A)"


# --- what only SymPy knows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["LambertW", "elliptic_k", "elliptic_e"])
def test_what_only_sympy_knows_is_emitted_with_its_import_and_verified(function: str) -> None:
    result = matcalc.derive(f"sum({function}(x))", "x")
    assert all(step.verified for step in result.steps)
    assert "import sympy\n" in result.code("numpy")
    step = 1e-6
    value = result.function("numpy", "value")
    slope = (value(x=[0.4 + step]) - value(x=[0.4 - step])) / (2 * step)
    assert abs(result.function("numpy")(x=[0.4])[0] - slope) < 1e-5


def test_a_variable_may_have_the_name_of_a_library() -> None:
    for name in ("np", "sympy", "scipy", "jnp", "torch"):
        result = matcalc.derive(f"sum(LambertW({name}))", name)
        assert abs(result.function("numpy")(**{name: [0.5]})[0] - 0.5204186) < 1e-6
    with pytest.raises(NoRuleError, match="no spelling for jax"):
        matcalc.derive("sum(LambertW(x))", "x").code("jax")


# --- no text is run -----------------------------------------------------------------------------------------------------

RUNS = frozenset(
    {
        "eval",
        "exec",
        "compile",
        "sympify",
        "parse_expr",
        "lambdify",
        "parse_latex",
        "system",
        "popen",
        "loads",
        "__import__",
        "literal_eval",
        "safe_load",
        "runpy",
        "Popen",
    }
)
ALLOWED = {  # where something is run, and what
    ("verify/calls.py", "compile"): "the code of a record",
    ("verify/calls.py", "eval"): "the code of a record",
    ("write/code/function.py", "compile"): "what the package has written itself",
    ("write/code/function.py", "exec"): "what the package has written itself",
    ("write/sympy_explicit.py", "sympify"): "a number or an expression of SymPy, never a text",
}


def test_nothing_in_the_package_runs_a_text_but_that_of_records_and_its_own() -> None:
    assert {
        (file, name) for file, name in _runs() if name != "loads" or file not in ("www/app.py", "www/pool.py")
    } == set(ALLOWED)


def _runs() -> Iterator[tuple[str, str]]:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            by = node.func
            if isinstance(by, ast.Attribute) and isinstance(by.value, ast.Name) and by.value.id in ("re", "json"):
                continue
            name = by.attr if isinstance(by, ast.Attribute) else by.id if isinstance(by, ast.Name) else ""
            if name in RUNS:
                yield path.relative_to(PACKAGE).as_posix(), name


def test_what_looks_like_python_is_read_as_mathematics() -> None:
    for text in ("__import__('os').system('true')", "().__class__", "lambda: 0", "print(1)", "x.__class__"):
        with pytest.raises(MatcalcError):
            matcalc.derive(text, "x")


# --- copies -------------------------------------------------------------------------------------------------------------


def test_results_are_pickled_and_copied_and_their_expressions_are_the_same_again() -> None:
    declared = ["X : matrix(m, n)", "r := X w - y"]
    result = matcalc.derive("norm(r)^2 + sum(exp(w))", "w", declared)
    for again in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result), copy.copy(result)):
        assert again.value.node is result.value.node
        assert again.value.expanded() == result.value.expanded()
        assert again.latex(steps=True) == result.latex(steps=True)
    report = matcalc.check("E := x' x\ncheck dE/dx = x")
    assert str(pickle.loads(pickle.dumps(report))) == str(report)


def test_an_expression_of_any_depth_is_pickled() -> None:
    deep = matcalc.parse("sin(" * 1500 + "x" + ")" * 1500)
    assert pickle.loads(pickle.dumps(deep)).node is deep.node
    complex_ones = matcalc.derive("norm(Z)^2", "Z", ["Z : complex matrix(m, n)"]).value
    assert pickle.loads(pickle.dumps(complex_ones)) == complex_ones


@pytest.mark.parametrize("text", ["‖" * 1000 + "s" + " : A‖" * 1000, "sum(" + "tanh(A " * 150 + "x" + ")" * 151])
def test_a_derivation_that_nobody_would_read_is_refused(text: str) -> None:
    result = matcalc.derive(text, "s" if "s :" in text else "x")
    with pytest.raises(FormulaError, match="this derivation has more than 200,000 symbols, or 500 lines"):
        result.latex(steps=True)


def test_a_size_that_is_inferred_is_one_that_could_be_declared() -> None:
    with pytest.raises(FormulaError, match="this size is larger than any array"):
        matcalc.derive("duplication(1000000000000) x", "x")
