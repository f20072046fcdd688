-- matrix: diagonals, triangles, and products by other names.

local check = require("check")
local test, equal = check.test, check.equal
local refuses = check.refuses

local function grid(...) return tensor.arange(1, 12):reshape(...) end

-- Diagonals ------------------------------------------------------------------

test("diagonal: offsets", function()
  local x = grid(3, 4)
  equal(x:diagonal():totable(), {1, 6, 11})
  equal(x:diagonal(1):totable(), {2, 7, 12})
  equal(x:diagonal(3):totable(), {4})
  equal(x:diagonal(4):totable(), {})
  equal(x:diagonal(-2):totable(), {9})
  equal(x:diagonal(-3):totable(), {})
  equal(grid(6, 2):diagonal(-1):totable(), {3, 6})
  equal(grid(2, 6):diagonal(1):totable(), {2, 9})
  equal(x:diagonal(math.mininteger):totable(), {})
  equal(x:diagonal(math.maxinteger):totable(), {})
end)

test("diagonal: of many matrices, in any two dims", function()
  local x = grid(2, 2, 3)
  equal(x:diagonal(0, 2, 3):totable(), {{1, 5}, {7, 11}})
  equal(x:diagonal(0, -1, -2):totable(), {{1, 5}, {7, 11}})
  equal(x:diagonal():totable(), {{1, 10}, {2, 11}, {3, 12}})
end)

test("diagonal: a view that can be written", function()
  local x = tensor.zeros(3, 3)
  x:diagonal():fill_(1)
  x:diagonal(1):copy_(tensor({5, 6}))
  equal(x:totable(), {{1, 5, 0}, {0, 1, 6}, {0, 0, 1}})
end)

test("diagonal: refused", function()
  refuses("diagonal: takes a tensor with 2 dims or more, not 1",
          function() tensor.zeros(3):diagonal() end)
  refuses("diagonal: the two dims must differ, both are 2",
          function() grid(3, 4):diagonal(0, 2, -1) end)
  refuses("dim 3 does not exist", function() grid(3, 4):diagonal(0, 1, 3) end)
  refuses("argument 2 %(offset%) must be a whole number",
          function() grid(3, 4):diagonal(0.5) end)
end)

test("diag: there and back", function()
  equal(tensor({1, 2}):diag():totable(), {{1, 0}, {0, 2}})
  equal(tensor({1, 2}):diag(-1):totable(), {{0, 0, 0}, {1, 0, 0}, {0, 2, 0}})
  equal(grid(3, 4):diag(1):totable(), {2, 7, 12})
  equal(tensor({true, true}):diag():totable(), {{true, false}, {false, true}})
  check.same_shape(tensor.zeros(0):diag(), {0, 0})
  check.same_shape(tensor.zeros(0):diag(-2), {2, 2})
  check.near(tensor({0 / 0, 1}):diag(), {{0 / 0, 0}, {0, 1}})
  equal(grid(12)["::4"]:diag():diag():totable(), {1, 5, 9})
end)

test("diag: refused", function()
  refuses("diag: takes a 1%-d tensor or a matrix, not 3 dims",
          function() grid(2, 2, 3):diag() end)
  refuses("diag: takes a 1%-d tensor or a matrix, not 0 dims",
          function() tensor(1):diag() end)
  refuses("memory", function() tensor({1}):diag(math.maxinteger) end)
  refuses("memory", function() tensor({1}):diag(math.mininteger) end)
  refuses("more elements than can be counted",
          function() tensor({1}):diag(2 ^ 40) end)
end)

test("trace", function()
  equal(grid(3, 4):trace():item(), 18)
  equal(grid(3, 4):trace(-1):item(), 15)
  equal(tensor({{1, 2}, {3, 4}}, "uint8"):trace().dtype, "int64")
  equal(tensor.zeros(0, 3):trace():item(), 0.0)
  refuses("trace: takes a matrix %(2 dims%), got shape %(2, 2, 3%)",
          function() grid(2, 2, 3):trace() end)
end)

-- Triangles ------------------------------------------------------------------

