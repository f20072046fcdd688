-- nn.ReLU: the rectifier, with its variations.

local activations = require("nn.activations")
local elementwise = require("nn.elementwise")
local options = require("options")

--- nn.ReLU{max_value=nil, negative_slope=0, threshold=0}
-- y = max_value where x >= max_value, x from threshold to there, and
-- negative_slope * (x - threshold) below threshold. Any shape -> the same
-- shape. (Nair and Hinton, 2010.)
--   > nn.ReLU{6, threshold=1}(tensor({{-4, 0.5, 5, 8}}))
--   float32 (1, 4)
--     0  0  5  6
local ReLU = elementwise("ReLU", {
  {"max_value", options.non_negative_number},
  {"negative_slope", options.non_negative_number, 0.0},
  {"threshold", options.non_negative_number, 0.0},
}, function(self, x)
  return activations.relu(x, self.negative_slope, self.max_value,
    self.threshold)
end)

return ReLU
