-- nn.Permute: the dims of a sample in another order.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local options = require("options")

local DIMS = {
  description = "a list of the dims of a sample, from 1, such as {2, 1}",
  test = options.shape.test,
}

--- nn.Permute{d1, d2, ...}
-- Dim k of each sample of the result is dim d_k of the sample: the dims count
-- from 1 without the batch, and each comes once. Also nn.Permute{dims={2, 1}}.
--   > nn.Permute{2, 1}(tensor.zeros(5, 3, 4)).shape
--   (5, 4, 3)
local Permute = Layer:extend {
  class_name = "Permute",
  inputs = 1,
  options = {
    rest = "dims",
    {"dims", DIMS, options.required},
  },
}

function Permute:init()
  self.order = {1}
  local seen = {}
  for i, dim in ipairs(self.dims) do
    if dim < 1 or dim > #self.dims or seen[dim] then
      self:fail("each of the dims 1 to %d must come once, got %s", #self.dims,
        options.show(self.dims))
    end
    seen[dim] = true
    self.order[i + 1] = dim + 1
  end
end

-- Fails unless samples have as many dims as there is an order for.
function Permute:build(input_shape)
  if #input_shape ~= #self.dims then
    self:fail("has an order for %d dims, got samples of %d: %s", #self.dims,
      #input_shape, graph.shape_text(input_shape))
  end
end

function Permute:call(x)
  self:build(self:sample_shape(x))
  return x:permute(self.order)
end

function Permute:compute_output_shape(input_shape)
  self:build(input_shape)
  local shape = {}
  for i, dim in ipairs(self.dims) do
    shape[i] = input_shape[dim]
  end
  return shape
end

return Permute
