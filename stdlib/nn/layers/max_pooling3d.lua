-- nn.MaxPooling3D: the greatest element of each window of a volume.

local pooling = require("nn.pooling")

--- nn.MaxPooling3D{pool_size=2, strides=nil, padding="valid", ...}
-- The maximum over each window of each channel; sizes are one number or
-- {depth, rows, columns}. (batch, d, h, w, channels) -> (batch, d', h', w',
-- channels), with sizes as for nn.Conv2D. Padding never wins.
-- strides is pool_size unless given; data_format=nil.
--   > x = tensor.arange(8):reshape(1, 2, 2, 2, 1)
--   > nn.MaxPooling3D()(x):item()
--   8.0
local MaxPooling3D = pooling.windowed("MaxPooling3D", 3, "max_pool3d")

return MaxPooling3D
