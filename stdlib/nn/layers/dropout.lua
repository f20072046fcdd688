-- nn.Dropout: leaves out inputs at random while training.

local noise = require("nn.noise")
local options = require("options")

--- nn.Dropout{rate}
-- In training each element is 0 with probability `rate` (0 to below 1) and
-- otherwise x / (1 - rate); at inference y = x. Any shape -> the same shape.
-- (Srivastava and others, 2014.)
--   > nn.Dropout{0.5}(tensor({{4, 5}})):sum():item()
--   9.0
local Dropout = noise.class("Dropout", "rate", {
  {"rate", options.fraction, options.required},
}, function(self, x)
  return x * noise.keep(x, self.rate, x.shape)
end)

return Dropout
