"""Constants: matrices known from their sizes. A free size in ``gives`` is inferred from where the constant stands."""

from __future__ import annotations

from matcalc.rules.record import Function

SPECIAL = "matrix(n, n), diagonal, orthogonal, projection, spd, binary"

# fmt: off
TABLE: tuple[Function, ...] = (
    Function("pi", "", "scalar, positive", constant=True, code="np.full((1, 1), np.pi)", source="DLMF 3.12.1",
             about="the circle's ratio", latex=r"\pi"),
    Function("eye", "", SPECIAL, constant=True, code="np.eye(n)", aliases=("I",), source="definition",
             about="the identity, of the size that fits", latex="I"),
    Function("eye", "n : size", SPECIAL, constant=True, code="np.eye(n)", source="definition",
             about="the n×n identity", latex="I_{#1}"),
    Function("ones", "n : size", "vector(n), positive, binary", constant=True, code="np.ones((n, 1))",
             source="definition", about="the vector of n ones", latex=r"\mathbf{1}_{#1}"),
    Function("ones", "m : size; n : size", "matrix(m, n), positive, binary", constant=True, code="np.ones((m, n))",
             source="definition", about="the m×n matrix of ones", latex=r"\mathbf{1}_{#1 \times #2}"),
    Function("zeros", "n : size", "vector(n), binary", constant=True, code="np.zeros((n, 1))", source="definition",
             about="the vector of n zeros", latex=r"\mathbf{0}_{#1}"),
    Function("zeros", "m : size; n : size", "matrix(m, n), binary", constant=True, code="np.zeros((m, n))",
             source="definition", about="the m×n matrix of zeros", latex=r"\mathbf{0}_{#1 \times #2}"),
    Function("unit", "i : size; n : size", "vector(n), unit, binary, distribution", constant=True, aliases=("e",),
             code="np.eye(n)[:, [i - 1]]", where="i is from 1 to n", source="Matrix Cookbook, sec. 9.11.1",
             about="the i-th column of the n×n identity", latex="e_{#1}"),
    Function("selector", "m : size; n : size; p : size", "matrix(m+n+p, n), binary", constant=True,
             code="np.eye(m + n + p)[:, m : m + n]", source="definition",
             about="the n×n identity below m and above p rows of zeros", latex=r"S_{#1,#2,#3}"),
    Function("commutation", "m : size; n : size", "matrix(m*n, m*n), orthogonal, binary", constant=True, aliases=("K",),
             code="np.eye(m * n)[np.arange(m * n).reshape(n, m).T.ravel()]", transposed="commutation(n, m)",
             source="Magnus & Neudecker 2019, ch. 3.7", about="commutation(m, n) vec(A) = vec(A') for A m×n",
             latex="K_{#1,#2}"),
    Function("duplication", "n : size", "matrix(n*n, n*(n+1)/2), binary", constant=True, aliases=("D",),
             code="(lambda i, j: np.eye(n * (n + 1) // 2)[(j * n - j * (j + 1) // 2 + i).ravel()])"
                  "(np.maximum(*np.indices((n, n))), np.minimum(*np.indices((n, n))))",
             source="Magnus & Neudecker 2019, ch. 3.8", about="duplication(n) vech(A) = vec(A) for A symmetric",
             latex="D_{#1}"),
    Function("elimination", "n : size", "matrix(n*(n+1)/2, n*n), binary", constant=True,
             code="np.eye(n * n)[np.arange(n * n).reshape(n, n).T[np.tril_indices(n)][np.argsort(np.tril_indices(n)[1],"
                  " kind='stable')]]", source="Magnus & Neudecker 1980, sec. 3",
             about="elimination(n) vec(A) = vech(A) for A n×n", latex="L_{#1}"),
    Function("vector", "c : scalar", "vector(n)", means="c ones(n)", code="np.broadcast_to(c, (n, 1))",
             source="matrixcalculus.org", about="the vector whose entries are all c, of the size that fits"),
    Function("matrix", "c : scalar", "matrix(m, n)", means="c ones(m, n)", code="np.broadcast_to(c, (m, n))",
             source="matrixcalculus.org", about="the matrix whose entries are all c, of the size that fits"),
)
