-- plot.text: text and its colours, for what stands around a plot.

local text = {
  TICK = 10.5, -- the size of letters at ticks and in the legend
  INK = {0.15, 0.15, 0.15},
  LINES = {0.88, 0.88, 0.88}, -- in the background
}

local SMALLEST = 8 -- size of letters
local DOTS = "…"

-- What a font can show: valid UTF-8 on one line.
function text.clean(words)
  words = words:gsub("%c", " ")
  local length, bad = utf8.len(words)
  while not length do
    words = words:sub(1, bad - 1) .. "?" .. words:sub(bad + 1)
    length, bad = utf8.len(words, bad)
  end
  return words
end

-- The words less what does not fit into `room` at their end.
function text.cut(sheet, words, size, bold, room)
  while utf8.len(words) > 1 and sheet:text_size(words, size, bold) > room do
    local kept = utf8.len(words) - (words:sub(-#DOTS) == DOTS and 2 or 1)
    words = words:sub(1, utf8.offset(words, kept + 1) - 1) .. DOTS
    if kept < 1 then break end
  end
  return words
end

-- The words and a size at which they are at most `room` long; cut where they
-- would become too small to read.
function text.fit(sheet, words, size, bold, room)
  local width = sheet:text_size(words, size, bold)
  if width <= room then return words, size end
  local smaller = math.max(SMALLEST, size * room / width)
  return text.cut(sheet, words, smaller, bold, room), smaller
end

-- The length of the longest of the labels.
function text.widest(sheet, labels, size)
  local most = 0
  for _, label in ipairs(labels) do
    most = math.max(most, (sheet:text_size(label, size)))
  end
  return most
end

function text.line_height(sheet, size)
  local _, ascent, descent = sheet:text_size("0", size)
  return ascent + descent
end

function text.ink(sheet, color) sheet:color(table.unpack(color)) end

return text
