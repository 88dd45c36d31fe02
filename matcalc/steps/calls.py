"""A name before a bracket: a call, a product, or an unknown function; and bars, which are calls without a name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn

from matcalc.read import syntax
from matcalc.read.syntax import Span, Syntax
from matcalc.read.trees import names_in
from matcalc.rules import functions
from matcalc.rules.record import Function
from matcalc.shape import Size
from matcalc.steps import latex_names, subscripts, typed
from matcalc.steps.scope import is_one_letter
from matcalc.steps.signature import Signature, signature, signatures

if TYPE_CHECKING:
    from matcalc.steps.resolve import Resolver

OVER_AN_INDEX = frozenset({"sum"})  # what is taken over an index as well: sum(i=1..n, …)
# What bars mean by the kind of what is between them, and e^X in LaTeX by the kind of X: the first that fits.
# fmt: off
Meanings = tuple[tuple[str, str], ...]
NORM: Meanings = (("matrix", "norm"),)
BARS: dict[tuple[str, str], Meanings] = {
    ("|", ""):  (("scalar", "abs"), ("vector", "norm"), ("row", "norm"), ("matrix", "det")),
    ("|", "F"): NORM,
    ("|", "2"): (("matrix", "norm2"),),
    ("|", "1"): (("matrix", "norm1"),),
    ("‖", ""):  NORM,
    ("‖", "F"): NORM,
    ("‖", "2"): (("matrix", "norm2"),),
    ("‖", "1"): (("matrix", "norm1"),),
    ("‖", "*"): (("matrix", "normnuc"),),
}
EXPONENTIAL: Meanings = (("vector", "exp"), ("row", "exp"), ("matrix", "expm"), ("matrix", "exp"))
# fmt: on


def joined(resolver: Resolver, factors: tuple[Syntax, ...]) -> list[Syntax]:
    """The factors of a product, each called name joined to its bracket: ``tr`` and ``(X)^2`` to ``tr(X)^2``."""
    out: list[Syntax] = []
    if resolver.spelling == "latex":
        factors = latex_names.joined(resolver.scope, factors)
    k = 0
    while k < len(factors):
        factor = factors[k]
        if k + 1 < len(factors):
            called = _joined(resolver, factor, factors[k + 1])
            if called is not None:
                out.append(called)
                k += 2
                continue
        out.append(factor)
        k += 1
    return out


def _joined(resolver: Resolver, factor: Syntax, bracket: Syntax) -> Syntax | None:
    """``f`` and ``(x)'`` as ``f(x)'``; in ``a / f`` and ``(x)`` it is the divisor that is called."""
    around: list[syntax.Binary | syntax.Negate] = []
    while isinstance(factor, syntax.Negate) or (isinstance(factor, syntax.Binary) and factor.operator == "/"):
        around.append(factor)
        factor = factor.right if isinstance(factor, syntax.Binary) else factor.operand
    primes = 0
    while isinstance(factor, syntax.Postfix) and factor.mark == "'":
        factor, primes = factor.base, primes + 1
    if not isinstance(factor, syntax.Name):
        return None
    postfixes: list[syntax.Postfix | syntax.Power | syntax.Index] = []
    while isinstance(bracket, syntax.Postfix | syntax.Power | syntax.Index):
        postfixes.append(bracket)
        bracket = bracket.base
    if not isinstance(bracket, syntax.Group):
        return None
    name = factor.text
    if resolver.spelling == "latex" and not primes:
        name = latex_names.called_by(resolver.scope, name) or name
        if name == factor.text and latex_names.is_family(resolver.scope, name):
            hint = f"declare {name} : function, or {name} : scalar"
            resolver.error(f"is {name} before a bracket a function or a factor?", factor.span, hint)
    if name == factor.text and not is_called(resolver, factor, primes, bracket):
        return None
    start, end = factor.span[0], bracket.span[1]
    call: Syntax = syntax.Apply(name, bracket.items, primes, (start, end))
    for postfix in reversed(postfixes):
        end = postfix.span[1]
        call = postfix._replace(base=call, span=(start, end))
    for outer in reversed(around):
        span = (outer.span[0], end)
        call = outer._replace(right=call, span=span) if isinstance(outer, syntax.Binary) else syntax.Negate(call, span)
    return call


def is_called(resolver: Resolver, name: syntax.Name, primes: int, bracket: syntax.Group) -> bool:
    """Whether a name before a bracket is a function's; an error where it can be nothing else and is unknown."""
    scope, text = resolver.scope, name.text
    adjacent = name.span[1] == bracket.span[0]
    if text in scope.bound or scope.family(text) is not None:
        return False
    entry = scope.entries.get(text)
    if entry is not None and entry.role != "inferred" and not scope.is_d(text):
        return entry.role == "function"
    if primes:
        if scope.is_function(text) and not is_one_letter(text):
            resolver.error(
                f"a prime after {text} is no derivative", name.span, "f' is read where f is declared: f : function"
            )
        return False
    if scope.is_function(text):
        if not any(s.record.takes for s in signatures(text)):
            return False  # pi (x + y) is a product
        short = len(text) == 1 and not any(s.patterns for s in signatures(text))
        return not short or len(bracket.items) > 1 or _is_size(resolver, bracket.items[0], adjacent)
    if adjacent and scope.is_d(text):
        return any(scope.known(inner) for inner in names_in(bracket))
    if len(bracket.items) == 1 and (text in scope.size_names or is_one_letter(text) or not adjacent):
        return False
    if _sympy(text) is None:
        _unknown(resolver, text, name.span)
    return True


