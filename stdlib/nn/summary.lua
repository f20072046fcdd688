-- nn.summary: a model as a table of its layers.

local graph = require("nn.graph")
local names = require("nn.names")
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

-- "(None, 3)", or "[(None, 3), (None, 4)]" for several.
local function shapes_text(symbols)
  local parts = {}
  for i, symbol in ipairs(symbols) do
    parts[i] = graph.shape_text(symbol.shape)
  end
  return #parts == 1 and parts[1] or "[" .. table.concat(parts, ", ") .. "]"
end

-- The nodes of each layer in this model, in order.
local function nodes_by_layer(self)
  local nodes = {}
  for _, symbol in ipairs(self.inputs or {}) do
    nodes[symbol.node.layer] = {symbol.node}
  end
  for _, node in ipairs(self.plan and self:whole_plan().nodes or {}) do
    nodes[node.layer] = nodes[node.layer] or {}
    table.insert(nodes[node.layer], node)
  end
  return nodes
end

-- Where the inputs of a layer come from: the names of the layers, with the
-- number of the use ("dense_1[2]") where a layer is used several times here.
local function sources_of(self, nodes, uses)
  local parts = {}
  for _, node in ipairs(nodes or {}) do
    for _, symbol in ipairs(node.inputs) do
      local from = symbol.node.layer
      local name = self:name_of(from)
      if #uses[from] > 1 then
        name = name .. "[" .. names.find(uses[from], symbol.node) .. "]"
      end
      parts[#parts + 1] = name
    end
  end
  return parts
end

-- Rows -------------------------------------------------------------------------

-- The text, cut with an ellipsis where it is wider than that many characters.
local function fitted(text, width)
  local length = utf8.len(text) or #text
  if length <= width then
    return text .. string.rep(" ", width - length)
  elseif not utf8.len(text) then
    return text:sub(1, width)
  end
  return text:sub(1, utf8.offset(text, math.max(width, 1)) - 1) .. "…"
end

local function write_row(out, layout, fields)
  local line = ""
  for i, field in ipairs(fields) do
    local width = layout.widths[i]
    line = line .. (i == #fields and fitted(field, width)
      or fitted(field, width - 1) .. " ")
  end
  out((line:gsub("%s+$", "")))
end

local function count_text(layer)
  if layer.built then
    return tostring(layer:count_params())
  end
  return layer.build == require("nn.layer").build and "0" or "not known yet"
end

local function title_of(prefix, entry)
  return ("%s%s (%s)"):format(prefix, entry.name, entry.layer.class_name)
end

-- How many characters the longest title takes.
local function longest_title(self, prefix, expand)
  local longest = 0
  for _, entry in ipairs(self:sublayers()) do
    local title = title_of(prefix, entry)
    longest = math.max(longest, utf8.len(title) or #title)
    if expand and entry.layer.plan then
      longest = math.max(longest, longest_title(entry.layer, prefix .. "| ",
        expand))
    end
  end
  return longest
end

local function write_layer(out, layout, self, entry, nodes)
  local layer = entry.layer
  local own = nodes[layer]
  local title = title_of(layout.prefix, entry)
  local sources = layout.connected and sources_of(self, own, nodes) or {}
  write_row(out, layout, {
    title,
    own and shapes_text(own[1].outputs) or "not known yet",
    count_text(layer),
    layout.connected and (sources[1] or "") or nil,
  })
  for k = 2, #sources do
    write_row(out, layout, {"", "", "", sources[k]})
  end
end

-- The rows of a model's layers with rules between them, and those of nested
-- models where they are wanted.
local function write_layers(out, layout, self, expand)
  local nodes, list = nodes_by_layer(self), self:sublayers()
  for i, entry in ipairs(list) do
    write_layer(out, layout, self, entry, nodes)
    local nested = expand and entry.layer.plan
    if nested then
      local inner = setmetatable({
        prefix = layout.prefix .. "| ",
        connected = layout.connected and not entry.layer.stack,
      }, {__index = layout})
      write_layers(out, inner, entry.layer, expand)
    end
    if layout.prefix == "" then
      out(string.rep(i == #list and "=" or "_", layout.length))
    end
  end
end

-- Totals -----------------------------------------------------------------------

local BYTES = {float64 = 8, int64 = 8, float32 = 4, int32 = 4}

local function bytes_text(n)
  local units = {"bytes", "KiB", "MiB", "GiB", "TiB"}
  local unit = 1
  while n >= 1024 and unit < #units do
    n, unit = n / 1024, unit + 1
  end
  return unit == 1 and ("%d bytes"):format(n) or ("%.1f %s"):format(n,
    units[unit])
end

-- The bytes that the outputs of all layers take for one sample, and whether
-- sizes were left open (and counted as 1).
local function activation_bytes(self)
  local bytes, open = 0, false
  for _, node in ipairs(self.plan.nodes) do
    for _, symbol in ipairs(node.outputs) do
      local count = 1
      for _, size in ipairs(symbol.shape) do
        open = open or size == -1
        count = count * math.abs(size)
      end
      bytes = bytes + count * (BYTES[symbol.dtype] or 1)
    end
    if node.layer.plan then
      local inner, inner_open = activation_bytes(node.layer)
      bytes, open = bytes + inner, open or inner_open
    end
  end
  return bytes, open
end

local function write_totals(out, self)
  local total, trainable, bytes = 0, 0, 0
  for _, weight in ipairs(self:all_weights()) do
    local value = weight.layer[weight.name]
    local count = value:numel()
    total, bytes = total + count, bytes + count * (BYTES[value.dtype] or 1)
    trainable = trainable + (weight.active and count or 0)
  end
  out("Total params: " .. grouped(total))
  out("Trainable params: " .. grouped(trainable))
  out("Non-trainable params: " .. grouped(total - trainable))
  local memory = "Memory: " .. bytes_text(bytes) .. " of parameters"
  if self.plan then
    local activations, open = activation_bytes(self)
    memory = ("%s, %s%s of activations a sample"):format(memory,
      open and "at least " or "", bytes_text(activations))
  end
  out(memory)
end

-- The columns: by the line length as the ends say; where that was not given,
-- the first is as wide as the longest title wants, up to WIDEST.
local WIDEST = 60

local function new_layout(self, connected, o)
  local usual, widths, from = connected and CONNECTED or PLAIN, {}, 0
  local length = o.line_length or usual.length
  for i, part in ipairs(usual.ends) do
    local stop = math.tointeger(length * part // 1)
    widths[i], from = stop - from, stop
  end
  if not o.line_length then
    local wanted = longest_title(self, "", o.expand_nested) + 1
    local more = math.max(0, math.min(wanted, WIDEST) - widths[1])
    widths[1], length = widths[1] + more, length + more
  end
  return {length = length, widths = widths, connected = connected, prefix = ""}
end

local SUMMARY = {
  positional = 0,
  {"print_fn", options["function"]},
  {"line_length", options.check("an integer of at least 40", function(n)
    return math.type(n) == "integer" and n >= 40
  end)},
  {"expand_nested", options.boolean, false},
}

--- nn.Model:summary([{print_fn=print, line_length=, expand_nested=false}])
-- Prints the layers in order with the shapes of their outputs (None: the
-- batch, or a size left open) and the number of parameters; where the model
-- is not a plain chain, also where each layer's inputs come from ("dense_1[2]"
-- is the second use of a shared layer). Below stand the totals and the memory
-- that the parameters and, for each sample, the outputs of all layers take.
-- What does not fit into its column ends in "…"; line_length is 65 or, with
-- connections, 98, and more where names are long. expand_nested=true lists
-- the layers of models within.
-- `print_fn(line)` gets the lines instead.
--   > model = nn.Sequential{nn.Dense{10, input_shape={784}}}
--   > lines = {}
--   > model:summary{print_fn=function(line) lines[#lines + 1] = line end}
--   > lines[6]
--   Total params: 7,850
--   > lines[9]
--   Memory: 30.7 KiB of parameters, 40 bytes of activations a sample
function methods.summary(self, opts)
  local o = options.read("summary", SUMMARY, opts)
  local out = o.print_fn or print
  local connected = self.plan ~= nil and self.stack == nil
  local layout = new_layout(self, connected, o)
  out(string.rep("_", layout.length))
  write_row(out, layout, {"Layer (type)", "Output Shape", "Param #",
    connected and "Connected to" or nil})
  out(string.rep("=", layout.length))
  write_layers(out, layout, self, o.expand_nested)
  write_totals(out, self)
  out(string.rep("_", layout.length))
end

return {methods = methods}
