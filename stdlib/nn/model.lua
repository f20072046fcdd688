-- nn.Model: a graph of layers that is itself a layer.
--
-- A model made from inputs and outputs keeps
--   inputs, outputs            lists of symbols
--   input_names, output_names  lists of strings, in the same order
--   plan                       how to compute the outputs (see graph.lua)
--   layers                     every layer once, in layer order
-- A model class that defines its own `call` has none of these.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

--- nn.Model{inputs=, outputs=, name=nil}
-- The model that computes `outputs` from `inputs`: symbolic tensors, lists of
-- them, or tables of them by name. Data are then given in the same form. An
-- input is named after its nn.Input, an output after its layer, unless the
-- table names them. A model is a layer: it can be called on tensors and on
-- symbolic tensors, and shares its weights wherever it is used.
-- nn.Model:extend{init=function(self, o) ... end} makes a class of models;
-- its init ends with `nn.Model.init(self, {inputs=, outputs=})`, or the class
-- defines `call`.
--   > x = nn.Input{3}
--   > model = nn.Model{inputs=x, outputs=nn.Dense{2}(x)}
--   > model(tensor.zeros(4, 3)).shape
--   (4, 2)
local Model = Layer:extend {class_name = "Model"}

local SPEC = {
  positional = 0,
  {"inputs", options.any},
  {"outputs", options.any},
  {"name", options.string},
  {"trainable", options.boolean, true},
  {"dtype", options.string, "float32"},
}

function Model.read_options(class, t)
  if class.init == Model.init and class.call == Model.call then
    return options.read(class.class_name, SPEC, t)
  end
  return Layer.read_options(class, t)
end

function Model:init(o)
  if self.call ~= Model.call and not o.outputs then
    return
  end
  if o.inputs == nil or o.outputs == nil then
    self:fail("needs inputs= and outputs=")
  end
  local inputs, input_names = self:symbols("inputs", o.inputs)
  local outputs, output_names = self:symbols("outputs", o.outputs)
  for i, symbol in ipairs(inputs) do
    if #symbol.node.inputs > 0 then
      self:fail("input %d must be an nn.Input, it is the output of %s", i,
        tostring(symbol.node.layer))
    end
  end
  self:set_graph(inputs, outputs)
  self.input_names = input_names or self.input_names
  self.output_names = output_names or self.output_names
  self.config = {inputs = nil, outputs = nil}
end

