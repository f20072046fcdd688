-- nn.callbacks.list: the callbacks of one fit, in the order of their calls.
--
-- Fields of a callback that say more than its functions:
--   ignores_batch_log  on_batch_end does not look at the log (which costs
--                      waiting for the figures)
--   reads_log          a progress bar: on_batch_end(self, index, log, read)
--                      asks for the figures when it wants them
--   watches_nan        see TerminateOnNaN
--   get_state, set_state  what BackupAndRestore keeps of it: a table of
--                      numbers, strings, tensors and such tables
--   on_resume          called in place of on_epoch_begin where a run is taken
--                      up amid an epoch
--   comes_last         called after all others, the history included

local base = require("nn.callbacks.base")
local history = require("nn.callbacks.history")
local native = require("native")
local options = require("options")
local progress = require("nn.progress")

local List = {}
List.__index = List

function List:call(event, ...)
  for _, callback in ipairs(self[event]) do
    callback[event](callback, ...)
  end
end

local KNOWN = {on_resume = true}
for _, event in ipairs(base.EVENTS) do
  KNOWN[event] = true
end

local function check_callback(callback, position)
  if type(callback) ~= "table" then
    native.fail("fit: callback %d must be a table with functions such as "
      .. "on_epoch_end, got %s", position, options.show(callback))
  end
  for key in pairs(callback) do
    if type(key) == "string" and key:find("^on_") and not KNOWN[key] then
      native.fail("fit: callback %d has %s, which is never called%s", position,
        key, options.hint(key, base.EVENTS))
    end
  end
  for event in pairs(KNOWN) do
    local f = callback[event]
    local meta = getmetatable(f)
    if f and type(f) ~= "function" and not (meta and meta.__call) then
      native.fail("fit: %s of callback %d must be a function, got %s", event,
        position, options.show(f))
    end
  end
end

-- Sorts the callbacks by what they want to be called for.
local function by_event(list)
  for event in pairs(KNOWN) do
    list[event] = {}
    for _, callback in ipairs(list.all) do
      if callback[event] then
        table.insert(list[event], callback)
      end
    end
  end
  return setmetatable(list, List)
end

-- Takes a callback that the user gave into the list.
local function take(list, callback, position)
  check_callback(callback, position)
  if callback.on_batch_end and not callback.reads_log
      and not callback.ignores_batch_log then
    list.want_batches = true
  end
  list.has_bar = list.has_bar or callback.reads_log
  list.watches_nan = list.watches_nan or callback.watches_nan
  if callback.comes_last then
    if list.backup then
      native.fail("fit: there are two BackupAndRestore: one is enough")
    end
    list.backup = callback
  elseif getmetatable(callback) == history.class then
    list.history = callback
  else
    list.all[#list.all + 1] = callback
  end
end

-- The progress bar, the user's callbacks, the history and the backup, for one
-- fit. want_batches says that somebody reads the logs of single batches.
return function(model, given, params)
  local list = {all = {}, want_batches = false, watches_nan = false}
  if given and next(given) ~= nil and given[1] == nil then
    given = {given}
  end
  for i, callback in ipairs(given or {}) do
    take(list, callback, i)
  end
  if params.verbose > 0 and not list.has_bar then
    local live = params.verbose == 1 and progress.on_terminal()
    table.insert(list.all, 1, progress.new(live))
  end
  list.history = list.history or history.History()
  list.all[#list.all + 1] = list.history
  list.all[#list.all + 1] = list.backup
  for _, callback in ipairs(list.all) do
    if callback ~= list.history then
      callback.model, callback.params = model, params
    end
  end
  return by_event(list)
end
