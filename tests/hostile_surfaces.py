"""What a hostile text is given to, and what must come of it: a result that reads back, or one clear error with its place.

>>> from random import Random
>>> SURFACES["python"].give(Text("norm(X w - y)^2", (), "w"), Random(0), "plain")
'right'
>>> SURFACES["python"].give(Text("trc(A)", (), "A"), Random(0), "plain")
"refused: unknown function 'trc'"
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random
from typing import NamedTuple

from hostile_texts import NAMES, NUMBERS, Text, words

import matcalc
from matcalc.cli import main
from matcalc.cli.session import COMMANDS, Session
from matcalc.cli.terminal import Look
from matcalc.errors import CallError, FormulaError, MatcalcError
from matcalc.expr import Symbol
from matcalc.report.repair import repaired
from matcalc.steps.understand import understand
from matcalc.www.answers import ANSWERS, answer

MOST_LINES = 6  # of an error
WIDEST = 400  # letters of a line of one; the excerpt is cut to 100
HUGE = 20_000  # letters of a result that is written in one spelling only
TOO_LARGE = (
    r"is not supported|has more than 1000 digits|too large to be kept|characters, and at most"  # A^500, 2 10^1000
)
SPELLINGS = {"mc": "plain", "tex": "latex", "md": "markdown"}
PLAIN = Look(pretty=False, colour=False, width=100)


class Fault(Exception):
    """What came and must not, in a word, with details."""

    def __init__(self, kind: str, details: object = "") -> None:
        super().__init__(f"{kind}: {details}")
        self.kind = kind


def refused(error: MatcalcError) -> str:
    """The first line of an error that is fit to be read, else a Fault."""
    _clear(str(error))
    if isinstance(error, FormulaError) and error.source:
        for low, high in error.spans:
            if not 0 <= low <= high <= len(error.source):
                raise Fault("place", f"{error.spans} of {len(error.source)} characters: {error.message}")
    return "refused: " + str(error).split("\n")[0]


def _clear(message: str) -> None:
    """A message for a person: short, with nothing that a terminal would obey."""
    lines = message.split("\n")
    if not message.strip() or len(lines) > MOST_LINES or max(map(len, lines)) > WIDEST:
        raise Fault("message", f"{len(lines)} lines, the longest has {max(map(len, lines))} letters: {message[:300]!r}")
    _printable(message)
    for word in ("Traceback", "object at 0x", "fault of matcalc"):
        if word in message:
            raise Fault("message", message[:500])


def _printable(text: str) -> None:
    found = {letter for letter in text if not letter.isprintable() and letter != "\n"}
    if found:
        raise Fault("control letters", f"{sorted(found)!r} in {text[:300]!r}")


# --- from Python ------------------------------------------------------------------------------------------------------


def _python(text: Text, rng: Random, spelling: str) -> str:
    """Derived, written in every spelling and read back; sometimes its steps, sometimes its functions."""
    try:
        understood = understand(text.text, text.declare, spelling)
        variables = [name for name, node in understood.names.items() if isinstance(node, Symbol)]
        wrt = text.wrt if text.wrt in variables or not variables or rng.random() < 0.1 else rng.choice(variables)
        order = rng.choice((1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 0, 10**9))
        result = matcalc.derive(text.text, wrt, text.declare, spelling, order)
        written = str(result)
    except MatcalcError as error:
        return refused(error)
    _printable(written)
    if len(written) > HUGE:
        return "right, and huge"
    for part in (*(value.unicode() for value in result.values), result.latex(), result.mathml(), *result.notices):
        _printable(part)
    try:
        value = result.value.expanded() if any(":=" in each for each in text.declare) else result.value
        matcalc.parse(str(value), declare=[str(declaration) for declaration in result.declarations])
    except MatcalcError as error:
        if not re.search(TOO_LARGE, str(error)):
            raise Fault("read back", f"{result.value}: {error}") from error
    more = rng.randrange(8)
    try:
        if more == 0:
            return (
                "right"
                if result.latex(steps=True) and all(step.verified for step in result.steps)
                else "right, steps not verified"
            )
        if more == 1:
            for gives in ("result", "value", "hvp"):
                result.function("numpy", gives)
        if more == 2:
            [str(form) for form in result.forms()]
    except MatcalcError as error:
        return "right, but " + refused(error)
    return "right"


# --- documents --------------------------------------------------------------------------------------------------------


def _document(text: Text, rng: Random, spelling: str) -> str:
    report = matcalc.check(text.text, SPELLINGS[spelling])
    json.dumps(report.to_json())
    report.latex()
    repaired(report)
    for line in report.lines:
        if line.error is not None:
            refused(line.error)
        if line.correction is not None:
            _printable(line.correction)
    said = [refused(error) for error in report.problems]
    said += [refused(a.error) for a in report.answers if a.error is not None]
    return said[0] if said else "right" if report.status < 2 else "right, a line is unread"


# --- the web interface ------------------------------------------------------------------------------------------------

JUNK: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    9,
    10**30,
    1.5,
    "",
    "\0",
    "\ud800",
    [],
    {},
    [[]],
    [None],
    ["x"] * 201,
    "x" * 20_001,
    {"a": 1},
    ["x", 3],
    "latex",
    "numpy",
    "space",
)


def _json(text: Text, rng: Random, spelling: str) -> str:
    name = rng.choice([*ANSWERS, "derive", "derive", "steps", "check", "nothing"])
    body: dict[str, object] = {
        "formula": text.text,
        "declare": list(text.declare),
        "syntax": spelling,
        "wrt": [text.wrt],
    }
    if name == "check":
        body = {"document": text.text, "syntax": rng.choice(("plain", "latex", "markdown"))}
    if name in ANSWERS:
        body = {field: value for field, value in body.items() if field in ANSWERS[name].asks}
    if rng.random() < 0.3:
        body[rng.choice([*body, "order", "layout", "convention", "target", "syntax", "?"])] = rng.choice(JUNK)
    told = answer(name, body)
    json.dumps(told)
    error = told.get("error")
    if error is None:
        return "right"
    assert isinstance(error, dict)
    if error["kind"] == "fault" and name != "nothing":
        raise Fault("answer", error["message"])
    _clear(error["message"])
    return "refused: " + str(error["message"]).split("\n")[0]


# --- the command and the session --------------------------------------------------------------------------------------

OPTIONS = (
    "--wrt", "--let", "--define", "--from", "--order", "--direction", "--taylor", "--convention", "--layout", "--form", "--explicit", "--steps", "--latex", "--mathml", "--plain", "--json",
    "--code", "--tex", "--picture", "--gives", "--coloured", "--color", "--identities", "--fix", "--help", "--version", "-h", "--", "-", "--nothing", "-x", "",
)  # fmt: skip
FILES = (
    ".",
    "/",
    "/nowhere/out",
    "/dev/null",
    "missing.mc",
    "here.mc",
    "here.tex",
    "here.md",
    "bytes.mc",
    "\udcff.mc",
    "a" * 300,
    "out.svg",
    "out.pdf",
    "out.gif",
    "\n",
)


def _command(text: Text, rng: Random, spelling: str) -> str:
    """In a folder of its own, with standard input; what is printed must be text that a terminal may show."""
    _written(text.text)
    argv = _arguments(text, rng)
    out, err = _Stream(), _Stream()
    stdin, sys.stdin = (
        sys.stdin,
        _Stream(text.text.encode("utf-8", "surrogateescape" if _escapes(text.text) else "replace")),
    )
    try:
        with redirect_stdout(out), redirect_stderr(err):
            status = main([argument.replace("\0", "") for argument in argv])
    finally:
        sys.stdin = stdin
    told, complaint = out.text(), err.text()
    _printable(told)
    _printable(complaint)
    if status not in (0, 1, 2):
        raise Fault("status", f"{status} of {argv}")
    if "Traceback" in complaint or "fault of matcalc" in complaint or (status and not (told + complaint).strip()):
        raise Fault("command", complaint[:500])
    if complaint.startswith("error: "):
        _clear(complaint[len("error: ") :].rstrip("\n"))
    return "right" if status == 0 else "refused: " + (complaint or told).split("\n")[0]


def _arguments(text: Text, rng: Random) -> list[str]:
    """A call that is right but for its text, or nearly, or that is anything."""
    odd = [
        *OPTIONS,
        *FILES,
        text.text,
        *text.declare,
        text.wrt,
        *rng.choices(NAMES, k=3),
        *rng.choices(NUMBERS, k=3),
        *rng.choices(words("plain"), k=3),
    ]
    match rng.randrange(5):
        case 0 | 1:
            argv = [
                "derive",
                rng.choice((text.text, text.text, "-")),
                "--wrt",
                text.wrt or "x",
                *(part for d in text.declare for part in ("--let", d)),
            ]
        case 2:
            argv = [rng.choice(("check", "run")), *rng.choices((*FILES, "-"), k=rng.choice((1, 1, 2)))]
        case 3:
            argv = ["rules", rng.choice(odd)]
        case _:
            argv = [rng.choice(("derive", "check", "run", "rules", "derivate")), *rng.choices(odd, k=rng.randrange(6))]
    for _ in range(rng.choice((0, 0, 1, 2))):
        argv += rng.choice(
            (
                [rng.choice(OPTIONS)],
                [rng.choice(OPTIONS), rng.choice(odd)],
                ["--explicit", "m=2,n=3"],
                ["--code", "numpy"],
                ["--taylor", "2"],
            )
        )
    return [argument for argument in argv if argument != "serve"]


def _written(text: str) -> None:
    for name in ("here.mc", "here.tex", "here.md"):
        Path(name).write_text(text, encoding="utf-8", errors="replace")
    Path("bytes.mc").write_bytes(text.encode("utf-16", "replace"))
    for name in ("out.svg", "out.pdf"):
        Path(name).unlink(missing_ok=True)


def _escapes(text: str) -> bool:
    return all("\udc80" <= letter <= "\udcff" for letter in text if "\ud800" <= letter <= "\udfff")


class _Stream(io.TextIOWrapper):
    """A stream as a process has it, over bytes."""

    def __init__(self, data: bytes = b"") -> None:
        self.bytes = io.BytesIO(data)
        super().__init__(self.bytes, encoding="utf-8", write_through=True)

    def fileno(self) -> int:
        return os.open(os.devnull, os.O_WRONLY)

    def text(self) -> str:
        return self.bytes.getvalue().decode("utf-8")


def _session(text: Text, rng: Random, spelling: str) -> str:
    """Lines that are typed one after the other; what is wrong is told, and the session goes on."""
    session, said = Session(PLAIN), ""
    asked = rng.choice([name for name in COMMANDS if name != "quit"])
    for line in (
        *text.declare,
        text.text,
        f"by {text.wrt}",
        f"{asked} {rng.choice((text.wrt, '', 'numpy', 'steps', text.text))}",
        "names",
    ):
        try:
            for told in session.answer(line):
                _printable(told)
        except (FormulaError, CallError) as error:
            said = refused(error)
    session.completions(text.text[:3])
    return said or "right"


class Surface(NamedTuple):
    """What is called, the spellings that it reads, and how often it is taken."""

    give: Callable[[Text, Random, str], str]
    spellings: tuple[str, ...]
    weight: int


SURFACES = {
    "python": Surface(_python, ("plain", "plain", "latex"), 60),
    "document": Surface(_document, ("mc", "tex", "md"), 2),
    "json": Surface(_json, ("plain", "latex"), 12),
    "command": Surface(_command, ("plain", "latex", "mc", "tex"), 15),
    "session": Surface(_session, ("plain", "latex"), 8),
}
