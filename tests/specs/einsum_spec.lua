-- einsum: sums of products by Einstein's notation.

local check = require("check")
local test, equal = check.test, check.equal
local refuses = check.refuses

local einsum = tensor.einsum

local a = tensor({{1, 2, 3}, {4, 5, 6}})
local b = tensor({{1, 0}, {0, 1}, {1, 1}})

-- Values ---------------------------------------------------------------------

test("one tensor: sums, orders, diagonals", function()
  equal(einsum("ij->", a):item(), 21.0)
  equal(einsum("ij->j", a):totable(), {5, 7, 9})
  equal(einsum("ij->ji", a):totable(), a.T:totable())
  local square = tensor.arange(9):reshape(3, 3)
  equal(einsum("ii", square):item(), 15)
  equal(einsum("ii->i", square):totable(), {1, 5, 9})
  equal(einsum("iii->i", tensor.arange(8):reshape(2, 2, 2)):totable(), {1, 8})
  equal(einsum("", tensor(7)):item(), 7.0)
end)

test("two tensors: products", function()
  equal(einsum("ij,jk->ik", a, b):totable(), a:matmul(b):totable())
  equal(einsum("ij,jk->ki", a, b):totable(), a:matmul(b).T:totable())
  equal(einsum("i,j->ij", a[1], a[2]):totable(), a[1]:outer(a[2]):totable())
  equal(einsum("i,i", a[1], a[2]):item(), 32.0)
  equal(einsum("ij,ij->ij", a, a):totable(), (a * a):totable())
  equal(einsum("ij,ij->i", a, a):totable(), {14, 77})
  equal(einsum(",ij", tensor(2), a):totable(), (a * 2):totable())
end)

test("the implicit output is in alphabetical order, capitals first", function()
  check.same_shape(einsum("ba", tensor.zeros(2, 3)), {3, 2})
  check.same_shape(einsum("aB", tensor.zeros(2, 3)), {3, 2})
  check.same_shape(einsum("zb,by", tensor.zeros(2, 3), tensor.zeros(3, 4)),
                   {4, 2})
  check.same_shape(einsum("b...a", tensor.zeros(2, 3, 4)), {3, 4, 2})
end)

test("an ellipsis stands for dims that broadcast", function()
  local x, y = tensor.randn(2, 1, 3, 4), tensor.randn(5, 4, 2)
  check.near(einsum("...ij,...jk->...ik", x, y), x:matmul(y))
  equal(einsum("...->...", a):totable(), a:totable())
  equal(einsum("i...->...", a):totable(), {5, 7, 9})
  equal(einsum("...,...->...", a, tensor(2)):totable(), (a * 2):totable())
  equal(einsum("...i->i...", a):totable(), a.T:totable())
end)

test("sizes of 1 broadcast", function()
  equal(einsum("ij,ij->ij", a, tensor.ones(1, 3)):totable(), a:totable())
  equal(einsum("ij,jk->ik", tensor.ones(2, 1), b):totable(), {{2, 2}, {2, 2}})
  equal(einsum("ij,kj->ik", a[1]:unsqueeze(1), tensor.ones(2, 1)):totable(),
        {{6, 6}})
end)

test("many tensors, in whatever order is cheapest", function()
  local x, y, z = tensor.randn(2, 3), tensor.randn(3, 4), tensor.randn(4, 2)
  local product = x:matmul(y):matmul(z)
  check.near(einsum("ab,bc,cd->ad", x, y, z), product)
  check.near(einsum("ab,cd,bc->ad", {x, z, y}), product)
  check.near(einsum("ab,bc,ca", x, y, z), product:trace():item())
  equal(einsum("i,i,i,i,i,i->i", a[1], a[1], a[1], a[1], a[1], a[1])
    :totable(), {1, 64, 729})
end)

test("no outer product of all is made", function()
  local n = 300 -- n ^ 4 elements would be 32 GB
  local x = tensor.ones({n, n}, "float64")
  equal(einsum("ab,cd,bc,da->", x, x, x, x):item(), n ^ 4 + 0.0)
  equal(einsum("ab,cd,bc->ad", x, x, x)[{1, 1}], n ^ 2 + 0.0)
end)

test("empty tensors", function()
  equal(einsum("ij,jk->ik", tensor.zeros(2, 0), tensor.zeros(0, 2)):totable(),
        {{0, 0}, {0, 0}})
  check.same_shape(einsum("ij,jk->ik", tensor.zeros(0, 2), tensor.zeros(2, 3)),
                   {0, 3})
  check.same_shape(einsum("i,i->i", tensor.zeros(0), tensor.zeros(1)), {0})
end)

