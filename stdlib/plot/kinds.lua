-- plot.kinds: the kinds of plots, as methods that add to a figure:
-- figure:line(...), figure:scatter(...) and so on. plot.line(...) is an empty
-- figure with a line added.

local colors = require("plot.colors")
local figure = require("plot.figure")
local marks = require("plot.marks")
local native = require("native")
local options = require("options")
local pixels = require("image.pixels")
local scale = require("plot.scale")
local series = require("plot.series")
local tensor = require("tensor")

local kinds = {}

local function with_options(rows)
  return options.join(options.join(rows, figure.OPTIONS), {positional=0})
end

local function with_series(rows)
  local joined = options.join(options.join(rows, figure.SERIES),
                              figure.OPTIONS)
  joined.positional, joined.aliases = 0, figure.SERIES.aliases
  return joined
end

-- What the i-th of the series is told.
local function each(o, i)
  local own = setmetatable({}, {__index=o})
  own.label = o.labels and o.labels[i]
  own.color = o.colors and o.colors[(i - 1) % #o.colors + 1]
  return own
end

-- Adds mark(i, options) for each series.
local function add_series(fig, list, o, make)
  for i, item in ipairs(list) do
    fig.series = fig.series + 1
    fig.marks[#fig.marks + 1] = make(item, fig.series, each(o, i), i)
  end
  return fig:take(o)
end

-- line, scatter --------------------------------------------------------------

local LINE = with_series{
  {"line_width", options.positive_number},
  {"markers", options.boolean},
  {"dashed", options.boolean},
}

function kinds.line(fig, owner, a, b, c)
  local x, y, opts = series.split(a, b, c)
  local o = options.read(owner, LINE, opts)
  return add_series(fig, series.pairs(owner, x, y), o, function(item, i, own)
    return marks.line(item.x, item.y, i, own)
  end)
end

local SCATTER = with_series{
  {"marker_size", options.positive_number},
  {"alpha", options.check("a number from 0 to 1", function(value)
    return type(value) == "number" and value >= 0 and value <= 1
  end)},
}

function kinds.scatter(fig, owner, a, b, c)
  local x, y, opts = series.split(a, b, c)
  local o = options.read(owner, SCATTER, opts)
  return add_series(fig, series.pairs(owner, x, y), o, function(item, i, own)
    return marks.scatter(item.x, item.y, i, own)
  end)
end

-- bar, hist ------------------------------------------------------------------

local BAR = with_series{
  {"bar_width", options.positive_number, 0.8},
}

-- Names of the bars come in the place of x.
local function bar_names(x)
  return type(x) == "table" and type(x[1]) == "string" and x or nil
end

function kinds.bar(fig, owner, a, b, c)
  local x, y, opts = series.split(a, b, c)
  local names = bar_names(x)
  local o = options.read(owner, BAR, opts)
  local list = series.pairs(owner, not names and x or nil, y)
  if names then
    o.xticks = o.xticks or options.verify(owner, "x", {
      description = "as many names as bars", test = function()
        return #names == list[1].y.shape[1], names
      end,
    }, names)
  end
  fig.from_zero = true
  local width = o.bar_width / #list
  return add_series(fig, list, o, function(item, i, own, place)
    local left = item.x + (width * (place - 1) - o.bar_width / 2)
    own.x = item.x
    return marks.bars(left, left + width * 0.97, item.y, i, own)
  end)
end

local HIST = with_series{
  {"bins", options.positive_integer},
  {"range", options.any},
  {"density", options.boolean, false},
}

local MOST_BINS = 50

-- The range of all finite values.
local function common_range(list)
  local low, high = math.huge, -math.huge
  local most = 0 -- values in one of them
  for _, values in ipairs(list) do
    local good = scale.only(values, values:isfinite())
    if good:numel() > 0 then
      low = math.min(low, good:min():item())
      high = math.max(high, good:max():item())
    end
    most = math.max(most, good:numel())
  end
  if low > high then low, high = 0, 1 end
  if high / 2 - low / 2 <= math.max(math.abs(low), math.abs(high)) * 1e-12 then
    local pad = math.max(math.abs(low) * 0.1, 0.5)
    low, high, most = low - pad, high + pad, 1
  end
  return low, high, most
end

-- How many of the values fall into each of the bins from low to high; the
-- last one holds high itself.
local function count_values(values, bins, low, high)
  local share = (values / 2 - low / 2) / (high / 2 - low / 2)
  local bin = (share * bins):floor()
  bin = tensor.where(share:eq(1), bins - 1, bin)
  local counts = {}
  for k = 1, bins do counts[k] = bin:eq(k - 1):sum():item() end
  return tensor(counts, "float64")
end

function kinds.hist(fig, owner, a, opts)
  local o = options.read(owner, HIST, opts)
  local list = series.vectors(owner, "x", a)
  local low, high, most = common_range(list)
  if o.range then
    o.xlim = nil
    low, high = table.unpack(options.read(owner, {
      positional = 0, {"range", figure.range},
    }, {range=o.range}).range)
  end
  local bins = o.bins or math.max(1, math.min(MOST_BINS,
                                              math.ceil(math.sqrt(most))))
  local edges = tensor.linspace(0, 1, bins + 1, "float64")
  edges = edges * (high / 2) * 2 + (1 - edges) * (low / 2) * 2
  o.ylabel = o.ylabel or fig.ylabel or (o.density and "density" or "count")
  o.alpha = #list > 1 and 0.6 or 1
  fig.from_zero = true
  return add_series(fig, list, o, function(values, i, own)
    local counts = count_values(values, bins, low, high)
    if o.density then
      counts = counts / math.max(1, counts:sum():item())
        / ((high / 2 - low / 2) / bins) / 2
    end
    return marks.bars(edges:narrow(1, 1, bins), edges:narrow(1, 2, bins),
                      counts, i, own)
  end)
end

-- heatmap, imshow ------------------------------------------------------------

local function refuse_log(owner, o)
  if o.xscale == "log" or o.yscale == "log" then
    native.fail("%s: pictures have linear scales only", owner)
  end
end

local HEATMAP = with_options{
  {"cmap", colors.map_name, "sea"},
  {"vmin", options.number},
  {"vmax", options.number},
  {"colorbar", options.boolean, true},
  {"annotate", options.boolean, false},
  {"smooth", options.boolean, false},
}
HEATMAP.positional, HEATMAP.aliases = 0, {colourbar="colorbar"}

-- The values that stand for the ends of the colours.
local function value_range(owner, z, o)
  local good = scale.only(z, z:isfinite())
  local low, high = o.vmin, o.vmax
  if good:numel() > 0 then
    low, high = low or good:min():item(), high or good:max():item()
  else
    low = low or (high and high - 1) or 0
    high = high or low + 1
  end
  if (o.vmin and o.vmin - o.vmin ~= 0) or (o.vmax and o.vmax - o.vmax ~= 0)
      or (o.vmin and o.vmax and o.vmin >= o.vmax) then
    native.fail("%s: vmin must be below vmax, both finite", owner)
  end
  local largest = math.max(math.abs(low), math.abs(high))
  if high / 2 - low / 2 <= math.max(largest * 1e-12, 1e-300) then
    local pad = largest < 1e-300 and 1 or largest * 0.1
    if not o.vmin or o.vmax then low = math.min(low, high) - pad end
    if not o.vmax or o.vmin then high = math.max(low, high) + pad end
  end
  return low, high
end

-- Colours for values from low to high; NaN is transparent.
local function paint(z, low, high, cmap)
  local rows, columns = table.unpack(z.shape)
  local share = (z / 2 - low / 2) / (high / 2 - low / 2)
  local missing = share:isnan()
  local place = tensor.where(missing, 0, share):clamp(0, 1) * 255 + 1.5
  local rgba = colors.map(cmap):index_select(1, place:floor():to("int64")
    :reshape(-1)):reshape(rows, columns, 4)
  local alpha = tensor.where(missing, 0, 255):to("uint8"):unsqueeze(3)
  return tensor.concat({rgba:narrow(3, 1, 3), alpha}, 3)
end

-- Numbers as short as they can be: whole, or with three digits.
local function cell_texts(z)
  local texts = {}
  for i, row in ipairs(z:totable()) do
    texts[i] = {}
    for j, value in ipairs(row) do
      local whole = value == math.floor(value) and math.abs(value) < 1e6
      texts[i][j] = string.format(whole and "%.0f" or "%.3g", value)
    end
  end
  return texts
end

local MOST_TEXTS = 2500

function kinds.heatmap(fig, owner, z, opts)
  z = series.matrix(owner, "z", z)
  local o = options.read(owner, HEATMAP, opts)
  refuse_log(owner, o)
  local low, high = value_range(owner, z, o)
  if o.colorbar then fig.color_bar = {cmap=o.cmap, low=low, high=high} end
  if z:numel() > 0 then
    fig.marks[#fig.marks + 1] = marks.picture(paint(z, low, high, o.cmap), {
      smooth=o.smooth,
      texts=o.annotate and z:numel() <= MOST_TEXTS and cell_texts(z) or nil,
    })
  end
  return fig:take(o)
end

-- uint8 (h, w, c) of 1 to 4 channels as RGBA.
local function to_rgba(x)
  local channels = x.shape[3]
  local full = tensor.full({x.shape[1], x.shape[2], 1}, 255, "uint8")
  if channels == 4 then return x end
  if channels == 3 then return tensor.concat({x, full}, 3) end
  local grey = x:narrow(3, 1, 1)
  return tensor.concat({grey, grey, grey,
                        channels == 2 and x:narrow(3, 2, 1) or full}, 3)
end

local IMSHOW = with_options{
  {"smooth", options.boolean, false},
}
IMSHOW.positional = 0

function kinds.imshow(fig, owner, img, opts)
  local o = options.read(owner, IMSHOW, opts)
  refuse_log(owner, o)
  if type(img) == "table" then img = series.matrix(owner, "img", img) end
  local x = pixels.read(owner, img)
  if x.shape[3] > 4 then
    native.fail("%s: an image of shape %s: 1 to 4 channels can be shown",
                owner, tostring(img.shape))
  end
  fig.marks[#fig.marks + 1] =
    marks.picture(to_rgba(pixels.to_uint8(x)), {smooth=o.smooth})
  fig.aspect = fig.aspect or "equal"
  return fig:take(o)
end

return kinds
