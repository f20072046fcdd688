"""See ../layers.py."""
import torch.nn.functional as F


def batch_normalization(config, inputs, weights, training):
    x = inputs[0]
    axis = config.get("axis", -1)
    axis = axis - 1 if axis > 0 else axis
    x = x.movedim(axis, 1)
    mean, variance = weights["moving_mean"], weights["moving_variance"]
    epsilon = config.get("epsilon", 1e-3)
    y = F.batch_norm(
        x, None if training else mean.detach(),
        None if training else variance.detach(),
        weights.get("gamma"), weights.get("beta"), training, 0, epsilon
    ) if not training or x.numel() > x.shape[1] else (
        x * 0 + weights["beta"])
    if training:  # the variance that is kept divides by n
        rows = x.movedim(1, -1).reshape(-1, x.shape[1]).detach()
        momentum = config.get("momentum", 0.99)
        weights["moving_mean"] = (
            momentum * mean + (1 - momentum) * rows.mean(0))
        weights["moving_variance"] = (
            momentum * variance
            + (1 - momentum) * rows.var(0, unbiased=False))
    return y.movedim(1, axis)


def layer_normalization(config, inputs, weights, training):
    """torch takes the last dims: the others are moved to the front."""
    x = inputs[0]
    axes = config.get("axis", -1)
    axes = axes if isinstance(axes, list) else [axes]
    axes = sorted(a - 1 if a > 0 else x.dim() + a for a in axes)
    order = [d for d in range(x.dim()) if d not in axes] + axes
    moved = x.permute(order)
    y = F.layer_norm(moved, moved.shape[x.dim() - len(axes):],
                     weights.get("gamma"), weights.get("beta"),
                     config.get("epsilon", 1e-3))
    return y.permute([order.index(d) for d in range(x.dim())])


def group_normalization(config, inputs, weights, training):
    axis = config.get("axis", -1)
    axis = axis - 1 if axis > 0 else axis
    x = inputs[0].movedim(axis, 1)
    groups = config["groups"] if config["groups"] > 0 else x.shape[1]
    y = F.group_norm(x, groups, eps=config.get("epsilon", 1e-3))
    y = y.movedim(1, -1)
    y = y * weights.get("gamma", 1) + weights.get("beta", 0)
    return y.movedim(-1, axis)


LAYERS = {
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
}
