-- linalg: tensor.linalg. Values beyond those of the parity tests, shapes
-- without elements, layouts, NaN, and what is refused.

local check = require("check")
local test, equal, near = check.test, check.equal, check.near
local linalg = tensor.linalg
local nan, huge = 0 / 0, math.huge

local function turned(x) return x:transpose(-1, -2) end

local function double(list) return tensor(list, "float64") end

-- Asserts that f(...) raises an error with that text.
local function refuses(pattern, f, ...)
  local args = table.pack(...)
  return check.error_matches(function()
    return f(table.unpack(args, 1, args.n))
  end, pattern)
end

local function all_nan(x)
  check.truthy(x:isnan():all():item(), tostring(x))
end

local function gradient(f, x)
  x = x:clone():requires_grad_()
  f(x):sum():backward()
  return x.grad
end

-- Equations --------------------------------------------------------------------

test("solve takes a vector, a matrix, batches of both", function()
  local a = double({{2, 1}, {1, 3}})
  near(linalg.solve(a, double({3, 5})), {0.8, 1.4}, 1e-12)
  near(linalg.solve(a, double({{3}, {5}})), {{0.8}, {1.4}}, 1e-12)
  local both = tensor.stack({a, 2 * a})
  near(linalg.solve(both, double({3, 5})), {{0.8, 1.4}, {0.4, 0.7}}, 1e-12)
  near(linalg.solve(both, double({{3, 5}, {3, 5}})),
       {{0.8, 1.4}, {0.4, 0.7}}, 1e-12)
  check.same_shape(linalg.solve(both, tensor.ones(2, 4)), {2, 2, 4})
  check.same_shape(linalg.solve(a, tensor.ones(5, 1, 2, 3)), {5, 1, 2, 3})
end)

test("solve reads views of any layout", function()
  local big = tensor.randn({6, 6}, "float64")
  local a, b = big["end:1:-2, 1:end:2"].T, big["1:end:2, end:1:-3"]
  near(a:matmul(linalg.solve(a, b)), b, 1e-9)
  near(linalg.solve(a, b), linalg.solve(a:clone(), b:clone()), 1e-12)
end)

test("integers become the default float, float64 stays", function()
  local a = tensor({{2, 0}, {0, 4}}, "int64")
  equal(linalg.inv(a).dtype, "float32")
  near(linalg.inv(a), {{0.5, 0}, {0, 0.25}})
  equal(linalg.solve(a, double({1, 1})).dtype, "float64")
  equal(linalg.det(tensor({{true, false}, {false, true}})):item(), 1.0)
  equal(linalg.svdvals(a).dtype, "float32")
  equal(linalg.norm(tensor({3, 4}, "int32")):item(), 5.0)
  equal(linalg.cross(tensor({1, 0, 0}, "int64"),
                     tensor({0, 1, 0}, "int64")).dtype, "int64")
end)

test("solve without elements", function()
  check.same_shape(linalg.solve(tensor.zeros(0, 0), tensor.zeros(0, 3)), {0, 3})
  check.same_shape(linalg.solve(tensor.eye(2), tensor.zeros(2, 0)), {2, 0})
  check.same_shape(linalg.solve(tensor.zeros(0, 2, 2), tensor.ones(2)), {0, 2})
end)

test("what solve refuses", function()
  refuses("linalg.solve: the matrix must be square, not of shape %(2, 3%)",
          linalg.solve, tensor.ones(2, 3), tensor.ones(2))
  refuses("linalg.solve: takes a matrix, .* not a tensor of shape %(3%)",
          linalg.solve, tensor.ones(3), tensor.ones(3))
  refuses("linalg.solve: the shapes %(2, 2%) and %(3%) do not go together: "
          .. "b must have as many rows as a %(2%)",
          linalg.solve, tensor.eye(2), tensor.ones(3))
  refuses("the shapes %(2, 2%) and %(%) do not go together",
          linalg.solve, tensor.eye(2), tensor(1))
  refuses("linalg.solve: in the batch dims, ", linalg.solve,
          tensor.ones(3, 2, 2), tensor.ones(2, 2, 4))
  refuses("linalg.solve: the matrix is singular %(pivot 2 is exactly 0%)",
          linalg.solve, tensor({{1, 2}, {2, 4}}), tensor.ones(2))
  refuses("argument 2 %(b%) must be a tensor, got 3", linalg.solve,
          tensor.eye(2), 3)
end)

