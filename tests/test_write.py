"""The writers: formulas as the textbook prints them, in three spellings, and the traps of each."""

from __future__ import annotations

import pytest
from trees import meaning

import matcalc
from matcalc.errors import FormulaError
from matcalc.read.formula import read
from matcalc.read.syntax import Add, Apply, Binary, Group, Juxtapose, Name, Number, Postfix, Power, Syntax
from matcalc.write.align import aligned, broken
from matcalc.write.latex import latex
from matcalc.write.plain import plain
from matcalc.write.unicode import letters, pretty

LATEX = {
    "inv": "#1^{-1}",
    "norm": r"\lVert #1 \rVert",
    "logdet": r"\log\det #1",
    "det": r"\det(#1)",
    "tr": r"\operatorname{tr}(#1)",
    "sqrt": r"\sqrt{#1}",
    "abs": r"\left|#1\right|",
    "expm": "e^{#1}",
    "ones": r"\mathbf{1}_{#1}",
    "eye": "I_{#1}",
}


def tex(tree: Syntax) -> str:
    return latex(tree, lambda call: LATEX.get(call.function, ""))


# What is typed, and how it is printed: plain (None: as typed), for a terminal, as LaTeX
# fmt: off
FORMULAS: list[tuple[str, str | None, str, str]] = [
    ("2 (W V + lambda_u U)", None, "2 (W V + λᵤ U)", r"2 (W V + \lambda_u U)"),
    ("2 (M ⊙ (U V' - Y)) V", "2 (M .* (U V' - Y)) V", "2 (M ⊙ (U Vᵀ - Y)) V", r"2 (M \odot (U V^{\top} - Y)) V"),
    ("2 (A : (B)) - ((C))", "2 (A : B) - C", "2 (A : B) - C", "2 (A : B) - C"),
    ("1/2 x' A x", None, "1/2 xᵀ A x", r"\tfrac{1}{2} x^{\top} A x"),
    ("0.5 * x", "1/2 * x", "1/2 * x", r"\tfrac{1}{2} x"),
    ("-1/2 x' A x", None, "-1/2 xᵀ A x", r"-\tfrac{1}{2} x^{\top} A x"),
    ("x - (1/2) y", "x - 1/2 y", "x - 1/2 y", r"x - \tfrac{1}{2} y"),
    ("M .* ((1/2) A B)", "M .* (1/2 A B)", "M ⊙ (1/2 A B)", r"M \odot \tfrac{1}{2} A B"),
    ("M .* (U V')", "M .* U V'", "M ⊙ U Vᵀ", r"M \odot U V^{\top}"),
    ("(M .* X) V", None, "(M ⊙ X) V", r"(M \odot X) V"),
    ("W : W + lambda_u (U : U)", None, "W : W + λᵤ (U : U)", r"W : W + \lambda_u (U : U)"),
    ("A .* -B ./ C", None, "A ⊙ -B ⊘ C", r"A \odot (-B) \oslash C"),
    ("A - (B - C)", None, "A - (B - C)", "A - (B - C)"),
    ("A + (-B)", None, "A + (-B)", "A + (-B)"),
    ("-(A + B)", None, "-(A + B)", "-(A + B)"),
    ("-(A .* B)", "-A .* B", "-A ⊙ B", r"-A \odot B"),
    ("(-A) B", None, "(-A) B", "-A B"),
    ("(A B) C", None, "(A B) C", "(A B) C"),
    ("a / (b c)", None, "a / (b c)", r"\frac{a}{b c}"),
    ("a/b/(c/d)", "a/b / (c/d)", "a/b / (c/d)", r"\frac{a/b}{c/d}"),
    ("x x' / (x' x)", None, "x xᵀ / (xᵀ x)", r"\frac{x x^{\top}}{x^{\top} x}"),
    ("1/exp(x) * y", None, "1 / exp(x) * y", r"\frac{1}{\exp(x)} y"),
    ("A^-1", None, "A⁻¹", "A^{-1}"),
    ("inv(A + B)", None, "(A + B)⁻¹", "(A + B)^{-1}"),
    ("(A^-1)'", "A^-1'", "A⁻ᵀ", r"A^{-\top}"),
    ("inv(A')", None, "A⁻ᵀ", r"A^{-\top}"),
    ("X^-T A^T Z^H A^+", None, "X⁻ᵀ Aᵀ Zᴴ A⁺", r"X^{-\top} A^{\top} Z^{H} A^{+}"),
    ("(A^k)'", "A^k'", "A^kᵀ", r"(A^k)^{\top}"),
    ("(A')^2", "A'^2", "(Aᵀ)²", r"(A^{\top})^2"),
    ("x.^2'", None, "x.^2ᵀ", r"(x^{\odot 2})^{\top}"),
    ("2.^x", "2.^x", "2.^x", r"2^{\odot x}"),
    ("A^(1/2)", None, "A^(1/2)", "A^{1/2}"),
    ("X^(k - 1)", None, "X^(k - 1)", "X^{k - 1}"),
    ("2^(x^2)", None, "2^(x^2)", "2^{x^2}"),
    ("A [1, 2; x, y]", None, "A [1, 2; x, y]", r"A \begin{bmatrix} 1 & 2 \\ x & y \end{bmatrix}"),
    ("A[i,:] x[i+1]^2", "A[i,:] x[i + 1]^2", "A[i,:] x[i + 1]²", r"A_{i,:} x_{i + 1}^2"),
    ("A[i, j] + (A B)[1,2]", "A[i,j] + (A B)[1,2]", "A[i,j] + (A B)[1,2]", "A_{ij} + (A B)_{12}"),
    ("A'[1,2]", None, "(Aᵀ)[1,2]", r"(A^{\top})_{12}"),
    ("x_1[2]", None, "x₁[2]", "(x_1)_{2}"),
    ("2 * 3", None, "2 * 3", r"2 \cdot 3"),
    ("2 (A)", "2 A", "2 A", "2 A"),
    ("norm(A x)^2", None, "‖A x‖²", r"\lVert A x \rVert^2"),
    ("||x||_1 |s|", None, "‖x‖_1 |s|", r"\lVert x \rVert_1 \lvert s \rvert"),
    ("||(x |s|)||", None, "‖x |s|‖", r"\lVert x \lvert s \rvert \rVert"),
    ("|(x' |y|)|", None, "|(xᵀ |y|)|", r"\lvert x^{\top} \lvert y \rvert \rvert"),
    ("kron(A, B C)", None, "A ⊗ B C", r"A \otimes B C"),
    ("tr(A/n)^2", None, "tr(A/n)²", r"\operatorname{tr}\left(\frac{A}{n}\right)^2"),
    ("logdet(A)", None, "logdet(A)", r"\log\det A"),
    ("2 logdet(A + B) - t", None, "2 logdet(A + B) - t", r"2 \log\det (A + B) - t"),
    ("(b - a) / 2", None, "(b - a) / 2", r"\frac{b - a}{2}"),
    ("(-a) / b * x", "-a/b * x", "-a/b * x", r"-\frac{a}{b} x"),
    ("(-a + b) / c", None, "(-a + b) / c", r"\frac{-a + b}{c}"),
    ("exp(-s/2) / n", None, "exp(-s/2) / n", r"\frac{\exp(-s/2)}{n}"),
    ("expm(A / 2)", "expm(A/2)", "expm(A/2)", "e^{A/2}"),
    ("A ⊗ B * C", "kron(A, B) * C", "A ⊗ B * C", r"(A \otimes B) C"),
    ("logdet(A) * B", None, "logdet(A) * B", r"(\log\det A) B"),
    ("sqrt(x/y)", None, "sqrt(x/y)", r"\sqrt{\frac{x}{y}}"),
    ("abs(x/y)", None, "abs(x/y)", r"\left\lvert \frac{x}{y} \right\rvert"),
    ("softmax(x, 2)", None, "softmax(x, 2)", r"\operatorname{softmax}(x, 2)"),
    ("ones(n)' expm(A)", None, "ones(n)ᵀ expm(A)", r"\mathbf{1}_{n}^{\top} e^{A}"),
    ("sum(i=1..n, x[i]^2)", None, "sum(i=1..n, x[i]²)", r"\sum_{i=1}^{n} x_{i}^2"),
    ("sum(i=1..n - 1, a + b) c", None, "sum(i=1..n - 1, a + b) c", r"\left(\sum_{i=1}^{n - 1} (a + b)\right) c"),
    ("(x > 0) .* y", None, "(x > 0) ⊙ y", r"(x > 0) \odot y"),
    ("x >= c + 1", None, "x ≥ c + 1", r"x \ge c + 1"),
    ("dU V' + U dV'", None, "dU Vᵀ + U dVᵀ", r"\mathrm{d}U\,V^{\top} + U\,\mathrm{d}V^{\top}"),
    ("(dX)^2 + dX^2", None, "(dX)² + dX²", r"(\mathrm{d}X)^2 + \mathrm{d}X^2"),
    ("y_hat' loss mu_old", None, "ŷᵀ loss μ_old", r"\hat{y}^{\top}\,\mathrm{loss}\,\mu_{\mathrm{old}}"),
    ("Σ_1 θ_{old} x₁", "Sigma_1 theta_old x_1", "Σ₁ θ_old x₁", r"\Sigma_1 \theta_{\mathrm{old}} x_1"),
    ("loss * (x + b)", None, "loss * (x + b)", r"\mathrm{loss}\,(x + b)"),
]
# fmt: on


