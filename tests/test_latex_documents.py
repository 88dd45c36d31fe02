"""Papers and answers in LaTeX and Markdown: what they declare, define and derive, with the places of what is not read."""

from __future__ import annotations

import pytest

from matcalc.errors import FormulaError
from matcalc.read.declared import Declaration, Definition
from matcalc.read.document import Check, Derivative, Document, Unread
from matcalc.read.latex.documents import read_latex_document, read_markdown_document
from matcalc.read.latex.pieces import pieces
from matcalc.read.syntax import Syntax
from matcalc.steps.understand import function_names, understand, understand_tree
from matcalc.write.present import plain_text

# An answer as it was posted: macros inside dollars, \eqalign, differentials, words between.
ANSWER = r"""# Trace and Hadamard product
$\def\p{\partial}$ The binary matrix $M\in\{0,1\}^{I\times J}$ has the property that $\;M\odot M = M$

Let $Y \in \mathbb{R}^{I \times J}$, $\mathbf{U} \in \mathbb R^{I \times K}$ and $V\in{\mathbb R}^{J\times K}$.
For typing convenience define the matrices $$\eqalign{ X &\doteq UV^T-Y \\ W &\doteq M\odot X \\ }$$
Write the error function in terms of these and calculate its differential.
$$\eqalign{ {\cal E} &= W:W + \lambda_uU:U + \lambda_vV:V \\ \\
 d{\cal E} &= 2W:dW + 2\lambda_uU:dU + 2\lambda_vV:dV \\ &= 2W:(M\odot dX) + 2\lambda_uU:dU + 2\lambda_vV:dV \\
 &= 2W:(dU\,V^T+U\,dV^T) + 2\lambda_uU:dU + 2\lambda_vV:dV \\
 &= 2(WV+\lambda_uU):dU \;+\; 2(W^TU+\lambda_vV):dV \\ }$$
From which the gradients can be identified as
$$\eqalign{ \frac{\p{\cal E}}{\p U} &= 2(M\odot X)V + 2\lambda_uU \\ \frac{\p{\cal E}}{\p V} &= 2(M\odot X)^TU + 2\lambda_vV \\ }$$
"""


def read(text: str) -> Document:
    return read_latex_document(text, function_names())


def said(side: Syntax | Derivative | None) -> str:
    """A side as it would be typed: ``dE/dU``, ``d2E/dx dy``."""
    if side is None:
        return ""
    if isinstance(side, Derivative):
        of = plain_text(side.of)
        return f"d{'2' if side.order == 2 else ''}({of})/{' '.join('d' + plain_text(x) for x in side.wrt)}"
    return plain_text(side)


def lines(document: Document) -> list[str]:
    found = [line for s in document.statements if isinstance(s, Check) for line in s.lines]
    return [f"{said(line.left)} = {'?' if line.error else said(line.right)}".strip() for line in found]


def defined(document: Document) -> list[str]:
    return [f"{s.name} := {plain_text(s.syntax)}" for s in document.statements if isinstance(s, Definition)]


def declared(document: Document) -> list[str]:
    return [str(s) for s in document.statements if isinstance(s, Declaration)]


def unread(document: Document) -> list[FormulaError]:
    own = [s.error for s in document.statements if isinstance(s, Unread)]
    of_lines = [line.error for s in document.statements if isinstance(s, Check) for line in s.lines]
    return [*own, *(error for error in of_lines if error is not None)]


def test_an_answer_is_read_as_it_was_posted() -> None:
    document = read_markdown_document(ANSWER, function_names())
    assert document.title == "Trace and Hadamard product"
    assert document.syntax == "latex"
    assert declared(document) == [
        "M : matrix(I, J), binary", "Y : matrix(I, J)", "U : matrix(I, K)", "V : matrix(J, K)",
    ]  # fmt: skip
    assert defined(document) == [
        "X := U V^T - Y", "W := M .* X", "E := W : W + lambda_u U : U + lambda_v V : V",
    ]  # fmt: skip
    assert lines(document) == [
        "M .* M = M",
        "dE = 2 W : dW + 2 lambda_u U : dU + 2 lambda_v V : dV",
        "= 2 W : M .* dX + 2 lambda_u U : dU + 2 lambda_v V : dV",
        "= 2 W : (dU V^T + U dV^T) + 2 lambda_u U : dU + 2 lambda_v V : dV",
        "= 2 (W V + lambda_u U) : dU + 2 (W^T U + lambda_v V) : dV",
        "d(E)/dU = 2 (M .* X) V + 2 lambda_u U",
        "d(E)/dV = 2 (M .* X)^T U + 2 lambda_v V",
    ]
    assert unread(document) == []


def test_spans_are_those_of_the_document() -> None:
    document = read_markdown_document(ANSWER, function_names())
    *_, check = document.statements
    assert isinstance(check, Check)
    line = check.lines[1]
    assert ANSWER[slice(*line.span)] == r"2(M\odot X)^TU + 2\lambda_vV"
    assert isinstance(line.left, Derivative)
    assert ANSWER[slice(*line.left.span)] == r"\frac{\p{\cal E}}{\p V}"
    assert ANSWER[slice(*line.left.wrt[0].span)] == "V"
    definition = next(s for s in document.statements if isinstance(s, Definition))
    assert ANSWER[slice(*definition.span)] == r"X &\doteq UV^T-Y"


