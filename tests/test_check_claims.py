"""Claims in every form: by an entry, a row or a column; Jacobians and Hessians by their letters; names given to derivatives."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.report.records import LineReport

LEAST_SQUARES = "X : matrix(m, n)\nW : matrix(n, p)\nY : matrix(m, p)\nE := norm(X W - Y)^2\n"
LAYER = "A : matrix(m, n)\nx : vector(n)\nf := tanh(A x)\ng := x' A' A x\n"
IN_LATEX = "% matcalc: X : matrix(m, n); W : matrix(n, p); Y : matrix(m, p)\n\\[ E = \\|XW - Y\\|^2 \\]\n"
LAYER_IN_LATEX = "% matcalc: A : matrix(m, n); x : vector(n)\n\\[ f = \\tanh(Ax) \\]\\[ g(x) = x^TA^TAx \\]\n"


def last(text: str, syntax: str = "plain") -> LineReport:
    report = matcalc.check(text, syntax=syntax)
    assert not report.problems, report.problems[0]
    return report.lines[-1]


@pytest.mark.parametrize(
    ("claim", "verdict", "cause"),
    [
        ("dE/dW[i,j] = 2 (X' (X W - Y))[i,j]", "proved", None),
        ("∂E/∂W[i,j] = 2 X[:,i]' (X W - Y)[:,j]", "proved", None),
        ("dE/dW[i,j] = (X' (X W - Y))[i,j]", "wrong", "factor"),
        ("dE/dW[i,j] = 2 (X' (X W - Y))[j,i]", "wrong", "index"),
        ("dE/dW[1,2] = 2 (X' (X W - Y))[1,2]", "proved", None),
        ("dE/dW[1,2] = 2 (X' (X W - Y))[2,1]", "wrong", "index"),
        ("dE/dW[:,j] = 2 X' (X W - Y)[:,j]", "proved", None),
        ("dE/dW[i,:] = 2 X[:,i]' (X W - Y)", "proved", None),
        ("dE/dW[:,j] = X' (X W - Y)[:,j]", "wrong", "factor"),
        ("dE/dW[:,j] = 2 (X W - Y)[:,j]' X", "right in another convention", "layout"),
        ("dE/dW[i,p] = 2 (X' (X W - Y))[i,p]", "undecided", None),  # p is how many columns there are
    ],
)
def test_a_claim_by_an_entry_a_row_or_a_column_is_judged(claim: str, verdict: str, cause: str | None) -> None:
    line = last(LEAST_SQUARES + "check " + claim)
    assert (line.verdict, line.cause) == (verdict, cause), str(line)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("df[i]/dx[j] = (1 - f[i]^2) A[i,j]", "equal"),
        ("df[i]/dx[j] = (1 - f[j]^2) A[i,j]", "wrong"),
        ("df[i]/dx = (1 - f[i]^2) A[i,:]'", "equal"),
        ("df/dx[j] = (1 - f.^2) .* A[:,j]", "proved"),
        ("d2g/dx[i]dx[j] = 2 (A' A)[i,j]", "proved"),
        ("d2g/dx[i]dx[j] = (A' A)[i,j]", "wrong"),
    ],
)
def test_entries_of_what_is_no_scalar_and_second_derivatives_are_judged(claim: str, verdict: str) -> None:
    assert last(LAYER + "check " + claim).verdict == verdict


def test_an_entry_of_a_symmetric_matrix_has_its_conventions() -> None:
    given = "S : matrix(n, n), symmetric\nC : matrix(n, n)\nf := tr(C S)\n"
    assert last(given + "check df/dS[i,j] = (C[i,j] + C[j,i]) / 2").verdict == "proved"
    unconstrained = last(given + "check df/dS[i,j] = C[j,i]")
    assert (unconstrained.verdict, unconstrained.cause) == ("right in another convention", "symmetric")


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial E}{\partial W_{ij}} = 2 (X^T(XW - Y))_{ij}", "proved"),
        (r"\frac{\partial E}{\partial W_{ij}} = (X^T(XW - Y))_{ij}", "wrong"),
        (r"\frac{\partial E}{\partial W_{:,j}} = 2 X^T(XW - Y)_{:,j}", "proved"),
        (r"\frac{\partial E}{\partial W_{ij}} = 2\sum_{k=1}^{m} X_{ki} (XW - Y)_{kj}", "proved"),
        (r"\frac{\partial E}{\partial W_{ij}} = 2\sum_{k=1}^{m} X_{ik} (XW - Y)_{kj}", "shapes do not fit"),
    ],
)
def test_entries_are_claimed_in_latex(claim: str, verdict: str) -> None:
    assert last(IN_LATEX + rf"\[ {claim} \]", "latex").verdict == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial f_i}{\partial x_j} = (1 - f_i^2) A_{ij}", "equal"),
        (r"J_f(x) = \operatorname{diag}(1 - f \odot f) A", "proved"),
        (r"\mathbf{J}_f(x) = A", "wrong"),
        (r"D f(x) = A", "wrong"),
        (r"D_x f = \operatorname{diag}(1 - f \odot f) A", "proved"),
        (r"H_g = 2A^TA", "proved"),
        (r"H_g(x) = A^TA", "wrong"),
        (r"\nabla^2 g = 2A^TA", "proved"),
        (r"\nabla_x^2 g(x) = 2A^TA", "proved"),
        (r"\nabla_{xx} g = 2A^TA", "proved"),
        (r"\nabla_{xx}^2 g = A^TA", "wrong"),
        (r"\nabla^2_{x,x} g = 2A^TA", "proved"),
        (r"\frac{\partial^2 g}{\partial x\,\partial x^T} = 2A^TA", "proved"),
        (r"H = \frac{\partial^2 g}{\partial x\,\partial x^T} = 2A^TA", "proved"),
        (r"H = \nabla^2 g \]\[ H = A^TA", "wrong"),
        (r"H = \nabla^2 g \]\[ Hx = 2A^TAx", "proved"),
        (r"J = \frac{\partial f}{\partial x} = A", "wrong"),
    ],
)
def test_jacobians_and_hessians_are_claimed_by_their_letters(claim: str, verdict: str) -> None:
    assert last(LAYER_IN_LATEX + rf"\[ {claim} \]", "latex").verdict == verdict


@pytest.mark.parametrize(
    ("claim", "verdict", "cause"),
    [
        ("J_f(x) = A", "wrong", "other"),
        ("H_g(x) = 2 A' A", "proved", None),
        ("d2g/dx dx' = 2 A' A", "proved", None),
        ("∂²g/∂x∂x' = A' A", "wrong", "factor"),
    ],
)
def test_the_same_in_plain_spelling(claim: str, verdict: str, cause: str | None) -> None:
    line = last(LAYER + "check " + claim)
    assert (line.verdict, line.cause) == (verdict, cause), str(line)


def test_a_declared_name_is_no_jacobian() -> None:
    assert last(LAYER + "J_f : matrix(m, n)\ncheck J_f = J_f").verdict == "proved"
    assert last(LAYER + "J_f : matrix(m, n)\ncheck J_f = Diag(1 - f.^2) A").verdict == "wrong"


def test_a_name_that_a_line_gives_to_a_derivative_stands_for_it_everywhere() -> None:
    given = "x : vector(n)\nE := x' A x + b' x\n"
    report = matcalc.check(given + "check G = dE/dx = (A + A') x + b\ncheck G' G = norm((A + A') x + b)^2\ncheck G = b")
    assert [line.verdict for line in report.lines] == ["proved", "proved", "proved", "wrong"]
    turned = last(given + "H := d2E/dx2\nG := dE/dx\ncheck G = (H x + b)'")
    assert (turned.verdict, turned.reason) == ("right in another convention", "numerator layout")


def test_what_has_no_size_of_its_own_takes_it_from_the_left_side() -> None:
    given = "x : vector(n)\ng := x' x\n"
    assert last(given + "check d2g/dx2 = 2 I").verdict == "proved"
    line = last(given + "check d2g/dx2 = I")
    assert (line.verdict, line.cause, line.correction) == ("wrong", "factor", "d2g/dx2 = 2 I")


# --- what varies ------------------------------------------------------------------------------------------------------

FACTORS = "U : matrix(I, K)\nV : matrix(J, K)\nY : matrix(I, J)\nX := U V' - Y\nE := norm(X)^2\n"
BY_U = "check\n  dE = 2 X : dX\n     = 2 X V : dU\n"


@pytest.mark.parametrize(
    "says",
    [
        "check dE/dV = 2 X' U",
        "derive dE/dU, dE/dV",
        "check dE = 2 X V : dU + 2 X' U : dV",
        "check ∂E/∂V = 3 X' U",
    ],
)
def test_a_chain_lacks_a_term_where_the_document_says_that_another_variable_varies(says: str) -> None:
    first, second = matcalc.check(FACTORS + BY_U + says).lines[:2]
    assert first.is_right
    assert (second.verdict, second.cause) == ("wrong", "term"), str(second)
    assert second.correction == "dE = 2 X V : dU + 2 X' U : dV"


@pytest.mark.parametrize(
    "says",
    [
        "",
        "derive dE/dU",
        "check dE/dV = 2 X' U\ncheck dE = 2 X' U : dV",  # V has a chain of its own
        "F := tr(V' V)\ncheck dF/dV = 2 V",  # another formula
        "check dF = 2 V : dV\nF := tr(V' V)",
    ],
)
def test_else_the_chain_is_right_and_says_what_it_holds_fixed(says: str) -> None:
    report = matcalc.check(FACTORS + BY_U + says)
    assert [line.is_right for line in report.lines[:2]] == [True, True]
    assert report.lines[1].held == ("Y", "V")
    assert report.status == 0
    lines = report.to_json()["lines"]
    assert isinstance(lines, list) and lines[1]["held"] == ["Y", "V"]


def test_a_derivation_by_one_variable_after_the_other_is_right() -> None:
    report = matcalc.check(FACTORS + BY_U + BY_U.replace("X V : dU", "X' U : dV") + "derive dE/dU, dE/dV")
    assert [line.verdict for line in report.lines] == ["proved"] * 4


# --- derivatives inside formulas, in LaTeX ----------------------------------------------------------------------------

PAPER = r"""Let $X \in \mathbb{R}^{n \times d}$, $y \in \mathbb{R}^n$, $w \in \mathbb{R}^d$ and $\eta \in \mathbb{R}$.
\[ f(w) = \|Xw - y\|^2 \]"""


@pytest.mark.parametrize(
    ("display", "verdict"),
    [
        (r"df = \nabla f(w) : dw = 2 X^T(Xw - y) : dw", "proved"),
        (r"df = \frac{\partial f}{\partial w} : dw = X^T(Xw - y) : dw", "wrong"),
        (r"p = w - \eta \nabla_w f \]\[ p = w - 2\eta X^T(Xw - y)", "proved"),
        (r"p = w - \eta \nabla_w f \]\[ p = w - \eta X^T(Xw - y)", "wrong"),
        (r"h = \|\nabla f(\mathbf{w})\|^2 \]\[ \nabla_w h = 8 X^TX X^T(Xw - y)", "proved"),
        (r"\left(\frac{\partial f}{\partial w}\right)^T w = 2 (Xw - y)^T X w", "proved"),
        (r"f'(w)^T w = 2 (Xw - y)^T X w", "proved"),
        (r"w^T \nabla^2 f\, w = 2 \|Xw\|^2", "proved"),
        (r"w^T \nabla^2_w f\, w = \|Xw\|^2", "wrong"),
    ],
)
def test_derivatives_inside_formulas_are_read(display: str, verdict: str) -> None:
    assert last(PAPER + rf"\[ {display} \]", "latex").verdict == verdict


def test_a_derivative_of_what_has_no_name_is_refused_inside_a_formula() -> None:
    report = matcalc.check(PAPER + r"\[ p = w - \eta \nabla_w (w^T w) \]", syntax="latex")
    assert report.status == 2
    assert "f = …" in str(report.problems[0])
