-- random: distributions by numbers and by tensors, and numbers drawn in place.

local check = require("check")
local test, equal, near = check.test, check.equal, check.near

local function refuses(text, f)
  local message = check.error_matches(f, text)
  check.truthy(message:find("random_spec.lua:%d+: "), message)
end

local function seeded(f, ...)
  tensor.manual_seed(11)
  return f(...)
end

-- Each distribution: parameters, their mean and standard deviation.
local all = {
  {name="uniform", {2, 5}, mean=3.5, sd=(9 / 12) ^ 0.5},
  {name="normal", {4, 2}, mean=4, sd=2},
  {name="exponential", {4}, mean=0.25, sd=0.25},
  {name="gamma", {3, 2}, mean=1.5, sd=0.75 ^ 0.5},
  {name="beta", {2, 3}, mean=0.4, sd=0.2},
  {name="poisson", {20}, mean=20, sd=20 ^ 0.5},
}

-- f(parameters, ...)
local function draw(d, ...)
  local arguments = table.move(d[1], 1, #d[1], 1, {})
  table.move({...}, 1, select("#", ...), #arguments + 1, arguments)
  return tensor[d.name](table.unpack(arguments))
end

-- The first parameter as a tensor of that shape, the others as they are.
local function draw_by_tensor(d, shape, dtype, ...)
  local first = tensor.full(shape, d[1][1], dtype)
  local arguments = {first, table.unpack(d[1], 2)}
  table.move({...}, 1, select("#", ...), #arguments + 1, arguments)
  return tensor[d.name](table.unpack(arguments))
end

-- Distributions --------------------------------------------------------------

test("shapes and dtypes", function()
  for _, d in ipairs(all) do
    check.same_shape(draw(d, 2, 3), {2, 3})
    check.same_shape(draw(d, {0, 4}), {0, 4})
    check.same_shape(draw(d, {}), {})
    equal(draw(d, 3).dtype, "float32")
    equal(draw(d, 3, "float64").dtype, "float64")
    equal(draw(d, {3}, "float64").dtype, "float64")
  end
end)

test("means and standard deviations", function()
  local n = 40000
  for _, d in ipairs(all) do
    for _, x in ipairs({seeded(draw, d, n), seeded(draw, d, n, "float64"),
                        seeded(draw_by_tensor, d, {n}, "float32")}) do
      near(x:mean():item(), d.mean, 5 * d.sd / n ^ 0.5, d.name)
      near(x:std():item(), d.sd, 0.05 * d.sd, d.name)
    end
  end
end)

test("tensors give the shape", function()
  for _, d in ipairs(all) do
    check.same_shape(draw_by_tensor(d, {2, 3}, "float32"), {2, 3})
    check.same_shape(draw_by_tensor(d, {}, "float32"), {})
    check.same_shape(draw_by_tensor(d, {0, 2}, "float32"), {0, 2})
    equal(draw_by_tensor(d, {2}, "float64").dtype, "float64")
    equal(draw_by_tensor(d, {2}, "float64", "float32").dtype, "float32")
    refuses(d.name .. ": takes no shape where a parameter is a tensor",
            function() draw_by_tensor(d, {2}, "float32", 2) end)
  end
  local low, high = tensor.zeros(3, 1), tensor.ones({2}, "float64")
  check.same_shape(tensor.uniform(low, high), {3, 2})
  equal(tensor.uniform(low, high).dtype, "float64")
  check.same_shape(tensor.normal(0, high:to("int64")), {2})
  equal(tensor.normal(0, high:to("int64")).dtype, "float32")
end)

test("each element follows its parameters, in any layout", function()
  local mean = tensor({{1, 2, 3}, {4, 5, 6}})
  equal(tensor.normal(mean, 0) == mean, true)
  equal(tensor.normal(mean.T, 0) == mean.T:contiguous(), true)
  equal(tensor.uniform(mean.T, mean.T) == mean.T:contiguous(), true)
  local x = tensor.normal(mean["::-1, ::2"], tensor({{1e-3}, {0}}))
  equal(x[2]:totable(), {1, 3})
  check.truthy(x[{1, 1}] ~= 4 and math.abs(x[{1, 1}] - 4) < 0.01)
end)

test("normal by tensors is mean + sd * randn", function()
  local mean, sd = tensor.randn(50, 1), tensor.rand(3)
  local due = seeded(function() return mean + sd * tensor.randn(50, 3) end)
  check.truthy(seeded(tensor.normal, mean, sd):allclose(due, 1e-6, 1e-6))
end)

test("no gradient flows through a draw", function()
  local mean = tensor({1, 2}):requires_grad_()
  equal(tensor.normal(mean, 1).requires_grad, false)
end)

test("poisson: the dtype of the rate", function()
  local x = tensor.poisson(tensor.full({1000}, 30, "int64"))
  equal(x.dtype, "int64")
  near(x:float():mean():item(), 30, 1)
  equal(tensor.poisson(tensor({200, 1e6}), "uint8")[2], 255)
  equal(tensor.poisson(5, 3, "int32").dtype, "int32")
  equal(tensor.poisson(tensor({true, false}))[2], false)
end)

test("extremes", function()
  equal(tensor.poisson(tensor({0, 0})):totable(), {0, 0})
  near(tensor.poisson(1e9, 1, "float64")[1] / 1e9, 1, 1e-3)
  equal(tensor.gamma(1e-300, 1, 3):totable(), {0, 0, 0})
  equal(tensor.beta(1e300, 1e-300, 2):totable(), {1, 1})
  check.truthy(tensor.exponential(1, {100000}):gt(0):all():item())
end)

test("the same seed gives the same numbers", function()
  for _, d in ipairs(all) do
    local x = seeded(draw, d, 1000)
    equal(x == seeded(draw, d, 1000), true)
    equal(x == draw(d, 1000), false)
    check.truthy(seeded(draw, d, 1000, "float64"):float():numel() == 1000)
  end
end)

test("wrong parameters", function()
  refuses("exponential: the rate must be finite and above 0, got 0", function()
    tensor.exponential(0, 3)
  end)
  refuses("gamma: the concentration must be .* got nan", function()
    tensor.gamma(0 / 0, 1, 3)
  end)
  refuses("gamma: the rate must be .* got inf", function()
    tensor.gamma(1, 1 / 0, 3)
  end)
  refuses("beta: b must be .* got %-1 for element %(2%)", function()
    tensor.beta(1, tensor({1, -1}))
  end)
  refuses("poisson: the rate must be finite and not negative, got %-1",
          function() tensor.poisson(-1, 3) end)
  refuses("standard deviation must be finite and not negative", function()
    tensor.normal(tensor({1}), -1)
  end)
  refuses("no numbers from 2 to 1", function()
    tensor.uniform(tensor({1, 2}), tensor({3, 1}))
  end)
end)

test("wrong arguments", function()
  refuses("beta: argument 2 %(b%) must be a number or a tensor, got nothing",
          function() tensor.beta(1) end)
  refuses("exponential: a shape is missing", function()
    tensor.exponential(1)
  end)
  refuses("gamma: the shapes %(2%) and %(3%) do not broadcast", function()
    tensor.gamma(tensor({1, 2}), tensor({1, 2, 3}))
  end)
  refuses("gamma: the dtype must be float32 or float64", function()
    tensor.gamma(1, 1, 3, "int64")
  end)
  refuses("normal: a dtype is one of", function()
    tensor.normal(tensor({1}), 1, "half")
  end)
end)

test("randint_like", function()
  local x = tensor.randint_like(tensor.zeros(50, 40), 1, 6)
  check.same_shape(x, {50, 40})
  equal({x:min():item(), x:max():item(), x.dtype}, {1, 6, "float32"})
  equal(tensor.randint_like(x, 1, 2, "int64").dtype, "int64")
  refuses("randint_like: low %(3%) must not be above high %(1%)", function()
    tensor.randint_like(x, 3, 1)
  end)
  refuses("randint_like: takes whole numbers low and high", function()
    tensor.randint_like(x, 0.5, 1)
  end)
end)

-- In place -------------------------------------------------------------------

-- name, arguments, the function that draws the same anew
local in_place = {
  {"uniform_", {2, 5}, function(n) return tensor.uniform(2, 5, n) end},
  {"normal_", {4, 2}, function(n) return tensor.normal(4, 2, n) end},
  {"exponential_", {4}, function(n) return tensor.exponential(4, n) end},
  {"bernoulli_", {0.3},
   function(n) return tensor.bernoulli(tensor.full({n}, 0.3)) end},
}

test("in place: the numbers of a new tensor, in any layout", function()
  for _, case in ipairs(in_place) do
    local name, arguments, anew = table.unpack(case)
    local due = seeded(anew, 12)
    local base = tensor.zeros(8, 6)
    for _, view in ipairs({tensor.zeros(12), tensor.zeros(3, 4),
                           tensor.zeros(3, 4).T, base["1::2, ::-2"]}) do
      local got = seeded(view[name], view, table.unpack(arguments))
      check.truthy(rawequal(got, view), name)
      equal(view:flatten() == due, true, name)
    end
    check.truthy(base["2::2, ::"]:eq(0):all():item(), name)
  end
end)

test("in place: defaults, 0-d and empty", function()
  local x = tensor.zeros(1000)
  check.truthy(x:uniform_():max():item() < 1)
  near(x:normal_():std():item(), 1, 0.2)
  near(x:bernoulli_():mean():item(), 0.5, 0.1)
  near(x:exponential_():mean():item(), 1, 0.2)
  for _, case in ipairs(in_place) do
    tensor.zeros({0, 3})[case[1]](tensor.zeros({0, 3}))
    check.same_shape(tensor[case[1]](tensor(0)), {})
  end
end)

test("in place: dtypes", function()
  for _, dtype in ipairs({"float32", "float64", "int64", "int32", "uint8",
                          "bool"}) do
    local x = tensor.zeros({1000}, dtype):bernoulli_(0.25)
    equal(x.dtype, dtype)
    near(x:float():mean():item(), 0.25, 0.1)
  end
  for _, name in ipairs({"uniform_", "normal_", "exponential_"}) do
    refuses(name:sub(1, -2) .. ": needs a float dtype, got int64", function()
      local x = tensor.zeros({3}, "int64")
      x[name](x)
    end)
  end
end)

test("in place: probabilities and rates by element", function()
  local x = tensor.zeros(500, 2):bernoulli_(tensor({0, 1}))
  equal(x:sum(1):totable(), {0, 500})
  x:exponential_(tensor({1, 1000}))
  check.truthy(x:mean(1)[1] > 100 * x:mean(1)[2])
  refuses("does not broadcast", function() x:bernoulli_(tensor.zeros(3)) end)
end)

test("in place: what is read may be what is written", function()
  local p = tensor.randint(0, 1, {300}, "float64")
  local was = p:clone()
  equal(p:bernoulli_(p) == was, true)
  p["2:"]:bernoulli_(p["1:-2"])
  equal(p["2:"] == was["1:-2"], true)
  p["1:-2"]:bernoulli_(p["2:"])
  equal(p["1:-2"] == was["1:-2"], true)
end)

test("in place: a refused change changes nothing", function()
  local x = tensor({7, 7})
  refuses("a probability must be from 0 to 1", function() x:bernoulli_(2) end)
  refuses("the rate must be finite and above 0", function()
    x:exponential_(0)
  end)
  refuses("no numbers from 2 to 1", function() x:uniform_(2, 1) end)
  refuses("must be finite", function() x:normal_(0, -1) end)
  equal(x:totable(), {7, 7})
end)

test("in place: tensors that cannot be written", function()
  for _, case in ipairs(in_place) do
    local name = case[1]
    refuses(name .. ": an expanded tensor shares its elements", function()
      local x = tensor.zeros(1, 3):expand(2, 3)
      x[name](x)
    end)
    refuses(name .. ": a tensor with requires_grad cannot be", function()
      local x = tensor.zeros(3):requires_grad_()
      x[name](x)
    end)
    autograd.no_grad(function()
      local x = tensor.zeros(3):requires_grad_()
      x[name](x)
    end)
  end
end)

test("in place: the tape sees the change", function()
  local x = tensor({1, 2}):requires_grad_()
  local y = x * 1
  local z = y * y
  y:normal_()
  refuses("was changed in place", function() z:sum():backward() end)
  y = (x * 1):uniform_()
  equal(autograd.grad((y * x):sum(), x) == y:detach(), true)
end)
