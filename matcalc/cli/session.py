"""A session: declarations and definitions are kept, a formula is differentiated by what is asked, and looked at.

>>> session = Session(Look(pretty=False, colour=False, width=80))
>>> for line in ("X : matrix(m, n)", "norm(X w - y)^2", "by w"):
...     for told in session.answer(line):
...         print(told)
scalar, of X : matrix(m, n); w : vector(n); y : vector(m)
dE/dw = 2 X' (X w - y)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from matcalc import api
from matcalc.algebra.rebuild import expand_names
from matcalc.cli.derive import chain_of, results, spelling_of
from matcalc.cli.terminal import Look, padded
from matcalc.errors import CallError, FormulaError, MatcalcError, visible
from matcalc.expr import Symbol, postorder
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.declared import KINDS, PROPERTIES
from matcalc.result import Result
from matcalc.rules import functions
from matcalc.shape import shape_text
from matcalc.steps.understand import Understood, understand
from matcalc.write.code.targets import TARGETS
from matcalc.write.present import plain_text

if TYPE_CHECKING:
    from matcalc.report.records import Report


class Command(NamedTuple):
    """What a word does with the rest of its line, and what ``help`` says of it."""

    run: Callable[[Session, str], Iterator[str]]
    usage: str
    about: str


class Session:
    """What was declared and defined, the formula, and its last derivative."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.kept: dict[str, str] = {}  # names to their declarations and definitions, as typed
        self.formula = ""
        self.result: Result | None = None

    def answer(self, line: str) -> Iterator[str]:
        """What is told about a line; MatcalcError where it is at fault."""
        line = line.partition("#")[0].strip()
        word, _, rest = line.partition(" ")
        if not line:
            return
        if word in COMMANDS and not rest.lstrip().startswith((":", "=")):
            yield from COMMANDS[word].run(self, rest.strip())
        elif _DECLARES(line):
            self._keep(line)
        else:
            yield from self._read(line)

    def completions(self, text: str) -> list[str]:
        """What a word may go on as: commands, names of the session, functions, words of declarations."""
        known = [*COMMANDS, *self.names(), *functions.names(), *KINDS, *PROPERTIES]
        return sorted({name for name in known if name.startswith(text)})

    def names(self) -> list[str]:
        found = [*self.kept]
        if self.formula:
            with suppress(MatcalcError):  # it may have lost its meaning by what was declared since
                found += [name for name in self._understood().names if name not in self.kept]
        return found

    # --- what is typed ----------------------------------------------------------------------------------------------------

    def _keep(self, line: str) -> None:
        """Declarations and definitions; a later one of the same name takes the place of the earlier."""
        before = dict(self.kept)
        for item in read_declarations(line):
            self.kept[item.name] = (
                str(item) if isinstance(item, Declaration) else f"{item.name} := {plain_text(item.syntax)}"
            )
            try:
                understand(item.name, self._declare())
            except FormulaError:
                self.kept = before
                raise
        self.result = None

    def _read(self, line: str) -> Iterator[str]:
        before, self.formula = self.formula, line
        try:
            found = self._understood()
        except (FormulaError, KeyboardInterrupt):
            self.formula = before
            raise
        self.result = None
        inside = {node.name for node in postorder(expand_names(found.expression)) if isinstance(node, Symbol)}
        letters = "; ".join(str(d) for d in found.declarations if d.name in inside)
        yield f"{shape_text(found.expression.shape)}, of {letters or 'no variables'}"
        yield from (self.look.quiet(f"note: {notice}") for notice in found.notices)

    def _understood(self) -> Understood:
        return understand(self.formula, self._declare(), spelling_of(self.formula))

    def _declare(self) -> list[str]:
        """Declarations first: definitions are read under them."""
        return sorted(self.kept.values(), key=lambda text: ":=" in text)

    # --- commands ---------------------------------------------------------------------------------------------------------

    def by(self, rest: str, order: int = 1) -> Iterator[str]:
        if not self.formula:
            raise CallError("type a formula first, and then what to differentiate it by")
        wrt = [name for name in re.split(r"[,\s]+", rest) if name] or self._variables()[:1]
        self.result = api.derive(self.formula, wrt, self._declare(), spelling_of(self.formula), order)
        yield from (
            self.look.boxed(results(self.result, self.look)) if self.look.pretty else results(self.result, self.look)
        )
        yield from (self.look.quiet(f"holds where {condition}") for condition in self.result.conditions)

    def check(self, rest: str) -> Iterator[str]:
        """A claim held against the truth, as in a document; E is the formula."""
        from matcalc.cli.check import shown

        yield from shown(self._report(f"check {rest}"), self.look)

    def derive(self, rest: str) -> Iterator[str]:
        """What a document asks for: derive dE/dU."""
        from matcalc.cli.check import shown

        report = self._report(f"derive {rest}")
        found = [answer.result for answer in report.answers if answer.result is not None]
        self.result = found[-1] if found else None
        yield from shown(report, self.look)

    def _report(self, line: str) -> Report:
        from matcalc.report.checking import check

        is_named = self.formula and "E" not in self.kept
        before = [*self._declare(), *([f"E := {plain_text(self._understood().tree)}"] if is_named else [])]
        report = check("\n".join([*before, line]))
        typed = tuple([replace(told, number=told.number - len(before)) for told in report.lines])
        return replace(report, lines=typed)

    def hessian(self, rest: str) -> Iterator[str]:
        return self.by(rest, order=2)

    def steps(self, rest: str) -> Iterator[str]:
        return chain_of(self._result(), self.look)

    def latex(self, rest: str) -> Iterator[str]:
        if rest not in ("", "steps"):
            raise CallError("latex, or latex steps for the derivation")
        yield self._result().latex(steps=rest == "steps")

    def code(self, rest: str) -> Iterator[str]:
        yield self._result().code(rest or next(iter(TARGETS))).rstrip("\n")

    def rules(self, rest: str) -> Iterator[str]:
        from matcalc.cli.rules import in_full, named

        if not rest:
            raise CallError("rules NAME shows a function or an identity; the command matcalc rules lists all")
        return in_full(named(rest), self.look)

    def kept_names(self, rest: str) -> Iterator[str]:
        yield from self._declare()
        if self.formula:
            inferred = self._understood()
            yield from (self.look.quiet(f"{d}, inferred") for d in inferred.declarations if d.name in inferred.inferred)
            yield f"formula: {visible(self.formula)}"

    def forget(self, rest: str) -> Iterator[str]:
        names = [name for name in re.split(r"[,\s]+", rest) if name] or [*self.kept]
        unknown = [name for name in names if name not in self.kept]
        if unknown:
            raise CallError(f"nothing is kept of '{unknown[0]}'; there is {', '.join(self.kept) or 'nothing'}")
        for name in names:
            del self.kept[name]
        self.result = None
        return iter(())

    def help(self, rest: str) -> Iterator[str]:
        told = [*TYPED, *((command.usage, command.about) for command in COMMANDS.values())]
        width = max(len(usage) for usage, _ in told)
        yield from (f"{self.look.name(padded(usage, width))}  {about}" for usage, about in told)

    def leave(self, rest: str) -> Iterator[str]:
        raise EOFError

    def _result(self) -> Result:
        if self.result is None:
            raise CallError("there is no derivative yet: type a formula, and then by NAME")
        return self.result

    def _variables(self) -> list[str]:
        return [name for name, node in self._understood().names.items() if isinstance(node, Symbol)]


