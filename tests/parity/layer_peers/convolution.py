"""Convolution, pooling and what else works on sequences, images and volumes:
see ../layers.py.

Everything is done with the channels first, as PyTorch has them, and turned
round where the layer has them last.
"""
import torch
from torch.nn import functional as F

from peers.convolution_nd import (each, extents, margins_of, padded,
                                   unless_empty)

ACTIVATIONS = {None: lambda y: y, "tanh": torch.tanh}
CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
MEANS = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
MAXIMA = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


def layer(axes):
    """From f(x, config, weights), which sees the channels first."""
    def decorate(f):
        def run(config, inputs, weights, training):
            x = inputs[0]
            if config.get("data_format") == "channels_first":
                return f(x, config, weights)
            y = f(x.movedim(-1, 1), config, weights)
            return y.movedim(1, -1)
        return run
    return decorate


def option(config, name, axes, default=1):
    return each(config.get(name, default), axes)


def finish(y, config, weights, axes):
    if "bias" in weights:
        y = y + weights["bias"].reshape([-1] + [1] * axes)
    return ACTIVATIONS[config.get("activation")](y)


def slide(x, kernel, config, groups, axes):
    """A kernel (sizes, channels in, channels out), by the options."""
    strides = option(config, "strides", axes)
    dilation = option(config, "dilation_rate", axes)
    margins = margins_of(config.get("padding", "valid"), x.shape[2:],
                         extents(kernel, dilation), strides)
    return CONVOLUTIONS[axes](padded(x, margins),
                              kernel.movedim(-1, 0).movedim(-1, 1), None,
                              strides, 0, dilation, groups)


def convolution(axes):
    return layer(axes)(unless_empty(lambda x, config, weights: finish(
        slide(x, weights["kernel"], config, config.get("groups", 1), axes),
        config, weights, axes)))


def by_channel(x, config, weights, axes):
    """Each channel with kernels of its own, by one convolution a channel."""
    kernel = weights["depthwise_kernel"]
    return torch.cat([
        slide(x[:, c:c + 1], kernel[..., c:c + 1, :], config, 1, axes)
        for c in range(x.shape[1])], 1)


def depthwise(axes):
    return layer(axes)(lambda x, config, weights: finish(
        by_channel(x, config, weights, axes), config, weights, axes))


def separable(axes):
    @layer(axes)
    def run(x, config, weights):
        y = by_channel(x, config, weights, axes)
        pointwise = weights["pointwise_kernel"].flatten(0, axes)
        y = torch.einsum("bc...,cf->bf...", y, pointwise)
        return finish(y, config, weights, axes)
    return run


@layer(2)
def conv2d_transpose(x, config, weights):
    """Keras's sizes: what PyTorch gives as a whole, filled up or cut."""
    kernel = weights["kernel"]
    strides = option(config, "strides", 2)
    dilation = option(config, "dilation_rate", 2)
    same = config.get("padding") == "same"
    extra = config.get("output_padding")
    whole = F.conv_transpose2d(x, kernel.permute(3, 2, 0, 1), None, strides,
                               0, 0, 1, dilation)
    margins = []
    for k, reach in enumerate(extents(kernel, dilation)):
        n, least = x.shape[2 + k], whole.shape[2 + k]
        if extra is not None:
            due = least - (reach // 2 * 2 if same else 0) + each(extra, 2)[k]
        else:
            due = n * strides[k] if same else max(least, n * strides[k])
        front = max(least - due, 0) // 2 if same else 0
        margins.append((-front, due - (least - front)))
    return finish(padded(whole, margins), config, weights, 2)


def margins(axes, name, default, sign):
    """Of a size, sizes for each axis or pairs: {before, after}."""
    @layer(axes)
    def run(x, config, weights):
        sizes = config.get(name, default)
        sizes = [sizes] if axes == 1 else each(sizes, axes)
        pairs = [each(size, 2) for size in sizes]
        return padded(x, [(sign * a, sign * b) for a, b in pairs])
    return run


def upsampling(axes):
    @layer(axes)
    def run(x, config, weights):
        size = option(config, "size", axes, 2)
        if config.get("interpolation") == "bilinear":
            return F.interpolate(x, scale_factor=size, mode="bilinear")
        for k in range(axes):
            x = x.repeat_interleave(size[k], 2 + k)
        return x
    return run


def pooling(axes, mean):
    @layer(axes)
    def run(x, config, weights):
        size = option(config, "pool_size", axes, 2)
        strides = option(config, "strides", axes, size)
        margins = margins_of(config.get("padding", "valid"), x.shape[2:],
                             size, strides)
        if not mean:
            return MAXIMA[axes](padded(x, margins, float("-inf")), size,
                                strides)
        share = MEANS[axes](padded(torch.ones_like(x), margins), size, strides)
        return MEANS[axes](padded(x, margins), size, strides) / share
    return run


def whole(axes, reduce):
    def run(config, inputs, weights, training):
        first = config.get("data_format") == "channels_first"
        dims = list(range(2, 2 + axes) if first else range(1, 1 + axes))
        return reduce(inputs[0], dims, config.get("keepdims", False))
    return run


LAYERS = {
    "Conv1D": convolution(1),
    "Conv2D": convolution(2),
    "Conv3D": convolution(3),
    "DepthwiseConv2D": depthwise(2),
    "SeparableConv1D": separable(1),
    "SeparableConv2D": separable(2),
    "Conv2DTranspose": conv2d_transpose,
    "Cropping1D": margins(1, "cropping", 1, -1),
    "Cropping2D": margins(2, "cropping", 0, -1),
    "ZeroPadding1D": margins(1, "padding", 1, 1),
    "ZeroPadding2D": margins(2, "padding", 1, 1),
    "UpSampling1D": upsampling(1),
    "UpSampling2D": upsampling(2),
    "MaxPooling1D": pooling(1, False),
    "MaxPooling2D": pooling(2, False),
    "MaxPooling3D": pooling(3, False),
    "AveragePooling1D": pooling(1, True),
    "AveragePooling2D": pooling(2, True),
    "AveragePooling3D": pooling(3, True),
    "GlobalMaxPooling1D": whole(1, torch.amax),
    "GlobalMaxPooling2D": whole(2, torch.amax),
    "GlobalAveragePooling1D": whole(1, torch.mean),
    "GlobalAveragePooling2D": whole(2, torch.mean),
}
