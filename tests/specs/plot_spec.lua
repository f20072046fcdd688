-- plot: figures, files, what is refused, and data of every kind.

local check = require("check")
local test = check.test

local nan, inf = 0 / 0, math.huge

local function with_file(ending, f)
  local path = os.tmpname()
  os.remove(path)
  path = path .. ending
  local ok, message = pcall(f, path)
  os.remove(path)
  if not ok then error(message, 0) end
end

local function read_all(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

-- How many pixels of a picture have that colour, {r, g, b} of 0..255.
local function count_color(picture, color)
  local same
  for k = 1, 3 do
    local one = picture:select(3, k):eq(color[k])
    same = same and same:logical_and(one) or one
  end
  return same:sum():item()
end

local BLUE, WHITE = {0, 114, 178}, {255, 255, 255}

-- Files ----------------------------------------------------------------------

test("save: PNG of the size that was asked for", function()
  with_file(".png", function(path)
    local fig = plot.line({1, 4, 9}, {size={200, 120}})
    check.truthy(fig:save(path) == fig)
    local picture = image.load(path)
    check.same_shape(picture, {120, 200, 3})
    check.truthy(picture == fig:to_image())
    check.truthy(count_color(picture, BLUE) > 20)
    check.truthy(count_color(picture, WHITE) > 10000)
  end)
end)

-- Every element is closed, in order.
local function check_well_formed(text)
  local open = {}
  for close, name, rest in text:gmatch("<(/?)([%a][%w:]*)([^>]*)>") do
    if close == "/" then
      check.equal(table.remove(open), name)
    elseif rest:sub(-1) ~= "/" then
      open[#open + 1] = name
    end
  end
  check.equal(#open, 0)
end

test("save: SVG is well-formed and sized in pixels", function()
  with_file(".svg", function(path)
    plot.line({1, 4, 9}, {title="a < b & c", labels="\"d\""}):save(path)
    local text = read_all(path)
    check.truthy(text:find("^<%?xml"))
    check.truthy(text:find('width="640px" height="480px"', 1, true)
                 or text:find('width="640" height="480"', 1, true))
    check_well_formed(text)
  end)
end)

test("save: what is refused", function()
  local fig = plot.line({1, 2})
  check.error_matches(function() fig:save("a.pdf") end,
                      "a.pdf: plots are saved as .png or .svg")
  check.error_matches(function() fig:save(3) end, "must be a string")
  check.error_matches(function() fig:save("/no/such/folder/a.png") end,
                      "/no/such/folder/a.png")
  check.error_matches(function() fig:save("/no/such/folder/a.svg") end,
                      "/no/such/folder/a.svg")
end)

test("dpi enlarges all, size alone the sheet", function()
  local fig = plot.line({1, 2}, {dpi=192})
  check.same_shape(fig:to_image(), {960, 1280, 3})
  local plain = plot.line({1, 2}, {size={640, 480}})
  local once = count_color(plain:to_image(), BLUE)
  local twice = count_color(fig:to_image(), BLUE)
  check.truthy(twice > 3 * once)
end)

-- Data -----------------------------------------------------------------------

test("series: lists, tensors, one x for several, rows of a tensor", function()
  check.equal(#plot.line({1, 2, 3}).marks, 1)
  check.equal(#plot.line({1, 2}, {3, 4}).marks, 1)
  check.equal(#plot.line({1, 2}, {{3, 4}, {5, 6}}).marks, 2)
  check.equal(#plot.line(tensor.rand(5, 4)).marks, 5)
  check.equal(#plot.line({{1, 2}, {1, 2, 3}}, {{3, 4}, {5, 6, 7}}).marks, 2)
  check.equal(#plot.line({{1, 2}, {1, 2, 3}}).marks, 2)
  check.equal(#plot.line({tensor.rand(3), tensor.rand(4)}, {}).marks, 2)
  -- numbers given as tensors, whole numbers, tracked ones
  check.equal(#plot.line({tensor(1), tensor(2)}).marks, 1)
  local tracked = tensor.rand(4):requires_grad_()
  plot.line(tracked * 2):to_image()
  plot.line(tensor.arange(6):reshape(3, 2):select(2, 1)):to_image()
end)

test("series: what is refused", function()
  check.error_matches(function() plot.line() end, "y must be a tensor")
  check.error_matches(function() plot.line({1, 2}, {1, 2, 3}) end,
                      "plot.line: x has 2 numbers, but y has 3")
  check.error_matches(function() plot.line({1, "b"}) end,
                      "y%[2%] must be a number, got \"b\"")
  check.error_matches(function() plot.line({{1}, {2}}, {{1}, {2}, {3}}) end,
                      "2 series of x and 3 of y")
  check.error_matches(function() plot.line(tensor.zeros(2, 2, 2)) end,
                      "%(2, 2, 2%)")
  check.error_matches(function() plot.line({1, 2}, {titel="a"}) end,
                      "did you mean \"title\"")
  check.error_matches(function() plot.line({1}, {xlim={1, 1}}) end, "xlim")
  check.error_matches(function() plot.line({1}, {xlim={0, inf}}) end, "xlim")
  check.error_matches(function() plot.line({1}, {size={0, 5}}) end, "size")
  check.error_matches(function() plot.line({1}, {yscale="logit"}) end,
                      "yscale must be \"linear\" or \"log\"")
  check.error_matches(function() plot.line({1}, {colors={"#12345"}}) end,
                      "colors must be")
  check.error_matches(function() plot.heatmap({1, 2}) end, "z%[1%]")
  check.error_matches(function() plot.heatmap({{1, 2}, {3}}) end,
                      "row 2 of z has 1 numbers, row 1 has 2")
  check.error_matches(function() plot.heatmap({{1}}, {yscale="log"}) end,
                      "linear scales only")
  check.error_matches(function() plot.heatmap({{1}}, {vmin=2, vmax=1}) end,
                      "vmin must be below vmax")
  check.error_matches(function() plot.bar({"a"}, {1, 2}) end,
                      "as many names as bars")
  check.error_matches(function() plot.imshow(tensor.zeros(2, 2, 7)) end,
                      "1 to 4 channels")
end)

test("a figure is checked again when it is drawn", function()
  local fig = plot.line({1, 2})
  fig.title = 3
  check.error_matches(function() fig:to_image() end, "title must be a string")
end)

-- All kinds with data that is empty, lonely, constant, not finite, huge, tiny.
local DATA = {
  {}, {5}, {5, 5, 5}, {1, nan, 3, inf, -inf, 2}, {nan, nan}, {inf},
  {1e300, -1e300}, {1.7e308, -1.7e308, 0}, {1e-300, 2e-300}, {5e-324, 0},
  {1, 1 + 2^-52}, {1e9, 1e9 + 0.1}, {0, 0}, {-1, -2}, {1e-5, 1e5},
}

test("odd data: every kind, both scales", function()
  for _, list in ipairs(DATA) do
    for _, kind in ipairs{"line", "scatter", "bar", "hist"} do
      for _, scale in ipairs{"linear", "log"} do
        local fig = plot[kind](list, {yscale=scale, size={120, 90},
                                      title="t", ylabel="y"})
        check.same_shape(fig:to_image(), {90, 120, 3})
      end
    end
    plot.heatmap({list, list}, {size={120, 90}, annotate=true}):to_image()
    plot.scatter(list, list, {xscale="log", size={99, 99}}):to_image()
  end
  plot.heatmap(tensor.zeros(0, 3)):to_image()
  plot.line(tensor.zeros(0, 3)):to_image()
end)

test("NaN leaves gaps; lonely points are dots", function()
  local function ink(y)
    return count_color(plot.line(y, {ylim={0, 2}, xlim={0, 10}, grid=false})
                       :to_image(), BLUE)
  end
  local whole = ink({1, 1, 1, 1, 1, 1, 1, 1, 1})
  local gap = ink({1, 1, 1, 1, nan, 1, 1, 1, 1})
  check.truthy(gap < 0.8 * whole and gap > 0.6 * whole)
  check.equal(ink({1, 1, 1, 1, inf, 1, 1, 1, 1}), gap)
  check.truthy(ink({1}) > 4)
end)

test("points far outside the limits: the line still has its slope", function()
  local fig = plot.line({-1e6, 1e6}, {-1e6, 1e6},
                        {xlim={0, 1}, ylim={0, 1}, grid=false})
  local near = plot.line({0, 1}, {0, 1},
                         {xlim={0, 1}, ylim={0, 1}, grid=false})
  local a, b = fig:to_image():to("float32"), near:to_image():to("float32")
  check.truthy((a - b):abs():mean():item() < 0.05)
end)

test("many points are drawn as few would look", function()
  local n = 200000
  local x = tensor.linspace(0, 1, n, "float64")
  local many = plot.line(x, (x * 40):sin()):to_image():to("float32")
  local coarse = tensor.linspace(0, 1, 2000, "float64")
  local few = plot.line(coarse, (coarse * 40):sin()):to_image():to("float32")
  check.truthy((many - few):abs():mean():item() < 0.1)
  with_file(".svg", function(path)
    plot.line(x, (x * 40):sin()):save(path)
    check.truthy(#read_all(path) < 400000)
  end)
end)

-- Ticks ----------------------------------------------------------------------

local scale = require("plot.scale")

local function ticks(low, high, count, log)
  local t = scale.new(low, high, log):ticks(count)
  return table.concat(t.labels, " "), t.note
end

test("ticks: 1, 2 or 5 times a power of ten, without noise", function()
  check.equal(ticks(0, 1, 5), "0.0 0.2 0.4 0.6 0.8 1.0")
  check.equal(ticks(0, 0.3, 3), "0.0 0.1 0.2 0.3")
  check.equal(ticks(-7, 13, 6), "-5 0 5 10")
  check.equal(ticks(10, 0, 2), "0 5 10")
  check.equal(ticks(0.001, 0.005, 4), "0.001 0.002 0.003 0.004 0.005")
  check.equal(ticks(0, 90000, 3), "0 50000")
end)

test("ticks: factors and offsets", function()
  local labels, note = ticks(0, 3e6, 3)
  check.equal(labels .. " " .. note, "0 1 2 3 1e6")
  labels, note = ticks(0, 2e-7, 2)
  check.equal(labels .. " " .. note, "0 1 2 1e-7")
  labels, note = ticks(1e9, 1e9 + 1, 2)
  check.equal(labels .. " " .. note, "0.0 0.5 1.0 +1000000000")
  labels, note = ticks(-1.7e308, 1.7e308, 4)
  check.equal(labels .. " " .. note, "-1 0 1 1e308")
end)

test("ticks: logarithmic", function()
  check.equal(ticks(0.001, 1e6, 20, true),
              "0.001 0.01 0.1 1 10 100 1000 10000 1e5 1e6")
  check.equal(ticks(1e-300, 1e300, 4, true), "1e-200 1 1e200")
  check.equal(ticks(2, 4, 4, true), "2.0 2.5 3.0 3.5 4.0")
  check.equal(#scale.new(1, 100, true):ticks(5).minor, 16)
end)

test("limits: room, constants, nothing, the largest numbers", function()
  check.near({scale.limits(0, 10, false, 0.1)}, {-1, 11})
  check.near({scale.limits(5, 5, false, 0.1)}, {4.5, 5.5})
  check.near({scale.limits(0, 0, false, 0.1)}, {-1, 1})
  check.near({scale.limits(nil, nil, false, 0.1)}, {0, 1})
  check.near({scale.limits(nil, nil, true, 0.1)}, {1, 10})
  check.near({scale.limits(10, 10, true, 0.1)}, {1, 100})
  local low, high = scale.limits(-1.7e308, 1.7e308, false, 0.1)
  check.truthy(low > -inf and high < inf)
  check.near(scale.new(low, high):place(0), 0.5)
end)

-- Kinds ----------------------------------------------------------------------

test("hist: counts, the last bin holds its end, density", function()
  local bars = plot.hist({0, 0.5, 1, 1, nan, inf}, {bins=2}).marks[1]
  check.equal(bars.heights:totable(), {1, 3})
  check.near(bars.left, {0, 0.5})
  check.near(bars.right, {0.5, 1})
  bars = plot.hist({0, 0.5, 1, 1}, {bins=2, density=true}).marks[1]
  check.near(bars.heights, {0.5, 1.5})
  bars = plot.hist({0, 1, 2, 7}, {bins=2, range={0, 2}}).marks[1]
  check.equal(bars.heights:totable(), {1, 2})
  check.equal(plot.hist({1}, {density=true}).ylabel, "density")
end)

test("bar: names, groups, from 0", function()
  local fig = plot.bar({"a", "b"}, {{1, 2}, {3, 4}})
  check.equal(fig.xticks, {"a", "b"})
  check.near(fig.marks[1].left, {0.6, 1.6})
  check.near(fig.marks[2].left, {1, 2})
  local _, y = fig.marks[1]:bounds(false, false)
  check.equal(y, {0, 2})
end)

-- The pixel in the middle of cell (i, j) of a picture of rows x columns
-- cells that fills the sheet.
local function pixel(fig, i, j, rows, columns)
  local picture = fig:to_image()
  local h, w = table.unpack(picture.shape)
  return picture[{math.floor((i - 0.5) * h / rows),
                  math.floor((j - 0.5) * w / columns)}]:totable()
end

test("heatmap and imshow: row 1 on top, column 1 on the left", function()
  local z = {{0, 1}, {0.5, 0.25}}
  local fig = plot.heatmap(z, {cmap="grey", axis=false, colorbar=false})
  check.near(pixel(fig, 1, 1, 2, 2), {0, 0, 0})
  check.near(pixel(fig, 1, 2, 2, 2), {255, 255, 255})
  check.near(pixel(fig, 2, 1, 2, 2), {128, 128, 128})
  check.near(pixel(fig, 2, 2, 2, 2), {64, 64, 64})
  local img = tensor({{{255, 0, 0}, {0, 255, 0}}}, "uint8")
  fig = plot.imshow(img, {axis=false, size={200, 100}})
  check.equal(pixel(fig, 1, 1, 1, 2), {255, 0, 0})
  check.equal(pixel(fig, 1, 2, 1, 2), {0, 255, 0})
  -- an axis turned round mirrors the picture
  fig = plot.imshow(img, {axis=false, size={200, 100}, xlim={2.5, 0.5}})
  check.equal(pixel(fig, 1, 1, 1, 2), {0, 255, 0})
end)

test("heatmap: NaN is white, infinities are as the ends", function()
  local fig = plot.heatmap({{nan, inf}, {1, 2}},
                           {cmap="grey", axis=false, colorbar=false})
  check.equal(pixel(fig, 1, 1, 2, 2), {255, 255, 255})
  check.equal(pixel(fig, 1, 2, 2, 2), {255, 255, 255})
  check.equal(pixel(fig, 2, 1, 2, 2), {0, 0, 0})
end)

test("colour maps: even lightness from dark to light", function()
  local colors = require("plot.colors")
  for _, name in ipairs{"sea", "fire", "grey"} do
    local map = colors.map(name)
    check.same_shape(map, {256, 4})
    local gray = image.to_gray(map:narrow(2, 1, 3):unsqueeze(2)):to("int64")
    local steps = gray:narrow(1, 2, 255) - gray:narrow(1, 1, 255)
    check.truthy(steps:min():item() >= -1, name)
    check.truthy(steps:max():item() <= 4, name)
    check.truthy(colors.map(name .. "_r"):narrow(1, 1, 1)
                 == map:narrow(1, 256, 1))
  end
end)

test("figures: several kinds in one, grids, histories", function()
  local fig = plot.figure{title="fit"}:scatter({1, 2}, {1, 2}, {label="a"})
    :line({1, 2}, {1, 2}, {label="b", color="red"})
  check.equal(#fig.marks, 2)
  fig:to_image()
  local grid = plot.grid({fig, plot.bar{1, 2}, plot.figure()}, {title="all"})
  check.same_shape(grid:to_image(), {640, 840, 3})
  check.equal(tostring(grid), "plot.grid 840 x 640: all")
  local inner = plot.grid({grid, grid}, {columns=1})
  check.same_shape(inner:to_image(), {640, 420, 3})
  check.error_matches(function() grid:line({1}) end, "no marks of its own")
  check.error_matches(function() plot.grid({}) end, "a list of figures")
  check.error_matches(function() plot.grid({1}) end,
                      "entry 1 must be a figure, got 1")
  local history = nn.callbacks.History()
  history.loss, history.val_loss = {3, 2}, {4, 3}
  history.accuracy, history.epoch = {0.5, 0.6}, {1, 2}
  local curves = plot.history(history)
  check.equal(#curves.figures, 2)
  check.equal(#curves.figures[1].marks, 2)
  check.equal(curves.figures[1].title, "loss")
  check.same_shape(curves:to_image(), {320, 840, 3})
  check.error_matches(function() plot.history({}) end, "what fit returns")
end)

-- The first row with black in those columns of a picture.
local function first_black(img, first, last)
  local black = img[{{}, {first, last}}]:eq(0):all(3):any(2)
  return black:nonzero()[{1, 1}]
end

test("grid: pictures of other proportions begin at the same height", function()
  local wide, high = tensor.zeros(4, 40), tensor.zeros(40, 4)
  local img = plot.grid({plot.imshow(wide, {axis=false}),
                         plot.imshow(high, {axis=false})},
                        {columns=2, size={400, 200}}):to_image()
  check.equal(first_black(img, 1, 200), first_black(img, 201, 400))
  local alone = plot.imshow(wide, {axis=false, size={200, 200}}):to_image()
  check.truthy(first_black(alone, 1, 200) > first_black(img, 1, 200) + 50)
end)

test("text: long, empty, not UTF-8, many names", function()
  local names = {}
  for i = 1, 60 do names[i] = "name " .. i end
  plot.bar(names, tensor.rand(60), {
    title=("long "):rep(99), xlabel="\xff\0\xc3", ylabel="", labels="…",
    size={90, 70},
  }):to_image()
  plot.bar(names, tensor.rand(60)):to_image()
  plot.line({1, 2}, {size={32, 32}, title="t", xlabel="x", labels="l"})
    :to_image()
end)

-- In the terminal ------------------------------------------------------------

test("show: text stands in the picture, lines fit the width", function()
  local path = os.tmpname()
  local before, file = io.output(), assert(io.open(path, "w"))
  io.output(file)
  local ok, message = pcall(function()
    plot.line({1, 4, 9}, {title="squares", ylabel="y"}):show{columns=60}
    plot.heatmap({{1, 2}}, {size={400, 100}}):show{mode="24bit", columns=40}
  end)
  io.output(before)
  file:close()
  local text = read_all(path)
  os.remove(path)
  check.truthy(ok, message)
  check.truthy(text:find("squares", 1, true))
  for line in text:gsub("\27%[[%d;]*m", ""):gmatch("[^\n]+") do
    check.truthy(utf8.len(line) <= 60, line)
  end
end)

-- The canvas itself ----------------------------------------------------------

test("canvas: checks its arguments", function()
  local native = require("native")
  check.error_matches(function() native.canvas(0, 5, "svg") end, "side of 0")
  check.error_matches(function() native.canvas(5, 40000, "pixels") end,
                      "side of 40000")
  check.error_matches(function() native.canvas(5, 5, "pdf") end, "pdf")
  check.error_matches(function() native.canvas(5, 5, "svg", nan) end, "scale")
  local canvas = native.canvas(8, 8, "pixels", 1)
  local row = tensor.zeros({3}, "float64")
  for _, call in ipairs{
    {"color", 2, 0, 0}, {"color", nan, 0, 0}, {"pen", -1}, {"pen", 1, 0},
    {"pen", nan}, {"line", 0, 0, inf, 0}, {"line", 0, 0, 1e9, 0}, {"line"},
    {"box", 0, 0, -1, 1}, {"clip", 0, 0, -1, 1}, {"clip", 0},
    {"text", "a", 0, 0, 0}, {"text", "a", 0, 0, 9, 2}, {"text", {}, 0, 0, 9},
    {"text_size", "a", nan}, {"polyline", row, tensor.zeros({2}, "float64")},
    {"polyline", row, tensor.zeros(3)}, {"polyline", row, 5},
    {"markers", row, row, "star", 3}, {"markers", row, row, "plus", -3},
    {"image", tensor.zeros({2, 2, 3}, "uint8"), 0, 0, 1, 1},
    {"image", tensor.zeros(2, 2, 4), 0, 0, 1, 1},
    {"image", tensor.zeros({2, 2, 4}, "uint8"), 0, 0, 0, 1},
  } do
    local ok = pcall(canvas[call[1]], canvas, table.unpack(call, 2))
    check.truthy(not ok, call[1])
  end
  check.same_shape(canvas:finish(), {8, 8, 3})
  check.error_matches(function() canvas:finish() end, "finished")
  check.error_matches(function() canvas.line(nil, 1) end, "canvas")
end)
