-- optim.optimizer: what all optimisers share.
--
-- An optimiser keeps its settings as fields, its parameters in `params`, and
-- for each of them a table of buffers in `state`. opt.lr may be read and set
-- at any time: it is a number, what the schedule gives for the next step
-- where there is one. The arithmetic is one native call a parameter.

local native = require("native")
local options = require("options")
local schedules = require("optim.schedules")
local tensor = require("tensor")

local Optimizer = {}

--- optim.Optimizer
-- What every optimiser has: the methods below, and `opt.lr`, which may be
-- read and set at any time. An optimiser is made as optim.SGD{lr=0.1} for
-- compile, or as optim.SGD(model, {lr=0.1}) for a loop of one's own. In place
-- of a model or layer, whose trainable parameters are taken as soon as it has
-- made them (at the latest by the first step), there may be a list of
-- parameters. lr is a number or a schedule (see optim.schedules); opt.lr then
-- reads as the rate of the next step.
-- Options of all but LBFGS, none of which is set at first:
-- * clipnorm: the norm of each parameter's gradient is brought down to it;
-- * global_clipnorm: the norm of all gradients together is;
-- * clipvalue: then each element is held to -clipvalue..clipvalue;
-- * decay: the rate falls with the steps, lr / (1 + decay * steps), for a lr
--   that is a number; short for lr=optim.schedules.inverse_time{lr, 1, decay};
-- * weight_decay=0: adds weight_decay * p to the gradient (AdamW instead takes
--   lr * weight_decay * p from the parameter).
-- Defaults and formulas are those of Keras.
--   > net = nn.Sequential{nn.Dense{1, kernel_initializer="ones"}}
--   > trainer = optim.SGD(net, {lr=0.25})
--   > net(tensor({{2}})):sum():backward()
--   > trainer:step()
--   > net(tensor({{2}})):item()
--   0.75
--   > w = tensor({3}):requires_grad_()
--   > opt = optim.SGD({w}, {lr=0.5, clipvalue=1});
--   > (w * w):sum():backward()
--   > opt:step()
--   > w:item()
--   2.5

-- The options every optimizer has, after its own.
local COMMON = {
  {"clipnorm", options.positive_number},
  {"clipvalue", options.positive_number},
  {"global_clipnorm", options.positive_number},
  {"decay", options.check("a finite number of at least 0", function(value)
    return type(value) == "number" and value >= 0 and value < math.huge
  end)},
  {"weight_decay", options.non_negative_number, 0.0},
}

local ALIASES = {
  learning_rate = "lr",
  beta1 = "beta_1",
  beta2 = "beta_2",
  eps = "epsilon",
  alpha = "rho",
}

-- Making ---------------------------------------------------------------------

local function is_parameters(x)
  return tensor.is(x) or (type(x) == "table" and tensor.is(x[1]))
end

-- Whether x is a model or a layer (or a class of them: these have no serial).
local function has_parameters(x)
  return type(x) == "table" and type(x.parameters) == "function"
end

-- The rate of the next step.
local function rate_of(self)
  local rate = rawget(self, "rate")
  if type(rate) == "number" then return rate end
  local lr = rate(self.steps + 1)
  if type(lr) ~= "number" or lr ~= lr or math.abs(lr) == math.huge then
    native.fail("%s: the schedule must give a %snumber for step %d, got %s",
                self.class_name, type(lr) == "number" and "finite " or "",
                self.steps + 1, options.show(lr))
  end
  return lr
end

-- lr is kept as `rate`, so that setting it can be checked.
local function set_field(self, key, value)
  if key == "lr" then
    rawset(self, "rate", options.verify(self.class_name, "lr", schedules.check,
                                        value))
  else
    rawset(self, key, value)
  end
end

-- The options, with the schedule that `decay` stands for in its place.
local function read_options(class, t)
  local o = options.read(class.class_name, class.spec, t)
  local decay = o.decay
  o.decay = nil
  if not decay or decay == 0 then return o end
  if type(o.lr) ~= "number" then
    native.fail("%s: decay goes with a lr that is a number, but it is a "
                  .. "schedule, %s", class.class_name, options.show(o.lr))
  end
  o.lr = schedules.inverse_time{o.lr, 1, decay}
  return o
end

