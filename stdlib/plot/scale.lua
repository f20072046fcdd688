-- plot.scale: the way from values to places along an axis, and the ticks.

local tensor = require("tensor")

local scale = {}

local LARGEST = 1.7976931348623157e308
local SMALLEST = 1e-300 -- below, numbers lose digits

-- Limits ---------------------------------------------------------------------

-- The elements of x where the bool tensor is true, as a row; x itself where
-- all are.
function scale.only(x, good)
  if good:all():item() then return x end
  return x:masked_select(good)
end

-- The smallest and greatest finite value of a float64 tensor, of the positive
-- ones where `log`; nil when there is none.
function scale.bounds(x, log)
  local good = x:isfinite()
  if log then good = good:logical_and(x:gt(0)) end
  local values = scale.only(x, good)
  if values:numel() == 0 then return nil end
  return values:min():item(), values:max():item()
end

local function finite(x) return math.max(-LARGEST, math.min(LARGEST, x)) end

local function log_limits(low, high, margin)
  if not low then return 1, 10 end
  local a, b = math.log(low, 10), math.log(high, 10)
  local pad = b - a < 1e-9 and 1 or (b - a) * margin
  return math.max(5e-324, 10 ^ (a - pad)), finite(10 ^ (b + pad))
end

-- Limits with room around the values low..high (nil: no values). A range too
-- narrow to tell its ends apart is widened.
function scale.limits(low, high, log, margin)
  if log then return log_limits(low, high, margin) end
  if not low then return 0, 1 end
  local largest = math.max(math.abs(low), math.abs(high))
  local half = high / 2 - low / 2
  if largest < SMALLEST then return -1, 1 end
  local pad = half * 2 * margin
  if half <= largest * 1e-12 then pad = largest * 0.1 end
  return finite(low - pad), finite(high + pad)
end

-- Places ---------------------------------------------------------------------

local Scale = {}
Scale.__index = Scale

-- A scale from `low` on the left (or at the bottom) to `high`; `low` may be
-- the larger one.
function scale.new(low, high, log)
  local self = setmetatable({low=low, high=high, log=log}, Scale)
  if log then low, high = math.log(low, 10), math.log(high, 10) end
  -- halves: the difference of two large numbers may be too large
  self.origin, self.half_span = low / 2, high / 2 - low / 2
  return self
end

-- How far along a value, or a tensor of them, lies: 0 at low, 1 at high. What
-- a logarithmic scale cannot show is NaN or infinite.
function Scale:place(value)
  if not self.log then return (value / 2 - self.origin) / self.half_span end
  if tensor.is(value) then
    return (value:log10() / 2 - self.origin) / self.half_span
  end
  if value <= 0 then return 0 / 0 end
  return (math.log(value, 10) / 2 - self.origin) / self.half_span
end

-- Ticks ----------------------------------------------------------------------

-- digits * 10^exponent, rounded once.
local function decimal(digits, exponent)
  return tonumber(string.format("%de%d", digits, exponent))
end

-- The least of 1, 2, 5 times a power of ten that is at least `least`, as its
-- digit and exponent.
local function round_step(least)
  local exponent = math.floor(math.log(least, 10))
  for _, candidate in ipairs{1, 2, 5, 10, 20} do
    if decimal(candidate, exponent) >= least * (1 - 1e-9) then
      if candidate >= 10 then return candidate // 10, exponent + 1 end
      return candidate, exponent
    end
  end
  return 5, exponent + 1
end

-- The exponent of the first digit of the largest of the numbers.
local function magnitude(units, exponent)
  local largest = 0
  for _, unit in ipairs(units) do
    largest = math.max(largest, math.abs(unit))
  end
  return #string.format("%d", largest) - 1 + exponent
end

-- Numbers units[i] * 10^exponent as text, all with the digits that their
-- step needs, and what all are to be multiplied with ("1e6"), or "".
local function labels_of(units, exponent)
  local size = magnitude(units, exponent)
  local power = (size > 5 or size < -3) and size or 0
  local format = string.format("%%.%df", math.max(0, power - exponent))
  local labels = {}
  for i, unit in ipairs(units) do
    labels[i] = format:format(decimal(unit, exponent - power))
  end
  return labels, power ~= 0 and string.format("1e%d", power) or ""
end

-- Large numbers that differ little are shown less a common part, which the
-- second result names: "+1e9".
local function short_labels(units, exponent)
  if magnitude(units, 0) < 6 then return labels_of(units, exponent) end
  local span = units[#units] - units[1]
  local grain = math.tointeger(10 ^ #string.format("%d", span))
  local common, rest = units[1] // grain * grain, {}
  for i, unit in ipairs(units) do rest[i] = unit - common end
  local labels, factor = labels_of(rest, exponent)
  local offset = string.format("%+.15g", decimal(common, exponent))
  return labels, factor == "" and offset or factor .. " " .. offset
end

local function linear_ticks(low, high, count, whole)
  local least = (high / 2 - low / 2) / count * 2
  if whole then least = math.max(1, least) end
  local digit, exponent = round_step(least)
  local step = decimal(digit, exponent)
  local units, values = {}, {}
  for k = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) do
    units[#units + 1] = math.tointeger(k) * digit
    values[#values + 1] = decimal(math.tointeger(k) * digit, exponent)
  end
  if #units == 0 then return {values=values, labels={}, note="", minor={}} end
  local labels, note = short_labels(units, exponent)
  return {values=values, labels=labels, note=note, minor={}}
end

local function power_label(exponent)
  if exponent >= 0 and exponent <= 4 then
    return string.format("%d", decimal(1, exponent))
  elseif exponent < 0 and exponent >= -3 then
    return string.format("%." .. -exponent .. "f", decimal(1, exponent))
  end
  return string.format("1e%d", exponent)
end

local function log_ticks(low, high, count)
  local first = math.ceil(math.log(low, 10) - 1e-9)
  local last = math.floor(math.log(high, 10) + 1e-9)
  if last - first < 1 then return linear_ticks(low, high, count) end
  local digit, zeros = round_step(math.max(1, (last - first) / count))
  local every = digit * math.tointeger(10 ^ zeros)
  local ticks = {values={}, labels={}, note="", minor={}}
  for exponent = -(-first // every) * every, last, every do
    ticks.values[#ticks.values + 1] = decimal(1, exponent)
    ticks.labels[#ticks.labels + 1] = power_label(exponent)
  end
  for exponent = first - 1, every == 1 and last or first - 2 do
    for digit = 2, 9 do
      local value = decimal(digit, exponent)
      if value >= low and value <= high then
        ticks.minor[#ticks.minor + 1] = value
      end
    end
  end
  return ticks
end

-- About `count` ticks at round numbers: {values, labels, minor, note}, the
-- note being what all labels are multiplied with or lack. `whole`: no
-- fractions.
function Scale:ticks(count, whole)
  local low, high = self.low, self.high
  if low > high then low, high = high, low end
  count = math.max(2, math.floor(count))
  return self.log and log_ticks(low, high, count)
    or linear_ticks(low, high, count, whole)
end

return scale
