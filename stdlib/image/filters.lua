-- image.filters: kernels and what they make of an image.

local native = require("native")
local options = require("options")
local pixels = require("image.pixels")
local tensor = require("tensor")

local filters = {}

-- Borders --------------------------------------------------------------------

-- For positions 1 - before .. n + after the position within 1..n that lends
-- its value. "reflect" mirrors at the outermost pixels, as often as needed.
local function border_places(n, before, after, border)
  local place = tensor.arange(-before, n - 1 + after)
  if border == "replicate" then return place:clamp(0, n - 1) + 1 end
  if n == 1 then return place:mul(0) + 1 end
  local period = 2 * (n - 1)
  return (n - 1) - (place % period - (n - 1)):abs() + 1
end

-- (h, w, c) with rows and columns added on all sides.
local function extend(x, top, bottom, left, right, border)
  local h, w, c = table.unpack(x.shape)
  if border == "constant" then
    local wide = tensor.zeros({h + top + bottom, w + left + right, c}, x.dtype)
    wide[{{top + 1, top + h}, {left + 1, left + w}}] = x
    return wide
  end
  return x:index_select(1, border_places(h, top, bottom, border))
          :index_select(2, border_places(w, left, right, border))
end

-- filter ---------------------------------------------------------------------

local function read_kernel(kernel)
  if type(kernel) == "table" then kernel = tensor(kernel) end
  if not tensor.is(kernel) then
    native.fail("image.filter: the kernel must be a tensor, not a %s",
                type(kernel))
  end
  if kernel.ndim ~= 2 or kernel:numel() == 0 then
    native.fail("image.filter: a kernel of shape %s: (height, width), none of "
                  .. "them 0, is needed", tostring(kernel.shape))
  end
  return kernel:to("float32")
end

local FILTER = {
  positional = 0,
  {"border", options.one_of{"reflect", "replicate", "constant"}, "reflect"},
}

--- image.filter(img, kernel, {border="reflect"})
-- Slides the kernel over the image; each pixel becomes the sum of its
-- neighbours times the kernel's numbers:
-- out[i][j] = sum over u, v of img[i + u][j + v] * kernel[u][v], u and v
-- counted from the kernel's centre. This is correlation, as OpenCV's filter2D
-- and every neural network have it; turn the kernel by 180 degrees
-- (image.rotate) for convolution in the mathematician's sense.
--   img     (height, width) or (height, width, channels); each channel by
--           itself. Integers are taken to 0..1 first, as image.to_float does
--   kernel  (height, width), a tensor or nested tables; image.kernels has
--           some. The centre of an even size is right of and below the middle
--   border  what lies beyond the edges: "reflect" (... 3 2 | 1 2 3 ...),
--           "replicate" (... 1 1 | 1 2 3 ...) or "constant" (0)
-- Returns float32 of img's shape; it may leave 0..1 where the kernel's
-- numbers do not add up to 1.
-- Errors: an empty image or kernel, another shape.
-- See also: image.kernels, image.gaussian, tensor.conv2d.
--   > image.filter(tensor({{0, 0, 1, 1}}), image.kernels.sobel_x)
--   float32 (1, 4)
--     0  4  4  0
function filters.filter(img, kernel, opts)
  local x = pixels.read("image.filter", img)
  local border = options.read("image.filter", FILTER, opts).border
  kernel = read_kernel(kernel)
  local kh, kw = table.unpack(kernel.shape)
  local top, left = kh // 2, kw // 2
  x = pixels.to_float(x):to("float32")
  x = extend(x, top, kh - 1 - top, left, kw - 1 - left, border)
  -- channels become a batch of grey images
  local y = x:permute(3, 1, 2):unsqueeze(-1):conv2d(
    kernel:reshape(kh, kw, 1, 1))
  return pixels.like(y:squeeze(-1):permute(2, 3, 1):contiguous(), img)
end

-- Kernels --------------------------------------------------------------------

--- image.gaussian(size, sigma)
-- The kernel of a Gaussian blur, (size, size): exp(-(u^2 + v^2) / (2
-- sigma^2)) at the distances u, v from the centre, divided by the sum.
--   sigma  in pixels, 0.3 ((size - 1) / 2 - 1) + 0.8 unless given
-- See also: image.filter, image.kernels.
--   > image.gaussian(3, 1)
--   float32 (3, 3)
--     0.0751  0.1238  0.0751
--     0.1238  0.2042  0.1238
--     0.0751  0.1238  0.0751
function filters.gaussian(size, sigma)
  size = pixels.size("image.gaussian", "size", size)
  sigma = sigma or 0.3 * ((size - 1) / 2 - 1) + 0.8
  sigma = options.verify("image.gaussian", "sigma", options.positive_number,
                         sigma)
  local u = tensor.arange(size):to("float64") - (size + 1) / 2
  local row = (u / sigma):square():mul(-0.5):exp()
  local kernel = row:unsqueeze(2) * row:unsqueeze(1)
  return (kernel / kernel:sum()):to("float32")
end

--- image.kernels
-- Kernels for image.filter, float32 tensors:
--   blur      3 x 3, the mean of a pixel and its neighbours
--   gaussian  5 x 5, sigma 1: a softer blur; image.gaussian makes others
--   sharpen   3 x 3, strengthens what differs from the neighbours
--   sobel_x   3 x 3, how fast it grows brighter to the right (times 8);
--             sobel_y: downwards. Sobel and Feldman, 1968
--   laplace   3 x 3, the sum of the second derivatives: edges
--   emboss    3 x 3, as if lit from the lower right
--   > image.kernels.sobel_x
--   float32 (3, 3)
--     -1   0   1
--     -2   0   2
--     -1   0   1
filters.kernels = {
  blur = tensor.full({3, 3}, 1 / 9),
  gaussian = filters.gaussian(5, 1),
  sharpen = tensor({{0, -1, 0}, {-1, 5, -1}, {0, -1, 0}}),
  sobel_x = tensor({{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}}),
  sobel_y = tensor({{-1, -2, -1}, {0, 0, 0}, {1, 2, 1}}),
  laplace = tensor({{0, 1, 0}, {1, -4, 1}, {0, 1, 0}}),
  emboss = tensor({{-2, -1, 0}, {-1, 1, 1}, {0, 1, 2}}),
}

return filters
