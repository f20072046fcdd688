-- nn.summary: a model as a table of its layers.

local graph = require("nn.graph")
local options = require("options")

local methods = {}

-- Where the columns end, as parts of the line length.
local PLAIN = {length = 65, ends = {0.45, 0.85, 1}}
local CONNECTED = {length = 98, ends = {0.33, 0.55, 0.67, 1}}

-- 407050 -> "407,050".
local function grouped(n)
  local text = tostring(n)
  local sign, digits = text:match("^(%-?)(%d+)$")
  digits = digits:reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return sign .. digits:gsub("^,", "")
end

local function shapes_text(symbols)
  local parts = {}
  for i, symbol in ipairs(symbols) do
    parts[i] = graph.shape_text(symbol.shape)
  end
  return table.concat(parts, ", ")
end

-- The first node of each layer in this model.
local function nodes_by_layer(self)
  local nodes = {}
  for _, symbol in ipairs(self.inputs or {}) do
    nodes[symbol.node.layer] = {symbol.node}
  end
  for _, node in ipairs(self.plan and self.plan.nodes or {}) do
    nodes[node.layer] = nodes[node.layer] or {}
    table.insert(nodes[node.layer], node)
  end
  return nodes
end

-- Where the inputs of a layer come from: "dense_1[0][0]" in Keras's way is
-- "dense_1" here, with the call's number where a layer is called often.
local function sources_of(nodes)
  local parts = {}
  for _, node in ipairs(nodes or {}) do
    for _, symbol in ipairs(node.inputs) do
      local from = symbol.node.layer
      local name = from.name
      if #from.nodes > 1 then
        for i, other in ipairs(from.nodes) do
          name = other == symbol.node and name .. "[" .. i .. "]" or name
        end
      end
      parts[#parts + 1] = name
    end
  end
  return parts
end

local function write_row(out, layout, fields)
  local line, from = "", 0
  for i, field in ipairs(fields) do
    local stop = layout.length * layout.ends[i] // 1
    local width = math.tointeger(stop) - from
    if i < #fields and #field > width - 1 then
      field = field:sub(1, width - 1)
    end
    line = line .. field .. string.rep(" ", width - #field)
    from = math.tointeger(stop)
  end
  out((line:gsub("%s+$", "")))
end

local function layer_row(layer, nodes, connected)
  local shape = nodes and shapes_text(nodes[1].outputs) or "not known yet"
  local count = layer.built and grouped(layer:count_params())
    or layer.build == require("nn.layer").build and "0" or "not known yet"
  local row = {
    string.format("%s (%s)", layer.name, layer.class_name),
    shape,
    (count:gsub(",", "")),
  }
  local sources = connected and sources_of(nodes) or {}
  row[4] = connected and (sources[1] or "") or nil
  return row, sources
end

local function write_totals(out, self)
  local total, trainable = 0, 0
  for _, weight in ipairs(self:all_weights()) do
    local count = weight.layer[weight.name]:numel()
    total = total + count
    trainable = trainable + (weight.active and count or 0)
  end
  out("Total params: " .. grouped(total))
  out("Trainable params: " .. grouped(trainable))
  out("Non-trainable params: " .. grouped(total - trainable))
end

local SUMMARY = {
  positional = 0,
  {"print_fn", options["function"]},
}

--- nn.Model:summary([{print_fn=print}])
-- Prints the layers in order with the shapes of their outputs (None: the
-- batch, or a size left open) and the number of parameters; where the model
-- is not a plain chain, also where each layer's inputs come from.
-- `print_fn(line)` gets the lines instead.
--   > model = nn.Sequential{nn.Dense{10, input_shape={784}}}
--   > lines = {}
--   > model:summary{print_fn=function(line) lines[#lines + 1] = line end}
--   > lines[6]
--   Total params: 7,850
function methods.summary(self, opts)
  local out = options.read("summary", SUMMARY, opts).print_fn or print
  local connected = self.plan ~= nil and self.stack == nil
  local layout = connected and CONNECTED or PLAIN
  local nodes = nodes_by_layer(self)
  local sublayers = self:sublayers()
  out(string.rep("_", layout.length))
  write_row(out, layout, {"Layer (type)", "Output Shape", "Param #",
    connected and "Connected to" or nil})
  out(string.rep("=", layout.length))
  for i, entry in ipairs(sublayers) do
    local row, sources = layer_row(entry.layer, nodes[entry.layer], connected)
    write_row(out, layout, row)
    for k = 2, #sources do
      write_row(out, layout, {"", "", "", sources[k]})
    end
    out(string.rep(i == #sublayers and "=" or "_", layout.length))
  end
  write_totals(out, self)
  out(string.rep("_", layout.length))
end

return {methods = methods}
