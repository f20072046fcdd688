-- nn.callbacks.base: what the classes of callbacks are made with.

local native = require("native")
local options = require("options")

local base = {}

base.EVENTS = {
  "on_train_begin",
  "on_epoch_begin",
  "on_batch_begin",
  "on_batch_end",
  "on_epoch_end",
  "on_train_end",
}

-- Making classes -------------------------------------------------------------

-- What a run that is taken up again needs of a callback: the fields that its
-- class lists as `kept`.
local function get_state(self)
  local state = {}
  for _, name in ipairs(self.kept) do
    state[name] = self[name]
  end
  return state
end

local function set_state(self, state)
  for _, name in ipairs(self.kept) do
    self[name] = state[name]
  end
end

-- A constructor of callbacks: options become fields of the object.
function base.define(name, spec, class)
  class.__index = class
  class.__name = name
  if class.kept then
    class.get_state, class.set_state = get_state, set_state
  end
  return function(t)
    local self = setmetatable(options.read(name, spec, t), class)
    if self.init then
      self:init()
    end
    return self
  end
end

-- Runs f(...); an error gets `text` in front, behind the position.
function base.in_context(text, f, ...)
  local results = table.pack(pcall(f, ...))
  if not results[1] then
    error(native.add_context(results[2], text), 0)
  end
  return table.unpack(results, 2, results.n)
end

-- Makes the folder in which `path` lies; `who` stands before an error.
function base.make_parent(who, path)
  local folder = path:match("^(.+)/[^/]*$")
  if folder then
    base.in_context(who, native.make_folder, folder)
  end
end

-- The check of save_freq: "epoch", or a number of batches.
base.FREQUENCY = {
  description = "\"epoch\" or a positive number of batches",
  test = function(value)
    local count = type(value) == "number" and math.tointeger(value) or 0
    return value == "epoch" or count >= 1, value == "epoch" and value or count
  end,
}

-- Monitoring -----------------------------------------------------------------

base.MODES = options.one_of {"auto", "min", "max"}

-- Fails at the start of training where the log will not have `monitor`.
function base.require_monitor(name, callback)
  local known = callback.params.metrics
  for _, metric in ipairs(known) do
    if metric == callback.monitor then
      return
    end
  end
  local hint = options.hint(callback.monitor, known)
  if hint == "" and callback.monitor:find("^val_") and #known > 0 then
    hint = " (give validation_data or validation_split)"
  end
  native.fail("%s: %q will not be in the log, which has %s%s", name,
    callback.monitor, table.concat(known, ", "), hint)
end

-- Of these a greater value is a better one.
local GROWING = {"acc", "auc", "precision", "recall", "f1", "top_k"}

local function grows(callback)
  if callback.mode ~= "auto" then
    return callback.mode == "max"
  end
  for _, part in ipairs(GROWING) do
    if callback.monitor:find(part, 1, true) then
      return true
    end
  end
  return false
end

-- Whether `value` is better than `best` (nil: than nothing) by more than
-- `delta`. NaN is never better.
function base.improves(callback, value, best, delta)
  if best == nil then
    return value == value
  elseif grows(callback) then
    return value - delta > best
  end
  return value + delta < best
end

return base
