r"""``d`` before what it is the differential of: ``d X^T`` is (dX)', ``d\log\det A`` is d(log det A)."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.read import syntax
from matcalc.read.syntax import Syntax
from matcalc.read.trees import rewritten

Knows = Callable[[Syntax], bool]


def joined(factors: tuple[Syntax, ...], knows: Knows) -> tuple[Syntax, ...]:
    """The factors, each ``d`` joined to the next one where that has a differential: a name, a function, a norm.

    >>> from matcalc.read.syntax import Name, Postfix
    >>> joined((Name("d"), Postfix("'", Name("X")), Name("Y")), lambda of: True)[0].base.text
    'dX'
    """
    out: list[Syntax] = []
    k = 0
    while k < len(factors):
        factor = factors[k]
        if isinstance(factor, syntax.Name) and factor.text == "d" and k + 1 < len(factors):
            made = _differential(factor, factors[k + 1], knows)
            if made is not None:
                out.append(made)
                k += 2
                continue
        out.append(factor)
        k += 1
    return tuple(out)


def _differential(d: syntax.Name, of: Syntax, knows: Knows) -> Syntax | None:
    around: list[syntax.Postfix | syntax.Power | syntax.Index] = []
    inner = of
    while isinstance(inner, syntax.Postfix | syntax.Power | syntax.Index):
        around.append(inner)
        inner = inner.base
    start = d.span[0]
    if not isinstance(inner, syntax.Name | syntax.Apply | syntax.Bars) or not knows(inner):
        return None
    if not isinstance(inner, syntax.Name):
        return syntax.Apply("d", (of,), 0, (start, of.span[1]))
    made: Syntax = syntax.Name("d" + inner.text, (start, inner.span[1]))
    for outer in reversed(around):
        made = outer._replace(base=made, span=(start, outer.span[1]))
    return made


def in_tree(tree: Syntax, knows: Knows) -> Syntax:
    """The same in every product of a tree."""

    def change(node: Syntax) -> Syntax:
        if not isinstance(node, syntax.Juxtapose):
            return node
        factors = joined(node.factors, knows)
        return factors[0] if len(factors) == 1 else node._replace(factors=factors)

    return rewritten(tree, change)
