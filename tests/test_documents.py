"""Documents: how they are read, what the command makes of them, and what must be refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import matcalc
from matcalc.cli import main
from matcalc.read.derivatives import left_side
from matcalc.read.document import Ask, Check, Derivative, Unread
from matcalc.read.mc import read_document
from matcalc.read.syntax import Name

GOOD = """\
# Least squares
X : matrix(m, n)      y : vector(m)
r := X w - y          # the residual
E := r' r

derive dE/dw

check dE/dw = 2 X' r
check
  dE = 2 r' dr
     = 2 r' X dw
  dE/dw = 2 X' (X w
                - y)
"""
BAD = GOOD.replace("dE/dw = 2 X' r", "dE/dw = X' r")


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_document_has_its_statements_in_order() -> None:
    document = read_document(GOOD)
    assert [type(s).__name__ for s in document.statements] == [
        "Declaration", "Declaration", "Definition", "Definition", "Ask", "Check", "Check",
    ]  # fmt: skip
    assert document.title == "Least squares"


def test_spans_are_those_of_the_document() -> None:
    check = read_document(GOOD).statements[-1]
    assert isinstance(check, Check)
    assert [GOOD[slice(*line.span)] for line in check.lines[:2]] == ["dE = 2 r' dr", "= 2 r' X dw"]
    right = check.lines[1].right
    assert right is not None and GOOD[slice(*right.span)] == "2 r' X dw"


def test_a_line_goes_on_where_a_bracket_is_open_or_no_equals_sign_stands() -> None:
    (check,) = read_document("check\n  E = a\n      + b\n    = (a\n       + b)").statements
    assert isinstance(check, Check)
    assert len(check.lines) == 2 and not any(line.error for line in check.lines)


def test_a_bracket_that_stays_open_spoils_its_own_line_only() -> None:
    statements = read_document("check\n  E = (a\n    = b\ncheck F = c").statements
    first, second = (s for s in statements if isinstance(s, Check))
    assert [line.error is not None for line in first.lines] == [True, False]
    assert second.lines[0].error is None


def test_one_row_may_be_a_chain() -> None:
    (check,) = read_document("check f = sum(i=1..n, x[i]^2) = x' x").statements
    assert isinstance(check, Check)
    assert [line.left is None for line in check.lines] == [False, True]


@pytest.mark.parametrize(
    ("text", "of", "wrt", "order"),
    [
        ("dE/dU", "E", ["U"], 1),
        ("∂E/∂λ_u", "E", ["lambda_u"], 1),
        ("∇_U E", "E", ["U"], 1),
        ("∇_{\\theta} E", "E", ["theta"], 1),
        ("∇²_x f", "f", ["x", "x"], 2),
        ("∇E", "E", [], 1),
        ("d2E/dx2", "E", ["x", "x"], 2),
        ("d^2E/dx^2", "E", ["x", "x"], 2),
        ("∂²E/∂x∂y", "E", ["x", "y"], 2),
        ("d2E/dx dy", "E", ["x", "y"], 2),
    ],
)
def test_derivatives_are_read_in_every_spelling(text: str, of: str, wrt: list[str], order: int) -> None:
    found = left_side(text)
    assert isinstance(found, Derivative) and isinstance(found.of, Name)
    assert (found.of.text, [x.text for x in found.wrt if isinstance(x, Name)], found.order) == (of, wrt, order)


@pytest.mark.parametrize("text", ["dE", "dx / s", "delta", "A : B", "x' dx", "d(A B)"])
def test_other_left_sides_are_formulas(text: str) -> None:
    assert not isinstance(left_side(text), Derivative)


def test_a_declared_name_that_begins_with_d_is_no_differential() -> None:
    assert not isinstance(left_side("delta/dt", known={"delta", "dt"}), Derivative)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("check", "nothing stands after 'check'"),
        ("derive", "nothing stands after 'derive'"),
        ("derive E", "'derive' asks for derivatives"),
        ("U : matrx(I, K)", "there is no kind 'matrx'"),
        ("X := (U", "is never closed"),
        ("X Y := U", "a definition gives one name"),
        ("E = x", "a definition is written with ':='"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, words: str) -> None:
    found = [s for s in read_document("A : matrix(n, n)\n" + text).statements if isinstance(s, Unread)]
    assert len(found) == 1
    assert words in str(found[0].error)
    assert matcalc.check(text).status == 2


@pytest.mark.parametrize("text", ["check 2", "check = x", "check f = $x$", "check dE/dx ="])
def test_a_line_that_cannot_be_read_has_the_error(text: str) -> None:
    report = matcalc.check("E := x' x\n" + text)
    assert report.lines[0].error is not None
    assert report.status == 2


def test_a_document_that_is_too_long_is_refused() -> None:
    (found,) = read_document("x" * 1_000_001).statements
    assert isinstance(found, Unread)
    assert "at most" in str(found.error)


def test_deep_brackets_do_not_exhaust_the_stack() -> None:
    report = matcalc.check("f := x' x\ncheck f = " + "(" * 3000 + "x' x" + ")" * 3000)
    assert report.lines[0].is_right


def test_derive_is_a_word_only_where_nothing_is_declared_by_it() -> None:
    assert not any(isinstance(s, Ask) for s in read_document("derive : scalar\ncheck : scalar").statements)


# --- lines that must be refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("check df/dx = x   # wrong: factor", 0),
        ("check df/dx = x   # wrong", 0),
        ("check df/dx = x   # refused", 0),
        ("check df/dx = x   # wrong: sign", 1),
        ("check df/dx = x   # shapes do not fit", 1),
        ("check df/dx = 2 x   # wrong: factor", 1),
        ("check df/dx = 2 x'   # right in another convention: layout", 0),
        ("check df/dx = x x   # shapes do not fit", 0),
        ("check df/dx = x   # a slip, of course", 1),
        ("check df/dx = (x   # wrong", 2),
        ("check df/dx = 2 x   # fine", 0),
    ],
)
def test_a_refusal_that_its_author_expects_is_green_and_any_other_is_red(line: str, status: int) -> None:
    assert matcalc.check("x : vector(n)\nf := x' x\n" + line).status == status


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.mc"
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.mc"
    path.write_text(BAD, encoding="utf-8")
    return path


def test_the_exit_status_says_how_it_stands(good: Path, bad: Path, tmp_path: Path) -> None:
    unread = tmp_path / "unread.mc"
    unread.write_text("E := (x", encoding="utf-8")
    assert [main(["check", str(path)]) for path in (good, bad, unread)] == [0, 1, 2]
    assert main(["run", str(good), str(bad)]) == 1
    assert main(["check", str(tmp_path / "nowhere.mc")]) == 2


def test_run_answers_what_is_asked_and_check_does_not(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", str(good)])
    assert "dE/dw = 2 X' r" in capsys.readouterr().out.split("ok")[0]
    main(["check", str(good)])
    assert "dE/dw = 2 X' r" not in capsys.readouterr().out.split("ok")[0]


def test_what_is_wrong_is_shown_with_what_it_should_be(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(bad), "--color", "never"])
    out = capsys.readouterr().out
    assert "X  dE/dw = X' r   wrong: the factor 2 is missing" in out
    assert "should be  dE/dw = 2 X' r" in out
    assert out.endswith("4 lines: 3 proved, 1 wrong; the first that is not right is line 8\n")
    assert "\033" not in out


def test_the_json_has_everything(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", str(bad), "--json"])
    data = json.loads(capsys.readouterr().out)
    assert data["status"] == 1 and data["first_bad"] == 0
    line = data["lines"][0]
    assert (line["verdict"], line["cause"], line["correction"]) == ("wrong", "factor", "dE/dw = 2 X' r")
    assert data["answers"][0]["result"]["results"][0]["plain"] == "2 X' r"


def test_latex_marks_what_is_wrong_and_has_our_derivation_below(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(bad), "--latex"])
    out = capsys.readouterr().out
    assert r"\textcolor{red}{X^{\top} r}" in out
    assert r"\textcolor{blue}{2 X^{\top} r}" in out
    assert "The correct derivation:" in out
    assert out.count(r"\[") == out.count(r"\]") == 3


def test_fix_writes_a_new_file_that_is_right_and_never_over_an_old_one(bad: Path, tmp_path: Path) -> None:
    out = tmp_path / "fixed.mc"
    assert main(["check", str(bad), "--fix", str(out)]) == 1
    assert out.read_text(encoding="utf-8") == GOOD
    assert main(["check", str(out)]) == 0
    assert main(["check", str(bad), "--fix", str(out)]) == 2
    assert main(["check", str(bad), str(out), "--fix", str(tmp_path / "new.mc")]) == 2


def test_fix_leaves_what_is_marked_as_refused() -> None:
    from matcalc.report.repair import repaired

    text = "f := x' x\ncheck df/dx = x   # wrong: factor\n"
    assert repaired(matcalc.check(text)) == text


def test_a_question_that_cannot_be_answered_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "asks.mc"
    path.write_text("f := x' x\nderive df/dq", encoding="utf-8")
    assert main(["run", str(path)]) == 2
    assert "'q' is not a variable of the formula" in capsys.readouterr().out


def test_an_unknown_syntax_is_refused() -> None:
    with pytest.raises(matcalc.CallError, match="unknown syntax"):
        matcalc.check("f := x", syntax="word")


# --- LaTeX and Markdown -----------------------------------------------------------------------------------------------

TEX = r"""
\newcommand{\p}{\partial}
% matcalc: M : matrix(I, J), binary
Let $Y \in \mathbb{R}^{I \times J}$, $U \in \mathbb{R}^{I \times K}$, $V \in \mathbb{R}^{J \times K}$ and
$$\eqalign{ X &\doteq UV^T-Y \\ W &\doteq M\odot X }$$
\begin{align}
E &= W:W \\
dE &= 2W:dW \\
 &= 2W:(dU\,V^T+U\,dV^T) \\
 &= 2WV:dU + 2UW:dV^T \\
