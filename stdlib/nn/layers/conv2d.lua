-- nn.Conv2D: a bank of filters slid over images.

local convolution = require("nn.convolution")

--- nn.Conv2D{filters, kernel_size, strides=1, padding="valid", ...}
-- y[i, j, f] = activation(sum over the window of x * kernel[.., f] + bias[f])
-- (a cross-correlation). kernel_size, strides and dilation_rate are one number
-- or {rows, columns}. kernel (rows, columns, channels / groups, filters) in
-- both data formats.
-- (batch, h, w, channels) -> (batch, h', w', filters), where h' is
-- (h - dilation * (rows - 1) - 1) // stride + 1 for padding "valid" and
-- ceil(h / stride) for "same"; "channels_first": channels as dim 2.
-- Further options: data_format=nil, dilation_rate=1, groups=1,
-- activation=nil, use_bias=true, kernel_initializer="glorot_uniform",
-- bias_initializer="zeros", kernel_regularizer, bias_regularizer,
-- kernel_constraint, bias_constraint, name, trainable, dtype, input_shape.
--   > nn.Conv2D{8, 3, padding="same"}(tensor.zeros(2, 5, 5, 1)).shape
--   (2, 5, 5, 8)
local Conv2D = convolution.full("Conv2D", 2, "conv2d")

return Conv2D
