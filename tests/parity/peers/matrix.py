"""Peers of matrices."""
import numpy
import torch

from peers.common import dim0


def diagonal(x, offset=0, dim1=1, dim2=2):
    return x.diagonal(offset, dim0(dim1), dim0(dim2))


def kron(a, b):
    """torch.kron, which knows no empty tensors."""
    if a.numel() and b.numel():
        return torch.kron(a, b)
    return a.new_zeros(numpy.kron(a.detach(), b.detach()).shape) * a.sum()


def einsum(equation, *tensors):
    """NumPy keeps the dtypes of integers, PyTorch has gradients."""
    if tensors[0].is_floating_point():
        return torch.einsum(equation, *tensors)
    return torch.from_numpy(numpy.asarray(
        numpy.einsum(equation, *(x.numpy() for x in tensors))))


OPERATIONS = {
    "diagonal": diagonal, "diag": torch.diag,
    "trace": lambda x, offset=0: x.diagonal(offset).sum(),
    "tril": torch.tril, "triu": torch.triu, "kron": kron,
    "mm": torch.mm, "mv": torch.mv, "bmm": torch.bmm, "einsum": einsum,
}
