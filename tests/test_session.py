"""The session: what it keeps, what it tells, and the terminal's side of it in a real terminal."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import matcalc
from matcalc.cli import progress
from matcalc.cli.session import COMMANDS, Session
from matcalc.cli.terminal import Look

ROOT = Path(__file__).resolve().parent.parent
PLAIN = Look(pretty=False, colour=False, width=100)


@pytest.fixture
def session() -> Session:
    return Session(PLAIN)


def told(session: Session, *lines: str) -> list[str]:
    """What is told about the last line."""
    for line in lines[:-1]:
        list(session.answer(line))
    return list(session.answer(lines[-1]))


def test_a_formula_is_read_and_differentiated(session: Session) -> None:
    assert told(session, "norm(X w - y)^2") == ["scalar, of X : matrix(m, n); w : vector(n); y : vector(m)"]
    assert told(session, "by w") == ["dE/dw = 2 X' (X w - y)"]
    assert told(session, "by X, w") == str(matcalc.derive("norm(X w - y)^2", ("X", "w"))).splitlines()
    assert told(session, "hessian w") == ["d2E/dw2 = 2 X' X"]


def test_a_formula_in_latex_is_read_too(session: Session) -> None:
    told(session, r"\lVert X w - y \rVert^2")
    assert told(session, "by w") == ["dE/dw = 2 X' (X w - y)"]
    assert told(session, "check dE/dw = 2 X' (X w - y)")[-1].startswith("1 line: 1 proved")


def test_declarations_and_definitions_are_kept_and_replaced(session: Session) -> None:
    told(session, "S : matrix(n, n), symmetric", "Z := S x", "x' Z")
    assert told(session, "by x") == ["dE/dx = 2 Z"]
    told(session, "S : matrix(n, n)", "x' Z", "by x")
    assert str(session.result) == str(matcalc.derive("x' Z", "x", ["Z := S x"]))
    told(session, "forget Z")
    assert session.kept == {"S": "S : matrix(n, n)"}


def test_steps_latex_and_code_are_of_the_last_result(session: Session) -> None:
    told(session, "norm(X w - y)^2", "by w")
    result = matcalc.derive("norm(X w - y)^2", "w")
    assert told(session, "latex") == [result.latex()]
    assert told(session, "latex steps") == [result.latex(steps=True)]
    assert told(session, "code numpy") == [result.function("numpy").source.rstrip("\n")]
    assert len(told(session, "steps")) == len(result.lines())


def test_claims_are_checked_and_documents_asks_answered(session: Session) -> None:
    told(session, "A : matrix(n, n)", "x' A x")
    right, wrong = told(session, "check dE/dx = (A + A') x"), told(session, "check dE/dx = 2 A x")
    assert right[-1].startswith("1 line: 1 proved")
    assert any("wrong" in line for line in wrong)
    assert wrong[-1].endswith("line 1")  # of what was typed
    assert any("dE/dx = (A + A') x" in line or "(A' + A) x" in line for line in told(session, "derive dE/dx"))
    assert session.result is not None and session.result.wrt == ("x",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["steps"], "no derivative yet"),
        (["by w"], "type a formula first"),
        (["trc(A)"], "did you mean tr"),
        (["norm(x)", "by q"], "'q' is not a variable"),
        (["A : matrix(2, 2), symetric"], "symmetric"),
        (["X := trc(A)"], "trc"),
        (["forget Q"], "nothing is kept of 'Q'"),
        (["rules nothing_such"], "no function or identity"),
        (["x' x", "by x", "latex all"], "latex steps"),
        (["x' x", "by x", "code fortran"], "fortran"),
    ],
)
def test_a_line_at_fault_says_what_is_wrong(session: Session, lines: list[str], message: str) -> None:
    with pytest.raises(matcalc.MatcalcError, match=re.escape(message)):
        told(session, *lines)


def test_a_line_at_fault_changes_nothing(session: Session) -> None:
    told(session, "x' A x", "by x")
    for line in ("trc(A)", "X := trc(A)", "A : matrix(n, n), symetric"):
        with pytest.raises(matcalc.MatcalcError):
            told(session, line)
    assert session.formula == "x' A x"
    assert session.kept == {}
    assert told(session, "latex")


def test_a_name_of_a_command_may_be_declared(session: Session) -> None:
    told(session, "by : vector(n)")
    assert session.kept == {"by": "by : vector(n)"}


def test_names_functions_and_commands_are_completed(session: Session) -> None:
    told(session, "Sigma_1 : matrix(n, n), spd", "logdet(Sigma_1) + theta' theta")
    assert session.completions("Sigma") == ["Sigma_1"]
    assert session.completions("thet") == ["theta"]
    assert "logsumexp" in session.completions("log")
    assert session.completions("hess") == ["hessian"]


def test_help_has_every_command(session: Session) -> None:
    lines = told(session, "help")
    assert all(any(line.startswith(command.usage) for line in lines) for command in COMMANDS.values())


# --- progress ---------------------------------------------------------------------------------------------------------


class Written(io.StringIO):
    """A standard error that is a terminal, or is none."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


