-- nn.noise: what the layers that are random in training share.

local Layer = require("nn.layer")
local options = require("options")
local tensor = require("tensor")
local window = require("nn.window")

local noise = {}

-- A factor for x: 0 with probability rate, else 1 / (1 - rate); drawn for
-- each place of `shape`, which is x's with some sizes 1.
function noise.keep(x, rate, shape)
  local drawn = tensor.rand(shape, x.dtype)
  return drawn:ge(rate):to(x.dtype):mul_(1 / (1 - rate))
end

-- A class whose layers do `change(self, x)` in training and nothing at
-- inference, nor where the option `strength` is 0.
function noise.class(class_name, strength, rows, change)
  local Noise = Layer:extend {
    class_name = class_name,
    inputs = 1,
    supports_masking = true,
    options = rows,
  }

  function Noise:call(x, opts)
    if not opts.training or self[strength] == 0 then
      return x
    end
    return change(self, x)
  end

  function Noise:compute_output_shape(input_shape)
    return input_shape
  end

  return Noise
end

-- A class of layers that leave out whole channels: of sequences (rank 1) or
-- images (rank 2), which a mask of size 1 along their axes does.
function noise.spatial_class(class_name, rank)
  local Spatial = noise.class(class_name, "rate", {
    {"rate", options.fraction, options.required},
    window.data_format_row(rank),
  }, function(self, x)
    window.channels(self, self:sample_shape(x))
    local shape, first = x.shape, window.layout(self)
    for axis = 1, rank do
      shape[first + axis] = 1
    end
    return x * noise.keep(x, self.rate, shape)
  end)
  Spatial.rank = rank
  Spatial.init = window.resolve_format
  Spatial.build = window.channels
  return Spatial
end

return noise
