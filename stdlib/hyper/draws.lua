-- hyper.draws: random numbers of a stream that belongs to one trial, so that
-- a search that goes on from a file proposes what it would have proposed
-- without the stop, and tensor's random stream is left as it is.

local generator = require("data.generator")
local space = require("hyper.space")

local draws = {}

local SPREAD = 0xD1342543DE82EF95 -- odd: seeds stay apart

-- A function that gives uniform numbers in [0, 1).
function draws.stream(seed, trial)
  return generator.uniform(seed * SPREAD + trial)
end

-- A standard normal number (Box and Muller, 1958).
function draws.normal(draw)
  local radius = math.sqrt(-2 * math.log(1 - draw()))
  return radius * math.cos(2 * math.pi * draw())
end

-- One of 1..n.
function draws.position(draw, n)
  return 1 + math.floor(draw() * n)
end

-- A position in a list of weights that add up to 1.
function draws.weighted(draw, weights)
  local left = draw()
  for i, weight in ipairs(weights) do
    left = left - weight
    if left < 0 then return i end
  end
  return #weights
end

-- A value of a dimension, each as likely as another on its axis.
function draws.any(draw, dimension)
  if dimension.kind == "choice" then
    return draws.position(draw, #dimension.options)
  end
  local from, to = dimension.from, dimension.to
  return space.from_axis(dimension, from + (to - from) * draw())
end

return draws
