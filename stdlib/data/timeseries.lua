-- data.timeseries: stretches of a series, each with what follows it.

local native = require("native")
local options = require("options")
local parts = require("data.parts")
local tensor = require("tensor")

local Series = {skips = true, __name = "data.timeseries"}
Series.__index = Series

-- The number of batches in one pass; #series is the same.
function Series:count()
  return (self.samples + self.batch_size - 1) // self.batch_size
end

Series.__len = Series.count

function Series:__tostring()
  return string.format("data.timeseries (%d samples, %d batches of %d)",
                       self.samples, self:count(), self.batch_size)
end

-- Samples and targets at the rows (int64) just behind the stretches.
local function batch_at(self, rows)
  local back = tensor.arange(-self.lookback, -1, self.step)
  local index = rows:unsqueeze(2) + back:unsqueeze(1)
  local x = self.x:index_select(1, index:flatten())
  local shape = {#rows, #back}
  table.move(self.x.shape, 2, self.x.ndim, 3, shape)
  return x:reshape(shape), self.y:index_select(1, rows + self.delay)
end

-- One pass, but for the first `skip` batches.
function Series:batches(skip)
  local step = parts.skipped("data.timeseries", skip)
  local order = self.shuffle and tensor.randperm(self.samples)
    or tensor.arange(self.samples)
  return function()
    local first = step * self.batch_size + 1
    if first > self.samples then return nil end
    step = step + 1
    local count = math.min(self.batch_size, self.samples - first + 1)
    return batch_at(self, order:narrow(1, first, count) + (self.start - 1))
  end
end

local SPECIFICATION = {
  positional = 0,
  {"lookback", options.positive_integer, options.required},
  {"delay", options.non_negative_integer, 0},
  {"step", options.positive_integer, 1},
  {"batch_size", options.positive_integer, 128},
  {"shuffle", options.boolean, false},
  {"target", options.integer, 1},
  {"targets", options.any},
  {"first", options.positive_integer, 1},
  {"last", options.positive_integer},
}

-- Fails where the first or last row to use is none of the series.
local function check_row(name, row, rows)
  if row and row > rows then
    native.fail("data.timeseries: %s is %d, but the series has rows 1 to %d",
                name, row, rows)
  end
end

-- The series that targets are taken from.
local function targets_of(x, o)
  if o.targets ~= nil then
    if not tensor.is(o.targets) or o.targets.ndim == 0
        or #o.targets ~= #x then
      native.fail("data.timeseries: targets must be a tensor of %d rows", #x)
    end
    return o.targets
  elseif x.ndim == 1 then
    return x
  end
  if x.ndim > 2 or math.abs(o.target) > x.shape[2] or o.target == 0 then
    native.fail("data.timeseries: target %d of rows %s: it must be a column",
                o.target, tostring(x.shape))
  end
  return x:select(2, o.target)
end

--- data.timeseries(x, {lookback=, delay=0, step=1, batch_size=128, ...})
-- A loader of samples from a series x (time) or (time, features): of the
-- `lookback` rows before a row every step-th one, and as target column
-- `target`=1 of the row `delay` rows further on (delay=0: the row that follows
-- the stretch). For fit, or `for xb, yb in series:batches() do`: xb (batch,
-- lookback / step, features), yb (batch).
--   targets      another series to take the targets from, whole rows of it
--   shuffle      false; true: a new order in each pass
--   first, last  the rows that are used, for training and test: all, from 1
-- Source: Chollet, Deep Learning with Python (2018), 6.3.
--   > series = data.timeseries(tensor.arange(10), {lookback=4, step=2})
--   > x, y = series:batches()()
--   > x[1], y[1]
--   int64 (2)
--     1  3
--   5
--   > series.samples
--   6
local function timeseries(x, opts)
  local o = options.read("data.timeseries", SPECIFICATION, opts)
  if not tensor.is(x) or x.ndim == 0 then
    native.fail("data.timeseries: x must be a tensor (time) or (time, "
                  .. "features)")
  end
  o.x, o.y = x, targets_of(x, o)
  check_row("first", o.first, #x)
  check_row("last", o.last, #x)
  o.last = o.last or #x
  o.start = o.first + o.lookback
  o.samples = o.last - o.delay - o.start + 1
  if o.samples < 1 then
    native.fail("data.timeseries: rows %d to %d are too few for lookback %d "
                  .. "and delay %d", o.first, o.last, o.lookback, o.delay)
  end
  return setmetatable(o, Series)
end

return timeseries
