-- layers that normalize: statistics, axes, weights and their options.

local check = require("check")
local layer_checks = require("layer_checks")
local error_matches, equal, near = check.error_matches, check.equal, check.near
local same_shape, test, truthy = check.same_shape, check.test, check.truthy
local random = layer_checks.random

test("BatchNormalization follows the statistics of batches", function()
  local layer = nn.BatchNormalization{momentum=0.9}
  local x = random(50, 3) * 4 + 10
  for _ = 1, 60 do layer(x, {training=true}) end
  near(layer.moving_mean, x:mean(1), 0.02)
  near(layer.moving_variance, x:var(1, {correction=0}), 0.05)
  local trained, used = layer(x, {training=true}), layer(x)
  near(trained:mean(1), {0, 0, 0}, 1e-4)
  near(trained:std(1, {correction=0}), {1, 1, 1}, 1e-3)
  near(used, trained, 0.02)
end)

test("BatchNormalization: options of gamma and beta", function()
  local layer = nn.BatchNormalization{
    gamma_initializer=nn.initializers.Constant{2}, beta_initializer="ones",
    gamma_regularizer=nn.regularizers.L1{0.5}, beta_constraint="non_neg",
    moving_mean_initializer="ones",
    moving_variance_initializer=nn.initializers.Constant{4}, epsilon=0}
  near(layer(tensor{{1, 3}}), {{1, 3}})
  layer_checks.config(layer)
  local model = nn.Sequential{layer}
  model:compile{optimizer=optim.SGD{10}, loss="mse"}
  local x, y = tensor{{1, 3}}, tensor{{1, 3}}
  near(model:evaluate(x, y), 0.5 * 4)
  x = tensor{{1, 3}, {2, 5}}
  model:fit(x, x - 100, {epochs=1, verbose=0})
  near(layer.beta, {0, 0})
  layer_checks.saved(nn.BatchNormalization{axis=2, gamma_regularizer="l2"},
                     {3, 4})
end)

test("LayerNormalization: every sample has mean 0, variance 1", function()
  local x = random(4, 3, 5) * 7 + 2
  local y = nn.LayerNormalization()(x)
  near(y:mean(-1), tensor.zeros(4, 3), 1e-5)
  near(y:std(-1, {correction=0}), tensor.ones(4, 3), 1e-3)
  local z = nn.LayerNormalization{axis={2, 3}}(x)
  near(z:mean({2, 3}), tensor.zeros(4), 1e-5)
  near(nn.LayerNormalization{{-1, -2}}(x), z, 0)
  same_shape(nn.LayerNormalization()(tensor.zeros(0, 4)), {0, 4})
  near(y, nn.LayerNormalization()(x, {training=true}), 0)
end)

test("LayerNormalization: weights, gradients, configuration", function()
  layer_checks.all(function(dtype)
    return nn.LayerNormalization{dtype=dtype}
  end, {3, 4}, {3, 4})
  layer_checks.all(function(dtype)
    return nn.LayerNormalization{axis={2, -1}, scale=false, dtype=dtype}
  end, {3, 2, 4}, {3, 2, 4})
  local layer = nn.LayerNormalization{axis={2, 3}, beta_regularizer="l1",
                                      gamma_constraint="non_neg"}
  layer(tensor.zeros(2, 3, 4))
  same_shape(layer.gamma, {3, 4})
  equal(#layer:parameters(), 2)
  layer_checks.config(layer)
end)

test("GroupNormalization: every group has mean 0, variance 1", function()
  local x = random(4, 5, 5, 6) * 3 + 1
  local y = nn.GroupNormalization{2}(x):reshape(4, 25, 2, 3)
  near(y:mean({2, 4}), tensor.zeros(4, 2), 1e-5)
  near(y:std({2, 4}, {correction=0}), tensor.ones(4, 2), 1e-3)
  local first = nn.GroupNormalization{3, axis=2}
  near(first(x:permute({1, 4, 2, 3})):permute({1, 3, 4, 2}),
       nn.GroupNormalization{3}(x))
  near(nn.GroupNormalization{-1}(x), nn.GroupNormalization{6}(x), 0)
  near(nn.GroupNormalization{1}(x), nn.LayerNormalization{{2, 3, 4}}(x))
end)

test("GroupNormalization: weights, gradients, configuration", function()
  layer_checks.all(function(dtype)
    return nn.GroupNormalization{2, dtype=dtype}
  end, {3, 4}, {3, 4})
  layer_checks.all(function(dtype)
    return nn.GroupNormalization{2, axis=2, center=false, dtype=dtype}
  end, {4, 3}, {4, 3})
  layer_checks.config(nn.GroupNormalization{groups=4, beta_regularizer="l1"})
end)

test("normalization: errors", function()
  local x = tensor.zeros(2, 3, 6)
  error_matches(function() nn.GroupNormalization{4}(x) end,
    "GroupNormalization 'group_normalization': 6 channels cannot be parted "
    .. "into 4 groups")
  error_matches(function() nn.GroupNormalization{0}(x) end, "into 0 groups")
  error_matches(function() nn.LayerNormalization{1}(x) end,
    "axis 1 is not a dim of samples in a batch of 3 dims")
  error_matches(function() nn.LayerNormalization{{2, -2}}(x) end,
    "axis %-2 is given twice")
  error_matches(function() nn.LayerNormalization{"a"} end,
    'LayerNormalization: axis must be a dim or a list of dims, got "a"')
  error_matches(function() nn.LayerNormalization{{}} end, "axis must be a dim")
  error_matches(function()
    nn.LayerNormalization()(nn.Input{-1})
  end, "the size of dim 2 must be known")
  for _, class in ipairs {nn.BatchNormalization, nn.LayerNormalization} do
    local layer = class{name="norm"}
    layer(tensor.zeros(2, 1))
    error_matches(function() layer(tensor.zeros(2, 5)) end,
      "'norm': was built for 2 dims with size 1 in dim 2, got %(2, 5%)")
    error_matches(function() layer(x) end, "got %(2, 3, 6%)")
  end
end)

test("normalizing numbers that are not finite", function()
  local y = nn.LayerNormalization()(tensor{{1, 0 / 0}, {3, 3}})
  near(y, {{0 / 0, 0 / 0}, {0, 0}})
  truthy(nn.BatchNormalization()(tensor{{1 / 0}}):isinf():all():item())
end)
