-- indexing: x[...] in all its forms, to look (assignment_spec.lua assigns).

local check = require("check")
local test, equal = check.test, check.equal
local refuses = check.refuses

local function fresh() return tensor({10, 20, 30, 40, 50}) end

-- 1..24 as (2, 3, 4): the element at (i, j, k) is 12 (i - 1) + 4 (j - 1) + k.
local function cube() return tensor.arange(24):reshape(2, 3, 4) end

local function index(list) return tensor(list, "int64") end

-- Asserts that x[key] raises an error with that text.
local function no_key(x, key, text)
  refuses(text, function() return x[key] end)
end

-- One position ---------------------------------------------------------------

test("a position of a 1-d tensor gives a Lua number", function()
  local v = fresh()
  equal(v[1], 10.0)
  equal(v[5], 50.0)
  equal(math.type(v[1]), "float")
end)

test("a negative position counts from the end", function()
  equal(fresh()[-1], 50.0)
  equal(fresh()[-5], 10.0)
  equal(cube()[{-1, -1, -1}], 24)
end)

test("elements keep their kind", function()
  equal(math.type(index({7})[1]), "integer")
  equal(tensor({true, false})[2], false)
  equal(tensor({1}, "uint8")[1], 1)
  equal(tensor({0.1}, "float64")[1], 0.1)
end)

test("a position of more dims gives a view", function()
  local x = cube()
  check.same_shape(x[2], {3, 4})
  check.same_shape(x[2][3], {4})
  equal(x[2][3][4], 24)
end)

test("an integral float is a position", function()
  equal(fresh()[2.0], 20.0)
  equal(fresh()[{-1.0}], 50.0)
  equal(cube()[{1, {2.0, 3.0}, 1}]:totable(), {5, 9})
end)

test("a 0-d integer tensor is a position", function()
  equal(fresh()[tensor(2, "int64")], 20.0)
  check.same_shape(cube()[{{}, tensor(-1, "int32")}], {2, 4})
end)

test("0 is refused", function()
  no_key(fresh(), 0, "index 0 in dim 1: positions count from 1")
  no_key(cube(), {1, 0}, "index 0 in dim 2: positions count from 1")
  no_key(cube(), "1, 1, 0", "index 0 in dim 3")
  no_key(fresh(), 0.0, "index 0 in dim 1")
end)

test("a position outside is refused", function()
  no_key(fresh(), 6, "index 6 is outside dim 1 of size 5 %(positions are "
    .. "1..5, or %-1..%-5 from the end%)")
  no_key(fresh(), -6, "index %-6 is outside dim 1")
  no_key(cube(), {1, 4}, "index 4 is outside dim 2 of size 3")
  no_key(fresh(), math.maxinteger, "outside dim 1")
  no_key(fresh(), math.mininteger, "outside dim 1")
  no_key(tensor.zeros(0), 1, "outside dim 1 of size 0")
end)

test("too many indices are refused", function()
  no_key(fresh(), {1, 2}, "too many indices: a tensor of shape %(5%) has 1 dim %(an")
  no_key(cube(), "1,1,1,1", "too many indices: .* %(2, 3, 4%) has 3 dims")
  no_key(tensor(3), 1, "too many indices: a tensor of shape %(%) has 0 dims")
end)

test("what is no index is refused", function()
  no_key(fresh(), 1.5, "must be a whole number, .* got 1.5")
  no_key(fresh(), true, "got a boolean")
  no_key(fresh(), print, "got a function")
  no_key(fresh(), 0 / 0, "must be a whole number")
  no_key(fresh(), 1 / 0, "must be a whole number")
  refuses("got nil", function() return fresh()[nil] end)
end)

-- Tables ---------------------------------------------------------------------

test("integers for all dims give an element", function()
  equal(cube()[{2, 3, 4}], 24)
  equal(cube()[{1, -1, 2}], 10)
end)

test("{} takes a whole dim", function()
  equal(cube()[{1, {}, -1}]:totable(), {4, 8, 12})
  check.same_shape(cube()[{{}, 1}], {2, 4})
  check.same_shape(cube()[{}], {2, 3, 4})
end)

