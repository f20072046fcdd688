"""Compares layers with PyTorch.

layers.py FOLDER reads what layers.lua left there, and does every case again
with the peer of its layer: values, the gradients of inputs and weights, and
what statistics are afterwards; to 1e-5 in float32 and 1e-10 in float64.

A peer in layer_peers/TOPIC.py is a function (config, inputs, weights,
training) -> output, with the options as they were given and the weights by
name; it may put new statistics into weights.
"""
import importlib
import json
import os
import sys

import torch

from check import listed, read_safetensors

PEERS = {}
for topic in ("core", "convolution", "normalization", "merge", "advanced"):
    PEERS.update(importlib.import_module("layer_peers." + topic).LAYERS)

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


def named(value):
    return value if isinstance(value, dict) else {}


def far(ours, theirs, tolerance):
    """How far apart, beyond the tolerance, or None."""
    if ours.shape != theirs.shape:
        return "shape %s, expected %s" % (
            tuple(ours.shape), tuple(theirs.shape))
    ours, theirs = ours.detach().double(), theirs.detach().double()
    scale = max(1, theirs.abs().max().item()) if theirs.numel() else 1
    if torch.allclose(ours, theirs, tolerance, tolerance * scale,
                      equal_nan=True):
        return None
    return "off by %g" % (ours - theirs).abs().max().item()


def compare(record, tensors):
    """What is wrong with a case, or None."""
    if "error" in record:
        return record["error"]
    if record["layer"] not in PEERS:
        return "no peer (tests/parity/layer_peers)"
    tolerance = TOLERANCE[record["dtype"]]
    inputs = [tensors[name].clone() for name in record["inputs"]]
    for x in inputs:
        x.requires_grad_(x.is_floating_point())
    weights = {path: tensors[name].clone().requires_grad_()
               for path, name in named(record["weights"]).items()}
    leaves = dict(weights)
    y = PEERS[record["layer"]](named(record["config"]), inputs, weights,
                               record["training"])
    problem = far(tensors[record["output"]], y, tolerance)
    if problem:
        return "output " + problem
    if y.requires_grad:
        (y * tensors[record["factor"]]).sum().backward()
    for k, (x, kept) in enumerate(zip(inputs, listed(record["input_grads"]))):
        if x.requires_grad:
            ours = tensors[kept] if kept else torch.zeros_like(x)
            theirs = torch.zeros_like(x) if x.grad is None else x.grad
            problem = far(ours, theirs, tolerance)
            if problem:
                return "gradient of input %d %s" % (k + 1, problem)
    for path, kept in named(record["weight_grads"]).items():
        if ".after." in kept:
            theirs = weights[path]
        else:
            theirs = leaves[path].grad
            if theirs is None:
                theirs = torch.zeros_like(leaves[path])
        problem = far(tensors[kept], theirs, tolerance)
        if problem:
            return "%s %s" % (kept, problem)
    return None


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "layers.json")) as file:
        records = json.load(file)["cases"]
    tensors = read_safetensors(os.path.join(folder, "layers.safetensors"))
    failed = 0
    for record in records:
        problem = compare(record, tensors)
        if problem:
            failed += 1
            print("%s %s, %s: %s" % (record["layer"], record["dtype"],
                                     json.dumps(record["config"]), problem))
    print("layers: %d passed, %d failed" % (len(records) - failed, failed))
    sys.exit(1 if failed or not records else 0)


if __name__ == "__main__":
    main()
