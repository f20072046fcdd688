-- nn.DepthwiseConv2D: kernels of its own for each channel of images.

local depthwise = require("nn.depthwise")

--- nn.DepthwiseConv2D{kernel_size, strides=1, padding="valid", ...}
-- Slides depth_multiplier kernels over each channel by itself; channel
-- (c - 1) * depth_multiplier + m of the result is activation(sum over the
-- window of x[.., c] * depthwise_kernel[.., c, m] + bias). depthwise_kernel
-- (rows, columns, channels, depth_multiplier) in both data formats.
-- (batch, h, w, channels) -> (batch, h', w', channels * depth_multiplier),
-- with sizes as for nn.Conv2D; "channels_first": channels as dim 2.
-- Further options: depth_multiplier=1, data_format=nil, dilation_rate=1,
-- activation=nil, use_bias=true, depthwise_initializer="glorot_uniform",
-- bias_initializer="zeros", depthwise_regularizer, bias_regularizer,
-- depthwise_constraint, bias_constraint, name, trainable, dtype, input_shape.
-- (Sifre, 2014.)
--   > layer = nn.DepthwiseConv2D{3, depth_multiplier=2}
--   > layer(tensor.zeros(1, 5, 5, 4)).shape
--   (1, 3, 3, 8)
--   > layer.depthwise_kernel.shape
--   (3, 3, 4, 2)
local DepthwiseConv2D = depthwise.class("DepthwiseConv2D", 2, "conv2d")

return DepthwiseConv2D
