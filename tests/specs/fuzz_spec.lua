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

-- What fits a parameter of a row, by its kind; a word is one of its own.
local fitting = {
  dim={"1", "2", "-1", "-2", "3"}, place={"1", "-1", "2"},
  dims={"1", "-1", "2", "{1, 2}", "{-1, 1}", "nil"},
  int={"0", "1", "2", "3", "-1", "5", "17"},
  number={"0", "1", "0.5", "-2", "0.1", "1e-3", "3"},
  bool={"true", "false"}, dtype={'"float32"', '"float64"', '"int64"'},
  ints={"1", "2", "{1, 2}", "{2, 3}", "{-1}", "{1, 1, 2, 2}", "{0, 1}", "3"},
  padding={'"same"', '"valid"', '"causal"', "1", "{1, 0}", "{1, 2, 0, 1}"},
  text={'"ij,jk->ik"', '"ii->i"', '"...i,...i->..."', '"ij,ij"', '"i,j->ji"',
        '"bij,bjk"', '"i->"', '"->"', '"ab,"', '"a->aa"'},
}

local function fitting_text(kind)
  if kind == nil or kind == "tensor" then
    return random() < 0.9 and tensor_text() or pick(plain)
  elseif kind == "tensors" then
    return "{" .. tensor_text() .. ", " .. tensor_text() .. "}"
  elseif kind:find("|", 1, true) then
    local words = {}
    for word in kind:gmatch("[^|]+") do words[#words + 1] = word end
    local word = pick(words)
    return word == "number" and pick(fitting.number) or '"' .. word .. '"'
  end
  return pick(fitting[kind] or plain)
end

-- The kind of each parameter of a row.
local function kinds_of(row)
  local kinds = {}
  for parameter in (row.args .. ","):gmatch("%s*(.-),") do
    kinds[#kinds + 1] = parameter:match(":%s*([%w_|]+)") or "tensor"
  end
  return kinds
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

-- Texts of all functions that are called, and the kinds of what rows take.
local function targets()
  local list, kinds = {"tensor"}, {}
  local function add(name, row)
    list[#list + 1] = name
    kinds[name] = kinds_of(row)
  end
  for _, row in ipairs(native.rows()) do
    local name = "tensor." .. row.name
    if not row.internal then
      add(name, row)
      if load("return " .. name .. "_")() then add(name .. "_", row) end
    end
  end
  for _, name in ipairs(creations) do list[#list + 1] = "tensor." .. name end
  for _, name in ipairs(methods) do list[#list + 1] = "tensor." .. name end
  list[#list + 1] = "autograd.grad"
  list[#list + 1] = "look"
  list[#list + 1] = "assign"
  return list, kinds
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

local names, kinds = targets()
local functions = {}
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
  local fits = random() < 0.6 and kinds[names[which]]
  if fits then count = random(math.min(1, #fits), #fits) end
  for k = 1, count do
    texts[k] = fits and random() < 0.95 and fitting_text(fits[k])
      or argument_text(k == 1)
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
  for _, list in pairs(fitting) do
    for _, text in ipairs(list) do check.truthy(load("return " .. text), text) end
  end
  check.truthy(tensor.is(value_of('tensor.ones({2}, "bool").T')))
end)

-- A call that fits is one that mostly succeeds, or nothing would be tried.
check.test("random calls of rows mostly succeed", function()
  local good, tried = 0, 0
  for _, row in ipairs(native.rows()) do
    local fits = not row.internal and kinds["tensor." .. row.name]
    for _ = 1, fits and 4 or 0 do
      local values = {}
      for k = 1, #fits do values[k] = value_of(fitting_text(fits[k])) end
      tried = tried + 1
      if pcall(row.call, table.unpack(values, 1, #fits)) then good = good + 1 end
    end
  end
  check.truthy(good > tried / 5, good .. " of " .. tried)
end)
