"""Matrix functions: inverses, powers, exponentials, factorisations, eigenvalues.

A power series f has dY = L(X, dX), its Fréchet derivative; where dX commutes with X, and under a trace with anything that
commutes with X, that is f'(X) dX (``commuting``). L is linear in its second argument; it has no rule for its first.
"""

from __future__ import annotations

from matcalc.rules.record import Function

SQUARE = "X : matrix(n, n)"
INVERTIBLE = "X : matrix(n, n), invertible"
SYMMETRIC = "X : matrix(n, n), symmetric"
SPD = "X : matrix(n, n), spd"
MATRIX = "matrix(n, n)"
DISTINCT = "X is symmetric and its eigenvalues are distinct"
TALL = "X has no fewer rows than columns, and its singular values are distinct and not 0"
PRINCIPAL = "X has no eigenvalue <= 0"
HIGHAM = "Higham 2008, thm 3.6"
RELTON = "Higham & Relton 2014, SIAM J. Matrix Anal. Appl. 35 (3), sec. 3"
EIGEN = "Magnus & Neudecker 2019, ch. 8.9"


def frechet(
    name: str, latex: str, takes: str = "matrix(n, n)", where: str = "", inverse: str = ""
) -> tuple[Function, ...]:
    """The Fréchet derivative of a power series and its own, read off blocks: f([A, X; 0, A]) = [f(A), L(A, X); 0, f(A)].

    Both are linear in their directions; as matrices over vec they are ``_jacobian``. That of a function with an ``inverse``
    is the inverse of the other's, which is found sooner: Higham 2008, thm 3.5.
    """
    own, jacobian = f"{name}_frechet", f"{name}_jacobian"

    def once(a: str, x: str, n: str, name: str = name) -> str:
        zero = f"np.zeros(({n}, {n}))"
        return f"scipy.linalg.{name}(np.block([[{a}, {x}], [{zero}, {a}]]))[:{n}, {n}:]"

    def twice(a: str, x: str, z: str, n: str) -> str:
        zero = f"np.zeros(({n}, {n}))"
        rows = f"[{a}, {x}, {z}, {zero}], [{zero}, {a}, {zero}, {z}], [{zero}, {zero}, {a}, {x}], [{zero}, {zero}, {zero}, {a}]"
        return f"scipy.linalg.{name}(np.block([{rows}]))[:{n}, 3 * {n}:]"

    def columns(code: str) -> str:  # e goes through the matrices with a single 1, in the order of vec
        units = "np.transpose(np.eye(k * k).reshape(k * k, k, k), (0, 2, 1))"
        return f"np.stack([{code}.T.ravel() for e in {units}], axis=1)"

    by_columns = f"(lambda a, k: {columns(once('a', 'e', 'k'))})(A, n)"
    if inverse:
        of_inverse = columns(once("a", "e", "k", inverse))
        by_columns = f"(lambda a, k: np.linalg.inv({of_inverse}))(scipy.linalg.{name}(A), n)"
    one, two = f"A : {takes}", f"A : {takes}; X : matrix(n, n)"
    square = "matrix(n*n, n*n)"
    return (
        Function(
            own, two, MATRIX, rule=f"dY = {own}(A, dX) + {own}(A, X, dA)", adjoint=f"C : {own}(A, X) = {own}(A', C) : X",
            columns=f"{own}(A, X) = {jacobian}(A) vec(X)", transposed=f"{own}(A', X')", where=where, source=HIGHAM,
            latex=rf"L_{{{latex}}}(#1, #2)", code=once("A", "X", "n"),
            about=f"the derivative of {name} at A in the direction X",
        ),
        Function(
            own, f"{two}; Z : matrix(n, n)", MATRIX, adjoint=f"C : {own}(A, X, Z) = {own}(A', X', C) : Z",
            columns=f"{own}(A, X, Z) = {jacobian}(A, X) vec(Z)",
            transposed=f"{own}(A', X', Z')", where=where, source=RELTON, code=twice("A", "X", "Z", "n"),
            latex=rf"L^{{(2)}}_{{{latex}}}(#1, #2, #3)",
            about=f"the second derivative of {name} at A in the directions X and Z; it has a rule for Z only",
        ),
        Function(
            jacobian, one, square, where=where, source="Higham 2008, sec. 3.2", latex=rf"K_{{{latex}}}(#1)",
            code=by_columns,
            transposed=f"{jacobian}(A')",
            about=f"the Jacobian of {name}, vec({own}(A, X)) = {jacobian}(A) vec(X); it has no rule",
        ),
        Function(
            jacobian, two, square, where=where, source=RELTON, latex=rf"K_{{{latex}}}(#1, #2)",
            code=f"(lambda a, b, k: {columns(twice('a', 'b', 'e', 'k'))})(A, X, n)",
            transposed=f"{jacobian}(A', X')",
            about=f"the derivative of {jacobian} at A in the direction X; it has no rule",
        ),
    )  # fmt: skip


