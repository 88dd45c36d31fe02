"""A call as NumPy code on arrays without idle dimensions: vectors and rows are (n,), scalars are numbers.

The code of the tables is over 2-D arrays. Most of it does as well for a vector that is (n,), and whether it does is
tried on numbers: the first spelling that gives the same values in the right shape is taken; else the arguments are put
into 2-D and the value out of it.

>>> spell(Call("sum", (Symbol("x", ("n", 1)),), (1, 1)), (False,)).text
'np.sum(X)'
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, cast

from matcalc.errors import CallError
from matcalc.expr import Call, Symbol
from matcalc.shape import Shape, Size
from matcalc.shape import value as number_of
from matcalc.verify.calls import CallCode, code_of, modules, run
from matcalc.write.code.ops import is_atom
from matcalc.write.code.template import is_plain

if TYPE_CHECKING:
    from matcalc.verify.evaluate import Array

LARGEST = 1_000_000  # entries of an array on which code is tried


@dataclass(frozen=True, slots=True)
class Spelled:
    """Code over the arguments, by the names of the record, and ``sizes``; where it has functions of its own (lambda), as a
    template (see ``ops``) over them, then the value of the template ``shared``."""

    text: str  # empty where there is a template
    args: tuple[str, ...]
    size_names: tuple[str, ...]
    template: str
    shared: str  # what the template computes several times, if anything
    sizes: tuple[Size, ...]
    modules: tuple[str, ...]  # to import
    view: bool  # the value may share the memory of an argument
    widens: bool  # single precision becomes double


# Spellings that read better than the 2-D code, tried first.
BETTER: dict[str, str] = {
    "diag": "np.diag(X)",
    "unvec": "x.reshape(n, m).T",
    "step": "np.heaviside(X, 0)",
    "eigvals": "np.linalg.eigvalsh(X)",
    "svdvals": "np.linalg.svd(X, compute_uv=False)",
    "sigmoid": "scipy.special.expit(X)",
}

# The kinds of shapes, and the way of an array into 2-D and out of it.
WRAPS = {"scalar": "np.reshape({{{}}}, (1, 1))", "vector": "{{{}}}[:, None]", "row": "{{{}}}[None, :]"}
UNWRAPS = {"scalar": "[0, 0]", "vector": "[:, 0]", "row": "[0]", "matrix": ""}


def spell(call: Call, plain: tuple[bool, ...]) -> Spelled:
    """The code of a call of the tables; ``plain`` says which arguments are Python numbers."""
    letters = tuple(Symbol(f"argument {k}", arg.shape) for k, arg in enumerate(call.args))
    return _spelled(Call(call.function, letters, call.shape, call.parameters), plain)


@lru_cache(maxsize=2048)
def _spelled(call: Call, plain: tuple[bool, ...]) -> Spelled:
    trial = _Trial(call, plain)
    reduces = 1 in call.shape
    found = (trial.fits(text) for text in _candidates(call.function, trial.code.text, reduces))
    return next((one for one in found if one is not None), None) or trial.wrapped()


def _candidates(function: str, text: str, reduces: bool) -> Iterator[str]:
    """Spellings of 2-D code that may do without 2-D; inside a matrix a kept dimension says which way it is spread."""
    if function in BETTER:
        yield BETTER[function]
    bare = (text.replace(", keepdims=True", "") if reduces else text).replace(".ravel()", "")
    yield re.sub(r"\.reshape\((?:[^()]|\([^()]*\))*\)$", "", bare)
    yield bare
    yield text


def kind_of(shape: Shape) -> str:
    rows, cols = shape
    return {(True, True): "scalar", (False, True): "vector", (True, False): "row"}.get((rows == 1, cols == 1), "matrix")


class _Trial:
    """A call with numbers for its arguments, on which spellings of its code are compared."""

    def __init__(self, call: Call, plain: tuple[bool, ...]) -> None:
        self.call, self.code, self.plain = call, code_of(call), plain
        for turn in range(3):  # some code asks for more rows than columns
            self._draw(turn)
            self.wanted = self.run(self.code.text, self.arrays)
            if self.wanted is not None:
                break

    def _draw(self, turn: int) -> None:
        from matcalc.verify.sample import choose_sizes

        named = choose_sizes([self.call], seed=turn)
        self.sizes = {name: number_of(size, named) for name, size in self.code.sizes.items()}
        shapes = [tuple(number_of(size, named) for size in arg.shape) for arg in self.call.args]
        if max(map(prod, shapes), default=0) > LARGEST:
            said = f"{self.call.function} of an array of more than {LARGEST:,} entries has no code"
            raise CallError(f"{said}: write a letter for its size")
        self.arrays = [_array(shape) for shape in shapes]

    def natural(self, dtype: str = "float64") -> list[object]:
        """The arguments without idle dimensions; Python numbers where they are plain."""
        return [
            float(array[0, 0]) if plain else array.astype(dtype).reshape(_natural(arg.shape, array))
            for array, arg, plain in zip(self.arrays, self.call.args, self.plain, strict=True)
        ]

    def run(self, text: str, args: Sequence[object]) -> Array | None:
        """The value of some code, or None where it does not run on these arguments."""
        import numpy as np

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return cast("Array", np.asarray(run(CallCode(text, self.code.args, self.code.sizes), args, self.sizes)))
        except Exception:  # noqa: BLE001  whatever it raises: it is not code for these arguments
            return None

    def fits(self, text: str) -> Spelled | None:
        """The spelling where it gives on natural shapes what the code gives on 2-D arrays."""
        import numpy as np

        first = self.arrays
        for seed in (1, 2, 3, 4):  # near the identity first, then any numbers for which the 2-D code has a value
            self.arrays = first if seed == 1 else [_array(array.shape, seed) for array in first]
            wanted = self.run(self.code.text, self.arrays)
            if seed > 1 and (wanted is None or not np.all(np.isfinite(wanted))):
                continue
            got = self.run(text, self.natural())
            if got is None or wanted is None or got.shape != _natural(self.call.shape, wanted):
                break
            if not np.allclose(got, wanted.reshape(got.shape), equal_nan=True):
                break
        else:
            self.arrays = first
            return self._taken(text)
        self.arrays = first
        return None

    def _taken(self, text: str) -> Spelled:
        return self.spelled(text, {}, "", self._is_view(text), self.run(text, self.natural("float32")))

    def _is_view(self, text: str) -> bool:
        """Whether some code may give a part of an argument, however that lies in memory."""
        import numpy as np

        for order in ("C", "F"):
            natural = [
                np.array(array, order=order) if isinstance(array, np.ndarray) else array for array in self.natural()
            ]
            got = self.run(text, natural)
            if any(isinstance(array, np.ndarray) and np.shares_memory(got, array) for array in natural):
                return True
        return False

    def wrapped(self) -> Spelled:
        """The 2-D code between reshapings."""
        wraps = {name: kind_of(arg.shape) for name, arg in zip(self.code.args, self.call.args, strict=True)}
        single = self.run(self.code.text, [array.astype("float32") for array in self.arrays])
        return self.spelled(self.code.text, wraps, UNWRAPS[kind_of(self.call.shape)], True, single)

    def spelled(self, text: str, wraps: Mapping[str, str], unwrap: str, view: bool, single: Array | None) -> Spelled:
        widens = single is not None and single.dtype.name == "float64"
        used = {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}
        named = tuple(name for name in self.code.sizes if name in used)
        if not wraps and not unwrap and is_plain(text):
            sizes = tuple(self.code.sizes[name] for name in named)
            return Spelled(text, self.code.args, named, "", "", sizes, modules(text), view, widens)
        template, shared, sizes = _template(text, self.code, wraps)
        if unwrap:
            template = (template if is_atom(template) else f"({template})") + unwrap
        return Spelled("", self.code.args, named, template, shared, sizes, modules(text), view, widens)


def _array(shape: tuple[int, ...], seed: int = 1) -> Array:
    """Entries between 0 and 1 of every matrix that is asked for: near the identity, invertible, its own sign; with
    another seed any numbers."""
    import numpy as np

    if seed > 1:
        return np.random.default_rng(seed).uniform(-1 if seed % 2 else 0.1, 1, shape)
    array = np.random.default_rng(seed).uniform(0.2, 0.6, shape)
    return array * 0.2 + 0.5 * np.eye(shape[0]) if shape[0] == shape[1] != 1 else array


def _natural(shape: Shape, array: Array) -> tuple[int, ...]:
    """The shape that an array of this kind has without idle dimensions."""
    return {"scalar": (), "matrix": array.shape}.get(kind_of(shape), (array.size,))


# --- code to template ---------------------------------------------------------------------------------------------

# What an operand needs to be beside an operator (see LEVELS).
BESIDE: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("s", "p"), ast.Sub: ("s", "p"), ast.Mult: ("p", "u"), ast.Div: ("p", "u"), ast.MatMult: ("m", "u"),
    ast.Pow: ("n", "u"),
}  # fmt: skip


def _template(text: str, code: CallCode, wraps: Mapping[str, str]) -> tuple[str, str, tuple[Size, ...]]:
    """Code with places for its arguments, its sizes, and what it computes several times."""
    tree = ast.parse(text, mode="eval")
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    sizes = [name for name in code.sizes if name in used]
    names = enumerate([*code.args, *sizes])
    places = {name: WRAPS.get(wraps.get(name, ""), "{{{}}}").format(f"{k}:n") for k, name in names}
    shared = _repeated(tree)
    if shared:
        text = text.replace(shared, SHARED)
        shared = filled(shared, places)
    return filled(text, places | {SHARED: f"{{{len(places)}:n}}"}), shared, tuple(code.sizes[name] for name in sizes)


SHARED = "shared"


def _repeated(tree: ast.Expression) -> str:
    """The longest call that stands in the code more than once."""
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and bound.isdisjoint(_names(node))]
    counts = Counter(map(ast.unparse, calls))
    return max((call for call, count in counts.items() if count > 1), key=len, default="")


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def filled(text: str, places: Mapping[str, str]) -> str:
    """The code with places for names; names that it binds itself get an underscore in front."""
    tree = ast.parse(text, mode="eval")
    needs = _needs(tree)
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    cuts: list[tuple[int, int, str]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.arg | ast.Name):
            continue
        name = node.arg if isinstance(node, ast.arg) else node.id
        if name in bound:
            cuts.append((node.col_offset, node.end_col_offset or 0, "_" + name))
        elif name in places:
            place = places[name]
            if re.fullmatch(r"\{\d+:n\}", place):
                place = place.replace(":n", f":{needs[node]}" if needs.get(node) else ":n" if node not in needs else "")
            cuts.append((node.col_offset, node.end_col_offset or 0, place))
    for start, end, new in sorted(cuts, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _needs(tree: ast.AST) -> dict[ast.AST, str]:
    """How tightly the parts of code must hold together where it is not the tightest."""
    needs: dict[ast.AST, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                needs.update(dict.fromkeys([*node.args, *[keyword.value for keyword in node.keywords]], ""))
            case ast.Tuple(parts) | ast.List(parts):
                needs.update(dict.fromkeys(parts, ""))
            case ast.Subscript(_, place):
                needs[place] = ""
            case ast.Slice(lower, upper, _):
                needs.update({end: "" for end in (lower, upper) if end is not None})
            case ast.BinOp(left, operator, right):
                needs[left], needs[right] = BESIDE.get(type(operator), ("n", "n"))
            case ast.UnaryOp(_, operand):
                needs[operand] = "u"
            case ast.Compare(left, _, others):
                needs.update(dict.fromkeys([left, *others], "s"))
    return needs
