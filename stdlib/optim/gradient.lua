-- optim.gradient: the optimisers that go by the gradient of the last step and
-- running means of those before.

local define = require("optim.optimizer").define
local native = require("native")
local options = require("options")
local schedules = require("optim.schedules")

local gradient = {}

local function lr(default)
  return {"lr", schedules.check, default}
end

local EPSILON = {"epsilon", options.positive_number, 1e-7}
local BETA_1 = {"beta_1", options.fraction, 0.9}
local BETA_2 = {"beta_2", options.fraction, 0.999}

--- optim.SGD{lr=0.01, momentum=0, nesterov=false, ...}
-- Gradient descent: v = momentum v - lr g; p = p + v, with nesterov
-- p = p + momentum v - lr g. (Sutskever and others, 2013.) For the options
-- that all optimisers have see optim.Optimizer.
--   > w = tensor({1}):requires_grad_()
--   > (w * 2):sum():backward()
--   > optim.SGD({w}, {lr=0.5}):step()
--   > w:item()
--   0.0
gradient.SGD = define {
  class_name = "SGD",
  options = {
    lr(0.01),
    {"momentum", options.non_negative_number, 0.0},
    {"nesterov", options.boolean, false},
  },
  buffers = function(self)
    return self.momentum > 0 and {"velocity"} or {}
  end,
  update = function(self, p, g, state, scale, rate)
    native.sgd_step(p, g, state.velocity, rate, self.momentum, self.nesterov,
                    self.weight_decay, scale)
  end,
}

--- optim.Adagrad{lr=0.001, initial_accumulator_value=0.1, epsilon=1e-7, ...}
-- a = a + g^2, from initial_accumulator_value; p = p - lr g / sqrt(a +
-- epsilon). (Duchi and others, 2011.)
--   > w = tensor({1}):requires_grad_()
--   > (w * 2):sum():backward()
--   > optim.Adagrad({w}, {lr=0.5, initial_accumulator_value=0}):step()
--   > string.format("%.4f", w:item())
--   0.5000
gradient.Adagrad = define {
  class_name = "Adagrad",
  options = {
    lr(0.001),
    {"initial_accumulator_value", options.non_negative_number, 0.1},
    EPSILON,
  },
  buffers = function() return {"accumulator"} end,
  initial = function(self) return self.initial_accumulator_value end,
  update = function(self, p, g, state, scale, rate)
    native.adagrad_step(p, g, state.accumulator, rate, self.epsilon,
                        self.weight_decay, scale)
  end,
}

--- optim.Adadelta{lr=0.001, rho=0.95, epsilon=1e-7, ...}
-- a = rho a + (1 - rho) g^2; d = g sqrt(u + epsilon) / sqrt(a + epsilon);
-- u = rho u + (1 - rho) d^2; p = p - lr d. In the paper lr is 1.
-- (Zeiler, 2012.)
--   > w = tensor({1}):requires_grad_()
--   > (w * 2):sum():backward()
--   > optim.Adadelta({w}, {lr=1}):step()
--   > w:item() < 1
--   true
gradient.Adadelta = define {
  class_name = "Adadelta",
  options = {lr(0.001), {"rho", options.fraction, 0.95}, EPSILON},
  buffers = function() return {"mean_square", "mean_move"} end,
  update = function(self, p, g, state, scale, rate)
    native.adadelta_step(p, g, state.mean_square, state.mean_move, rate,
                         self.rho, self.epsilon, self.weight_decay, scale)
  end,
}

--- optim.RMSprop{lr=0.001, rho=0.9, momentum=0, epsilon=1e-7, ...}
-- a = rho a + (1 - rho) g^2; d = lr g / sqrt(a + epsilon); p = p - d, with
-- momentum v = momentum v + d and p = p - v. centered=false: true takes the
-- square of the gradient's running mean from a. (Tieleman and Hinton, 2012.)
--   > w = tensor({1}):requires_grad_()
--   > (w * 2):sum():backward()
--   > optim.RMSprop({w}, {lr=0.1, rho=0.75}):step()
--   > string.format("%.4f", w:item())
--   0.8000
gradient.RMSprop = define {
  class_name = "RMSprop",
  options = {
    lr(0.001),
    {"rho", options.fraction, 0.9},
    {"momentum", options.non_negative_number, 0.0},
    EPSILON,
    {"centered", options.boolean, false},
  },
  buffers = function(self)
    if self.centered then return {"mean_square", "momentum", "mean"} end
    return self.momentum > 0 and {"mean_square", "momentum"} or {"mean_square"}
  end,
  update = function(self, p, g, state, scale, rate)
    native.rmsprop_step(p, g, state.mean_square, state.momentum, state.mean,
                        rate, self.rho, self.momentum, self.epsilon,
                        self.weight_decay, scale)
  end,
}

