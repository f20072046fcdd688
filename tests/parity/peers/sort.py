"""Peers of order and running sums.

Deliberate differences, which the functions below make up for:

  median           of an even count is the mean of the middle two (NumPy's),
                   PyTorch's is the lower; over several dims, NumPy's too
  median, quantile of nothing are NaN; of integers, the default float
  unique           gives what NumPy's does, but the inverse in x's shape; its
                   values have the gradient of the elements that stand first
  bincount         counts from 1: place k is the count of k
  histc            of whole numbers gives floats; NumPy's counts
  searchsorted     counts from 1; where the row is not sorted, halving it
                   still leads both to the same place
"""
import numpy
import torch

from peers.common import dim0, over


def with_positions(f):
    def run(x, *rest):
        values, positions = f(x, *rest)
        return values, positions + 1
    return run


def sort(x, dim=-1, descending=False):
    return torch.sort(x, dim=dim0(dim), descending=descending, stable=True)


def topk(x, k, dim=-1, largest=True, ordered=True):
    values, positions = torch.topk(x, k, dim0(dim), largest, True)
    if not ordered:
        positions = positions.sort(dim0(dim))[0]
        values = x.gather(dim0(dim), positions)
    return values, positions


def unique(x, dim=None):
    axis = None if dim is None else dim0(dim)
    _, first, inverse, counts = numpy.unique(
        x.detach().numpy(), return_index=True, return_inverse=True,
        return_counts=True, axis=axis)
    first, inverse, counts = (
        torch.from_numpy(numpy.asarray(a, dtype=numpy.int64))
        for a in (first, inverse, counts))
    if dim is None:
        return x.reshape(-1)[first], inverse.reshape(x.shape) + 1, counts
    return x.index_select(axis, first), inverse + 1, counts


def quantile(x, q, dims, keepdim):
    """numpy.quantile, by sorting, so that it has a gradient."""
    x = x if x.is_floating_point() else x.float()
    kept = [d for d in range(x.ndim) if d not in dims]
    sizes = [x.shape[d] for d in kept]
    shape = [1 if d in dims else x.shape[d] for d in range(x.ndim)]
    count = int(numpy.prod([x.shape[d] for d in dims], dtype=int))
    rows = x.permute(kept + list(dims)).reshape(sizes + [count])
    if count == 0:
        result = torch.full(sizes, float("nan"), dtype=x.dtype)
    else:
        at = q * (count - 1)
        low, part = int(at), at - int(at)
        ordered = rows.sort(-1)[0]
        result = ordered[..., low]
        if part > 0:
            result = result * (1 - part) + ordered[..., low + 1] * part
    expected = numpy.quantile(x.detach().numpy(), q, tuple(dims)) \
        if count else numpy.full(sizes, numpy.nan)
    assert numpy.allclose(result.detach().numpy(), expected, rtol=1e-5,
                          equal_nan=True)
    return result.reshape(shape) if keepdim else result


def over_any(f):
    """`over`, also of a tensor without dims."""
    def run(x, *rest):
        return over(f)(x, *rest) if x.ndim else f(x.reshape(1), [0], False)
    return run


def quantile_over(x, q, *rest):
    return over_any(lambda x, dims, keep: quantile(x, q, dims, keep))(x, *rest)


def bincount(x, weights=None, minlength=0):
    if isinstance(weights, int):  # positions without weights
        weights, minlength = None, weights
    if weights is None:
        longest = torch.bincount(x.long(), None, minlength + 1)
        return longest[1:]
    length = max(minlength, int(x.max()))
    if not weights.is_floating_point():
        weights = weights.double()
    return torch.zeros(length, dtype=weights.dtype).index_add(
        0, x - 1, weights)


def histc(x, bins=100, low=0, high=0):
    y = x.detach().numpy().astype(numpy.float64)
    limits = (y.min(), y.max()) if low == 0 == high else (low, high)
    counts = numpy.histogram(y, bins, limits)[0]
    return torch.from_numpy(counts).to(x.dtype)


def count_nonzero(x, dims, keepdim):
    return (x != 0).sum(dims, keepdim) if dims else (x != 0).sum()


def searchsorted(rows, values, right=False):
    return torch.searchsorted(rows, values, right=right) + 1


def cumulative(f):
    return lambda x, dim=-1: f(x, dim0(dim))


OPERATIONS = {
    "sort": with_positions(sort),
    "argsort": lambda x, *rest: sort(x, *rest)[1] + 1,
    "topk": with_positions(topk), "unique": unique,
    "median": over_any(lambda x, dims, keep: quantile(x, 0.5, dims, keep)),
    "quantile": quantile_over, "bincount": bincount, "histc": histc,
    "count_nonzero": over_any(count_nonzero), "searchsorted": searchsorted,
    "cumsum": cumulative(torch.cumsum), "cumprod": cumulative(torch.cumprod),
    "cummax": with_positions(cumulative(torch.cummax)),
    "cummin": with_positions(cumulative(torch.cummin)),
    "diff": lambda x, n=1, dim=-1: torch.diff(x, n, dim0(dim)),
}
