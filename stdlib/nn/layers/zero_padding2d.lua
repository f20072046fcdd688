-- nn.ZeroPadding2D: a border of zeros around images.

local margins = require("nn.margins")

--- nn.ZeroPadding2D{padding=1, data_format=nil}
-- The image with a border of zeros: padding is one size for all sides, {rows,
-- columns} or {{top, bottom}, {left, right}}. (batch, h, w, channels) ->
-- (batch, top + h + bottom, left + w + right, channels); "channels_first":
-- channels as dim 2.
--   > nn.ZeroPadding2D{{1, 2}}(tensor.ones(1, 3, 3, 1)).shape
--   (1, 5, 7, 1)
local ZeroPadding2D = margins.padding("ZeroPadding2D", 2, 1)

return ZeroPadding2D
