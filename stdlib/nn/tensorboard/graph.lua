-- nn.tensorboard.graph: a model as TensorBoard draws it, GraphDef{node=1},
-- NodeDef{name=1, op=2, input=3, attr=5{key=1, value=2}}: one node for each
-- call of a layer, its op the layer's class. The layers of a model within the
-- model stand behind its name and a slash, which makes a box that opens.

local summary = require("nn.tensorboard.summary")
local wire = require("nn.tensorboard.wire")

-- A name as the format allows it.
local function proper(name)
  return (name:gsub("[^%w_>./]", "_"):gsub("^[^%w.]", ".%0"))
end

-- attr "_output_shapes": AttrValue{list=1{shape=7}}, the batch as -1.
local function output_shapes(symbols)
  local shapes = {}
  for i, symbol in ipairs(symbols) do
    local shape = table.move(symbol.shape, 1, #symbol.shape, 2, {-1})
    shapes[i] = wire.bytes(7, summary.shape_proto(shape))
  end
  return wire.bytes(5, wire.bytes(1, "_output_shapes")
    .. wire.bytes(2, wire.bytes(1, table.concat(shapes))))
end

local function node_def(name, op, inputs, symbols)
  local parts = {wire.bytes(1, name), wire.bytes(2, op)}
  for _, input in ipairs(inputs) do
    parts[#parts + 1] = wire.bytes(3, input)
  end
  parts[#parts + 1] = output_shapes(symbols)
  return table.concat(parts)
end

-- Where graph nodes are collected: `from` names what makes each symbol.
local function free_name(used, name)
  local count = used[name] or 0
  used[name] = count + 1
  return count == 0 and name or name .. "_" .. count
end

local add_model

-- Adds a call of a layer or a model; returns what makes each of its outputs.
local function add_node(out, node, prefix, sources)
  local layer = node.layer
  local name = free_name(out.used, prefix .. proper(layer.name))
  if layer.plan then
    return add_model(out, layer, name .. "/", sources)
  end
  out.nodes[#out.nodes + 1] = wire.bytes(1, node_def(name, layer.class_name,
    sources, node.outputs))
  local made = {}
  for i in ipairs(node.outputs) do
    made[i] = i == 1 and name or name .. ":" .. i - 1
  end
  return made
end

-- Adds the nodes of a model whose inputs come from `sources`.
function add_model(out, model, prefix, sources)
  local from = {}
  for i, symbol in ipairs(model.inputs) do
    from[symbol] = sources[i]
  end
  local function sources_of(symbols)
    local list = {}
    for i, symbol in ipairs(symbols) do
      list[i] = from[symbol]
    end
    return list
  end
  for _, node in ipairs(model.plan.nodes) do
    local made = add_node(out, node, prefix, sources_of(node.inputs))
    for i, symbol in ipairs(node.outputs) do
      from[symbol] = made[i]
    end
  end
  return sources_of(model.outputs)
end

-- The GraphDef of a model that has a graph.
return function(model)
  local out, sources = {nodes = {}, used = {}}, {}
  for i, symbol in ipairs(model.inputs) do
    sources[i] = add_node(out, symbol.node, "", {})[1]
  end
  add_model(out, model, "", sources)
  return table.concat(out.nodes)
end
