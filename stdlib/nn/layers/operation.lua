-- nn.layers.operation: tensor operations as layers. Operators and methods of
-- symbolic tensors make them; a saved model keeps an operation's name and its
-- arguments.
--
-- Arguments are kept as plain data: a number, text or boolean as it is, and
-- tables for all else:
--   {input=k}               the k-th input of the layer
--   {constant=k, ...}       a tensor, a weight of the layer
--   {list={...}}, {map={}}  a table
--   {number="inf"}          a number that JSON cannot write
--   {absent=true}           nil
-- Names that a file may use are those of the operation table: they compute,
-- and do nothing else.

local Layer = require("nn.layer")
local autograd = require("autograd")
local graph = require("nn.graph")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

-- Operations by name -----------------------------------------------------------

-- Functions by name, and which of them work element by element.
local functions, elementwise

local function load_functions()
  functions, elementwise = {}, {}
  for _, row in ipairs(native.rows()) do
    if not row.internal and not row.in_place then
      functions[row.name] = row.call
      elementwise[row.name] = row.elementwise
    end
  end
  function functions.index(x, key) return x[key] end
end

-- The function of that name, or nil.
local function find(name)
  if not functions then load_functions() end
  local loss = name:match("^losses%.([%w_]+)$")
  if loss then
    local losses = require("nn.losses.lookup")
    local f = losses.find(loss)
    return f and losses.name_of(f) == loss and f or nil
  end
  return functions[name]
end

local name_check = {
  description = "the name of a tensor operation",
  test = function(value)
    return type(value) == "string" and find(value) ~= nil, value
  end,
}

local Operation = Layer:extend {
  class_name = "Operation",
  takes_any_shape = true,
  options = {
    {"operation", name_check, options.required},
    {"operands", options.table, options.required},
  },
}

-- Arguments --------------------------------------------------------------------

-- Calls visit(argument) for every tagged table among the arguments.
local function each(arguments, visit)
  for _, argument in pairs(arguments) do
    if type(argument) == "table" then
      visit(argument)
      each(argument.list or argument.map or {}, visit)
    end
  end
end

local function encode_number(value)
  local finite = value == value and value - value == 0
  return finite and value or {number = tostring(value)}
end

local NUMBERS = {inf = math.huge, ["-inf"] = -math.huge}

-- Encodes values; gathers the symbols and the tensors that it meets.
local Encoder = {}
Encoder.__index = Encoder