# fmt: off
TYPED = (
    ("norm(X w - y)^2",  "a formula: it is read, and by and hessian differentiate it"),
    ("A : matrix(m, n)", f"a declaration: {', '.join(KINDS)}, with properties after commas"),
    ("X := U V' - Y",    "a definition: formulas may use it"),
)
COMMANDS: dict[str, Command] = {
    "by":      Command(Session.by,         "by U, V",        "the gradient or Jacobian of the formula"),
    "hessian": Command(Session.hessian,    "hessian x",      "the second derivative; by two names the mixed one"),
    "derive":  Command(Session.derive,     "derive dE/dU",   "the same as a document asks; E is the formula, or a definition"),
    "check":   Command(Session.check,      "check dE/dx = …", "a claim of yours, held against the truth"),
    "steps":   Command(Session.steps,      "steps",          "how it is derived, each line verified on numbers"),
    "latex":   Command(Session.latex,      "latex [steps]",  "the result, or its derivation, as LaTeX"),
    "code":    Command(Session.code,       "code [TARGET]",  f"a function that computes it, for {', '.join(TARGETS)}"),
    "names":   Command(Session.kept_names, "names",          "what is declared, defined and inferred"),
    "forget":  Command(Session.forget,     "forget [NAMES]", "takes declarations and definitions back"),
    "rules":   Command(Session.rules,      "rules NAME",     "a function or an identity in full"),
    "help":    Command(Session.help,       "help",           "this"),
    "quit":    Command(Session.leave,      "quit",           "leaves, as Ctrl-D does; Ctrl-C ends what is being done"),
}
# fmt: on
_DECLARES = re.compile(rf".*(?::=|∈|\\in\b|:\s*(?:complex\s+)?(?:{'|'.join(KINDS)})\b)").match
