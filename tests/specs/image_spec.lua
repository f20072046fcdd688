-- image: PNG files, grids, geometry, filters, pictures in the terminal.

local check = require("check")
local test = check.test

local function with_file(f)
  local path = os.tmpname()
  os.remove(path)
  path = path .. ".png"
  local ok, message = pcall(f, path)
  os.remove(path)
  if not ok then error(message, 0) end
end

test("save and load: grey, RGB, RGBA, as they were", function()
  for channels = 1, 4 do
    with_file(function(path)
      local img = tensor.randint(0, 255, {5, 7, channels}):to("uint8")
      image.save(path, img)
      check.truthy(image.load(path) == img)
    end)
  end
end)

test("save: (height, width), floats clipped to 0..1", function()
  with_file(function(path)
    image.save(path, tensor({{0, 0.5, 1}, {-3, 7, 0.25}}))
    local back = image.load(path)
    check.equal(tostring(back.shape), "(2, 3, 1)")
    check.equal(back:squeeze(-1) == tensor({{0, 128, 255}, {0, 255, 64}},
                                           "uint8"), true)
  end)
end)

test("load and save: what is refused", function()
  check.error_matches(function() image.load("/no/such/file.png") end,
                      "/no/such/file.png")
  check.error_matches(function() image.load("picture.jpg") end, "PNG")
  check.error_matches(function() image.load() end, "path must be a string")
  check.error_matches(function() image.save("a.png", 5) end,
                      "must be a tensor")
  with_file(function(path)
    check.error_matches(function()
      image.save(path, tensor.zeros(2, 2, 2, 2))
    end, "2")
  end)
end)

test("grid: places, padding, background", function()
  local images = tensor.arange(12):reshape(3, 2, 2)
  local grid = image.grid(images, {columns=2, padding=1, background=-1})
  check.equal(grid == tensor({
    {-1, -1, -1, -1, -1, -1, -1},
    {-1, 1, 2, -1, 5, 6, -1},
    {-1, 3, 4, -1, 7, 8, -1},
    {-1, -1, -1, -1, -1, -1, -1},
    {-1, 9, 10, -1, -1, -1, -1},
    {-1, 11, 12, -1, -1, -1, -1},
    {-1, -1, -1, -1, -1, -1, -1},
  }, grid.dtype), true)
end)

test("grid: scale, default columns, channels, lists", function()
  local one = tensor({{{1, 2}, {3, 4}}})
  check.equal(image.grid(one, {padding=0, scale=2}) == tensor({
    {1, 1, 2, 2}, {1, 1, 2, 2}, {3, 3, 4, 4}, {3, 3, 4, 4},
  }), true)
  check.equal(tostring(image.grid(tensor.zeros(5, 4, 4)).shape), "(14, 20)")
  check.equal(tostring(image.grid(tensor.zeros(5, 4, 4, 3)).shape),
              "(14, 20, 3)")
  local list = {tensor.zeros(4, 4), tensor.ones(4, 4)}
  check.equal(image.grid(list):sum():item(), 16.0)
  check.equal(image.grid(tensor.zeros({2, 3, 3}, "uint8")).dtype, "uint8")
end)

test("grid: what is refused", function()
  check.error_matches(function() image.grid({}) end, "images must be")
  check.error_matches(function()
    image.grid({tensor.zeros(2, 2), tensor.zeros(3, 2)})
  end, "image 2 has shape %(3, 2%)")
  check.error_matches(function() image.grid(tensor.zeros(4)) end, "shape")
  check.error_matches(function() image.grid(tensor.zeros(0, 2, 2)) end,
                      "shape")
  check.error_matches(function()
    image.grid(tensor.zeros(1, 2, 2), {colums=3})
  end, "columns")
end)

-- Conversion -----------------------------------------------------------------

test("to_float, to_uint8: both ways, clipping, dtypes", function()
  local bytes = tensor({{0, 128, 255}}, "uint8")
  check.near(image.to_float(bytes), {{0, 128 / 255, 1}})
  check.truthy(image.to_uint8(image.to_float(bytes)) == bytes)
  check.equal(image.to_float(tensor.zeros({2, 2}, "float64")).dtype, "float64")
  check.near(image.to_float(tensor({{true, false}})), {{1, 0}})
  check.equal(image.to_uint8(tensor({{-1, 0.5, 0 / 0, 9}})):totable(),
              {{0, 128, 0, 255}})
  check.equal(image.to_uint8(tensor({{-1, 300}}, "int64")):totable(),
              {{0, 255}})
  check.equal(image.to_uint8(tensor({{true, false}})):totable(), {{255, 0}})
end)

