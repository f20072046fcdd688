-- nn.Conv2D: a bank of filters slid over images.

local Layer = require("nn.layer")
local activations = require("nn.activations")
local options = require("options")
local tensor = require("tensor")
local weight_options = require("nn.weight_options")
local window = require("nn.window")

--- nn.Conv2D{filters, kernel_size, strides=1, padding="valid", ...}
-- y[i, j, f] = activation(sum over the window of x * kernel[.., f] + bias[f])
-- (a cross-correlation). kernel_size, strides and dilation_rate are one number
-- or {rows, columns}. kernel (rows, columns, channels / groups, filters) in
-- both data formats.
-- (batch, h, w, channels) -> (batch, h', w', filters), where h' is
-- (h - dilation * (rows - 1) - 1) // stride + 1 for padding "valid" and
-- ceil(h / stride) for "same"; "channels_first": channels as dim 2.
-- Further options: data_format=nil, dilation_rate=1, groups=1,
-- activation=nil, use_bias=true, kernel_initializer="glorot_uniform",
-- bias_initializer="zeros", kernel_regularizer, bias_regularizer,
-- kernel_constraint, bias_constraint, name, trainable, dtype, input_shape.
--   > nn.Conv2D{8, 3, padding="same"}(tensor.zeros(2, 5, 5, 1)).shape
--   (2, 5, 5, 8)
local Conv2D = Layer:extend {
  class_name = "Conv2D",
  inputs = 1,
  options = weight_options.add({
    {"filters", options.positive_integer, options.required},
    {"kernel_size", options.sizes(2), options.required},
    {"strides", options.sizes(2), {1, 1}},
    {"padding", window.padding_check, "valid"},
    window.data_format_row,
    {"dilation_rate", options.sizes(2), {1, 1}},
    {"groups", options.positive_integer, 1},
    {"activation", activations.check},
    {"use_bias", options.boolean, true},
  }, {{"kernel", "glorot_uniform"}, {"bias", "zeros"}}),
}

function Conv2D:init()
  window.resolve_format(self)
  self.activate = activations.get(self.activation)
  self.settings = {
    stride = self.strides,
    padding = self.padding,
    dilation = self.dilation_rate,
    groups = self.groups,
    data_format = self.data_format,
  }
end

function Conv2D:build(input_shape)
  local channels = window.channels(self, input_shape)
  if channels == -1 or channels % self.groups ~= 0
      or self.filters % self.groups ~= 0 then
    self:fail("%d channels and %d filters must both be multiples of groups=%d",
      channels, self.filters, self.groups)
  end
  local rows, columns = self.kernel_size[1], self.kernel_size[2]
  self:add_weight("kernel",
    {rows, columns, channels // self.groups, self.filters})
  if self.use_bias then
    self:add_weight("bias", {self.filters})
  end
end

function Conv2D:call(x)
  local y = tensor.conv2d(x, self.kernel, self.settings)
  if self.use_bias then
    local bias = self.bias
    if self.data_format == "channels_first" then
      bias = bias:reshape({self.filters, 1, 1})
    end
    y = y + bias
  end
  return self.activate(y)
end

function Conv2D:compute_output_shape(input_shape)
  local channels = window.channels(self, input_shape)
  local expected = self.kernel.shape[3] * self.groups
  if channels ~= expected then
    self:fail("was built for %d channels, got samples of shape %s", expected,
      options.show(input_shape))
  end
  return window.output_shape(self, input_shape, self.kernel_size, self.strides,
    self.dilation_rate, self.filters)
end

return Conv2D
