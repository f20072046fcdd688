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

local WIDTH = 79

-- The names in groups that fit into a line.
local function groups_of(names)
  local groups, width = {}, math.huge
  for _, name in ipairs(names) do
    local own = math.max(10, #name) + 2
    if width + own > WIDTH then
      groups[#groups + 1], width = {}, #"epoch"
    end
    table.insert(groups[#groups], name)
    width = width + own
  end
  return groups
end

-- The lines of a table of some of the series.
local function add_table(lines, self, names)
  local head = "epoch"
  for _, name in ipairs(names) do
    head = head .. string.format("  %10s", name)
  end
  lines[#lines + 1] = head
  for i, epoch in ipairs(self.epoch) do
    local line = string.format("%5d", epoch)
    for _, name in ipairs(names) do
      local value = self[name][i]
      local text = type(value) == "number"
        and (value == value and string.format("%.4f", value) or "nan")
      line = line .. string.format("  %" .. math.max(10, #name) .. "s",
        text or "")
    end
    lines[#lines + 1] = line
  end
end

function History:__tostring()
  local lines = {}
  for i, names in ipairs(groups_of(history_names(self))) do
    if i > 1 then
      lines[#lines + 1] = ""
    end
    add_table(lines, self, names)
  end
  return #lines > 0 and table.concat(lines, "\n") or "epoch"
end

--- nn.callbacks.History{}
-- What every fit returns: a list for each name in the log, one number an
-- epoch (`history.loss[1]`, `history.val_accuracy`), and `history.epoch`.
-- Printing it gives a table, or several where there are many. Given to fit as
-- a callback, it goes on with what it has.
--   > #nn.callbacks.History().epoch
--   0
return {History = base.define("History", {}, History), class = History}
