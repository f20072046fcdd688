-- indexing: x[...] in all its forms, to look and to assign.

local check = require("check")
local native = require("native")
local test, equal = check.test, check.equal

local function fresh() return tensor({10, 20, 30, 40, 50}) end

-- 1..24 as (2, 3, 4): the element at (i, j, k) is 12 (i - 1) + 4 (j - 1) + k.
local function cube() return tensor.arange(24):reshape(2, 3, 4) end

local function index(list) return tensor(list, "int64") end

local function refuses(text, f)
  local message = check.error_matches(f, text)
  check.truthy(message:find("indexing_spec.lua:%d+: "), message)
end

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

-- Assignment -----------------------------------------------------------------

test("assign to a position", function()
  local v, x = fresh(), cube()
  v[1], v[-1], v[2.0] = 1, 5, 2
  equal(v:totable(), {1, 2, 30, 40, 5})
  x[{1, 2, 3}] = -7
  x["2,3,4"] = -8
  equal(x[1][2][3], -7)
  equal(x[-1][-1][-1], -8)
end)

test("assign to a range", function()
  local v = fresh()
  v["2:3"] = 0
  v[{{4, 5}}] = tensor({7, 8})
  equal(v:totable(), {10, 0, 0, 7, 8})
  v["::-2"] = tensor({1, 2, 3})
  equal(v:totable(), {3, 0, 2, 7, 1})
  v["10:100"] = 99
  equal(v:totable(), {3, 0, 2, 7, 1})
end)

test("assignment broadcasts", function()
  local x = tensor.zeros(2, 3)
  x[":"] = tensor({1, 2, 3})
  equal(x:totable(), {{1, 2, 3}, {1, 2, 3}})
  x[{{}, {1, 2}}] = tensor({{5}, {6}})
  equal(x:totable(), {{5, 5, 3}, {6, 6, 3}})
  x[2] = tensor(9)
  equal(x[2]:totable(), {9, 9, 9})
end)

test("assign to positions by a tensor", function()
  local v, x = fresh(), cube()
  v[index({1, 3})] = 0
  v[index({2, -1})] = tensor({1, 2})
  equal(v:totable(), {0, 1, 0, 40, 2})
  x[{index({1, 2}), index({3, 3})}] = 0
  equal(x[1][3]:totable(), {0, 0, 0, 0})
  equal(x[2][3]:totable(), {0, 0, 0, 0})
  equal(x[{1, {}, 1}]:totable(), {1, 5, 0})
end)

test("assign through a mask", function()
  local v, x = fresh(), cube()
  v[v:gt(25)] = -1
  equal(v:totable(), {10, 20, -1, -1, -1})
  v[v:lt(0)] = tensor({1, 2, 3})
  equal(v:totable(), {10, 20, 1, 2, 3})
  x[{1, tensor({false, true, false})}] = tensor({1, 2, 3, 4})
  equal(x[1]:totable(), {{1, 2, 3, 4}, {1, 2, 3, 4}, {9, 10, 11, 12}})
end)

test("assignment into a view reaches the whole", function()
  local x = cube()
  x[1].T[{1, 2}] = 99
  equal(x[{1, 2, 1}], 99)
end)

test("assignment from an overlapping view", function()
  local v = fresh()
  v["2:5"] = v["1:4"]
  equal(v:totable(), {10, 10, 20, 30, 40})
  local w = fresh()
  w[":"] = w["::-1"]
  equal(w:totable(), {50, 40, 30, 20, 10})
end)

test("assignment changes the dtype of what it stores", function()
  local x = tensor({1, 2}, "float64")
  x[1] = tensor(7, "int32")
  equal(x:totable(), {7.0, 2.0})
end)

test("assignment that does not fit is refused", function()
  local v, x = fresh(), cube()
  refuses("%(3%).*%(2%)", function() v["1:2"] = tensor({1, 2, 3}) end)
  refuses("%(3%).*%(3, 4%)", function() x[1] = tensor({1, 2, 3}) end)
  refuses("%(2%)", function() v[v:gt(25)] = tensor({1, 2}) end)
  refuses("the value", function() v[1] = "a" end)
  refuses("the value", function() v[1] = nil end)
  refuses("index 0 in dim 1", function() v[0] = 1 end)
  refuses("outside dim 1", function() v[6] = 1 end)
  refuses("outside dim 1", function() v[index({6})] = 1 end)
  equal(v:totable(), {10, 20, 30, 40, 50})
end)