test("to_gray: weights, rounding, alpha, what is grey already", function()
  local rgb = tensor({{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}}}, "uint8")
  check.equal(image.to_gray(rgb):totable(), {{76, 150, 29}})
  check.near(image.to_gray(tensor({{{1, 0.5, 0, 0.1}}})), {{0.5925}})
  local grey = tensor.rand(2, 3)
  check.truthy(image.to_gray(grey) == grey)
  check.truthy(image.to_gray(tensor.stack({grey, grey * 0}, 3)) == grey)
  check.error_matches(function() image.to_gray(tensor.zeros(2, 2, 5)) end,
                      "image.to_gray: an image of shape %(2, 2, 5%)")
end)

-- Geometry -------------------------------------------------------------------

-- PyTorch 1.13: torch.nn.functional.interpolate(x, size, mode=mode,
-- align_corners=False, antialias=True) of this image.
local small = tensor({{0, 1, 4, 9, 16}, {2, 3, 5, 7, 11}})

test("resize: PyTorch's numbers", function()
  check.near(image.resize(small, 2, 2),
             {{1.727273, 9.727273}, {3.318182, 7.636364}})
  check.near(image.resize(small, 3, 7), {
    {0.0, 0.571429, 1.857143, 4.0, 7.571429, 12.0, 16.0},
    {1.0, 1.571429, 2.714286, 4.5, 7.0, 10.357143, 13.5},
    {2.0, 2.571429, 3.571429, 5.0, 6.428571, 8.714286, 11.0},
  })
  check.near(image.resize(small, 2, 2, {mode="bicubic"}),
             {{1.135135, 10.280911}, {2.998085, 7.949351}})
  check.near(image.resize(small, 3, 7, {mode="bicubic"})[2], {
    0.941748, 1.393352, 2.575802, 4.5, 6.825073, 10.655125, 13.820388,
  })
end)

test("resize: flat stays flat, the same size changes nothing", function()
  for _, mode in ipairs{"bilinear", "bicubic", "nearest"} do
    local flat = image.resize(tensor.full({5, 9, 3}, 0.3), 7, 4, {mode=mode})
    check.same_shape(flat, {7, 4, 3})
    check.near(flat, tensor.full({7, 4, 3}, 0.3))
    local x = tensor.rand(4, 5, 2)
    check.truthy(image.resize(x, 4, 5, {mode=mode}) == x)
  end
end)

test("resize: channels by themselves, views, dtypes", function()
  local x = tensor.rand(6, 8, 3)
  local y = image.resize(x, 9, 5)
  for c = 1, 3 do
    check.near(y:select(3, c), image.resize(x:select(3, c), 9, 5))
  end
  check.near(image.resize(x:transpose(1, 2), 5, 9), y:transpose(1, 2))
  local bytes = image.resize(tensor({{0, 255}}, "uint8"), 1, 4,
                             {mode="bicubic"})
  check.equal(bytes.dtype, "uint8")
  check.equal(bytes:totable(), {{0, 53, 202, 255}})
  check.equal(image.resize(small:to("float64"), 2, 2).dtype, "float64")
  check.equal(image.resize(tensor({{1, 9}}, "int64"), 1, 4):totable(),
              {{1, 3, 7, 9}})
end)

test("resize: NaN stays near its place", function()
  local x = tensor.zeros(1, 8)
  x[{1, 2}] = 0 / 0
  check.equal(image.resize(x, 1, 16):isnan():sum():item(), 4)
end)

test("resize: gradients flow", function()
  local x = tensor.rand(3, 4):requires_grad_()
  image.resize(x, 7, 2):sum():backward()
  check.near(x.grad:sum(), 14, 1e-4)
end)

