-- nn.SpatialDropout2D: leaves out whole channels of images.

local noise = require("nn.noise")
local options = require("options")
local window = require("nn.window")

--- nn.SpatialDropout2D{rate, data_format=nil}
-- In training each channel of each sample is 0 everywhere with probability
-- `rate` (0 to below 1) and otherwise x / (1 - rate); at inference y = x. For
-- images whose neighbouring pixels are alike. (batch, h, w, channels), or
-- (batch, channels, h, w) with "channels_first" -> the same shape. (Tompson
-- and others, 2015.)
--   > nn.SpatialDropout2D{0.5}(tensor.ones(2, 3, 3, 4)):sum():item()
--   72.0
local SpatialDropout2D = noise.class("SpatialDropout2D", "rate", {
  {"rate", options.fraction, options.required},
  window.data_format_row,
}, function(self, x)
  local shape = {x.shape[1], 1, 1, x.shape[4]}
  if self.data_format == "channels_first" then
    shape = {x.shape[1], x.shape[2], 1, 1}
  end
  return x * noise.keep(x, self.rate, shape)
end)

function SpatialDropout2D:init()
  window.resolve_format(self)
end

function SpatialDropout2D:build(input_shape)
  if #input_shape ~= 3 then
    self:fail("needs images (batch, %s), got samples of shape %s",
      self.data_format == "channels_first" and "channels, height, width"
        or "height, width, channels", options.show(input_shape))
  end
end

return SpatialDropout2D
