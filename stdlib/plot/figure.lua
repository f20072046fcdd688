-- plot.figure: figures, their options, and the files they become.

local axes = require("plot.axes")
local colors = require("plot.colors")
local image = require("image")
local native = require("native")
local options = require("options")
local sheet = require("plot.sheet")
local terminal = require("image.terminal")

local figure = {}

-- Options --------------------------------------------------------------------

local MOST, LEAST = 16384, 32 -- pixels

local pixel_size = {
  description = "{width, height} in pixels, each " .. LEAST .. " to " .. MOST,
  test = function(value)
    if type(value) ~= "table" or #value ~= 2 then return false end
    local size = {}
    for k = 1, 2 do
      size[k] = math.tointeger(value[k])
      if not size[k] or size[k] < LEAST or size[k] > MOST then return false end
    end
    return true, size
  end,
}

local function is_finite(x)
  return type(x) == "number" and x - x == 0
end

figure.range = options.check("{first, last}, two different finite numbers",
  function(value)
    return type(value) == "table" and #value == 2 and is_finite(value[1])
      and is_finite(value[2]) and value[1] ~= value[2]
  end)

local names = options.check("a list of strings", function(value)
  if type(value) ~= "table" then return false end
  for i = 1, #value do
    if type(value[i]) ~= "string" then return false end
  end
  return true
end)

local resolution = options.check("a number from 24 to 1200", function(value)
  return type(value) == "number" and value >= 24 and value <= 1200
end)

local axis_scale = options.one_of{"linear", "log"}

local legend = {
  description = "true, false, \"best\", \"upper right\", \"upper left\", "
    .. "\"lower right\" or \"lower left\"",
  test = function(value)
    local known = {best=true, ["upper right"]=true, ["upper left"]=true,
                   ["lower right"]=true, ["lower left"]=true}
    return type(value) == "boolean" or known[value] == true, value
  end,
}

-- What any plot may be told. Defaults are applied where the plot is drawn.
figure.OPTIONS = {
  positional = 0,
  {"title", options.string},
  {"xlabel", options.string},
  {"ylabel", options.string},
  {"xlim", figure.range},
  {"ylim", figure.range},
  {"xscale", axis_scale},
  {"yscale", axis_scale},
  {"xticks", names},
  {"yticks", names},
  {"legend", legend},
  {"grid", options.boolean},
  {"axis", options.boolean},
  {"aspect", options.one_of{"equal", "auto"}},
  {"size", pixel_size},
  {"dpi", resolution},
}

-- Of those that draw series.
figure.SERIES = {
  positional = 0,
  aliases = {colours="colors", color="colors", colour="colors", label="labels"},
  {"labels", {
    description = "a string or a list of strings",
    test = function(value)
      if type(value) == "string" then return true, {value} end
      return names.test(value), value
    end,
  }},
  {"colors", colors.list},
}

-- Figures --------------------------------------------------------------------

--- plot.Figure
-- What the functions of `plot` return: one plot, or a grid of them. Its fields
-- title, xlabel, xlim and so on are the options of plot.figure and may be set
-- until it is drawn. The methods line, scatter, bar, hist, heatmap and imshow
-- add to it.
--   > local f = plot.line({1, 4, 9})
--   > f.title = "Squares"
--   > f
--   plot.line 640 x 480: Squares
local Figure = {}
Figure.__index = Figure
Figure.__name = "plot.Figure"
figure.class = Figure

-- Takes the figure's own options out of those that were read.
function Figure:take(o)
  for _, row in ipairs(figure.OPTIONS) do
    if o[row[1]] ~= nil then self[row[1]] = o[row[1]] end
  end
  return self
end

-- An empty figure; `kind` says what made it.
function figure.new(kind, o)
  local self = setmetatable({kind=kind, marks={}, series=0}, Figure)
  return self:take(o)
end

function Figure:__tostring()
  local size = self:pixel_size()
  return string.format("%s %d x %d%s", self.kind, size[1], size[2],
                       self.title and ": " .. tostring(self.title) or "")
end

local WIDTH, HEIGHT, DPI = 640, 480, 96
local CELL_WIDTH, CELL_HEIGHT = 420, 320 -- of plots in a grid

