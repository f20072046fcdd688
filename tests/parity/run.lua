-- Runs every case of cases.lua, and leaves what went in and what came out for
-- check.py: FOLDER/cases.json and FOLDER/tensors.safetensors.
--
--   nnlua run.lua FOLDER

local native = require("native")
local tensor = require("tensor")

local here = arg[0]:match("^(.*)/[^/]*$") or "."
local cases = dofile(here .. "/cases.lua")

-- Inputs ---------------------------------------------------------------------

local RANGES = {uint8 = {0, 9}, bool = {0, 1}}

local function is_float(dtype) return dtype:find("^float") ~= nil end

local function numel(shape)
  local n = 1
  for _, size in ipairs(shape) do n = n * size end
  return n
end

-- What IEEE arithmetic treats in its own way, and what is next to that.
local EXTREMES = {0 / 0, 1 / 0, -1 / 0, 0, -0.0, 1e-40, -1e-40, 1e30, -1e30,
  1, -1, 0.5, -2.5, 88, -88, 100, -100, 709, -746, 3.5}

-- Each paired with each, as the first or the second of two inputs.
local function make_extremes(count, second)
  local list, n = {}, #EXTREMES
  for k = 1, count do
    list[k] = EXTREMES[(second and k - 1 or (k - 1) // n) % n + 1]
  end
  return tensor(list, "float64")
end

-- Floats of the domain: {low, high}, "nonzero", "distinct", "extreme" and
-- "extreme, second".
local function make_float(count, domain)
  if domain == "extreme" or domain == "extreme, second" then
    return make_extremes(count, domain == "extreme, second")
  end
  local x = tensor.rand({count}, "float64")
  if domain == "distinct" then
    return tensor.randperm(count):double() * (4 / count) - 2.01
  elseif domain == "nonzero" then
    local sign = tensor.randint(0, 1, {count}):double() * 2 - 1
    return (x * 1.7 + 0.3) * sign
  elseif domain == "regular" then
    return x * 0.6 - 0.3
  end
  local low, high = table.unpack(domain or {-2, 2})
  return x * (high - low) + low
end

local function make_integers(count, domain, dtype)
  if domain == "distinct" then
    return tensor.randperm(count)
  elseif domain == "nonzero" then
    local low = tensor.randint(1, 9, {count})
    if RANGES[dtype] then return low end
    return low * (tensor.randint(0, 1, {count}) * 2 - 1)
  elseif domain then
    return tensor.randint(math.ceil(domain[1]), math.floor(domain[2]),
      {count})
  end
  local low, high = table.unpack(RANGES[dtype] or {-9, 9})
  return tensor.randint(low, high, {count})
end

local function make(shape, input)
  local maker = is_float(input.dtype) and make_float or make_integers
  local flat = maker(numel(shape), input.domain, input.dtype)
  return flat:reshape(shape):to(input.dtype)
end

-- The same elements to the reader, laid out otherwise in memory.
local layouts = {}

function layouts.plain(input) return make(input.shape, input) end

function layouts.transposed(input)
  local shape, n = {}, #input.shape
  for d = 1, n do shape[d] = input.shape[n + 1 - d] end
  return make(shape, input).T
end

-- Every second element of the last dim.
function layouts.strided(input)
  local shape, where = {table.unpack(input.shape)}, {}
  for d = 1, #shape do where[d] = {} end
  shape[#shape] = 2 * shape[#shape]
  where[#shape] = {1, -1, 2}
  return make(shape, input)[where]
end

-- The first dim backwards.
function layouts.reversed(input)
  local where = {{-1, 1, -1}}
  for d = 2, #input.shape do where[d] = {} end
  return make(input.shape, input)[where]
end

-- One slice seen along the whole first dim.
function layouts.expanded(input)
  local shape = {table.unpack(input.shape)}
  shape[1] = 1
  return make(shape, input):expand(input.shape)
end

local CANNOT_REPEAT = {distinct = true, regular = true}

-- Adds 1.5, 3, 4.5 ... to the diagonals of matrices of small elements.
local function make_regular(x)
  local rows, columns = x.shape[#x.shape - 1], x.shape[#x.shape]
  local diagonal = tensor.eye(math.max(rows, columns)) * 1.5
    * tensor.arange(math.max(rows, columns))
  x:add_(diagonal[{{1, rows}, {1, columns}}]:to(x.dtype))
end

local function make_input(input, layout)
  local plain = #input.shape == 0 or numel(input.shape) == 0
    or (layout == "expanded" and CANNOT_REPEAT[input.domain])
  local x = layouts[plain and "plain" or layout](input):detach()
  if input.domain == "regular" and x:numel() > 0 then make_regular(x) end
  return is_float(input.dtype) and x:requires_grad_() or x
end

-- Running --------------------------------------------------------------------

-- The arguments with tensors where inputs are named; nil where left out.
local function with_inputs(args, inputs)
  local filled = {n = #args}
  for k, arg in ipairs(args) do
    if type(arg) ~= "table" then
      filled[k] = arg
    elseif arg.input then
      filled[k] = inputs[arg.input]
    elseif arg.infinite then
      filled[k] = arg.infinite * math.huge
    elseif arg ~= cases.NIL then
      local list = with_inputs(arg, inputs)
      list.n = nil
      filled[k] = list
    end
  end
  return filled
end

-- "linalg.inv" -> tensor.linalg.inv
local function function_named(name)
  local value = tensor
  for part in name:gmatch("[^.]+") do value = value[part] end
  return value
end

local function compute(case, inputs, finish)
  local args = with_inputs(case.args, inputs)
  if case.op:find("_$") then args[1] = args[1]:clone() end
  local results = table.pack(function_named(case.op)(table.unpack(args, 1, args.n)))
  if #results == 1 and type(results[1]) == "table" then return results[1] end
  if finish then
    results = table.pack(finish(table.unpack(results, 1, results.n)))
  end
  results.n = nil
  return results
end

-- The sum of all float results, each element with a weight of its own.
local function weighted_sum(results, weights)
  local total
  for k, y in ipairs(results) do
    if tensor.is(y) and is_float(y.dtype) and y.requires_grad then
      weights[k] = (tensor.rand(y.shape, "float64") * 2 - 1):to(y.dtype)
      local term = (y * weights[k]):sum()
      total = total and total + term or term
    end
  end
  return total
end

local saved = {}

local function save_all(id, kind, values)
  local kept = {}
  for k = 1, #values do kept[k] = false end
  for k, x in pairs(values) do
    if tensor.is(x) then
      kept[k] = ("%d.%s%d"):format(id, kind, k)
      saved[kept[k]] = x:detach():contiguous()
    else
      kept[k] = x
    end
  end
  return kept
end

local function run_case(id, case)
  local inputs, weights, gradients = {}, {}, {}
  local finish = case.finish
  case.finish = nil
  for k, input in ipairs(case.inputs) do
    inputs[k] = make_input(input, case.layout)
  end
  case.id, case.inputs = id, save_all(id, "in", inputs)
  local results = compute(case, inputs, finish)
  case.results = save_all(id, "out", results)
  local total = weighted_sum(results, weights)
  for k = 1, #results do weights[k] = weights[k] or false end
  case.weights = save_all(id, "weight", weights)
  if not total then return end
  total:backward()
  for k, x in ipairs(inputs) do gradients[k] = x.grad or false end
  case.gradients = save_all(id, "grad", gradients)
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local folder = assert(arg[1], "usage: nnlua run.lua FOLDER")
tensor.manual_seed(2)
local list, missing = cases.all(native.rows())
for id, case in ipairs(list) do
  local fine, problem = pcall(run_case, id, case)
  if not fine then case.error = tostring(problem) end
end
tensor.save(folder .. "/tensors.safetensors", saved)
write(folder .. "/cases.json",
  native.json_encode({cases = list, missing = missing}))