test("{a, b} takes a range, both ends included", function()
  equal(fresh()[{{2, 4}}]:totable(), {20, 30, 40})
  equal(fresh()[{{-2, -1}}]:totable(), {40, 50})
  equal(fresh()[{{4, 2}}]:totable(), {})
  check.same_shape(cube()[{{2, 2}, {1, 2}}], {1, 2, 4})
end)

test("{a, b, step} takes every step-th", function()
  equal(fresh()[{{1, 5, 2}}]:totable(), {10, 30, 50})
  equal(fresh()[{{1, 4, 2}}]:totable(), {10, 30})
  equal(fresh()[{{5, 1, -2}}]:totable(), {50, 30, 10})
  equal(fresh()[{{-1, 1, -3}}]:totable(), {50, 20})
end)

test("a range is cut to what is there", function()
  equal(fresh()[{{4, 100}}]:totable(), {40, 50})
  equal(fresh()[{{-100, 2}}]:totable(), {10, 20})
  equal(fresh()[{{10, 100}}]:totable(), {})
  equal(fresh()[{{1, math.maxinteger, math.maxinteger}}]:totable(), {10})
end)

test("what is no range is refused", function()
  no_key(fresh(), {{0, 2}}, "a range in dim 1 begins or ends at 0")
  no_key(fresh(), {{1, 0}}, "positions count from 1")
  no_key(fresh(), {{1, 2, 0}}, "the step of a range cannot be 0")
  no_key(fresh(), {{2}}, "a range needs its last position too")
  no_key(fresh(), {{1, "b"}}, "a range is {first, last}")
  no_key(fresh(), {{1, 2.5}}, "in whole numbers")
  no_key(fresh(), {print}, "got a function")
end)

test("a range of four numbers is refused", function()
  no_key(fresh(), {{1, 2, 3, 4}}, "a range is {first, last}")
end)

-- Text -----------------------------------------------------------------------

test("text: ranges", function()
  equal(fresh()["2:4"]:totable(), {20, 30, 40})
  equal(fresh()[":2"]:totable(), {10, 20})
  equal(fresh()["4:"]:totable(), {40, 50})
  equal(fresh()[":"]:totable(), {10, 20, 30, 40, 50})
  equal(fresh()["-2:-1"]:totable(), {40, 50})
  equal(fresh()["10:100"]:totable(), {})
end)

test("text: steps", function()
  equal(fresh()["1:end:2"]:totable(), {10, 30, 50})
  equal(fresh()["::2"]:totable(), {10, 30, 50})
  equal(fresh()["::-1"]:totable(), {50, 40, 30, 20, 10})
  equal(fresh()["4:2:-1"]:totable(), {40, 30, 20})
  equal(fresh()["2::2"]:totable(), {20, 40})
end)

test("text: several dims, blanks, dots", function()
  local x = cube()
  check.same_shape(x["2:3, :, -1"], {1, 3})
  check.same_shape(x["..., 3:, 3:"], {2, 1, 2})
  check.same_shape(x["...,-1"], {2, 3})
  check.same_shape(x["1, ..."], {3, 4})
  equal(x[" 2 , ... , 1 "]:totable(), {13, 17, 21})
  equal(x["2,3,4"], 24)
  check.same_shape(tensor(3)["..."], {})
end)

test("text: a row and a column of the picture on the card", function()
  local images = tensor.arange(2 * 28 * 28):reshape(2, 28, 28)
  check.same_shape(images["..., 15:, 15:"], {2, 14, 14})
  equal(images["..., 15:, 15:"][{1, 1, 1}], 14 * 28 + 15)
end)

test("text that is no index is refused", function()
  for _, text in ipairs({"1,", ",", "a:b", "1;2", "foo bar", "", "1:2:3:4",
                         "end-1", "[1]", "1 2"}) do
    no_key(fresh(), text, "is no index: write positions")
  end
  no_key(fresh(), "0:2", "begins or ends at 0")
  no_key(fresh(), "1:2:0", "step of a range cannot be 0")
  no_key(fresh(), "6", "index 6 is outside dim 1")
end)

test("text: dots only once", function()
  no_key(cube(), "..., ...", "%.%.%.")
end)

