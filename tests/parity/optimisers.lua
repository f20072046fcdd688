-- Runs ten steps of every optimiser, and leaves what it began with, the
-- gradients and where the parameters went for optimisers.py:
-- FOLDER/optimisers.json and FOLDER/optimisers.safetensors.
--
--   nnlua optimisers.lua FOLDER
--
-- A case is {class, options}; further fields: batch_size for the steps, rates
-- (a function of the step) as the learning rate. LBFGS steps on Rosenbrock's
-- function instead of given gradients.

local native = require("native")
local optim = require("optim")
local tensor = require("tensor")

local STEPS = 10

local cases = {
  {"SGD", {lr = 0.1}},
  {"SGD", {lr = 0.1, momentum = 0.9}},
  {"SGD", {lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 0.05}},
  {"SGD", {lr = 0.1}, batch_size = 4},
  {"SGD", {lr = 0.1, clipvalue = 0.5}},
  {"SGD", {lr = 0.1, clipnorm = 0.7}},
  {"SGD", {lr = 0.1, global_clipnorm = 0.7, momentum = 0.5}, batch_size = 2},
  {"SGD", {}, rates = function(step) return 0.1 / step end},
  {"Adagrad", {}},
  {"Adagrad", {lr = 0.1, initial_accumulator_value = 0, weight_decay = 0.1}},
  {"Adadelta", {}},
  {"Adadelta", {lr = 1, rho = 0.9, epsilon = 1e-6, weight_decay = 0.1}},
  {"RMSprop", {}},
  {"RMSprop", {lr = 0.01, momentum = 0.9, rho = 0.8, weight_decay = 0.1}},
  {"RMSprop", {lr = 0.01, centered = true}},
  {"RMSprop", {lr = 0.01, centered = true, momentum = 0.5, epsilon = 1e-3}},
  {"Adam", {}},
  {"Adam", {lr = 0.1, beta_1 = 0.8, beta_2 = 0.9, weight_decay = 0.1}},
  {"Adam", {lr = 0.1, beta_2 = 0.5, amsgrad = true, epsilon = 1e-3}},
  {"Adam", {}, rates = function(step) return 0.1 * 0.5 ^ step end},
  {"AdamW", {}},
  {"AdamW", {lr = 0.1, weight_decay = 0.3, amsgrad = true, beta_2 = 0.5}},
  {"Adamax", {}},
  {"Adamax", {lr = 0.1, beta_1 = 0.5, beta_2 = 0.7, weight_decay = 0.1}},
  {"Nadam", {}},
  {"Nadam", {lr = 0.1, beta_1 = 0.5, beta_2 = 0.7, weight_decay = 0.1}},
  {"Nadam", {lr = 0.1, schedule_decay = 1}},
  {"LBFGS", {lr = 0.5, max_iter = 4, line_search = "none"}},
  {"LBFGS", {lr = 0.1, max_iter = 3, history_size = 3, line_search = "none"}},
  {"LBFGS", {}, minimum = true},
}

local saved = {}

local function save(id, kind, x)
  local name = ("%d.%s"):format(id, kind)
  saved[name] = x:detach():clone()
  return name
end

-- Gradients of size `scale`, with a zero here and there.
local function draw(shape, scale)
  local g = tensor.randn(shape, "float64") * scale
  return g * tensor.rand(shape, "float64"):gt(0.2):double()
end

local function step_on_given(opt, params, id, case, record)
  for step = 1, STEPS do
    opt:zero_grad()
    for k, p in ipairs(params) do
      local g = draw(p.shape, k == 2 and 1e-3 or 2):to(p.dtype)
      local sum = (p * g):sum()
      sum:backward()
      table.insert(record.gradients[k], save(id, ("g%d.%d"):format(k, step), g))
    end
    opt:step(case.batch_size)
  end
end

local function rosenbrock(x)
  local a, b = x:narrow(1, 1, #x - 1), x:narrow(1, 2, #x - 1)
  return ((1 - a):square() + (b - a:square()):square() * 100):sum()
end

local function step_on_rosenbrock(opt, params)
  for _ = 1, STEPS do
    opt:step(function()
      opt:zero_grad()
      local loss = rosenbrock(params[1])
      loss:backward()
      return loss
    end)
  end
end

local function run_case(id, case, dtype)
  local name, o = case[1], {}
  for key, value in pairs(case[2]) do o[key] = value end
  o.lr = case.rates or o.lr
  local record = {id = id, optimiser = name, config = case[2], dtype = dtype,
    steps = STEPS, batch_size = case.batch_size or 1, begin = {},
    gradients = {}, after = {}, rates = {}, minimum = case.minimum or false}
  local params = {}
  local shapes = name == "LBFGS" and {{4}} or {{3, 4}, {5}, {1}}
  for k, shape in ipairs(shapes) do
    params[k] = tensor.randn(shape, "float64"):to(dtype):requires_grad_()
    record.begin[k] = save(id, "begin" .. k, params[k])
    record.gradients[k] = {}
  end
  for step = 1, case.rates and STEPS or 0 do
    record.rates[step] = case.rates(step)
  end
  local opt = optim[name](params, o)
  local run = name == "LBFGS" and step_on_rosenbrock or step_on_given
  run(opt, params, id, case, record)
  for k, p in ipairs(params) do record.after[k] = save(id, "after" .. k, p) end
  return record
end

local folder = assert(arg[1], "usage: nnlua optimisers.lua FOLDER")
tensor.manual_seed(7)
local records, id = {}, 0
for _, case in ipairs(cases) do
  for _, dtype in ipairs {"float32", "float64"} do
    id = id + 1
    local fine, record = pcall(run_case, id, case, dtype)
    records[id] = fine and record or {id = id, optimiser = case[1],
      config = case[2], dtype = dtype, error = tostring(record)}
  end
end
tensor.save(folder .. "/optimisers.safetensors", saved)
local file = assert(io.open(folder .. "/optimisers.json", "wb"))
assert(file:write(native.json_encode({cases = records})))
assert(file:close())
