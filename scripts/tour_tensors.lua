-- A tour of tensors: what they are, how to look into them and how to compute
-- with them, from scalars to stacks of images. Each step prints what it did.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "A lesson in tensors, printed step by step.", {
  {"dataset", "digits", "images to look at", "digits|mnist|fashion"},
  {"size", 200, "side of the matrices in the race of loops"},
})

tensor.manual_seed(o.seed)

local function chapter(title)
  print("\n== " .. title .. " " .. ("="):rep(72 - #title))
end

-- Prints a line of code beside what it gives.
local function show(code, value)
  local text = tostring(value)
  if text:find("\n") then
    print("> " .. code)
    print(text)
  else
    print(string.format("> %-46s %s", code, text))
  end
end

local function describe(name, x)
  show(name .. ".ndim", x.ndim)
  show(name .. ".shape", x.shape)
  show(name .. ".dtype", x.dtype)
end

chapter("Numbers of dimensions")
print("A scalar has no dimension:")
local x = tensor(12)
show("x = tensor(12)", x)
describe("x", x)
print("A vector has one:")
x = tensor({12, 3, 6, 14, 7})
show("x = tensor({12, 3, 6, 14, 7})", x)
show("x.ndim", x.ndim)
print("A matrix has two, rows and columns:")
local matrix = {{5, 78, 2, 34, 0}, {6, 79, 3, 35, 1}, {7, 80, 4, 36, 2}}
x = tensor(matrix)
show("x = tensor({{5, 78, 2, 34, 0}, ...})", x)
describe("x", x)
print("Matrices in a list make a cube, and so on:")
x = tensor({matrix, matrix, matrix})
describe("x", x)
x = tensor.zeros(2, 3, 4, 5)
show("tensor.zeros(2, 3, 4, 5).ndim", x.ndim)
print("A video is a tensor of five dimensions: samples, frames, height, "
        .. "width, colours:")
x = tensor.zeros({4, 24, 36, 64, 3}, "uint8")
describe("video", x)
show("video:numel()", x:numel())

chapter("A stack of images")
local sets = {digits = data.digits, mnist = data.mnist,
              fashion = data.fashion_mnist}
local set = sets[o.dataset]()
local images, labels = set.train.x, set.train.y
describe("images", images)
show("images[5].shape", images[5].shape)
print("The fifth image, " .. set.classes[labels[5]] .. ":")
local shades = {" ", ".", ":", "+", "*", "#", "@"}
for r = 1, images.shape[2] do
  local line = {}
  for c, value in ipairs(images[{5, r}]:totable()) do
    local shade = shades[1 + value * #shades // 256]
    line[c] = shade .. shade
  end
  print((table.concat(line):gsub("%s+$", "")))
end

chapter("Slices")
print("A range holds both of its ends; positions count from 1, and negative\n"
        .. "ones from the end.")
show('images["10:100"].shape', images["10:100"].shape)
show('images["10:100, :, :"].shape', images["10:100, :, :"].shape)
show('images["10:100, 1:28, 1:28"].shape',
     images["10:100, 1:28, 1:28"].shape)
show("images[{{10, 100}}].shape", images[{{10, 100}}].shape)
print("The lower right corner, 14 x 14, of each:")
show('images["..., 15:, 15:"].shape', images["..., 15:, 15:"].shape)
print("The centre, 14 x 14, of each:")
show('images["..., 8:-8, 8:-8"].shape', images["..., 8:-8, 8:-8"].shape)
print("A slice is a view: writing into it writes into the images.")
local corner = images[{1, {1, 2}, {1, 2}}]
local kept = corner:clone()
corner:fill_(255)
show("images[{1, 1, 1}] after corner:fill_(255)", images[{1, 1, 1}])
corner:copy_(kept)

chapter("Batches")
local function batch(n, size)
  return images[{{(n - 1) * size + 1, n * size}}]
end
show('images["1:128"].shape', images["1:128"].shape)
show('images["129:256"].shape', images["129:256"].shape)
show("batch(3, 128).shape", batch(3, 128).shape)
local loader = data.loader(images, labels, {batch_size=128})
show("#data.loader(images, labels, {batch_size=128})", #loader)

chapter("Element by element")
local a, b = tensor({{-1, 2}, {3, -4}}), tensor({{10, 20}, {30, 40}})
show("a", a)
show("b", b)
show("a + b", a + b)
show("a * b", a * b)
show("tensor.maximum(a, 0)", tensor.maximum(a, 0))
show("a:relu()", a:relu())
show("(a:exp() + 1):log()", (a:exp() + 1):log())

chapter("Broadcasting")
print("The smaller tensor is repeated, without copies, to fit the larger.")
local big, row = tensor.rand(32, 10), tensor.rand(10)
show("big.shape", big.shape)
show("row.shape", row.shape)
show("(big + row).shape", (big + row).shape)
show("row was added to each: (big + row)[7] == ...",
     (big + row)[7] == big[7] + row)
local four, two = tensor.rand(64, 3, 32, 10), tensor.rand(32, 10)
show("tensor.maximum(four, two).shape", tensor.maximum(four, two).shape)
print("Shapes that do not fit are refused:")
local _, message = pcall(function() return big + tensor.rand(7) end)
show("big + tensor.rand(7)", message)

chapter("Dot products in every rank")
local u, v = tensor({1, 2, 3}), tensor({4, 5, 6})
show("tensor.dot(u, v)", tensor.dot(u, v))
local m = tensor({{1, 2, 3}, {4, 5, 6}})
show("tensor.dot(m, v)", tensor.dot(m, v))
show("tensor.dot(m, m.T)", tensor.dot(m, m.T))
print("It is not symmetric: (2, 3).(3, 2) is (2, 2), but")
show("tensor.dot(m.T, m).shape", tensor.dot(m.T, m).shape)
local high = tensor.rand(2, 3, 4, 5)
show("(2, 3, 4, 5).(5)", tensor.dot(high, tensor.rand(5)).shape)
show("(2, 3, 4, 5).(5, 6)", tensor.dot(high, tensor.rand(5, 6)).shape)
print("A dense layer is output = relu(dot(input, W) + b):")
local input, w = tensor.rand(128, 784), tensor.randn(784, 512)
local output = tensor.maximum(tensor.dot(input, w) + tensor.zeros(512), 0)
show("output.shape", output.shape)

chapter("Other shapes of the same elements")
x = tensor({{0, 1}, {2, 3}, {4, 5}})
show("x.shape", x.shape)
show("x:reshape(6, 1)", x:reshape(6, 1))
show("x:reshape(2, 3)", x:reshape(2, 3))
show("images:reshape(-1, 28 * 28).shape", images:reshape(-1, 28 * 28).shape)
show("tensor.zeros(300, 20):transpose().shape",
     tensor.zeros(300, 20):transpose().shape)
show("x.T", x.T)

chapter("Geometry: a rotation is a matrix product")
local theta = math.pi / 2
local rotation = tensor({{math.cos(theta), -math.sin(theta)},
                         {math.sin(theta), math.cos(theta)}})
local points = tensor({{1, 0}, {0, 1}, {2, 1}})
show("points, one a row", points)
show("turned by 90 degrees: points:dot(rotation.T)",
     points:dot(rotation.T):round())

chapter("Why not write the loops oneself?")

local function naive_relu(t)
  t = t:clone()
  for i = 1, t.shape[1] do
    for j = 1, t.shape[2] do t[{i, j}] = math.max(t[{i, j}], 0) end
  end
  return t
end

local function naive_add(p, q)
  local sum = p:clone()
  for i = 1, p.shape[1] do
    for j = 1, p.shape[2] do sum[{i, j}] = p[{i, j}] + q[{i, j}] end
  end
  return sum
end

local function naive_add_matrix_and_vector(p, q)
  local sum = p:clone()
  for i = 1, p.shape[1] do
    for j = 1, p.shape[2] do sum[{i, j}] = p[{i, j}] + q[j] end
  end
  return sum
end

local function naive_vector_dot(p, q)
  local sum = 0
  for i = 1, p.shape[1] do sum = sum + p[i] * q[i] end
  return sum
end

local function naive_matrix_vector_dot(p, q)
  local out = tensor.zeros(p.shape[1])
  for i = 1, p.shape[1] do out[i] = naive_vector_dot(p[i], q) end
  return out
end

local function naive_matrix_dot(p, q)
  local out = tensor.zeros(p.shape[1], q.shape[2])
  for j = 1, q.shape[2] do
    out[{{}, j}] = naive_matrix_vector_dot(p, q[{{}, j}])
  end
  return out
end

-- Processor seconds of one call; the real operations are so quick that they
-- are called many times.
local function seconds(f, times)
  local start = os.clock()
  for _ = 1, times do f() end
  return (os.clock() - start) / times
end

local function race(name, naive, real, p, q)
  local expected, got = naive(p, q), real(p, q)
  if type(expected) == "number" then expected = tensor(expected) end
  local same = tensor.allclose(got, expected, 1e-3, 1e-3)
  local slow = seconds(function() naive(p, q) end, 1)
  local fast = seconds(function() real(p, q) end, 20)
  print(string.format("%-22s loops %9.6f s   tensor %9.6f s   %s", name,
                      slow, fast, same and "same result" or "DIFFERENT"))
end

local n = o.size
local p, q = tensor.randn(n, n), tensor.randn(n, n)
local small = math.max(1, n // 4)
race("relu", naive_relu, function(t) return t:relu() end, p)
race("add", naive_add, tensor.add, p, q)
race("add a vector", naive_add_matrix_and_vector, tensor.add, p, q[1])
race("dot of vectors", naive_vector_dot, tensor.dot, p[1], q[1])
race("dot matrix, vector", naive_matrix_vector_dot, tensor.dot, p, q[1])
race(string.format("dot of %d x %d", small, small), naive_matrix_dot,
     tensor.dot, p[{{1, small}, {1, small}}], q[{{1, small}, {1, small}}])