-- Fields ---------------------------------------------------------------------

test("an unknown field is an error with a suggestion", function()
  no_key(fresh(), "shpae", 'no field or method "shpae" %(did you mean "shape"')
  no_key(fresh(), "numl", 'did you mean "numel"')
  no_key(fresh(), "nothing_like_it", 'no field or method "nothing_like_it"')
end)

test("an unknown field cannot be assigned", function()
  refuses('the field "name" of a tensor cannot be set', function()
    fresh().name = 3
  end)
  refuses('the field "shape" of a tensor', function() fresh().shape = {5} end)
end)

-- Tensors of positions -------------------------------------------------------

test("a tensor of positions picks", function()
  equal(fresh()[index({1, 3, -1, 1})]:totable(), {10, 30, 50, 10})
  equal(fresh()[index({{1, 2}, {2, 1}})]:totable(), {{10, 20}, {20, 10}})
  equal(fresh()[tensor({2}, "int32")]:totable(), {20})
  check.same_shape(fresh()[index({})], {0})
  check.same_shape(cube()[index({{1, 2}, {2, 1}})], {2, 2, 3, 4})
end)

test("a tensor of positions in one dim", function()
  local x = cube()[{{}, index({1, 3}), {2, 3}}]
  check.same_shape(x, {2, 2, 2})
  equal(x[1]:totable(), {{2, 3}, {10, 11}})
end)

test("tensors of positions side by side go in their place", function()
  local x = cube()[{{}, index({1, 3}), index({2, 4})}]
  equal(x:totable(), {{2, 12}, {14, 24}})
end)

test("tensors of positions apart go in front, as in NumPy", function()
  local x = cube()[{index({1, 2, 2}), {}, index({1, 4, 1})}]
  equal(x:totable(), {{1, 5, 9}, {16, 20, 24}, {13, 17, 21}})
end)

test("tensors of positions apart go in front, past the first dim", function()
  local x = tensor.arange(120):reshape(2, 3, 4, 5)
  local i, j = index({1, 3}), index({5, 2})
  local y = x[{{}, i, {}, j}]
  check.same_shape(y, {2, 2, 4})
  equal(y[1]:totable(), x[{{}, 1, {}, 5}]:totable())
  equal(y[2]:totable(), x[{{}, 3, {}, 2}]:totable())
  x[{{}, i, {}, j}] = tensor({1, 2}):reshape(2, 1, 1)
  equal(x[{2, 1, {}, 5}]:totable(), {1, 1, 1, 1})
  equal(x[{1, 3, {}, 2}]:totable(), {2, 2, 2, 2})
end)

test("a position beside tensors of positions takes its dim away", function()
  local x = tensor.arange(120):reshape(2, 3, 4, 5)
  check.same_shape(x[{1, {}, index({1, 2})}], {3, 2, 5})
  check.same_shape(x[{1, index({1, 2}), {}, index({1, 2})}], {2, 4})
  equal(x[{{}, 2, index({4})}][2]:totable(), {x[{2, 2, 4}]:totable()})
end)

test("tensors of positions broadcast", function()
  local x = cube()[{1, index({{1}, {3}}), index({2, 4})}]
  equal(x:totable(), {{2, 4}, {10, 12}})
end)

test("positions are checked", function()
  no_key(fresh(), index({0}), "index 0 at position 1: positions count from 1")
  no_key(fresh(), index({1, 6}), "index 6 at position 2 is outside dim 1 of "
    .. "size 5")
  no_key(fresh(), index({-6}), "outside dim 1")
  no_key(fresh(), tensor({1.0}), "must hold integers or be a bool mask")
  no_key(fresh(), tensor({1.0}), "float32 %(x:long%(%) makes integers of it%)")
  no_key(fresh(), {1, 3, 5}, 'a list of positions is tensor%(list, "int64"%)')
  no_key(cube(), {index({1, 2}), index({1, 2, 3})}, "%(2%) and %(3%)")
end)

test("the error of unlike positions does not speak of add", function()
  local _, message = pcall(function()
    return cube()[{index({1, 2}), index({1, 2, 3})}]
  end)
  check.truthy(not message:find("add", 1, true), message)
end)