test("nested tables are values", function()
  local x = tensor.zeros(2, 3)
  x[{1, {}}] = {1, 2, 3}
  x[{{2, 2}}] = {{4, 5, 6}}
  equal(x:totable(), {{1, 2, 3}, {4, 5, 6}})
  x[{{}, index({3, 1})}] = {{7, 8}, {9, 10}}
  equal(x:totable(), {{8, 2, 7}, {10, 5, 9}})
  x[x:gt(8)] = {-1, -2}
  equal(x:totable(), {{8, 2, 7}, {-1, 5, -2}})
  local whole = index({1, 2, 3})
  whole["1:2"] = {2 ^ 40, 7}
  equal(whole:totable(), {1 << 40, 7, 3})
end)

test("tables that are no values are refused", function()
  refuses("assignment: element %(2%) must be a number, got \"a\"", function()
    fresh()["1:2"] = {1, "a"}
  end)
  refuses("assignment: the tables are not of equal length", function()
    cube()[1] = {{1, 2}, {3}}
  end)
  refuses("assignment: the shape %(2%) does not broadcast to %(3%)", function()
    fresh()["1:3"] = {1, 2}
  end)
  local endless = {}
  endless[1] = endless
  refuses("assignment: tables nested deeper than 8", function()
    fresh()[1] = endless
  end)
end)

test("assign to what index tensors pick, in every place", function()
  local x = cube()
  x[{{}, index({1, 3}), {2, 3}}] = 0
  equal(x[1]:totable(), {{1, 0, 0, 4}, {5, 6, 7, 8}, {9, 0, 0, 12}})
  x = cube()
  x[{1, {}, index({4, 1})}] = tensor({{1, 2}, {3, 4}, {5, 6}})
  equal(x[1]:totable(), {{2, 2, 3, 1}, {4, 6, 7, 3}, {6, 10, 11, 5}})
  x = cube()
  x[{index({1, 2, 2}), {}, index({1, 4, 1})}] = tensor({{-1}, {-2}, {-3}})
  equal(x[{{}, 1}]:totable(), {{-1, 2, 3, 4}, {-3, 14, 15, -2}})
  x = cube()
  x[{1, index({{1}, {3}}), index({2, 4})}] = tensor({{-1, -2}, {-3, -4}})
  equal(x[1]:totable(), {{1, -1, 3, -2}, {5, 6, 7, 8}, {9, -3, 11, -4}})
  x = cube()
  x[{{}, index({1, 3}), index({2, 4})}] = tensor({7, 8})
  equal(x[{{}, index({1, 3}), index({2, 4})}]:totable(), {{7, 8}, {7, 8}})
end)

test("assign through the slice of an index tensor, backwards", function()
  local x = tensor.zeros(4, 4)
  x[{{4, 1, -1}, index({2})}] = tensor({{1}, {2}, {3}, {4}})
  equal(x[{{}, 2}]:totable(), {4, 3, 2, 1})
  x.T[{index({1, -1}), {1, 3, 2}}] = 9
  equal(x:totable(), {{9, 4, 0, 9}, {0, 3, 0, 0}, {9, 2, 0, 9}, {0, 1, 0, 0}})
end)

test("of equal positions the last one stays", function()
  local v = fresh()
  v[index({2, 1, 2, -4})] = tensor({1, 2, 3, 4})
  equal(v:totable(), {2, 4, 30, 40, 50})
  local x = tensor.zeros(2, 2)
  x[index({1, 1})] = tensor({{1, 2}, {3, 4}})
  equal(x:totable(), {{3, 4}, {0, 0}})
end)

test("assign through masks of fewer dims", function()
  local mask = tensor({{true, false, false}, {false, false, true}})
  local x = cube()
  x[mask] = 0
  equal({x[{1, 1, 1}], x[{2, 3, 4}], x[{1, 2, 1}]}, {0, 0, 5})
  x[mask] = tensor({1, 2, 3, 4})
  equal(x[{1, 1}]:totable(), {1, 2, 3, 4})
  equal(x[{2, 3}]:totable(), {1, 2, 3, 4})
  x[mask] = tensor({{5}, {6}})
  equal(x[{2, 3}]:totable(), {6, 6, 6, 6})
  x[{{}, tensor({true, false, true}), 1}] = -1
  equal(x[{{}, {}, 1}]:totable(), {{-1, 5, -1}, {-1, 17, -1}})
  x[{{}, {}, tensor({false, false, false, true})}] = tensor({{-5}})
  equal(x[{1, {}, -1}]:totable(), {-5, -5, -5})
end)

