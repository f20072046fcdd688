-- nn summaries and pictures of models.

local check = require("check")
local test = check.test

local function lines_of(model, opts)
  local lines, o = {}, opts or {}
  o.print_fn = function(line) lines[#lines + 1] = line end
  model:summary(o)
  return lines
end

-- Summary ------------------------------------------------------------------

test("summary of a Sequential", function()
  local model = nn.Sequential {nn.Dense {512, "relu", input_shape = {784}},
    nn.Dense {10}, nn.Activation {"softmax"}}
  local line = string.rep("_", 65)
  check.equal(lines_of(model), {
    line,
    "Layer (type)                 Output Shape              Param #",
    string.rep("=", 65),
    "dense_1 (Dense)              (None, 512)               401920",
    line,
    "dense_2 (Dense)              (None, 10)                5130",
    line,
    "activation_1 (Activation)    (None, 10)                0",
    string.rep("=", 65),
    "Total params: 407,050",
    "Trainable params: 407,050",
    "Non-trainable params: 0",
    "Memory: 1.6 MiB of parameters, 2.1 KiB of activations a sample",
    line,
  })
end)

test("summary of a functional model", function()
  local a = nn.Input {4}
  local x = nn.Dense {4}(a)
  local bn = nn.BatchNormalization()
  local model = nn.Model {inputs = a, outputs = nn.Add()(bn(x), a)}
  local text = table.concat(lines_of(model), "\n")
  check.truthy(text:find("Connected to", 1, true))
  check.truthy(text:find("input_1 (InputLayer)", 1, true))
  check.truthy(text:find("add_1 %(Add%) +%(None, 4%) +0 +batch_norm"), text)
  check.truthy(text:find("Total params: 36", 1, true), text)
  check.truthy(text:find("Non-trainable params: 8", 1, true), text)
  bn.trainable = false
  text = table.concat(lines_of(model), "\n")
  check.truthy(text:find("Non-trainable params: 16", 1, true), text)
end)

test("summary before the shapes are known", function()
  local lines = lines_of(nn.Sequential {nn.Dense {2}})
  check.truthy(lines[4]:find("not known yet", 1, true))
end)

test("summary with nested models and uses of shared layers", function()
  local a, b = nn.Input {4, name = "left"}, nn.Input {4, name = "right"}
  local encoder = nn.Sequential {nn.Dense {3, input_shape = {4}},
    name = "encoder"}
  local model = nn.Model {inputs = {a, b}, outputs = encoder(a) * encoder(b)}
  local text = table.concat(lines_of(model), "\n")
  check.truthy(text:find("mul_1 %(Operation%) +%(None, 3%) +0 +encoder%[1%]\n"
    .. " +encoder%[2%]\n"), text)
  check.truthy(not text:find("dense_1"), text)
  text = table.concat(lines_of(model, {expand_nested = true}), "\n")
  check.truthy(text:find("encoder %(Sequential%) +%(None, 3%) +15 +left\n"
    .. " +right\n| dense_1 %(Dense%) +%(None, 3%) +15\n"), text)
  check.truthy(text:find("Total params: 15\n"), text)
end)

test("summary cuts wide names with an ellipsis", function()
  local long = string.rep("é", 60)
  local model = nn.Sequential {nn.Dense {2, input_shape = {3}, name = long}}
  local lines = lines_of(model)
  check.equal(lines[4], string.rep("é", 58)
    .. "… (None, 2)                 8")
  check.equal(lines[1], string.rep("_", 65 + 31))
  lines = lines_of(model, {line_length = 50})
  for i = 1, 5 do check.truthy(utf8.len(lines[i]) <= 50, lines[i]) end
  check.error_matches(function() model:summary {line_length = 3} end,
    "line_length must be an integer of at least 40")
end)

test("summary makes room for the longest title, also of inner layers",
  function()
    local name = "batch_normalization_of_the_stem"
    local inner = nn.Sequential {nn.Dense {2, input_shape = {3}},
      nn.BatchNormalization {name = name}, name = "stem"}
    local model = nn.Sequential {inner}
    local title = "| " .. name .. " (BatchNormalization) (None, 2)"
    local text = table.concat(lines_of(model, {expand_nested = true}), "\n")
    check.truthy(text:find(title, 1, true), text)
    check.equal(lines_of(model)[1], string.rep("_", 65))
  end)

test("summary of several outputs, of open sizes and of memory", function()
  local x = nn.Input {-1, 2, dtype = "float64"}
  local parts = x:split(1, 3)
  local model = nn.Model {inputs = x, outputs = parts}
  local text = table.concat(lines_of(model), "\n")
  check.truthy(text:find("[(None, None, 1), (… ", 1, true), text)
  check.truthy(text:find("Memory: 0 bytes of parameters, at least 16 bytes of "
    .. "activations a sample", 1, true), text)
end)

-- Pictures -----------------------------------------------------------------

-- The text of the picture, with the ending of the file.
local function plotted(model, ending, opts)
  local path = os.tmpname()
  model:plot(path .. ending, opts)
  local file = assert(io.open(path .. ending))
  local text = file:read("a")
  file:close()
  os.remove(path)
  os.remove(path .. ending)
  return text
end

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

local function inception()
  local x = nn.Input {8, 8, 4}
  local function conv(filters, size, from)
    return nn.Conv2D {filters, size, padding = "same"}(from)
  end
  local branches = {conv(2, 1, x), conv(4, 3, conv(3, 1, x)),
    conv(2, 5, conv(1, 1, x)),
    conv(2, 1, nn.MaxPooling2D {3, strides = 1, padding = "same"}(x))}
  return nn.Model {inputs = x, outputs = nn.Concatenate()(branches)}
end

-- The boxes of an SVG picture: {x, y, width, height}, without the paper.
local function boxes_of(svg)
  local boxes = {}
  for x, y, w, h in svg:gmatch('<rect x="([^"]*)" y="([^"]*)" '
      .. 'width="([^"]*)" height="([^"]*)" rx') do
    boxes[#boxes + 1] = {tonumber(x), tonumber(y), tonumber(w), tonumber(h)}
  end
  return boxes
end

local function overlap(a, b)
  return a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
    and a[2] < b[2] + b[4] and b[2] < a[2] + a[4]
end

test("plot: boxes stand apart, edges lead down", function()
  for _, model in ipairs {inception(), (function()
    local x = nn.Input {4}
    local h = x
    for _ = 1, 6 do h = nn.Dense {4}(h) + x end
    return nn.Model {inputs = x, outputs = {h, nn.Dense {2}(x)}}
  end)()} do
    local svg = plotted(model, ".svg")
    local boxes = boxes_of(svg)
    check.equal(#boxes, #model.layers)
    for i = 1, #boxes do
      for k = i + 1, #boxes do
        check.truthy(not overlap(boxes[i], boxes[k]), "boxes apart")
      end
    end
    local edges = 0
    for _, node in ipairs(model.plan.nodes) do edges = edges + #node.inputs end
    check.equal(count(svg, 'class="edge" d='), edges)
    for path in svg:gmatch('class="edge" d="(.-)"') do
      local last = -math.huge
      for y in path:gmatch("[%d.-]+ ([%d.-]+)") do
        check.truthy(tonumber(y) >= last, path)
        last = tonumber(y)
      end
    end
  end
end)

test("plot: edges that need not cross do not", function()
  local layered = require("nn.layered")
  local boxes = {}
  for i = 1, 9 do boxes[i] = {width = 20, height = 10} end
  -- From 1 to 2, 3, 4, 5; from these to 9, 8, 7, 6, the other way round.
  local edges = {}
  for i = 2, 5 do
    edges[#edges + 1] = {from = 1, to = i}
    edges[#edges + 1] = {from = i, to = 11 - i}
  end
  layered.place(boxes, edges, {x = 10, y = 10})
  for i = 2, 5 do check.near(boxes[i].x, boxes[11 - i].x, 1) end
  check.near(boxes[1].x, (boxes[2].x + boxes[5].x) / 2, 1)
end)

test("plot: the shapes of many inputs stand in several lines", function()
  local inputs = {}
  for i = 1, 5 do inputs[i] = nn.Input {100, 100, i} end
  local model = nn.Model {inputs = inputs,
    outputs = nn.Concatenate()(table.unpack(inputs))}
  local svg = plotted(model, ".svg")
  for i = 1, 5 do
    local _, times = svg:gsub("%(None, 100, 100, " .. i .. "%)", "")
    check.equal(times, 2)
  end
  check.truthy(not svg:find("…", 1, true))
end)

test("plot: names, classes, shapes; text is escaped", function()
  local model = nn.Sequential {nn.Dense {2, input_shape = {3},
    name = 'a<b & "c"\1'}, nn.Dense {1, name = string.rep("w", 90)}}
  local svg = plotted(model, ".svg")
  check.truthy(svg:find(">a&lt;b &amp; &quot;c&quot; </text>", 1, true), svg)
  check.truthy(svg:find("(None, 3) → (None, 2)", 1, true), svg)
  check.truthy(svg:find(string.rep("w", 55) .. "…<", 1, true), svg)
  svg = plotted(model, ".svg", {show_shapes = false})
  check.truthy(not svg:find("None", 1, true), svg)
end)

test("plot: text for Graphviz, nested and shared", function()
  local x, y = nn.Input {3, name = "x"}, nn.Input {3, name = "y"}
  local inner = nn.Sequential {nn.Dense {2, input_shape = {3}}, name = "in"}
  local model = nn.Model {inputs = {x, y}, outputs = inner(x) + inner(y)}
  check.equal(plotted(model, ".dot"), [[
digraph model {
  node [shape=box, style="rounded,filled", fontname="sans-serif"];
  n1 [label="x\nInputLayer\n(None, 3)", fillcolor="#dcebfa"];
  n2 [label="y\nInputLayer\n(None, 3)", fillcolor="#dcebfa"];
  n3 [label="in\nSequential, used 2 times\n(None, 3) → (None, 2)", fillcolor="#fdf0d5"];
  n4 [label="add_1\nOperation\n(None, 2), (None, 2) → (None, 2)", fillcolor="#ffffff"];
  n1 -> n3;
  n2 -> n3;
  n3 -> n4;
  n3 -> n4;
}
]])
  local text = plotted(model, ".dot", {expand_nested = true})
  check.truthy(text:find('label="in/dense_1\\nDense, used 2 times', 1, true),
    text)
end)

test("plot: a layer that follows itself has a box for each use", function()
  local x, dense = nn.Input {3}, nn.Dense {3}
  local model = nn.Model {inputs = x, outputs = dense(dense(x))}
  local text = plotted(model, ".dot")
  check.truthy(text:find('"dense_1\\n', 1, true), text)
  check.truthy(text:find('"dense_1[2]\\n', 1, true), text)
  check.equal(count(text, "%->"), 2)
  local inner = nn.Sequential {nn.Dense {3, input_shape = {3}}, name = "in"}
  local twice = nn.Model {inputs = x, outputs = inner(inner(x))}
  local svg = plotted(twice, ".svg", {expand_nested = true})
  check.equal(#boxes_of(svg), 3)
end)

test("plot: what cannot be drawn", function()
  local model = nn.Sequential {nn.Dense {2}}
  check.error_matches(function() model:plot("x.svg") end,
    "plot: Sequential 'sequential' has no shapes yet")
  check.error_matches(function() model:plot("x.png") end,
    'the path must end in .svg or .dot, got "x.png"')
  check.error_matches(function() model:plot() end, "got nil")
  check.error_matches(function()
    inception():plot("/no/such/folder/x.svg")
  end, "/no/such/folder/x.svg")
end)
