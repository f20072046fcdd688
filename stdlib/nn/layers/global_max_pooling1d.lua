-- nn.GlobalMaxPooling1D: the greatest element of each channel of a sequence.

local pooling = require("nn.pooling")

--- nn.GlobalMaxPooling1D{data_format="channels_last", keepdims=false}
-- The maximum of each channel. (batch, n, channels) -> (batch, channels), or
-- (batch, 1, channels) with keepdims; "channels_first": from (batch,
-- channels, n).
--   > x = tensor({{1, 9}, {5, 2}, {3, 4}}):reshape(1, 3, 2)
--   > nn.GlobalMaxPooling1D()(x)
--   float32 (1, 2)
--     5  9
local GlobalMaxPooling1D = pooling.global("GlobalMaxPooling1D", 1, "amax")

return GlobalMaxPooling1D