UNKNOWN = "`matcalc rules` lists the functions; declare your own: {0} : function, or a product: {0} * ( … )"


def _unknown(resolver: Resolver, name: str, span: Span) -> NoReturn:
    near = get_close_matches(name, functions.names(), n=1) if len(name) > 1 else []
    resolver.error(f"unknown function '{name}'", span, f"did you mean {near[0]}?" if near else UNKNOWN.format(name))


def _is_size(resolver: Resolver, tree: Syntax, adjacent: bool) -> bool:
    """Whether the argument of a constant with a short name is a size: ``D(n)`` is a call, ``D (x + d)`` a product."""
    scope = resolver.scope
    if isinstance(tree, syntax.Name) and adjacent and scope.is_free(tree.text):
        return tree.text not in scope.entries
    return all(name in scope.size_names for name in names_in(tree)) and not isinstance(tree, syntax.Postfix)


def constant(resolver: Resolver, name: str, span: Span) -> bool:
    """A constant that takes no arguments: ``pi``, ``I`` whose size is inferred, the bold one of LaTeX."""
    if name == "1":
        function(resolver, "vector", (syntax.Number(1, span),), span)
        return True
    own = tuple(s for s in signatures(name) if not s.arguments)
    if own:
        resolver.push(typed.Call(span, own))
    return bool(own)


def apply(resolver: Resolver, name: str, arguments: tuple[Syntax, ...], primes: int, span: Span) -> None:
    """A call as it is written."""
    if resolver.spelling == "latex":
        name = latex_names.SIGNS.get(name, name)
    entry = resolver.scope.entries.get(name)
    ranges = [argument for argument in arguments if isinstance(argument, syntax.Range)]
    if ranges and name in OVER_AN_INDEX and entry is None:
        if resolver.spelling == "latex" and isinstance(arguments[0], syntax.Range):
            arguments = (latex_names.with_range(resolver, arguments[0], arguments[-1]), *arguments[1:])
        subscripts.index_sum(resolver, arguments, span)
        return
    if ranges:
        resolver.unsupported(f"{name} over an index", ranges[0].span)
    if resolver.scope.bound and subscripts.column(resolver, name, arguments, span):
        return
    if entry is not None and entry.role == "function":
        if signatures(name):
            resolver.error(
                f"{name} is declared as a function and is one of the tables", span, "declare it by another name"
            )
        unknown = Function(name, takes="X : matrix(m, n)", gives="matrix(m, n)", kind="declared")
        _checked(resolver, name, arguments, span, (signature(unknown),), primes)
    elif resolver.scope.is_d(name):
        resolver.push(typed.Differential(span, 1), *arguments)
    else:
        function(resolver, name, arguments, span)


