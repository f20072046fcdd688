-- optim: what turns gradients into new parameters.
--
-- An optimizer keeps its settings as fields (opt.lr may be read and set at any
-- time), its parameters in `params`, and for each of them a table of buffers
-- in `state`. The arithmetic is one native call a parameter.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

local optim = {}

local Optimizer = {}
Optimizer.__index = Optimizer

-- The options every optimizer has, after its own.
local COMMON = {
  {"clipnorm", options.positive_number},
  {"clipvalue", options.positive_number},
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

-- A class: `rows` are its options, `update(self, p, g, state, scale)` moves
-- one parameter, `buffers(self)` names the tensors it keeps for each.
local function define(class_name, rows, buffers, update)
  local spec = options.join(rows, COMMON)
  spec.positional, spec.aliases = 1, ALIASES
  local class = setmetatable({
    class_name = class_name,
    spec = spec,
    buffers = buffers,
    update = update,
    __tostring = Optimizer.__tostring,
    __name = class_name,
  }, {
    __index = Optimizer,
    __call = function(class, first, second)
      local params, t = nil, first
      if is_parameters(first) or type(first) == "table" and second ~= nil then
        params, t = first, second
      end
      local self = setmetatable({steps = 0}, class)
      for name, value in pairs(options.read(class_name, spec, t)) do
        self[name] = value
      end
      if params then
        self:bind(tensor.is(params) and {params} or params)
      end
      return self
    end,
  })
  class.__index = class
  return class
end

function Optimizer:__tostring()
  return string.format("%s (lr=%g)", self.class_name, self.lr)
end

-- Takes over a list of parameters, with fresh buffers.
function Optimizer:bind(params)
  if #params == 0 then
    native.fail("%s: there are no parameters to train", self.class_name)
  end
  for i, p in ipairs(params) do
    if not tensor.is(p) then
      native.fail("%s: parameter %d must be a tensor, got %s", self.class_name,
        i, options.show(p))
    end
  end
  self.params, self.state, self.steps = params, {}, 0
  for i in ipairs(params) do
    self.state[i] = {}
  end
end

-- Stepping -------------------------------------------------------------------

local function require_bound(self)
  if not self.params then
    native.fail("%s: it has no parameters yet: optim.%s(params, {...}), or "
      .. "give it to model:compile", self.class_name, self.class_name)
  end
end

--- opt:zero_grad()
-- Forgets the gradients of all parameters.
--   > w = tensor({1}):requires_grad_()
--   > w:sum():backward()
--   > optim.SGD({w}):zero_grad()
--   > w.grad == nil or w.grad:item() == 0
--   true
function Optimizer:zero_grad()
  require_bound(self)
  for _, p in ipairs(self.params) do
    p:zero_grad()
  end
end

-- The factor that brings the norm of all gradients down to clipnorm.
local function norm_factor(self, gradients, scale)
  local total = 0
  for _, g in pairs(gradients) do
    total = total + g:square():sum():item()
  end
  local norm = math.sqrt(total) * scale
  return norm > self.clipnorm and self.clipnorm / norm or 1
end

-- The gradients by parameter, and the factor still to be applied to them.
local function prepared(self, scale)
  local gradients = {}
  for i, p in ipairs(self.params) do
    local g = p.grad
    gradients[i] = g or nil
  end
  if self.clipnorm then
    scale = scale * norm_factor(self, gradients, scale)
  end
  if self.clipvalue then
    for i, g in pairs(gradients) do
      gradients[i] = (g * scale):clamp_(-self.clipvalue, self.clipvalue)
    end
    scale = 1
  end
  return gradients, scale
end

-- The buffers of parameter i, zeros at first.
local function buffers_of(self, i)
  local state = self.state[i]
  for _, name in ipairs(self:buffers()) do
    if not state[name] then
      state[name] = tensor.zeros_like(self.params[i]:detach())
    end
  end
  return state
end

--- opt:step([batch_size])
-- Moves every parameter that has a gradient. `batch_size` divides the
-- gradients first (as Gluon's trainer does, for losses that were summed);
-- clipnorm then limits the norm of all gradients together, clipvalue each
-- element.
--   > w = tensor({1}):requires_grad_()
--   > (w * 4):sum():backward()
--   > optim.SGD({w}, {lr=0.5}):step(2)
--   > w:item()
--   0.0
function Optimizer:step(batch_size)
  require_bound(self)
  if batch_size ~= nil then
    options.verify(self.class_name .. ":step", "batch_size",
      options.positive_number, batch_size)
  end
  local gradients, scale = prepared(self, 1 / (batch_size or 1))
  self.steps = self.steps + 1
  for i, p in ipairs(self.params) do
    if gradients[i] then
      self:update(p, gradients[i], buffers_of(self, i), scale)
    end
  end
end

-- Saving ---------------------------------------------------------------------

--- opt:get_config()
-- The options that make an equal optimizer.
--   > optim.SGD{lr=0.5}:get_config().lr
--   0.5
function Optimizer:get_config()
  local config = {}
  for _, row in ipairs(self.spec) do
    config[row[1]] = self[row[1]]
  end
  return config
end

--- opt:state_dict()
-- {lr=, steps=, state={{name=tensor}, ...}}: what goes on where it stopped.
--   > optim.SGD({tensor({1})}):state_dict().steps
--   0
function Optimizer:state_dict()
  require_bound(self)
  local state = {}
  for i, buffers in ipairs(self.state) do
    state[i] = {}
    for name, buffer in pairs(buffers) do
      state[i][name] = buffer:clone()
    end
  end
  return {lr = self.lr, steps = self.steps, state = state}
end

local function check_buffer(self, i, name, buffer)
  local known = false
  for _, own in ipairs(self:buffers()) do
    known = known or own == name
  end
  local p = self.params[i]
  if not known or not tensor.is(buffer)
      or tostring(buffer.shape) ~= tostring(p.shape) then
    native.fail("%s: the saved state of parameter %d %s does not fit: %s %s",
      self.class_name, i, tostring(p.shape), tostring(name),
      tensor.is(buffer) and tostring(buffer.shape) or options.show(buffer))
  end
end

--- opt:load_state_dict(dict)
-- Takes over what state_dict gave for parameters of the same shapes.
--   > a, b = optim.SGD({tensor({1})}), optim.SGD({tensor({1})})
--   > a.lr = 0.5
--   > b:load_state_dict(a:state_dict())
--   > b.lr
--   0.5
function Optimizer:load_state_dict(dict)
  require_bound(self)
  if type(dict) ~= "table" or type(dict.state) ~= "table"
      or #dict.state ~= #self.params then
    native.fail("%s: the state is not that of %d parameters", self.class_name,
      #self.params)
  end
  local state = {}
  for i, buffers in ipairs(dict.state) do
    state[i] = {}
    for name, buffer in pairs(buffers) do
      check_buffer(self, i, name, buffer)
      state[i][name] = buffer:clone()
    end
  end
  self.state = state
  self.steps = math.tointeger(dict.steps) or 0
  self.lr = tonumber(dict.lr) or self.lr
end

-- The optimizers -------------------------------------------------------------

--- optim.SGD{lr=0.01, momentum=0, nesterov=false, ...}
-- Gradient descent: v = momentum v - lr g; p = p + v, with nesterov
-- p = p + momentum v - lr g. Every optimizer is made as optim.SGD{lr=0.1} for
-- compile, or as optim.SGD(params, {lr=0.1}) for a loop of one's own; all have
-- clipnorm=nil, clipvalue=nil, weight_decay=0 (adds weight_decay * p to g).
--   > w = tensor({1}):requires_grad_()
--   > (w * 2):sum():backward()
--   > optim.SGD({w}, {lr=0.5}):step()
--   > w:item()
--   0.0
optim.SGD = define("SGD", {
  {"lr", options.non_negative_number, 0.01},
  {"momentum", options.non_negative_number, 0.0},
  {"nesterov", options.boolean, false},
}, function(self)
  return self.momentum > 0 and {"velocity"} or {}
end, function(self, p, g, state, scale)
  native.sgd_step(p, g, state.velocity, self.lr, self.momentum, self.nesterov,
    self.weight_decay, scale)
end)

--- optim.Adagrad{lr=0.01, epsilon=1e-7, ...}
-- a = a + g^2; p = p - lr g / (sqrt(a) + epsilon). (Duchi and others, 2011.)
--   > optim.Adagrad{}.lr
--   0.01
optim.Adagrad = define("Adagrad", {
  {"lr", options.non_negative_number, 0.01},
  {"epsilon", options.positive_number, 1e-7},
}, function()
  return {"accumulator"}
end, function(self, p, g, state, scale)
  native.adagrad_step(p, g, state.accumulator, self.lr, self.epsilon,
    self.weight_decay, scale)
end)

--- optim.RMSprop{lr=0.001, rho=0.9, momentum=0, epsilon=1e-7, ...}
-- a = rho a + (1 - rho) g^2; p = p - lr g / (sqrt(a) + epsilon). (Tieleman
-- and Hinton, 2012.)
--   > optim.RMSprop{}.rho
--   0.9
optim.RMSprop = define("RMSprop", {
  {"lr", options.non_negative_number, 0.001},
  {"rho", options.fraction, 0.9},
  {"momentum", options.non_negative_number, 0.0},
  {"epsilon", options.positive_number, 1e-7},
}, function(self)
  return self.momentum > 0 and {"mean_square", "momentum"}
    or {"mean_square"}
end, function(self, p, g, state, scale)
  native.rmsprop_step(p, g, state.mean_square, state.momentum, self.lr,
    self.rho, self.momentum, self.epsilon, self.weight_decay, scale)
end)

--- optim.Adam{lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, ...}
-- m and v follow g and g^2 at the rates beta_1 and beta_2; corrected for
-- their start at 0, p = p - lr m / (sqrt(v) + epsilon). (Kingma and Ba, 2015.)
--   > optim.Adam{}.beta_2
--   0.999
optim.Adam = define("Adam", {
  {"lr", options.non_negative_number, 0.001},
  {"beta_1", options.fraction, 0.9},
  {"beta_2", options.fraction, 0.999},
  {"epsilon", options.positive_number, 1e-7},
}, function()
  return {"m", "v"}
end, function(self, p, g, state, scale)
  native.adam_step(p, g, state.m, state.v, self.lr, self.beta_1, self.beta_2,
    self.epsilon, self.steps, self.weight_decay, scale)
end)

-- Names ----------------------------------------------------------------------

local by_name, names = {}, {}
for name, class in pairs(optim) do
  by_name[name], by_name[name:lower()] = class, class
  names[#names + 1] = name:lower()
end
table.sort(names)

--- optim.get(optimizer)
-- The optimizer for a name ("adam"), for a saved {class_name, config}, or the
-- optimizer given.
--   > optim.get("sgd").lr
--   0.01
function optim.get(optimizer)
  if type(optimizer) == "table" and optimizer.update and optimizer.lr then
    return optimizer
  end
  local name, config = optimizer, nil
  if type(optimizer) == "table" and optimizer.class_name then
    name, config = optimizer.class_name, optimizer.config
  end
  if type(name) ~= "string" then
    native.fail("an optimizer is a name such as \"adam\" or optim.Adam{lr=}, "
      .. "got %s", options.show(optimizer))
  end
  if not by_name[name] then
    native.fail("unknown optimizer %q%s", name, options.hint(name, names))
  end
  return by_name[name](config)
end

return optim
