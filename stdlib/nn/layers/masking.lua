-- nn.Masking: steps of a sequence that do not count.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local options = require("options")

--- nn.Masking{mask_value=0}
-- Where all features of a step are mask_value, the step is padding: it
-- becomes 0, and layers that look along the steps, such as
-- nn.MultiHeadAttention and nn.GlobalAveragePooling1D, leave it out. Layers
-- that treat each step alone hand the mask on; Flatten, convolutions and
-- pooling windows end it. (batch, steps, ..., features) -> the same shape.
--   > nn.Masking{-1}(tensor({{{-1, -1}, {-1, 2}}}))
--   float32 (1, 2, 2)
--   (1, :, :)
--      0   0
--     -1   2
local Masking = Layer:extend {
  class_name = "Masking",
  inputs = 1,
  options = {
    {"mask_value", options.number, 0.0},
  },
}

function Masking:build(input_shape)
  if #input_shape < 2 then
    self:fail("needs sequences (batch, steps, features), got %s",
      graph.shape_text(input_shape))
  end
end

-- True for the steps that count.
function Masking:compute_mask(x)
  return x:detach():ne(self.mask_value):any(-1)
end

function Masking:call(x)
  return x:masked_fill(self:compute_mask(x):unsqueeze(-1):eq(false), 0)
end

function Masking:compute_output_shape(input_shape)
  return input_shape
end

return Masking
