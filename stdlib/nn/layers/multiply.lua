-- nn.Multiply: the product of several inputs.

local merge = require("nn.merge")

--- nn.Multiply{}
-- a * b * ..., element by element: nn.Multiply()(a, b) or
-- nn.Multiply()({a, b}). Shapes as for nn.Add.
--   > nn.Multiply()(tensor({{1, 2}}), tensor({{3, 4}})):totable()[1][2]
--   8.0
local Multiply = merge.class("Multiply", function(a, b)
  return a * b
end)

return Multiply
