-- nn.AveragePooling3D: the mean of each window of a volume.

local pooling = require("nn.pooling")

--- nn.AveragePooling3D{pool_size=2, strides=nil, padding="valid", ...}
-- The mean over each window of each channel, padding not counted; sizes are
-- one number or {depth, rows, columns}. (batch, d, h, w, channels) ->
-- (batch, d', h', w', channels), with sizes as for nn.Conv2D.
-- strides is pool_size unless given; data_format=nil.
--   > x = tensor.arange(8):reshape(1, 2, 2, 2, 1)
--   > nn.AveragePooling3D()(x):item()
--   4.5
local AveragePooling3D =
  pooling.windowed("AveragePooling3D", 3, "avg_pool3d")

return AveragePooling3D
