"""A derivation held against itself: every printed line read back and compared with the line before, on numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.algebra import size
from matcalc.algebra.kroneckers import vec
from matcalc.errors import FormulaError, MatcalcError, NoRuleError
from matcalc.expr import Expr, Named, Symbol, postorder
from matcalc.shape import names as size_names
from matcalc.steps.letters import letter_of
from matcalc.steps.wanted import symbols_of

if TYPE_CHECKING:
    from matcalc.result import Result


def is_verified(result: Result) -> bool:
    """Reads every printed line back and holds it against the line before, on numbers; a difference is a fault of ours."""
    from matcalc.steps.differential import differential, differential_symbol
    from matcalc.steps.understand import expression_of
    from matcalc.verify.chain import first_difference
    from matcalc.write.present import plain_text

    letters = _letters(result)
    d: dict[Expr, Expr] = {x: differential_symbol(x) for x in result._moving()}
    letters |= {"d" + letter_of(x): dx for x, dx in d.items()}
    for name in result.derivation.names:
        letters[name.name] = name
        try:
            d[name] = differential(name.body, d)
        except NoRuleError:  # only its adjoint has a closed form: nothing to compare the lines by
            return False
        letters["d" + name.name] = d[name]
    unknown = [d for d in result.declarations if d.kind in ("function", "size")]
    unknown += [d for d in result.declarations if d.family is not None]
    try:
        lines = [expression_of(plain_text(line.right), letters, unknown) for line in result.derivation.lines]
    except FormulaError:  # what is declared does not let all names stand beside each other
        return False
    if result.part is not None:
        from matcalc.steps.derivation_parts import truths

        found = [first_difference(group) for group in truths(result.named_objective, result.part, lines)]
        if any(place is not None and place >= 0 for place in found):
            raise MatcalcError("a line of the derivation differs from the line before: please report this formula")
        return all(place is None for place in found)
    if result.kind != "gradient":
        lines[0] = vec(lines[0])
        lines.insert(0, vec(differential(result.differentiated, d)))
    wrong = first_difference(lines)
    if wrong is not None and wrong >= 0:
        raise MatcalcError(
            f"line {wrong + 1} of the derivation differs from the line before: please report this formula"
        )
    return wrong is None


def _letters(result: Result) -> dict[str, Expr]:
    """What the names in the lines are: of symbols, members, definitions and sizes."""
    stems = {d.name.rpartition("_")[0] for d in result.declarations if d.family is not None}
    letters: dict[str, Expr] = {s.name: s for s in symbols_of(result.understood)}
    letters = {name: letter for name, letter in letters.items() if name not in stems}
    letters |= {
        letter_of(n): n
        for n in postorder(result.objective.node)
        if isinstance(n, Named) or (isinstance(n, Symbol) and not n.member)
    }
    sizes = {n for d in result.declarations for s in d.shape for n in size_names(s)}
    declared = {d.name for d in result.declarations if d.kind == "size"}
    return letters | {n: size(n) for n in sizes if n not in letters and n not in declared}
