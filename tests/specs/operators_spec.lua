-- operators: dtypes that meet, arithmetic, comparisons, broadcasting.

local check = require("check")
local test, equal = check.test, check.equal
local refuses = check.refuses

local function ints(list) return tensor(list, "int64") end

-- Promotion ------------------------------------------------------------------

test("promotion of two tensors", function()
  local expected = {
    {"float32", "float64", "float64"}, {"float32", "int64", "float32"},
    {"float64", "int32", "float64"}, {"int64", "int32", "int64"},
    {"int32", "uint8", "int32"}, {"uint8", "bool", "uint8"},
    {"bool", "float32", "float32"}, {"uint8", "int64", "int64"},
  }
  for _, row in ipairs(expected) do
    local a, b = tensor.ones(2, row[1]), tensor.ones(2, row[2])
    equal((a + b).dtype, row[3])
    equal((b * a).dtype, row[3])
  end
end)

test("a number never widens a tensor within its kind", function()
  equal((tensor({1}) + 2.5).dtype, "float32")
  equal((tensor({1}, "uint8") + 2).dtype, "uint8")
  equal((tensor({1}, "int32") + 2).dtype, "int32")
  equal((tensor({1}, "float64") * 2).dtype, "float64")
  equal((ints({1}) + 2.5).dtype, "float32")
  equal((tensor({true}) + 2).dtype, "int64")
end)

test("/ on integers gives the default float", function()
  equal((ints({7}) / 2):totable(), {3.5})
  equal((ints({7}) / ints({2})).dtype, "float32")
  equal((ints({7, -7}) / 0):totable(), {1 / 0, -1 / 0})
end)

-- Operators ------------------------------------------------------------------

local sample = {7, -7, 1, -1, 12, -12, 3, -5}

test("integer operators are Lua's own", function()
  for _, a in ipairs(sample) do
    for _, b in ipairs(sample) do
      local x, y = ints({a}), ints({b})
      equal((x + y)[1], a + b)
      equal((x - y)[1], a - b)
      equal((x * y)[1], a * b)
      equal((x // y)[1], a // b)
      equal((x % y)[1], a % b)
      equal((x // b)[1], a // b)
      equal((a % y)[1], a % b)
    end
  end
end)

test("float operators are Lua's own", function()
  for _, a in ipairs({7.5, -7.5, 0.0, 2.0, 1 / 0}) do
    for _, b in ipairs({2.0, -2.0, 0.5, -3.5, 1 / 0, -1 / 0}) do
      local x, y = tensor({a}, "float64"), tensor({b}, "float64")
      check.near((x / y)[1], a / b, 1e-12)
      check.near((x // y)[1], a // b, 1e-12)
      check.near((x % y)[1], a % b, 1e-12)
      check.near((x ^ y)[1], a ^ b, 1e-9)
    end
  end
end)

test("integers wrap around, as Lua's", function()
  equal((ints({math.maxinteger}) + 1)[1], math.mininteger)
  equal((ints({math.mininteger}) // -1)[1], math.mininteger // -1)
  equal((ints({math.mininteger}) % -1)[1], 0)
  equal((-ints({math.mininteger}))[1], math.mininteger)
end)

test("an integer divided by 0 is an error, a float is not", function()
  refuses("an integer is divided by 0", function() return ints({1}) // 0 end)
  refuses("an integer is divided by 0", function() return ints({1}) % 0 end)
  refuses("divided by 0", function() return tensor({5}, "uint8") // 0 end)
  equal((tensor({7, -7}) // 0):totable(), {1 / 0, -1 / 0})
end)

test("numbers on the left", function()
  equal((10 - tensor({1}))[1], 9.0)
  equal((2 ^ tensor({3}))[1], 8.0)
  equal((7 // ints({2}))[1], 3)
  equal((1 / tensor({4}))[1], 0.25)
end)

test("comparisons give bool tensors", function()
  local x = ints({1, 2, 3})
  equal(x:lt(2):totable(), {true, false, false})
  equal(x:le(2):totable(), {true, true, false})
  equal(x:gt(2):totable(), {false, false, true})
  equal(x:ge(2):totable(), {false, true, true})
  equal(x:eq(2):totable(), {false, true, false})
  equal(x:ne(2).dtype, "bool")
end)

test("== is one boolean", function()
  equal(tensor({1, 2}) == tensor({1, 2}), true)
  equal(tensor({1, 2}) == tensor({1, 3}), false)
  equal(tensor({1}) == ints({1}), true)
  equal(tensor({1, 1}) == tensor({1}), false)
  equal(tensor({0 / 0}) == tensor({0 / 0}), false)
  equal(tensor({}) == tensor({}), true)
end)

test("< is for 0-d tensors and numbers", function()
  equal(tensor(1) < tensor(2), true)
  equal(tensor(1) >= 2, false)
  equal(1 <= tensor(1), true)
  refuses("a:lt%(b%)", function() return tensor({1}) < tensor({2}) end)
end)

test("& | ~ on bool", function()
  local a, b = tensor({true, true, false}), tensor({true, false, false})
  equal((a & b):totable(), {true, false, false})
  equal((a | b):totable(), {true, true, false})
  equal((a ~ b):totable(), {false, true, false})
  equal((~a):totable(), {false, false, true})
  refuses("works on bool tensors", function() return tensor({1}) & a end)
  refuses("works on numbers", function() return -a end)
end)

test("broadcasting", function()
  local x = tensor({{1}, {2}}) + tensor({10, 20, 30})
  equal(x:totable(), {{11, 21, 31}, {12, 22, 32}})
  check.same_shape(tensor.ones(4, 1, 3) * tensor.ones(2, 1), {4, 2, 3})
  check.same_shape(tensor.ones(0, 3) + tensor.ones(1, 3), {0, 3})
  refuses("add: the shapes %(2%) and %(3%) do not broadcast", function()
    return tensor.ones(2) + tensor.ones(3)
  end)
end)

-- Equal, or NaN both.
local function same(got, expected, what)
  check.truthy(got == expected or got ~= got and expected ~= expected, what)
end

test("// and % of extreme numbers are Lua's", function()
  local list = {0 / 0, 1 / 0, -1 / 0, 0.0, -0.0, 1e-40, 1e300, -2.5, 3.0}
  local x = tensor(list, "float64")
  local quotients = (x:unsqueeze(2) // x):totable()
  local remainders = (x:unsqueeze(2) % x):totable()
  for i, a in ipairs(list) do
    for j, b in ipairs(list) do
      same(quotients[i][j], a // b, a .. " // " .. b)
      same(remainders[i][j], a % b, a .. " % " .. b)
    end
  end
end)

test("powers by plain numbers are those by tensors", function()
  local x = tensor({0, -0.0, 2, math.huge, -math.huge, 0/0, -3, 1e-45})
  for _, e in ipairs {2, -1, 0, 1, 3, -2} do
    check.equal((x ^ e):totable(), (x ^ tensor.full({8}, e)):totable())
  end
  check.equal((tensor({2, 1, -1}, "int64") ^ -1):totable(), {0, 1, -1})
end)