test("solve_triangular reads one triangle", function()
  local a = double({{2, nan}, {1, 4}})
  near(linalg.solve_triangular(a, double({2, 5})), {1, 1}, 1e-12)
  near(linalg.solve_triangular(a.T, double({6, 4}), true), {2.5, 1}, 1e-12)
  near(linalg.solve_triangular(double({{0}}), double({1})), {huge})
  refuses("linalg.solve_triangular: the matrix must be square",
          linalg.solve_triangular, tensor.ones(2, 3), tensor.ones(2))
end)

test("inv tells which matrix is singular", function()
  refuses("linalg.inv: the matrix is singular %(pivot 3 is exactly 0%)",
          linalg.inv, tensor({{1, 0, 0}, {0, 1, 0}, {0, 0, 0}}))
  local batch = tensor.eye(2):expand(2, 3, 2, 2):clone()
  batch[{2, 1}] = 0
  refuses("linalg.inv: matrix %(2, 1%) of the batch is singular %(pivot 1",
          linalg.inv, batch)
  refuses("linalg.inv: matrix 4 of the batch is singular",
          linalg.inv, batch:reshape(6, 2, 2))
end)

test("NaN comes out of solve, inv, det, slogdet and qr", function()
  for _, a in ipairs({double({{nan, 1}, {0, 0}}), double({{1, nan}, {0, 1}})}) do
    all_nan(linalg.solve(a, double({1, 1})))
    all_nan(linalg.inv(a))
    all_nan(linalg.det(a))
    local sign, size = linalg.slogdet(a)
    all_nan(sign)
    all_nan(size)
  end
  local a = double({{nan, 1}, {0, 0}})
  check.truthy(select(2, linalg.qr(a)):isnan():any():item())
  local mixed = tensor.stack({a, tensor.eye(2):double()})
  near(linalg.inv(mixed)[2], {{1, 0}, {0, 1}})
  near(linalg.det(double({{huge, 0}, {0, 1}})), huge)
end)

-- Determinants -----------------------------------------------------------------

test("det and slogdet of nothing, of singular and large matrices", function()
  equal(linalg.det(tensor.zeros(0, 0)):item(), 1.0)
  equal(linalg.det(tensor.zeros(2, 0, 0)):totable(), {1.0, 1.0})
  equal(linalg.det(tensor({{1, 2}, {2, 4}})):item(), 0.0)
  local sign, size = linalg.slogdet(tensor({{1, 2}, {2, 4}}))
  equal({sign:item(), size:item()}, {0.0, -huge})
  sign, size = linalg.slogdet(tensor.eye(300) * -1e-3)
  equal(sign:item(), 1.0)
  near(size, 300 * math.log(1e-3), 1e-2)
  sign, size = linalg.slogdet(tensor.zeros(0, 0))
  equal({sign:item(), size:item()}, {1.0, 0.0})
end)

test("the gradient of det where it is 0", function()
  near(gradient(linalg.det, double({{1, 2}, {2, 4}})), {{4, -2}, {-2, 1}},
       1e-12)
  near(gradient(linalg.det, tensor.zeros({2, 2}, "float64")),
       {{0, 0}, {0, 0}})
  near(gradient(linalg.det, tensor.zeros({1, 1}, "float64")), {{1}})
  local rank_2 = double({{1, 2, 3}, {2, 4, 6}, {1, 0, 1}})
  near(gradient(linalg.det, rank_2), {{4, 4, -4}, {-2, -2, 2}, {0, 0, 0}},
       1e-12)
  all_nan(gradient(linalg.det, double({{nan, 1}, {1, 1}})))
end)

test("the gradient of slogdet where it is -inf", function()
  local x = double({{1, 2}, {2, 4}}):requires_grad_()
  local _, size = linalg.slogdet(x)
  size:backward()
  check.truthy(not x.grad:isfinite():any():item())
  local y = double({{1, 2}, {3, 4}}):requires_grad_()
  linalg.slogdet(y):backward() -- the sign is flat
  near(y.grad, {{0, 0}, {0, 0}})
end)

-- Cholesky ---------------------------------------------------------------------

