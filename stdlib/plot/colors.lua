-- plot.colors: the colours of series, and colour maps.

local options = require("options")
local tensor = require("tensor")

local colors = {}

-- Colours of series that people with any kind of colour vision can tell
-- apart, without the yellow that is lost on white: Okabe and Ito, "Color
-- Universal Design", 2008.
local PALETTE = {
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000",
}

local NAMES = {
  black = "#000000", white = "#ffffff", grey = "#808080", gray = "#808080",
  blue = "#0072b2", vermilion = "#d55e00", red = "#d55e00", green = "#009e73",
  purple = "#cc79a7", orange = "#e69f00", sky = "#56b4e9", yellow = "#f0e442",
}

-- "#rrggbb", "#rgb" or a name as {r, g, b} from 0 to 1; nil for other text.
local function parse(text)
  local hex = (NAMES[text] or text):match("^#(%x+)$")
  if not hex or (#hex ~= 6 and #hex ~= 3) then return nil end
  local digits, rgb = #hex // 3, {}
  for k = 1, 3 do
    local part = hex:sub((k - 1) * digits + 1, k * digits)
    rgb[k] = tonumber(part, 16) / (digits == 2 and 255 or 15)
  end
  return rgb
end

local function is_triple(value)
  for k = 1, 3 do
    local level = value[k]
    if type(level) ~= "number" or not (level >= 0 and level <= 1) then
      return false
    end
  end
  return #value == 3
end

-- A list of colours.
colors.list = {
  description = "a list of colours such as \"#0072b2\", \"orange\" or "
    .. "{r, g, b} from 0 to 1",
  test = function(value)
    if type(value) == "string" then value = {value} end
    if type(value) ~= "table" then return false end
    if type(value[1]) == "number" then value = {value} end
    local list = {}
    for i, item in ipairs(value) do
      if type(item) == "string" then
        list[i] = parse(item)
      elseif type(item) == "table" and is_triple(item) then
        list[i] = item
      end
      if not list[i] then return false end
    end
    return #list > 0 and #list == #value, list
  end,
}

-- The colour of the i-th series, from 1; which round of the palette it is.
function colors.of_series(i)
  return parse(PALETTE[(i - 1) % #PALETTE + 1]), (i - 1) // #PALETTE
end

-- Maps -----------------------------------------------------------------------

-- Control points {lightness, chroma, hue in degrees} of CIE L*a*b*, the
-- lightness in even steps, so that equal steps in the data look equal, also
-- to the colour-blind and in print without colours.
local POINTS = {
  sea = {
    {12, 34, 300}, {28, 38, 284}, {44, 28, 248}, {60, 34, 188}, {76, 52, 140},
    {92, 72, 106},
  },
  fire = {
    {2, 4, 300}, {21, 42, 322}, {40, 62, 14}, {59, 70, 48}, {78, 72, 78},
    {97, 18, 100},
  },
  blue_red = {
    {30, 38, 278}, {52, 40, 268}, {74, 24, 258}, {96, 2, 180}, {74, 34, 40},
    {52, 62, 36}, {30, 52, 28},
  },
}
local SIZE = 256

-- One channel of sRGB from its linear amount (IEC 61966-2-1).
local function encode(linear)
  linear = math.max(0, math.min(1, linear))
  if linear <= 0.0031308 then return 12.92 * linear end
  return 1.055 * linear ^ (1 / 2.4) - 0.055
end

local function expand(t)
  return t > 6 / 29 and t ^ 3 or 3 * (6 / 29) ^ 2 * (t - 4 / 29)
end

-- sRGB from 0 to 1 of a colour in CIE L*a*b* (white point D65).
local function srgb(lightness, a, b)
  local f = (lightness + 16) / 116
  local x = 0.95047 * expand(f + a / 500)
  local y = expand(f)
  local z = 1.08883 * expand(f - b / 200)
  return {
    encode(3.2406 * x - 1.5372 * y - 0.4986 * z),
    encode(-0.9689 * x + 1.8758 * y + 0.0415 * z),
    encode(0.0557 * x - 0.2040 * y + 1.0570 * z),
  }
end

-- {L*, a*, b*} of a control point.
local function cartesian(point)
  local hue = math.rad(point[3])
  return {point[1], point[2] * math.cos(hue), point[2] * math.sin(hue)}
end

-- Between b and c, smoothly, with a before and d after them (Catmull-Rom).
local function spline(a, b, c, d, t)
  return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d
                                     + t * (3 * (b - c) + d - a)))
end

-- The colour at a share t of the way along the points.
local function between(points, t)
  local n = #points
  local place = t * (n - 1)
  local i = math.min(n - 1, math.floor(place) + 1)
  local near, lab = {}, {}
  for k = 1, 4 do
    near[k] = cartesian(points[math.max(1, math.min(n, i + k - 2))])
  end
  for k = 1, 3 do
    lab[k] = spline(near[1][k], near[2][k], near[3][k], near[4][k],
                    place - (i - 1))
  end
  lab[1] = points[1][1] + t * (points[n][1] - points[1][1])
  if points[1][1] == points[n][1] then -- light in the middle
    local middle = points[(n + 1) // 2][1]
    lab[1] = middle - math.abs(2 * t - 1) * (middle - points[1][1])
  end
  return srgb(table.unpack(lab))
end

local function make_map(name)
  local rows = {}
  for i = 1, SIZE do
    local t = (i - 1) / (SIZE - 1)
    local rgb = POINTS[name] and between(POINTS[name], t) or {t, t, t}
    for k = 1, 3 do rgb[k] = math.floor(rgb[k] * 255 + 0.5) end
    rgb[4] = 255
    rows[i] = rgb
  end
  return tensor(rows, "uint8")
end

local ALIASES = {gray = "grey", gray_r = "grey_r"}
local made = {}

-- The 256 colours of a map, uint8 (256, 4); "_r" turns it round.
function colors.map(name)
  name = ALIASES[name] or name
  if not made[name] then
    local base = name:match("^(.*)_r$")
    made[name] = base
      and colors.map(base):index_select(1, tensor.arange(SIZE, 1, -1))
      or make_map(name)
  end
  return made[name]
end

colors.map_name = options.one_of{
  "sea", "fire", "grey", "gray", "blue_red", "sea_r", "fire_r", "grey_r",
  "gray_r", "blue_red_r",
}

return colors
