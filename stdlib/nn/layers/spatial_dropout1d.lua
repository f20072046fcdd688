-- nn.SpatialDropout1D: leaves out whole channels of sequences.

local noise = require("nn.noise")
local options = require("options")

--- nn.SpatialDropout1D{rate}
-- In training each channel of each sample is 0 in all steps with probability
-- `rate` (0 to below 1) and otherwise x / (1 - rate); at inference y = x. For
-- sequences whose neighbouring steps are alike. (batch, steps, channels) ->
-- the same shape. (Tompson and others, 2015.)
--   > nn.SpatialDropout1D{0.5}(tensor.ones(2, 3, 4)):sum():item()
--   24.0
local SpatialDropout1D = noise.class("SpatialDropout1D", "rate", {
  {"rate", options.fraction, options.required},
}, function(self, x)
  return x * noise.keep(x, self.rate, {x.shape[1], 1, x.shape[3]})
end)

function SpatialDropout1D:build(input_shape)
  if #input_shape ~= 2 then
    self:fail("needs sequences (batch, steps, channels), got samples of "
      .. "shape %s", options.show(input_shape))
  end
end

return SpatialDropout1D
