-- image.grid: many images as one.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

-- A list of images, or one tensor of them, as a tensor.
local function stacked(images)
  if tensor.is(images) then return images end
  if type(images) ~= "table" or #images == 0 then
    native.fail("image.grid: images must be a tensor (N, height, width) or "
                  .. "(N, height, width, channels), or a list of images")
  end
  local first = images[1]
  for i, img in ipairs(images) do
    if not tensor.is(img) then
      native.fail("image.grid: image %d must be a tensor, not a %s", i,
                  type(img))
    end
    if tostring(img.shape) ~= tostring(first.shape) then
      native.fail("image.grid: image %d has shape %s, but image 1 has %s: all "
                    .. "must be of one size", i, tostring(img.shape),
                  tostring(first.shape))
    end
  end
  return tensor.stack(images, 1)
end

-- Each pixel of (N, h, w, c) becomes a square of scale x scale.
local function enlarge(x, scale)
  if scale == 1 then return x end
  local n, h, w, c = table.unpack(x.shape)
  return x:reshape(n, h, 1, w, 1, c):expand(n, h, scale, w, scale, c)
          :reshape(n, h * scale, w * scale, c)
end

-- (N, h, w, c) images in rows, with a border of `padding` around each.
local function arrange(x, columns, padding, background)
  local n, h, w, c = table.unpack(x.shape)
  local rows = math.ceil(n / columns)
  local cell_h, cell_w = h + padding, w + padding
  local cells = tensor.full({rows * columns, cell_h, cell_w, c}, background,
                            x.dtype)
  cells[{{1, n}, {padding + 1, cell_h}, {padding + 1, cell_w}}] = x
  local height, width = rows * cell_h, columns * cell_w
  local canvas = tensor.full({height + padding, width + padding, c},
                             background, x.dtype)
  canvas[{{1, height}, {1, width}}] =
    cells:reshape(rows, columns, cell_h, cell_w, c):permute(1, 3, 2, 4, 5)
         :reshape(height, width, c)
  return canvas
end

local GRID = {
  positional = 0,
  {"columns", options.positive_integer},
  {"padding", options.non_negative_integer, 2},
  {"scale", options.positive_integer, 1},
  {"background", options.number, 0},
}

--- image.grid(images, {columns=, padding=2, scale=1, background=0})
-- Many images as one.
--   images      (N, height, width), (N, height, width, channels), or a list
--               of images of one size
--   columns     images in a row (the least square that holds all of them)
--   padding     pixels between the images and around them
--   scale       each pixel becomes scale x scale
--   background  the value of the padding and of places left empty
-- Returns a tensor of the images' dtype: (height, width), or (height, width,
-- channels) where the images have channels.
-- See also: image.save.
--   > image.grid(tensor.zeros(6, 28, 28), {columns=3}).shape
--   (62, 92)
--   > image.grid(tensor.zeros({4, 8, 8, 3}, "uint8"), {padding=0}).shape
--   (16, 16, 3)
local function grid(images, opts)
  local o = options.read("image.grid", GRID, opts)
  local x = stacked(images)
  local grey = x.ndim == 3
  if grey then x = x:unsqueeze(-1) end
  if x.ndim ~= 4 or x:numel() == 0 then
    native.fail("image.grid: images of shape %s: (N, height, width) or (N, "
                  .. "height, width, channels), none of them 0, is needed",
                tostring((grey and x:squeeze(-1) or x).shape))
  end
  local columns = o.columns or math.ceil(math.sqrt(x.shape[1]))
  local canvas = arrange(enlarge(x, o.scale), columns, o.padding,
                         o.background)
  return grey and canvas:squeeze(-1) or canvas
end

return grid
