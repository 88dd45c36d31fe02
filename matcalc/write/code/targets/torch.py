"""PyTorch: on the device of the tensors that come in."""

from __future__ import annotations

from matcalc.write.code.inputs import COUNT, MISFIT, SIZE, WHOLE
from matcalc.write.code.targets.record import Cholesky, Target

FLOATS = '''
def _floats(**given):
    """The values as floating point tensors of one type: that of the tensors; plain numbers take it."""
    tensors = [value for value in given.values() if isinstance(value, torch.Tensor)]
    types = {tensor.dtype for tensor in tensors if tensor.is_floating_point() or tensor.is_complex()}
    dtype = functools.reduce(torch.promote_types, types) if types else torch.get_default_dtype()
    if any(isinstance(value, complex) for value in given.values()):
        dtype = torch.promote_types(dtype, torch.complex32)
    device = tensors[0].device if tensors else None
    out = []
    for name, value in given.items():
        try:
            out.append(torch.as_tensor(value, dtype=dtype, device=device))
        except (TypeError, ValueError, RuntimeError):
            raise ValueError(f"{name} is no array of numbers: {value!r:.60}") from None
    return out
'''
NUMBER = '''
def _number(name, tensor):
    """A tensor of one entry as a number."""
    if tensor.numel() != 1:
        raise ValueError(f"{name} : scalar: this must be a number, and here it is a tensor of shape {tuple(tensor.shape)}")
    return tensor.reshape(())
'''
SAME = """
abs exp log sqrt sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh log1p expm1 sign conj tril triu
trace outer kron where diag diagonal stack pi eye ceil floor floor_divide
linalg.inv linalg.solve linalg.det linalg.slogdet linalg.cholesky linalg.eigvalsh linalg.eigh linalg.pinv linalg.svd
linalg.norm linalg.matrix_power linalg.multi_dot
"""

CHOLESKY = Cholesky(
    "torch.linalg.cholesky({0})",
    "torch.cholesky_solve({1}, {0})",
    "torch.cholesky_solve({1:n}[:, None], {0})[:, 0]",
    "2 * torch.sum(torch.log(torch.diagonal({0})))",
)

