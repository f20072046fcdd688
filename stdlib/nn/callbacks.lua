-- nn.callbacks: what fit calls while it trains.
--
-- A callback is a table with any of on_train_begin, on_epoch_begin,
-- on_batch_begin, on_batch_end, on_epoch_end, on_train_end, each a function
-- (self, index, log). index is the number of the epoch or of the batch in it,
-- from 1; log has "loss" and the metrics by name as numbers (and "val_..." at
-- the end of an epoch). fit sets self.model and self.params = {epochs,
-- first_epoch, steps, samples, verbose, metrics = names}.

local native = require("native")
local options = require("options")
local progress = require("nn.progress")

local callbacks = {}

local EVENTS = {
  "on_train_begin",
  "on_epoch_begin",
  "on_batch_begin",
  "on_batch_end",
  "on_epoch_end",
  "on_train_end",
}

-- The list that fit drives ---------------------------------------------------

local List = {}
List.__index = List

function List:call(event, ...)
  for _, callback in ipairs(self[event]) do
    callback[event](callback, ...)
  end
end

local function check_callback(callback, position)
  if type(callback) ~= "table" then
    native.fail("fit: callback %d must be a table with functions such as "
      .. "on_epoch_end, got %s", position, options.show(callback))
  end
  for key in pairs(callback) do
    if type(key) == "string" and key:find("^on_") and not List.known[key] then
      native.fail("fit: callback %d has %s, which is never called%s", position,
        key, options.hint(key, EVENTS))
    end
  end
end

List.known = {}
for _, event in ipairs(EVENTS) do
  List.known[event] = true
end

-- Sorts the callbacks by what they want to be called for.
local function by_event(list, all)
  for _, event in ipairs(EVENTS) do
    list[event] = {}
    for _, callback in ipairs(all) do
      if callback[event] then
        table.insert(list[event], callback)
      end
    end
  end
  return list
end

