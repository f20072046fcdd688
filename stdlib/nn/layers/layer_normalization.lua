-- nn.LayerNormalization: every sample to mean 0 and variance 1.

local Layer = require("nn.layer")
local axes = require("nn.axes")
local normalization = require("nn.normalization")

--- nn.LayerNormalization{axis=-1, epsilon=1e-3, center=true, ...}
-- y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and
-- variance over the dims `axis` (one dim or a list, counted with the batch dim
-- as 1) of each sample, in training and at inference alike. gamma and beta
-- have the sizes of these dims.
-- Further options: center=true (beta), scale=true (gamma),
-- beta_initializer="zeros", gamma_initializer="ones", beta_regularizer,
-- gamma_regularizer, beta_constraint, gamma_constraint, activity_regularizer.
-- Any shape -> the same shape. (Ba and others, 2016.)
--   > nn.LayerNormalization{epsilon=0}(tensor({{2, 4}, {50, 70}}))
--   float32 (2, 2)
--     -1   1
--     -1   1
local LayerNormalization = Layer:extend {
  class_name = "LayerNormalization",
  inputs = 1,
  supports_masking = true,
  options = normalization.options {
    {"axis", axes.check, -1},
  },
}

function LayerNormalization:build(input_shape)
  self.dims = axes.positions(self, self.axis, #input_shape + 1)
  normalization.add_weights(self, input_shape, self.dims)
end

function LayerNormalization:call(x)
  normalization.check(self, x)
  local centered = x - x:mean(self.dims, true)
  local variance = centered:square():mean(self.dims, true)
  local factor = (variance + self.epsilon):rsqrt()
  return normalization.affine(self, centered * factor)
end

function LayerNormalization:compute_output_shape(input_shape)
  return input_shape
end

return LayerNormalization
