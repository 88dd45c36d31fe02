"""What is differentiated by, looked up by name: the variable, free to move, and all the symbols of a formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matcalc.algebra.conjugates import is_complex
from matcalc.errors import CallError
from matcalc.expr import Named, Symbol
from matcalc.read.names import canonical
from matcalc.steps.understand import Understood, reader_of, understand_tree
from matcalc.steps.wirtinger import Variable, conjugated, of_conjugate


def variable(name: str, understood: Understood) -> Variable:
    """The symbol to differentiate by, or its conjugate."""
    inner = conjugated(name)
    if inner is not None:
        return of_conjugate(name, variable(inner, understood))
    found = understood.names.get(canonical(name) or name)
    if isinstance(found, Symbol) and found.name == (canonical(name) or name):
        if "constant" in found.properties:
            raise CallError(f"{name} is declared constant, and is never differentiated by")
        return found
    if isinstance(found, Named) or (found is not None and is_complex(found)):
        raise CallError(f"{name} is a definition; differentiate by one of the variables in it")
    variables = [s for s, node in understood.names.items() if isinstance(node, Symbol)]
    raise CallError(f"'{name}' is not a variable of the formula; it has {', '.join(variables) or 'none'}")


CONSTRAINTS = frozenset({"orthogonal", "unit", "unitary", "projection", "binary", "distribution"})


def released(
    understood: Understood, names: Sequence[str], declare: Sequence[str], syntax: str
) -> tuple[Understood, Sequence[str]]:
    """The formula with its variables free to move: Q'Q = I and the like hold at a point, and not for its differential.

    The gradient by an orthogonal or unit variable is the Euclidean one, so such a property may not be used before it.
    """
    asked = [conjugated(name) or name for name in names]
    wanted = {canonical(name) or name for name in asked}
    if not any(d.name in wanted and CONSTRAINTS.intersection(d.properties) for d in understood.declarations):
        return understood, declare
    free = [
        replace(d, properties=tuple(w for w in d.properties if w not in CONSTRAINTS)) if d.name in wanted else d
        for d in understood.declarations
        if d.name not in understood.inferred
    ]
    reader = reader_of(syntax)
    again = understand_tree(reader(understood.source), understood.source, [*free, *understood.definitions], syntax)
    return replace(again, declarations=understood.declarations), [str(d) for d in free]


def symbols_of(understood: Understood) -> list[Symbol]:
    """The symbols of all declarations, in their order."""
    made = [Symbol(d.name, d.shape, d.words) for d in understood.declarations if d.kind not in ("function", "size")]
    known = {s.name: s for s in understood.names.values() if isinstance(s, Symbol)}
    return [known.get(s.name, s) for s in made]
