-- cumulative: running sums, products and extremes, differences.

local check = require("check")
local test, equal, near = check.test, check.equal, check.near
local refuses, lists = check.refuses, check.lists

local NAN, INF = 0 / 0, math.huge

-- Running sums ---------------------------------------------------------------

test("cumsum", function()
  local x = tensor({{1, 2, 3}, {4, 5, 6}})
  equal(x:cumsum():totable(), {{1, 3, 6}, {4, 9, 15}})
  equal(x:cumsum(1):totable(), {{1, 2, 3}, {5, 7, 9}})
  equal(x.T:cumsum(-1):totable(), {{1, 5}, {2, 7}, {3, 9}})
  equal(x["::-1, ::2"]:cumsum(1):totable(), {{4, 6}, {5, 9}})
  equal(tensor({1}):expand(3):cumsum():totable(), {1, 2, 3})
  equal(tensor({true, true, false}):cumsum():totable(), {1, 2, 2})
  equal(tensor({200, 100}, "uint8"):cumsum().dtype, "int64")
  equal(tensor({200, 100}, "uint8"):cumsum():totable(), {200, 300})
  check.same_shape(tensor.zeros(0, 3):cumsum(1), {0, 3})
  refuses("cumsum: the tensor has no dims", function() tensor(1):cumsum() end)
end)

test("cumsum adds in double precision", function()
  local x = tensor.full({2000000}, 0.1)
  near(x:cumsum()[-1], 200000, 0.02)
end)

test("NaN and infinity run on", function()
  near(tensor({1, NAN, 2}):cumsum(), {1, NAN, NAN})
  near(tensor({INF, 1, -INF}):cumsum(), {INF, INF, NAN})
  near(tensor({2, INF, 0, 1}):cumprod(), {2, INF, NAN, NAN})
end)

test("cumsum, cumprod over wide and long shapes", function()
  for _, shape in ipairs({{5, 300}, {300, 5}, {3, 50, 200}, {40, 1, 7}}) do
    local x = tensor.randint(-3, 3, shape)
    for dim = 1, #shape do
      local sums = x:cumsum(dim)
      equal(sums:diff(1, dim) == x:narrow(dim, 2, shape[dim] - 1), true)
      equal(sums:narrow(dim, 1, 1) == x:narrow(dim, 1, 1), true)
      equal(x:double():cumsum(dim):long() == sums, true)
    end
  end
  local y = tensor.rand({6, 200}, "float64") + 0.5
  near(y:cumprod(1):log(), y:log():cumsum(1), 1e-9)
end)

test("cumprod", function()
  equal(tensor({1, 2, 3, 4}):cumprod():totable(), {1, 2, 6, 24})
  equal(tensor({{1, 2}, {3, 4}}):cumprod(1):totable(), {{1, 2}, {3, 8}})
  equal(tensor({2, 3}, "int32"):cumprod().dtype, "int64")
end)

test("the gradient of cumprod at zeros", function()
  local function gradient(list)
    local x = tensor(list, "float64"):requires_grad_()
    return autograd.grad(x:cumprod():sum(), x):totable()
  end
  equal(gradient({2, 0, 3}), {1, 8, 0})
  equal(gradient({0, 2, 3}), {9, 0, 0})
  equal(gradient({2, 0, 0}), {1, 2, 0})
end)

test("in place", function()
  local x = tensor({1, 2, 3})
  equal(x:cumsum_():totable(), {1, 3, 6})
  equal(x:cumprod_(1):totable(), {1, 3, 18})
  local y = tensor({{1, 2}, {3, 4}}, "int32")
  y:cumsum_(1)
  equal(y.dtype, "int32")
  equal(y:totable(), {{1, 2}, {4, 6}})
  y.T:cumsum_(1)
  equal(y:totable(), {{1, 3}, {4, 10}})
end)

test("cummax and cummin", function()
  local x = tensor({3, 1, 3, 5, 2})
  equal({lists(x:cummax())}, {{3, 3, 3, 5, 5}, {1, 1, 3, 4, 4}})
  equal({lists(x:cummin())}, {{3, 1, 1, 1, 1}, {1, 2, 2, 2, 2}})
  local values, positions = tensor({1, NAN, 2, NAN}):cummax()
  near(values, {1, NAN, NAN, NAN})
  equal(positions:totable(), {1, 2, 2, 4})
  near((tensor({1, NAN, 0}):cummin()), {1, NAN, NAN})
  equal({lists(tensor({{1, 5}, {4, 2}}, "int32"):cummax(1))},
        {{{1, 5}, {4, 5}}, {{1, 1}, {2, 1}}})
  equal(tensor({false, true, false}):cummax():totable(), {false, true, true})
  check.same_shape((tensor.zeros(0):cummax()), {0})
  local y = tensor.rand(300, 150)
  equal((y:cummax(1)) == (y.T:cummax(2)).T, true)
  equal(y:cummax(1)[-1] == (y:max(1)), true)
end)

test("diff", function()
  equal(tensor({1, 4, 9, 16}):diff():totable(), {3, 5, 7})
  equal(tensor({1, 4, 9, 16}):diff(2):totable(), {2, 2})
  equal(tensor({1, 4}):diff(0):totable(), {1, 4})
  equal(tensor({1, 4}):diff(5):totable(), {})
  equal(tensor({1}):diff():totable(), {})
  equal(tensor({{1, 2}, {4, 8}}):diff(1, 1):totable(), {{3, 6}})
  equal(tensor({{1, 2}, {4, 8}}):diff({dim=1}):totable(), {{3, 6}})
  equal(tensor({true, true, false}):diff():totable(), {false, true})
  equal(tensor({3, 1}, "uint8"):diff():totable(), {254})
  check.same_shape(tensor.zeros(0, 2):diff(math.maxinteger, 1), {0, 2})
  refuses("diff: n is %-1, it cannot be negative", function()
    tensor({1, 2}):diff(-1)
  end)
  refuses("diff: the tensor has no dims", function() tensor(1):diff() end)
end)
