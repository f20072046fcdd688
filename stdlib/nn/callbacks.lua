-- nn.callbacks: what fit calls while it trains (see nn.callbacks.list).

local backup = require("nn.callbacks.backup")
local base = require("nn.callbacks.base")
local files = require("nn.callbacks.files")
local history = require("nn.callbacks.history")
local options = require("options")
local progress = require("nn.progress")
local stopping = require("nn.callbacks.stopping")

--- nn.callbacks
-- What fit calls while it trains. A callback is a table with any of
-- on_train_begin, on_epoch_begin, on_batch_begin, on_batch_end, on_epoch_end
-- and on_train_end, each a function (self, index, log). index is the number of
-- the epoch, or of the batch in it, from 1; log has "loss" and the metrics by
-- name as numbers, after a batch those of that batch alone (and its `size`),
-- and "val_..." at the end of an epoch; what a callback adds to it then goes
-- into the history.
-- fit sets self.model and self.params = {epochs, first_epoch, steps, samples,
-- verbose, metrics = names}. `self.model.stop_training = true` ends training
-- after the batch; `self.model.optimizer.lr` can be read and set; after a
-- batch the gradients are there, in the `grad` of self.model:parameters().
--   > rates = {on_epoch_begin=function(c, i) c.model.optimizer.lr = 1 / i end}
--   > model = nn.Sequential{nn.Dense{1, input_shape={1}}}
--   > model:compile{optimizer="sgd", loss="mse"}
--   > x = tensor.ones(2, 1)
--   > h = model:fit(x, x, {epochs=4, verbose=0, callbacks={rates}})
--   > model.optimizer.lr
--   0.25
local callbacks = {
  BackupAndRestore = backup.BackupAndRestore,
  CSVLogger = files.CSVLogger,
  EarlyStopping = stopping.EarlyStopping,
  History = history.History,
  LearningRateScheduler = stopping.LearningRateScheduler,
  ModelCheckpoint = files.ModelCheckpoint,
  ReduceLROnPlateau = stopping.ReduceLROnPlateau,
  TensorBoard = require("nn.callbacks.tensorboard").TensorBoard,
  TerminateOnNaN = stopping.TerminateOnNaN,
}

--- nn.callbacks.ProgressBar{}
-- The bar that fit shows unless verbose=0: steps, time a step, loss and
-- metrics, redrawn in place on a terminal, else one line an epoch.
--   > type(nn.callbacks.ProgressBar().on_epoch_end)
--   function
function callbacks.ProgressBar(t)
  options.read("ProgressBar", {}, t)
  return progress.new(progress.on_terminal())
end

-- Functions ------------------------------------------------------------------

local LAMBDA = {positional = 0}
for i, event in ipairs(base.EVENTS) do
  LAMBDA[i] = {event, options["function"]}
end

--- nn.callbacks.LambdaCallback{on_epoch_end=function(index, log) ... end, ...}
-- A callback from plain functions (index, log), for any of the six events.
--   > type(nn.callbacks.LambdaCallback{on_epoch_end=print}.on_epoch_end)
--   function
function callbacks.LambdaCallback(t)
  local callback = {}
  for event, f in pairs(options.read("LambdaCallback", LAMBDA, t)) do
    callback[event] = function(_, index, log)
      return f(index, log)
    end
  end
  return callback
end

return callbacks
