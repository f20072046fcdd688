-- nn.callbacks.stopping: callbacks that end training, or slow it down.

local base = require("nn.callbacks.base")
local nan = require("nn.nan")
local native = require("native")
local options = require("options")

-- Fails where the optimizer has a schedule, which a callback that sets the rate
-- would end for good.
local function require_plain_rate(name, optimizer)
  local schedule = type(optimizer) == "table" and optimizer.schedule
    and optimizer:schedule()
  if schedule then
    native.fail("%s: the optimizer's rate is a schedule, %s: one of the two "
      .. "sets the rate, not both", name, options.show(schedule))
  end
end

-- EarlyStopping --------------------------------------------------------------

local EarlyStopping = {
  kept = {"best", "best_epoch", "waited", "best_weights", "stopped_epoch"},
}

function EarlyStopping:on_train_begin()
  base.require_monitor("EarlyStopping", self)
  self.best, self.best_epoch, self.waited = nil, nil, 0
  self.best_weights, self.stopped_epoch = nil, nil
end

-- Notes the epoch as the best so far. The wait begins anew only where it is
-- better than the baseline, too.
local function take_best(self, epoch, value)
  self.best, self.best_epoch = value, epoch
  if self.restore_best_weights then
    self.best_weights = self.model:copy_weights()
  end
  if self.baseline == nil
      or base.improves(self, value, self.baseline, self.min_delta) then
    self.waited = 0
  end
end

function EarlyStopping:on_epoch_end(epoch, log)
  local value = log[self.monitor]
  if value == nil then
    return
  end
  self.waited = self.waited + 1
  if base.improves(self, value, self.best, self.min_delta) then
    take_best(self, epoch, value)
  end
  if self.waited > 0 and self.waited >= self.patience then
    self.stopped_epoch = epoch
    self.model.stop_training = true
  end
end

function EarlyStopping:on_train_end()
  if self.best_weights then
    self.model:load_state_dict(self.best_weights)
  end
  if self.verbose > 0 and self.stopped_epoch then
    print(string.format("Epoch %d: early stopping", self.stopped_epoch))
  end
end

--- nn.callbacks.EarlyStopping{monitor="val_loss", min_delta=0, patience=0, ...}
-- Ends training after `patience` epochs in a row (at least one) in which
-- `monitor` did not get better by more than min_delta. mode "min", "max" or
-- "auto" (accuracies and their kin grow); baseline=nil: the epochs count as no
-- better until it is beaten; restore_best_weights=false: at the end go back to
-- the weights of the best epoch; verbose=0. Keeps best, best_epoch and
-- stopped_epoch.
--   > nn.callbacks.EarlyStopping{patience=3}.monitor
--   val_loss
local early_stopping = base.define("EarlyStopping", {
  {"monitor", options.string, "val_loss"},
  {"min_delta", options.non_negative_number, 0},
  {"patience", options.non_negative_integer, 0},
  {"verbose", options.non_negative_integer, 0},
  {"mode", base.MODES, "auto"},
  {"baseline", options.number},
  {"restore_best_weights", options.boolean, false},
}, EarlyStopping)

-- TerminateOnNaN -------------------------------------------------------------

-- watches_nan: a step whose loss is not finite is not taken, and
-- model.compiled.nan_place says where it began (see nn.nan).
local TerminateOnNaN = {watches_nan = true, kept = {"epoch", "batch"}}

function TerminateOnNaN:on_epoch_begin(epoch)
  self.current = epoch
end

function TerminateOnNaN:on_resume(epoch)
  self.current = epoch
end

function TerminateOnNaN:on_batch_end(index, log)
  local loss = log.loss
  if loss == loss and math.abs(loss) ~= math.huge then
    return
  end
  self.epoch, self.batch = self.current, index
  self.place = nan.report(self.model, self.epoch, index, loss, "training stops")
  self.model.stop_training = true
end

--- nn.callbacks.TerminateOnNaN{}
-- Ends training at the first batch whose loss is NaN or infinite, says on
-- stderr which batch it was and where the first such number stood (a weight,
-- the data, the output of a layer, the loss), and leaves the weights as they
-- were before that batch. Keeps epoch, batch and place (the words).
--   > model = nn.Sequential{nn.Dense{1, input_shape={1}}}
--   > model:compile{loss="mse"}
--   > watch = nn.callbacks.TerminateOnNaN()
--   > x, y = tensor({{1}, {0 / 0}}), tensor({{1}, {2}});
--   > h = model:fit(x, y, {verbose=0, callbacks={watch}})
--   > watch.epoch, watch.batch, watch.place
--   1
--   1
--   input 'input_1' holds nan at sample 2 of the batch
local terminate_on_nan = base.define("TerminateOnNaN", {}, TerminateOnNaN)

