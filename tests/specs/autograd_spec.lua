-- autograd: scopes, gradients, transforms and the check of gradients.

local check = require("check")
local test = check.test

local function close(got, expected)
  check.equal(tostring(got.shape), tostring(expected.shape))
  check.truthy(tensor.allclose(got, expected:to(got.dtype), 1e-5, 1e-6))
end

local function cube(x) return x ^ 3 end

test("no_grad records nothing and passes results on", function()
  local x = tensor({1, 2}):requires_grad_()
  local y, more = autograd.no_grad(function(a, b) return a * x, b end, 2, "b")
  check.equal(y.requires_grad, false)
  check.equal(more, "b")
  check.truthy((x * 2).requires_grad)
  check.error_matches(function()
    autograd.no_grad(function() error("inside", 0) end)
  end, "inside")
  check.truthy((x * 2).requires_grad)
end)

test("record computes in training mode", function()
  tensor.manual_seed(1)
  local drop, x = nn.Dropout{0.5}, tensor.ones(1000)
  check.truthy(drop(x) == x)
  check.equal(autograd.record(function() return drop(x) end) == x, false)
end)

test("grad: several inputs, weights, an input that is not used", function()
  local x = tensor({1, 2, 3}):requires_grad_()
  local w = tensor({4, 5, 6}):requires_grad_()
  local unused = tensor({1}):requires_grad_()
  local g = autograd.grad((x * w):sum(), {x, w})
  close(g[1], tensor({4, 5, 6}))
  close(g[2], tensor({1, 2, 3}))
  check.equal(x.grad, nil)
  local weighted = autograd.grad(x * x, {x},
                                 {grad_outputs=tensor({1, 0, 2})})
  close(weighted[1], tensor({2, 0, 12}))
  close(autograd.grad({x * 2}, {x, unused})[2], tensor({0}))
end)

test("grad_of: numbers, tensors, further arguments, nesting", function()
  local d = autograd.grad_of
  check.near(d(cube)(2), 12, 1e-9)
  check.near(d(d(cube))(2), 12, 1e-9)
  check.near(d(d(d(cube)))(2), 6, 1e-9)
  check.near(d(d(d(d(cube))))(2), 0, 1e-9)
  close(d(function(x, a) return (a * x * x):sum() end)(tensor({1, 2}), 3),
        tensor({6, 12}))
  close(d(tensor.sin)(tensor({0, 1})), tensor({0, 1}):cos())
end)

test("grad_of: leaves x as it was; constants have no slope", function()
  local x = tensor({1, 2})
  autograd.grad_of(cube)(x)
  check.equal(x.requires_grad, false)
  check.equal(x.grad, nil)
  local w = tensor({3}):requires_grad_()
  autograd.grad_of(function(v) return v * w end)(x)
  check.equal(w.grad, nil)
  check.near(autograd.grad_of(function() return tensor(3) end)(1.0), 0, 0)
  check.equal(autograd.no_grad(autograd.grad_of(cube), 2.0), 12.0)
end)

test("grad_of: the derivative of a product of derivatives", function()
  local d = autograd.grad_of
  -- d/dx (x d/dy (x + y)) at y = 1 is 1: the two variables stay apart
  local outer = d(function(x)
    return x * d(function(y) return x + y end)(tensor(1, "float64"))
  end)
  check.near(outer(5.0), 1, 1e-12)
end)

test("value_and_grad: both", function()
  local value, slope = autograd.value_and_grad(cube)(2)
  check.near(value, 8, 1e-12)
  check.near(slope, 12, 1e-12)
  local y, g = autograd.value_and_grad(cube)(tensor({1, 2}))
  close(y, tensor({1, 8}))
  check.equal(y.requires_grad, false)
  close(g, tensor({3, 12}))
end)

test("jacobian: shapes and values", function()
  local m = tensor({{1, 2, 3}, {4, 5, 6}})
  close(autograd.jacobian(function(x) return m:matmul(x) end,
                          tensor({1, 1, 1})), m)
  close(autograd.jacobian(function(x) return x:sum() end, tensor({1, 2})),
        tensor({1, 1}))
  local full = autograd.jacobian(function(x) return x.T end,
                                 tensor.rand(2, 3))
  check.equal(tostring(full.shape), "(3, 2, 2, 3)")
  check.equal(full:sum():item(), 6.0)
  close(autograd.jacobian(function() return tensor({1, 2}) end,
                          tensor({3, 4, 5})), tensor.zeros(2, 3))
end)

