-- plot.marks: what stands in the frame of a plot: lines, points, bars,
-- pictures. A mark is a table with
--   draw(self, sheet, frame)    draws it
--   bounds(self, log_x, log_y)  the ranges {low, high} (nil: no values) of x
--                               and y that it needs to be seen
--   sample(self, sheet, x, y, width)  draws a piece of it for the legend
--   crowd(self, frame, left, top, right, bottom)  how much of it lies in a box
--   label, color                for the legend
--   x                           its places across, where they are points
-- A frame has x, y, width, height, and the scales across and up.

local colors = require("plot.colors")
local geometry = require("image.geometry")
local pixels = require("image.pixels")
local scale = require("plot.scale")
local tensor = require("tensor")

local marks = {}

local DASHES = {{}, {6, 3}, {2, 2}, {8, 3, 2, 3}}
local SHAPES = {"circle", "square", "triangle", "diamond", "cross", "plus"}

local FAR = 1e5 -- beyond any sheet

local function near(place) return math.max(-FAR, math.min(FAR, place)) end

-- Places on the sheet of values across and up; NaN and infinities stay.
local function across(frame, values)
  return frame.across:place(values) * frame.width + frame.x
end

local function up(frame, values)
  return frame.up:place(values) * -frame.height + (frame.y + frame.height)
end

marks.across, marks.up = across, up

-- Values that can be drawn with their partner: others are no reason to make
-- the axis longer.
local function ranges(x, y, log_x, log_y)
  local good = x:isfinite():logical_and(y:isfinite())
  return {scale.bounds(scale.only(x, good), log_x)},
    {scale.bounds(scale.only(y, good), log_y)}
end

-- line, scatter --------------------------------------------------------------

local Line = {}
Line.__index = Line

