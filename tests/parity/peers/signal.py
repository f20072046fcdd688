"""Peers of correlation, convolution, interpolation.

Correlation and convolution are built from NumPy's for one dim, a sum over the
rows for more. Deliberate differences: whole numbers give int64; mode "same"
gives the size of the first tensor, NumPy's the larger one's; where one is
larger in one dim and the other in the other, "valid" is an error.
"""
import itertools

import numpy
import torch
from torch.nn import functional as F


def shifts(a, b, sign):
    """All sums where the two meet: full[k] over every pair of elements."""
    shape = [m + n - 1 for m, n in zip(a.shape, b.shape)]
    whole = not a.is_floating_point() and not b.is_floating_point()
    dtype = torch.int64 if whole else torch.promote_types(a.dtype, b.dtype)
    kernel = b.flip(tuple(range(b.ndim))) if sign > 0 else b
    full = torch.zeros(shape, dtype=dtype)
    for at in itertools.product(*(range(n) for n in b.shape)):
        margins = []
        for m, n, k in reversed(list(zip(a.shape, b.shape, at))):
            margins += [k, n - 1 - k]
        full = full + F.pad(a.to(dtype), margins) * kernel[at].to(dtype)
    return full


def sliding(sign, usual):
    def run(a, b, mode=usual):
        full = shifts(a, b, sign)
        if a.ndim == 1 and not a.requires_grad and a.dtype != torch.bool:
            by_numpy(a, b, sign, full)
        if mode == "full":
            return full
        for d, (m, n) in enumerate(zip(a.shape, b.shape)):
            if mode == "same":
                full = full.narrow(d, (n - 1) // 2, m)
            else:
                full = full.narrow(d, min(m, n) - 1, abs(m - n) + 1)
        return full
    return run


def by_numpy(a, b, sign, full):
    """NumPy says the same of what is full."""
    f = numpy.correlate if sign > 0 else numpy.convolve
    theirs = f(a.to(full.dtype).numpy(), b.to(full.dtype).numpy(), "full")
    if not numpy.allclose(theirs, full.numpy()):
        raise ValueError("NumPy finds %s" % theirs)


def interpolate(x, size=None, scale=None, mode="nearest", align=False,
                antialias=False, data_format="channels_last"):
    axes = x.ndim - 2
    if data_format == "channels_last":
        x = x.permute([0, axes + 1] + list(range(1, axes + 1)))
    words = {"linear": ("linear", "bilinear", "trilinear")[axes - 1],
             "cubic": "bicubic"}
    if mode in words:
        y = F.interpolate(x, size, scale, words[mode], align,
                          antialias=antialias)
    else:
        y = F.interpolate(x, size, scale, mode)
    if data_format == "channels_last":
        y = y.permute([0] + list(range(2, axes + 2)) + [1])
    return y


def with_empty(f):
    """PyTorch refuses batches of nothing in some modes."""
    def run(x, *rest):
        if x.shape[0] > 0:
            return f(x, *rest)
        one = torch.zeros((1,) + tuple(x.shape[1:]), dtype=x.dtype)
        return f(torch.cat([x, one]), *rest)[1:]
    return run


OPERATIONS = {
    "correlate": sliding(1, "valid"), "convolve": sliding(-1, "full"),
    "interpolate": with_empty(interpolate),
}
