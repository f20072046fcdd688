-- nn.Dense: every output is a weighted sum of all inputs.

local Layer = require("nn.layer")
local activations = require("nn.activations")
local options = require("options")
local weight_options = require("nn.weight_options")

--- nn.Dense{units, activation=nil, use_bias=true, ...}
-- y = activation(x · kernel + bias), kernel (inputs, units), bias (units).
-- Works on the last dim: (batch, ..., inputs) -> (batch, ..., units).
-- Further options: kernel_initializer="glorot_uniform",
-- bias_initializer="zeros", kernel_regularizer, bias_regularizer,
-- kernel_constraint, bias_constraint, activity_regularizer, name, trainable,
-- dtype, input_shape.
--   > layer = nn.Dense{2, kernel_initializer="ones"}
--   > layer(tensor({{1, 2, 3}})):totable()[1][2]
--   6.0
local Dense = Layer:extend {
  class_name = "Dense",
  inputs = 1,
  supports_masking = true,
  options = weight_options.add({
    {"units", options.positive_integer, options.required},
    {"activation", activations.check},
    {"use_bias", options.boolean, true},
  }, {{"kernel", "glorot_uniform"}, {"bias", "zeros"}}),
}

function Dense:build(input_shape)
  local inputs = input_shape[#input_shape]
  if not inputs then
    self:fail("each sample must have a dim of features, (batch, features); "
      .. "got single numbers")
  elseif inputs == -1 then
    self:fail("the size of the last dim of its input must be known")
  end
  self:add_weight("kernel", {inputs, self.units})
  if self.use_bias then
    self:add_weight("bias", {self.units})
  end
  self.activate = activations.get(self.activation)
end

function Dense:call(x)
  local y = x.ndim == 2 and x:matmul(self.kernel) or x:dot(self.kernel)
  if self.use_bias then
    y = y + self.bias
  end
  return self.activate(y)
end

function Dense:compute_output_shape(input_shape)
  local inputs = input_shape[#input_shape]
  if inputs ~= self.kernel.shape[1] then
    self:fail("was built for inputs of size %d in the last dim, got %d",
      self.kernel.shape[1], inputs)
  end
  local shape = table.move(input_shape, 1, #input_shape, 1, {})
  shape[#shape] = self.units
  return shape
end

return Dense
