-- nn.GlobalAveragePooling2D: the mean of each channel of an image.

local pooling = require("nn.pooling")

--- nn.GlobalAveragePooling2D{data_format=nil, keepdims=false}
-- The mean of each channel. (batch, h, w, channels) -> (batch, channels), or
-- (batch, 1, 1, channels) with keepdims; "channels_first": from (batch,
-- channels, h, w). (Lin and others, 2013.)
--   > x = tensor.arange(8):reshape(1, 2, 2, 2)
--   > nn.GlobalAveragePooling2D()(x):totable()[1][2]
--   5.0
local GlobalAveragePooling2D =
  pooling.global("GlobalAveragePooling2D", 2, "mean")

return GlobalAveragePooling2D
