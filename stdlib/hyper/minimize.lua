-- hyper.minimize: trial after trial of a search.

local draws = require("hyper.draws")
local grid = require("hyper.grid")
local journal = require("hyper.journal")
local native = require("native")
local options = require("options")
local report = require("hyper.report")
local space = require("hyper.space")
local tensor = require("tensor")
local tpe = require("hyper.tpe")

local SPEC = {
  positional = 0,
  {"algo", options.one_of{"tpe", "random", "grid"}, "tpe"},
  {"trials", options.positive_integer, 50},
  {"seed", options.integer, 1},
  {"startup", options.non_negative_integer, 10},
  {"path", options.string},
  {"max_seconds", options.positive_number, math.huge},
  {"verbose", options.non_negative_integer, 1},
}

-- Proposing ------------------------------------------------------------------

-- Each gives a function (trials so far) -> the next point, nil at the end.
local algorithms = {}

function algorithms.random(read, o)
  return function(trials)
    local draw = draws.stream(o.seed, #trials + 1)
    return space.point(read, function(dimension)
      return draws.any(draw, dimension)
    end)
  end
end

function algorithms.tpe(read, o)
  return function(trials)
    local draw = draws.stream(o.seed, #trials + 1)
    return tpe.propose(read, trials, draw, o.startup)
  end
end

-- Equal points have equal keys.
local function key_of(read, point)
  local parts = {}
  for i, dimension in ipairs(read.dimensions) do
    local value = point[dimension.path]
    parts[i] = value == nil and "" or string.format("%a", value)
  end
  return table.concat(parts, " ")
end

function algorithms.grid(read, o)
  local points = grid.points(read, o.trials)
  local tried, next_one, seen = {}, 1, 0
  return function(trials)
    for i = seen + 1, #trials do tried[key_of(read, trials[i].point)] = true end
    seen = #trials
    while points[next_one] and tried[key_of(read, points[next_one])] do
      next_one = next_one + 1
    end
    return points[next_one]
  end
end

-- Trying ---------------------------------------------------------------------

-- The loss in what f returned, or nil and what is wrong.
local function loss_of(returned)
  local loss = returned
  if type(returned) == "table" then loss = returned.loss end
  if tensor.is(loss) and loss:numel() == 1 then loss = loss:item() end
  if type(loss) ~= "number" then
    return nil, "the function must return a number, or a table with loss=, "
      .. "got " .. options.show(returned)
  elseif loss - loss ~= 0 then
    return nil, "the loss is " .. (loss == loss and tostring(loss) or "nan")
  end
  return loss
end

local function run_trial(f, read, trial)
  local start = native.clock()
  local ok, returned = pcall(f, space.values(read, trial.point), trial.number)
  local problem = returned
  if ok then
    trial.loss, problem = loss_of(returned)
    trial.result = type(returned) == "table" and returned or nil
  end
  trial.status = trial.loss and "ok" or "failed"
  trial.error = not trial.loss and tostring(problem) or nil
  trial.seconds = native.clock() - start
end

local function better(trial, best)
  if trial.status ~= "ok" or best and trial.loss >= best.loss then
    return best
  end
  return trial
end

-- Runs what is left to do; appends to `trials`, returns the best of all.
local function run(f, read, o, trials, record)
  local propose = algorithms[o.algo](read, o)
  local view, best = report.new(read, o.trials, o.verbose), nil
  for _, trial in ipairs(trials) do best = better(trial, best) end
  view:begin(#trials, o.path)
  local start = native.clock()
  while #trials < o.trials and (native.clock() - start < o.max_seconds
      or #trials == 0) do
    local point = propose(trials)
    if not point then break end
    local trial = {
      number = #trials + 1, point = point, values = space.values(read, point),
    }
    view:start(trial)
    run_trial(f, read, trial)
    trials[#trials + 1] = trial
    best = better(trial, best)
    record(trial)
    view:finish(trial, best)
  end
  return best, view
end

-- The result -----------------------------------------------------------------

local Result = {__name = "hyper result"}

local function summary(read, trials, best)
  local failed = 0
  for _, trial in ipairs(trials) do
    failed = failed + (trial.status == "failed" and 1 or 0)
  end
  return string.format("best of %d trial%s%s: trial %d, loss %.6g, %s", #trials,
    #trials == 1 and "" or "s",
    failed > 0 and string.format(" (%d failed)", failed) or "", best.number,
    best.loss, report.point(read, best.point))
end

function Result:__tostring() return self.summary end

local function finish(read, trials, best, view)
  if not best then
    native.fail("hyper.minimize: %s failed; the first: %s",
      #trials == 1 and "the only trial"
        or string.format("all %d trials", #trials), trials[1].error)
  end
  local text = summary(read, trials, best)
  view:done(text)
  return setmetatable({
    best = best.values, best_loss = best.loss, best_trial = best,
    trials = trials, summary = text,
  }, Result)
end

local function minimize(f, given, opts)
  local meta = getmetatable(f)
  if type(f) ~= "function" and not (type(meta) == "table" and meta.__call) then
    native.fail("hyper.minimize: takes a function first, then the space, got "
      .. "%s", options.show(f))
  end
  local o = options.read("hyper.minimize", SPEC, opts)
  local read, trials, file = space.read(given), {}, nil
  if o.path then file, trials = journal.open(o.path, read) end
  local ok, best, view = pcall(run, f, read, o, trials, function(trial)
    if file then file:add(trial) end
  end)
  if file then file:close() end
  if not ok then error(best, 0) end
  return finish(read, trials, best, view)
end

return minimize
