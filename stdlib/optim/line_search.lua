-- optim.line_search: how far to go along a direction.
--
-- `phi(t)` gives a point {t=, loss=, slope=, ...} at the distance t; slope is
-- the derivative along the direction. Nocedal and Wright, Numerical
-- Optimization (2006), algorithms 3.5 and 3.6.

local line_search = {}

local DECREASE, CURVATURE = 1e-4, 0.9

-- Where the cubic through two points with their slopes is least; NaN where it
-- has no minimum.
local function cubic_minimum(a, b)
  local d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
  local square = d1 * d1 - a.slope * b.slope
  if not (square >= 0) then return 0 / 0 end
  local d2 = b.t > a.t and math.sqrt(square) or -math.sqrt(square)
  return b.t - (b.t - a.t) * (b.slope + d2 - d1)
    / (b.slope - a.slope + 2 * d2)
end

-- t, or the bound it goes beyond; `instead` for NaN and infinity.
local function bounded(t, low, high, instead)
  if t ~= t or math.abs(t) == math.huge then return instead end
  return math.max(low, math.min(high, t))
end

-- Whether the loss has not fallen enough; NaN has not.
local function too_high(start, point)
  return not (point.loss <= start.loss + DECREASE * point.t * start.slope)
end

local function flat_enough(start, point)
  return math.abs(point.slope) <= -CURVATURE * start.slope
end

-- Between `low`, the better end, and `high`.
local function zoom(phi, start, low, high, o)
  while o.left > 0 and math.abs(high.t - low.t) > o.least do
    local width, middle = math.abs(high.t - low.t), (low.t + high.t) / 2
    local first = math.min(low.t, high.t)
    local t = bounded(cubic_minimum(low, high), first + 0.1 * width,
                      first + 0.9 * width, middle)
    local point = phi(t)
    o.left = o.left - 1
    if too_high(start, point) or point.loss >= low.loss then
      high = point
    else
      if flat_enough(start, point) then return point end
      if point.slope * (high.t - low.t) >= 0 then high = low end
      low = point
    end
  end
  return low
end

--- line_search.strong_wolfe(phi, start, t, o)
-- A point that fulfils the strong Wolfe conditions, or the best one found
-- within o.left evaluations; `start` itself where none is better. The first
-- one tried is t; intervals shorter than o.least are not divided.
function line_search.strong_wolfe(phi, start, t, o)
  local before = start
  while o.left > 0 do
    local point = phi(t)
    o.left = o.left - 1
    if too_high(start, point)
        or (before.t > 0 and point.loss >= before.loss) then
      return zoom(phi, start, before, point, o)
    elseif flat_enough(start, point) then
      return point
    elseif point.slope >= 0 then
      return zoom(phi, start, point, before, o)
    end
    local on = cubic_minimum(before, point)
    t = bounded(on, t + 0.01 * (t - before.t), 10 * t, 10 * t)
    before = point
  end
  return before
end

return line_search
