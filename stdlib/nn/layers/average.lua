-- nn.Average: the mean of several inputs.

local merge = require("nn.merge")

--- nn.Average{}
-- (a + b + ...) / n for n inputs, element by element: nn.Average()(a, b) or
-- nn.Average()({a, b}). Shapes as for nn.Add.
--   > nn.Average()(tensor({{1, 2}}), tensor({{3, 4}})):totable()[1][2]
--   3.0
local Average = merge.class("Average", function(a, b)
  return a + b
end)

local add = Average.call

function Average:call(inputs)
  return add(self, inputs) / #inputs
end

return Average
