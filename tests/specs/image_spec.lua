-- image: PNG files and grids.

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