# fmt: off
TARGET = Target(
    "torch", "PyTorch, on the device of the tensors", "torch", ("import functools", "import torch"), package="torch",
    same=frozenset(SAME.split()), device="X.device", cholesky=CHOLESKY,
    number="torch.as_tensor(X, dtype=torch.float64)",
    helpers={"_floats": FLOATS, "_misfit": MISFIT, "_number": NUMBER, "_size": SIZE, "_whole": WHOLE, "_count": COUNT},
    rules=(
        # --- of Python numbers
        ("float(np.heaviside(X, 0))",          "float(X > 0)"),
        ("float(np.where(C, 1.0, 0.0))",       "float(C)"),
        ("float(np.maximum(X, b))",            "max(X, b)"),
        ("float(np.minimum(X, b))",            "min(X, b)"),
        ("float(np.abs(X))",                   "abs(X)"),
        ("float(scipy.special.polygamma(k, X))",
         "float(torch.special.polygamma(k, torch.as_tensor(X, dtype=torch.float64)))"),
        # --- sums and extremes
        ("np.sum(X)",                          "torch.sum(X)"),
        ("np.sum(X, axis=k)",                  "torch.sum(X, dim=k)"),
        ("np.sum(X, axis=k, keepdims=True)",   "torch.sum(X, dim=k, keepdim=True)"),
        ("np.mean(X)",                         "torch.mean(X)"),
        ("np.mean(X, axis=k)",                 "torch.mean(X, dim=k)"),
        ("np.mean(X, axis=k, keepdims=True)",  "torch.mean(X, dim=k, keepdim=True)"),
        ("np.prod(X)",                         "torch.prod(X)"),
        ("np.prod(X, axis=k)",                 "torch.prod(X, dim=k)"),
        ("np.max(X)",                          "torch.max(X)"),
        ("np.max(X, axis=k)",                  "torch.amax(X, dim=k)"),
        ("np.max(X, axis=k, keepdims=True)",   "torch.amax(X, dim=k, keepdim=True)"),
        ("np.min(X)",                          "torch.min(X)"),
        ("np.min(X, axis=k)",                  "torch.amin(X, dim=k)"),
        ("np.min(X, axis=k, keepdims=True)",   "torch.amin(X, dim=k, keepdim=True)"),
        ("np.cumsum(X, axis=k)",               "torch.cumsum(X, dim=k)"),
        ("np.maximum(X, b)",                   "torch.clamp(X, min=b)"),
        ("np.minimum(X, b)",                   "torch.clamp(X, max=b)"),
        ("np.heaviside(X, 0)",                 "(X > 0).to(dtype)"),
        ("np.where(C, 1.0, 0.0)",              "C.to(dtype)"),
        # --- made of nothing
        ("np.zeros(s, dtype=d)",               "torch.zeros(s, dtype=d, device=device)"),
        ("np.ones(s, dtype=d)",                "torch.ones(s, dtype=d, device=device)"),
        ("np.zeros(s)",                        "torch.zeros(s, dtype=dtype, device=device)"),
        ("np.ones(s)",                         "torch.ones(s, dtype=dtype, device=device)"),
        ("np.full(s, x, dtype=d)",             "torch.full((s,) if isinstance(s, int) else s, x, dtype=d, device=device)"),
        ("np.full(s, x)",                      "x.expand(s).clone()"),
        ("np.eye(n, dtype=d)",                 "torch.eye(n, dtype=d, device=device)"),
        ("np.eye(n)",                          "torch.eye(n, dtype=dtype, device=device)"),
        ("np.arange(n)",                       "torch.arange(n, device=device)"),
        ("np.broadcast_to(x, s)",              "torch.broadcast_to(x, s)"),
        ("np.indices((m, n))",
         "torch.meshgrid(torch.arange(m, device=device), torch.arange(n, device=device), indexing='ij')"),
        ("np.triu_indices(n)",                  "tuple(torch.triu_indices(n, n, device=device))"),
        ("np.tril_indices(n)",                  "tuple(torch.tril_indices(n, n, device=device))"),
        ("np.argsort(X, kind='stable')",       "torch.argsort(X, stable=True)"),
        ("np.maximum(*X)",                     "torch.maximum(*X)"),
        ("np.minimum(*X)",                     "torch.minimum(*X)"),
        ("np.cross(np.eye(3), x)",             "torch.linalg.cross(torch.eye(3, dtype=dtype, device=device), x[None, :])"),
        ("np.block([[A, B], [C, D]])",         "torch.cat([torch.cat([A, B], 1), torch.cat([C, D], 1)])"),
        ("np.kron(A, B)",                      "torch.kron(A.contiguous(), B.contiguous())"),
        # --- shapes
        ("np.transpose(X, p)",                 "torch.permute(X, p)"),
        ("X.ravel()",                          "X.flatten()"),
        ("X.copy()",                           "X.clone()"),
        ("X.astype(d)",                        "X.to(d)"),
        # --- linear algebra
        ("np.linalg.svd(X, compute_uv=False)", "torch.linalg.svdvals(X)"),
        ("np.linalg.norm(X, 'nuc')",           "torch.linalg.matrix_norm(X, 'nuc')"),
        ("np.linalg.norm(X, 2)",               "torch.linalg.matrix_norm(X, 2)"),
        ("scipy.linalg.expm(X)",               "torch.linalg.matrix_exp(X)"),
        # --- special functions
        ("scipy.special.expit(X)",             "torch.sigmoid(X)"),
        ("scipy.special.erf(X)",               "torch.special.erf(X)"),
        ("scipy.special.erfc(X)",              "torch.special.erfc(X)"),
        ("scipy.special.gammaln(X)",           "torch.special.gammaln(X)"),
        ("scipy.special.digamma(X)",           "torch.special.digamma(X)"),
        ("scipy.special.polygamma(k, X)",      "torch.special.polygamma(k, X)"),
        ("scipy.special.gamma(X)",
         "torch.exp(torch.special.gammaln(X)) * torch.where(X > 0, 1, 1 - 2 * (torch.floor(X) % 2))"),
    ),
)
