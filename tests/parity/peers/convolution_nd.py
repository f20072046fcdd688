"""Peers of convolution in one and three dims, and transposed, and of pooling.

The padding words are Keras's, said with PyTorch: margins of zeros for "same"
and "causal"; for transposed convolution, the whole of what PyTorch gives,
filled up with zeros or cut to Keras's size.
"""
import torch
from torch.nn import functional as F

from peers.common import same_margins


def each(size, axes):
    return size if isinstance(size, list) else [size] * axes


def margins_of(padding, sizes, windows, strides):
    """(before, after) for each axis."""
    axes = len(sizes)
    if padding == "valid":
        return [(0, 0)] * axes
    if padding == "same":
        return [same_margins(*both) for both in zip(sizes, windows, strides)]
    if padding == "causal":
        return [(windows[0] - 1, 0)]
    if isinstance(padding, list) and len(padding) == 2 * axes:
        return list(zip(padding[::2], padding[1::2]))
    return [(size, size) for size in each(padding, axes)]


def padded(x, margins, value=0):
    flat = [size for pair in reversed(margins) for size in pair]
    return F.pad(x, flat, value=value)


def channels_first(axes, formats_at):
    """f sees the channels first, wherever they stand."""
    to_first = [0, axes + 1] + list(range(1, axes + 1))
    to_last = [0] + list(range(2, axes + 2)) + [1]

    def decorate(f):
        def run(x, *rest):
            if len(rest) > formats_at and rest[formats_at] == "channels_first":
                return f(x, *rest[:formats_at])
            return f(x.permute(to_first), *rest[:formats_at]).permute(to_last)
        return run
    return decorate


def extents(kernel, dilation):
    return [(size - 1) * step + 1
            for size, step in zip(kernel.shape, dilation)]


def convolution(axes):
    f = {1: F.conv1d, 3: F.conv3d}[axes]

    @channels_first(axes, 5)
    def run(x, kernel, stride=1, padding="valid", dilation=1, groups=1):
        stride, dilation = each(stride, axes), each(dilation, axes)
        margins = margins_of(padding, x.shape[2:], extents(kernel, dilation),
                             stride)
        weight = kernel.permute([axes + 1, axes] + list(range(axes)))
        return f(padded(x, margins), weight, None, stride, 0, dilation,
                 groups)
    return run


def transposed(axes):
    f = {1: F.conv_transpose1d, 2: F.conv_transpose2d}[axes]

    @channels_first(axes, 6)
    def run(x, kernel, stride=1, padding="valid", extra=None, dilation=1,
            groups=1):
        stride, dilation = each(stride, axes), each(dilation, axes)
        reach = extents(kernel, dilation)
        weight = kernel.permute([axes + 1, axes] + list(range(axes)))
        whole = f(x, weight, None, stride, 0, 0, groups, dilation)
        more = [0] * axes if extra is None else each(extra, axes)
        margins = []
        for k, size in enumerate(x.shape[2:]):
            least = (size - 1) * stride[k] + reach[k]
            if padding == "same":
                due = (size * stride[k] if extra is None
                       else least - reach[k] // 2 * 2 + more[k])
                front = max(least - due, 0) // 2
            elif padding == "valid":
                due = (max(least, size * stride[k]) if extra is None
                       else least + more[k])
                front = 0
            else:
                front, back = margins_of(padding, x.shape[2:], reach,
                                         stride)[k]
                due = least - front - back + more[k]
            margins.append((-front, due - (least - front)))
        return padded(whole, margins)
    return run


def pooling(axes, f, value):
    @channels_first(axes, 3)
    def run(x, size=2, strides=None, padding="valid"):
        size = each(size, axes)
        strides = size if strides is None else each(strides, axes)
        margins = margins_of(padding, x.shape[2:], size, strides)
        return f(x, size, strides, lambda y: padded(y, margins, value))
    return run


def highest(axes):
    f = {1: F.max_pool1d, 3: F.max_pool3d}[axes]
    return pooling(axes, lambda x, size, strides, pad: f(
        pad(x), size, strides), float("-inf"))


def mean(axes):
    """The mean of what is there: padding does not count."""
    f = {1: F.avg_pool1d, 3: F.avg_pool3d}[axes]
    return pooling(axes, lambda x, size, strides, pad: f(
        pad(x), size, strides) / f(
        pad(torch.ones_like(x)), size, strides), 0)


def unless_empty(f):
    """PyTorch refuses some batches of nothing, which have a shape."""
    def run(x, *rest):
        if x.shape[0] > 0:
            return f(x, *rest)
        one = torch.zeros((1,) + tuple(x.shape[1:]), dtype=x.dtype)
        return f(torch.cat([x, one]), *rest)[1:]
    return run


OPERATIONS = {name: unless_empty(f) for name, f in {
    "conv1d": convolution(1), "conv3d": convolution(3),
    "conv_transpose1d": transposed(1), "conv_transpose2d": transposed(2),
    "max_pool1d": highest(1), "max_pool3d": highest(3),
    "avg_pool1d": mean(1), "avg_pool3d": mean(3),
}.items()}
