-- nn.pooling: what the pooling layers share.

local Layer = require("nn.layer")
local options = require("options")
local window = require("nn.window")

local pooling = {}

local function twos(rank)
  local list = {}
  for axis = 1, rank do list[axis] = 2 end
  return list
end

-- A class that pools windows along `rank` axes; `pool` is the tensor method
-- that computes it.
function pooling.windowed(class_name, rank, pool)
  local Pooling = Layer:extend {
    class_name = class_name,
    rank = rank,
    inputs = 1,
    options = {
      {"pool_size", options.sizes(rank), twos(rank)},
      {"strides", options.sizes(rank)},
      window.padding_row(),
      window.data_format_row(rank),
    },
  }

  function Pooling:init()
    window.resolve_format(self)
    self.strides = self.strides or self.pool_size
    self.settings = {
      pool_size = self.pool_size,
      strides = self.strides,
      padding = self.padding,
      data_format = self.data_format,
    }
  end

  function Pooling:call(x)
    return x[pool](x, self.settings)
  end

  function Pooling:compute_output_shape(input_shape)
    local channels = window.channels(self, input_shape)
    return window.output_shape(self, input_shape, channels, self.pool_size)
  end

  return Pooling
end

-- A class that makes one number of each channel; `reduce` is the tensor
-- method, x[reduce](x, dims, keepdim).
function pooling.global(class_name, rank, reduce)
  local Global = Layer:extend {
    class_name = class_name,
    rank = rank,
    inputs = 1,
    options = {
      window.data_format_row(rank),
      {"keepdims", options.boolean, false},
    },
  }

  function Global:init()
    window.resolve_format(self)
    self.dims = {}
    for axis = 1, rank do
      self.dims[axis] = window.layout(self) + axis
    end
  end

  function Global:call(x)
    window.channels(self, self:sample_shape(x))
    return x[reduce](x, self.dims, self.keepdims)
  end

  function Global:compute_output_shape(input_shape)
    local channels = window.channels(self, input_shape)
    if not self.keepdims then return {channels} end
    local shape, _, channel_dim = window.ones(rank + 1), window.layout(self)
    shape[channel_dim] = channels
    return shape
  end

  return Global
end

return pooling
