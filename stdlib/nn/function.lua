-- nn.Function: any part of a graph as a function.

local Model = require("nn.model")
local graph = require("nn.graph")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

local SPEC = {
  positional = 2,
  {"inputs", options.any, options.required},
  {"outputs", options.any, options.required},
}

local Function = {__name = "nn.Function"}

-- A name for each symbol of a list: its layer's.
local function names_of(symbols)
  local list = {}
  for i, symbol in ipairs(symbols) do list[i] = symbol.node.layer.name end
  return list
end

--- nn.Function{inputs=, outputs=}
-- The function that computes symbolic tensors from others (Keras's
-- K.function): from the inputs of a model, or from symbols within it, to any
-- outputs of its layers: layer.output, model:get_layer(name).output. Both are
-- a symbol, a list or a table by name.
-- f(x, ...), f({x, ...}) and f({name=x}) take tensors; the result is a
-- tensor, a list or a table by name, as `outputs` was. A table of options may
-- follow: f(x, {training=true}). Layers compute as they do by hand, and
-- gradients are recorded.
-- Errors: outputs that need an input which is not given.
--   > model = nn.Sequential{nn.Dense{4, input_shape={3}}, nn.Dense{2}}
--   > hidden = model:get_layer("dense_1").output
--   > f = nn.Function{inputs=model.input, outputs=hidden}
--   > f(tensor.zeros(5, 3)).shape
--   (5, 4)
local function new_function(t)
  local o = options.read("nn.Function", SPEC, t)
  local self = setmetatable({}, Function)
  local inputs, outputs
  inputs, self.input_names = self:symbols("inputs", o.inputs)
  outputs, self.output_names = self:symbols("outputs", o.outputs)
  self.inputs, self.outputs = inputs, outputs
  self.input_names = self.input_names or names_of(inputs)
  self.single = graph.is_symbol(o.outputs)
  self.plan = graph.plan(inputs, outputs)
  return self
end

Function.__index = Function
Function.symbols, Function.by_name = Model.symbols, Model.by_name
Function.check_inputs = Model.check_inputs

function Function:__tostring() return "nn.Function" end

function Function:fail(format, ...)
  native.fail("%s: %s", tostring(self), format:format(...))
end

-- The tensors of a call, in order, and its options.
local function arguments(self, first, ...)
  local rest = table.pack(...)
  if not tensor.is(first) then
    return self:by_name("input", self.input_names, first), rest[1]
  end
  local list, opts = {first}, nil
  for i = 1, rest.n do
    if tensor.is(rest[i]) then
      list[#list + 1] = rest[i]
    elseif i == rest.n then
      opts = rest[i]
    else
      self:fail("argument %d must be a tensor, got %s", i + 1,
        options.show(rest[i]))
    end
  end
  return self:by_name("input", self.input_names, list), opts
end

local function converted(self, values)
  local list = {}
  for i, x in ipairs(values) do
    if not tensor.is(x) then
      self:fail("input '%s' must be a tensor, got %s", self.input_names[i],
        options.show(x))
    end
    local dtype = self.inputs[i].dtype
    list[i] = x.dtype == dtype and x or x:to(dtype)
  end
  self:check_inputs(list)
  return list
end

local CALL = {
  positional = 0,
  {"training", options.boolean},
}

local function run(self, values)
  local results = graph.run(self.plan, values, tostring)
  if self.single then return results[1] end
  if not self.output_names then return results end
  local named = {}
  for i, name in ipairs(self.output_names) do named[name] = results[i] end
  return named
end

function Function:__call(...)
  local values, opts = arguments(self, ...)
  local training = options.read("nn.Function", CALL, opts).training
  local list = converted(self, values)
  if training == nil then return run(self, list) end
  local before = native.set_training(training)
  local results = table.pack(pcall(run, self, list))
  native.set_training(before)
  if not results[1] then error(results[2], 0) end
  return results[2]
end

return new_function
