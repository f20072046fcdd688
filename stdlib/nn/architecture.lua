-- nn.architecture: models as plain data and back.
--
-- A layer is {class_name, config}. A Sequential adds layers = list and
-- input = {shape, dtype}; a Model adds layers, nodes = list of {layer, inputs
-- = list of {node, output}, single, options of the call} and inputs, outputs =
-- lists of {node, output}. Numbers count from 1; the first nodes are those of the inputs.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local native = require("native")
local options = require("options")

local architecture = {}

-- Describing -----------------------------------------------------------------

local describe

local function describe_sequential(model)
  local data = { class_name = model.class_name, layers = {} }
  for i, layer in ipairs(model.stack) do
    data.layers[i] = describe(layer)
  end
  local input = model.inputs and model.inputs[1]
  data.input = input and {
    shape = input.shape,
    dtype = input.dtype,
    name = input.node.layer.name,
  }
  return data
end

-- Numbers for the layers and nodes of a functional model.
local function number_graph(model)
  local layer_number, node_number, nodes = {}, {}, {}
  for i, layer in ipairs(model.layers) do
    layer_number[layer] = i
  end
  for _, symbol in ipairs(model.inputs) do
    nodes[#nodes + 1] = symbol.node
  end
  table.move(model.plan.nodes, 1, #model.plan.nodes, #nodes + 1, nodes)
  for i, node in ipairs(nodes) do
    node_number[node] = i
  end
  return layer_number, node_number, nodes
end

-- The options of a layer's call, where there are some.
local function describe_options(node)
  for name, value in pairs(node.options or {}) do
    local kind = type(value)
    if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
      node.layer:fail("the option %s of its call is %s, which cannot be "
        .. "written to a file", tostring(name), options.show(value))
    end
  end
  return node.options
end

local function describe_graph(model)
  local layer_number, node_number, nodes = number_graph(model)
  local function references(symbols)
    local list = {}
    for i, symbol in ipairs(symbols) do
      list[i] = { node_number[symbol.node], symbol.index }
    end
    return list
  end
  local data = { class_name = model.class_name, layers = {}, nodes = {} }
  for i, layer in ipairs(model.layers) do
    data.layers[i] = describe(layer)
  end
  for i, node in ipairs(nodes) do
    data.nodes[i] = {
      layer = layer_number[node.layer],
      inputs = references(node.inputs),
      single = node.single,
      options = describe_options(node),
    }
  end
  data.inputs, data.outputs = references(model.inputs),
    references(model.outputs)
  data.input_names, data.output_names = model.input_names, model.output_names
  return data
end

-- A layer or model as plain data.
function architecture.describe(layer)
  if layer.stack then
    local data = describe_sequential(layer)
    data.config = { name = layer.name, trainable = layer.trainable }
    return data
  elseif layer.plan then
    local data = describe_graph(layer)
    data.class_name = "Model"
    data.config = { name = layer.name, trainable = layer.trainable }
    return data
  end
  return { class_name = layer.class_name, config = layer:get_config() }
end
describe = architecture.describe

-- Building -------------------------------------------------------------------

local function class_of(name, classes)
  local nn = require("nn")
  local class = classes[name]
  if not class and type(name) == "string" then
    class = nn[name]
  end
  if type(class) ~= "table" or not class.extend then
    native.fail("class %s is not known here%s", options.show(name),
      " (give classes of your own in custom_objects)")
  end
  return class
end

-- Fails where the data are not what `describe` makes.
function architecture.need(condition)
  if not condition then
    native.fail("the architecture in the file is damaged")
  end
end
local need = architecture.need

local function input_symbol(data)
  return require("nn.layers.input") {
    shape = data.shape,
    dtype = data.dtype,
    name = data.name,
  }
end

local function build_sequential(data, classes)
  local model = class_of("Sequential", classes) { name = data.config.name }
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
local function symbols_at(outputs, references)
  need(type(references) == "table")
  local list = {}
  for i, reference in ipairs(references) do
    local node = type(reference) == "table" and outputs[reference[1]]
    list[i] = node and node[reference[2]]
    need(list[i])
  end
  return list
end

-- Makes the nodes in turn; returns the outputs of each.
local function build_nodes(data, classes)
  local layers, outputs = {}, {}
  for i, layer in ipairs(data.layers) do
    need(type(layer) == "table")
    if layer.class_name ~= "InputLayer" then
      layers[i] = architecture.build(layer, classes)
    end
  end
  for i, node in ipairs(data.nodes) do
    need(type(node) == "table")
    local layer, saved = layers[node.layer], data.layers[node.layer]
    need(saved)
    if layer then
      local inputs = symbols_at(outputs, node.inputs)
      need(#inputs > 0)
      need(node.options == nil or type(node.options) == "table")
      local result = layer(node.single and inputs[1] or inputs, node.options)
      outputs[i] = graph.is_symbol(result) and { result } or result
    else
      need(type(saved.config) == "table")
      outputs[i] = { input_symbol(saved.config) }
    end
  end
  return outputs
end

local function build_graph(data, classes)
  need(type(data.nodes) == "table")
  local outputs = build_nodes(data, classes)
  local model = class_of("Model", classes) {
    inputs = symbols_at(outputs, data.inputs),
    outputs = symbols_at(outputs, data.outputs),
    name = data.config.name,
  }
  local function take(names, own)
    return type(names) == "table" and #names == #own and names or own
  end
  model.input_names = take(data.input_names, model.input_names)
  model.output_names = take(data.output_names, model.output_names)
  return model
end

-- The layer or model that `data` describes, with fresh weights. `classes` has
-- the user's own classes by name.
function architecture.build(data, classes)
  need(type(data) == "table" and type(data.config) == "table")
  if data.layers == nil then
    local class = class_of(data.class_name, classes)
    local layer = class(data.config)
    need(Layer.is(layer))
    return layer
  end
  need(type(data.layers) == "table")
  local model = data.nodes and build_graph(data, classes)
    or build_sequential(data, classes)
  model.trainable = data.config.trainable ~= false
  return model
end

return architecture
