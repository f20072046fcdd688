"""See ../layers.py."""
import functools
import string

import torch
import torch.nn.functional as F


def fold(combine):
    """Joins inputs whose samples have the dims in line from the right."""
    def peer(config, inputs, weights, training):
        most = max(x.dim() for x in inputs)
        inputs = [x.reshape(x.shape[:1] + (1,) * (most - x.dim())
                            + x.shape[1:]) for x in inputs]
        return combine(inputs)
    return peer


def folded(f):
    return fold(lambda inputs: functools.reduce(f, inputs))


def concatenate(config, inputs, weights, training):
    axis = config.get("axis", -1)
    return torch.cat(inputs, axis - 1 if axis > 0 else axis)


def dot(config, inputs, weights, training):
    axes = config["axes"]
    axes = axes if isinstance(axes, list) else [axes, axes]
    axes = [a - 1 if a > 0 else x.dim() + a for a, x in zip(axes, inputs)]
    if config.get("normalize"):
        inputs = [F.normalize(x, dim=a, eps=1e-6)
                  for x, a in zip(inputs, axes)]
    letters = iter(string.ascii_lowercase)
    names = [[next(letters) for _ in range(x.dim())] for x in inputs]
    for name, axis in zip(names, axes):
        name[0], name[axis] = "y", "z"
    rest = [n for name in names for n in name if n not in "yz"]
    y = torch.einsum("%s,%s->y%s" % tuple(
        "".join(part) for part in (names[0], names[1], rest)), *inputs)
    return y if rest else y[:, None]


LAYERS = {
    "Add": folded(torch.add),
    "Subtract": folded(torch.sub),
    "Multiply": folded(torch.mul),
    "Maximum": folded(torch.maximum),
    "Minimum": folded(torch.minimum),
    "Average": fold(lambda inputs: sum(inputs) / len(inputs)),
    "Concatenate": concatenate,
    "Dot": dot,
}