test("cholesky reads one triangle and clears the other", function()
  local a = double({{4, nan}, {2, 5}})
  near(linalg.cholesky(a), {{2, 0}, {1, 2}}, 1e-12)
  near(linalg.cholesky(a.T, true), {{2, 1}, {0, 2}}, 1e-12)
  near(linalg.cholesky(double({{4, 9}, {2, 5}})), {{2, 0}, {1, 2}}, 1e-12)
  check.same_shape(linalg.cholesky(tensor.zeros(3, 0, 0)), {3, 0, 0})
end)

test("what cholesky refuses", function()
  refuses("linalg.cholesky: the matrix is not positive definite %(its "
          .. "leading minor of order 2 is not positive%)",
          linalg.cholesky, tensor({{1, 2}, {2, 1}}))
  refuses("linalg.cholesky: matrix 2 of the batch is not positive definite",
          linalg.cholesky, tensor.stack({tensor.eye(2), -tensor.eye(2)}))
  refuses("linalg.cholesky: the matrix holds NaN or infinity",
          linalg.cholesky, tensor({{nan, 0}, {0, 1}}))
  refuses("linalg.cholesky: the matrix must be square, not of shape %(2, 3%)",
          linalg.cholesky, tensor.ones(2, 3))
end)

-- Factors ----------------------------------------------------------------------

