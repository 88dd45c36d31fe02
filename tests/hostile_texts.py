"""Texts that nobody should type: bytes, torn and spliced formulas, odd letters, deep nests, huge numbers, names that collide.

>>> from random import Random
>>> sorted(KINDS)
['bytes', 'deep', 'huge', 'letters', 'names', 'spliced', 'tokens', 'torn']
>>> KINDS["torn"](Random(3), "plain") == KINDS["torn"](Random(3), "plain")
True
"""

from __future__ import annotations

import builtins
import json
import keyword
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from matcalc.read.declared import KINDS as DECLARED
from matcalc.read.declared import PROPERTIES
from matcalc.read.names import GREEK, GREEK_NAMES
from matcalc.rules import functions

ROOT = Path(__file__).resolve().parent.parent
DEEPEST = 100_000


class Text(NamedTuple):
    """A formula or document, with what is declared beside it, and what it is to be differentiated by."""

    text: str
    declare: tuple[str, ...] = ()
    wrt: str = ""


# --- what is real -----------------------------------------------------------------------------------------------------


@cache
def formulas(spelling: str) -> tuple[Text, ...]:
    """The formulas of the collection in a spelling, ``plain`` or ``latex``."""
    records = [json.loads(line) for name in ("reference", "questions") for line in _lines(f"tests/data/{name}.jsonl")]
    field = {"plain": "expr", "latex": "latex"}[spelling]
    return tuple(Text(r[field], tuple(r["declare"]), _first(r["wrt"])) for r in records if r.get(field))


@cache
def documents(spelling: str) -> tuple[Text, ...]:
    """Documents in a spelling, ``mc``, ``tex`` or ``md``; the last two are made of the formulas."""
    if spelling == "mc":
        return tuple(Text(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "derivations").rglob("*.mc")))
    comment = "% matcalc: {}\n" if spelling == "tex" else "<!-- matcalc: {} -->\n"
    found = []
    for one, other in zip(formulas("latex"), formulas("latex")[1:], strict=False):
        said = "".join(comment.format(declaration) for declaration in one.declare)
        claim = rf"\begin{{align}} f &= {one.text} \\ \frac{{\partial f}}{{\partial {one.wrt}}} &= {other.text} \end{{align}}"
        found.append(Text(f"{said}Let $${claim}$$ so that $ {other.text} $."))
    return tuple(found)


def real(rng: Random, spelling: str) -> Text:
    return rng.choice(formulas(spelling) if spelling in ("plain", "latex") else documents(spelling))


def _lines(name: str) -> list[str]:
    return (ROOT / name).read_text(encoding="utf-8").splitlines()


def _first(wrt: str | list[str]) -> str:
    return wrt if isinstance(wrt, str) else wrt[0]


_TOKEN = re.compile(r"\\[A-Za-z]+|[A-Za-z]+|\d+|\s+|\\?.", re.DOTALL)


@cache
def words(spelling: str) -> tuple[str, ...]:
    """Every token of the real texts, the names of functions, the words of declarations and of documents."""
    known = {
        token
        for text in (formulas if spelling in ("plain", "latex") else documents)(spelling)
        for token in _TOKEN.findall(text.text)
    }
    more = {
        *functions.names(),
        *DECLARED,
        *PROPERTIES,
        *GREEK,
        *SIGNS,
        "check",
        "derive",
        "# wrong: factor",
        "{",
        "}",
        "\n",
        "&",
        "\\\\",
    }
    return tuple(sorted(known | more))


SIGNS = (
    ".*",
    "./",
    ".^",
    "⊙",
    "⊗",
    "'",
    "^T",
    "^-1",
    "^H",
    "^+",
    "^{",
    "_{",
    "|",
    "||",
    "‖",
    ":=",
    "=",
    ":",
    ";",
    ",",
    "[",
    "]",
    "..",
    "#",
    "@",
)


# --- kinds ------------------------------------------------------------------------------------------------------------


