-- nn.LeakyReLU: a rectifier that lets a little through.

local elementwise = require("nn.elementwise")
local options = require("options")

--- nn.LeakyReLU{alpha=0.3}
-- y = x where x > 0, else alpha * x. Any shape -> the same shape. (Maas and
-- others, 2013.)
--   > nn.LeakyReLU{0.5}(tensor({{-4, 5}})):totable()[1][1]
--   -2.0
local LeakyReLU = elementwise("LeakyReLU", {
  {"alpha", options.number, 0.3},
}, function(self, x)
  return x:leaky_relu(self.alpha)
end)

return LeakyReLU
