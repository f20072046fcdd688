-- data.augment: pictures moved, turned, enlarged and mirrored at random.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

-- Where each pixel of the new pictures comes from ----------------------------

-- Numbers from low to high, one a picture, as (count, 1).
local function draw(count, low, high)
  return tensor.rand(count, 1) * (high - low) + low
end

-- 1 or -1, one a picture.
local function sides(count, wanted)
  if not wanted then return tensor.ones(count, 1) end
  return tensor.randint(0, 1, {count, 1}):to("float32") * 2 - 1
end

-- Rows and columns from 1, (count, height * width) each, of the places that
-- the pixels of the new pictures are taken from.
local function places(count, height, width, o)
  local down = tensor.arange(height):to("float32") - (height + 1) / 2
  local across = tensor.arange(width):to("float32") - (width + 1) / 2
  local v = down:unsqueeze(2):expand(height, width):reshape(1, height * width)
  local u = across:unsqueeze(1):expand(height, width):reshape(1, height * width)
  local angle = draw(count, -o.rotate, o.rotate) * (math.pi / 180)
  local zoom = draw(count, 1 - o.zoom, 1 + o.zoom)
  local cos, sin = angle:cos() / zoom, angle:sin() / zoom
  v = v - draw(count, -o.shift, o.shift) * height
  u = u - draw(count, -o.shift, o.shift) * width
  local rows = (v * cos - u * sin)
    * sides(count, o.flip == "vertical" or o.flip == "both")
  local columns = (v * sin + u * cos)
    * sides(count, o.flip == "horizontal" or o.flip == "both")
  return rows + (height + 1) / 2, columns + (width + 1) / 2
end

-- Taking them ----------------------------------------------------------------

-- The pixels (count, places, channels) at whole rows and columns; `fill` where
-- there are none.
local function pixels_at(flat, rows, columns, height, width, fill)
  local inside = rows:ge(1) & rows:le(height) & columns:ge(1)
    & columns:le(width)
  local index = (rows:clamp(1, height) - 1) * width + columns:clamp(1, width)
  index = index:to("int64"):unsqueeze(3):expand(flat.shape)
  return tensor.where(inside:unsqueeze(3), flat:gather(2, index), fill)
end

-- Between four pixels, in proportion to the distances.
local function sampled(flat, rows, columns, height, width, fill)
  local top, left = rows:floor(), columns:floor()
  local down, right = (rows - top):unsqueeze(3), (columns - left):unsqueeze(3)
  local function at(row, column)
    return pixels_at(flat, row, column, height, width, fill)
  end
  local above = at(top, left):lerp(at(top, left + 1), right)
  local below = at(top + 1, left):lerp(at(top + 1, left + 1), right)
  return above:lerp(below, down)
end

local SPECIFICATION = {
  positional = 0,
  {"shift", options.fraction, 0.0},
  {"rotate", options.check("a finite number of at least 0", function(value)
    return type(value) == "number" and value >= 0 and value < math.huge
  end), 0.0},
  {"zoom", options.fraction, 0.0},
  {"flip", options.one_of {"horizontal", "vertical", "both"}},
  {"fill", options.number, 0},
}

--- data.augment(x, {shift=0, rotate=0, zoom=0, flip=nil, fill=0})
-- Pictures (N, height, width) or (N, height, width, channels), each changed by
-- its own random numbers, from tensor's random stream:
--   shift   moved down and across by up to this part of height and width
--   rotate  turned by up to so many degrees, either way
--   zoom    enlarged by a factor from 1 - zoom to 1 + zoom
--   flip    "horizontal": every other one mirrored left to right; "vertical":
--           upside down; "both"
--   fill    what comes in from outside the picture
-- Pixels are blended in proportion (bilinear). The dtype stays; integers are
-- rounded. For training batch by batch: data.Dataset:map with batched=true.
--   > x = tensor({{{1, 2, 3}}})
--   > tensor.manual_seed(2)
--   > data.augment(x, {flip="horizontal"})[1]
--   float32 (1, 3)
--     3  2  1
local function augment(x, opts)
  local o = options.read("data.augment", SPECIFICATION, opts)
  if not tensor.is(x) or x.ndim < 3 or x.ndim > 4 then
    native.fail("data.augment: x must be pictures (N, height, width) or (N, "
                  .. "height, width, channels), got %s",
                tensor.is(x) and tostring(x.shape) or options.show(x))
  end
  if x:numel() == 0 then return x:clone() end
  local count, height, width = x.shape[1], x.shape[2], x.shape[3]
  local is_float = x.dtype == "float32" or x.dtype == "float64"
  local flat = (is_float and x or x:to("float32"))
    :reshape(count, height * width, -1)
  local rows, columns = places(count, height, width, o)
  local y = sampled(flat, rows:to(flat.dtype), columns:to(flat.dtype), height,
                    width, o.fill)
  return (is_float and y or y:round()):to(x.dtype):reshape(x.shape)
end

return augment
