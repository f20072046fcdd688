"""See ../layers.py."""
import math

import torch
import torch.nn.functional as F


def relu(config, inputs, weights, training):
    x = inputs[0]
    threshold = config.get("threshold", 0)
    y = torch.where(x >= threshold, x,
                    config.get("negative_slope", 0) * (x - threshold))
    most = config.get("max_value")
    return y if most is None else y.clamp(max=most)


def leaky_relu(config, inputs, weights, training):
    return F.leaky_relu(inputs[0], config.get("alpha", 0.3))


def prelu(config, inputs, weights, training):
    x = inputs[0]
    return torch.where(x > 0, x, weights["alpha"] * x)


def rrelu(config, inputs, weights, training):
    return F.rrelu(inputs[0], config.get("lower", 1 / 8),
                   config.get("upper", 1 / 3), training)


def elu(config, inputs, weights, training):
    return F.elu(inputs[0], config.get("alpha", 1))


def thresholded_relu(config, inputs, weights, training):
    return F.threshold(inputs[0], config.get("theta", 1), 0)


def softmax(config, inputs, weights, training):
    x = inputs[0]
    axis = config.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    axes = [a - 1 if a > 0 else a for a in axes]
    powers = x.exp()
    return powers / powers.sum(axes, keepdim=True)


def maxout(config, inputs, weights, training):
    y = inputs[0] @ weights["kernel"]
    if "bias" in weights:
        y = y + weights["bias"]
    pieces = config.get("pieces", 2)
    return torch.stack([y[..., p::pieces] for p in range(pieces)]).amax(0)


def attention_head(q, k, v, mask):
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    return scores.softmax(-1) @ v


def multi_head_attention(config, inputs, weights, training):
    """One head after the other."""
    query, value = inputs[:2]
    key = inputs[2] if len(inputs) > 2 else value
    count = config["num_heads"]
    call = config.get("call") or {}
    mask = None
    if "attention_mask" in call:
        mask = torch.tensor(call["attention_mask"]) != 0
    if call.get("use_causal_mask"):
        causal = torch.ones(query.shape[1], key.shape[1]).tril() != 0
        mask = causal if mask is None else mask & causal

    def product(name, x):
        y = x @ weights[name + "_kernel"]
        bias = weights.get(name + "_bias")
        return y if bias is None else y + bias

    parts = [product(name, x).chunk(count, -1) for name, x in
             (("query", query), ("key", key), ("value", value))]
    heads = [attention_head(q, k, v, mask) for q, k, v in zip(*parts)]
    return product("output", torch.cat(heads, -1))


LAYERS = {
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "PReLU": prelu,
    "RReLU": rrelu,
    "ELU": elu,
    "ThresholdedReLU": thresholded_relu,
    "Softmax": softmax,
    "Maxout": maxout,
    "MultiHeadAttention": multi_head_attention,
}
