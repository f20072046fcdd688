-- sort: order, the first few, quantiles.

local check = require("check")
local test, equal, near = check.test, check.equal, check.near
local refuses, lists = check.refuses, check.lists

local NAN, INF = 0 / 0, math.huge

-- An order by comparing, for rows of any kind: positions from 1.
local function order_of(list, descending)
  local order = {}
  for i = 1, #list do order[i] = i end
  local function before(a, b) -- NaN is greatest
    if a ~= a or b ~= b then return a == a and b ~= b end
    return a < b
  end
  table.sort(order, function(i, j)
    local a, b = list[i], list[j]
    if descending then a, b = b, a end
    if before(a, b) then return true end
    return not before(b, a) and i < j
  end)
  return order
end

local function pick(list, order)
  local picked = {}
  for i, at in ipairs(order) do picked[i] = list[at] end
  return picked
end

local function check_sort(x, list)
  for _, descending in ipairs({false, true}) do
    local order = order_of(list, descending)
    local values, positions = x:sort(1, descending)
    near(values:totable(), pick(list, order), 0)
    equal(positions:totable(), order)
    equal(x:argsort(1, descending):totable(), order)
  end
end

-- Sorting --------------------------------------------------------------------

test("sort gives values and positions", function()
  local values, positions = tensor({3, 1, 2}):sort()
  equal(values:totable(), {1, 2, 3})
  equal(positions:totable(), {2, 3, 1})
  equal(values.dtype, "float32")
  equal(positions.dtype, "int64")
  values, positions = tensor({3, 1, 2}):sort(-1, true)
  equal(values:totable(), {3, 2, 1})
  equal(positions:totable(), {1, 3, 2})
  equal(tensor({3, 1, 2}):sort({descending=true}):totable(), {3, 2, 1})
end)

test("equals keep their order in either direction", function()
  local x = tensor({2, 1, 2, 1, 2})
  equal(x:argsort():totable(), {2, 4, 1, 3, 5})
  equal(x:argsort(1, true):totable(), {1, 3, 5, 2, 4})
end)

test("rows of every length and kind of repetition", function()
  for _, n in ipairs({1, 2, 31, 32, 33, 100, 3000, 70000}) do
    for _, most in ipairs({0, 3, 1 << 20}) do
      local x = tensor.randint(-most, most, {n})
      check_sort(x, x:totable())
      local y = x:float() * 0.37
      check_sort(y, y:totable())
    end
  end
end)

test("truth values", function()
  local values, positions = tensor({true, false, true, false}):sort()
  equal(values:totable(), {false, false, true, true})
  equal(positions:totable(), {2, 4, 1, 3})
  equal(tensor({false, true, false}):argsort(1, true):totable(), {2, 1, 3})
end)

