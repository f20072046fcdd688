-- nn.AveragePooling1D: the mean of each window of a sequence.

local pooling = require("nn.pooling")

--- nn.AveragePooling1D{pool_size=2, strides=nil, padding="valid", ...}
-- The mean over each window of each channel, padding not counted. (batch, n,
-- channels) -> (batch, n', channels), with n' as for nn.Conv1D; padding is
-- "valid" or "same".
-- strides is pool_size unless given; data_format="channels_last".
--   > x = tensor({1, 5, 2, 4}):reshape(1, 4, 1)
--   > nn.AveragePooling1D{2, 1}(x):flatten()
--   float32 (3)
--     3.0000  3.5000  3.0000
local AveragePooling1D =
  pooling.windowed("AveragePooling1D", 1, "avg_pool1d")

return AveragePooling1D
