-- rectifiers, Softmax, Maxout, MultiHeadAttention; the list of activations.

local check = require("check")
local layer_checks = require("layer_checks")
local error_matches, equal, near = check.error_matches, check.equal, check.near
local same_shape, test, truthy = check.same_shape, check.test, check.truthy
local random = layer_checks.random

local x = tensor{{-2, -0.5, 0, 0.5, 2}}

-- Rectifiers -----------------------------------------------------------------

test("values of the rectifiers", function()
  near(nn.ReLU()(x), {{0, 0, 0, 0.5, 2}})
  near(nn.ReLU{1}(x), {{0, 0, 0, 0.5, 1}})
  near(nn.ReLU{1, 0.5}(x), {{-1, -0.25, 0, 0.5, 1}})
  near(nn.ReLU{threshold=1}(x), {{0, 0, 0, 0, 2}})
  near(nn.ReLU{1.5, 0.5, 1}(x), {{-1.5, -0.75, -0.5, -0.25, 1.5}})
  near(nn.ELU{2}(x)[1][1], 2 * (math.exp(-2) - 1))
  near(nn.ThresholdedReLU{0.5}(x), {{0, 0, 0, 0, 2}})
  near(nn.LeakyReLU{0.5}(x), {{-1, -0.25, 0, 0.5, 2}})
  near(nn.PReLU{"ones"}(x), {{-2, -0.5, 0, 0.5, 2}})
  near(nn.RReLU{0.2, 0.6}(x), {{-0.8, -0.2, 0, 0.5, 2}})
  near(nn.ReLU()(tensor{{0 / 0}}), {{0 / 0}})
end)

test("rectifiers: gradients, shapes, configuration, saving", function()
  for _, class in ipairs {"ReLU", "ELU", "ThresholdedReLU", "LeakyReLU",
                          "PReLU", "RReLU", "Softmax"} do
    layer_checks.all(function(dtype) return nn[class]{dtype=dtype} end, {3, 4},
                     {3, 4})
  end
  layer_checks.all(function(dtype)
    return nn.ReLU{1.5, 0.5, 1, dtype=dtype}
  end, {5}, {5})
end)

test("PReLU shares slopes along shared_axes", function()
  local layer = nn.PReLU{shared_axes={2, 3}}
  layer(tensor.zeros(2, 4, 5, 3))
  same_shape(layer.alpha, {1, 1, 3})
  layer_checks.all(function(dtype)
    return nn.PReLU{shared_axes=2, alpha_regularizer="l2", dtype=dtype,
                    alpha_initializer=nn.initializers.Constant{0.25}}
  end, {3, 4}, {3, 4})
  equal(nn.PReLU{shared_axes={2}}(nn.Input{-1, 4}).shape, {-1, 4})
  error_matches(function() nn.PReLU()(nn.Input{-1, 4}) end,
    "PReLU 'p?_?re_?lu': the size of dim 2 must be known, or be one of "
    .. "shared_axes")
  error_matches(function() layer(tensor.zeros(2, 4, 5, 1)) end,
    "has slopes %(1, 1, 3%) for samples, got %(2, 4, 5, 1%)")
  same_shape(layer(tensor.zeros(2, 6, 1, 3)), {2, 6, 1, 3})
  error_matches(function() nn.PReLU{shared_axes=1}(x) end,
    "axis 1 is not a dim of samples")
end)

test("RReLU draws its slopes in training", function()
  tensor.manual_seed(3)
  local y = nn.RReLU{0.2, 0.6}(tensor.full({200, 100}, -1), {training=true})
  near(y:amin():item(), -0.6, 1e-3)
  near(y:amax():item(), -0.2, 1e-3)
  near(y:mean():item(), -0.4, 0.005)
  near(y:std():item(), 0.4 / math.sqrt(12), 0.005)
  near(nn.RReLU()(tensor.ones(2, 2), {training=true}), tensor.ones(2, 2), 0)
  local doubles = tensor.full({2, 2}, -1, "float64")
  equal(nn.RReLU()(doubles, {training=true}).dtype, "float64")
  error_matches(function() nn.RReLU{0.5, 0.2} end,
    "lower must not be above upper, got 0.5 and 0.2")
end)

