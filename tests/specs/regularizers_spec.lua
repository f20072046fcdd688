-- regularizers and constraints: what they add to the loss, and what they
-- keep weights to.

local check = require("check")
local equal, test = check.equal, check.test

local function model_with(opts)
  opts[1], opts.input_shape, opts.use_bias = 4, {3}, false
  local model = nn.Sequential{nn.Dense(opts)}
  model:compile{optimizer="sgd", loss="mse"}
  return model
end

local x, y = tensor.rand(32, 3), tensor.rand(32, 4)

test("the penalty is part of the loss", function()
  tensor.manual_seed(1)
  local model = model_with{kernel_regularizer=nn.regularizers.L2{0.5}}
  model:fit(x, y, {epochs=1, verbose=0})
  local kernel = model:get_layer(1).kernel:detach()
  local plain = (model:predict(x) - y):square():mean():item()
  check.near(model:evaluate(x, y), plain + 0.5 * kernel:square():sum():item(),
             1e-5)
end)

test("constraints hold after each step", function()
  for name, holds in pairs {
    non_neg=function(w) return w:amin():item() >= 0 end,
    unit_norm=function(w)
      return tensor.allclose(w:square():sum(1), tensor.ones(4), 1e-4)
    end,
    max_norm=function(w) return w:square():sum(1):amax():item() <= 4.001 end,
  } do
    local model = model_with{kernel_constraint=name}
    model:fit(x, y * 50, {epochs=2, verbose=0})
    check.truthy(holds(model:get_layer(1).kernel:detach()), name)
  end
end)

test("they are saved by name; functions are not", function()
  local layer = nn.Dense{2, kernel_regularizer="l1_l2",
                         bias_constraint=nn.constraints.MaxNorm{3, 1}}
  local config = layer:get_config()
  equal(config.kernel_regularizer.class_name, "L1L2")
  equal(config.bias_constraint.config.max_value, 3)
  equal(nn.Dense(config):get_config().bias_constraint.config.max_value, 3)
end)

test("wrong ones are refused", function()
  check.error_matches(function() nn.Dense{2, kernel_regularizer="l3"} end,
    'unknown regularizer "l3" %(did you mean "l1"?')
  check.error_matches(function() nn.Dense{2, kernel_constraint=7} end,
    "Dense: kernel_constraint must be the name of a constraint, a constraint "
    .. "or a function, got 7")
  check.error_matches(function() nn.regularizers.L1{-1} end,
    "a number of at least 0")
end)

test("what is no weight", function()
  check.refuses("L2: its argument must be a tensor, got 3", function()
    nn.regularizers.L2()(3)
  end)
  check.refuses("MaxNorm: its argument must be a tensor, got {3, 2}", function()
    nn.constraints.MaxNorm()({3, 2})
  end)
end)
