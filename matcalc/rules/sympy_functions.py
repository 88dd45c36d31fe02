"""Entrywise functions that are in no table: SymPy knows them under their own names, with their derivatives.

>>> lookup("erfc").rule
'dY = -2 .* exp(-X.^2) ./ pi^(1/2) .* dX'
>>> lookup("no_such_function") is None
True

SymPy is imported here only, and only when a name is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from math import inf
from typing import TYPE_CHECKING

from matcalc.rules import functions
from matcalc.rules.record import Function

if TYPE_CHECKING:
    import sympy
    from sympy.printing.str import StrPrinter

# SymPy's names where the tables have others
NAMES = {"Abs": "abs", "Heaviside": "step", "loggamma": "lgamma"}
# What nobody means by a name with one argument: beta(x) is beta times x sooner than B(x, x)
AMBIGUOUS = ("beta", "exp_polar", "polar_lift")
# Where a function may be defined, the widest first, with words for ``where``
DOMAINS = (
    ((-inf, inf), ""),
    ((0.0, inf), "every entry of X is > 0"),
    ((-1.0, 1.0), "every entry of X is between -1 and 1"),
    ((0.0, 1.0), "every entry of X is between 0 and 1"),
    ((1.0, inf), "every entry of X is > 1"),
)


class InexpressibleError(Exception):
    """A derivative that the language cannot say."""


@lru_cache(4096)
def lookup(name: str) -> Function | None:
    """The record of SymPy's function of one variable of that name; without a rule where its derivative cannot be said."""
    import sympy

    function = _function(name)
    if function is None:
        return None
    x = sympy.Symbol("X", real=True)
    try:
        value = function(x)
        slope = sympy.simplify(value.diff(x))
    except (TypeError, ValueError, NotImplementedError, LookupError, AttributeError):  # not a function of real numbers
        return None
    found = _domain(value, slope, x)
    if found is None or not isinstance(value, function):  # not of real numbers, or another spelling of something else
        return None
    return _record(name, value, slope, x, *found)


def _function(name: str) -> type[sympy.Function] | None:
    """SymPy's class of that name, if it is a function that takes one argument."""
    import sympy

    found = getattr(sympy, name, None) if name not in AMBIGUOUS else None
    is_function = isinstance(found, type) and issubclass(found, sympy.Function)
    return found if is_function and 1 in (getattr(found, "nargs", None) or ()) else None


def _record(
    name: str, value: sympy.Expr, slope: sympy.Expr, x: sympy.Symbol, domain: tuple[float, float], where: str
) -> Function:
    rule = ""
    with suppress(InexpressibleError):
        rule = f"dY = {_text(slope, PRODUCT)} .* dX" if slope != 0 else ""  # a jump has none
    return Function(
        name, "X : matrix(m, n), positive" if domain == (0.0, inf) else "X : matrix(m, n)", "matrix(m, n)",
        rule=rule, kind="entrywise", parity=_parity(value, x), zero=value.subs(x, 0) == 0, domain=domain, where=where, source="SymPy",
        about=f"SymPy's {name}, of every entry" + ("" if rule else "; its derivative is not known"),
        latex=_latex(name, value), code=_code(value),
    )  # fmt: skip


def _latex(name: str, value: sympy.Expr) -> str:
    """As SymPy prints it where that is a word, and not letters that could be the user's: S(X), Ai(X)."""
    from sympy import latex

    printed = _LETTER.sub("#1", _BRACKETS.sub("(X)", latex(value)))
    escaped = name.replace("_", r"\_")
    return printed if _WORD.match(printed) else rf"\operatorname{{{escaped}}}(#1)"


_WORD = re.compile(r"\\operatorname\{[A-Za-z]+\}\(")


_LETTER = re.compile(r"(?<![A-Za-z\\])X(?![A-Za-z])")
_BRACKETS = re.compile(r"\{?\\left\(X ?\\right\)\}?")


# --- the derivative as a text of the language ---------------------------------------------------------------------

SUM, PRODUCT, POWER = range(3)  # what the place asks for


def _text(e: sympy.Expr, place: int) -> str:
    """The expression in the language, entrywise, in brackets where the place asks for them."""
    import sympy

    match e:
        case sympy.Add():
            terms = [_text(term, PRODUCT) for term in e.as_ordered_terms()]
            return _bracketed(" + ".join(terms).replace("+ -", "- "), SUM, place)
        case sympy.Mul():
            return _bracketed(_product(e), PRODUCT, place)
        case sympy.Pow():
            return _bracketed(_power(e), PRODUCT if e.exp.is_number and e.exp < 0 else POWER, place)
        case sympy.Rational():
            return _bracketed(str(e), PRODUCT if e.q != 1 or e < 0 else POWER, place)
        case sympy.Symbol():
            return str(e)
        case _ if e in (sympy.pi, sympy.E):
            return "pi" if e == sympy.pi else "exp(1)"
        case sympy.Function():
            return _call(e)
        case _:
            raise InexpressibleError(str(e))


