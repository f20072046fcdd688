-- nn.MaxPooling2D: the greatest element of each window of an image.

local pooling = require("nn.pooling")

--- nn.MaxPooling2D{pool_size=2, strides=nil, padding="valid", ...}
-- The maximum over each window of each channel; sizes are one number or
-- {rows, columns}. (batch, h, w, channels) -> (batch, h', w', channels), with
-- h' as for nn.Conv2D. Padding never wins.
-- strides is pool_size unless given; data_format=nil.
--   > x = tensor.arange(16):reshape(1, 4, 4, 1):float()
--   > nn.MaxPooling2D{2}(x):flatten():totable()[1]
--   6.0
local MaxPooling2D = pooling.windowed("MaxPooling2D", 2, "max_pool2d")

return MaxPooling2D
