-- tensors: creation, reductions, views, products.

local check = require("check")
local test, equal = check.test, check.equal
local refuses = check.refuses

local function ints(list) return tensor(list, "int64") end

-- Creation -------------------------------------------------------------------

test("tensor: nested tables, dtypes, copies", function()
  equal(tensor({{1, 2}, {3, 4}}).dtype, "float32")
  equal(tensor({1, 2}, "int64"):totable(), {1, 2})
  equal(tensor({true, false}).dtype, "bool")
  equal(tensor(3).ndim, 0)
  check.same_shape(tensor({{}, {}}), {2, 0})
  local x = tensor({1, 2})
  tensor(x):fill_(9)
  equal(x:totable(), {1, 2})
end)

test("tensor: what is refused", function()
  refuses("not of equal length", function() tensor({{1, 2}, {3}}) end)
  refuses('element %(2%) must be a number, got "a"', function()
    tensor({1, "a"})
  end)
  refuses("element %(2%) must be a number, got a table", function()
    tensor({1, {2}})
  end)
  refuses("got nil", function() tensor(nil) end)
  refuses("a dtype is one of", function() tensor({1}, "float33") end)
end)

test("tensor: an element of another depth", function()
  refuses("element %(2%) must be a table, as the first of its level is, got 3",
    function() tensor({{1, 2}, 3}) end)
  refuses("got a float32 %(2%) tensor %(tensor.stack and tensor.concat put",
    function() tensor({tensor({1, 2}), tensor({3, 4})}) end)
  refuses("takes a table and a dtype, got 3", function()
    tensor({1}, "int64", "cpu")
  end)
end)

test("the dtype may stand in a table", function()
  equal(tensor({1, 2}, {dtype="int64"}).dtype, "int64")
  equal(tensor {1, 2, dtype="uint8"}.dtype, "uint8")
  equal(tensor({[1]=7, dtype="int64"}):totable(), {7})
  equal(tensor({{1}, {2}, dtype="int32"}).dtype, "int32")
  equal(tensor.zeros({2, 3}, {dtype="int64"}).dtype, "int64")
  equal(tensor.zeros {2, 3, dtype="int64"}.dtype, "int64")
  equal(tensor.ones(2, 3, {dtype="int64"}).shape[2], 3)
  equal(tensor.full({2}, 7, {dtype="int64"}).dtype, "int64")
  equal(tensor.full(2, 3, 7, {dtype="int64"}).dtype, "int64")
  equal(tensor.arange(3, {dtype="float64"}).dtype, "float64")
  equal(tensor.ones_like(tensor(1), {dtype="bool"}).dtype, "bool")
  equal(tensor.zeros({2}, {}).dtype, "float32")
  refuses('tensor: unknown option "type"; the option is dtype', function()
    tensor {1, 2, type="int64"}
  end)
  refuses('zeros: unknown option "device"', function()
    tensor.zeros({2}, {device="cpu"})
  end)
  refuses("a dtype is one of", function() tensor {1, dtype="int"} end)
  refuses("zeros: after the list of sizes comes the dtype, got 4", function()
    tensor.zeros({2, 3}, 4)
  end)
end)

test("where: the condition is bool or of integers", function()
  local x = tensor({-1, 2})
  equal(tensor.where(ints({1, 0}), x, 0):totable(), {-1, 0})
  refuses("where: the condition must be bool, not float32", function()
    x:where(x:gt(0), 0)
  end)
end)

test("zeros, ones, empty, full: shapes and dtypes", function()
  for _, name in ipairs({"zeros", "ones", "empty"}) do
    check.same_shape(tensor[name](2, 3), {2, 3})
    check.same_shape(tensor[name]({2, 3}), {2, 3})
    equal(tensor[name](2, 3).dtype, "float32")
    equal(tensor[name]({2}, "int32").dtype, "int32")
    equal(tensor[name](2, "uint8").dtype, "uint8")
    refuses(name .. ": a shape is missing", function() tensor[name]() end)
  end
  equal(tensor.zeros(2):totable(), {0, 0})
  equal(tensor.ones(2, "bool"):totable(), {true, true})
  equal(tensor.full({2}, 7, "int64"):totable(), {7, 7})
  equal(tensor.full(1, 2, 7):totable(), {{7, 7}})
end)

test("eye", function()
  equal(tensor.eye(2):totable(), {{1, 0}, {0, 1}})
  equal(tensor.eye(1, 2, "int64"):totable(), {{1, 0}})
  refuses("eye: takes one or two sizes", function() tensor.eye(1, 2, 3) end)
end)

