-- nn.UpSampling2D: images made larger by whole factors.

local options = require("options")
local upsampling = require("nn.upsampling")
local window = require("nn.window")

--- nn.UpSampling2D{size=2, data_format=nil, interpolation="nearest"}
-- The image `size` times as large, one number or {rows, columns}: each pixel
-- so often ("nearest"), or between the four neighbours by distance, with
-- pixels as areas whose centres count ("bilinear", see tensor.interpolate).
-- (batch, h, w, channels) -> (batch, h * rows, w * columns, channels);
-- "channels_first": channels as dim 2.
--   > x = tensor({1, 2}):reshape(1, 1, 2, 1)
--   > nn.UpSampling2D{{1, 2}}(x):flatten()
--   float32 (4)
--     1  1  2  2
--   > nn.UpSampling2D{{1, 2}, interpolation="bilinear"}(x):flatten()
--   float32 (4)
--     1.0000  1.2500  1.7500  2.0000
local UpSampling2D = upsampling("UpSampling2D", 2, {
  {"size", options.sizes(2), {2, 2}},
  window.data_format_row(2),
  {"interpolation", options.one_of {"nearest", "bilinear"}, "nearest"},
})

return UpSampling2D
