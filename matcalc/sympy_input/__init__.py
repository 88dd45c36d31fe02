"""SymPy's expressions as matcalc's: ``from_sympy`` reads whatever ``to_sympy`` writes, and more.

>>> from sympy import MatrixSymbol, exp, symbols, trace
>>> m, n = symbols("m n", integer=True, positive=True)
>>> A, x = MatrixSymbol("A", m, n), MatrixSymbol("x", n, 1)
>>> print(from_sympy(2 * A * x.applyfunc(exp) / trace(A * A.T)))
2 A exp(x) / (A : A)

SymPy is not imported here: its classes are known by their names.
"""

from matcalc.sympy_input.reader import from_sympy

__all__ = ["from_sympy"]
