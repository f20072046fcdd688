"""Peers of what is elementwise, reductions, shapes, picking, images."""
import numpy
import torch
from torch.nn import functional as F

from peers.common import (
    dim0, over, pair, same_margins, sizes_of, two_tensors, unless_integer)


# Reductions -------------------------------------------------------------------

def one_by_one(f):
    """Over several dims by a function that takes one."""
    def run(x, dims, keepdim):
        if x.ndim == 0:
            return f(x.reshape(1), 0, False)
        for d in sorted(dims, reverse=True):
            x = f(x, d, keepdim)
        return x
    return over(run)


def extreme(values_only, along):
    def run(x, dims=None, keepdim=False):
        if dims is None or isinstance(dims, list):
            return over(values_only)(x, dims, keepdim)
        values, positions = along(x, dim0(dims), keepdim)
        return values, positions + 1
    return run


def amax(x, dims, keepdim):
    return torch.amax(x, dims, keepdim)


def amin(x, dims, keepdim):
    return torch.amin(x, dims, keepdim)


def total(x, dims, keepdim):
    return x.sum(dims, keepdim) if dims else x.sum()


def spread(f):
    return over(lambda x, dims, keepdim, correction=1: f(
        x, dims, correction=correction, keepdim=keepdim))


def position(f):
    def run(x, dim=None, keepdim=False):
        return f(x, dim0(dim), keepdim) + 1
    return run


# Shapes and products ----------------------------------------------------------

def flatten(x, first=1, last=-1):
    return torch.flatten(x, dim0(first), dim0(last))


def squeeze(x, dim=None):
    return x.squeeze() if dim is None else x.squeeze(dim0(dim))


def transpose(x, *dims):
    if not dims:
        return x.permute(*reversed(range(x.ndim)))
    return x.transpose(*dim0(list(dims)))


def split(x, size, dim=1):
    return x.split(size, dim0(dim))


def clamp(x, low=None, high=None):
    return x.clamp(low, high)


