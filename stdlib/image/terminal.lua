-- image.terminal: pixels as text. A character cell is about twice as high as
-- wide, so one cell shows two square pixels, one above the other.

local native = require("native")

local terminal = {}

-- "24bit", "256" or "ascii": the best that the terminal is known to show.
function terminal.mode()
  local term = os.getenv("TERM") or "dumb"
  if not native.isatty("stdout") or (os.getenv("NO_COLOR") or "") ~= ""
      or term == "dumb" then
    return "ascii"
  end
  local claim = os.getenv("COLORTERM")
  if claim == "truecolor" or claim == "24bit" or term:find("direct") then
    return "24bit"
  end
  return term == "linux" and "ascii" or "256"
end

-- Colours --------------------------------------------------------------------

local function distance(a, b)
  return (a[1] - b[1]) ^ 2 + (a[2] - b[2]) ^ 2 + (a[3] - b[3]) ^ 2
end

-- The nearest of the 256: a cube of 6 x 6 x 6 colours from 16 on, and 24
-- greys from 232 on.
local function nearest_of_256(pixel)
  local place, cube = {}, {}
  for k = 1, 3 do
    local level = pixel[k]
    place[k] = level < 48 and 0 or level < 115 and 1 or (level - 35) // 40
    cube[k] = place[k] == 0 and 0 or 55 + 40 * place[k]
  end
  local mean = (pixel[1] + pixel[2] + pixel[3]) // 3
  local step = math.max(0, math.min(23, (mean - 3) // 10))
  local grey = 8 + 10 * step
  if distance(pixel, {grey, grey, grey}) < distance(pixel, cube) then
    return 232 + step
  end
  return 16 + 36 * place[1] + 6 * place[2] + place[3]
end

-- What sets the foreground (38) or background (48) to a pixel's colour.
local function escape(ground, pixel, mode)
  if mode == "256" then
    return string.format("\27[%d;5;%dm", ground, nearest_of_256(pixel))
  end
  return string.format("\27[%d;2;%d;%d;%dm", ground, pixel[1], pixel[2],
                       pixel[3])
end

-- Cells ----------------------------------------------------------------------

local OWN_GROUND = "\27[49m"

-- The cell of an upper and a lower pixel: character, colours of foreground
-- (nil: any) and background. A missing pixel is the terminal's own ground.
local function cell(upper, lower, mode)
  if not upper and not lower then return " ", nil, OWN_GROUND end
  if not upper then return "▄", escape(38, lower, mode), OWN_GROUND end
  if not lower then return "▀", escape(38, upper, mode), OWN_GROUND end
  local ground = escape(48, lower, mode)
  if ground == escape(48, upper, mode) then return " ", nil, ground end
  return "▀", escape(38, upper, mode), ground
end

local RAMP = " .:-=+*#%@"

local function brightness(pixel)
  return pixel and 0.299 * pixel[1] + 0.587 * pixel[2] + 0.114 * pixel[3] or 0
end

local function ascii_cell(upper, lower)
  local mean = (brightness(upper) + brightness(lower)) / 2
  local place = math.min(#RAMP, 1 + math.floor(mean / 256 * #RAMP))
  return RAMP:sub(place, place)
end

-- A letter over the cell: dark on light ground, or light on dark.
local function letter_cell(letter, upper, lower, mode)
  local ground = lower or upper
  if not ground then return letter, "\27[39m", OWN_GROUND end
  local ink = brightness(ground) > 127 and {0, 0, 0} or {255, 255, 255}
  return letter, escape(38, ink, mode), escape(48, ground, mode)
end

-- The pixel if it is there and not transparent.
local function visible(row, j)
  local pixel = row and row[j]
  return pixel and (pixel[4] or 255) >= 128 and pixel or nil
end

local function ascii_line(upper, lower, letters)
  local cells = {}
  for j = 1, #upper do
    cells[j] = letters[j] or ascii_cell(visible(upper, j), visible(lower, j))
  end
  return (table.concat(cells):gsub(" +$", ""))
end

-- Colours are set where they change.
local function colour_line(upper, lower, letters, mode)
  local parts, fore, back = {}, nil, nil
  for j = 1, #upper do
    local above, below = visible(upper, j), visible(lower, j)
    local character, ink, ground = cell(above, below, mode)
    if letters[j] then
      character, ink, ground = letter_cell(letters[j], above, below, mode)
    end
    if ink and ink ~= fore then parts[#parts + 1], fore = ink, ink end
    if ground ~= back then parts[#parts + 1], back = ground, ground end
    parts[#parts + 1] = character
  end
  return table.concat(parts) .. "\27[0m"
end

-- The text of uint8 pixels (height, width, 3 or 4). `letters` may hold
-- characters to show instead: letters[row][column], in cells.
function terminal.text(x, mode, letters)
  local rows, lines = x:totable(), {}
  for i = 1, #rows, 2 do
    local over = letters and letters[(i + 1) // 2] or {}
    lines[#lines + 1] = mode == "ascii"
      and ascii_line(rows[i], rows[i + 1], over)
      or colour_line(rows[i], rows[i + 1], over, mode)
  end
  return table.concat(lines, "\n") .. "\n"
end

return terminal
