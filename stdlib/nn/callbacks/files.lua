-- nn.callbacks.files: callbacks that write models and logs to files.

local base = require("nn.callbacks.base")
local native = require("native")
local options = require("options")

-- ModelCheckpoint ------------------------------------------------------------

local ModelCheckpoint = {kept = {"best", "batches"}}

function ModelCheckpoint:init()
  self.ignores_batch_log = self.save_freq == "epoch"
  self.best = self.initial_value_threshold
end

function ModelCheckpoint:on_train_begin()
  if self.save_best_only then
    base.require_monitor("ModelCheckpoint", self)
  end
  if not self.filepath:match("{") then
    base.make_parent("ModelCheckpoint", self.filepath)
  end
  if not self.save_weights_only then
    base.in_context("ModelCheckpoint", self.model.require_saveable, self.model)
  end
  self.batches = 0
end

function ModelCheckpoint:on_epoch_begin(epoch)
  self.current = epoch
end

function ModelCheckpoint:on_resume(epoch)
  self.current = epoch
end

-- "{epoch:02d}" and "{val_loss:.2f}" filled in from the log.
local function filled(path, values)
  return (path:gsub("{([%a_][%w_]*):?([^{}]*)}", function(name, format)
    local value = values[name]
    if type(value) ~= "number" then
      native.fail("ModelCheckpoint: the log has no %q for the file name %q",
        name, path)
    end
    local whole = math.type(value) == "integer"
    format = format ~= "" and format or whole and "d" or ".4f"
    if not format:find("^[-+ #0]*%d?%d?%.?%d?%d?[dioxXeEfgG]$") then
      native.fail("ModelCheckpoint: %q is no number format in the file name "
        .. "%q: use, for example, {epoch:02d} or {val_loss:.2f}", format, path)
    end
    if format:find("[dioxX]$") and not math.tointeger(value) then
      native.fail("ModelCheckpoint: {%s:%s} in the file name %q is for whole "
        .. "numbers, and %s is %g: use, for example, {%s:.2f}", name, format,
        path, name, value, name)
    end
    return string.format("%" .. format, value)
  end))
end

local function write(self, path)
  if self.verbose > 0 then
    print(string.format("Epoch %d: saving the model to %s", self.current, path))
  end
  base.make_parent("ModelCheckpoint", path)
  local save = self.save_weights_only and self.model.save_weights
    or self.model.save
  local text = string.format("ModelCheckpoint: epoch %d is not saved%s",
    self.current, native.file_exists(path)
      and ", and the file that is there is as it was" or "")
  base.in_context(text, save, self.model, path)
end

-- Saves, if it is time to, with the figures of `log`.
local function save(self, log)
  local value = log[self.monitor]
  local better = value ~= nil and base.improves(self, value, self.best, 0)
  if self.save_best_only and not better then
    return
  end
  local values = setmetatable({epoch = self.current}, {__index = log})
  write(self, filled(self.filepath, values))
  if better then
    self.best = value
  end
end

function ModelCheckpoint:on_batch_end(index, log)
  if self.save_freq == "epoch" then
    return
  end
  self.batches = self.batches + 1
  if self.batches % self.save_freq == 0 then
    save(self, setmetatable({batch = index}, {__index = log}))
  end
end

function ModelCheckpoint:on_epoch_end(epoch, log)
  self.current = epoch
  if self.save_freq == "epoch" and epoch % self.period == 0 then
    save(self, log)
  end
end

