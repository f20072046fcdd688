-- nn.Add: the sum of several inputs.

local merge = require("nn.merge")

--- nn.Add{}
-- a + b + ..., element by element: nn.Add()(a, b) or nn.Add()({a, b}). The
-- shapes are equal or broadcast; an input with fewer dims gets dims of size 1
-- after the batch.
--   > nn.Add()(tensor({{1, 2}}), tensor({{3, 4}})):totable()[1][2]
--   6.0
local Add = merge.class("Add", function(a, b)
  return a + b
end)

return Add
