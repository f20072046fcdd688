-- autograd: gradients of tensors, and transforms of plain functions.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

local primitive = native.autograd
local autograd = {}

-- What these say in help() stands beside their C functions.
autograd.grad = primitive.grad
autograd.no_grad = primitive.no_grad
autograd.record = primitive.record

-- Transforms -----------------------------------------------------------------

-- Switches recording on until the value returned is closed: transforms work
-- inside autograd.no_grad too.
local function recording()
  local before = native.set_grad(true)
  return setmetatable({}, {__close = function() native.set_grad(before) end})
end

-- Whether results must themselves have gradients with respect to x.
local function is_tracked(x)
  return x.requires_grad and native.is_grad()
end

-- What f computes on: a variable of its own, so that gradients with respect
-- to it are never mixed up with other uses of x. It stays connected to a
-- tracked x, which is what lets transforms be nested.
local function variable(x, tracked)
  if tracked then return x:clone() end
  return x:detach():requires_grad_()
end

local function check_function(where, f)
  local meta = getmetatable(f)
  if type(f) ~= "function" and not (meta and meta.__call) then
    native.fail("%s: the argument must be a function, not a %s", where,
                type(f))
  end
end

local function check_result(where, y)
  if not tensor.is(y) then
    native.fail("%s: the function must return a tensor, not a %s", where,
                type(y))
  end
end

local function check_input(where, x)
  if not tensor.is(x) then
    native.fail("%s: the argument must be a tensor, not a %s", where, type(x))
  end
end

-- d y / d v with weights `seed` on y's elements; zeros where y does not
-- depend on v.
local function gradient(y, v, seed, create_graph, retain_graph)
  if not y.requires_grad then return tensor.zeros_like(v) end
  return primitive.grad(y, v, {
    grad_outputs = seed, create_graph = create_graph,
    retain_graph = retain_graph,
  })
end

-- value and gradient of f at x, which may be a number.
local function evaluate(where, f, x, ...)
  local plain = type(x) == "number"
  if plain then x = tensor(x, "float64") end
  check_input(where, x)
  local tracked = is_tracked(x)
  local _ <close> = recording()
  local v = variable(x, tracked)
  local y = f(v, ...)
  check_result(where, y)
  local g = gradient(y, v, nil, tracked)
  if plain then return y:sum():item(), g:item() end
  return tracked and y or y:detach(), g
end

--- autograd.grad_of(f)
-- The function that computes f's gradient with respect to its first argument
-- (a tensor, or a number, for which the result is a number); further
-- arguments are passed on. Elements of a larger result of f are summed, so
-- that for a function that works element by element this is its derivative.
-- The gradient of a gradient: autograd.grad_of(autograd.grad_of(f)).
--   > autograd.grad_of(function(x) return x ^ 3 end)(2)
--   12.0
--   > autograd.grad_of(autograd.grad_of(function(x) return x ^ 3 end))(2)
--   12.0
function autograd.grad_of(f)
  check_function("autograd.grad_of", f)
  return function(x, ...)
    return (select(2, evaluate("autograd.grad_of", f, x, ...)))
  end
end

--- autograd.value_and_grad(f)
-- Like autograd.grad_of, but the function returns f's value, then its
-- gradient: one pass for both.
--   > f = autograd.value_and_grad(function(x) return x ^ 3 end)
--   > select(2, f(2))
--   12.0
function autograd.value_and_grad(f)
  check_function("autograd.value_and_grad", f)
  return function(x, ...)
    return evaluate("autograd.value_and_grad", f, x, ...)
  end
end

