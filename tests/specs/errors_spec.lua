-- errors: what beginners get wrong, and what they are told: the operation,
-- the shapes, the rule, and what to write instead.

local check = require("check")
local suggest = require("suggest")
local test = check.test

-- Runs a line with x = (2), m = (2, 3); the message must hold the text, plain,
-- and point at the line.
local function tells(line, text)
  test(line, function()
    local env = setmetatable({
      x=tensor({1, 2}), m=tensor.zeros(2, 3), w=tensor({1, 2}):requires_grad_(),
    }, {__index=_G})
    local chunk = load("return (" .. line .. ")", "=line", "t", env)
      or assert(load(line, "=line", "t", env))
    local good, message = pcall(chunk)
    check.truthy(not good, "an error")
    check.truthy(message:find("line:1: ", 1, true), message)
    check.truthy(message:find(text, 1, true), message)
  end)
end

-- Dims and shapes --------------------------------------------------------------

tells("x:sum(0)", "sum: dim 0 does not exist: dims count from 1")
tells("x:sum(2)", "sum: dim 2 does not exist: the tensor has 1 dim")
tells("m:sum(-3)", "sum: dim -3 does not exist: the tensor has 2 dims")
tells("m:sum({1, 1})", "sum: dim 1 is named twice")
tells("x:sum('1')", 'sum: argument 2 (dim) must be a dim (a whole number), '
  .. 'got "1"')
tells("x:sum(1, 1)", "argument 3 (keepdim) must be true or false, got 1")
tells("x:sum(1.5)", "must be a dim (a whole number), got 1.5")
tells("m:softmax(3)", "softmax: dim 3 does not exist")
tells("m + x", "add: the shapes (2, 3) and (2) do not broadcast")
tells("m:matmul(m)", "matmul: the shapes (2, 3) and (2, 3) do not go together: "
  .. "the last dim of the left (3)")
tells("x:dot(tensor.ones(3))", "dot: the shapes (2) and (3)")
tells("m:reshape(4)", "reshape: (2, 3) has 6 elements, which do not fill (4)")
tells("m:reshape()", "reshape: argument 2 (shape) is missing")
tells("m:reshape('2')", "must be whole numbers or a list of them")
tells("m:transpose(1)", "transpose: takes two dims, or none")
tells("m:permute(0, 1)", "permute: (0, 1) does not name each of the dims 1..2")
tells("tensor.stack({x, m})", "stack: tensor 1 has shape (2) and tensor 2 "
  .. "(2, 3)")
tells("tensor.zeros()", "zeros: a shape is missing")
tells("tensor.zeros('2')", "zeros: a shape is missing: whole numbers before")
tells("tensor.zeros(-1)", "zeros: a size cannot be negative: -1")
tells("tensor.zeros(2.5)", "whole numbers or a list of them, got 2.5")
tells("tensor.zeros(2, 'float16')", "a dtype is one of float32, float64")
tells("x:add_(tensor.zeros(3, 2))", "add_: the result has shape (3, 2)")

-- Positions ----------------------------------------------------------------------

tells("x[0]", "index 0 in dim 1: positions count from 1")
tells("x[3]", "index 3 is outside dim 1 of size 2 (positions are 1..2")
tells("x[x % 2 == 0]", "got a boolean (== compares whole tensors: a mask is "
  .. "x:eq(y))")
tells("x[1.5]", "an index must be a whole number")
tells("x[{1, 2}]", "too many indices: a tensor of shape (2) has 1 dim (an entry "
  .. "for each dim; a range is a table of its own, a list of positions is "
  .. "tensor(list, \"int64\"))")
tells("m['0:1']", "begins or ends at 0: positions count from 1")
tells("x[tensor.ones(2)]", "an index tensor must hold integers or be a bool "
  .. "mask, this one is float32")
tells("x[0] = 1", "index 0 in dim 1")
tells("x[1] = 'a'", 'the value must be a tensor or a number, got "a"')
tells("m[1] = {1, 2}", "the shape (2) does not broadcast to (3)")
tells("m[1] = x", "the shape (2) does not broadcast to (3)")

-- What is no tensor --------------------------------------------------------------