test("crop: places, a view, what is beyond", function()
  local x = tensor.arange(12):reshape(3, 4)
  check.equal(image.crop(x, 2, 3, 2, 2):totable(), {{7, 8}, {11, 12}})
  image.crop(x, 1, 1, 1, 1):fill_(99)
  check.equal(x[{1, 1}], 99)
  check.same_shape(image.crop(tensor.zeros(5, 5, 3), 1, 5, 5, 1), {5, 1, 3})
  check.error_matches(function() image.crop(x, 0, 1, 1, 1) end,
                      "image.crop: top must be a positive integer, got 0")
  check.error_matches(function() image.crop(x, 3, 1, 2, 1) end,
                      "rows 3 to 4 of an image of shape %(3, 4%): there are 3")
end)

test("flip: both directions, twice is nothing", function()
  local x = tensor.rand(3, 4, 2)
  check.truthy(image.flip(image.flip(x, "vertical"), "vertical") == x)
  check.equal(image.flip(tensor({{1, 2}, {3, 4}}), "vertical"):totable(),
              {{3, 4}, {1, 2}})
  check.error_matches(function() image.flip(x, "up") end,
                      "direction must be \"horizontal\" or \"vertical\"")
end)

test("rotate: quarter turns are exact", function()
  local x = tensor({{1, 2, 3}, {4, 5, 6}}, "uint8")
  local function turned(degrees, opts)
    return image.rotate(x, degrees, opts):totable()
  end
  check.equal(turned(0), x:totable())
  check.equal(turned(180), {{6, 5, 4}, {3, 2, 1}})
  check.equal(turned(90, {expand=true}), {{3, 6}, {2, 5}, {1, 4}})
  check.equal(turned(-90, {expand=true}), {{4, 1}, {5, 2}, {6, 3}})
  check.equal(turned(450, {expand=true}), {{3, 6}, {2, 5}, {1, 4}})
  -- the size kept: 3 x 5 loses the outermost columns
  local wide = tensor.arange(15):reshape(3, 5):float()
  check.equal(image.rotate(wide, 90, {fill=-1}):totable(), {
    {-1, 4, 9, 14, -1}, {-1, 3, 8, 13, -1}, {-1, 2, 7, 12, -1},
  })
end)

test("rotate: other angles", function()
  local x = tensor.rand(20, 20)
  local back = image.rotate(image.rotate(x, 30), -30)
  check.truthy((back - x):narrow(1, 8, 5):narrow(2, 8, 5):abs():mean():item()
               < 0.25)
  local flat = image.rotate(tensor.ones(9, 9, 3), 45, {fill=1})
  check.near(flat, tensor.ones(9, 9, 3))
  local corner = image.rotate(tensor.ones(9, 9), 45, {fill=5})
  check.near(corner[{1, 1}], 5)
  check.near(corner[{5, 5}], 1)
  check.same_shape(image.rotate(x, 45, {expand=true}), {29, 29})
  check.error_matches(function() image.rotate(x, 1 / 0) end, "finite")
  check.error_matches(function() image.rotate(x, 10, {fil=1}) end, "fill")
end)

-- Filters --------------------------------------------------------------------

-- One pixel of the correlation by the definition; outside gives the value
-- beyond the edges.
local function naive(x, kernel, i, j, outside)
  local kh, kw = #kernel, #kernel[1]
  local sum = 0
  for u = 1, kh do
    for v = 1, kw do
      local a, b = i + u - 1 - kh // 2, j + v - 1 - kw // 2
      sum = sum + kernel[u][v] * outside(x, a, b)
    end
  end
  return sum
end

local function clamped(k, n) return math.max(1, math.min(n, k)) end

local function mirrored(k, n)
  if n == 1 then return 1 end
  while k < 1 or k > n do
    k = k < 1 and 2 - k or 2 * n - k
  end
  return k
end

