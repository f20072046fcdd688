-- nn.Model: a graph of layers that is itself a layer.
--
-- A model made from inputs and outputs keeps
--   inputs, outputs            lists of symbols
--   input_names, output_names  lists of strings, in the same order
--   plan                       how to compute the outputs (see graph.lua)
--   layers                     every layer once, in layer order
--   layer_names                what each layer is called here
--   terms, loss_plan           symbols added to the loss; how to compute the
--                              outputs and them
-- A model class that defines its own `call` has none of these.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local names = require("nn.names")
local native = require("native")
local options = require("options")
local step = require("nn.step")
local tensor = require("tensor")

--- nn.Model{inputs=, outputs=, name=nil}
-- The model that computes `outputs` from `inputs`: symbolic tensors, lists of
-- them, or tables of them by name; nn.Model{inputs, outputs} for short. Data
-- are then given in the same form. An
-- input is named after its nn.Input, an output after its layer, unless the
-- table names them. A model is a layer: it can be called on tensors and on
-- symbolic tensors, and shares its weights wherever it is used.
-- Symbolic tensors can be computed with: operators (+ - * / // % ^), indices
-- that keep dim 1, x[{{}, 1}], and tensor operations, x:relu() or
-- tensor.concat({x, y}, 2), become layers that are saved by name.
-- nn.Model:extend{init=function(self, o) ... end} makes a class of models;
-- its init ends with `self:graph{inputs=, outputs=}`, or the class defines
-- `call`.
--   > x = nn.Input{3}
--   > model = nn.Model{inputs=x, outputs=nn.Dense{2}(x)}
--   > model(tensor.zeros(4, 3)).shape
--   (4, 2)
local Model = Layer:extend {class_name = "Model"}

local SPEC = {
  positional = 2,
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
  if o.inputs ~= nil or o.outputs ~= nil then
    self:graph {inputs = o.inputs, outputs = o.outputs}
  elseif self.call == Model.call then
    self:fail("needs inputs= and outputs=")
  end
end

local GRAPH = {
  positional = 0,
  {"inputs", options.any},
  {"outputs", options.any},
}

--- nn.Model:graph{inputs=, outputs=}
-- Makes the model compute `outputs` from `inputs`, as nn.Model{inputs=,
-- outputs=} does: the last line of the init of a class of models. Such a
-- model is saved as its graph, and loaded as an nn.Model.
--   > Net = nn.Model:extend{class_name="Net"}
--   > x, y = nn.Input{3}, nn.Dense{2}
--   > function Net:init() self:graph{inputs=x, outputs=y(x)} end
--   > Net()(tensor.zeros(5, 3)).shape
--   (5, 2)
function Model:graph(t)
  local o = options.read(tostring(self), GRAPH, t)
  if o.inputs == nil or o.outputs == nil then
    self:fail("needs inputs= and outputs=")
  end
  local inputs, input_names = self:symbols("inputs", o.inputs)
  local outputs, output_names = self:symbols("outputs", o.outputs)
  local seen = {}
  for i, symbol in ipairs(inputs) do
    if #symbol.node.inputs > 0 then
      self:fail("input %d must be an nn.Input, it is the output of %s", i,
        tostring(symbol.node.layer))
    elseif seen[symbol] then
      self:fail("input %d is input %d once more", i, seen[symbol])
    end
    seen[symbol] = i
  end
  self:set_graph(inputs, outputs)
  self.input_names = input_names or self.input_names
  self.output_names = output_names or self.output_names
  self.config = {}
end

-- A symbol, a list or a table by name, as a list and the names, if any.
function Model:symbols(what, given)
  if graph.is_symbol(given) then
    return {given}
  end
  if type(given) ~= "table" or next(given) == nil or Layer.is(given) then
    self:fail("%s must be symbolic tensors (nn.Input or what layers make of "
      .. "it), got %s", what, options.show(given))
  end
  local list, keys = given, nil
  if given[1] == nil then
    keys = names.sorted_keys(given)
    list = {}
    for i, key in ipairs(keys) do
      if type(key) ~= "string" then
        self:fail("%s must be a list without holes or a table by name", what)
      end
      list[i] = given[key]
    end
  end
  for i, symbol in ipairs(list) do
    if not graph.is_symbol(symbol) then
      self:fail("%s[%s] must be a symbolic tensor, got %s", what,
        keys and options.show(keys[i]) or i, options.show(symbol))
    end
  end
  return table.move(list, 1, #list, 1, {}), keys
end

-- The graph ------------------------------------------------------------------

-- Names of the outputs: those of their layers, numbered where they repeat.
local function names_of(self, symbols)
  local list, used = {}, {}
  for i, symbol in ipairs(symbols) do
    local name = self:name_of(symbol.node.layer)
    used[name] = (used[name] or 0) + 1
    list[i] = used[name] > 1 and name .. "_" .. used[name] or name
  end
  return list
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

-- The name of a layer in this model: its own, unless that is taken here.
function Model:name_of(layer)
  return self.layer_names and self.layer_names[layer] or layer.name
end

-- Notes the symbols that the model computes; its plan does so already.
function Model:set_outputs(outputs)
  for i, symbol in ipairs(outputs) do
    if symbol.shape.batchless then
      self:fail("output %d, %s, has no batch dim: a term of the loss is added "
        .. "with model:add_loss(symbol)", i, tostring(symbol))
    end
  end
  self.outputs = outputs
  self.output = #outputs == 1 and outputs[1] or outputs
  self.output_names = names_of(self, outputs)
  self.loss_plan = nil
  self:unsettle()
end

-- The graph changed: which weights are trained is settled anew, in the next
-- training step.
function Model:unsettle()
  if self.compiled then
    self.compiled.settled = false
  end
end

-- Makes the model compute `outputs` (a list of symbols) from `inputs`.
function Model:set_graph(inputs, outputs)
  self.plan = graph.plan(inputs, outputs)
  self.inputs = inputs
  self.input = #inputs == 1 and inputs[1] or inputs
  self.layers = layers_of(inputs, self.plan)
  names.assign(self, self.layers)
  self.input_names = names_of(self, inputs)
  self:set_outputs(outputs)
  self.built = true
end

--- nn.Model:add_loss(value)
-- Adds a term to what training minimises: a symbolic tensor that depends on
-- the model's inputs, of shape () or one value a sample (the mean counts).
-- The layers it needs become part of the model, and it is saved with it.
-- Within a model's own `call`, a tensor: see nn.Layer:add_loss.
--   > x = nn.Input{2}
--   > model = nn.Model{inputs=x, outputs=nn.Activation{"linear"}(x)}
--   > model:add_loss((x ^ 2):sum(2) * 10)
--   > model:compile{}
--   > model:evaluate(tensor({{1, 2}}))
--   50.0
function Model:add_loss(value)
  if not graph.is_symbol(value) then
    return Layer.add_loss(self, value)
  end
  self:require_graph("add_loss")
  local shape = value.shape
  if #shape > (shape.batchless and 1 or 0) then
    self:fail("add_loss: a term must be a 0-d tensor or one value a sample, "
      .. "got %s", graph.shape_text(shape))
  end
  local terms = table.move(self.terms or {}, 1, #(self.terms or {}), 1, {})
  terms[#terms + 1] = value
  local plan = graph.plan(self.inputs, names.joined(self.outputs, terms))
  self.terms, self.loss_plan = terms, plan
  self:unsettle()
  self.layers = layers_of(self.inputs, plan)
  names.assign(self, self.layers)
end

-- The plan for the outputs and, after them, the terms of the loss.
local function full_plan(self)
  self.loss_plan = self.loss_plan
    or graph.plan(self.inputs, names.joined(self.outputs, self.terms))
  return self.loss_plan
end

-- The plan with everything that belongs to the model.
function Model:whole_plan()
  return self.terms and full_plan(self) or self.plan
end

-- Inputs by name, list or tensor ---------------------------------------------

local function is_named(x)
  return type(x) == "table" and not graph.is_symbol(x) and x[1] == nil
    and next(x) ~= nil
end

-- What belongs to each name of `wanted`, in their order, from a tensor, a list
-- or a table by name. `what` says in errors what is being fed.
function Model:by_name(what, wanted, given)
  local list = {}
  if tensor.is(given) or graph.is_symbol(given) then
    list[1] = given
  elseif is_named(given) then
    for _, key in ipairs(names.sorted_keys(given)) do
      if not names.find(wanted, key) then
        self:fail("has no %s named %s%s: there is %s", what, options.show(key),
          options.hint(key, wanted), table.concat(wanted, ", "))
      end
    end
    for i, name in ipairs(wanted) do
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
  if #list ~= #wanted then
    self:fail("has %d %s%s (%s), got %d", #wanted, what,
      #wanted == 1 and "" or "s", table.concat(wanted, ", "), #list)
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

local function run(self, plan, values)
  return graph.run(plan, values, function(layer)
    return self:place(layer)
  end)
end

-- The outputs, once the terms of the loss have been handed on.
local function run_with_terms(self, values)
  local results, outputs = run(self, full_plan(self), values), {}
  for i, result in ipairs(results) do
    if i <= #self.outputs then
      outputs[i] = result
    else
      step.add(result)
    end
  end
  return outputs
end

local function run_graph(self, values)
  if self.terms and step.is_collecting() then
    return run_with_terms(self, values)
  end
  return run(self, self.plan, values)
end

-- Runs the graph on a list of tensors; returns the list of outputs, which have
-- as many samples.
function Model:run(values)
  local outputs, samples = step.inside(self, run_graph, values), #values[1]
  for i, y in ipairs(outputs) do
    if y.ndim == 0 or #y ~= samples then
      self:fail("output '%s' has shape %s for %d samples: a layer before it "
        .. "mixes the samples along dim 1 with others", self.output_names[i],
        tostring(y.shape), samples)
    end
  end
  return outputs
end

-- Fails unless the sizes fit those that the inputs were declared with.
function Model:check_inputs(values)
  if not self.inputs then
    self:fail("has no graph: end its init with self:graph{inputs=, outputs=}, "
      .. "or define call")
  end
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
    if #x ~= #values[1] then
      self:fail("input '%s' has %d samples but input '%s' has %d",
        self.input_names[1], #values[1], self.input_names[i], #x)
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
    list[i] = {name = self:name_of(layer), layer = layer}
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
  local known, list = {}, self:sublayers()
  if math.type(key) == "integer" then
    local entry = list[key < 0 and #list + 1 + key or key]
    if entry then
      return entry.layer
    end
    self:fail("has %d layers, there is no layer %d", #list, key)
  end
  for i, entry in ipairs(list) do
    if entry.name == key then
      return entry.layer
    end
    known[i] = entry.name
  end
  self:fail("has no layer %s%s (its layers: %s)", options.show(key),
    options.hint(key, known), names.some(known))
end

-- The functions of the other files, which are methods of every model.
for _, part in ipairs {
  "nn.compile",
  "nn.evaluate",
  "nn.fit",
  "nn.summary",
  "nn.plot_model",
  "nn.weights",
  "nn.saving",
} do
  for name, f in pairs(require(part).methods) do
    Model[name] = f
  end
end

require("nn.colon")(Model, "model", {
  "compile", "fit", "evaluate", "predict", "predict_on_batch",
  "train_on_batch", "test_on_batch", "summary", "plot", "get_layer", "save",
  "save_weights", "load_weights", "state_dict", "load_state_dict",
})

-- Fails before a symbol is used where values are needed.
function Model:require_graph(what)
  if not self.plan then
    native.fail("%s: %s has no shapes yet: give input_shape to its first "
      .. "layer, or call it once", what, tostring(self))
  end
end

return Model
