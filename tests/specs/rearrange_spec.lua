-- rearrange: elements in other places, margins, windows, and writing to
-- places.

local check = require("check")
local test, equal = check.test, check.equal
local refuses = check.refuses

local function index(list) return tensor(list, "int64") end

local function row() return tensor.arange(5) end
local function grid() return tensor.arange(6):reshape(2, 3) end

-- flip, rot90 ----------------------------------------------------------------

test("flip", function()
  equal(row():flip():totable(), {5, 4, 3, 2, 1})
  equal(grid():flip():totable(), {{6, 5, 4}, {3, 2, 1}})
  equal(grid():flip(1):totable(), {{4, 5, 6}, {1, 2, 3}})
  equal(grid():flip({-1, 1}):totable(), {{6, 5, 4}, {3, 2, 1}})
  equal(tensor(3):flip():item(), 3.0)
  check.same_shape(tensor.zeros(0, 3):flip(), {0, 3})
end)

test("flip is a view; flip_ writes", function()
  local x = grid()
  x:flip(2)[1]:fill_(0)
  equal(x:totable(), {{0, 0, 0}, {4, 5, 6}})
  equal(x:flip_({1, 2}):totable(), {{6, 5, 4}, {0, 0, 0}})
end)

test("flip: refused", function()
  refuses("flip: dim 3 does not exist: the tensor has 2 dims",
          function() grid():flip(3) end)
  refuses("flip: dim 1 is named twice", function() grid():flip({1, -2}) end)
end)

test("rot90: quarter turns", function()
  local x = grid()
  equal(x:rot90():totable(), {{3, 6}, {2, 5}, {1, 4}})
  equal(x:rot90(2):totable(), {{6, 5, 4}, {3, 2, 1}})
  equal(x:rot90(-1):totable(), {{4, 1}, {5, 2}, {6, 3}})
  equal(x:rot90(4):totable(), x:totable())
  equal(x:rot90(math.mininteger):totable(), x:totable())
  equal(x:rot90(1, {2, 1}):totable(), x:rot90(-1):totable())
  check.same_shape(tensor.zeros(2, 3, 4):rot90(1, {1, 3}), {4, 3, 2})
  refuses("rot90: dim 1 is named twice",
          function() x:rot90(1, {1, -2}) end)
  refuses("rot90: turns in the plane of two dims, got 1",
          function() x:rot90(1, {1}) end)
  refuses("rot90: dim 2 does not exist: the tensor has 1 dim",
          function() row():rot90() end)
end)

-- roll, movedim --------------------------------------------------------------

test("roll", function()
  equal(row():roll(2):totable(), {4, 5, 1, 2, 3})
  equal(row():roll(-1):totable(), {2, 3, 4, 5, 1})
  equal(row():roll(12):totable(), {4, 5, 1, 2, 3})
  equal(row():roll(math.mininteger):totable(),
        row():roll(math.mininteger % 5):totable())
  equal(grid():roll(1):totable(), {{6, 1, 2}, {3, 4, 5}})
  equal(grid():roll(1, 2):totable(), {{3, 1, 2}, {6, 4, 5}})
  equal(grid():roll({1, -1}, {1, 2}):totable(), {{5, 6, 4}, {2, 3, 1}})
  equal(grid():roll(1, {1, 2}):totable(), {{6, 4, 5}, {3, 1, 2}})
  equal(grid():roll({1, 1}, {2, 2}):totable(), grid():roll(2, 2):totable())
  equal(grid().T:roll(1, 1)[1]:totable(), {3, 6})
  equal(tensor(3):roll(4):item(), 3.0)
  check.same_shape(tensor.zeros(0, 3):roll(1, 1), {0, 3})
  local x = row()
  x["2:4"]:roll_(1)
  equal(x:totable(), {1, 4, 2, 3, 5})
end)

test("roll: refused", function()
  refuses("roll: 2 shifts need as many dims", function() row():roll({1, 2}) end)
  refuses("roll: 2 shifts do not go with 1 dims",
          function() row():roll({1, 2}, 1) end)
  refuses("roll: dim 2 does not exist", function() row():roll(1, 2) end)
  refuses("roll: dim 0 does not exist: dims count from 1",
          function() row():roll(1, 0) end)
end)

