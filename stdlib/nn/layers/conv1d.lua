-- nn.Conv1D: a bank of filters slid along sequences.

local convolution = require("nn.convolution")

--- nn.Conv1D{filters, kernel_size, strides=1, padding="valid", ...}
-- y[i, f] = activation(sum over the window of x * kernel[.., f] + bias[f]) (a
-- cross-correlation). kernel (kernel_size, channels / groups, filters).
-- (batch, n, channels) -> (batch, n', filters), where n' is
-- (n - dilation_rate * (kernel_size - 1) - 1) // strides + 1 for padding
-- "valid" and ceil(n / strides) for "same", with zeros at both ends, and
-- "causal", with zeros in front alone: no output depends on what comes later.
-- Further options: data_format="channels_last" ("channels_first": (batch,
-- channels, n)), dilation_rate=1, groups=1, activation=nil, use_bias=true,
-- kernel_initializer="glorot_uniform", bias_initializer="zeros",
-- kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint,
-- name, trainable, dtype, input_shape.
--   > nn.Conv1D{8, 3, dilation_rate=2}(tensor.zeros(2, 10, 4)).shape
--   (2, 6, 8)
--   > nn.Conv1D{8, 3, padding="causal"}(tensor.zeros(2, 10, 4)).shape
--   (2, 10, 8)
local Conv1D = convolution.full("Conv1D", 1, "conv1d")

return Conv1D
