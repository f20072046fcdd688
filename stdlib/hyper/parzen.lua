-- hyper.parzen: densities estimated from few observations, for hyper.tpe.
--
-- For a number, a mixture of normal densities cut off at the ends of its
-- axis: one on each observation, as wide as the way to its farther
-- neighbour, and a prior in the middle as wide as the axis. For a choice, how
-- often each option was seen, and once more. Beyond the last 25, older
-- observations weigh less. (Bergstra, Bardenet, Bengio and Kegl, "Algorithms
-- for hyper-parameter optimization", 2011, section 4.)

local draws = require("hyper.draws")
local space = require("hyper.space")

local parzen = {}

local REMEMBERED = 25
local PRIOR_WEIGHT = 1
local MOST_TRIES = 100
local LEAST = 1e-300

-- The weights of n observations, oldest first: 1 for the last ones, before
-- them a ramp that begins at 1 / n.
local function weights_of(n)
  local weights, old = {}, n - REMEMBERED
  for i = 1, n do
    weights[i] = 1
    if i <= old then
      weights[i] = old == 1 and 1 / n
        or 1 / n + (1 - 1 / n) * (i - 1) / (old - 1)
    end
  end
  return weights
end

-- The normal distribution function: Abramowitz and Stegun, "Handbook of
-- mathematical functions" (1964), 7.1.26, good to 1.5e-7.
local function normal_cdf(z)
  local x = math.abs(z) / math.sqrt(2)
  local t = 1 / (1 + 0.3275911 * x)
  local sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741
    + t * (-1.453152027 + t * 1.061405429))))
  local upper = 0.5 * sum * math.exp(-x * x)
  return z > 0 and 1 - upper or upper
end

-- Numbers --------------------------------------------------------------------

local Mixture = {}
Mixture.__index = Mixture

local function add_scales(kernels, width)
  local n = #kernels
  local narrow = width / math.min(100, n) -- the prior is one of the n
  for i, kernel in ipairs(kernels) do
    local left = i > 1 and kernel.mean - kernels[i - 1].mean or 0
    local right = i < n and kernels[i + 1].mean - kernel.mean or 0
    local scale = math.max(narrow, math.min(width, math.max(left, right)))
    kernel.scale = kernel.prior and width or scale
  end
end

-- The density of a dimension from values, oldest first.
local function new_mixture(dimension, values)
  local weights, total = weights_of(#values), PRIOR_WEIGHT
  local kernels = {{
    mean = (dimension.from + dimension.to) / 2, weight = PRIOR_WEIGHT,
    prior = true, order = 0,
  }}
  for i, value in ipairs(values) do
    kernels[i + 1] = {
      mean = space.to_axis(dimension, value), weight = weights[i], order = i,
    }
    total = total + weights[i]
  end
  table.sort(kernels, function(a, b)
    if a.mean == b.mean then return a.order < b.order end
    return a.mean < b.mean
  end)
  add_scales(kernels, dimension.to - dimension.from)
  local self = {dimension = dimension, kernels = kernels, shares = {}}
  for i, kernel in ipairs(kernels) do
    kernel.inside = normal_cdf((dimension.to - kernel.mean) / kernel.scale)
      - normal_cdf((dimension.from - kernel.mean) / kernel.scale)
    self.shares[i] = kernel.weight / total
  end
  return setmetatable(self, Mixture)
end

-- A draw from the mixture. A kernel has a third of its mass or more between
-- the ends, where its mean is, so that few tries are needed.
function Mixture:draw(draw)
  local kernel = self.kernels[draws.weighted(draw, self.shares)]
  local from, to = self.dimension.from, self.dimension.to
  for _ = 1, MOST_TRIES do
    local place = kernel.mean + kernel.scale * draws.normal(draw)
    if place >= from and place < to then
      return space.from_axis(self.dimension, place)
    end
  end
  return space.from_axis(self.dimension, kernel.mean)
end

-- The mass that a kernel gives to the whole number.
local function mass(kernel, dimension, value)
  local low, high = value - 0.5, value + 0.5
  if dimension.log then low, high = math.log(low), math.log(high) end
  return normal_cdf((high - kernel.mean) / kernel.scale)
    - normal_cdf((low - kernel.mean) / kernel.scale)
end

-- The logarithm of the density there, of the mass for whole numbers.
function Mixture:log_density(value)
  local dimension, sum = self.dimension, 0
  local place = space.to_axis(dimension, value)
  for i, kernel in ipairs(self.kernels) do
    local density
    if dimension.integer then
      density = mass(kernel, dimension, value)
    else
      local z = (place - kernel.mean) / kernel.scale
      density = math.exp(-z * z / 2) / (kernel.scale * math.sqrt(2 * math.pi))
    end
    sum = sum + self.shares[i] * density / kernel.inside
  end
  return math.log(math.max(sum, LEAST))
end

-- Choices --------------------------------------------------------------------

local Counts = {}
Counts.__index = Counts

local function new_counts(dimension, values)
  local weights, shares, total = weights_of(#values), {}, 0
  for i = 1, #dimension.options do shares[i] = PRIOR_WEIGHT end
  for i, value in ipairs(values) do
    shares[value] = shares[value] + weights[i]
  end
  for _, share in ipairs(shares) do total = total + share end
  for i, share in ipairs(shares) do shares[i] = share / total end
  return setmetatable({shares = shares}, Counts)
end

function Counts:draw(draw) return draws.weighted(draw, self.shares) end

function Counts:log_density(value) return math.log(self.shares[value]) end

-- The density of a dimension from values, oldest first; it has draw(stream)
-- and log_density(value).
function parzen.estimate(dimension, values)
  local new = dimension.kind == "choice" and new_counts or new_mixture
  return new(dimension, values)
end

return parzen
