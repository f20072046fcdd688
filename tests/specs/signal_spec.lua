-- signal: correlate, convolve, interpolate.

local check = require("check")
local test, equal = check.test, check.equal
local refuses = check.refuses

local function sequence(list, dtype)
  return tensor(list, dtype):reshape(1, #list, 1)
end
local function flat(x) return x:flatten():totable() end

-- correlate and convolve -------------------------------------------------------

test("correlate and convolve: NumPy's values", function()
  local a, b = tensor({1, 2, 3, 4}), tensor({0, 1, 0.5})
  equal(a:correlate(b):totable(), {3.5, 5})
  equal(a:correlate(b, "same"):totable(), {2, 3.5, 5, 4})
  equal(a:correlate(b, "full"):totable(), {0.5, 2, 3.5, 5, 4, 0})
  equal(a:convolve(b):totable(), {0, 1, 2.5, 4, 5.5, 2})
  equal(a:convolve(b, "same"):totable(), {1, 2.5, 4, 5.5})
  equal(a:convolve(b, "valid"):totable(), {2.5, 4})
  -- An even kernel: the middle is NumPy's too.
  equal(a:convolve(tensor({1, 10}), "same"):totable(), {1, 12, 23, 34})
  equal(a:correlate(tensor({1, 10}), "same"):totable(), {10, 21, 32, 43})
end)

test("correlate: the smaller one slides, whichever comes first", function()
  local a, b = tensor({1, 2, 3, 4}), tensor({0, 1, 0.5})
  equal(b:correlate(a):totable(), {5, 3.5})
  equal(b:convolve(a):totable(), a:convolve(b):totable())
  equal(b:correlate(a, "full"):totable(), {0, 4, 5, 3.5, 2, 0.5})
  equal(b:convolve(a, "same"):totable(), {1, 2.5, 4})
end)

test("convolve: a picture", function()
  local x = tensor.randn(9, 7)
  local blur = tensor.ones(3, 3)
  local y = x:convolve(blur, "same")
  check.same_shape(y, {9, 7})
  check.near(y[{5, 4}], x["4:6, 3:5"]:sum():item())
  check.near(y[{1, 1}], x["1:2, 1:2"]:sum():item())
  local edge = tensor({{1, 0, -1}})
  check.near(x:convolve(edge, "valid"), x["1:9, 3:7"] - x["1:9, 1:5"])
end)

test("convolve: commutes, also in three dims and mixed sizes", function()
  for _, shapes in ipairs {{{5}, {3}}, {{2, 5}, {3, 2}},
                           {{4, 3, 5}, {2, 3, 2}}} do
    local a, b = tensor.randn(shapes[1], "float64"),
      tensor.randn(shapes[2], "float64")
    check.near(a:convolve(b), b:convolve(a))
  end
end)

test("convolve: whole numbers are exact", function()
  local large = tensor({2 ^ 53 // 1 | 0, 1, 3}, "int64")
  equal(large:convolve(tensor({1, 1}, "int64")):totable(),
        {9007199254740992, 9007199254740993, 4, 3})
  local bytes = tensor({200, 200}, "uint8")
  local y = bytes:convolve(bytes)
  equal(y.dtype, "int64")
  equal(y:totable(), {40000, 80000, 40000})
  equal(tensor({true, true}):convolve(tensor({true, true})):totable(),
        {1, 2, 1})
  equal(bytes:convolve(tensor({0.5})).dtype, "float32")
  equal(tensor({1, 2}, "int32"):convolve(tensor({0.5}, "float64")).dtype,
        "float64")
end)

test("correlate: any strides, NaN only where it is seen", function()
  local x = tensor.randn(6, 8)
  local k = tensor.randn(2, 3)
  check.near(x.T:correlate(k.T), x:correlate(k).T)
  local y = tensor({1, 0 / 0, 3, 4}):correlate(tensor({1, 1}))
  check.near(y:totable(), {0 / 0, 0 / 0, 7})
end)

test("correlate and convolve: what is refused", function()
  local x = tensor.ones(4, 5)
  refuses("convolve: the shapes %(8, 8, 3%) and %(3, 3%) do not go together: "
          .. ".*image.filter", function()
    tensor.ones(8, 8, 3):convolve(tensor.ones(3, 3))
  end)
  refuses("correlate: the shapes %(4, 5%) and %(3%) do not go together: both "
          .. "must have as many dims, 1, 2 or 3", function()
    x:correlate(x[1]["1:3"])
  end)
  refuses("convolve: the shapes %(%) and %(%)", function()
    tensor(1):convolve(tensor(2))
  end)
  refuses("one has no elements", function() x:convolve(tensor.ones(0, 2)) end)
  refuses("with mode valid one of %(4, 5%) and %(5, 4%) must be", function()
    x:correlate(x.T)
  end)
  refuses("one of valid|same|full", function() x:convolve(x, "middle") end)
  refuses("must be a tensor", function() x:convolve(3) end)
  refuses("both must have as many dims, 1, 2 or 3", function()
    local y = tensor.ones(1, 2, 1, 2)
    y:convolve(y)
  end)
end)

-- interpolate ------------------------------------------------------------------

test("interpolate: nearest", function()
  local x = sequence {1, 2, 3}
  equal(flat(x:interpolate(6)), {1, 1, 2, 2, 3, 3})
  equal(flat(x:interpolate(4)), {1, 1, 2, 3})
  equal(flat(x:interpolate(2)), {1, 2})
  equal(flat(x:interpolate({scale=3})), {1, 1, 1, 2, 2, 2, 3, 3, 3})
  equal(flat(x:interpolate({scale=0.5})), {1})
end)

test("interpolate: linear, with and without align_corners", function()
  local x = sequence {0, 10}
  equal(flat(x:interpolate({size=4, mode="linear"})), {0, 2.5, 7.5, 10})
  check.near(flat(x:interpolate({size=4, mode="linear", align_corners=true})),
             {0, 10 / 3, 20 / 3, 10})
  equal(flat(x:interpolate({size=1, mode="linear"})), {5})
  equal(flat(x:interpolate({size=1, mode="linear", align_corners=true})), {0})
end)

test("interpolate: a plane stays a plane", function()
  local rows = tensor.arange(8):double():reshape(8, 1)
  local plane = (rows * 3 + tensor.arange(6):double()):reshape(1, 8, 6, 1)
  local y = plane:interpolate({size={15, 11}, mode="linear",
                               align_corners=true})
  local due = (tensor.arange(15):double() + 1):reshape(15, 1) * 1.5
    + (tensor.arange(11):double() + 1) * 0.5
  check.near(y:reshape(15, 11), due, 1e-9)
end)

test("interpolate: area is the mean of blocks", function()
  local x = tensor.randn(2, 6, 4, 3)
  check.near(x:interpolate({size={3, 2}, mode="area"}), x:avg_pool2d(2), 1e-5)
  check.near(flat(sequence {1, 2, 6}:interpolate({size=2, mode="area"})),
             {1.5, 4})
end)

test("interpolate: the same size gives the same elements", function()
  local x = tensor.randn(1, 5, 4, 2)
  for _, mode in ipairs {"nearest", "linear", "cubic", "area"} do
    check.truthy(x:interpolate({size={5, 4}, mode=mode}) == x, mode)
    check.truthy(x:interpolate({scale=1, mode=mode}) == x, mode)
  end
  check.truthy(x:interpolate({scale=1, mode="cubic", antialias=true}) == x)
end)

test("interpolate: antialias sees every element", function()
  local x = tensor.zeros(1, 64, 1)
  x[{1, 30, 1}] = 1
  local plain = x:interpolate({size=8, mode="linear"})
  local smooth = x:interpolate({size=8, mode="linear", antialias=true})
  equal(plain:sum():item(), 0.0)
  check.near(smooth:sum():item(), 1 / 8, 0.02)
end)

test("interpolate: uint8 is rounded and clipped", function()
  local x = sequence({0, 255, 255, 0, 0}, "uint8")
  local y = x:interpolate({size=10, mode="cubic"})
  equal(y.dtype, "uint8")
  equal(y:amax():item(), 255)
  equal(y:amin():item(), 0)
  equal(flat(sequence({0, 3}, "uint8"):interpolate({size=4, mode="linear"})),
        {0, 1, 2, 3})
end)

test("interpolate: nearest keeps any dtype", function()
  local large = 2 ^ 53 // 1 | 0
  local x = sequence({large + 1, 7}, "int64")
  equal(flat(x:interpolate(4)), {large + 1, large + 1, 7, 7})
  equal(flat(sequence({true, false}, "bool"):interpolate(4)),
        {true, true, false, false})
end)

test("interpolate: formats, strides, three dims, empty batches", function()
  local x = tensor.randn(2, 5, 6, 3)
  local y = x:interpolate({size={7, 4}, mode="linear"})
  check.same_shape(y, {2, 7, 4, 3})
  check.near(x:permute(1, 4, 2, 3):interpolate(
    {size={7, 4}, mode="linear", data_format="channels_first"}),
    y:permute(1, 4, 2, 3))
  check.same_shape(tensor.ones(1, 2, 3, 4, 5):interpolate({scale=2}),
                   {1, 4, 6, 8, 5})
  check.same_shape(tensor.ones(0, 2, 3):interpolate(7), {0, 7, 3})
  check.same_shape(tensor.ones(2, 2, 0):interpolate({size=7, mode="cubic"}),
                   {2, 7, 0})
end)

test("interpolate: what is refused", function()
  local x = tensor.ones(1, 4, 4, 1)
  refuses("interpolate: give the size or the scale", function()
    x:interpolate()
  end)
  refuses("give the size or the scale", function()
    x:interpolate({size=2, scale=2})
  end)
  refuses("interpolate: takes sequences .* not shape %(4, 4%)", function()
    x:reshape(4, 4):interpolate(2)
  end)
  refuses("size must be one or two sizes of 1 or more", function()
    x:interpolate({0, 2})
  end)
  refuses("size must be", function() x:interpolate({1, 2, 3}) end)
  refuses("the scale must be a number above 0", function()
    x:interpolate({scale=-1})
  end)
  refuses("4 positions times 0.1 is no size", function()
    x:interpolate({scale=0.1})
  end)
  refuses("is no size", function() x:interpolate({scale=1e300}) end)
  refuses("align_corners is for the modes linear and cubic", function()
    x:interpolate({size=2, align_corners=true})
  end)
  refuses("antialias is for the modes", function()
    x:interpolate({size=2, mode="area", antialias=true})
  end)
  refuses("antialias and align_corners do not go together", function()
    x:interpolate({size=2, mode="linear", antialias=true, align_corners=true})
  end)
  refuses("between truth values there is nothing", function()
    x:bool():interpolate({size=2, mode="linear"})
  end)
  refuses("there are no elements to make others from", function()
    tensor.ones(1, 0, 4, 1):interpolate(2)
  end)
  refuses("one of nearest|linear|cubic|area", function()
    x:interpolate({size=2, mode="bilinear"})
  end)
end)
