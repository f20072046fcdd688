-- nn.Activation: an activation function as a layer.

local Layer = require("nn.layer")
local activations = require("nn.activations")
local options = require("options")

--- nn.Activation{activation}
-- y = activation(x): a name from nn.activations ("relu", "softmax", ...) or a
-- function. Any shape -> the same shape.
--   > nn.Activation{"relu"}(tensor({{-1, 5}})):totable()[1][2]
--   5.0
local Activation = Layer:extend {
  class_name = "Activation",
  inputs = 1,
  supports_masking = true,
  options = {
    {"activation", activations.check, options.required},
  },
}

function Activation:init()
  self.activate = activations.get(self.activation)
end

function Activation:call(x)
  return self.activate(x)
end

function Activation:compute_output_shape(input_shape)
  return input_shape
end

return Activation