test("every dtype of numbers, with its extremes", function()
  local lists_of = {
    uint8={255, 0, 128, 127, 0, 255},
    int32={2147483647, -2147483648, 0, -1, 1, -2147483648},
    int64={math.maxinteger, math.mininteger, 0, -1, 1, math.maxinteger},
    float32={INF, -INF, 0, -1.5, NAN, 1.5, 2.0 ^ -149, -2.0 ^ 100, NAN},
    float64={INF, -INF, 0, -1.5, NAN, 1.5, 4.9e-324, -1e300, NAN},
  }
  for dtype, list in pairs(lists_of) do
    check_sort(tensor(list, dtype), list)
    local long = {}
    for i = 1, 500 do long[i] = list[i * 7 % #list + 1] end
    check_sort(tensor(long, dtype), long)
  end
end)

test("NaN is greatest", function()
  local x = tensor({NAN, 1, INF, NAN, -INF})
  equal(x:argsort():totable(), {5, 2, 3, 1, 4})
  equal(x:argsort(1, true):totable(), {1, 4, 3, 2, 5})
end)

test("negative NaN is NaN, and zeros are equal but stay what they are",
     function()
  local x = tensor({0.0, -0.0, -(0 / 0), 0 / 0, 0.0, -0.0, -1}, "float64")
  local values, positions = x:sort()
  equal(positions:totable(), {7, 1, 2, 5, 6, 3, 4})
  local signs = {}
  for i = 2, 5 do signs[i - 1] = 1 / values[i] end
  equal(signs, {INF, -INF, INF, -INF})
end)

test("sort along any dim, of any layout", function()
  local x = tensor({{3, 1, 2}, {1, 5, 0}})
  equal({lists(x:sort(1))}, {{{1, 1, 0}, {3, 5, 2}}, {{2, 1, 2}, {1, 2, 1}}})
  equal({lists(x.T:sort(1))}, {{{1, 0}, {2, 1}, {3, 5}},
                               {{2, 3}, {3, 1}, {1, 2}}})
  equal(x["::-1, ::-1"]:sort():totable(), {{0, 1, 5}, {1, 2, 3}})
  equal(x[{{}, {1, 3, 2}}]:sort():totable(), {{2, 3}, {0, 1}})
  equal(tensor({2, 1}):expand(2, 2):sort():totable(), {{1, 2}, {1, 2}})
  local y = tensor.rand(3, 40, 5)
  local values, positions = y:sort(2, true)
  equal(values == y:gather(2, positions), true)
  check.truthy(values:diff(1, 2):le(0):all():item())
end)

test("sort of nothing", function()
  local values, positions = tensor.zeros(0):sort()
  check.same_shape(values, {0})
  check.same_shape(positions, {0})
  check.same_shape((tensor.zeros(0, 3):sort(1)), {0, 3})
  check.same_shape(tensor.zeros(3, 0):argsort(1), {3, 0})
end)

test("what sort refuses", function()
  refuses("sort: the tensor has no dims", function() tensor(1):sort() end)
  refuses("argsort: dim 2 does not exist", function()
    tensor({1}):argsort(2)
  end)
  refuses("argument 3 %(descending%) must be true or false", function()
    tensor({1}):sort(1, 1)
  end)
end)

test("long rows are sorted alike by any number of threads", function()
  local x = tensor.randint(1, 5000, {300000}):float()
  local values, positions = x:sort()
  check.truthy(values:diff():ge(0):all():item())
  equal(values == x:index_select(1, positions), true)
  -- stable: positions of equals ascend
  local same, up = values:diff():eq(0), positions:diff():gt(0)
  check.truthy((~same | up):all():item())
  local wide = tensor.randn({300000}, "float64")
  wide["1:end:3"] = wide["2:end:3"]
  values, positions = wide:sort(1, true)
  check.truthy(values:diff():le(0):all():item())
  equal(values == wide:index_select(1, positions), true)
  same, up = values:diff():eq(0), positions:diff():gt(0)
  check.truthy((~same | up):all():item())
end)

test("the gradient of sort goes back where elements came from", function()
  local x = tensor({3, 1, 2}):requires_grad_();
  (x:sort() * tensor({1, 10, 100})):sum():backward()
  equal(x.grad:totable(), {100, 1, 10})
end)

-- The first few --------------------------------------------------------------

test("topk", function()
  local x = tensor({3, 9, 4, 7})
  equal({lists(x:topk(2))}, {{9, 7}, {2, 4}})
  equal({lists(x:topk(2, 1, false))}, {{3, 4}, {1, 3}})
  equal({lists(x:topk(3, 1, true, false))}, {{9, 4, 7}, {2, 3, 4}})
  equal({lists(x:topk({k=1}))}, {{9}, {2}})
  equal({lists(x:topk(4))}, {{9, 7, 4, 3}, {2, 4, 3, 1}})
  check.same_shape((x:topk(0)), {0})
end)

test("topk is the beginning of sort", function()
  local x = tensor.randint(-40, 40, {4, 2000}):float()
  x["2, 5"], x["2, 900"], x["3, 1"] = NAN, NAN, -INF
  for _, largest in ipairs({true, false}) do
    local values, positions = x:sort(2, largest)
    for _, k in ipairs({1, 2, 33, 700, 2000}) do
      local v, p = x:topk(k, 2, largest)
      near(v, values:narrow(2, 1, k), 0)
      equal(p == positions:narrow(2, 1, k), true)
    end
  end
  local v, p = x.T:topk(5, 1)
  local w, q = x:topk(5, 2)
  equal(p.T == q, true)
  near(v.T, w, 0)
end)

test("topk of every dtype", function()
  for _, dtype in ipairs({"int32", "int64", "uint8", "float64"}) do
    local v, p = tensor({5, 200, 7, 200, 1}, dtype):topk(3)
    equal(v:totable(), {200, 200, 7})
    equal(p:totable(), {2, 4, 3})
    equal(v.dtype, dtype)
  end
  equal(tensor({false, true, true}):topk(2):totable(), {true, true})
end)

test("what topk refuses", function()
  local x = tensor({1, 2, 3})
  refuses("topk: k is 4, and dim 1 has 3 elements", function() x:topk(4) end)
  refuses("topk: k is %-1", function() x:topk(-1) end)
  refuses("argument 2 %(k%) is missing", function() x:topk() end)
  refuses("the tensor has no dims", function() tensor(1):topk(1) end)
end)

-- Medians and quantiles ------------------------------------------------------

test("median", function()
  equal(tensor({3, 1, 2}):median():item(), 2.0)
  equal(tensor({4, 1, 2, 3}):median():item(), 2.5)
  equal(tensor({7}):median():item(), 7.0)
  equal(tensor(7):median():item(), 7.0)
  local x = tensor({{1, 2, 3}, {6, 5, 4}})
  equal(x:median(1):totable(), {3.5, 3.5, 3.5})
  equal(x:median(2):totable(), {2, 5})
  equal(x:median(2, true):totable(), {{2}, {5}})
  equal(x:median({1, 2}):item(), 3.5)
  equal(x.T:median(1):totable(), {2, 5})
  check.same_shape(tensor.rand(2, 3, 4):median({1, 3}), {3})
  check.same_shape(tensor.rand(2, 3, 4):median({1, 3}, true), {1, 3, 1})
  check.same_shape(tensor.rand(2, 3):median(nil, true), {1, 1})
end)

test("median of whole numbers is a float", function()
  local x = tensor({1, 2, 3, 4}, "int64"):median()
  equal(x.dtype, "float32")
  equal(x:item(), 2.5)
  equal(tensor({true, true, false}):median():item(), 1.0)
end)

test("median and quantile are the middle of what sort gives", function()
  for _, n in ipairs({2, 5, 64, 999, 5000}) do
    local x = tensor.randint(-20, 20, {n}):double()
    local sorted = x:sort()
    for _, q in ipairs({0, 0.25, 0.5, 0.9, 1}) do
      local at = q * (n - 1)
      local low = math.tointeger(math.floor(at)) + 1
      local a, b = sorted[low], sorted[math.min(low + 1, n)]
      near(x:quantile(q):item(), a + (at - low + 1) * (b - a), 1e-9)
    end
    near(x:median():item(), x:quantile(0.5):item(), 0)
  end
end)

test("NaN anywhere makes a median NaN, infinities do not", function()
  local x = tensor({{1, NAN, 3}, {1, 2, 3}})
  near(x:median(2), {NAN, 2})
  near(x:quantile(0, 2), {NAN, 1})
  equal(tensor({INF, INF, -INF, INF}):median():item(), INF)
  equal(tensor({-INF, 5}):quantile(0.5):item(), -INF)
  equal(tensor({INF, 5}):quantile(0):item(), 5.0)
  near(tensor({-INF, INF}):median():item(), NAN)
end)

test("the median of nothing is NaN", function()
  near(tensor.zeros(0):median():item(), NAN)
  near(tensor.zeros(2, 0):median(2), {NAN, NAN})
  check.same_shape(tensor.zeros(0, 3):median(2), {0})
  near(tensor.zeros(0, 2):quantile(0.3, 1, true), {{NAN, NAN}})
end)

test("quantile between equal elements is that element", function()
  equal(tensor({0.1, 0.1}, "float64"):quantile(0.3):item(), 0.1)
  equal(tensor({1e308, 1e308, -1e308}, "float64"):quantile(0.8):item(), 1e308)
end)

test("what quantile refuses", function()
  local x = tensor({1, 2})
  refuses("quantile: q is 1.5, it must be between 0 and 1", function()
    x:quantile(1.5)
  end)
  refuses("quantile: q is %-?nan", function() x:quantile(NAN) end)
  refuses("argument 2 %(q%) is missing", function() x:quantile() end)
  refuses("dim 3 does not exist", function() x:median(3) end)
end)

test("the gradient of a median is shared by the middle two", function()
  local x = tensor({4, 1, 2, 3}):requires_grad_()
  x:median():backward()
  equal(x.grad:totable(), {0, 0, 0.5, 0.5})
  x:zero_grad()
  x:quantile(0.25):backward()
  equal(x.grad:totable(), {0, 0.25, 0.75, 0})
end)

test("topk and quantiles of short rows agree with sorting", function()
  for _, dtype in ipairs {"float32", "float64", "int64", "int32", "uint8"} do
    for n = 1, 20 do
      local x = tensor.randint(0, 6, {5, n}):to(dtype)
      local up, down = x:sort(2), x:sort(2, true)
      for k = 1, n do
        local values, positions = x:topk(k, 2)
        equal(values:totable(), down[{{}, {1, k}}]:totable())
        equal(x:gather(2, positions):totable(), values:totable())
        local at = tensor((k - 1) / math.max(n - 1, 1), "float64"):item()
        check.near(x:double():quantile(at, 2), up:double()[{{}, k}])
      end
    end
  end
end)
