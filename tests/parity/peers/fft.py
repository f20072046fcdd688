"""Peers of tensor.fft.

Deliberate differences, which the functions below make up for:

  complex tensors  are real ones with a last dim of 2, (re, im)
  dims             are counted without that dim, from 1
  fft, fft2, fftn  read real tensors unless complex=true
  uint8, bool      become the default float in fft.complex
"""
import torch

from peers.common import dim0


def parts(x):
    """As a complex tensor."""
    if not x.is_floating_point():
        x = x.to(torch.float32)
    return torch.complex(x[..., 0], x[..., 1])


def joined(z):
    """And back: (re, im) in the last dim."""
    return torch.stack([z.real, z.imag], -1)


def of_real(f, dims):
    """A transform of real or, where said, of complex tensors."""
    def run(x, n=None, dim=None, norm=None, is_complex=False):
        x = parts(x) if is_complex else x
        return joined(f(x, n, dims(x, n, dim), norm or "backward"))
    return run


def of_complex(f, dims, answer=joined):
    def run(z, n=None, dim=None, norm=None):
        z = parts(z)
        return answer(f(z, n, dims(z, n, dim), norm or "backward"))
    return run


def one(x, n, dim):
    return -1 if dim is None else dim0(dim)


def two(x, n, dim):
    return (-2, -1) if dim is None else dim0(dim)


def several(x, n, dim):
    return None if dim is None else dim0(dim)


def plain(x):
    return x


def empty_aware(f):
    """PyTorch refuses a batch of no signals: the shape comes from one."""
    def run(x, n, dim, norm):
        if x.numel() > 0:
            return f(x, n, dim, norm)
        wide = x.new_ones([max(size, 1) for size in x.shape])
        shape = list(f(wide, n, dim, norm).shape)
        for d, size in enumerate(x.shape):
            if size == 0:
                shape[d] = 0
        y = f(wide, n, dim, norm)
        return (y * x.real.sum()).reshape(-1)[:0].reshape(shape)
    return run


def transform(name, how, dims, **options):
    return how(empty_aware(getattr(torch.fft, name)), dims, **options)


def shift(f):
    def run(x, dim=None, is_complex=False):
        if dim is not None:
            dim = dim0(dim if isinstance(dim, list) else [dim])
            dim = [d - 1 if is_complex and d < 0 else d for d in dim]
        elif is_complex:
            dim = list(range(x.ndim - 1))
        if x.ndim == 0:
            return x.clone()
        return f(x, dim)
    return run


def frequencies(f):
    return lambda n, d=1: f(n, d=d)


def as_float(x, *others):
    """A number or tensor of any kind as a float tensor beside the others."""
    x = torch.as_tensor(x)
    if x.is_floating_point():
        return x
    wide = any(torch.is_tensor(y) and y.dtype == torch.float64 for y in others)
    return x.to(torch.float64 if wide else torch.float32)


def make(re, im=0):
    if not torch.is_tensor(im):
        im = torch.as_tensor(im, dtype=as_float(re).dtype)
    re, im = torch.broadcast_tensors(as_float(re, im), as_float(im, re))
    return torch.stack([re, im], -1)


def polar(r, angle):
    if not torch.is_tensor(angle):
        angle = torch.as_tensor(angle, dtype=r.dtype)
    return make(r * torch.cos(angle), r * torch.sin(angle))


OPERATIONS = {
    "fft.fft": transform("fft", of_real, one),
    "fft.ifft": transform("ifft", of_complex, one),
    "fft.rfft": transform("rfft", of_real, one),
    "fft.irfft": transform("irfft", of_complex, one, answer=plain),
    "fft.fft2": transform("fft2", of_real, two),
    "fft.ifft2": transform("ifft2", of_complex, two),
    "fft.rfft2": transform("rfft2", of_real, two),
    "fft.irfft2": transform("irfft2", of_complex, two, answer=plain),
    "fft.fftn": transform("fftn", of_real, several),
    "fft.ifftn": transform("ifftn", of_complex, several),
    "fft.fftshift": shift(torch.fft.fftshift),
    "fft.ifftshift": shift(torch.fft.ifftshift),
    "fft.fftfreq": frequencies(torch.fft.fftfreq),
    "fft.rfftfreq": frequencies(torch.fft.rfftfreq),
    "fft.complex": make,
    "fft.polar": polar,
    "fft.real": lambda z: z[..., 0],
    "fft.imag": lambda z: z[..., 1],
    "fft.conj": lambda z: joined(parts(z).conj()),
    "fft.abs": lambda z: parts(z).abs(),
    "fft.angle": lambda z: parts(z).angle(),
    "fft.mul": lambda a, b: joined(parts(a) * parts(b)),
}
