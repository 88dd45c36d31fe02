"""``matcalc rules``: the functions of the language and the identities of the steps, from their tables."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from math import isinf

from matcalc.cli.terminal import Look, padded, seen
from matcalc.errors import CallError, shortened
from matcalc.rules import functions, identities
from matcalc.rules.record import Function, Identity
from matcalc.rules.reference import TITLES, call, says, takes

LABEL = 8
Record = Function | Identity


def run(args: Namespace) -> int:
    """Prints a table or the records of one name; CallError for an unknown name."""
    if args.name and args.identities:
        raise CallError("a NAME is shown in full; --identities lists all")
    listed: tuple[Record, ...] = identities.every() if args.identities else functions.records()
    records = named(args.name) if args.name else listed
    if args.json:
        import json

        print(json.dumps([plain_data(record) for record in records], indent=2))
        return 0
    look = Look.of(sys.stdout, args.color)
    for line in in_full(records, look) if args.name else _listed(records, look):
        print(line)
    return 0


def named(name: str) -> tuple[Record, ...]:
    """The overloads of a function, or an identity; functions of SymPy too, which is asked last."""
    found: tuple[Record, ...] = functions.lookup(name)
    identity = identities.lookup(name)
    if found or identity:
        return found or (identity,)  # type: ignore[return-value]
    from matcalc.rules import sympy_functions

    borrowed = sympy_functions.lookup(name) if name.isidentifier() else None
    if borrowed is not None:
        return (borrowed,)
    from difflib import get_close_matches

    known = [*functions.names(), *(identity.name for identity in identities.every())]
    near = ", ".join(get_close_matches(name, known, n=3, cutoff=0.5))
    raise CallError(
        f"no function or identity is called '{shortened(name)}'"
        + (f"; did you mean {near}?" if near else "; matcalc rules lists them")
    )


def plain_data(record: Record) -> dict[str, object]:
    """A record for JSON, which has no infinity."""
    data = asdict(record)
    if isinstance(record, Function):
        data["domain"] = [None if isinf(end) else end for end in record.domain]
    return data


# --- lists ------------------------------------------------------------------------------------------------------------


def _listed(records: Sequence[Record], look: Look) -> Iterator[str]:
    yield from _functions([r for r in records if isinstance(r, Function)], look)
    yield from _identities([r for r in records if isinstance(r, Identity)], look)


def _functions(records: Iterable[Function], look: Look) -> Iterator[str]:
    """Two lines each, under the titles of their tables: what it takes and gives; what it is, with the source."""
    order = list(TITLES)
    for kind, found in groupby(sorted(records, key=lambda r: order.index(r.kind)), lambda r: r.kind):
        rows = list(found)
        names = column(call(r) for r in rows)
        statements = column(map(says, rows))
        yield look.strong(TITLES[kind])
        for r in rows:
            yield f"  {look.name(padded(call(r), names))}  {takes(r)}{look.arrow}{r.gives}"
            yield f"  {' ' * names}  {padded(look.statement(says(r)), statements)}  {look.quiet(r.source)}".rstrip()
        yield ""


def _identities(records: Sequence[Identity], look: Look) -> Iterator[str]:
    names, statements = column(r.name for r in records), column(r.statement for r in records)
    for r in records:
        statement = padded(look.statement(r.statement), statements)
        yield f"{look.name(padded(r.name, names))}  {statement}  {look.quiet(r.source)}".rstrip()


def column(texts: Iterable[str], most: int = 60) -> int:
    """How wide a column is, where longer texts may stick out."""
    return max((width for text in texts if (width := seen(text)) <= most), default=0)


# --- one record -------------------------------------------------------------------------------------------------------


def in_full(records: Iterable[Record], look: Look) -> Iterator[str]:
    for k, record in enumerate(records):
        if k:
            yield ""
        yield look.name(call(record) if isinstance(record, Function) else record.name) + (
            "  " + record.about if record.about else ""
        )
        for word, text in _fields(record, look):
            if text:
                yield "  " + look.quiet(padded(word, LABEL)) + text


def _fields(record: Record, look: Look) -> list[tuple[str, str]]:
    if isinstance(record, Identity):
        return [("states", look.statement(record.statement)), ("given", record.given), ("source", record.source)]
    return [
        ("takes", takes(record)),
        ("gives", record.gives),
        ("means", record.means),
        ("rule", look.statement(record.rule)),
        ("moves", look.statement(record.adjoint)),
        ("vec", look.statement(record.columns)),
        ("d", "0 wherever it is differentiable" if record.constant and record.takes else ""),
        ("where", record.where),
        ("also", ", ".join(record.aliases)),
        ("source", record.source),
        ("LaTeX", record.latex),
        ("NumPy", record.code),
    ]