-- Takes the parameters of the layer that it waits for, if the layer has made
-- its weights. A model without any may still be filled, but for a step.
local function take_parameters(self, for_step)
  local layer = self.waits_for
  if layer and pcall(layer.require_built, layer)
      and (for_step or #layer:all_weights() > 0) then
    self:bind(layer:trainable_parameters())
  end
end

local function construct(class, first, second)
  local params, t = nil, first
  local is_layer = has_parameters(first)
  if is_layer and first.serial == nil then
    native.fail("%s: takes a model, a layer or the list of parameters, got %s",
                class.class_name, options.show(first))
  elseif not is_layer and type(first) == "table" and has_parameters(first[1])
  then
    native.fail("%s: takes one model or layer, or the list of parameters, not "
                  .. "a list of layers", class.class_name)
  end
  if is_layer or is_parameters(first)
      or type(first) == "table" and second ~= nil then
    params, t = first, second
  end
  local self = setmetatable({steps = 0}, class)
  for name, value in pairs(read_options(class, t)) do self[name] = value end
  if is_layer then
    self.waits_for = first
    take_parameters(self)
  elseif params then
    self:bind(tensor.is(params) and {params} or params)
  end
  return self
end

-- A class from {class_name=, options=, buffers=, update=, ...}:
--   options   rows, those of COMMON are added unless plain
--   buffers   function (self): the names of the tensors kept for each
--             parameter
--   initial   function (self, name): what they are filled with, 0 without it
--   update    function (self, p, g, state, scale): moves one parameter
-- Further methods take the place of those below.
function Optimizer.define(class)
  class.spec = class.plain and options.join(class.options, {})
    or options.join(class.options, COMMON)
  class.spec.positional, class.spec.aliases = 1, ALIASES
  class.__name = class.class_name
  class.__tostring = Optimizer.__tostring
  class.__newindex = set_field
  function class.__index(self, key)
    if key == "lr" then return rate_of(self) end
    local value = class[key]
    if value == nil then return Optimizer[key] end
    return value
  end
  return setmetatable(class, {__call = construct})
end

function Optimizer.__tostring(self)
  local rate = rawget(self, "rate")
  return ("%s (lr=%s)"):format(self.class_name,
    type(rate) == "number" and ("%g"):format(rate) or tostring(rate))
end

-- Takes over a list of parameters, with fresh buffers.
function Optimizer:bind(params)
  if #params == 0 then
    native.fail("%s: there are no parameters to train", self.class_name)
  end
  local trains = false
  for i, p in ipairs(params) do
    if not tensor.is(p) then
      native.fail("%s: parameter %d must be a tensor, got %s", self.class_name,
                  i, options.show(p))
    end
    trains = trains or p.requires_grad
  end
  if not trains then
    native.fail("%s: none of the %d parameters requires a gradient: call "
                  .. "x:requires_grad_() on those to train", self.class_name,
                #params)
  end
  self.params, self.state, self.steps = params, {}, 0
  self.waits_for = nil
  for i in ipairs(params) do self.state[i] = {} end
end

-- Stepping -------------------------------------------------------------------

function Optimizer:require_bound()
  take_parameters(self, true)
  if self.params then return end
  if self.waits_for then
    native.fail("%s: it has no parameters yet: %s makes its weights at first "
                  .. "use: give input_shape, or call it once",
                self.class_name, tostring(self.waits_for))
  end
  native.fail("%s: it has no parameters yet: optim.%s(params, {...}), or "
                .. "give it to model:compile", self.class_name,
              self.class_name)
end

-- Forgets the gradients of the weights that a layer has made so far, which
-- need not be all of them.
local function zero_grad_of(layer)
  for _, weight in ipairs(layer:all_weights()) do
    if weight.active then weight.layer[weight.name]:zero_grad() end
  end
end

--- optim.Optimizer:zero_grad()
-- Forgets the gradients of all parameters: of none, where the model has not
-- made them yet.
--   > w = tensor({1}):requires_grad_()
--   > w:sum():backward()
--   > optim.SGD({w}):zero_grad()
--   > w.grad == nil or w.grad:item() == 0
--   true
function Optimizer:zero_grad()
  take_parameters(self)
  if self.waits_for then return zero_grad_of(self.waits_for) end
  self:require_bound()
  for _, p in ipairs(self.params) do p:zero_grad() end
end

local function sum_of_squares(g)
  return g:double():square():sum():item()
end

-- What brings a norm down to the limit.
local function factor(norm, limit)
  return norm > limit and limit / norm or 1
end

local function clips(self)
  return rawget(self, "clipnorm") or rawget(self, "clipvalue")
    or rawget(self, "global_clipnorm")
end

-- The clipped gradients by parameter, and for each the factor still to be
-- applied.
local function clipped(self, scale)
  local gradients, scales, total = {}, {}, 0
  for i, p in ipairs(self.params) do
    local g = p.grad
    gradients[i], scales[i] = g or nil, scale
    if g and (self.clipnorm or self.global_clipnorm) then
      local norm = math.sqrt(sum_of_squares(g)) * scale
      scales[i] = scale * factor(norm, self.clipnorm or math.huge)
      total = total + (norm * scales[i] / scale) ^ 2
    end
  end
  local all = factor(math.sqrt(total), self.global_clipnorm or math.huge)
  for i, g in pairs(gradients) do
    scales[i] = scales[i] * all
    if self.clipvalue then
      gradients[i] = (g * scales[i]):clamp_(-self.clipvalue, self.clipvalue)
      scales[i] = 1
    end
  end
  return gradients, scales
end

-- The buffers of parameter i, made when first wanted.
local function buffers_of(self, i)
  local state = self.state[i]
  for _, name in ipairs(self:buffers()) do
    if not state[name] then
      local value = self.initial and self:initial(name) or 0
      state[name] = tensor.full_like(self.params[i]:detach(), value)
    end
  end
  return state
end

--- optim.Optimizer:step([batch_size])
-- Moves every parameter that has a gradient. `batch_size` divides the
-- gradients first (as Gluon's trainer does, for losses that were summed);
-- then they are clipped. For LBFGS see optim.LBFGS.
--   > w = tensor({1}):requires_grad_()
--   > (w * 4):sum():backward()
--   > optim.SGD({w}, {lr=0.5}):step(2)
--   > w:item()
--   0.0
function Optimizer:step(batch_size)
  self:require_bound()
  if batch_size ~= nil then
    options.verify(self.class_name .. ":step", "batch_size",
                   options.positive_number, batch_size)
  end
  local scale, gradients, scales = 1 / (batch_size or 1), nil, nil
  if clips(self) then gradients, scales = clipped(self, scale) end
  local lr, update = self.lr, self.update
  self.steps = self.steps + 1
  for i, p in ipairs(self.params) do
    local g
    if gradients then g, scale = gradients[i], scales[i] else g = p.grad end
    if g then update(self, p, g, buffers_of(self, i), scale, lr) end
  end
end

-- What gives the rate, a schedule or a function; nil where it is a number.
function Optimizer:schedule()
  local rate = rawget(self, "rate")
  return type(rate) ~= "number" and rate or nil
end

-- Shows the log of an epoch to a schedule that watches one.
function Optimizer:observe(log)
  local rate = rawget(self, "rate")
  if type(rate) == "table" and rate.observe then rate:observe(log) end
end

-- Saving ---------------------------------------------------------------------

--- optim.Optimizer:get_config()
-- The options that make an equal optimizer; a schedule as {class_name=,
-- config=}.
--   > optim.SGD{lr=0.5}:get_config().lr
--   0.5
function Optimizer:get_config()
  local config = {}
  for _, row in ipairs(self.spec) do config[row[1]] = self[row[1]] end
  local rate = rawget(self, "rate")
  if type(rate) == "function" then
    native.fail("%s: a Lua function as lr cannot be written to a file: use "
                .. "a schedule of optim.schedules", self.class_name)
  end
  config.lr = type(rate) == "number" and rate or rate:get_config()
  return config
end

--- optim.Optimizer:state_dict()
-- {lr=, steps=, state={{name=tensor}, ...}}: what goes on where it stopped;
-- `schedule` too, where the learning rate's schedule remembers something.
--   > w = tensor({1}):requires_grad_()
--   > optim.SGD({w}):state_dict().steps
--   0
function Optimizer:state_dict()
  self:require_bound()
  local rate, state = rawget(self, "rate"), {}
  for i, buffers in ipairs(self.state) do
    state[i] = {}
    for name, buffer in pairs(buffers) do state[i][name] = buffer:clone() end
  end
  return {lr = self.lr, steps = self.steps, state = state,
          schedule = type(rate) == "table" and rate.state and rate:state()
            or nil}
end

-- Whether a buffer of that name may be saved for a parameter.
function Optimizer:knows_buffer(name)
  for _, own in ipairs(self:buffers()) do
    if own == name then return true end
  end
  return false
end

local function check_buffer(self, i, name, buffer)
  local p = self.params[i]
  if not self:knows_buffer(name) or not tensor.is(buffer)
      or tostring(buffer.shape) ~= tostring(p.shape) then
    native.fail("%s: the saved state of parameter %d %s does not fit: %s %s",
                self.class_name, i, tostring(p.shape), tostring(name),
                tensor.is(buffer) and tostring(buffer.shape)
                  or options.show(buffer))
  end
end

-- Copies of the saved buffers, in the dtypes of the parameters.
local function checked_buffers(self, saved)
  local state = {}
  for i, p in ipairs(self.params) do
    state[i] = {}
    if type(saved[i]) ~= "table" then
      native.fail("%s: the saved state of parameter %d must be a table, got %s",
                  self.class_name, i, options.show(saved[i]))
    end
    for name, buffer in pairs(saved[i]) do
      check_buffer(self, i, name, buffer)
      state[i][name] = buffer:to(p.dtype):clone()
    end
  end
  return state
end

--- optim.Optimizer:load_state_dict(dict)
-- Takes over what state_dict gave for parameters of the same shapes. The
-- learning rate comes with it, unless this optimizer has a schedule.
--   > w = tensor({1}):requires_grad_()
--   > a, b = optim.SGD({w}), optim.SGD({w})
--   > a.lr = 0.5
--   > b:load_state_dict(a:state_dict())
--   > b.lr
--   0.5
function Optimizer:load_state_dict(dict)
  self:require_bound()
  if type(dict) ~= "table" or type(dict.state) ~= "table"
      or #dict.state ~= #self.params then
    native.fail("%s: the state is not that of %d parameters", self.class_name,
                #self.params)
  end
  local steps = dict.steps == nil and 0
    or options.verify(self.class_name, "steps", options.non_negative_integer,
                      dict.steps)
  self.state, self.steps = checked_buffers(self, dict.state), steps
  local rate = rawget(self, "rate")
  if type(rate) == "number" then
    self.lr = tonumber(dict.lr) or rate
  elseif type(rate) == "table" and rate.restore
      and type(dict.schedule) == "table" then
    rate:restore(dict.schedule)
  end
end

return Optimizer
