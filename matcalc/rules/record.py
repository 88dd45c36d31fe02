"""What a rule is: one record a function, one record an identity, in the language that users type.

A record is at once the shape rule, the domain and the key of the sampler (``takes``, ``gives``), the differential as the
textbook prints it (``rule``), the reference (``source``, ``about``), the typography (``latex``) and the code (``code``).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the language, or one overload of it (records of the same name are tried in the table's order).

    ``takes``: declarations of the arguments, in order, separated by ``;``: ``"X : matrix(n, n), invertible"``,
    ``"A : matrix(m, n); B : matrix(m, n)"``, ``"x : vector(m*n); m : size; n : size"``. ``matrix(m, n)`` takes anything,
    ``matrix(n, n)`` anything square, ``vector(n)`` only a column, ``row(n)`` only a row, ``scalar`` only a 1×1.
    ``gives``: the shape and properties of the result: ``"scalar"``, ``"matrix(m, n), positive"``.

    One of these says what it is and how it is differentiated:
    ``rule``     its differential, linear in dX, with Y for the value: ``"dY = inv(X)' : dX"``;
    ``adjoint``  for a linear function, how it moves across the colon: ``"C : diag(X) = Diag(C) : X"``;
    ``means``    a definition by other functions, expanded where it is met: ``"sum(X) / (m n)"``;
    ``constant`` True for one whose differential is zero where it exists (sign, step).
    ``moves`` says of a bilinear one how it moves across the colon where that does not follow from the rule, for each
    argument: ``"C : kron(A, B) = … : A"``.
    A function that is linear in one of several arguments has both: ``adjoint`` says how that one moves, ``rule`` all.
    A function of several arguments has one ``rule`` with all of dA, dB, …; an argument that has no differential in it may
    not depend on the variable (that raises).
    """

    name: str
    takes: str
    gives: str
    rule: str = ""
    adjoint: str = ""
    columns: str = ""  # of a linear function, its matrix over vec: "vech(X) = elimination(n) vec(X)"
    means: str = ""
    moves: tuple[str, ...] = ()
    constant: bool = False
    kind: str = ""  # entrywise, scalar, matrix, structure or constant: the row of the reference
    parity: int = 0  # of an entrywise one: 1 even (cos), -1 odd (sin)
    transposed: str = ""  # its transpose where it passes on: "inv(X')", "triu(X')"; entrywise ones need none
    invariant: bool = False  # the same of the transpose: det(X') = det(X)
    column: bool = False  # of a row it is, in normal form, the transpose of that of the column (softmax)
    mask: bool = False  # f(X) = f(ones(m, n)) .* X (tril)
    zero: bool = False  # f(0) = 0, of an entrywise one (sin, relu)
    commuting: str = ""  # of a matrix function: dY where dX commutes with X, as under a trace: "dY = Y dX"
    domain: tuple[float, float] = (-inf, inf)  # of an entrywise one: the open interval that its entries must lie in
    axis: int = 0  # 1 or 2: the overload with that second argument, `sum(X, 2)`
    aliases: tuple[str, ...] = ()
    where: str = ""  # where it is defined and differentiable, in words with X: "no entry of X is 0"
    source: str = ""
    about: str = ""  # one line for the reference
    latex: str = ""  # a template with #1, #2: r"\left|#1\right|"; empty: \operatorname{name}(#1)
    code: str = ""  # NumPy (np, scipy), over 2-D arrays named as in takes, sizes as ints: "np.linalg.inv(X)"


@dataclass(frozen=True, slots=True)
class Identity:
    """A named identity: true for every value of its letters that ``given`` allows."""

    name: str  # kebab, object first: "hadamard-frobenius"
    statement: str  # "C : (A ⊙ B) = (C ⊙ A) : B"
    given: str  # declarations of its letters, separated by ";"
    source: str
    about: str = ""
