-- hyper.space: what is searched, as a tree, and points in it.
--
-- A space is a nest of tables whose leaves are parameters (uniform,
-- log_uniform, int, choice) or constants. It is read into nodes:
--   {kind="table", entries={{key, node}, ...}}, in a fixed order
--   {kind="constant", value=}
--   {kind="number", path=, low=, high=, log=, integer=, from=, to=}
--   {kind="choice", path=, options={node, ...}}
-- The last two are the dimensions. The path of a dimension is its keys, "."
-- between them, and "[i]" for the i-th option of a choice. A number is drawn
-- on the axis from..to: its logarithm where log is set; half a step beyond
-- the ends for an integer, which is rounded.
--
-- A point is a table of a value for each dimension that exists there, by
-- path; the value of a choice is the option's position.

local native = require("native")
local options = require("options")

local space = {}

local MOST_DEPTH = 100

-- Parameters -----------------------------------------------------------------

local Parameter = {__name = "hyper parameter"}
Parameter.__index = Parameter

local function show_number(value)
  return math.type(value) == "integer" and tostring(value)
    or string.format("%.14g", value)
end

function Parameter:__tostring()
  if self.kind == "choice" then
    return string.format("choice of %d", #self.options)
  end
  local name = self.integer and "int" or self.log and "log_uniform"
    or "uniform"
  return string.format("%s(%s, %s%s)", name, show_number(self.low),
    show_number(self.high), self.integer and self.log and ", log" or "")
end

local function is_finite(value)
  return type(value) == "number" and value - value == 0
end

-- The parameter with its axis.
local function with_axis(p)
  local half = p.integer and 0.5 or 0
  p.from, p.to = p.low - half, p.high + half
  if p.log then p.from, p.to = math.log(p.from), math.log(p.to) end
  return setmetatable(p, Parameter)
end

function space.number(name, low, high, log)
  if not is_finite(low) or not is_finite(high) or low >= high then
    native.fail("%s: takes two numbers, the lower first, got %s and %s", name,
      options.show(low), options.show(high))
  end
  if log and low <= 0 then
    native.fail("%s: the lower end must be above 0, got %s", name,
      options.show(low))
  end
  low, high = low + 0.0, high + 0.0
  if high - low == math.huge then
    native.fail("%s: %g to %g is too wide", name, low, high)
  end
  return with_axis{kind = "number", low = low, high = high, log = log}
end

local MOST_INTEGER = 1 << 52 -- up to here halves are exact

function space.integer(low, high, log)
  local first = type(low) == "number" and math.tointeger(low)
  local last = type(high) == "number" and math.tointeger(high)
  if not first or not last or first > last then
    native.fail("hyper.int: takes two whole numbers, the lower first, got %s "
      .. "and %s", options.show(low), options.show(high))
  end
  if log and first < 1 then
    native.fail("hyper.int: with log=true the lower end must be at least 1, "
      .. "got %d", first)
  end
  if first < -MOST_INTEGER or last > MOST_INTEGER then
    native.fail("hyper.int: the ends must be within 2^52 of 0")
  end
  return with_axis{
    kind = "number", low = first, high = last, log = log, integer = true,
  }
end

function space.choice(list)
  if type(list) ~= "table" or getmetatable(list) ~= nil or #list == 0 then
    native.fail("hyper.choice: takes a list of options such as "
      .. "{\"relu\", \"tanh\"}, got %s", options.show(list))
  end
  options.no_holes("hyper.choice", "option", list)
  for key in pairs(list) do
    if math.type(key) ~= "integer" or key < 1 or key > #list then
      native.fail("hyper.choice: the options must be a list, but there is "
        .. "the key %s", options.show(key))
    end
  end
  return setmetatable({
    kind = "choice", options = table.move(list, 1, #list, 1, {}),
  }, Parameter)
end

-- Reading --------------------------------------------------------------------

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do
    if type(key) ~= "string" and math.type(key) ~= "integer" then
      native.fail("hyper.minimize: the keys of a space are names or whole "
        .. "numbers, this one is %s", options.show(key))
    end
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) == "number" end
    return a < b
  end)
  return keys
end