local BORDERS = {
  constant = function(x, i, j) return x[i] and x[i][j] or 0 end,
  replicate = function(x, i, j)
    return x[clamped(i, #x)][clamped(j, #x[1])]
  end,
  reflect = function(x, i, j)
    return x[mirrored(i, #x)][mirrored(j, #x[1])]
  end,
}

test("filter: the definition, all borders, even and large kernels", function()
  for border, outside in pairs(BORDERS) do
    for _, size in ipairs{{1, 1}, {3, 3}, {2, 4}, {5, 1}, {1, 9}, {9, 9}} do
      for _, shape in ipairs{{4, 5}, {1, 3}, {2, 1}} do
        local x = tensor.rand(shape)
        local kernel = tensor.randn(size)
        local y = image.filter(x, kernel, {border=border})
        local xs, ks, ys = x:totable(), kernel:totable(), y:totable()
        for i = 1, shape[1] do
          for j = 1, shape[2] do
            check.near(ys[i][j], naive(xs, ks, i, j, outside), 1e-4)
          end
        end
      end
    end
  end
end)

test("filter: channels by themselves, float32, bytes become 0..1", function()
  local x = tensor.randint(0, 255, {5, 6, 3}):to("uint8")
  local y = image.filter(x, image.kernels.blur)
  check.equal(y.dtype, "float32")
  check.same_shape(y, {5, 6, 3})
  for c = 1, 3 do
    local one = image.filter(image.to_float(x):select(3, c),
                             image.kernels.blur)
    check.near(one, y:select(3, c))
  end
  check.near(image.filter(x, {{1}}), image.to_float(x))
end)

test("filter: what is refused", function()
  local x = tensor.zeros(3, 3)
  check.error_matches(function() image.filter(x, tensor.zeros(3)) end,
                      "image.filter: a kernel of shape %(3%)")
  check.error_matches(function() image.filter(x, 3) end, "must be a tensor")
  check.error_matches(function() image.filter(tensor.zeros(0, 3), {{1}}) end,
                      "an image of shape %(0, 3%)")
  check.error_matches(function()
    image.filter(x, {{1}}, {border="wrap"})
  end, "border must be")
end)

test("kernels: sums, edges", function()
  local sums = {blur=1, gaussian=1, sharpen=1, sobel_x=0, sobel_y=0, laplace=0,
                emboss=1}
  for name, kernel in pairs(image.kernels) do
    check.near(kernel:sum(), sums[name])
    sums[name] = nil
  end
  check.equal(next(sums), nil)
  check.truthy(image.kernels.sobel_y == image.kernels.sobel_x.T:clone())
  check.near(image.gaussian(5, 1), image.kernels.gaussian)
  check.near(image.gaussian(4, 2):sum(), 1)
  check.error_matches(function() image.gaussian(3, 0) end,
                      "sigma must be a positive number")
end)

-- In the terminal ------------------------------------------------------------

-- What f writes.
local function written(f)
  local path = os.tmpname()
  local file = assert(io.open(path, "w+"))
  local before = io.output()
  io.output(file)
  local ok, message = pcall(f)
  io.output(before)
  file:seek("set")
  local text = file:read("a")
  file:close()
  os.remove(path)
  if not ok then error(message, 0) end
  return text
end

test("show: two pixels to a character", function()
  local x = tensor({{0, 1}, {1, 1}})
  check.equal(written(function() image.show(x, {mode="ascii"}) end), "=@\n")
  check.equal(written(function() image.show(x, {mode="24bit"}) end),
    "\27[38;2;0;0;0m\27[48;2;255;255;255m▀ \27[0m\n")
  check.equal(written(function() image.show(x, {mode="256"}) end),
    "\27[38;5;16m\27[48;5;231m▀ \27[0m\n")
end)

test("show: odd heights and transparent pixels", function()
  local clear = tensor({{{0, 0, 0, 0}, {255, 0, 0, 255}}}, "uint8")
  check.equal(written(function() image.show(clear, {mode="24bit"}) end),
    "\27[49m \27[38;2;255;0;0m▀\27[0m\n")
  check.equal(written(function()
    image.show(tensor.ones(3, 2, 1), {mode="ascii"})
  end), "@@\n==\n")
end)

test("show: fits the columns", function()
  local text = written(function()
    image.show(tensor.ones(40, 100, 3), {columns=20, mode="ascii"})
  end)
  check.equal(text, (("@"):rep(20) .. "\n"):rep(4))
  check.truthy(#written(function() image.show(tensor.ones(2, 500)) end) < 300)
  check.error_matches(function() image.show(tensor.zeros(2, 2, 5)) end,
                      "1 to 4 channels")
end)