test("assign through empty picks", function()
  local v, x = fresh(), tensor.zeros(0, 3)
  v[index({})] = 7
  v[v:gt(99)] = tensor.zeros(0)
  equal(v:totable(), {10, 20, 30, 40, 50})
  x[{{}, index({1, 2})}] = 1
  check.same_shape(x[{{}, index({1, 2})}], {0, 2})
  check.same_shape(x[tensor.zeros({0}, "bool")], {0, 3})
end)

test("assignment from itself through positions", function()
  local v = fresh()
  v[index({2, 3, 4})] = v["1:3"]
  equal(v:totable(), {10, 10, 20, 30, 50})
  local w = index({2, 3, 1})
  w[w] = w
  equal(w:totable(), {1, 2, 3})
end)

test("assignment by positions converts", function()
  local x = index({1, 2, 3})
  x[index({1, 3})] = tensor({7.9, -7.9})
  equal(x:totable(), {7, 2, -7})
  x[tensor({false, true, false})] = 2.5
  equal(x:totable(), {7, 2, -7})
  local b = tensor({false, false})
  b[index({2})] = 3
  equal(b:totable(), {false, true})
end)

test("nothing is written where a position is wrong", function()
  local x = cube()
  refuses("index 0 at position 2: positions count from 1", function()
    x[index({1, 0})] = 0
  end)
  refuses("index 4 at position %(2, 1%) is outside dim 2 of size 3", function()
    x[{1, index({{1}, {4}})}] = 0
  end)
  refuses("index %-5 at position 1 is outside dim 3 of size 4", function()
    x[{1, {}, index({-5})}] = 0
  end)
  refuses("must hold integers or be a bool mask, this one is float32",
          function() x[tensor({1, 2})] = 0 end)
  refuses("%(2%) and %(3%)", function()
    x[{index({1, 2}), index({1, 2, 3})}] = 0
  end)
  refuses("assignment: the shape %(2%) does not broadcast to %(2, 3, 4%)",
          function() x[index({1, 2})] = tensor({1, 2}) end)
  refuses("a mask of size 2 does not fit dim 2 of size 3", function()
    x[{1, tensor({true, true})}] = 0
  end)
  refuses("more than 8", function()
    x[tensor.ones({1, 1, 1, 1, 1, 1, 1}, "int64")] = 0
  end)
  equal(x:totable(), cube():totable())
end)

test("an index tensor may be a view, and int32 or uint8", function()
  local v = fresh()
  v[index({1, 9, 3, 9, 5})["::2"]] = 0
  equal(v:totable(), {0, 20, 0, 40, 0})
  v[tensor({2}, "uint8")] = 1
  v[tensor(4, "int32"):expand(3)] = tensor({7, 8, 9})
  equal(v:totable(), {0, 1, 0, 9, 0})
end)