-- ReduceLROnPlateau ----------------------------------------------------------

local ReduceLROnPlateau = {kept = {"best", "waited", "cooling"}}

function ReduceLROnPlateau:init()
  if self.factor >= 1 then
    native.fail("ReduceLROnPlateau: factor must be below 1, got %g",
      self.factor)
  end
end

function ReduceLROnPlateau:on_train_begin()
  base.require_monitor("ReduceLROnPlateau", self)
  require_plain_rate("ReduceLROnPlateau", self.model.optimizer)
  self.best, self.waited, self.cooling = nil, 0, 0
end

local function reduce(self, epoch)
  local optimizer = self.model.optimizer
  local before = optimizer.lr
  if before <= self.min_lr then
    return
  end
  optimizer.lr = math.max(before * self.factor, self.min_lr)
  self.cooling, self.waited = self.cooldown, 0
  if self.verbose > 0 then
    print(string.format("Epoch %d: the learning rate goes from %g to %g",
      epoch, before, optimizer.lr))
  end
end

function ReduceLROnPlateau:on_epoch_end(epoch, log)
  local value = log[self.monitor]
  log.lr = self.model.optimizer.lr
  if value == nil then
    return
  end
  if self.cooling > 0 then
    self.cooling, self.waited = self.cooling - 1, 0
  end
  if base.improves(self, value, self.best, self.min_delta) then
    self.best, self.waited = value, 0
  elseif self.cooling == 0 then
    self.waited = self.waited + 1
    if self.waited >= self.patience then
      reduce(self, epoch)
    end
  end
end

--- nn.callbacks.ReduceLROnPlateau{monitor="val_loss", factor=0.1, ...}
-- Multiplies the learning rate by `factor` when `monitor` has not got better
-- by more than min_delta=1e-4 for patience=10 epochs; never below min_lr=0.
-- After that cooldown=0 epochs are not watched. mode "min", "max" or "auto";
-- verbose=0. The log gets `lr`, the rate of the epoch. The optimizer's rate
-- must be a number: a schedule sets it by itself, as
-- optim.schedules.plateau does in this way.
--   > nn.callbacks.ReduceLROnPlateau{factor=0.5}.patience
--   10
local reduce_lr = base.define("ReduceLROnPlateau", {
  {"monitor", options.string, "val_loss"},
  {"factor", options.positive_number, 0.1},
  {"patience", options.positive_integer, 10},
  {"verbose", options.non_negative_integer, 0},
  {"mode", base.MODES, "auto"},
  {"min_delta", options.non_negative_number, 1e-4},
  {"cooldown", options.non_negative_integer, 0},
  {"min_lr", options.non_negative_number, 0},
}, ReduceLROnPlateau)

-- LearningRateScheduler ------------------------------------------------------

local LearningRateScheduler = {}

function LearningRateScheduler:on_train_begin()
  require_plain_rate("LearningRateScheduler", self.model.optimizer)
end

function LearningRateScheduler:on_epoch_begin(epoch)
  local optimizer = self.model.optimizer
  local rate = self.schedule(epoch, optimizer.lr)
  if type(rate) ~= "number" or not (rate >= 0 and rate < math.huge) then
    native.fail("LearningRateScheduler: the schedule gave %s for epoch %d, "
      .. "not a rate of at least 0", options.show(rate), epoch)
  end
  optimizer.lr = rate
  if self.verbose > 0 then
    print(string.format("Epoch %d: the learning rate is %g", epoch, rate))
  end
end

function LearningRateScheduler:on_epoch_end(_, log)
  log.lr = self.model.optimizer.lr
end

local CALLABLE = options.check("a function (epoch, rate)", function(value)
  local meta = getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and meta.__call
end)

--- nn.callbacks.LearningRateScheduler{schedule, verbose=0}
-- Sets the learning rate at the start of every epoch to schedule(epoch, rate):
-- the epoch's number from 1 and the rate so far. The log gets `lr`. The
-- optimizer's rate must be a number: a schedule sets it by itself.
--   > halve = function(epoch, rate) return epoch > 1 and rate / 2 or rate end
--   > nn.callbacks.LearningRateScheduler{halve}.schedule(2, 0.5)
--   0.25
local scheduler = base.define("LearningRateScheduler", {
  {"schedule", CALLABLE, options.required},
  {"verbose", options.non_negative_integer, 0},
}, LearningRateScheduler)

return {
  EarlyStopping = early_stopping,
  TerminateOnNaN = terminate_on_nan,
  ReduceLROnPlateau = reduce_lr,
  LearningRateScheduler = scheduler,
}