local function is_orthonormal(q, tolerance)
  local product = turned(q):matmul(q)
  near(product, (tensor.zeros_like(product) + tensor.eye(q.shape[#q.shape])),
       tolerance or 1e-10)
end

test("qr of every shape", function()
  for _, shape in ipairs({{4, 3}, {3, 4}, {2, 3, 3}, {1, 5}, {5, 1}}) do
    for _, mode in ipairs({"reduced", "complete"}) do
      local a = tensor.randn(shape, "float64")
      local q, r = linalg.qr(a, mode)
      near(q:matmul(r), a, 1e-10)
      is_orthonormal(q)
    end
  end
  local q, r = linalg.qr(tensor.zeros(3, 0), "complete")
  near(q, tensor.eye(3))
  check.same_shape(r, {3, 0})
  q, r = linalg.qr(tensor.zeros(0, 3))
  check.same_shape(q, {0, 0})
  check.same_shape(r, {0, 3})
end)

test("what qr refuses", function()
  refuses("argument 2 %(mode%) must be one of reduced|complete, got \"r\"",
          linalg.qr, tensor.eye(2), "r")
  local x = tensor.ones(3, 2):requires_grad_()
  local q = linalg.qr(x, "complete")
  refuses("complete factors of a matrix with more rows than columns are not "
          .. "unique and have no gradient", q.backward, q)
end)

test("svd in full and of nothing", function()
  local a = tensor.randn({2, 3, 5}, "float64")
  local u, s, vh = linalg.svd(a, true)
  check.same_shape(vh, {2, 5, 5})
  is_orthonormal(u)
  is_orthonormal(turned(vh))
  near((u * s:unsqueeze(2)):matmul(vh[{{}, {1, 3}}]), a, 1e-10)
  u, s, vh = linalg.svd(tensor.zeros(2, 0), true)
  near(u, tensor.eye(2))
  check.same_shape(s, {0})
  check.same_shape(vh, {0, 0})
  check.same_shape(linalg.svdvals(tensor.zeros(0, 2, 3)), {0, 2})
  equal(linalg.svdvals(tensor.zeros(2, 3)):totable(), {0.0, 0.0})
end)

test("svd of matrices without columns, or without rows", function()
  local u, s, vh = linalg.svd(tensor.zeros(4000, 0))
  check.same_shape(u, {4000, 0})
  check.same_shape(s, {0})
  check.same_shape(vh, {0, 0})
  u, s, vh = linalg.svd(tensor.zeros(3, 0, 4000))
  check.same_shape(u, {3, 0, 0})
  check.same_shape(vh, {3, 0, 4000})
end)

test("svd in full: values have a gradient, vectors have none", function()
  local a = double({{3, 0, 0}, {0, 2, 0}})
  near(gradient(function(x) return (select(2, linalg.svd(x, true))) end, a),
       {{1, 0, 0}, {0, 1, 0}}, 1e-12)
  local x = a:clone():requires_grad_()
  local u = linalg.svd(x, true)
  refuses("vectors of full_matrices = true are not unique", u.backward, u)
end)

test("equal singular values: their own gradient is there", function()
  near(gradient(linalg.svdvals, tensor.eye(2):double()), {{1, 0}, {0, 1}},
       1e-12)
  local function vectors(x) return (linalg.svd(x)) end
  check.truthy(not gradient(vectors, tensor.eye(2):double())
    :isfinite():all():item())
end)

test("eigh reads one triangle", function()
  local a = double({{2, nan}, {1, 2}})
  near(linalg.eigvalsh(a), {1, 3}, 1e-12)
  near(linalg.eigvalsh(a.T, false), {1, 3}, 1e-12)
  local values, vectors = linalg.eigh(a)
  near(values, {1, 3}, 1e-12)
  is_orthonormal(vectors)
  near(gradient(linalg.eigvalsh, double({{2, 1}, {1, 2}})), {{1, 0}, {0, 1}},
       1e-12)
  check.same_shape(select(2, linalg.eigh(tensor.zeros(2, 0, 0))), {2, 0, 0})
end)

test("NaN and infinity are refused, never looped on", function()
  for _, bad in ipairs({nan, huge, -huge}) do
    for _, dtype in ipairs({"float32", "float64"}) do
      local a = tensor.ones({2, 40, 40}, dtype)
      a[{2, 7, 5}] = bad
      for _, name in ipairs({"svd", "svdvals", "pinv", "matrix_rank", "cond"})
      do
        refuses("linalg.svd: matrix 2 of the batch holds NaN or infinity",
                linalg[name], a)
      end
      refuses("linalg.eigh: matrix 2 of the batch holds NaN", linalg.eigh, a)
      refuses("linalg.eigh: matrix 2 of", linalg.eigvalsh, a)
      refuses("linalg.lstsq: matrix 2 of the batch holds NaN", linalg.lstsq, a,
              tensor.ones(40))
      refuses("linalg.lstsq: b holds NaN or infinity where it goes with matrix "
              .. "1 of the batch", linalg.lstsq, a, tensor.ones(40) * bad)
      refuses("linalg.svd: matrix 2", linalg.norm, a, "nuc", {2, 3})
    end
  end
end)

-- Least squares ----------------------------------------------------------------

test("pinv of matrices that lack rank", function()
  near(linalg.pinv(double({{2, 0}, {0, 0}})), {{0.5, 0}, {0, 0}}, 1e-12)
  near(linalg.pinv(tensor.zeros(2, 3)), tensor.zeros(3, 2))
  check.same_shape(linalg.pinv(tensor.zeros(2, 3, 0)), {2, 0, 3})
  near(linalg.pinv(double({{1, 0}, {0, 0.01}}), 0.1), {{1, 0}, {0, 0}}, 1e-12)
end)

test("lstsq: solution, residuals, rank", function()
  local a = double({{1, 1}, {1, 2}, {1, 3}})
  local x, residuals, rank = linalg.lstsq(a, double({1, 2, 2}))
  near(x, {2 / 3, 0.5}, 1e-12)
  near(residuals, 1 / 6, 1e-12)
  equal(rank:item(), 2)
  equal(rank.dtype, "int64")
  x, residuals, rank = linalg.lstsq(a, double({{1, 0}, {2, 0}, {2, 0}}))
  check.same_shape(x, {2, 2})
  near(residuals, {1 / 6, 0}, 1e-12)
  x, residuals, rank = linalg.lstsq(double({{1, 1}, {1, 1}}), double({2, 2}))
  near(x, {1, 1}, 1e-12) -- the one of least norm
  equal(rank:item(), 1)
  x = linalg.lstsq(double({{1, 1}}), double({2}))
  near(x, {1, 1}, 1e-12)
end)

test("lstsq without elements", function()
  local x, residuals, rank = linalg.lstsq(tensor.zeros(0, 2), tensor.zeros(0))
  equal(x:totable(), {0.0, 0.0})
  equal({residuals:item(), rank:item()}, {0.0, 0})
  x, residuals = linalg.lstsq(tensor.zeros(2, 0), tensor({3, 4}))
  check.same_shape(x, {0})
  equal(residuals:item(), 25.0)
  x = linalg.lstsq(tensor.zeros(0, 2, 2), tensor.ones(2, 3))
  check.same_shape(x, {0, 2, 3})
end)

-- Powers and crosses -----------------------------------------------------------

test("matrix_power of any whole number", function()
  local a = double({{1, 1}, {0, 1}})
  near(linalg.matrix_power(a, 1000), {{1, 1000}, {0, 1}})
  near(linalg.matrix_power(a, -3), {{1, -3}, {0, 1}})
  near(linalg.matrix_power(a:expand(2, 2, 2), 0)[2], {{1, 0}, {0, 1}})
  near(linalg.matrix_power(tensor.eye(2), math.mininteger), {{1, 0}, {0, 1}})
  check.same_shape(linalg.matrix_power(tensor.zeros(0, 3, 3), 5), {0, 3, 3})
  local b = linalg.matrix_power(a, 1)
  b:zero_()
  near(a, {{1, 1}, {0, 1}}) -- a copy, not a itself
  refuses("linalg.inv: the matrix is singular", linalg.matrix_power,
          tensor.zeros(2, 2), -1)
  refuses("linalg.matrix_power: the matrix must be square",
          linalg.matrix_power, tensor.ones(2, 3), 2)
  refuses("argument 2 %(n%) must be a whole number, got 0.5",
          linalg.matrix_power, a, 0.5)
end)

test("cross along any dim", function()
  local a, b = tensor({1, 2, 3}), tensor({{4, 5, 6}, {1, 0, 0}})
  near(linalg.cross(a, b), {{-3, 6, -3}, {0, 3, -2}})
  near(linalg.cross(b.T, a:unsqueeze(2), 1), {{3, 0}, {-6, -3}, {3, 2}})
  refuses("must have 3 elements along dim 1 from the end, but the shapes are "
          .. "%(2%) and %(3%)", linalg.cross, tensor.ones(2), a)
  refuses("linalg.cross: dim 3 does not exist", linalg.cross, b, b, 3)
  refuses("linalg.cross: the tensor has no dims", linalg.cross, tensor(1), a)
end)

-- Norms ------------------------------------------------------------------------

test("vector norms", function()
  local x = double({3, 0, -4})
  for _, case in ipairs({{1, 7}, {2, 5}, {0, 2}, {huge, 4}, {-huge, 0},
                         {3, 91 ^ (1 / 3)}, {-1, 0}}) do
    near(linalg.norm(x, case[1]), case[2], 1e-12)
  end
  near(linalg.norm(double({2, 4}), -1), 4 / 3, 1e-12)
  near(linalg.norm(tensor(-3)), 3)
  equal(linalg.norm(tensor.zeros(0)):item(), 0.0)
  all_nan(linalg.norm(tensor({1, nan})))
  check.same_shape(linalg.norm(tensor.ones(2, 3, 4), 1, 2, true), {2, 1, 4})
  check.same_shape(linalg.norm(tensor.ones(2, 3, 4), {dim={1, 3}}), {3})
end)

test("matrix norms", function()
  local a = double({{1, -2}, {3, 4}})
  local s = linalg.svdvals(a)
  for _, case in ipairs({{"fro", math.sqrt(30)}, {1, 6}, {-1, 4}, {huge, 7},
                         {-huge, 3}, {2, s[1]}, {-2, s[2]},
                         {"nuc", s[1] + s[2]}}) do
    near(linalg.norm(a, case[1]), case[2], 1e-12)
    near(linalg.norm(a:reshape(2, 1, 2), case[1], {1, 3}, true),
         {{{case[2]}}}, 1e-12)
  end
  check.same_shape(linalg.norm(tensor.ones(2, 3, 4), 1, {3, 1}), {3})
  equal(linalg.norm(tensor.zeros(0, 3), "nuc"):item(), 0.0)
end)

test("the gradient of norms at 0 is 0", function()
  for _, p in ipairs({2, 3, 1.5, "fro"}) do
    near(gradient(function(x) return linalg.norm(x, p, type(p) == "string"
      and {1, 2} or 1) end, tensor.zeros({2, 2}, "float64")), {{0, 0}, {0, 0}})
  end
end)

test("what norm refuses", function()
  local a = tensor.ones(2, 3)
  refuses("argument 2 %(ord%) must be a number or one of fro|nuc, got \"l2\"",
          linalg.norm, a, "l2")
  refuses("argument 2 %(ord%) must be a number or one of fro|nuc, got a table",
          linalg.norm, a, {1})
  refuses("got \"number\"", linalg.norm, a, "number")
  refuses("linalg.norm: ord of a matrix is 1, %-1, 2, %-2, .* not 3",
          linalg.norm, a, 3)
  refuses("ord \"nuc\" is of matrices: it takes two dims, not one",
          linalg.norm, a, "nuc", 1)
  refuses("ord goes with one dim .* or two .*, not with 3; name dims",
          linalg.norm, tensor.ones(1, 2, 3), 2)
  refuses("not with 0", linalg.norm, tensor(1), 2)
  refuses("linalg.norm: ord is NaN", linalg.norm, tensor.ones(2), nan)
end)

test("cond", function()
  local a = double({{4, 0}, {0, 2}})
  for _, ord in ipairs({2, 1, huge}) do near(linalg.cond(a, ord), 2) end
  near(linalg.cond(a, -2), 0.5)
  near(linalg.cond(a, "fro"), 2.5, 1e-12)
  near(linalg.cond(a, "nuc"), 4.5, 1e-12)
  local singular = tensor.stack({a, double({{1, 0}, {0, 0}})})
  for _, ord in ipairs({2, 1, -1, huge, -huge, "fro", "nuc"}) do
    equal(linalg.cond(singular, ord)[2], huge)
  end
  near(linalg.cond(tensor.ones(2, 1)), 1)
  refuses("linalg.cond: the matrix must be square", linalg.cond,
          tensor.ones(2, 1), 1)
  refuses("linalg.cond: ord of a matrix is", linalg.cond, a, 3)
  refuses("linalg.cond: a matrix without elements", linalg.cond,
          tensor.zeros(2, 0))
end)

test("matrix_rank", function()
  local a = tensor({{{1, 2}, {2, 4}}, {{1, 0}, {0, 1}}, {{0, 0}, {0, 0}}})
  equal(linalg.matrix_rank(a):totable(), {1, 2, 0})
  equal(linalg.matrix_rank(tensor({{1, 0}, {0, 0.1}}), 0.5):item(), 1)
  equal(linalg.matrix_rank(tensor.zeros(2, 0)):item(), 0)
  equal(linalg.matrix_rank(tensor.ones(3, 3):requires_grad_()).requires_grad,
        false)
end)

-- The module -------------------------------------------------------------------

test("the functions are no methods", function()
  equal(type(tensor.linalg.solve), "function")
  refuses("has no field or method \"solve\"",
          function() return tensor.eye(2).solve end)
end)

test("factors of empty matrices", function()
  for _, x in ipairs {tensor.zeros(0, 3), tensor.zeros(3, 0),
                      tensor.zeros(2, 0, 3)} do
    local m, n = x.shape[x.ndim - 1], x.shape[x.ndim]
    local u, s, vh = tensor.linalg.svd(x)
    equal({u.shape[x.ndim - 1], u.shape[x.ndim], s.shape[x.ndim - 1],
           vh.shape[x.ndim - 1], vh.shape[x.ndim]}, {m, 0, 0, 0, n})
    u, s, vh = tensor.linalg.svd(x, true)
    equal({u.shape[x.ndim], vh.shape[x.ndim]}, {m, n})
    check.truthy(m == 0 or u == tensor.eye(m):expand(u.shape))
    check.truthy(n == 0 or vh == tensor.eye(n):expand(vh.shape))
  end
end)

test("lstsq without right sides still tells the rank", function()
  local a = tensor({{1, 2}, {2, 4}, {0, 0}}, "float64")
  local x, _, rank = tensor.linalg.lstsq(a, tensor.zeros(3, 0))
  check.same_shape(x, {2, 0})
  equal(rank:item(), 1)
end)

test("help lists what there is", function()
  local text = help.find("tensor.linalg")
  check.truthy(text:find("tensor.linalg.solve(a, b)", 1, true))
  equal(help.find(tensor.linalg), text)
end)

test("a misspelt name is put right", function()
  local suggest = require("suggest")
  equal(suggest.explain("attempt to call a nil value (field 'slove')"),
        "did you mean 'tensor.linalg.solve'?")
  equal(suggest.explain("attempt to call a nil value (field 'sume')"),
        "did you mean 'tensor.sum'?")
end)