-- What is read, and the dimensions so far, in order and by path.
local function add_dimension(read, node)
  if read.by_path[node.path] then
    native.fail("hyper.minimize: two parameters of the space are called %s",
      node.path)
  end
  read.by_path[node.path] = node
  read.dimensions[#read.dimensions + 1] = node
end

local read_node

local function read_table(read, t, path, depth)
  local node = {kind = "table", entries = {}}
  for i, key in ipairs(sorted_keys(t)) do
    local below = path and path .. "." .. key or tostring(key)
    node.entries[i] = {key, read_node(read, t[key], below, depth + 1)}
  end
  return node
end

local function read_parameter(read, parameter, path, depth)
  local node = {path = path or "value"}
  for key, value in pairs(parameter) do node[key] = value end
  add_dimension(read, node)
  if node.kind == "choice" then
    node.options = {}
    for i, option in ipairs(parameter.options) do
      node.options[i] = read_node(read, option,
        string.format("%s[%d]", node.path, i), depth + 1)
    end
  end
  return node
end

-- A table with a metatable is an object, hence a constant.
function read_node(read, value, path, depth)
  if depth > MOST_DEPTH then
    native.fail("hyper.minimize: the space is nested more than %d deep (does "
      .. "a table contain itself?)", MOST_DEPTH)
  end
  local meta = getmetatable(value)
  if type(value) == "table" and meta == Parameter then
    return read_parameter(read, value, path, depth)
  elseif type(value) == "table" and meta == nil then
    return read_table(read, value, path, depth)
  end
  return {kind = "constant", value = value}
end

-- The space as {root=, dimensions=, by_path=}.
function space.read(given)
  local read = {dimensions = {}, by_path = {}}
  if type(given) ~= "table" then
    native.fail("hyper.minimize: the space must be a table such as "
      .. "{lr=hyper.log_uniform(1e-4, 1e-1)}, got %s", options.show(given))
  end
  read.root = read_node(read, given, nil, 1)
  if #read.dimensions == 0 then
    native.fail("hyper.minimize: the space has no parameter: use "
      .. "hyper.uniform, log_uniform, int or choice")
  end
  return read
end

-- Points ---------------------------------------------------------------------

local function assign(node, pick, point)
  if node.kind == "table" then
    for _, entry in ipairs(node.entries) do assign(entry[2], pick, point) end
  elseif node.kind ~= "constant" then
    point[node.path] = pick(node)
    if node.kind == "choice" then
      assign(node.options[point[node.path]], pick, point)
    end
  end
  return point
end

-- The point that pick(dimension) makes, asked in a fixed order and only for
-- the dimensions that exist there.
function space.point(read, pick) return assign(read.root, pick, {}) end

local function values_of(node, point)
  if node.kind == "constant" then
    return node.value
  elseif node.kind == "number" then
    return point[node.path]
  elseif node.kind == "choice" then
    return values_of(node.options[point[node.path]], point)
  end
  local t = {}
  for _, entry in ipairs(node.entries) do
    t[entry[1]] = values_of(entry[2], point)
  end
  return t
end

-- What the user's function gets: the space with values for parameters, in
-- tables of its own.
function space.values(read, point) return values_of(read.root, point) end

-- A place on the axis of a number as its value.
function space.from_axis(dimension, place)
  local value = dimension.log and math.exp(place) or place
  if dimension.integer then value = math.floor(value + 0.5) end
  return math.max(dimension.low, math.min(dimension.high, value))
end

function space.to_axis(dimension, value)
  return dimension.log and math.log(value) or value + 0.0
end

local function fits(dimension, value)
  if dimension.kind == "choice" then
    return math.type(value) == "integer" and value >= 1
      and value <= #dimension.options
  end
  return type(value) == "number" and value >= dimension.low
    and value <= dimension.high
    and (not dimension.integer or math.type(value) == "integer")
end

-- Whether the table is a point of the space: a value that fits for each
-- dimension that exists there, and nothing else.
function space.holds(read, point)
  local good, count = true, 0
  local function pick(dimension)
    local value = point[dimension.path]
    count = count + 1
    if fits(dimension, value) then return value end
    good = false
    return 1
  end
  space.point(read, pick)
  for _ in pairs(point) do count = count - 1 end
  return good and count == 0
end

-- Words ----------------------------------------------------------------------

-- A value of a dimension as a table of trials shows it.
function space.show(dimension, value)
  if dimension.kind == "number" then
    return math.type(value) == "integer" and tostring(value)
      or string.format("%.4g", value)
  end
  local option = dimension.options[value]
  local kind = type(option.value)
  if option.kind == "constant" and (kind == "string" or kind == "boolean"
      or kind == "number") then
    return tostring(option.value)
  end
  return "#" .. value
end

local function describe(node, path, lines)
  if node.kind == "table" then
    for _, entry in ipairs(node.entries) do
      describe(entry[2], path and path .. "." .. entry[1] or tostring(entry[1]),
        lines)
    end
  elseif node.kind == "constant" then
    lines[#lines + 1] = string.format("%s: %s", path, options.show(node.value))
  else
    lines[#lines + 1] = string.format("%s: %s", node.path,
      Parameter.__tostring(node))
    for i, option in ipairs(node.options or {}) do
      describe(option, string.format("%s[%d]", node.path, i), lines)
    end
  end
  return lines
end

-- The space as a list of lines of valid UTF-8: equal spaces have equal ones.
function space.describe(read)
  local lines = describe(read.root, nil, {})
  for i, line in ipairs(lines) do
    lines[i] = utf8.len(line) and line or line:gsub("[\128-\255]", "?")
  end
  return lines
end

return space
