"""What the left side of a line truly is: a value, a differential, a gradient, a Jacobian, a Hessian; and what else it is
called in other conventions.

>>> from matcalc.read.derivatives import left_side
>>> from matcalc.read.mc import read_document
>>> setting = Setting.of(read_document("E := x' A x").statements)
>>> [convention.name for convention in truth_of(left_side("dE/dx"), setting, "").conventions]
['numerator layout']
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from matcalc.algebra import add, call, conjugate, frobenius, scale_by, transpose, zeros
from matcalc.algebra.conjugates import is_complex
from matcalc.algebra.kroneckers import vec
from matcalc.algebra.rebuild import expand_names, substitute
from matcalc.errors import CallError, FormulaError, NoRuleError
from matcalc.expr import Expr, Named, Symbol, postorder
from matcalc.read.document import Derivative
from matcalc.read.syntax import Apply, Group, Index, Juxtapose, Name, Span, Syntax
from matcalc.read.trees import names_in
from matcalc.rules.properties import closure
from matcalc.shape import SCALAR, Shape, shape_text
from matcalc.shape import names as size_names
from matcalc.steps.components import Component, component_of, derivative
from matcalc.steps.differential import differential, differential_symbol, gradients
from matcalc.steps.jacobian import jacobian
from matcalc.steps.project import projected
from matcalc.steps.results import riemannian_of
from matcalc.steps.scope import differentiated
from matcalc.steps.setting import Setting, Unsized
from matcalc.steps.structure import free as free_entries
from matcalc.steps.structure import space_of
from matcalc.steps.wanted import CONSTRAINTS
from matcalc.steps.wirtinger import Variable, of_conjugate, symbol_of


@dataclass(frozen=True)
class Other:
    """Something else than the truth that people write for it: a convention with its name, or a mistake with its cause."""

    name: str
    cause: str
    value: Expr


@dataclass(frozen=True)
class Truth:
    """``values``: what the left side is, in each form that is right, without names; the first is the usual one."""

    kind: str
    values: tuple[Expr, ...]
    conventions: tuple[Other, ...] = ()
    mistakes: tuple[Other, ...] = ()

    @property
    def value(self) -> Expr:
        return self.values[0]


# --- differentials ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Motion:
    """Which variables move: the differentials of the others are 0, and those of names follow."""

    setting: Setting
    moving: tuple[str, ...]

    def expression(self, tree: Syntax, source: str, like: Shape = SCALAR) -> Expr:
        """What a formula means; the differential of a definition that has no letter of its own is put in.

        ``like``: the shape that it should have, where it does not say its sizes itself.
        """
        names = self.setting.names
        asked = [n for n in names_in(tree) if n[0] == "d" and n not in names and n[1:] in names]
        given = {n: self.of_name(n[1:]) for n in asked if not isinstance(names[n[1:]], Symbol | Named)}
        try:
            return self.setting.expression(tree, source, given)
        except Unsized:
            if like == SCALAR:
                raise
            return self.setting.expression_like(like, tree, source, given)

    def written_out(self, expression: Expr) -> Expr:
        """The expression without names, in the differentials of the moving variables."""
        plain = expand_names(expression)
        found = [n for n in postorder(plain) if isinstance(n, Symbol) and n.of is not None]
        return substitute(plain, {d: self._differential(d) for d in found}) if found else plain

    def _differential(self, d: Symbol) -> Expr:
        of = d.of
        if isinstance(of, Symbol):
            return d if of.name in self.moving else zeros(*d.shape)
        assert isinstance(of, Named)
        return self.of_name(of.name)

    def of_name(self, name: str) -> Expr:
        """The differential of a name, in those of the moving variables."""
        free = self.setting.released(self.moving, CONSTRAINTS)
        body = expand_names(free.names[name])
        variables = {free.names[v]: self.setting.names[v] for v in self.moving if v in free.names}
        values: dict[Expr, Expr] = {
            x: differential_symbol(old) for x, old in variables.items() if isinstance(old, Symbol)
        }
        try:
            formed = differential(body, values)
        except NoRuleError:
            if not body.is_scalar:
                raise
            found = gradients(body, tuple(values))  # only its adjoint has a closed form
            formed = add([zeros(1, 1), *(frobenius(found[x], values[x]) for x in values)])
        return bound_again(formed, free, self.setting)


def bound_again(expression: Expr, free: Setting, setting: Setting) -> Expr:
    """An expression in free variables, at a point that obeys their constraints."""
    if free is setting:
        return expression
    back: dict[Expr, Expr] = {
        x: setting.names[n] for n, x in free.names.items() if isinstance(x, Symbol) and x is not setting.names[n]
    }
    return substitute(expression, back)


def moving(setting: Setting, trees: Collection[Syntax]) -> tuple[str, ...]:
    """The variables whose differentials the lines of a chain mention, or those inside the names whose differentials they do;
    all that are not constant where they mention none."""
    named = {name[1:] for tree in trees for name in names_in(tree) if name[0] == "d" and name not in setting.names}
    for part_names in [frozenset(names_in(part)) for tree in trees for part in differentiated(tree)]:
        named |= part_names if named.isdisjoint(part_names) else set()  # d(A X) beside dX is by X only
    free = [n for n, x in setting.names.items() if isinstance(x, Symbol) and "constant" not in x.properties]
    inside = {x for n in named if n in setting.names for x in postorder(setting.names[n])}
    return tuple(n for n in free if n in named) or tuple(n for n in free if setting.names[n] in inside) or tuple(free)


# --- derivatives ------------------------------------------------------------------------------------------------------


def truth_of(claim: Derivative, setting: Setting, source: str) -> Truth:
    """The derivative; FormulaError where it is none, NoRuleError where there is no rule for it."""
    if any(isinstance(tree, Index) for tree in claim.wrt):
        return _by_parts(claim, setting, source)
    names = [_variable_name(tree, claim.span, source) for tree in claim.wrt]
    free = setting.released([name for name, _ in names], CONSTRAINTS)
    f = free.expression(claim.of, source)
    if not names:
        names = _only_variable(f, claim.span, source) * claim.order
    variables = tuple(_variable(name, barred, f, free, claim.span, source) for name, barred in names)
    if claim.order == 2:
        found = _hessian(f, variables, claim.span, source)
    elif f.is_scalar:
        found = _gradient(f, variables[0])
        found = replace(found, conventions=(*found.conventions, *_riemannian(f, variables[0], setting)))
    else:
        found = _jacobian(f, variables[0])
    return _mapped(found, free, setting)


def _mapped(truth: Truth, free: Setting, setting: Setting) -> Truth:
    def plain(value: Expr) -> Expr:
        return bound_again(expand_names(value), free, setting)

    def each(others: tuple[Other, ...]) -> tuple[Other, ...]:
        return tuple(Other(o.name, o.cause, plain(o.value)) for o in others)

    return Truth(truth.kind, tuple(map(plain, truth.values)), each(truth.conventions), each(truth.mistakes))


def _by_parts(claim: Derivative, setting: Setting, source: str) -> Truth:
    """By an entry, a row or a column; by two entries one after the other."""
    bases = [tree.base.text for tree in claim.wrt if isinstance(tree, Index) and isinstance(tree.base, Name)]
    free = setting.released(bases, CONSTRAINTS)
    parts = [_part(tree, free, claim.span, source) for tree in claim.wrt]
    f = value = expand_names(free.expression(claim.of, source))
    for part in parts:
        value = derivative(value, part)
    others = [] if value.is_scalar else [Other("the layout with rows and columns swapped", "layout", transpose(value))]
    if f.is_scalar and len(parts) == 1:
        G = _adjoint(f, parts[0].whole)
        of_whole = _of_structure(G, projected(G, parts[0].whole)[0], parts[0].whole)
        others += [replace(other, value=parts[0].of(other.value)) for other in of_whole if other.value.shape == G.shape]
    return _mapped(Truth("by a part", (value,), _distinct(value, others)), free, setting)


def _part(tree: Syntax, setting: Setting, span: Span, source: str) -> Component:
    if not isinstance(tree, Index) or not isinstance(tree.base, Name):
        raise NoRuleError("a derivative by a part and by a variable is not supported yet", source, [span])
    whole = setting.names.get(tree.base.text)
    if not isinstance(whole, Symbol):
        raise FormulaError(f"{tree.base.text} is not a variable", source, [span])
    taken = [name for name, node in setting.names.items() if isinstance(node, Symbol | Named)]
    sizes = {name for d in (*setting.declarations, *setting.inferred) for size in d.shape for name in size_names(size)}
    try:
        return component_of(tree, whole, [*taken, *sizes], tree.base.text)[0]
    except CallError as error:
        raise FormulaError(str(error), source, [span]) from None


def _variable_name(tree: Syntax, span: Span, source: str) -> tuple[str, bool]:
    """The name of what is differentiated by, and whether by its conjugate."""
    match tree:
        case Name(name):
            return name, False
        case Juxtapose((Name("conj"), Group((Name(name),)))) | Apply("conj", (Name(name),)):
            return name, True
        case _:
            raise NoRuleError("a derivative is by a variable, its conjugate, or a part of it", source, [span])


def _only_variable(f: Expr, span: Span, source: str) -> list[tuple[str, bool]]:
    found = [x.name for x in postorder(expand_names(f)) if isinstance(x, Symbol) and "constant" not in x.properties]
    if len(found) != 1:
        have = ", ".join(found) or "no variables"
        raise FormulaError(
            "a derivative by what?", source, [span], f"the formula has {have}: write df/dx, ∇_x f or J_f(x)"
        )
    return [(found[0], False)]


def _variable(name: str, barred: bool, f: Expr, setting: Setting, span: Span, source: str) -> Variable | Named:
    x = setting.names.get(name)
    if isinstance(x, Named) and x in postorder(f):
        return x
    if not isinstance(x, Symbol):
        have = [n for n, node in setting.names.items() if isinstance(node, Symbol)]
        message = f"{name} is a definition that the formula does not use" if x else f"'{name}' is not a variable"
        raise FormulaError(message, source, [span], f"there are {', '.join(have)}")
    try:
        return of_conjugate(name, x) if barred else x
    except CallError as error:
        raise FormulaError(str(error), source, [span]) from None
    except NoRuleError as error:
        raise NoRuleError(error.message, source, [span], error.hint) from None


def _gradient(f: Expr, x: Variable | Named) -> Truth:
    body = f if isinstance(x, Named) else expand_names(f)
    G = _adjoint(body, x)
    if isinstance(x, Named):
        return Truth("gradient", (G,), tuple(_layouts(G)))
    P = projected(G, symbol_of(x))[0]
    others = [*_layouts(P), *_of_structure(G, P, symbol_of(x))]
    if is_complex(x):
        others.append(Other("2 ∂f/∂conj(Z), the direction of steepest ascent", "layout", scale_by(2, conjugate(P))))
    return Truth("gradient", (P,), _distinct(P, others), tuple(_held_fixed(f, x)))


def _riemannian(f: Expr, x: Variable | Named, setting: Setting) -> Iterator[Other]:
    """The gradient along the surface that a variable lies on."""
    declared = None if isinstance(x, Named) else setting.names[symbol_of(x).name]
    found = riemannian_of(f, x, declared) if isinstance(declared, Symbol) and not isinstance(x, Named) else None
    if found is not None:
        yield Other("the Riemannian gradient", "layout", found[0])


def _adjoint(f: Expr, x: Expr) -> Expr:
    try:
        return gradients(f, (x,))[x]
    except NoRuleError:
        if not isinstance(x, Symbol) or is_complex(f):
            raise
        row = jacobian(f, x)  # exists where an adjoint would need a sum over unit vectors
        return call("unvec", (transpose(row),), x.shape, x.shape)


def _layouts(G: Expr) -> Iterator[Other]:
    square = G.shape[0] == G.shape[1]
    yield Other("numerator layout", "transpose" if square else "layout", transpose(G))
    if 1 not in G.shape:
        yield Other("the columns stacked", "layout", vec(G))
        yield Other("the columns stacked, as a row", "layout", transpose(vec(G)))
        yield Other("the rows stacked", "layout", vec(transpose(G)))


def _of_structure(G: Expr, P: Expr, x: Symbol) -> Iterator[Other]:
    """What people write for the gradient by a variable in a linear space."""
    cause = "symmetric" if "symmetric" in closure(x.properties) else "layout"
    if P is not G:
        yield Other("the unconstrained gradient", cause, G)
        yield Other("the unconstrained gradient in numerator layout", cause, transpose(G))
    if space_of(x) is not None:
        yield Other("the derivatives by the free entries", cause, free_entries(G, x))


def _distinct(value: Expr, others: Collection[Other]) -> tuple[Other, ...]:
    """Those that differ from the value, each once."""
    seen: dict[Expr, Other] = {}
    for other in others:
        if other.value is not value:
            seen.setdefault(other.value, other)
    return tuple(seen.values())


def _held_fixed(f: Expr, x: Variable) -> Iterator[Other]:
    """The gradients that forget that a name depends on the variable."""
    if not isinstance(x, Symbol):
        return
    outer = f.body if isinstance(f, Named) else f
    for name in postorder(outer):
        if isinstance(name, Named) and name is not outer and x in postorder(name):
            try:
                G = gradients(outer, (x, name))[x]
            except NoRuleError:
                continue
            yield Other(
                f"{name.name} is taken for constant, and it depends on {x.name}", "constant", projected(G, x)[0]
            )


def _jacobian(F: Expr, x: Variable | Named) -> Truth:
    if isinstance(x, Named):
        raise NoRuleError(f"the Jacobian by the definition {x.name} is not supported yet")
    symbol = symbol_of(x)
    plain = expand_names(F)
    J = jacobian(plain, x)
    values = [J]
    if symbol.is_scalar and F.shape != J.shape:
        values.append(call("unvec", (J,), F.shape, F.shape))
    square = J.shape[0] == J.shape[1]
    others = [Other("denominator layout", "transpose" if square else "layout", transpose(J))]
    mistakes = []
    if not symbol.is_scalar:
        contracted = gradients(call("sum", (plain,), (1, 1)), (x,))[x]
        words = f"this is the gradient of the sum of the entries of a {shape_text(F.shape)}: its index was summed over"
        mistakes = [Other(words, "index", value) for value in (contracted, transpose(contracted))]
    return Truth("jacobian", tuple(values), _distinct(J, others), tuple(mistakes))


def _hessian(f: Expr, variables: tuple[Variable | Named, ...], span: Span, source: str) -> Truth:
    if not f.is_scalar:
        raise FormulaError(f"a Hessian needs a scalar, and this is a {shape_text(f.shape)}", source, [span])
    x, y = variables[0], variables[-1]
    if isinstance(x, Named) or isinstance(y, Named):
        raise NoRuleError("a Hessian by a definition is not supported yet", source, [span])
    G = gradients(expand_names(f), (x,))[x]
    H = jacobian(projected(G, symbol_of(x))[0], y)
    others = [
        Other("the unconstrained Hessian", "symmetric", jacobian(G, y)),
        Other("columns by the first variable", "layout", transpose(H)),
    ]
    return Truth("hessian", (H,), _distinct(H, others))
