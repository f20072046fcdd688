-- nn.normalization: what the layers that normalize share: an option `epsilon`,
-- a factor gamma and an offset beta with the options of weights.

local options = require("options")
local weight_options = require("nn.weight_options")

local normalization = {}

-- The option table: `first`, then epsilon, center, scale, beta, gamma.
function normalization.options(first, rest)
  local rows = table.move(first, 1, #first, 1, {})
  for _, row in ipairs {
    {"epsilon", options.non_negative_number, 1e-3},
    {"center", options.boolean, true},
    {"scale", options.boolean, true},
  } do
    rows[#rows + 1] = row
  end
  return options.join(weight_options.add(rows, {
    {"beta", "zeros"},
    {"gamma", "ones"},
  }), rest or {})
end

-- Makes the weights for the dims `positions` of a batch (ascending); they
-- meet x in the shape layer.meeting, in which all other dims are 1.
function normalization.add_weights(layer, input_shape, positions)
  local shape = {}
  layer.meeting, layer.positions = {}, positions
  for dim = 1, #input_shape + 1 do
    layer.meeting[dim] = 1
  end
  for i, dim in ipairs(positions) do
    shape[i] = input_shape[dim - 1]
    if shape[i] == -1 then
      layer:fail("the size of dim %d must be known", dim)
    end
    layer.meeting[dim] = shape[i]
  end
  if layer.scale then
    layer:add_weight("gamma", shape)
  end
  if layer.center then
    layer:add_weight("beta", shape)
  end
  return shape
end

-- Fails unless x has the dims and the sizes that the layer was built for.
function normalization.check(layer, x)
  local shape = x.shape
  local fits = #shape == #layer.meeting
  for _, dim in ipairs(layer.positions) do
    fits = fits and shape[dim] == layer.meeting[dim]
  end
  if not fits then
    local sizes = {}
    for i, dim in ipairs(layer.positions) do
      sizes[i] = string.format("size %d in dim %d", layer.meeting[dim], dim)
    end
    layer:fail("was built for %d dims with %s, got %s", #layer.meeting,
      table.concat(sizes, ", "), tostring(shape))
  end
end

-- gamma y + beta.
function normalization.affine(layer, y)
  if layer.scale then
    y = y * layer.gamma:reshape(layer.meeting)
  end
  if layer.center then
    y = y + layer.beta:reshape(layer.meeting)
  end
  return y
end

return normalization
