"""Functions to a scalar, and the same down columns (a second argument 1) or along rows (2)."""

from __future__ import annotations

from matcalc.rules.record import Function

ANY = "X : matrix(m, n)"
SQUARE = "X : matrix(n, n)"
SYMMETRIC = "X : matrix(n, n), symmetric"
NOT_ZERO = "no entry of X is 0"
BOYD = "Boyd & Vandenberghe 2004, sec. 3.1.5"

# fmt: off
TABLE: tuple[Function, ...] = (
    # --- sums
    Function("tr", SQUARE, "scalar", invariant=True, adjoint="C : tr(X) = C eye(n) : X", code="np.trace(X).reshape(1, 1)",
             source="Matrix Cookbook (36)", about="the trace, the sum of the diagonal",
             aliases=("trace", "Tr", "Trace"), latex=r"\operatorname{tr}(#1)"),
    Function("sum", ANY, "scalar", invariant=True, adjoint="C : sum(X) = C ones(m, n) : X", code="np.sum(X).reshape(1, 1)",
             source="sum(X) = ones : X", about="the sum of all entries", latex=r"\operatorname{sum}(#1)"),
    Function("sum", ANY, "row(n)", axis=1, means="ones(m)' X", code="np.sum(X, axis=0, keepdims=True)",
             source="definition", about="the sum of each column, as a row"),
    Function("sum", ANY, "vector(m)", axis=2, means="X ones(n)", code="np.sum(X, axis=1, keepdims=True)",
             source="definition", about="the sum of each row, as a vector"),
    Function("mean", ANY, "scalar", means="sum(X) / (m n)", code="np.mean(X).reshape(1, 1)",
             source="definition", about="the mean of all entries"),
    Function("mean", ANY, "row(n)", axis=1, means="ones(m)' X / m", code="np.mean(X, axis=0, keepdims=True)",
             source="definition", about="the mean of each column, as a row"),
    Function("mean", ANY, "vector(m)", axis=2, means="X ones(n) / n", code="np.mean(X, axis=1, keepdims=True)",
             source="definition", about="the mean of each row, as a vector"),
    Function("inner", "A : matrix(m, n); B : matrix(m, n)", "scalar", means="A : B",
             code="np.sum(A * B).reshape(1, 1)", source="Matrix Cookbook (521)",
             about="the Frobenius product A : B", latex=r"\langle #1, #2 \rangle"),
    Function("inner", "A : complex matrix(m, n); B : complex matrix(m, n)", "complex scalar", means="conj(A) : B",
             code="np.sum(np.conj(A) * B).reshape(1, 1)", source="Matrix Cookbook (526)",
             about="conj(A) : B, the inner product of complex matrices", latex=r"\langle #1, #2 \rangle"),

    # --- norms
    Function("norm", ANY, "scalar, nonnegative", means="(X : X) ^ (1/2)", code="np.sqrt(np.sum(X * X)).reshape(1, 1)",
             where="X is not 0", source="Matrix Cookbook (541)", about="the Frobenius norm; of a vector, its length",
             aliases=("normF",), latex=r"\left\|#1\right\|"),
    Function("norm", "Z : complex matrix(m, n)", "scalar, nonnegative", means="(conj(Z) : Z) ^ (1/2)",
             code="np.sqrt(np.sum(np.abs(Z) ** 2)).reshape(1, 1)", where="Z is not 0", source="Matrix Cookbook (541)",
             about="the Frobenius norm; of a vector, its length", aliases=("normF",), latex=r"\left\|#1\right\|"),
    Function("norm1", ANY, "scalar, nonnegative", means="sum(abs(X))", code="np.sum(np.abs(X)).reshape(1, 1)",
             where=NOT_ZERO, source="Matrix Cookbook (525)", about="the sum of the absolute values of all entries",
             latex=r"\left\|#1\right\|_1"),
    Function("norm2", "x : vector(n)", "scalar, nonnegative", means="norm(x)", code="np.linalg.norm(x).reshape(1, 1)",
             where="x is not 0", source="Matrix Cookbook (526)", about="the length of a vector",
             latex=r"\left\|#1\right\|_2"),
    Function("norm2", "x : row(n)", "scalar, nonnegative", means="norm(x)", code="np.linalg.norm(x).reshape(1, 1)",
             where="x is not 0", source="Matrix Cookbook (526)", about="the length of a row",
             latex=r"\left\|#1\right\|_2"),
    Function("norm2", ANY, "scalar, nonnegative", invariant=True, rule="dY = X eigmaxproj(X' X) / Y : dX",
             code="np.linalg.norm(X, 2).reshape(1, 1)",
             where="X is not 0 and its largest singular value is simple", source="Watson 1992, ex. 2",
             about="the largest singular value (not the Frobenius norm)", latex=r"\left\|#1\right\|_2"),
    Function("normp", "X : matrix(m, n); r : scalar, positive", "scalar, nonnegative", means="sum(abs(X) .^ r) ^ (1/r)",
             code="np.sum(np.abs(X) ** r, keepdims=True) ** (1 / r)", where=NOT_ZERO,
             source="Golub & Van Loan 2013, sec. 2.2.1, of vec(X)", about="the r-norm of all entries; normp(X, 1) is norm1(X)",
             latex=r"\left\|#1\right\|_{#2}"),
    Function("schatten", "X : matrix(m, n); r : scalar, positive", "scalar, nonnegative",
             means="sum(svdvals(X) .^ r) ^ (1/r)", where="X has no fewer rows than columns, and its singular values are"
             " distinct and not 0", code="np.sum(np.linalg.svd(X, compute_uv=False) ** r).reshape(1, 1) ** (1 / r)",
             source="Bhatia 1997, ch. IV.2", latex=r"\left\|#1\right\|_{S_{#2}}",
             about="the Schatten r-norm, the r-norm of the singular values; schatten(X, 1) is normnuc(X)"),
    Function("normnuc", "x : vector(n)", "scalar, nonnegative", means="norm(x)", code="np.linalg.norm(x).reshape(1, 1)",
             where="x is not 0", source="Watson 1992, ex. 2", about="the length of a vector",
             latex=r"\left\|#1\right\|_*"),
    Function("normnuc", "x : row(n)", "scalar, nonnegative", means="norm(x)", code="np.linalg.norm(x).reshape(1, 1)",
             where="x is not 0", source="Watson 1992, ex. 2", about="the length of a row",
             latex=r"\left\|#1\right\|_*"),
    Function("normnuc", ANY, "scalar, nonnegative", invariant=True, rule="dY = X inv(sqrtm(X' X)) : dX",
             code='np.linalg.norm(X, "nuc").reshape(1, 1)', where="the columns of X are linearly independent",
             source="Watson 1992, ex. 2", about="the nuclear norm, the sum of the singular values",
             latex=r"\left\|#1\right\|_*"),

    # --- determinants
    Function("det", "X : matrix(n, n), invertible", "scalar", invariant=True, rule="dY = Y inv(X)' : dX",
             code="np.linalg.det(X).reshape(1, 1)", where="X is invertible", source="Matrix Cookbook (42)",
             about="the determinant; its rule is Jacobi's formula", aliases=("Det",), latex=r"\det(#1)"),
    Function("logdet", "X : matrix(n, n), invertible", "scalar", invariant=True, rule="dY = inv(X)' : dX",
             code="np.linalg.slogdet(X)[1].reshape(1, 1)", where="X is invertible", source="Matrix Cookbook (43)",
             about="the logarithm of the absolute value of the determinant", latex=r"\log\left|\det #1\right|"),

    # --- products
    Function("prod", ANY, "scalar", invariant=True, rule="dY = Y * (1 ./ X) : dX", code="np.prod(X).reshape(1, 1)", where=NOT_ZERO,
             source=BOYD, about="the product of all entries"),
    Function("prod", ANY, "row(n)", axis=1, rule="dY = Y .* (ones(m)' (dX ./ X))", where=NOT_ZERO, source=BOYD,
             code="np.prod(X, axis=0, keepdims=True)", transposed="prod(X', 2)",
             about="the product of each column, as a row"),
    Function("prod", ANY, "vector(m)", axis=2, rule="dY = Y .* ((dX ./ X) ones(n))", where=NOT_ZERO, source=BOYD,
             code="np.prod(X, axis=1, keepdims=True)", transposed="prod(X', 1)",
             about="the product of each row, as a vector"),

    # --- largest and smallest entries
    Function("max", ANY, "scalar", invariant=True, rule="dY = argmax(X) : dX", code="np.max(X).reshape(1, 1)",
             where="one entry of X is the largest", source="locally the largest entry itself", about="the largest entry",
             latex=r"\max(#1)"),
    *[
        Function("max", "x : scalar", "scalar", axis=axis, means=f"max(x, {axis} + 0)", where=f"x is not {axis}",
                 code=f"np.maximum(x, {axis}.0)", source="a number has no axis", about=f"the larger of x and {axis}")
        for axis in (1, 2)
    ],
    Function("max", ANY, "row(n)", axis=1, rule="dY = ones(m)' (argmax(X, 1) .* dX)",
             code="np.max(X, axis=0, keepdims=True)", transposed="max(X', 2)",
             where="one entry of each column of X is the largest", source="locally the largest entries themselves",
             about="the largest entry of each column, as a row"),
    Function("max", ANY, "vector(m)", axis=2, rule="dY = (argmax(X, 2) .* dX) ones(n)",
             code="np.max(X, axis=1, keepdims=True)", transposed="max(X', 1)",
             where="one entry of each row of X is the largest", source="locally the largest entries themselves",
             about="the largest entry of each row, as a vector"),
    Function("min", ANY, "scalar", invariant=True, rule="dY = argmin(X) : dX", code="np.min(X).reshape(1, 1)",
             where="one entry of X is the smallest", source="locally the smallest entry itself", about="the smallest entry",
             latex=r"\min(#1)"),
    *[
        Function("min", "x : scalar", "scalar", axis=axis, means=f"min(x, {axis} + 0)", where=f"x is not {axis}",
                 code=f"np.minimum(x, {axis}.0)", source="a number has no axis", about=f"the smaller of x and {axis}")
        for axis in (1, 2)
    ],
    Function("min", ANY, "row(n)", axis=1, rule="dY = ones(m)' (argmin(X, 1) .* dX)",
             code="np.min(X, axis=0, keepdims=True)", transposed="min(X', 2)",
             where="one entry of each column of X is the smallest", source="locally the smallest entries themselves",
             about="the smallest entry of each column, as a row"),
    Function("min", ANY, "vector(m)", axis=2, rule="dY = (argmin(X, 2) .* dX) ones(n)",
             code="np.min(X, axis=1, keepdims=True)", transposed="min(X', 1)",
             where="one entry of each row of X is the smallest", source="locally the smallest entries themselves",
             about="the smallest entry of each row, as a vector"),

    # --- the logarithm of a sum of exponentials
    Function("logsumexp", "X : vector(n)", "scalar", invariant=True, rule="dY = softmax(X) : dX", source=BOYD,
             code="np.max(X) + np.log(np.sum(np.exp(X - np.max(X)))).reshape(1, 1)",
             about="log(sum(exp(X))), a smooth maximum"),
    Function("logsumexp", "X : row(n)", "scalar", invariant=True, rule="dY = softmax(X) : dX", source=BOYD,
             code="np.max(X) + np.log(np.sum(np.exp(X - np.max(X)))).reshape(1, 1)",
             about="log(sum(exp(X))), a smooth maximum"),
    Function("logsumexp", ANY, "scalar", invariant=True, rule="dY = exp(X - Y) : dX", source=BOYD,
             code="np.max(X) + np.log(np.sum(np.exp(X - np.max(X)))).reshape(1, 1)",
             about="log(sum(exp(X))) over all entries"),
    Function("logsumexp", ANY, "row(n)", axis=1, rule="dY = ones(m)' (softmax(X, 1) .* dX)", source=BOYD,
             code="np.max(X, axis=0, keepdims=True) + np.log(np.sum(np.exp(X - np.max(X, axis=0, keepdims=True)), axis=0, keepdims=True))", transposed="logsumexp(X', 2)",
             about="the logsumexp of each column, as a row"),
    Function("logsumexp", ANY, "vector(m)", axis=2, rule="dY = (softmax(X, 2) .* dX) ones(n)", source=BOYD,
             code="np.max(X, axis=1, keepdims=True) + np.log(np.sum(np.exp(X - np.max(X, axis=1, keepdims=True)), axis=1, keepdims=True))", transposed="logsumexp(X', 1)",
             about="the logsumexp of each row, as a vector"),

    # --- eigenvalues
    Function("eigmax", SYMMETRIC, "scalar", rule="dY = eigmaxproj(X) : dX",
             code="np.linalg.eigvalsh(X)[-1].reshape(1, 1)",
             where="X is symmetric and its largest eigenvalue is simple", source="Magnus & Neudecker 2019, ch. 8.9",
             about="the largest eigenvalue of a symmetric matrix", latex=r"\lambda_{\max}(#1)"),
    Function("eigmin", SYMMETRIC, "scalar", rule="dY = eigminproj(X) : dX",
             code="np.linalg.eigvalsh(X)[0].reshape(1, 1)",
             where="X is symmetric and its smallest eigenvalue is simple", source="Magnus & Neudecker 2019, ch. 8.9",
             about="the smallest eigenvalue of a symmetric matrix", latex=r"\lambda_{\min}(#1)"),
)
