"""The result that a document asks for, derived under what it declares and defines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matcalc.api import derive
from matcalc.errors import FormulaError
from matcalc.read.declared import Declaration, Definition
from matcalc.read.syntax import Name, Syntax
from matcalc.result import Result
from matcalc.write.present import plain_text


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
    formula, name = plain_text(of), ""
    for definition in definitions:
        if isinstance(of, Name) and definition.name == of.text:
            formula, name = plain_text(definition.syntax), definition.name
            break
        declare.append(f"{definition.name} := {plain_text(definition.syntax)}")
    result = derive(formula, tuple(dict.fromkeys(wrt)), declare, order=order)
    return replace(result, _called=name)