# fmt: off
TABLE: tuple[Function, ...] = (
    # --- inverses
    Function("inv", INVERTIBLE, "matrix(n, n), invertible", rule="dY = -Y dX Y", commuting="dY = -Y Y dX",
             code="np.linalg.inv(X)", transposed="inv(X')", where="X is invertible", source="Matrix Cookbook (40)",
             about="the inverse", latex="#1^{-1}"),
    Function("pinv", "X : matrix(m, n)", "matrix(n, m)", code="np.linalg.pinv(X)", transposed="pinv(X')",
             rule="dY = -Y dX Y + Y Y' dX' (eye(m) - X Y) + (eye(n) - Y X) dX' Y' Y",
             where="the rank of X is constant nearby", source="Golub & Pereyra 1973, (4.12)",
             about="the Moore-Penrose inverse", latex="#1^{+}"),
    Function("adj", SQUARE, MATRIX, rule="dY = (inv(X)' : dX) Y - Y dX inv(X)", transposed="adj(X')",
             code="(lambda U, s, V: np.linalg.det(U) * np.linalg.det(V)"
                  " * (V.T * np.prod(np.where(np.eye(n) == 1, 1, s), axis=1)) @ U.T)(*np.linalg.svd(X))",
             where="X is invertible", source="Magnus & Neudecker 2019, ch. 8.6",
             about="the adjugate, det(X) inv(X); it exists for every square matrix", latex=r"\operatorname{adj}(#1)"),

    # --- powers and power series
    Function("mpower", "X : matrix(n, n); k : scalar", MATRIX, rule="dY = sum(r=0..k-1, X^r dX X^(k-1-r))",
             commuting="dY = k X^(k-1) dX", code="np.linalg.matrix_power(X, int(k.item()) if k.item() == int(k.item()) else k.item())",
             transposed="mpower(X', k)", where="k is a positive whole number", source="Matrix Cookbook (90)",
             about="the matrix power X^k", latex="#1^{#2}"),
    Function("sqrtm", SPD, MATRIX, code="scipy.linalg.sqrtm(X)", transposed="sqrtm(X')", commuting="dY = inv(Y) dX / 2",
             rule="dY = sylvester(Y, Y, dX)", where=PRINCIPAL, source="Higham 2008, sec. 6.1", about="the principal square root: Y Y = X", latex="#1^{1/2}"),
    Function("expm", SQUARE, "matrix(n, n), invertible", rule="dY = expm_frechet(X, dX)", commuting="dY = Y dX",
             code="scipy.linalg.expm(X)", transposed="expm(X')", source="Higham 2008, sec. 10.2",
             about="the matrix exponential", latex="e^{#1}"),
    Function("logm", SPD, MATRIX, rule="dY = logm_frechet(X, dX)", commuting="dY = inv(X) dX",
             code="scipy.linalg.logm(X)", transposed="logm(X')", where=PRINCIPAL,
             source="Higham 2008, sec. 11.2", about="the principal logarithm: expm(Y) = X", latex=r"\operatorname{logm}(#1)"),
    Function("sinm", SQUARE, MATRIX, rule="dY = sinm_frechet(X, dX)", commuting="dY = cosm(X) dX",
             code="scipy.linalg.sinm(X)", transposed="sinm(X')", source="Higham 2008, sec. 12.2",
             about="the sine as a power series of the matrix", latex=r"\operatorname{sinm}(#1)"),
    Function("cosm", SQUARE, MATRIX, rule="dY = cosm_frechet(X, dX)", commuting="dY = -sinm(X) dX",
             code="scipy.linalg.cosm(X)", transposed="cosm(X')", source="Higham 2008, sec. 12.2",
             about="the cosine as a power series of the matrix", latex=r"\operatorname{cosm}(#1)"),
    *frechet("expm", r"\exp"),
    *frechet("logm", r"\log", "matrix(n, n), spd", "A has no eigenvalue <= 0", inverse="expm"),
    *frechet("sinm", r"\sin"),
    *frechet("cosm", r"\cos"),

    # --- linear equations
    Function("sylvester", "A : matrix(m, m); B : matrix(n, n); X : matrix(m, n)", "matrix(m, n)",
             rule="dY = sylvester(A, B, dX - dA Y - Y dB)", adjoint="C : sylvester(A, B, X) = sylvester(A', B', C) : X",
             columns="sylvester(A, B, X) = inv(kron(eye(n), A) + kron(B', eye(m))) vec(X)",
             code="scipy.linalg.solve_sylvester(A, B, X)", transposed="sylvester(B', A', X')",
             where="no eigenvalue of A plus one of B is 0", source="Horn & Johnson 1991, thm 4.4.6",
             about="the solution Y of A Y + Y B = X"),

    # --- factorisations
    Function("chol", SPD, "matrix(n, n), lower, invertible", code="np.linalg.cholesky(X)",
             rule="dY = Y (tril(inv(Y) dX inv(Y)') - 1/2 * eye(n) .* (inv(Y) dX inv(Y)'))",
             where="X is symmetric positive definite", source="Murray 2016, arXiv:1602.07527, (8)",
             about="the lower Cholesky factor: Y Y' = X", latex=r"\operatorname{chol}(#1)"),
    Function("eigvals", SYMMETRIC, "vector(n)", rule="dY = diag(eigvecs(X)' dX eigvecs(X))", source=EIGEN,
             code="np.linalg.eigvalsh(X).reshape(n, 1)", where=DISTINCT,
             about="the eigenvalues of a symmetric matrix, the smallest first", latex=r"\lambda(#1)"),
    Function("eigvecs", SYMMETRIC, "matrix(n, n), orthogonal", code="np.linalg.eigh(X)[1]", source=EIGEN, where=DISTINCT,
             rule="dY = Y ((1 ./ (ones(n) eigvals(X)' - eigvals(X) ones(n)' + eye(n)) - eye(n)) .* (Y' dX Y))",
             about="the eigenvectors of a symmetric matrix as columns, in the order of eigvals, each up to its sign"),
    Function("eigmaxproj", SYMMETRIC, "matrix(n, n), psd, projection", source=EIGEN,
             rule="dY = Y dX pinv(eigmax(X) eye(n) - X) + pinv(eigmax(X) eye(n) - X) dX Y",
             code="(lambda v: v @ v.T)(np.linalg.eigh(X)[1][:, -1:])",
             where="X is symmetric and its largest eigenvalue is simple",
             about="v v' for the unit eigenvector v of the largest eigenvalue", latex=r"P_{\max}(#1)"),
    Function("eigminproj", SYMMETRIC, "matrix(n, n), psd, projection", source=EIGEN,
             rule="dY = Y dX pinv(eigmin(X) eye(n) - X) + pinv(eigmin(X) eye(n) - X) dX Y",
             code="(lambda v: v @ v.T)(np.linalg.eigh(X)[1][:, :1])",
             where="X is symmetric and its smallest eigenvalue is simple",
             about="v v' for the unit eigenvector v of the smallest eigenvalue", latex=r"P_{\min}(#1)"),
    Function("svdvals", "X : matrix(m, n)", "vector(n), nonnegative", rule="dY = diag(svdvecs(X)' X' dX svdvecs(X)) ./ Y",
             code="np.linalg.svd(X, compute_uv=False).reshape(n, 1)", where=TALL, source=EIGEN + ", of X' X",
             about="the singular values, the largest first"),  # \sigma(X) would be a sigmoid
    Function("svdvecs", "X : matrix(m, n)", "matrix(n, n), orthogonal", code="np.linalg.svd(X)[2].T", where=TALL,
             rule="dY = Y ((1 ./ (ones(n) (svdvals(X).^2)' - svdvals(X).^2 ones(n)' + eye(n)) - eye(n))"
                  " .* (Y' (dX' X + X' dX) Y))", source=EIGEN + ", of X' X",
             about="the right singular vectors as columns, in the order of svdvals, each up to its sign"),
)
