-- nn.noise: what the layers that are random in training share.

local Layer = require("nn.layer")
local tensor = require("tensor")

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

return noise
