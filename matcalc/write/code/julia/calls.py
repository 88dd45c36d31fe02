"""NumPy's functions in Julia, each by what it makes of its arguments.

>>> CALLS["np.trace"].__name__
'make'
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.write.code.julia.text import Text, no_spelling

if TYPE_CHECKING:
    from matcalc.write.code.julia.spelling import _Expression

Keywords = Mapping[str, ast.expr]
Make = Callable[["_Expression", Sequence[ast.expr], Keywords], Text]


def entrywise(name: str) -> Make:
    def make(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
        first, *rest = [e.of(arg) for arg in args]
        for other in rest:
            first, _other = e.aligned(first, other)
        texts = [first, *[e.aligned(first, other)[1] for other in rest]]
        rank = max(text.rank for text in texts)
        thin = all(text.thin or not text.rank for text in texts) and rank > 0
        return Text(f"{name}{'.' if rank else ''}({', '.join(text.at('') for text in texts)})", "n", rank, thin)

    return make


def plainly(name: str, rank: int, kind: str = "") -> Make:
    """The function of that name, of all of its arguments."""

    def make(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
        return Text(f"{name}({', '.join(e.of(arg).at('') for arg in args)})", "n", rank, False, kind)

    return make


def template(text: str, rank: int, level: str = "n", inner: str = "") -> Make:
    """A text with a place for its argument."""

    def make(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
        return Text(text.replace("X", e.of(args[0]).at(inner)), level, rank)

    return make


def reduced(name: str) -> Make:
    """A sum or an extreme, of everything or along an axis."""

    def make(e: _Expression, args: Sequence[ast.expr], keywords: Keywords) -> Text:
        x = e.of(args[0])
        if "axis" not in keywords:
            return Text(f"{name}({x.at('')})", "n", 0)
        if x.rank == 1:
            kept = "keepdims" in keywords
            return Text(f"{name}({x.at('')}, dims=1)" if kept else f"{name}({x.at('')})", "n", 1 if kept else 0, kept)
        axis = int(ast.unparse(keywords["axis"])) + 1
        along = f"{name}({x.at('')}, dims={axis})"
        if "keepdims" in keywords:
            return Text(along, "n", x.rank, True)
        return Text(f"vec({along})" if x.rank == 2 else f"dropdims({along}, dims={axis})", "n", x.rank - 1)

    return make


def _mean(e: _Expression, args: Sequence[ast.expr], keywords: Keywords) -> Text:
    total = reduced("sum")(e, args, keywords)
    x = e.of(args[0])
    count = (
        f"size({x.at('')}, {int(ast.unparse(keywords['axis'])) + 1})" if "axis" in keywords else f"length({x.at('')})"
    )
    return Text(f"{total.at('p')} / {count}", "p", total.rank, total.thin)


def _dims(e: _Expression, node: ast.expr) -> list[str]:
    return [e.of(size).at("") for size in (node.elts if isinstance(node, ast.Tuple) else [node])]


def made(name: str) -> Make:
    def make(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
        sizes = _dims(e, args[0])
        return Text(f"{name}(T, {', '.join(sizes)})", "n", len(sizes))

    return make


def _eye(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    size = e.of(args[0]).at("")
    return Text(f"Matrix{{{{T}}}}(I, {size}, {size})", "n", 2)


def _full(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    sizes, x = _dims(e, args[0]), e.of(args[1])
    if not x.rank:
        return Text(f"fill(T({x.at('')}), {', '.join(sizes)})", "n", len(sizes))
    return Text(
        f"{x.raised(len(sizes)).at('p') if x.rank < len(sizes) else x.at('p')} .* ones(T, {', '.join(sizes)})",
        "p",
        len(sizes),
    )


def _broadcast(e: _Expression, args: Sequence[ast.expr], keywords: Keywords) -> Text:
    return _full(e, args[::-1], keywords)


def _where(e: _Expression, args: Sequence[ast.expr], keywords: Keywords) -> Text:
    return entrywise("ifelse")(e, args, keywords)


def _step(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    x = e.of(args[0])
    return Text(f"T{'.' if x.rank else ''}({x.at('s')} {'.' if x.rank else ''}> 0)", "n", x.rank, x.thin)


def _sigmoid(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    x = e.of(args[0])
    dot = "." if x.rank else ""
    return Text(f"1 {dot}/ (1 {dot}+ exp{dot}(-{x.at('w')}))", "p", x.rank, x.thin)


def _outer(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    return Text(f"{e.of(args[0]).at('p')} * {e.of(args[1]).at('n')}'", "p", 2)


def _permuted(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    x = e.of(args[0])
    order = ", ".join(str(int(ast.unparse(place)) + 1) for place in getattr(args[1], "elts", []))
    return Text(f"permutedims({x.at('')}, ({order}))", "n", x.rank, x.thin)


def _flat(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    x = e.of(args[0])
    if x.rank == 1:
        return x
    if x.rank == 2:
        return Text(f"vec({x.at('n')}')", "n", 1)
    return Text(f"rowmajor({x.at('')}, length({x.at('')}))", "n", 1)


def _reshaped(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    x, sizes = e.of(args[0]), [size for arg in args[1:] for size in _dims(e, arg)]
    return Text(f"rowmajor({x.at('')}, {', '.join(sizes)})", "n", len(sizes))


def _same(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    return e.of(args[0])


def _diagonal(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    x = e.of(args[0])
    if len(args) > 1 or x.rank != 2:
        raise no_spelling("a diagonal of an array with several axes")
    return Text(f"diag({x.at('')})", "n", 1)


def _copied(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    x = e.of(args[0])
    return Text(f"copy({x.at('')})", "n", x.rank, x.thin)


def _solved(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    a, b = e.of(args[0]), e.of(args[1])
    return Text(f"{a.at('p')} \\ {b.at('u')}", "p", b.rank)


def _power(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    return Text(f"{e.of(args[0]).at('a')} ^ {e.of(args[1]).at('u')}", "w", 2)


def _norm(e: _Expression, args: Sequence[ast.expr], _: Keywords) -> Text:
    x = e.of(args[0]).at("")
    kind = ast.unparse(args[1]) if len(args) > 1 else ""
    found = {"": f"norm({x})", "2": f"opnorm({x})", "'nuc'": f"sum(svdvals({x}))"}.get(kind)
    if found is None:
        raise no_spelling(f"norm {kind}")
    return Text(found, "n", 0)


def _svd(e: _Expression, args: Sequence[ast.expr], keywords: Keywords) -> Text:
    if "compute_uv" in keywords:
        return plainly("svdvals", 1)(e, args, {})
    return plainly("svd", 0, "svd")(e, args, {})


def _cumulated(e: _Expression, args: Sequence[ast.expr], keywords: Keywords) -> Text:
    x = e.of(args[0])
    axis = int(ast.unparse(keywords["axis"])) + 1 if "axis" in keywords else 1
    return Text(f"cumsum({x.at('')}, dims={axis})", "n", x.rank)


# The parts of factorisations by NumPy's places: what follows the name, and its axes.
PARTS: dict[str, dict[int, tuple[str, int]]] = {
    "svd": {0: (".U", 2), 1: (".S", 1), 2: (".Vt", 2)},
    "eigen": {0: (".values", 1), 1: (".vectors", 2)},
    "logabsdet": {0: ("[2]", 0), 1: ("[1]", 0)},
}
NAMES = """exp log sqrt tanh sin cos tan sinh cosh abs log1p expm1 sign conj floor ceil arcsin:asin arccos:acos arctan:atan
arcsinh:asinh arccosh:acosh arctanh:atanh maximum:max minimum:min"""
# fmt: off
CALLS: dict[str, Make] = {
    **{"np." + name.partition(":")[0]: entrywise(name.partition(":")[2] or name) for name in NAMES.split()},
    "np.sum": reduced("sum"), "np.max": reduced("maximum"), "np.min": reduced("minimum"), "np.prod": reduced("prod"),
    "np.mean": _mean, "np.cumsum": _cumulated, "np.where": _where, "np.heaviside": _step, "scipy.special.expit": _sigmoid,
    "np.zeros": made("zeros"), "np.ones": made("ones"), "np.eye": _eye, "np.full": _full, "np.broadcast_to": _broadcast,
    "np.outer": _outer, "np.kron": plainly("kron", 2), "np.transpose": _permuted, "np.trace": plainly("tr", 0),
    "np.diagonal": _diagonal, "np.diag": plainly("Diagonal", 2), "np.tril": plainly("tril", 2), "np.triu": plainly("triu", 2),
    "np.linalg.inv": plainly("inv", 2), "np.linalg.solve": _solved, "np.linalg.det": plainly("det", 0),
    "np.linalg.slogdet": plainly("logabsdet", 0, "logabsdet"), "np.linalg.pinv": plainly("pinv", 2),
    "np.linalg.norm": _norm, "np.linalg.svd": _svd, "np.linalg.matrix_power": _power,
    "np.linalg.eigvalsh": template("eigvals(Symmetric(X))", 1),
    "np.linalg.cholesky": template("Matrix(cholesky(Symmetric(X)).L)", 2),
    "np.linalg.eigh": plainly("eigen", 0, "eigen"),
    "scipy.linalg.expm": plainly("exp", 2), "scipy.linalg.logm": plainly("log", 2), "scipy.linalg.sqrtm": plainly("sqrt", 2),
    "scipy.linalg.cho_factor": template("cholesky(Symmetric(X))", 0), "scipy.linalg.cho_logdet": plainly("logdet", 0),
    "scipy.linalg.cho_solve": _solved, "_whole": plainly("Int", 0), "_count": plainly("terms", 0),
}
METHODS: dict[str, Make] = {
    "copy": _copied, "flatten": _flat, "ravel": _flat, "reshape": _reshaped, "astype": _same,
}
# fmt: on
