"""Compares what nnlua computed with NumPy and PyTorch.

check.py FOLDER reads what run.lua left there, does every case again (values,
dtypes, and the gradient of a weighted sum of the results), prints what
differs, and closes with "N passed, N failed".
"""
import json
import os
import struct
import sys

import numpy
import torch

import peers

DTYPES = {
    "F32": numpy.float32, "F64": numpy.float64, "I64": numpy.int64,
    "I32": numpy.int32, "U8": numpy.uint8, "BOOL": numpy.bool_,
}
# Relative to the element, and to the largest element beside it.
TOLERANCE = {torch.float32: (1e-5, 1e-6), torch.float64: (1e-10, 1e-12)}


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = numpy.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(
            flat.reshape(entry["shape"]).copy())
    return tensors


def listed(value):
    """An empty table is {} in JSON, whichever kind it was."""
    return value if isinstance(value, list) else []


def peer_of(op):
    """The peer of an operation; f_ writes what f gives into its first."""
    if op in peers.OPERATIONS or not op.endswith("_"):
        return peers.OPERATIONS.get(op)
    f = peers.OPERATIONS.get(op[:-1])
    return f and (lambda x, *rest: f(x, *rest).to(x.dtype).expand_as(x))


class Case:
    def __init__(self, record, tensors):
        self.op = record["op"]
        self.record = record
        self.tensors = tensors
        self.inputs = [tensors[name] for name in listed(record["inputs"])
                       if isinstance(name, str)]

    def __str__(self):
        shapes = ", ".join(
            "%s %s" % (str(x.dtype)[6:], tuple(x.shape)) for x in self.inputs)
        return "%s, inputs %s, arguments %s, %s" % (
            self.op, shapes, json.dumps(self.record["args"]),
            self.record["layout"])

    def value(self, kept):
        return self.tensors[kept] if isinstance(kept, str) else kept

    def arguments(self, args):
        """The arguments, tensors where they name inputs."""
        filled = []
        for arg in listed(args):
            if isinstance(arg, list):
                filled.append(self.arguments(arg))
            elif isinstance(arg, dict):
                if "infinite" in arg:
                    filled.append(arg["infinite"] * float("inf"))
                else:
                    filled.append(self.inputs[arg["input"] - 1]
                                  if "input" in arg else None)
            else:
                filled.append(arg)
        return filled

    def expected(self):
        """The peer's results as a list."""
        arguments = self.arguments(self.record["args"])
        results = peer_of(self.op)(*arguments)
        if isinstance(results, (tuple, list)):
            return list(results)
        return [results]

    def weighted_sum(self, results):
        total = 0
        for y, name in zip(results, listed(self.record.get("weights", []))):
            if name:
                total = total + (y * self.tensors[name]).sum()
        return total


def first_difference(ours, theirs, wrong):
    """Where and how, or None."""
    places = wrong.nonzero()
    if len(places) == 0:
        return None
    at = tuple(places[0].tolist())
    return "%d of %d elements differ, first at %s: %r, expected %r" % (
        len(places), wrong.numel(), at, ours[at].item(), theirs[at].item())


def differs(ours, theirs):
    """Why two results are not the same, or None."""
    if not torch.is_tensor(ours):
        ours = torch.as_tensor(ours, dtype=theirs.dtype)
    if ours.dtype != theirs.dtype:
        return "dtype %s, expected %s" % (ours.dtype, theirs.dtype)
    if ours.shape != theirs.shape:
        return "shape %s, expected %s" % (
            tuple(ours.shape), tuple(theirs.shape))
    ours, theirs = ours.detach(), theirs.detach()
    if ours.dtype not in TOLERANCE:
        return first_difference(ours, theirs, ours != theirs)
    relative, absolute = TOLERANCE[ours.dtype]
    finite = theirs[torch.isfinite(theirs)]
    scale = finite.abs().max().item() if finite.numel() else 0
    close = torch.isclose(ours, theirs, relative, absolute * max(1, scale),
                          equal_nan=True)
    return first_difference(ours, theirs, ~close)


def check_gradients(case, results):
    differentiable = [x for x in case.inputs if x.requires_grad]
    if not any(y.requires_grad for y in results):
        return None if "gradients" not in case.record else "needless gradient"
    if "gradients" not in case.record:
        # A function that is flat everywhere need not be tracked.
        total = sum(y.sum() for y in results if y.requires_grad)
        total.backward()
        flat = all(x.grad is None or not x.grad.any() for x in differentiable)
        return None if flat else "no gradient"
    case.weighted_sum(results).backward()
    for number, x in enumerate(case.inputs):
        if not x.requires_grad:
            continue
        theirs = x.grad if x.grad is not None else torch.zeros_like(x)
        kept = listed(case.record["gradients"])[number]
        ours = case.tensors[kept] if kept else torch.zeros_like(x)
        problem = differs(ours, theirs)
        if problem:
            return "gradient of input %d: %s" % (number + 1, problem)
    return None


def compare(case):
    """What is wrong with a case, or None."""
    for x in case.inputs:
        x.requires_grad_(x.is_floating_point())
    theirs = case.expected()
    ours = [case.value(kept) for kept in listed(case.record["results"])]
    if len(ours) != len(theirs):
        return "%d results, expected %d" % (len(ours), len(theirs))
    for one, other in zip(ours, theirs):
        problem = differs(one, other)
        if problem:
            return problem
    if case.record.get("values_only"):
        return None
    return check_gradients(case, theirs)


def check(case):
    """The same, whatever else goes wrong."""
    if "error" in case.record:
        return case.record["error"]
    if peer_of(case.op) is None:
        return "no peer (tests/parity/peers)"
    try:
        return compare(case)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        return "the peer fails: %s" % error


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "cases.json")) as file:
        found = json.load(file)
    tensors = read_safetensors(os.path.join(folder, "tensors.safetensors"))
    passed = failed = 0
    for op in listed(found["missing"]):
        failed += 1
        print("%s: an operation without cases (tests/parity/cases.lua)" % op)
    for record in found["cases"]:
        case = Case(record, tensors)
        problem = check(case)
        passed += problem is None
        failed += problem is not None
        if problem:
            print("%s: %s" % (case, problem))
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
