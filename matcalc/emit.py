"""What a result can be emitted as: its value, the value with the gradients, and products with its second derivative.

>>> from matcalc.api import derive
>>> f = function(derive("norm(X w - y)^2", "w"), gives="hvp")
>>> f(X=[[1, 0], [0, 2]], dw=[1, 0])
array([2., 0.])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from matcalc.algebra.conjugates import is_complex
from matcalc.errors import CallError, MatcalcError
from matcalc.expr import Expr, Symbol, postorder
from matcalc.expression import arguments
from matcalc.steps.compact import compact
from matcalc.steps.differential import differential, gradients
from matcalc.steps.project import projected
from matcalc.steps.results import values
from matcalc.steps.wanted import symbols_of, variable
from matcalc.steps.wirtinger import symbol_of

if TYPE_CHECKING:
    from matcalc.expression import Expression
    from matcalc.steps.derivation import Derivation
    from matcalc.steps.understand import Understood
    from matcalc.write.code.function import EmittedFunction


class Derived(Protocol):
    """What is read off a result."""

    @property
    def kind(self) -> str: ...
    @property
    def wrt(self) -> tuple[str, ...]: ...
    @property
    def values(self) -> tuple[Expression, ...]: ...
    @property
    def objective(self) -> Expression: ...
    @property
    def understood(self) -> Understood: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def objective_name(self) -> str: ...
    @property
    def derivation(self) -> Derivation: ...


class Given(NamedTuple):
    """What a function gives: the expressions, and the arguments that it takes beside the formula's symbols."""

    expressions: Sequence[Expr]
    extra: Sequence[Symbol] = ()


def function(result: Derived, target: str = "numpy", gives: str = "result") -> EmittedFunction:
    """The function of ``source``, compiled."""
    from matcalc.write.code.function import function as compiled

    return compiled(*_parts(result, gives), target, compressed=gives == "compressed")


def source(result: Derived, target: str = "numpy", gives: str = "result") -> str:
    """The text of a function that gives one of GIVES; CallError where the target or that is unknown."""
    from matcalc.write.code.function import source as written

    return written(*_parts(result, gives), target, compressed=gives == "compressed")


def _parts(result: Derived, gives: str) -> tuple[list[Expr], list[Symbol], str, str]:
    """The expressions, the arguments, the name and the docstring."""
    if gives not in GIVES:
        raise CallError(f"a result gives no '{gives}'; it gives {', '.join(GIVES)}")
    if gives not in ("result", "value") and is_complex(result.objective.node):
        raise CallError(f"'{gives}' of a complex formula is not supported yet")
    about, made = GIVES[gives]
    found = made(result)
    order = [*symbols_of(result.understood), *found.extra]
    taken = arguments([*found.expressions, *found.extra], order)
    name = result.kind if gives == "result" else gives
    return list(found.expressions), taken, name, _doc(result, gives, about, found)


def _doc(result: Derived, gives: str, about: str, found: Given) -> str:
    """The formula, what is given, what is where, and which identities led there."""
    lines = [f"{label} = {value}" for label, value in zip(result.labels, result.values, strict=True)]
    if gives != "result":
        extra = ", ".join(symbol.name for symbol in found.extra)
        said = about.replace("WRT", ", ".join(result.wrt)).replace("EXTRA", extra)
        lines = [said, "", f"{result.objective_name} = {result.understood.source}", *lines]
    definitions = [definition.source for definition in result.understood.definitions]
    reasons = _identities(result)
    out = [*lines, *(["", *definitions] if definitions else []), *(["", "By", *reasons] if reasons else [])]
    return "\n".join(out)


def _identities(result: Derived) -> list[str]:
    """The identities of the derivation, each once, with its source."""
    try:
        found = [identity for line in result.derivation.lines for identity in line.reasons]
    except MatcalcError:  # what has no derivation to show still has code
        return []
    once = list(dict.fromkeys((identity.statement, identity.source) for identity in found))
    wide = max((len(statement) for statement, _ in once), default=0)
    return [f"    {statement:{wide}}   {source}".rstrip() for statement, source in once]


# --- what there is ----------------------------------------------------------------------------------------------------


def _variables(result: Derived) -> list[Symbol]:
    return [symbol_of(variable(name, result.understood)) for name in result.wrt]


def _of_result(result: Derived) -> Given:
    return Given([value.node for value in result.values])


def _value(result: Derived) -> Given:
    return Given([result.objective.node])


def _value_and_gradient(result: Derived) -> Given:
    _only(result, "value_and_gradient", "gradient")
    return Given([result.objective.node, *[value.node for value in result.values]])


def _hessian(result: Derived) -> Given:
    _only(result, "hessian", "gradient")
    if len(result.wrt) > 2:
        raise CallError("a Hessian is by one variable, or mixed by two")
    by = _variables(result)
    return Given(values("hessian", result.objective.node, (by[0], by[-1])))


def _compressed(result: Derived) -> Given:
    if len(result.values) != 1 or result.kind == "gradient":
        raise CallError("'compressed' is that of one Jacobian or Hessian")
    return _of_result(result)


def _hvp(result: Derived) -> Given:
    """d(dE/dX) in the direction of dX, the direction being put into the space of the variable."""
    _only(result, "hvp", "gradient")
    moved, extra = _directions(result)
    return Given([compact(differential(value.node, moved)) for value in result.values], extra)


def _jvp(result: Derived) -> Given:
    moved, extra = _directions(result)
    return Given([compact(differential(result.objective.node, moved))], extra)


def _vjp(result: Derived) -> Given:
    """seed : dF = G : dX, the seed in the shape of F."""
    F = result.objective.node
    seed = Symbol(_free("seed", result), F.shape)
    variables = _variables(result)
    found = gradients(F, variables, seed)
    return Given([compact(projected(found[x], x)[0]) for x in variables], [seed])


def _directions(result: Derived) -> tuple[dict[Expr, Expr], list[Symbol]]:
    """The differential of each variable, and the arguments that stand for them."""
    variables = _variables(result)
    extra = [Symbol(_free("d" + x.name, result), x.shape) for x in variables]
    return {x: projected(dx, x)[0] for x, dx in zip(variables, extra, strict=True)}, extra


def _free(wish: str, result: Derived) -> str:
    """The wish, or with underscores where it is taken."""
    taken = {symbol.name for symbol in postorder(result.objective.node) if isinstance(symbol, Symbol)}
    while wish in taken:
        wish += "_"
    return wish


def _only(result: Derived, gives: str, kind: str) -> None:
    if result.kind != kind:
        raise CallError(f"'{gives}' is that of a {kind}, and this is a {result.kind}")


GIVES: dict[str, tuple[str, Callable[[Derived], Given]]] = {
    "result": ("", _of_result),
    "value": ("The value of the formula.", _value),
    "value_and_gradient": ("The value and the gradient by WRT.", _value_and_gradient),
    "hessian": ("The Hessian over vec by WRT, columns stacked.", _hessian),
    "compressed": ("The arrays that the matrix over vec is made of, a tuple.", _compressed),
    "hvp": ("The Hessian-vector product: the differential of the gradient by WRT in the direction EXTRA.", _hvp),
    "jvp": ("The Jacobian-vector product: the differential in the direction EXTRA.", _jvp),
    "vjp": ("The vector-Jacobian product: G by WRT with EXTRA : dF = G : dX.", _vjp),
}
