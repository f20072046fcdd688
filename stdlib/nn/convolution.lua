-- nn.convolution: what the layers that slide kernels share.

local Layer = require("nn.layer")
local activations = require("nn.activations")
local graph = require("nn.graph")
local options = require("options")
local tensor = require("tensor")
local weight_options = require("nn.weight_options")
local window = require("nn.window")

-- The class under them all. Its options are fields: strides, padding,
-- dilation_rate, data_format, activation, use_bias.
local Convolution = Layer:extend {class_name="Convolution", inputs=1}

local function rows_of(rank)
  local sizes, ones = options.sizes(rank), window.ones(rank)
  return {
    {"filters", options.positive_integer, options.required},
    {"kernel_size", sizes, options.required},
    {"strides", sizes, ones},
    window.padding_row(rank == 1),
    {"output_padding", options.sizes(rank, 0)},
    {"depth_multiplier", options.positive_integer, 1},
    window.data_format_row(rank),
    {"dilation_rate", sizes, ones},
    {"groups", options.positive_integer, 1},
    {"activation", activations.check},
    {"use_bias", options.boolean, true},
  }
end

-- The rows of the options with these names, parted by spaces, in this order;
-- after them those of the weights (see weight_options.add).
local function spec(rank, names, weights)
  local by_name, list = {}, {}
  for _, row in ipairs(rows_of(rank)) do by_name[row[1]] = row end
  for name in names:gmatch("%S+") do list[#list + 1] = by_name[name] end
  return weight_options.add(list, weights)
end

function Convolution:init()
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

-- The channels of an input, which the weights are made for.
function Convolution:known_channels(input_shape)
  local channels = window.channels(self, input_shape)
  if channels == -1 then
    self:fail("the number of channels must be known, got samples of shape %s",
      graph.shape_text(input_shape))
  end
  self.channels = channels
  return channels
end

-- The channels of another input, which must be as many.
function Convolution:same_channels(input_shape)
  local channels = window.channels(self, input_shape)
  if self.channels and channels ~= self.channels then
    self:fail("was built for %d channels, got samples of shape %s",
      self.channels, graph.shape_text(input_shape))
  end
  return channels
end

-- The sizes of the kernel with those of its channels after them.
function Convolution:kernel_shape(...)
  local shape = table.move(self.kernel_size, 1, self.rank, 1, {})
  return table.move({...}, 1, select("#", ...), self.rank + 1, shape)
end

-- A weight of a name that is not that of its options, which begin with
-- `option`.
function Convolution:add_kernel(name, option, shape)
  self:add_weight(name, shape, self[option .. "_initializer"], {
    regularizer = self[option .. "_regularizer"],
    constraint = self[option .. "_constraint"],
  })
end

function Convolution:add_bias(count)
  if self.use_bias then self:add_weight("bias", {count}) end
end

-- What every convolution ends with: the bias and the activation.
function Convolution:finish(y)
  if self.use_bias then
    local bias = self.bias
    if self.data_format == "channels_first" then
      bias = bias:reshape({#bias, table.unpack(window.ones(self.rank))})
    end
    y = y + bias
  end
  return self.activate(y)
end

function Convolution:compute_output_shape(input_shape)
  self:same_channels(input_shape)
  return window.output_shape(self, input_shape, self.filters,
    self.kernel_size)
end

-- A class of full convolutions; `operation` is the tensor function.
local function full(class_name, rank, operation)
  local Full = Convolution:extend {
    class_name = class_name,
    rank = rank,
    options = spec(rank, [[filters kernel_size strides padding data_format
      dilation_rate groups activation use_bias]],
      {{"kernel", "glorot_uniform"}, {"bias", "zeros"}}),
  }

  function Full:build(input_shape)
    local channels, groups = self:known_channels(input_shape), self.groups
    if channels % groups ~= 0 or self.filters % groups ~= 0 then
      self:fail("%d channels and %d filters must both be multiples of "
        .. "groups=%d", channels, self.filters, groups)
    end
    self:add_weight("kernel",
      self:kernel_shape(channels // groups, self.filters))
    self:add_bias(self.filters)
  end

  function Full:call(x)
    return self:finish(tensor[operation](x, self.kernel, self.settings))
  end

  return Full
end

return {Base=Convolution, spec=spec, full=full}