def test_what_a_document_defines_means_the_same_as_in_plain_spelling() -> None:
    statements = read_markdown_document(ANSWER, function_names()).statements
    given = [s for s in statements if isinstance(s, Declaration | Definition)]
    *names, E = given
    assert isinstance(E, Definition)
    found = understand_tree(E.syntax, ANSWER, names, "latex")
    plain = understand(
        "W : W + lambda_u U : U + lambda_v V : V",
        [*(str(s) for s in given if isinstance(s, Declaration)), "X := U V' - Y", "W := M .* X"],
    )
    assert found.expression is plain.expression


# A formula of a document, and what it says: definitions with :=, lines with =.
# fmt: off
DISPLAYS: list[tuple[str, list[str]]] = [
    (r"\begin{align*} f(x) &= x^TAx \\ &= A : xx^T \end{align*}", ["f = x^T A x", "= A : x x^T"]),
    (r"$$\begin{aligned} E &:= \|x\|^2 \\ \nabla_x E &= 2x \end{aligned}$$", ["E := ||x||^2", "d(E)/dx = 2 x"]),
    (r"\[ \nabla^2 f(x) = A + A^T \tag{3} \label{eq:h} \]", ["d2(f)/dx dx = A + A^T"]),
    (r"\begin{equation}\begin{split} a &= b \\ &\quad + c \end{split}\end{equation}", ["a := b + c"]),
    (r"\begin{eqnarray} dY & = & dX\,A \\ & = & 0 \end{eqnarray}", ["dY = dX A", "= 0"]),
    (r"\begin{gather} dX = 2H, \\ dY = dX^T. \end{gather}", ["dX = 2 H", "dY = dX^T"]),
    (r"$$\begin{array}{ll} df &= 2x^Tdx \\ \frac{df}{dx} &= 2x \end{array}$$", ["df = 2 x^T dx", "d(f)/dx = 2 x"]),
    (r"\eqalign{ dZ &= dX\,W &\quad\implies\quad dF = dZ:dZ \cr }", ["dZ = dX W", "dF = dZ : dZ"]),
    (r"$$\frac{d}{dX}\operatorname{Tr}(AX) = A^T \qquad\{{\rm the\,gradient}\}$$", ["d(Tr(A X))/dX = A^T"]),
    (r"$$\frac{\partial^2 f}{\partial x\,\partial y^T} = B$$", ["d2(f)/dx dy = B"]),
    (r"$$\frac{\partial^2 f}{\partial x^2} = B$$", ["d2(f)/dx dx = B"]),
    (r"$$\frac{\partial E}{\partial W_{ij}} = x_j$$", ["d(E)/dW[i,j] = x_j"]),
    (r"$$\frac{{\rm d}f}{{\rm d}x} = 2x$$", ["d(f)/dx = 2 x"]),
    (r"$$\frac{dx^TAx}{dx} = (A+A^T)x$$", ["d(x^T A x)/dx = (A + A^T) x"]),
    (r"$$f'(x) = 2x, \quad f''(x) = 2$$", ["d(f)/dx = 2 x", "d2(f)/dx dx = 2"]),
    (r"$$d\log\det A = A^{-T}:dA$$", ["d(log(det(A))) = A^-T : dA"]),
    (r"$$\text{Let } Y = AX \text{ and } Z = BY \text{, then } dZ = BA\,dX$$", ["Y := A X", "Z := B Y", "dZ = B A dX"]),
    (r"$$\partial_x f = 2x$$", ["d(f)/dx = 2 x"]),
    (r"$$f(x) = x^Tx$$ $$g(y) = f(Ay)$$ $$\nabla_x f(x) = 2x$$", ["f := x^T x", "g := (A y)^T (A y)", "d(f)/dx = 2 x"]),
    (r"$$F(X) := \|X\|^2$$ $$\nabla F(\mathbf{X}) = 2X \;\doteq\; G \qquad \nabla^2 F(X) = I$$",
     ["F := ||X||^2", "G := 2 X", "d(F)/dX = 2 X", "d2(F)/dX dX = I"]),
    (r"$$C:(A\odot B) = (C\odot A):B$$", ["C : A .* B = C .* A : B"]),
    (r"$$A \overset{(1)}{=} B \stackrel{\text{def}}{=} C$$", ["A := B", "A = B", "= C"]),
    (r"If $n = 3$ and $i$ then $f = x^Tx$.", []),
    (r"$$M := AB$$ Setting $M = J$ recovers $M = AB$.", ["M := A B", "M = A B"]),
]
# fmt: on


