"""Names that lines give to derivatives: after ``H = d2E/dx dx'`` H is that Hessian, in every line of the document.

>>> from matcalc.read.mc import read_document
>>> document = read_document("E := x' A x\\ncheck H = d2E/dx2 = A + A'")
>>> str(with_aliases(document.statements, "plain", "").names["H"].shape)
"('n', 'n')"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from matcalc.algebra.rebuild import expand_names
from matcalc.errors import MatcalcError
from matcalc.read.declared import Declaration, Definition
from matcalc.read.document import Check, Derivative, Line, Statement
from matcalc.read.syntax import Name
from matcalc.steps.compact import compact
from matcalc.steps.setting import Setting
from matcalc.steps.spell import spell
from matcalc.verify.truth import truth_of


def with_aliases(
    statements: Sequence[Statement], syntax: str, source: str, inside: Sequence[tuple[str, Derivative]] = ()
) -> Setting:
    """The setting of the statements, in which such names are defined as the derivatives that they are.

    ``inside`` are derivatives that stand inside formulas, with names.
    """
    setting = Setting.of(statements, syntax)
    given = dict([*_given(statements), *inside])
    if not given:
        return setting
    made: list[Definition] = []
    for _ in range(ROUNDS):
        again = _defined(given, setting, source)
        if again == made:
            break
        made = again
        setting = Setting.of([*made, *statements], syntax)
    return replace(setting, derivatives={d.name: given[d.name] for d in made})


ROUNDS = 4  # of derivatives of what has derivatives in it


def _defined(given: Mapping[str, Derivative], setting: Setting, source: str) -> list[Definition]:
    """The definitions of the names, by their variables only."""
    out: list[Definition] = []
    for name, claim in given.items():
        try:
            value = compact(expand_names(truth_of(claim, setting, source).value))
        except MatcalcError:
            continue
        out.append(Definition(name, spell(value), source, claim.span))
    return out


def _given(statements: Sequence[Statement]) -> Iterator[tuple[str, Derivative]]:
    """Names that nobody declares or defines, each with the first derivative that a line says it is."""
    known = {s.name for s in statements if isinstance(s, Declaration | Definition)}
    for line in lines_of(statements):
        left, right = line.left, line.right
        if isinstance(left, Name) and isinstance(right, Derivative) and left.text not in known:
            known.add(left.text)
            yield left.text, right


def lines_of(statements: Sequence[Statement]) -> Iterator[Line]:
    """All lines of all chains."""
    return (line for s in statements if isinstance(s, Check) for line in s.lines)
