-- nn.Reshape: the same elements in another shape.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local options = require("options")

--- nn.Reshape{n1, n2, ...}
-- Each sample's elements, in order, as (batch, n1, n2, ...). One size may be
-- -1: what is left over. Also nn.Reshape{target_shape={28, 28, 1}}.
--   > nn.Reshape{2, -1}(tensor.zeros(5, 6)).shape
--   (5, 2, 3)
local Reshape = Layer:extend {
  class_name = "Reshape",
  inputs = 1,
  options = {
    rest = "target_shape",
    {"target_shape", options.shape, options.required},
  },
}

function Reshape:init()
  local open = 0
  for _, size in ipairs(self.target_shape) do
    open = open + (size == -1 and 1 or 0)
  end
  if open > 1 then
    self:fail("at most one size may be -1, got %s",
      options.show(self.target_shape))
  end
end

local function product(shape)
  local known, open = 1, nil
  for i, size in ipairs(shape) do
    if size == -1 then
      open = i
    else
      known = known * size
    end
  end
  return known, open
end

function Reshape:call(x)
  local target = self:compute_output_shape(self:sample_shape(x))
  return x:reshape({#x, table.unpack(target)})
end

function Reshape:compute_output_shape(input_shape)
  local target = table.move(self.target_shape, 1, #self.target_shape, 1, {})
  local known, open = product(target)
  local total, unknown = product(input_shape)
  if unknown then
    return target
  end
  if total ~= known and not (open and total % known == 0) then
    self:fail("cannot turn samples of shape %s (%d elements each) into %s",
      graph.shape_text(input_shape), total,
      graph.shape_text(self.target_shape))
  end
  if open then
    target[open] = total // known
  end
  return target
end

return Reshape
