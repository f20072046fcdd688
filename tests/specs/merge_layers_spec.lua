-- layers that join several inputs.

local check = require("check")
local layer_checks = require("layer_checks")
local error_matches, equal, near = check.error_matches, check.equal, check.near
local test = check.test
local random = layer_checks.random

local function pair(...)
  local x = random(...)
  return x, (x * 1.7 - 0.3):flip(1)
end

test("values, element by element", function()
  local a, b = pair(2, 3)
  local c = a * b
  near(nn.Add()(a, b, c), a + b + c)
  near(nn.Subtract()(a, b), a - b)
  near(nn.Multiply()(a, b, c), a * b * c)
  near(nn.Average()(a, b, c), (a + b + c) / 3)
  near(nn.Maximum()(a, b, c), a:maximum(b):maximum(c))
  near(nn.Minimum()({a, b, c}), a:minimum(b):minimum(c))
end)

test("gradients, shapes, configuration, saving", function()
  local a, b = pair(2, 3)
  for _, class in ipairs {nn.Add, nn.Subtract, nn.Multiply, nn.Average,
                          nn.Maximum, nn.Minimum} do
    layer_checks.gradients(class(), a, b)
    layer_checks.config(class())
    equal(class()(nn.Input{4, 1}, nn.Input{4, 3}).shape, {4, 3})
    layer_checks.saved(nn.Lambda{nn.register("spec_join", function(x)
      return class()(x, x * 2)
    end)}, {3})
    local x = nn.Input{3}
    local model = nn.Model{inputs=x, outputs=class()(x, nn.ReLU()(x))}
    near(model(a), class()(a, a:relu()), 0)
    layer_checks.saved(model, {3})
  end
end)

test("samples of fewer dims meet samples, not the batch", function()
  local a, b = random(4, 3), random(4, 4, 3)
  near(nn.Add()(a, b), a:unsqueeze(2) + b, 0)
  near(nn.Subtract()(b, a), b - a:unsqueeze(2), 0)
  equal(nn.Add()(nn.Input{3}, nn.Input{5, 3}).shape, {5, 3})
end)

test("Dot: values", function()
  local a, b = pair(3, 4)
  near(nn.Dot{2}(a, b), (a * b):sum(2, true))
  near(nn.Dot{-1}({a, b}), (a * b):sum(2, true))
  local cosine = nn.Dot{2, normalize=true}
  near(cosine(a, a), tensor.ones(3, 1))
  near(cosine(a, -a), -tensor.ones(3, 1))
  near(cosine(a * 0, a), tensor.zeros(3, 1))
  local m, n = random(2, 3, 4), random(2, 4, 5)
  near(nn.Dot{{3, 2}}(m, n), m:matmul(n))
  near(nn.Dot{{2, 3}}(n, m), tensor.einsum("bij,bki->bjk", n, m))
end)

test("Dot: shapes, gradients, configuration", function()
  local function shape(axes, a, b)
    return nn.Dot{axes}(nn.Input{shape=a}, nn.Input{shape=b}).shape
  end
  equal(shape(2, {4}, {4}), {1})
  equal(shape({3, 2}, {3, 4}, {4, 5}), {3, 5})
  equal(shape({2, -1}, {4, -1}, {5, 6, 4}), {-1, 5, 6})
  equal(shape({2, 3}, {4}, {6, 4}), {6})
  layer_checks.gradients(nn.Dot{2}, random(3, 4), random(3, 4) * 2)
  layer_checks.gradients(nn.Dot{{3, 2}, normalize=true}, random(2, 3, 4),
                         random(2, 4, 2))
  layer_checks.config(nn.Dot{{3, 2}, normalize=true})
  layer_checks.config(nn.Dot{-1})
  local x = nn.Input{3, 4}
  layer_checks.saved(nn.Model{inputs=x, outputs=nn.Dot{{3, 3}}(x, x)}, {3, 4})
end)

test("every call is checked, not only the first", function()
  local x, a, b = tensor.ones(2, 3), nn.Input{3, 4}, nn.Input{5, 3}
  local subtract, dot = nn.Subtract(), nn.Dot{-1}
  subtract(x, x)
  dot(x, x)
  for _, layer in ipairs {subtract, dot} do
    error_matches(function() layer(x, x, x) end, "takes 2 inputs, got 3")
    error_matches(function() layer(a, a, a) end, "takes 2 inputs, got 3")
    error_matches(function() layer(x) end, "takes 2 inputs, got 1")
  end
  error_matches(function() dot(a, b) end,
    "dim 3 of %(None, 3, 4%) and dim 3 of %(None, 5, 3%) have different sizes")
  for _, name in ipairs {"Add", "Average", "Maximum", "Concatenate"} do
    local layer = nn[name]()
    layer(x, x)
    error_matches(function() layer(x) end, "needs at least two inputs")
    error_matches(function() layer({x}) end, "needs at least two inputs")
  end
end)

test("Concatenate and Softmax do not mix samples", function()
  local message = "axis 1 is not a dim of samples in a batch of 2 dims "
    .. "%(1 is the batch; those of a sample begin at 2%)"
  for _, x in ipairs {tensor.ones(2, 3), nn.Input{3}} do
    error_matches(function() nn.Concatenate{1}(x, x) end, message)
    error_matches(function() nn.Softmax{1}(x) end, message)
  end
  local x = tensor.ones(2, 3)
  equal(nn.Concatenate{2}(x, x).shape, nn.Concatenate()(x, x).shape)
end)

test("errors", function()
  local x = tensor.zeros(2, 3)
  error_matches(function() nn.Subtract()(x, x, x) end,
    "Subtract 'subtract': takes 2 inputs, got 3")
  error_matches(function() nn.Maximum()(x) end,
    "Maximum 'maximum': needs at least two inputs")
  error_matches(function() nn.Multiply()(x, tensor.zeros(2, 4)) end,
    "Multiply 'multiply': shapes %(None, 3%) and %(None, 4%) do not fit")
  error_matches(function() nn.Minimum()(nn.Input{3}, nn.Input{4}) end,
    "shapes %(None, 3%) and %(None, 4%) do not fit together")
  error_matches(function() nn.Dot{2}(x, tensor.zeros(2, 4)) end,
    "Dot 'dot': dim 2 of %(None, 3%) and dim 2 of %(None, 4%) have different "
    .. "sizes")
  error_matches(function() nn.Dot{1}(x, x) end,
    "axis 1 is not a dim of samples in a batch of 2 dims")
  error_matches(function() nn.Dot{{1, 2, 3}} end,
    "axes must be one dim or two, got {1, 2, 3}")
  error_matches(function() nn.Dot() end, "axes is missing")
  error_matches(function() nn.Dot{2}(x, x, x) end, "takes 2 inputs, got 3")
end)

test("shapes are checked at every call as well", function()
  local x, y = tensor.zeros(2, 3), tensor.zeros(2, 4)
  local dot, join, plus = nn.Dot{2}, nn.Concatenate{}, nn.Add{}
  dot(x, x)
  join(x, y)
  plus(x, x)
  error_matches(function() dot(x, y) end,
    "Dot 'dot': dim 2 of %(None, 3%) and dim 2 of %(None, 4%) have different")
  error_matches(function() join(x, tensor.zeros(2, 3, 4)) end,
    "Concatenate 'concatenate': shapes %(None, 3%) and %(None, 3, 4%) differ")
  error_matches(function() plus(x, y) end, "Add 'add': shapes")
  error_matches(function() plus(nn.Input{3}, nn.Input{4}) end, "Add 'add'")
  equal(join(y, y, y).shape[2], 12)
end)