--- nn.callbacks.ModelCheckpoint{filepath, monitor="val_loss", verbose=0, ...}
-- Saves the model after every epoch, or every save_freq batches
-- (save_freq="epoch"), or every `period`=1 epochs; with save_best_only=true
-- only when `monitor` got better (mode "min", "max" or "auto") than before
-- and than initial_value_threshold=nil. filepath may hold "{epoch:02d}" and
-- names from the log, "{val_loss:.2f}"; folders are made.
-- save_weights_only=false. A file is replaced whole or, on an error, left as
-- it is.
--   > nn.callbacks.ModelCheckpoint{"best.safetensors"}.filepath
--   best.safetensors
local model_checkpoint = base.define("ModelCheckpoint", {
  {"filepath", options.string, options.required},
  {"monitor", options.string, "val_loss"},
  {"verbose", options.non_negative_integer, 0},
  {"save_best_only", options.boolean, false},
  {"save_weights_only", options.boolean, false},
  {"mode", base.MODES, "auto"},
  {"period", options.positive_integer, 1},
  {"save_freq", base.FREQUENCY, "epoch"},
  {"initial_value_threshold", options.number},
}, ModelCheckpoint)

-- CSVLogger ------------------------------------------------------------------

local CSVLogger = {}

local function open(self, mode)
  base.make_parent("CSVLogger", self.filename)
  local file, problem = io.open(self.filename, mode)
  if not file then
    native.fail("CSVLogger: %s", problem)
  end
  self.file, self.names = file, nil
end

-- Goes on with the file, in its columns.
local function go_on(self)
  open(self, "a+b")
  local header = self.file:seek("set") and self.file:read("l")
  if not header then
    return
  end
  self.names = {}
  for name in header:gmatch("[^" .. self.separator .. "]+") do
    self.names[#self.names + 1] = name
  end
  table.remove(self.names, 1)
end

function CSVLogger:init()
  if #self.separator ~= 1 or self.separator:find("[%w%%%^%]%-]") then
    native.fail("CSVLogger: separator must be one character such as \",\" or "
      .. "\";\", got %q", self.separator)
  end
end

function CSVLogger:on_train_begin()
  if self.params.resumes then
    return -- set_state follows
  elseif self.append then
    go_on(self)
  else
    open(self, "wb")
  end
end

-- The columns: the figures in their order, then what callbacks added.
local function columns(self, log)
  local names, known = {}, {}
  for i, name in ipairs(self.params.metrics) do
    names[i], known[name] = name, true
  end
  local more = {}
  for name, value in pairs(log) do
    if not known[name] and type(value) == "number" then
      more[#more + 1] = name
    end
  end
  table.sort(more)
  return table.move(more, 1, #more, #names + 1, names)
end

function CSVLogger:on_epoch_end(epoch, log)
  if not self.names then
    self.names = columns(self, log)
    self.file:write("epoch", self.separator,
      table.concat(self.names, self.separator), "\n")
  end
  local fields = {tostring(epoch)}
  for i, name in ipairs(self.names) do
    fields[i + 1] = type(log[name]) == "number"
      and string.format("%.9g", log[name]) or ""
  end
  local ok, problem = self.file:write(table.concat(fields, self.separator),
    "\n")
  if ok then
    ok, problem = self.file:flush()
  end
  if not ok then
    native.fail("CSVLogger: %s: %s", self.filename, tostring(problem))
  end
end

function CSVLogger:get_state()
  return {bytes = self.file:seek("end")}
end

-- The lines that were written after the backup are written again.
function CSVLogger:set_state(state)
  if native.file_exists(self.filename) then
    local text = native.read_file(self.filename)
    native.write_file(self.filename, text:sub(1, state.bytes))
  end
  go_on(self)
end

function CSVLogger:on_train_end()
  self.file:close()
  self.file = nil
end

--- nn.callbacks.CSVLogger{filename, separator=",", append=false}
-- Writes a line an epoch: epoch, loss, the metrics, the validation's, what
-- callbacks before it put into the log (`lr`). append=true goes on with the
-- file and its columns.
--   > nn.callbacks.CSVLogger{"log.csv"}.separator
--   ,
local csv_logger = base.define("CSVLogger", {
  {"filename", options.string, options.required},
  {"separator", options.string, ","},
  {"append", options.boolean, false},
}, CSVLogger)

return {
  ModelCheckpoint = model_checkpoint,
  CSVLogger = csv_logger,
}
