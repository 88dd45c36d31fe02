"""A formula as what ``scipy.optimize.minimize`` wants: several matrix variables packed into one vector.

>>> problem = objective("norm(X w - y)^2", "w", given={"X": [[1, 0], [0, 2]], "y": [1, 2]}, start={"w": [0, 0]})
>>> problem.fun(problem.x0), problem.jac(problem.x0)
(5.0, array([-2., -8.]))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from inspect import signature
from typing import TYPE_CHECKING, cast

from matcalc.errors import CallError
from matcalc.expr import Expr
from matcalc.expression import arguments
from matcalc.result import Result
from matcalc.steps.results import values
from matcalc.steps.wanted import symbols_of, variable
from matcalc.steps.wirtinger import symbol_of

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

    from matcalc.verify.evaluate import Array


class Objective:
    """``fun``, ``jac``, ``hess`` and ``hessp`` of one vector, which holds the variables one after the other, each with
    its columns stacked (``pack``, ``unpack``); ``x0`` is the start.

    The value and the gradient are computed together, so that ``fun`` and ``jac`` at one point cost one call. A variable
    declared symmetric is packed as a whole, and its gradient is symmetric.
    """

    def __init__(self, result: Result, given: Mapping[str, object], start: Mapping[str, object]) -> None:
        import numpy as np

        if result.kind != "gradient":
            raise CallError("only a scalar can be minimised")
        missing = [name for name in result.wrt if name not in start]
        if missing:
            raise CallError(f"where does {' and '.join(missing)} start? start={{'{missing[0]}': …}} says it")
        self.result = result
        self.given = {_parameter(name): value for name, value in given.items()}
        self._start = {name: np.asarray(start[name], float) for name in result.wrt}
        self._last: tuple[Array, float, Array] | None = None

    # --- one vector -------------------------------------------------------------------------------------------------

    @property
    def x0(self) -> Array:
        """The start, packed."""
        return self.pack(self._start)

    def pack(self, variables: Mapping[str, object]) -> Array:
        """The variables as one vector."""
        import numpy as np

        parts = [np.asarray(variables[name], float).ravel(order="F") for name in self.result.wrt]
        return cast("Array", np.concatenate(parts))

    def unpack(self, x: Array) -> dict[str, Array]:
        """The variables in their shapes."""
        out, place = {}, 0
        for name, at_start in self._start.items():
            out[name] = x[place : place + at_start.size].reshape(at_start.shape, order="F")
            place += at_start.size
        return out

    # --- what is minimised --------------------------------------------------------------------------------------------

    def fun(self, x: Array) -> float:
        """The value."""
        return self._both(x)[0]

    def jac(self, x: Array) -> Array:
        """The gradient."""
        return self._both(x)[1]

    def hess(self, x: Array) -> Array:
        """The Hessian, dense."""
        import numpy as np

        found = iter(_several(self._call(self._blocks, x)))
        count = len(self.result.wrt)
        blocks: list[list[Array]] = [[np.empty(0)] * count for _ in range(count)]
        sizes = [at_start.size for at_start in self._start.values()]
        for i in range(count):
            for j in range(i, count):
                block = np.reshape(next(found), (sizes[i], sizes[j]))
                blocks[i][j], blocks[j][i] = block, block.T
        return cast("Array", np.block(blocks))

    def hessp(self, x: Array, p: Array) -> Array:
        """The Hessian times a vector, without the Hessian."""
        directions = {_parameter("d" + name): part for name, part in self.unpack(p).items()}
        return self._packed(self._call(self._product, x, directions))

    def hessian_operator(self, x: Array) -> LinearOperator:
        """The Hessian as a ``scipy.sparse.linalg.LinearOperator``."""
        from scipy.sparse.linalg import LinearOperator

        return LinearOperator((x.size, x.size), matvec=lambda p: self.hessp(x, p.ravel()), dtype=x.dtype)

    # --- functions ----------------------------------------------------------------------------------------------------

    @cached_property
    def _value_and_gradient(self) -> Callable[..., object]:
        return self.result.function("numpy", "value_and_gradient")

    @cached_property
    def _product(self) -> Callable[..., object]:
        return self.result.function("numpy", "hvp")

    @cached_property
    def _blocks(self) -> Callable[..., object]:
        """All blocks on and above the diagonal in one function, so that they share what they have in common."""
        from matcalc.write.code.function import function

        understood, f = self.result.understood, self.result.objective.node
        x = [symbol_of(variable(name, understood)) for name in self.result.wrt]
        pairs = [(x[i], x[j]) for i in range(len(x)) for j in range(i, len(x))]
        found: list[Expr] = [values("hessian", f, pair)[0] for pair in pairs]
        return function(found, arguments(found, symbols_of(understood)), "hessian")

    def _both(self, x: Array) -> tuple[float, Array]:
        import numpy as np

        if self._last is None or not np.array_equal(self._last[0], x):
            value, *gradients = _several(self._call(self._value_and_gradient, x))
            self._last = (x.copy(), float(value), self._packed(tuple(gradients)))
        return self._last[1], self._last[2].copy()

    def _packed(self, parts: object) -> Array:
        return self.pack(dict(zip(self.result.wrt, _several(parts), strict=True)))

    def _call(self, function: Callable[..., object], x: Array, extra: Mapping[str, object] | None = None) -> object:
        """A function at a point; it takes what it needs of all there is."""
        there = {**self.given, **{_parameter(name): part for name, part in self.unpack(x).items()}, **(extra or {})}
        wanted = list(signature(function).parameters)
        missing = [name for name in wanted if name not in there]
        if missing:
            raise CallError(f"{', '.join(missing)} has no value; given={{'{missing[0]}': …}} says it")
        return function(**{name: there[name] for name in wanted})


def _several(found: object) -> Sequence[Array]:
    return cast("Sequence[Array]", found if isinstance(found, tuple) else (found,))


def _parameter(name: str) -> str:
    from matcalc.write.code.names import python_name

    return python_name(name)


def objective(
    text: str,
    wrt: str | Sequence[str],
    declare: Sequence[str] = (),
    given: Mapping[str, object] | None = None,
    start: Mapping[str, object] | None = None,
    syntax: str = "plain",
) -> Objective:
    """The objective of a formula by its variables: ``given`` has the other arrays, ``start`` where the variables begin.

    Errors are those of ``derive``; CallError where a value is missing.
    """
    from matcalc.api import derive

    return Objective(derive(text, wrt, declare, syntax), given or {}, start or {})