-- Masks ----------------------------------------------------------------------

test("a mask picks where it is true", function()
  local v, x = fresh(), cube()
  equal(v[v:gt(25)]:totable(), {30, 40, 50})
  equal(x[x:gt(21)]:totable(), {22, 23, 24})
  equal(v[v:gt(99)]:totable(), {})
end)

test("a mask of fewer dims", function()
  local x = cube()
  equal(x[tensor({false, true})]:totable(), {x[2]:totable()})
  equal(x[{1, tensor({true, false, true})}]:totable(),
        {{1, 2, 3, 4}, {9, 10, 11, 12}})
  equal(x[tensor({{true, false, false}, {false, false, true}})]:totable(),
        {{1, 2, 3, 4}, {21, 22, 23, 24}})
  check.same_shape(x[{{}, tensor({true, false, true}), {1, 2}}], {2, 2, 2})
end)

test("a mask of several dims, of what lies in rows and what does not", function()
  local x = tensor.arange(24):float():reshape(2, 3, 4):requires_grad_()
  for _, order in ipairs {{1, 2, 3}, {2, 1, 3}, {3, 2, 1}, {1, 3, 2}} do
    local view = x:permute(order)
    local mask = view:detach():mod(5):lt(2)
    local expected = {}
    for _, value in ipairs(view:detach():flatten():totable()) do
      if value % 5 < 2 then expected[#expected + 1] = value end
    end
    equal(view[mask]:totable(), expected)
    equal(view:masked_select(mask):totable(), expected)
    local rows = mask:any(3)
    equal(view[rows].shape[2], view.shape[3])
    equal(view[rows]:sum():item(),
      tensor.where(rows:unsqueeze(3), view, 0):sum():item())
    x:zero_grad()
    view[mask]:sum():backward()
    equal(x.grad:permute(order):totable(), mask:float():totable())
  end
end)

test("a mask beside positions", function()
  local x = cube()[{1, tensor({true, false, true}), index({2, 4})}]
  equal(x:totable(), {2, 12})
end)

test("a mask that does not fit is refused", function()
  no_key(fresh(), tensor({true}), "a mask of size 1 does not fit dim 1 of size 5")
  no_key(cube(), {1, tensor({true, false})}, "does not fit dim 2 of size 3")
  no_key(fresh(), tensor({{true}}), "too many indices")
  no_key(fresh(), tensor(true), "a mask without dims")
end)

-- Views ----------------------------------------------------------------------

test("positions and ranges share storage", function()
  local x = cube()
  x[2]:fill_(0)
  x["1, 1, 2:3"]:fill_(-1)
  equal(x[1][1]:totable(), {1, -1, -1, 4})
  equal(x[2]:sum():item(), 0)
end)

test("picks are copies", function()
  local v = fresh()
  v[v:gt(25)]:fill_(0)
  v[index({1})]:fill_(0)
  equal(v:totable(), {10, 20, 30, 40, 50})
end)

-- Gradients ------------------------------------------------------------------

test("an element of a tracked tensor stays a tensor", function()
  local x = fresh():requires_grad_()
  equal(tensor.is(x[2]), true)
  equal(x[2].ndim, 0)
  x[2]:backward()
  equal(x.grad:totable(), {0, 1, 0, 0, 0})
end)

test("the gradient of looking", function()
  local x = fresh():requires_grad_()
  x["::2"]:sum():backward()
  equal(x.grad:totable(), {1, 0, 1, 0, 1})
  x:zero_grad()
  x[index({1, 1, -1})]:sum():backward()
  equal(x.grad:totable(), {2, 0, 0, 0, 1})
  x:zero_grad()
  x[x:gt(25)]:sum():backward()
  equal(x.grad:totable(), {0, 0, 1, 1, 1})
end)

test("the gradient of looking by several index tensors", function()
  local x = cube():double():requires_grad_()
  x[{index({1, 2, 1}), {}, index({1, 4, 1})}]:sum():backward()
  equal(x.grad[1]:totable(), {{2, 0, 0, 0}, {2, 0, 0, 0}, {2, 0, 0, 0}})
  equal(x.grad[2]:totable(), {{0, 0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 1}})
end)
