-- nn.merge: what the layers that join several inputs share.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local tensor = require("tensor")

local merge = {}

-- Fails unless the layer got a list of at least two inputs, of exactly
-- layer.count where its class says so. The list has tensors or their shapes.
function merge.check_inputs(layer, inputs)
  local first = type(inputs) == "table" and inputs[1]
  if not (type(first) == "table" or tensor.is(first)) or #inputs < 2 then
    layer:fail("needs at least two inputs: layer(a, b) or layer({a, b})")
  elseif layer.count and #inputs ~= layer.count then
    layer:fail("takes %d inputs, got %d", layer.count, #inputs)
  end
end

local function broadcast_size(a, b)
  if a == b or b == 1 then
    return a
  end
  if a == 1 then
    return b
  end
  if a == -1 or b == -1 then
    return -1
  end
end

local function broadcast(layer, a, b)
  local shape, ndim = {}, math.max(#a, #b)
  for i = 0, ndim - 1 do
    local size = broadcast_size(a[#a - i] or 1, b[#b - i] or 1)
    if not size then
      layer:fail("shapes %s and %s do not fit together", graph.shape_text(a),
        graph.shape_text(b))
    end
    shape[ndim - i] = size
  end
  return shape
end

-- The shape that all inputs broadcast to.
function merge.broadcast_shape(layer, shapes)
  merge.check_inputs(layer, shapes)
  local shape = shapes[1]
  for i = 2, #shapes do
    shape = broadcast(layer, shape, shapes[i])
  end
  return shape
end

-- The inputs with equally many dims: those that are missing stand after the
-- batch dim, so that samples meet samples.
local function aligned(inputs)
  local most, list = 0, {}
  for _, x in ipairs(inputs) do
    most = math.max(most, x.ndim)
  end
  for i, x in ipairs(inputs) do
    for _ = x.ndim + 1, most do
      x = x:unsqueeze(2)
    end
    list[i] = x
  end
  return list
end

-- A class of layers that join their inputs (exactly `count`, if given),
-- element by element, with combine(a, b), from left to right.
function merge.class(class_name, combine, count)
  local Merge = Layer:extend {
    class_name = class_name,
    options = {},
    count = count,
  }

  function Merge:call(inputs)
    merge.check_inputs(self, inputs)
    local list = aligned(inputs)
    local result = list[1]
    for i = 2, #list do
      result = combine(result, list[i])
    end
    return result
  end

  function Merge:compute_output_shape(input_shapes)
    return merge.broadcast_shape(self, input_shapes)
  end

  -- A step counts where it counts in all inputs that have masks.
  function Merge:compute_mask(_, masks)
    local result
    for _, mask in ipairs(type(masks) == "table" and masks or {}) do
      if mask then
        result = result and result & mask or mask
      end
    end
    return result
  end

  return Merge
end

return merge
