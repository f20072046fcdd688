-- plot.axes: the frame of a plot with its ticks, labels, legend and colour
-- bar, laid out in a box of a sheet.

local colors = require("plot.colors")
local geometry = require("image.geometry")
local legend = require("plot.legend")
local marks = require("plot.marks")
local scale = require("plot.scale")
local text = require("plot.text")

local axes = {}

local TITLE, LABEL = 13, 11.5 -- sizes of letters
local PAD = 10       -- around the plot
local TICK_LENGTH = 4
local BAR, BAR_GAP = 14, 14 -- the colour bar
local MARGIN = 0.045 -- room around the data, in shares of its range

local FRAME = {0.45, 0.45, 0.45}
local INK, LINES, TICK = text.INK, text.LINES, text.TICK
local clean, fit, ink = text.clean, text.fit, text.ink
local line_height, widest = text.line_height, text.widest

-- Scales ---------------------------------------------------------------------

-- The range that all marks need: "x" at index 1, "y" at index 2.
local function data_range(plot, log)
  local range = {{}, {}}
  for _, mark in ipairs(plot.marks) do
    for k, own in ipairs{mark:bounds(log[1], log[2])} do
      local low, high = table.unpack(own)
      if low then
        range[k][1] = math.min(range[k][1] or low, low)
        range[k][2] = math.max(range[k][2] or high, high)
      end
    end
  end
  return range
end

-- Whether all values across are whole numbers, as epochs are.
local function counts(plot)
  for _, mark in ipairs(plot.marks) do
    if not mark.x or not mark.x:eq(mark.x:round()):all():item() then
      return false
    end
  end
  return #plot.marks > 0
end

local function has_picture(plot)
  for _, mark in ipairs(plot.marks) do
    if mark.is_picture then return true end
  end
  return false
end

-- The scales across and up.
local function make_scales(plot)
  local log = {plot.xscale == "log", plot.yscale == "log"}
  local range, picture = data_range(plot, log), has_picture(plot)
  local given, made = {plot.xlim, plot.ylim}, {}
  for k = 1, 2 do
    local low, high = table.unpack(range[k])
    local stands = k == 2 and plot.from_zero and not log[2]
    local margin = picture and 0 or MARGIN
    local first, last = scale.limits(low, high, log[k], margin)
    if stands and low == 0 and high == 0 then last = 1 end
    if stands and low == 0 then first = 0 end
    if stands and high == 0 and low < 0 then last = 0 end
    if picture and k == 2 then first, last = last, first end
    if given[k] then first, last = table.unpack(given[k]) end
    made[k] = scale.new(first, last, log[k])
  end
  return made[1], made[2]
end

