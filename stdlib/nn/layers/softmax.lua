-- nn.Softmax: positive numbers that sum to 1.

local Layer = require("nn.layer")
local options = require("options")

--- nn.Softmax{axis=-1}
-- y = exp(x) / sum(exp(x)) along dim `axis` (counted with the batch dim as
-- 1). Any shape -> the same shape.
--   > nn.Softmax()(tensor({{7, 7}})):totable()[1][1]
--   0.5
local Softmax = Layer:extend {
  class_name = "Softmax",
  inputs = 1,
  options = {
    {"axis", options.integer, -1},
  },
}

function Softmax:call(x)
  return x:softmax(self.axis)
end

function Softmax:compute_output_shape(input_shape)
  return input_shape
end

return Softmax
