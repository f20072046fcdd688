"""Layers that are no convolutions: see ../layers.py."""
import torch
import torch.nn.functional as F


def sparsemax(x):
    """Michelot's way: shift, leave out what falls below 0, again."""
    out = torch.ones_like(x, dtype=torch.bool)
    for _ in range(x.shape[-1]):
        kept = torch.where(out, x, torch.zeros_like(x))
        shift = (kept.sum(-1, keepdim=True) - 1) / out.sum(-1, keepdim=True)
        out = out & (x.detach() > shift.detach())
    return torch.relu(x - shift)


ACTIVATIONS = {
    None: lambda y: y,
    "linear": lambda y: y,
    "relu": torch.relu,
    "relu6": F.relu6,
    "leaky_relu": lambda y: F.leaky_relu(y, 0.2),
    "sigmoid": torch.sigmoid,
    "hard_sigmoid": lambda y: (0.2 * y + 0.5).clamp(0, 1),
    "tanh": torch.tanh,
    "exponential": torch.exp,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "softmax": lambda y: y.softmax(-1),
    "log_softmax": lambda y: y.log_softmax(-1),
    "celu": F.celu,
    "threshold": lambda y: F.threshold(y, 0, 0),
    "hard_shrink": F.hardshrink,
    "soft_shrink": F.softshrink,
    "tanh_shrink": F.tanhshrink,
    "squareplus": lambda y: (y + torch.sqrt(y * y + 4)) / 2,
    "log_sigmoid": F.logsigmoid,
    "hard_tanh": F.hardtanh,
    "hard_silu": F.hardswish,
    "sparsemax": sparsemax,
}


def dense(config, inputs, weights, training):
    y = inputs[0] @ weights["kernel"]
    if "bias" in weights:
        y = y + weights["bias"]
    return ACTIVATIONS[config.get("activation")](y)


def flatten(config, inputs, weights, training):
    x = inputs[0]
    if config.get("data_format") == "channels_first":
        x = x.movedim(1, -1)
    return x.flatten(1)


def reshape(config, inputs, weights, training):
    return inputs[0].reshape(inputs[0].shape[0], *config["target_shape"])


def permute(config, inputs, weights, training):
    return inputs[0].permute(0, *config["dims"])


def repeat_vector(config, inputs, weights, training):
    return torch.stack([inputs[0]] * config["n"], 1)


def embedding(config, inputs, weights, training):
    """A row of zeros in front stands for the padding."""
    table = weights["embeddings"]
    return F.embedding(inputs[0], torch.cat([table[:1] * 0, table]))


def masking(config, inputs, weights, training):
    return inputs[0] * (inputs[0] != 0).any(-1, keepdim=True)


def same(config, inputs, weights, training):
    return inputs[0] * 1


def activation(config, inputs, weights, training):
    return ACTIVATIONS[config["activation"]](inputs[0])


LAYERS = {
    "Dense": dense,
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "RepeatVector": repeat_vector,
    "Embedding": embedding,
    "Masking": masking,
    "Activation": activation,
    "ActivityRegularization": same,
    "Dropout": same,
    "SpatialDropout1D": same,
    "SpatialDropout2D": same,
    "GaussianNoise": same,
    "GaussianDropout": same,
}
