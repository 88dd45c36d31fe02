"""Functions of the tables at work: applied to expressions, and their differentials both ways, from the text of their records.

A record's rule is read once, as an expression over its letters and dX; from it come
    forward   dY with the letters replaced, and
    adjoint   the part of G : dY for each letter, by the same reverse sweep that everything else takes
so that nothing about a function is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar

from matcalc.algebra import add, call, conjugates, frobenius, hadamard, properties, symbol, transpose
from matcalc.algebra.rebuild import Template
from matcalc.algebra.terms import is_zero
from matcalc.errors import FormulaError, NoRuleError
from matcalc.expr import Call, Expr, Symbol, complex_symbols
from matcalc.rules import functions as tables
from matcalc.rules.record import Function
from matcalc.shape import Polynomial, Shape, Size
from matcalc.steps.signature import Signature, signature, signatures

Sizes = dict[str, Size]


Wrap = Callable[[Function, Expr], Expr]
wrap: ContextVar[Wrap | None] = ContextVar("what is done to the arguments of functions", default=None)


def apply(record: Function, args: tuple[Expr, ...], sizes: Mapping[str, Size], shape: Shape) -> Expr:
    """A function applied to arguments that fit it; ``sizes`` binds the size names of its record."""
    wrapping = wrap.get()
    if wrapping is not None:
        args = tuple([wrapping(record, arg) for arg in args])
    if complex_symbols and not all(map(conjugates.is_real, args)):
        record = _of_complex(record)
        read = _complex_meaning
    else:
        read = _meaning
    if record.means:
        meaning = read(record)
        return meaning[0].instantiate(dict(zip(meaning[1], args, strict=True)), sizes)
    return _call(record, args, sizes, shape)


def _call(record: Function, args: tuple[Expr, ...], sizes: Mapping[str, Size], shape: Shape) -> Expr:
    parameters = tuple(sizes[name] for name in signature(record).size_names)
    return call(record.name, args, shape, (*parameters, record.axis) if record.axis else parameters)


def _of_complex(record: Function) -> Function:
    """The overload for complex arguments beside one for real ones; that one where there is none."""
    taken = signature(record)
    for other in signatures(record.name):
        same = len(other.patterns) == len(taken.patterns) and other.record.axis == record.axis
        if same and any(pattern.kind == "complex" for pattern in other.patterns):
            return other.record
    return record


@tables.cached
def _complex_meaning(record: Function) -> tuple[Template, tuple[Symbol, ...]]:
    """A definition as it is read of complex letters, so that nothing in it is taken to be real."""
    letters = {p.name: symbol(p.name, p.shape, ("complex",)) for p in signature(record).patterns}
    return Template(_read(record.means, letters)), tuple(letters.values())


@tables.cached
def _meaning(record: Function) -> tuple[Template, tuple[Symbol, ...]]:
    letters = _letters(signature(record))
    return Template(_read(record.means, letters)), tuple(letters.values())


def _letters(taken: Signature) -> dict[str, Symbol]:
    return {p.name: symbol(p.name, p.shape) for p in taken.patterns}


def _read(text: str, letters: Mapping[str, Symbol]) -> Expr:
    from matcalc.steps.understand import expression_of

    token = wrap.set(None)
    try:
        return expression_of(text, letters)
    finally:
        wrap.reset(token)


# --- which overload a call is ---------------------------------------------------------------------------------------


def letters_of(node: Call) -> tuple[str, ...]:
    """The letters that the arguments of a call have in its record."""
    return tuple(pattern.name for pattern in overload(node)[0].patterns)


def record_of(node: Call) -> Function:
    """The record that a call is of; for a function that the user declared, one that says no more than that."""
    if is_declared(node):
        return Function(node.function, "X : matrix(m, n)", "matrix(m, n)", kind="entrywise")
    return overload(node)[0].record


def overload(node: Call) -> tuple[Signature, Sizes]:
    """The record that a call is of, with what its size names stand for."""
    for taken in signatures(node.function):
        bound = bind(taken, node)
        if bound is not None and all(pattern.kind != "complex" for pattern in taken.patterns):
            return taken, bound
    raise NoRuleError(f"{node.function} has no rule for arguments of these shapes")


def bind(taken: Signature, node: Call) -> Sizes | None:
    """What the size names of a record stand for in a call, or None where it is another overload."""
    parameters = node.parameters
    if taken.record.axis:
        if parameters[-1:] != (taken.record.axis,):
            return None
        parameters = parameters[:-1]
    if len(taken.patterns) != len(node.args) or len(taken.size_names) != len(parameters):
        return None
    bound: Sizes = dict(zip(taken.size_names, parameters, strict=True))
    fits = all(_fits(p.shape, a.shape, bound) for p, a in zip(taken.patterns, node.args, strict=True))
    return bound if fits else None


def _fits(wanted: Shape, given: Shape, bound: Sizes) -> bool:
    for want, have in zip(wanted, given, strict=True):
        if isinstance(want, Polynomial):
            continue  # vector(m*n): its names are bound by the other arguments
        if isinstance(want, int) and want != have:
            return False
        if isinstance(want, str) and bound.setdefault(want, have) != have:
            return False
    return True


# --- differentials --------------------------------------------------------------------------------------------------


class Rule:
    """A record's differential, read: ``forward`` over X, dX, Y, or None for a linear function; ``adjoint(x)`` over X, Y, G."""

    def __init__(self, taken: Signature) -> None:
        record = taken.record
        self.letters = tuple(_letters(taken).values())
        self.d: dict[Expr, Symbol] = {x: symbol("d" + x.name, x.shape) for x in self.letters}
        self.Y = symbol("Y", taken.gives)
        self.G = symbol("G", taken.gives)
        self.forward: Template | None = None
        self._adjoint: dict[Expr, Template | None] = {}
        moves = {move.rpartition(":")[2].strip(): move.partition("=")[2].rpartition(":")[0] for move in record.moves}
        self._moves = {x: moves[x.name] for x in self.letters if x.name in moves}
        if record.means:
            self.forward = Template(self._defined(record))
        elif record.rule:
            self.forward = Template(self._differential(record))
        elif not record.adjoint and not record.constant:
            raise NoRuleError(
                f"{record.name} has no rule for its differential" + (f" ({record.where})" if record.where else "")
            )
        if record.adjoint:
            self._linear(record, taken)

    def adjoint(self, x: Expr) -> Template | None:
        """The part of G : dY that stands against dx; None where the differential has no dx."""
        from matcalc.steps.differential import gradients

        if x not in self._adjoint and x in self._moves:
            self._adjoint[x] = Template(_read(self._moves[x], {**{y.name: y for y in self.letters}, "C": self.G}))
        if x not in self._adjoint and self.forward is None:
            return None
        if x not in self._adjoint:
            dx = self.d[x]
            assert self.forward is not None
            there = dx in self.forward.nodes
            found = gradients(frobenius(self.G, self.forward.expression), [dx])[dx] if there else None
            self._adjoint[x] = None if found is None else Template(found)
        return self._adjoint[x]

    def _differential(self, record: Function) -> Expr:
        left, _, right = record.rule.partition("=")
        assert left.strip() == "dY", record.rule
        known = {x.name: x for x in self.letters} | {d.name: d for d in self.d.values()} | {"Y": self.Y}
        try:
            return _read(right, known)
        except FormulaError as error:  # a sum over an index
            raise NoRuleError(f"{record.name} has no rule for its differential, but where X and dX commute") from error

    def _defined(self, record: Function) -> Expr:
        """A function that is defined by others, where it stands in a result as itself: through its definition."""
        from matcalc.steps.differential import differential

        return differential(_meaning(record)[0].expression, dict(self.d))

    def _linear(self, record: Function, taken: Signature) -> None:
        """``C : diag(X) = Diag(C) : X`` says the adjoint; the differential of a linear function is its value at dX."""
        left, _, right = record.adjoint.partition("=")
        letter = left.partition(":")[0].strip()
        self.G = symbol(letter, taken.gives)
        known = {x.name: x for x in self.letters} | {letter: self.G}
        moved, _, last = right.rpartition(":")
        (moving,) = [x for x in self.letters if x.name == last.strip()]
        self._adjoint[moving] = Template(_read(moved, known))