tells("tensor('a')", 'makes a tensor of a number or of nested tables')
tells("tensor(1, 2, 3)", "several numbers stand in a table, as in tensor({1, 2})")
tells("tensor({1, 'a'})", 'tensor: element (2) must be a number, got "a"')
tells("tensor({{1, 2}, {3}})", "not of equal length: the one at (2) has 1 "
  .. "element, the first of its level 2")
tells("tensor.sum({1, 2})", "sum: argument 1 (x) must be a tensor (make one "
  .. "with tensor(t)), got a table")
tells("x + '1'", 'add: argument 2 (other) must be a tensor or a number, got "1"')
tells("x + {1, 2}", "make one with tensor(t)")
tells("x + nothing", "add: argument 2 (other) is nil")
tells("nothing * x", "mul: argument 1 (x) is nil")
tells("x:maximum(nothing)", "maximum: argument 2 (other) is nil")
tells("tensor.concat(x, x)", "must be a list of tensors, {a, b}, got a float32 "
  .. "(2) tensor")
tells("tensor.concat({1, 2})", "item 1 of the list must be a tensor, got 1")
tells("x:gather(1, {1})", "gather: argument 3 (index) must be a tensor (make")
tells("x:masked_fill(x, 0)", "the mask must be bool, not float32")
tells("x & 1", "works on bool tensors, not on float32 (compare first")
tells("x < 1", "compared element by element with methods: a:lt(b)")
tells("x:to('cuda')", 'must be a dtype (float32, float64, int64')
tells("x:item()", "takes a tensor of one element, this one has shape (2)")
tells("tensor.linspace(0, 1)", "linspace: argument 3 (count) must be a whole "
  .. "number, got nothing")
tells("tensor.uniform('a', 1, 2)",
      'argument 1 (low) must be a number or a tensor, got "a"')
tells("tensor.randint(1, 6)", "randint: a shape is missing")
tells("x:allclose({1, 2})", "allclose: argument 2 must be a tensor, got a table")

-- A point for a colon ------------------------------------------------------------

tells("x.sum()", "sum: argument 1 (x) is missing; is a colon missing, as in "
  .. "x:sum()?")
tells("m.sum(1)", "sum: argument 1 (x) must be a tensor, got 1; is a colon "
  .. "missing, as in x:sum()?")
tells("m.reshape(3, 2)", "must be a tensor, got 3; is a colon missing")
tells("x.clamp(0, 1)", "clamp: argument 1 (x) must be a tensor, got 0; is a")
tells("x.item()", "item: argument 1 must be a tensor, got nothing; is a colon")
tells("x.add_()", "add_: the first argument must be a tensor, got nothing; is")
tells("x.add_(1)", "add_: the first argument must be a tensor, got 1; is a")

test("no colon is asked for where it would not help", function()
  for _, line in ipairs {
    "tensor.bernoulli(0.5)", "tensor.zeros(2.5)", "tensor.sum({1})",
    "tensor.ones(2):sum('a')", "tensor.concat(1)",
  } do
    local good, message = pcall(assert(load("return " .. line)))
    check.truthy(not good and not message:find("colon"), message)
  end
end)

-- Names and options --------------------------------------------------------------

tells("x:summ()", 'no field or method "summ" (did you mean "sum"?)')
tells("x.Shape", 'did you mean "shape"?')
tells("x:size()", 'did you mean "shape"?')
tells("x:len()", 'did you mean "numel"?')
tells("x:astype('int64')", 'did you mean "to"?')
tells("x:expand_dims(1)", 'did you mean "unsqueeze"?')
tells("x:sum{keepdims=true}", 'unknown option "keepdims"; the options are dim, '
  .. "keepdim")
tells("x:sum({dim=1}, true)", "nothing may follow the options")
tells("x:sum(1, true, 2)", "sum: takes 3 arguments, got 4")
tells("x.foo", 'no field or method "foo"')
tells("x.shape = {2}", 'the field "shape" of a tensor cannot be set')

test("a name that is far from all gets no suggestion", function()
  local x = tensor({1})
  local _, message = pcall(function() return x.q end)
  check.truthy(not message:find("did you mean"), message)
end)

-- Gradients ----------------------------------------------------------------------

tells("x:sum():backward()", "does not depend on any tensor with requires_grad; "
  .. "call x:requires_grad_()")
