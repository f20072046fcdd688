-- nn.pooling2d: what the pooling layers over images share.

local Layer = require("nn.layer")
local options = require("options")
local window = require("nn.window")

local ONES = {1, 1}

-- A pooling class; `pool` is the tensor method that computes it.
return function(class_name, pool)
  local Pooling = Layer:extend {
    class_name = class_name,
    inputs = 1,
    options = {
      {"pool_size", options.sizes(2), {2, 2}},
      {"strides", options.sizes(2)},
      {"padding", window.padding_check, "valid"},
      window.data_format_row,
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
    return window.output_shape(self, input_shape, self.pool_size, self.strides,
      ONES, channels)
  end

  return Pooling
end
