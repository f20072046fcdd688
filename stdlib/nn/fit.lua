-- nn.fit: the training loop.

local batches = require("nn.batches")
local callback_list = require("nn.callbacks.list")
local feed = require("nn.feed")
local losses = require("nn.losses.lookup")
local nan = require("nn.nan")
local native = require("native")
local options = require("options")
local training = require("nn.training")

local methods = {}

local VERBOSE = {
  description = "0 (silent), 1 (bar), 2 (a line an epoch), \"auto\", true or "
    .. "false",
  test = function(value)
    local number = ({auto = 1, [true] = 1, [false] = 0})[value]
    if type(value) == "number" then
      number = math.tointeger(value)
    end
    return number ~= nil and number >= 0 and number <= 2, number
  end,
}

local FIT = {
  positional = 0,
  {"epochs", options.positive_integer, 1},
  {"batch_size", options.positive_integer},
  {"validation_split", options.fraction, 0},
  {"validation_data", options.any},
  {"validation_batch_size", options.positive_integer},
  {"validation_steps", options.positive_integer},
  {"validation_freq", options.positive_integer, 1},
  {"callbacks", options.table},
  {"shuffle", options.boolean, true},
  {"initial_epoch", options.positive_integer, 1},
  {"steps_per_epoch", options.positive_integer},
  {"verbose", VERBOSE, 1},
  {"class_weight", options.table},
  {"sample_weight", options.any},
}

-- Validation -----------------------------------------------------------------

