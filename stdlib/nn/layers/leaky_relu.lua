-- nn.LeakyReLU: a rectifier that lets a little through.

local Layer = require("nn.layer")
local options = require("options")

--- nn.LeakyReLU{alpha=0.3}
-- y = x where x > 0, else alpha * x. Any shape -> the same shape. (Maas and
-- others, 2013.)
--   > nn.LeakyReLU{0.5}(tensor({{-4, 5}})):totable()[1][1]
--   -2.0
local LeakyReLU = Layer:extend {
  class_name = "LeakyReLU",
  inputs = 1,
  options = {
    {"alpha", options.number, 0.3},
  },
}

function LeakyReLU:call(x)
  return x:leaky_relu(self.alpha)
end

function LeakyReLU:compute_output_shape(input_shape)
  return input_shape
end

return LeakyReLU
