-- counts: different values, counts, places in what is sorted.

local check = require("check")
local test, equal, near = check.test, check.equal, check.near
local refuses, lists = check.refuses, check.lists

local NAN, INF = 0 / 0, math.huge

local function index(list) return tensor(list, "int64") end

-- Different values -----------------------------------------------------------

test("unique", function()
  local values, inverse, counts = tensor({{3, 1}, {3, 2}}):unique()
  equal(values:totable(), {1, 2, 3})
  equal(inverse:totable(), {{3, 1}, {3, 2}})
  equal(counts:totable(), {1, 1, 2})
  equal(inverse.dtype, "int64")
  equal(values.dtype, "float32")
  equal(tensor({true, false, true}):unique():totable(), {false, true})
  equal(select("#", tensor({1}):unique()), 3)
end)

test("unique: NaN is one value, and so is zero", function()
  local values, inverse, counts = tensor({NAN, 0, -0.0, NAN, 1}):unique()
  near(values, {0, 1, NAN})
  equal(inverse:totable(), {3, 1, 1, 3, 2})
  equal(counts:totable(), {2, 1, 2})
end)

test("unique slices", function()
  local x = tensor({{2, 1}, {1, 9}, {2, 1}, {1, 3}}, "int64")
  equal({lists(x:unique(1))},
        {{{1, 3}, {1, 9}, {2, 1}}, {3, 2, 3, 1}, {1, 1, 2}})
  equal({lists(x.T:unique(2))},
        {{{1, 1, 2}, {3, 9, 1}}, {3, 2, 3, 1}, {1, 1, 2}})
  equal({lists(x:unique(-1))},
        {{{1, 2}, {9, 1}, {1, 2}, {3, 1}}, {2, 1}, {1, 1}})
  local y = tensor.randint(0, 2, {500, 3})
  local values, inverse, counts = y:unique(1)
  equal(values:index_select(1, inverse) == y, true)
  equal(counts:sum():item(), 500)
  equal(inverse:bincount() == counts, true)
end)

