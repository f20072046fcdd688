"""Compares losses with PyTorch.

losses.py FOLDER reads what losses.lua left there, and computes every case
again: the value of each sample and the gradient of a weighted sum, to 1e-5 in
float32 and 1e-10 in float64. What PyTorch has no function for is written out
after the formula in Keras's documentation.
"""
import json
import os
import sys

import torch
from torch.nn import functional as F

from check import read_safetensors
from layers import TOLERANCE, far, named

EPSILON = 1e-7


def clip(p, low=EPSILON, high=1 - EPSILON):
    return p.clamp(low, high)


def signs(y):
    return 2 * y - 1 if bool(((y == 0) | (y == 1)).all()) else y


def binary(y, p, o):
    smoothing = o.get("label_smoothing", 0)
    y = y * (1 - smoothing) + 0.5 * smoothing
    if o.get("from_logits"):
        return F.binary_cross_entropy_with_logits(p, y, reduction="none")
    return F.binary_cross_entropy(clip(p), y, reduction="none")


def classes_second(x):
    """(batch, ..., K) as PyTorch wants it."""
    return x.movedim(-1, 1)


def softmax(y, z, o):
    return F.cross_entropy(
        classes_second(z), classes_second(y), reduction="none",
        label_smoothing=o.get("label_smoothing", 0))


def categorical(y, p, o):
    if o.get("from_logits"):
        return softmax(y, p, o)
    smoothing = o.get("label_smoothing", 0)
    y = y * (1 - smoothing) + smoothing / y.shape[-1]
    return -(y * clip(p / p.sum(-1, keepdim=True)).log()).sum(-1)


def sparse_softmax(y, z, o):
    return F.cross_entropy(classes_second(z), y - 1, reduction="none")


def sparse(y, p, o):
    if o.get("from_logits"):
        return sparse_softmax(y, p, o)
    p = clip(p / p.sum(-1, keepdim=True))
    return F.nll_loss(classes_second(p.log()), y - 1, reduction="none")


def logcosh(y, p, o):
    d = (p - y).abs()
    return torch.where(d < 20, torch.cosh(d.clamp(max=20)).log(),
                       d - torch.tensor(2.0).log())


def categorical_hinge(y, p, o):
    positive = (y * p).sum(-1)
    negative = ((1 - y) * p).max(-1).values
    return (1 + negative - positive).clamp(min=0)


def contrastive(y, d, o):
    return y * d ** 2 + (1 - y) * (o.get("margin", 1) - d).clamp(min=0) ** 2


def triplet(y, x, o):
    margin = o.get("margin", 1)
    if x.ndim == 3:
        near = ((x[:, 0] - x[:, 1]) ** 2).sum(-1)
        return (near - ((x[:, 0] - x[:, 2]) ** 2).sum(-1) + margin).clamp(min=0)
    rows = []
    for i in range(len(x)):
        d = ((x[i] - x) ** 2).sum(-1)
        same, other = y == y[i], y != y[i]
        if same.sum() > 1 and other.any():
            rows.append((d[same].max() - d[other].min() + margin).clamp(min=0))
        else:
            rows.append(d.sum() * 0)
    return torch.stack(rows)


PEERS = {
    "mean_squared_error": lambda y, p, o: F.mse_loss(p, y, reduction="none"),
    "mean_absolute_error": lambda y, p, o: F.l1_loss(p, y, reduction="none"),
    "mean_absolute_percentage_error":
        lambda y, p, o: 100 * ((y - p) / y.abs().clamp(min=EPSILON)).abs(),
    "mean_squared_logarithmic_error":
        lambda y, p, o: ((p.clamp(min=EPSILON) + 1).log()
                         - (y.clamp(min=EPSILON) + 1).log()) ** 2,
    "huber": lambda y, p, o: F.huber_loss(p, y, reduction="none",
                                          delta=o.get("delta", 1.0)),
    "logcosh": logcosh,
    "poisson": lambda y, p, o: F.poisson_nll_loss(
        p, y, log_input=False, eps=EPSILON, reduction="none"),
    "cosine_similarity": lambda y, p, o: -F.cosine_similarity(
        y, p, dim=o["axis"] - 1 if o.get("axis", -1) > 0 else -1, eps=1e-12),
    "binary_crossentropy": binary,
    "sigmoid_cross_entropy_with_logits":
        lambda y, p, o: binary(y, p, {"from_logits": True}),
    "categorical_crossentropy": categorical,
    "softmax_cross_entropy_with_logits": softmax,
    "sparse_categorical_crossentropy": sparse,
    "sparse_softmax_cross_entropy_with_logits": sparse_softmax,
    "kullback_leibler_divergence": lambda y, p, o: F.kl_div(
        clip(p, high=1).log(), clip(y, high=1), reduction="none").sum(-1),
    "hinge": lambda y, p, o: (1 - signs(y) * p).clamp(min=0),
    "squared_hinge": lambda y, p, o: (1 - signs(y) * p).clamp(min=0) ** 2,
    "categorical_hinge": categorical_hinge,
    "contrastive": contrastive,
    "triplet": triplet,
}


def compare(record, tensors):
    """What is wrong with a case, or None."""
    if "error" in record:
        return record["error"]
    tolerance = TOLERANCE[record["dtype"]]
    y = tensors[record["target"]]
    p = tensors[record["prediction"]].clone().requires_grad_()
    value = PEERS[record["loss"]](y, p, named(record["config"]))
    if value.ndim > 1:
        value = value.flatten(1).mean(1)
    problem = far(tensors[record["value"]], value, tolerance)
    if problem:
        return "value " + problem
    (value * tensors[record["factor"]]).sum().backward()
    problem = far(tensors[record["gradient"]], p.grad, tolerance)
    return problem and "gradient " + problem


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "losses.json")) as file:
        records = json.load(file)["cases"]
    tensors = read_safetensors(os.path.join(folder, "losses.safetensors"))
    failed = 0
    for record in records:
        problem = compare(record, tensors)
        if problem:
            failed += 1
            print("%s %s %s, %s: %s" % (
                record["loss"], record["shape"], record["dtype"],
                json.dumps(record["config"]), problem))
    print("losses: %d passed, %d failed" % (len(records) - failed, failed))
    sys.exit(1 if failed or not records else 0)


if __name__ == "__main__":
    main()
