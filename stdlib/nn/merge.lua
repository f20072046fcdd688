-- nn.merge: what the layers that join several inputs share.

local graph = require("nn.graph")

local merge = {}

-- Fails unless the layer got a list of at least two shapes.
function merge.check_inputs(layer, shapes)
  if type(shapes[1]) ~= "table" or #shapes < 2 then
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
function merge.broadcast_shape(layer, shapes)
  merge.check_inputs(layer, shapes)
  local shape = shapes[1]
  for i = 2, #shapes do
    shape = broadcast(layer, shape, shapes[i])
  end
  return shape
end

return merge
