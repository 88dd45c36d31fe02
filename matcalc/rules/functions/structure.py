"""Functions that rearrange: diagonals, vec, triangles, Kronecker products, blocks; softmax and its companions."""

from __future__ import annotations

from matcalc.rules.record import Function

ANY = "X : matrix(m, n)"
SQUARE = "X : matrix(n, n)"
COLUMN = "X : vector(n)"
ROW = "X : row(n)"
BINARY = "matrix(m, n), binary"
SHARES = "matrix(m, n), nonnegative"
VECH = "Magnus & Neudecker 2019, ch. 3.8"
ENTRYWISE = "C : (M ⊙ X) = (M ⊙ C) : X"
SOFTMAX = "Goodfellow, Bengio & Courville 2016, ch. 6.2.2.3"
JUMP = "constant where it does not jump"

# fmt: off
TABLE: tuple[Function, ...] = (
    # --- diagonals
    Function("Diag", "x : vector(n)", "matrix(n, n), diagonal", adjoint="C : Diag(x) = diag(C) : x",
             code="np.diag(x.ravel())", transposed="Diag(x)", aliases=("diag",), source="Minka 2000, sec. 2",
             about="the diagonal matrix of a vector", latex=r"\operatorname{Diag}(#1)"),
    Function("Diag", "x : row(n)", "matrix(n, n), diagonal", means="Diag(x')", code="np.diag(x.ravel())",
             aliases=("diag",), source="definition", about="the diagonal matrix of a row"),
    Function("diag", SQUARE, "vector(n)", invariant=True, adjoint="C : diag(X) = Diag(C) : X", code="np.diag(X).reshape(n, 1)",
             source="Minka 2000, sec. 2", about="the diagonal of a square matrix, as a vector",
             latex=r"\operatorname{diag}(#1)"),
    Function("sym", SQUARE, "matrix(n, n), symmetric", means="(X + X') / 2", code="(X + X.T) / 2",
             source="definition", about="the symmetric part", latex=r"\operatorname{sym}(#1)"),
    Function("skew", SQUARE, "matrix(n, n), skew", means="(X - X') / 2", code="(X - X.T) / 2",
             source="definition", about="the skew part", latex=r"\operatorname{skew}(#1)"),
    Function("tril", ANY, "matrix(m, n)", mask=True, adjoint="C : tril(X) = tril(C) : X", code="np.tril(X)",
             transposed="triu(X')", source=ENTRYWISE, about="the lower triangle, with the diagonal; 0 above"),
    Function("triu", ANY, "matrix(m, n)", mask=True, adjoint="C : triu(X) = triu(C) : X", code="np.triu(X)",
             transposed="tril(X')", source=ENTRYWISE, about="the upper triangle, with the diagonal; 0 below"),

    # --- sums of rows and columns
    Function("rowsum", ANY, "vector(m)", means="X ones(n)", code="np.sum(X, axis=1).reshape(m, 1)",
             source="definition", about="the sum of each row"),
    Function("colsum", ANY, "vector(n)", means="X' ones(m)", code="np.sum(X, axis=0).reshape(n, 1)",
             source="definition", about="the sum of each column"),
    Function("cumsum", COLUMN, "vector(n)", means="tril(ones(n, n)) X", code="np.cumsum(X, axis=0)",
             source="definition", about="the sums of the first entries"),
    Function("cumsum", ROW, "row(n)", means="X triu(ones(n, n))", code="np.cumsum(X, axis=1)",
             source="definition", about="the sums of the first entries"),
    Function("cumsum", ANY, "matrix(m, n)", axis=1, means="tril(ones(m, m)) X", code="np.cumsum(X, axis=0)",
             source="definition", about="the sums of the first entries, down each column"),
    Function("cumsum", ANY, "matrix(m, n)", axis=2, means="X triu(ones(n, n))", code="np.cumsum(X, axis=1)",
             source="definition", about="the sums of the first entries, along each row"),

    # --- vec
    Function("vec", ANY, "vector(m*n)", adjoint="C : vec(X) = unvec(C, m, n) : X", code="X.T.reshape(m * n, 1)",
             source="Matrix Cookbook (521)", about="the columns on top of each other", latex=r"\operatorname{vec}(#1)"),
    Function("unvec", "x : vector(m*n); m : size; n : size", "matrix(m, n)", code="x.reshape(n, m).T",
             adjoint="C : unvec(x, m, n) = vec(C) : x", source="Matrix Cookbook (521)",
             about="the m×n matrix whose vec is x", latex=r"\operatorname{unvec}(#1)"),
    Function("vech", SQUARE, "vector(n*(n+1)/2)", adjoint="C : vech(X) = unvech(C, n) : X", source=VECH,
             columns="vech(X) = elimination(n) vec(X)",
             code="X.T[np.triu_indices(n)].reshape(n * (n + 1) // 2, 1)",
             about="the lower triangle with the diagonal, column by column", latex=r"\operatorname{vech}(#1)"),
    Function("unvech", "x : vector(n*(n+1)/2); n : size", "matrix(n, n), lower", source=VECH,
             adjoint="C : unvech(x, n) = vech(C) : x", columns="unvech(x, n) = elimination(n)' vec(x)",
             code="np.tril((lambda i, j: x[j * n - j * (j + 1) // 2 + i, 0])(*np.indices((n, n))))",
             about="the lower triangular matrix whose vech is x", latex=r"\operatorname{unvech}(#1)"),

    # --- products and blocks
    Function("kron", "A : matrix(m, n); B : matrix(p, q)", "matrix(m*p, n*q)", rule="dY = kron(dA, B) + kron(A, dB)",
             moves=("C : kron(A, B) = sum(k=1..p, kron(eye(m), e(k,p))' C kron(eye(n), B' e(k,p))) : A",
                    "C : kron(A, B) = sum(k=1..m, kron(e(k,m), eye(p))' C kron(A' e(k,m), eye(q))) : B"),
             code="np.kron(A, B)", transposed="kron(A', B')", source="Matrix Cookbook (39)",
             about="the Kronecker product A ⊗ B", latex=r"#1 \otimes #2"),
    Function("khatrirao", "A : matrix(m, n); B : matrix(p, n)", "matrix(m*p, n)", source="Khatri & Rao 1968",
             means="(kron(eye(m), ones(p)) A) .* (kron(ones(m), eye(p)) B)",
             code="(A[:, None, :] * B[None, :, :]).reshape(m * p, n)",
             about="the Kronecker product column by column", latex=r"#1 \odot_{\mathrm{KR}} #2"),
    Function("blkdiag", "A : matrix(m, n); B : matrix(p, q)", "matrix(m+p, n+q)", source="definition",
             means="[A, zeros(m, q); zeros(p, n), B]",
             code="np.block([[A, np.zeros((m, q))], [np.zeros((p, n)), B]])", about="A and B on the diagonal, 0 elsewhere"),
    Function("crossmat", "x : vector(3)", "matrix(3, 3), skew", adjoint="C : crossmat(x) = crossvec(C) : x",
             columns="crossmat(x) = [crossmat(e(1,3)), crossmat(e(2,3)), crossmat(e(3,3))]' vec(x)",
             code="np.cross(np.eye(3), x.ravel())",
             source="Murray, Li & Sastry 1994, ch. 2", about="the matrix of the cross product: crossmat(x) y is x × y",
             latex=r"[#1]_\times"),
    Function("crossvec", "X : matrix(3, 3)", "vector(3)", adjoint="C : crossvec(X) = crossmat(C) : X",
             columns="crossvec(X) = [crossmat(e(1,3)), crossmat(e(2,3)), crossmat(e(3,3))] vec(X)",
             code="np.stack([X[2, 1] - X[1, 2], X[0, 2] - X[2, 0], X[1, 0] - X[0, 1]]).reshape(3, 1)",
             source="C : crossmat(x) = crossvec(C) : x", about="the entries 32 - 23, 13 - 31, 21 - 12 of a 3×3 matrix"),

    # --- softmax
    Function("softmax", COLUMN, "vector(n), positive, distribution", column=True, rule="dY = Y .* dX - Y (Y' dX)", source=SOFTMAX,
             code="np.exp(X - np.max(X)) / np.sum(np.exp(X - np.max(X)))", transposed="softmax(X')",
             about="exp(X) / sum(exp(X))"),
    Function("softmax", ROW, "row(n), positive, distribution", column=True, rule="dY = Y .* dX - (dX Y') Y", source=SOFTMAX,
             code="np.exp(X - np.max(X)) / np.sum(np.exp(X - np.max(X)))", transposed="softmax(X')",
             about="exp(X) / sum(exp(X))"),
    Function("softmax", ANY, "matrix(m, n), positive", axis=1, rule="dY = Y .* (dX - ones(m) ones(m)' (Y .* dX))",
             code="np.exp(X - np.max(X, axis=0, keepdims=True)) / np.sum(np.exp(X - np.max(X, axis=0, keepdims=True)), axis=0, keepdims=True)", transposed="softmax(X', 2)",
             source=SOFTMAX, about="the softmax of each column"),
    Function("softmax", ANY, "matrix(m, n), positive", axis=2, rule="dY = Y .* (dX - (Y .* dX) ones(n) ones(n)')",
             code="np.exp(X - np.max(X, axis=1, keepdims=True)) / np.sum(np.exp(X - np.max(X, axis=1, keepdims=True)), axis=1, keepdims=True)", transposed="softmax(X', 1)",
             source=SOFTMAX, about="the softmax of each row"),
    Function("logsoftmax", COLUMN, "vector(n)", means="X - logsumexp(X) ones(n)", source="log(softmax(X))",
             code="X - np.max(X, axis=0, keepdims=True) - np.log(np.sum(np.exp(X - np.max(X, axis=0, keepdims=True)), axis=0, keepdims=True))", about="log(softmax(X))"),
    Function("logsoftmax", ROW, "row(n)", means="X - logsumexp(X) ones(n)'", source="log(softmax(X))",
             code="X - np.max(X, axis=1, keepdims=True) - np.log(np.sum(np.exp(X - np.max(X, axis=1, keepdims=True)), axis=1, keepdims=True))", about="log(softmax(X))"),
    Function("logsoftmax", ANY, "matrix(m, n)", axis=1, means="X - ones(m) logsumexp(X, 1)", source="log(softmax(X, 1))",
             code="X - np.max(X, axis=0, keepdims=True) - np.log(np.sum(np.exp(X - np.max(X, axis=0, keepdims=True)), axis=0, keepdims=True))", about="the logsoftmax of each column"),
    Function("logsoftmax", ANY, "matrix(m, n)", axis=2, means="X - logsumexp(X, 2) ones(n)'", source="log(softmax(X, 2))",
             code="X - np.max(X, axis=1, keepdims=True) - np.log(np.sum(np.exp(X - np.max(X, axis=1, keepdims=True)), axis=1, keepdims=True))", about="the logsoftmax of each row"),

    # --- where the largest and smallest entries are: shared where several are, which makes the differential of max right, too,
    # where they are the same function, as those of max(s ones(n))
    Function("argmax", ANY, SHARES, constant=True, transposed="argmax(X')", source=JUMP,
             code="np.where(X == np.max(X), 1.0, 0.0) / np.sum(np.where(X == np.max(X), 1.0, 0.0))",
             where="one entry of X is the largest", about="1 at the largest entry, else 0; shares of 1 at several"),
    Function("argmax", ANY, SHARES, axis=1, constant=True, transposed="argmax(X', 2)", source=JUMP,
             code="np.where(X == np.max(X, axis=0, keepdims=True), 1.0, 0.0)"
                  " / np.sum(np.where(X == np.max(X, axis=0, keepdims=True), 1.0, 0.0), axis=0, keepdims=True)",
             where="one entry of each column of X is the largest", about="1 at the largest entry of each column, else 0"),
    Function("argmax", ANY, SHARES, axis=2, constant=True, transposed="argmax(X', 1)", source=JUMP,
             code="np.where(X == np.max(X, axis=1, keepdims=True), 1.0, 0.0)"
                  " / np.sum(np.where(X == np.max(X, axis=1, keepdims=True), 1.0, 0.0), axis=1, keepdims=True)",
             where="one entry of each row of X is the largest", about="1 at the largest entry of each row, else 0"),
    Function("argmin", ANY, SHARES, constant=True, transposed="argmin(X')", source=JUMP,
             code="np.where(X == np.min(X), 1.0, 0.0) / np.sum(np.where(X == np.min(X), 1.0, 0.0))",
             where="one entry of X is the smallest", about="1 at the smallest entry, else 0; shares of 1 at several"),
    Function("argmin", ANY, SHARES, axis=1, constant=True, transposed="argmin(X', 2)", source=JUMP,
             code="np.where(X == np.min(X, axis=0, keepdims=True), 1.0, 0.0)"
                  " / np.sum(np.where(X == np.min(X, axis=0, keepdims=True), 1.0, 0.0), axis=0, keepdims=True)",
             where="one entry of each column of X is the smallest", about="1 at the smallest entry of each column, else 0"),
    Function("argmin", ANY, SHARES, axis=2, constant=True, transposed="argmin(X', 1)", source=JUMP,
             code="np.where(X == np.min(X, axis=1, keepdims=True), 1.0, 0.0)"
                  " / np.sum(np.where(X == np.min(X, axis=1, keepdims=True), 1.0, 0.0), axis=1, keepdims=True)",
             where="one entry of each row of X is the smallest", about="1 at the smallest entry of each row, else 0"),
)
