-- optim.schedules: learning rates that change with time. A schedule is called
-- with the number of the step (or epoch), from 1, and returns the rate.

local native = require("native")
local options = require("options")

--- optim.schedules
-- Learning rates that change: optim.SGD{lr=optim.schedules.cosine{0.1, 1000}}
-- counts the optimiser's steps (batches), and as the schedule of
-- nn.callbacks.LearningRateScheduler the same object counts epochs. A
-- schedule is called with a number from 1 and gives the rate; it is saved
-- with the optimiser. A plain function (step) does as well, but cannot be
-- saved. Below, n is the number of steps before this one.
local schedules = {}

-- Objects --------------------------------------------------------------------

local classes, names = {}, {}

-- The part of a schedule that all kinds share.
local Schedule = {}

-- Whether the value was made by a function of this module.
local function is_schedule(value)
  local class = getmetatable(value)
  return type(class) == "table" and class.family == Schedule
end

-- The options, schedules among them as data.
function Schedule:get_config()
  local config = {}
  for _, row in ipairs(self.spec) do
    local value = self[row[1]]
    config[row[1]] = is_schedule(value) and value:get_config() or value
  end
  return {class_name = self.class_name, config = config}
end

function Schedule.__tostring(self)
  local parts = {}
  for _, row in ipairs(self.spec) do
    local value = self[row[1]]
    if value ~= nil then
      local shown = is_schedule(value) and tostring(value)
        or options.show(value)
      parts[#parts + 1] = row[1] .. "=" .. shown
    end
  end
  return self.class_name .. "{" .. table.concat(parts, ", ") .. "}"
end

-- The rate at a step. A rate is no function of what lies before the start.
function Schedule.__call(self, step)
  if type(step) ~= "number" or not (step >= 1) then
    native.fail("%s: takes the number of a step or epoch, from 1, got %s",
                self.class_name, options.show(step))
  end
  return self:rate(step - 1)
end

-- A kind of schedule: rate(self, n) is what it gives after n steps; `init`
-- checks what the options' rows cannot.
local function define(name, spec, rate, methods)
  local class = {
    class_name = name, spec = spec, rate = rate, family = Schedule,
    __call = Schedule.__call, __tostring = Schedule.__tostring,
    __name = name, get_config = Schedule.get_config,
  }
  for key, method in pairs(methods or {}) do class[key] = method end
  class.__index = class
  local function make(t)
    local self = setmetatable(options.read(name, spec, t), class)
    if class.init then self:init() end
    return self
  end
  classes[name], names[#names + 1] = make, name
  return make
end

-- Finding --------------------------------------------------------------------

-- The schedule for a schedule or a saved {class_name, config}; else nil and
-- what is wrong.
local function find(value)
  if is_schedule(value) then return value end
  local name = type(value) == "table" and value.class_name
  if type(name) ~= "string" then
    return nil, ("a schedule is made by a function of optim.schedules, got %s")
      :format(options.show(value))
  elseif not classes[name] then
    return nil, ("unknown schedule %q%s"):format(name,
                                                 options.hint(name, names))
  end
  return classes[name](value.config)
end

--- optim.schedules.check
-- The check for options that take a learning rate: a number, a schedule or a
-- function (step).
--   > (optim.schedules.check.test(-1))
--   false
schedules.check = {
  description = "a number of at least 0, a schedule or a function (step)",
  test = function(value)
    if value == math.huge then
      return false, nil, "lr must be finite, got inf"
    end
    if type(value) == "number" then return value >= 0, value end
    if type(value) == "function" then return true, value end
    if type(value) ~= "table" then return false end
    local found, problem = find(value)
    return found ~= nil, found, problem
  end,
}

--- optim.schedules.get(schedule)
-- The schedule for a saved {class_name=, config=}, or the schedule given.
--   > s = {class_name="exponential", config={0.1, 10, 0.5}}
--   > optim.schedules.get(s)(11)
--   0.05
function schedules.get(schedule)
  local found, problem = find(schedule)
  if not found then native.fail("%s", problem) end
  return found
end

-- The schedules --------------------------------------------------------------

local INITIAL = {"initial_lr", options.non_negative_number, options.required}
local STEPS = {"decay_steps", options.positive_number, options.required}

local function with_aliases(spec)
  spec.aliases = {
    initial_learning_rate = "initial_lr", end_learning_rate = "end_lr",
    learning_rate = "initial_lr", lr = "initial_lr",
  }
  return spec
end

--- optim.schedules.step{initial_lr, drop=0.5, every=10}
-- initial_lr * drop ^ floor(n / every): a drop after each `every` steps.
--   > rate = optim.schedules.step{0.1, drop=0.5, every=10}
--   > rate(10), rate(11)
--   0.1
--   0.05
schedules.step = define("step", with_aliases {
  INITIAL,
  {"drop", options.non_negative_number, 0.5},
  {"every", options.positive_integer, 10},
}, function(self, n)
  return self.initial_lr * self.drop ^ (n // self.every)
end)

local DECAY = with_aliases {
  INITIAL, STEPS,
  {"decay_rate", options.non_negative_number, options.required},
  {"staircase", options.boolean, false},
}

-- How often decay_steps have passed; whole times on a staircase.
local function passed(self, n)
  local times = n / self.decay_steps
  return self.staircase and math.floor(times) or times
end

--- optim.schedules.exponential{initial_lr, decay_steps, decay_rate, ...}
-- initial_lr * decay_rate ^ (n / decay_steps); staircase=false: true rounds
-- the exponent down.
--   > optim.schedules.exponential{0.1, 100, 0.5}(101)
--   0.05
schedules.exponential = define("exponential", DECAY, function(self, n)
  return self.initial_lr * self.decay_rate ^ passed(self, n)
end)

--- optim.schedules.inverse_time{initial_lr, decay_steps, decay_rate, ...}
-- initial_lr / (1 + decay_rate * n / decay_steps); staircase=false: true
-- rounds n / decay_steps down.
--   > optim.schedules.inverse_time{0.1, 100, 1}(101)
--   0.05
schedules.inverse_time = define("inverse_time", DECAY, function(self, n)
  return self.initial_lr / (1 + self.decay_rate * passed(self, n))
end)

--- optim.schedules.polynomial{initial_lr, decay_steps, end_lr=1e-4, ...}
-- (initial_lr - end_lr) * (1 - n / decay_steps) ^ power + end_lr up to
-- decay_steps, then end_lr; power=1. cycle=false: true starts again, over 2,
-- 3, ... times as many steps.
--   > rate = optim.schedules.polynomial{0.1, 100, end_lr=0}
--   > rate(51), rate(1000)
--   0.05
--   0.0
schedules.polynomial = define("polynomial", with_aliases {
  INITIAL, STEPS,
  {"end_lr", options.non_negative_number, 1e-4},
  {"power", options.positive_number, 1.0},
  {"cycle", options.boolean, false},
}, function(self, n)
  local steps = self.decay_steps
  if self.cycle then
    steps = steps * math.max(1, math.ceil(n / steps))
  end
  local left = math.max(0, 1 - n / steps)
  return (self.initial_lr - self.end_lr) * left ^ self.power + self.end_lr
end)

-- Half a wave from 1 down to alpha, as `done` goes from 0 to 1.
local function half_wave(done, alpha)
  local wave = 0.5 * (1 + math.cos(math.pi * math.min(1, done)))
  return (1 - alpha) * wave + alpha
end

--- optim.schedules.cosine{initial_lr, decay_steps, alpha=0}
-- Half a cosine wave from initial_lr down to alpha * initial_lr over
-- decay_steps, which it keeps then. (Loshchilov and Hutter, 2017.)
--   > optim.schedules.cosine{0.1, 100}(51)
--   0.05
schedules.cosine = define("cosine", with_aliases {
  INITIAL, STEPS,
  {"alpha", options.non_negative_number, 0.0},
}, function(self, n)
  return self.initial_lr * half_wave(n / self.decay_steps, self.alpha)
end)

-- The period that n falls into, from 0, and how much of it is done.
local function period_of(n, first, factor)
  local times = n / first
  if factor == 1 then return times // 1, times % 1 end
  local period = math.log(1 - times * (1 - factor), factor) // 1
  local before = (1 - factor ^ period) / (1 - factor)
  return period, (times - before) / factor ^ period
end

--- optim.schedules.cosine_restarts{initial_lr, first_decay_steps, t_mul=2, ...}
-- The cosine, starting again: each period is t_mul times as long as the one
-- before it and begins at m_mul=1 times its rate; alpha=0 as for cosine.
-- (Loshchilov and Hutter, 2017.)
--   > rate = optim.schedules.cosine_restarts{0.1, 100}
--   > rate(51), rate(101)
--   0.05
--   0.1
schedules.cosine_restarts = define("cosine_restarts", with_aliases {
  INITIAL,
  {"first_decay_steps", options.positive_number, options.required},
  {"t_mul", options.check("a number of at least 1", function(value)
    return type(value) == "number" and value >= 1
  end), 2.0},
  {"m_mul", options.non_negative_number, 1.0},
  {"alpha", options.non_negative_number, 0.0},
}, function(self, n)
  local period, done = period_of(n, self.first_decay_steps, self.t_mul)
  return self.initial_lr * self.m_mul ^ period * half_wave(done, self.alpha)
end)

local function list_of_numbers(value)
  if type(value) ~= "table" then return false end
  for i = 1, #value do
    if type(value[i]) ~= "number" then return false end
  end
  return true
end

local NUMBERS = options.check("a list of numbers", list_of_numbers)

--- optim.schedules.piecewise{boundaries, values}
-- values[1] up to step boundaries[1], values[2] up to boundaries[2] and so
-- on; there is one value more than there are boundaries, which grow.
--   > rate = optim.schedules.piecewise{{10, 20}, {0.1, 0.05, 0.01}}
--   > rate(10), rate(11), rate(21)
--   0.1
--   0.05
--   0.01
schedules.piecewise = define("piecewise", {
  {"boundaries", NUMBERS, options.required},
  {"values", NUMBERS, options.required},
}, function(self, n)
  local piece = 1
  for i, boundary in ipairs(self.boundaries) do
    if n >= boundary then piece = i + 1 end
  end
  return self.values[piece]
end, {
  init = function(self)
    if #self.values ~= #self.boundaries + 1 then
      native.fail("piecewise: there must be one value more than boundaries, "
                  .. "got %d values and %d boundaries", #self.values,
                  #self.boundaries)
    end
    for i = 2, #self.boundaries do
      if self.boundaries[i] <= self.boundaries[i - 1] then
        native.fail("piecewise: the boundaries must grow, but %g follows %g",
                    self.boundaries[i], self.boundaries[i - 1])
      end
    end
    for _, value in ipairs(self.values) do
      if value < 0 then
        native.fail("piecewise: values must be at least 0, got %g", value)
      end
    end
  end,
})

--- optim.schedules.warmup{lr, steps, from=0}
-- Grows evenly from `from` to lr, which it reaches at step `steps`. lr is a
-- number, kept then, or a schedule, which then begins. (Goyal and others,
-- 2017.)
--   > rate = optim.schedules.warmup{optim.schedules.cosine{0.1, 100}, 10}
--   > rate(5), rate(10), rate(61)
--   0.05
--   0.1
--   0.05
schedules.warmup = define("warmup", {
  {"lr", schedules.check, options.required},
  {"steps", options.positive_integer, options.required},
  {"from", options.non_negative_number, 0.0},
  aliases = {learning_rate = "lr"},
}, function(self, n)
  local lr, later = self.lr, n - self.steps + 1
  if type(lr) ~= "number" then lr = lr(math.max(1, later)) end
  if later >= 1 then return lr end
  return self.from + (lr - self.from) * (n + 1) / self.steps
end, {
  observe = function(self, log)
    if is_schedule(self.lr) and self.lr.observe then self.lr:observe(log) end
  end,
  state = function(self)
    return is_schedule(self.lr) and self.lr.state and self.lr:state() or nil
  end,
  restore = function(self, saved)
    if is_schedule(self.lr) and self.lr.restore then self.lr:restore(saved) end
  end,
})

-- Plateau --------------------------------------------------------------------

local Plateau = {}

function Plateau:init()
  self.current, self.waited, self.resting = self.initial_lr, 0, 0
end

-- Whether the value is better than the best so far by more than min_delta.
local function improves(self, value)
  if self.best == nil then return value == value end
  if self.mode == "max" then return value > self.best + self.min_delta end
  return value < self.best - self.min_delta
end

-- Takes note of a value, or of the one called `monitor` in a log of fit, which
-- need not hold figures of validation every epoch.
function Plateau:observe(value)
  if type(value) == "table" then
    value = value[self.monitor]
    if value == nil and self.monitor:find("^val_") then return end
  end
  if type(value) ~= "number" then
    native.fail("plateau: there is no number %q to watch", self.monitor)
  end
  self.resting = math.max(0, self.resting - 1)
  if improves(self, value) then
    self.best, self.waited = value, 0
  elseif self.resting == 0 then
    self.waited = self.waited + 1
    if self.waited >= self.patience then
      self.current = math.max(self.current * self.factor, self.min_lr)
      self.waited, self.resting = 0, self.cooldown + 1
    end
  end
end

-- What goes on where it stopped: plain numbers.
function Plateau:state()
  return {current = self.current, best = self.best, waited = self.waited,
          resting = self.resting}
end

function Plateau:restore(saved)
  for _, key in ipairs {"current", "best", "waited", "resting"} do
    self[key] = tonumber(saved[key]) or self[key]
  end
end

--- optim.schedules.plateau{initial_lr, factor=0.1, patience=10, ...}
-- Follows a figure, not the step: the rate is multiplied by factor, down to
-- min_lr=0, when the figure has not got better by more than min_delta=1e-4
-- for `patience` epochs, and then rests for cooldown=0. mode="min" or "max"
-- says which way is better. In fit it watches the log's monitor="loss"; in a
-- loop of one's own rate:observe(loss) tells it.
--   > rate = optim.schedules.plateau{0.5, patience=2}
--   > for _ = 1, 3 do rate:observe(1.0) end
--   > rate(4)
--   0.05
schedules.plateau = define("plateau", with_aliases {
  INITIAL,
  {"factor", options.fraction, 0.1},
  {"patience", options.positive_integer, 10},
  {"min_delta", options.non_negative_number, 1e-4},
  {"cooldown", options.non_negative_integer, 0},
  {"min_lr", options.non_negative_number, 0.0},
  {"mode", options.one_of {"min", "max"}, "min"},
  {"monitor", options.string, "loss"},
}, function(self)
  return self.current
end, Plateau)

return schedules