\frac{\p E}{\p U} &= (M\odot X)V
\end{align}
"""


def test_a_derivation_in_latex_is_checked_and_put_right(tmp_path: Path) -> None:
    path, out = tmp_path / "note.tex", tmp_path / "fixed.tex"
    path.write_text(TEX, encoding="utf-8")
    report = matcalc.check(TEX, syntax="latex")
    assert [(line.verdict, line.cause) for line in report.lines][-2:] == [
        ("shapes do not fit", "transpose"), ("wrong", "factor"),
    ]  # fmt: skip
    assert all(line.is_right for line in report.lines[:-2])
    assert main(["check", str(path), "--fix", str(out)]) == 1
    assert main(["check", str(out)]) == 0


def test_a_derivation_in_markdown_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text(
        "# A note\n\nLet $x \\in \\mathbb{R}^n$.\n\n$$\\frac{\\partial x^Tx}{\\partial x} = x$$\n", encoding="utf-8"
    )
    assert main(["check", str(path)]) == 1
    path.write_text(path.read_text(encoding="utf-8").replace("= x$$", "= 2x$$"), encoding="utf-8")
    assert main(["check", str(path)]) == 0


def test_steps_show_every_identity_and_our_derivation(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(bad), "--steps", "--color", "never"])
    out = capsys.readouterr().out
    assert "by         d(A : A) = 2 A : dA  square-rule" in out
    assert "the derivation" in out


MARKED = r"""
% matcalc: X : matrix(m, n); w : vector(n); y : vector(m)
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}
\begin{equation} E = \|Xw - y\|^2 \end{equation}
\begin{align}
dE &= 2 (Xw-y)^T X dw \\
\pd{E}{w} &= X^T(Xw - y)  % matcalc: wrong: factor
\end{align}
so that $\nabla_w E = 2 X (Xw - y)$ % matcalc: shapes do not fit
\[ \pd{E}{w}
  = 2 (Xw - y)^T
  X \] % matcalc: right in another convention: layout
