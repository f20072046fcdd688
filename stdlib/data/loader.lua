-- data.loader: samples in batches, in order or shuffled.

local ahead = require("data.ahead")
local options = require("options")
local parts = require("data.parts")
local tensor = require("tensor")

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
  local step, batches = parts.skipped("data.loader", skip), self:count()
  local order = self.shuffle and tensor.randperm(self.samples) or nil
  if order and self.prefetch > 0 then
    return ahead(self.x, self.y, order, self.batch_size, step + 1, batches,
                 self.prefetch)
  end
  local function part(x)
    local first = (step - 1) * self.batch_size + 1
    local last = math.min(first + self.batch_size - 1, self.samples)
    if not order then return x[{{first, last}}] end
    return x:index_select(1, order[{{first, last}}])
  end
  return function()
    step = step + 1
    if step > batches then return nil end
    return parts.map(self.x, part), self.y and parts.map(self.y, part)
  end
end

local SPECIFICATION = {
  positional = 0,
  {"batch_size", options.positive_integer, 32},
  {"shuffle", options.boolean, false},
  {"drop_last", options.boolean, false},
  {"prefetch", options.non_negative_integer, 0},
}

--- data.loader(x, y, {batch_size=32, shuffle=false, drop_last=false, ...})
-- Gives samples out in batches: `for xb, yb in loader:batches() do`.
--   x, y        tensors whose first dimension counts the samples, or tables
--               of such tensors (batches then are tables with the same
--               keys); y may be nil
--   batch_size  samples in a batch
--   shuffle     a new random order in each pass
--   drop_last   leave a last, smaller batch out
--   prefetch    0; n: a thread of its own gathers the next n batches of a
--               shuffled pass while this one is worked on. The batches are
--               the same, but x and y must not change during the pass. Worth
--               it where samples are large and a core is free, as with
--               --threads 1. Without shuffling batches are views: there is
--               nothing to gather.
-- Errors: x and y that differ in the number of samples.
-- See also: data.loader:batches, data.loader:count.
--   > #data.loader(tensor.zeros(100, 3), tensor.zeros(100))
--   4
--   > #data.loader(tensor.zeros(100, 3), tensor.zeros(100), {drop_last=true})
--   3
local function loader(x, y, opts)
  local o = options.read("data.loader", SPECIFICATION, opts)
  local samples = parts.count("data.loader", x, y)
  return setmetatable({
    x = x, y = y, samples = samples, batch_size = o.batch_size,
    shuffle = o.shuffle, drop_last = o.drop_last, prefetch = o.prefetch,
  }, Loader)
end

return loader
