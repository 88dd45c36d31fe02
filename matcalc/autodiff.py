"""Functions for automatic differentiation with a derivation for their derivative: PyTorch's and JAX's.

    from matcalc.autodiff import jax_function, torch_function

    loss = torch_function(derive("norm(X w - y)^2", "w"))     torch.autograd.Function: loss(X, w, y).backward()
    loss = jax_function(derive("norm(X w - y)^2", "w"))       jax.custom_vjp: jax.grad(loss, argnums=1)(X, w, y)

Both take the symbols of the formula, in the order of ``result.function(target, "value")``.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Protocol, cast

from matcalc.emit import function
from matcalc.errors import CallError
from matcalc.write.code.names import python_name

if TYPE_CHECKING:
    from matcalc.result import Result


class Tensor(Protocol):
    """What is used of a torch.Tensor."""


class Context(Protocol):
    """What is used of the context of a torch.autograd.Function."""

    needs_input_grad: tuple[bool, ...]
    saved_tensors: tuple[Tensor, ...]

    def save_for_backward(self, *tensors: object) -> None: ...


def torch_function(result: Result) -> Callable[..., Tensor]:
    """``apply`` of a ``torch.autograd.Function``: the value forward, the derived gradients backward.

    A gradient by a variable that nothing was derived for is an error, not nothing.
    """
    import torch

    value, pullback, names, moved = _parts(result, "torch")

    class Derived(torch.autograd.Function):  # type: ignore[misc]  # it has no types where it is not installed
        @staticmethod
        def forward(context: Context, *values: Tensor) -> object:
            tensors = [torch.as_tensor(x) for x in values]
            context.save_for_backward(*tensors)
            return value(*values)

        @staticmethod
        def backward(context: Context, seed: Tensor) -> tuple[object, ...]:
            asked = [name for name, needed in zip(names, context.needs_input_grad, strict=True) if needed]
            if not set(asked) <= set(moved):
                raise CallError(
                    f"this was derived by {', '.join(moved)}, and a gradient by {', '.join(asked)} is asked for"
                )
            found = pullback(seed, dict(zip(names, context.saved_tensors, strict=True)))
            return tuple(found.get(name) for name in names)

    return cast("Callable[..., Tensor]", Derived.apply)


def jax_function(result: Result) -> Callable[..., object]:
    """A function with a ``jax.custom_vjp`` by the variables of the result; JAX raises where another is differentiated by."""
    import jax

    value, pullback, names, moved = _parts(result, "jax")

    def call(*args: object, **kwargs: object) -> object:
        bound = shape.bind(*args, **kwargs).arguments
        rest = {name: array for name, array in bound.items() if name not in moved}

        @jax.custom_vjp  # type: ignore[untyped-decorator]
        def derived(*variables: object) -> object:
            return value(**rest, **dict(zip(moved, variables, strict=True)))

        def forward(*variables: object) -> tuple[object, tuple[object, ...]]:
            return derived(*variables), variables

        def backward(variables: tuple[object, ...], seed: object) -> tuple[object, ...]:
            found = pullback(seed, {**rest, **dict(zip(moved, variables, strict=True))})
            return tuple(found[name] for name in moved)

        derived.defvjp(forward, backward)
        return derived(*[bound[name] for name in moved])

    shape = signature(value).replace(parameters=[Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])
    call.__signature__ = shape  # type: ignore[attr-defined]
    call.__name__, call.__doc__ = "value", value.__doc__
    return call


Pullback = Callable[[object, dict[str, object]], dict[str, object]]


def _parts(result: Result, target: str) -> tuple[Callable[..., object], Pullback, list[str], list[str]]:
    """The value, what takes a seed back to the variables, the parameters, and those that are variables."""
    value, vjp = function(result, target, "value"), function(result, target, "vjp")
    names, wanted = list(signature(value).parameters), list(signature(vjp).parameters)
    moved = [python_name(name) for name in result.wrt]
    seed_name = next(name for name in wanted if name not in names) if set(wanted) - set(names) else ""

    def pullback(seed: object, there: dict[str, object]) -> dict[str, object]:
        found: object = vjp(**{name: seed if name == seed_name else there[name] for name in wanted})
        return dict(zip(moved, found if isinstance(found, tuple) else (found,), strict=True))

    return value, pullback, names, moved
