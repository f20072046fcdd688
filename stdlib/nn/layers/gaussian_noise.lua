-- nn.GaussianNoise: adds normal noise while training.

local noise = require("nn.noise")
local options = require("options")
local tensor = require("tensor")

--- nn.GaussianNoise{stddev}
-- In training y = x + n, n normal with mean 0 and standard deviation stddev,
-- drawn for each element; at inference y = x. Any shape -> the same shape.
--   > nn.GaussianNoise{0.5}(tensor({{4, 5}})):sum():item()
--   9.0
local GaussianNoise = noise.class("GaussianNoise", "stddev", {
  {"stddev", options.non_negative_number, options.required},
}, function(self, x)
  return x + tensor.randn_like(x):mul_(self.stddev)
end)

return GaussianNoise
