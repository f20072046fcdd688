-- nn.Minimum: the least of several inputs.

local merge = require("nn.merge")

--- nn.Minimum{}
-- The least of a, b, ..., element by element: nn.Minimum()(a, b) or
-- nn.Minimum()({a, b}). Shapes as for nn.Add. Equal elements share the
-- gradient.
--   > nn.Minimum()(tensor({{1, 9}}), tensor({{3, 4}})):totable()[1][2]
--   4.0
local Minimum = merge.class("Minimum", function(a, b)
  return a:minimum(b)
end)

return Minimum
