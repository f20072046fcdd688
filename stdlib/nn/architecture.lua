-- nn.architecture: models as plain data and back.
--
-- A layer is {class_name, config}, and base_name where its name was numbered.
-- A Sequential adds layers = list and input = {shape, dtype, name}; a Model
-- adds layers, nodes = list of {layer, inputs = list of {node, output},
-- single, options} and inputs, outputs, terms = lists of {node, output}.
-- Numbers count from 1; the first nodes are those of the inputs. In a config
-- {registered = name} is a function that was given this name.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local native = require("native")
local options = require("options")
local registry = require("nn.registry")

local architecture = {}

-- Describing -----------------------------------------------------------------

local describe

local function describe_sequential(model)
  local data = {
    class_name = "Sequential",
    layers = native.json_array {},
  }
  for i, layer in ipairs(model.stack) do
    data.layers[i] = describe(layer, model:name_of(layer))
  end
  local input = model.inputs and model.inputs[1]
  data.input = input and {
    shape = native.json_array(table.move(input.shape, 1, #input.shape, 1, {})),
    dtype = input.dtype,
    name = input.node.layer.name,
  }
  return data
end

-- The layers of a graph, the inputs' included.
local function graph_layers(model)
  if not model.stack then
    return model.layers
  end
  local list = {model.inputs[1].node.layer}
  for _, entry in ipairs(model:sublayers()) do
    list[#list + 1] = entry.layer
  end
  return list
end

-- The options of a call of a layer as data.
local function call_options(node)
  for key, value in pairs(node.options or {}) do
    if type(value) == "table" or type(value) == "function"
        or type(value) == "userdata" then
      node.layer:fail("the option %s it is called with cannot be written to a "
        .. "file", options.show(key))
    end
  end
  return node.options
end

-- Numbers for the layers and nodes of a functional model.
local function number_graph(model)
  local layer_number, node_number, nodes = {}, {}, {}
  local inside = model:whole_plan().nodes
  for i, layer in ipairs(graph_layers(model)) do
    layer_number[layer] = i
  end
  for _, symbol in ipairs(model.inputs) do
    nodes[#nodes + 1] = symbol.node
  end
  table.move(inside, 1, #inside, #nodes + 1, nodes)
  for i, node in ipairs(nodes) do
    node_number[node] = i
  end
  return layer_number, node_number, nodes
end

local function describe_graph(model)
  local layer_number, node_number, nodes = number_graph(model)
  local function references(symbols)
    local list = {}
    for i, symbol in ipairs(symbols) do
      list[i] = {node_number[symbol.node], symbol.index}
    end
    return list
  end
  local data = {class_name = "Model", layers = {}, nodes = {}}
  for i, layer in ipairs(graph_layers(model)) do
    data.layers[i] = describe(layer, model:name_of(layer))
  end
  for i, node in ipairs(nodes) do
    data.nodes[i] = {
      layer = layer_number[node.layer],
      inputs = native.json_array(references(node.inputs)),
      single = node.single,
      options = call_options(node),
    }
  end
  data.inputs, data.outputs = references(model.inputs),
    references(model.outputs)
  data.terms = model.terms and references(model.terms)
  data.input_names, data.output_names = model.input_names, model.output_names
  return data
end

-- Fails for a model that computes with a `call` of its own class, unless that
-- class can be found again.
local function check_call(model)
  local Model, Layer = require("nn.model"), require("nn.layer")
  local own = model.set_graph and model.call ~= Model.call
  if not own or model.get_config ~= Layer.get_config
      or registry.name_of(getmetatable(model)) then
    return
  end
  model:fail("it computes with a `call` of its own, a Lua function, which a "
    .. "file cannot hold: write its weights with model:save_weights(path) and "
    .. "load them into a new %s, or let its init build a graph, "
    .. "self:graph{inputs=, outputs=}", model.class_name)
end

-- A layer or model as plain data, under the name it has in its model.
function architecture.describe(layer, name)
  local data
  if layer.stack and not layer.terms then
    data = describe_sequential(layer)
  elseif layer.plan then
    data = describe_graph(layer)
  else
    check_call(layer)
    data = {class_name = layer.class_name, config = layer:get_config()}
  end
  data.config = data.config or {trainable = layer.trainable}
  data.config.name = name or layer.name
  data.base_name = layer.auto_name and layer.base_name or nil
  return data
end
describe = architecture.describe

-- Building -------------------------------------------------------------------

-- Classes that have no name in nn.
local INTERNAL = {Operation = "nn.layers.operation"}

local function is_class(class)
  return type(class) == "table" and type(class.extend) == "function"
end

local function class_of(name, classes)
  if INTERNAL[name] then
    return require(INTERNAL[name])
  end
  local class = type(name) == "string"
    and (classes[name] or registry.get(name) or require("nn")[name])
  if not is_class(class) then
    native.fail("class %s is not known here (give classes of your own in "
      .. "custom_objects, or register them: nn.register(%s, class))",
      options.show(name), options.show(name))
  end
  return class
end

-- Fails where the data are not what `describe` makes.
function architecture.need(condition, what)
  if not condition then
    native.fail("the file is damaged: it does not tell %s",
      what or "the architecture of a model")
  end
end
local need = architecture.need

-- The data with the functions that {registered = name} stands for.
function architecture.resolve(data, classes)
  if type(data) ~= "table" then
    return data
  end
  local name = data.registered
  if type(name) == "string" and next(data, next(data)) == nil then
    local f = classes[name] or registry.get(name)
    if not f then
      native.fail("it uses a Lua function named %q, which is not in the file: "
        .. "register it before loading, nn.register(%q, f)", name, name)
    end
    return f
  end
  local copy = {}
  for key, value in pairs(data) do
    copy[key] = architecture.resolve(value, classes)
  end
  return copy
end

local function input_symbol(data)
  return require("nn.layers.input") {
    shape = data.shape,
    dtype = data.dtype,
    name = data.name,
  }
end

-- A layer that a model numbered may be numbered anew by the next one.
local function restore_base_name(layer, data)
  if type(data.base_name) == "string" then
    layer.auto_name, layer.base_name = true, data.base_name
  end
end

local function build_sequential(data, classes)
  local model = class_of("Sequential", classes) {name = data.config.name}
  if data.input then
    need(type(data.input) == "table")
    model:add(input_symbol(data.input))
  end
  for _, layer in ipairs(data.layers) do
    model:add(architecture.build(layer, classes))
  end
  return model
end

-- The symbols that a list of {node, output} stands for.
local function symbols_at(outputs, references, place)
  need(type(references) == "table", place)
  local list = {}
  for i, reference in ipairs(references) do
    local node = type(reference) == "table" and outputs[reference[1]]
    list[i] = node and node[reference[2]]
    need(list[i], place)
  end
  return list
end

-- Makes the nodes in turn; returns the outputs of each.
local function build_nodes(data, classes)
  local layers, outputs = {}, {}
  for i, layer in ipairs(data.layers) do
    need(type(layer) == "table", "its layer " .. i)
    if layer.class_name ~= "InputLayer" then
      layers[i] = architecture.build(layer, classes)
    end
  end
  for i, node in ipairs(data.nodes) do
    local place = "the node " .. i .. " of its graph"
    need(type(node) == "table", place)
    local layer, saved = layers[node.layer], data.layers[node.layer]
    need(saved, place)
    if layer then
      local inputs = symbols_at(outputs, node.inputs, place)
      need(#inputs > 0, place)
      need(node.options == nil or type(node.options) == "table", place)
      local result = layer(node.single and inputs[1] or inputs, node.options)
      outputs[i] = graph.is_symbol(result) and {result} or result
    else
      need(type(saved.config) == "table", place)
      outputs[i] = {input_symbol(saved.config)}
      restore_base_name(outputs[i][1].node.layer, saved)
    end
  end
  return outputs
end

local function build_graph(data, classes)
  need(type(data.nodes) == "table")
  local outputs = build_nodes(data, classes)
  local model = class_of("Model", classes) {
    inputs = symbols_at(outputs, data.inputs, "its inputs"),
    outputs = symbols_at(outputs, data.outputs, "its outputs"),
    name = data.config.name,
  }
  local function take(names, own)
    return type(names) == "table" and #names == #own and names or own
  end
  model.input_names = take(data.input_names, model.input_names)
  model.output_names = take(data.output_names, model.output_names)
  if data.terms then
    for _, term in ipairs(symbols_at(outputs, data.terms, "its losses")) do
      model:add_loss(term)
    end
  end
  return model
end

local function build_layer(data, classes)
  local class = class_of(data.class_name, classes)
  local layer = class(architecture.resolve(data.config, classes))
  need(Layer.is(layer), "what its layer is")
  return layer
end

local function build(data, classes)
  if data.layers == nil then
    return build_layer(data, classes)
  end
  need(type(data.layers) == "table", "its layers")
  local model = data.nodes and build_graph(data, classes)
    or build_sequential(data, classes)
  model.trainable = data.config.trainable ~= false
  return model
end

-- The layer or model that `data` describes, with fresh weights. `classes` has
-- the user's own classes and functions by name.
function architecture.build(data, classes)
  need(type(data) == "table" and type(data.config) == "table")
  local layer = build(data, classes)
  restore_base_name(layer, data)
  return layer
end

return architecture
