-- hyper.report: the table of trials while a search runs. In a terminal the
-- row of the trial that runs is there from its start and is drawn again when
-- it ends; elsewhere each trial is a line when it ends.

local native = require("native")
local progress = require("nn.progress")
local space = require("hyper.space")

local report = {}

local LEAST_WIDTH, MOST_WIDTH = 8, 24 -- of the column of a parameter

local function figure(value)
  return value and string.format("%.5g", value) or ""
end

-- "0.25s", "12.3s", "4:05", "1:10:00".
local function duration(seconds)
  if seconds < 10 then
    return string.format("%.2fs", seconds)
  elseif seconds < 60 then
    return string.format("%.1fs", seconds)
  end
  local whole = math.floor(seconds)
  local minutes = string.format("%d:%02d", whole // 60, whole % 60)
  return whole < 3600 and minutes
    or string.format("%d:%02d:%02d", whole // 3600, whole % 3600 // 60,
      whole % 60)
end

-- The dimensions of a point as "lr=0.01 units=32".
function report.point(read, point)
  local parts = {}
  for _, dimension in ipairs(read.dimensions) do
    local value = point[dimension.path]
    if value ~= nil then
      parts[#parts + 1] = dimension.path .. "=" .. space.show(dimension, value)
    end
  end
  return table.concat(parts, " ")
end

local Report = {}
Report.__index = Report

function Report:row(number, loss, best, time, cell)
  local parts = {string.format("%" .. self.digits .. "s  %-11s %-10s %8s",
    number, loss, best, time)}
  for i, dimension in ipairs(self.read.dimensions) do
    parts[i + 1] = string.format("%-" .. self.widths[i] .. "s",
      cell(dimension):sub(1, self.widths[i]))
  end
  local line = table.concat(parts, "  "):gsub("%s+$", "")
  return self.live and line:sub(1, native.columns() - 1) or line
end

function Report:trial_row(trial, loss, best, time)
  return self:row(trial.number, loss, best, time, function(dimension)
    local value = trial.point[dimension.path]
    return value == nil and "" or space.show(dimension, value)
  end)
end

-- Before the first trial; `known` trials come from the file at `path`.
function Report:begin(known, path)
  if known > 0 then
    io.write(string.format("%d trial%s in %s\n", known,
      known == 1 and "" or "s", path))
  end
  io.write(self:row("trial", "loss", "best", "time", function(dimension)
    return dimension.path
  end), "\n")
  io.flush()
end

function Report:start(trial)
  if not self.live then return end
  io.write(self:trial_row(trial, "...", "", ""))
  io.flush()
end

-- After a trial; `best` is the best so far, nil while there is none.
function Report:finish(trial, best)
  local loss = trial.status == "ok" and figure(trial.loss) or "failed"
  if trial == best then loss = loss .. " *" end
  io.write(self.live and "\r" or "",
    self:trial_row(trial, loss, figure(best and best.loss),
      duration(trial.seconds)),
    self.live and "\27[K\n" or "\n")
  if trial.error then
    io.write((" "):rep(self.digits + 2), trial.error:match("^[^\n]*"), "\n")
  end
  io.flush()
end

function Report:done(summary)
  io.write(summary, "\n")
  io.flush()
end

-- A report on `total` trials of the space; verbose is fit's: 0 says nothing,
-- 2 draws nothing twice.
function report.new(read, total, verbose)
  if verbose == 0 then
    local function nothing() end
    return {begin = nothing, start = nothing, finish = nothing, done = nothing}
  end
  local widths = {}
  for i, dimension in ipairs(read.dimensions) do
    widths[i] = math.max(LEAST_WIDTH, math.min(MOST_WIDTH, #dimension.path))
  end
  return setmetatable({
    read = read, widths = widths, digits = math.max(5, #tostring(total)),
    live = verbose == 1 and progress.on_terminal(),
  }, Report)
end

return report
