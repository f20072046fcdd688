-- nn.graph: symbolic tensors and the plan that runs them.
--
-- A symbol stands for a tensor that is not there yet. It knows the shape of
-- one sample (without the batch dim; -1 is a size left open) and the node that
-- makes it. A node is one call of a layer: {layer, inputs, outputs, options}.
-- Nodes are numbered as they are made, so ascending numbers are an order in
-- which they can run.

local native = require("native")

local graph = {}

local Symbol = { __name = "symbolic tensor" }
Symbol.__index = Symbol

function graph.is_symbol(x)
  return getmetatable(x) == Symbol
end

-- "(None, 28, 28)" for the shape {28, 28} of one sample.
function graph.shape_text(shape)
  local parts = { "None" }
  for i, size in ipairs(shape) do
    parts[i + 1] = size == -1 and "None" or tostring(size)
  end
  return "(" .. table.concat(parts, ", ") .. (#parts == 1 and ",)" or ")")
end

function Symbol:__tostring()
  return string.format("symbolic tensor '%s' %s", self.node.layer.name,
    graph.shape_text(self.shape))
end

local function no_arithmetic()
  native.fail("a symbolic tensor has no values to compute with: connect it "
    .. "with layers such as nn.Add()(a, b)")
end
for _, event in ipairs { "add", "sub", "mul", "div", "unm", "pow" } do
  Symbol["__" .. event] = no_arithmetic
end

local serial = 0

local function new_node(layer, inputs, opts, single)
  serial = serial + 1
  return {
    layer = layer,
    inputs = inputs,
    single = single,
    options = opts,
    outputs = {},
    serial = serial,
  }
end

local function add_output(node, shape, dtype)
  local symbol = setmetatable({
    shape = shape,
    dtype = dtype,
    node = node,
    index = #node.outputs + 1,
  }, Symbol)
  node.outputs[symbol.index] = symbol
  return symbol
end

local function attach(layer, node)
  layer.nodes[#layer.nodes + 1] = node
  if #layer.nodes == 1 and not layer.output then
    layer.input = node.single and node.inputs[1] or node.inputs
    layer.output = #node.outputs == 1 and node.outputs[1] or node.outputs
  end
end

-- The symbol that an input layer stands for.
function graph.input(layer, shape, dtype)
  local node = new_node(layer, {}, nil, false)
  local symbol = add_output(node, shape, dtype)
  attach(layer, node)
  return symbol
end

-- Extends the graph by one call of `layer` on a symbol or a list of them.
-- Returns a symbol, or a list of them where the layer has several outputs.
function graph.connect(layer, input, opts)
  local single = graph.is_symbol(input)
  local inputs = single and { input } or input
  local shape = input.shape
  if not single then
    shape = {}
    for i, symbol in ipairs(inputs) do
      shape[i] = symbol.shape
    end
  end
  layer:ensure_built(shape)
  local result = layer:compute_output_shape(shape)
  local node = new_node(layer, table.move(inputs, 1, #inputs, 1, {}), opts,
    single)
  local several = type(result[1]) == "table"
  for _, output_shape in ipairs(several and result or { result }) do
    add_output(node, output_shape, layer.dtype)
  end
  attach(layer, node)
  return several and node.outputs or node.outputs[1]
end

-- Planning -------------------------------------------------------------------

-- Adds the nodes that `symbol` depends on, stopping at the inputs.
local function collect(symbol, given, nodes, seen)
  if given[symbol] or seen[symbol.node] then
    return
  end
  local node = symbol.node
  seen[node] = true
  if #node.inputs == 0 then
    native.fail("Model: the outputs depend on input '%s', which is not among "
      .. "the inputs", node.layer.name)
  end
  for _, input in ipairs(node.inputs) do
    collect(input, given, nodes, seen)
  end
  nodes[#nodes + 1] = node
end

local function slots_of(symbols, slot)
  local list = {}
  for i, symbol in ipairs(symbols) do
    list[i] = slot[symbol]
  end
  return list
end

-- Every symbol gets a slot: inputs first, then the outputs of each node.
local function assign_slots(inputs, nodes)
  local slot, count = {}, 0
  local function assign(symbols)
    for _, symbol in ipairs(symbols) do
      if not slot[symbol] then
        count = count + 1
        slot[symbol] = count
      end
    end
  end
  assign(inputs)
  for _, node in ipairs(nodes) do
    assign(node.outputs)
  end
  return slot
end

local function step_of(node, slot)
  local from, to = slots_of(node.inputs, slot), slots_of(node.outputs, slot)
  return {
    layer = node.layer,
    options = node.options,
    from = node.single and from[1] or from,
    to = #to == 1 and to[1] or to,
    single = node.single,
    several = #to > 1,
  }
end

-- What it takes to compute the output symbols from the input symbols:
-- {steps, outputs = slots, nodes, layers (each once, inputs first met first)}.
function graph.plan(inputs, outputs)
  local given, seen, nodes = {}, {}, {}
  for _, symbol in ipairs(inputs) do
    given[symbol] = true
  end
  for _, symbol in ipairs(outputs) do
    collect(symbol, given, nodes, seen)
  end
  table.sort(nodes, function(a, b)
    return a.serial < b.serial
  end)
  local slot = assign_slots(inputs, nodes)
  local plan = { steps = {}, nodes = nodes, outputs = slots_of(outputs, slot) }
  for i, node in ipairs(nodes) do
    plan.steps[i] = step_of(node, slot)
  end
  return plan
end

-- Running --------------------------------------------------------------------

local TRAINING, INFERENCE = { training = true }, { training = false }

-- The options that a layer's call gets when the caller gave none.
function graph.mode()
  return native.is_training() and TRAINING or INFERENCE
end

-- The options of a call with the training flag filled in.
function graph.call_options(opts)
  if not opts then
    return graph.mode()
  end
  local filled = { training = native.is_training() }
  for key, value in pairs(opts) do
    filled[key] = value
  end
  return filled
end

local function input_of(step, slots)
  if step.single then
    return slots[step.from]
  end
  local list = {}
  for i, from in ipairs(step.from) do
    list[i] = slots[from]
  end
  return list
end

-- Fills the slots step by step with compute(step, input). at.step tells an
-- error handler how far it came.
local function walk(steps, slots, at, compute)
  for _, step in ipairs(steps) do
    at.step = step
    local result = compute(step, input_of(step, slots))
    if step.several then
      for i, to in ipairs(step.to) do
        slots[to] = result[i]
      end
    else
      slots[step.to] = result
    end
  end
end

local function outputs_of(plan, slots)
  local outputs = {}
  for i, slot in ipairs(plan.outputs) do
    outputs[i] = slots[slot]
  end
  return outputs
end

local function shapes_text(input)
  local list, parts = input, {}
  if type(input) ~= "table" then
    list = { input }
  end
  for i, x in ipairs(list) do
    parts[i] = tostring(x.shape)
  end
  return table.concat(parts, " and ")
end

-- Throws `err` again with the step it came from in front.
local function rethrow(err, step, slots, place)
  if type(err) ~= "string" or not step then
    error(err, 0)
  end
  local context = string.format("in %s, which got %s", place(step.layer),
    shapes_text(input_of(step, slots)))
  error(native.add_context(err, context), 0)
end

-- What looks at every output while graph.watched runs.
local watcher

-- Runs f(...); look(layer, output) sees what every layer in it computes.
function graph.watched(look, f, ...)
  local before = watcher
  watcher = look
  local results = table.pack(pcall(f, ...))
  watcher = before
  if not results[1] then
    error(results[2], 0)
  end
  return table.unpack(results, 2, results.n)
end

-- Runs a plan on the list of input tensors; returns the list of outputs.
-- `place(layer)` says which layer it is, in words.
function graph.run(plan, values, place)
  local slots, at = table.move(values, 1, #values, 1, {}), {}
  local mode = graph.mode()
  local ok, err = pcall(walk, plan.steps, slots, at, function(step, input)
    local opts = step.options and graph.call_options(step.options) or mode
    local result = step.layer:call(input, opts)
    if watcher then
      watcher(step.layer, result)
    end
    return result
  end)
  if not ok then
    rethrow(err, at.step, slots, place)
  end
  return outputs_of(plan, slots)
end

-- The shapes of the outputs for other input shapes (of one sample).
function graph.propagate(plan, shapes)
  local slots = table.move(shapes, 1, #shapes, 1, {})
  walk(plan.steps, slots, {}, function(step, shape)
    return step.layer:compute_output_shape(shape)
  end)
  return outputs_of(plan, slots)
end

return graph
