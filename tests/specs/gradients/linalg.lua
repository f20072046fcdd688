-- Gradients of tensor.linalg: what their rows are checked with. Vectors that
-- are unique up to their sign get one; symmetric matrices are made of others.

local inputs = require("gradients.inputs")
local numbers, signed = inputs.numbers, inputs.signed
local linalg = tensor.linalg

local function turned(x) return x:transpose(-1, -2) end

-- Far from singular, and with values that lie apart.
local function regular(n, batch, seed)
  local shape = batch and {batch, n, n} or {n, n}
  local far = (tensor.eye(n) * tensor.arange(n)):double() * 1.5
  return numbers(shape, -0.8, 0.8, seed) + far + tensor.eye(n):double()
end

local function symmetric(x) return (x + turned(x)) / 2 end

-- Symmetric and positive definite.
local function definite(x)
  return x:matmul(turned(x)) + tensor.eye(x.shape[#x.shape]):double()
end

-- x's columns with their first element positive, and rows that go with them.
local function with_signs(x, rows)
  local first = x:detach():narrow(-2, 1, 1)
  local sign = tensor.where(first:lt(0), -1, 1):double()
  return x * sign, rows and rows * turned(sign)
end

local function svd(x)
  local u, s, vh = linalg.svd(x)
  local u_signed, v_signed = with_signs(u, vh)
  return u_signed, s, v_signed
end

local function eigh(...)
  local values, vectors = linalg.eigh(...)
  return values, (with_signs(vectors))
end

-- f(x, ...) as a function of x alone.
local function with(f, ...)
  local rest = table.pack(...)
  return function(x) return f(x, table.unpack(rest, 1, rest.n)) end
end

local wide, tall = signed({2, 3}), signed({4, 2}, 2)
-- Of rank 1, whatever the inputs are.
local function of_rank_1(f)
  return function(x, y) return f(x:unsqueeze(2):matmul(y:unsqueeze(1))) end
end

local special = {
  ["linalg.solve"]={
    {f=linalg.solve, {regular(3), signed({3, 2})}},
    {f=linalg.solve, {regular(2, 2), signed({2}, 1)}},
    {f=linalg.solve, {regular(2, 1, 4), signed({3, 2, 1}, 1)}}},
  ["linalg.solve_triangular"]={
    {f=linalg.solve_triangular, {regular(3), signed({3, 2})}},
    {f=function(a, b) return linalg.solve_triangular(a, b, true) end,
     {regular(2, 2), signed({2, 2}, 1)}}},
  ["linalg.inv"]={{f=linalg.inv, {regular(3)}}, {f=linalg.inv, {regular(2, 2)}}},
  ["linalg.det"]={{f=linalg.det, {regular(3)}}, {f=linalg.det, {regular(2, 2)}},
                  {f=linalg.det, {numbers({1, 1}, 1, 2)}}},
  ["linalg.slogdet"]={{f=linalg.slogdet, {regular(3)}},
                      {f=linalg.slogdet, {-regular(3, 2)}}},
  ["linalg.cholesky"]={
    {f=function(x) return linalg.cholesky(definite(x)) end, {regular(3)}},
    {f=function(x) return linalg.cholesky(definite(x), true) end,
     {regular(2, 2)}}},
  ["linalg.matrix_power"]={
    {f=with(linalg.matrix_power, 3), {regular(2)}},
    {f=with(linalg.matrix_power, -2), {regular(2, 2)}},
    {f=with(linalg.matrix_power, 1), {regular(2)}}},
  ["linalg.cross"]={
    {f=linalg.cross, {signed({2, 3}), signed({3}, 1)}},
    {f=function(a, b) return linalg.cross(a, b, 1) end,
     {signed({3, 2}), signed({3, 1}, 1)}}},
  ["linalg.qr"]={
    {f=linalg.qr, {tall}}, {f=linalg.qr, {regular(3)}},
    {f=linalg.qr, {wide}}, {f=with(linalg.qr, "complete"), {wide}},
    {f=linalg.qr, {signed({2, 3, 2}, 4)}},
    {f=function(x) return (linalg.qr(x)) end, {tall}},
    {f=function(x) return (linalg.qr(x)) end, {wide}},
    {f=function(x) return (select(2, linalg.qr(x))) end, {wide}}},
  ["linalg.svd"]={
    {f=svd, {regular(3)}}, {f=svd, {wide}}, {f=svd, {tall}},
    {f=svd, {regular(2, 2)}},
    {f=function(x) return (svd(x)) end, {tall}},
    {f=function(x) return (select(3, svd(x))) end, {wide}}},
  ["linalg.svdvals"]={{f=linalg.svdvals, {wide}}, {f=linalg.svdvals, {tall}}},
  ["linalg.eigh"]={
    {f=function(x) return eigh(symmetric(x)) end, {regular(3)}},
    {f=function(x) return eigh(symmetric(x), false) end, {regular(2, 2)}},
    {f=function(x) return (select(2, eigh(symmetric(x)))) end, {regular(2)}}},
  ["linalg.eigvalsh"]={
    {f=function(x) return linalg.eigvalsh(symmetric(x)) end, {regular(3)}}},
  ["linalg.pinv"]={
    {f=linalg.pinv, {wide}}, {f=linalg.pinv, {tall}},
    {f=linalg.pinv, {regular(2, 2)}},
    {f=of_rank_1(linalg.pinv), {signed({3}), signed({2}, 1)}}},
  ["linalg.lstsq"]={
    {f=linalg.lstsq, {tall, signed({4}, 1)}},
    {f=linalg.lstsq, {wide, signed({2, 2}, 1)}},
    {f=linalg.lstsq, {signed({2, 3, 2}), signed({3, 1}, 1)}}},
  ["linalg.norm"]={
    {f=linalg.norm, {signed({3})}}, {f=linalg.norm, {signed({2, 2, 2})}},
    {f=with(linalg.norm, 3), {signed({3})}},
    {f=with(linalg.norm, 1, -1, true), {wide}},
    {f=with(linalg.norm, -2), {signed({3})}},
    {f=with(linalg.norm, math.huge), {signed({3})}},
    {f=with(linalg.norm, -math.huge), {signed({3})}},
    {f=with(linalg.norm, 0, 1), {wide}},
    {f=with(linalg.norm, "fro"), {wide}},
    {f=with(linalg.norm, "nuc", {1, 3}, true), {signed({2, 2, 3}, 3)}},
    {f=with(linalg.norm, 2), {wide}}, {f=with(linalg.norm, -2), {wide}},
    {f=with(linalg.norm, 1), {wide}}, {f=with(linalg.norm, -1), {wide}},
    {f=with(linalg.norm, math.huge), {wide}},
    {f=with(linalg.norm, -math.huge), {wide}}},
  ["linalg.cond"]={
    {f=linalg.cond, {wide}}, {f=with(linalg.cond, -2), {tall}},
    {f=with(linalg.cond, "fro"), {regular(2)}},
    {f=with(linalg.cond, "nuc"), {regular(2)}},
    {f=with(linalg.cond, 1), {regular(2, 2)}},
    {f=with(linalg.cond, -math.huge), {regular(2)}}},
}

local through = {
  linalg_solve="linalg.solve", linalg_triangular="linalg.solve_triangular",
  linalg_triangle="linalg.cholesky", linalg_inv="linalg.slogdet",
  linalg_adjugate="linalg.det", linalg_lstsq="linalg.lstsq",
}

return {special=special, through=through,
        without={["linalg.matrix_rank"]=true}}
