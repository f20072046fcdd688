-- nn.weight_options: the options that go with each weight of a layer.

local constraints = require("nn.constraints")
local initializers = require("nn.initializers")
local options = require("options")
local regularizers = require("nn.regularizers")

local weight_options = {}

-- The rows NAME_initializer (with its default), NAME_regularizer and
-- NAME_constraint, which Layer:add_weight(NAME, shape) goes by.
function weight_options.rows(name, initializer)
  return
    {name .. "_initializer", initializers.check,
     initializers.get(initializer)},
    {name .. "_regularizer", regularizers.check},
    {name .. "_constraint", constraints.check}
end

-- The rows of `list` with those of the weights, {name, initializer} each,
-- after them, and activity_regularizer, which goes by the layer's output.
function weight_options.add(list, weights)
  local rows = {}
  for _, weight in ipairs(weights) do
    for _, row in ipairs {weight_options.rows(weight[1], weight[2])} do
      rows[#rows + 1] = row
    end
  end
  rows[#rows + 1] = {"activity_regularizer", regularizers.check}
  return options.join(list, rows)
end

return weight_options
