"""What is differentiated by, looked up by name: the variable, free to move, and all the symbols of a formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matcalc.algebra.conjugates import is_complex
from matcalc.algebra.families import stacked
from matcalc.errors import CallError, FormulaError
from matcalc.expr import Member, Named, Symbol, postorder
from matcalc.read.declared import Declaration
from matcalc.read.names import canonical
from matcalc.read.syntax import Name
from matcalc.shape import Size, names, shape_text
from matcalc.steps.latex_letters import UNIT
from matcalc.steps.notices import AS_UNIT
from matcalc.steps.understand import Understood, understand_tree
from matcalc.steps.wirtinger import Variable, conjugated, of_conjugate, symbol_of


def variable(name: str, understood: Understood) -> Variable:
    """The symbol to differentiate by, or its conjugate."""
    inner = conjugated(name)
    if inner is not None:
        return of_conjugate(name, variable(inner, understood))
    found = understood.names.get(canonical(name) or name)
    if found is None and (one := _member(canonical(name) or name, understood)) is not None:
        return one
    if isinstance(found, Symbol) and found.name == (canonical(name) or name):
        if "constant" in found.properties:
            raise CallError(f"{name} is declared constant, and is never differentiated by")
        d = next(
            (node for node in postorder(understood.expression) if isinstance(node, Symbol) and node.of is found), None
        )
        if d is not None:
            said = f"{d.name} is the differential of {name} in this formula, which cannot be differentiated by {name}"
            raise CallError(f"{said}\n  declare {d.name} if it is a variable: {d.name} : {shape_text(d.shape)}")
        return found
    if found is None and "\\" in name and (letter := _in_latex(name)) not in ("", name):
        return variable(letter, understood)  # \mathbf{x}
    if isinstance(found, Named) or (found is not None and is_complex(found)):
        raise CallError(f"{name} is a definition; differentiate by one of the variables in it")
    variables = [s for s, node in understood.names.items() if isinstance(node, Symbol)]
    message = f"'{name}' is not a variable of the formula; it has {', '.join(variables) or 'none'}"
    raise CallError(message + _nowhere(name, understood))


def _in_latex(text: str) -> str:
    """The name that LaTeX spells, if it is one."""
    from matcalc.read.latex.formula import read

    try:
        tree = read(text, frozenset())
    except FormulaError:
        return ""
    return tree.text if isinstance(tree, Name) else ""


def _nowhere(name: str, understood: Understood) -> str:
    """What may depend on a declared name that the formula lacks: letters that only prose says what they are; or how the name
    was read instead."""
    if any(notice.endswith(AS_UNIT) for notice in understood.notices) and name.startswith(UNIT):
        return f". {name} {AS_UNIT}\n  declare it if it is none: {name} : vector(n)"
    declared = any(d.name == name for d in understood.declarations)
    if not declared or not understood.inferred:
        return ""
    first = understood.inferred[-1]
    names = f"{', '.join(understood.inferred)} {'is' if len(understood.inferred) == 1 else 'are'}"
    return f". {names} declared nowhere: if {first} depends on {name}, define it: {first} := …"


def _member(name: str, understood: Understood) -> Symbol | None:
    """One of a family: x_1, or x_k with an index that is nothing else; None where there is no such family."""
    stem, _, index = name.rpartition("_")
    for d in understood.declarations:
        if d.family is None or not _is_of(name, d):
            continue
        letter, _, many = d.family
        if "constant" in d.properties:
            raise CallError(f"{name} is declared constant, and is never differentiated by")
        taken = {
            *understood.names,
            *(n for other in understood.declarations for size in other.shape for n in names(size)),
        }
        taken |= {n for other in understood.declarations if other.family for n in names(other.family[2])}
        if index in taken:
            raise CallError(f"the index {index} of {name} means something else in the formula; use another letter")
        which: Size = int(index) if index.isdigit() else index
        if isinstance(which, int) and (which < 1 or (isinstance(many, int) and which > many)):
            raise CallError(f"there is no {name}: {d}")
        return Symbol(stem, d.shape, _words(stem, d, understood), member=Member(which, many, letter))
    return None


def _words(stem: str, d: Declaration, understood: Understood) -> tuple[str, ...]:
    """The properties that the members of a family have in the formula: those that may be used before they move."""
    inside = (n for n in postorder(understood.expression) if isinstance(n, Symbol) and n.member and n.name == stem)
    found = next(inside, None)
    return d.words if found is None else found.properties


def with_indices(understood: Understood, variables: Sequence[Variable]) -> Understood:
    """What was understood, with the indices of the members that are differentiated by: x_k has k : size."""
    names = {x.member.which for v in variables if (x := symbol_of(v)).member is not None}
    known = {d.name for d in understood.declarations}
    sizes = [Declaration(str(name), "size") for name in sorted(names, key=str) if isinstance(name, str)]
    fresh = tuple(d for d in sizes if d.name not in known)
    return replace(understood, declarations=(*understood.declarations, *fresh)) if fresh else understood


CONSTRAINTS = frozenset({"orthogonal", "unit", "unitary", "projection", "binary", "distribution"})


def released(
    understood: Understood, names: Sequence[str], declare: Sequence[str], syntax: str
) -> tuple[Understood, Sequence[str]]:
    """The formula with its variables free to move: Q'Q = I and the like hold at a point, and not for its differential.

    The gradient by an orthogonal or unit variable is the Euclidean one, so such a property may not be used before it.
    """
    asked = [conjugated(name) or name for name in names]
    wanted = {canonical(name) or name for name in asked}
    wanted |= {d.name for d in understood.declarations if d.family and any(_is_of(name, d) for name in wanted)}
    if not any(d.name in wanted and CONSTRAINTS.intersection(d.properties) for d in understood.declarations):
        return understood, declare
    free = [
        replace(d, properties=tuple(w for w in d.properties if w not in CONSTRAINTS)) if d.name in wanted else d
        for d in understood.declarations
        if d.name not in understood.inferred
    ]
    again = understand_tree(understood.tree, understood.source, [*free, *understood.definitions], syntax)
    return replace(again, declarations=understood.declarations, notices=understood.notices), [str(d) for d in free]


def _is_of(name: str, d: Declaration) -> bool:
    """Whether a name is that of a member of a family, by its stem."""
    assert d.family is not None
    return name.rpartition("_")[0] == d.name.removesuffix("_" + d.family[0])


def symbols_of(understood: Understood) -> list[Symbol]:
    """The symbols of all declarations, in their order."""
    made = [_symbol(d) for d in understood.declarations if d.kind not in ("function", "size")]
    known = {s.name: s for s in understood.names.values() if isinstance(s, Symbol)}
    return [known.get(s.name, s) for s in made]


def _symbol(d: Declaration) -> Symbol:
    """The symbol of a declaration; of a family, that of the array of all its members."""
    if d.family is None:
        return Symbol(d.name, d.shape, d.words)
    letter, _, many = d.family
    return stacked(Symbol(d.name.removesuffix("_" + letter), d.shape, d.words, member=Member(1, many, letter)))
