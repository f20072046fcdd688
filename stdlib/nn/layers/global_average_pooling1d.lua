-- nn.GlobalAveragePooling1D: the mean of each channel of a sequence.

local pooling = require("nn.pooling")

--- nn.GlobalAveragePooling1D{data_format="channels_last", keepdims=false}
-- The mean of each channel. (batch, n, channels) -> (batch, channels), or
-- (batch, 1, channels) with keepdims; "channels_first": from (batch,
-- channels, n).
--   > x = tensor({{1, 9}, {5, 2}, {3, 4}}):reshape(1, 3, 2)
--   > nn.GlobalAveragePooling1D()(x)
--   float32 (1, 2)
--     3  5
local GlobalAveragePooling1D =
  pooling.global("GlobalAveragePooling1D", 1, "mean")

return GlobalAveragePooling1D