test("Softmax: axes and masks", function()
  local z = random(2, 3, 4)
  near(nn.Softmax()(z):sum(-1), tensor.ones(2, 3))
  near(nn.Softmax{2}(z), z:softmax(2))
  near(nn.Softmax{{2, 3}}(z), z:flatten(2):softmax(2):reshape(2, 3, 4))
  layer_checks.config(nn.Softmax{{2, 3}})
  local y = nn.Softmax()(tensor{{1, 2, 1}}, {mask=tensor{{1, 0, 1}}})
  near(y, {{0.5, 0, 0.5}})
  near(nn.Softmax()(tensor{{1, 1}}, {mask=tensor{{false, false}}}),
       {{0.5, 0.5}})
end)

-- Maxout ---------------------------------------------------------------------

test("Maxout", function()
  local layer = nn.Maxout{2, 3}
  local input = random(4, 5)
  local y = layer(input)
  same_shape(layer.kernel, {5, 6})
  local pieces = input:matmul(layer.kernel) + layer.bias
  near(y, pieces:reshape(4, 2, 3):amax(3))
  layer_checks.all(function(dtype)
    return nn.Maxout{2, dtype=dtype, bias_initializer="random_normal"}
  end, {3, 4}, {3, 2})
  layer_checks.all(function(dtype)
    return nn.Maxout{3, pieces=4, use_bias=false, dtype=dtype}
  end, {4}, {3})
  error_matches(function() layer(nn.Input{7}) end,
    "Maxout 'maxout': was built for inputs of size 5 in the last dim, got 7")
  error_matches(function() nn.Maxout{2, 0} end, "pieces must be a positive")
end)

-- MultiHeadAttention ---------------------------------------------------------

