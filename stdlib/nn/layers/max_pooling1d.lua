-- nn.MaxPooling1D: the greatest element of each window of a sequence.

local pooling = require("nn.pooling")

--- nn.MaxPooling1D{pool_size=2, strides=nil, padding="valid", ...}
-- The maximum over each window of each channel. (batch, n, channels) ->
-- (batch, n', channels), with n' as for nn.Conv1D; padding is "valid" or
-- "same" and never wins.
-- strides is pool_size unless given; data_format="channels_last".
--   > x = tensor({1, 5, 2, 4}):reshape(1, 4, 1)
--   > nn.MaxPooling1D{2}(x):flatten()
--   float32 (2)
--     5  4
local MaxPooling1D = pooling.windowed("MaxPooling1D", 1, "max_pool1d")

return MaxPooling1D