-- The source of validation_data: {x, y [, sample_weight]} or a loader.
local function given_validation(self, o)
  local given = o.validation_data
  batches.refuse_dataset(given)
  if batches.is_loader(given) then
    return batches.loaded(self, given)
  end
  local complete = type(given) == "table" and given[1] ~= nil
    and (given[2] ~= nil or #self:target_names() == 0)
  if not complete then
    native.fail("fit: validation_data must be {x, y} or a loader, got %s",
      options.show(given))
  end
  local source = batches.source(self, given[1], given[2], {
    batch_size = o.validation_batch_size or o.batch_size,
    sample_weight = given[3],
  })
  if source.samples == 0 then
    native.fail("fit: validation_data has no samples")
  end
  return source
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
  if source.samples == 0 then
    native.fail("fit: there are no samples")
  end
  local kept = math.floor(source.samples * (1 - o.validation_split))
  if kept < 1 or kept >= source.samples then
    native.fail("fit: validation_split=%g of %d samples leaves nothing on one "
      .. "side", o.validation_split, source.samples)
  end
  local held = source:part(kept + 1, source.samples)
  held.batch_size = o.validation_batch_size or held.batch_size
  return source:part(1, kept), held
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
local function new_tally(self, names, saved)
  local tally = {
    totals = training.as_sums(self, saved and saved.totals or {}),
    samples = saved and saved.samples or 0,
  }
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

-- Tells of the first loss that is not finite.
local function tell_of_nan(self, run, index, sums, count)
  if run.tells_nan and self.compiled.nan_place then
    run.tells_nan = false
    nan.report(self, run.epoch, index, training.means(sums, count)[1],
      "nn.callbacks.TerminateOnNaN{} stops there")
  end
end

-- Trains on what is left of the epoch: `done` batches are done.
local function train_epoch(self, run, done)
  local index = done
  for xs, ys, weights, count in run.feed:epoch(done) do
    ys = training.targets(self, "fit", ys)
    index = index + 1
    run.callbacks:call("on_batch_begin", index, {})
    local sums = training.train_step(self, xs, ys, weights, count)
    tell_of_nan(self, run, index, sums, count)
    training.accumulate(run.tally.totals, sums)
    run.tally.samples = run.tally.samples + count
    run.callbacks:call("on_batch_end", index, batch_log(run, sums, count),
      run.tally.read)
    if self.stop_training then
      break
    end
  end
  if run.tally.samples == 0 then
    native.fail("fit: there are no samples")
  end
  return run.tally.read()
end

-- An epoch, of which `done` batches are done, with the figures in `tally`.
local function run_epoch(self, run, epoch, done, tally)
  run.epoch = epoch
  run.tally = new_tally(self, run.names, tally)
  run.callbacks:call(done > 0 and "on_resume" or "on_epoch_begin", epoch, {})
  local log = train_epoch(self, run, done)
  if run.validation and epoch % run.validation_freq == 0 then
    local means = training.evaluate_source(self, run.validation,
      run.validation_steps)
    for name, value in pairs(log_of(run.names, means, "val_")) do
      log[name] = value
    end
  end
  training.require_optimizer(self):observe(log)
  run.callbacks:call("on_epoch_end", epoch, log)
  return log
end

-- Trains epoch after epoch; returns the last epoch and its log.
local function run_epochs(self, run, o)
  local backup = run.callbacks.backup
  local epoch, done, tally
  if backup then
    epoch, done, tally = backup:resume()
  end
  if not epoch then
    epoch, done = o.initial_epoch, 0
  elseif done == 0 then
    epoch = epoch + 1
  end
  local last, log = math.max(o.initial_epoch, epoch - 1), {}
  while epoch <= o.epochs and not self.stop_training do
    last, log = epoch, run_epoch(self, run, epoch, done, tally)
    epoch, done, tally = epoch + 1, 0, nil
  end
  return last, log
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
    if head.target then
      losses.check_labels(head.loss, ys[head.target], self.outputs[i].shape)
    end
  end
end

-- A run that may be cut off needs all weights before its first batch.
local function settle(self, source)
  if self.compiled.settled then
    return
  elseif source.samples then
    training.settle(self, (source:batches(false)()))
  elseif not pcall(self.require_built, self) then
    native.fail("BackupAndRestore: %s makes its weights at the first batch: "
      .. "give input_shape to its first layer, or call it once before fit",
      tostring(self))
  else
    training.settle(self)
  end
end

-- What fit works with, and what BackupAndRestore keeps.
local function new_run(self, x, y, o)
  local run = {names = self.compiled.names}
  run.source, run.validation = sources(self, x, y, o)
  run.validation_steps = o.validation_steps
  run.validation_freq = o.validation_freq
  run.feed = feed(run.source, o.shuffle, o.steps_per_epoch)
  run.callbacks = callback_list(self, o.callbacks, {
    first_epoch = o.initial_epoch,
    epochs = o.epochs,
    steps = o.steps_per_epoch or run.source.steps,
    samples = run.source.samples,
    verbose = o.verbose,
    metrics = log_names(run.names, run.validation),
  })
  return run
end

--- nn.Model:fit(x, y [, options])
-- Trains the model; returns the history (see nn.callbacks.History).
-- x, y: tensors; lists or tables by name for several inputs and outputs; or,
-- in place of both, a loader: an object whose `:batches()` iterates over
-- x, y [, sample weights], or a function that gives these at each call and nil
-- at the end of a pass; one that never ends, such as a generator, needs
-- steps_per_epoch. uint8 and float64 inputs are converted batch by batch.
-- Options:
-- * epochs=1: the last epoch; initial_epoch=1: the first.
-- * batch_size=32, which a loader decides itself; shuffle=true: a new random
--   order every epoch, which the seed decides (tensor.manual_seed).
-- * steps_per_epoch=nil: so many batches are an epoch, wherever a pass over
--   the data ends.
-- * validation_split=0: the fraction at the end that is held out;
--   validation_data: {x, y [, sample_weight]} or a loader;
--   validation_batch_size=batch_size, validation_steps=nil: at most so many
--   batches, validation_freq=1: every so many epochs.
-- * callbacks: a list, see nn.callbacks.
-- * class_weight: {[class]=weight}, classes from 1, 1 where none is given.
-- * sample_weight: a tensor (samples), or one for each output, in a list or
--   a table by name. The loss is sum(weight * loss) / samples.
-- * verbose=1: a bar on a terminal, else one line an epoch; 2: one line an
--   epoch; 0 prints nothing. true, false and "auto" do as well.
-- `model.stop_training = true` ends it after the batch. The first loss that is
-- NaN or infinite is told on stderr with the place where it began, unless
-- verbose=0.
--   > model = nn.Sequential{nn.Dense{1, kernel_initializer="zeros"}}
--   > model:compile{optimizer="sgd", loss="mse"}
--   > h = model:fit(tensor({{1}}), tensor({{2}}), {epochs=2, verbose=0})
--   > h.loss[1]
--   4.0
function methods.fit(self, x, y, opts)
  local compiled = training.require_compiled(self, "fit")
  y, opts = batches.arguments(x, y, opts)
  local o = options.read("fit", FIT, opts)
  local run = new_run(self, x, y, o)
  local list, _ <close> = run.callbacks, run.feed
  check_labels(self, y)
  if list.backup then
    settle(self, run.source)
    list.backup.run = run
    list.backup.params.resumes = list.backup:resumes()
  end
  run.tells_nan = not list.watches_nan and o.verbose > 0
  compiled.watches_nan = list.watches_nan and "stop" or run.tells_nan and "tell"
  compiled.nan_place = nil
  self.stop_training = false
  list:call("on_train_begin", o.initial_epoch, {})
  local last, log = run_epochs(self, run, o)
  list:call("on_train_end", last, log)
  self.history = list.history
  return self.history
end

return {methods = methods}
