-- nn.graph: symbolic tensors and the plan that runs them.
--
-- A symbol stands for a tensor that is not there yet. It knows the shape of
-- one sample (without the batch dim; -1 is a size left open) and the node that
-- makes it. A shape with `batchless` has all its sizes and no batch dim. A
-- node is one call of a layer: {layer, inputs, outputs, options}. Nodes are
-- numbered as they are made, so ascending numbers are an order in which they
-- can run.

local calling = require("nn.calling")
local native = require("native")

local graph = {}

local Symbol = {__name = "symbolic tensor"}

function graph.is_symbol(x)
  return getmetatable(x) == Symbol
end

-- "(None, 28, 28)" for the shape {28, 28} of one sample.
function graph.shape_text(shape)
  local parts = {not shape.batchless and "None" or nil}
  for _, size in ipairs(shape) do
    parts[#parts + 1] = size == -1 and "None" or tostring(size)
  end
  local lonely = #parts == 1 and not shape.batchless
  return "(" .. table.concat(parts, ", ") .. (lonely and ",)" or ")")
end

function Symbol:__tostring()
  return string.format("symbolic tensor '%s' %s", self.node.layer.name,
    graph.shape_text(self.shape))
end

-- Operators, methods and indices of symbols extend the graph by layers.
local function operation()
  return require("nn.layers.operation")
end

function Symbol:__index(key)
  return operation().member(self, key)
end

-- Called by tensor.f(...) where an argument is a symbol.
function Symbol.__tensor_function(name, ...)
  return operation().apply(name, ...)
end

for event, name in pairs {
  __add = "add",
  __sub = "sub",
  __mul = "mul",
  __div = "div",
  __idiv = "floor_div",
  __mod = "mod",
  __pow = "pow",
} do
  Symbol[event] = function(a, b)
    return operation().apply(name, a, b)
  end
end

function Symbol:__unm()
  return operation().apply("neg", self)
end

-- The function as it is, but on symbols a layer of that name (see
-- nn.layers.operation).
function graph.lift(name, f)
  return function(x, ...)
    if graph.is_symbol(x) or graph.is_symbol((...)) then
      return operation().apply(name, x, ...)
    end
    return f(x, ...)
  end
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

-- Shapes of symbols print as shape_text.
local Shape = {__tostring = graph.shape_text, __name = "shape"}

local function add_output(node, shape, dtype)
  if getmetatable(shape) == nil then
    setmetatable(shape, Shape)
  end
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

-- The shapes and dtypes of symbols. Most layers need a batch dim.
local function shapes_of(layer, symbols)
  local shapes, dtypes = {}, {}
  for i, symbol in ipairs(symbols) do
    shapes[i], dtypes[i] = symbol.shape, symbol.dtype
    if symbol.shape.batchless and not layer.takes_any_shape then
      layer:fail("its input %s %s has no batch dim", symbol.node.layer.name,
        graph.shape_text(symbol.shape))
    end
  end
  return shapes, dtypes
end

-- Extends the graph by one call of `layer` on a symbol or a list of them.
-- Returns a symbol, or a list of them where the layer has several outputs.
function graph.connect(layer, input, opts)
  local single = graph.is_symbol(input)
  local inputs = single and {input} or input
  local shapes, dtypes = shapes_of(layer, inputs)
  local shape = single and shapes[1] or shapes
  layer:ensure_built(shape)
  local result = layer:compute_output_shape(shape, dtypes)
  local node = new_node(layer, table.move(inputs, 1, #inputs, 1, {}), opts,
    single)
  node.several = type(result[1]) == "table"
  for _, output_shape in ipairs(node.several and result or {result}) do
    local dtype = output_shape.dtype
    output_shape.dtype = nil
    add_output(node, output_shape, dtype or layer.dtype)
  end
  attach(layer, node)
  return node.several and node.outputs or node.outputs[1]
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
      .. "the inputs: the graph is not connected (what a model gives where it "
      .. "is used as a layer is layer:get_output_at(1), not layer.output)",
      node.layer.name)
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

-- Gives symbols that have none the next slots of the plan.
local function assign_slots(plan, symbols)
  for _, symbol in ipairs(symbols) do
    if not plan.slot[symbol] then
      plan.slots = plan.slots + 1
      plan.slot[symbol] = plan.slots
    end
  end
end

local function step_of(node, slot)
  local from, to = slots_of(node.inputs, slot), slots_of(node.outputs, slot)
  return {
    layer = node.layer,
    options = node.options,
    from = node.single and from[1] or from,
    to = node.several and to or to[1],
    single = node.single,
    several = node.several,
  }
end

-- Adds a node whose inputs have slots to the plan, as its next step.
local function append(plan, node)
  assign_slots(plan, node.outputs)
  plan.nodes[#plan.nodes + 1] = node
  plan.steps[#plan.steps + 1] = step_of(node, plan.slot)
end

-- Changes a plan to compute `outputs` by one more node, which makes them.
function graph.extend(plan, outputs)
  append(plan, outputs[1].node)
  plan.outputs = slots_of(outputs, plan.slot)
end

-- Takes the last node off a plan, which then computes `outputs`.
function graph.shorten(plan, outputs)
  plan.nodes[#plan.nodes], plan.steps[#plan.steps] = nil, nil
  plan.outputs = slots_of(outputs, plan.slot)
end

-- What it takes to compute the output symbols from the input symbols:
-- {steps, outputs = slots, nodes, slot = slots by symbol, slots = how many}.
-- Inputs have the first slots.
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
  local plan = {steps = {}, nodes = {}, slot = {}, slots = 0}
  assign_slots(plan, inputs)
  for _, node in ipairs(nodes) do
    append(plan, node)
  end
  plan.outputs = slots_of(outputs, plan.slot)
  return plan
end

-- Running --------------------------------------------------------------------

local TRAINING, INFERENCE = {training = true}, {training = false}

-- The options that a layer's call gets when the caller gave none.
function graph.mode()
  return native.is_training() and TRAINING or INFERENCE
end

-- The options of a call with the training flag filled in.
function graph.call_options(opts)
  if not opts then
    return graph.mode()
  end
  local filled = {training = native.is_training()}
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
    list = {input}
  end
  for i, x in ipairs(list) do
    parts[i] = tostring(x.shape)
  end
  return table.concat(parts, " and ")
end

-- The place of a layer, "layer 3 (Dense 'dense_2')", without its name where the
-- error itself has that.
function graph.place_for(err, layer, place)
  if err:find(tostring(layer) .. ": ", 1, true) then
    return place:match("^layer %d+") or place
  end
  return place
end

-- Throws `err` again with the step it came from in front.
local function rethrow(err, step, slots, place)
  if type(err) ~= "string" or not step then
    error(err, 0)
  end
  local context = string.format("in %s, which got %s",
    graph.place_for(err, step.layer, place(step.layer)),
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
    local result = calling.call(step.layer, input, opts)
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
