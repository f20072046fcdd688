-- nn.SeparableConv2D: over images, each channel first, then their sums.

local depthwise = require("nn.depthwise")

--- nn.SeparableConv2D{filters, kernel_size, strides=1, padding="valid", ...}
-- A depthwise convolution (see nn.DepthwiseConv2D), which makes
-- depth_multiplier channels of each, and a convolution of size 1 over these:
-- fewer weights and products than nn.Conv2D has. depthwise_kernel
-- (rows, columns, channels, depth_multiplier), pointwise_kernel
-- (1, 1, channels * depth_multiplier, filters), in both data formats.
-- (batch, h, w, channels) -> (batch, h', w', filters), with sizes as for
-- nn.Conv2D; "channels_first": channels as dim 2.
-- Further options: data_format=nil, dilation_rate=1, depth_multiplier=1,
-- activation=nil, use_bias=true, depthwise_initializer="glorot_uniform",
-- pointwise_initializer="glorot_uniform", bias_initializer="zeros", and for
-- each of the three X_regularizer and X_constraint, name, trainable, dtype,
-- input_shape. (Chollet, 2017.)
--   > layer = nn.SeparableConv2D{8, 3}
--   > layer(tensor.zeros(2, 5, 5, 4)).shape
--   (2, 3, 3, 8)
--   > layer:count_params()
--   76
local SeparableConv2D = depthwise.separable("SeparableConv2D", 2, "conv2d")

return SeparableConv2D
