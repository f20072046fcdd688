-- image: pictures as tensors.

local filters = require("image.filters")
local geometry = require("image.geometry")
local native = require("native")
local pixels = require("image.pixels")
local tensor = require("tensor")

local image = {
  crop = geometry.crop,
  filter = filters.filter,
  flip = geometry.flip,
  gaussian = filters.gaussian,
  grid = require("image.grid"),
  kernels = filters.kernels,
  resize = geometry.resize,
  rotate = geometry.rotate,
  show = require("image.show"),
  to_float = pixels.to_float,
  to_gray = pixels.to_gray,
  to_uint8 = pixels.to_uint8,
}

local function check_path(where, path)
  if type(path) ~= "string" then
    native.fail("%s: the path must be a string, not a %s", where, type(path))
  end
  if not path:lower():find("%.png$") then
    native.fail("%s: %s: images are PNG files, named .png", where, path)
  end
end

--- image.load(path)
-- Reads a PNG file of any colour type and depth.
-- Returns uint8 (height, width, channels): 1 channel is grey, 2 grey and
-- alpha, 3 RGB, 4 RGBA; 0 is black, 255 full.
-- Errors: no such file; a file that is not a PNG or is damaged.
-- See also: image.save, tensor.load.
function image.load(path)
  check_path("image.load", path)
  return tensor.load(path)
end

--- image.save(path, img)
-- Writes a PNG file.
--   img  (height, width) or (height, width, 1..4 channels): uint8 is written
--        as it is; floats mean 0 (black) to 1 (full) and are clipped
-- The file is written beside its place and then renamed: a crash leaves the
-- old file whole.
-- Errors: another shape; a folder that does not exist.
-- See also: image.load, image.grid, tensor.save.
function image.save(path, img)
  check_path("image.save", path)
  if not tensor.is(img) then
    native.fail("image.save: the image must be a tensor, not a %s", type(img))
  end
  tensor.save(path, img)
end

return image
