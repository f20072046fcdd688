-- nn.GroupNormalization: every group of channels to mean 0 and variance 1.

local Layer = require("nn.layer")
local axes = require("nn.axes")
local normalization = require("nn.normalization")
local options = require("options")

--- nn.GroupNormalization{groups=32, axis=-1, epsilon=1e-3, ...}
-- The channels (dim `axis`, counted with the batch dim as 1) are parted into
-- `groups` of neighbours; y = gamma (x - mean) / sqrt(variance + epsilon) +
-- beta, with mean and variance over all of a group in one sample, in training
-- and at inference alike; gamma and beta are one number a channel. groups=-1
-- makes every channel a group of its own (instance normalization).
-- Further options: center=true (beta), scale=true (gamma),
-- beta_initializer="zeros", gamma_initializer="ones", beta_regularizer,
-- gamma_regularizer, beta_constraint, gamma_constraint, activity_regularizer.
-- Any shape -> the same shape. (Wu and He, 2018.)
--   > layer = nn.GroupNormalization{2, epsilon=0}
--   > layer(tensor({{2, 4, 50, 70}})):totable()[1][4]
--   1.0
local GroupNormalization = Layer:extend {
  class_name = "GroupNormalization",
  inputs = 1,
  supports_masking = true,
  options = normalization.options {
    {"groups", options.integer, 32},
    {"axis", options.integer, -1},
  },
}

function GroupNormalization:build(input_shape)
  local ndim = #input_shape + 1
  local axis = axes.position(self, self.axis, ndim)
  local channels = input_shape[axis - 1]
  local groups = self.groups == -1 and channels or self.groups
  if channels ~= -1 and (groups < 1 or channels % groups ~= 0) then
    self:fail("%d channels cannot be parted into %d groups", channels, groups)
  end
  normalization.add_weights(self, input_shape, {axis})
  self.position, self.parts = axis, groups
  -- The groups have a dim of their own, before that of their channels.
  self.dims = axes.others({axis}, 2, ndim + 1)
end

-- x with the channels as (groups, channels of a group).
function GroupNormalization:parted(x)
  local shape, axis = {}, self.position
  for dim = 1, x.ndim do
    shape[dim] = x.shape[dim]
  end
  local size = shape[axis] // self.parts
  shape[axis] = self.parts
  table.insert(shape, axis + 1, size)
  return x:reshape(shape)
end

function GroupNormalization:call(x)
  normalization.check(self, x)
  local parted = self:parted(x)
  local centered = parted - parted:mean(self.dims, true)
  local variance = centered:square():mean(self.dims, true)
  local factor = (variance + self.epsilon):rsqrt()
  return normalization.affine(self, (centered * factor):reshape(x.shape))
end

function GroupNormalization:compute_output_shape(input_shape)
  return input_shape
end

return GroupNormalization
