"""The result that a document asks for, derived under what it declares and defines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matcalc.api import derive
from matcalc.errors import FormulaError, MatcalcError
from matcalc.read.declared import Declaration, Definition
from matcalc.read.document import Derivative
from matcalc.read.syntax import Name, Syntax
from matcalc.report.records import LineReport, Report
from matcalc.report.words import plain_side
from matcalc.result import Result
from matcalc.write.present import plain_text


def derivation_of(lines: Sequence[LineReport], report: Report) -> Result | None:
    """Our own derivation of what a chain is about, where something in it is wrong."""
    about = next((line.about for line in lines if not line.is_right and line.about is not None), None)
    if about is None:
        return None
    name, wrt = about
    try:
        return answer(Name(name), wrt, 1, (*report.declarations, *report.inferred), report.definitions)
    except MatcalcError:
        return None


def derivations_of(lines: Sequence[LineReport], report: Report) -> list[Result]:
    """Our own derivations of what a chain is about: where something in it is wrong; else those that lead from the definition
    to each of its claims, if it has no differentials, and so leaves them out."""
    ours = derivation_of(lines, report)
    if ours is not None:
        return [ours]
    claims = [line.left_tree for line in lines if line.begins]
    out: list[Result] = []
    for claim in claims if all(isinstance(claim, Derivative) for claim in claims) else ():
        assert isinstance(claim, Derivative)
        try:
            wrt = [plain_side(x) for x in claim.wrt]
            out.append(answer(claim.of, wrt, claim.order, (*report.declarations, *report.inferred), report.definitions))
        except MatcalcError:
            continue
    return [result for result in out if result.steps]


def answer(
    of: Syntax,
    wrt: Sequence[str],
    order: int,
    declarations: Sequence[Declaration],
    definitions: Sequence[Definition],
) -> Result:
    """The derivative of a formula or of a definition, called by its name; what is defined before it is used."""
    if not wrt:
        raise FormulaError("a derivative by what?", hint="write dE/dU")
    declare = [str(d) for d in declarations]
    functions = [d.name for d in declarations if d.kind == "function"]
    formula, name = plain_text(of, functions=functions), ""
    for definition in definitions:
        if isinstance(of, Name) and definition.name == of.text:
            formula, name = plain_text(definition.syntax, functions=functions), definition.name
            break
        declare.append(f"{definition.name} := {plain_text(definition.syntax, functions=functions)}")
    result = derive(formula, tuple(dict.fromkeys(wrt)), declare, order=order)
    return replace(result, _called=name)
