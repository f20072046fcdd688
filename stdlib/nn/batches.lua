-- nn.batches: from the data a user gives to the batches a step takes.
--
-- A source's batches(shuffle, skip) yields (xs, ys, weights, count), but for
-- the first `skip` of them: lists of tensors in the order of the model's
-- inputs and outputs (ys may be nil), weights for the samples (nil, a tensor,
-- or a list with one for each output) and the number of samples. It knows
-- `samples` and `steps`, or nil where a loader does not tell.

local native = require("native")
local options = require("options")
local tensor = require("tensor")
local weighting = require("nn.weighting")

-- The batch_size that stands for all samples.
local batches = {WHOLE = math.maxinteger // 2}

-- How many samples a batch has where nobody says.
local SIZE = 32

-- Lists ----------------------------------------------------------------------

local function check_tensors(what, list, names)
  for i, x in ipairs(list) do
    if not tensor.is(x) then
      native.fail("%s '%s' must be a tensor, got %s", what, names[i],
        options.show(x))
    end
    if x.ndim == 0 then
      native.fail("%s '%s' must have samples along dim 1, got a 0-d tensor",
        what, names[i])
    end
  end
end

local function first_tensor(x)
  while type(x) == "table" do
    x = x[1] or select(2, next(x))
  end
  return x
end

-- The inputs as a list of tensors; makes the graph where it is not there.
function batches.inputs(model, x)
  if not model.plan then
    model:ensure_graph {first_tensor(x)}
  end
  local names = model.input_names
  if not names then
    return type(x) == "table" and x or {x}
  end
  local list = model:by_name("input", names, x)
  check_tensors("input", list, names)
  return list
end

-- The targets as a list of tensors: those of the outputs that take some.
function batches.targets(model, y)
  local names = model:target_names()
  local list = model:by_name("target", names, y)
  check_tensors("target of output", list, names)
  return list
end

-- Inputs in the dtype that the model takes.
local function converted(model, xs)
  local symbols = model.inputs
  for i, x in ipairs(xs) do
    local dtype = symbols and symbols[i].dtype or model.dtype
    if x.dtype ~= dtype then
      xs[i] = x:to(dtype)
    end
  end
  return xs
end

-- Tensors --------------------------------------------------------------------

-- What array number i of inputs, then targets, then weights is, in words.
local function array_name(model, i, inputs, targets)
  local function named(what, names, k)
    local name = names and names[k]
    return name and string.format("%s '%s'", what, name) or what .. " " .. k
  end
  if i <= inputs then
    return named("input", model.input_names, i)
  elseif i <= inputs + targets then
    return named("target of output", model:target_names(), i - inputs)
  end
  return "sample_weight"
end

-- Fails unless all have as many samples; returns how many.
local function check_lengths(model, xs, ys, arrays)
  local samples = #arrays[1]
  for i, x in ipairs(arrays) do
    if #x ~= samples then
      native.fail("%s: all data must have the same number of samples: %s has "
        .. "%d, but %s has %d %s", tostring(model),
        array_name(model, 1, #xs, #ys), samples,
        array_name(model, i, #xs, #ys), #x, tostring(x.shape))
    end
  end
  return samples
end

local function rows(list, from, to, order)
  local part = {}
  for i, x in ipairs(list) do
    part[i] = order and x:index_select(1, order)
      or x:narrow(1, from, to - from + 1)
  end
  return part
end

local Arrays = {}
Arrays.__index = Arrays

-- The weights as a step takes them.
local function given_weights(list)
  return list and (#list == 1 and list[1] or list)
end

-- An iterator over the batches, in random order where `shuffle`.
function Arrays:batches(shuffle, skip)
  local order = shuffle and tensor.randperm(self.samples)
  local size = self.batch_size
  local first = (skip or 0) * size + 1
  local whole = size >= self.samples and not shuffle
  return function()
    if first > self.samples then
      return nil
    end
    local from, to = first, math.min(first + size - 1, self.samples)
    first = to + 1
    local picked = order and order:narrow(1, from, to - from + 1)
    local function take(list)
      return list and (whole and table.move(list, 1, #list, 1, {})
        or rows(list, from, to, picked))
    end
    return converted(self.model, take(self.xs)), take(self.ys),
      given_weights(take(self.weights)), to - from + 1
  end
end

-- The samples first..last as a source of their own.
function Arrays:part(first, last)
  local function cut(list)
    return list and rows(list, first, last)
  end
  return batches.arrays(self.model, cut(self.xs), cut(self.ys),
    cut(self.weights), self.batch_size)
end

-- A source over lists of tensors; ys and weights may be nil.
function batches.arrays(model, xs, ys, weights, batch_size)
  local all = table.move(xs, 1, #xs, 1, {})
  for _, list in ipairs {ys or {}, weights or {}} do
    table.move(list, 1, #list, #all + 1, all)
  end
  local samples = check_lengths(model, xs, ys or {}, all)
  return setmetatable({
    model = model,
    xs = xs,
    ys = ys,
    weights = weights,
    batch_size = batch_size,
    samples = samples,
    steps = (samples + batch_size - 1) // batch_size,
  }, Arrays)
end

-- Loaders --------------------------------------------------------------------

-- Whether x brings its own batches: it has a method `batches`, or it is a
-- function that gives the next batch, and nil at the end of a pass.
function batches.is_loader(x)
  if type(x) == "function" then
    return true
  elseif tensor.is(x) or (type(x) ~= "table" and type(x) ~= "userdata") then
    return false
  end
  local ok, method = pcall(function()
    return x.batches
  end)
  return ok and type(method) == "function"
end

-- y and the options of a call f(x, y, opts): beside a loader y may be left out.
function batches.arguments(x, y, opts)
  if batches.is_loader(x) and opts == nil and type(y) == "table" then
    return nil, y
  end
  return y, opts
end

-- Fails for a data.Dataset, which is no loader before it is batched.
function batches.refuse_dataset(x)
  local meta = getmetatable(x)
  if type(meta) == "table" and meta.__name == "data.Dataset" then
    native.fail("a data.Dataset goes to fit in batches: set:batch(32)")
  end
end

local Loaded = {}
Loaded.__index = Loaded

-- The function as the step of one pass: where a coroutine has ended with the
-- pass before, its first call says so.
local function function_step(f)
  local begun = false
  return function()
    if begun then
      return f()
    end
    begun = true
    local results = table.pack(pcall(f))
    if results[1] then
      return table.unpack(results, 2, results.n)
    elseif tostring(results[2]):find("cannot resume dead coroutine", 1, true)
    then
      native.fail("the function used as loader is a coroutine that has ended: "
        .. "it must begin a new pass after it gave nil, or never end and get "
        .. "steps_per_epoch")
    end
    error(results[2], 0)
  end
end

-- The loader's own iterator, with what ends with the loop. Its batches are
-- skipped by itself, where it says that it can, or else taken and thrown away.
local function pass(loader, skip)
  if type(loader) == "table" and loader.skips then
    return loader:batches(skip)
  end
  local step, state, control, closing
  if type(loader) == "function" then
    step = function_step(loader)
  else
    step, state, control, closing = loader:batches()
  end
  for _ = 1, skip do
    control = step(state, control)
    if control == nil then
      return function() end, nil, nil, closing
    end
  end
  return step, state, control, closing
end

local function check_batch(model, number, xs, ys)
  local all = table.move(xs, 1, #xs, 1, {})
  table.move(ys or {}, 1, #(ys or {}), #all + 1, all)
  if check_lengths(model, xs, ys or {}, all) == 0 then
    native.fail("batch %d of the loader has no samples", number)
  end
end

function Loaded:batches(_, skip)
  local number = skip or 0
  local step, state, control, closing = pass(self.loader, number)
  return function()
    local x, y, weights = step(state, control)
    control = x
    if x == nil then
      return nil
    end
    number = number + 1
    local given = batches.inputs(self.model, x)
    local xs = table.move(given, 1, #given, 1, {})
    local ys = y ~= nil and batches.targets(self.model, y) or nil
    check_batch(self.model, number, xs, ys)
    local list = weighting.of(self.model, ys, weights, self.class_weight)
    return converted(self.model, xs), ys, given_weights(list), #xs[1]
  end, nil, nil, closing
end

-- The number of batches, where the loader has a length.
local function steps_of(loader)
  local meta = getmetatable(loader)
  if type(meta) == "table" and meta.__len then
    return #loader
  end
end

function batches.loaded(model, loader, class_weight)
  return setmetatable({
    model = model,
    loader = loader,
    class_weight = class_weight,
    steps = steps_of(loader),
  }, Loaded)
end

-- Either ---------------------------------------------------------------------

-- The source of (x, y) as fit, evaluate and predict take them. `o` may
-- have batch_size, sample_weight and class_weight.
function batches.source(model, x, y, o)
  batches.refuse_dataset(x)
  if batches.is_loader(x) then
    local size = o.batch_size
    if y ~= nil then
      native.fail("y is given beside a loader: the loader brings the targets")
    elseif size and size < batches.WHOLE then
      native.fail("batch_size=%d: the loader makes the batches: give it to "
        .. "the loader", size)
    elseif o.sample_weight then
      native.fail("sample weights for data from a loader come from the loader, "
        .. "as a third value of each batch")
    end
    return batches.loaded(model, x, o.class_weight)
  end
  local xs = batches.inputs(model, x)
  local ys = y ~= nil and batches.targets(model, y) or nil
  return batches.arrays(model, xs, ys,
    weighting.of(model, ys, o.sample_weight, o.class_weight),
    o.batch_size or SIZE)
end

return batches
