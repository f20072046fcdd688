-- nn.Concatenate: several inputs side by side.

local Layer = require("nn.layer")
local axes = require("nn.axes")
local graph = require("nn.graph")
local merge = require("nn.merge")
local options = require("options")
local tensor = require("tensor")

--- nn.Concatenate{axis=-1}
-- The inputs joined along dim `axis` (counted with the batch dim as 1):
-- nn.Concatenate()(a, b) or nn.Concatenate()({a, b}). All other dims are
-- equal.
--   > nn.Concatenate()(tensor.zeros(5, 2), tensor.zeros(5, 3)).shape
--   (5, 5)
local Concatenate = Layer:extend {
  class_name = "Concatenate",
  options = {
    {"axis", options.integer, -1},
  },
}

function Concatenate:call(inputs)
  return tensor.concat(inputs, axes.position(self, self.axis, inputs[1].ndim))
end

-- The masks side by side; an input without one counts everywhere.
function Concatenate:compute_mask(inputs, masks)
  if type(masks) ~= "table" then
    return nil
  end
  local whole = {}
  for i, x in ipairs(inputs) do
    local mask = masks[i] or tensor.ones(x.shape, "bool")
    while mask.ndim < x.ndim do
      mask = mask:unsqueeze(-1)
    end
    whole[i] = mask:expand(x.shape)
  end
  return tensor.concat(whole, self.axis):all(-1)
end

-- Where the joined dim stands in the shape of one sample.
local function joined_position(self, shape)
  return axes.position(self, self.axis, #shape + 1) - 1
end

local function joins(a, b, position)
  for i = 1, math.max(#a, #b) do
    local open = a[i] == -1 or b[i] == -1
    if i ~= position and a[i] ~= b[i] and not open then
      return false
    end
  end
  return #a == #b
end

function Concatenate:check_shape(input_shapes)
  merge.check_inputs(self, input_shapes)
  local first = input_shapes[1]
  local position = joined_position(self, first)
  for i = 2, #input_shapes do
    if not joins(first, input_shapes[i], position) then
      self:fail("shapes %s and %s differ outside dim %d",
        graph.shape_text(first), graph.shape_text(input_shapes[i]),
        position + 1)
    end
  end
end

function Concatenate:compute_output_shape(input_shapes)
  local shape = table.move(input_shapes[1], 1, #input_shapes[1], 1, {})
  local position = joined_position(self, shape)
  for i = 2, #input_shapes do
    local size = input_shapes[i][position]
    local open = shape[position] == -1 or size == -1
    shape[position] = open and -1 or shape[position] + size
  end
  return shape
end

return Concatenate
