-- nn.window: what layers with a sliding window over images share.

local defaults = require("nn.defaults")
local options = require("options")

local window = {}

window.padding_check = options.one_of {"valid", "same"}

-- The row of the data_format option.
window.data_format_row = {"data_format", defaults.data_format_check}

-- Sets layer.data_format to the default where it was not given.
function window.resolve_format(layer)
  layer.data_format = layer.data_format or defaults.image_data_format()
end

-- Where height, width and channels stand in the shape of one sample.
function window.axes(layer)
  if layer.data_format == "channels_first" then
    return 2, 3, 1
  end
  return 1, 2, 3
end

-- Fails unless the shape is that of an image; returns its channels.
function window.channels(layer, input_shape)
  if #input_shape ~= 3 then
    layer:fail("needs images (batch, %s), got samples of shape %s",
      layer.data_format == "channels_first" and "channels, height, width"
        or "height, width, channels",
      options.show(input_shape))
  end
  local _, _, channel_axis = window.axes(layer)
  return input_shape[channel_axis]
end

-- How many windows fit along one dim: (n - reach) // stride + 1 for "valid",
-- ceil(n / stride) for "same", where reach = dilation * (kernel - 1) + 1.
function window.output_size(layer, n, kernel, stride, dilation)
  if n == -1 then
    return -1
  end
  if layer.padding == "same" then
    return (n + stride - 1) // stride
  end
  local reach = dilation * (kernel - 1) + 1
  if n < reach then
    layer:fail("a window of %d does not fit into an image of size %d", reach, n)
  end
  return (n - reach) // stride + 1
end

-- The shape of one output sample.
function window.output_shape(layer, input_shape, kernel, strides, dilation,
                             channels)
  local h, w, c = window.axes(layer)
  local shape = {}
  shape[h] = window.output_size(layer, input_shape[h], kernel[1], strides[1],
    dilation[1])
  shape[w] = window.output_size(layer, input_shape[w], kernel[2], strides[2],
    dilation[2])
  shape[c] = channels
  return shape
end

return window
