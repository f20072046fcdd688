-- fuzz: random calls of every public operation and creation function. Each
-- must return or raise a plain error. NNLUA_FUZZ sets how many calls are
-- made, NNLUA_FUZZ_SEED which ones; NNLUA_FUZZ_LOG names a file that holds
-- the call under way, to be read after a crash.

local check = require("check")
local native = require("native")

local calls = math.tointeger(os.getenv("NNLUA_FUZZ")) or 3000
local seed = math.tointeger(os.getenv("NNLUA_FUZZ_SEED")) or 7
local log_path = os.getenv("NNLUA_FUZZ_LOG")
local random = math.random

local function pick(list) return list[random(#list)] end

-- Arguments ------------------------------------------------------------------

-- An argument is {text, value}: the text makes the value again. The texts are
-- Lua, so that a failure can be tried at once.
local dtypes = {"float32", "float64", "int64", "int32", "uint8", "bool"}
local shapes = {"", "0", "1", "3", "5", "2, 3", "3, 2", "3, 3", "1, 3", "3, 1",
                "0, 3", "2, 0", "2, 3, 4", "1, 1, 1", "2, 5, 5, 3",
                "3, 3, 3, 2", "1, 2, 1, 2, 1, 2, 1, 2", "17", "4, 33"}
local looks = {"", "", "", ".T", ":requires_grad_()", ":unsqueeze(1)",
               ":expand(2, -1)", ':reshape(-1)["::-1"]', "[1]", ":flatten()",
               ":unbind()[1]", ":neg()"}
local fillings = {"tensor.ones({%s}, %q)", "tensor.zeros({%s}, %q)",
                  "tensor.randint(-2, 3, {%s}):to(%q)",
                  "tensor.full({%s}, 0 / 0):to(%q)",
                  "tensor.full({%s}, -1e30):to(%q)",
                  "tensor.randint(1, 3, {%s}):to(%q)"}
-- Sizes among these are small, or larger than any machine takes.
local plain = {"0", "1", "-1", "2", "3", "-2", "0.5", "-1.5", "1e30", "0 / 0",
               "1 / 0", "-1 / 0", "math.maxinteger", "math.mininteger",
               "2 ^ 40", "2 ^ 62", "nil", "true", "false", '"float64"',
               '"int64"', '"same"', '"valid"', '"channels_first"', '"2:4"',
               '""', '"\\0x"', "print", "{}", "{1}", "{2, 1}", "{1, 2, 3}",
               "{-1, 2}", "{0}", "{{1, 2}, {3}}", "{1.5}", "{2 ^ 62, 4}",
               "{-1, -1}", "{keepdim=true}", "{dim=1}", "{dim={1, 2}}",
               "{nothing=1}", "{1, nil, 3}", "io.stdout"}

local function tensor_text()
  return string.format(pick(fillings), pick(shapes), pick(dtypes))
    .. pick(looks)
end

local function argument_text(first)
  local dice = random()
  if first and dice < 0.8 or dice < 0.4 then
    return tensor_text()
  elseif dice < 0.45 then
    return "{" .. tensor_text() .. ", " .. tensor_text() .. "}"
  end
  return pick(plain)
end

-- The value of a text; a text that makes no tensor gives nil.
local function value_of(text)
  local made, value = pcall(load("return " .. text, "=argument"))
  if made then return value end
end

-- Calls ----------------------------------------------------------------------

local creations = {"zeros", "ones", "full", "empty", "eye", "zeros_like",
                   "ones_like", "full_like", "rand_like", "randn_like",
                   "arange", "linspace", "logspace", "rand", "randn",
                   "randint", "randperm", "bernoulli", "multinomial",
                   "normal", "uniform", "exponential", "gamma", "beta",
                   "poisson", "randint_like", "is", "allclose"}
local methods = {"item", "totable", "numel", "is_contiguous", "float",
                 "double", "long", "int", "byte", "bool", "backward",
                 "requires_grad_", "detach", "zero_grad", "is_leaf"}

-- Texts of all functions that are called.
local function targets()
  local list = {"tensor"}
  for _, row in ipairs(native.rows()) do
    if not row.internal then list[#list + 1] = "tensor." .. row.name end
    local in_place = "tensor." .. row.name .. "_"
    if not row.internal and load("return " .. in_place)() then
      list[#list + 1] = in_place
    end
  end
  for _, name in ipairs(creations) do list[#list + 1] = "tensor." .. name end
  for _, name in ipairs(methods) do list[#list + 1] = "tensor." .. name end
  list[#list + 1] = "autograd.grad"
  list[#list + 1] = "look"
  list[#list + 1] = "assign"
  return list
end

local special = {
  look=function(x, key) return x[key] end,
  assign=function(x, key, value) x[key] = value end,
}

local function function_of(name)
  if special[name] then return special[name] end
  return load("return " .. name)()
end

-- An expanded tensor costs nothing to make and everything to walk.
local function is_large(value)
  return tensor.is(value) and value:numel() > 1e6
end

-- What is wrong with an error's message, if anything.
local function fault_of(message)
  if type(message) ~= "string" then return "is no string" end
  if not message:find("^[%w_%./-]+:%d+: ") then return "has no position" end
  if message:find("internal", 1, true) or message:find("nnlua:", 1, true) then
    return "speaks of the inside"
  end
end

local names, functions = targets(), {}
for k, name in ipairs(names) do functions[k] = function_of(name) end

-- Keeps the first call with each fault of each function.
local bad, kept = {}, {}

local function note(call, fault, message)
  local name = call:match("^[^(]*")
  if kept[name .. fault] then return end
  kept[name .. fault] = true
  bad[#bad + 1] = string.format("%s: the error %s: %s", call, fault,
                                tostring(message))
end

local log = log_path and assert(io.open(log_path, "w"))

local function write_log(call)
  log:seek("set", 0)
  log:write(call, string.rep(" ", 400), "\n")
  log:flush()
end

local function one_call()
  local which = random(#names)
  local texts, values, count = {}, {}, random(0, 4)
  for k = 1, count do
    texts[k] = argument_text(k == 1)
    values[k] = value_of(texts[k])
  end
  local call = names[which] .. "(" .. table.concat(texts, ", ") .. ")"
  if log then write_log(call) end
  local ok, result = pcall(function()
    return (functions[which](table.unpack(values, 1, count)))
  end)
  if not ok then
    local fault = fault_of(result)
    if fault then note(call, fault, result) end
  elseif tensor.is(result) and not is_large(result) then
    tostring(result)
    if result.requires_grad and random() < 0.5 then
      pcall(result.backward, result)
    end
  end
end

check.test("random calls return or raise plain errors", function()
  math.randomseed(seed)
  tensor.manual_seed(seed)
  for _ = 1, calls do one_call() end
  check.equal(bad, {})
end)

check.test("the pieces of random calls make values", function()
  for _, text in ipairs(plain) do
    check.truthy(load("return " .. text), text)
  end
  check.truthy(tensor.is(value_of('tensor.ones({2}, "bool").T')))
end)