test("hessian: symmetric, of x's shape twice", function()
  local h = autograd.hessian(function(x) return x[1] ^ 2 * x[2] end,
                             tensor({3, 5}))
  close(h, tensor({{10, 6}, {6, 0}}))
  close(autograd.hessian(function(x) return (2 * x):sum() end,
                         tensor({3, 5})), tensor.zeros(2, 2))
  check.near(autograd.hessian(cube, tensor(2, "float64")):item(), 12, 1e-9)
end)

test("gradcheck: passes what is right", function()
  local f = function(a, b) return (a:matmul(b)):tanh(), a:exp() end
  check.equal(autograd.gradcheck(f, {tensor.rand(2, 3), tensor.rand(3, 2)},
                                 {order=2}), true)
  check.equal(autograd.gradcheck(function(x, index)
    return x:index_select(1, index)
  end, {tensor.rand(3, 2), tensor({1, 3, 3}, "int64")}), true)
  check.truthy(autograd.gradcheck(tensor.exp, tensor(0.5)))
  check.equal(autograd.gradcheck(function(x) return {x * x, x:sin()} end,
                                 tensor.rand(4), {order=2}), true)
end)

test("gradcheck: names what is wrong", function()
  local wrong = function(a, b) return a:sum() + (b:detach() * b):sum() end
  local good, why = autograd.gradcheck(wrong,
                                       {tensor({1}), tensor({{1, 2}})})
  check.equal(good, false)
  check.equal(why:find("input 2 at (1, 1): the gradient is", 1, true) ~= nil,
              true)
  check.truthy(why:find("central differences give", 1, true) ~= nil)
end)

test("transforms: what is refused", function()
  check.error_matches(function() autograd.grad_of(5) end,
                      "must be a function")
  check.error_matches(function() autograd.grad_of(cube)("a") end,
                      "must be a tensor, not a string")
  check.error_matches(function()
    autograd.grad_of(function() return 3 end)(1.0)
  end, "must return a tensor")
  check.error_matches(function()
    autograd.gradcheck(cube, tensor({1}), {order=3})
  end, "order")
end)

-- Operations of one's own.

local product = autograd.Function{
  forward=function(ctx, x, k, y)
    ctx.x, ctx.y, ctx.k = x, y, k
    return x * y * k, x + y
  end,
  backward=function(ctx, g, h)
    return g * ctx.y * ctx.k + h, nil, g * ctx.x * ctx.k + h
  end,
}

test("a Function's gradients, first and second order", function()
  local x = tensor({1, -2, 3}, "float64")
  local function f(a, b) return product(a, 3, b) end
  check.equal(autograd.gradcheck(f, {x, x + 1}, {order=2}), true)
  local p, s = product(x, 2, x)
  check.equal({p.requires_grad, s.requires_grad}, {false, false})
  local w = tensor({1, 2}):requires_grad_()
  product(w, 2, tensor({5, 7})):sum():backward()
  close(w.grad, tensor({10, 14}))
end)

test("a Function that is wrong says how", function()
  local x = tensor({1, 2, 3})
  local function backward_with(backward)
    local f = autograd.Function{forward=function(_, a) return a end,
                                backward=backward}
    return function()
      f(x:clone():requires_grad_()):sum():backward()
    end
  end
  check.error_matches(backward_with(function(_, g) return g:sum() end),
    "autograd.Function: backward returned a gradient of shape %(%) for "
      .. "argument 1, whose shape is %(3%)")
  check.error_matches(backward_with(function() return 7 end),
    "backward must return tensors or nil, but its result 1 is a number")
  check.error_matches(backward_with(function() error("inside") end), "inside")
  check.error_matches(function()
    autograd.Function{forward=function() end, backward=print}(x)
  end, "forward returned nothing")
  check.error_matches(function() autograd.Function{forwrd=print} end,
    'did you mean "forward"')
end)

test("a Function lets go of what it held", function()
  collectgarbage()
  collectgarbage()
  local before = require("native").memory().live
  for i = 1, 50 do
    local x = tensor.ones(1000):requires_grad_()
    local y = product(x, 2, x)
    if i % 2 == 0 then y:sum():backward() end
  end
  collectgarbage()
  collectgarbage()
  check.equal(require("native").memory().live, before)
end)

test("dot draws each operation and leaf once", function()
  local w = tensor({1, 2}):requires_grad_()
  local text = autograd.dot((w:exp() * w + w):sum(), {names={["a\"b"]=w}})
  local _, nodes = text:gsub("label=", "")
  check.equal(nodes, 5)
  check.truthy(text:find('label="a\\"b\\nfloat32 (2)"', 1, true), text)
  check.error_matches(function() autograd.dot(tensor.ones(2)) end,
    "autograd.dot: the tensor does not depend on any tensor")
  local y = (w * w):sum()
  y:backward()
  check.error_matches(function() autograd.dot(y) end, "freed it")
end)
