-- nn.losses: values by hand, gradients, shapes, errors.

local check = require("check")
local test = check.test

local losses = nn.losses
local log, exp = math.log, math.exp

local function labels(list)
  return tensor(list, "int64")
end

test("regression", function()
  local y, p = tensor { { 1, 2 }, { 3, 4 } }, tensor { { 1, 4 }, { 0, 4 } }
  check.near(losses.mean_squared_error(y, p), { 2, 4.5 })
  check.near(losses.mean_absolute_error(y, p), { 1, 1.5 })
  check.near(losses.mean_squared_error(tensor { 1, 2 }, tensor { 2, 2 }),
    { 1, 0 })
end)

test("a last dim of 1 is mended, nothing else", function()
  local y, p = tensor { 1, 2, 3 }, tensor { { 1 }, { 2 }, { 5 } }
  check.near(losses.mean_squared_error(y, p), { 0, 0, 4 })
  check.near(losses.mean_squared_error(p, y), { 0, 0, 4 })
  check.error_matches(function()
    losses.mean_squared_error(tensor.zeros(3), tensor.zeros(3, 2))
  end, "mean_squared_error: y_true is %(3,?%) but y_pred is %(3, 2%)")
end)

test("binary cross-entropy", function()
  local y, p = tensor { { 1, 0 } }, tensor { { 0.8, 0.4 } }
  check.near(losses.binary_crossentropy(y, p), { -(log(0.8) + log(0.6)) / 2 })
  check.near(losses.binary_crossentropy(tensor { { 1 } }, tensor { { 0 } }),
    { -log(1e-7) }, 1e-3)
  local z = tensor { { 2, -3 } }
  local expected = { (log(1 + exp(-2)) + log(1 + exp(-3))) / 2 }
  check.near(losses.sigmoid_cross_entropy_with_logits(y, z), expected)
  check.near(losses.binary_crossentropy(y, z, { from_logits = true }), expected)
  check.near(losses.binary_crossentropy(y, z:sigmoid()), expected)
end)

test("large logits stay finite", function()
  local z, y = tensor { { 200, -200 } }, tensor { { 0, 1 } }
  check.near(losses.sigmoid_cross_entropy_with_logits(y, z), { 200 })
  check.near(losses.softmax_cross_entropy_with_logits(y, z), { 400 })
end)

test("categorical cross-entropy in all forms", function()
  local z = tensor { { 1, 2, 3 }, { 0, 0, 0 } }
  local onehot = tensor { { 0, 0, 1 }, { 1, 0, 0 } }
  local sparse = labels { 3, 1 }
  local total = exp(1) + exp(2) + exp(3)
  local expected = { log(total) - 3, log(3) }
  local p = z:softmax(-1)
  check.near(losses.categorical_crossentropy(onehot, p), expected)
  check.near(losses.categorical_crossentropy(onehot, p * 5), expected)
  check.near(losses.categorical_crossentropy(onehot, z, { from_logits = true }),
    expected)
  check.near(losses.softmax_cross_entropy_with_logits(onehot, z), expected)
  check.near(losses.sparse_categorical_crossentropy(sparse, p), expected)
  check.near(losses.sparse_categorical_crossentropy(sparse:unsqueeze(2), p),
    expected)
  check.near(losses.sparse_categorical_crossentropy(sparse, z,
    { from_logits = true }), expected)
  check.near(losses.sparse_softmax_cross_entropy_with_logits(sparse, z),
    expected)
end)

test("labels of sequences are averaged over the steps", function()
  local p = tensor { { { 0.5, 0.5 }, { 0.25, 0.75 } } }
  check.near(losses.sparse_categorical_crossentropy(labels { { 1, 2 } }, p),
    { -(log(0.5) + log(0.75)) / 2 })
end)

test("labels of other dtypes", function()
  local p = tensor { { 0.5, 0.5 } }
  for _, dtype in ipairs { "uint8", "int32", "float32" } do
    check.near(losses.sparse_categorical_crossentropy(tensor({ 2 }, dtype), p),
      { log(2) })
  end
end)

test("labels outside 1..K name the sample", function()
  local p = tensor.full({ 20, 10 }, 0.1)
  for label, pattern in pairs {
    [0] = "class index 0 at sample 17: classes are 1%.%.10",
    [11] = "class index 11 at sample 17: classes are 1%.%.10",
    [-1] = "class index %-1 at sample 17: classes are 1%.%.10",
  } do
    local list = {}
    for i = 1, 20 do
      list[i] = i == 17 and label or 1
    end
    check.error_matches(function()
      losses.sparse_categorical_crossentropy(labels(list), p)
    end, pattern)
  end
  check.error_matches(function()
    losses.sparse_categorical_crossentropy(labels { 1, 2 }, p)
  end, "one class index for each row of y_pred")
end)

test("kullback-leibler divergence", function()
  local y, p = tensor { { 0.5, 0.5 } }, tensor { { 0.25, 0.75 } }
  check.near(losses.kullback_leibler_divergence(y, p),
    { 0.5 * log(2) + 0.5 * log(0.5 / 0.75) })
end)

test("gradients", function()
  local z = tensor({ { 1, 2, 3 } }):requires_grad_()
  local y = tensor { { 0, 1, 0 } }
  losses.softmax_cross_entropy_with_logits(y, z):sum():backward()
  check.near(z.grad, z:detach():softmax(-1) - y)
  z:zero_grad()
  losses.categorical_crossentropy(y, z:softmax(-1)):sum():backward()
  check.near(z.grad, z:detach():softmax(-1) - y)
  z:zero_grad()
  losses.sparse_categorical_crossentropy(labels { 2 }, z:softmax(-1)):sum()
    :backward()
  check.near(z.grad, z:detach():softmax(-1) - y)
  z:zero_grad()
  losses.sigmoid_cross_entropy_with_logits(y, z):sum():backward()
  check.near(z.grad, (z:detach():sigmoid() - y) / 3)
  z:zero_grad()
  losses.binary_crossentropy(y, z:sigmoid()):sum():backward()
  check.near(z.grad, (z:detach():sigmoid() - y) / 3)
end)

test("names", function()
  check.equal(losses.get("mse"), losses.mean_squared_error)
  check.equal(losses.get("MAE"), losses.mean_absolute_error)
  check.equal(losses.get("kld"), losses.kullback_leibler_divergence)
  check.equal(losses.name_of(losses.get("mse")), "mean_squared_error")
  check.error_matches(function()
    losses.get("categorical_crossentrpy")
  end, 'did you mean "categorical_crossentropy"')
  check.error_matches(function()
    losses.get(3)
  end, "a loss is a name or a function")
  check.error_matches(function()
    losses.binary_crossentropy(tensor { 1 }, tensor { 1 }, { logits = true })
  end, 'unknown option "logits"')
  check.error_matches(function()
    losses.mean_squared_error(1, tensor { 1 })
  end, "y_true and y_pred must be tensors")
end)
