-- nn.BatchNormalization: every channel to mean 0 and variance 1.

local Layer = require("nn.layer")
local initializers = require("nn.initializers")
local options = require("options")

--- nn.BatchNormalization{axis=-1, momentum=0.99, epsilon=1e-3, ...}
-- y = gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel
-- (dim `axis`, counted with the batch dim as 1). In training mean and
-- variance are those of the batch, and the moving statistics follow them:
-- moving = momentum * moving + (1 - momentum) * batch. At inference the
-- moving ones are used; they are saved with the model but not trained. A
-- frozen layer (trainable = false) uses them always.
-- Further options: center=true (beta), scale=true (gamma),
-- beta_initializer="zeros", gamma_initializer="ones",
-- moving_mean_initializer="zeros", moving_variance_initializer="ones".
-- Any shape -> the same shape. (Ioffe and Szegedy, 2015.)
--   > layer = nn.BatchNormalization{epsilon=0}
--   > layer(tensor({{2, 4}}), {training=false}):totable()[1][2]
--   4.0
local BatchNormalization = Layer:extend {
  class_name = "BatchNormalization",
  inputs = 1,
  options = {
    {"axis", options.integer, -1},
    {"momentum", options.number, 0.99},
    {"epsilon", options.non_negative_number, 1e-3},
    {"center", options.boolean, true},
    {"scale", options.boolean, true},
    {"beta_initializer", initializers.check, initializers.Zeros {}},
    {"gamma_initializer", initializers.check, initializers.Ones {}},
    {
      "moving_mean_initializer",
      initializers.check,
      initializers.Zeros {},
    },
    {
      "moving_variance_initializer",
      initializers.check,
      initializers.Ones {},
    },
  },
}

-- Sets the dims that are averaged over and the shape in which the statistics
-- meet x.
function BatchNormalization:set_axis(ndim)
  local axis = self.axis < 0 and ndim + 1 + self.axis or self.axis
  if axis < 2 or axis > ndim then
    self:fail("axis %d is not a dim of samples in a batch of %d dims",
      self.axis, ndim)
  end
  self.dims, self.meeting = {}, {}
  for dim = 1, ndim do
    self.meeting[dim] = 1
    if dim ~= axis then
      self.dims[#self.dims + 1] = dim
    end
  end
  return axis
end

function BatchNormalization:build(input_shape)
  local axis = self:set_axis(#input_shape + 1)
  local channels = input_shape[axis - 1]
  if channels == -1 then
    self:fail("the size of dim %d must be known", axis)
  end
  self.meeting[axis] = channels
  local shape, fixed = {channels}, {trainable = false}
  if self.scale then
    self:add_weight("gamma", shape, self.gamma_initializer)
  end
  if self.center then
    self:add_weight("beta", shape, self.beta_initializer)
  end
  self:add_weight("moving_mean", shape, self.moving_mean_initializer, fixed)
  self:add_weight("moving_variance", shape, self.moving_variance_initializer,
    fixed)
end

-- moving = momentum * moving + (1 - momentum) * batch.
function BatchNormalization:follow(moving, batch)
  local step = (batch:detach():reshape({#moving}) - moving)
  moving:add_(step:mul_(1 - self.momentum))
end

-- x minus its mean, and the variance, over the batch.
function BatchNormalization:batch_statistics(x)
  local mean = x:mean(self.dims, true)
  local centered = x - mean
  local variance = centered:square():mean(self.dims, true)
  self:follow(self.moving_mean, mean)
  self:follow(self.moving_variance, variance)
  return centered, variance
end

function BatchNormalization:call(x, opts)
  if x.ndim ~= #self.meeting then
    self:fail("was built for %d dims, got %s", #self.meeting, tostring(x.shape))
  end
  local centered, variance
  if opts.training and not self:is_frozen() then
    centered, variance = self:batch_statistics(x)
  else
    centered = x - self.moving_mean:reshape(self.meeting)
    variance = self.moving_variance:reshape(self.meeting)
  end
  local factor = (variance + self.epsilon):rsqrt()
  if self.scale then
    factor = factor * self.gamma:reshape(self.meeting)
  end
  local y = centered * factor
  if self.center then
    y = y + self.beta:reshape(self.meeting)
  end
  return y
end

function BatchNormalization:compute_output_shape(input_shape)
  return input_shape
end

return BatchNormalization