local ADAM = {
  lr(0.001), BETA_1, BETA_2, EPSILON,
  {"amsgrad", options.boolean, false},
}

local function adam_buffers(self)
  return self.amsgrad and {"m", "v", "most"} or {"m", "v"}
end

local function adam_update(self, p, g, state, scale, rate)
  native.adam_step(p, g, state.m, state.v, state.most, rate, self.beta_1,
                   self.beta_2, self.epsilon, self.steps, self.weight_decay,
                   scale, self.decay_apart)
end

--- optim.Adam{lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, ...}
-- m and v follow g and g^2 at the rates beta_1 and beta_2; at step t
-- p = p - lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon).
-- (Kingma and Ba, 2015.) amsgrad=false: true puts the largest v so far in
-- its place. (Reddi and others, 2018.)
--   > w = tensor({1}):requires_grad_()
--   > (w * 2):sum():backward()
--   > optim.Adam({w}, {lr=0.1}):step()
--   > string.format("%.4f", w:item())
--   0.9000
gradient.Adam = define {
  class_name = "Adam", options = ADAM, buffers = adam_buffers,
  update = adam_update,
}

--- optim.AdamW{lr=0.001, weight_decay=0.004, beta_1=0.9, beta_2=0.999, ...}
-- Adam with the decay of weights apart from the gradient: before each step
-- p = p - lr weight_decay p. epsilon=1e-7, amsgrad=false. (Loshchilov and
-- Hutter, 2019.)
--   > w = tensor({1}):requires_grad_()
--   > (w * 0):sum():backward()
--   > optim.AdamW({w}, {lr=0.5, weight_decay=0.5}):step()
--   > w:item()
--   0.75
gradient.AdamW = define {
  class_name = "AdamW", options = ADAM, buffers = adam_buffers,
  update = adam_update, decay_apart = true,
}
for i, row in ipairs(gradient.AdamW.spec) do
  if row[1] == "weight_decay" then
    gradient.AdamW.spec[i] = {"weight_decay", row[2], 0.004}
  end
end

--- optim.Adamax{lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, ...}
-- m follows g at the rate beta_1; u = max(beta_2 u, |g|); at step t
-- p = p - lr / (1 - beta_1^t) m / (u + epsilon). (Kingma and Ba, 2015.)
--   > w = tensor({1}):requires_grad_()
--   > (w * 2):sum():backward()
--   > optim.Adamax({w}, {lr=0.1}):step()
--   > string.format("%.4f", w:item())
--   0.9000
gradient.Adamax = define {
  class_name = "Adamax",
  options = {lr(0.001), BETA_1, BETA_2, EPSILON},
  buffers = function() return {"m", "u"} end,
  update = function(self, p, g, state, scale, rate)
    native.adamax_step(p, g, state.m, state.u, rate, self.beta_1, self.beta_2,
                       self.epsilon, self.steps, self.weight_decay, scale)
  end,
}

-- Nadam's beta_1 at step t.
local function nesterov_beta(self, t)
  return self.beta_1 * (1 - 0.5 * 0.96 ^ (t * self.schedule_decay))
end

-- The product of beta_1 over the steps up to t, from that of the step before
-- where it is known.
local function beta_product(self, t)
  local known = rawget(self, "product")
  if not known or known.step > t then known = {step = 0, value = 1} end
  for step = known.step + 1, t do
    known.value = known.value * nesterov_beta(self, step)
    if known.value == 0 then break end
  end
  known.step = t
  rawset(self, "product", known)
  return known.value
end

--- optim.Nadam{lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, ...}
-- Adam with Nesterov's momentum: m and v as Adam's,
-- b(t) = beta_1 (1 - 0.96^(t schedule_decay) / 2), B(t) = b(1) ... b(t);
-- p = p - lr (b(t + 1) m / (1 - B(t + 1)) + (1 - b(t)) g / (1 - B(t)))
-- / (sqrt(v / (1 - beta_2^t)) + epsilon). schedule_decay=0.004. (Dozat, 2016.)
--   > w = tensor({1}):requires_grad_()
--   > (w * 2):sum():backward()
--   > optim.Nadam({w}, {lr=0.1}):step()
--   > w:item() < 1
--   true
gradient.Nadam = define {
  class_name = "Nadam",
  options = {
    lr(0.001), BETA_1, BETA_2, EPSILON,
    {"schedule_decay", options.non_negative_number, 0.004},
  },
  buffers = function() return {"m", "v"} end,
  update = function(self, p, g, state, scale, rate)
    local t = self.steps
    local now, next_one = nesterov_beta(self, t), nesterov_beta(self, t + 1)
    local product = beta_product(self, t)
    native.nadam_step(p, g, state.m, state.v, rate, self.beta_1, self.beta_2,
                      self.epsilon, t, self.weight_decay, scale,
                      next_one / (1 - product * next_one),
                      (1 - now) / (1 - product))
  end,
}

return gradient
