-- nn.initializers: how weights begin. An initializer is called with a list of
-- sizes and a dtype and returns a tensor. Kernels keep inputs in the last dim
-- but one and outputs in the last: fan_in and fan_out are these sizes times
-- the size of the window (the dims before them).

local named = require("nn.named")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

local SHAPE = {
  description = "a list of sizes such as {3, 2}",
  test = function(value)
    local list = {}
    for i = 1, type(value) == "table" and #value or 0 do
      local size = type(value[i]) == "number" and math.tointeger(value[i])
      if not size or size < 0 then return false end
      list[i] = size
    end
    return type(value) == "table", list
  end,
}

local family = named.family("initializer", {
  zero = "Zeros",
  one = "Ones",
  normal = "RandomNormal",
  uniform = "RandomUniform",
  eye = "Identity",
}, SHAPE)
local define = family.define

--- nn.initializers
-- How the weights of a layer begin, an option of every layer with weights:
-- nn.Dense{10, kernel_initializer=nn.initializers.HeNormal{}}, by name
-- ("he_normal", "HeNormal") or as a function (shape, dtype) -> tensor.
-- fan_in and fan_out are the sizes of the last dim but one and of the last of
-- a kernel, times those of its window.
local initializers = {}

--- nn.initializers.check
-- The check for options of classes of one's own (nn.Layer:extend):
-- {"kernel_initializer", nn.initializers.check, "glorot_uniform"} takes a
-- name, an initializer or a function.
--   > row = {"kernel_initializer", nn.initializers.check, "ones"}
--   > Mine = nn.Layer:extend{options={row}}
--   > Mine().kernel_initializer
--   ones
initializers.check = family.check

-- fan_in, fan_out of a kernel of that shape.
local function fans(shape)
  local n = #shape
  if n < 2 then
    local size = shape[1] or 1
    return size, size
  end
  local window = 1
  for i = 1, n - 2 do
    window = window * shape[i]
  end
  return shape[n - 1] * window, shape[n] * window
end

local function normal(shape, dtype, mean, sd)
  return tensor.randn(shape, dtype) * sd + mean
end

local function uniform(shape, dtype, low, high)
  return tensor.rand(shape, dtype) * (high - low) + low
end

-- Standard normal numbers, drawn again until none is beyond 2.
local function truncated(shape, dtype)
  local x = tensor.randn(shape, dtype)
  local far = x:abs():gt(2)
  while far:any():item() do
    x = tensor.where(far, tensor.randn(shape, dtype), x)
    far = x:abs():gt(2)
  end
  return x
end

--- nn.initializers.Zeros{}
-- All 0.
--   > nn.initializers.Zeros{}({2}):sum():item()
--   0.0
initializers.Zeros = define("Zeros", {}, function(_, shape, dtype)
  return tensor.zeros(shape, dtype)
end)

--- nn.initializers.Ones{}
-- All 1.
--   > nn.initializers.Ones{}({2}):sum():item()
--   2.0
initializers.Ones = define("Ones", {}, function(_, shape, dtype)
  return tensor.ones(shape, dtype)
end)

--- nn.initializers.Constant{value=0}
-- All `value`.
--   > nn.initializers.Constant{3}({2}):sum():item()
--   6.0
initializers.Constant = define("Constant", {
  {"value", options.number, 0},
}, function(config, shape, dtype)
  return tensor.full(shape, config.value, dtype)
end)

--- nn.initializers.RandomNormal{mean=0, stddev=0.05}
-- Normal with that mean and standard deviation.
--   > nn.initializers.RandomNormal{1, 0}({2}):sum():item()
--   2.0
initializers.RandomNormal = define("RandomNormal", {
  {"mean", options.number, 0.0},
  {"stddev", options.non_negative_number, 0.05},
}, function(config, shape, dtype)
  return normal(shape, dtype, config.mean, config.stddev)
end)