def _bytes(rng: Random, spelling: str) -> Text:
    raw = rng.randbytes(rng.choice((1, 4, 20, 200, 2000)))
    encoding = rng.choice(("latin-1", "utf-8", "utf-16-le", "ascii"))
    errors = rng.choice(("replace", "surrogateescape", "ignore"))
    text = (
        "".join(map(chr, (32 + byte % 95 for byte in raw)))
        if encoding == "ascii"
        else raw.decode(encoding, "replace" if encoding[:5] == "utf-1" else errors)
    )
    return Text(text, wrt=rng.choice("xXA"))


def _torn(rng: Random, spelling: str) -> Text:
    """A part of a real text is missing, is there twice, or stands elsewhere."""
    found = real(rng, spelling)
    return found._replace(text=_moved(rng, found.text), declare=tuple(_sometimes(rng, d) for d in found.declare))


def _sometimes(rng: Random, text: str) -> str:
    return _moved(rng, text) if rng.random() < 0.15 else text


def _moved(rng: Random, text: str) -> str:
    a, b = sorted(rng.randrange(len(text) + 1) for _ in "ab")
    where = rng.randrange(len(text) + 1)
    return rng.choice(
        (
            text[:b],
            text[a:],
            text[:a] + text[b:],
            text[a:b],
            text[:b] + text[a:],
            text[:where] + text[a:b] + text[where:],
        )
    )


def _spliced(rng: Random, spelling: str) -> Text:
    """The beginning of one and the end of another, or one inside another; a spelling inside the other sometimes."""
    one = real(rng, spelling)
    other = real(rng, spelling if rng.random() < 0.8 else rng.choice(("plain", "latex")))
    a, b = rng.randrange(len(one.text) + 1), rng.randrange(len(other.text) + 1)
    text = rng.choice(
        (one.text[:a] + other.text[b:], one.text[:a] + other.text + one.text[a:], f"({one.text}) ({other.text})")
    )
    return Text(text, rng.choice((one.declare, one.declare + other.declare)), rng.choice((one.wrt, other.wrt)))


def _tokens(rng: Random, spelling: str) -> Text:
    """A few tokens are dropped, doubled, swapped or replaced; or there is nothing but tokens."""
    found, known = real(rng, spelling), words(spelling)
    parts = _TOKEN.findall(found.text) if rng.random() < 0.85 else list(rng.choices(known, k=rng.randrange(1, 30)))
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        k = rng.randrange(len(parts) + 1)
        match rng.randrange(5):
            case 0:
                del parts[k : k + 1]
            case 1:
                parts[k:k] = parts[k : k + 1]
            case 2:
                parts[k : k + 2] = parts[k : k + 2][::-1]
            case 3:
                parts[k : k + 1] = [rng.choice(known)]
            case _:
                parts.insert(k, rng.choice(known))
    return found._replace(text="".join(parts))


def _letters(rng: Random, spelling: str) -> Text:
    """Letters of all of Unicode, in the formula or in a declaration."""
    found = real(rng, spelling)
    letter = chr(rng.choice((rng.randrange(sys.maxunicode + 1), rng.randrange(0x3000), rng.randrange(0x100))))
    if rng.random() < 0.2 and found.declare:
        k = rng.randrange(len(found.declare))
        return found._replace(
            declare=(*found.declare[:k], _with(rng, found.declare[k], letter), *found.declare[k + 1 :])
        )
    return found._replace(text=_with(rng, found.text, letter))


def _with(rng: Random, text: str, letter: str) -> str:
    k = rng.randrange(len(text) + 1)
    return text[:k] + letter + text[k + rng.randrange(2) :]


