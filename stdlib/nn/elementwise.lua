-- nn.elementwise: classes of layers that are a function of one input and keep
-- its shape and its mask.

local Layer = require("nn.layer")

-- A class with those option rows, whose layers compute f(self, x, options).
return function(class_name, rows, f)
  local Elementwise = Layer:extend {
    class_name = class_name,
    inputs = 1,
    supports_masking = true,
    options = rows,
    call = f,
  }

  function Elementwise:compute_output_shape(input_shape)
    return input_shape
  end

  return Elementwise
end
