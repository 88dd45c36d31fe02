"""The README: every block of Python and every command is run, and gives what stands beside or below it."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

import matcalc
from matcalc.rules import functions

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


class Block(NamedTuple):
    language: str
    text: str


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)]
PYTHON = [block.text for block in BLOCKS if block.language == "python"]
INDENTED = re.findall(r"(?<=\n\n)(?:    .*\n)+", re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL))
SET_UP = [block.text for block in BLOCKS if block.text.startswith("python3 -m venv")]


def commands() -> Iterator[tuple[str, str | None]]:
    """Every line of every shell block but the two that set up, with the output that stands below a block of one."""
    for block, after in zip(BLOCKS, [*BLOCKS[1:], Block("", "")], strict=True):
        if block.language == "sh" and block.text not in SET_UP:
            lines = block.text.splitlines()
            for line in lines:
                yield line, after.text if len(lines) == 1 and after.language == "text" else None
    for line in "".join(INDENTED).splitlines():
        if line.startswith("    matcalc ") and " serve " not in line:  # tests/test_www.py starts the page
            yield line.strip(), None


def indented(first: str) -> str:
    """The indented block that begins so, without what is said beside its lines."""
    block = next(block for block in INDENTED if block.lstrip().startswith(first))
    return re.sub(r"(?<=\S) {3,}[a-z][a-z ;,']*$", "", textwrap.dedent(block), flags=re.MULTILINE)


def shell(command: str, folder: Path, **environment: str) -> str:
    """What a command prints, where ``matcalc`` is the one of this checkout."""
    script = folder / "matcalc"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m matcalc "$@"\n')
    script.chmod(0o755)
    paths = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env={**os.environ, **paths, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def expected(code: str) -> str:
    """What the comments beside and below the lines that print say."""
    lines = code.splitlines()
    out = []
    for k, line in enumerate(lines):
        if beside := re.match(r"\s*print\(.*\)  # (.*)$", line):
            out.append(beside[1])
        elif re.match(r"# ", line) and (lines[k - 1].startswith("# ") or "print(" in lines[k - 1]):
            out.append(line[2:])
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: code.splitlines()[2][:40])
def test_a_block_of_python_prints_what_its_comments_say(code: str) -> None:
    known = dict(functions._records)
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), {})
    finally:
        functions._records.clear()
        functions._records.update(known)
    assert printed.getvalue() == expected(code)


@pytest.mark.parametrize(("command", "output"), list(commands()), ids=lambda text: text and text[:40])
def test_a_command_prints_what_stands_below_it(command: str, output: str | None, tmp_path: Path) -> None:
    if "--picture" in command:
        pytest.importorskip("ziamath")
    printed = shell(command, tmp_path)
    (written,) = re.findall(r"--(?:picture|tex) (\S+)", command) or [None]
    assert printed if written is None else (tmp_path / written).stat().st_size > 300
    assert output is None or printed == output


def test_the_first_command_gives_the_first_derivation(tmp_path: Path) -> None:
    command = SET_UP[0].partition(".venv/bin/pip install --quiet . && \\\n  .venv/bin/")[2].strip()
    on_a_terminal = shell(command + " --color always", tmp_path, COLUMNS="100", PYTHONUTF8="1")
    shown = next(block.text for block in BLOCKS if block.language == "text")
    assert re.sub(r"\033\[[0-9;]*m", "", on_a_terminal) == shown
    typeset = next(block.text for block in BLOCKS if block.language == "math")
    assert shell(command + " --latex", tmp_path) == typeset


def test_the_declarations_can_be_declared() -> None:
    declared = [text for line in indented("U : ").splitlines() for text in re.split(r" {3,}", line) if text]
    assert len(declared) == 8
    result = matcalc.derive("norm(M .* (U ones(K, J)))^2 + x' x + norm(A)^2", "U", declare=declared)
    assert [str(d) for d in result.declarations if d.name == "M"] == ["M : matrix(I, J), binary"]
    with pytest.raises(matcalc.FormulaError):
        matcalc.derive("x' x", "x", declare=["U : matrix(I K)"])


def test_the_document_is_answered_and_its_verdicts_are_those_that_it_expects() -> None:
    text = indented("# Masked")
    report = matcalc.check(text)
    assert report.status == 0
    assert [line.verdict for line in report.lines] == ["proved", "proved", "proved", "wrong"]
    assert matcalc.check(text.replace("# wrong: factor", "")).status == 1


def test_what_is_run_as_a_module_is_there_with_its_options() -> None:
    named = re.findall(r"python (?:-m tests\.(\w+)|tests/(\w+)\.py)((?: --?\w+(?: [A-Z]+)?)*)", README)
    assert len(named) > 10
    for module, script, options in named:
        source = (ROOT / "tests" / f"{module or script}.py").read_text(encoding="utf-8")
        assert "__main__" in source
        assert all(f'"{option}"' in source for option in re.findall(r"--\w+", options))


def test_the_second_command_is_what_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"grep -m 1 '(.*?)' README\.md", ci)
    assert pattern
    assert re.findall(pattern[1], README, re.MULTILINE) == [SET_UP[1].strip()]


def test_every_property_is_named() -> None:
    from matcalc.read.declared import PROPERTIES

    supported = set(PROPERTIES) - {"hermitian", "unitary"}  # of complex matrices
    assert {word for word in supported if f"`{word}`" not in README} == set()
