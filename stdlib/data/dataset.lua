-- data.dataset: samples that are picked, changed and put in batches when they
-- are needed. Every method gives a new dataset and leaves the old one as it
-- is.

local ahead = require("data.ahead")
local native = require("native")
local options = require("options")
local parts = require("data.parts")
local tensor = require("tensor")

-- Fields: count; x and y, or fetch(i); order (positions, an int64 tensor; nil:
-- all in turn); shuffled; steps, a list of {f, batched}.
local Dataset = {__name = "data.Dataset"}
Dataset.__index = Dataset

local function derived(self, changes)
  local copy = setmetatable({}, Dataset)
  for key, value in pairs(self) do copy[key] = value end
  for key, value in pairs(changes) do copy[key] = value end
  return copy
end

-- Samples to a batch and back ------------------------------------------------

local function kind_of(value)
  return tensor.is(value) and tostring(value.shape) or type(value)
end

-- The samples of a batch must have the same form: shapes, or plain values.
local function check_alike(first, value, i, name)
  local one, other = kind_of(first), kind_of(value)
  local plain = {number=true, boolean=true}
  if one ~= other and not (plain[one] and plain[other]) then
    native.fail("data.Dataset: %s must be alike in all samples of a batch, "
                  .. "but sample 1 of it has %s and sample %d %s", name,
                one, i, other)
  end
end

-- Values of single samples as one tensor: tensors are stacked, numbers and
-- booleans put in a row.
local function joined(values, name)
  local first = values[1]
  for i, value in ipairs(values) do check_alike(first, value, i, name) end
  if tensor.is(first) then return tensor.stack(values, 1) end
  if type(first) == "table" then
    local out = {}
    for key in pairs(first) do
      local column = {}
      for i, value in ipairs(values) do column[i] = value[key] end
      out[key] = joined(column, name .. "[" .. tostring(key) .. "]")
    end
    return out
  end
  if type(first) ~= "number" and type(first) ~= "boolean" then
    native.fail("data.Dataset: %s of a sample must be a tensor, a number, a "
                  .. "boolean or a table of them, not a %s", name, type(first))
  end
  local whole = true
  for _, value in ipairs(values) do
    whole = whole and math.type(value) == "integer"
  end
  return tensor(values, whole and "int64" or nil)
end

-- A batch from single samples, lists of x and of y.
local function from_samples(xs, ys)
  if #ys > 0 and #ys < #xs then
    native.fail("data.Dataset: some samples have no y")
  end
  return joined(xs, "x"), #ys > 0 and joined(ys, "y") or nil
end

local function map_samples(f, x, y, count)
  local xs, ys = {}, {}
  for i = 1, count do
    local function pick(part) return part[i] end
    xs[i], ys[i] = f(parts.map(x, pick), y ~= nil and parts.map(y, pick) or nil)
    if xs[i] == nil then
      native.fail("data.Dataset:map: the function gave nothing for a sample")
    end
  end
  return from_samples(xs, ys)
end

-- The samples at the positions, an int64 tensor, as they were given.
local function given_at(self, positions)
  if not self.fetch then
    return parts.at(self.x, positions), self.y and parts.at(self.y, positions)
  end
  local xs, ys = {}, {}
  for i, position in ipairs(positions:totable()) do
    xs[i], ys[i] = self.fetch(position)
    if xs[i] == nil then
      native.fail("data.Dataset: there is no sample %d", position)
    end
  end
  return from_samples(xs, ys)
end

-- What the functions of `map` make of a batch of `count` samples.
local function mapped(self, count, x, y)
  for _, step in ipairs(self.steps) do
    if step.batched then
      x, y = step.f(x, y)
    else
      x, y = map_samples(step.f, x, y, count)
    end
  end
  return x, y
end

