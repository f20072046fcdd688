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
  self:check(x)
  return x:relu() - self.alpha * (-x):relu()
end)

-- Fails unless the samples meet alpha.
function PReLU:check(x)
  local shape, slopes = x.shape, self.alpha.shape
  local fits = #shape == #slopes + 1
  for dim, size in ipairs(slopes) do
    fits = fits and (self.shared[dim + 1] or shape[dim + 1] == size)
  end
  if not fits then
    self:fail("has slopes %s for samples, got %s", tostring(slopes),
      tostring(shape))
  end
end

function PReLU:build(input_shape)
  local shape = table.move(input_shape, 1, #input_shape, 1, {})
  self.shared = {}
  for _, dim in ipairs(self.shared_axes and axes.positions(self,
      self.shared_axes, #input_shape + 1) or {}) do
    shape[dim - 1], self.shared[dim] = 1, true
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