@tables.cached
def rule(taken: Signature) -> Rule:
    return Rule(taken)


def adjoints(node: Call, G: Expr, wanted: Callable[[Expr], bool]) -> Iterator[tuple[Expr, Expr]]:
    """What G : dY becomes for the arguments of a call that are wanted."""
    if is_declared(node):
        yield from _of_declared(node, G, wanted)
        return
    taken, sizes = overload(node)
    if taken.record.constant or conjugates.is_conjugate(node):
        return  # conj(Z) is held constant where Z moves
    values: dict[Expr, Expr] = dict(zip(_letters(taken).values(), node.args, strict=True))
    closed = commuting(taken)
    if closed is not None and wanted(node.args[0]) and properties.commute(transpose(G), node.args[0]):
        template, Y, own_G = closed
        yield node.args[0], template.instantiate({**values, Y: node, own_G: G}, sizes)
        return
    own = rule(taken)
    values[own.Y] = node
    values[own.G] = G
    for x, arg in zip(own.letters, node.args, strict=True):
        if wanted(arg):
            moved = own.adjoint(x)
            if moved is None:
                raise NoRuleError(f"{node.function} has no rule for its differential by its argument {x.name}")
            yield arg, moved.instantiate(values, sizes)


def columns(node: Call) -> tuple[Expr, Expr] | None:
    """M and X of a call that is linear in X, with vec(Y) = M vec(X), where its record says so."""
    taken, sizes = overload(node)
    if not taken.record.columns:
        return None
    letters = _letters(taken)
    template, x = _columns(taken)
    values: dict[Expr, Expr] = dict(zip(letters.values(), node.args, strict=True))
    return template.instantiate(values, sizes), values[letters[x]]