test("the like of a tensor: its shape and dtype", function()
  local x = tensor.zeros({2, 3}, "float64")
  for _, name in ipairs({"zeros_like", "ones_like", "rand_like",
                         "randn_like"}) do
    check.same_shape(tensor[name](x), {2, 3})
    equal(tensor[name](x).dtype, "float64")
    equal(tensor[name](x, "float32").dtype, "float32")
  end
  equal(tensor.full_like(x, 3)[{1, 1}], 3.0)
end)

test("arange: both ends, as Lua's for", function()
  equal(tensor.arange(3):totable(), {1, 2, 3})
  equal(tensor.arange(2, 4):totable(), {2, 3, 4})
  equal(tensor.arange(5, 1, -2):totable(), {5, 3, 1})
  equal(tensor.arange(1, 2, 0.5):totable(), {1.0, 1.5, 2.0})
  check.same_shape(tensor.arange(0, 1, 0.1), {11})
  equal(tensor.arange(5, 1):totable(), {})
end)

test("arange: dtypes and refusals", function()
  equal(tensor.arange(3).dtype, "int64")
  equal(tensor.arange(3.0).dtype, "float32")
  equal(tensor.arange(1, 3, "float64").dtype, "float64")
  refuses("step not 0", function() tensor.arange(1, 2, 0) end)
  refuses("must be finite", function() tensor.arange(1, math.huge) end)
  refuses("arange: not enough memory", function() tensor.arange(1e18) end)
end)

test("arange: integers at the ends of int64", function()
  equal(tensor.arange(math.maxinteger - 2, math.maxinteger):totable(),
        {math.maxinteger - 2, math.maxinteger - 1, math.maxinteger})
  equal(tensor.arange(math.mininteger, math.mininteger + 1):totable(),
        {math.mininteger, math.mininteger + 1})
end)

test("linspace, logspace", function()
  equal(tensor.linspace(0, 1, 3):totable(), {0, 0.5, 1})
  equal(tensor.linspace(2, 5, 1):totable(), {2})
  check.near(tensor.logspace(0, 2, 3), {1, 10, 100}, 1e-4)
  refuses("the count cannot be negative", function()
    tensor.linspace(0, 1, -1)
  end)
end)

-- Random numbers -------------------------------------------------------------

test("randint: both ends are drawn, no others", function()
  local x = tensor.randint(1, 6, {2000})
  equal({x:min():item(), x:max():item(), x.dtype}, {1, 6, "int64"})
  refuses("low %(6%) must not be above high %(1%)", function()
    tensor.randint(6, 1, 3)
  end)
  refuses("uint8 does not hold", function()
    tensor.randint(1, 300, {3}, "uint8")
  end)
end)