function Figure:pixel_size()
  if self.size then return self.size end
  local k, width, height = (self.dpi or DPI) / DPI, WIDTH, HEIGHT
  if self.figures then
    width = self.columns * CELL_WIDTH
    height = math.ceil(#self.figures / self.columns) * CELL_HEIGHT
  end
  return {math.min(MOST, math.floor(width * k + 0.5)),
          math.min(MOST, math.floor(height * k + 0.5))}
end

-- Checks what a script has set since, then draws.
local function draw_one(self, on, box)
  local fields = {}
  for _, row in ipairs(figure.OPTIONS) do fields[row[1]] = self[row[1]] end
  options.read(self.kind, figure.OPTIONS, fields)
  axes.draw(on, self, box)
end

local function draw_all(self, on, box)
  local top = self.title and axes.heading(on, self.title, box) or 0
  local rows = math.ceil(#self.figures / self.columns)
  local width = box.width / self.columns
  local height = (box.height - top) / rows
  for i, one in ipairs(self.figures) do
    one:draw(on, {
      x=box.x + (i - 1) % self.columns * width,
      y=box.y + top + (i - 1) // self.columns * height,
      width=width, height=height, in_grid=true,
    })
  end
end

-- Draws into a box of a sheet.
function Figure:draw(on, box)
  return (self.figures and draw_all or draw_one)(self, on, box)
end

local function render(self, kind)
  local size = self:pixel_size()
  local on = sheet.canvas(size[1], size[2], kind, (self.dpi or DPI) / DPI)
  self:draw(on, {x=0, y=0, width=on.width, height=on.height})
  return on:finish()
end

--- plot.Figure:to_image()
-- The picture as uint8 (height, width, 3), ready for image.save, image.grid
-- and the like.
-- Errors: the cairo library is not installed.
-- See also: plot.Figure:save.
--   > plot.line({1, 4, 9}):to_image().shape
--   (480, 640, 3)
function Figure:to_image() return render(self, "pixels") end

--- plot.Figure:save(path)
-- Writes the picture to a file whose name ends in .png (pixels) or .svg (a
-- drawing that stays sharp at any size). The file is written whole or not at
-- all. Returns the figure.
-- Errors: another ending; a folder that does not exist; the cairo library is
-- not installed.
-- See also: plot.Figure:show, plot.Figure:to_image.
--   > local path = os.tmpname() .. ".png"
--   > plot.line({1, 4, 9}, {size={300, 200}}):save(path)
--   plot.line 300 x 200
--   > image.load(path).shape
--   (200, 300, 3)
--   > os.remove(path)
--   true
function Figure:save(path)
  if type(path) ~= "string" then
    native.fail("save: the path must be a string, not a %s", type(path))
  end
  local ending = path:lower():match("%.(%a+)$")
  if ending == "png" then
    image.save(path, self:to_image())
  elseif ending == "svg" then
    native.write_file(path, render(self, "svg"))
  else
    native.fail("%s: plots are saved as .png or .svg", path)
  end
  return self
end

local SHOW = {
  positional = 0,
  {"columns", options.positive_integer},
  {"rows", options.positive_integer},
  {"mode", options.one_of{"24bit", "256", "ascii"}},
}

--- plot.Figure:show({columns=, rows=, mode=})
-- Draws the plot in the terminal: lines with half characters, text as text.
--   columns, rows  its size in characters; unless given, the terminal's
--                  width, at most 100, and a height in proportion
--   mode           see image.show
-- Errors: the cairo library is not installed.
-- See also: plot.Figure:save, image.show.
function Figure:show(opts)
  local o = options.read("show", SHOW, opts)
  local size = self:pixel_size()
  local columns = math.max(20, o.columns or math.min(100, native.columns()))
  local rows = o.rows or math.floor(columns / 2 * size[2] / size[1] * 0.8)
  local mode = o.mode or terminal.mode()
  local on = sheet.terminal(columns, math.max(6, rows))
  self:draw(on, {x=0, y=0, width=on.width, height=on.height})
  local pixels = on:finish()
  -- characters are light on dark: what is drawn dark must be dense
  if mode == "ascii" then pixels = 255 - pixels end
  io.write(terminal.text(pixels, mode, on.letters))
end

return figure
