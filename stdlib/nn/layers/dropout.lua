-- nn.Dropout: leaves out inputs at random while training.

local Layer = require("nn.layer")
local options = require("options")
local tensor = require("tensor")

--- nn.Dropout{rate}
-- In training each element is 0 with probability `rate` (0 to below 1) and
-- otherwise x / (1 - rate); at inference y = x. Any shape -> the same shape.
-- (Srivastava and others, 2014.)
--   > nn.Dropout{0.5}(tensor({{4, 5}})):sum():item()
--   9.0
local Dropout = Layer:extend {
  class_name = "Dropout",
  inputs = 1,
  options = {
    {"rate", options.fraction, options.required},
  },
}

function Dropout:call(x, opts)
  if not opts.training or self.rate == 0 then
    return x
  end
  local keep = tensor.rand_like(x):ge(self.rate):to(x.dtype)
  return x * keep:mul_(1 / (1 - self.rate))
end

function Dropout:compute_output_shape(input_shape)
  return input_shape
end

return Dropout
