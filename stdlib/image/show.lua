-- image.show: an image in the terminal.

local geometry = require("image.geometry")
local native = require("native")
local options = require("options")
local pixels = require("image.pixels")
local tensor = require("tensor")
local terminal = require("image.terminal")

-- uint8 (h, w, 1..4) as RGB or RGBA.
local function to_colours(x)
  local channels = x.shape[3]
  if channels >= 3 then return x end
  local grey = x:narrow(3, 1, 1)
  if channels == 1 then return tensor.concat({grey, grey, grey}, 3) end
  return tensor.concat({grey, grey, x}, 3)
end

local SHOW = {
  positional = 0,
  {"columns", options.positive_integer},
  {"mode", options.one_of{"24bit", "256", "ascii"}},
}

--- image.show(img, {columns=, mode=})
-- Draws an image in the terminal, two pixels to a character.
--   img      (height, width) or (height, width, 1..4 channels), uint8 or
--            floats from 0 to 1; transparent pixels show the terminal's ground
--   columns  the most characters in a row (as many as the terminal has);
--            larger images are made smaller
--   mode     "24bit" or "256" colours, or "ascii" (as light as the
--            characters are dense). Unless given: what the terminal is known
--            to show, "ascii" where output goes elsewhere or NO_COLOR is set
-- See also: image.save, image.grid.
local function show(img, opts)
  local owner = "image.show"
  local x = pixels.read(owner, img)
  if x.shape[3] > 4 then
    native.fail("%s: an image of shape %s: 1 to 4 channels can be shown", owner,
                tostring(img.shape))
  end
  local o = options.read(owner, SHOW, opts)
  local columns = o.columns or native.columns()
  x = pixels.to_uint8(x)
  local h, w = table.unpack(x.shape)
  if w > columns then
    x = geometry.resize(x, math.max(1, math.floor(h * columns / w + 0.5)),
                        columns)
  end
  io.write(terminal.text(to_colours(x), o.mode or terminal.mode()))
end

return show