@pytest.mark.parametrize(("text", "expected"), DISPLAYS)
def test_a_display_is_read_line_by_line(text: str, expected: list[str]) -> None:
    document = read(text)
    assert unread(document) == []
    assert sorted([*defined(document), *lines(document)]) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$U \in \mathbb{R}^{I \times K}$", ["U : matrix(I, K)"]),
        (
            r"$a,b\in\mathbb R^{m} \qquad A\in\mathbb{R}^{m\times 2n}$",
            ["a : vector(m)", "b : vector(m)", "A : matrix(m, 2*n)"],
        ),
        (r"$\lambda_u \in \mathbb{R}_{++}, s\in\mathbb{R}$", ["lambda_u : scalar, positive", "s : scalar"]),
        (
            r"$\Sigma \in \mathbb{S}^n_{++}$ and $P\in\mathbb{S}^n$",
            ["Sigma : matrix(n, n), spd", "P : matrix(n, n), symmetric"],
        ),
        (r"$Z \in \mathbb{C}^{n}$, $M \in \{0,1\}^{I\times J}$", ["Z : complex vector(n)", "M : matrix(I, J), binary"]),
        (r"\def\bbR#1{{\mathbb R}^{#1}} $W\in\bbR{m\times n}$", ["W : matrix(m, n)"]),
        (
            "% matcalc: U, V : matrix(I, K); f : function\nText",
            ["U : matrix(I, K)", "V : matrix(I, K)", "f : function"],
        ),
        ("$$ x % matcalc: x : row(n)\n = y $$", ["x : row(n)"]),
        (r"$W_{out} \in \mathbb{R}^{n_1 \times (n_2+1)}$", ["W_out : matrix(n_1, n_2+1)"]),
    ],
)
def test_declarations_stand_in_comments_and_in_the_text(text: str, expected: list[str]) -> None:
    document = read(text)
    assert unread(document) == []
    assert declared(document) == expected


def test_markdown_has_comments_fences_and_prices_of_its_own() -> None:
    text = "# A price\nIt costs $5.\n\n<!-- matcalc: x : vector(n) -->\n```math\nE := x^Tx\n```\n```\n$y = 2$\n```\n100 % of $x$\n"
    document = read_markdown_document(text, function_names())
    assert document.title == "A price"
    assert declared(document) == ["x : vector(n)"]
    assert defined(document) == ["E := x^T x"]
    assert unread(document) == []


def test_a_bare_formula_is_a_document() -> None:
    assert lines(read(r"\nabla_U f = 2U")) == ["d(f)/dU = 2 U"]


def test_a_gradient_of_nothing_is_that_of_what_was_defined_last() -> None:
    document = read(r"$$\xi(U,V) = \|U V^T\|^2$$ $$\nabla_\mathbf{U} = 2 U V^T V$$")
    assert lines(document) == ["d(xi)/dU = 2 U V^T V"]


@pytest.mark.parametrize(
    ("text", "place", "rest"),
    [
        (r"$$dE = \foo x \\ dF = 2 x$$", r"\foo", ["dE = ?", "dF = 2 x"]),
        (r"$$dE = (x \\ dF = 2 y$$", r"\\", ["dE = ?"]),
        (r"$$dE = \int x \qquad dF = y$$ $$dG = z$$", r"\int", ["dE = ?", "dF = y", "dG = z"]),
        (r"$$2\frac{\partial f}{\partial x}x = y$$ $$dG = z$$", r"\frac{\partial f}{\partial x}", ["dG = z"]),
        ("$$dG = z$$ and \\[ dF = ", r"\[", ["dG = z"]),
        (r"$X \in \mathbb{V}^{J \times K}$ $$dG = z$$", "", ["dG = z"]),
        ("% matcalc: x : vektor(n)\n$$dG = z$$", "vektor", ["dG = z"]),
        (r"\def\n#1{\foo #1} $$dE = \n{x}$$ $$dG = z$$", r"\n{x}", ["dE = ?", "dG = z"]),
    ],
)
def test_what_cannot_be_read_is_kept_with_its_place_and_the_rest_goes_on(
    text: str, place: str, rest: list[str]
) -> None:
    document = read(text)
    assert lines(document) == rest
    errors = unread(document)
    if place:
        assert place in [text[low:high] for error in errors for low, high in error.spans]
        assert all(error.source == text for error in errors)


@pytest.mark.parametrize(
    "text",
    [
        "$$ a = b $$ " * 50_000,
        "$a$ " * 10_000,
        r"\begin{align}" * 50_000,
        "$$" + "a = " * 1_000 + "b$$",
        r"\def\a{\a\a}$\a$" + " " * 400_000,
    ],
    ids=["long", "many formulas", "open", "many lines", "macros"],
)
def test_a_document_beyond_the_limits_is_refused(text: str) -> None:
    try:
        assert unread(read(text))
    except FormulaError as error:
        assert "at most" in error.message or "more than" in error.message


def test_the_pieces_of_a_text_have_their_places() -> None:
    text = r"a \$5 $x$ \(y\) \begin{align*}z\end{align*} % $no$"
    found = [(piece.kind, piece.text) for piece in pieces(text) if piece.kind != "prose"]
    assert found == [("inline", "x"), ("inline", "y"), ("display", "z")]
    assert all(text[piece.start :].startswith(piece.text) for piece in pieces(text))
