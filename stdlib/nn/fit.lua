-- nn.fit: the training loop.

local batches = require("nn.batches")
local callbacks = require("nn.callbacks")
local losses = require("nn.losses")
local native = require("native")
local options = require("options")
local tensor = require("tensor")
local training = require("nn.training")

local methods = {}

local FIT = {
  positional = 0,
  { "epochs", options.positive_integer, 1 },
  { "batch_size", options.positive_integer, 32 },
  { "validation_split", options.fraction, 0 },
  { "validation_data", options.any },
  { "callbacks", options.table },
  { "shuffle", options.boolean, true },
  { "initial_epoch", options.positive_integer, 1 },
  { "verbose", options.non_negative_integer, 1 },
  { "class_weight", options.table },
  { "sample_weight", options.any },
}

-- Validation -----------------------------------------------------------------

-- The source of validation_data: {x, y [, sample_weight]} or a loader.
local function given_validation(self, o)
  local given = o.validation_data
  if batches.is_loader(given) then
    return batches.loaded(self, given)
  end
  local complete = type(given) == "table" and given[1] ~= nil
    and (given[2] ~= nil or #self:target_names() == 0)
  if not complete then
    native.fail("fit: validation_data must be {x, y} or a loader, got %s",
      options.show(given))
  end
  return batches.source(self, given[1], given[2], {
    batch_size = o.batch_size,
    sample_weight = given[3],
  })
end

-- The sources for training and validation (nil where there is none).
local function sources(self, x, y, o)
  local source = batches.source(self, x, y, o)
  if o.validation_data ~= nil then
    return source, given_validation(self, o)
  end
  if o.validation_split == 0 then
    return source
  end
  if not source.samples then
    native.fail("fit: validation_split needs tensors; with a loader give "
      .. "validation_data")
  end
  local kept = math.floor(source.samples * (1 - o.validation_split))
  if kept < 1 or kept >= source.samples then
    native.fail("fit: validation_split=%g of %d samples leaves nothing on one "
      .. "side", o.validation_split, source.samples)
  end
  return source:part(1, kept), source:part(kept + 1, source.samples)
end

-- One epoch ------------------------------------------------------------------

local function log_of(names, means, prefix)
  local log = {}
  for i, name in ipairs(names) do
    log[(prefix or "") .. name] = means[i]
  end
  return log
end

-- What an epoch has added up so far; read() gives the means as a log.
local function new_tally(names)
  local tally = { totals = {}, samples = 0 }
  function tally.read()
    if tally.samples == 0 then
      return {}
    end
    return log_of(names, training.means(tally.totals, tally.samples))
  end
  return tally
end

-- The log of one batch, where somebody wants to see it.
local function batch_log(run, sums, count)
  if not run.callbacks.want_batches then
    return {}
  end
  local log = log_of(run.names, training.means(sums, count))
  log.size = count
  return log
end

local function train_epoch(self, run)
  local tally, index = new_tally(run.names), 0
  for xs, ys, weights, count in run.source:batches(run.shuffle) do
    ys = training.targets(self, "fit", ys)
    index = index + 1
    run.callbacks:call("on_batch_begin", index, {})
    local sums = training.train_step(self, xs, ys, weights, count)
    training.accumulate(tally.totals, sums)
    tally.samples = tally.samples + count
    run.callbacks:call("on_batch_end", index, batch_log(run, sums, count),
      tally.read)
    if self.stop_training then
      break
    end
  end
  if tally.samples == 0 then
    native.fail("fit: there are no samples")
  end
  return tally.read()
end

local function run_epoch(self, run, epoch)
  run.callbacks:call("on_epoch_begin", epoch, {})
  local log = train_epoch(self, run)
  if run.validation then
    local means = training.evaluate_source(self, run.validation)
    for name, value in pairs(log_of(run.names, means, "val_")) do
      log[name] = value
    end
  end
  run.callbacks:call("on_epoch_end", epoch, log)
  return log
end

-- fit ------------------------------------------------------------------------

local function log_names(names, validation)
  local list = table.move(names, 1, #names, 1, {})
  for _, name in ipairs(validation and names or {}) do
    list[#list + 1] = "val_" .. name
  end
  return list
end

-- Class indices outside the classes are told before training begins.
local function check_labels(self, y)
  if y == nil or not self.plan then
    return
  end
  local ys = batches.targets(self, y)
  for i, head in ipairs(self.compiled.heads) do
    local shape = self.outputs[i].shape
    if head.target then
      losses.check_labels(head.loss, ys[head.target], shape[#shape])
    end
  end
end

local function check_weights(o)
  if o.sample_weight ~= nil and not tensor.is(o.sample_weight) then
    native.fail("fit: sample_weight must be a tensor, got %s",
      options.show(o.sample_weight))
  end
end

--- nn.Model:fit(x, y [, options])
-- Trains the model; returns the history (see nn.callbacks.History).
-- x, y: tensors; lists or tables by name for several inputs and outputs; or,
-- in place of both, a loader: an object whose `:batches()` iterates over
-- x, y [, sample weights]. uint8 and float64 inputs are converted batch by
-- batch.
-- Options:
-- * epochs=1: the last epoch; initial_epoch=1: the first.
-- * batch_size=32, shuffle=true: a new random order every epoch.
-- * validation_split=0: the fraction at the end that is held out;
--   validation_data: {x, y [, sample_weight]} or a loader.
-- * callbacks: a list, see nn.callbacks.
-- * class_weight: {[class]=weight}; sample_weight: a tensor (samples).
-- * verbose=1: 0 prints nothing, 2 one line an epoch.
-- `model.stop_training = true` ends it after the batch.
--   > model = nn.Sequential{nn.Dense{1, kernel_initializer="zeros"}}
--   > model:compile{optimizer="sgd", loss="mse"}
--   > h = model:fit(tensor({{1}}), tensor({{2}}), {epochs=2, verbose=0})
--   > h.loss[1]
--   4.0
function methods.fit(self, x, y, opts)
  local compiled = training.require_compiled(self, "fit")
  if batches.is_loader(x) and opts == nil and type(y) == "table" then
    y, opts = nil, y
  end
  local o = options.read("fit", FIT, opts)
  check_weights(o)
  local run = { names = compiled.names, shuffle = o.shuffle }
  run.source, run.validation = sources(self, x, y, o)
  check_labels(self, y)
  run.callbacks = callbacks.list(self, o.callbacks, o.verbose, {
    first_epoch = o.initial_epoch,
    epochs = o.epochs,
    steps = run.source.steps,
    samples = run.source.samples,
    verbose = o.verbose,
    metrics = log_names(run.names, run.validation),
  })
  self.stop_training = false
  run.callbacks:call("on_train_begin", o.initial_epoch, {})
  local last, log = o.initial_epoch, {}
  for epoch = o.initial_epoch, o.epochs do
    last, log = epoch, run_epoch(self, run, epoch)
    if self.stop_training then
      break
    end
  end
  run.callbacks:call("on_train_end", last, log)
  self.history = run.callbacks.history
  return self.history
end

return { methods = methods }
