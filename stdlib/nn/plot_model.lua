-- nn.plot_model: a model as a picture: its layers as boxes from top to bottom,
-- in SVG or as text for Graphviz.
--
-- A picture is {boxes, edges}: a box is {kind, lines}, kind "input", "model"
-- or "layer", lines = its name, its class and its shapes; an edge {from, to}.

local graph = require("nn.graph")
local layered = require("nn.layered")
local native = require("native")
local options = require("options")

local methods = {}

-- The picture --------------------------------------------------------------------

local Picture = {}
Picture.__index = Picture

local LONG = 44

-- The shapes of symbols, in lines that are not longer than LONG if they hold
-- more than one.
local function shape_rows(symbols)
  local rows = {}
  for i, symbol in ipairs(symbols) do
    local text = graph.shape_text(symbol.shape)
      .. (i < #symbols and "," or "")
    local last = rows[#rows]
    if last and #last + 1 + #text <= LONG then
      rows[#rows] = last .. " " .. text
    else
      rows[#rows + 1] = text
    end
  end
  return rows
end

-- "(None, 3) → (None, 4)" in one line or several.
local function shape_lines(node)
  local out = shape_rows(node.outputs)
  if #node.inputs == 0 then return out end
  local lines = shape_rows(node.inputs)
  local first = "→ " .. out[1]
  if #lines == 1 and #out == 1 and #lines[1] + utf8.len(first) < LONG then
    return {lines[1] .. " " .. first}
  end
  lines[#lines + 1] = first
  return table.move(out, 2, #out, #lines + 1, lines)
end

local function kind_of(layer)
  if layer.class_name == "InputLayer" then return "input" end
  return layer.plan and "model" or "layer"
end

-- The number of the box for a use of a layer. Uses of one layer share a box,
-- unless that would make a cycle.
function Picture:box_of(node, name)
  local layer = node.layer
  local use = (self.uses[layer] or 0) + 1
  self.uses[layer] = use
  if self.merge and use > 1 then
    local number = self.number[layer]
    self.boxes[number].uses = use
    return number
  end
  self.boxes[#self.boxes + 1] = {
    kind = kind_of(layer), class = layer.class_name, uses = 1,
    name = use > 1 and ("%s[%d]"):format(name, use) or name,
    shapes = self.show_shapes and shape_lines(node) or {},
  }
  self.number[layer] = #self.boxes
  return #self.boxes
end

-- Adds a model's graph. `sources` tells the boxes that make its inputs.
-- Returns the boxes that make its outputs.
function Picture:add_graph(model, prefix, sources)
  local made = {}
  for i, symbol in ipairs(model.inputs) do
    made[symbol] = sources and sources[i]
      or self:box_of(symbol.node, prefix .. model:name_of(symbol.node.layer))
  end
  for _, node in ipairs(model:whole_plan().nodes) do
    self:add_node(model, prefix, node, made)
  end
  local outputs = {}
  for i, symbol in ipairs(model.outputs) do outputs[i] = made[symbol] end
  return outputs
end

function Picture:add_node(model, prefix, node, made)
  local name, from = prefix .. model:name_of(node.layer), {}
  for i, symbol in ipairs(node.inputs) do from[i] = made[symbol] end
  if self.expand and node.layer.plan then
    local outputs = self:add_graph(node.layer, name .. "/", from)
    for i, symbol in ipairs(node.outputs) do made[symbol] = outputs[i] end
    return
  end
  local number = self:box_of(node, name)
  for _, source in ipairs(from) do
    self.edges[#self.edges + 1] = {from = source, to = number}
  end
  for _, symbol in ipairs(node.outputs) do made[symbol] = number end
end

local function add_lines(box)
  local class = box.class
  if box.uses > 1 then class = ("%s, used %d times"):format(class, box.uses) end
  box.lines = {box.name, class, table.unpack(box.shapes)}
end

local function draw(model, o, merge)
  local picture = setmetatable({
    boxes = {}, edges = {}, number = {}, uses = {}, merge = merge,
    show_shapes = o.show_shapes, expand = o.expand_nested,
  }, Picture)
  picture:add_graph(model, "", nil)
  for _, box in ipairs(picture.boxes) do add_lines(box) end
  return picture
end

local function picture_of(model, o)
  local picture = draw(model, o, true)
  if layered.order(#picture.boxes, picture.edges) then return picture end
  return draw(model, o, false)
end

-- Graphviz -----------------------------------------------------------------------

local FILL = {input = "#dcebfa", model = "#fdf0d5", layer = "#ffffff"}

local function dot_label(lines)
  local text = table.concat(lines, "\n")
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
end

local function dot_text(picture)
  local lines = {
    "digraph model {",
    '  node [shape=box, style="rounded,filled", fontname="sans-serif"];',
  }
  for i, box in ipairs(picture.boxes) do
    lines[#lines + 1] = ('  n%d [label=%s, fillcolor="%s"];'):format(i,
      dot_label(box.lines), FILL[box.kind])
  end
  for _, edge in ipairs(picture.edges) do
    lines[#lines + 1] = ("  n%d -> n%d;"):format(edge.from, edge.to)
  end
  lines[#lines + 1] = "}\n"
  return table.concat(lines, "\n")
end

-- The method ---------------------------------------------------------------------

local PLOT = {
  positional = 0,
  {"show_shapes", options.boolean, true},
  {"expand_nested", options.boolean, false},
}

--- nn.Model:plot(path [, {show_shapes=true, expand_nested=false}])
-- Draws the model into a file: "x.svg" a picture, "x.dot" text for Graphviz.
-- Every layer is a box with its name, class and the shapes it takes and makes;
-- inputs are blue, models within are yellow. A shared layer is one box.
-- expand_nested=true draws the layers of models within in their place.
-- Errors: a path that ends otherwise; a model without a graph.
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > path = os.tmpname() .. ".dot"
--   > model:plot(path)
--   > file = io.open(path)
--   > file:read()
--   digraph model {
--   > file:close(), os.remove(path)
--   true
--   true
function methods.plot(self, path, opts)
  local o = options.read("plot", PLOT, opts)
  local kind = type(path) == "string" and path:lower():match("%.(%a+)$")
  if kind ~= "svg" and kind ~= "dot" then
    native.fail("plot: the path must end in .svg or .dot, got %s",
      options.show(path))
  end
  self:require_graph("plot")
  local picture = picture_of(self, o)
  local text = kind == "dot" and dot_text(picture)
    or require("nn.plot_svg")(picture, FILL)
  native.write_file(path, text)
end

return {methods = methods}
