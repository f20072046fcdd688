-- plot.sheet: what plots are drawn on: a canvas, or the terminal. A sheet has
-- the methods of native.canvas (vm/canvas.c) and the fields
--   width, height  in units
--   scale          pixels to a unit
--   is_svg         it is a drawing that can be enlarged
--   can_turn       text may stand at an angle

local native = require("native")

local sheet = {}

-- A canvas -------------------------------------------------------------------

local Canvas = {}
Canvas.__index = Canvas

for _, name in ipairs{"color", "polyline", "markers", "clip", "text",
                      "text_size", "image", "finish"} do
  Canvas[name] = function(self, ...)
    return self.canvas[name](self.canvas, ...)
  end
end

function Canvas:pen(width, ...)
  self.width_of_pen = width
  self.canvas:pen(width, ...)
end

-- The place nearest to v where a level or upright line as wide as the pen
-- covers whole pixels.
local function snapped(self, v)
  if self.is_svg then return v end
  local pixels = math.max(1, math.floor(self.width_of_pen * self.scale + 0.5))
  local half = pixels % 2 / 2
  return (math.floor(v * self.scale - half + 0.5) + half) / self.scale
end

function Canvas:line(x1, y1, x2, y2)
  if x1 == x2 then x1 = snapped(self, x1) x2 = x1 end
  if y1 == y2 then y1 = snapped(self, y1) y2 = y1 end
  self.canvas:line(x1, y1, x2, y2)
end

function Canvas:box(x, y, width, height, filled)
  if not filled then
    local right, bottom = snapped(self, x + width), snapped(self, y + height)
    x, y = snapped(self, x), snapped(self, y)
    width, height = right - x, bottom - y
  end
  self.canvas:box(x, y, width, height, filled)
end

local function white(self)
  self:color(1, 1, 1)
  self:box(0, 0, self.width, self.height, true)
  return self
end

-- A sheet of that many pixels; kind is "pixels" or "svg".
function sheet.canvas(width, height, kind, scale)
  return white(setmetatable({
    canvas=native.canvas(width, height, kind, scale), width=width / scale,
    height=height / scale, scale=scale, is_svg=kind == "svg", can_turn=true,
  }, Canvas))
end

-- The terminal ---------------------------------------------------------------

-- Lines become pixels, two to a character cell, and text becomes characters.
-- One cell is CELL_WIDTH x CELL_HEIGHT units.
local CELL_WIDTH, CELL_HEIGHT = 8, 16
local ASCENT = 12 -- of a cell's height

local Terminal = setmetatable({}, {__index=Canvas})
Terminal.__index = Terminal

function sheet.terminal(columns, rows)
  return white(setmetatable({
    canvas=native.canvas(columns, 2 * rows, "pixels", 1 / CELL_WIDTH),
    width=columns * CELL_WIDTH, height=rows * CELL_HEIGHT,
    scale=1 / CELL_WIDTH, is_svg=false, can_turn=false, columns=columns,
    rows=rows, letters={},
  }, Terminal))
end

-- Thin lines would fade away between the pixels; dashes are too short.
function Terminal:pen(width)
  Canvas.pen(self, math.max(width, CELL_WIDTH))
end

-- An outline would hide what is only a few pixels wide.
function Terminal:box(x, y, width, height, filled)
  if filled or width > 4 * CELL_WIDTH then
    Canvas.box(self, x, y, width, height, filled)
  end
end

function Terminal:markers(x, y, shape, radius)
  self.canvas:markers(x, y, "circle", math.max(radius, 0.7 * CELL_WIDTH))
  return shape
end

function Terminal:text_size(text)
  return utf8.len(text) * CELL_WIDTH, ASCENT, CELL_HEIGHT - ASCENT
end

function Terminal:set_letter(row, column, letter)
  if row < 1 or row > self.rows or column < 1 or column > self.columns then
    return
  end
  self.letters[row] = self.letters[row] or {}
  self.letters[row][column] = letter
end

-- Turned text runs downwards.
function Terminal:text(text, x, y, _, align, angle)
  local length, i = utf8.len(text), 0
  align = align or 0
  local down = angle ~= nil and angle ~= 0
  local row = math.floor((y - ASCENT / 2) / CELL_HEIGHT) + 1
  local column = math.floor(x / CELL_WIDTH - align * length + 0.5) + 1
  if down then
    row = math.floor(y / CELL_HEIGHT - length / 2 + 0.5) + 1
    column = math.floor(x / CELL_WIDTH - 0.5) + 1
  end
  for _, code in utf8.codes(text) do
    self:set_letter(row + (down and i or 0), column + (down and 0 or i),
                    utf8.char(code))
    i = i + 1
  end
end

return sheet
