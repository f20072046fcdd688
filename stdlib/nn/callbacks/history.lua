-- nn.callbacks.history: the figures of every epoch.

local base = require("nn.callbacks.base")

local History = {}

function History:init()
  self.epoch = {}
end

function History:on_epoch_end(epoch, log)
  self.epoch[#self.epoch + 1] = epoch
  for name, value in pairs(log) do
    self[name] = self[name] or {}
    self[name][#self.epoch] = value
  end
end

-- The names of the series.
local function series(self)
  local names = {}
  for name, values in pairs(self) do
    if name ~= "epoch" and type(values) == "table" then
      names[#names + 1] = name
    end
  end
  return names
end

-- loss first, then the rest in alphabetical order, validation last.
local function history_names(self)
  local names = series(self)
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

function History:get_state()
  local state = {epoch = self.epoch}
  for _, name in ipairs(series(self)) do
    state[name] = self[name]
  end
  return state
end

function History:set_state(state)
  for _, name in ipairs(series(self)) do
    self[name] = nil
  end
  for name, values in pairs(state) do
    self[name] = values
  end
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
      local text = type(value) == "number"
        and (value == value and string.format("%.4f", value) or "nan")
      line = line .. string.format("  %" .. math.max(10, #name) .. "s",
        text or "")
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
return {History = base.define("History", {}, History), class = History}