test("attention: shapes and weights", function()
  local layer = nn.MultiHeadAttention{2, 3, value_dim=4}
  local q, v, k = random(2, 5, 6), random(2, 4, 7), random(2, 4, 3)
  same_shape(layer(q, v, k), {2, 5, 6})
  same_shape(layer.query_kernel, {6, 6})
  same_shape(layer.key_kernel, {3, 6})
  same_shape(layer.value_kernel, {7, 8})
  same_shape(layer.output_kernel, {8, 6})
  equal(#layer:parameters(), 8)
  local a, b = nn.Input{5, 6}, nn.Input{-1, 7}
  equal(nn.MultiHeadAttention{2, 3, output_shape=9}(a, b).shape, {5, 9})
  layer_checks.config(nn.MultiHeadAttention{2, 3, kernel_regularizer="l2",
                                            dropout=0.5, use_bias=false})
end)

test("attention: gradients", function()
  local function small(opts)
    opts[1], opts[2], opts.dtype = 2, 2, "float64"
    return nn.MultiHeadAttention(opts)
  end
  layer_checks.gradients(small{}, random(1, 3, 2), random(1, 2, 2) * 2)
  layer_checks.gradients(small{value_dim=3, use_bias=false}, random(1, 2, 3),
                         random(1, 3, 2), random(1, 3, 4))
end)

test("attention: a step looks only where it may", function()
  local layer = nn.MultiHeadAttention{2, 3}
  local input = random(1, 4, 6)
  local other = input:clone()
  other[{1, {3, 4}}] = 9
  local opts = {use_causal_mask=true}
  near(layer(input, input, opts)[{{}, {1, 2}}],
       layer(other, other, opts)[{{}, {1, 2}}])
  truthy(not layer(input, input):allclose(layer(other, other)))
  local mask = tensor{{1, 1, 0, 0}}:expand(4, -1)
  near(layer(input, other, {attention_mask=mask}),
       layer(input, input, {attention_mask=mask}))
  near(layer(input, other, {attention_mask=mask:ne(0):unsqueeze(1)}),
       layer(input, input, {attention_mask=mask}))
  local nowhere = layer(input, input, {attention_mask=tensor.zeros(4, 4)})
  truthy(nowhere:isfinite():all():item())
end)

test("attention: padding of the value is not looked at", function()
  local layer = nn.MultiHeadAttention{2, 3}
  local query, value = random(1, 2, 6), random(1, 4, 6)
  value[{1, {3, 4}}] = 0
  near(layer(query, nn.Masking()(value)), layer(query, value[{{}, {1, 2}}]))
  local y = layer(nn.Masking()(query), query)
  near(require("nn.calling").mask_of(y):float(), {{1, 1}})
end)

test("attention: dropout in training only", function()
  local layer = nn.MultiHeadAttention{2, 3, dropout=0.5}
  local input = random(2, 4, 6)
  near(layer(input, input), layer(input, input), 0)
  tensor.manual_seed(1)
  local first = layer(input, input, {training=true})
  truthy(not first:allclose(layer(input, input, {training=true})))
end)

test("attention in models: a mask as an input, options that are saved",
function()
  local a, m = nn.Input{4, 6}, nn.Input{4, 4, name="m"}
  local layer = nn.MultiHeadAttention{2, 3}
  local model = nn.Model{inputs={a, m},
                         outputs=layer(a, a, {attention_mask=m})}
  local input = random(2, 4, 6)
  local mask = tensor.ones(2, 4, 4):tril()
  near(model(input, mask), layer(input, input, {use_causal_mask=true}))
  local one = nn.Model{inputs=a, outputs=layer(a, a, {use_causal_mask=true})}
  near(one(input), model(input, mask))
  layer_checks.saved(one, {4, 6})
  local path = os.tmpname()
  model:save(path)
  near(nn.load_model(path)(input, mask), model(input, mask), 0)
  os.remove(path)
end)

test("attention: errors", function()
  local layer = nn.MultiHeadAttention{2, 3}
  local input = tensor.zeros(2, 4, 6)
  error_matches(function() layer(input) end,
    "MultiHeadAttention 'multi_head_attention': takes a query and a value")
  error_matches(function() layer(input, tensor.zeros(2, 6)) end,
    "the inputs must be sequences %(batch, steps, features%), got query "
    .. "%(None, 4, 6%), value %(None, 6%)")
  error_matches(function() layer(input, input, tensor.zeros(2, 5, 6)) end,
    "value and key must have equally many steps")
  error_matches(function()
    layer(input, input, {attention_mask=tensor.ones(3, 3)})
  end, "attention_mask must be %(batch, 4, 4%) or %(4, 4%), got %(3, 3%)")
  layer(input, input)
  error_matches(function() layer(input, tensor.zeros(2, 6)) end,
    "the inputs must be sequences")
  error_matches(function() nn.MultiHeadAttention{2} end, "key_dim is missing")
end)

-- Activations ----------------------------------------------------------------

test("activations with further arguments", function()
  local a = nn.activations
  near(a.relu(x, 0.5, 1, 0.25), {{-1.125, -0.375, -0.125, 0.5, 1}})
  near(a.celu(x, 2)[1][1], 2 * (math.exp(-1) - 1))
  near(a.threshold(x, 0.5, -7), {{-7, -7, -7, -7, 2}})
  near(a.hard_shrink(x, 1), {{-2, 0, 0, 0, 2}})
  near(a.soft_shrink(x, 1), {{-1, 0, 0, 0, 1}})
  near(a.squareplus(x, 0), {{0, 0, 0, 0.5, 2}})
  near(a.gelu(x, true), a.gelu(x), 1e-3)
  near(a.log_sigmoid(tensor{-200, 200}), {-200, 0})
  near(a.get("hard_swish")(x), a.hard_silu(x), 0)
end)

test("sparsemax is the nearest point of the simplex", function()
  local y = nn.activations.sparsemax(random(5, 7) * 2)
  near(y:sum(-1), tensor.ones(5))
  truthy(y:amin():item() >= 0)
  truthy(y:eq(0):any():item())
  local p = random(5, 7):softmax(-1)
  near(nn.activations.sparsemax(p), p) -- a point of it stays
  near(nn.activations.sparsemax(random(7, 5), 1):sum(1), tensor.ones(5))
  near(nn.activations.sparsemax(tensor{{1e8, 1e8 - 64}}), {{1, 0}})
end)

test("MultiHeadAttention in a Sequential", function()
  check.refuses("takes a query and a value, and maybe a key", function()
    nn.Sequential{nn.Dense{2, input_shape={5, 3}}, nn.MultiHeadAttention{2, 3}}
  end)
end)