-- The batch of the samples at the positions.
local function batch_at(self, positions)
  return mapped(self, #positions, given_at(self, positions))
end

-- The positions of all samples, in the order of one pass.
local function pass_order(self)
  local order = self.order or tensor.arange(self.count)
  if self.shuffled then
    order = order:index_select(1, tensor.randperm(#order))
  end
  return order
end

-- Making datasets ------------------------------------------------------------

--- data.TensorDataset(x [, y])
-- The dataset of the samples in tensors, whose first dim counts them, or in
-- tables of tensors (inputs by name).
-- See also: data.Dataset:map, :shuffle, :batch, :split, :get, :size.
--   > set = data.TensorDataset(tensor.arange(10), tensor.arange(10) * 2)
--   > set:size()
--   10
--   > set:get(3)
--   3
--   6
local function tensor_dataset(x, y)
  local count = parts.count("data.TensorDataset", x, y)
  return setmetatable({x = x, y = y, count = count, steps = {}}, Dataset)
end

local SPECIFICATION = {
  positional = 0,
  {"size", options.non_negative_integer, options.required},
  {"get", options["function"], options.required},
}

--- data.Dataset{size=, get=}
-- A dataset of one's own: get(i) gives x and y of sample i, from 1 to size:
-- tensors, numbers or tables of them, of one shape for all samples.
--   > squares = data.Dataset{size=4, get=function(i) return i, i * i end}
--   > x, y = squares:batch(3):batches()()
--   > y
--   int64 (3)
--     1  4  9
local function dataset(t)
  local o = options.read("data.Dataset", SPECIFICATION, t)
  return setmetatable({fetch = o.get, count = o.size, steps = {}}, Dataset)
end

-- Methods --------------------------------------------------------------------

--- data.Dataset:size()
-- The number of samples; #set is the same.
--   > data.TensorDataset(tensor.zeros(7, 2)):size()
--   7
function Dataset:size()
  return self.order and #self.order or self.count
end

Dataset.__len = Dataset.size

function Dataset:__tostring()
  return string.format("data.Dataset (%d samples%s)", self:size(),
                       self.shuffled and ", shuffled" or "")
end

--- data.Dataset:get(i)
-- x and y of sample i, from 1, -1 the last: what x[i] gives, so a number
-- where x has one dim.
--   > data.TensorDataset(tensor.arange(5)):get(-1)
--   5
function Dataset:get(i)
  local size = self:size()
  local at = math.type(i) == "integer" and (i < 0 and size + 1 + i or i) or 0
  if at < 1 or at > size then
    native.fail("data.Dataset:get: sample %s of %d", options.show(i), size)
  end
  local position = self.order and self.order[at] or at
  local x, y = batch_at(self, tensor({position}, "int64"))
  local function first(part) return part[1] end
  if y == nil then return parts.map(x, first) end
  return parts.map(x, first), parts.map(y, first)
end

local MAP = {positional = 0, {"batched", options.boolean, false}}

--- data.Dataset:map(f [, {batched=false}])
-- The dataset whose samples are f(x, y), computed anew whenever a sample is
-- needed. With batched=true f gets and gives whole batches, which is much
-- faster.
--   > set = data.TensorDataset(tensor.arange(4))
--   > half = set:map(function(x) return x / 2 end, {batched=true})
--   > half:get(3)
--   1.5
function Dataset:map(f, opts)
  options.verify("data.Dataset:map", "f", options["function"], f)
  local o = options.read("data.Dataset:map", MAP, opts)
  local steps = table.move(self.steps, 1, #self.steps, 1, {})
  steps[#steps + 1] = {f = f, batched = o.batched}
  return derived(self, {steps = steps})
end

--- data.Dataset:shuffle()
-- The dataset whose batches come in a new order in each pass, drawn from
-- tensor's random stream.
--   > #data.TensorDataset(tensor.arange(4)):shuffle()
--   4
function Dataset:shuffle()
  return derived(self, {shuffled = true})
end

-- How many samples each share gets: all of them are given out.
local function counts_of(shares, size)
  local total, counts, given = 0, {}, 0
  for i, share in ipairs(shares) do
    options.verify("data.Dataset:split", "a share", options.positive_number,
                   share)
    total = total + share
    counts[i] = math.floor(total * size + 0.5) - given
    given = given + counts[i]
  end
  if total > 1 + 1e-9 then
    native.fail("data.Dataset:split: the shares add up to %g, more than 1",
                total)
  end
  return counts
end

--- data.Dataset:split(share, ...)
-- Datasets of the first samples, the next and so on, by shares of 1; what is
-- left goes into a last one. The samples of a shuffled dataset are dealt out
-- at random, once.
--   > set = data.TensorDataset(tensor.arange(10))
--   > train, test = set:split(0.8)
--   > #train, #test, test:get(1)
--   8
--   2
--   9
function Dataset:split(...)
  local shares = {...}
  if #shares == 0 then
    native.fail("data.Dataset:split: needs a share, a number below 1")
  end
  local size = self:size()
  local counts, order, sets = counts_of(shares, size), pass_order(self), {}
  local from = 1
  for i, count in ipairs(counts) do
    sets[i] = derived(self, {order = order:narrow(1, from, count)})
    from = from + count
  end
  if from <= size then
    sets[#sets + 1] = derived(self, {order = order:narrow(1, from,
                                                          size - from + 1)})
  end
  return table.unpack(sets)
end

-- Batches --------------------------------------------------------------------

local Batches = {skips = true, __name = "data.Dataset batches"}
Batches.__index = Batches

function Batches:count()
  local size = self.set:size()
  local whole = size // self.batch_size
  return whole + (size % self.batch_size > 0 and not self.drop_last and 1 or 0)
end

Batches.__len = Batches.count

-- One pass, but for the first `skip` batches.
function Batches:batches(skip)
  local step, count = parts.skipped("data.Dataset", skip), self:count()
  local set, order = self.set, pass_order(self.set)
  local function next_positions()
    local first = step * self.batch_size + 1
    local length = math.min(self.batch_size, #order - first + 1)
    step = step + 1
    return order:narrow(1, first, length)
  end
  if self.prefetch == 0 then
    return function()
      if step < count then return batch_at(set, next_positions()) end
    end
  end
  local fetch, _, _, closing = ahead(set.x, set.y, order, self.batch_size,
                                     step + 1, count, self.prefetch)
  return function()
    if step < count then
      return mapped(set, #next_positions(), fetch())
    end
  end, nil, nil, closing
end

local BATCH = {
  positional = 0,
  {"drop_last", options.boolean, false},
  {"prefetch", options.non_negative_integer, 0},
}

--- data.Dataset:batch(batch_size [, {drop_last=false, prefetch=0}])
-- A loader of the dataset: `for x, y in loader:batches() do`, or in place of
-- x and y in fit, evaluate and predict. #loader is the number of batches.
-- prefetch: as for data.loader, for a dataset of tensors; what `map` does is
-- done when a batch is asked for.
--   > set = data.TensorDataset(tensor.arange(10)):shuffle()
--   > #set:batch(4), #set:batch(4, {drop_last=true})
--   3
--   2
function Dataset:batch(batch_size, opts)
  local size = options.verify("data.Dataset:batch", "batch_size",
                              options.positive_integer, batch_size)
  local o = options.read("data.Dataset:batch", BATCH, opts)
  if o.prefetch > 0 and self.fetch then
    native.fail("data.Dataset:batch: prefetch is for data in tensors, not for "
                  .. "samples from a function")
  end
  return setmetatable({
    set = self, batch_size = size, drop_last = o.drop_last,
    prefetch = o.prefetch,
  }, Batches)
end

return {Dataset = dataset, TensorDataset = tensor_dataset}
