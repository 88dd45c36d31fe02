"""How the records of the tables are told to a reader: a function's call, what it takes, what it says."""

from __future__ import annotations

from matcalc.rules.record import Function

TITLES = {
    "entrywise": "entrywise, of anything",
    "scalar": "to a scalar, or down columns (1) and along rows (2)",
    "matrix": "matrix functions",
    "structure": "structure",
    "constant": "constants",
    "": "registered",
}


def call(record: Function) -> str:
    """How a function is called: ``unvec(x, m, n)``.

    >>> from matcalc.rules import functions
    >>> call(functions.lookup("sum")[1]), call(functions.lookup(">")[1])
    ('sum(X, 1)', 'A > b')
    """
    letters = [part.partition(":")[0].strip() for part in record.takes.split(";") if part]
    letters += [str(record.axis)] if record.axis else []
    if not record.name.isidentifier():
        return f" {record.name} ".join(letters)
    return f"{record.name}({', '.join(letters)})" if letters else record.name


def takes(record: Function) -> str:
    """Its arguments as declarations, the axis among them."""
    return "; ".join(part for part in (record.takes, str(record.axis or "")) if part)


def says(record: Function) -> str:
    """What it is, as one line of the language.

    >>> from matcalc.rules import functions
    >>> says(functions.lookup("mean")[0]), says(functions.lookup("exp")[0])
    ('mean(X) = sum(X) / (m n)', 'dY = Y .* dX')
    """
    if record.means:
        return f"{call(record)} = {record.means}"
    return record.rule or record.adjoint or record.about
