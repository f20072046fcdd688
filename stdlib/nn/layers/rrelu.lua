-- nn.RReLU: a leaky rectifier with a random slope.

local elementwise = require("nn.elementwise")
local options = require("options")
local tensor = require("tensor")

--- nn.RReLU{lower=1/8, upper=1/3}
-- y = x where x >= 0, else slope * x. In training the slope is drawn for each
-- element, uniform from lower to upper; at inference it is their mean. Any
-- shape -> the same shape. (Xu and others, 2015, who divide by numbers from
-- U(3, 8), the reverse of these slopes.)
--   > nn.RReLU{0.25, 0.75}(tensor({{-4, 5}}))
--   float32 (1, 2)
--     -2   5
local RReLU = elementwise("RReLU", {
  {"lower", options.number, 1 / 8},
  {"upper", options.number, 1 / 3},
}, function(self, x, opts)
  if not opts.training then
    return x:leaky_relu((self.lower + self.upper) / 2)
  end
  local slope = tensor.empty(x.shape, x.dtype):uniform_(self.lower, self.upper)
  return x:maximum(0) + x:minimum(0) * slope
end)

function RReLU:init()
  if self.lower > self.upper then
    self:fail("lower must not be above upper, got %g and %g", self.lower,
      self.upper)
  end
end

return RReLU
