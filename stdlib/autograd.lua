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

-- Operations of one's own ------------------------------------------------------

local Function = {__name = "autograd.Function"}

local FUNCTION = {
  positional = 0,
  {"forward", options.check("a function", function(f)
    return type(f) == "function"
  end), options.required},
  {"backward", options.check("a function", function(f)
    return type(f) == "function"
  end), options.required},
}

-- The arguments that are tensors, and where each stands.
local function tensors_among(arguments)
  local list, places = {}, {}
  for i = 1, arguments.n do
    if tensor.is(arguments[i]) then
      list[#list + 1] = arguments[i]
      places[#places + 1] = i
    end
  end
  return list, places
end

local function check_results(results)
  if results.n == 0 then
    native.fail("autograd.Function: forward returned nothing; it must return "
                  .. "one or more tensors")
  end
  for i = 1, results.n do
    if not tensor.is(results[i]) then
      native.fail("autograd.Function: forward must return tensors, but its "
                    .. "result %d is a %s", i, type(results[i]))
    end
  end
end

-- The gradients in the order of the tensors, each checked.
local function pick_gradients(gradients, shapes, places)
  local picked = {}
  for k, place in ipairs(places) do
    local g = gradients[place]
    if g ~= nil and not tensor.is(g) then
      error(("backward must return tensors or nil, but its result %d is a %s")
              :format(place, type(g)), 0)
    end
    if g and tostring(g.shape) ~= shapes[k] then
      error(("backward returned a gradient of shape %s for argument %d, whose "
               .. "shape is %s"):format(tostring(g.shape), place, shapes[k]), 0)
    end
    picked[k] = g or false
  end
  return picked
end

-- What nn calls when a gradient has flowed into one of the results. It must
-- not hold the results themselves: they hold it.
local function rule_of(backward, ctx, results, inputs, places)
  local likes, shapes = {}, {}
  for i = 1, results.n do
    likes[i] = {results[i].shape, results[i].dtype}
  end
  for k, x in ipairs(inputs) do shapes[k] = tostring(x.shape) end
  return function(which, g)
    local flowed = {}
    for i, like in ipairs(likes) do
      flowed[i] = i == which and g or tensor.zeros(like[1], like[2])
    end
    local gradients = table.pack(backward(ctx, table.unpack(flowed)))
    return pick_gradients(gradients, shapes, places)
  end
end

function Function:__call(...)
  local arguments, ctx = table.pack(...), {}
  local results = table.pack(primitive.no_grad(self.forward, ctx, ...))
  check_results(results)
  local inputs, places = tensors_among(arguments)
  local rule = rule_of(self.backward, ctx, results, inputs, places)
  return table.unpack(native.record_function(rule, inputs, results))
end

--- autograd.Function{forward=, backward=}
-- An operation with a gradient of your own; call it like a function.
--   forward   function(ctx, ...): computes from the arguments (tensors and
--             other values) and returns one or more tensors. What it does is
--             not recorded. ctx is a fresh table for what backward needs.
--   backward  function(ctx, g, ...): gets the gradient with respect to each
--             result, and returns that with respect to each argument of
--             forward, in order; nil where there is none. Written with
--             operations on tensors, it can be differentiated itself.
-- Errors: results that are no tensors; a gradient whose shape is not that of
-- its argument (told when backward runs). Do not change in place what was
-- put into ctx.
-- See also: autograd.gradcheck, which tells whether backward is right.
--   > function clip(ctx, x) return x:clamp(-1, 1) end
--   > function straight(ctx, g) return g end
--   > clip = autograd.Function{forward=clip, backward=straight}
--   > w = tensor({0.5, 3}):requires_grad_()
--   > clip(w)
--   float32 (2)
--     0.5000  1.0000
--   > clip(w):sum():backward()
--   > w.grad
--   float32 (2)
--     1  1
function autograd.Function(definition)
  return setmetatable(options.read("autograd.Function", FUNCTION, definition),
                      Function)
end

-- The graph as a picture -------------------------------------------------------

local function quote(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
end

local function leaf_names(names)
  local by_id = {}
  for name, x in pairs(names) do
    if type(name) ~= "string" or not tensor.is(x) then
      native.fail("autograd.dot: names must be a table of tensors by name")
    end
    local steps = native.graph(x)
    local last = steps[#steps]
    if last then by_id[last.id] = name end
  end
  return by_id
end

local DOT = {
  positional = 0,
  {"names", options.table, {}},
}

--- autograd.dot(y, {names={}})
-- The graph behind y as Graphviz text: the operations that were recorded,
-- with the shapes of their results, and the leaves that collect gradients.
--   names  a table of tensors by name: leaves (and results) to be labelled
-- Write it into a file and draw it: `dot -Tsvg graph.dot -o graph.svg`.
-- Errors: y is no tensor, was not computed from tracked ones, or backward
-- has freed its graph.
--   > w = tensor({1, 2}):requires_grad_()
--   > print(autograd.dot((w * w):sum(), {names={w=w}}))
--   digraph gradients {
--     node [shape=box, style="rounded,filled", fillcolor=white];
--     n1 [label="w\nfloat32 (2)", fillcolor=lightblue];
--     n2 [label="mul\nfloat32 (2)"];
--     n1 -> n2;
--     n1 -> n2;
--     n3 [label="sum\nfloat32 ()"];
--     n2 -> n3;
--   }
function autograd.dot(y, opts)
  check_input("autograd.dot", y)
  local names = leaf_names(options.read("autograd.dot", DOT, opts).names)
  local steps = native.graph(y)
  if #steps == 0 then
    native.fail("autograd.dot: the tensor does not depend on any tensor with "
                  .. "requires_grad")
  end
  local lines, numbers, count = {
    "digraph gradients {",
    '  node [shape=box, style="rounded,filled", fillcolor=white];',
  }, {}, 0
  for _, step in ipairs(steps) do
    if not numbers[step.id] then
      count = count + 1
      numbers[step.id] = "n" .. count
      local label = (names[step.id] or step.name or "leaf") .. "\n"
        .. step.shape
      lines[#lines + 1] = ("  n%d [label=%s%s];"):format(
        count, quote(label), step.name and "" or ", fillcolor=lightblue")
    end
    for _, from in ipairs(step.from) do
      lines[#lines + 1] = ("  %s -> %s;"):format(numbers[from],
                                                 numbers[step.id])
    end
  end
  lines[#lines + 1] = "}"
  return table.concat(lines, "\n")
end

return autograd