# fmt: off
NESTS = {  # what is repeated before, in and after the middle
    "plain": (
        ("(", "x", ")"), ("[", "x", "]"), ("", "A", "'"), ("-", "x", ""), ("norm(", "x", ")"), ("exp(", "x", ")"), ("A (", "x", ")"),
        ("", "A", " A"), ("", "A", " + A"), ("", "A", " .* A"), ("", "A", " ./ A"), ("", "s", "^s"), ("", "s", "^2"), ("", "A", "^-1"),
        ("|", "x", "|"), ("‖", "x", "‖"), ("", "A", " : A"), ("", "A", " ⊗ A"), ("", "x", "[i]"), ("inv(I + ", "A", ")"), ("[A, ", "A", "; A, A]"),
        ("sum(i=1..n, ", "x[i]", ")"), ("(", "x", ""), ("", "x", ")"), ("{", "x", "}"), ("", "A", "ᵀ"), ("", "s", "²"), ("", "x", ","), ("tr(A + ", "A", " B)"),
        ("x'", "x", ""), ("sin(cos(", "x", "))"), ("s/", "s", ""), ("1/(1 + ", "s", ")"), ("f'", "(x)", ""), ("max(", "x", ", s)"),
        ("", "s", " < s"), ("", "x_", "1"), ("", "x", "\u0302"), ("", "x", "\n"), ("A\\", "x", ""), ("diag(", "x", ")"), ("Diag(diag(", "A", "))"),
    ),
    "latex": (
        ("{", "x", "}"), ("(", "x", ")"), ("\\left(", "x", "\\right)"), ("\\frac{", "x", "}{2}"), ("\\frac{1}{1+", "s", "}"), ("\\sqrt{", "s", "}"), ("\\hat{", "x", "}"),
        ("\\mathbf{", "x", "}"), ("", "A", "^T"), ("", "A", "^{T}"), ("x_{", "x", "}"), ("x^{", "x", "}"), ("\\|", "x", "\\|"), ("\\exp(", "x", ")"), ("-", "x", ""),
        ("\\operatorname{tr}(", "A", ")"), ("", "A", "\\odot A"), ("", "A", "+A"), ("", "A", "A"), ("\\sum_i ", "x_i", ""), ("\\log\\det ", "A", ""), ("\\begin{pmatrix}", "A", "\\end{pmatrix}"),
        ("\\def\\a{", "x", "}"), ("\\text{", "x", "}"), ("\\underbrace{", "x", "}_{y}"), ("\\color{red}", "x", ""), ("\\langle ", "A", ", A\\rangle"), ("|", "A", "|"), ("$", "x", "$"), ("\\\\", "x", "&"),
    ),
}
NESTS["mc"] = (("X := ", "X", "\n"), ("check A = ", "A", "\n"), ("check\n  dE = ", "dE", "\n     = dE"), ("derive dE/d", "U", ", "), ("# ", "x", ""), ("\n", "x", ""), *NESTS["plain"][:8])
NESTS["tex"] = (("\\begin{align}", "x", "\\end{align}"), ("$$", "x", "$$"), ("\\[", "x", "\\]"), ("% ", "x", "\n"), *NESTS["latex"][:16])
NESTS["md"] = (("$", "x", "$"), ("```\n", "x", "\n```\n"), ("`", "x", "`"), ("> ", "x", "\n"), ("<!-- ", "x", " -->"), *NESTS["latex"][:16])
HUGE = (
    "{n}", "A^{n}", "A^({n})", "x^{n}", "s^{n}", "s^-{n}", "A^-{n}", "A.^{n}", "{n}^{n}", "{n}^{n}^{n}", "({n})^({n}) x' x", "2^{n} x' x", "s^({n}/{n}7)", "1/{n}", "0^{n}", "0^-{n}",
    "(-1)^{n}", "{n}e{n}", "1e{n} x' x", "1e-{n} x' x", ".{n}", "{n}.{n}", "sum(i=1..{n}, x[i])", "sum(i=1..{n}, x[i]^{n})", "sum(i={n}..{n}1, x[i])", "sum(i=1..10^{n}, A^i)", "sum(i=-{n}..n, x[i])",
    "x[{n}]", "A[{n},1]", "x[{n}]^2 + x[i]", "eye({n})", "eye({n}) x", "ones({n})", "ones({n})' ones({n})", "ones({n}, {n})", "kron(eye({n}), A)", "tr(eye({n}))", "zeros({n}) + x", "unit({n}, {n})",
    "norm(x, {n})", "sum(A, {n})", "polygamma({n}, s)", "gamma({n}) s", "factorial({n}) s", "exp({n}) s", "sqrt({n}) s", "mpower(A, {n})", "log({n}) s", "sin({n}) s", "({n}/{n}) s", "(1/{n})^{n} s",
    "(s + 1)^{n}", "(A + B)^{n}", "((s + t)^{n})^{n}", "sum((x + y).^{n})", "commutation({n}, {n}) vec(A)", "duplication({n}) x", "unvec(x, {n}, {n})", "prod(x)^{n}", "nthroot(s, {n})", "max({n}, s)",
    "sum(i=1..n, sum(j=1..{n}, x[i] y[j]))", "{n} : {n}", "det({n} A)", "norm({n} A)", "s + {n} - {n}", "x + {n}", "A^(1/{n})", "s^(1/{n})", "sum(x)^{n}", "[A, {n}; {n}, A]", "x_{n}", "A^T^{n}",
)
NUMBERS = (
    "0", "1", "2", "3", "64", "65", "100", "1000", "10000", "99999", "1000000", "1000000000", "1000000000000", "9223372036854775807", "9223372036854775808", "18446744073709551616",
    "10^9", "(10^9)", "10^10^10", "9" * 50, "9" * 400, "9" * 4299, "9" * 4301, "9" * 20_000, "1" + "0" * 1000, "1e999999", "1e308", "1e309", "1e-324", "0.1", "0." + "0" * 400 + "1", "٣", "１２", "1_000", "0x10", "1j", "inf", "nan", "-1", "1.5", "1/3",
)
MINE = (
    "np", "numpy", "jnp", "jax", "torch", "scipy", "sympy", "xp", "math", "functools", "dtype", "like", "device", "array_namespace", "t1", "t2", "_x", "x_", "gradient", "value", "hessian", "float", "einsum", "linalg", "self", "cls",
    "__class__", "__init__", "__import__", "__builtins__", "__name__", "__file__", "_floats", "_misfit", "_converted", "None", "True", "False", "NaN", "inf", "__", "_", "___", "_1", "x__y", "__x__",
    "I", "E", "S", "N", "O", "Q", "i", "j", "e", "pi", "Pi", "ell", "oo", "zoo", "d", "dd", "dX", "ddX", "dx", "dA", "dE", "d2E", "dF", "df", "T", "H", "n", "m", "k", "vec", "tr", "eye", "ones", "in", "x", "by", "check", "derive", "wrong",
    "result", "returned", "rows", "f", "f_1", "f'", "in_", "lambda_", "lambda", "λ", "Lambda", "constant", "scalar", "matrix", "vector", "row", "size", "function", "complex", "spd", "#1", "a_#", "x_i", "x_1", "x_n", "X_hat", "hat", "bar",
)
COMMANDS = (
    "frac", "sqrt", "left", "right", "begin", "end", "def", "let", "newcommand", "input", "include", "write18", "catcode", "csname", "expandafter", "loop", "relax", "par", "item", "text", "mbox", "label", "ref", "tag", "limits", "over",
    "atop", "choose", "partial", "nabla", "mathrm", "operatorname", "mathcal", "bm", "vec", "hat", "sum", "prod", "int", "lim", "infty", "cdots", "ldots", "quad", "color", "textcolor", "href", "url", "verb", "immediate", "openout", "jobname",
)
PLACES = (
    "norm({0})^2", "{0}", "{0}' {0}", "tr({0} A)", "{0}({0})", "{0}[{0}]", "sum({0}={0}..{0}, {0}[{0}])", "sum(i=1..{0}, x[i])", "d{0}", "{0} d{0}", "{0}_{0}", "{0}{1}", "{0} {1}", "{0}.{1}", "{0} + {1}", "{0} .* {1}",
    "norm({0} {1})^2", "{0}({1})", "{0}'", "{0}^{1}", "{0} : {1}", "exp({0}) + {1}", "sum({0} .* {1})", "{0} := {1}", "{0} = {1}", "A {0} x + {1}", "f({0})", "norm({0} - d{0})^2", "x[{0}] {1}", "sum(erf({0}))", "sum(softmax({0}) .* {1})",
)
DECLARATIONS = (
    "{0} : matrix(m, n)", "{0} : vector({0})", "{0} : scalar", "{0} : function", "{0} : size", "{0} : matrix({0}, {1})", "{0} := {1}", "{0} := {0}", "{0} : {1}", "d{0} : matrix(m, n)", "{0}, {1} : matrix(n, n), symmetric", "{0}_i : vector(d), i = 1..{1}",
    "{0} : complex matrix(m, n)", "{0} ∈ ℝ^{1}", "{0} : vector({1} + 1)", "{0} : matrix(n, n), {1}", "{0} : matrix(10^9, 10^9)", "{0} : vector(99999999999999999999)", "{0} : vector(n^n)", "{0} : vector(0 - n)", "{0} : vector(n/0)",
)
# fmt: on
NAMES = tuple(
    dict.fromkeys(
        [
            *MINE,
            *keyword.kwlist,
            *keyword.softkwlist,
            *dir(builtins),
            *functions.names(),
            *sorted(GREEK_NAMES),
            *COMMANDS,
        ]
    )
)