-- A symbol, a list or a table by name, as a list and the names, if any.
function Model:symbols(what, given)
  if graph.is_symbol(given) then
    return {given}
  end
  if type(given) ~= "table" or next(given) == nil then
    self:fail("%s must be symbolic tensors (nn.Input or what layers make of "
      .. "it), got %s", what, options.show(given))
  end
  local list, names = given, nil
  if given[1] == nil then
    names = {}
    for name in pairs(given) do
      names[#names + 1] = name
    end
    table.sort(names)
    list = {}
    for i, name in ipairs(names) do
      list[i] = given[name]
    end
  end
  for i, symbol in ipairs(list) do
    if not graph.is_symbol(symbol) then
      self:fail("%s[%s] must be a symbolic tensor, got %s", what,
        names and names[i] or i, options.show(symbol))
    end
  end
  return list, names
end

-- Names ----------------------------------------------------------------------

-- Gives layers without a name of their own the next free number: "dense_1".
-- A name another model numbered is kept while it is free here.
function Model:name_layers(layers)
  local taken = {}
  for _, layer in ipairs(layers) do
    if not layer.auto_name then
      if taken[layer.name] then
        self:fail("two layers are named '%s'", layer.name)
      end
      taken[layer.name] = true
    end
  end
  for _, layer in ipairs(layers) do
    if layer.auto_name then
      local base = layer.base_name or layer.name
      local number = 0
      local name = layer.base_name and layer.name
      while not name or taken[name] do
        number = number + 1
        name = base .. "_" .. number
      end
      layer.base_name, layer.name = base, name
      taken[name] = true
    end
  end
end

-- Names of the outputs: those of their layers, numbered where they repeat.
local function names_of(symbols)
  local names, used = {}, {}
  for i, symbol in ipairs(symbols) do
    local name = symbol.node.layer.name
    used[name] = (used[name] or 0) + 1
    names[i] = used[name] > 1 and name .. "_" .. used[name] or name
  end
  return names
end

local function layers_of(inputs, plan)
  local layers, seen = {}, {}
  local function add(layer)
    if not seen[layer] then
      seen[layer] = true
      layers[#layers + 1] = layer
    end
  end
  for _, symbol in ipairs(inputs) do
    add(symbol.node.layer)
  end
  for _, node in ipairs(plan.nodes) do
    add(node.layer)
  end
  return layers
end

-- Makes the model compute `outputs` (a list of symbols) from `inputs`.
function Model:set_graph(inputs, outputs)
  self.plan = graph.plan(inputs, outputs)
  self.inputs, self.outputs = inputs, outputs
  self.input = #inputs == 1 and inputs[1] or inputs
  self.output = #outputs == 1 and outputs[1] or outputs
  self.layers = layers_of(inputs, self.plan)
  self:name_layers(self.layers)
  self.input_names, self.output_names = names_of(inputs), names_of(outputs)
  self.built = true
end

-- Inputs by name, list or tensor ---------------------------------------------

local function is_named(x)
  return type(x) == "table" and x[1] == nil and not graph.is_symbol(x)
end

-- What belongs to `names`, in their order, from a tensor, a list or a table
-- by name. `what` says in errors what is being fed.
function Model:by_name(what, names, given)
  local list = {}
  if tensor.is(given) or graph.is_symbol(given) then
    list[1] = given
  elseif is_named(given) then
    for key in pairs(given) do
      local known = false
      for _, name in ipairs(names) do
        known = known or name == key
      end
      if not known then
        self:fail("has no %s named %s%s", what, options.show(key),
          options.hint(key, names))
      end
    end
    for i, name in ipairs(names) do
      list[i] = given[name]
      if list[i] == nil then
        self:fail("nothing is given for %s '%s'", what, name)
      end
    end
  elseif type(given) == "table" then
    list = given
  else
    self:fail("%s must be a tensor, a list of tensors or a table by name, "
      .. "got %s", what, options.show(given))
  end
  if #list ~= #names then
    self:fail("has %d %s%s (%s), got %d", #names, what,
      #names == 1 and "" or "s", table.concat(names, ", "), #list)
  end
  return list
end

-- The arguments of a call: as for layers, or inputs by name.
function Model:arguments(first, ...)
  if is_named(first) and self.input_names then
    return self:by_name("input", self.input_names, first), ...
  end
  return Layer.arguments(self, first, ...)
end

-- Computing ------------------------------------------------------------------

-- "layer 3 (Dense 'dense_2')".
function Model:place(layer)
  for i, other in ipairs(self.layers) do
    if other == layer then
      return string.format("layer %d (%s)", i, tostring(layer))
    end
  end
  return tostring(layer)
end

-- Runs the graph on a list of tensors; returns the list of outputs.
function Model:run(values)
  return graph.run(self.plan, values, function(layer)
    return self:place(layer)
  end)
end

-- Fails unless the sizes fit those that the inputs were declared with.
function Model:check_inputs(values)
  if #values ~= #self.inputs then
    self:fail("has %d inputs (%s), got %d", #self.inputs,
      table.concat(self.input_names, ", "), #values)
  end
  for i, x in ipairs(values) do
    local declared, shape = self.inputs[i].shape, x.shape
    local fits = x.ndim == #declared + 1
    for dim = 1, fits and #declared or 0 do
      fits = fits and (declared[dim] == -1 or declared[dim] == shape[dim + 1])
    end
    if not fits then
      self:fail("input '%s' must be %s, got %s", self.input_names[i],
        graph.shape_text(declared), tostring(shape))
    end
  end
end

function Model:call(x)
  local values = type(x) == "table" and x or {x}
  self:check_inputs(values)
  local outputs = self:run(values)
  if #outputs == 1 then
    return outputs[1]
  end
  for i, name in ipairs(self.output_names) do
    outputs[name] = outputs[i]
  end
  return outputs
end

function Model:compute_output_shape(shape)
  if not self.plan then
    return Layer.compute_output_shape(self, shape)
  end
  local shapes = type(shape[1]) == "table" and shape or {shape}
  if #shapes ~= #self.inputs then
    self:fail("has %d inputs, got %d", #self.inputs, #shapes)
  end
  local outputs = graph.propagate(self.plan, shapes)
  return #outputs == 1 and outputs[1] or outputs
end

-- Makes sure that the graph is there, for data given as a list of tensors.
function Model:ensure_graph() end

-- Layers and weights ---------------------------------------------------------

function Model:sublayers()
  if not self.layers then
    return Layer.sublayers(self)
  end
  local list = {}
  for i, layer in ipairs(self.layers) do
    list[i] = {name = layer.name, layer = layer}
  end
  return list
end

--- nn.Model:get_layer(name_or_index)
-- The layer of that name, or the layer at that position (from 1; negative
-- from the end) in summary order.
--   > model = nn.Sequential{nn.Dense{3}, nn.Dense{2, name="last"}}
--   > model:get_layer("last") == model:get_layer(-1)
--   true
function Model:get_layer(key)
  local names, list = {}, self:sublayers()
  if math.type(key) == "integer" then
    local entry = list[key < 0 and #list + 1 + key or key]
    if entry then
      return entry.layer
    end
    self:fail("has %d layers, there is no layer %d", #list, key)
  end
  for i, entry in ipairs(list) do
    if entry.layer.name == key then
      return entry.layer
    end
    names[i] = entry.layer.name
  end
  self:fail("has no layer %s%s", options.show(key), options.hint(key, names))
end

-- The functions of the other files, which are methods of every model.
for _, part in ipairs {
  "nn.compile",
  "nn.training",
  "nn.fit",
  "nn.summary",
  "nn.saving",
} do
  for name, f in pairs(require(part).methods) do
    Model[name] = f
  end
end

-- Fails before a symbol is used where values are needed.
function Model:require_graph(what)
  if not self.plan then
    native.fail("%s: %s has no shapes yet: give input_shape to its first "
      .. "layer, or call it once", what, tostring(self))
  end
end

return Model