test("dtypes: the widest of all, sums included", function()
  local u = tensor({200, 100}, "uint8")
  equal(einsum("i->", u).dtype, "uint8")
  equal(einsum("i->", u):item(), 44)
  equal(einsum("i,i", u, tensor({1, 1}, "int64")):item(), 300)
  equal(einsum("i,i", u, tensor({1, 1}, "float64")).dtype, "float64")
  equal(einsum("i->", tensor({true, true})):item(), true)
end)

test("NaN stays where it is", function()
  local x = tensor({{0 / 0, 1}, {2, 3}})
  check.near(einsum("ij->i", x), {0 / 0, 5})
end)

test("strided tensors", function()
  local x = tensor.arange(24):reshape(4, 6):double()
  local part, turned = x["::2, ::-2"], x.T["::3"]
  check.near(einsum("ij,kl->ijkl", part, turned)[{2, 3, 1, 4}],
             part[{2, 3}] * turned[{1, 4}])
  check.near(einsum("ij,kj->ik", part, part:flip(1)),
             part:matmul(part:flip(1).T))
  check.near(einsum("wj,j->w", x[1]:unfold(1, 3), tensor.ones({3}, "float64")),
             {6, 9, 12, 15})
end)

test("a list of tensors, or one by one", function()
  equal(einsum("ij,jk", {a, b}):totable(), einsum("ij,jk", a, b):totable())
  equal(einsum(" i j , j k -> i k ", a, b):totable(), a:matmul(b):totable())
end)

-- Errors ---------------------------------------------------------------------

test("sizes that do not agree name the letter", function()
  refuses("the letter j has size 3 in tensor 1 and 2 in tensor 2",
          function() einsum("ij,jk->ik", a, a) end)
  refuses("the letter i has size 2 in tensor 1 and 3 in tensor 1",
          function() einsum("ii", a) end)
  refuses("the letter i stands for two dims of tensor 1, of sizes 1 and 3",
          function() einsum("ii", tensor.zeros(1, 3)) end)
  refuses('a dim under "..." has size 2 in tensor 1 and 4 in tensor 2',
          function() einsum("...i,...i", a, tensor.zeros(4, 3)) end)
end)

test("dims that are not named", function()
  refuses("tensor 1 has shape %(2, 3%), but the equation names 1 dim for it",
          function() einsum("i", a) end)
  refuses('names 3 dims for it besides "..."',
          function() einsum("...ijk", a) end)
  refuses('the output needs "..." too, for the dims %(1%)',
          function() einsum("i...->i", a) end)
end)

test("the number of tensors", function()
  refuses('"ij" is for 1 tensor, got 2', function() einsum("ij", a, a) end)
  refuses('"ij,k" is for 2 tensors, got 1', function() einsum("ij,k", a) end)
  refuses('"ij" is for 1 tensor, got 0', function() einsum("ij", {}) end)
  refuses("argument 2 %(tensors%) is missing", function() einsum("ij") end)
  refuses("argument 1 %(equation%) must be a string, got a float32",
          function() a:einsum("ij") end)
  local many = {}
  for k = 1, 65 do many[k] = tensor(1) end
  refuses("takes at most 64 tensors, not 65",
          function() einsum(string.rep(",", 64), many) end)
  many[65] = nil
  equal(einsum(string.rep(",", 63), many):item(), 1.0)
end)

test("what is no equation", function()
  for text, message in pairs({
    ["ij->k"]="the letter k of the output stands in no input",
    ["ij->ii"]="the letter i stands twice in the output",
    ["ij->i,j"]="there is only one output",
    ["ij->i->j"]='the output is written once, after "%->"',
    ["ij>i"]='the output is written once, after "%->"',
    ["ij-i"]='the output is written once, after "%->"',
    ["i1"]="'1' has no meaning in an equation",
    ["i\xffj"]="the character of code 255 has no meaning",
    ["..ij"]='an ellipsis is written "..."',
    ["....ij"]='an ellipsis is written "..."',
    ["...i..."]="two ellipses for one tensor",
    ["abcdefghi"]="more than 8 letters for one tensor",
  }) do
    refuses(message, function() einsum(text, a) end)
  end
end)

test("results of too many dims", function()
  local x = tensor.ones(1, 1, 1, 1, 1)
  refuses("the result would have 10 dims, more than 8",
          function() einsum("abcde,ABCDE", x, x) end)
  local eight = x:reshape(1, 1, 1, 1, 1, 1, 1, 1) -- any two share two letters
  refuses("on the way a result would have 12 dims, more than 8", function()
    einsum("abcdefgh,abijklmn,cdijopqr,efklopst,ghmnqrst->",
           eight, eight, eight, eight, eight)
  end)
end)