@tables.cached
def _columns(taken: Signature) -> tuple[Template, str]:
    matrix, _, x = taken.record.columns.partition("=")[2].rpartition(" vec(")
    return Template(_read(matrix, _letters(taken))), x.rstrip(")")


@tables.cached
def commuting(taken: Signature) -> tuple[Template, Expr, Expr] | None:
    """The adjoint of a matrix function where X commutes with G' (as under a trace), with its letters Y and G.

    d tr(expm(X)) = expm(X)' : dX, though dexpm(X) has no closed form.
    """
    from matcalc.steps.differential import gradients

    if not taken.record.commuting:
        return None
    letters = _letters(taken)
    x = next(iter(letters.values()))
    dx, Y, G = symbol("d" + x.name, x.shape), symbol("Y", taken.gives), symbol("G", taken.gives)
    dY = _read(taken.record.commuting.partition("=")[2], {**letters, dx.name: dx, "Y": Y})
    return Template(gradients(frobenius(G, dY), [dx])[dx]), Y, G


# --- functions that the user declared: f', f'' entrywise ------------------------------------------------------------


def is_declared(node: Call) -> bool:
    """Whether a call is of an unknown function, ``f : function``."""
    return not signatures(node.function)


def derivative(node: Call) -> Expr:
    """f'(X) of f(X)."""
    return call(node.function + "'", node.args, node.shape)


def _of_declared(node: Call, G: Expr, wanted: Callable[[Expr], bool]) -> Iterator[tuple[Expr, Expr]]:
    if wanted(node.args[0]):
        yield node.args[0], hadamard(G, derivative(node))


def forward(node: Call, d: Mapping[Expr, Expr]) -> Expr:
    """dY of a call, given the differentials of its arguments."""
    if is_declared(node):
        return hadamard(derivative(node), d[node.args[0]])
    if conjugates.is_conjugate(node):
        return conjugates.conjugate(d[node.args[0]])
    taken, sizes = overload(node)
    own = rule(taken)
    if own.forward is None:
        return _forward_linear(node, own, d, taken.record)
    values: dict[Expr, Expr] = {own.Y: node}
    for x, arg in zip(own.letters, node.args, strict=True):
        values[x] = arg
        if own.d[x] not in own.forward.nodes and arg in d and not is_zero(d[arg]):
            raise NoRuleError(f"{node.function} has no rule for its differential by its argument {x.name}")
        values[own.d[x]] = d[arg] if arg in d else _zero(arg)
    return own.forward.instantiate(values, sizes)


def _forward_linear(node: Call, own: Rule, d: Mapping[Expr, Expr], record: Function) -> Expr:
    """A linear function takes dX in the place of X; what it is not linear in may not change."""
    if record.constant:
        return _zero(node)
    moved = []
    for k, (x, arg) in enumerate(zip(own.letters, node.args, strict=True)):
        if arg not in d or is_zero(d[arg]):
            continue
        if own.adjoint(x) is None:
            raise NoRuleError(f"{node.function} has no rule for its differential by its argument {x.name}")
        args = (*node.args[:k], d[arg], *node.args[k + 1 :])
        moved.append(call(node.function, args, node.shape, node.parameters))
    return add(moved) if moved else _zero(node)


def _zero(node: Expr) -> Expr:
    from matcalc.algebra import zeros

    return zeros(*node.shape)
