"""Closed forms as an expert writes them by hand in NumPy and SciPy: what emitted code is measured against.

They were fixed before the first measurement and do not change. Every one was checked against finite differences; each says
where its formula is from. Arrays: vectors (n,), matrices (m, n); Hessians over vec, columns stacked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

Array = npt.NDArray[np.float64]


# --- x' A x: Matrix Cookbook (81), (97)


def quadratic_gradient(A: Array, x: Array) -> Array:
    return A @ x + A.T @ x


def quadratic_hessian(A: Array) -> Array:
    return A + A.T


# --- sum(log(1 + exp(-y ⊙ X w))) + λ/2 w'w: Hastie, Tibshirani & Friedman 2009, (4.21), (4.25); Minka 2003, sec. 1


def logistic_gradient(X: Array, w: Array, y: Array, s: float) -> Array:
    G: Array = s * w - X.T @ (y * expit(-y * (X @ w)))
    return G


def logistic_hessian(X: Array, w: Array, y: Array, s: float) -> Array:
    z = y * (X @ w)
    B = X * (np.abs(y) * np.sqrt(expit(z) * expit(-z)))[:, None]
    H: Array = B.T @ B
    H.flat[:: H.shape[0] + 1] += s
    return H


# --- sum over rows of logsumexp(X W) - Y : X W: Böhning 1992, (2.5), (2.6)


def _softmax(T: Array) -> Array:
    T -= T.max(axis=1, keepdims=True)
    np.exp(T, out=T)
    T /= T.sum(axis=1, keepdims=True)
    return T


def softmax_gradient(X: Array, W: Array, Y: Array) -> Array:
    P = _softmax(X @ W)
    P -= Y
    return X.T @ P


def softmax_hessian(X: Array, W: Array) -> Array:
    (m, n), k = X.shape, W.shape[1]
    P = _softmax(X @ W)
    Z = (P[:, :, None] * X[:, None, :]).reshape(m, k * n)
    H = Z.T @ Z
    np.negative(H, out=H)
    blocks = (Z.T @ X).reshape(k, n, n)
    for c in range(k):
        H[c * n : (c + 1) * n, c * n : (c + 1) * n] += blocks[c]
    return H


# --- |M ⊙ (U V' - Y)|² + λ_u |U|² + λ_v |V|²: Srebro & Jaakkola 2003, sec. 3


def factorisation_gradients(M: Array, U: Array, V: Array, Y: Array, a: float, b: float) -> tuple[Array, Array]:
    W = U @ V.T
    W -= Y
    W *= M
    G, H = W @ V, W.T @ U
    G += a * U
    H += b * V
    G *= 2
    H *= 2
    return G, H


def factorisation_blocks(M: Array, V: Array, a: float) -> Array:
    """The Hessian by U: for every row of U its K×K block, (I, K, K)."""
    (J, K), n = V.shape, M.shape[0]
    C = (M @ (V[:, :, None] * V[:, None, :]).reshape(J, K * K)).reshape(n, K, K)
    C *= 2
    C[:, range(K), range(K)] += 2 * a
    return C


def factorisation_hessian(M: Array, V: Array, a: float) -> Array:
    (n, _), K = M.shape, V.shape[1]
    H = np.zeros((K, n, K, n), dtype=M.dtype)
    i = np.arange(n)
    H[:, i, :, i] = factorisation_blocks(M, V, a)
    return H.reshape(K * n, K * n)


# --- m/2 log det S + 1/2 tr(X'X S⁻¹) by the symmetric S: Magnus & Neudecker 2019, ch. 15.3


def gaussian_gradient(X: Array, S: Array) -> Array:
    m, n = X.shape
    T = cho_solve(cho_factor(S, lower=True, check_finite=False), np.eye(n, dtype=S.dtype), check_finite=False)
    Z = X @ T
    G: Array = Z.T @ Z
    np.subtract(m * T, G, out=G)
    G *= 0.5
    return G


def gaussian_hessian(X: Array, S: Array) -> Array:
    """sym ∘ (T ⊗ (Q - m/2 T) ...) ∘ sym with T = S⁻¹, Q = T X'X T, as a matrix over vec."""
    m, n = X.shape
    T = cho_solve(cho_factor(S, lower=True, check_finite=False), np.eye(n, dtype=S.dtype), check_finite=False)
    Z = X @ T
    Q = Z.T @ Z
    R = (Q - m * T) / 4
    H = R[:, None, :, None] * T[None, :, None, :]
    H += (T / 4)[:, None, :, None] * Q[None, :, None, :]
    symmetric: Array = (H + H.transpose(0, 1, 3, 2)).reshape(n * n, n * n)
    return symmetric


# --- |W3 tanh(W2 tanh(W1 X)) - Y|²: Bishop 2006, sec. 5.3 (back-propagation), sec. 5.4 (Hessian)


def network_gradients(X: Array, A: Array, B: Array, C: Array, Y: Array) -> tuple[Array, Array, Array]:
    P = np.tanh(A @ X)
    Q = np.tanh(B @ P)
    R = C @ Q
    R -= Y
    R *= 2
    S = (C.T @ R) * (1 - Q * Q)
    T = (B.T @ S) * (1 - P * P)
    return T @ X.T, S @ P.T, R @ Q.T


def network_hessian(X: Array, A: Array, B: Array, C: Array, Y: Array) -> Array:
    """By the first layer: for every sample x the block x x' ⊗ (second derivative by A x)."""
    (p, m), n, k = X.shape, A.shape[0], B.shape[0]
    P = np.tanh(A @ X)
    Q = np.tanh(B @ P)
    dP, dQ = 1 - P * P, 1 - Q * Q
    R = C.T @ (2 * (C @ Q - Y))
    inner = dQ.T[:, :, None] * (2 * (C.T @ C)) * dQ.T[:, None, :]
    inner[:, range(k), range(k)] += (-2 * Q * dQ * R).T
    L = B * dP.T[:, None, :]
    S = L.transpose(0, 2, 1) @ (inner @ L)
    S[:, range(n), range(n)] += (-2 * P * dP * (B.T @ (dQ * R))).T
    H = (X[:, None, :] * X[None, :, :]).reshape(p * p, m) @ S.reshape(m, n * n)
    turned: Array = H.reshape(p, p, n, n).transpose(0, 2, 1, 3).reshape(p * n, p * n)
    return turned