test("movedim", function()
  local x = tensor.zeros(2, 3, 4)
  check.same_shape(x:movedim(1, -1), {3, 4, 2})
  check.same_shape(x:movedim({1, 2}, {3, 1}), {3, 4, 2})
  check.same_shape(x:movedim({}, {}), {2, 3, 4})
  refuses("movedim: 2 dims do not go to 1 places",
          function() x:movedim({1, 2}, 1) end)
  refuses("movedim: dim 1 is named twice",
          function() x:movedim({1, -3}, {1, 2}) end)
  refuses("movedim: dim 4 does not exist", function() x:movedim(1, 4) end)
end)

test("squeeze and unsqueeze take several dims", function()
  local x = tensor.zeros(1, 3, 1)
  check.same_shape(x:squeeze({1, -1}), {3})
  check.same_shape(x:squeeze({2, 3}), {1, 3})
  check.same_shape(tensor.zeros(3):unsqueeze({1, -1}), {1, 3, 1})
  check.same_shape(tensor.zeros(3):unsqueeze(2, 3), {3, 1, 1})
  refuses("unsqueeze: dim 3 does not exist: the result has 2 dims",
          function() tensor.zeros(3):unsqueeze(3) end)
  refuses("unsqueeze: dim 0 does not exist: dims count from 1",
          function() tensor.zeros(3):unsqueeze(0) end)
  refuses("unsqueeze: dim 2 is named twice",
          function() tensor.zeros(3):unsqueeze({2, -2}) end)
  refuses("unsqueeze: a tensor has at most 8 dims", function()
    tensor.zeros(3):unsqueeze({1, 2, 3, 4, 5, 6, 7, 8})
  end)
end)

-- repeat_interleave, meshgrid --------------------------------------------------

test("repeat_interleave", function()
  equal(grid():repeat_interleave(2):totable(),
        {1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6})
  equal(grid():repeat_interleave(2, 1):totable(),
        {{1, 2, 3}, {1, 2, 3}, {4, 5, 6}, {4, 5, 6}})
  equal(grid():repeat_interleave(index({1, 0, 2}), -1):totable(),
        {{1, 3, 3}, {4, 6, 6}})
  equal(row():repeat_interleave(index({2})):numel(), 10)
  check.same_shape(row():repeat_interleave(0), {0})
  check.same_shape(tensor.zeros(0, 2):repeat_interleave(3, 1), {0, 2})
end)

test("repeat_interleave: refused", function()
  refuses("a count cannot be negative: %-1",
          function() row():repeat_interleave(-1) end)
  refuses("takes one count, or one for each of the 5 positions",
          function() row():repeat_interleave(index({1, 2})) end)
  refuses("the counts must be whole numbers or an integer tensor of them, not "
    .. "float", function() row():repeat_interleave(1.5) end)
  refuses("memory", function() row():repeat_interleave(math.maxinteger) end)
end)

