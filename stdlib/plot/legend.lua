-- plot.legend: which line is which.

local text = require("plot.text")

local legend = {}

local INK, LINES, TICK = text.INK, text.LINES, text.TICK
local clean, ink = text.clean, text.ink
local line_height, widest = text.line_height, text.widest

local CORNERS = {
  ["upper right"] = {1, 0}, ["upper left"] = {0, 0},
  ["lower right"] = {1, 1}, ["lower left"] = {0, 1},
}
local ORDER = {"upper right", "upper left", "lower right", "lower left"}

local function corner_box(frame, size, corner)
  local across, down = table.unpack(CORNERS[corner])
  return frame.x + 8 + across * (frame.width - size.width - 16),
    frame.y + 8 + down * (frame.height - size.height - 16)
end

-- How much of the marks lies in a box.
local function crowd(frame, plot, x, y, size)
  local count = 0
  for _, mark in ipairs(plot.marks) do
    if mark.crowd then
      count = count + mark:crowd(frame, x - 4, y - 4, x + size.width + 4,
                                 y + size.height + 4)
    end
  end
  return count
end

local function best_corner(frame, plot, size)
  local best, least
  for _, corner in ipairs(ORDER) do
    local x, y = corner_box(frame, size, corner)
    local count = crowd(frame, plot, x, y, size)
    if not least or count < least then best, least = corner, count end
  end
  return best
end

-- Draws the legend of a plot into its frame, unless nothing has a label.
function legend.draw(sheet, plot, frame)
  local entries = {}
  for _, mark in ipairs(plot.marks) do
    if mark.label then entries[#entries + 1] = mark end
  end
  if #entries == 0 or plot.legend == false then return end
  local line, labels = line_height(sheet, TICK) + 4, {}
  for i, mark in ipairs(entries) do
    labels[i] = text.cut(sheet, clean(mark.label), TICK, false,
                         frame.width * 0.6)
  end
  local size = {width=widest(sheet, labels, TICK) + 46,
                height=line * #entries + 6}
  if size.height > frame.height or size.width > frame.width then return end
  local corner = CORNERS[plot.legend] and plot.legend
    or best_corner(frame, plot, size)
  local x, y = corner_box(frame, size, corner)
  sheet:color(1, 1, 1, 0.85)
  sheet:box(x, y, size.width, size.height, true)
  ink(sheet, LINES)
  sheet:pen(1)
  sheet:box(x, y, size.width, size.height)
  local _, ascent = sheet:text_size("0", TICK)
  for i, mark in ipairs(entries) do
    local middle = y + 3 + line * (i - 0.5)
    mark:sample(sheet, x + 8, middle, 22)
    ink(sheet, INK)
    sheet:text(labels[i], x + 37, middle + 0.36 * ascent, TICK)
  end
end

return legend
