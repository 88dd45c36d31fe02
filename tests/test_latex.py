"""LaTeX gives the same expressions as plain spelling: habits of real papers, the collections, and what the writer prints."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from collection import records

import matcalc
from matcalc.errors import FormulaError
from matcalc.expr import Expr
from matcalc.read import formula, syntax
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.latex.macros import Macros, expand
from matcalc.read.latex.statements import read_formula
from matcalc.read.trees import rewritten
from matcalc.rules import functions
from matcalc.steps.understand import function_names, understand

# As people wrote them, with their meaning. Where the letters have to be told apart, the last item declares them.
# fmt: off
SNIPPETS: list[tuple[str, str, list[str]]] = [
    (r"||\mathbf{Y} – \mathbf{U} \mathbf{V}^\intercal ||^2_F", "norm(Y - U V')^2", []),
    (r"\mathbf{M}\odot(\mathbf{Y} – \mathbf{U} \mathbf{V}^\intercal)", "M ⊙ (Y - U V')", []),
    (r"{\cal E} &= W:W + \lambda_uU:U", "W : W + lambda_u U : U", []),
    (r"2W:(dU\,V^T+U\,dV^T)", "2 W : (dU V' + U dV')", ["U : matrix(m, k)", "V : matrix(n, k)"]),
    (r"2U^TW:dV^T", "2 U' W : dV'", ["U : matrix(m, k)", "V : matrix(n, k)"]),
    (r"\def\p{\partial}\frac{\p{\cal E}}{\p U} = 2(M\odot X)V", "2 (M ⊙ X) V", []),
    (r"(\vec{a}*W) \circ (\vec{b}*W)", "(a W) ∘ (b W)", ["a, b : row(m)"]),
    (r"Tr((A\odot(B^{T}XB))C)", "tr((A ⊙ (B' X B)) C)", []),
    (r"Tr\,[AX'(X \oslash B)]", "tr(A X' (X ./ B))", []),
    (r"\text{Tr}\left((\mathbf{X}\circledast\mathbf{A})^T\mathbf{B}(\mathbf{X}\circledast\mathbf{A})\right)",
     "tr((X ⊙ A)' B (X ⊙ A))", []),
    (r"Y = (W^TX)oC", "(W' X) ⊙ C", []),
    (r"\mathrm{trace}(A'(X\circ X-1))", "tr(A' (X ∘ X - ones(m,n)))", ["X : matrix(m, n)"]),
    (r"\lambda\Vert W \bigodot B \Vert_1", "lambda norm1(W ⊙ B)", []),
    (r"\mathbf{1}^T \left( (A*X) \circ (B*X) \right)", "ones(n)' ((A X) ∘ (B X))", ["A, B : matrix(n, n)", "X : vector(n)"]),
    (r"||xx^{T} \circ Y||_{F}^{2}", "norm(x x' ∘ Y)^2", []),
    (r"\vert\vert Y - XBX^{\top} \vert\vert_F^2", "norm(Y - X B X')^2", []),
    (r"\Vert \mathbf{Y} – \mathbf{AX}\Vert _F^2", "norm(Y - A X)^2", []),
    (r"\mbox{tr}\left\{ X^T A X^{-1} B\right\}", "tr(X' A inv(X) B)", []),
    (r"\textrm{Tr } ABA^{T}C", "tr(A B A' C)", []),
    (r"\ln(|X|)", "log(det(X))", []),
    (r"\log \mathrm{det}\, X^{-1}", "log(det(inv(X)))", []),
    (r"\log\vert \mathbf{I} + \mathbf{A}\mathbf{S} \vert", "log(det(I + A S))", []),
    (r"\log \left( \det \left( \dfrac {3}{10}I+xx^{T}\right) \right)", "log(det(3/10 * I + x x'))", []),
    (r"\text{diag}(x)M^T\text{diag}^{-1}(Mx)", "Diag(x) M' inv(Diag(M x))", ["x : vector(n)", "M : matrix(n, n)"]),
    (r"x'(A+tB)^{-1}x", "x' inv(A + t B) x", ["t : scalar"]),
    (r"f(a)=y^T(aI+B)^{-1}y", "y' inv(a I + B) y", ["a : scalar"]),
    (r"A(I_{d}\otimes X)B", "A kron(eye(d), X) B", []),
    (r"\pmb{\delta} \otimes \pmb{\delta}", "delta ⊗ delta", ["delta : vector(n)"]),
    (r"\theta\theta^T\otimes I_{n*n}", "theta theta' ⊗ eye(n)", []),
    (r"x_2^\intercal (\mathbf{I}_T\otimes \mathbf{Q})^{-1}x_2", "x_2' inv(kron(eye(T), Q)) x_2", []),
    (r"{1\over \sqrt{(2\pi)^k |\Sigma |}} e^{-0.5 (x-\mu)^T \Sigma^{-1} (x-\mu)}",
     "1 / sqrt((2 pi)^k det(Sigma)) * exp(-0.5 * (x - mu)' inv(Sigma) (x - mu))", ["k : scalar"]),
    (r"\frac12 \| X \beta - Y \|^2 + \frac{\lambda}{2} \| \beta \|^2", "1/2 * norm(X beta - Y)^2 + lambda/2 * norm(beta)^2", []),
    (r"\frac \alpha2 ||x||_2^2", "alpha/2 * norm(x)^2", ["x : vector(n)"]),
    (r"L(M,m) = ||M||_F^2 + m^T*(M*z - g)", "norm(M)^2 + m' * (M * z - g)", []),
    (r"Z=X@W^T", "X W'", []),
    (r"Y*(1-Y)@W", "(Y ⊙ (1 - Y)) W", ["Y : matrix(m, n)", "W : matrix(n, n)"]),
    (r"\hat y = \sigma(HW_{out})", "sigmoid(H W_out)", []),
    (r"\frac{1}{1 + \exp(-\mathbf{X})}", "1 ./ (1 + exp(-X))", ["X : matrix(m, n)"]),
    (r"\frac{<Ax,x>}{|x|_2}", "inner(A x, x) / norm(x)", []),
    (r"\frac{|\mathbf{d}_i^T\mathbf{d}_j|}{\|\mathbf{d}_i\|_2\|\mathbf{d}_j\|_2}", "abs(d_i' d_j) / (norm(d_i) norm(d_j))", []),
    (r"f(x)=(xx^T)^{-\frac{1}{2}}x", "(x x')^(-1/2) x", ["x : row(n)"]),
    (r"\sum_{i\ne j}|a_{ij}|", "sum(abs(A)) - sum(abs(diag(A)))", ["A : matrix(n, n)"]),
    (r"f(w)=\mathrm{tr}(ww'A) + x^{\prime}ww'x", "tr(w w' A) + x' w w' x", []),
    (r"\mathbf{w}^T \mathbf{X}^{\text{(train)}T} \mathbf{X}^{\text{(train)}}\mathbf{w}", "w' X_train' X_train w", []),
    (r"(a^T x)\cdot (b^T x)", "(a' x) * (b' x)", []),
    (r"dX:AX^{-1}B + X:A\,dX^{-1}B", "dX : A inv(X) B + X : A d(inv(X)) B", ["X, A, B : matrix(n, n)"]),
    (r"2M:C\circ d(B^TA)", "2 M : C ∘ d(B' A)", ["A : matrix(n, m)", "B : matrix(n, p)"]),
    (r"2(I\odot M):A\,d(xx^T)\,A^T", "2 (I ⊙ M) : A d(x x') A'", ["A : matrix(n, n)", "x : vector(n)"]),
    (r"\def\LR#1{\left(#1\right)}\def\c#1{\color{red}{#1}}&= S^{-1}y:\c{\LR{ss^T-S}dz}",
     "inv(S) y : (s s' - S) dz", ["z : vector(n)"]),
    (r"\frac{\delta}{\delta X} {\rm Tr}(XA)", "tr(X A)", []),
]
HABITS: list[tuple[str, str, list[str]]] = [
    # transposes, inverses, powers
    (r"X^t Y^{ \mathsf{T}}Z^{\mathrm T}", "X' Y' Z'", []), (r"{X^{-1}}^T X^{-\top} X^{-2T}", "X^-T X^-T (X^-2)'", []),
    (r"A^{\odot 2} + B^{\circ -1} + C^{\odot-1/2}", "A.^2 + B.^(-1) + C.^(-1/2)", []), ("X² Aᵀ B⁻¹", "X^2 A' inv(B)", []),
    (r"\log^2(x) + \operatorname{tr}^2 A", "log(x)^2 + tr(A)^2", ["x : scalar"]), (r"W^T_1 x'_2", "W_1' x_2'", []),
    (r"A^{+} + \sqrt[3]{s} B", "pinv(A) + s^(1/3) B", ["s : scalar", "A : matrix(m, n)"]),
    # names
    (r"\boldsymbol{\hat\beta}_{\text{old}} + \hat{\boldsymbol{\beta}}_\mathrm{old}", "2 beta_hat_old", ["beta_hat_old : vector(n)"]),
    (r"\lambda_{max} \, \tilde{\mathbf x}_{1,2}", "lambda_max x_tilde_1_2", []), (r"UV W", "U V W", []),
    (r"A_{\mathrm{train}}x + \bar x", "A_train x + x_bar", []), (r"\bar Z + \overline{AZ}", "conj(Z) + conj(A Z)",
                                                                 ["Z : complex matrix(n, n)", "A : matrix(n, n)"]),
    (r"x_1 + x_2 y", "x[1] + x_2 y", ["x : vector(n)", "x_2 : scalar", "y : scalar"]),
    # norms and bars
    (r"\lVert x \rVert |A||B| + \left\| X \right\|_*", "norm(x) det(A) det(B) + normnuc(X)", []),
    (r"\|A\|_F^2 + \|B\|^2_{\mathrm F} + ‖C‖_F", "norm(A)^2 + norm(B)^2 + norm(C)", []),
    (r"\left|\frac{x}{|y|}\right|", "abs(x / abs(y))", ["x, y : scalar"]),
    # functions without brackets, and with others
    (r"y^T\log x - \operatorname{tr} A^T B", "y' log(x) - tr(A' B)", []), (r"\log{\det{X}}", "log(det(X))", []),
    (r"\det{A}\det{B}", "det(A) det(B)", []), (r"\exp\{-\tfrac12 x\}", "exp(-x/2)", []),
    (r"atr(BC)", "a tr(B C)", ["a : scalar"]), (r"\max(A, 0)", "max(A, 0)", []),
    (r"\mathbf 1_{m}^T X \mathbf{1}_n", "ones(m)' X ones(n)", ["X : matrix(m, n)"]),
    # constants with their sizes
    (r"I_{n\times n} + I_n + 1_{n \times n}", "2 eye(n) + ones(n, n)", []), (r"K_{m,n}\operatorname{vec}(X)",
                                                                             "K(m,n) vec(X)", ["X : matrix(m, n)"]),
    # sums
    (r"\sum_{i=1}^n x_i y_i + s", "sum(i=1..n, x[i] y[i]) + s", ["x, y : vector(n)", "s : scalar"]),
    (r"\sum_i\sum\nolimits_j A_{i,j} B_{ij}", "A : B", ["A, B : matrix(m, n)"]),
    (r"\sum^m_{k=1} \|X_{k,:}\|^2 + \sum_{k=1}^m \|X_{k\cdot}\|^2", "2 norm(X)^2", ["X : matrix(m, n)"]),
    (r"\sum_{i=1}^m\sum_{j=1}^m (XX^T)_{ij}^2", "sum((X X').^2)", ["X : matrix(m, n)"]),
    # blocks
    (r"\begin{pmatrix} A & -B \\ B & A \\ \end{pmatrix}", "[A, -B; B, A]", ["A, B : matrix(m, n)"]),
    (r"\left[\begin{array}{c|c}A&B\end{array}\right]", "[A, B]", ["A, B : matrix(m, n)"]),
    (r"\begin{vmatrix} A & B \\ C & D\end{vmatrix}", "det([A, B; C, D])", ["A, B, C, D : matrix(n, n)"]),
    # products and presentation
    (r"\color{red}{A}\big(B\;+\!C\big)\label{eq:1}.", "A (B + C)", []), (r"$\displaystyle A \times B$", "A B", []),
    (r"\underbrace{Ax}_{\text{long note}} - b \tag{1}", "A x - b", []), (r"A % a remark" + "\n B", "A B", []),
    (r"\left\langle A, B\right\rangle_F", "A : B", []),
    (r"a^TX.b", "a' X b", []), (r"f: X \mapsto \|X\|_F^2", "norm(X)^2", []), (r"J := \|Xw\|^2,", "norm(X w)^2", []),
    (r"f(x) = c(x) B x,\quad c(x) = x^TAx", "(x' A x) B x", []), (r"x^{T}y \cdot -2", "-2 x' y", []),
    (r"E = -\sum_j t_j\log y_j, \mathbf{y}=\text{softmax}(\mathbf{z}), z = Wx", "-(t' log(softmax(W x)))", ["t : vector(m)"]),
    (r"f(Ax) + b, f(u) = u \odot u", "(A x).^2 + b", []), (r"e^{-x^Tx} + e^s", "exp(-x' x) + exp(s)", ["s : scalar"]),
]
# fmt: on


def latex_of(text: str, declare: list[str]) -> Expr:
    return understand(text, declare, "latex").expression


@pytest.mark.parametrize(("text", "plain", "declare"), SNIPPETS + HABITS, ids=lambda item: str(item)[:60])
def test_a_habit_of_papers_means_what_its_plain_spelling_means(text: str, plain: str, declare: list[str]) -> None:
    assert latex_of(text, declare) is understand(plain, declare).expression


# Trees, not only expressions: the same nodes, places aside.
SAME_TREES = [
    (r"2W(V^\top + \lambda_u U)", "2 W (V' + lambda_u U)"),
    (r"M \odot (Y - UV') : A \otimes B", "M ⊙ (Y - U V') : A ⊗ B"),
    (r"\|x\|_2^2 - s^{-1} A^{-1}", "||x||_2^2 - s^-1 A^-1"),
    (r"a + b - c \cdot -d x", "a + b - c * -d x"),
    (r"A \oslash B^{\odot 3} > 0.5", "A ./ B.^3 > 0.5"),
    (r"(A + B)^H [c, d; e]", "(A + B)^H [c, d; e]"),
]


def without_places(tree: syntax.Syntax) -> syntax.Syntax:
    return rewritten(tree, lambda node: node._replace(span=syntax.NOWHERE))


@pytest.mark.parametrize(("text", "plain"), SAME_TREES)
def test_a_formula_has_the_tree_of_its_plain_spelling(text: str, plain: str) -> None:
    found = read_formula(text, function_names()).tree
    assert without_places(found) == without_places(formula.read(plain))


# --- the collections --------------------------------------------------------------------------------------------------

COLLECTED = [
    r for kind in ("gradient", "jacobian", "hessian") for r in records(kind) if "latex-composed" not in r["tags"]
]
OTHERWISE = {  # what the LaTeX of a source says less, or otherwise, than the record's plain spelling
    "seed-hadamard-mask-V": "W was defined before it",
    "mse-diag-trace": "X_d was explained in words",
    "mse-2989176": "the dimension T has another name",
    "mse-4659847": "sigma_1 and sigma_2 were explained in words",
    "mse-4238060": "sigma is a relu there, and e_1 a unit vector",
    "mse-2035198": "the index is misprinted",
    "mse-313704": "the matrix without its diagonal is a sum over i ≠ j",
    "mse-2842077": "log of a matrix is taken entry by entry, with a notice",
    "mse-3123031": "log of a matrix is taken entry by entry, with a notice",
    "mse-3077639": "log of a matrix is taken entry by entry, with a notice",
    "mse-4788927": "the sum has no index",
    "struct-14": "log det is typed as logdet",
    "ml-fa-1": "logdet is typed as log det",
}


@pytest.mark.parametrize("record", COLLECTED, ids=lambda record: str(record["id"]))
def test_a_formula_of_the_collection_is_the_same_in_latex(record: dict[str, Any]) -> None:
    declare = [*record["declare"], *(record.get("implied") or [])]
    plain = understand(record["expr"], declare).expression
    try:
        same = latex_of(record["latex"], declare) is plain
    except FormulaError:
        same = False
    assert same == (record["id"] not in OTHERWISE), OTHERWISE.get(record["id"], "")


@pytest.mark.parametrize("record", COLLECTED, ids=lambda record: str(record["id"]))
def test_what_the_writer_prints_is_read_back(record: dict[str, Any]) -> None:
    wrt = record["wrt"] if isinstance(record["wrt"], str) else tuple(dict.fromkeys(record["wrt"]))
    order = 2 if record["kind"] == "hessian" else 1
    try:
        result = matcalc.derive(record["expr"], wrt, record["declare"], order=order)
    except matcalc.MatcalcError:
        pytest.skip("not supported yet")
    declare = [str(d) for d in result.declarations]
    pairs = [(result.latex(), result.value)] if len(result.values) == 1 else []
    same = []
    for text, value in [*pairs, (result.objective.latex(), result.objective)]:
        again = understand(str(value), declare).expression  # a printed sum may be in another normal form
        try:
            same.append(latex_of(text, declare) in (value.node, again))
        except FormulaError:
            same.append(False)
    assert all(same)


@pytest.mark.parametrize(
    ("text", "declare"),
    [
        ("sigmoid(sigma x)", ["sigma : scalar", "x : vector(n)"]),
        ("gamma(Gamma x)", ["Gamma : matrix(n, n)", "x : vector(n)"]),
        ("psi(digamma(x))", ["psi : function", "x : vector(n)"]),
        ("lgamma(Gamma x) + eigmax(A) lambda x", ["Gamma, A : matrix(n, n)", "lambda : scalar", "x : vector(n)"]),
    ],
)
def test_no_function_is_printed_with_a_letter_that_means_something_else(text: str, declare: list[str]) -> None:
    plain = matcalc.parse(text, declare)
    assert latex_of(plain.latex(), declare) is plain.node


# --- refusals ---------------------------------------------------------------------------------------------------------

REFUSED = [  # text, what is said, the place
    (r"\operatorname{tr}(A X", "never closed", "("),
    (r"A + \foo{B}", r"the command '\foo' is not known", r"\foo"),
    (r"\frac{A}{", "never closed", "{"),
    (r"A}", "closes nothing", "}"),
    (r"x^10", "only the first digit", "10"),
    (r"\int_0^1 f", "no meaning here", r"\int"),
    (r"A +", "nothing on its right", "+"),
    (r"\sum x_i y_j", "needs an index", r"\sum"),
    (r"\sum_{i \in S} x_i", "no range of an index", r"i \in S"),
    (r"A \\ B", "a line ends within a formula", r"\\"),
    (r"\frac{\partial E}{\partial x} x", "a derivative times something", r"\frac"),
    (r"2\frac{\partial E}{\partial x}", "a derivative inside a formula", r"\frac{\partial E}{\partial x}"),
    (r"\sin^{-1}(x)", "the inverse of sin, or 1 over it?", r"\sin^{-1}"),
    (r"\sigma_1(Wx)", "a function or a factor?", r"\sigma_1"),
    (r"x_1_2", "a second subscript", "_"),
    (r"A & B", "separates the entries of a matrix", "&"),
    (r"2 3", "two numbers side by side", "2 3"),
    (r"\hat{A+B}", "has no meaning here", r"\hat"),
    (r"\left( A \right. + B", "on one side only", r"\right."),
    (r"A : B : C", "does not associate", ":"),
    (r"\mathbb{E}[x]", "expectations", "}"),
    (r"y = A + b, b = y", "used by another one", ""),
    (r"y = b, b = c + A, c = b", "uses itself", "b"),
    (r"\newcommand{\n}[1]{#1^2} \n", "too few arguments", r"\n"),
]


@pytest.mark.parametrize("mark", ["'", r"^{\prime}", r"^\prime"])
def test_a_prime_before_a_bracket_is_the_derivative_of_a_declared_function_of_any_name(mark: str) -> None:
    declare = ["act : function", "x : row(n)"]
    assert latex_of(rf"\operatorname{{act}}{mark}(x)^\top", declare) is understand("act'(x)'", declare).expression
    with pytest.raises(FormulaError, match="a prime after tanh is no derivative"):
        latex_of(rf"\tanh{mark}(x)", declare)


@pytest.mark.parametrize(("text", "message", "place"), REFUSED)
def test_what_has_no_meaning_is_refused_at_its_place(text: str, message: str, place: str) -> None:
    with pytest.raises(FormulaError) as caught:
        understand(text, syntax="latex")
    assert message in caught.value.message
    if place:
        assert place in [text[low:high] for low, high in caught.value.spans]


def test_a_fraction_by_a_square_matrix_is_refused_and_by_another_one_taken_entry_by_entry() -> None:
    with pytest.raises(FormulaError, match="only a scalar can divide"):
        understand(r"\frac{A}{B}", ["A, B : matrix(n, n)"], "latex")
    found = understand(r"\frac{A}{B}", ["A, B : matrix(m, n)"], "latex")
    assert found.notices == (r"\frac{A}{B} is divided entry by entry",)


def test_a_scalar_below_a_fraction_is_preferred_to_a_vector() -> None:
    found = understand(r"\frac{x^Tx}{y}", [], "latex")
    assert [str(d) for d in found.declarations] == ["x : vector(n)", "y : scalar"]


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        (
            r"\operatorname{tr}(\log(X))",
            r"\log(X) is taken entry by entry; the matrix logarithm is \operatorname{logm}",
        ),
        (r"\sigma(Wx)", r"\sigma( … ) is read as sigmoid"),
        (r"X^* X", r"X^* is read as a conjugate transpose"),
        (r"Y = AX = B", "of several sides the first right one is taken"),
        (r"\|X\|_{1,2} = \sum_{j=1}^m X_{j,1}", "the left side of '=' is taken for a name"),
    ],
)
def test_a_reading_that_is_worth_a_look_is_said(text: str, notice: str) -> None:
    assert notice in understand(text, [], "latex").notices


def test_results_use_canonical_names() -> None:
    result = matcalc.derive(r"\|\mathbf{W}_{out}\hat y - \lambda\|^2", "W_out", ["lambda : vector(n)"], syntax="latex")
    assert str(result.value) == "2 (W_out y_hat - lambda) y_hat'"


# --- macros -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\newcommand{\tr}{\operatorname{tr}} \tr(A)", "tr(A)"),
        (r"\DeclareMathOperator*{\Tr}{tr} \Tr A B", "tr(A B)"),
        (r"\newcommand\n[2][A]{\|#1 #2\|} \n{x} + \n[B]{x}", "norm(A x) + norm(B x)"),
        (r"\def\a{A}\def\b{\a B}\def\a{C} \b", "C B"),
        (r"\let\old=\vec \renewcommand{\vec}[1]{\old{#1}_1} A\vec{x}", "A x_1"),
        (r"\DeclarePairedDelimiter{\norm}{\lVert}{\rVert} \norm*{x}", "norm(x)"),
        (r"\def\sq#1{#1^2}\def\LR#1{\left(#1\right)} \sq{\LR{x'y}}", "(x' y)^2"),
        (r"\def\swap#1#2{#2 #1} \swap{A}{B}", "B A"),
        (r"\def\e{\varepsilon}\def\p#1#2{#1_{#2}} \e_1\p x2'", "varepsilon_1 x_2'"),
    ],
)
def test_macros_are_expanded_as_in_tex(text: str, plain: str) -> None:
    assert latex_of(text, []) is understand(plain).expression


def test_carets_point_into_what_was_typed_also_through_macros() -> None:
    text = r"\def\n#1{\|#1\|^2}\n{UV^T - Y} + \n{UY}"
    with pytest.raises(FormulaError) as caught:
        understand(text, ["U : matrix(n, k)", "V : matrix(m, k)", "Y : matrix(n, m)"], "latex")
    assert [text[low:high] for low, high in caught.value.spans] == ["U", "Y"]


def test_an_error_in_a_macro_points_at_its_use() -> None:
    text = r"\def\n{\foo} A + \n"
    with pytest.raises(FormulaError) as caught:
        understand(text, [], "latex")
    assert [text[low:high] for low, high in caught.value.spans] == [r"\n"]


def test_the_pieces_of_an_expanded_text_have_their_places() -> None:
    macros: Macros = {}
    text = r"\def\sq#1{(#1)^2} a\sq{bc}d"
    found = expand(text, macros)
    place = found.text.index("bc")
    assert text[slice(*found.span((place, place + 2)))] == "bc"
    place = found.text.index("^")
    assert text[slice(*found.span((place, place + 1)))] == r"\sq{bc}"


# --- limits -----------------------------------------------------------------------------------------------------------

HOSTILE = {
    "a megabyte": r"\frac{a}{b} + " * 70_000,
    "a macro that uses itself": r"\def\a{\a\a} \a",
    "macros that double": r"\def\a{xx}"
    + "".join(rf"\def\{b}{{\{a}\{a}}}" for a, b in zip("abcdefghijklmnopqrstuv", "bcdefghijklmnopqrstuvw", strict=True))
    + r"\w",
    "braces": "{" * 20_000 + "x" + "}" * 20_000,
    "open braces": "{" * 10_000,
    "open brackets": "(" * 10_000,
    "accents": r"\hat" * 20_000 + "x",
    "subscripts": "x" + "_{x" * 9_000 + "}" * 9_000,
    "definitions": ",".join(["a=b"] * 20_000),
    "bars": "|" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_refused_at_once(name: str) -> None:
    start = time.process_time()
    with pytest.raises(FormulaError):
        understand(HOSTILE[name], [], "latex")
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "shell", ["{%}", "(%)", r"\mathbf{%+y}", r"\sqrt{%}", r"\left[%\right]", r"\frac{%}{y}", "x^{%}"]
)
def test_deep_nesting_is_read(shell: str) -> None:
    before, after = shell.split("%")
    depth = 5_000
    read_formula(before * depth + "x" + after * depth, function_names())


def test_a_number_is_exact() -> None:
    assert read_formula("0.1", frozenset()).tree == syntax.Number(Fraction(1, 10), (0, 3))


# --- what is printed reads back -------------------------------------------------------------------------------------------

APART = {"e", "unit"}  # whose size is that of what stands beside it


def _calls() -> Iterator[tuple[str, str, list[str]]]:
    for name in functions.names():
        for record in functions.lookup(name):
            taken = list(read_declarations(record.takes)) if record.takes else []
            text = f"{name}({', '.join(d.name for d in taken)})"
            declare = [str(d) for d in taken if isinstance(d, Declaration)]
            try:
                understand(text, declare)
            except FormulaError:  # sizes that only a formula says
                continue
            yield name, text, declare


def test_every_function_as_it_is_printed_in_latex_reads_back() -> None:
    apart = set()
    for name, text, declare in _calls():
        printed = matcalc.parse(text, declare).latex()
        try:
            again = understand(printed, declare, "latex").expression
        except FormulaError:
            apart.add(name)
            continue
        if again is not understand(text, declare).expression:
            apart.add(name)
    assert apart == APART
    assert {"abs", "unvec", "svdvals"}.isdisjoint(apart)


# --- what only prose says -------------------------------------------------------------------------------------------------


def test_a_sum_without_an_index_runs_over_the_only_subscript_and_says_so() -> None:
    result = matcalc.derive(r"\sum (y_i - w_i)^2", "w", ["w, y : vector(n)"], syntax="latex")
    assert str(result.value) == "2 (w - y)"
    assert r"\sum without an index is read as \sum_i" in result.notices
    for text in (r"\sum y_i w_j", r"\sum w^T y", r"\sum y_{max} w"):
        with pytest.raises(FormulaError, match="a sum needs an index"):
            matcalc.derive(text, "w", ["w, y : vector(n)"], syntax="latex")


def test_a_letter_that_only_prose_defines_is_named_with_the_remedy() -> None:
    declare = ["Y : matrix(I, J)", "U : matrix(I, K)", "V : matrix(J, K)"]
    result = matcalc.derive(r"W:W + U:U + V:V", "V", declare, syntax="latex")
    assert "W is declared nowhere, and Y is not used: if W depends on it, define it: W := …" in result.notices
    with pytest.raises(matcalc.CallError, match="if X_d depends on x, define it: X_d := …"):
        matcalc.derive(r"\operatorname{tr}(A X_d)", "x", ["A : matrix(n, n)", "x : vector(n)"], syntax="latex")
    declared = matcalc.derive(r"W:W", "V", [*declare, "W := U V' - Y"], syntax="latex")
    assert not declared.notices


@pytest.mark.parametrize("name", ["airyai", "fresnels", "dirichlet_eta", "riemann_xi", "elliptic_k"])
def test_functions_that_only_sympy_knows_are_printed_as_words_that_read_back(name: str) -> None:
    printed = matcalc.parse(f"{name}(x)", ["x : scalar"]).latex()
    assert (
        understand(printed, ["x : scalar"], "latex").expression is understand(f"{name}(x)", ["x : scalar"]).expression
    )


@pytest.mark.parametrize(
    ("text", "plain"), [(r"\mathrm{lr\_rate} x", "lr_rate x"), (r"x_{a\_b}^\top x_{a\_b}", "x_a_b' x_a_b")]
)
def test_an_underscore_that_is_escaped_is_part_of_a_name(text: str, plain: str) -> None:
    declare = ["lr_rate : scalar", "x : vector(n)"] if "rate" in text else ["x_a_b : vector(n)"]
    assert understand(text, declare, "latex").expression is understand(plain, declare).expression


WRITTEN = [  # as the tables write it, what it is read as
    (r"x^{\top} e_{1}", "x[1]"),
    (r"x^{\top} e_{m}", "x[m]"),
    (r"x^{\top} e_{n - 1}", "x[n - 1]"),
    (r"\psi_{2}(x)", "polygamma(2, x)"),
    (r"\psi_{m}(x)", "polygamma(m, x)"),
    (r"[z]_\times z", "crossmat(z) z"),
    (r"P_{\max}(S) x", "eigmaxproj(S) x"),
    (r"K_{\exp}(S) x_2", "expm_jacobian(S) x_2"),
    (r"L_{\log}(S, S)", "logm_frechet(S, S)"),
    (r"L^{(2)}_{\sin}(S, S, S)", "sinm_frechet(S, S, S)"),
    (r"x_n + x_1", "x[n] + x[1]"),
    (r"(S S)_{12} + (x + x)_{12}", "(S S)[1,2] + (x + x)[12]"),
    (r"S_{12} + S_{1n} + S_{nn} + S_{n,2}", "S[1,2] + S[1,n] + S[n,n] + S[n,2]"),
    (r"D_{n} D_n' x_2", "duplication(n) duplication(n)' x_2"),
    (r"D_{2 n} L_{2n}", "duplication(2 * n) elimination(2 * n)"),
    (r"I_{2 n} + I_{2n} + I_{n + n}", "3 eye(2 * n)"),
    (r"I_{n + 1}^{\top} + I_{n+1}", "2 eye(n + 1)"),
    (r"e^{H} + (e^{H})^{\top}", "expm(H) + expm(H)'"),
]
BY_LETTERS = [
    "x : vector(n)", "x_2 : vector(n*n)", "z : vector(3)", "S : matrix(n, n), symmetric", "m : size", "H : matrix(n, n)"
]  # fmt: skip


@pytest.mark.parametrize(("text", "meant"), WRITTEN)
def test_letters_and_marks_of_the_tables_are_read_where_nobody_declares_them(text: str, meant: str) -> None:
    assert latex_of(text, BY_LETTERS) == matcalc.parse(meant, declare=BY_LETTERS).node


@pytest.mark.parametrize(
    ("text", "letter"), [(r"x^{\top} e_{1}", "e_1 : vector(n)"), (r"P_{\max}(S)", "P_max : scalar")]
)
def test_a_declared_letter_is_that_letter(text: str, letter: str) -> None:
    assert letter.partition(" ")[0] in str(matcalc.parse(text, declare=[*BY_LETTERS, letter], syntax="latex"))


def test_a_unit_vector_is_noticed_and_no_variable() -> None:
    assert (
        matcalc.derive(r"x^T A e_2", "x", ["x : vector(n)"], syntax="latex").notices[0]
        == "e_2 is read as a unit vector"
    )
    with pytest.raises(matcalc.MatcalcError, match="e_2 is read as a unit vector\n  declare it if it is none"):
        matcalc.derive(r"\|A e_2\|^2", "e_2", syntax="latex")


@pytest.mark.parametrize(
    ("text", "declare"),
    [
        ("D' duplication(n)", ["D : matrix(n*n, 2)"]),
        ("e_1 + x[1] unit(1, n)", ["e_1, x : vector(n)"]),
        ("psi polygamma(2, x)", ["psi : scalar", "x : vector(n)"]),
        ("duplication(3)", []),
        ("digamma(x)", ["psi : function", "x : vector(n)"]),
        ("P_max eigmaxproj(S)", ["P_max : scalar", "S : matrix(n, n), symmetric"]),
    ],
)
def test_no_function_is_written_by_a_letter_that_is_taken(text: str, declare: list[str]) -> None:
    node = matcalc.parse(text, declare=declare)
    assert r"\operatorname" in node.latex()
    assert latex_of(node.latex(), declare) == node.node


@pytest.mark.parametrize("text", [r"\|D_2 x - y\|^2", r"\operatorname{tr}(D_2^{\top} x y^{\top} L_1)"])
def test_a_letter_with_a_number_is_one_of_several_of_that_name(text: str) -> None:
    declared = {d.name for d in matcalc.derive(text, "x", syntax="latex").declarations}
    assert {"D_2", "x", "y"} <= declared


@pytest.mark.parametrize("text", ["prod(A, 1)", "prod(A, 2)", "lgamma(A)", "polygamma(3, A)", "crossmat(A[:,1])"])
def test_a_function_is_written_so_that_it_reads_back(text: str) -> None:
    declare = ["A : matrix(3, n)"]
    node = matcalc.parse(text, declare=declare)
    assert latex_of(node.latex(), declare) == node.node


@pytest.mark.parametrize("wrt", [r"\mathbf{x}", r"\bm x", r"\hat{x}", r"\beta", r"\mathbf{x}_1", "x"])
def test_the_variable_may_be_given_in_latex(wrt: str) -> None:
    assert str(matcalc.derive(rf"A : {wrt} a^{{\top}}", wrt, ["A : matrix(m, n)"], syntax="latex").value) == "A a"


def test_a_variable_that_latex_spells_and_that_is_nowhere_is_refused() -> None:
    with pytest.raises(matcalc.CallError, match="is not a variable of the formula"):
        matcalc.derive(r"\|\mathbf{x}\|^2", r"\mathbf{y}", syntax="latex")
