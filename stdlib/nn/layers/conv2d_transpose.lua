-- nn.Conv2DTranspose: a convolution turned round, from small images to large.

local convolution = require("nn.convolution")
local tensor = require("tensor")
local window = require("nn.window")

--- nn.Conv2DTranspose{filters, kernel_size, strides=1, padding="valid", ...}
-- What carries gradients back through a convolution, as a layer: each pixel
-- lays its multiple of the kernel down in the output, strides apart, where
-- they add up; then bias and activation. kernel (rows, columns, filters,
-- channels) in both data formats.
-- (batch, h, w, channels) -> (batch, h', w', filters), where h' is
-- h * stride for padding "same" and h * stride + max(reach - stride, 0) for
-- "valid", with reach = dilation * (rows - 1) + 1. With output_padding (less
-- than the stride or the dilation) it is (h - 1) * stride + reach - 2 p +
-- output_padding, where p is reach // 2 for "same" and 0 for "valid".
-- Further options: output_padding=nil, data_format=nil, dilation_rate=1,
-- activation=nil, use_bias=true, kernel_initializer="glorot_uniform",
-- bias_initializer="zeros", kernel_regularizer, bias_regularizer,
-- kernel_constraint, bias_constraint, name, trainable, dtype, input_shape.
-- (Zeiler and others, 2010.)
--   > layer = nn.Conv2DTranspose{4, 3, 2, "same"}
--   > layer(tensor.zeros(1, 14, 14, 8)).shape
--   (1, 28, 28, 4)
local Conv2DTranspose = convolution.Base:extend {
  class_name = "Conv2DTranspose",
  rank = 2,
  options = convolution.spec(2, [[filters kernel_size strides padding
    output_padding data_format dilation_rate activation use_bias]],
    {{"kernel", "glorot_uniform"}, {"bias", "zeros"}}),
}

function Conv2DTranspose:init(...)
  convolution.Base.init(self, ...)
  self.settings.output_padding = self.output_padding
  for axis, extra in ipairs(self.output_padding or {}) do
    local stride, dilation = self.strides[axis], self.dilation_rate[axis]
    if extra >= math.max(stride, dilation) then
      self:fail("output_padding %d must be less than the stride %d or the "
        .. "dilation %d", extra, stride, dilation)
    end
  end
end

function Conv2DTranspose:build(input_shape)
  local channels = self:known_channels(input_shape)
  self:add_weight("kernel", self:kernel_shape(self.filters, channels))
  self:add_bias(self.filters)
end

function Conv2DTranspose:call(x)
  return self:finish(tensor.conv_transpose2d(x, self.kernel, self.settings))
end

-- The size that n positions become.
local function size_of(self, n, axis)
  local stride = self.strides[axis]
  local reach = self.dilation_rate[axis] * (self.kernel_size[axis] - 1) + 1
  local same = self.padding == "same"
  if not self.output_padding then
    return n * stride + (same and 0 or math.max(reach - stride, 0))
  end
  local padding = same and reach // 2 or 0
  local size = (n - 1) * stride + reach - 2 * padding
    + self.output_padding[axis]
  if size < 1 then
    self:fail("nothing is left of %d positions: give a larger output_padding, "
      .. "or none", n)
  end
  return size
end

function Conv2DTranspose:compute_output_shape(input_shape)
  self:same_channels(input_shape)
  return window.resized(self, input_shape, self.filters, function(n, axis)
    return size_of(self, n, axis)
  end)
end

return Conv2DTranspose