def _bracketed(text: str, level: int, place: int) -> str:
    return f"({text})" if level < place else text


def _product(e: sympy.Expr) -> str:
    """``-2 .* A ./ B``: the numerator, then the factors that divide it."""
    import sympy

    above, below = [], []
    for factor in e.as_ordered_factors():
        base, exponent = factor.as_base_exp()
        if exponent.is_number and exponent.is_negative and not base.is_Rational:
            below.append(sympy.Pow(base, -exponent))
        else:
            above.append(factor)
    if above[:1] == [sympy.S.NegativeOne] and len(above) > 1:
        text = "-" + " .* ".join(_text(f, POWER) for f in above[1:])
    else:
        first, *others = above or [sympy.S.One]
        text = " .* ".join([_number(first), *[_text(f, POWER) for f in others]])
    return text + "".join(" ./ " + _text(f, POWER) for f in below)


def _number(e: sympy.Expr) -> str:
    """The first factor: a negative or broken number needs no brackets there."""
    return str(e) if e.is_Rational else _text(e, POWER)


def _power(e: sympy.Expr) -> str:
    import sympy

    if e.base == sympy.E:
        return f"exp({_text(e.exp, SUM)})"
    if e.exp.is_number and e.exp.is_negative:
        return f"1 ./ {_text(sympy.Pow(e.base, -e.exp), POWER)}"
    dot = "." if e.base.free_symbols else ""
    base = _text(e.base, POWER)
    base = f"({base})" if isinstance(e.base, sympy.Pow) else base
    exponent = str(e.exp) if e.exp.is_Integer else f"({_text(e.exp, SUM)})"
    return f"{base}{dot}^{exponent}"


def _call(e: sympy.Expr) -> str:
    import sympy

    name = NAMES.get(type(e).__name__, type(e).__name__)
    if isinstance(e, sympy.polygamma) and e.args[0] == 0:
        return f"digamma({_text(e.args[1], SUM)})"
    if len(e.args) != 1 or not (functions.lookup(name) or _function(name)):
        raise InexpressibleError(str(e))
    return f"{name}({_text(e.args[0], SUM)})"


# --- where it is defined, what it is in NumPy -----------------------------------------------------------------------


def _domain(value: sympy.Expr, slope: sympy.Expr, x: sympy.Symbol) -> tuple[tuple[float, float], str] | None:
    """The widest of DOMAINS on which the function and its derivative are real at some points, in words too."""
    import sympy

    both = (value,) if slope.has(sympy.Derivative, sympy.Subs, sympy.Integral) else (value, slope)
    for (low, high), where in DOMAINS:
        if all(_is_real(e, x, point) for e in both for point in _points(low, high)):
            at_zero = low < 0 < high and all(_is_real(e, x, 0.0) for e in both)
            return (low, high), where or ("" if at_zero else "no entry of X is 0")
    return None


def _points(low: float, high: float) -> Iterator[float]:
    start, end = max(low, -3.7), min(high, low + 3.7 if low > -inf else 3.7)
    for part in (0.07, 0.31, 0.53, 0.77, 0.93):
        yield start + part * (end - start)


def _is_real(e: sympy.Expr, x: sympy.Symbol, point: float) -> bool:
    try:
        number = complex(e.subs(x, point).evalf())
    except (TypeError, ValueError, ArithmeticError):
        return False
    return abs(number) < inf and abs(number.imag) < 1e-9 * max(1.0, abs(number))


def _parity(value: sympy.Expr, x: sympy.Symbol) -> int:
    turned = value.subs(x, -x)
    return 1 if turned == value else -1 if turned == -value else 0


def _code(value: sympy.Expr) -> str:
    """NumPy's or SciPy's function where there is one, else SymPy's own, entry by entry."""
    from sympy.printing.numpy import NumPyPrinter, SciPyPrinter

    for printer in (NumPyPrinter, SciPyPrinter) if find_spec("scipy") else (NumPyPrinter,):
        code = _printed(printer, value)
        if code and not any(name in code for name in NOT_ARRAYS):
            return code.replace("numpy.", "np.")
    return REAL.format(value.func.__name__)


# One number at a time; where SymPy's value is complex, as outside of the domain, it is no number
REAL = (
    "np.vectorize(lambda x: (lambda y: y.real if abs(y.imag) <= 1e-12 * abs(y) else np.nan)(complex(sympy.{}(x))),"
    " otypes=[float])(X)"
)


# What is printed and yet no good: complex values, 0 for what is below 0, functions of one number
NOT_ARRAYS = ("lambertw", "factorial", "math.")


def _printed(printer: Callable[[dict[str, bool]], StrPrinter], value: sympy.Expr) -> str:
    try:
        return str(printer({"fully_qualified_modules": True, "allow_unknown_functions": False}).doprint(value))
    except (TypeError, ValueError, NotImplementedError):
        return ""
