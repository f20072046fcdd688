-- nn.ELU: the exponential linear unit.

local elementwise = require("nn.elementwise")
local options = require("options")

--- nn.ELU{alpha=1}
-- y = x where x > 0, else alpha (exp(x) - 1). Any shape -> the same shape.
-- (Clevert and others, 2016.)
--   > nn.ELU()(tensor({{-1, 5}}))
--   float32 (1, 2)
--     -0.6321   5.0000
local ELU = elementwise("ELU", {
  {"alpha", options.number, 1.0},
}, function(self, x)
  return x:elu(self.alpha)
end)

return ELU