"""


def test_comments_in_latex_say_what_must_be_refused() -> None:
    report = matcalc.check(MARKED, syntax="latex")
    assert [line.is_as_expected for line in report.lines] == [True] * 4
    assert [line.is_right for line in report.lines] == [True, False, False, False]
    assert report.status == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wrong: factor", "wrong: sign"),  # another cause
        ("matcalc: shapes do not fit", "matcalc: wrong"),  # another verdict
        ("X dw \\\\\n", "X dw \\\\ % matcalc: wrong\n"),  # a line that is right
        ("% matcalc: wrong: factor", ""),  # no mark
    ],
)
def test_any_other_refusal_in_latex_is_red(old: str, new: str) -> None:
    assert old in MARKED
    assert matcalc.check(MARKED.replace(old, new), syntax="latex").status == 1


@pytest.mark.parametrize(
    "claim",
    [
        "$$ \\nabla_x E = x $$ <!-- matcalc: wrong: factor -->",
        "$$ \\nabla_x E = x % matcalc: wrong: factor\n$$",
        "$$ \\nabla_x E\n= x $$\n<!-- matcalc: wrong: factor -->",
        "```math\n\\nabla_x E = x % matcalc: wrong: factor\n```",
    ],
)
def test_marks_of_refusal_in_markdown(claim: str) -> None:
    given = "Let $x \\in \\mathbb{R}^n$.\n\n$$E = x^Tx$$\n\n"
    assert matcalc.check(given + claim, syntax="markdown").status == 0
    assert matcalc.check(given + claim.replace("factor", "sign"), syntax="markdown").status == 1


def test_a_variable_that_is_named_like_a_mark_is_declared() -> None:
    report = matcalc.check("% matcalc: wrong : vector(n)\n$$ x = 2 $$", syntax="latex")
    assert [str(d) for d in report.declarations] == ["wrong : vector(n)"]


# --- what a paper says in passing ---------------------------------------------------------------------------------------


def test_what_is_said_in_passing_defines_what_nothing_else_does() -> None:
    text = r"""Let $A \in \mathbb{R}^{m \times n}$ and $b \in \mathbb{R}^m$. With $r = Ax - b$ and $p = \tanh(r)$ the error is
    $$ E = p^Tp $$ with $$ dE = 2 p^T dp = 2 (p \odot (1 - p \odot p))^T dr = 2 (p \odot (1 - p \odot p))^T A\,dx $$"""
    report = matcalc.check(text, syntax="latex")
    assert [d.name for d in report.definitions] == ["r", "p", "E"]
    assert [line.verdict for line in report.lines] == ["proved"] * 3


def test_a_value_that_a_paper_gives_to_a_variable_is_no_claim() -> None:
    given = r"Let $X \in \mathbb{R}^{m \times n}$, $y \in \mathbb{R}^m$, $w \in \mathbb{R}^n$, $E = \|Xw - y\|^2$. "
    inline = matcalc.check(given + r"$\nabla_w E = 2X^T(Xw - y)$ is 0 for $w = (X^TX)^{-1}X^Ty$.", syntax="latex")
    assert [line.verdict for line in inline.lines] == ["proved"]
    shown = matcalc.check(given + r"\[ w = (X^TX)^{-1}X^Ty \]", syntax="latex")
    assert [line.verdict for line in shown.lines] == ["undecided"]
    assert "w is a variable" in shown.lines[0].reason


def test_how_a_formula_is_read_that_could_be_meant_otherwise_is_said() -> None:
    report = matcalc.check(r"$X \in \mathbb{R}^{n \times n}$ \[ f = \operatorname{tr}(X \log X) \]", syntax="latex")
    assert report.notices == (r"\log X is taken entry by entry; the matrix logarithm is \operatorname{logm}",)
    assert r"\operatorname{logm}" in str(report.to_json()["notices"])
    assert not matcalc.check(r"\[ f = \operatorname{tr}(X \operatorname{logm}(X)) \]", syntax="latex").notices


def test_a_claim_that_rests_on_prose_is_undecided_and_names_what_is_missing() -> None:
    given = r"Let $A \in \mathbb{R}^{m \times n}$, $b \in \mathbb{R}^m$, $x \in \mathbb{R}^n$. \[ E = r^T r \] "
    (line,) = matcalc.check(given + r"\[ \nabla_x E = 2 A^T (Ax - b) \]", syntax="latex").lines
    assert line.verdict == "undecided"
    assert "r is declared nowhere; define r := …" in line.reason
    (line,) = matcalc.check(r"With $r = Ax - b$, " + given + r"\[ \nabla_x E = 2 A^T (Ax - b) \]", syntax="latex").lines
    assert line.verdict == "proved"


def test_steps_expand_a_claim_into_the_derivation_that_leads_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "claim.mc"
    path.write_text("E := norm(A x - b)^2\ncheck dE/dx = 2 A' (A x - b)\ncheck d2E/dx2 = 2 A' A\n", encoding="utf-8")
    assert main(["check", str(path), "--steps", "--color", "never"]) == 0
    out = capsys.readouterr().out
    assert out.count("the derivation") == 2
    assert "dE = 2 r : dr" in out and "= 2 A' r : dx" in out
    assert main(["check", str(path), "--color", "never"]) == 0
    assert "the derivation" not in capsys.readouterr().out
    (first, _) = matcalc.check(path.read_text(encoding="utf-8")).lines
    assert "norm-rule" in [i.name for i in first.by] or "square-rule" in [i.name for i in first.by]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("check\n  dE = " * 2_001 + "dE\n     = dE" * 2_000, "more than 4000 lines of derivations"),
        ("# " + "x" * 300_000, "300002 characters, and at most 300000"),
    ],
)
def test_a_document_that_is_too_long_is_not_begun(text: str, words: str) -> None:
    (problem,) = matcalc.check(text).problems
    assert words in str(problem)
    assert "split it" in str(problem)


IN_PASSING = r"""<!-- matcalc: Q: matrix(n,n), symmetric -->
Let $$\begin{align} f &= x_2^\intercal (\mathbf{I}_T\otimes \mathbf{Q})^{-1}x_2 \\
\frac{\partial f}{\partial Q} &= f(X) := \mbox{tr} \left( \left( X^T X - A \right)^T \left(X^T X - A \right) \right)
\end{align}$$ so that $ f(X) := \mbox{tr} \left( \left( X^T X - A \right)^T \left(X^T X - A \right) \right) $."""


def test_what_no_text_stands_for_needs_no_notice() -> None:
    assert "proved" not in {line.verdict for line in matcalc.check(IN_PASSING, "markdown").lines}
