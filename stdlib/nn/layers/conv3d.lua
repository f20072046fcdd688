-- nn.Conv3D: a bank of filters slid through volumes, or films.

local convolution = require("nn.convolution")

--- nn.Conv3D{filters, kernel_size, strides=1, padding="valid", ...}
-- y[i, j, k, f] = activation(sum over the window of x * kernel[.., f] +
-- bias[f]) (a cross-correlation). kernel_size, strides and dilation_rate are
-- one number or {depth, rows, columns}. kernel (depth, rows, columns,
-- channels / groups, filters) in both data formats.
-- (batch, d, h, w, channels) -> (batch, d', h', w', filters), with sizes as
-- for nn.Conv2D; "channels_first": channels as dim 2.
-- Further options: data_format=nil, dilation_rate=1, groups=1,
-- activation=nil, use_bias=true, kernel_initializer="glorot_uniform",
-- bias_initializer="zeros", kernel_regularizer, bias_regularizer,
-- kernel_constraint, bias_constraint, name, trainable, dtype, input_shape.
--   > nn.Conv3D{8, {1, 3, 3}}(tensor.zeros(2, 4, 5, 6, 1)).shape
--   (2, 4, 3, 4, 8)
local Conv3D = convolution.full("Conv3D", 3, "conv3d")

return Conv3D
