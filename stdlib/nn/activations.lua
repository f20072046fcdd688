-- nn.activations: the one list of activation functions. Each takes a tensor
-- and returns one of the same shape; layers name them by string.

local native = require("native")
local options = require("options")

local activations = {}

--- nn.activations.linear(x)
-- x itself.
--   > nn.activations.linear(tensor({-1, 2})):totable()[1]
--   -1.0
function activations.linear(x)
  return x
end

--- nn.activations.relu(x)
-- max(x, 0). (Nair and Hinton, 2010.)
--   > nn.activations.relu(tensor({-1, 2})):totable()[1]
--   0.0
function activations.relu(x)
  return x:relu()
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

--- nn.activations.sigmoid(x)
-- 1 / (1 + exp(-x)).
--   > nn.activations.sigmoid(tensor({0})):totable()[1]
--   0.5
function activations.sigmoid(x)
  return x:sigmoid()
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

--- nn.activations.gelu(x)
-- x times the standard normal distribution function of x. (Hendrycks and
-- Gimpel, 2016.)
--   > nn.activations.gelu(tensor({0})):totable()[1]
--   0.0
function activations.gelu(x)
  return x:gelu()
end

--- nn.activations.silu(x)
-- x sigmoid(x), also called swish. (Ramachandran and others, 2017.)
--   > nn.activations.silu(tensor({0})):totable()[1]
--   0.0
function activations.silu(x)
  return x:silu()
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

-- The functions above by name, and the sorted names for suggestions.
local by_name, names = {}, {}
for name, f in pairs(activations) do
  by_name[name] = f
  names[#names + 1] = name
end
table.sort(names)
by_name.swish = activations.silu

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

-- The check of every activation option.
activations.check = {
  description = "the name of an activation or a function",
  test = function(value)
    local f, problem = find(value)
    return f ~= nil, value, problem
  end,
}

return activations
