"""The array API: one function for NumPy, JAX, PyTorch, CuPy and Dask arrays, by array-api-compat."""

from __future__ import annotations

from matcalc.write.code.inputs import COUNT, MISFIT, SIZE, WHOLE
from matcalc.write.code.targets.record import Target

FLOATS = '''
def _floats(xp, **given):
    """The values as floating point arrays of one type: that of the arrays; plain numbers take it."""
    arrays = [value for value in given.values() if is_array_api_obj(value)]
    types = [array.dtype for array in arrays if xp.isdtype(array.dtype, ("real floating", "complex floating"))]
    dtype = xp.result_type(*types) if types else xp.asarray(0.0).dtype
    if any(isinstance(value, complex) for value in given.values()):
        dtype = xp.result_type(dtype, xp.complex64)
    out = []
    for name, value in given.items():
        if not is_array_api_obj(value) and not isinstance(value, (int, float, complex)):
            raise ValueError(f"{name} is no array of numbers: {value!r:.60}")
        array = value if is_array_api_obj(value) else xp.asarray(value, dtype=dtype, device=device(arrays[0]))
        out.append(array if array.dtype == dtype else xp.astype(array, dtype))
    return out
'''
NUMBER = '''
def _number(name, array):
    """An array of one entry as a number."""
    if math.prod(array.shape) != 1:
        raise ValueError(f"{name} : scalar: this must be a number, and here it is an array of shape {array.shape}")
    return array[(0,) * array.ndim]
'''
SIGMOID = '''
def _sigmoid(xp, X):
    """1 / (1 + exp(-X)), without overflow."""
    tail = xp.exp(-xp.abs(X))
    return xp.where(X >= 0, xp.ones_like(X), tail) / (1 + tail)
'''
SAME = """
abs exp log sqrt sin cos tan sinh cosh tanh log1p expm1 sign conj tril triu sum max min prod mean where stack pi eye
zeros ones full ceil floor
linalg.inv linalg.solve linalg.det linalg.slogdet linalg.cholesky linalg.eigvalsh linalg.eigh linalg.pinv linalg.svd
linalg.matrix_power linalg.trace
"""

# fmt: off
TARGET = Target(
    "array-api", "the array API: NumPy, JAX, PyTorch, CuPy and Dask arrays alike", "xp",
    ("import math", "from array_api_compat import array_namespace, device, is_array_api_obj"),
    package="array-api-compat", indexing="eye", same=frozenset(SAME.split()), device="device(X)",
    namespace="array_namespace(X)", vectors_first=True, chains=False,
    helpers={"_floats": FLOATS, "_misfit": MISFIT, "_number": NUMBER, "_size": SIZE, "_whole": WHOLE, "_count": COUNT,
             "_sigmoid": SIGMOID},
    rules=(
        # --- of Python numbers
        ("float(np.heaviside(X, 0))",          "float(X > 0)"),
        ("float(np.where(C, 1.0, 0.0))",       "float(C)"),
        ("float(np.maximum(X, b))",            "max(X, b)"),
        ("float(np.minimum(X, b))",            "min(X, b)"),
        ("float(np.abs(X))",                   "abs(X)"),
        # --- of arrays
        ("scipy.special.expit(X)",             "_sigmoid(xp, X)"),
        ("np.arcsin(X)",                       "xp.asin(X)"),
        ("np.arccos(X)",                       "xp.acos(X)"),
        ("np.arctan(X)",                       "xp.atan(X)"),
        ("np.arcsinh(X)",                      "xp.asinh(X)"),
        ("np.arccosh(X)",                      "xp.acosh(X)"),
        ("np.arctanh(X)",                      "xp.atanh(X)"),
        ("np.maximum(X, b)",                   "xp.clip(X, min=b)"),
        ("np.minimum(X, b)",                   "xp.clip(X, max=b)"),
        ("np.heaviside(X, 0)",                 "xp.astype(X > 0, dtype)"),
        ("np.where(C, 1.0, 0.0)",              "xp.astype(C, dtype)"),
        ("np.where(C, 1, X)",                  "xp.where(C, xp.ones_like(X), X)"),
        ("np.where(C, X, 1)",                  "xp.where(C, X, xp.ones_like(X))"),
        ("np.cumsum(X, axis=k)",               "xp.cumulative_sum(X, axis=k)"),
        # --- made of nothing
        ("np.zeros(s, dtype=d)",               "xp.zeros(s, dtype=d, device=device(like))"),
        ("np.ones(s, dtype=d)",                "xp.ones(s, dtype=d, device=device(like))"),
        ("np.zeros(s)",                        "xp.zeros(s, dtype=dtype, device=device(like))"),
        ("np.ones(s)",                         "xp.ones(s, dtype=dtype, device=device(like))"),
        ("np.full(s, x, dtype=d)",             "xp.full(s, x, dtype=d, device=device(like))"),
        ("np.full(s, x)",                      "xp.broadcast_to(x, s)"),
        ("np.eye(n, dtype=d)",                 "xp.eye(n, dtype=d, device=device(like))"),
        ("np.eye(n)",                          "xp.eye(n, dtype=dtype, device=device(like))"),
        ("np.arange(n)",                       "xp.arange(n, device=device(like))"),
        ("np.broadcast_to(x, s)",              "xp.broadcast_to(x, s)"),
        ("np.block([[A, B], [C, D]])",         "xp.concat([xp.concat([A, B], axis=1), xp.concat([C, D], axis=1)])"),
        # --- shapes and products
        ("np.transpose(X, p)",                 "xp.permute_dims(X, p)"),
        ("X.flatten()",                        "xp.reshape(X, (-1,))"),
        ("X.ravel()",                          "xp.reshape(X, (-1,))"),
        ("X.reshape(a, b)",                    "xp.reshape(X, (a, b))"),
        ("X.reshape(a, b, c)",                 "xp.reshape(X, (a, b, c))"),
        ("X.reshape(a, b, c, d)",              "xp.reshape(X, (a, b, c, d))"),
        ("X.copy()",                           "xp.asarray(X, copy=True)"),
        ("X.astype(d)",                        "xp.astype(X, d)"),
        ("np.outer(x, y)",                     "x[:, None] * y"),
        ("np.trace(X)",                        "xp.linalg.trace(X)"),
        ("np.diag(x)",                         "x * xp.eye(x.shape[0], dtype=dtype, device=device(like))"),
        ("np.diagonal(X)",                     "xp.linalg.diagonal(X)"),
        # --- linear algebra
        ("np.linalg.svd(X, compute_uv=False)", "xp.linalg.svdvals(X)"),
        ("np.linalg.norm(X, 'nuc')",           "xp.linalg.matrix_norm(X, ord='nuc')"),
        ("np.linalg.norm(X, 2)",               "xp.linalg.matrix_norm(X, ord=2)"),
    ),
)
