"""The command: what it prints where, its exit status, and what it says to bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from matcalc import __version__
from matcalc.cli import main
from matcalc.cli.terminal import Look
from matcalc.rules import functions, identities

ROOT = Path(__file__).resolve().parent.parent
FACTORISATION = [
    "derive", "norm(W)^2 + lambda_u norm(U)^2 + lambda_v norm(V)^2", "--wrt", "U", "--wrt", "V",
    "--let", "M : matrix(I, J), binary", "--define", "X := U V' - Y", "--define", "W := M .* X",
]  # fmt: skip
RESIDUAL = ["derive", "norm(X w - y)^2", "--wrt", "w"]


class Said:
    """What a command said, and its exit status."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.status = 0
        self.out = self.err = ""

    def __call__(self, *argv: str) -> Said:
        self.status = main(argv)
        self.out, self.err = self.capsys.readouterr()
        return self


@pytest.fixture
def matcalc(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    for name in ("COLUMNS", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return Said(capsys)


def process(*argv: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "matcalc", *argv], input=stdin, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


# --- what it prints -------------------------------------------------------------------------------------------------


def test_a_gradient_is_printed_with_what_was_inferred_and_its_layout(matcalc: Said) -> None:
    lines = matcalc(*RESIDUAL).out.splitlines()
    assert "dE/dw = 2 X' (X w - y)" in lines
    assert "inferred  X : matrix(m, n)" in lines
    assert "layout    the gradient has the shape of the variable: dF = G : dX" in lines
    assert matcalc.out.isascii()
    assert (matcalc.status, matcalc.err) == (0, "")


def test_several_variables_have_a_line_each(matcalc: Said) -> None:
    assert matcalc(*FACTORISATION, "--plain").out == "2 (W V + lambda_u U)\n2 (W' U + lambda_v V)\n"
    lines = matcalc(*FACTORISATION).out.splitlines()
    assert lines[-4:-2] == ["dE/dU = 2 (W V + lambda_u U)", "dE/dV = 2 (W' U + lambda_v V)"]
    assert "declared  M : matrix(I, J), binary" in lines
    assert "inferred  U : matrix(I, n)" in lines


def test_latex_is_seen_by_its_commands_and_that_is_said(matcalc: Said) -> None:
    assert matcalc("derive", r"\|\mathbf{X}w - y\|^2", "--wrt", "w", "--plain").out == "2 X' (X w - y)\n"
    assert "read as LaTeX" in matcalc.err
    assert matcalc("derive", "UV'x", "--wrt", "x", "--from", "latex", "--plain").out == "U V'\n"
    assert matcalc.err == ""
    assert matcalc("derive", r"\|x\|^2", "--wrt", "x", "--from", "plain").status == 1


def test_variables_may_be_separated_by_commas(matcalc: Said) -> None:
    assert matcalc("derive", "x' y", "--wrt", "x, y", "--plain").out == "y\nx\n"


def test_steps_have_their_identity_beside_them(matcalc: Said) -> None:
    lines = matcalc(*FACTORISATION, "--steps").out.splitlines()
    (line,) = [line for line in lines if "M .* M = M" in line]
    assert " ".join(line.split()) == "= 2 W : dX + 2 lambda_u U : dU + 2 lambda_v V : dV M .* M = M binary"
    assert lines[0] == "X  = U V' - Y"
    assert matcalc.out.isascii()


def test_a_reason_goes_below_a_line_that_leaves_no_room(matcalc: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    lines = matcalc(*FACTORISATION, "--steps").out.splitlines()
    assert [line.strip() for line in lines].count("M .* M = M") == 1
    assert max(map(len, lines)) <= 72


def test_the_terminal_has_letters_colours_and_a_box(matcalc: Said) -> None:
    out = matcalc(*FACTORISATION, "--steps", "--color", "always").out
    assert "\033[1m∂E/∂V = 2 (Wᵀ U + λᵥ V)\033[0m" in out
    assert "╭──" in out
    assert "A : (B C) = (A Cᵀ) : B" in out


def test_color_never_and_no_color_have_none(matcalc: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\033" not in matcalc(*RESIDUAL, "--color", "never").out

    class Terminal:
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

        def fileno(self) -> int:
            raise OSError

    assert Look.of(Terminal()) == (True, True, 120)  # type: ignore[arg-type]
    monkeypatch.setenv("NO_COLOR", "1")
    assert Look.of(Terminal()) == (True, False, 120)  # type: ignore[arg-type]
    assert Look.of(Terminal(), "always").colour  # type: ignore[arg-type]


def test_a_terminal_without_such_letters_gets_plain_text() -> None:
    done = process(*RESIDUAL, "--color", "always", PYTHONIOENCODING="ascii")
    assert b"dE/dw = 2 X' (X w - y)" in done.stdout
    assert done.returncode == 0


def test_latex_is_the_result_or_the_whole_derivation(matcalc: Said) -> None:
    assert matcalc(*RESIDUAL, "--latex").out == "\\frac{\\partial E}{\\partial w} = 2 X^{\\top} (X w - y)\n"
    assert matcalc(*RESIDUAL, "--latex", "--steps").out.startswith("\\begin{aligned}\n")
    assert "\\textcolor" in matcalc(*RESIDUAL, "--latex", "--steps", "--coloured").out


def test_what_a_document_lacks_is_said_also_where_latex_is_asked_for(matcalc: Said, tmp_path: Path) -> None:
    (tmp_path / "here.tex").write_text("# no formula")
    said = matcalc("run", str(tmp_path / "here.tex"), "--latex")
    assert said.status == 2
    assert said.err.startswith("error: line 1: '#' has no meaning here")


def test_json_has_everything(matcalc: Said) -> None:
    data = json.loads(matcalc(*FACTORISATION, "--json", "--steps").out)
    assert [result["plain"] for result in data["results"]] == ["2 (W V + lambda_u U)", "2 (W' U + lambda_v V)"]
    assert data["inferred"] == ["U", "V", "Y", "lambda_u", "lambda_v"]
    assert all(step["verified"] and step["identities"] for step in data["steps"])
    assert matcalc.out.isascii()


def test_code_is_a_function_that_runs(matcalc: Said) -> None:
    scope: dict[str, object] = {}
    exec(matcalc(*RESIDUAL, "--code", "numpy").out, scope)
    gradient = scope["gradient"]
    assert callable(gradient)
    assert list(gradient(X=[[1, 0], [0, 1]], w=[1, 2], y=[0, 1])) == [2, 2]


def test_a_bare_result_leaves_conditions_and_notices_to_standard_error(matcalc: Said) -> None:
    said = matcalc("derive", "logdet(A) + norm2(A)", "--wrt", "A", "--plain")
    assert said.out.count("\n") == 1
    assert "holds where A is invertible\n" in said.err
    assert "note: norm2(A) is the largest singular value" in said.err


def test_a_jacobian_and_a_hessian_say_what_they_are(matcalc: Said) -> None:
    assert "dF/dx = A\n" in matcalc("derive", "A x", "--wrt", "x").out
    assert "d2E/dx2 = A + A'\n" in matcalc("derive", "x' A x", "--wrt", "x", "--order", "2").out


# --- how it is called -------------------------------------------------------------------------------------------------


def test_a_formula_may_begin_with_a_minus(matcalc: Said) -> None:
    assert matcalc("derive", "-h' h", "--wrt", "h", "--plain").out == "-2 h\n"
    assert matcalc("derive", "--wrt", "h", "--plain", "--", "-h' h").out == "-2 h\n"


def test_a_formula_may_come_from_standard_input() -> None:
    done = process("derive", "-", "--wrt", "λ_u", "--plain", stdin="λ_u x' x\n".encode(), LC_ALL="C", PYTHONUTF8="0")
    assert (done.stdout, done.returncode) == (b"x' x\n", 0)


def test_a_formula_is_utf_8_in_every_locale() -> None:
    done = process("derive", "λ_u x' x", "--wrt", "x", "--plain", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 0
    assert done.stdout in ("2 λ_u x\n".encode(), b"2 \\u03bb_u x\n")


def test_help_has_examples_that_work(matcalc: Said) -> None:
    for command in ("derive", "rules"):
        said = matcalc(command, "--help")
        assert said.status == 0
        assert f"examples:\n  matcalc {command}" in said.out
    assert matcalc("--help").status == 0
    assert matcalc("--version").out == f"matcalc {__version__}\n"
    assert "examples:" in matcalc().err
    assert matcalc.status == 2


def test_nobody_reading_is_no_fault() -> None:
    command = f"{sys.executable} -m matcalc rules | head -1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")
def test_a_full_disk_is_said() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "matcalc", "rules"], stdout=full, stderr=subprocess.PIPE, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: the result cannot be written: ")
    assert done.stderr.count(b"\n") == 1


def test_an_interrupt_is_quiet(matcalc: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("matcalc.api.derive", interrupted)
    assert (matcalc(*RESIDUAL).status, matcalc.err) == (130, "")


@pytest.mark.parametrize("fault", [ZeroDivisionError("a fault"), RecursionError()])
def test_a_fault_of_ours_is_no_traceback(matcalc: Said, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def failed(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("matcalc.api.derive", failed)
    said = matcalc(*RESIDUAL)
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("error: ")
    assert "Traceback" not in said.err


# --- bad input --------------------------------------------------------------------------------------------------------

FORMULAS = {  # what is at fault, the arguments, and words of the message: its place and its remedy
    "an unknown function": (["trc(A)", "--wrt", "A"], ["unknown function 'trc'", "\n  ^^^\n", "did you mean tr?"]),
    "shapes that do not fit": (
        ["norm(A x + B y)^2", "--wrt", "x", "--let", "A : matrix(m, n); B : matrix(p, n)"],
        ["A x is a vector of size m", "B y is a vector of size p", "^^^   ^^^"],
    ),
    "a missing bracket": (["tr((A X", "--wrt", "X"], ["never closed", "^", "expected ')'"]),
    "a bracket too many": (["tr(A X))", "--wrt", "X"], ["closes nothing", "^"]),
    "a chain of Frobenius products": (["A : B : C", "--wrt", "A"], ["does not associate", "^   ^", "write brackets"]),
    "an empty formula": (["", "--wrt", "x"], ["there is no formula", "type one"]),
    "spaces only": (["  ", "--wrt", "x"], ["there is no formula", "type one"]),
    "a Hessian of a vector": (
        ["A x", "--wrt", "x", "--order", "2"],
        ["a Hessian needs a scalar", "^^^", "make it a scalar"],
    ),
    "a division by a matrix": (
        ["A / B", "--wrt", "A", "--let", "B : matrix(n, n)"],
        ["only a scalar can divide", "^", "A inv(B) or A ./ B"],
    ),
    "a huge number": (["2^(10^100) x' x", "--wrt", "x"], ["too large", "^^^^"]),
    "an unknown kind": (
        ["x' x", "--wrt", "x", "--let", "x : vectr(n)"],
        ["no kind 'vectr'", "^^^^^", "did you mean vector?"],
    ),
    "an unknown property": (
        ["x' x", "--wrt", "x", "--let", "A : matrix(n, n), spdd"],
        ["no property 'spdd'", "^^^^", "did you mean spd?"],
    ),
    "a property of another shape": (
        ["x' x", "--wrt", "x", "--let", "x : vector(n), spd"],
        ["only a square matrix is spd", "^^^"],
    ),
    "a size of nothing": (["x' x", "--wrt", "x", "--let", "x : vector(0)"], ["a size is at least 1", "^"]),
    "nonsense": (["x' x", "--wrt", "x", "--let", "!!"], ["'!' has no meaning here", "^"]),
    "no declaration": (["x' x", "--wrt", "x", "--let", "x"], ["not declared as anything", "^", "a declaration is"]),
    "two declarations of a name": (
        ["x' x", "--wrt", "x", "--let", "x : scalar", "--let", "x : vector(n)"],
        ["declared twice", "^"],
    ),
    "a definition with =": (["x' x", "--wrt", "x", "--define", "X = A"], ["written with ':='", "^", "write X :="]),
    "what is not supported": (["prod(i=2..n, x[i])", "--wrt", "x"], ["not supported yet", "^"]),
    "an unknown command of LaTeX": ([r"\foo{x}^T x", "--wrt", "x"], [r"'\foo' is not known", "^^^^", r"\newcommand"]),
}
CALLS = {
    "an undeclared variable": (
        ["derive", "tr(A X)", "--wrt", "Z"],
        ["'Z' is not a variable of the formula", "it has A, X"],
    ),
    "a definition": (
        ["derive", "X' x", "--wrt", "X", "--define", "X := A"],
        ["X is a definition", "differentiate by one of the variables"],
    ),
    "a constant": (["derive", "x' x", "--wrt", "x", "--declare", "x : vector(n), constant"], ["declared constant"]),
    "no variable": (["derive", "tr(A X)"], ["--wrt NAME", "A, X"]),
    "an empty variable": (["derive", "tr(A X)", "--wrt", " , "], ["--wrt NAME", "A, X"]),
    "no formula": (["derive", "--wrt", "x"], ["FORMULA", "matcalc derive --help"]),
    "an option without its value": (["derive", "x", "--wrt"], ["--wrt", "matcalc derive --help"]),
    "an unknown option": (["derive", "x' x", "--wrt", "x", "--stps"], ["--stps", "did you mean --steps?"]),
    "an option that is like none": (["derive", "x' x", "-z"], ["'-z'", "see matcalc derive --help"]),
    "a declaration without --let": (
        ["derive", "x' x", "--wrt", "x", "x : vector(n)"],
        ["nothing is known of 'x : vector(n)'", "--let 'x : vector(n)'"],
    ),
    "an unknown command": (["derivate"], ["derivate", "did you mean matcalc derive?"]),
    "no command": (["tr(A' X)", "--wrt", "X"], ["a formula stands after derive"]),
    "an unknown target": (["derive", "x' x", "--wrt", "x", "--code", "fortran"], ["fortran", "numpy"]),
    "two outputs": (["derive", "x' x", "--wrt", "x", "--latex", "--json"], ["--json", "--latex"]),
    "colours without LaTeX": (["derive", "x' x", "--wrt", "x", "--coloured"], ["--latex", "--steps"]),
    "an unknown rule": (["rules", "logdte"], ["'logdte'", "did you mean logdet"]),
    "a name and a list": (["rules", "tr", "--identities"], ["--identities lists all"]),
}


@pytest.mark.parametrize("what", FORMULAS)
def test_a_formula_at_fault_is_one_message_with_its_place_and_status_1(matcalc: Said, what: str) -> None:
    argv, words = FORMULAS[what]
    _refused(matcalc("derive", *argv), 1, words)


@pytest.mark.parametrize("what", CALLS)
def test_a_call_at_fault_is_one_message_with_its_remedy_and_status_2(matcalc: Said, what: str) -> None:
    argv, words = CALLS[what]
    _refused(matcalc(*argv), 2, words)


def _refused(said: Said, status: int, words: list[str]) -> None:
    assert (said.status, said.out) == (status, "")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") <= 5
    assert [word for word in words if word not in said.err] == []


def test_ten_thousand_brackets_are_read_and_one_too_few_is_found(matcalc: Said) -> None:
    depth = 10_000
    assert matcalc("derive", "(" * depth + "x" + ")" * depth, "--wrt", "x", "--plain").out == "eye(n)\n"
    said = matcalc("derive", "(" * depth + "x" + ")" * (depth - 1), "--wrt", "x", "--plain")
    assert said.status == 1
    assert "never closed" in said.err
    assert max(map(len, said.err.splitlines())) < 120


def test_what_is_no_text_is_refused() -> None:
    done = process("derive", "-", "--wrt", "x", stdin=b"\xff\xfe")
    assert (done.returncode, done.stderr) == (1, b"error: standard input is not UTF-8 text\n")


# --- rules ------------------------------------------------------------------------------------------------------------


def test_rules_lists_every_function_with_its_rule_and_source(matcalc: Said) -> None:
    out = matcalc("rules").out
    assert all(record.name in out and record.gives in out and record.source in out for record in functions.records())
    assert "logdet(X)        X : matrix(n, n), invertible -> scalar\n" in out
    assert "dY = inv(X)' : dX" in out


def test_rules_lists_every_identity(matcalc: Said) -> None:
    out = matcalc("rules", "--identities").out
    assert len(out.splitlines()) == len(identities.every())
    assert "hadamard-frobenius" in out


def test_a_name_is_shown_in_full(matcalc: Said) -> None:
    out = matcalc("rules", "logdet").out
    words = ["X : matrix(n, n), invertible", "scalar", "dY = inv(X)' : dX", "X is invertible", "Matrix Cookbook (43)"]
    assert all(word in out for word in [*words, "np.linalg.slogdet(X)"])
    assert matcalc("rules", "sum").out.count("takes") == 3
    assert "C : (A .* B) = (C .* A) : B" in matcalc("rules", "hadamard-frobenius").out
    assert "dY = " in matcalc("rules", "erfi").out  # SymPy's


def test_rules_are_data(matcalc: Said) -> None:
    (record,) = json.loads(matcalc("rules", "logdet", "--json").out)
    assert (record["rule"], record["domain"]) == ("dY = inv(X)' : dX", [None, None])
    assert len(json.loads(matcalc("rules", "--json").out)) == len(functions.records())
    assert json.loads(matcalc("rules", "binary", "--json").out)[0]["statement"] == "M ⊙ M = M"
