-- nn.Cropping2D: takes the borders of images away.

local margins = require("nn.margins")

--- nn.Cropping2D{cropping=0, data_format=nil}
-- The image without its borders: cropping is one size for all sides, {rows,
-- columns} or {{top, bottom}, {left, right}}. (batch, h, w, channels) ->
-- (batch, h - top - bottom, w - left - right, channels), of which at least
-- one pixel must be left; "channels_first": channels as dim 2.
--   > x = tensor.zeros(1, 8, 8, 3)
--   > nn.Cropping2D{{{1, 2}, {0, 3}}}(x).shape
--   (1, 5, 5, 3)
local Cropping2D = margins.cropping("Cropping2D", 2, 0)

return Cropping2D
