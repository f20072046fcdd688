"""Compares optimisers with PyTorch and with Keras's formulas.

optimisers.py FOLDER reads what optimisers.lua left there, and makes the same
steps again: with torch.optim where it has the same formula, else with that of
Keras's documentation written out in NumPy; to 1e-5 in float32 and 1e-10 in
float64.
"""
import json
import os
import sys

import numpy
import torch

from check import listed, read_safetensors
from layers import TOLERANCE, far, named


# Formulas: (w, g, t, s, o) -> w after step t; s keeps what is remembered.

def adagrad(w, g, t, s, o):
    a = s["a"] = s.get("a", o.get("initial_accumulator_value", 0.1)) + g * g
    return w - o["lr"] * g / numpy.sqrt(a + o["epsilon"])


def rmsprop(w, g, t, s, o):
    rho = o.get("rho", 0.9)
    a = s["a"] = rho * s.get("a", 0) + (1 - rho) * g * g
    if o.get("centered"):
        m = s["m"] = rho * s.get("m", 0) + (1 - rho) * g
        a = a - m * m
    d = o["lr"] * g / numpy.sqrt(a + o["epsilon"])
    v = s["v"] = o.get("momentum", 0) * s.get("v", 0) + d
    return w - v


def moments(g, s, o):
    b1, b2 = o.get("beta_1", 0.9), o.get("beta_2", 0.999)
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
    return s["m"], s["v"], b1, b2


def adam(w, g, t, s, o):
    m, v, b1, b2 = moments(g, s, o)
    if o.get("amsgrad"):
        v = s["most"] = numpy.maximum(s.get("most", 0), v)
    rate = o["lr"] * numpy.sqrt(1 - b2 ** t) / (1 - b1 ** t)
    return w - rate * m / (numpy.sqrt(v) + o["epsilon"])


def adamw(w, g, t, s, o):
    w = w - o["lr"] * o.get("weight_decay", 0.004) * w
    return adam(w, g, t, s, o)


def adamax(w, g, t, s, o):
    m, _, b1, b2 = moments(g, s, o)
    u = s["u"] = numpy.maximum(b2 * s.get("u", 0), numpy.abs(g))
    return w - o["lr"] / (1 - b1 ** t) * m / (u + o["epsilon"])


def nadam(w, g, t, s, o):
    """Keras's and Dozat's; PyTorch 1.13's counts a factor twice."""
    m, v, b1, b2 = moments(g, s, o)

    def beta(step):
        return b1 * (1 - 0.5 * 0.96 ** (step * o.get("schedule_decay", 0.004)))

    product = s["product"] = s.get("product", 1) * beta(t)
    ahead = (beta(t + 1) * m / (1 - product * beta(t + 1))
             + (1 - beta(t)) * g / (1 - product))
    return w - o["lr"] * ahead / (numpy.sqrt(v / (1 - b2 ** t)) + o["epsilon"])


FORMULAS = {"Adagrad": adagrad, "RMSprop": rmsprop, "Adam": adam,
            "AdamW": adamw, "Adamax": adamax, "Nadam": nadam}
LR = {"SGD": 0.01, "LBFGS": 1.0}
TORCH = {
    "SGD": lambda p, o: torch.optim.SGD(
        p, o["lr"], o.get("momentum", 0), nesterov=o.get("nesterov", False)),
    "Adadelta": lambda p, o: torch.optim.Adadelta(
        p, o["lr"], o.get("rho", 0.95), o["epsilon"]),
    "LBFGS": lambda p, o: torch.optim.LBFGS(
        p, o["lr"], o.get("max_iter", 20),
        history_size=o.get("history_size", 100),
        line_search_fn=None if "line_search" in o else "strong_wolfe"),
}


def clipped(gradients, o):
    """As Keras does, all the ways in turn."""
    if "clipnorm" in o:
        gradients = [g * min(1, o["clipnorm"] / max(1e-300, g.norm().item()))
                     for g in gradients]
    if "global_clipnorm" in o:
        norm = sum(g.norm().item() ** 2 for g in gradients) ** 0.5
        share = min(1, o["global_clipnorm"] / max(1e-300, norm))
        gradients = [g * share for g in gradients]
    if "clipvalue" in o:
        limit = o["clipvalue"]
        gradients = [g.clamp(-limit, limit) for g in gradients]
    return gradients


def rosenbrock(x):
    return ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum()


def minimise(record, params, o):
    optimiser = TORCH["LBFGS"](params, o)

    def closure():
        optimiser.zero_grad()
        loss = rosenbrock(params[0])
        loss.backward()
        return loss

    for _ in range(record["steps"]):
        optimiser.step(closure)


def step_by_formula(name, params, gradients, t, states, o):
    for p, g, state in zip(params, gradients, states):
        w = FORMULAS[name](p.detach().numpy(), g.numpy(), t, state, o)
        p.data = torch.as_tensor(w)


def steps(record, tensors, params, o):
    name, rates = record["optimiser"], listed(record["rates"])
    optimiser = TORCH[name](params, o) if name in TORCH else None
    states = [{} for _ in params]
    for t in range(1, record["steps"] + 1):
        if rates:
            o["lr"] = rates[t - 1]
        gradients = clipped(
            [tensors[names[t - 1]].double() / record["batch_size"]
             for names in record["gradients"]], o)
        if name != "AdamW":
            gradients = [g + o.get("weight_decay", 0) * p.detach()
                         for g, p in zip(gradients, params)]
        if optimiser is None:
            step_by_formula(name, params, gradients, t, states, o)
            continue
        for group in optimiser.param_groups:
            group["lr"] = o["lr"]
        for p, g in zip(params, gradients):
            p.grad = g
        optimiser.step()


def compare(record, tensors):
    """What is wrong with a case, or None."""
    if "error" in record:
        return record["error"]
    o = {"lr": LR.get(record["optimiser"], 0.001), "epsilon": 1e-7}
    o.update(named(record["config"]))
    exact = record["optimiser"] != "LBFGS"
    params = [tensors[name].clone() for name in record["begin"]]
    params = [(p.double() if exact else p).requires_grad_() for p in params]
    if exact:
        steps(record, tensors, params, o)
    else:
        minimise(record, params, o)
    # Other searches take other ways to the same place.
    tolerance = 1e-3 if record["minimum"] else TOLERANCE[record["dtype"]]
    for k, (name, p) in enumerate(zip(record["after"], params)):
        problem = far(tensors[name], p, tolerance)
        if problem:
            return "parameter %d %s" % (k + 1, problem)
    return None


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "optimisers.json")) as file:
        records = json.load(file)["cases"]
    tensors = read_safetensors(os.path.join(folder, "optimisers.safetensors"))
    failed = 0
    for record in records:
        problem = compare(record, tensors)
        if problem:
            failed += 1
            print("%s %s, %s: %s" % (
                record["optimiser"], record["dtype"],
                json.dumps(record["config"]), problem))
    print("optimisers: %d passed, %d failed" % (
        len(records) - failed, failed))
    sys.exit(1 if failed or not records else 0)


if __name__ == "__main__":
    main()
