-- nn.pytorch: the names and layouts of weights in files from PyTorch.
--
-- For each class of layers the parameters by their names there: our name, and
-- how the dims there become ours (a permutation of 1, 2, ...; nil: as they
-- are). Windows are (rows, columns, inputs, outputs) here and (outputs,
-- inputs, rows, columns) there; kernels of dense layers are transposed.

local pytorch = {}

local BIAS = {"bias"}

local NORMALIZATION = {
  weight = {"gamma"},
  bias = {"beta"},
  running_mean = {"moving_mean"},
  running_var = {"moving_variance"},
}

local LINEAR = {weight = {"kernel", {2, 1}}, bias = BIAS}
local CONV1D = {weight = {"kernel", {3, 2, 1}}, bias = BIAS}
local CONV2D = {weight = {"kernel", {3, 4, 2, 1}}, bias = BIAS}
local CONV3D = {weight = {"kernel", {3, 4, 5, 2, 1}}, bias = BIAS}

local RULES = {
  Dense = LINEAR,
  Conv1D = CONV1D,
  Conv2D = CONV2D,
  Conv3D = CONV3D,
  Conv2DTranspose = CONV2D,
  BatchNormalization = NORMALIZATION,
  LayerNormalization = NORMALIZATION,
  GroupNormalization = NORMALIZATION,
  Embedding = {weight = {"embeddings"}},
}

-- Counters that there is no use for here.
pytorch.ignored = {num_batches_tracked = true}

-- A window for each input channel: (inputs * multiplier, 1, rows, columns)
-- there, (rows, columns, inputs, multiplier) here.
local function depthwise(layer, value)
  local inputs = layer.depthwise_kernel.shape[3]
  local shape = value.shape
  if value.ndim ~= 4 or shape[1] % inputs ~= 0 then return value end
  return value:reshape({inputs, shape[1] // inputs, shape[3], shape[4]})
    :permute({3, 4, 1, 2})
end

-- The kernel of a dense layer that follows a flattened image: its inputs are
-- (channels, rows, columns) there and (rows, columns, channels) here.
local function after_flatten(value, sizes)
  local shape, order, n = {value.shape[1]}, {}, #sizes
  for i, size in ipairs(sizes) do shape[i + 1] = size end
  for dim = 3, n + 1 do order[#order + 1] = dim end
  order[n], order[n + 1] = 2, 1
  return value:reshape(shape):permute(order)
    :reshape({-1, value.shape[1]})
end

-- pytorch.convert(layer, parameter, value, sizes)
-- Our name of a layer's parameter and the value in our layout. `sizes`, for a
-- dense layer after a Flatten: {channels, rows, columns} of what was flattened.
function pytorch.convert(layer, parameter, value, sizes)
  if layer.class_name == "DepthwiseConv2D" then
    if parameter ~= "weight" then return parameter, value end
    return "depthwise_kernel", depthwise(layer, value)
  end
  local rule = (RULES[layer.class_name] or {})[parameter]
  if not rule then return parameter, value end
  local order = rule[2]
  if not order or value.ndim ~= #order then return rule[1], value end
  if sizes and value.ndim == 2 then return rule[1], after_flatten(value, sizes) end
  return rule[1], value:permute(order)
end

return pytorch
