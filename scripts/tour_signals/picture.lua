-- The picture of the tour: a file, or a drawing for those who have none.

local lesson = require("tour_signals.lesson")

local SMALLEST = 48 -- pixels

-- Sky, hills, a house and a fence: (240, 320, 3).
local function draw_scene()
  local H, W = 240, 320
  local y, x = table.unpack(tensor.meshgrid({tensor.arange(H) / H,
                                             tensor.arange(W) / W}))
  local img = tensor.stack({0.25 + 0.55 * y, 0.45 + 0.4 * y, 0.9 - 0.1 * y}, 3)
  local function paint(where, red, green, blue)
    img = tensor.where(where:unsqueeze(-1), tensor({red, green, blue}), img)
  end
  local function box(top, left, bottom, right)
    return y:ge(top) & y:le(bottom) & x:ge(left) & x:le(right)
  end
  paint(((y - 0.2) ^ 2 + ((x - 0.8) * W / H) ^ 2):le(0.01), 1, 0.9, 0.5)
  paint(y:ge(0.62 + 0.08 * (5 * x):sin()), 0.2, 0.45, 0.25)
  paint(y:ge(0.82 - 0.05 * (3 * x):sin()), 0.35, 0.6, 0.2)
  paint(box(0.45, 0.22, 0.85, 0.56), 0.85, 0.75, 0.6)
  paint(y:ge(0.25 + (x - 0.39):abs()) & y:le(0.45), 0.6, 0.2, 0.15)
  paint(box(0.62, 0.355, 0.85, 0.425), 0.3, 0.18, 0.1)
  for _, left in ipairs({0.265, 0.445}) do
    paint(box(0.53, left, 0.63, left + 0.07), 0.95, 0.95, 0.7)
    paint(box(0.575, left, 0.585, left + 0.07), 0.3, 0.18, 0.1)
  end
  for k = 0, 8 do
    paint(box(0.86, 0.6 + 0.041 * k, 0.96, 0.615 + 0.041 * k), 0.9, 0.9, 0.85)
  end
  -- grain, so that no two places are alike
  return (img + 0.02 * tensor.randn(H, W, 1)):clamp(0, 1)
end

-- A file's picture without its alpha.
local function read(path)
  local img = image.to_float(image.load(path))
  local channels = img.shape[3]
  return channels % 2 == 1 and img or img[{{}, {}, {1, channels - 1}}]
end

-- The picture with sides of at most that many pixels.
local function shrink(img, longest)
  local h, w = table.unpack(img.shape)
  local k = longest / math.max(h, w)
  if k >= 1 then return img end
  return image.resize(img, math.max(1, math.floor(h * k)),
                      math.max(1, math.floor(w * k)))
end

-- {colour=, grey=: floats, (height, width, 1 or 3) and (height, width);
-- height=, width=, source=: what it is}.
return function(path, longest)
  local folder = os.getenv("NNLUA_DATA")
  if path == "" then
    path = folder and lesson.readable(folder .. "/photos/cat_chelsea.png")
  elseif not lesson.readable(path) then
    lesson.refuse("--image %s: there is no such file", path)
  end
  local colour = shrink(path and read(path) or draw_scene(), longest)
  local grey = image.to_gray(colour)
  local height, width = table.unpack(grey.shape)
  if math.min(height, width) < SMALLEST or grey:std():item() < 1e-3 then
    lesson.refuse("the picture must be of at least %d x %d pixels that are "
                    .. "not all alike; this one has %d x %d", SMALLEST,
                  SMALLEST, height, width)
  end
  return {colour=colour, grey=grey, height=height, width=width,
          source=path or "a drawing of the script's own"}
end
