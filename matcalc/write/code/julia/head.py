"""The head of a Julia function: the sizes of what is given, held against what was declared.

>>> from matcalc.expr import Symbol
>>> A, x = Symbol("A", ("m", "n")), Symbol("x", ("n", 1))
>>> for line in head([A, x], Naming([A, x], []), {"m"}):
...     print(line)
m, n = size(A)
size(x) == (n,) || throw(DimensionMismatch("x : vector(n): the size must be $((n,)), and here it is $(size(x))"))
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from matcalc.expr import Symbol
from matcalc.shape import Polynomial, Size, names, shape_text
from matcalc.write.code.inputs import compared, linear
from matcalc.write.code.names import Naming, size_code


def head(arguments: Sequence[Symbol], naming: Naming, needed: Collection[str]) -> list[str]:
    """The lines; sizes that no argument shows become parameters."""
    arrays = [argument for argument in arguments if not argument.is_scalar]
    wanted = set(needed) | compared(arrays)
    known: set[str] = set()
    out: list[str] = []
    whole: set[Symbol] = set()  # those whose shape is what was read
    for argument in arrays:
        before = len(known)
        out += _learnt(argument, naming, wanted, known)
        whole |= {argument} if len(known) == before + len(_dims(argument)) else set()
    for argument in arrays:
        out += _solved(argument, naming, wanted, known)
    for name in sorted(set(needed) - known):
        naming.add_size(name)
        known.add(name)
    for argument in [argument for argument in arrays if argument not in whole]:
        out += _checked(argument, naming, known)
    return [
        *out,
        *[f"{v} = vec({v})" for a in arrays if a.rows == 1 and len(a.shape) == 2 for v in [naming.variable(a)]],
    ]


def _dims(argument: Symbol) -> tuple[Size, ...]:
    return argument.shape[:1] if argument.cols == 1 else argument.shape


def _learnt(argument: Symbol, naming: Naming, wanted: set[str], known: set[str]) -> list[str]:
    """The sizes that stand alone in a shape."""
    dims, variable = _dims(argument), naming.variable(argument)
    new = [size for size in dict.fromkeys(dims) if isinstance(size, str) and size in wanted and size not in known]
    known.update(new)
    if len(new) == len(dims) > 1:
        return [f"{', '.join(map(naming.size, new))} = size({variable})"]
    return [f"{naming.size(size)} = size({variable}, {dims.index(size) + 1})" for size in new]


def _solved(argument: Symbol, naming: Naming, wanted: set[str], known: set[str]) -> list[str]:
    """vector(n+1) shows n."""
    out = []
    for place, size in enumerate(_dims(argument)):
        unknown = sorted(set(names(size)) - known) if isinstance(size, Polynomial) else []
        parts = linear(size, unknown[0]) if isinstance(size, Polynomial) and len(unknown) == 1 else None
        if parts is not None and unknown[0] in wanted:
            factor, rest = (julia_size(part, naming) for part in parts)
            known.add(unknown[0])
            out.append(
                f"{naming.size(unknown[0])} = div(size({naming.variable(argument)}, {place + 1}) - ({rest}), {factor})"
            )
    return out


def _checked(argument: Symbol, naming: Naming, known: set[str]) -> list[str]:
    """The line that holds a shape against what is known of it; none where that says nothing."""
    dims, variable = _dims(argument), naming.variable(argument)
    codes = [
        julia_size(size, naming) if set(names(size)) <= known else f"size({variable}, {k + 1})"
        for k, size in enumerate(dims)
    ]
    first_seen = [f"size({variable}, {k + 1})" for k in range(len(dims))]
    for k, size in enumerate(dims):
        if codes[k] == first_seen[k] and size in dims[:k]:
            codes[k] = codes[dims.index(size)]
    if codes == first_seen:
        return []
    shape = f"({', '.join(codes)}{',' if len(codes) == 1 else ''})"
    words = (
        f"{variable} : {shape_text(argument.shape)}: the size must be $({shape}), and here it is $(size({variable}))"
    )
    return [f'size({variable}) == {shape} || throw(DimensionMismatch("{words}"))']


def julia_size(size: Size, naming: Naming) -> str:
    """A size in Julia: ``div(n * n + n, 2)``."""
    code = size_code(size, naming.size)
    above, found, below = code.rpartition(" // ")
    return f"div({above.removeprefix('(').removesuffix(')')}, {below})" if found else code