-- i counts the series of a plot, for its colour and dashes.
function marks.line(x, y, i, o)
  local color, round = colors.of_series(i)
  return setmetatable({
    x=x, y=y, label=o.label, color=o.color or color, width=o.line_width or 1.75,
    dashes=o.dashed and DASHES[2] or DASHES[round % #DASHES + 1],
    shape=o.markers and SHAPES[(i - 1) % #SHAPES + 1],
  }, Line)
end

function Line:bounds(log_x, log_y)
  return ranges(self.x, self.y, log_x, log_y)
end

function Line:draw(sheet, frame)
  local x, y = across(frame, self.x), up(frame, self.y)
  sheet:color(table.unpack(self.color))
  sheet:pen(self.width, table.unpack(self.dashes))
  sheet:polyline(x, y)
  if self.shape then
    sheet:pen(1.5)
    sheet:markers(x, y, self.shape, 3)
  end
end

local function count_inside(x, y, left, top, right, bottom)
  return x:gt(left):logical_and(x:lt(right)):logical_and(y:gt(top))
    :logical_and(y:lt(bottom)):sum():item()
end

-- Few points lie far from one another: those between are counted as well.
function Line:crowd(frame, left, top, right, bottom)
  local x, y = across(frame, self.x), up(frame, self.y)
  local n, count = x.shape[1], 0
  local steps = math.max(1, 200 // math.max(1, n))
  for k = 1, n > 1 and steps or 0 do
    local share = k / steps
    local function between(v)
      return v:narrow(1, 1, n - 1) * (1 - share) + v:narrow(1, 2, n - 1) * share
    end
    count = count + count_inside(between(x), between(y), left, top, right,
                                 bottom)
  end
  return count
end

-- A short piece for the legend, in a box of that width about y.
function Line:sample(sheet, x, y, width)
  sheet:color(table.unpack(self.color))
  sheet:pen(self.width, table.unpack(self.dashes))
  sheet:line(x, y, x + width, y)
  if self.shape then
    sheet:pen(1.5)
    sheet:markers(tensor({x + width / 2}, "float64"), tensor({y}, "float64"),
                  self.shape, 3)
  end
end

local Scatter = {}
Scatter.__index = Scatter

function marks.scatter(x, y, i, o)
  return setmetatable({
    x=x, y=y, label=o.label, color=o.color or colors.of_series(i),
    shape=SHAPES[(i - 1) % #SHAPES + 1], size=o.marker_size or 3.5,
    alpha=o.alpha or 0.8,
  }, Scatter)
end

Scatter.bounds = Line.bounds

function Scatter:crowd(frame, ...)
  return count_inside(across(frame, self.x), up(frame, self.y), ...)
end

function Scatter:pens(sheet)
  local r, g, b = table.unpack(self.color)
  sheet:color(r, g, b, self.alpha)
  sheet:pen(1.5)
end

function Scatter:draw(sheet, frame)
  self:pens(sheet)
  sheet:markers(across(frame, self.x), up(frame, self.y), self.shape, self.size)
end

function Scatter:sample(sheet, x, y, width)
  self:pens(sheet)
  sheet:markers(tensor({x + width / 2}, "float64"), tensor({y}, "float64"),
                self.shape, self.size)
end

-- bars -----------------------------------------------------------------------

local Bars = {}
Bars.__index = Bars

-- Bars from left[i] to right[i], as high as heights[i]; o.x, if given, are
-- the places they stand at.
function marks.bars(left, right, heights, i, o)
  return setmetatable({
    left=left, right=right, heights=heights, x=o.x, label=o.label,
    color=o.color or colors.of_series(i), alpha=o.alpha or 1,
  }, Bars)
end

function Bars:bounds(log_x, log_y)
  local x = {scale.bounds(tensor.concat({self.left, self.right}), log_x)}
  local low, high = scale.bounds(self.heights, log_y)
  if low and not log_y then low, high = math.min(low, 0), math.max(high, 0) end
  return x, {low, high}
end

-- Where bars stand on the sheet.
local function ground(frame)
  return frame.up.log and frame.y + frame.height or near(up(frame, 0))
end

function Bars:crowd(frame, left, top, right, bottom)
  local a, b = across(frame, self.left), across(frame, self.right)
  local y, zero = up(frame, self.heights), ground(frame)
  return a:lt(right):logical_and(b:gt(left)):logical_and(y:lt(bottom))
    :logical_and(y:le(zero)):sum():item()
    + a:lt(right):logical_and(b:gt(left)):logical_and(y:gt(top))
    :logical_and(y:gt(zero)):sum():item()
end

function Bars:draw(sheet, frame)
  local r, g, b = table.unpack(self.color)
  local zero, k = ground(frame), sheet.scale
  local left = across(frame, self.left):totable()
  local right = across(frame, self.right):totable()
  local top = up(frame, self.heights):totable()
  sheet:color(r, g, b, self.alpha)
  for i = 1, #top do
    if top[i] == top[i] and left[i] == left[i] and right[i] == right[i] then
      -- edges on whole pixels: neighbours neither overlap nor part
      local from = math.floor(near(left[i]) * k + 0.5) / k
      local to = math.floor(near(right[i]) * k + 0.5) / k
      local y = near(top[i])
      sheet:box(math.min(from, to), math.min(y, zero), math.abs(to - from),
                math.abs(zero - y), true)
    end
  end
end

function Bars:sample(sheet, x, y, width)
  local r, g, b = table.unpack(self.color)
  sheet:color(r, g, b, self.alpha)
  sheet:box(x, y - 4, width, 8, true)
end

-- pictures -------------------------------------------------------------------

local Picture = {}
Picture.__index = Picture

-- rgba: uint8 (rows, columns, 4); pixel (i, j) is the square about (j, i).
-- texts, if given, are written on the pixels: texts[i][j].
function marks.picture(rgba, o)
  return setmetatable({
    rgba=rgba, smooth=o.smooth, texts=o.texts, is_picture=true,
  }, Picture)
end

function Picture:bounds()
  local rows, columns = table.unpack(self.rgba.shape)
  return {0.5, columns + 0.5}, {0.5, rows + 0.5}
end

-- Each pixel as a block of m x n.
local function enlarged(x, m, n)
  local h, w, c = table.unpack(x.shape)
  return x:reshape(h, 1, w, 1, c):expand(h, m, w, n, c)
          :reshape(h * m, w * n, c)
end

-- Fits the picture to `width` x `height` pixels on the sheet: what is larger
-- is averaged, and squares get sharp edges also in viewers of SVG, which
-- smooth what they enlarge.
local function fitted(rgba, width, height, smooth, is_svg)
  local h, w = table.unpack(rgba.shape)
  local rows = h > 2 * height and math.ceil(height) or h
  local columns = w > 2 * width and math.ceil(width) or w
  if rows ~= h or columns ~= w then
    return geometry.resize(rgba, rows, columns)
  end
  if smooth or not is_svg then return rgba end
  return enlarged(rgba, math.max(1, math.ceil(2 * height / h)),
                  math.max(1, math.ceil(2 * width / w)))
end

-- Writes the texts where they have room, dark on light and light on dark.
local function write_texts(self, sheet, frame)
  local rows, columns = table.unpack(self.rgba.shape)
  local cell_w = math.abs(frame.across:place(2) - frame.across:place(1))
    * frame.width
  local cell_h = math.abs(frame.up:place(2) - frame.up:place(1)) * frame.height
  local size, widest, ascent = 11, 0, nil
  for i = 1, rows do
    for j = 1, columns do
      local width, high = sheet:text_size(self.texts[i][j], size)
      widest, ascent = math.max(widest, width), high
    end
  end
  local shrink = math.min(1, (cell_w - 2) / widest, (cell_h - 2) / ascent)
  if shrink * size < 6 then return end
  local light = pixels.to_gray(self.rgba):totable()
  for i = 1, rows do
    for j = 1, columns do
      local ink = light[i][j] > 140 and 0.1 or 1
      sheet:color(ink, ink, ink)
      sheet:text(self.texts[i][j], near(across(frame, j)),
                 near(up(frame, i)) + 0.36 * shrink * size, shrink * size, 0.5)
    end
  end
end

function Picture:draw(sheet, frame)
  local rows, columns = table.unpack(self.rgba.shape)
  local left, right = across(frame, 0.5), across(frame, columns + 0.5)
  local top, bottom = up(frame, 0.5), up(frame, rows + 0.5)
  local rgba = self.rgba
  if left > right then
    left, right, rgba = right, left, geometry.flip(rgba, "horizontal")
  end
  if top > bottom then
    top, bottom, rgba = bottom, top, geometry.flip(rgba, "vertical")
  end
  left, right, top, bottom = near(left), near(right), near(top), near(bottom)
  local k = sheet.scale
  rgba = fitted(rgba, k * (right - left), k * (bottom - top), self.smooth,
                sheet.is_svg)
  sheet:image(rgba:contiguous(), left, top, right - left, bottom - top,
              self.smooth)
  if self.texts then write_texts(self, sheet, frame) end
end

return marks
