-- nn.Maximum: the greatest of several inputs.

local merge = require("nn.merge")

--- nn.Maximum{}
-- The greatest of a, b, ..., element by element: nn.Maximum()(a, b) or
-- nn.Maximum()({a, b}). Shapes as for nn.Add. Equal elements share the
-- gradient.
--   > nn.Maximum()(tensor({{1, 9}}), tensor({{3, 4}})):totable()[1][2]
--   9.0
local Maximum = merge.class("Maximum", function(a, b)
  return a:maximum(b)
end)

return Maximum
