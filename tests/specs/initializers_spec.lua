-- nn.initializers: shapes, spreads, names.

local check = require("check")
local test = check.test

local initializers = nn.initializers

test("constants", function()
  check.near(initializers.Zeros {}({2, 2}), {{0, 0}, {0, 0}})
  check.near(initializers.Ones {}({2}), {1, 1})
  check.near(initializers.Constant {2.5}({2}), {2.5, 2.5})
  check.equal(initializers.Ones {}({2}, "float64").dtype, "float64")
end)

local function spread(name, shape)
  tensor.manual_seed(1)
  local x = initializers.get(name)(shape)
  return x:mean():item(), x:std():item(), x:abs():max():item()
end

test("spreads follow the fans", function()
  local shape = {200, 300}
  for name, variance in pairs {
    glorot_uniform = 2 / 500,
    glorot_normal = 2 / 500,
    he_normal = 2 / 200,
    he_uniform = 2 / 200,
    lecun_normal = 1 / 200,
    lecun_uniform = 1 / 200,
    random_normal = 0.05 ^ 2,
    Normal = 0.01 ^ 2,
    random_uniform = 0.1 ^ 2 / 12,
  } do
    local mean, sd = spread(name, shape)
    check.near(mean, 0, 0.01)
    check.near(sd / math.sqrt(variance), 1, 0.02)
  end
end)

test("a window counts into the fans", function()
  local _, _, most = spread("glorot_uniform", {3, 3, 4, 8})
  local limit = math.sqrt(6 / (9 * 4 + 9 * 8))
  check.truthy(most <= limit and most > 0.9 * limit)
end)

test("truncated normal stays within two deviations", function()
  tensor.manual_seed(2)
  local x = initializers.TruncatedNormal {0, 0.5} {10000}
  check.truthy(x:abs():max():item() <= 1)
  check.near(x:std():item(), 0.5 * 0.8796, 0.01)
end)

test("Orthogonal: orthonormal rows or columns", function()
  for _, dtype in ipairs {"float32", "float64"} do
    for _, shape in ipairs {{5, 3}, {3, 5}, {4, 4}} do
      local w = initializers.Orthogonal {2}(shape, dtype)
      check.equal(w.dtype, dtype)
      check.same_shape(w, shape)
      local product = shape[1] < shape[2] and w:matmul(w.T) or w.T:matmul(w)
      check.near(product, tensor.eye(product.shape[1]) * 4, 1e-5)
    end
  end
  local window = initializers.Orthogonal {}({3, 3, 2, 4}):reshape(18, 4)
  check.near(window.T:matmul(window), tensor.eye(4), 1e-5)
  check.error_matches(function()
    initializers.Orthogonal {}({3})
  end, "Orthogonal: needs a weight of at least 2 dims, got 1")
end)

test("Orthogonal: no direction is preferred", function()
  tensor.manual_seed(4)
  local sum = tensor.zeros(3, 3)
  for _ = 1, 2000 do
    sum = sum + initializers.Orthogonal {}({3, 3})
  end
  check.truthy((sum / 2000):abs():amax():item() < 0.06)
end)

test("Identity", function()
  check.near(initializers.Identity {3}({2, 3}), {{3, 0, 0}, {0, 3, 0}})
  check.equal(initializers.get("eye").class_name, "Identity")
  check.equal(initializers.Identity {}({2, 2}, "float64").dtype, "float64")
  check.error_matches(function()
    initializers.Identity {}({2})
  end, "Identity: needs a weight of 2 dims, got 1")
end)

test("VarianceScaling: modes and distributions", function()
  for mode, fan in pairs {fan_in = 200, fan_out = 300, fan_avg = 250} do
    for _, distribution in ipairs {"truncated_normal", "untruncated_normal",
        "uniform", "normal"} do
      local w = initializers.VarianceScaling {3, mode, distribution}
      local x = w({200, 300})
      check.near(x:std():item() / math.sqrt(3 / fan), 1, 0.02)
    end
  end
end)

test("every name of Keras is known", function()
  for _, name in ipairs {"zeros", "ones", "constant", "random_normal",
      "random_uniform", "truncated_normal", "variance_scaling", "orthogonal",
      "identity", "lecun_uniform", "lecun_normal", "glorot_uniform",
      "glorot_normal", "he_uniform", "he_normal", "LecunNormal", "Zeros"} do
    check.truthy(initializers.get(name), name)
    check.same_shape(nn.Dense {3, kernel_initializer = name}(
      tensor.zeros(2, 3)), {2, 3})
  end
end)

test("the same seed gives the same weights", function()
  tensor.manual_seed(3)
  local a = initializers.HeNormal {} {5, 5}
  tensor.manual_seed(3)
  check.near(initializers.HeNormal {} {5, 5}, a, 0)
end)

test("by name, config and function", function()
  local one = initializers.get("RandomUniform")
  check.equal(one:get_config(), {class_name = "RandomUniform",
    config = {minval = -0.05, maxval = 0.05}})
  local copy = initializers.get(one:get_config())
  check.equal(copy.config, one.config)
  check.equal(initializers.get("normal").class_name, "RandomNormal")
  check.near(initializers.get(function(shape)
    return tensor.full(shape, 7)
  end) {1}, {7})
end)

test("errors", function()
  check.error_matches(function()
    initializers.get("he_norml")
  end, 'unknown initializer "he_norml" %(did you mean "he_normal"%?%)')
  check.error_matches(function()
    nn.Dense {1, kernel_initializer = "he_norml"}
  end, 'Dense: unknown initializer "he_norml"')
  check.error_matches(function()
    initializers.RandomNormal {stddev = -1}
  end, "RandomNormal: stddev must be a number of at least 0, got %-1")
  check.error_matches(function()
    initializers.get(5)
  end, "it must be a name, an initializer or a function, got 5")
end)

test("shapes that are none, functions that give no tensor", function()
  check.refuses("VarianceScaling: its argument must be a list of sizes such "
                .. "as {3, 2}, got 5", function()
    initializers.VarianceScaling()(5)
  end)
  check.refuses("Zeros: its argument must be a list of sizes", function()
    initializers.Zeros()({-1})
  end)
  check.same_shape(initializers.HeNormal()({2.0, 3}), {2, 3})
  check.refuses("the initializer of kernel must give a tensor, got nil",
                function()
    nn.Dense{2, kernel_initializer=function() end}(tensor.zeros(1, 3))
  end)
end)
