-- layer_fuzz: random layers, losses, metrics, optimisers, schedules,
-- callbacks and functions of data, called with what fits them and what does
-- not. Each call must return or raise a plain error in the program's own
-- words. NNLUA_FUZZ sets how many calls are made, NNLUA_FUZZ_SEED which ones;
-- NNLUA_FUZZ_LOG names a file that holds the call under way.

local check = require("check")

local calls = math.tointeger(os.getenv("NNLUA_FUZZ")) or 12000
local seed = math.tointeger(os.getenv("NNLUA_FUZZ_SEED")) or 5
local log_path = os.getenv("NNLUA_FUZZ_LOG")
local random = math.random

local function pick(list) return list[random(#list)] end

-- Values, as Lua texts that make them again -----------------------------------

local sizes = {"{4, 3}", "{2, 6, 3}", "{2, 6, 6, 3}", "{1, 4, 4, 4, 2}", "{3}",
               "{}", "{0, 3}", "{2, 0}", "{2, 1}", "{0, 6, 6, 3}", "{4, 4}"}
local fillings = {"tensor.ones(%s)", "tensor.randn(%s)", "tensor.rand(%s)",
                  "tensor.randint(1, 3, %s)", "tensor.randint(-1, 2, %s)",
                  "tensor.full(%s, 0 / 0)", "tensor.full(%s, -1e30)",
                  'tensor.ones(%s, "uint8")', 'tensor.zeros(%s, "bool")',
                  "tensor.randn(%s):double()"}
local odd = {"0", "1", "2", "3", "-1", "0.5", "-0.5", "1.5", "1e30", "0 / 0",
             "1 / 0", "math.maxinteger", "math.mininteger", "true", "false",
             '""', '"same"', '"relu"', '"adam"', '"mse"', '"nothing"', "print",
             "{}", "{1}", "{2, 2}", "{-1, 2}", "{0, 0}", "{{1, 2}, {3}}",
             "{1, nil, 3}", "{x=1}", "io.stdout", "{print}", "nn.Dense{2}",
             "nn.Input{3}", "tensor.ones(2)", "tensor(1)", "{tensor(1)}"}
local given = {"1", "2", "3", "{2, 2}", "0.5", "true", '"same"', '"valid"',
               '"channels_first"', '"relu"', '"softmax"', '"ones"', '"l2"',
               '"non_neg"', "{1, 2}", "{3}", "-1", "1", "2"}

local function tensor_text()
  return string.format(pick(fillings), pick(sizes))
end

local function anything()
  local dice = random()
  if dice < 0.3 then return tensor_text() end
  if dice < 0.4 then
    return "{" .. tensor_text() .. ", " .. tensor_text() .. "}"
  end
  return pick(odd)
end

local function value_text()
  return random() < 0.75 and pick(given) or anything()
end

-- Options by the specification of a class: some by position, some by name.
local function options_text(spec)
  local parts, first = {}, spec.positional or #spec
  for position = 1, math.min(first, random(0, 3)) do
    parts[position] = value_text()
  end
  for _ = 1, random(0, 2) do
    parts[#parts + 1] = ("[%q]=%s"):format(pick(spec)[1], value_text())
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- Calls ------------------------------------------------------------------------

local makers = {}

local function names_in(module, accepts)
  local names = {}
  for name, value in pairs(module) do
    if accepts(value) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function has_specification(value)
  return type(value) == "table" and type(rawget(value, "spec")) == "table"
end

local function has_call(value)
  local meta = getmetatable(value)
  return type(value) == "function" or meta and meta.__call ~= nil
end

local layers = names_in(nn, has_specification)
-- Of the program, not for its users.
local NOT_CALLED = {check=true, check_labels=true, entry=true, list=true}
local function functions_of(module)
  local names = names_in(module, has_call)
  for k = #names, 1, -1 do
    if NOT_CALLED[names[k]] then table.remove(names, k) end
  end
  return names
end

-- A layer, used on a tensor by hand or in a graph, in training or not.
makers[1] = function()
  local name = pick(layers)
  local layer = "nn." .. name .. options_text(nn[name].spec)
  local dice = random()
  if dice < 0.15 then
    return layer .. "(nn.Input" .. pick(sizes) .. ")"
  elseif dice < 0.3 then
    local x = tensor_text()
    return layer .. "({" .. x .. ", " .. (random() < 0.5 and x or tensor_text())
      .. "})"
  elseif dice < 0.5 then
    return "autograd.record(" .. layer .. ", " .. tensor_text() .. ")"
  elseif dice < 0.6 then
    return layer .. "(" .. anything() .. ")"
  end
  return layer .. "(" .. tensor_text() .. ")"
end

-- A loss or a metric, on two tensors mostly of one shape.
makers[2] = function()
  local module = pick {"losses", "metrics"}
  local name = pick(functions_of(nn[module]))
  local size = pick(sizes)
  local first = string.format(pick(fillings), size)
  local second = string.format(pick(fillings), size)
  if random() < 0.3 then second = anything() end
  if random() < 0.1 then first = anything() end
  local rest = random() < 0.3 and ", " .. anything() or ""
  return ("nn.%s.%s(%s, %s%s)"):format(module, name, first, second, rest)
end

-- An optimiser in a step, a schedule, an initialiser and their like.
makers[3] = function()
  local dice = random()
  if dice < 0.5 then
    local name = pick(names_in(optim, has_specification))
    return ("step(optim.%s, %s)"):format(name, options_text(optim[name].spec))
  end
  local module = pick {"optim.schedules", "nn.initializers", "nn.regularizers",
                       "nn.constraints", "nn.callbacks"}
  local name = pick(functions_of(load("return " .. module)()))
  return ("apply(%s.%s{%s}, %s)"):format(module, name,
    random() < 0.8 and value_text() or value_text() .. ", " .. value_text(),
    pick {"1", "5", "{3, 2}", anything()})
end

-- What is done to data, or a search. Files and downloads are elsewhere.
local prepared = {"loader", "TensorDataset", "Dataset", "augment", "k_fold",
                  "normalize", "whiten", "timeseries", "to_categorical",
                  "train_test_split"}
local prepared_options = {"batch_size", "shuffle", "drop_last", "size", "get",
                          "shift", "rotate", "zoom", "flip", "fill", "folds",
                          "method", "per", "like", "components", "epsilon",
                          "lookback", "delay", "step", "target", "targets",
                          "first", "last", "test_size"}
makers[4] = function()
  local texts = {}
  for k = 1, random(0, 2) do
    texts[k] = random() < 0.8 and tensor_text() or anything()
  end
  if random() < 0.7 then
    texts[#texts + 1] = ("{%s=%s}"):format(pick(prepared_options),
                                           value_text())
  end
  return ("first(data.%s(%s))"):format(pick(prepared),
                                       table.concat(texts, ", "))
end

-- A small model, compiled and trained.
local fit_options = {"epochs", "batch_size", "validation_split", "callbacks",
                     "validation_data", "shuffle", "class_weight",
                     "sample_weight", "initial_epoch", "steps_per_epoch",
                     "validation_steps", "validation_freq"}
local losses = {'"mse"', '"mae"', '"sparse_categorical_crossentropy"',
                '"categorical_crossentropy"', '"binary_crossentropy"',
                '"hinge"', "function(t, p) return p:sum() end",
                "function(t, p) return %s end"}
local metrics = {'"accuracy"', '"mae"', '"auc"', "nn.metrics.top_k{2}",
                 "function(t, p) return %s end",
                 "{sums=function() return %s end, result=print}"}
local callbacks = {"{}", "{on_epoch_end=%s}", "nn.callbacks.EarlyStopping{%s}",
                   "{on_batch_end=function(c, i, log) log.loss = %s end}",
                   "nn.callbacks.ReduceLROnPlateau{%s}",
                   "nn.callbacks.LearningRateScheduler{function() return %s end}",
                   "nn.callbacks.LambdaCallback{on_epoch_begin=%s}"}

local function filled(list) return (pick(list):format(anything())) end

makers[5] = function()
  local layer = "nn.Dense{2, input_shape={3}}"
  if random() < 0.5 then
    local name = pick(layers)
    layer = layer .. ", nn." .. name .. options_text(nn[name].spec)
  end
  local fit = {"verbose=0"}
  for _ = 1, random(0, 2) do
    fit[#fit + 1] = pick(fit_options) .. "=" .. value_text()
  end
  if random() < 0.3 then
    fit[#fit + 1] = "callbacks={" .. filled(callbacks) .. "}"
  end
  return ("train({%s}, {loss=%s, metrics={%s}}, %s, %s, {%s})"):format(layer,
    filled(losses), random() < 0.5 and filled(metrics) or "",
    random() < 0.9 and "tensor.randn(4, 3)" or anything(),
    pick {"tensor.randn(4, 2)", "tensor.ones(4, 1)", tensor_text()},
    table.concat(fit, ", "))
end

-- What the texts call beside the program's own names.
local helpers = {print=function() end}

function helpers.step(class, o)
  local w = tensor.ones(2, 2):requires_grad_()
  local optimizer = class({w}, o)
  local function closure()
    optimizer:zero_grad()
    local loss = w:square():sum()
    loss:backward()
    return loss
  end
  closure()
  if class == optim.LBFGS then optimizer:step(closure) else optimizer:step() end
end

function helpers.apply(f, x)
  if has_call(f) then return f(x) end
end

function helpers.first(x)
  if type(x) == "function" then return x() end
  if type(x) == "table" and has_call(x.batches) then return x:batches()() end
end

function helpers.train(list, how, x, y, o)
  local model = nn.Sequential(list)
  model:compile(how)
  -- A number of epochs or steps may be as large as an integer.
  local stop = {on_batch_end=function(self)
    self.model.stop_training = true
  end}
  o.callbacks = type(o.callbacks) == "table" and o.callbacks or {}
  table.insert(o.callbacks, 1, stop)
  model:fit(x, y, o)
end

setmetatable(helpers, {__index = _ENV})

-- Faults -----------------------------------------------------------------------

-- Words of Lua itself, which tell a reader nothing about the call.
local INTERNAL = {"attempt to ", "bad argument #%d+ to '", "stack overflow",
                  "table index is", "'for' [a-z]+ must be", "invalid value",
                  "number has no integer", "internal", "^nnlua:"}

local function fault_of(message)
  if type(message) ~= "string" then return "is no string" end
  for _, word in ipairs(INTERNAL) do
    if message:find(word) then return "speaks of the inside" end
  end
  if not message:find("^[%w_%./=-]+:%d+: ") then return "has no position" end
end

local log = log_path and assert(io.open(log_path, "w"))

local function outcome(text)
  if log then
    log:seek("set", 0)
    log:write(text, string.rep(" ", 400), "\n")
    log:flush()
  end
  local chunk = assert(load("return " .. text, "=call", "t", helpers))
  return pcall(chunk)
end

check.test("random calls return or raise plain errors", function()
  math.randomseed(seed)
  tensor.manual_seed(seed)
  local bad, kept, good = {}, {}, 0
  for _ = 1, calls do
    local text = pick(makers)()
    local ok, result = outcome(text)
    local fault = not ok and fault_of(result)
    local key = fault and fault .. tostring(result):gsub("%d+", "")
    if fault and not kept[key] then
      kept[key] = true
      bad[#bad + 1] = ("%s: the error %s: %s"):format(text, fault,
                                                      tostring(result))
    end
    good = good + (ok and 1 or 0)
  end
  check.equal(bad, {})
  check.truthy(good > calls / 10, good .. " of " .. calls .. " calls succeed")
end)

check.test("the pieces of random calls make values", function()
  for _, list in ipairs {odd, given, sizes} do
    for _, text in ipairs(list) do check.truthy(load("return " .. text), text) end
  end
  check.truthy(#layers > 40)
end)

check.test("the faults of messages are seen", function()
  for _, message in ipairs {"call:1: attempt to index a nil value (local 'x')",
                            "nnlua:nn.fit:3: a", "no position",
                            "call:1: bad argument #1 to 'ipairs'"} do
    check.truthy(fault_of(message), message)
  end
  check.equal(fault_of("call:1: Dense: units is missing"), nil)
end)