test("unique of nothing, of one, of slices of nothing", function()
  local values, inverse, counts = tensor.zeros(0):unique()
  equal({#values, #inverse, #counts}, {0, 0, 0})
  values, inverse, counts = tensor(5):unique()
  equal({lists(values, counts)}, {{5}, {1}})
  equal(inverse:item(), 1)
  equal(inverse.ndim, 0)
  values, inverse, counts = tensor.zeros(3, 0):unique(1)
  check.same_shape(values, {1, 0})
  equal({lists(inverse, counts)}, {{1, 1, 1}, {3}})
  check.same_shape((tensor.zeros(0, 3):unique(1)), {0, 3})
end)

-- Counts ---------------------------------------------------------------------

test("bincount counts from 1", function()
  equal(index({1, 3, 3, 2, 3}):bincount():totable(), {1, 1, 3})
  equal(index({2}):bincount(nil, 4):totable(), {0, 1, 0, 0})
  equal(index({3}):bincount({minlength=2}):totable(), {0, 0, 1})
  equal(index({{1, 2}, {2, 2}}):bincount():totable(), {1, 3})
  equal(tensor({255, 1}, "uint8"):bincount():numel(), 255)
  equal(index({}):bincount():totable(), {})
  equal(index({}):bincount(nil, 2):totable(), {0, 0})
  equal(index({1}):bincount().dtype, "int64")
end)

test("bincount with weights", function()
  local x, w = index({2, 1, 2}), tensor({0.5, 2, 1})
  equal(x:bincount(w):totable(), {2, 1.5})
  equal(x:bincount(w, 3):totable(), {2, 1.5, 0})
  equal(x:bincount(w).dtype, "float32")
  equal(x:bincount(index({1, 1, 1})).dtype, "float64")
  equal(x:byte():bincount(w):totable(), {2, 1.5})
  w:requires_grad_();
  (x:bincount(w) * tensor({1, 10})):sum():backward()
  equal(w.grad:totable(), {10, 1, 10})
end)

test("what bincount refuses", function()
  refuses("bincount: the value 0 at position 2 cannot be counted: values are "
    .. "places, which count from 1", function() index({1, 0}):bincount() end)
  refuses("the value %-3 at position 1", function() index({-3}):bincount() end)
  refuses("bincount: counts whole numbers, not float32", function()
    tensor({1, 2}):bincount()
  end)
  refuses("not bool", function() tensor({true}):bincount() end)
  refuses("weights of shape %(1%) do not go with values of shape %(2%)",
          function() index({1, 2}):bincount(tensor({1})) end)
  refuses("minlength is %-1", function() index({1}):bincount(nil, -1) end)
  refuses("not enough memory", function()
    index({math.maxinteger}):bincount()
  end)
  refuses("not enough memory", function() index({1 << 50}):bincount() end)
end)

test("histc", function()
  equal(tensor({1, 2, 2, 4}):histc(3, 1, 4):totable(), {1, 2, 1})
  equal(tensor({1, 2, 2, 4}):histc(3):totable(), {1, 2, 1})
  equal(tensor({0, 1, 5, NAN, INF}):histc(2, 0, 2):totable(), {1, 1})
  equal(tensor({3, 3}):histc(4):totable(), {0, 0, 2, 0})
  equal(tensor.zeros(0):histc(2):totable(), {0, 0})
  equal(tensor({1, 2}, "int64"):histc(2).dtype, "float32")
  equal(tensor({1, 2}, "float64"):histc(2).dtype, "float64")
  equal(#tensor.rand(10):histc(), 100)
  equal(tensor({-1e308, 1e308}, "float64"):histc(2):totable(), {1, 1})
  equal(tensor.rand(50, 4).T:histc(7, 0, 1):sum():item(), 200.0)
end)

test("what histc refuses", function()
  local x = tensor({1, NAN})
  refuses("histc: element 2 is %-?nan: without min and max, all elements must "
    .. "be finite", function() x:histc() end)
  refuses("element 1 is inf", function() tensor({INF}):histc(2) end)
  refuses("bins is 0, it must be 1 or more", function() x:histc(0) end)
  refuses("no range from min = 2 to max = 1", function() x:histc(3, 2, 1) end)
  refuses("no range from min = %-inf", function() x:histc(3, -INF, 1) end)
end)

test("count_nonzero", function()
  local x = tensor({{0, 1, NAN}, {0, 0, -2}})
  equal(x:count_nonzero():item(), 3)
  equal(x:count_nonzero(1):totable(), {0, 1, 2})
  equal(x:count_nonzero(2, true):totable(), {{2}, {1}})
  equal(x:count_nonzero().dtype, "int64")
  equal(tensor({true, false}):count_nonzero():item(), 1)
  equal(tensor(0):count_nonzero():item(), 0)
  equal(tensor.zeros(0):count_nonzero():item(), 0)
end)

-- Places in what is sorted ---------------------------------------------------

test("searchsorted", function()
  local row = tensor({1, 3, 3, 5})
  equal(tensor.searchsorted(row, tensor({0, 1, 3, 4, 9})):totable(),
        {1, 1, 2, 4, 5})
  equal(tensor.searchsorted(row, tensor({0, 1, 3, 4, 9}), true):totable(),
        {1, 2, 4, 4, 5})
  equal(row:searchsorted(3):item(), 2)
  equal(row:searchsorted(3, true):item(), 4)
  check.same_shape(row:searchsorted(tensor.rand(2, 3)), {2, 3})
  equal(tensor.zeros(0):searchsorted(tensor({1, 2})):totable(), {1, 1})
end)

test("searchsorted in rows of their own", function()
  local rows = tensor({{1, 2, 3}, {10, 20, 30}})
  local values = tensor({{2, 9}, {2, 25}})
  equal(rows:searchsorted(values):totable(), {{2, 4}, {1, 3}})
  equal(rows.T:contiguous().T:searchsorted(values.T:contiguous().T):totable(),
        {{2, 4}, {1, 3}})
end)

test("searchsorted puts NaN last and meets other dtypes", function()
  local row = tensor({1, 2, NAN})
  equal(row:searchsorted(tensor({NAN, INF})):totable(), {3, 3})
  equal(row:searchsorted(tensor({NAN, INF}), true):totable(), {4, 3})
  equal(index({1, 2, 3}):searchsorted(2.5):item(), 3)
  equal(index({1, (1 << 24) + 1}):searchsorted(2.0 ^ 24):item(), 2)
  equal(tensor({0.1}):searchsorted(0.1, true):item(), 2)
  equal(tensor({0.0}):searchsorted(-0.0, true):item(), 2)
end)

test("searchsorted agrees with counting", function()
  local row = tensor.randint(1, 50, {100}):sort()
  local values = tensor.randint(0, 51, {60})
  local less = row:unsqueeze(1):lt(values:unsqueeze(2)):sum(2)
  local not_more = row:unsqueeze(1):le(values:unsqueeze(2)):sum(2)
  equal(row:searchsorted(values) == less + 1, true)
  equal(row:searchsorted(values, true) == not_more + 1, true)
end)

test("what searchsorted refuses", function()
  refuses("searchsorted: values of shape %(3%) do not go with sorted ones of "
    .. "shape %(2, 3%)", function()
    tensor.zeros(2, 3):searchsorted(tensor.zeros(3))
  end)
  refuses("of shape %(%)", function() tensor(1):searchsorted(2) end)
end)