test("meshgrid", function()
  local a, b = tensor.arange(2), tensor.arange(3)
  local ij, xy = tensor.meshgrid({a, b}), tensor.meshgrid({a, b}, "xy")
  equal(#ij, 2)
  equal(ij[1]:totable(), {{1, 1, 1}, {2, 2, 2}})
  equal(ij[2]:totable(), {{1, 2, 3}, {1, 2, 3}})
  equal(xy[1]:totable(), {{1, 2}, {1, 2}, {1, 2}})
  equal(xy[2]:totable(), {{1, 1}, {2, 2}, {3, 3}})
  equal(tensor.meshgrid({a}, {indexing="xy"})[1]:totable(), {1, 2})
  check.same_shape(tensor.meshgrid({a, tensor(3)})[2], {2, 1})
  equal(#tensor.meshgrid({}), 0)
  refuses("meshgrid: tensor 2 must have 1 dim, not 2",
          function() tensor.meshgrid({a, grid()}) end)
  refuses("meshgrid: takes at most 8 tensors, not 9",
          function() tensor.meshgrid({a, a, a, a, a, a, a, a, a}) end)
  refuses("an expanded tensor", function() ij[1]:fill_(0) end)
end)

-- pad ------------------------------------------------------------------------

test("pad: constant margins", function()
  equal(tensor({1, 2}):pad(1):totable(), {0, 1, 2, 0})
  equal(grid():pad({1, 0}):totable(), {{0, 1, 2, 3}, {0, 4, 5, 6}})
  equal(grid():pad({0, 0, 1, 0}, "constant", 7):totable(),
        {{7, 7, 7}, {1, 2, 3}, {4, 5, 6}})
  equal(grid():pad(1, {value=-1})[1]:totable(), {-1, -1, -1, -1, -1})
  equal(tensor({true}):pad(1):totable(), {false, true, false})
  check.near(tensor({1}):pad({1, 0}, "constant", 0 / 0), {0 / 0, 1})
  check.same_shape(tensor.zeros(0, 2):pad(1), {2, 4})
  equal(tensor(3):pad(2):item(), 3.0)
  equal(grid():pad({}):totable(), grid():totable())
  equal(grid().T:pad({0, 1}):totable(), {{1, 4, 0}, {2, 5, 0}, {3, 6, 0}})
end)

test("pad: negative margins take away", function()
  equal(row():pad(-1):totable(), {2, 3, 4})
  equal(row():pad({-2, 1}):totable(), {3, 4, 5, 0})
  equal(row():pad({-5, 0}):totable(), {})
  equal(row():pad({-7, 3}):totable(), {0})
  refuses("pad: dim 1 of size 5 is too small to lose 6",
          function() row():pad(-3) end)
end)

test("pad: margins that repeat", function()
  equal(row():pad({2, 3}, "reflect"):totable(), {3, 2, 1, 2, 3, 4, 5, 4, 3, 2})
  equal(tensor({1, 2}):pad(3, "reflect"):totable(), {2, 1, 2, 1, 2, 1, 2, 1})
  equal(tensor({1}):pad(2, "reflect"):totable(), {1, 1, 1, 1, 1})
  equal(row():pad({2, 1}, "replicate"):totable(), {1, 1, 1, 2, 3, 4, 5, 5})
  equal(row():pad({1, 6}, "circular"):totable(),
        {5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1})
  equal(grid():pad({0, 0, 1, 1}, "circular")[1]:totable(), {4, 5, 6})
  check.same_shape(tensor.zeros(0, 2):pad({1, 1}, "replicate"), {0, 4})
end)

test("pad: refused", function()
  refuses("pad: padding is one number for all sides, or pairs {before, after} "
    .. "from the last dim on; 3 numbers are neither",
    function() grid():pad({1, 2, 3}) end)
  refuses("pad: 2 pairs of padding for a tensor with 1 dim",
          function() row():pad({1, 1, 1, 1}) end)
  refuses('only the mode "constant" takes negative padding, not "reflect"',
          function() row():pad(-1, "reflect") end)
  refuses('pad: dim 1 is empty, so the mode "circular" has nothing',
          function() tensor.zeros(0):pad(1, "circular") end)
  refuses("pad: the value 0.5 does not fit into a tensor of int64",
          function() row():pad(1, "constant", 0.5) end)
  refuses("argument 3 %(mode%) must be one of constant|reflect",
          function() row():pad(1, "mirror") end)
  refuses("memory", function() row():pad(math.maxinteger) end)
  refuses("", function() row():pad(2 ^ 61) end)
  refuses("whole numbers", function() row():pad({{1, 2}}) end)
end)

-- unfold ---------------------------------------------------------------------

test("unfold", function()
  equal(row():unfold(1, 3):totable(), {{1, 2, 3}, {2, 3, 4}, {3, 4, 5}})
  equal(row():unfold(1, 2, 2):totable(), {{1, 2}, {3, 4}})
  equal(row():unfold(1, 5, 99):totable(), {{1, 2, 3, 4, 5}})
  equal(grid():unfold(1, 2):totable(), {{{1, 4}, {2, 5}, {3, 6}}})
  equal(row()["::-1"]:unfold(1, 2, 3):totable(), {{5, 4}, {2, 1}})
  equal(row():unfold(1, 3):sum(-1):totable(), {6, 9, 12})
  local x = tensor.arange(20):double()
  check.near(x:unfold(1, 4):matmul(x:unfold(1, 4).T),
             x:unfold(1, 4):clone():matmul(x:unfold(1, 4).T:clone()))
end)

test("unfold: windows that overlap are not written", function()
  local x = tensor.zeros(5)
  refuses("shares its elements", function() x:unfold(1, 3):fill_(1) end)
  refuses("shares its elements", function() x:unfold(1, 3)[{1, 1}] = 1 end)
  x:unfold(1, 2, 3):fill_(1)
  x:unfold(1, 3)[3]:fill_(2)
  equal(x:totable(), {1, 1, 2, 2, 2})
end)

test("unfold: refused", function()
  refuses("windows of size 6 do not fit into dim 1 of size 5",
          function() row():unfold(1, 6) end)
  refuses("windows of size 0 do not fit", function() row():unfold(1, 0) end)
  refuses("the step must be 1 or more, not 0",
          function() row():unfold(1, 2, 0) end)
end)

-- take, put_, scatter_, index_add_ ---------------------------------------------

test("take along a dim", function()
  local x = grid()
  equal(x:take(index({{6, -1}, {1, 2}})):totable(), {{6, 6}, {1, 2}})
  equal(x:take(index({3, 1}), 2):totable(), {{3, 1}, {6, 4}})
  check.same_shape(x:take(index({{1, 2}, {2, 1}, {1, 1}}), 1), {3, 2, 3})
  equal(x:take(index(2), 1):totable(), {4, 5, 6})
  refuses("index 4 at position 1 is outside dim 2 of size 3",
          function() x:take(index({4}), 2) end)
  refuses("take: the index must hold positions, not bool",
          function() x:take(tensor({true, false}), 1) end)
end)

test("put_", function()
  local x = tensor.zeros(2, 3)
  equal(x:put_(index({2, -1, 2}), tensor({5, 6, 7})):totable(),
        {{0, 7, 0}, {0, 0, 6}})
  x.T:put_(index({2}), 9)
  equal(x:totable(), {{0, 7, 0}, {9, 0, 6}})
  refuses("put_: index 7 at position 1: the tensor has 6 elements",
          function() x:put_(index({7}), 1) end)
  refuses("put_: the index must be int64 or int32, not float32",
          function() x:put_(tensor({1}), 1) end)
  refuses("put_: the shape %(2%) does not broadcast to %(3%)",
          function() x:put_(index({1, 2, 3}), tensor({1, 2})) end)
end)

test("scatter_", function()
  local x = tensor.zeros(2, 3)
  equal(x:scatter_(2, index({{2}, {-1}}), 1):totable(), {{0, 1, 0}, {0, 0, 1}})
  equal(x:scatter_(1, index({{2, 1, 2}}), tensor({{5, 6, 7}})):totable(),
        {{0, 6, 0}, {5, 0, 7}})
  equal(tensor.zeros(3):scatter_(1, index({1, 1}), tensor({4, 5, 6})):totable(),
        {5, 0, 0})
  local y = grid()
  equal(y:scatter_(2, index({{1, 2, 3}}), y:flip(2)):totable(),
        {{3, 2, 1}, {4, 5, 6}})
end)

test("scatter leaves x, scatter_add_ adds", function()
  local x = tensor.ones(3)
  equal(x:scatter(1, index({2}), 7):totable(), {1, 7, 1})
  equal(x:scatter_add(1, index({2, 2}), tensor({1, 2})):totable(), {1, 4, 1})
  equal(x:totable(), {1, 1, 1})
  equal(x:scatter_add_(1, index({1, 1, 3}), 2):totable(), {5, 1, 3})
  equal(index({1, 1}):scatter_add_(1, index({1}), 3):totable(), {4, 1})
end)

test("scatter_: refused, and nothing is written", function()
  local x = tensor.zeros(2, 3)
  refuses("scatter_: an index of shape %(3%) does not go with a tensor of shape "
    .. "%(2, 3%)", function() x:scatter_(1, index({1, 2, 1}), 1) end)
  refuses("scatter_: an index of shape %(1, 4%) does not go with a tensor",
          function() x:scatter_(1, index({{1, 1, 1, 1}}), 1) end)
  refuses("scatter_: an index of shape %(1, 2%) does not go with a source of "
    .. "shape %(1, 1%)",
    function() x:scatter_(1, index({{1, 1}}), tensor({{1}})) end)
  refuses("scatter: index 3 at position %(1, 2%): dim 1 has size 2",
          function() x:scatter_(1, index({{1, 3}}), 1) end)
  refuses("scatter_add_: the source is float32, which does not fit into a "
    .. "tensor of int64",
    function() grid():scatter_add_(1, index({{1}}), tensor({{1}})) end)
  equal(x:sum():item(), 0.0)
end)

test("index_copy_, index_fill_, index_add_", function()
  local x = tensor.zeros(3, 2)
  x:index_copy_(1, index({3, 3}), tensor({{1, 2}, {3, 4}}))
  equal(x:totable(), {{0, 0}, {0, 0}, {3, 4}})
  x:index_add_(1, index({3, 3}), tensor({{1, 1}, {1, 1}}))
  equal(x[3]:totable(), {5, 6})
  x:index_fill_(2, index({-1}), 9)
  equal(x:totable(), {{0, 9}, {0, 9}, {5, 9}})
  equal(x:index_add(2, index({1}), x["..., 2:"])[3]:totable(), {14, 9})
  equal(x:index_fill(1, index({1}), 3)[1]:totable(), {3, 3})
  equal(x:index_copy(1, index({2}), tensor({{7, 8}}))[2]:totable(), {7, 8})
  equal(x:totable(), {{0, 9}, {0, 9}, {5, 9}})
end)

test("index_copy_ and its kin: refused", function()
  local x = tensor.zeros(3, 2)
  refuses("index_copy_: the source must have shape %(2, 2%) .*, not %(2%)",
          function() x:index_copy_(1, index({1, 2}), tensor({1, 2})) end)
  refuses("index_add_: the index must be an integer tensor with 1 dim, not "
    .. "int64 with 2", function() x:index_add_(1, index({{1}}), x) end)
  refuses("index_fill_: the value must be a number or a tensor without dims, "
    .. "not one with 1",
    function() x:index_fill_(1, index({1}), tensor({1})) end)
  refuses("index_fill_: index 4 at position 1 is outside dim 1 of size 3",
          function() x:index_fill_(1, index({4}), 1) end)
  refuses("index_add_: the source is float32, which does not fit",
          function() x:long():index_add_(1, index({1, 2, 3}), x) end)
end)

test("the gradient of repeated writes goes to the last", function()
  local s = tensor({1, 2, 3}):requires_grad_()
  tensor.zeros(4):scatter(1, index({2, 2, 1}), s):sum():backward()
  equal(s.grad:totable(), {0, 1, 1})
  s:zero_grad()
  tensor.zeros(4):put_(index({2, 2, 1}), s):sum():backward()
  equal(s.grad:totable(), {0, 1, 1})
end)

test("transpose takes two dims, all of them, or none", function()
  local x = tensor.arange(24):reshape(2, 3, 4)
  check.equal(x:transpose(2, 3, 1) == x:permute(2, 3, 1), true)
  check.equal(x:transpose({-1, 1, 2}) == x:permute(3, 1, 2), true)
  check.equal(x:transpose({1, -1}) == x:permute(3, 2, 1), true)
  check.equal(x:transpose() == x.T, true)
  check.same_shape(tensor.ones(2, 3):transpose(2, 1), {3, 2})
  check.same_shape(tensor.ones(2, 3):transpose(1, 2), {3, 2})
  check.error_matches(function() x:transpose(1, 1, 2) end,
    "transpose: %(1, 1, 2%) does not name each of the dims 1..3 once")
  check.error_matches(function() x:transpose(1) end, "takes two dims, or none")
  check.error_matches(function() x:transpose(1, 4) end,
    "transpose: dim 4 does not exist: the tensor has 3 dims")
  check.error_matches(function() x:transpose(0, 1) end, "dim 0 does not exist")
end)