def told_of(monkeypatch: pytest.MonkeyPatch, seconds: float, is_terminal: bool = True) -> str:
    """What progress writes of work that takes this long."""
    written = Written(is_terminal)
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    with progress.Progress("checking a.mc") as told:
        told.tell(3, 17)
        time.sleep(seconds)
    return written.getvalue()


def test_long_work_says_how_far_it_is_and_erases_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = told_of(monkeypatch, 0.5)
    assert "checking a.mc 3 of 17, 0 s" in said
    assert said.endswith(progress.ERASE) and "\n" not in said


def test_short_work_and_what_is_no_terminal_are_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_of(monkeypatch, 0) == ""
    assert told_of(monkeypatch, 0.3, is_terminal=False) == ""


# --- in a terminal ----------------------------------------------------------------------------------------------------


class Terminal:
    """A session in a terminal of its own."""

    def __init__(self, home: Path) -> None:
        import pty

        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            environment = {
                **os.environ,
                "XDG_STATE_HOME": str(home),
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm",
                "NO_COLOR": "1",
            }
            os.execve(sys.executable, [sys.executable, "-P", "-m", "matcalc"], environment)
        self.seen = ""

    def until(self, text: str, seconds: float = 30) -> str:
        """What is printed up to a text, which has to come."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            ready, _, _ = select.select([self.file], [], [], max(0, end - time.monotonic()))
            assert ready, f"{text!r} did not come after {self.seen!r}"
            self.seen += os.read(self.file, 4096).decode(errors="replace")
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def send(self, text: str) -> None:
        os.write(self.file, text.encode())

    def status(self, seconds: float = 30) -> int:
        """How it ended, which it has to do."""
        end = time.monotonic() + seconds
        while not (found := os.waitpid(self.pid, os.WNOHANG))[0]:
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise AssertionError("the session did not end")
            time.sleep(0.01)
        return os.waitstatus_to_exitcode(found[1])


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    pytest.importorskip("pty")
    pytest.importorskip("readline")
    found = Terminal(tmp_path)
    found.until("matcalc> ")
    yield found
    os.close(found.file)


def test_a_terminal_derives_completes_and_keeps_its_history(terminal: Terminal, tmp_path: Path) -> None:
    terminal.send("norm(X w - y)^2\n")
    terminal.until("w : vector(n)")
    terminal.until("matcalc> ")
    terminal.send("by w\n")
    terminal.until("∂E/∂w = 2 Xᵀ (X w - y)")
    terminal.until("matcalc> ")
    terminal.send("logsu\t")
    terminal.until("logsumexp")
    terminal.send("(z)\n")
    terminal.until("z : vector(n)")
    terminal.until("matcalc> ")  # Ctrl-D means nothing to a terminal that nobody reads
    terminal.send("\x04")
    assert terminal.status() == 0
    assert "norm(X w - y)^2" in (tmp_path / "matcalc" / "history").read_text()


def test_ctrl_c_ends_the_work_and_not_the_session(terminal: Terminal) -> None:
    terminal.send("half a line")
    terminal.until("half a line")
    time.sleep(0.2)  # it waits for more
    terminal.send("\x03")
    terminal.until("matcalc> ")
    terminal.send("sum(" + "exp(-" * 2000 + "x" + ")" * 2001 + "\n")
    terminal.until("scalar, of")
    terminal.until("matcalc> ")
    terminal.send("by x\n")
    terminal.until("working, 1 s")
    terminal.send("\x03")
    assert "\r\x1b[K" in terminal.until("ended").rpartition(" s")[2]
    terminal.until("matcalc> ")
    terminal.send("x' x\nby x\ncode numpy\n")
    assert "\nimport numpy" in terminal.until("def gradient(x):")  # not indented: it can be copied
    terminal.send("trc(A)\n")
    terminal.until("did you mean tr?")
    terminal.send("quit\n")
    assert terminal.status() == 0
