"""A formula as people hold it in Python: shown in every spelling, computed with by operators, turned into functions.

>>> U, V = symbols("U : matrix(m, k); V : matrix(n, k)")
>>> print(2 * (U @ V.T).T)
2 V U'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc import algebra, packed
from matcalc.algebra.families import stacked
from matcalc.algebra.indices import is_index
from matcalc.errors import CallError
from matcalc.expr import Constant, Expr, Rational, Symbol, postorder
from matcalc.read.syntax import Syntax
from matcalc.shape import Shape, names, shape_text

if TYPE_CHECKING:
    from sympy import Expr as SympyExpr
    from sympy import MatrixExpr

    from matcalc.write.code.function import EmittedFunction


class Expression:
    """An expression with the spellings of its names. ``@`` is the matrix product, ``*`` the Hadamard product or scaling by a
    scalar, ``/`` the quotient by a scalar or entrywise, ``**`` the power (entrywise for a matrix), ``.T`` the transpose.

    Shapes are those of the declarations: ``(n, 1)`` for a vector. Two expressions are equal when their normal forms are.
    """

    __slots__ = ("_argument_order", "_spellings", "_syntax", "_written_out", "node")

    def __init__(
        self,
        node: Expr,
        spellings: Mapping[str, str] | None = None,
        arguments: Sequence[Symbol] = (),
        written_out: Callable[[], Expr] | None = None,
    ) -> None:
        self.node = node
        self._written_out = written_out
        self._spellings = dict(spellings or {})
        self._argument_order = tuple(arguments)
        self._syntax: Syntax | None = None  # once it is asked for

    # --- what it is -------------------------------------------------------------------------------------------------

    @property
    def spellings(self) -> Mapping[str, str]:
        """Canonical names to what was typed."""
        return self._spellings

    @property
    def shape(self) -> Shape:
        """(rows, columns); a size is an int, a name or a polynomial of names."""
        return self.node.shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.node is other.node

    def __hash__(self) -> int:
        return hash(self.node)

    def __repr__(self) -> str:
        return f"<{shape_text(self.shape)}: {self}>"

    def __copy__(self) -> Expression:
        return self

    def __deepcopy__(self, memo: object) -> Expression:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        expanded = None if self._written_out is None else self._written_out()
        assert packed.FIELDS  # it knows how the nodes are pickled
        return _again, (self.node, self._spellings, self._argument_order, expanded)

    def expanded(self) -> Expression:
        """The same with the definitions written out; of a result, what is derived when they are written out at once."""
        from matcalc.algebra.rebuild import expand_names
        from matcalc.steps.compact import compact

        return self._with(self._written_out() if self._written_out is not None else compact(expand_names(self.node)))

    # --- how it is written ------------------------------------------------------------------------------------------

    @property
    def syntax(self) -> Syntax:
        """The shortest spelling, as a syntax tree."""
        if self._syntax is None:
            from matcalc.steps.spell import spell

            self._syntax = spell(self.node)
        return self._syntax

    def __str__(self) -> str:
        """Plain spelling, which reads back."""
        from matcalc.write.present import plain_text

        return plain_text(self.syntax, self._spellings)

    def unicode(self) -> str:
        """For a terminal: ``2 (W V + λᵤ U)``."""
        from matcalc.write.present import unicode_text

        return unicode_text(self.syntax)

    def latex(self) -> str:
        """LaTeX for amsmath, KaTeX and MathJax, without dollar signs."""
        from matcalc.write.present import latex_text

        return latex_text(self.syntax, taken=self._spellings)

    def mathml(self) -> str:
        """MathML Core, for pages that display it without a script."""
        from matcalc.write.mathml import mathml

        return mathml(self.latex(), display=True)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    # --- what it is computed with -----------------------------------------------------------------------------------

    def function(self, target: str = "numpy", name: str = "value") -> EmittedFunction:
        """A function of the symbols inside: ``f(A=…, x=…)``.

        Arrays are scalars (), vectors (n,), rows (1, n), matrices (m, n), and are checked against the declared shapes
        (ValueError). ``.source`` is its text.
        """
        from matcalc.write.code.function import function

        return function([self.node], arguments([self.node], self._argument_order), name, str(self), target)

    def to_sympy(self) -> MatrixExpr | SympyExpr:
        """The same in SymPy's matrix expressions, and back by ``from_sympy``; NoRuleError where SymPy has no such operation.

        >>> X, w, y = symbols("X : matrix(m, n)", "w : vector(n)", "y : vector(m)")
        >>> (X.T @ (X @ w + y)).to_sympy()
        X.T*(X*w + y)
        """
        from matcalc.write.sympy import to_sympy

        return to_sympy(self.node)

    # --- operators --------------------------------------------------------------------------------------------------

    @property
    def T(self) -> Expression:
        return self._with(algebra.transpose(self.node))

    def __matmul__(self, other: Expression) -> Expression:
        _fit(self.shape[1] == other.shape[0] or _scalar(self, other), "@", self, other)
        return self._with(algebra.product(self.node, other.node), other)

    def __add__(self, other: Expression | Rational | float) -> Expression:
        left, right = self._broadcast(other, "+")
        return self._with(algebra.add([left, right]), other)

    def __sub__(self, other: Expression | Rational | float) -> Expression:
        left, right = self._broadcast(other, "-")
        return self._with(algebra.sub(left, right), other)

    def __mul__(self, other: Expression | Rational | float) -> Expression:
        right = _lift(other)
        _fit(self.shape == right.shape or _scalar(self, right), "*", self, right)
        return self._with(algebra.hadamard(self.node, right.node), other)

    def __truediv__(self, other: Expression | Rational | float) -> Expression:
        right = _lift(other)
        _fit(self.shape == right.shape or _scalar(self, right), "/", self, right)
        return self._with(algebra.hadamard(self.node, algebra.entry_power(right.node, -1)), other)

    def __pow__(self, exponent: Expression | Rational | float) -> Expression:
        power = _lift(exponent)
        _fit(power.node.is_scalar, "**", self, power)
        return self._with(algebra.entry_power(self.node, power.node), exponent)

    def __neg__(self) -> Expression:
        return self._with(algebra.neg(self.node))

    __rmul__ = __mul__
    __radd__ = __add__

    def __rsub__(self, other: Rational | float) -> Expression:
        return -self + other

    def __rtruediv__(self, other: Rational | float) -> Expression:
        return _lift(other) / self

    def _broadcast(self, other: Expression | Rational | float, operator: str) -> tuple[Expr, Expr]:
        """Two terms of one shape; a plain number is added to every entry."""
        if not isinstance(other, Expression):
            return self.node, algebra.scale(_lift(other).node, algebra.ones(*self.shape))
        _fit(self.shape == other.shape, operator, self, other)
        return self.node, other.node

    def with_node(self, node: Expr) -> Expression:
        """Another expression of the same names."""
        return Expression(node, self._spellings, self._argument_order)

    def _with(self, node: Expr, *others: object) -> Expression:
        spellings = dict(self._spellings)
        order = list(self._argument_order)
        for other in others:
            if isinstance(other, Expression):
                spellings |= other._spellings
                order += [s for s in other._argument_order if s not in order]
        return Expression(node, spellings, order)


def _again(node: Expr, spellings: Mapping[str, str], arguments: Sequence[Symbol], expanded: Expr | None) -> Expression:
    """An expression from a pickle."""
    return Expression(node, spellings, arguments, None if expanded is None else lambda: expanded)


def symbols(*declarations: str) -> tuple[Expression, ...]:
    """One expression for each declared name: ``U, V = symbols("U : matrix(m, k)", "V : matrix(n, k)")``."""
    from matcalc.read.declarations import Declaration, read_declarations

    found = [item for text in declarations for item in read_declarations(text.replace(";", "\n"))]
    made = [Symbol(d.name, d.shape, d.words) for d in found if isinstance(d, Declaration)]
    return tuple(Expression(s, {}, (s,)) for s in made)


def call(name: str, *args: Expression) -> Expression:
    """A function of the tables: ``call("logdet", A)``."""
    from matcalc.steps.understand import expression_of

    letters = {f"x_{k}": arg.node for k, arg in enumerate(args)}
    node = expression_of(f"{name}({', '.join(letters)})", letters)
    return args[0]._with(node, *args[1:])


def arguments(expressions: Sequence[Expr], order: Sequence[Symbol]) -> list[Symbol]:
    """The symbols that a function of these expressions takes: those inside, and those that only show a size."""
    nodes = postorder(*expressions)
    inside = list(dict.fromkeys(_argument(n) for n in nodes if isinstance(n, Symbol)))
    chosen = sorted(inside, key=lambda s: (order.index(s) if s in order else len(order), s.name))
    known = {name for s in chosen for size in s.shape for name in names(size)}
    wanted = {
        name
        for n in nodes
        if isinstance(n, Constant)
        for size in (*n.shape, *n.parameters)
        for name in names(size)
        if not is_index(name)
    }
    for symbol in order:
        missing = wanted - known
        gives = {name for size in symbol.shape for name in names(size)}
        if missing & gives and symbol not in chosen:
            chosen.append(symbol)
            known |= gives
    return chosen


def _argument(symbol: Symbol) -> Symbol:
    """What is given for a symbol: itself, or for one of a family the array of all."""
    return symbol if symbol.member is None else stacked(symbol)


def _lift(value: Expression | Rational | float) -> Expression:
    if isinstance(value, Expression):
        return value
    if isinstance(value, float):
        value = Fraction(str(value))
    if not isinstance(value, int | Fraction):
        raise CallError(f"cannot compute with a {type(value).__name__}; expressions, whole numbers and fractions fit")
    return Expression(algebra.number(value))


def _scalar(a: Expression, b: Expression) -> bool:
    return a.node.is_scalar or b.node.is_scalar


def _fit(fits: bool, operator: str, a: Expression, b: Expression) -> None:
    if not fits:
        raise CallError(f"{operator}: {a} is a {shape_text(a.shape)}, {b} is a {shape_text(b.shape)}; they do not fit")
