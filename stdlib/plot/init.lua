-- plot: charts, saved as PNG or SVG or shown in the terminal.

local figure = require("plot.figure")
local kinds = require("plot.kinds")
local native = require("native")
local options = require("options")

--- plot
-- Charts. Each function returns a figure; figure:save("x.png") or
-- figure:save("x.svg") writes it, figure:show() draws it in the terminal, and
-- figure:line(...), figure:scatter(...) and so on add to it.
--
-- Options of every plot:
--   title, xlabel, ylabel   texts
--   xlim, ylim              {first, last}: the ends of an axis
--   xscale, yscale          "linear" or "log"
--   xticks, yticks          names for the places 1, 2, 3, ...
--   legend                  false for none; true or "best" (where fewest
--                           points are), or a corner such as "upper left"
--   grid, axis              false leaves the lines, or the whole axes, away
--   aspect                  "equal": units across as long as units up; "auto"
--   size                    {width, height} in pixels, {640, 480}
--   dpi                     pixels to an inch, 96: with 192 letters and lines
--                           are twice as large
-- Of those that draw series also:
--   labels                  a name for each series, for the legend
--   colors                  "#rrggbb", names or {r, g, b}, one a series. The
--                           colours that are used otherwise can be told apart
--                           with any kind of colour vision (Okabe and Ito,
--                           "Color Universal Design", 2008)
--
-- NaN leaves gaps; infinite values, and those below 0 on a "log" axis, are
-- not drawn. Needs the cairo library (Debian: libcairo2).
local plot = {Figure = figure.class}

for name, add in pairs(kinds) do
  plot[name] = function(...)
    return add(figure.new("plot." .. name, {}), "plot." .. name, ...)
  end
  figure.class[name] = function(self, ...)
    if self.figures then
      native.fail("figure:%s: a grid of plots takes no marks of its own", name)
    end
    return add(self, "figure:" .. name, ...)
  end
end

--- plot.line(x, y, {labels=, markers=false, dashed=false, line_width=1.75})
-- A line through points, or several.
--   x  a tensor or a list of numbers; plot.line(y) counts 1, 2, 3, ...
--   y  of the same length; several series as a list {y1, y2} or the rows of a
--      2-d tensor, with one x for all or a list {x1, x2}
-- Options: those of every plot, see plot; markers=true puts marks on the
-- points.
-- Errors: x and y of different lengths; unknown options.
-- See also: plot.scatter, plot.Figure:save.
--   > plot.line({1, 4, 9}, {title="squares"})
--   plot.line 640 x 480: squares
--   > plot.line({1, 2, 3}, {{1, 4, 9}, {1, 8, 27}}, {labels={"2", "3"}}).series
--   2

--- plot.scatter(x, y, {labels=, marker_size=3.5, alpha=0.8})
-- A mark for each point. x, y and options as for plot.line; alpha is how
-- opaque the marks are.
--   > plot.scatter(tensor.randn(50), tensor.randn(50))
--   plot.scatter 640 x 480

--- plot.bar(x, y, {labels=, bar_width=0.8})
-- Bars from 0 to y.
--   x  names (a list of strings) or numbers; plot.bar(y) counts 1, 2, 3, ...
--   y  heights; several series stand side by side
--   > plot.bar({"cat", "dog"}, {3, 5}, {ylabel="seen"})
--   plot.bar 640 x 480

--- plot.hist(x, {bins=, range=, density=false, labels=})
-- How often values fall into each of some intervals of equal width.
--   x        a tensor or list of numbers, or several; NaN and infinities are
--            not counted
--   bins     how many intervals: the square root of the number of values, at
--            most 50, unless given
--   range    {low, high}: from the least to the greatest value unless given;
--            the last interval holds its end
--   density  true divides by number and width, so that the area is 1
--   > plot.hist(tensor.randn(1000), {bins=20, title="normal"})
--   plot.hist 640 x 480: normal

