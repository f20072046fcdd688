-- image.pixels: what the functions of `image` share: reading the image they
-- are given, and converting between bytes and floats.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

local pixels = {}

-- Checks an image; returns it as (height, width, channels).
function pixels.read(owner, img)
  if not tensor.is(img) then
    native.fail("%s: the image must be a tensor, not a %s", owner, type(img))
  end
  if (img.ndim ~= 2 and img.ndim ~= 3) or img:numel() == 0 then
    native.fail("%s: an image of shape %s: (height, width) or (height, width, "
                  .. "channels), none of them 0, is needed", owner,
                tostring(img.shape))
  end
  return img.ndim == 2 and img:unsqueeze(-1) or img
end

-- The result x, (height, width, channels), in the form of the image it was
-- made of: with or without the last dim.
function pixels.like(x, img)
  return img.ndim == 2 and x:squeeze(-1) or x
end

-- Checks a whole number of at least 1, such as a size in pixels.
function pixels.size(owner, name, value)
  return options.verify(owner, name, options.positive_integer, value)
end

function pixels.is_float(x)
  return x.dtype == "float32" or x.dtype == "float64"
end

-- The same values in a float dtype, to compute with.
function pixels.widen(x)
  return pixels.is_float(x) and x or x:to("float32")
end

-- What widen undoes: rounds to the nearest value that the dtype has.
function pixels.narrow(x, dtype)
  if dtype == "float32" or dtype == "float64" then return x:to(dtype) end
  if dtype == "uint8" then x = x:clamp(0, 255) end
  return x:add(0.5):floor():to(dtype)
end

--- image.to_float(img)
-- The image as float32 from 0 (black) to 1 (full): integers are divided by
-- 255, floats stay as they are.
-- See also: image.to_uint8.
--   > image.to_float(tensor({{0, 51, 255}}, "uint8"))
--   float32 (1, 3)
--          0  0.2000  1.0000
function pixels.to_float(img)
  pixels.read("image.to_float", img)
  if pixels.is_float(img) then return img end
  local x = img:to("float32")
  return img.dtype == "bool" and x or x / 255
end

--- image.to_uint8(img)
-- The image as uint8 from 0 (black) to 255 (full), as image.save would write
-- it: floats mean 0 to 1 and are clipped and rounded, integers are clipped.
-- See also: image.to_float.
--   > image.to_uint8(tensor({{0, 0.2, 7}}))
--   uint8 (1, 3)
--       0   51  255
function pixels.to_uint8(img)
  pixels.read("image.to_uint8", img)
  if img.dtype == "uint8" then return img end
  if img.dtype == "bool" then return img:to("uint8") * 255 end
  if pixels.is_float(img) then img = img * 255 end
  return pixels.narrow(img, "uint8")
end

--- image.to_gray(img)
-- The image without its colours, (height, width): 0.299 R + 0.587 G + 0.114 B
-- (ITU-R BT.601). Alpha is left out; what is grey already only loses its
-- last dim. uint8 stays uint8, rounded.
-- Errors: a number of channels other than 1 to 4.
--   > image.to_gray(tensor({{{255, 0, 0}, {255, 255, 255}}}, "uint8"))
--   uint8 (1, 2)
--      76  255
function pixels.to_gray(img)
  local x = pixels.read("image.to_gray", img)
  local channels = x.shape[3]
  if channels > 4 then
    native.fail("image.to_gray: an image of shape %s: 1 channel (grey), 2 "
                  .. "(grey, alpha), 3 (RGB) or 4 (RGBA) are needed",
                tostring(img.shape))
  end
  if channels < 3 then return x:select(3, 1) end
  local wide = pixels.widen(x)
  local gray = wide:select(3, 1) * 0.299 + wide:select(3, 2) * 0.587
    + wide:select(3, 3) * 0.114
  return pixels.narrow(gray, x.dtype)
end

return pixels