@pytest.mark.parametrize(("typed", "printed", "terminal", "set_"), FORMULAS, ids=[row[0] for row in FORMULAS])
def test_a_formula_is_printed_as_the_textbook_prints_it(
    typed: str, printed: str | None, terminal: str, set_: str
) -> None:
    tree = read(typed)
    spaced = typed.replace("1/exp", "1 / exp")
    assert (plain(tree), pretty(tree), tex(tree)) == (printed or spaced, terminal, set_)
    assert meaning(read(plain(tree))) == meaning(tree)
    assert meaning(read(pretty(tree))) == meaning(tree)


@pytest.mark.parametrize(
    ("printed", "without"),
    [
        ("(M .* X) V", "M .* X V"),
        ("A - (B - C)", "A - B - C"),
        ("a / (b c)", "a / b c"),
        ("M .* (1/2 A B)", "M .* 1/2 A B"),
        ("2 (A : B)", "2 A : B"),
        ("x^(1/2)", "x^1/2"),
        ("A [1, 2]", "A[1, 2]"),
        ("|(x |y|)|", "|x |y||"),
        ("(-A) B", "-A B"),
        ("(A B)'", "A B'"),
    ],
)
def test_a_bracket_that_is_printed_is_needed(printed: str, without: str) -> None:
    assert plain(read(printed)) == printed
    try:
        assert meaning(read(without)) != meaning(read(printed))
    except FormulaError:
        return  # not even a formula


