"""``matcalc check`` and ``matcalc run``: documents, their questions answered and their derivations held against the truth."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from itertools import groupby
from pathlib import Path

from matcalc.cli.derive import chain_of
from matcalc.cli.progress import Progress
from matcalc.cli.terminal import Look, padded, seen
from matcalc.errors import CallError, FormulaError, shortened, visible
from matcalc.report.answering import derivations_of
from matcalc.report.checking import examined, read_document
from matcalc.report.records import Answer, LineReport, Report

# fmt: off
MARKS = {  # of each verdict: on a terminal, and elsewhere
    "proved": ("✓", "ok"), "equal": ("✓", "ok"), "numerically equal": ("≈", "ok"),
    "right in another convention": ("~", "~"), "shapes do not fit": ("✗", "X"), "wrong": ("✗", "X"), "undecided": ("?", "?"),
}
IN_A_COUNT = {"shapes do not fit": "whose shapes do not fit"}
SUFFIXES = {".tex": "latex", ".ltx": "latex", ".md": "markdown", ".markdown": "markdown"}
# fmt: on
COLUMN = 72  # the right sides end here, where they are no longer


def run(args: Namespace) -> int:
    """Checks the documents, and prints what was found; the worst status of all."""
    if args.fix and len(args.files) > 1:
        raise CallError("--fix is for one document")
    reports = [(name, _examined(name, args.answering)) for name in args.files]
    if args.json:
        import json

        data = [{"file": name, **report.to_json()} for name, report in reports]
        print(json.dumps(data[0] if len(data) == 1 else data, indent=2))
    elif args.latex:
        print("\n\n".join(report.latex() for _, report in reports))
        for problem in (problem for _, report in reports for problem in report.problems):
            print(f"error: {problem}", file=sys.stderr)
    else:
        look = Look.of(sys.stdout, args.color)
        for name, report in reports:
            with Progress("deriving"):  # of wrong chains, with --steps
                lines = list(shown(report, look, name if len(reports) > 1 else "", args.steps))
            print("\n".join(lines))
    if args.fix:
        _repair(reports[0][1], Path(args.fix))
    return max(report.status for _, report in reports)


def _examined(name: str, answering: bool) -> Report:
    document = read_document(_read(name), SUFFIXES.get(Path(name).suffix.lower(), "plain"))
    with Progress(f"checking {name}" if name != "-" else "checking") as progress:
        return examined(document, answering, progress.tell)


def _read(name: str) -> str:
    """The text of a file, or of standard input."""
    try:
        if name != "-":
            return Path(name).read_text(encoding="utf-8-sig")
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8")  # whatever the locale says
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise CallError(f"{name} is not UTF-8 text") from None
    except OSError as error:
        raise CallError(f"{shortened(name, 200)} cannot be read: {error.strerror}") from None


def _repair(report: Report, path: Path) -> None:
    """Writes the document with its wrong lines put right; never over a file that is there."""
    from matcalc.report.repair import is_repaired, repaired

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(repaired(report))
    except FileExistsError:
        raise CallError(f"{path} is there already; --fix writes a new file") from None
    except OSError as error:
        raise CallError(f"{path} cannot be written: {error.strerror}") from None
    count = sum(map(is_repaired, report.lines))
    left = sum(not line.is_as_expected and not is_repaired(line) for line in report.lines)
    also = f"; {left} more could not be put right" if left else ""
    print(f"{path}: {count} {'line' if count == 1 else 'lines'} put right{also}", file=sys.stderr)


# --- what is shown ----------------------------------------------------------------------------------------------------


def shown(report: Report, look: Look, name: str = "", steps: bool = False) -> Iterator[str]:
    """A report for a person, line by line; with ``steps`` every identity, and our derivation of claims and of what is wrong."""
    title = " · ".join(part for part in (name, report.title) if part)
    if title:
        yield look.strong(visible(title))
        yield ""
    for problem in report.problems:
        yield from _problem(problem, report, look)
    for answer in report.answers:
        yield from _answer(answer, look)
    if report.answers:
        yield ""
    for _, chain in groupby(report.lines, key=lambda line: line.chain):
        lines = list(chain)
        yield from _chain(lines, look, steps)
        for ours in derivations_of(lines, report) if steps else ():
            yield look.quiet("      the derivation")
            yield from ("        " + line for line in chain_of(ours, look))
        yield ""
    for notice in report.notices:
        yield look.quiet(f"note: {notice}")
    yield _summary(report)


def _problem(error: FormulaError, report: Report, look: Look) -> Iterator[str]:
    start = min((low for low, _ in error.spans), default=0)
    first, *more = str(error).split("\n")
    yield f"{look.error('error:')} line {report.source.count(chr(10), 0, start) + 1}: {first}"
    yield from more
    yield ""


def _answer(answer: Answer, look: Look) -> Iterator[str]:
    if answer.result is None:
        yield f"{look.error(answer.asked)}: {answer.error}"
        return
    labels = answer.result.unicode_labels if look.pretty else answer.result.labels
    for label, value in zip(labels, answer.result.values, strict=True):
        yield f"  {look.name(label)} = {look.strong(value.unicode() if look.pretty else str(value))}"


def _chain(lines: Sequence[LineReport], look: Look, steps: bool = False) -> Iterator[str]:
    first = max(seen(line.left) for line in lines)
    width = min(COLUMN, max(seen(line.right) for line in lines))
    for line in lines:
        pretty, plain = MARKS[line.verdict]
        mark = pretty if look.pretty else padded(plain, 2)
        mark = look.name(mark) if line.is_right else look.error(mark)
        left = line.left if line.begins else ""
        beside = _beside(line, look)
        text = f"{padded(left, first)} = {padded(line.right, width) if beside else line.right}"
        yield f"  {mark} {visible(text)}   {beside}".rstrip()
        yield from ("      " + more for more in _below(line, look, steps))
    held = list(dict.fromkeys(name for line in lines for name in line.held))
    if held:
        yield look.quiet(f"      with {', '.join(held)} held fixed")


def _beside(line: LineReport, look: Look) -> str:
    """What is said beside a line: how it is known, and by what it follows; or that it is wrong."""
    if line.is_right:
        by = look.statement(line.by[0].statement) if line.by else ""
        more = f" and {len(line.by) - 1} more" if len(line.by) > 1 else ""
        how = "" if line.verdict == "proved" else f"{line.verdict}  "
        marked = "  (was to be refused)" if line.expected is not None else ""
        return look.quiet(how + by + more) + look.error(marked)
    said = f"{line.verdict}: {line.reason}" if line.reason else line.verdict
    return look.error(said) + look.quiet("  (as its author says)" if line.is_as_expected else "")


def _below(line: LineReport, look: Look, steps: bool) -> Iterator[str]:
    """Where it is wrong, what it should be, numbers that show it; with ``steps`` every identity that takes it."""
    if steps:
        yield from (look.quiet(f"by         {look.statement(i.statement)}  {i.name}") for i in line.by)
    if line.error is not None:
        for more in str(line.error).split("\n")[1:]:
            yield look.quiet(more)
    if line.correction is not None and not line.is_right:
        yield f"{look.quiet('should be ')} {line.correction}"
    if line.example is not None and not line.is_right:
        yield look.quiet(f"as with    {line.example}")
    if line.notices:
        yield look.quiet(f"inferred   {'; '.join(line.notices)}")


def _summary(report: Report) -> str:
    """How many lines have which verdict, and which is the first that is wrong."""
    if not report.lines:
        return "nothing to check" if not report.answers else ""
    counts = Counter(line.verdict for line in report.lines)
    parts = [f"{counts[verdict]} {IN_A_COUNT.get(verdict, verdict)}" for verdict in MARKS if counts[verdict]]
    count = len(report.lines)
    told = f"{count} {'line' if count == 1 else 'lines'}: {', '.join(parts)}"
    first = next((line for line in report.lines if not line.is_as_expected), None)
    if first is not None:
        return f"{told}; the first that is not right is line {first.number}"
    return told + ("; those that are not right are marked so" if report.first_bad is not None else "")