-- The progress bar, the user's callbacks and the history, for one fit.
-- want_batches says that somebody reads the logs of single batches; the
-- progress bar (reads_log) asks for the figures only when it redraws.
function callbacks.list(model, given, verbose, params)
  local all, history, want_batches = {}, nil, false
  if given and next(given) ~= nil and given[1] == nil then
    given = {given}
  end
  for i, callback in ipairs(given or {}) do
    check_callback(callback, i)
    if callback.reads_log then
      verbose = 0
    elseif callback.on_batch_end then
      want_batches = true
    end
    if getmetatable(callback) == callbacks.history_class then
      history = callback
    else
      all[#all + 1] = callback
    end
  end
  if verbose > 0 then
    local live = verbose == 1 and progress.on_terminal()
    table.insert(all, 1, progress.new(live))
  end
  for _, callback in ipairs(all) do
    callback.model, callback.params = model, params
  end
  history = history or callbacks.History()
  all[#all + 1] = history
  local list = {history = history, want_batches = want_batches}
  return by_event(setmetatable(list, List), all)
end

-- Making classes -------------------------------------------------------------

-- A constructor of callbacks: options become fields of the object.
local function define(name, spec, class)
  class.__index = class
  class.__name = name
  return function(t)
    local self = setmetatable(options.read(name, spec, t), class)
    if self.init then
      self:init()
    end
    return self
  end
end

-- Monitoring -----------------------------------------------------------------

local MODES = options.one_of {"auto", "min", "max"}

-- Fails at the start of training where the log will not have `monitor`.
local function require_monitor(name, callback)
  local known = callback.params.metrics
  for _, metric in ipairs(known) do
    if metric == callback.monitor then
      return
    end
  end
  native.fail("%s: %q will not be in the log, which has %s%s", name,
    callback.monitor, table.concat(known, ", "),
    callback.monitor:find("^val_") and #known > 0
      and " (give validation_data or validation_split)" or "")
end

-- Whether `value` is better than `best` by at least `delta`. In mode "auto"
-- accuracies grow and everything else falls.
local function improves(callback, value, best, delta)
  local up = callback.mode == "max" or (callback.mode == "auto"
    and callback.monitor:find("acc", 1, true) ~= nil)
  if best == nil then
    return value == value
  elseif up then
    return value - delta > best
  end
  return value + delta < best
end

-- History --------------------------------------------------------------------

local History = {}

function History:on_epoch_end(epoch, log)
  self.epoch[#self.epoch + 1] = epoch
  for name, value in pairs(log) do
    self[name] = self[name] or {}
    self[name][#self.epoch] = value
  end
end

-- loss first, then the rest in alphabetical order, validation last.
local function history_names(self)
  local names = {}
  for name, values in pairs(self) do
    if name ~= "epoch" and type(values) == "table" then
      names[#names + 1] = name
    end
  end
  local function rank(name)
    return (name:find("^val_") and 2 or 0)
      + (name:gsub("^val_", "") == "loss" and 0 or 1)
  end
  table.sort(names, function(a, b)
    if rank(a) ~= rank(b) then
      return rank(a) < rank(b)
    end
    return a < b
  end)
  return names
end

function History:__tostring()
  local names = history_names(self)
  local lines = {"epoch"}
  for _, name in ipairs(names) do
    lines[1] = lines[1] .. string.format("  %10s", name)
  end
  for i, epoch in ipairs(self.epoch) do
    local line = string.format("%5d", epoch)
    for _, name in ipairs(names) do
      local value = self[name][i]
      line = line .. string.format("  %" .. math.max(10, #name) .. "s",
        value and string.format("%.4f", value) or "")
    end
    lines[i + 1] = line
  end
  return table.concat(lines, "\n")
end

--- nn.callbacks.History{}
-- What every fit returns: a list for each name in the log, one number an
-- epoch (`history.loss[1]`, `history.val_accuracy`), and `history.epoch`.
-- Printing it gives a table. Given to fit as a callback, it goes on with what
-- it has.
--   > #nn.callbacks.History().epoch
--   0
callbacks.History = define("History", {}, History)
function History:init()
  self.epoch = {}
end
callbacks.history_class = History

--- nn.callbacks.ProgressBar{}
-- The bar that fit shows unless verbose=0: steps, time a step, loss and
-- metrics, redrawn in place on a terminal, else one line an epoch.
--   > type(nn.callbacks.ProgressBar().on_epoch_end)
--   function
function callbacks.ProgressBar(t)
  options.read("ProgressBar", {}, t)
  return progress.new(progress.on_terminal())
end

-- Stopping -------------------------------------------------------------------

local EarlyStopping = {}

function EarlyStopping:on_train_begin()
  require_monitor("EarlyStopping", self)
  self.best, self.waited = self.baseline, 0
  self.best_weights, self.stopped_epoch = nil, nil
end

function EarlyStopping:on_epoch_end(epoch, log)
  local value = log[self.monitor]
  if improves(self, value, self.best, self.min_delta) then
    self.best, self.best_epoch, self.waited = value, epoch, 0
    if self.restore_best_weights then
      self.best_weights = self.model:copy_weights()
    end
    return
  end
  self.waited = self.waited + 1
  if self.waited > self.patience then
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
-- Ends training when `monitor` has not got better by min_delta for more than
-- `patience` epochs in a row. mode "min", "max" or "auto" (accuracies grow);
-- baseline=nil: what must be beaten first; restore_best_weights=false: at the
-- end go back to the weights of the best epoch; verbose=0. Keeps best,
-- best_epoch and stopped_epoch.
--   > nn.callbacks.EarlyStopping{patience=3}.monitor
--   val_loss
callbacks.EarlyStopping = define("EarlyStopping", {
  {"monitor", options.string, "val_loss"},
  {"min_delta", options.non_negative_number, 0},
  {"patience", options.non_negative_integer, 0},
  {"verbose", options.non_negative_integer, 0},
  {"mode", MODES, "auto"},
  {"baseline", options.number},
  {"restore_best_weights", options.boolean, false},
}, EarlyStopping)

local TerminateOnNaN = {}

function TerminateOnNaN:on_batch_end(index, log)
  local loss = log.loss
  if loss ~= loss or math.abs(loss) == math.huge then
    io.stderr:write(string.format(
      "batch %d: the loss is %s, training stops\n", index, tostring(loss)))
    self.model.stop_training = true
  end
end

--- nn.callbacks.TerminateOnNaN{}
-- Ends training after a batch whose loss is NaN or infinite.
--   > type(nn.callbacks.TerminateOnNaN().on_batch_end)
--   function
callbacks.TerminateOnNaN = define("TerminateOnNaN", {}, TerminateOnNaN)

-- Files ----------------------------------------------------------------------

local ModelCheckpoint = {}

function ModelCheckpoint:on_train_begin()
  if self.save_best_only then
    require_monitor("ModelCheckpoint", self)
  end
end

-- "{epoch:02d}" and "{val_loss:.2f}" filled in from the log.
local function filled(path, epoch, log)
  return (path:gsub("{([%a_][%w_]*):?([^{}]*)}", function(name, format)
    local value = name == "epoch" and epoch or log[name]
    if value == nil then
      native.fail("ModelCheckpoint: the log has no %q for the file name %q",
        name, path)
    end
    if format == "" then
      format = name == "epoch" and "d" or ".4f"
    end
    return string.format("%" .. format, value)
  end))
end

function ModelCheckpoint:on_epoch_end(epoch, log)
  local value = log[self.monitor]
  local better = value ~= nil and improves(self, value, self.best, 0)
  if self.save_best_only and not better or epoch % self.period ~= 0 then
    return
  end
  local path = filled(self.filepath, epoch, log)
  if self.verbose > 0 then
    print(string.format("Epoch %d: saving model to %s", epoch, path))
  end
  if self.save_weights_only then
    self.model:save_weights(path)
  else
    self.model:save(path)
  end
  if better then
    self.best = value
  end
end

--- nn.callbacks.ModelCheckpoint{filepath, monitor="val_loss", verbose=0, ...}
-- Saves the model after every `period`=1 epochs; with save_best_only=true only
-- when `monitor` got better (mode "min", "max" or "auto"). filepath may hold
-- "{epoch:02d}" and names from the log, "{val_loss:.2f}".
-- save_weights_only=false.
--   > nn.callbacks.ModelCheckpoint{"best.safetensors"}.filepath
--   best.safetensors
callbacks.ModelCheckpoint = define("ModelCheckpoint", {
  {"filepath", options.string, options.required},
  {"monitor", options.string, "val_loss"},
  {"verbose", options.non_negative_integer, 0},
  {"save_best_only", options.boolean, false},
  {"save_weights_only", options.boolean, false},
  {"mode", MODES, "auto"},
  {"period", options.positive_integer, 1},
}, ModelCheckpoint)

local CSVLogger = {}

-- Opens the file; an appended log gets its header only when it is empty.
function CSVLogger:on_train_begin()
  local file, problem = io.open(self.filename, self.append and "a" or "w")
  if not file then
    native.fail("CSVLogger: %s", problem)
  end
  self.file = file
  self.names = self.params.metrics
  if file:seek("end") == 0 then
    file:write("epoch", self.separator,
      table.concat(self.names, self.separator), "\n")
  end
end

function CSVLogger:on_epoch_end(epoch, log)
  local fields = {tostring(epoch)}
  for i, name in ipairs(self.names) do
    fields[i + 1] = log[name] and string.format("%.9g", log[name]) or ""
  end
  self.file:write(table.concat(fields, self.separator), "\n")
  self.file:flush()
end

function CSVLogger:on_train_end()
  self.file:close()
  self.file = nil
end

--- nn.callbacks.CSVLogger{filename, separator=",", append=false}
-- Writes a line an epoch: epoch, loss, the metrics, the validation's.
--   > nn.callbacks.CSVLogger{"log.csv"}.separator
--   ,
callbacks.CSVLogger = define("CSVLogger", {
  {"filename", options.string, options.required},
  {"separator", options.string, ","},
  {"append", options.boolean, false},
}, CSVLogger)

-- Functions ------------------------------------------------------------------

local LAMBDA = {positional = 0}
for i, event in ipairs(EVENTS) do
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