test("tril and triu: offsets", function()
  local x = grid(3, 4)
  equal(x:tril():totable(), {{1, 0, 0, 0}, {5, 6, 0, 0}, {9, 10, 11, 0}})
  equal(x:triu():totable(), {{1, 2, 3, 4}, {0, 6, 7, 8}, {0, 0, 11, 12}})
  equal(x:tril(-3):totable(), {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}})
  equal(x:tril(-2):sum():item(), 9)
  equal(x:tril(math.maxinteger):totable(), x:totable())
  equal(x:tril(math.mininteger):sum():item(), 0)
  equal(x:triu(math.mininteger):totable(), x:totable())
  equal(x:triu(math.maxinteger):sum():item(), 0)
  equal((x:tril(1) + x:triu(2)):totable(), x:totable())
end)

test("tril and triu: batches, layouts, what is not kept is 0", function()
  local x = tensor.full({2, 2, 2}, 0 / 0)
  check.near(x:tril()[2], {{0 / 0, 0}, {0 / 0, 0 / 0}})
  equal(grid(3, 4).T:tril()[1]:totable(), {1, 0, 0})
  equal(grid(3, 4)["::-1"]:triu()[3]:totable(), {0, 0, 3, 4})
  check.same_shape(tensor.zeros(2, 0, 3):triu(), {2, 0, 3})
end)

test("tril_ and triu_ write into x", function()
  local x = grid(3, 4)
  x["1:2, 1:2"]:triu_()
  equal(x[2]:totable(), {0, 6, 7, 8})
  equal(x:tril_()[1]:totable(), {1, 0, 0, 0})
end)

test("tril: refused", function()
  refuses("tril: takes a matrix, or several %(2 dims or more%), not 1 dims",
          function() tensor.zeros(3):tril() end)
end)

-- Products -------------------------------------------------------------------

test("kron", function()
  local a, b = tensor({{1, 2}, {3, 4}}), tensor({{0, 1}, {1, 0}})
  equal(a:kron(b):totable(), {{0, 1, 0, 2}, {1, 0, 2, 0}, {0, 3, 0, 4},
                              {3, 0, 4, 0}})
  equal(tensor({1, 2}):kron(tensor({1, 10, 100})):totable(),
        {1, 10, 100, 2, 20, 200})
  equal(tensor(3):kron(tensor(4)):item(), 12.0)
  refuses("kron: takes tensors with at most 4 dims, not 5",
          function() tensor.ones(1, 1, 1, 1, 1):kron(tensor(1)) end)
end)

test("mm, mv, bmm", function()
  local a = tensor({{1, 2}, {3, 4}})
  equal(a:mm(a):totable(), {{7, 10}, {15, 22}})
  equal(a:mv(tensor({1, -1})):totable(), {-1, -1})
  equal(tensor.stack({a, a}):bmm(tensor.stack({a, a.T}))[2]:totable(),
        {{5, 11}, {11, 25}})
  equal(tensor.zeros(2, 0):mv(tensor.zeros(0)):totable(), {0, 0})
end)

test("mm, mv, bmm are strict", function()
  local a, b = tensor.zeros(2, 3), tensor.zeros(2, 2, 2)
  refuses("mm: takes a matrix %(2 dims%) second, got shape %(3%)",
          function() a:mm(tensor.zeros(3)) end)
  refuses("mm: takes a matrix %(2 dims%) first, got shape %(2, 2, 2%)",
          function() b:mm(a) end)
  refuses("mm: the shapes %(2, 3%) and %(2, 3%) do not go together: %(m, k%)",
          function() a:mm(a) end)
  refuses("mv: takes a 1%-d tensor second, not one with 2 dims",
          function() a:mv(a) end)
  refuses("mv: the shapes %(2, 3%) and %(2%) do not go together",
          function() a:mv(tensor.zeros(2)) end)
  refuses("bmm: takes two tensors with 3 dims, not 3 and 2",
          function() b:bmm(a) end)
  refuses("bmm: the shapes %(2, 2, 2%) and %(1, 2, 2%) do not go together",
          function() b:bmm(tensor.zeros(1, 2, 2)) end)
end)
