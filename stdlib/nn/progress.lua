-- nn.progress: the progress bar of fit, or one line an epoch where there is
-- no terminal.

local native = require("native")

local progress = {}

local BAR = 30      -- characters
local REDRAW = 0.1  -- seconds

-- "3s" above a second, else "250ms" or "12us".
local function duration(seconds)
  if seconds >= 1 then
    return string.format("%.0fs", seconds)
  elseif seconds >= 1e-3 then
    return string.format("%.0fms", seconds * 1e3)
  end
  return string.format("%.0fus", seconds * 1e6)
end

-- "0.2567"; small numbers as 1.2345e-05; NaN without a sign.
local function number(value)
  if value ~= value then
    return "nan"
  elseif math.abs(value) >= 1e-3 or value == 0 then
    return string.format("%.4f", value)
  end
  return string.format("%.4e", value)
end

local function figures(names, log)
  local parts = {}
  for _, name in ipairs(names) do
    if type(log[name]) == "number" then
      parts[#parts + 1] = string.format(" - %s: %s", name,
        number(log[name]))
    end
  end
  return table.concat(parts)
end

local function bar(step, steps)
  local filled = math.min(BAR, BAR * step // steps)
  local head = filled < BAR and ">" or ""
  return "[" .. string.rep("=", filled - (filled > 0 and #head or 0))
    .. (filled > 0 and head or "") .. string.rep(".", BAR - filled) .. "]"
end

-- Whether a bar may be redrawn in place.
function progress.on_terminal()
  return native.isatty("stdout") and not native.no_progress()
end

local ProgressBar = {}
ProgressBar.__index = ProgressBar

function ProgressBar:on_epoch_begin(epoch)
  self.epoch, self.step, self.started = epoch, 0, native.clock()
  self.drawn = self.started
  if self.live then
    io.write(string.format("Epoch %d/%d\n", epoch, self.params.epochs))
    io.flush()
  end
end

-- An epoch that begins in its midst.
ProgressBar.on_resume = ProgressBar.on_epoch_begin

-- The bar as it stands: count, bar, times and figures.
function ProgressBar:line(log, final)
  local steps = self.params.steps
  local elapsed = native.clock() - self.started
  local each = elapsed / math.max(1, self.step)
  local count, picture = tostring(self.step), ""
  if steps then
    count = string.format("%" .. #tostring(steps) .. "d/%d", self.step, steps)
    picture = " " .. bar(self.step, steps)
  end
  local left = steps and each * (steps - self.step) or elapsed
  local time = final and string.format("%s %s/step", duration(elapsed),
    duration(each)) or "ETA: " .. duration(left)
  return string.format("%s%s - %s%s", count, picture, time,
    figures(self.params.metrics, log))
end

function ProgressBar:on_batch_end(index, _, read)
  self.step = index
  if not self.live then
    return
  end
  local now = native.clock()
  if now - self.drawn >= REDRAW then
    self.drawn = now
    local line = self:line(read(), false)
    io.write("\r", line:sub(1, native.columns() - 1), "\27[K")
    io.flush()
  end
end

function ProgressBar:on_epoch_end(epoch, log)
  if self.live then
    io.write("\r", self:line(log, true), "\27[K\n")
  else
    local elapsed = native.clock() - self.started
    io.write(string.format("Epoch %d/%d - %s %s/step%s\n", epoch,
      self.params.epochs, duration(elapsed),
      duration(elapsed / math.max(1, self.step)),
      figures(self.params.metrics, log)))
  end
  io.flush()
end

-- A progress bar; `live` says whether it is redrawn in place.
function progress.new(live)
  return setmetatable({live = live, reads_log = true}, ProgressBar)
end

-- The bar of evaluate: on_batch(index, read) and finish(means); read() gives
-- the means so far, in the order of `names`.
function progress.counter(names, steps)
  local bar = progress.new(progress.on_terminal())
  bar.params = {steps = steps, metrics = names}
  bar.step, bar.started = 0, native.clock()
  bar.drawn = bar.started
  local function log_of(means)
    local log = {}
    for i, name in ipairs(names) do
      log[name] = means[i]
    end
    return log
  end
  local counter = {}
  function counter.on_batch(index, read)
    bar:on_batch_end(index, nil, function()
      return log_of(read())
    end)
  end
  function counter.finish(means)
    io.write(bar.live and "\r" or "", bar:line(log_of(means), true),
      bar.live and "\27[K\n" or "\n")
    io.flush()
  end
  return counter
end

return progress
