-- nn.UpSampling1D: every position of a sequence several times.

local options = require("options")
local upsampling = require("nn.upsampling")
local window = require("nn.window")

--- nn.UpSampling1D{size=2, data_format="channels_last"}
-- Each position `size` times: (batch, n, channels) -> (batch, n * size,
-- channels).
--   > x = tensor({5, 6}):reshape(1, 2, 1)
--   > nn.UpSampling1D{3}(x):flatten()
--   float32 (6)
--     5  5  5  6  6  6
local UpSampling1D = upsampling("UpSampling1D", 1, {
  {"size", options.sizes(1), {2}},
  window.data_format_row(1),
})

return UpSampling1D
