-- nn.PReLU: a leaky rectifier that learns its slope.

local axes = require("nn.axes")
local elementwise = require("nn.elementwise")
local options = require("options")
local weight_options = require("nn.weight_options")

--- nn.PReLU{alpha_initializer="zeros", shared_axes=nil, ...}
-- y = x where x > 0, else alpha * x, where the weight alpha has the shape of
-- one sample, but size 1 in the dims shared_axes (one dim or a list, counted
-- with the batch dim as 1): {2, 3} gives the images of channels_last one slope
-- a channel. Any shape -> the same shape.
-- Further options: alpha_regularizer, alpha_constraint. (He and others, 2015.)
--   > nn.PReLU{"ones"}(tensor({{-4, 5}})):totable()[1][1]
--   -4.0
local PReLU = elementwise("PReLU", options.join({
  weight_options.rows("alpha", "zeros"),
}, {
  {"shared_axes", axes.check},
}), function(self, x)
  return x:relu() - self.alpha * (-x):relu()
end)

function PReLU:build(input_shape)
  local shape = table.move(input_shape, 1, #input_shape, 1, {})
  if self.shared_axes then
    local shared = axes.positions(self, self.shared_axes, #input_shape + 1)
    for _, dim in ipairs(shared) do
      shape[dim - 1] = 1
    end
  end
  for i, size in ipairs(shape) do
    if size == -1 then
      self:fail("the size of dim %d must be known, or be one of shared_axes",
        i + 1)
    end
  end
  self:add_weight("alpha", shape)
end

return PReLU
