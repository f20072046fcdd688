-- nn.activations: the one list of activation functions. Each takes a tensor
-- and returns one of the same shape; layers name them by string.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

--- nn.activations
-- Functions of a tensor that give one of the same shape: what `activation`
-- names in a layer, nn.Dense{10, activation="relu"}, by string or as the
-- function itself; any function x -> y does as well.
local activations = {}

--- nn.activations.linear(x)
-- x itself.
--   > nn.activations.linear(tensor({-1, 2})):totable()[1]
--   -1.0
function activations.linear(x)
  return x
end

--- nn.activations.relu(x [, negative_slope [, max_value [, threshold]]])
-- max(x, 0). With the further arguments: max_value where x >= max_value, x
-- from threshold to there, negative_slope * (x - threshold) below threshold.
-- (Nair and Hinton, 2010.)
--   > nn.activations.relu(tensor({-1, 2})):totable()[1]
--   0.0
function activations.relu(x, negative_slope, max_value, threshold)
  negative_slope, threshold = negative_slope or 0, threshold or 0
  if negative_slope == 0 and threshold == 0 then
    return max_value and x:clamp(0, max_value) or x:relu()
  end
  local below = (x - threshold) * negative_slope
  local above = max_value and x:clamp(nil, max_value) or x
  return tensor.where(x:lt(threshold), below, above)
end

--- nn.activations.relu6(x)
-- min(max(x, 0), 6).
--   > nn.activations.relu6(tensor({-1, 9})):totable()[2]
--   6.0
function activations.relu6(x)
  return x:clamp(0, 6)
end

--- nn.activations.leaky_relu(x [, slope])
-- x where x > 0, else slope * x; slope is 0.2. (Maas and others, 2013.)
--   > nn.activations.leaky_relu(tensor({-4, 2}), 0.25):totable()[1]
--   -1.0
function activations.leaky_relu(x, slope)
  return x:leaky_relu(slope or 0.2)
end

--- nn.activations.celu(x [, alpha])
-- x where x > 0, else alpha (exp(x / alpha) - 1); alpha is 1. (Barron, 2017.)
--   > nn.activations.celu(tensor({0, 2})):totable()[2]
--   2.0
function activations.celu(x, alpha)
  alpha = alpha or 1
  return x:relu() + (x:clamp(nil, 0) / alpha):expm1() * alpha
end

--- nn.activations.threshold(x [, threshold [, default_value]])
-- x where x > threshold, else default_value; both are 0 unless given.
--   > nn.activations.threshold(tensor({1, 2}), 1, 7):totable()[1]
--   7.0
function activations.threshold(x, threshold, default_value)
  return x:masked_fill(x:le(threshold or 0), default_value or 0)
end

--- nn.activations.hard_shrink(x [, threshold])
-- x where |x| > threshold, else 0; threshold is 0.5.
--   > nn.activations.hard_shrink(tensor({0.25, -2})):totable()[1]
--   0.0
function activations.hard_shrink(x, threshold)
  return x:masked_fill(x:abs():le(threshold or 0.5), 0)
end

--- nn.activations.soft_shrink(x [, threshold])
-- x moved by threshold towards 0, and 0 where |x| <= threshold, which is 0.5.
--   > nn.activations.soft_shrink(tensor({0.25, -2})):totable()[2]
--   -1.5
function activations.soft_shrink(x, threshold)
  threshold = threshold or 0.5
  return (x - threshold):relu() - (-x - threshold):relu()
end

--- nn.activations.tanh_shrink(x)
-- x - tanh(x).
--   > nn.activations.tanh_shrink(tensor({0})):totable()[1]
--   0.0
function activations.tanh_shrink(x)
  return x - x:tanh()
end

--- nn.activations.squareplus(x [, b])
-- (x + sqrt(x ^ 2 + b)) / 2; b is 4. (Barron, 2021.)
--   > nn.activations.squareplus(tensor({0})):totable()[1]
--   1.0
function activations.squareplus(x, b)
  return (x + (x:square() + (b or 4)):sqrt()) / 2
end

--- nn.activations.sigmoid(x)
-- 1 / (1 + exp(-x)).
--   > nn.activations.sigmoid(tensor({0})):totable()[1]
--   0.5
function activations.sigmoid(x)
  return x:sigmoid()
end

--- nn.activations.log_sigmoid(x)
-- log(1 / (1 + exp(-x))).
--   > nn.activations.log_sigmoid(tensor({99})):totable()[1] > -1e-6
--   true
function activations.log_sigmoid(x)
  return -(-x):softplus()
end

--- nn.activations.hard_sigmoid(x)
-- 0.2 x + 0.5, clipped to 0..1.
--   > nn.activations.hard_sigmoid(tensor({0, 9})):totable()[1]
--   0.5
function activations.hard_sigmoid(x)
  return (x * 0.2 + 0.5):clamp(0, 1)
end

--- nn.activations.tanh(x)
-- (exp(x) - exp(-x)) / (exp(x) + exp(-x)).
--   > nn.activations.tanh(tensor({0})):totable()[1]
--   0.0
function activations.tanh(x)
  return x:tanh()
end

--- nn.activations.hard_tanh(x)
-- x, clipped to -1..1.
--   > nn.activations.hard_tanh(tensor({-0.5, 9})):totable()[2]
--   1.0
function activations.hard_tanh(x)
  return x:clamp(-1, 1)
end

--- nn.activations.exponential(x)
-- exp(x).
--   > nn.activations.exponential(tensor({0})):totable()[1]
--   1.0
function activations.exponential(x)
  return x:exp()
