-- nn.ActivityRegularization: large outputs cost.

local Layer = require("nn.layer")
local options = require("options")
local regularizers = require("nn.regularizers")

--- nn.ActivityRegularization{l1=0, l2=0}
-- y = x, and l1 * sum(|x|) + l2 * sum(x ^ 2), divided by the number of
-- samples, is part of the loss in fit and evaluate. Any shape -> the same
-- shape.
--   > nn.ActivityRegularization{l2=0.1}(tensor({{4, 5}})):sum():item()
--   9.0
local ActivityRegularization = Layer:extend {
  class_name = "ActivityRegularization",
  inputs = 1,
  supports_masking = true,
  options = {
    {"l1", options.non_negative_number, 0.0},
    {"l2", options.non_negative_number, 0.0},
  },
}

function ActivityRegularization:init()
  if self.l1 > 0 or self.l2 > 0 then
    self.activity_regularizer = regularizers.L1L2 {l1 = self.l1, l2 = self.l2}
  end
end

function ActivityRegularization:call(x)
  return x
end

function ActivityRegularization:compute_output_shape(input_shape)
  return input_shape
end

return ActivityRegularization
