-- nn.Softmax: positive numbers that sum to 1.

local axes = require("nn.axes")
local elementwise = require("nn.elementwise")

-- Far below any number that counts, but no infinity: where nothing counts,
-- the result is not NaN.
local NEVER = -1e9

--- nn.Softmax{axis=-1}
-- y = exp(x) / sum(exp(x)) along `axis` (one dim or a list of them, counted
-- with the batch dim as 1). Any shape -> the same shape. In a call,
-- layer(x, {mask=m}), elements get 0 where the mask, of as many dims as x, is
-- false or 0.
--   > nn.Softmax()(tensor({{7, 7}})):totable()[1][1]
--   0.5
local Softmax = elementwise("Softmax", {
  {"axis", axes.check, -1},
}, function(self, x, opts)
  if opts.mask and opts.mask.ndim == x.ndim then
    x = x:masked_fill(opts.mask:eq(0), NEVER)
  end
  local dims = axes.positions(self, self.axis, x.ndim)
  if #dims > 1 then
    return (x - x:logsumexp(dims, true)):exp()
  end
  return x:softmax(dims[1])
end)

function Softmax:compute_output_shape(input_shape)
  axes.positions(self, self.axis, #input_shape + 1)
  return input_shape
end

return Softmax
