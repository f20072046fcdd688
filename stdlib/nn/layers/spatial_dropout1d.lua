-- nn.SpatialDropout1D: leaves out whole channels of sequences.

local noise = require("nn.noise")

--- nn.SpatialDropout1D{rate, data_format="channels_last"}
-- In training each channel of each sample is 0 in all steps with probability
-- `rate` (0 to below 1) and otherwise x / (1 - rate); at inference y = x. For
-- sequences whose neighbouring steps are alike. (batch, steps, channels), or
-- (batch, channels, steps) with "channels_first" -> the same shape. (Tompson
-- and others, 2015.)
--   > nn.SpatialDropout1D{0.5}(tensor.ones(2, 3, 4)):sum():item()
--   24.0
local SpatialDropout1D = noise.spatial_class("SpatialDropout1D", 1)

return SpatialDropout1D
