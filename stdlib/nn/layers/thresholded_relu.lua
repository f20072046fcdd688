-- nn.ThresholdedReLU: only what is large passes.

local elementwise = require("nn.elementwise")
local options = require("options")

--- nn.ThresholdedReLU{theta=1}
-- y = x where x > theta, else 0. Any shape -> the same shape. (Konda and
-- others, 2015.)
--   > nn.ThresholdedReLU{2}(tensor({{1, 2, 3}}))
--   float32 (1, 3)
--     0  0  3
local ThresholdedReLU = elementwise("ThresholdedReLU", {
  {"theta", options.non_negative_number, 1.0},
}, function(self, x)
  return x:masked_fill(x:le(self.theta), 0)
end)

return ThresholdedReLU
