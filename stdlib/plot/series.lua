-- plot.series: reading the data that the functions of `plot` are given.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

local series = {}

-- The numbers of a list; a tensor of one element counts as a number.
local function numbers(owner, name, list)
  local values = {}
  for i = 1, #list do
    local value = list[i]
    if tensor.is(value) and value:numel() == 1 then value = value:item() end
    if type(value) ~= "number" then
      native.fail("%s: %s[%d] must be a number, got %s", owner, name, i,
                  options.show(value))
    end
    values[i] = value
  end
  if #values == 0 then return tensor.zeros({0}, "float64") end
  return tensor(values, "float64")
end

-- A tensor's elements as float64, without its gradient.
local function plain(x)
  return x:detach():to("float64"):contiguous()
end

-- A 1-d tensor or a list of numbers as contiguous float64.
function series.vector(owner, name, value)
  if tensor.is(value) then
    if value.ndim > 1 then
      native.fail("%s: %s has shape %s: one dim is needed", owner, name,
                  tostring(value.shape))
    end
    return plain(value:reshape(-1))
  end
  if type(value) ~= "table" then
    native.fail("%s: %s must be a tensor or a list of numbers, got %s", owner,
                name, options.show(value))
  end
  return numbers(owner, name, value)
end

-- A 2-d tensor or nested lists as contiguous float64.
function series.matrix(owner, name, value)
  if type(value) == "table" then
    local rows = {}
    for i, row in ipairs(value) do
      rows[i] = series.vector(owner, name .. "[" .. i .. "]", row)
      if rows[i].shape[1] ~= rows[1].shape[1] then
        native.fail("%s: row %d of %s has %d numbers, row 1 has %d", owner, i,
                    name, rows[i].shape[1], rows[1].shape[1])
      end
    end
    value = #rows > 0 and tensor.stack(rows, 1)
      or tensor.zeros({0, 0}, "float64")
  end
  if not tensor.is(value) or value.ndim ~= 2 then
    native.fail("%s: %s must be a tensor (rows, columns) or a list of rows, "
                  .. "got %s", owner, name,
                tensor.is(value) and "shape " .. tostring(value.shape)
                or options.show(value))
  end
  return plain(value)
end

-- Whether a value holds several series: a 2-d tensor, or a list of lists.
local function is_several(value)
  if tensor.is(value) then return value.ndim == 2 end
  if type(value) ~= "table" then return false end
  local first = value[1]
  if tensor.is(first) then return first.ndim > 0 and first:numel() ~= 1 end
  return type(first) == "table"
end

-- A list of vectors, of one series or several.
function series.vectors(owner, name, value)
  if not is_several(value) then return {series.vector(owner, name, value)} end
  local list = {}
  for i = 1, #value do
    list[i] = series.vector(owner, string.format("%s[%d]", name, i), value[i])
  end
  return list
end

-- Splits (y), (y, options), (x, y) and (x, y, options) into x or nil, y and
-- options or nil. A table without a first element is options.
function series.split(a, b, c)
  local is_options = c == nil and type(b) == "table" and b[1] == nil
  if b == nil or is_options then return nil, a, b end
  return a, b, c
end

-- The series {x=, y=} of the arguments x (nil: 1, 2, 3, ...) and y.
function series.pairs(owner, x, y)
  local ys, list = series.vectors(owner, "y", y), {}
  local xs = x ~= nil and series.vectors(owner, "x", x) or {}
  if #xs > 1 and #xs ~= #ys then
    native.fail("%s: %d series of x and %d of y: one x for all of them, or as "
                  .. "many", owner, #xs, #ys)
  end
  for i, values in ipairs(ys) do
    local n = values.shape[1]
    local places = xs[i] or xs[1] or tensor.arange(n):to("float64")
    if places.shape[1] ~= n then
      native.fail("%s: x has %d numbers, but y%s has %d", owner,
                  places.shape[1], #ys > 1 and "[" .. i .. "]" or "", n)
    end
    list[i] = {x=places, y=values}
  end
  return list
end

return series
