"""JAX: under jit, grad and vmap, on one device or sharded over many."""

from __future__ import annotations

from matcalc.write.code.inputs import COUNT, MISFIT, SIZE, WHOLE
from matcalc.write.code.targets.numpy import CHOLESKY
from matcalc.write.code.targets.record import Target

FLOATS = '''
def _floats(**given):
    """The values as floating point arrays of one type: that of the arrays; plain numbers take it."""
    try:
        arrays = {name: jnp.asarray(value) for name, value in given.items()}
    except TypeError as error:
        raise ValueError(f"{', '.join(given)}: {error}") from None
    strong = [a.dtype for name, a in arrays.items() if a.dtype.kind in "fcV" and not isinstance(given[name], (float, complex))]
    weak = [value for value in given.values() if isinstance(value, (float, complex))]
    dtype = jnp.result_type(*strong, *weak) if strong or weak else jnp.result_type(float)
    return [array.astype(dtype) for array in arrays.values()]
'''
NUMBER = '''
def _number(name, array):
    """An array of one entry as a number."""
    if array.size != 1:
        raise ValueError(f"{name} : scalar: this must be a number, and here it is an array of shape {array.shape}")
    return array.reshape(())
'''

# fmt: off
TARGET = Target(
    "jax", "JAX; traceable, so that jit, grad, vmap and shardings work on it", "jnp",
    ("import jax", "import jax.numpy as jnp"), package="jax", indexing="eye", vectors_first=True, cholesky=CHOLESKY,
    helpers={"_floats": FLOATS, "_misfit": MISFIT, "_number": NUMBER, "_size": SIZE, "_whole": WHOLE, "_count": COUNT},
    rules=(
        ("scipy.special.expit(X)",        "jax.scipy.special.expit(X)"),
        ("scipy.special.erf(X)",          "jax.scipy.special.erf(X)"),
        ("scipy.special.erfc(X)",         "jax.scipy.special.erfc(X)"),
        ("scipy.special.gamma(X)",        "jax.scipy.special.gamma(X)"),
        ("scipy.special.gammaln(X)",      "jax.scipy.special.gammaln(X)"),
        ("scipy.special.digamma(X)",      "jax.scipy.special.digamma(X)"),
        ("scipy.special.polygamma(k, X)", "jax.scipy.special.polygamma(k, X)"),
        ("scipy.linalg.expm(X)",          "jax.scipy.linalg.expm(X)"),
        ("scipy.linalg.sqrtm(X)",         "jax.scipy.linalg.sqrtm(X).real"),
        ("scipy.linalg.cho_factor(S, lower=True, check_finite=False)", "jax.scipy.linalg.cho_factor(S, lower=True)"),
        ("scipy.linalg.cho_solve(c, B, check_finite=False)", "jax.scipy.linalg.cho_solve(c, B)"),
        ("np.argsort(X, kind='stable')",  "jnp.argsort(X, stable=True)"),
        ("X.copy()",                      "X"),
    ),
)
