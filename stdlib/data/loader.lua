-- data.loader: samples in batches, in order or shuffled.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

-- Calls f(part, name) for the tensor x, or for each tensor of the table x
-- (inputs in a list or by name), and gives results back in the same form.
local function map(x, f, name)
  if tensor.is(x) then return f(x, name) end
  local out = {}
  for key, part in pairs(x) do
    out[key] = f(part, string.format("%s[%s]", name, tostring(key)))
  end
  return out
end

local function check_part(part, name)
  if not tensor.is(part) then
    native.fail("data.loader: %s must be a tensor, not a %s", name, type(part))
  end
  if part.ndim == 0 then
    native.fail("data.loader: %s has no dimension of samples: its shape is ()",
                name)
  end
end

-- The number of samples, the same in every part of x and y.
local function count_samples(x, y)
  local count, first
  local function check(part, name)
    check_part(part, name)
    if not count then count, first = part.shape[1], name end
    if part.shape[1] ~= count then
      native.fail("data.loader: %s has %d samples, but %s has %d", first,
                  count, name, part.shape[1])
    end
  end
  local function check_whole(whole, name)
    if type(whole) ~= "table" and not tensor.is(whole) then
      native.fail("data.loader: %s must be a tensor or a table of tensors, "
                    .. "not a %s", name, type(whole))
    end
    map(whole, check, name)
  end
  check_whole(x, "x")
  if y ~= nil then check_whole(y, "y") end
  if not count then native.fail("data.loader: x holds no tensor") end
  return count
end

-- `skips` tells fit that batches(n) leaves the first n batches out.
local Loader = {skips = true}
Loader.__index = Loader
Loader.__name = "data.loader"

--- data.loader:count()
-- The number of batches in one pass; #loader is the same.
--   > data.loader(tensor.zeros(10), nil, {batch_size=4}):count()
--   3
function Loader:count()
  local whole = self.samples // self.batch_size
  local rest = self.samples % self.batch_size
  if rest > 0 and not self.drop_last then whole = whole + 1 end
  return whole
end

Loader.__len = Loader.count

function Loader:__tostring()
  return string.format("data.loader (%d samples, %d batches of %d%s)",
                       self.samples, self:count(), self.batch_size,
                       self.shuffle and ", shuffled" or "")
end

--- data.loader:batches([skip])
-- One pass over the samples, for `for xb, yb in loader:batches() do`: each
-- time round x's and y's next batch_size samples, the last batch holding what
-- is left; the first `skip` batches are left out. A shuffled loader draws a
-- new order for each pass, from tensor's random stream; without shuffling the
-- batches are views of x and y.
--   > data.loader(tensor.arange(10)):batches()().shape
--   (10)
function Loader:batches(skip)
  local order = self.shuffle and tensor.randperm(self.samples) or nil
  local step, batches = skip or 0, self:count()
  local function part(x)
    local first = (step - 1) * self.batch_size + 1
    local last = math.min(first + self.batch_size - 1, self.samples)
    if not order then return x[{{first, last}}] end
    return x:index_select(1, order[{{first, last}}])
  end
  return function()
    step = step + 1
    if step > batches then return nil end
    return map(self.x, part, "x"), self.y and map(self.y, part, "y")
  end
end

local SPECIFICATION = {
  positional = 0,
  {"batch_size", options.positive_integer, 32},
  {"shuffle", options.boolean, false},
  {"drop_last", options.boolean, false},
}

--- data.loader(x, y, {batch_size=32, shuffle=false, drop_last=false})
-- Gives samples out in batches: `for xb, yb in loader:batches() do`.
--   x, y        tensors whose first dimension counts the samples, or tables
--               of such tensors (batches then are tables with the same
--               keys); y may be nil
--   batch_size  samples in a batch
--   shuffle     a new random order in each pass
--   drop_last   leave a last, smaller batch out
-- Errors: x and y that differ in the number of samples.
-- See also: data.loader:batches, data.loader:count.
--   > #data.loader(tensor.zeros(100, 3), tensor.zeros(100))
--   4
--   > #data.loader(tensor.zeros(100, 3), tensor.zeros(100), {drop_last=true})
--   3
local function loader(x, y, opts)
  local o = options.read("data.loader", SPECIFICATION, opts)
  local samples = count_samples(x, y)
  return setmetatable({
    x = x, y = y, samples = samples, batch_size = o.batch_size,
    shuffle = o.shuffle, drop_last = o.drop_last,
  }, Loader)
end

return loader
