-- nn.Add: the sum of several inputs.

local Layer = require("nn.layer")
local merge = require("nn.merge")

--- nn.Add{}
-- a + b + ..., element by element: nn.Add()(a, b) or nn.Add()({a, b}). The
-- shapes are equal or broadcast.
--   > nn.Add()(tensor({{1, 2}}), tensor({{3, 4}})):totable()[1][2]
--   6.0
local Add = Layer:extend {class_name = "Add", options = {}}

function Add:build(input_shapes)
  merge.check_inputs(self, input_shapes)
end

function Add:call(inputs)
  local sum = inputs[1]
  for i = 2, #inputs do
    sum = sum + inputs[i]
  end
  return sum
end

function Add:compute_output_shape(input_shapes)
  return merge.broadcast_shape(self, input_shapes)
end

return Add
