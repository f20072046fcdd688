"""What the peers share: dims, sizes, lists."""
import torch


def dim0(dim):
    """A dim or position that counts from 0; lists too."""
    if isinstance(dim, list):
        return [dim0(d) for d in dim]
    return dim - 1 if dim is not None and dim > 0 else dim


def sizes_of(sizes):
    """f(2, 3) and f({2, 3}) mean the same."""
    if len(sizes) == 1 and isinstance(sizes[0], list):
        return sizes[0]
    return list(sizes)


def unless_integer(f):
    """Whole numbers stay as they are."""
    return lambda x: f(x) if x.is_floating_point() else x.clone()


def two_tensors(f):
    """A number becomes a tensor that does not widen x within its kind."""
    def run(x, other):
        if not torch.is_tensor(other):
            whole = isinstance(other, int) and x.dtype != torch.bool
            keep = whole or x.is_floating_point()
            kind = torch.int64 if isinstance(other, int) else torch.float32
            other = torch.tensor(other, dtype=x.dtype if keep else kind)
        return f(x, other)
    return run


def over(f):
    """From f(x, dims, keepdim) to f(x[, dim or dims[, keepdim]])."""
    def run(x, dims=None, keepdim=False, *rest):
        if dims is None:
            dims = list(range(1, x.ndim + 1))
        elif not isinstance(dims, list):
            dims = [dims]
        dims = [d % x.ndim for d in dim0(dims)]
        return f(x, dims, keepdim, *rest)
    return run


def pair(size):
    return size if isinstance(size, list) else [size, size]


def same_margins(size, window, stride):
    """TensorFlow's rule: the output has ceil(size / stride) positions, and
    the odd position of padding is the last."""
    extent = max((-(-size // stride) - 1) * stride + window - size, 0)
    return extent // 2, extent - extent // 2
