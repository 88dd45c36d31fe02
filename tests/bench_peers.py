"""Deriving beside SymPy's ``MatrixExpr.diff`` and tensorgrad: ``python -m tests.bench_peers`` (both from PyPI).

Each formula is built and derived anew under other names each time, so that no cache has it, in one warm process, the three
taking turns; medians of processor time in ms. An answer is right where it has the value of finite differences of the formula at a draw.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

from differences import central  # noqa: E402

import matcalc  # noqa: E402

Array = np.ndarray[Any, Any]
SIZES = {"m": 4, "n": 3, "k": 2}
TURNS = 11


@dataclass(frozen=True)
class Formula:
    """A formula in the three notations; ``{0}`` in the plain one is what makes its names new."""

    plain: str
    by: str
    shapes: dict[str, str]  # of each name: "n" a vector, "mn" a matrix
    sympy: Callable[..., Any] | None  # of the symbols by name
    tensorgrad: Callable[..., Any] | None


def _tg_norm2(t: Any) -> Any:
    from tensorgrad import functions

    return functions.frobenius2(t)


# fmt: off
FORMULAS = (
    Formula("a' x", "x", {"a": "n", "x": "n"}, lambda a, x: a.T * x, lambda a, x: a @ x),
    Formula("x' A x", "x", {"A": "nn", "x": "n"}, lambda A, x: x.T * A * x, lambda A, x: x @ A @ x.rename(n="n2")),
    Formula("norm(A x - b)^2", "x", {"A": "mn", "x": "n", "b": "m"},
            lambda A, x, b: (A * x - b).T * (A * x - b), lambda A, x, b: _tg_norm2(A @ x - b)),
    Formula("tr(A X)", "X", {"A": "nm", "X": "mn"}, lambda A, X: _trace(A * X), lambda A, X: A @ X),
    Formula("tr(A X B)", "X", {"A": "km", "X": "mn", "B": "nk"}, lambda A, X, B: _trace(A * X * B), lambda A, X, B: A @ X @ B),
    Formula("tr(X' A X)", "X", {"A": "mm", "X": "mn"}, lambda A, X: _trace(X.T * A * X),
            lambda A, X: X @ A @ X.rename(m="m2")),
    Formula("norm(U V' - Y)^2", "U", {"U": "mk", "V": "nk", "Y": "mn"},
            lambda U, V, Y: _trace((U * V.T - Y).T * (U * V.T - Y)), lambda U, V, Y: _tg_norm2(U @ V - Y)),
    Formula("tr(X' X X' X)", "X", {"X": "mn"}, lambda X: _trace(X.T * X * X.T * X),
            lambda X: _tg_norm2(X @ X.rename(n="n2"))),
    Formula("tr(A inv(X))", "X", {"A": "nn", "X": "nn"}, lambda A, X: _trace(A * X.I), None),
    Formula("logdet(X)", "X", {"X": "nn"}, lambda X: _log(_det(X)), None),
    Formula("det(X)", "X", {"X": "nn"}, lambda X: 1 * _det(X), None),
    Formula("sum(exp(A x))", "x", {"A": "mn", "x": "n"}, lambda A, x: _ones(1, A.shape[0]) * (A * x).applyfunc(_exp()),
            lambda A, x: _tg("sum", _tg("exp", A @ x))),
    Formula("sum(log(1 + exp(A x)))", "x", {"A": "mn", "x": "n"},
            lambda A, x: _ones(1, A.shape[0]) * (A * x).applyfunc(_softplus()),
            lambda A, x: _tg("sum", _tg("log", _tg("exp", A @ x) + 1))),
    Formula("sum((M .* (U V' - Y)) .^ 2)", "U", {"M": "mn", "U": "mk", "V": "nk", "Y": "mn"},
            lambda M, U, V, Y: _trace(_hadamard(M, U * V.T - Y).T * _hadamard(M, U * V.T - Y)),
            lambda M, U, V, Y: _tg_norm2(M * (U @ V - Y))),
    Formula("norm(C tanh(B x) - y)^2", "B", {"C": "km", "B": "mn", "x": "n", "y": "k"},
            lambda C, B, x, y: (C * (B * x).applyfunc(_tanh()) - y).T * (C * (B * x).applyfunc(_tanh()) - y),
            lambda C, B, x, y: _tg_norm2(C @ _tg("tanh", B @ x) - y)),
    Formula("logsumexp(A x)", "x", {"A": "mn", "x": "n"}, None,
            lambda A, x: _tg("log", _tg("sum", _tg("exp", A @ x)))),
)
# fmt: on


def _sympy() -> Any:
    import sympy

    return sympy


def _trace(e: Any) -> Any:
    return _sympy().Trace(e)


def _det(e: Any) -> Any:
    return _sympy().Determinant(e)


def _log(e: Any) -> Any:
    return _sympy().log(e)


def _ones(m: Any, n: Any) -> Any:
    return _sympy().OneMatrix(m, n)


def _exp() -> Any:
    return _sympy().exp


def _tanh() -> Any:
    return _sympy().tanh


def _softplus() -> Any:
    t = _sympy().Dummy("t")
    return _sympy().Lambda(t, _sympy().log(1 + _sympy().exp(t)))


def _hadamard(*factors: Any) -> Any:
    return _sympy().HadamardProduct(*factors)


def _tg(name: str, *args: Any) -> Any:
    from tensorgrad import functions

    return getattr(functions, name)(*args)


# --- the three --------------------------------------------------------------------------------------------------------


def by_matcalc(formula: Formula, turn: int) -> Callable[[dict[str, Array]], Array]:
    names = {name: f"{name}_{turn}" for name in formula.shapes}
    text = "".join(names.get(piece, piece) for piece in _pieces(formula.plain))
    declare = [_declared(names[name], shape) for name, shape in formula.shapes.items()]
    result = matcalc.derive(text, names[formula.by], declare)
    str(result.value)
    return lambda values: np.asarray(
        result.function()(**{names[n]: v for n, v in values.items() if _uses(result, names[n])})
    )


def _uses(result: matcalc.Result, name: str) -> bool:
    import inspect

    return name in inspect.signature(result.function()).parameters


def _pieces(text: str) -> list[str]:
    import re

    return re.findall(r"\w+|\W", text)


def _declared(name: str, shape: str) -> str:
    return f"{name} : vector({shape})" if len(shape) == 1 else f"{name} : matrix({', '.join(shape)})"


def by_sympy(formula: Formula, turn: int) -> Callable[[dict[str, Array]], Array]:
    sympy = _sympy()
    sizes = {letter: sympy.Symbol(f"{letter}_{turn}", positive=True, integer=True) for letter in SIZES}
    made = {
        name: sympy.MatrixSymbol(f"{name}_{turn}", sizes[shape[0]], sizes[shape[1]] if len(shape) == 2 else 1)
        for name, shape in formula.shapes.items()
    }
    assert formula.sympy is not None
    found = formula.sympy(**made).diff(made[formula.by])

    def value(values: dict[str, Array]) -> Array:
        numbers = {sizes[letter]: number for letter, number in SIZES.items()}
        sized = found.subs(numbers).doit()
        symbols = {
            name: sympy.MatrixSymbol(f"{name}_{turn}", *[numbers[size] if size != 1 else 1 for size in symbol.shape])
            for name, symbol in made.items()
        }
        explicit = sized.as_explicit() if hasattr(sized, "as_explicit") else sympy.Matrix([[sized]])
        at = {
            symbols[name][i, j]: values[name].reshape(symbols[name].shape)[i, j]
            for name in symbols
            for i in range(symbols[name].shape[0])
            for j in range(symbols[name].shape[1])
        }
        entries = np.array(explicit.subs(at).tolist(), object)
        numbers_of: Array = np.vectorize(lambda entry: float(sympy.N(entry)), otypes=[float])(entries)
        return numbers_of

    return value


def by_tensorgrad(formula: Formula, turn: int) -> Callable[[dict[str, Array]], Array]:
    import tensorgrad as tg

    sizes = {letter: _sympy().Symbol(f"{letter}_{turn}") for letter in SIZES}
    made = {}
    for name, shape in formula.shapes.items():
        edges = {letter + "2" * shape[:k].count(letter): sizes[letter] for k, letter in enumerate(shape)}
        made[name] = tg.Variable(f"{name}_{turn}", **edges)
    assert formula.tensorgrad is not None
    own = made[formula.by]
    found = tg.Derivative(formula.tensorgrad(**made), own, {edge: "d" + edge for edge in own.edges}).full_simplify()

    def value(values: dict[str, Array]) -> Array:
        import torch
        from tensorgrad.compiler import compile_to_callable

        if not hasattr(torch.Tensor, "refine_names"):  # tensorgrad 0.3 asks for them, PyTorch 2.13 has them no more
            named: Any = torch.Tensor
            named.names, named.rename = (None,), lambda tensor, *_: tensor
            named.refine_names = lambda tensor, *names: (tensor.numpy(), names)
        given = {made[name]: torch.tensor(values[name]) for name in formula.shapes}
        got: Any = compile_to_callable(found)(given, {sizes[letter]: number for letter, number in SIZES.items()})
        return np.transpose(got[0], [got[1].index("d" + edge) for edge in own.edges])

    return value


ENGINES: dict[str, Callable[[Formula, int], Callable[[dict[str, Array]], Array]]] = {
    "matcalc": by_matcalc, "sympy": by_sympy, "tensorgrad": by_tensorgrad,
}  # fmt: skip


def truth(formula: Formula, values: dict[str, Array]) -> Array:
    """The gradient by central differences."""
    names = list(formula.shapes)
    f = matcalc.parse(formula.plain, [_declared(name, formula.shapes[name]) for name in names]).function()
    return central(lambda x: float(np.asarray(f(**{**values, formula.by: x}))), values[formula.by])


def measured(formula: Formula) -> dict[str, tuple[float, str]]:
    """The median time of each engine that has the formula, and whether it is right."""
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=[SIZES[letter] for letter in shape]) for name, shape in formula.shapes.items()}
    if formula.plain == "logdet(X)":
        values["X"] = values["X"] @ values["X"].T + np.eye(3)
    wanted = truth(formula, values)
    times: dict[str, list[float]] = {}
    said: dict[str, str] = {}
    for turn in range(TURNS):
        for name, engine in ENGINES.items():
            if (name != "matcalc" and getattr(formula, name) is None) or said.get(name, "right") != "right":
                continue
            start = process_time()
            try:
                answer = engine(formula, turn)
            except Exception as error:  # noqa: BLE001  whatever it raises: it has no answer
                said[name] = f"{type(error).__name__}"
                continue
            times.setdefault(name, []).append(1e3 * (process_time() - start))
            if turn == 0:
                said[name] = judged(answer, values, wanted)
    return {name: (median(times[name]) if name in times else float("nan"), said[name]) for name in said}


def judged(answer: Callable[[dict[str, Array]], Array], values: dict[str, Array], wanted: Array) -> str:
    try:
        got = answer(values)
    except Exception as error:  # noqa: BLE001
        return f"no value: {type(error).__name__}"
    if got.size != wanted.size:
        return f"shape {got.shape}"
    return "right" if np.allclose(got.reshape(wanted.shape), wanted, rtol=1e-4, atol=1e-6) else "wrong"


def main(argv: Sequence[str]) -> None:
    print(", ".join(f"{name} {version(name)}" for name in ("sympy", "tensorgrad")), f"Python {sys.version.split()[0]}")
    for warm in FORMULAS[:3]:
        for engine in ENGINES.values():
            engine(warm, 100)
    print("| formula | by | matcalc, ms | SymPy, ms | tensorgrad, ms |")
    print("| --- | --- | ---: | ---: | ---: |")
    ratios: dict[str, list[float]] = {name: [] for name in ENGINES}
    right = dict.fromkeys(ENGINES, 0)
    tried = dict.fromkeys(ENGINES, 0)
    for formula in FORMULAS:
        found = measured(formula)
        cells = []
        for name in ENGINES:
            if name not in found:
                cells.append("–")
                continue
            time, word = found[name]
            tried[name] += 1
            right[name] += word == "right"
            if word == "right":
                ratios[name].append(time / found["matcalc"][0])
            cells.append(f"{time:.2f}" + ("" if word == "right" else f" ({word})"))
        print(f"| `{formula.plain}` | {formula.by} | {' | '.join(cells)} |", flush=True)
    for name in ENGINES:
        print(
            f"{name}: {right[name]} right of {tried[name]}, {median(ratios[name] or [0]):.1f} x matcalc's time at the median"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
