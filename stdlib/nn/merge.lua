-- nn.merge: what the layers that join several inputs share.

local Layer = require("nn.layer")
local graph = require("nn.graph")

local merge = {}

-- Fails unless the layer got a list of at least two shapes; of exactly
-- `count`, if given.
function merge.check_inputs(layer, shapes, count)
  local given = type(shapes[1]) == "table" and #shapes or 1
  if count and given ~= count then
    layer:fail("takes %d inputs, got %d: layer(a, b) or layer({a, b})", count,
      given)
  elseif given < 2 then
    layer:fail("needs at least two inputs: layer(a, b) or layer({a, b})")
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
local function broadcast_shape(layer, shapes)
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

-- A class of layers that join their inputs, element by element, with
-- combine(a, b), from left to right: exactly `count` of them, if given.
function merge.class(class_name, combine, count)
  local Merge = Layer:extend {class_name = class_name, options = {}}

  function Merge:check_shape(input_shapes)
    merge.check_inputs(self, input_shapes, count)
    broadcast_shape(self, input_shapes)
  end

  function Merge:call(inputs)
    local list = aligned(inputs)
    local result = list[1]
    for i = 2, #list do
      result = combine(result, list[i])
    end
    return result
  end

  function Merge:compute_output_shape(input_shapes)
    return broadcast_shape(self, input_shapes)
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