class NumpyDot(torch.autograd.Function):
    """numpy.dot, with the gradient of the contraction that it is."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return torch.from_numpy(numpy.asarray(numpy.dot(a.numpy(), b.numpy())))

    @staticmethod
    def backward(ctx, g):
        a, b = (x.detach().requires_grad_() for x in ctx.saved_tensors)
        with torch.enable_grad():
            dims = ([a.ndim - 1], [max(b.ndim - 2, 0)])
            y = torch.tensordot(a, b, dims)
        return torch.autograd.grad(y, (a, b), g)


def dot(a, b):
    return NumpyDot.apply(a, b) if torch.is_tensor(b) else a * b


def put(x, positions, source):
    return x.clone().put_(positions - 1, source)


# Images -----------------------------------------------------------------------

def padded(x, window, strides, padding, value):
    """x (channels first) with its margins."""
    if padding == "valid":
        margins = (0, 0), (0, 0)
    elif padding == "same":
        margins = tuple(same_margins(size, *both) for size, both in zip(
            x.shape[2:], zip(window, strides)))
    elif isinstance(padding, list) and len(padding) == 4:
        margins = padding[:2], padding[2:]
    else:
        margins = [(size, size) for size in pair(padding)]
    (top, bottom), (left, right) = margins
    return F.pad(x, (left, right, top, bottom), value=value)


def on_images(f):
    """f sees the channels first, wherever they stand."""
    def run(x, *rest):
        if rest and rest[-1] == "channels_first":
            return f(x, *rest[:-1])
        return f(x.permute(0, 3, 1, 2), *rest).permute(0, 2, 3, 1)
    return run


def conv2d(x, kernel, stride=1, padding="valid", dilation=1, groups=1):
    stride, dilation = pair(stride), pair(dilation)
    extents = [(size - 1) * step + 1
               for size, step in zip(kernel.shape, dilation)]
    return F.conv2d(padded(x, extents, stride, padding, 0),
                    kernel.permute(3, 2, 0, 1), None, stride, 0, dilation,
                    groups)


def pooling(f, value):
    def run(x, size=2, strides=None, padding="valid"):
        size = pair(size)
        strides = size if strides is None else pair(strides)
        return f(x, size, strides, lambda y: padded(
            y, size, strides, padding, value))
    return on_images(run)


def max_pool2d(x, size, strides, pad):
    return F.max_pool2d(pad(x), size, strides)


def avg_pool2d(x, size, strides, pad):
    """The mean of what is there: padding does not count."""
    share = F.avg_pool2d(pad(torch.ones_like(x)), size, strides)
    return F.avg_pool2d(pad(x), size, strides) / share



def batch_norm(x, gamma, beta, axis=-1, epsilon=1e-3):
    """PyTorch has the channels along its dim 1."""
    moved = x.movedim(dim0(axis), 1)
    y = F.batch_norm(moved, None, None, gamma, beta, True, 0, epsilon)
    dims = [d for d in range(moved.ndim) if d != 1]
    variance, mean = torch.var_mean(moved, dims, unbiased=False)
    return y.movedim(1, dim0(axis)), mean, variance

OPERATIONS = {
    # elementwise
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div,
    "floor_div": lambda a, b: torch.div(a, b, rounding_mode="floor"),
    "mod": torch.remainder, "pow": torch.pow, "neg": torch.neg,
    "abs": torch.abs, "sign": torch.sign, "square": torch.square,
    "reciprocal": torch.reciprocal, "maximum": two_tensors(torch.maximum),
    "minimum": two_tensors(torch.minimum), "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt, "exp": torch.exp, "expm1": torch.expm1,
    "log": torch.log, "log1p": torch.log1p, "log2": torch.log2,
    "log10": torch.log10, "sin": torch.sin, "cos": torch.cos,
    "tan": torch.tan, "asin": torch.asin, "acos": torch.acos,
    "atan": torch.atan, "atan2": two_tensors(torch.atan2),
    "sinh": torch.sinh, "cosh": torch.cosh, "tanh": torch.tanh,
    "erf": torch.erf, "xlogy": torch.xlogy,
    "floor": unless_integer(torch.floor), "ceil": unless_integer(torch.ceil),
    "trunc": unless_integer(torch.trunc),
    "round": unless_integer(torch.round),
    "sigmoid": torch.sigmoid, "relu": torch.relu,
    "leaky_relu": F.leaky_relu, "elu": F.elu, "selu": F.selu,
    "gelu": F.gelu, "silu": F.silu, "softplus": F.softplus, "mish": F.mish,
    "softsign": F.softsign, "hardtanh": F.hardtanh,
    "hard_sigmoid": lambda x: (0.2 * x + 0.5).clamp(0, 1),
    "eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le,
    "gt": torch.gt, "ge": torch.ge, "isnan": torch.isnan,
    "isinf": torch.isinf, "isfinite": torch.isfinite,
    "logical_and": torch.logical_and, "logical_or": torch.logical_or,
    "logical_xor": torch.logical_xor, "logical_not": torch.logical_not,
    "clamp": clamp, "lerp": torch.lerp, "where": torch.where,
    # reductions
    "sum": over(total), "mean": over(torch.mean), "amax": over(amax),
    "amin": over(amin), "logsumexp": over(torch.logsumexp),
    "max": extreme(amax, torch.max), "min": extreme(amin, torch.min),
    "prod": one_by_one(lambda x, d, keep: x.prod(d, keepdim=keep)),
    "any": one_by_one(lambda x, d, keep: (x != 0).any(d, keep)),
    "all": one_by_one(lambda x, d, keep: (x != 0).all(d, keep)),
    "var": spread(torch.var), "std": spread(torch.std),
    "norm": over(lambda x, dims, keep, p=2: torch.linalg.vector_norm(
        x, p, dims, keep)),
    "argmax": position(torch.argmax), "argmin": position(torch.argmin),
    "softmax": lambda x, dim=-1: x.softmax(dim0(dim)),
    "batch_norm": batch_norm,
    "log_softmax": lambda x, dim=-1: x.log_softmax(dim0(dim)),
    # shapes
    "reshape": lambda x, *sizes: x.reshape(sizes_of(sizes)),
    "view": lambda x, *sizes: x.view(sizes_of(sizes)),
    "flatten": flatten, "squeeze": squeeze, "transpose": transpose,
    "unsqueeze": lambda x, dim: x.unsqueeze(dim0(dim)),
    "permute": lambda x, *order: x.permute(dim0(sizes_of(order))),
    "expand": lambda x, *sizes: x.expand(sizes_of(sizes)),
    "tile": lambda x, *counts: x.tile(sizes_of(counts)),
    "concat": lambda parts, dim=1: torch.cat(parts, dim0(dim)),
    "stack": lambda parts, dim=1: torch.stack(parts, dim0(dim)),
    "split": split,
    "chunk": lambda x, count, dim=1: x.chunk(count, dim0(dim)),
    "unbind": lambda x, dim=1: x.unbind(dim0(dim)),
    # copies
    "clone": torch.clone, "contiguous": lambda x: x.contiguous(),
    "to": lambda x, dtype: x.to(getattr(torch, dtype)),
    "copy_": lambda x, source: x.clone().copy_(source),
    "fill_": lambda x, value: x.clone().fill_(value),
    "zero_": lambda x: x.clone().zero_(),
    # picking
    "select": lambda x, dim, at: x.select(dim0(dim), dim0(at)),
    "narrow": lambda x, dim, first, count: x.narrow(
        dim0(dim), dim0(first), count),
    "index_select": lambda x, dim, at: x.index_select(dim0(dim), at - 1),
    "gather": lambda x, dim, at: x.gather(dim0(dim), at - 1),
    "take": lambda x, at: x.take(at - 1), "put_": put,
    "masked_select": torch.masked_select, "masked_fill": torch.masked_fill,
    "nonzero": lambda x: x.nonzero() + 1,
    # products
    "matmul": torch.matmul, "outer": torch.outer, "dot": dot,
    # images
    "conv2d": on_images(conv2d),
    "max_pool2d": pooling(max_pool2d, float("-inf")),
    "avg_pool2d": pooling(avg_pool2d, 0),
}
