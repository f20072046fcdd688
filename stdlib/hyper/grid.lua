-- hyper.grid: the points of an even grid over a space.
--
-- Each number has the same count of places, its ends among them (one place:
-- the middle), an integer no more than it has values; a choice has all of
-- its options, each with its own grid. The count is the greatest with which
-- the grid has no more points than were asked for.

local native = require("native")
local space = require("hyper.space")

-- The places of a number.
local function places(dimension, count)
  local low, high = dimension.low, dimension.high
  if dimension.log then low, high = math.log(low), math.log(high) end
  if dimension.integer then
    count = math.min(count, dimension.high - dimension.low + 1)
  end
  local list, seen = {}, {}
  for i = 1, count do
    local share = count == 1 and 0.5 or (i - 1) / (count - 1)
    local value = space.from_axis(dimension, low + (high - low) * share)
    if not seen[value] then list[#list + 1] = value end
    seen[value] = true
  end
  return list
end

-- How many points the grid below a node has.
local function size(node, count)
  if node.kind == "constant" then
    return 1
  elseif node.kind == "number" then
    return #places(node, count)
  end
  local total = node.kind == "table" and 1.0 or 0.0
  for _, entry in ipairs(node.entries or {}) do
    total = total * size(entry[2], count)
  end
  for _, option in ipairs(node.options or {}) do
    total = total + size(option, count)
  end
  return total
end

local function merged(a, b)
  local t = {}
  for path, value in pairs(a) do t[path] = value end
  for path, value in pairs(b) do t[path] = value end
  return t
end

-- Each of the points with each of those below the node, whose own vary
-- fastest.
local points_of

local function product(points, node, count)
  local list, own = {}, points_of(node, count)
  for _, point in ipairs(points) do
    for _, more in ipairs(own) do list[#list + 1] = merged(point, more) end
  end
  return list
end

function points_of(node, count)
  local list = {{}}
  if node.kind == "number" then
    for i, value in ipairs(places(node, count)) do
      list[i] = {[node.path] = value}
    end
  elseif node.kind == "table" then
    for _, entry in ipairs(node.entries) do
      list = product(list, entry[2], count)
    end
  elseif node.kind == "choice" then
    list = {}
    for i, option in ipairs(node.options) do
      local points = product({{[node.path] = i}}, option, count)
      table.move(points, 1, #points, #list + 1, list)
    end
  end
  return list
end

-- The points, at most `most` of them.
local function points(read, most)
  local least = size(read.root, 1)
  if least > most then
    native.fail("hyper.minimize: the choices alone make a grid of %.0f "
      .. "points, more than trials=%d", least, most)
  end
  local count = 1
  while count < most and size(read.root, count + 1) <= most do
    count = count + 1
  end
  return points_of(read.root, count)
end

return {points = points}
