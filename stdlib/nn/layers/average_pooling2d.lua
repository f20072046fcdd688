-- nn.AveragePooling2D: the mean of each window of an image.

local pooling = require("nn.pooling")

--- nn.AveragePooling2D{pool_size=2, strides=nil, padding="valid", ...}
-- The mean over each window of each channel, padding not counted; sizes are
-- one number or {rows, columns}. (batch, h, w, channels) ->
-- (batch, h', w', channels), with h' as for nn.Conv2D.
-- strides is pool_size unless given; data_format=nil.
--   > x = tensor.arange(16):reshape(1, 4, 4, 1):float()
--   > nn.AveragePooling2D{2}(x):flatten():totable()[1]
--   3.5
local AveragePooling2D =
  pooling.windowed("AveragePooling2D", 2, "avg_pool2d")

return AveragePooling2D
