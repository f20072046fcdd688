"""Layers that are no convolutions: see ../layers.py."""
import torch

ACTIVATIONS = {None: lambda y: y, "tanh": torch.tanh}


def dense(config, inputs, weights, training):
    y = inputs[0] @ weights["kernel"]
    if "bias" in weights:
        y = y + weights["bias"]
    return ACTIVATIONS[config.get("activation")](y)


LAYERS = {
    "Dense": dense,
    "Flatten": lambda config, inputs, weights, training: inputs[0].flatten(1),
}