def test_a_name_of_a_function_is_not_printed_before_a_bracket_as_a_factor() -> None:
    product = Juxtapose((Number(2), Name("K"), Add((1, 1), (Name("x"), Name("b")))))
    assert plain(product) == "2 K (x + b)"
    assert plain(product, calls={"K"}.__contains__) == "2 K * (x + b)"
    assert plain(Binary(".*", Name("M"), product), calls={"K"}.__contains__) == "M .* (2 K * (x + b))"
    quotient = Juxtapose((Binary("/", Number(1), Name("K")), Add((1, 1), (Name("x"), Name("b")))))
    assert plain(quotient, calls={"K"}.__contains__) == "1/K * (x + b)"


def test_what_is_typed_as_a_call_stays_one() -> None:
    assert plain(read("K(x + b)")) == "K (x + b)"
    assert plain(read("K(x + b)'"), calls={"K"}.__contains__) == "K(x + b)'"
    assert plain(read("e(1, n)")) == "e(1, n)"
    assert plain(read("f''(x)"), calls={"f"}.__contains__) == "f''(x)"
    assert plain(read("f'(x)"), calls=lambda name: False) == "f' x"
    assert latex(read("f'(W x)^2"), calls={"f"}.__contains__) == "f'(W x)^2"


def test_names_are_printed_as_the_user_spells_them() -> None:
    tree = read(r"λ_u U + \Sigma")
    assert plain(tree) == "lambda_u U + Sigma"
    assert plain(tree, {"lambda_u": "λ_u"}) == "λ_u U + Sigma"
    assert latex(tree, names={"U": r"\mathbf{U}"}) == r"\lambda_u \mathbf{U} + \Sigma"


