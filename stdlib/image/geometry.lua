-- image.geometry: resize, crop, flip, rotate.

local native = require("native")
local options = require("options")
local pixels = require("image.pixels")
local tensor = require("tensor")

local geometry = {}

-- resize ---------------------------------------------------------------------

-- How much a pixel at a distance counts, and from which distance on nothing
-- does. The cubic is Keys' with a = -1/2: "Cubic convolution interpolation
-- for digital image processing", 1981.
local WEIGHTS = {
  bilinear = {1, function(d) return (1 - d):clamp(0) end},
  bicubic = {2, function(d)
    local near = (d * 1.5 - 2.5) * d * d + 1
    local far = ((d * -0.5 + 2.5) * d - 4) * d + 2
    return tensor.where(d:lt(1), near, tensor.where(d:lt(2), far, 0))
  end},
}

-- For each of `to` new pixels the positions (to, k) of the old ones it is
-- made of, from 1, and their weights (to, k). Pixels are squares: the new
-- ones lie over the old ones edge to edge. Where they are larger, the weights
-- are stretched, so that every old pixel counts.
local function taps(from, to, mode)
  local reach, weight = table.unpack(WEIGHTS[mode])
  local scale = from / to
  local stretch = math.max(scale, 1)
  local centre = (tensor.arange(to):to("float64") - 0.5) * scale
  local first = (centre - reach * stretch + 0.5):floor()
  local count = math.ceil(2 * reach * stretch) + 1
  local place = first:unsqueeze(2)
    + tensor.arange(0, count - 1):to("float64"):unsqueeze(1)
  local d = (place - centre:unsqueeze(2) + 0.5):abs() / stretch
  local inside = place:ge(0):logical_and(place:lt(from))
  local w = tensor.where(inside, weight(d), 0)
  -- where the weight is 0 stands the pixel at the centre, which counts in any
  -- case: NaN nearby does no harm
  place = tensor.where(w:eq(0), centre:floor():unsqueeze(2), place)
  return place:to("int64") + 1, w / w:sum(2, true)
end

-- Resizes dim 1 of (n, rest).
local function resize_rows(x, to, mode)
  local from, rest = table.unpack(x.shape)
  if to == from then return x end
  local place, weights = taps(from, to, mode)
  local count = place.shape[2]
  local picked = x:index_select(1, place:reshape(-1)):reshape(to, count, rest)
  return weights:to(x.dtype):unsqueeze(2):matmul(picked):reshape(to, rest)
end

local function nearest_places(from, to)
  local centre = (tensor.arange(to):to("float64") - 0.5) * (from / to)
  return centre:floor():clamp(0, from - 1):to("int64") + 1
end

local function resize_nearest(x, height, width)
  return x:index_select(1, nearest_places(x.shape[1], height))
          :index_select(2, nearest_places(x.shape[2], width))
end

local function resize_smooth(x, height, width, mode)
  local h, w, c = table.unpack(x.shape)
  local y = pixels.widen(x):reshape(h, w * c)
  y = resize_rows(y, height, mode):reshape(height, w, c)
  y = y:permute(2, 1, 3):reshape(w, height * c)
  y = resize_rows(y, width, mode):reshape(width, height, c)
  return pixels.narrow(y:permute(2, 1, 3):contiguous(), x.dtype)
end

local RESIZE = {
  positional = 0,
  {"mode", options.one_of{"bilinear", "nearest", "bicubic"}, "bilinear"},
}

--- image.resize(img, height, width, {mode="bilinear"})
-- The image at another size.
--   img   (height, width) or (height, width, channels), any dtype
--   mode  "bilinear"; "bicubic", sharper, overshoots at edges; "nearest",
--         takes over values as they are
-- Pixels are squares that lie edge to edge. "bilinear" and "bicubic" average
-- over all pixels that a new one covers, so shrinking shows no false
-- patterns. uint8 stays uint8, rounded and clipped.
-- Errors: sizes below 1; another shape.
--   > image.resize(tensor({{0, 1}}), 1, 4)
--   float32 (1, 4)
--          0  0.2500  0.7500  1.0000
--   > image.resize(tensor({{1, 3, 5, 7}}), 1, 2, {mode="nearest"})
--   float32 (1, 2)
--     3  7
function geometry.resize(img, height, width, opts)
  local owner = "image.resize"
  local x = pixels.read(owner, img)
  height = pixels.size(owner, "height", height)
  width = pixels.size(owner, "width", width)
  local mode = options.read(owner, RESIZE, opts).mode
  local y = mode == "nearest" and resize_nearest(x, height, width)
    or resize_smooth(x, height, width, mode)
  return pixels.like(y, img)
end

-- crop, flip -----------------------------------------------------------------

-- Checks that first, first + 1, ... (length of them) lie within 1..size.
local function check_range(owner, img, first, length, size, words)
  if first + length - 1 > size then
    native.fail("%s: %s %d to %d of an image of shape %s: there are %d", owner,
                words, first, first + length - 1, tostring(img.shape), size)
  end
end

--- image.crop(img, top, left, height, width)
-- The part of the image whose upper left pixel is (top, left), counted from
-- 1. A view: it shares its pixels with img.
-- Errors: a part that goes beyond the image.
--   > image.crop(tensor({{1, 2, 3}, {4, 5, 6}}), 1, 2, 2, 2)
--   float32 (2, 2)
--     2  3
--     5  6
function geometry.crop(img, top, left, height, width)
  local owner = "image.crop"
  local x = pixels.read(owner, img)
  top = pixels.size(owner, "top", top)
  left = pixels.size(owner, "left", left)
  height = pixels.size(owner, "height", height)
  width = pixels.size(owner, "width", width)
  check_range(owner, img, top, height, x.shape[1], "rows")
  check_range(owner, img, left, width, x.shape[2], "columns")
  return img:narrow(1, top, height):narrow(2, left, width)