end

--- nn.activations.softplus(x)
-- log(1 + exp(x)).
--   > nn.activations.softplus(tensor({0})):totable()[1] > 0.693
--   true
function activations.softplus(x)
  return x:softplus()
end

--- nn.activations.softsign(x)
-- x / (1 + |x|).
--   > nn.activations.softsign(tensor({1})):totable()[1]
--   0.5
function activations.softsign(x)
  return x:softsign()
end

--- nn.activations.elu(x [, alpha])
-- x where x > 0, else alpha (exp(x) - 1); alpha is 1. (Clevert and others,
-- 2016.)
--   > nn.activations.elu(tensor({0, 2})):totable()[2]
--   2.0
function activations.elu(x, alpha)
  return x:elu(alpha or 1)
end

--- nn.activations.selu(x)
-- 1.0507 elu(x, 1.6733): keeps mean 0 and variance 1 from layer to layer.
-- (Klambauer and others, 2017.)
--   > nn.activations.selu(tensor({0})):totable()[1]
--   0.0
function activations.selu(x)
  return x:selu()
end

--- nn.activations.gelu(x [, approximate])
-- x times the standard normal distribution function of x; approximate=true:
-- x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. (Hendrycks and Gimpel,
-- 2016.)
--   > nn.activations.gelu(tensor({0})):totable()[1]
--   0.0
function activations.gelu(x, approximate)
  if not approximate then
    return x:gelu()
  end
  local inner = (x + x ^ 3 * 0.044715) * math.sqrt(2 / math.pi)
  return x * (inner:tanh() + 1) * 0.5
end

--- nn.activations.silu(x)
-- x sigmoid(x), also called swish. (Ramachandran and others, 2017.)
--   > nn.activations.silu(tensor({0})):totable()[1]
--   0.0
function activations.silu(x)
  return x:silu()
end

--- nn.activations.hard_silu(x)
-- x clip((x + 3) / 6, 0, 1), also called hard_swish. (Howard and others,
-- 2019.)
--   > nn.activations.hard_silu(tensor({0, 3})):totable()[2]
--   3.0
function activations.hard_silu(x)
  return x * ((x + 3) / 6):clamp(0, 1)
end

--- nn.activations.mish(x)
-- x tanh(softplus(x)). (Misra, 2019.)
--   > nn.activations.mish(tensor({0})):totable()[1]
--   0.0
function activations.mish(x)
  return x:mish()
end

--- nn.activations.softmax(x [, dim])
-- exp(x) / sum(exp(x)) along dim, the last one unless said.
--   > nn.activations.softmax(tensor({{3, 3}})):totable()[1][1]
--   0.5
function activations.softmax(x, dim)
  return x:softmax(dim or -1)
end

--- nn.activations.log_softmax(x [, dim])
-- log(softmax(x)) along dim, the last one unless said.
--   > nn.activations.log_softmax(tensor({{3}})):totable()[1][1]
--   0.0
function activations.log_softmax(x, dim)
  return x:log_softmax(dim or -1)
end

--- nn.activations.sparsemax(x [, dim])
-- The point of the simplex (numbers of at least 0 that sum to 1 along dim, the
-- last one unless said) that is nearest to x: like softmax, with true zeros.
-- (Martins and Astudillo, 2016.)
--   > nn.activations.sparsemax(tensor({0, 0.5, 9}))
--   float32 (3)
--     0  0  1
function activations.sparsemax(x, dim)
  dim = dim or -1
  x = x - x:detach():amax(dim, true) -- the same result, and small sums
  local sorted = x:sort(dim, true)
  local ranks = tensor.cumsum(tensor.ones_like(x), dim)
  local sums = sorted:cumsum(dim) - 1
  local inside = (sorted * ranks):gt(sums)
  local count = inside:to(x.dtype):sum(dim, true)
  local total = sorted:masked_fill(inside:eq(false), 0):sum(dim, true) - 1
  return (x - total / count):relu()
end

-- The functions above by name, and the sorted names for suggestions.
local by_name, names = {}, {}
for name, f in pairs(activations) do
  by_name[name] = f
  names[#names + 1] = name
end
table.sort(names)
by_name.swish = activations.silu
by_name.hard_swish = activations.hard_silu

-- The function for a name, a function or nil; otherwise nil and what is wrong.
local function find(activation)
  if activation == nil then
    return activations.linear
  end
  if type(activation) == "function" then
    return activation
  end
  if type(activation) ~= "string" then
    return nil, string.format("activation must be a name or a function, got %s",
      options.show(activation))
  end
  if by_name[activation] then
    return by_name[activation]
  end
  return nil, string.format("unknown activation %q%s", activation,
    options.hint(activation, names))
end

--- nn.activations.get(activation)
-- The function for a name ("relu"), for nil ("linear"), or the function given.
--   > nn.activations.get("relu") == nn.activations.relu
--   true
function activations.get(activation)
  local f, problem = find(activation)
  if not f then
    native.fail("%s", problem)
  end
  return f
end

--- nn.activations.check
-- The check for options of classes of one's own (nn.Layer:extend):
-- {"activation", nn.activations.check} takes a name or a function.
--   > row = {"activation", nn.activations.check}
--   > Mine = nn.Layer:extend{class_name="Mine", options={row}}
--   > Mine{activation="relu"}.activation
--   relu
activations.check = {
  description = "the name of an activation or a function",
  test = function(value)
    local f, problem = find(value)
    return f ~= nil, value, problem
  end,
}

return activations
