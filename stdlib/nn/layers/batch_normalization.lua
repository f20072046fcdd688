-- nn.BatchNormalization: every channel to mean 0 and variance 1.

local Layer = require("nn.layer")
local axes = require("nn.axes")
local initializers = require("nn.initializers")
local normalization = require("nn.normalization")
local options = require("options")
local tensor = require("tensor")

--- nn.BatchNormalization{axis=-1, momentum=0.99, epsilon=1e-3, ...}
-- y = gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel
-- (dim `axis`, counted with the batch dim as 1). In training mean and
-- variance are those of the batch, and the moving statistics follow them:
-- moving = momentum * moving + (1 - momentum) * batch. At inference the
-- moving ones are used; they are saved with the model but not trained. A
-- frozen layer (trainable = false) uses them always.
-- Further options: center=true (beta), scale=true (gamma),
-- beta_initializer="zeros", gamma_initializer="ones",
-- moving_mean_initializer="zeros", moving_variance_initializer="ones",
-- beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint,
-- activity_regularizer.
-- Any shape -> the same shape. (Ioffe and Szegedy, 2015.)
--   > layer = nn.BatchNormalization{epsilon=0}
--   > layer(tensor({{2, 4}}), {training=false}):totable()[1][2]
--   4.0
local BatchNormalization = Layer:extend {
  class_name = "BatchNormalization",
  inputs = 1,
  supports_masking = true,
  options = normalization.options({
    {"axis", options.integer, -1},
    {"momentum", options.number, 0.99},
  }, {
    {"moving_mean_initializer", initializers.check, initializers.Zeros {}},
    {"moving_variance_initializer", initializers.check, initializers.Ones {}},
  }),
}

function BatchNormalization:build(input_shape)
  self.position = axes.position(self, self.axis, #input_shape + 1)
  local shape = normalization.add_weights(self, input_shape, {self.position})
  local fixed = {trainable = false}
  self:add_weight("moving_mean", shape, nil, fixed)
  self:add_weight("moving_variance", shape, nil, fixed)
  -- What stands in for gamma and beta where the layer has none.
  self.ones = tensor.ones(shape, self.dtype)
  self.zeros = tensor.zeros(shape, self.dtype)
end

-- moving = momentum * moving + (1 - momentum) * batch.
function BatchNormalization:follow(moving, batch)
  local step = batch:detach() - moving
  moving:add_(step:mul_(1 - self.momentum))
end

function BatchNormalization:call(x, opts)
  normalization.check(self, x)
  local gamma = self.scale and self.gamma or self.ones
  local beta = self.center and self.beta or self.zeros
  if opts.training and not self:is_frozen() then
    local y, mean, variance = tensor.batch_norm(x, gamma, beta, self.position,
      self.epsilon)
    self:follow(self.moving_mean, mean)
    self:follow(self.moving_variance, variance)
    return y
  end
  local factor = (self.moving_variance + self.epsilon):rsqrt() * gamma
  local offset = beta - self.moving_mean * factor
  return x * factor:reshape(self.meeting) + offset:reshape(self.meeting)
end

function BatchNormalization:compute_output_shape(input_shape)
  return input_shape
end

return BatchNormalization
