-- nn.Flatten: one row a sample.

local Layer = require("nn.layer")
local defaults = require("nn.defaults")

--- nn.Flatten{data_format=nil}
-- (batch, a, b, ...) -> (batch, a * b * ...). With "channels_first" the
-- channels are moved last before, so that both formats give the same row.
--   > nn.Flatten()(tensor.zeros(2, 3, 4)).shape
--   (2, 12)
local Flatten = Layer:extend {
  class_name = "Flatten",
  inputs = 1,
  options = {
    {"data_format", defaults.data_format_check},
  },
}

function Flatten:init()
  self.data_format = self.data_format or defaults.image_data_format()
end

-- The dims of a batch with dim 2 moved to the end.
local function channels_to_end(ndim)
  local order = {1}
  for dim = 3, ndim do
    order[#order + 1] = dim
  end
  order[ndim] = 2
  return order
end

function Flatten:call(x)
  if self.data_format == "channels_first" and x.ndim > 2 then
    x = x:permute(channels_to_end(x.ndim))
  end
  local batch = #x
  local size = batch > 0 and x:numel() // batch
    or self:compute_output_shape(self:sample_shape(x))[1]
  return x:reshape({batch, size})
end

function Flatten:compute_output_shape(input_shape)
  local size = 1
  for _, n in ipairs(input_shape) do
    if n == -1 then
      return {-1}
    end
    size = size * n
  end
  return {size}
end

return Flatten
