"""Peers of elements in other places, and of writing to places."""
import numpy
import torch
from torch.nn import functional as F

from peers.common import dim0


def flip(x, dims=None):
    if dims is None:
        dims = list(range(1, x.ndim + 1))
    return x.flip(dim0(dims if isinstance(dims, list) else [dims]))


def roll(x, shifts, dims=None):
    if dims is None:
        return x.roll(shifts)
    if isinstance(dims, list) and not isinstance(shifts, list):
        shifts = [shifts] * len(dims)
    return x.roll(shifts, dim0(dims))


def repeat_interleave(x, counts, dim=None):
    return torch.repeat_interleave(x, counts, dim0(dim))


def positions_with_margins(size, before, after, mode):
    """NumPy's, but for "wrap", which old releases get wrong where the margin
    is wider than the whole."""
    if mode == "circular":
        return numpy.arange(-before, size + after) % size
    modes = {"reflect": "reflect", "replicate": "edge"}
    return numpy.pad(numpy.arange(size), (before, after), modes[mode])


def pad(x, padding, mode="constant", value=0):
    if not isinstance(padding, list):
        padding = [padding, padding] * x.ndim
    if mode == "constant":
        return F.pad(x, padding, value=value)
    for k in range(len(padding) // 2):
        d = x.ndim - 1 - k
        x = x.index_select(d, torch.from_numpy(positions_with_margins(
            x.shape[d], padding[2 * k], padding[2 * k + 1], mode)))
    return x


def take(x, index, dim=None):
    if dim is None:
        return x.take(index - 1)
    d = dim0(dim) % x.ndim
    flat = x.index_select(d, index.reshape(-1) - 1)
    return flat.reshape(x.shape[:d] + index.shape + x.shape[d + 1:])


def scatter(x, dim, index, source):
    return x.scatter(dim0(dim), index - 1, source)


def scatter_add(x, dim, index, source):
    if not torch.is_tensor(source):
        source = torch.full(index.shape, source, dtype=x.dtype)
    return x.scatter_add(dim0(dim), index - 1, source)


def index_copy(x, dim, index, source):
    return x.index_copy(dim0(dim), index - 1, source)


def index_add(x, dim, index, source):
    return x.index_add(dim0(dim), index - 1, source)


def index_fill(x, dim, index, value):
    return x.index_fill(dim0(dim), index - 1, value)


OPERATIONS = {
    "flip": flip, "roll": roll,
    "rot90": lambda x, turns=1, dims=(1, 2): x.rot90(
        turns, dim0(list(dims))),
    "movedim": lambda x, source, target: x.movedim(
        dim0(source), dim0(target)),
    "repeat_interleave": repeat_interleave,
    "meshgrid": lambda parts, indexing="ij": torch.meshgrid(
        *parts, indexing=indexing),
    "pad": pad,
    "unfold": lambda x, dim, size, step=1: x.unfold(dim0(dim), size, step),
    "take": take, "scatter": scatter, "scatter_": scatter,
    "scatter_add": scatter_add, "scatter_add_": scatter_add,
    "index_copy": index_copy, "index_copy_": index_copy,
    "index_add": index_add, "index_add_": index_add,
    "index_fill": index_fill, "index_fill_": index_fill,
}
