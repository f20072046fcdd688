-- nn.Dot: the products of the vectors of two inputs.

local Layer = require("nn.layer")
local axes = require("nn.axes")
local graph = require("nn.graph")
local merge = require("nn.merge")
local options = require("options")

--- nn.Dot{axes, normalize=false}
-- For each sample the sum of products of a and b along a dim of each: `axes`
-- is one dim for both or {dim of a, dim of b}, counted with the batch dim as
-- 1. The other dims of a, then those of b, are what is left; vectors give one
-- number: (batch, n), (batch, n) -> (batch, 1). normalize=true divides the
-- vectors by their norms first: the products are cosines.
--   > nn.Dot{2}(tensor({{1, 2}}), tensor({{3, 4}})):item()
--   11.0
--   > nn.Dot{{3, 2}}(tensor.ones(5, 4, 3), tensor.ones(5, 3, 2)).shape
--   (5, 4, 2)
local Dot = Layer:extend {
  class_name = "Dot",
  count = 2,
  options = {
    {"axes", axes.check, options.required},
    {"normalize", options.boolean, false},
  },
}

function Dot:init()
  if type(self.axes) == "table" and #self.axes ~= 2 then
    self:fail("axes must be one dim or two, got %s", options.show(self.axes))
  end
end

-- The dims of both that are summed over.
local function summed(self, first, second)
  local a, b = self.axes, self.axes
  if type(self.axes) == "table" then
    a, b = self.axes[1], self.axes[2]
  end
  return axes.position(self, a, first), axes.position(self, b, second)
end

-- Fails unless the shapes have the dims that are summed over, of one size.
local function check_shapes(self, input_shapes)
  merge.check_inputs(self, input_shapes)
  local a, b = input_shapes[1], input_shapes[2]
  local i, j = summed(self, #a + 1, #b + 1)
  local m, n = a[i - 1], b[j - 1]
  if m ~= n and m ~= -1 and n ~= -1 then
    self:fail("dim %d of %s and dim %d of %s have different sizes", i,
      graph.shape_text(a), j, graph.shape_text(b))
  end
end

-- Below this the square of a norm counts as this.
local EPSILON = 1e-12

-- x with dim `axis` last, all others but the batch as one: (batch, m, n); and
-- the sizes of these others.
local function as_rows(self, x, axis)
  if self.normalize then
    local squares = x:square():sum(axis, true)
    x = x * squares:maximum(EPSILON):rsqrt()
  end
  local order, sizes, m = {1}, {}, 1
  for i, dim in ipairs(axes.others({axis}, 2, x.ndim)) do
    order[i + 1], sizes[i] = dim, x.shape[dim]
    m = m * sizes[i]
  end
  order[x.ndim] = axis
  return x:permute(order):reshape({#x, m, x.shape[axis]}), sizes
end

function Dot:call(inputs)
  check_shapes(self, self:sample_shape(inputs))
  local a, b = inputs[1], inputs[2]
  local i, j = summed(self, a.ndim, b.ndim)
  local rows, left = as_rows(self, a, i)
  local columns, right = as_rows(self, b, j)
  local y = rows:matmul(columns:transpose(2, 3))
  local shape = {#a}
  table.move(left, 1, #left, 2, shape)
  table.move(right, 1, #right, #shape + 1, shape)
  if #shape == 1 then
    shape[2] = 1
  end
  return y:reshape(shape)
end

function Dot:compute_output_shape(input_shapes)
  check_shapes(self, input_shapes)
  local a, b = input_shapes[1], input_shapes[2]
  local i, j = summed(self, #a + 1, #b + 1)
  local shape = {}
  for _, dim in ipairs(axes.others({i}, 2, #a + 1)) do
    shape[#shape + 1] = a[dim - 1]
  end
  for _, dim in ipairs(axes.others({j}, 2, #b + 1)) do
    shape[#shape + 1] = b[dim - 1]
  end
  return #shape > 0 and shape or {1}
end

return Dot
