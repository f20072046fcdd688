-- nn.RepeatVector: a vector as every step of a sequence.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local options = require("options")

--- nn.RepeatVector{n}
-- Each sample n times: (batch, features) -> (batch, n, features).
--   > nn.RepeatVector{3}(tensor({{7, 8}}))
--   float32 (1, 3, 2)
--   (1, :, :)
--     7  8
--     7  8
--     7  8
local RepeatVector = Layer:extend {
  class_name = "RepeatVector",
  inputs = 1,
  options = {
    {"n", options.positive_integer, options.required},
  },
}

function RepeatVector:compute_output_shape(input_shape)
  if #input_shape ~= 1 then
    self:fail("needs vectors (batch, features), got %s",
      graph.shape_text(input_shape))
  end
  return {self.n, input_shape[1]}
end
RepeatVector.build = RepeatVector.compute_output_shape

function RepeatVector:call(x)
  self:compute_output_shape(self:sample_shape(x))
  return x:unsqueeze(2):expand({-1, self.n, -1})
end

return RepeatVector
