-- nn.SpatialDropout2D: leaves out whole channels of images.

local noise = require("nn.noise")

--- nn.SpatialDropout2D{rate, data_format=nil}
-- In training each channel of each sample is 0 everywhere with probability
-- `rate` (0 to below 1) and otherwise x / (1 - rate); at inference y = x. For
-- images whose neighbouring pixels are alike. (batch, h, w, channels), or
-- (batch, channels, h, w) with "channels_first" -> the same shape. (Tompson
-- and others, 2015.)
--   > nn.SpatialDropout2D{0.5}(tensor.ones(2, 3, 3, 4)):sum():item()
--   72.0
local SpatialDropout2D = noise.spatial_class("SpatialDropout2D", 2)

return SpatialDropout2D
