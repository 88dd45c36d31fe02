"""A result's derivation: which chain it is, what it begins with, and its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.algebra.conjugates import is_complex
from matcalc.expr import Expr
from matcalc.result.labels import inner_name, taken_names
from matcalc.result.records import Step
from matcalc.steps.spell import spell
from matcalc.steps.understand import understand

if TYPE_CHECKING:
    from matcalc.read.syntax import Syntax
    from matcalc.result import Result
    from matcalc.steps.derivation import Derivation


def derivation_of(result: Result) -> Derivation:
    from matcalc.steps.derivation import derivation, derivation_by_members, derivation_of_jacobian
    from matcalc.steps.members import has_members

    variables = result._variables()
    if result.part is not None:
        from matcalc.steps.derivation_parts import derivation_of_part

        return derivation_of_part(result.objective_name, result.named_objective, result.part, result._standard[0])
    if is_complex(result.objective.node):
        from matcalc.steps.derivation_complex import derivation_of_complex, derivation_of_complex_jacobian

        if result.kind != "gradient":
            return derivation_of_complex_jacobian(inner_name(result), result.differentiated, variables[-1])
        return derivation_of_complex(result.objective_name, result.objective.node, variables)
    if has_members(variables) and result.kind == "gradient":
        return derivation_by_members(
            result.objective_name, result.objective.node, variables, [v.node for v in result.values]
        )
    if result.kind == "gradient":
        return derivation(result.objective_name, result.named_objective, variables)
    return derivation_of_jacobian(inner_name(result), result.differentiated, result._moving(), result._standard)


def named_objective(result: Result) -> Expr:
    from matcalc.steps.naming import Names

    plain = result.kind != "gradient" or any(x.member for x in result._variables())
    if result.understood.definitions or plain or is_complex(result.objective.node):
        return result.objective.node
    taken = taken_names(result)
    names = Names(result._variables(), taken)
    with names.arguments_named():
        again = understand(result.understood.source, result._declare, result._syntax)
    return names.inside(again.expression)


def opening(result: Result) -> Syntax:
    """What the derivation begins with: the formula as typed, unless parts of it have got names; for a Hessian its gradient."""
    if result.order > 1:
        return spell(result.differentiated)
    written_out = is_complex(result.objective.node) and result.understood.definitions
    if result.named_objective is result.objective.node and not written_out:
        return result.understood.tree
    return spell(result.named_objective)


def steps(result: Result) -> tuple[Step, ...]:
    from matcalc.write.narrate import differentials
    from matcalc.write.present import latex_text, plain_text

    verified = result._verified
    names = differentials([*result._symbols(), *(n.name for n in result.derivation.names), inner_name(result)])
    spellings = result.understood.spellings
    return tuple(
        Step(
            plain_text(line.left, spellings) if line.left is not None else "",
            plain_text(line.right, spellings),
            latex_text(line.right, names, taken=spellings),
            line.reasons,
            verified,
        )
        for line in result.derivation.lines
    )
