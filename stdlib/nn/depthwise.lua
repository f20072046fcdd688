-- nn.depthwise: convolutions that look at each channel by itself.

local Convolution = require("nn.convolution").Base
local spec = require("nn.convolution").spec
local tensor = require("tensor")
local window = require("nn.window")

local depthwise = {}

-- The class under them: its depthwise_kernel (..., channels, multiplier)
-- makes depth_multiplier channels of each.
local function base(class_name, rank, rows, operation)
  local Depthwise = Convolution:extend {
    class_name = class_name,
    rank = rank,
    options = rows,
  }

  -- Makes the kernel; the number of channels that come out.
  function Depthwise:build_depthwise(input_shape)
    local channels = self:known_channels(input_shape)
    local count = channels * self.depth_multiplier
    self:add_kernel("depthwise_kernel", "depthwise",
      self:kernel_shape(channels, self.depth_multiplier))
    self.settings.groups = channels
    self.grouped_shape = self:kernel_shape(1, count)
    return count
  end

  -- As many groups as channels, each with its kernels.
  function Depthwise:convolve(x)
    local kernel = self.depthwise_kernel:reshape(self.grouped_shape)
    return tensor[operation](x, kernel, self.settings)
  end

  return Depthwise
end

-- A class of depthwise convolutions; `operation` is the tensor function.
function depthwise.class(class_name, rank, operation)
  local Depthwise = base(class_name, rank, spec(rank, [[kernel_size strides
    padding depth_multiplier data_format dilation_rate activation use_bias]],
    {{"depthwise", "glorot_uniform"}, {"bias", "zeros"}}), operation)

  function Depthwise:build(input_shape)
    self:add_bias(self:build_depthwise(input_shape))
  end

  function Depthwise:call(x)
    return self:finish(self:convolve(x))
  end

  function Depthwise:compute_output_shape(input_shape)
    local channels = self:same_channels(input_shape)
    channels = channels == -1 and -1 or channels * self.depth_multiplier
    return window.output_shape(self, input_shape, channels,
      self.kernel_size)
  end

  return Depthwise
end

-- A class of depthwise convolutions with a convolution over the channels of
-- single positions after them.
function depthwise.separable(class_name, rank, operation)
  local Separable = base(class_name, rank, spec(rank, [[filters kernel_size
    strides padding data_format dilation_rate depth_multiplier activation
    use_bias]], {
    {"depthwise", "glorot_uniform"},
    {"pointwise", "glorot_uniform"},
    {"bias", "zeros"},
  }), operation)

  function Separable:build(input_shape)
    local shape = window.ones(rank)
    shape[rank + 1] = self:build_depthwise(input_shape)
    shape[rank + 2] = self.filters
    self:add_kernel("pointwise_kernel", "pointwise", shape)
    self:add_bias(self.filters)
  end

  function Separable:call(x)
    return self:finish(tensor[operation](self:convolve(x),
      self.pointwise_kernel, {data_format=self.data_format}))
  end

  return Separable
end

return depthwise
