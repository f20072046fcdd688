-- assignment: x[...] = source by keys of all forms.

local check = require("check")
local native = require("native")
local test, equal = check.test, check.equal
local refuses = check.refuses

local function fresh() return tensor({10, 20, 30, 40, 50}) end

-- 1..24 as (2, 3, 4): the element at (i, j, k) is 12 (i - 1) + 4 (j - 1) + k.
local function cube() return tensor.arange(24):reshape(2, 3, 4) end

local function index(list) return tensor(list, "int64") end

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
