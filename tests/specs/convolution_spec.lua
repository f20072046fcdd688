-- convolution: sequences, volumes, transposed; pooling in one and three dims.

local check = require("check")
local test, equal = check.test, check.equal
local refuses = check.refuses

local FIRST = "channels_first"

local function sequence(list) return tensor(list):reshape(1, #list, 1) end
local function flat(x) return x:flatten():totable() end

-- conv1d ---------------------------------------------------------------------

test("conv1d: values", function()
  local x, k = sequence {1, 2, 3, 4, 5}, tensor({1, 0, -2}):reshape(3, 1, 1)
  equal(flat(x:conv1d(k)), {-5, -6, -7})
  equal(flat(x:conv1d(k, 1, "same")), {-4, -5, -6, -7, 4})
  equal(flat(x:conv1d(k, 1, "causal")), {-2, -4, -5, -6, -7})
  equal(flat(x:conv1d(k, 2)), {-5, -7})
  equal(flat(x:conv1d(k, 1, {0, 1})), {-5, -6, -7, 4})
  equal(flat(x:conv1d(k, 1, "valid", 2)), {-9})
  equal(flat(x:conv1d(k, {padding="causal", dilation=2})),
        {-2, -4, -6, -8, -9})
end)

test("conv1d: causal outputs do not see what comes later", function()
  local x, k = tensor.randn(1, 8, 3), tensor.randn(3, 3, 2)
  local y = x:conv1d(k, {padding="causal", dilation=2})
  check.same_shape(y, {1, 8, 2})
  x["1, 6:8"] = 100
  local after = x:conv1d(k, {padding="causal", dilation=2})
  check.near(after["1, 1:5"], y["1, 1:5"])
  check.truthy(not tensor.allclose(after["1, 6"], y["1, 6"]))
end)

test("conv1d: shapes", function()
  local k = tensor.ones(3, 2, 4)
  check.same_shape(tensor.ones(5, 10, 2):conv1d(k), {5, 8, 4})
  check.same_shape(tensor.ones(5, 2, 10):conv1d(k, {data_format=FIRST}),
                   {5, 4, 8})
  check.same_shape(tensor.ones(0, 10, 2):conv1d(k), {0, 8, 4})
  check.same_shape(tensor.ones(5, 0, 2):conv1d(k, 1, "same"), {5, 0, 4})
  check.same_shape(tensor.ones(5, 0, 2):conv1d(k, 1, "causal"), {5, 0, 4})
  check.same_shape(tensor.ones(5, 4, 2):conv1d(k, math.maxinteger, 7),
                   {5, 1, 4})
end)

test("conv1d: the layers' formats agree, and any strides will do", function()
  local x, k = tensor.randn(4, 6, 9), tensor.randn(3, 6, 2)
  local y = x:conv1d(k, 2, "same", 1, 1, FIRST)
  check.near(x:transpose(2, 3):conv1d(k, 2, "same"), y:transpose(2, 3))
end)

test("conv1d: whole numbers become floats", function()
  local y = tensor.ones({1, 4, 1}, "int64"):conv1d(tensor.ones(2, 1, 1))
  equal(y.dtype, "float32")
  y = tensor.ones({1, 4, 1}, "float64"):conv1d(tensor.ones(2, 1, 1))
  equal(y.dtype, "float64")
end)

test("conv1d: NaN stays where it is seen", function()
  local x = sequence {1, 0 / 0, 3, 4, 5}
  equal(flat(x:conv1d(tensor.ones(2, 1, 1)):isnan()),
        {true, true, false, false})
end)

test("conv1d: what is refused", function()
  local x, k = tensor.ones(1, 5, 2), tensor.ones(3, 2, 4)
  refuses("conv1d: sequences have 3 dims %(batch, length, channels%), got "
          .. "shape %(5, 2%)", function() x[1]:conv1d(k) end)
  refuses("conv1d: a kernel has 3 dims %(length, channels in, channels out%)",
          function() x:conv1d(k[1]) end)
  refuses("conv1d: the sequence has 2 channels, the kernel expects 3",
          function() x:conv1d(tensor.ones(3, 3, 4)) end)
  refuses("conv1d: groups = 3 does not divide", function()
    x:conv1d(k, 1, 0, 1, 3)
  end)
  refuses("conv1d: groups = 0", function() x:conv1d(k, 1, 0, 1, 0) end)
  refuses("conv1d: stride must be one size of 1 or more", function()
    x:conv1d(k, {1, 2})
  end)
  refuses("conv1d: dilation must be", function() x:conv1d(k, 1, 0, 0) end)
  refuses("conv1d: padding must be \"valid\", \"same\", or 1 or 2 sizes",
          function() x:conv1d(k, 1, {1, 2, 3}) end)
  refuses("padding", function() x:conv1d(k, 1, -1) end)
  refuses("a window of 7 does not fit into 5 positions %(length", function()
    x:conv1d(k, 1, 0, 3)
  end)
  refuses("kernel and dilation are too large", function()
    x:conv1d(k, 1, "same", math.maxinteger)
  end)
  refuses("the kernel is empty", function() x:conv1d(tensor.ones(0, 2, 4)) end)
end)

test("causal is for conv1d alone", function()
  local text = ": padding \"causal\" is for conv1d alone"
  refuses("conv2d" .. text, function()
    tensor.ones(1, 4, 4, 1):conv2d(tensor.ones(2, 2, 1, 1), 1, "causal")
  end)
  refuses("conv3d" .. text, function()
    tensor.ones(1, 4, 4, 4, 1):conv3d(tensor.ones(2, 2, 2, 1, 1), 1, "causal")
  end)
  refuses("max_pool1d" .. text, function()
    tensor.ones(1, 4, 1):max_pool1d(2, 1, "causal")
  end)
  refuses("conv_transpose1d" .. text, function()
    tensor.ones(1, 4, 1):conv_transpose1d(tensor.ones(2, 1, 1), 1, "causal")
  end)
end)

-- conv3d ---------------------------------------------------------------------

test("conv3d: a sum over the slices of conv2d", function()
  local x, k = tensor.randn(2, 6, 5, 4, 3), tensor.randn(3, 2, 2, 3, 4)
  local y = x:conv3d(k)
  check.same_shape(y, {2, 4, 4, 3, 4})
  for d = 1, 4 do
    local due = x[{{}, d}]:conv2d(k[1]) + x[{{}, d + 1}]:conv2d(k[2])
      + x[{{}, d + 2}]:conv2d(k[3])
    check.near(y[{{}, d}], due, 1e-4)
  end
end)

test("conv3d: depth 1 is conv2d", function()
  local x, k = tensor.randn(2, 1, 5, 4, 3), tensor.randn(1, 3, 3, 3, 4)
  check.near(x:conv3d(k, 2, "same"):select(2, 1),
             x:select(2, 1):conv2d(k[1], 2, "same"))
end)

test("conv3d: shapes", function()
  local x, k = tensor.ones(2, 6, 7, 8, 2), tensor.ones(3, 3, 3, 2, 4)
  check.same_shape(x:conv3d(k, 2, "same"), {2, 3, 4, 4, 4})
  check.same_shape(x:conv3d(k, {1, 2, 3}), {2, 4, 3, 2, 4})
  check.same_shape(x:conv3d(k, 1, {1, 0, 2}), {2, 6, 5, 10, 4})
  check.same_shape(x:conv3d(k, 1, {1, 0, 0, 0, 2, 3}), {2, 5, 5, 11, 4})
  check.same_shape(x:permute(1, 5, 2, 3, 4):conv3d(k, {data_format=FIRST}),
                   {2, 4, 4, 5, 6})
  check.same_shape(tensor.ones(0, 6, 7, 8, 2):conv3d(k), {0, 4, 5, 6, 4})
  equal(x:conv3d(k)[{1, 1, 1, 1, 1}], 54.0)
end)

test("conv3d: what is refused", function()
  local x, k = tensor.ones(1, 3, 3, 3, 2), tensor.ones(2, 2, 2, 2, 4)
  refuses("conv3d: volumes have 5 dims %(batch, depth, height, width, "
          .. "channels%)", function() x[1]:conv3d(k) end)
  refuses("conv3d: the volume has 2 channels", function()
    x:conv3d(tensor.ones(2, 2, 2, 3, 4))
  end)
  refuses("into 3 positions %(depth", function()
    x:conv3d(tensor.ones(4, 2, 2, 2, 4))
  end)
  refuses("into 3 positions %(width", function()
    x:conv3d(tensor.ones(2, 2, 4, 2, 4))
  end)
  refuses("1, 3 or 6 sizes", function() x:conv3d(k, 1, {1, 2}) end)
  refuses("one or three sizes", function() x:conv3d(k, {1, 2}) end)
end)

-- Transposed -------------------------------------------------------------------

test("conv_transpose2d: each pixel lays down the kernel", function()
  local x, k = tensor.zeros(1, 3, 3, 1), tensor.randn(3, 3, 2, 1)
  x[{1, 2, 3, 1}] = 2
  local y = x:conv_transpose2d(k, 2)
  check.same_shape(y, {1, 7, 7, 2})
  check.near(y[{1, {3, 5}, {5, 7}}], k:squeeze(-1) * 2)
  check.near(y:abs():sum(), (k:abs() * 2):sum())
end)

test("conv_transpose2d is conv2d's gradient", function()
  for _, o in ipairs {
    {stride=2, padding="same"}, {stride={2, 3}}, {padding=1},
    {stride=2, padding={1, 0}, dilation=2},
    {stride=1, padding="same", groups=2},
    {stride=2, padding="same", data_format=FIRST},
  } do
    local groups = o.groups or 1
    local x = tensor.randn(o.data_format and {2, 4, 8, 7} or {2, 8, 7, 4})
      :requires_grad_()
    local k = tensor.randn(3, 3, 4 // groups, 6)
    local y = x:conv2d(k, o)
    local g = tensor.randn(y.shape)
    local due = autograd.grad((y * g):sum(), x)
    local back = g:conv_transpose2d(k, o)
    -- What no window reaches is missing at the end.
    local h = o.data_format and 3 or 2
    local sizes = {math.min(back.shape[h], due.shape[h]),
                   math.min(back.shape[h + 1], due.shape[h + 1])}
    local function cut(t)
      return t:narrow(h, 1, sizes[1]):narrow(h + 1, 1, sizes[2])
    end
    if o.padding ~= "same" then check.near(cut(back), cut(due), 1e-4) end
    if back.shape[h] == 8 and back.shape[h + 1] == 7 then
      check.near(back, due, 1e-4)
    end
  end
end)

test("conv_transpose2d: sizes follow Keras's words", function()
  local x, k = tensor.ones(1, 5, 5, 3), tensor.ones(3, 3, 2, 3)
  local function size(o) return x:conv_transpose2d(k, o).shape[2] end
  equal(size {stride=2}, 11)
  equal(size {stride=2, padding="same"}, 10)
  equal(size {stride=5}, 25)
  equal(size {stride=5, padding="same"}, 25)
  equal(size {stride=5, padding=0}, 23)
  equal(size {stride=2, padding=1}, 9)
  equal(size {stride=2, padding=1, output_padding=1}, 10)
  equal(size {stride=2, output_padding=0}, 11)
  equal(size {stride=2, padding="same", output_padding=0}, 9)
  equal(size {stride=2, padding="same", output_padding=1}, 10)
  equal(size {dilation=3}, 11)
  equal(size {padding={1, 2, 0, 0}}, 4)
  check.same_shape(tensor.ones(0, 5, 5, 3):conv_transpose2d(k), {0, 7, 7, 2})
  check.same_shape(tensor.ones(1, 0, 5, 3):conv_transpose2d(k), {1, 0, 7, 2})
end)

test("conv_transpose1d: values", function()
  local x, k = sequence {1, 2, 3}, tensor({1, 10}):reshape(2, 1, 1)
  equal(flat(x:conv_transpose1d(k)), {1, 12, 23, 30})
  equal(flat(x:conv_transpose1d(k, 2)), {1, 10, 2, 20, 3, 30})
  equal(flat(x:conv_transpose1d(k, 3)), {1, 10, 0, 2, 20, 0, 3, 30, 0})
  equal(flat(x:conv_transpose1d(k, 1, {1, 0})), {12, 23, 30})
  equal(flat(x:conv_transpose1d(k, 3, 0)), {1, 10, 0, 2, 20, 0, 3, 30})
end)

test("conv_transpose2d: what is refused", function()
  local x, k = tensor.ones(1, 3, 3, 2), tensor.ones(3, 3, 4, 2)
  refuses("conv_transpose2d: the image has 2 channels, the kernel expects 4 "
          .. "%(kernels are height, width, channels out / groups, channels "
          .. "in%)", function() x:conv_transpose2d(tensor.ones(3, 3, 2, 4)) end)
  refuses("output_padding must be sizes of 0 or more, less", function()
    x:conv_transpose2d(k, {stride=2, output_padding=2})
  end)
  refuses("output_padding must be", function()
    x:conv_transpose2d(k, {output_padding={0, 0, 0}})
  end)
  refuses("the padding leaves nothing of 5 positions", function()
    x:conv_transpose2d(k, {padding=3})
  end)
  refuses("too large", function()
    x:conv_transpose2d(k, {stride=math.maxinteger})
  end)
  refuses("groups = 5 does not divide", function()
    x:conv_transpose2d(k, {groups=5})
  end)
  refuses("a kernel has 4 dims %(height, width, channels out, channels in%)",
          function() x:conv_transpose2d(k[1]) end)
end)

-- Pooling ----------------------------------------------------------------------

test("pooling sequences", function()
  local x = sequence {3, 1, 4, 1, 5, 9, 2}
  equal(flat(x:max_pool1d()), {3, 4, 9})
  equal(flat(x:max_pool1d(3, 2)), {4, 5, 9})
  equal(flat(x:max_pool1d(2, 2, "same")), {3, 4, 9, 2})
  equal(flat(x:avg_pool1d(2)), {2, 2.5, 7})
  equal(flat(x:avg_pool1d(2, 2, "same")), {2, 2.5, 7, 2})
  check.same_shape(tensor.ones(2, 3, 8):max_pool1d(2, 2, 0, FIRST), {2, 3, 4})
end)

test("pooling volumes", function()
  local x = tensor.arange(64):reshape(1, 4, 4, 4, 1):float()
  equal(flat(x:max_pool3d()), {22, 24, 30, 32, 54, 56, 62, 64})
  equal(flat(x:avg_pool3d(4)), {32.5})
  check.same_shape(x:max_pool3d({1, 2, 4}), {1, 4, 2, 1, 1})
  check.same_shape(x:max_pool3d(3, 2, "same"), {1, 2, 2, 2, 1})
  local y = tensor.randn(2, 3, 4, 5, 6)
  check.near(y:avg_pool3d(2, 1, "same", FIRST):permute(1, 3, 4, 5, 2),
             y:permute(1, 3, 4, 5, 2):avg_pool3d(2, 1, "same"))
end)

test("pooling: of equals the first gets the gradient", function()
  local x = tensor.ones(1, 2, 2, 2, 1):requires_grad_()
  x:max_pool3d():backward()
  equal(flat(x.grad), {1, 0, 0, 0, 0, 0, 0, 0})
end)

test("pooling: NaN wins, minus infinity may win", function()
  local x = sequence {1, 0 / 0, -1 / 0, -1 / 0}
  check.near(flat(x:max_pool1d()), {0 / 0, -1 / 0})
end)

test("pooling: a window far larger than the input does not take long",
     function()
  local x = sequence {1, 2, 3}
  equal(flat(x:max_pool1d(2 ^ 40 // 1 | 0, 1, "same")), {3, 3, 3})
  equal(flat(x:avg_pool1d(2 ^ 40 // 1 | 0, 1, "same")), {2, 2, 2})
end)

test("pooling: what is refused", function()
  local x = tensor.ones(1, 4, 2)
  refuses("max_pool1d: sequences have 3 dims", function() x[1]:max_pool1d() end)
  refuses("max_pool1d: padding must be smaller than the pool", function()
    x:max_pool1d(2, 1, {0, 2})
  end)
  refuses("avg_pool1d: a window of 5 does not fit into 4", function()
    x:avg_pool1d(5)
  end)
  refuses("pool_size must be one size", function() x:avg_pool1d({2, 2}) end)
  refuses("strides must be one or three", function()
    tensor.ones(1, 4, 4, 4, 1):max_pool3d(2, {1, 2})
  end)
  refuses("max_pool3d: volumes have 5 dims", function() x:max_pool3d() end)
end)
