-- hyper.tpe: the tree-structured Parzen estimator of Bergstra, Bardenet,
-- Bengio and Kegl, "Algorithms for hyper-parameter optimization" (2011), with
-- the candidates and weights of Hyperopt (Bergstra, Yamins and Cox, 2013).
--
-- The best are the paper's 15 % of the trials; Hyperopt's later rule, a
-- quarter of the square root, leaves two of 40, with which the mean over
-- seeds is worse on every function of tests/specs/hyper_spec.lua.
--
-- The trials so far are split into the few best and the rest. In each
-- dimension, one after the other along the tree, l is the density of the
-- best and g that of the rest, over the trials in which the dimension
-- exists; of some candidates drawn from l the one with the greatest l / g is
-- taken, which is the one of greatest expected improvement. A failed trial
-- belongs to the rest: the search turns away from where it fails.

local draws = require("hyper.draws")
local parzen = require("hyper.parzen")
local space = require("hyper.space")

local GAMMA = 0.15 -- of the trials are the best
local MOST_BEST = 25
local CANDIDATES = 24

-- The trials as two lists in the order in which they were made: the best and
-- the rest.
local function split(trials)
  local ranked = {}
  for _, trial in ipairs(trials) do
    if trial.status == "ok" then ranked[#ranked + 1] = trial end
  end
  table.sort(ranked, function(a, b)
    if a.loss == b.loss then return a.number < b.number end
    return a.loss < b.loss
  end)
  local count = math.min(MOST_BEST, math.ceil(GAMMA * #ranked))
  local is_best = {}
  for i = 1, count do is_best[ranked[i]] = true end
  local best, rest = {}, {}
  for _, trial in ipairs(trials) do
    table.insert(is_best[trial] and best or rest, trial)
  end
  return best, rest
end

local function estimate(dimension, trials)
  local values = {}
  for _, trial in ipairs(trials) do
    values[#values + 1] = trial.point[dimension.path]
  end
  return parzen.estimate(dimension, values)
end

-- The point to try next.
local function propose(read, trials, draw, startup)
  if #trials < startup then
    return space.point(read, function(dimension)
      return draws.any(draw, dimension)
    end)
  end
  local best, rest = split(trials)
  return space.point(read, function(dimension)
    local l, g = estimate(dimension, best), estimate(dimension, rest)
    local chosen, greatest = nil, -math.huge
    for _ = 1, CANDIDATES do
      local value = l:draw(draw)
      local score = l:log_density(value) - g:log_density(value)
      if score > greatest then chosen, greatest = value, score end
    end
    return chosen
  end)
end

return {propose = propose}
