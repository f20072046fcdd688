"""Peers of what makes tensors and what is no row of the table."""
import numpy
import torch

from peers.common import sizes_of


def shape_and_dtype(arguments):
    """f(2, 3), f({2, 3}) and f({2, 3}, "int64")."""
    *sizes, last = arguments
    if isinstance(last, str):
        return sizes_of(sizes), getattr(torch, last)
    return sizes_of(arguments), torch.float32


def filled(make):
    def run(*arguments):
        sizes, dtype = shape_and_dtype(arguments)
        return make(sizes, dtype=dtype)
    return run


def full(sizes, value, dtype="float32"):
    return torch.full(sizes, value, dtype=getattr(torch, dtype))


def eye(rows, *rest):
    columns = rest[0] if rest and not isinstance(rest[0], str) else rows
    dtype = rest[-1] if rest and isinstance(rest[-1], str) else "float32"
    return torch.eye(rows, columns, dtype=getattr(torch, dtype))


def like(make):
    return lambda x, dtype=None: make(
        x.detach(), dtype=getattr(torch, dtype) if dtype else None)


def arange(*arguments):
    """Both ends are in; one number n means 1..n."""
    numbers = [a for a in arguments if not isinstance(a, str)]
    dtype = arguments[-1] if isinstance(arguments[-1], str) else None
    first, last, step = 1, numbers[0], 1
    if len(numbers) > 1:
        first, last = numbers[:2]
    if len(numbers) > 2:
        step = numbers[2]
    count = max(0, int(numpy.floor((last - first) / step)) + 1)
    whole = all(isinstance(number, int) for number in numbers)
    x = torch.tensor([first + k * step for k in range(count)])
    return x.to(getattr(torch, dtype or ("int64" if whole else "float32")))


def linspace(first, last, count, dtype="float32"):
    return torch.linspace(first, last, count, dtype=torch.float64).to(
        getattr(torch, dtype))


def logspace(first, last, count, dtype="float32"):
    return torch.logspace(first, last, count, dtype=torch.float64).to(
        getattr(torch, dtype))


def scalar(x):
    """A number comes back without a dtype."""
    return x.detach().reshape(())


OPERATIONS = {
    "zeros": filled(torch.zeros), "ones": filled(torch.ones),
    "full": full, "eye": eye,
    "zeros_like": like(torch.zeros_like), "ones_like": like(torch.ones_like),
    "full_like": lambda x, value: torch.full_like(x.detach(), value),
    "arange": arange, "linspace": linspace, "logspace": logspace,
    "float": lambda x: x.float(), "double": lambda x: x.double(),
    "long": lambda x: x.long(), "int": lambda x: x.int(),
    "byte": lambda x: x.byte(), "bool": lambda x: x.bool(),
    "numel": lambda x: torch.tensor(x.numel()), "item": scalar,
    "allclose": lambda a, b, rtol=1e-5, atol=1e-8: torch.tensor(
        torch.allclose(a, b, rtol, atol)),
    "detach": lambda x: x.detach(),
}
