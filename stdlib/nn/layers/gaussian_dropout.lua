-- nn.GaussianDropout: multiplies with normal noise while training.

local noise = require("nn.noise")
local options = require("options")
local tensor = require("tensor")

--- nn.GaussianDropout{rate}
-- In training y = x n, n normal with mean 1 and variance rate / (1 - rate),
-- the variance that Dropout has; drawn for each element. At inference y = x.
-- rate is 0 to below 1. Any shape -> the same shape. (Srivastava and others,
-- 2014.)
--   > nn.GaussianDropout{0.5}(tensor({{4, 5}})):sum():item()
--   9.0
local GaussianDropout = noise.class("GaussianDropout", "rate", {
  {"rate", options.fraction, options.required},
}, function(self, x)
  local deviation = math.sqrt(self.rate / (1 - self.rate))
  return x * tensor.randn_like(x):mul_(deviation):add_(1)
end)

return GaussianDropout