-- Keys of all kinds for a shape; index tensors without equal positions.
local function random_key(shape)
  local key, k, d = {}, 0, 1
  while d <= #shape do
    local n, dice = shape[d], math.random(6)
    local flat = tensor.randperm(n)
    k = k + 1
    if dice == 1 then
      key[k] = math.random(n) - (math.random(2) - 1) * (n + 1)
    elseif dice == 2 then
      key[k] = {}
    elseif dice == 3 then
      key[k] = {math.random(n), math.random(n), 2 * math.random(2) - 3}
    elseif dice == 4 then
      key[k] = flat["1:2"]:clone() - (n + 1) * math.random(0, 1)
    elseif dice == 5 then
      key[k] = flat["1:2"]:reshape(2, 1)
    else
      local last = math.min(#shape, d + math.random(0, 1))
      local sizes = table.move(shape, d, last, 1, {})
      local mask = tensor.zeros(sizes, "bool")
      mask:put_(tensor.randperm(mask:numel())["1:2"], true)
      key[k], d = mask, last
    end
    d = d + 1
  end
  return key
end

test("what is assigned through a key is what the key reads", function()
  math.randomseed(5)
  for trial = 1, 400 do
    local shape = {}
    for d = 1, math.random(4) do shape[d] = math.random(2, 5) end
    local count = tensor.zeros(shape):numel()
    local places = tensor.arange(count):reshape(shape)
    local x = tensor.zeros(count):reshape(shape)
    if trial % 3 == 0 then x = x.T:clone().T end
    local key = random_key(shape)
    local meant = places[key]
    meant = tensor.is(meant) and meant or tensor(meant, "int64")
    local values = tensor.arange(meant:numel()):reshape(meant.shape)
    local due = tensor.zeros(shape):put_(meant, values)
    x[key] = values
    equal(x:totable(), due:totable())
    x[key] = -1
    equal(x:totable(), due:put_(meant, -1):totable())
  end
end)

test("assignment takes memory by what is written", function()
  local x = tensor.zeros(1000, 1000)
  local mask = x:eq(1)
  local function taken(f)
    local before = native.memory().allocated
    f()
    return native.memory().allocated - before
  end
  check.truthy(taken(function()
    x[index({1, 5})] = 1
    x[{{}, index({3, 4})}] = 2
    x[{index({1, 2, 3}), index({9})}] = 3
    x[mask] = 4
  end) < 20000)
  equal(x:sum():item(), 2.0 * 998 - 1 + 2 * 2000 + 3 * 3)
end)

test("an expanded tensor is not written", function()
  local x = tensor.zeros(1, 3):expand(2, 3)
  refuses("an expanded tensor shares its elements", function()
    x[index({1})] = 1
  end)
  refuses("an expanded tensor", function() x[x:eq(0)] = 1 end)
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

test("the gradient of assignment", function()
  local x, s = fresh():requires_grad_(), tensor({2, 3}):requires_grad_()
  local y = x * 1
  y["2:3"] = s;
  (y * y):sum():backward()
  equal(x.grad:totable(), {20, 0, 0, 80, 100})
  equal(s.grad:totable(), {4, 6})
end)

test("the gradient of assignment by positions and masks", function()
  local x, s = fresh():requires_grad_(), tensor(2):requires_grad_()
  local y = x * 1
  y[index({1, 5})] = s
  y[tensor({false, true, false, false, false})] = 0;
  (3 * y):sum():backward()
  equal(x.grad:totable(), {0, 0, 3, 3, 0})
  equal(s.grad:item(), 6.0)
end)

test("the gradient of assignment goes to the value that stays", function()
  local x, s = fresh():requires_grad_(), tensor({1, 2, 3}):requires_grad_()
  local y = x * 1
  y[index({2, 2, 5})] = s;
  (y * tensor({1, 2, 3, 4, 5})):sum():backward()
  equal(x.grad:totable(), {1, 0, 3, 4, 0})
  equal(s.grad:totable(), {0, 2, 5})
end)

test("the gradient of assignment by keys of several kinds", function()
  local x = cube():double():requires_grad_()
  local s = tensor({1, 2}, "float64"):requires_grad_()
  local y = x * 1
  y[{2, {1, 2}, index({4, 1})}] = s
  y:sum():backward()
  equal(s.grad:totable(), {2, 2})
  equal(x.grad[1]:sum():item(), 12.0)
  equal(x.grad[2]:totable(), {{0, 1, 1, 0}, {0, 1, 1, 0}, {1, 1, 1, 1}})
end)

test("the gradient of looking by several index tensors", function()
  local x = cube():double():requires_grad_()
  x[{index({1, 2, 1}), {}, index({1, 4, 1})}]:sum():backward()
  equal(x.grad[1]:totable(), {{2, 0, 0, 0}, {2, 0, 0, 0}, {2, 0, 0, 0}})
  equal(x.grad[2]:totable(), {{0, 0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 1}})
end)

test("a leaf is not written while gradients are recorded", function()
  local x = fresh():requires_grad_()
  refuses("requires_grad cannot be changed in place", function()
    x[index({1})] = 0
  end)
  autograd.no_grad(function()
    x[index({1})] = 0
    x[x:gt(45)] = 1
  end)
  equal(x:totable(), {0, 20, 30, 40, 1})
end)

test("a tensor without gradients takes on those of what is assigned",
     function()
  local x, s = tensor.zeros(3), tensor(2):requires_grad_()
  x[2] = s
  equal(x.requires_grad, true)
  x:sum():backward()
  equal(s.grad:item(), 1.0)
end)