function Encoder:input(symbol)
  if not self.position[symbol] then
    self.inputs[#self.inputs + 1] = symbol
    self.position[symbol] = #self.inputs
  end
  return {input = self.position[symbol]}
end

function Encoder:constant(x)
  self.constants[#self.constants + 1] = x
  local shape = {}
  for dim = 1, x.ndim do shape[dim] = x.shape[dim] end
  return {
    constant = #self.constants, shape = shape, dtype = x.dtype,
    trained = x.requires_grad,
  }
end

function Encoder:table(t)
  local copy, named = {}, false
  for key, value in pairs(t) do
    if type(key) ~= "string" and math.type(key) ~= "integer" then
      native.fail("%s: a table among the arguments has %s as a key", self.name,
        options.show(key))
    end
    named = named or type(key) == "string"
    copy[key] = self:encode(value)
  end
  for key in pairs(named and t or {}) do
    if type(key) ~= "string" then
      native.fail("%s: a table among the arguments mixes positions and names",
        self.name)
    end
  end
  return named and {map = copy} or {list = copy}
end

function Encoder:encode(value)
  local kind = type(value)
  if graph.is_symbol(value) then return self:input(value) end
  if tensor.is(value) then return self:constant(value) end
  if kind == "number" then return encode_number(value) end
  if kind == "string" or kind == "boolean" then return value end
  if kind == "nil" then return {absent = true} end
  if kind == "table" and not Layer.is(value) then return self:table(value) end
  native.fail("%s: on symbolic tensors it takes numbers, strings, tables and "
    .. "tensors, got %s", self.name, options.show(value))
end

local function decode(self, argument, inputs)
  if type(argument) ~= "table" then return argument end
  if argument.input then return inputs[argument.input] end
  if argument.constant then return self["constant_" .. argument.constant] end
  if argument.number then return NUMBERS[argument.number] or 0 / 0 end
  local given = argument.list or argument.map
  if not given then return nil end
  local copy = {}
  for key, value in pairs(given) do copy[key] = decode(self, value, inputs) end
  return copy
end

-- The layer ----------------------------------------------------------------------

-- Constants begin as zeros: `apply` or the file's weights replace them.
local function new_constant(self, argument)
  local shape_ok, shape = options.shape.test(argument.shape)
  if not shape_ok or math.type(argument.constant) ~= "integer" then
    self:fail("its arguments are damaged")
  end
  self:add_weight("constant_" .. argument.constant, shape, function(sizes)
    return tensor.zeros(sizes, argument.dtype)
  end, {trainable = argument.trained == true})
end

function Operation:init(o)
  if self.auto_name then self.name = o.operation:gsub("%.", "_") end
  self.compute = find(o.operation)
  self.count = #self.operands
  each(self.operands, function(argument)
    if argument.constant then new_constant(self, argument) end
  end)
end

function Operation:call(x)
  local inputs, values = type(x) == "table" and x or {x}, {}
  for i = 1, self.count do
    values[i] = decode(self, self.operands[i], inputs)
  end
  local results = table.pack(self.compute(table.unpack(values, 1, self.count)))
  return results.n == 1 and results[1] or results
end

-- Shapes -------------------------------------------------------------------------

-- Zeros for inputs of those shapes: `batch` samples, `open` for open sizes.
local function zeros_for(shapes, dtypes, batch, open)
  local list = {}
  for i, shape in ipairs(shapes) do
    local sizes = {not shape.batchless and batch or nil}
    for _, size in ipairs(shape) do
      local free = shape.batchless and batch or open
      sizes[#sizes + 1] = size == -1 and free or size
    end
    list[i] = tensor.zeros(sizes, dtypes[i] or "float32")
  end
  return list
end

-- What two runs with different sizes have in common. Where sizes are open, one
-- of 0 may be a slice that began behind the end of what was tried.
local function common_shape(self, a, b, has_open)
  local shape, first = {dtype = a.dtype}, 1
  if a.ndim > 0 and a.shape[1] == 2 and b.shape[1] == 3 then
    first = 2
  else
    shape.batchless = true
    if a.ndim > 0 and a.shape[1] ~= b.shape[1] then
      self:fail("its result %s, for 2 samples, does not keep the samples along "
        .. "dim 1", tostring(a.shape))
    end
  end
  for dim = first, a.ndim do
    local size = a.shape[dim]
    local known = size == b.shape[dim] and (size > 0 or not has_open)
    shape[#shape + 1] = known and size or -1
  end
  return shape
end

-- Elements of all inputs where open sizes are `open`, for one sample.
local function elements(shapes, open)
  local total = 0
  for _, shape in ipairs(shapes) do
    local count = 1.0
    for _, size in ipairs(shape) do
      count = count * (size == -1 and open or size)
    end
    total = total + count
  end
  return total
end

local function probe(self, shapes, dtypes, open)
  local function run(batch)
    return autograd.no_grad(self.call, self,
      zeros_for(shapes, dtypes, batch, open + batch), {training = false})
  end
  local a, b = run(2), run(3)
  local has_open = elements(shapes, 1) ~= elements(shapes, 2)
  if tensor.is(a) then return common_shape(self, a, b, has_open) end
  local list = {}
  for i, x in ipairs(a) do list[i] = common_shape(self, x, b[i], has_open) end
  return list
end

-- Element by element on equal shapes and plain numbers: nothing need be run
-- but one element, for the dtype.
local function simple_shape(self, shapes, dtypes)
  if not elementwise[self.operation] or #self.weights > 0 then return nil end
  for i = 2, #shapes do
    if graph.shape_text(shapes[i]) ~= graph.shape_text(shapes[1]) then
      return nil
    end
  end
  local ones = {}
  for i, dtype in ipairs(dtypes) do ones[i] = tensor.zeros({1}, dtype) end
  local y = autograd.no_grad(self.call, self, ones, {training = false})
  local shape = table.move(shapes[1], 1, #shapes[1], 1, {})
  shape.dtype, shape.batchless = y.dtype, shapes[1].batchless
  return shape
end

-- Open sizes are tried as LARGEST, for the sake of indices, or smaller where
-- the inputs of a sample would have more elements than ENOUGH; if that fails,
-- as LARGEST unless they would have more than MOST.
local LARGEST, ENOUGH, MOST = 300, 1 << 20, 1 << 25

-- The sizes to try, a list.
local function open_sizes(shapes)
  local open = LARGEST
  while open > 1 and elements(shapes, open) > ENOUGH do open = open // 2 end
  local again = open < LARGEST and elements(shapes, LARGEST) <= MOST
  return {open, again and LARGEST or nil}
end

function Operation:compute_output_shape(shape, dtypes)
  local shapes = type(shape[1]) == "table" and shape or {shape}
  dtypes = dtypes or self.input_dtypes or {}
  for i = 1, #shapes do dtypes[i] = dtypes[i] or self.dtype end
  self.input_dtypes = dtypes
  local simple = simple_shape(self, shapes, dtypes)
  if simple then return simple end
  local problem
  for _, open in ipairs(open_sizes(shapes)) do
    local ok, result = pcall(probe, self, shapes, dtypes, open)
    if ok then return result end
    problem = result
  end
  error(problem, 0)
end

-- On symbols ---------------------------------------------------------------------

-- Raises the error again with the shapes of the symbols.
local function refuse(inputs, err)
  if type(err) ~= "string" then error(err, 0) end
  local shapes = {}
  for i, symbol in ipairs(inputs) do
    shapes[i] = graph.shape_text(symbol.shape)
  end
  error(native.add_context(err, ("on symbolic %s, tried with 2 samples"):format(
    table.concat(shapes, " and "))), 0)
end

-- The symbol (or symbols, or list of them) that operation `name` gives for
-- arguments among which are symbols.
function Operation.apply(name, ...)
  local encoder = setmetatable({
    name = name, inputs = {}, constants = {}, position = {},
  }, Encoder)
  local operands = {}
  for i = 1, select("#", ...) do
    operands[i] = encoder:encode((select(i, ...)))
  end
  local layer = Operation {operation = name, operands = operands}
  for i, x in ipairs(encoder.constants) do layer["constant_" .. i] = x end
  local single = #encoder.inputs == 1 and encoder.inputs[1]
  local ok, result = pcall(graph.connect, layer, single or encoder.inputs)
  if not ok then refuse(encoder.inputs, result) end
  if graph.is_symbol(result) then return result end
  local listed = name == "split" or name == "chunk" or name == "unbind"
  if listed then return result end
  return table.unpack(result)
end

-- What x.key is for a symbol: its number of dims, a method of tensors, or
-- what an index picks.
function Operation.member(x, key)
  if key == "ndim" then
    return #x.shape + (x.shape.batchless and 0 or 1)
  end
  if type(key) ~= "string" or key:find("[^%w_]") then
    return Operation.apply("index", x, key)
  end
  if find(key) and key ~= "index" then
    return function(...) return Operation.apply(key, ...) end
  end
end

return Operation