-- Ticks that stand for names: name i at i.
local function named_ticks(names, along)
  local low, high = along.low, along.high
  if low > high then low, high = high, low end
  local ticks = {values={}, labels={}, minor={}, note="", named=true}
  for i = math.max(1, math.ceil(low)), math.min(#names, math.floor(high)) do
    ticks.values[#ticks.values + 1] = i
    ticks.labels[#ticks.labels + 1] = clean(names[i])
  end
  return ticks
end

-- Every q-th tick.
local function thinned(ticks, q)
  local thin = {values={}, labels={}, minor=ticks.minor, note=ticks.note,
                named=ticks.named}
  for i = 1, #ticks.values, q do
    thin.values[#thin.values + 1] = ticks.values[i]
    thin.labels[#thin.labels + 1] = ticks.labels[i]
  end
  return thin
end

-- Ticks of an upright axis of that height.
local function ticks_up(sheet, along, height, names, whole)
  local _, ascent, descent = sheet:text_size("0", TICK)
  local line = ascent + descent
  if not names then
    return along:ticks(math.min(9, height / (line * 2.4)), whole)
  end
  local ticks = named_ticks(names, along)
  return thinned(ticks, math.max(1, math.ceil(#ticks.values * line / height)))
end

-- Ticks of a level axis of that width: as many as have room side by side.
local function ticks_across(sheet, along, width, names, whole)
  if not names then
    local count = math.min(9, width / 40)
    while true do
      local ticks = along:ticks(count, whole)
      local need = (widest(sheet, ticks.labels, TICK) + 12) * #ticks.labels
      if need <= width * 1.1 or count <= 2 then return ticks end
      count = math.max(2, math.min(count - 1, count * width / need))
    end
  end
  local ticks = named_ticks(names, along)
  local slot = width * math.abs(along:place(2) - along:place(1))
  local longest = widest(sheet, ticks.labels, TICK)
  if longest + 6 <= slot then return ticks end
  if not sheet.can_turn then
    return thinned(ticks, math.ceil((longest + 6) / slot))
  end
  ticks = thinned(ticks, math.max(1, math.ceil(16 / slot)))
  ticks.turned = true
  return ticks
end

-- Layout ---------------------------------------------------------------------

-- How far the labels below the axis reach down.
local function depth(sheet, ticks)
  if not ticks.turned then return line_height(sheet, TICK) end
  return widest(sheet, ticks.labels, TICK) * 0.71 + line_height(sheet, TICK)
end

-- Cuts turned labels off that would take too much of the height.
local function shorten(sheet, ticks, room)
  if not ticks.turned then return end
  for i, label in ipairs(ticks.labels) do
    ticks.labels[i] = text.cut(sheet, label, TICK, false, room)
  end
end

-- Makes the frame as high in proportion as the picture is, in the middle; in
-- a grid at the top, so that the titles of a row are level.
local function keep_aspect(frame, in_grid)
  local columns = math.abs(frame.across.high - frame.across.low)
  local rows = math.abs(frame.up.high - frame.up.low)
  local k = math.min(frame.width / columns, frame.height / rows)
  local width, height = math.max(1, k * columns), math.max(1, k * rows)
  frame.x = frame.x + (frame.width - width) / 2
  if not in_grid then frame.y = frame.y + (frame.height - height) / 2 end
  frame.width, frame.height = width, height
end

local function color_bar_ticks(sheet, plot, height)
  local bar = plot.color_bar
  bar.scale = scale.new(bar.low, bar.high, false)
  return ticks_up(sheet, bar.scale, height)
end

-- The width that a frame so high will have in the end.
local function final_width(plot, frame, width, height)
  if plot.aspect ~= "equal" then return width end
  local columns = math.abs(frame.across.high - frame.across.low)
  local rows = math.abs(frame.up.high - frame.up.low)
  return math.min(width, columns * (height / rows))
end

-- The last label stands half beyond the frame: how far beyond `edge`.
local function overhang(sheet, frame, left, right, edge)
  local label = frame.xticks.labels[#frame.xticks.labels]
  if not label or frame.xticks.turned then return 0 end
  local share = frame.across:place(frame.xticks.values[#frame.xticks.values])
  return math.max(0, left + share * (right - left)
                    + sheet:text_size(label, TICK) / 2 - edge)
end

-- Sets what stands on the left of the frame and its size, frame.before; the
-- ticks for a frame of about that height. Returns the left edge.
local function lay_out_left(sheet, plot, frame, box, height, whole)
  frame.yticks = ticks_up(sheet, frame.up, height, plot.yticks, whole)
  frame.before = 0
  if plot.axis ~= false then
    frame.before = widest(sheet, frame.yticks.labels, TICK) + TICK_LENGTH + 4
  end
  local label = plot.ylabel and line_height(sheet, LABEL) + 6 or 0
  return box.x + PAD + frame.before + label
end

-- The same for the right: the colour bar. Returns the right edge.
local function lay_out_right(sheet, plot, frame, box, height)
  local right = box.x + box.width - PAD
  if not plot.color_bar then return right end
  frame.bar_ticks = color_bar_ticks(sheet, plot, height)
  return right - BAR - BAR_GAP - TICK_LENGTH - 4
    - widest(sheet, frame.bar_ticks.labels, TICK)
end

-- The same below: ticks, frame.below. Returns the bottom edge.
local function lay_out_below(sheet, plot, frame, box, width, whole)
  frame.xticks = ticks_across(sheet, frame.across, width, plot.xticks, whole)
  frame.below = 0
  local note = frame.xticks.note ~= "" and not plot.xlabel
  if plot.axis ~= false then
    shorten(sheet, frame.xticks, box.height * 0.4)
    frame.below = TICK_LENGTH + 2 + depth(sheet, frame.xticks)
  else
    note = false
  end
  local label = (plot.xlabel or note) and line_height(sheet, LABEL) + 4 or 0
  return box.y + box.height - PAD - frame.below - label
end

-- The same above: frame.above, room for what the ticks are multiplied with.
-- Returns the top edge.
local function lay_out_above(sheet, plot, frame, box)
  local noted = plot.axis ~= false and frame.yticks.note ~= ""
    or plot.color_bar and frame.bar_ticks.note ~= ""
  frame.above = noted and line_height(sheet, TICK) + 2 or 0
  local title = plot.title and line_height(sheet, TITLE) + 7 or 0
  return box.y + PAD + frame.above + title
end

-- The frame and its ticks: everything has its place after this.
local function lay_out(sheet, plot, box)
  local frame, picture = {}, has_picture(plot)
  frame.across, frame.up = make_scales(plot)
  local height = box.height - 2 * PAD - 3 * line_height(sheet, TICK)
  height = math.max(1, height)
  local left = lay_out_left(sheet, plot, frame, box, height, picture)
  local right = lay_out_right(sheet, plot, frame, box, height)
  local top = lay_out_above(sheet, plot, frame, box)
  local width = final_width(plot, frame, math.max(1, right - left), height)
  local whole = picture or (counts(plot) and not plot.xlim)
  local bottom = lay_out_below(sheet, plot, frame, box, width, whole)
  if plot.axis ~= false and not plot.color_bar then
    right = right - overhang(sheet, frame, left, right, box.x + box.width - 4)
  end
  frame.x, frame.y = left, top
  frame.width = math.max(1, right - left)
  frame.height = math.max(1, bottom - top)
  if plot.aspect == "equal" then keep_aspect(frame, box.in_grid) end
  return frame
end

-- Drawing --------------------------------------------------------------------

local function each_tick(frame, f)
  for i, value in ipairs(frame.xticks.values) do
    f(true, marks.across(frame, value), frame.xticks.labels[i])
  end
  for i, value in ipairs(frame.yticks.values) do
    f(false, marks.up(frame, value), frame.yticks.labels[i])
  end
end

local function draw_grid_lines(sheet, frame)
  local right, bottom = frame.x + frame.width, frame.y + frame.height
  ink(sheet, LINES)
  sheet:pen(0.8)
  each_tick(frame, function(is_x, at)
    if is_x then
      sheet:line(at, frame.y, at, bottom)
    else
      sheet:line(frame.x, at, right, at)
    end
  end)
end

local function draw_minor_ticks(sheet, frame)
  local bottom = frame.y + frame.height
  for _, value in ipairs(frame.xticks.minor) do
    local at = marks.across(frame, value)
    sheet:line(at, bottom, at, bottom + TICK_LENGTH / 2)
  end
  for _, value in ipairs(frame.yticks.minor) do
    local at = marks.up(frame, value)
    sheet:line(frame.x - TICK_LENGTH / 2, at, frame.x, at)
  end
end

local function draw_tick_labels(sheet, frame)
  local _, ascent = sheet:text_size("0", TICK)
  local bottom = frame.y + frame.height
  local below = bottom + TICK_LENGTH + 2 + ascent
  ink(sheet, INK)
  each_tick(frame, function(is_x, at, label)
    if not is_x then
      sheet:text(label, frame.x - TICK_LENGTH - 4, at + 0.36 * ascent, TICK, 1)
    elseif frame.xticks.turned then
      sheet:text(label, at + 4, below, TICK, 1, -math.pi / 4)
    else
      sheet:text(label, at, below, TICK, 0.5)
    end
  end)
  if frame.yticks.note ~= "" then
    sheet:text(frame.yticks.note, frame.x, frame.y - 5, TICK, 0)
  end
end

local function draw_ticks(sheet, frame)
  local bottom = frame.y + frame.height
  ink(sheet, FRAME)
  sheet:pen(1)
  each_tick(frame, function(is_x, at)
    if is_x then
      sheet:line(at, bottom, at, bottom + TICK_LENGTH)
    else
      sheet:line(frame.x - TICK_LENGTH, at, frame.x, at)
    end
  end)
  draw_minor_ticks(sheet, frame)
  draw_tick_labels(sheet, frame)
end

local function draw_title(sheet, plot, frame, box)
  local words, size = fit(sheet, clean(plot.title), TITLE, true,
                          box.width - 2 * PAD)
  local _, _, descent = sheet:text_size(words, TITLE, true)
  local half = sheet:text_size(words, size, true) / 2
  local x = math.max(box.x + PAD + half,
                     math.min(box.x + box.width - PAD - half,
                              frame.x + frame.width / 2))
  sheet:text(words, x, frame.y - frame.above - 7 - descent, size, 0.5, 0, true)
end

-- Title, names of the axes, and what the x ticks are multiplied with.
local function draw_texts(sheet, plot, frame, box)
  local _, ascent, descent = sheet:text_size("0", LABEL)
  local low = frame.y + frame.height + frame.below + 2 + ascent
  ink(sheet, INK)
  if plot.title then draw_title(sheet, plot, frame, box) end
  if plot.xlabel then
    local words, size = fit(sheet, clean(plot.xlabel), LABEL, false,
                            frame.width)
    sheet:text(words, frame.x + frame.width / 2, low, size, 0.5)
  end
  if plot.ylabel then
    local words, size = fit(sheet, clean(plot.ylabel), LABEL, false,
                            frame.height)
    sheet:text(words, frame.x - frame.before - descent - 4,
               frame.y + frame.height / 2, size, 0.5, -math.pi / 2)
  end
  if plot.axis ~= false and frame.xticks.note ~= "" then
    sheet:text(frame.xticks.note, frame.x + frame.width, low, TICK, 1)
  end
end

local function draw_color_bar(sheet, plot, frame)
  local x, bar = frame.x + frame.width + BAR_GAP, plot.color_bar
  local _, ascent = sheet:text_size("0", TICK)
  local column = geometry.flip(colors.map(bar.cmap):unsqueeze(2), "vertical")
  sheet:image(column:contiguous(), x, frame.y, BAR, frame.height, true)
  ink(sheet, FRAME)
  sheet:pen(1)
  sheet:box(x, frame.y, BAR, frame.height)
  for i, value in ipairs(frame.bar_ticks.values) do
    local y = frame.y + frame.height * (1 - bar.scale:place(value))
    ink(sheet, FRAME)
    sheet:line(x + BAR, y, x + BAR + TICK_LENGTH, y)
    ink(sheet, INK)
    sheet:text(frame.bar_ticks.labels[i], x + BAR + TICK_LENGTH + 3,
               y + 0.36 * ascent, TICK)
  end
  if frame.bar_ticks.note ~= "" then
    sheet:text(frame.bar_ticks.note, x, frame.y - 5, TICK, 0)
  end
end

-- Draws a plot (see plot.figure) into the box {x=, y=, width=, height=,
-- in_grid=: whether other plots stand beside it}.
function axes.draw(sheet, plot, box)
  local frame = lay_out(sheet, plot, box)
  local shows_lines = plot.grid ~= false and not has_picture(plot)
    and plot.axis ~= false
  if shows_lines then draw_grid_lines(sheet, frame) end
  sheet:clip(frame.x, frame.y, frame.width, frame.height)
  for _, mark in ipairs(plot.marks) do mark:draw(sheet, frame) end
  sheet:clip()
  if plot.axis ~= false then
    ink(sheet, FRAME)
    sheet:pen(1)
    sheet:box(frame.x, frame.y, frame.width, frame.height)
    draw_ticks(sheet, frame)
  end
  draw_texts(sheet, plot, frame, box)
  if plot.color_bar then draw_color_bar(sheet, plot, frame) end
  legend.draw(sheet, plot, frame)
end

-- The title of several plots, at the top of the box; returns its height.
function axes.heading(sheet, title, box)
  local words, size = fit(sheet, clean(title), TITLE + 2, true,
                          box.width - 2 * PAD)
  local _, ascent, descent = sheet:text_size(words, TITLE + 2, true)
  ink(sheet, INK)
  sheet:text(words, box.x + box.width / 2, box.y + PAD + ascent, size, 0.5, 0,
             true)
  return PAD + ascent + descent
end

return axes
