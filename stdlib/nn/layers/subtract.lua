-- nn.Subtract: the difference of two inputs.

local merge = require("nn.merge")

--- nn.Subtract{}
-- a - b, element by element, of exactly two inputs: nn.Subtract()(a, b) or
-- nn.Subtract()({a, b}). Shapes as for nn.Add.
--   > nn.Subtract()(tensor({{1, 2}}), tensor({{3, 5}})):totable()[1][2]
--   -3.0
local Subtract = merge.class("Subtract", function(a, b)
  return a - b
end, 2)

return Subtract