-- The sizes of a, then those of b.
local function joined_shape(a, b)
  local shape = {}
  for _, size in ipairs(a.shape) do shape[#shape + 1] = size end
  for _, size in ipairs(b.shape) do shape[#shape + 1] = size end
  return shape
end

--- autograd.jacobian(f, x)
-- All partial derivatives of the tensor f(x): the result has the shape of
-- f(x) followed by x's, and holds d f(x)[i] / d x[j] at [i, j].
-- See also: autograd.hessian.
--   > j = autograd.jacobian(function(x) return x * x end, tensor({1, 2}))
--   > j:totable()[2][2]
--   4.0
function autograd.jacobian(f, x)
  check_function("autograd.jacobian", f)
  check_input("autograd.jacobian", x)
  local tracked = is_tracked(x)
  local _ <close> = recording()
  local v = variable(x, tracked)
  local y = f(v)
  check_result("autograd.jacobian", y)
  local n, shape = y:numel(), joined_shape(y, x)
  if n == 0 then return tensor.zeros(shape, x.dtype) end
  local seeds, rows = tensor.eye(n):to(y.dtype), {}
  for i = 1, n do
    rows[i] = gradient(y, v, seeds[{i, {}}]:reshape(y.shape), tracked, true)
  end
  return tensor.stack(rows, 1):reshape(shape)
end

--- autograd.hessian(f, x)
-- All second derivatives of f at x, of shape x's twice; f returns one number
-- as a tensor (elements of a larger one are summed).
-- See also: autograd.jacobian.
--   > f = function(x) return (x ^ 3):sum() end
--   > autograd.hessian(f, tensor({1, 2})):totable()[2][2]
--   12.0
function autograd.hessian(f, x)
  check_function("autograd.hessian", f)
  check_input("autograd.hessian", x)
  return autograd.jacobian(autograd.grad_of(f), x)
end

-- Checking gradients ---------------------------------------------------------

local function is_float(x)
  return x.dtype == "float32" or x.dtype == "float64"
end

-- The inputs as a list of float64 tensors of our own; integers as they are.
local function check_inputs(inputs)
  local list = tensor.is(inputs) and {inputs} or inputs
  if type(list) ~= "table" then
    native.fail("autograd.gradcheck: inputs must be a tensor or a list of "
                  .. "tensors, not a %s", type(inputs))
  end
  local out = {}
  for i, x in ipairs(list) do
    check_input("autograd.gradcheck", x)
    out[i] = is_float(x) and x:detach():to("float64"):clone() or x
  end
  return out
end

-- Weights that tell the elements of a result apart.
local function weights_like(y)
  return (tensor.arange(y:numel()):to("float64"):sin() + 2):reshape(y.shape)
end

-- One number that depends on every element of every float result of f.
local function weighted_sum(f, inputs)
  local results = table.pack(f(table.unpack(inputs)))
  if type(results[1]) == "table" then results = results[1] end
  local sum = tensor(0, "float64")
  for i = 1, #results do
    local y = results[i]
    check_result("autograd.gradcheck", y)
    if is_float(y) then sum = sum + (y * weights_like(y)):sum() end
  end
  return sum
end

-- The gradients of the weighted sum with respect to the float inputs, in
-- order; tracked inputs give gradients that can be differentiated again.
local function gradients_at(f, inputs)
  local _ <close> = recording()
  local variables, floats, any_tracked = {}, {}, false
  for i, x in ipairs(inputs) do
    variables[i] = x
    if is_float(x) then
      local tracked = is_tracked(x)
      any_tracked = any_tracked or tracked
      variables[i] = variable(x, tracked)
      floats[#floats + 1] = variables[i]
    end
  end
  local sum = weighted_sum(f, variables)
  if sum.requires_grad then
    return primitive.grad({sum}, floats, {create_graph = any_tracked})
  end
  for i, v in ipairs(floats) do floats[i] = tensor.zeros_like(v) end
  return floats
end

-- (f(x + eps) - f(x - eps)) / (2 eps) at one element of the row `flat`, a
-- view of one of the inputs.
local function central_difference(f, inputs, flat, i, eps)
  local kept = flat[i]
  flat[i] = kept + eps
  local above = weighted_sum(f, inputs):item()
  flat[i] = kept - eps
  local below = weighted_sum(f, inputs):item()
  flat[i] = kept
  return (above - below) / (2 * eps)
end

-- "(2, 3)": where element i of a row stands in a tensor of that shape.
local function position_text(shape, i)
  local parts, rest = {}, i - 1
  for d = #shape, 1, -1 do
    parts[d] = tostring(rest % shape[d] + 1)
    rest = rest // shape[d]
  end
  return "(" .. table.concat(parts, ", ") .. ")"
end

-- true, or false and what is wrong with the gradient for input number k.
local function compare(f, inputs, k, analytic, o)
  local x, row = inputs[k], analytic:flatten()
  local flat = x:reshape(-1)
  for i = 1, flat:numel() do
    local expected = central_difference(f, inputs, flat, i, o.eps)
    local got = row[i]
    if not (math.abs(got - expected) <= o.atol + o.rtol * math.abs(expected))
    then
      return false, string.format(
        "input %d at %s: the gradient is %.9g, but central differences give "
          .. "%.9g", k, position_text(x.shape, i), got, expected)
    end
  end
  return true
end

local function check_order(f, inputs, o)
  local gradients, next_gradient = gradients_at(f, inputs), 0
  for k, x in ipairs(inputs) do
    if is_float(x) then
      next_gradient = next_gradient + 1
      local good, why = compare(f, inputs, k,
                                gradients[next_gradient]:detach(), o)
      if not good then return false, why end
    end
  end
  return true
end

local GRADCHECK = {
  positional = 0,
  {"eps", options.positive_number, 1e-6},
  {"atol", options.non_negative_number, 1e-5},
  {"rtol", options.non_negative_number, 1e-3},
  {"order", options.check("1 or 2", function(order)
    return order == 1 or order == 2
  end), 1},
}

--- autograd.gradcheck(f, inputs, {eps=1e-6, atol=1e-5, rtol=1e-3, order=1})
-- Compares the gradients of f with central differences, (f(x + eps) -
-- f(x - eps)) / (2 eps), element by element, in float64.
--   f       a function of the inputs; returns one or more tensors, or a list
--   inputs  a tensor or a list of tensors; integer tensors are passed on
--   atol, rtol  a difference up to atol + rtol * |expected| is accepted
--   order   2: the gradients of the gradients are checked as well
-- Returns true, or false and a message that names the input, the position
-- and both numbers, so that assert(autograd.gradcheck(f, x)) raises it.
--   > autograd.gradcheck(function(x) return x:exp() end, tensor({1, 2}))
--   true
function autograd.gradcheck(f, inputs, opts)
  local o = options.read("autograd.gradcheck", GRADCHECK, opts)
  check_function("autograd.gradcheck", f)
  local list = check_inputs(inputs)
  local good, why = check_order(f, list, o)
  if not good then return false, "autograd.gradcheck: " .. why end
  if o.order == 1 then return true end
  good, why = check_order(function(...)
    return gradients_at(f, {...})
  end, list, o)
  if not good then
    return false, "autograd.gradcheck: second order: " .. why
  end
  return true
end

return autograd
