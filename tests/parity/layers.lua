-- Runs layers, and leaves what went in, the weights, what came out and the
-- gradients for layers.py: FOLDER/layers.json and FOLDER/layers.safetensors.
--
--   nnlua layers.lua FOLDER
--
-- layers/TOPIC.lua gives a list of cases:
--   {layer="Conv2D", config={filters=3, ...}, shapes={{2, 5, 5, 3}, ...}}
-- shapes are those of the inputs, with the batch. Further fields:
--   call      options of the call; lists in it are given as tensors. The
--             peer finds them in config.call
--   training  run as in training (what is random then cannot be compared)
--   integers  {low, high}: inputs are int64 in that range, without gradients
--   domain    {low, high} of float inputs, -2..2
--   finish    a function of the result, where only that can be compared

local autograd = require("autograd")
local native = require("native")
local nn = require("nn")
local tensor = require("tensor")

local topics = {"core", "convolution", "normalization", "merge", "advanced"}

local function make_input(shape, case, dtype)
  if case.integers then
    return tensor.randint(case.integers[1], case.integers[2], shape)
  end
  local low, high = table.unpack(case.domain or {-2, 2})
  local x = tensor.rand(shape, "float64") * (high - low) + low
  return x:to(dtype):requires_grad_()
end

local saved = {}

local function save(id, kind, x)
  local name = ("%d.%s"):format(id, kind)
  saved[name] = x:detach():clone():contiguous()
  return name
end

-- Weights that are neither 0 nor 1, so that each counts; variances positive.
local function draw_weights(layer)
  for _, weight in ipairs(layer:all_weights()) do
    local value = weight.layer[weight.name]
    local drawn = tensor.rand(value.shape, "float64") * 0.8 + 0.1
    if not weight.name:find("variance") then drawn = drawn * 2 - 1 end
    value:detach():copy_(drawn)
  end
end

-- The options of the case's call.
local function call_options(case)
  local opts = {training = case.training or false}
  for key, value in pairs(case.call or {}) do
    opts[key] = type(value) == "table" and tensor(value) or value
  end
  return opts
end

-- What the peer goes by.
local function told_config(case)
  local config = {call = case.call}
  for key, value in pairs(case.config or {}) do config[key] = value end
  return config
end

local function run_case(id, case, dtype)
  local config = {dtype = dtype}
  for key, value in pairs(case.config or {}) do config[key] = value end
  local layer = nn[case.layer](config)
  local inputs, record = {}, {id = id, layer = case.layer, dtype = dtype,
    config = told_config(case), training = case.training or false,
    inputs = {}, weights = {}, weight_grads = {}, input_grads = {}}
  for k, shape in ipairs(case.shapes) do
    inputs[k] = make_input(shape, case, dtype)
    record.inputs[k] = save(id, "in" .. k, inputs[k])
  end
  local input = #inputs > 1 and inputs or inputs[1]
  autograd.no_grad(layer, input) -- makes the weights
  draw_weights(layer)
  for _, weight in ipairs(layer:all_weights()) do
    record.weights[weight.path] = save(id, "weight." .. weight.path,
      weight.layer[weight.name])
  end
  local y = layer(input, call_options(case))
  if case.finish then y = case.finish(y) end
  record.output = save(id, "out", y)
  local factor = (tensor.rand(y.shape, "float64") * 2 - 1):to(y.dtype)
  record.factor = save(id, "factor", factor)
  if y.requires_grad then (y * factor):sum():backward() end
  for k, x in ipairs(inputs) do
    record.input_grads[k] = x.grad and save(id, "grad" .. k, x.grad) or false
  end
  for _, weight in ipairs(layer:all_weights()) do
    local value = weight.layer[weight.name]
    if weight.trained and value.grad then
      record.weight_grads[weight.path] = save(id, "wgrad." .. weight.path,
        value.grad)
    elseif not weight.trained then -- statistics, as they are afterwards
      record.weight_grads[weight.path] = save(id, "after." .. weight.path,
        value)
    end
  end
  return record
end

local folder = assert(arg[1], "usage: nnlua layers.lua FOLDER")
local here = arg[0]:match("^(.*)/[^/]*$") or "."
tensor.manual_seed(3)
local records, id = {}, 0
for _, topic in ipairs(topics) do
  for _, case in ipairs(dofile(here .. "/layers/" .. topic .. ".lua")) do
    for _, dtype in ipairs {"float32", "float64"} do
      id = id + 1
      local fine, record = pcall(run_case, id, case, dtype)
      records[id] = fine and record or {id = id, layer = case.layer,
        config = case.config or {}, dtype = dtype, error = tostring(record)}
    end
  end
end
tensor.save(folder .. "/layers.safetensors", saved)
local file = assert(io.open(folder .. "/layers.json", "wb"))
assert(file:write(native.json_encode({cases = records})))
assert(file:close())