end

local function reversed(x, dim)
  return x:index_select(dim, tensor.arange(x.shape[dim], 1, -1))
end

local FLIP = options.one_of{"horizontal", "vertical"}

--- image.flip(img, direction)
-- The image mirrored: "horizontal" swaps left and right, "vertical" top and
-- bottom.
--   > image.flip(tensor({{1, 2}, {3, 4}}), "horizontal")
--   float32 (2, 2)
--     2  1
--     4  3
function geometry.flip(img, direction)
  pixels.read("image.flip", img)
  direction = options.verify("image.flip", "direction", FLIP, direction)
  return reversed(img, direction == "vertical" and 1 or 2)
end

-- rotate ---------------------------------------------------------------------

-- A number of quarter turns to the left.
local function turned(x, quarters)
  if quarters == 1 then return reversed(x:transpose(1, 2), 1) end
  if quarters == 3 then return reversed(x:transpose(1, 2), 2) end
  return quarters == 0 and x:clone() or reversed(reversed(x, 1), 2)
end

-- Exact for quarter turns.
local function cosine_and_sine(degrees)
  local quarters = degrees / 90
  if quarters == math.floor(quarters) then
    local cosine = {[0]=1, 0, -1, 0}
    return cosine[quarters % 4], cosine[(quarters - 1) % 4]
  end
  return math.cos(math.rad(degrees)), math.sin(math.rad(degrees))
end

-- Where each pixel of an h x w picture, turned into height x width, comes
-- from: rows and columns from 0, as two rows of height * width.
local function origins(h, w, height, width, degrees)
  local cosine, sine = cosine_and_sine(degrees)
  local dy = (tensor.arange(height):to("float64") - (height + 1) / 2)
    :unsqueeze(2)
  local dx = (tensor.arange(width):to("float64") - (width + 1) / 2)
    :unsqueeze(1)
  local y = dx * sine + dy * cosine + (h - 1) / 2
  local x = dx * cosine - dy * sine + (w - 1) / 2
  return y:reshape(-1), x:reshape(-1)
end

-- The image at places between pixels: each of the four around counts by its
-- nearness, and outside the image all is `fill`.
local function sample(img, y, x, fill)
  local h, w, c = table.unpack(img.shape)
  local rows = img:reshape(h * w, c)
  local top, left = y:floor(), x:floor()
  local sum, share = nil, 0
  for corner = 0, 3 do
    local i, j = top + corner // 2, left + corner % 2
    local weight = (1 - (y - i):abs()) * (1 - (x - j):abs())
    local inside = i:ge(0):logical_and(i:lt(h)):logical_and(j:ge(0))
      :logical_and(j:lt(w))
    weight = tensor.where(inside, weight, 0):to(img.dtype):unsqueeze(2)
    local place = i:clamp(0, h - 1) * w + j:clamp(0, w - 1) + 1
    local part = rows:index_select(1, place:to("int64")) * weight
    sum = sum and sum + part or part
    share = share + weight
  end
  return sum + (1 - share) * fill
end

-- The size that holds the whole turned image; a hair over is not counted.
local function expanded(h, w, degrees)
  local cosine, sine = cosine_and_sine(degrees)
  cosine, sine = math.abs(cosine), math.abs(sine)
  return math.ceil(h * cosine + w * sine - 1e-6),
    math.ceil(w * cosine + h * sine - 1e-6)
end

local ROTATE = {
  positional = 0,
  {"fill", options.number, 0},
  {"expand", options.boolean, false},
}

--- image.rotate(img, degrees, {fill=0, expand=false})
-- The image turned to the left (counterclockwise) about its centre.
--   fill    the value of places that no pixel of the image falls on
--   expand  true makes the result large enough for the whole turned image;
--           false keeps the size, and corners are cut off
-- Quarter turns are exact (with expand=true, or where height and width are
-- equal); other angles are interpolated between the four nearest pixels.
--   > image.rotate(tensor({{1, 2}, {3, 4}}), 90)
--   float32 (2, 2)
--     2  4
--     1  3
--   > image.rotate(tensor.ones(10, 20), 45, {expand=true}).shape
--   (22, 22)
function geometry.rotate(img, degrees, opts)
  local owner = "image.rotate"
  local x = pixels.read(owner, img)
  local o = options.read(owner, ROTATE, opts)
  degrees = options.verify(owner, "degrees", options.number, degrees)
  if not (math.abs(degrees) < math.huge) then
    native.fail("%s: degrees must be finite, got %s", owner, degrees)
  end
  degrees = degrees % 360
  local h, w = table.unpack(x.shape)
  if degrees % 180 == 0 or (degrees % 90 == 0 and (o.expand or h == w)) then
    return turned(img, math.tointeger(degrees // 90))
  end
  local height, width = h, w
  if o.expand then height, width = expanded(h, w, degrees) end
  local rows, columns = origins(h, w, height, width, degrees)
  local y = sample(pixels.widen(x), rows, columns, o.fill)
    :reshape(height, width, x.shape[3])
  return pixels.like(pixels.narrow(y, x.dtype), img)
end

return geometry
