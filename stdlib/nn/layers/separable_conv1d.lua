-- nn.SeparableConv1D: along sequences, each channel first, then their sums.

local depthwise = require("nn.depthwise")

--- nn.SeparableConv1D{filters, kernel_size, strides=1, padding="valid", ...}
-- A depthwise convolution (see nn.DepthwiseConv2D), which makes
-- depth_multiplier channels of each, and a convolution of size 1 over these:
-- fewer weights and products than nn.Conv1D has. depthwise_kernel
-- (kernel_size, channels, depth_multiplier), pointwise_kernel
-- (1, channels * depth_multiplier, filters).
-- (batch, n, channels) -> (batch, n', filters), with n' and padding
-- ("valid", "same", "causal") as for nn.Conv1D.
-- Further options: data_format="channels_last", dilation_rate=1,
-- depth_multiplier=1, activation=nil, use_bias=true,
-- depthwise_initializer="glorot_uniform",
-- pointwise_initializer="glorot_uniform", bias_initializer="zeros", and for
-- each of the three X_regularizer and X_constraint, name, trainable, dtype,
-- input_shape. (Chollet, 2017.)
--   > layer = nn.SeparableConv1D{8, 3}
--   > layer(tensor.zeros(2, 10, 4)).shape
--   (2, 8, 8)
--   > layer:count_params()
--   52
local SeparableConv1D = depthwise.separable("SeparableConv1D", 1, "conv1d")

return SeparableConv1D