tells("w:add_(1)", "add_: a tensor with requires_grad cannot be changed in "
  .. "place while gradients are recorded; use autograd.no_grad")
tells("w[1] = 3", "assignment: a tensor with requires_grad cannot be changed")
tells("tensor({1}, 'int64'):requires_grad_()", "only float tensors have "
  .. "gradients, this one is int64")
tells("autograd.grad(x, x)", "input 1 has requires_grad = false; call "
  .. "x:requires_grad_()")
tells("autograd.no_grad(1)", "no_grad: takes a function, got 1")
tells("autograd.grad_of(1)", "the argument must be a function, not a number")

-- What Lua itself says -----------------------------------------------------------

local function adds(line, text)
  test("to what Lua says of " .. line, function()
    local env = setmetatable({x=tensor({1, 2})}, {__index=_G})
    local chunk = load("return " .. line, "=line", "t", env)
      or assert(load(line, "=line", "t", env))
    local _, message = pcall(chunk)
    check.equal(suggest.explain(message), text)
  end)
end

adds("x:T()", "T is no function: write x.T")
adds("x:shape()", "shape is no function: write x.shape")
adds("x.dtype()", "dtype is no function: write x.dtype")
adds("x(1)", "an index stands in brackets: x[i]")
adds("for v in x do end", "write for i, v in ipairs(x) do")
adds("for i, v in pairs(x) do end", "write for i, v in ipairs(x) do")
adds("'x = ' .. x", "write tostring(x)")
adds("math.sin(x)", "write x:sin()")
adds("string.format('%.3f', x)", "write x:item()")
adds("tensor.summ(x)", "did you mean 'tensor.sum'?")
adds("tensor.cat({x})", "did you mean 'tensor.concat'?")
adds("tensor.array({1})", "did you mean 'tensor'?")
adds("tensor.Tensor({1})", "did you mean 'tensor'?")
adds("tensr.ones(2)", "did you mean 'tensor'?")
adds("error('of the user')", nil)

adds("tensor.clip(x, 0, 1)", "did you mean 'tensor.clamp'?")
adds("np.ones(2)", "did you mean 'tensor'?")
adds("torch.ones(2)", "did you mean 'tensor'?")

test("an unknown name of a tensor tells what to write", function()
  local x = tensor.ones(2, 2)
  local function tells(name, text)
    local message = check.error_matches(function() return x[name] end, "")
    check.truthy(message:find(text, 1, true), message)
  end
  tells("clip", '(did you mean "clamp"?)')
  tells("size", '(did you mean "shape"?)')
  tells("t", '(did you mean "T"?)')
  tells("equal", '(did you mean "eq"?)')
  tells("numpy", '(did you mean "totable"?)')
  tells("summ", '(did you mean "sum"?)')
  tells("zeros_like", "(it is no method: write tensor.zeros_like(x))")
  tells("inv", "(it is no method: write tensor.linalg.inv(x))")
  tells("rfft", "(it is no method: write tensor.fft.rfft(x))")
end)

test("ipairs goes over the first dim", function()
  local seen = {}
  for i, v in ipairs(tensor({5, 6})) do seen[i] = v end
  check.equal(seen, {5.0, 6.0})
  local count = 0
  for i, row in ipairs(tensor.zeros(3, 2)) do
    count = i
    check.equal(row.shape[1], 2)
  end
  check.equal(count, 3)
  for _ in ipairs(tensor.zeros(0, 2)) do error("nothing to go over") end
  check.error_matches(function() return tensor({5, 6})[3] end, "index 3 is out")
end)

test("no empty traceback at the prompt, however deep in a model", function()
  local lines = [[m = nn.Sequential{nn.Dense{1, input_shape={2}}}
m:compile{loss=[=[mse]=]}
x, y = tensor.ones(4, 2), tensor.ones(4, 3)
m:fit(x, y, {verbose=0})
h = m:fit(x, y, {verbose=0})
]]
  local pipe = assert(io.popen(string.format("printf %%s '%s' | '%s' -i 2>&1",
    lines, os.getenv("NNLUA") or "build/nnlua")))
  local text = pipe:read("a")
  pipe:close()
  local _, count = text:gsub("mean_squared_error: y_true is", "")
  check.equal(count, 2)
  check.truthy(not text:find("traceback", 1, true), text)
end)
