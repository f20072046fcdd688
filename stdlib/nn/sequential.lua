-- nn.Sequential: layers one after the other.
--
-- The layers wait in `stack`. The graph is made as soon as the shape of one
-- sample is known: from the first layer's input_shape, from nn.Input, or from
-- the first data. Its symbols are the `chain`: the input, then what each layer
-- makes of it. The plan grows and shrinks with it, a step at a time.

local Model = require("nn.model")
local Layer = require("nn.layer")
local graph = require("nn.graph")
local names = require("nn.names")
local native = require("native")
local options = require("options")

--- nn.Sequential{layer, layer, ..., name=nil}
-- A model that applies its layers in turn. The shapes follow from the first
-- layer's input_shape, from an nn.Input in first place, or from the first
-- data. `model:add(layer)` and `model:pop()` change it.
--   > model = nn.Sequential{nn.Dense{4, input_shape={3}}, nn.Dense{2}}
--   > model(tensor.zeros(5, 3)).shape
--   (5, 2)
local Sequential = Model:extend {class_name = "Sequential"}

local SPEC = {
  positional = 0,
  {"name", options.string},
  {"trainable", options.boolean, true},
  {"dtype", options.string, "float32"},
  {"layers", options.table},
}

function Sequential.read_options(class, t)
  if t ~= nil and type(t) ~= "table" or Layer.is(t) then
    t = {t}
  end
  local layers, named = {}, {}
  for key, value in pairs(t or {}) do
    (math.type(key) == "integer" and layers or named)[key] = value
  end
  if class.init ~= Sequential.init then
    return Layer.read_options(class, t)
  end
  options.no_holes(class.class_name, "layer", layers)
  local o = options.read(class.class_name, SPEC, named)
  o.layers = nil
  o.stack = layers
  return o
end

function Sequential:init(o)
  local layers = o.stack or {}
  self.stack, self.config = {}, {}
  self.layers = self.stack
  for i, layer in ipairs(layers) do
    if Layer.is(layer) and not layer.auto_name and layers[i] ~= self then
      names.add(self, layer)
    end
  end
  for _, layer in ipairs(layers) do
    self:add(layer)
  end
end

-- The input layer for samples of that shape.
local function new_input(shape, dtype)
  return require("nn.layers.input") {shape = shape, dtype = dtype}
end

-- Extends the chain of symbols by the layer at `position` of the stack.
local function connect(self, position)
  local layer = self.stack[position]
  local ok, result = pcall(graph.connect, layer, self.chain[#self.chain])
  if not ok then
    if type(result) == "string" then
      local place = string.format("layer %d (%s)", position, tostring(layer))
      result = native.add_context(result, "in "
        .. graph.place_for(result, layer, place))
    end
    error(result, 0)
  end
  self.chain[#self.chain + 1] = result
end

-- The symbols at the end of the chain, as a list.
local function last_symbols(self)
  local last = self.chain[#self.chain]
  return graph.is_symbol(last) and {last} or last
end

-- Makes the graph, once the shape of one sample is known.
local function start(self, symbol)
  self.chain = {symbol}
  for position = 1, #self.stack do
    connect(self, position)
  end
  self:set_graph({symbol}, last_symbols(self))
end

-- The layers of a Sequential leave the input out.
function Sequential:set_graph(inputs, outputs)
  Model.set_graph(self, inputs, outputs)
  self.layers = self.stack
end

function Sequential:add_loss(value)
  Model.add_loss(self, value)
  self.layers = self.stack
end

-- Brings the graph to the layer that was added.
local function grow(self)
  local ok, err = pcall(connect, self, #self.stack)
  if not ok then
    names.remove(self, table.remove(self.stack))
    error(err, 0)
  end
  local outputs = last_symbols(self)
  if self.plan then
    graph.extend(self.plan, outputs)
    self:set_outputs(outputs)
  else
    self:set_graph({self.chain[1]}, outputs)
  end
end

-- The shape and dtype of the samples that a first layer takes, where it tells:
-- its input_shape, or the input of a model.
local function known_input(layer)
  if layer.input_shape then
    return layer.input_shape, layer.input_dtype or layer.dtype
  elseif layer.plan and #layer.inputs == 1 then
    return layer.inputs[1].shape, layer.inputs[1].dtype
  end
end

-- Whether `layer` is or contains the model.
local function contains(layer, model, seen)
  if layer == model then
    return true
  end
  seen[layer] = true
  for _, sub in ipairs(layer:sublayers()) do
    if not seen[sub.layer] and contains(sub.layer, model, seen) then
      return true
    end
  end
  return false
end

--- nn.Sequential:add(layer)
-- Appends a layer (or, first of all, an nn.Input).
--   > model = nn.Sequential()
--   > model:add(nn.Dense{4, input_shape={3}})
--   > #model.layers
--   1
function Sequential:add(layer)
  if graph.is_symbol(layer) and #self.stack == 0 and not self.chain then
    self.chain = {layer}
    return
  end
  if not Layer.is(layer) then
    self:fail("layer %d must be a layer, got %s", #self.stack + 1,
      options.show(layer))
  end
  if contains(layer, self, {}) then
    self:fail("cannot be a layer of itself: %s is or contains it",
      tostring(layer))
  end
  names.add(self, layer)
  self.stack[#self.stack + 1] = layer
  local shape, dtype = known_input(layer)
  if not self.chain and shape then
    self.chain = {new_input(shape, dtype)}
  end
  if self.chain then
    grow(self)
  end
end

--- nn.Sequential:pop()
-- Takes the last layer off and returns it.
--   > model = nn.Sequential{nn.Dense{4}, nn.Dense{2}}
--   > model:pop().units
--   2
function Sequential:pop()
  if #self.stack == 0 then
    self:fail("there is no layer to take off")
  end
  local layer = table.remove(self.stack)
  if not names.find(self.stack, layer) then
    names.remove(self, layer)
  end
  if not self.chain then
    return layer
  end
  table.remove(self.chain)
  if #self.stack == 0 then
    self.plan, self.built = nil, false
  else
    graph.shorten(self.plan, last_symbols(self))
    self:set_outputs(last_symbols(self))
  end
  return layer
end

function Sequential:build(shape)
  if #self.stack == 0 then
    self:fail("has no layers")
  end
  local first = self.stack[1]
  start(self, new_input(shape, first.input_dtype or first.dtype))
end

-- Makes the graph from the first data, a list of tensors.
function Sequential:ensure_graph(values)
  if not self.plan then
    self:ensure_built(self:sample_shape(values[1]))
  end
end

-- Layers that only a term of the loss needs come after those of the stack.
local function loss_layers(self)
  local list = {}
  for _, node in ipairs(self.terms and self:whole_plan().nodes or {}) do
    list[#list + 1] = node.layer
  end
  return list
end

function Sequential:sublayers()
  local list, seen = {}, {}
  for _, layer in ipairs(names.joined(self.stack, loss_layers(self))) do
    if not seen[layer] then
      seen[layer] = true
      list[#list + 1] = {name = self:name_of(layer), layer = layer}
    end
  end
  return list
end

function Sequential:require_built()
  if not self.plan then
    self:fail("its weights are made at first use: give input_shape to the "
      .. "first layer, or call it once")
  end
end

require("nn.colon")(Sequential, "model", {"add", "pop"})

return Sequential
