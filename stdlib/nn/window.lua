-- nn.window: what layers over sequences, images and volumes share: where
-- their dims stand, and the sizes that come out.
--
-- A class says in `rank` how many dims its windows move along: 1 for
-- sequences, 2 for images, 3 for volumes. These are its axes.

local defaults = require("nn.defaults")
local graph = require("nn.graph")
local options = require("options")

local window = {}

local KINDS = {
  {one="a sequence", many="sequences", dims="length"},
  {one="an image", many="images", dims="height, width"},
  {one="a volume", many="volumes", dims="depth, height, width"},
}

-- A list of `rank` ones.
function window.ones(rank)
  local list = {}
  for axis = 1, rank do list[axis] = 1 end
  return list
end

-- Options --------------------------------------------------------------------

-- The row of the padding option.
function window.padding_row(causal)
  local known = {"valid", "same", causal and "causal" or nil}
  return {"padding", options.one_of(known), "valid"}
end

-- The row of the data_format option. Sequences keep their channels last
-- unless the layer says otherwise; nn.image_data_format is about the others.
function window.data_format_row(rank)
  return {"data_format", defaults.data_format_check,
          rank == 1 and "channels_last" or nil}
end

-- Sets layer.data_format to the default where it was not given. The
-- configuration keeps it, so that a saved layer stays what it is.
function window.resolve_format(layer)
  layer.data_format = layer.data_format or defaults.image_data_format()
  layer.config.data_format = layer.data_format
end

-- Shapes ---------------------------------------------------------------------

-- Where the first axis and the channels stand in the shape of one sample.
function window.layout(layer)
  if layer.data_format == "channels_first" then return 2, 1 end
  return 1, layer.rank + 1
end

-- The number of channels, or -1; fails unless the shape has the right dims.
function window.channels(layer, input_shape)
  if #input_shape ~= layer.rank + 1 then
    local kind = KINDS[layer.rank]
    local first = layer.data_format == "channels_first"
    layer:fail("needs %s (batch, %s), got samples of shape %s", kind.many,
      first and "channels, " .. kind.dims or kind.dims .. ", channels",
      graph.shape_text(input_shape))
  end
  local _, channel_dim = window.layout(layer)
  return input_shape[channel_dim]
end

-- The shape of one output sample, where size(n, axis) says what becomes of n
-- positions; open sizes (-1) stay open.
function window.resized(layer, input_shape, channels, size)
  local first, channel_dim = window.layout(layer)
  local shape = table.move(input_shape, 1, #input_shape, 1, {})
  shape[channel_dim] = channels
  for axis = 1, layer.rank do
    local dim = first + axis - 1
    if shape[dim] ~= -1 then shape[dim] = size(shape[dim], axis) end
  end
  return shape
end

-- How many windows of `reach` positions fit along n of them:
-- (n - reach) // stride + 1, with padding ceil(n / stride).
local function count(layer, n, reach, stride)
  if layer.padding ~= "valid" then return (n + stride - 1) // stride end
  if n < reach then
    layer:fail("a window of %d does not fit into %s of size %d", reach,
      KINDS[layer.rank].one, n)
  end
  return (n - reach) // stride + 1
end

-- The shape of one output sample of a layer with padding, strides and perhaps
-- a dilation_rate; `sizes` are those of its window.
function window.output_shape(layer, input_shape, channels, sizes)
  local dilation = layer.dilation_rate
  return window.resized(layer, input_shape, channels, function(n, axis)
    local reach = (sizes[axis] - 1) * (dilation and dilation[axis] or 1) + 1
    return count(layer, n, reach, layer.strides[axis])
  end)
end

return window