def function(resolver: Resolver, name: str, arguments: tuple[Syntax, ...], span: Span) -> None:
    """A call of a function of the tables (a sign's too), or of one that SymPy knows."""
    overloads = signatures(name)
    if not overloads:
        record = _sympy(name)
        if record is None:
            _unknown(resolver, name, span)
        overloads = (signature(record),)
    *others, last = arguments
    axes = tuple(s for s in overloads if s.record.axis)
    if axes and len(others) == 1 and isinstance(last, syntax.Number) and last.value in (1, 2):
        chosen = tuple(s for s in axes if s.record.axis == last.value)
        _checked(resolver, name, tuple(others), span, chosen)
    else:
        _checked(resolver, name, arguments, span, tuple(s for s in overloads if not s.record.axis))


def _checked(
    resolver: Resolver,
    name: str,
    arguments: tuple[Syntax, ...],
    span: Span,
    overloads: tuple[Signature, ...],
    primes: int = 0,
) -> None:
    """Overloads that take as many arguments, and those arguments that are sizes read as such."""
    real = tuple(s for s in overloads if all(a.kind != "complex" for a in s.arguments))
    fitting = tuple(s for s in real if len(s.arguments) == len(arguments))
    if not fitting:
        counts = sorted({len(s.arguments) for s in real})
        taken = " or ".join(map(str, counts)) + (" argument" if counts == [1] else " arguments")
        axes = any(s.record.axis for s in signatures(name))
        hint = "a second argument is 1 (for each column) or 2 (for each row)" if axes else ""
        resolver.error(f"{name} takes {taken}, and here it has {len(arguments)}", span, hint)
    sizes: list[Size] = []
    parts: list[Syntax] = []
    for argument, pattern in zip(arguments, fitting[0].arguments, strict=True):
        if pattern.kind != "size":
            parts.append(argument)
            continue
        size = resolver.scope.size(argument)
        if size is None:
            resolver.error(
                f"{name} takes a size here",
                argument.span,
                "a size is a number up to 10^18, a name, or sums and products of these",
            )
        sizes.append(size)
    resolver.push(typed.Call(span, fitting, tuple(sizes), primes), *parts)


def bars(resolver: Resolver, mark: str, body: Syntax, subscript: str, span: Span) -> None:
    meanings = BARS.get((mark, subscript))
    if meanings is None:
        known = ", ".join(subscript for own, subscript in BARS if own == mark and subscript)
        resolver.error(f"the norm with the subscript '{subscript}' is not known", span, f"known subscripts are {known}")
    resolver.push(typed.Call(span, _by_kind(meanings)), body)


def exponential(resolver: Resolver, exponent: Syntax, span: Span) -> None:
    resolver.push(typed.Call(span, _by_kind(EXPONENTIAL)), exponent)


def _by_kind(meanings: Meanings) -> tuple[Signature, ...]:
    """The overloads of several functions, each for arguments of one kind only."""
    return tuple(
        s._replace(only=kind)
        for kind, name in meanings
        for s in signatures(name)
        if len(s.patterns) == 1 and not s.record.axis
    )


def _sympy(name: str) -> Function | None:
    """A function of one variable that SymPy knows; it is imported only for names that are in no table."""
    if len(name) < 2:
        return None
    from matcalc.rules import sympy_functions

    record = sympy_functions.lookup(name)
    if record is not None and not functions.lookup(name):
        functions.register(record)
    return record