test("randperm: each number once", function()
  equal((tensor.randperm(50):sum() == ints(1275):sum()), true)
  local seen = {}
  for _, n in ipairs(tensor.randperm(50):totable()) do seen[n] = true end
  equal(#seen, 50)
  refuses("randperm: takes a count", function() tensor.randperm(-1) end)
end)

test("rand, uniform, normal: ranges and moments", function()
  local x, y = tensor.rand(10000), tensor.uniform(2, 3, {10000})
  equal(x:min():item() >= 0 and x:max():item() < 1, true)
  equal(y:min():item() >= 2 and y:max():item() <= 3, true)
  check.near(tensor.normal(5, 2, {20000}):mean(), 5, 0.1)
  check.near(tensor.randn(20000):std(), 1, 0.05)
  refuses("must not be above", function() tensor.uniform(2, 1, 3) end)
  refuses("cannot be negative", function() tensor.normal(0, -1, 3) end)
  refuses("dtype must be float", function() tensor.rand(2, "int64") end)
end)

test("bernoulli, multinomial", function()
  equal(tensor.bernoulli(tensor({0, 1})):totable(), {0, 1})
  equal(tensor.multinomial(tensor({0, 1}), 2, true):totable(), {2, 2})
  refuses("from 0 to 1", function() tensor.bernoulli(tensor({2})) end)
  refuses("cannot draw 2", function() tensor.multinomial(tensor({0, 1}), 2) end)
  refuses("not negative", function() tensor.multinomial(tensor({-1, 2})) end)
end)

test("the same seed gives the same numbers", function()
  local function draw()
    tensor.manual_seed(3)
    return tensor.concat({tensor.rand(5), tensor.randn(5),
                          tensor.randint(1, 9, {5}):float(),
                          tensor.randperm(5):float()})
  end
  equal(draw() == draw(), true)
end)

-- 0-d and empty --------------------------------------------------------------

test("0-d and empty tensors pass through operations", function()
  equal((tensor(2) * tensor(3)):item(), 6.0)
  check.same_shape(tensor({}):exp(), {0})
  equal(tensor({}):sum():item(), 0.0)
  equal(tensor({}):prod():item(), 1.0)
  check.near(tensor({}):mean(), 0 / 0)
  equal(tensor.zeros(0, 2):sum(1):totable(), {0, 0})
  equal(tensor(5):sum():item(), 5.0)
  equal(tensor({}):any():item(), false)
  equal(tensor({}, "bool"):all():item(), true)
end)

test("nothing has no largest element", function()
  for _, name in ipairs({"max", "min", "argmax", "argmin"}) do
    refuses(name .. ": there are no elements", function()
      return tensor({})[name](tensor({}))
    end)
    refuses("no elements", function()
      return tensor.zeros(0, 3)[name](tensor.zeros(0, 3), 1)
    end)
  end
end)

test("errors name the operation that was called, and once", function()
  local _, message = pcall(function() return tensor.zeros(0, 3):max(1) end)
  equal(message:match(": (.*)"), "max: there are no elements to compare")
  _, message = pcall(function() return tensor.zeros(0, 3):min() end)
  equal(message:match(": (.*)"), "min: there are no elements to compare")
  _, message = pcall(function() return tensor({}):argmax() end)
  equal(message:match(": (.*)"), "argmax: there are no elements to compare")
  _, message = pcall(function() tensor.ones(6):expand(2, 6):add_(1) end)
  equal(message:match(": (%S+) "), "add_:")
end)

test("empty products and joins", function()
  equal(tensor.zeros(2, 0):matmul(tensor.zeros(0, 2)):totable(),
        {{0, 0}, {0, 0}})
  check.same_shape(tensor.zeros(0, 3):matmul(tensor.zeros(3, 2)), {0, 2})
  check.same_shape(tensor.concat({tensor.zeros(0, 3), tensor.ones(1, 3)}),
                   {1, 3})
  check.error_matches(function() tensor.concat({}) end, "concat: ")
end)

-- Reductions -----------------------------------------------------------------

test("reductions over all, a dim, a list, with keepdim", function()
  local x = tensor.arange(24):reshape(2, 3, 4)
  equal(x:sum():item(), 300)
  check.same_shape(x:sum(2), {2, 4})
  equal(x:sum({1, 3}):totable(), {68, 100, 132})
  check.same_shape(x:sum({1, -1}, true), {1, 3, 1})
  check.same_shape(x:sum{dim=-1, keepdim=true}, {2, 3, 1})
  equal(x:double():mean(1)[{1, 1}], 7.0)
end)

test("norm: every p, and a gradient of 0 at 0", function()
  local x = tensor({3, 0, -4})
  equal(x:norm({p=0}):item(), 2.0)
  equal(x:norm({p=math.huge}):item(), 4.0)
  equal(x:norm({p=-math.huge}):item(), 0.0)
  for _, p in ipairs({1, 2, 3}) do
    local zero = tensor.zeros(2):requires_grad_()
    zero:norm({p=p}):backward()
    equal(zero.grad:totable(), {0, 0})
  end
end)

test("reductions: what is refused", function()
  local x = tensor.ones(2, 3)
  refuses("sum: dim 3 does not exist: the tensor has 2 dims", function()
    x:sum(3)
  end)
  refuses("sum: dim 0 does not exist: dims count from 1", function()
    x:sum(0)
  end)
  refuses('unknown option "dimm"', function() x:sum{dimm=1} end)
end)

test("reductions: dtypes", function()
  equal(tensor.ones(3, "uint8"):sum().dtype, "int64")
  equal(tensor.ones(3, "bool"):sum():item(), 3)
  equal(ints({1, 2}):mean():item(), 1.5)
  equal(tensor.ones(3, "float64"):sum().dtype, "float64")
end)

test("max and argmax: NaN wins, the first of equals", function()
  check.near(tensor({1, 0 / 0, 3}):max(), 0 / 0)
  check.near(tensor({1, 0 / 0, 3}):min(), 0 / 0)
  equal(tensor({1, 0 / 0, 3}):argmax():item(), 2)
  equal(tensor({1, 3, 3}):argmax():item(), 2)
  equal(tensor({1, 3, 1}):argmin():item(), 1)
end)

test("max along a dim gives values and positions", function()
  local values, at = tensor({{1, 5}, {7, 2}}):max(2)
  equal(values:totable(), {5, 7})
  equal(at:totable(), {2, 1})
  equal(select("#", tensor({1, 2}):max()), 1)
end)

test("var and std divide by n - 1", function()
  check.near(tensor({1, 2, 3, 4}):var(), 5 / 3)
  check.near(tensor({1, 2, 3, 4}):var{correction=0}, 1.25)
  check.near(tensor({1, 2, 3, 4}):std(), math.sqrt(5 / 3))
end)

-- Views ----------------------------------------------------------------------

test("views share storage", function()
  local x = tensor.zeros(2, 3)
  for _, view in ipairs({x:reshape(3, 2), x:transpose(), x.T, x:view(6),
                         x:unsqueeze(1), x:permute(2, 1), x:flatten(),
                         x:narrow(1, 1, 1), x:unbind()[1]}) do
    local before = x:sum():item()
    view:add_(1)
    equal(x:sum():item(), before + view:numel())
  end
end)

test("copies do not", function()
  local x = tensor.zeros(2, 3)
  for _, copy in ipairs({x:clone(), x.T:reshape(6), x.T:contiguous(),
                         x:to("float64"), x:tile(2, 1)}) do
    copy:fill_(1)
  end
  equal(x:sum():item(), 0.0)
end)

test("tile copies, even once", function()
  local x = tensor.zeros(2, 3)
  x:tile(1, 1):fill_(1)
  equal(x:sum():item(), 0.0)
end)

test("is_contiguous", function()
  local x = tensor.zeros(2, 3)
  equal({x:is_contiguous(), x.T:is_contiguous(), x[2]:is_contiguous(),
         x.T:contiguous():is_contiguous()}, {true, false, true, true})
end)

test("shapes: what is refused", function()
  refuses("%(6%) has 6 elements, which do not fill %(4, 2%)", function()
    tensor.ones(6):reshape(4, 2)
  end)
  refuses("is not a shape", function() tensor.ones(6):reshape(-1, -1) end)
  refuses("is not a shape", function() tensor.ones(6):reshape(-2, -3) end)
  refuses("view: ", function() tensor.ones(2, 3).T:view(6) end)
  refuses("once", function() tensor.ones(2, 3):permute(1, 1) end)
end)

-- In place -------------------------------------------------------------------

test("in place: the tensor itself, of its own dtype", function()
  local x = ints({1, 2, 3})
  equal(rawequal(x:add_(1), x), true)
  equal(x:mul_(2):totable(), {4, 6, 8})
  equal(tensor({1}):add_(tensor({1}, "float64")).dtype, "float32")
  equal(tensor({1, -2}):clamp_(0, 1):totable(), {1, 0})
  equal(tensor({1, 2}):zero_():totable(), {0, 0})
  equal(tensor.zeros(2):copy_(tensor({3, 4})):totable(), {3, 4})
end)

test("in place: what is refused", function()
  refuses("cannot be changed in place", function()
    tensor.ones(2, 1):expand(2, 3):add_(1)
  end)
  refuses("add_: the result has shape %(2, 3%), which does not fit", function()
    tensor.ones(3):add_(tensor.ones(2, 3))
  end)
  refuses("add_: the result is float32, which does not fit into a tensor of "
    .. "int64", function() ints({1}):add_(1.5) end)
  refuses("div_: the result is float32", function() ints({1}):div_(2) end)
  refuses("first argument must be a tensor", function() tensor.add_(1, 2) end)
end)

test("in place with itself", function()
  local x = tensor({{1, 2}, {3, 4}})
  equal(x:add_(x.T):totable(), {{2, 5}, {5, 8}})
  equal(x:sub_(x):totable(), {{0, 0}, {0, 0}})
end)

-- Numbers in and out ---------------------------------------------------------

test("item, totable, numel, #, allclose, is", function()
  equal(tensor({{5}}):item(), 5.0)
  equal(tensor(3):totable(), 3.0)
  equal(tensor.zeros(2, 3):numel(), 6)
  equal(#tensor.zeros(2, 3), 2)
  equal(tensor.allclose(tensor({1}), tensor({1 + 1e-7})), true)
  equal(tensor.allclose(tensor({1}), tensor({1.1}), 0.2), true)
  equal({tensor.is(tensor(1)), tensor.is(1), tensor.is()},
        {true, false, false})
end)

test("item, #, allclose: what is refused", function()
  refuses("item: takes a tensor of one element, .* %(2%)", function()
    tensor({1, 2}):item()
  end)
  refuses("without dims has no length", function() return #tensor(1) end)
  refuses("%(1%) and %(2%) differ", function()
    tensor.allclose(tensor({1}), tensor({1, 2}))
  end)
end)

test("shape and dtype print", function()
  equal(tostring(tensor.zeros(2, 3).shape), "(2, 3)")
  equal(tostring(tensor(1).shape), "()")
  equal(tensor.zeros(2).shape == tensor.ones(2).shape, true)
  equal(tensor.zeros(2, 3).shape[2], 3)
  equal(tostring(ints({1, 2})), "int64 (2)\n  1  2")
end)

-- Products -------------------------------------------------------------------

-- The sum over the last dim of a and the last but one of b, by loops.
local function dot_by_loops(a, b)
  local x, y = a:reshape(-1, a.shape[a.ndim]), b
  if b.ndim == 1 then y = b:reshape(-1, 1) end
  if y.ndim == 2 then y = y:unsqueeze(1) end
  local batches, inner, columns = y.shape[1], y.shape[2], y.shape[3]
  local result = {}
  for i = 1, #x do
    for n = 1, batches do
      for j = 1, columns do
        local sum = 0
        for k = 1, inner do sum = sum + x[{i, k}] * y[{n, k, j}] end
        result[#result + 1] = sum
      end
    end
  end
  return result
end

test("dot in every rank against loops", function()
  local cases = {{{3}, {3}, {}}, {{2, 3}, {3}, {2}}, {{3}, {3, 2}, {2}},
                 {{2, 3}, {3, 4}, {2, 4}}, {{2, 2, 3}, {3}, {2, 2}},
                 {{2, 2, 2, 3}, {3, 4}, {2, 2, 2, 4}},
                 {{3}, {2, 3, 4}, {2, 4}}, {{4, 3}, {2, 3, 5}, {4, 2, 5}},
                 {{2, 1, 3}, {2, 3, 2}, {2, 1, 2, 2}}}
  for _, case in ipairs(cases) do
    local a, b = tensor.rand(case[1], "float64"), tensor.rand(case[2], "float64")
    local c = a:dot(b)
    check.same_shape(c, case[3])
    check.near(c:reshape(-1), dot_by_loops(a, b), 1e-12)
  end
end)

test("dot with a number is a product", function()
  equal(tensor({1, 2}):dot(3):totable(), {3, 6})
end)

test("matmul: batches broadcast, dtypes, refusals", function()
  check.same_shape(tensor.ones(2, 1, 3, 4):matmul(tensor.ones(5, 4, 6)),
                   {2, 5, 3, 6})
  equal(ints({1, 2}):matmul(ints({3, 4})):item(), 11)
  refuses("matmul: the shapes %(2, 3%) and %(2, 3%)", function()
    tensor.ones(2, 3):matmul(tensor.ones(2, 3))
  end)
  refuses("matmul: a tensor without dims", function()
    tensor(1):matmul(tensor(1))
  end)
end)

test("conv2d: shapes of valid and same", function()
  local x, kernel = tensor.ones(1, 28, 27, 3), tensor.ones(3, 3, 3, 8)
  check.same_shape(x:conv2d(kernel), {1, 26, 25, 8})
  check.same_shape(x:conv2d(kernel, 1, "same"), {1, 28, 27, 8})
  check.same_shape(x:conv2d(kernel, 2, "same"), {1, 14, 14, 8})
  check.same_shape(x:conv2d(kernel, {2, 1}), {1, 13, 25, 8})
  equal(x:conv2d(kernel)[{1, 1, 1, 1}], 27.0)
  equal(x:conv2d(kernel, 1, "same")[{1, 1, 1, 1}], 12.0)
end)

test("conv2d: what is refused", function()
  local x = tensor.ones(1, 2, 2, 3)
  refuses("a window of 3 does not fit into 2", function()
    x:conv2d(tensor.ones(3, 3, 3, 8))
  end)
  refuses("has 3 channels, the kernel expects 2", function()
    x:conv2d(tensor.ones(1, 1, 2, 8))
  end)
  refuses("padding", function() x:conv2d(tensor.ones(1, 1, 3, 8), 1, "full") end)
end)
