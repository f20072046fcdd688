-- nn.GlobalMaxPooling2D: the greatest element of each channel of an image.

local pooling = require("nn.pooling")

--- nn.GlobalMaxPooling2D{data_format=nil, keepdims=false}
-- The maximum of each channel. (batch, h, w, channels) -> (batch, channels),
-- or (batch, 1, 1, channels) with keepdims; "channels_first": from (batch,
-- channels, h, w).
--   > x = tensor.arange(8):reshape(1, 2, 2, 2)
--   > nn.GlobalMaxPooling2D()(x):totable()[1][2]
--   8
local GlobalMaxPooling2D = pooling.global("GlobalMaxPooling2D", 2, "amax")

return GlobalMaxPooling2D