--- nn.initializers.Normal{sigma=0.01}
-- Normal with mean 0 and standard deviation sigma (Gluon's).
--   > nn.initializers.Normal{0}({2}):sum():item()
--   0.0
initializers.Normal = define("Normal", {
  {"sigma", options.non_negative_number, 0.01},
}, function(config, shape, dtype)
  return normal(shape, dtype, 0, config.sigma)
end)

--- nn.initializers.RandomUniform{minval=-0.05, maxval=0.05}
-- Uniform from minval to below maxval.
--   > nn.initializers.RandomUniform{2, 2}({2}):sum():item()
--   4.0
initializers.RandomUniform = define("RandomUniform", {
  {"minval", options.number, -0.05},
  {"maxval", options.number, 0.05},
}, function(config, shape, dtype)
  return uniform(shape, dtype, config.minval, config.maxval)
end)

--- nn.initializers.TruncatedNormal{mean=0, stddev=0.05}
-- Normal, with what is further than 2 stddev from the mean drawn again.
--   > nn.initializers.TruncatedNormal{0, 1}({99}):abs():max():item() <= 2
--   true
initializers.TruncatedNormal = define("TruncatedNormal", {
  {"mean", options.number, 0.0},
  {"stddev", options.non_negative_number, 0.05},
}, function(config, shape, dtype)
  return truncated(shape, dtype) * config.stddev + config.mean
end)

-- The standard deviation of a normal distribution truncated at 2.
local TRUNCATED_SD = 0.87962566103423978

local function variance_scaling(config, shape, dtype)
  local fan_in, fan_out = fans(shape)
  local fan = fan_in
  if config.mode == "fan_out" then
    fan = fan_out
  elseif config.mode == "fan_avg" then
    fan = (fan_in + fan_out) / 2
  end
  local variance = config.scale / math.max(1, fan)
  if config.distribution == "uniform" then
    local limit = math.sqrt(3 * variance)
    return uniform(shape, dtype, -limit, limit)
  elseif config.distribution == "untruncated_normal" then
    return normal(shape, dtype, 0, math.sqrt(variance))
  end
  return truncated(shape, dtype) * (math.sqrt(variance) / TRUNCATED_SD)
end

--- nn.initializers.VarianceScaling{scale=1, mode="fan_in", ...}
-- Mean 0 and variance scale / n, where n is fan_in, fan_out or their mean
-- (mode "fan_avg"); distribution="truncated_normal" (also "normal"),
-- "untruncated_normal" or "uniform".
--   > nn.initializers.VarianceScaling{3, "fan_in", "uniform"}({4, 2}).shape
--   (4, 2)
initializers.VarianceScaling = define("VarianceScaling", {
  {"scale", options.positive_number, 1.0},
  {"mode", options.one_of {"fan_in", "fan_out", "fan_avg"}, "fan_in"},
  {
    "distribution",
    options.one_of {"truncated_normal", "untruncated_normal", "uniform",
      "normal"},
    "truncated_normal",
  },
}, variance_scaling)

local function scaled(class_name, scale, mode, distribution)
  local setting = {scale = scale, mode = mode, distribution = distribution}
  return define(class_name, {}, function(_, shape, dtype)
    return variance_scaling(setting, shape, dtype)
  end)
end

--- nn.initializers.GlorotUniform{}
-- Uniform within sqrt(6 / (fan_in + fan_out)). (Glorot and Bengio, 2010.)
--   > nn.initializers.GlorotUniform{}({3, 3}):abs():max():item() <= 1
--   true
initializers.GlorotUniform = scaled("GlorotUniform", 1, "fan_avg", "uniform")

--- nn.initializers.GlorotNormal{}
-- Truncated normal, variance 2 / (fan_in + fan_out). (Glorot and Bengio,
-- 2010.)
--   > nn.initializers.GlorotNormal{}({4, 2}).shape
--   (4, 2)
initializers.GlorotNormal = scaled("GlorotNormal", 1, "fan_avg", "normal")

--- nn.initializers.HeNormal{}
-- Truncated normal, variance 2 / fan_in. (He and others, 2015.)
--   > nn.initializers.HeNormal{}({4, 2}).shape
--   (4, 2)
initializers.HeNormal = scaled("HeNormal", 2, "fan_in", "normal")

--- nn.initializers.HeUniform{}
-- Uniform within sqrt(6 / fan_in). (He and others, 2015.)
--   > nn.initializers.HeUniform{}({6, 2}):abs():max():item() <= 1
--   true
initializers.HeUniform = scaled("HeUniform", 2, "fan_in", "uniform")

--- nn.initializers.LecunNormal{}
-- Truncated normal, variance 1 / fan_in. (LeCun and others, 1998.)
--   > nn.initializers.LecunNormal{}({4, 2}).shape
--   (4, 2)
initializers.LecunNormal = scaled("LecunNormal", 1, "fan_in", "normal")

--- nn.initializers.LecunUniform{}
-- Uniform within sqrt(3 / fan_in). (LeCun and others, 1998.)
--   > nn.initializers.LecunUniform{}({3, 2}):abs():max():item() <= 1
--   true
initializers.LecunUniform = scaled("LecunUniform", 1, "fan_in", "uniform")

--- nn.initializers.Orthogonal{gain=1}
-- gain times a random matrix with orthonormal columns or, where it is wider
-- than high, rows; all dims but the last count as rows. (Saxe and others,
-- 2014.)
--   > w = nn.initializers.Orthogonal{}({3, 3})
--   > w:matmul(w.T):allclose(tensor.eye(3), 0, 1e-5)
--   true
initializers.Orthogonal = define("Orthogonal", {
  {"gain", options.number, 1.0},
}, function(config, shape, dtype)
  if #shape < 2 then
    native.fail("Orthogonal: needs a weight of at least 2 dims, got %d",
      #shape)
  end
  local columns, rows = shape[#shape], 1
  for i = 1, #shape - 1 do
    rows = rows * shape[i]
  end
  local most, least = math.max(rows, columns), math.min(rows, columns)
  local q, r = tensor.linalg.qr(tensor.randn({most, least}, dtype))
  -- Signs that make every orthogonal matrix equally likely.
  q = q * r:diag():sign()
  if rows < columns then
    q = q:transpose()
  end
  return q:reshape(shape) * config.gain
end)

--- nn.initializers.Identity{gain=1}
-- gain on the diagonal of a matrix, 0 elsewhere; also by name as "eye".
--   > nn.initializers.Identity{}({2, 2})
--   float32 (2, 2)
--     1  0
--     0  1
initializers.Identity = define("Identity", {
  {"gain", options.number, 1.0},
}, function(config, shape, dtype)
  if #shape ~= 2 then
    native.fail("Identity: needs a weight of 2 dims, got %d", #shape)
  end
  return tensor.ones(shape, dtype):tril():triu() * config.gain
end)

--- nn.initializers.get(initializer)
-- The initializer for a name ("he_normal", "HeNormal"), a saved config or a
-- function (shape, dtype) -> tensor; an initializer stays itself.
--   > nn.initializers.get("ones")({3}):sum():item()
--   3.0
initializers.get = family.get

return initializers
