"""Peers of tensor.linalg.

Deliberate differences, which the functions below make up for:

  cholesky, eigh  read one triangle and give the gradient of a symmetric
                  matrix: half of it in either triangle
  lstsq           gives the residuals of every system, and the rank
  norm            takes its dims as a set: the lower counts the rows
  vectors         of svd and eigh have a positive first element here
"""
import torch

from peers.common import dim0

L = torch.linalg


class Symmetric(torch.autograd.Function):
    """The symmetric matrix that one triangle tells."""

    @staticmethod
    def forward(ctx, a, upper):
        half = a.triu() if upper else a.tril()
        return half + half.mT - torch.diag_embed(a.diagonal(0, -2, -1))

    @staticmethod
    def backward(ctx, g):
        return (g + g.mT) / 2, None


def as_column(a, b):
    """b with a dim more where it holds vectors, and whether it does."""
    vectors = b.ndim == 1 or b.ndim == a.ndim - 1 and b.shape == a.shape[:-1]
    return (b.unsqueeze(-1) if vectors else b), vectors


def solve(a, b):
    column, vectors = as_column(a, b)
    x = L.solve(a, column)
    return x.squeeze(-1) if vectors else x


def solve_triangular(a, b, upper=False):
    column, vectors = as_column(a, b)
    x = L.solve_triangular(a.triu() if upper else a.tril(), column,
                           upper=upper)
    return x.squeeze(-1) if vectors else x


def cholesky(a, upper=False):
    return L.cholesky(Symmetric.apply(a, upper), upper=upper)


def with_signs(x, rows=None):
    sign = torch.where(x.detach()[..., :1, :] < 0, -1.0, 1.0).to(x.dtype)
    return x * sign, rows if rows is None else rows * sign.mT


def svd(a, full=False):
    if full:
        u, s, vh = L.svd(a.detach(), full_matrices=True)
        return u @ u.mT, L.svdvals(a), vh @ vh.mT
    u, s, vh = L.svd(a, full_matrices=False)
    u, vh = with_signs(u, vh)
    return u, s, vh


def qr(a, mode="reduced"):
    flat = mode == "complete" and a.shape[-2] > a.shape[-1]
    return L.qr(a.detach() if flat else a, mode)


def eigh(a, lower=True):
    values, vectors = L.eigh(Symmetric.apply(a, not lower))
    return values, with_signs(vectors)[0]


def lstsq(a, b, rtol=None):
    column, vectors = as_column(a, b)
    batch = torch.broadcast_shapes(a.shape[:-2], column.shape[:-2])
    whole = a.expand(batch + a.shape[-2:])
    found = L.lstsq(whole, column.expand(batch + column.shape[-2:]),
                    rcond=rtol, driver="gelsd")
    residuals = (a @ found.solution - column).square().sum(-2)
    if vectors:
        return found.solution.squeeze(-1), residuals.squeeze(-1), found.rank
    return found.solution, residuals, found.rank


def norm(x, order=None, dims=None, keepdim=False):
    if isinstance(dims, list):
        dims = sorted(d % x.ndim for d in dim0(dims))
    return L.norm(x, order, dim0(dims) if isinstance(dims, int) else dims,
                  keepdim)


def cond(a, order=None):
    """Where PyTorch's takes the inverse, it has no gradient."""
    if order in (None, 2, -2):
        return L.cond(a, order)
    return L.norm(a, order, (-2, -1)) * L.norm(L.inv(a), order, (-2, -1))


OPERATIONS = {
    "linalg.solve": solve, "linalg.solve_triangular": solve_triangular,
    "linalg.inv": L.inv, "linalg.det": L.det,
    "linalg.slogdet": lambda a: tuple(L.slogdet(a)),
    "linalg.cholesky": cholesky, "linalg.matrix_power": L.matrix_power,
    "linalg.cross": lambda a, b, dim=-1: L.cross(
        *torch.broadcast_tensors(a, b), dim=dim - a.ndim - 1
        if dim > 0 else dim),
    "linalg.qr": qr, "linalg.svd": svd, "linalg.svdvals": L.svdvals,
    "linalg.eigh": eigh,
    "linalg.eigvalsh": lambda a, lower=True: L.eigvalsh(
        Symmetric.apply(a, not lower)),
    "linalg.pinv": lambda a, rtol=None: L.pinv(a, rtol=rtol),
    "linalg.lstsq": lstsq, "linalg.norm": norm,
    "linalg.cond": cond,
    "linalg.matrix_rank": lambda a, rtol=None: L.matrix_rank(a, rtol=rtol),
}
