"""``matcalc derive``: a formula's gradient, with what was inferred, and on request its derivation."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from matcalc import api
from matcalc.cli.progress import Progress
from matcalc.cli.terminal import Look, padded, seen
from matcalc.errors import CallError, FormulaError
from matcalc.expr import Symbol
from matcalc.expression import Expression
from matcalc.read.names import GREEK_NAMES
from matcalc.result import Result
from matcalc.steps.understand import understand

LABEL = 10  # columns for the words at the left
GAP = 3  # columns between a line and its reason
DIGITS = 18  # of a size


def run(args: Namespace) -> int:
    """Derives and prints; MatcalcError where that cannot be."""
    if args.colour_steps and not ((args.latex or args.mathml or args.tex or args.picture) and args.steps):
        raise CallError("--colour-steps goes with --steps and one of --latex, --mathml, --tex and --picture")
    if args.gives != "result" and not args.code:
        raise CallError("--gives goes with --code")
    formula = _formula(args.formula)
    if args.steps and (args.form or args.explicit):
        raise CallError("--steps goes with neither --form nor --explicit")
    spelling = args.syntax or spelling_of(formula)
    wrt = _variables(args.wrt, formula, args.declare, spelling)
    look = Look.of(sys.stdout, args.color)
    with Progress("deriving"):
        result = _result(args, formula, wrt, spelling)
        lines = list(_lines(result, args, look))
    if args.syntax is None and spelling == "latex":
        print("note: the formula is read as LaTeX; --from plain reads it as plain text", file=sys.stderr)
    for line in lines:
        print(line)
    if not _is_report(args):
        _tell(result)
    return 0


def _is_report(args: Namespace) -> bool:
    """Whether everything is said on standard output."""
    other = (
        args.form,
        args.explicit,
        args.latex,
        args.mathml,
        args.tex,
        args.picture,
        args.plain,
        args.json,
        args.code,
    )
    return not any(other)


def _lines(result: Result, args: Namespace, look: Look) -> Iterator[str]:
    """What is printed; a document or a picture goes to its file."""
    if (args.form or args.explicit) and not (args.json or args.code):
        yield from _explicit(result, args) if args.explicit else _forms(result, args, look)
    elif args.latex:
        yield result.latex(args.steps, args.colour_steps)
    elif args.mathml:
        yield result.mathml(args.steps, args.colour_steps)
    elif args.tex:
        Path(args.tex).write_text(result.tex(args.steps, args.colour_steps), encoding="utf-8")
    elif args.picture:
        result.save_picture(args.picture, args.steps, args.colour_steps)
    elif args.plain:
        yield from _plain(result, args.steps)
    elif args.json:
        import json

        yield json.dumps(result.to_json(args.steps), indent=2)
    elif args.code:
        yield result.code(args.code, args.gives).removesuffix("\n")
    else:
        yield from ("  " + line if line and look.pretty else line for line in report(result, look, args.steps))


def _forms(result: Result, args: Namespace, look: Look) -> Iterator[str]:
    """The forms that are asked for, one a line."""
    found = result.forms(args.form)
    if not found:
        raise CallError("this derivative has no other forms")
    if args.latex and len(found) > 1:
        yield "\\begin{aligned}"
        yield " \\\\\n".join(form.latex().replace(" = ", " &= ", 1) for form in found)
        yield "\\end{aligned}"
        return
    for form in found:
        yield form.latex() if args.latex else form.unicode() if look.pretty and not args.plain else str(form)


def _explicit(result: Result, args: Namespace) -> Iterator[str]:
    shown = result.explicit(**_sizes(args.explicit))
    yield shown.latex() if args.latex else str(shown)


def _sizes(text: str) -> dict[str, int]:
    """``m=2,n=3``."""
    sizes: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (word.strip() for word in part.partition("="))
        if not name.isidentifier() or not (value.isascii() and value.isdigit()) or len(value) > DIGITS:
            raise CallError(f"--explicit takes sizes as m=2,n=3, and this is '{part}'")
        sizes[name] = int(value)
    return sizes


def _result(args: Namespace, formula: str, wrt: tuple[str, ...], spelling: str) -> Result:
    """The derivative; with --direction along it, with --taylor the series."""
    along = tuple(name.strip() for entry in args.direction for name in entry.split(",") if name.strip())
    if not along and args.taylor is None:
        return api.derive(
            formula, wrt, args.declare, spelling, order=args.order, convention=args.convention, layout=args.layout
        )
    if args.layout != "gradient" or args.form or args.explicit:
        raise CallError("--direction and --taylor go with neither --layout, --form nor --explicit")
    from matcalc import expansion

    if args.taylor is not None:
        return expansion.taylor(formula, wrt, args.taylor, along, args.declare, spelling)
    if args.order == 1:
        return expansion.directional(formula, wrt, along, args.declare, spelling)
    if args.order > 2 or len(wrt) != 1 or len(along) != 1:
        raise CallError("--direction goes with --order 1, or with --order 2 by one variable")
    return expansion.hvp(formula, wrt[0], along[0], args.declare, spelling)


def _formula(text: str) -> str:
    if text.strip() != "-":
        return text.strip()
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8")  # whatever the locale says
    try:
        return sys.stdin.read().strip()
    except UnicodeDecodeError:
        raise FormulaError("standard input is not UTF-8 text") from None


def spelling_of(formula: str) -> str:
    r"""LaTeX where a command or a subscript in braces says so; Greek letters with a backslash are plain spelling too.

    >>> spelling_of(r"\lambda x' x"), spelling_of(r"\lambda \|x\|^2")
    ('plain', 'latex')
    """
    commands = re.findall(r"\\(?:([A-Za-z]+)|\S)", formula)
    return "latex" if any(name not in GREEK_NAMES for name in commands) else "plain"


def _variables(asked: list[str], formula: str, declare: list[str], spelling: str) -> tuple[str, ...]:
    """The variables of all --wrt; an empty list is answered with those that the formula has."""
    found = tuple(name.strip() for entry in asked for name in re.split(r",(?![^\[]*\])", entry) if name.strip())
    if found:
        return found
    names = understand(formula, declare, spelling).names
    have = ", ".join(name for name, node in names.items() if isinstance(node, Symbol))
    raise CallError(f"differentiate by what? say --wrt NAME; the formula has {have or 'no variables'}")


def _tell(result: Result) -> None:
    """What a bare result leaves unsaid goes to standard error."""
    for notice in result.notices:
        print(f"note: {notice}", file=sys.stderr)
    for condition in result.conditions:
        print(f"holds where {condition}", file=sys.stderr)


def _plain(result: Result, steps: bool) -> Iterator[str]:
    if not steps:
        yield from map(str, result.values)
        return
    yield from (f"{left} = {right}".lstrip() for left, right, _ in result.lines())
    yield from (f"{label} = {value}" for label, value in zip(result.labels, result.values, strict=True))


# --- the report -------------------------------------------------------------------------------------------------------


def report(result: Result, look: Look, steps: bool = False) -> Iterator[str]:
    """Everything that is worth saying about a result, as lines."""
    yield from chain_of(result, look) if steps else _typed(result, look)
    yield ""
    inferred = set(result.inferred)
    for word, found in (
        ("declared", [d for d in result.declarations if d.name not in inferred]),
        ("inferred", [d for d in result.declarations if d.name in inferred]),
    ):
        yield from _labelled(word, [str(d) for d in found], look)
    yield from _labelled("note", result.notices, look)
    yield ""
    yield from look.boxed(results(result, look))
    yield ""
    yield from _labelled("forms", _other_forms(result, look), look)
    yield from _labelled("where", result.conditions, look)
    yield from _labelled("layout", [result.layout], look)
    if result.blocks is not None:
        where, block = result.blocks
        yield from _labelled("blocks", [f"{block.unicode() if look.pretty else block} {where}"], look)
    yield from _labelled(
        "grad", [f"{r.statement} is the Riemannian gradient, by {r.metric}" for r in result.riemannian], look
    )


def results(result: Result, look: Look) -> list[str]:
    labels = list(result.unicode_labels if look.pretty else result.labels)
    shown = list(result.values)
    if result.quadratic is not None and len(str(result.quadratic)) < len(str(result.value)):
        shown.append(result.quadratic)
        labels.append(f"d²{result.objective_name}" if look.pretty else f"d2{result.objective_name}")
    for beside in result.riemannian:
        shown.append(beside.value)
        labels.append(f"grad_{beside.wrt} {result.objective_name}")
    width = max(map(seen, labels))
    values = [_shown(value, result) if look.pretty else str(value) for value in shown]
    return [f"{padded(label, width)} = {value}" for label, value in zip(labels, values, strict=True)]


def _shown(value: Expression, result: Result) -> str:
    """For a terminal; the indices of a part that it is by are lowered."""
    from matcalc.write.sides import unicode_right

    return value.unicode() if result.part is None else unicode_right(value.syntax)


def _other_forms(result: Result, look: Look) -> list[str]:
    """The differential and the entries beside a Jacobian over vec, which is what the box shows."""
    if not result.is_over_vec:
        return []
    found = [form for form in result.forms() if form.kind != "jacobian"]
    return [form.unicode() if look.pretty else str(form) for form in found]


def _labelled(word: str, texts: list[str] | tuple[str, ...], look: Look) -> Iterator[str]:
    for k, text in enumerate(texts):
        yield look.quiet(padded(word if k == 0 else "", LABEL)) + text


def _typed(result: Result, look: Look) -> Iterator[str]:
    """The definitions and the formula as they were read."""
    from matcalc.write.present import plain_text, unicode_text

    source = result.understood
    shown = [(d.name, d.syntax) for d in source.definitions]
    shown.append((result.objective_name, source.tree))
    width = max(seen(name) for name, _ in shown)
    for name, tree in shown:
        text = unicode_text(tree) if look.pretty else plain_text(tree, source.spellings)
        yield f"{look.name(padded(name, width))} = {text}"


def chain_of(result: Result, look: Look) -> Iterator[str]:
    """The derivation with the identity beside each line; below the lines that are too long for that."""
    lines = result.lines(look.pretty)
    first = max(seen(left) for left, _, _ in lines)
    room = look.width - first - 5  # two for the margin, three for " = "
    reasons = [_reason(reason, look) for _, _, reason in lines]
    rights = [seen(right) for _, right, _ in lines]
    if any(right + GAP + seen("  ".join(reason)) > room for right, reason in zip(rights, reasons, strict=True)):
        reasons = [reason[:1] for reason in reasons]
    widths = [seen("  ".join(reason)) for reason in reasons]
    column = max((r for r, width in zip(rights, widths, strict=True) if r + GAP + width <= room), default=0)
    column = min(column, max(room - GAP - max(widths), 0))
    for (left, right, _), reason in zip(lines, reasons, strict=True):
        line = f"{look.name(padded(left, first))} = {padded(right, column)}"
        below = seen(right) > column and bool(reason)
        if below:
            yield line
            line = " " * (first + 3 + column)
        yield (line + " " * GAP + look.quiet("  ".join(reason))) if reason else line.rstrip()
    if not all(step.verified for step in result.steps):
        yield look.quiet("not verified on numbers: no values were found at which every line is finite")


def _reason(reason: str, look: Look) -> list[str]:
    """The statement of an identity and its name; nothing where there is no reason."""
    name, _, statement = reason.partition(": ")
    return [look.statement(statement), name] if reason else []