--- plot.heatmap(z, {cmap="sea", vmin=, vmax=, colorbar=true, annotate=false})
-- The numbers of a matrix as colours; row 1 is at the top.
--   z           (rows, columns), a tensor or a list of rows
--   cmap        "sea" (dark blue, green, yellow), "fire" (black, red, yellow,
--               white), "grey", all from dark to light in even steps, or
--               "blue_red", light in the middle, for values about 0; with
--               "_r" (as in "sea_r") the other way round
--   vmin, vmax  the values at the ends of the colours
--   annotate    true writes the numbers on the squares, if there is room
--   smooth      true blends neighbouring squares
-- xticks and yticks name columns and rows. NaN stays white.
--   > plot.heatmap(tensor.eye(3), {xticks={"a", "b", "c"}})
--   plot.heatmap 640 x 480

--- plot.imshow(img, {title=, smooth=false})
-- An image with axes that count its pixels from 1 (axis=false: none).
--   img  (height, width) or (height, width, 1..4 channels): uint8, or floats
--        from 0 (black) to 1
-- See also: image.show, plot.heatmap.
--   > plot.imshow(tensor.rand(8, 8), {axis=false})
--   plot.imshow 640 x 480

--- plot.figure({title=, ...})
-- An empty figure, to add to: its methods line, scatter, bar, hist, heatmap
-- and imshow take what the functions of `plot` take, and return the figure.
-- Options: see plot.
--   > plot.figure{title="fit"}:scatter({1, 2}, {1, 2}):line({1, 2}, {1, 2})
--   plot.figure 640 x 480: fit
function plot.figure(opts)
  return figure.new("plot.figure",
                    options.read("plot.figure", figure.OPTIONS, opts))
end

local GRID = {
  positional = 0,
  {"columns", options.positive_integer},
}
for _, row in ipairs(figure.OPTIONS) do
  if row[1] == "title" or row[1] == "size" or row[1] == "dpi" then
    GRID[#GRID + 1] = row
  end
end

local function check_figures(list)
  if type(list) ~= "table" or #list == 0 then
    native.fail("plot.grid: a list of figures is needed")
  end
  for i, one in ipairs(list) do
    if getmetatable(one) ~= figure.class then
      native.fail("plot.grid: entry %d must be a figure, got %s", i,
                  options.show(one))
    end
  end
end

--- plot.grid(figures, {columns=, title=, size=, dpi=})
-- Several plots in one figure, row by row.
--   figures  a list of figures; their own sizes do not count
--   columns  plots in a row (the least square that holds all of them)
--   > plot.grid({plot.line({1, 2}), plot.bar({3, 4})}, {columns=2})
--   plot.grid 840 x 320
function plot.grid(figures, opts)
  check_figures(figures)
  local o = options.read("plot.grid", GRID, opts)
  local fig = figure.new("plot.grid", o)
  fig.figures = table.move(figures, 1, #figures, 1, {})
  fig.columns = math.min(#figures,
                         o.columns or math.ceil(math.sqrt(#figures)))
  return fig
end

-- The names in a history that validation repeats as val_NAME, loss first.
local function measures(history)
  local names = {}
  for name, values in pairs(history) do
    if name ~= "epoch" and type(name) == "string" and type(values) == "table"
        and not name:find("^val_") then
      names[#names + 1] = name
    end
  end
  table.sort(names, function(a, b)
    if (a == "loss") ~= (b == "loss") then return a == "loss" end
    return a < b
  end)
  return names
end

--- plot.history(history, {title=, columns=, size=, dpi=})
-- What model:fit returns, as curves over the epochs: one plot for the loss
-- and one for each metric, training and validation together.
--   > plot.history({loss={3, 2, 1}, val_loss={4, 3, 3}})
--   plot.grid 420 x 320
function plot.history(history, opts)
  if type(history) ~= "table" or #measures(history) == 0 then
    native.fail("plot.history: what fit returns is needed: a list of numbers "
                  .. "for each name, such as history.loss")
  end
  local figures = {}
  for i, name in ipairs(measures(history)) do
    local fig = plot.figure{title=name, xlabel="epoch"}
    local one = #history[name] == 1
    fig:line(history[name], {label="training", markers=one})
    if type(history["val_" .. name]) == "table" then
      fig:line(history["val_" .. name], {label="validation", markers=one})
    end
    figures[i] = fig
  end
  return plot.grid(figures, opts)
end

return plot
