-- nn.Maxout: the greatest of several weighted sums.

local Layer = require("nn.layer")
local options = require("options")
local weight_options = require("nn.weight_options")

--- nn.Maxout{units, pieces=2, use_bias=true, ...}
-- y_u = max over p of (x · kernel_up + bias_up): each unit is the greatest of
-- `pieces` linear functions. kernel (inputs, units * pieces), the pieces of a
-- unit side by side, bias (units * pieces).
-- Works on the last dim: (batch, ..., inputs) -> (batch, ..., units).
-- Further options: kernel_initializer="glorot_uniform",
-- bias_initializer="zeros", kernel_regularizer, bias_regularizer,
-- kernel_constraint, bias_constraint, activity_regularizer. (Goodfellow and
-- others, 2013.)
--   > layer = nn.Maxout{3, kernel_initializer="ones"}
--   > layer(tensor({{1, 2}}))
--   float32 (1, 3)
--     3  3  3
local Maxout = Layer:extend {
  class_name = "Maxout",
  inputs = 1,
  supports_masking = true,
  options = weight_options.add({
    {"units", options.positive_integer, options.required},
    {"pieces", options.positive_integer, 2},
    {"use_bias", options.boolean, true},
  }, {{"kernel", "glorot_uniform"}, {"bias", "zeros"}}),
}

function Maxout:build(input_shape)
  local inputs = input_shape[#input_shape]
  if not inputs or inputs == -1 then
    self:fail("the size of the last dim of its input must be known")
  end
  self:add_weight("kernel", {inputs, self.units * self.pieces})
  if self.use_bias then
    self:add_weight("bias", {self.units * self.pieces})
  end
end

function Maxout:call(x)
  local y = x:dot(self.kernel)
  if self.use_bias then
    y = y + self.bias
  end
  local shape = {}
  for dim = 1, x.ndim - 1 do
    shape[dim] = x.shape[dim]
  end
  shape[x.ndim], shape[x.ndim + 1] = self.units, self.pieces
  return y:reshape(shape):amax(-1)
end

function Maxout:compute_output_shape(input_shape)
  local inputs = input_shape[#input_shape]
  if inputs ~= self.kernel.shape[1] then
    self:fail("was built for inputs of size %d in the last dim, got %d",
      self.kernel.shape[1], inputs)
  end
  local shape = table.move(input_shape, 1, #input_shape, 1, {})
  shape[#shape] = self.units
  return shape
end

return Maxout