def _deep(rng: Random, spelling: str) -> Text:
    """Something inside itself, or beside itself, many times; closed too often or not often enough sometimes."""
    before, middle, after = rng.choice(NESTS[spelling])
    count = rng.choice((10, 100, 500, 1000, 2000, 5000, 9999, 10_000, 20_000, DEEPEST))
    more = count + rng.choice((0, 0, 0, 0, 1, -1))
    if rng.random() < 0.2:
        other = rng.choice(NESTS[spelling])
        before, after = before + other[0], other[2] + after
    return Text(before * count + middle + after * more, wrt=rng.choice(("x", "A", "s", "x", "A", "s", "B")))


def _huge(rng: Random, spelling: str) -> Text:
    form = rng.choice(HUGE)
    text = re.sub(r"\{n\}", lambda _: rng.choice(NUMBERS), form)
    text = f"f := {text}\nderive df/dx" if spelling == "mc" else f"${text}$" if spelling in ("tex", "md") else text
    declare = ("x, y : vector(n)", "A, B : matrix(n, n)", "s, t : scalar")[: rng.randrange(4)]
    return Text(text, declare, rng.choice(("x", "A", "s")))


def _names(rng: Random, spelling: str) -> Text:
    """Names that mean something else: to the language, to Python, to libraries, to LaTeX."""
    one, other = rng.choice(NAMES), rng.choice(NAMES)
    if spelling in ("latex", "tex", "md") and rng.random() < 0.5:
        one = "\\" + one
    text, *more = (
        form.replace("{0}", one).replace("{1}", other) for form in (rng.choice(PLACES), *rng.choices(DECLARATIONS, k=2))
    )
    if spelling == "mc":
        return Text("\n".join([*more, f"F := {text}", f"derive dF/d{one}", f"check dF/d{one} = {other}"]))
    if spelling in ("tex", "md"):
        text = f"${text}$ % matcalc: {more[0]}\n\\[ f = {text}, \\nabla_{{{one}}} f = {other} \\]"
    return Text(text, tuple(more[: rng.randrange(3)]), rng.choice((one, other, "d" + one)))


KINDS: dict[str, Callable[[Random, str], Text]] = {
    "bytes": _bytes, "torn": _torn, "spliced": _spliced, "tokens": _tokens, "letters": _letters, "deep": _deep, "huge": _huge, "names": _names,
}  # fmt: skip