def test_a_power_of_the_scalar_T_is_no_transpose() -> None:
    power = Power(Name("s"), Name("T"))
    assert plain(power) == "s^((T))"
    assert meaning(read(plain(power))) == meaning(power)


@pytest.mark.parametrize(
    "name", ["x_j", "x_alpha", "Alpha", "omicron", "W_1_2", "y_hat_2", "mu_hat", "x_hat_hat", "ell", "A_ij"]
)
def test_letters_for_a_terminal_read_as_the_name(name: str) -> None:
    assert read(letters(name)) == Name(name, (0, len(letters(name))))


def test_a_coloured_subtree_is_told_by_identity() -> None:
    first, second = Name("X"), Name("X")
    tree = Juxtapose((Postfix("'", first), Add((1, -1), (second, Name("Y")))))
    assert latex(tree, colours={id(second): "red"}) == r"X^{\top} (\textcolor{red}{X} - Y)"
    assert latex(tree, colours={id(tree.factors[1]): "red"}) == r"X^{\top} (\textcolor{red}{X - Y})"


def test_depth_is_no_limit() -> None:
    calls: Syntax = Name("x")
    for _ in range(2_000):
        calls = Apply("tanh", (calls,))
    brackets: Syntax = Name("x")
    for _ in range(10_000):
        brackets = Group((brackets,))
    for write in (plain, pretty, tex):
        assert write(calls).count("tanh") == 2_000
        assert write(brackets) == "x"


def test_a_derivation_has_its_reasons_beside_it() -> None:
    lines = [("E", "X : X", ""), (r"\mathrm{d}E", r"2 X : \mathrm{d}X", r"\text{square}"), ("", "0", "")]
    assert aligned(lines).splitlines() == [
        r"\begin{aligned}",
        r"E &= X : X \\",
        r"\mathrm{d}E &= 2 X : \mathrm{d}X &&\quad \text{square} \\",
        r"&= 0",
        r"\end{aligned}",
    ]


def test_a_long_line_is_broken_between_its_outermost_terms() -> None:
    assert broken(r"\frac{a + b}{c} + (d - e) - \left(f + g\right) + h", 12) == [
        r"\frac{a + b}{c}",
        "+ (d - e)",
        r"- \left(f + g\right) + h",
    ]
    assert broken(r"2 (a + b + c + d + e)", 3) == [r"2 (a + b + c + d + e)"]
    assert aligned([("y", "aaaa + bbbb", "r")], 5).splitlines()[1:-1] == [r"y &= aaaa &&\quad r \\", r"&\quad + bbbb"]


@pytest.mark.parametrize(
    ("text", "wrt", "declare", "name"),
    [
        ("logdet(X) + tr(inv X)", "X", "inv : scalar", "inv"),
        ("sum(softplus(x)) + sigmoid' x", "x", "sigmoid : vector(n)", "sigmoid"),
        ("sum(x) ones", "x", "ones := 3 t", "ones"),
        ("sum(softplus(x)) + sigmoid' x", "x[2]", "sigmoid : vector(n)", "sigmoid"),
    ],
)
def test_a_result_whose_function_has_the_name_of_a_variable_is_refused(
    text: str, wrt: str, declare: str, name: str
) -> None:
    with pytest.raises(matcalc.FormulaError, match=f"the result needs the function {name}"):
        matcalc.derive(text, wrt, [declare])


def test_a_variable_may_have_the_name_of_a_function_that_the_result_has_not() -> None:
    assert str(matcalc.derive("norm(sigmoid x)^2", "x", ["sigmoid : matrix(m, n)"]).value) == "2 sigmoid' sigmoid x"
