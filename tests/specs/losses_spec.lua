-- nn.losses: values by hand, gradients, shapes, errors.

local check = require("check")
local test = check.test

local losses = nn.losses
local log, exp = math.log, math.exp

local function labels(list)
  return tensor(list, "int64")
end

test("regression", function()
  local y, p = tensor {{1, 2}, {3, 4}}, tensor {{1, 4}, {0, 4}}
  check.near(losses.mean_squared_error(y, p), {2, 4.5})
  check.near(losses.mean_absolute_error(y, p), {1, 1.5})
  check.near(losses.mean_squared_error(tensor {1, 2}, tensor {2, 2}),
    {1, 0})
end)

test("a last dim of 1 is mended, nothing else", function()
  local y, p = tensor {1, 2, 3}, tensor {{1}, {2}, {5}}
  check.near(losses.mean_squared_error(y, p), {0, 0, 4})
  check.near(losses.mean_squared_error(p, y), {0, 0, 4})
  check.error_matches(function()
    losses.mean_squared_error(tensor.zeros(3), tensor.zeros(3, 2))
  end, "mean_squared_error: y_true is %(3,?%) but y_pred is %(3, 2%)")
end)

test("binary cross-entropy", function()
  local y, p = tensor {{1, 0}}, tensor {{0.8, 0.4}}
  check.near(losses.binary_crossentropy(y, p), {-(log(0.8) + log(0.6)) / 2})
  check.near(losses.binary_crossentropy(tensor {{1}}, tensor {{0}}),
    {-log(1e-7)}, 1e-3)
  local z = tensor {{2, -3}}
  local expected = {(log(1 + exp(-2)) + log(1 + exp(-3))) / 2}
  check.near(losses.sigmoid_cross_entropy_with_logits(y, z), expected)
  check.near(losses.binary_crossentropy(y, z, {from_logits = true}), expected)
  check.near(losses.binary_crossentropy(y, z:sigmoid()), expected)
end)

test("large logits stay finite", function()
  local z, y = tensor {{200, -200}}, tensor {{0, 1}}
  check.near(losses.sigmoid_cross_entropy_with_logits(y, z), {200})
  check.near(losses.softmax_cross_entropy_with_logits(y, z), {400})
end)

test("categorical cross-entropy in all forms", function()
  local z = tensor {{1, 2, 3}, {0, 0, 0}}
  local onehot = tensor {{0, 0, 1}, {1, 0, 0}}
  local sparse = labels {3, 1}
  local total = exp(1) + exp(2) + exp(3)
  local expected = {log(total) - 3, log(3)}
  local p = z:softmax(-1)
  check.near(losses.categorical_crossentropy(onehot, p), expected)
  check.near(losses.categorical_crossentropy(onehot, p * 5), expected)
  check.near(losses.categorical_crossentropy(onehot, z, {from_logits = true}),
    expected)
  check.near(losses.softmax_cross_entropy_with_logits(onehot, z), expected)
  check.near(losses.sparse_categorical_crossentropy(sparse, p), expected)
  check.near(losses.sparse_categorical_crossentropy(sparse:unsqueeze(2), p),
    expected)
  check.near(losses.sparse_categorical_crossentropy(sparse, z,
    {from_logits = true}), expected)
  check.near(losses.sparse_softmax_cross_entropy_with_logits(sparse, z),
    expected)
end)

test("labels of sequences are averaged over the steps", function()
  local p = tensor {{{0.5, 0.5}, {0.25, 0.75}}}
  check.near(losses.sparse_categorical_crossentropy(labels {{1, 2}}, p),
    {-(log(0.5) + log(0.75)) / 2})
end)

test("labels of other dtypes", function()
  local p = tensor {{0.5, 0.5}}
  for _, dtype in ipairs {"uint8", "int32", "float32"} do
    check.near(losses.sparse_categorical_crossentropy(tensor({2}, dtype), p),
      {log(2)})
  end
end)

test("labels outside 1..K name the sample", function()
  local p = tensor.full({20, 10}, 0.1)
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
    losses.sparse_categorical_crossentropy(labels {1, 2}, p)
  end, "one class index for each row of y_pred")
end)

test("targets for another loss are told from wrong ones", function()
  local p, y = tensor.full({2, 3}, 0.1), labels {1, 3}
  check.error_matches(function()
    losses.sparse_categorical_crossentropy(labels {0, 1}, p)
  end, "classes are 1%.%.3; add 1 to labels that count from 0")
  check.error_matches(function()
    losses.sparse_categorical_crossentropy(tensor.ones(2, 3), p)
  end, "for one%-hot rows take categorical_crossentropy, or y:argmax%(%-1%)")
  check.error_matches(function() losses.categorical_crossentropy(y, p) end,
    "for class indices take sparse_categorical_crossentropy, or "
    .. "data.to_categorical%(y, K%)")
  for _, name in ipairs {"categorical_crossentropy",
    "softmax_cross_entropy_with_logits"} do
    check.error_matches(function()
      losses[name](tensor.ones(2, 1), tensor.ones(2, 1))
    end, name .. ": y_pred is %(2, 1%): a single class is always right")
  end
  for _, name in ipairs {"sparse_categorical_crossentropy",
    "sparse_softmax_cross_entropy_with_logits"} do
    check.error_matches(function()
      losses[name](labels {1, 1}, tensor.ones(2, 1))
    end, "a single class is always right")
  end
end)

test("binary answers are 0 and 1, not classes 1 and 2", function()
  local p = tensor {{0.5}, {0.5}, {0.5}}
  for _, name in ipairs {"binary_crossentropy",
    "sigmoid_cross_entropy_with_logits"} do
    check.error_matches(function() losses[name](labels {1, 2, 1}, p) end,
      name .. ": y_true must be 0 or 1, or between, got 2 at sample 2; "
      .. "subtract 1 from labels 1 and 2")
    check.error_matches(function()
      losses[name](tensor {1, 1, -1}, p)
    end, "got %-1.0 at sample 3$")
    losses[name](tensor {1.05, -0.05, 0.5}, p)
    losses[name](tensor({0, 1, 1}, "bool"), p)
    losses[name](tensor.zeros(0, 1), tensor.zeros(0, 1))
  end
end)

test("logits are no probabilities", function()
  local one_hot, nan = tensor {{0, 1}}, tensor {{0 / 0, 0.5}}
  local cases = {
    categorical_crossentropy = {one_hot, "softmax"},
    sparse_categorical_crossentropy = {labels {2}, "softmax"},
    binary_crossentropy = {one_hot, "sigmoid"},
  }
  for name, case in pairs(cases) do
    local y, activation = case[1], case[2]
    local p = tensor {{-0.5, 0.5}}
    check.error_matches(function() losses[name](y, p) end, name
      .. ": y_pred must be probabilities, got %-0.5: end the model in a "
      .. activation .. ", or take nn.losses." .. name .. "{from_logits=true}")
    losses[name](y, p, {from_logits = true})
    losses[name](y, tensor {{-1e-6, 1}})
    losses[name](y, nan)
  end
  check.error_matches(function()
    losses.binary_crossentropy(one_hot, tensor {{0.5, 3}})
  end, "got 3: end the model in a sigmoid")
  losses.categorical_crossentropy(one_hot, tensor {{1, 3}})
end)

test("kullback-leibler divergence", function()
  local y, p = tensor {{0.5, 0.5}}, tensor {{0.25, 0.75}}
  check.near(losses.kullback_leibler_divergence(y, p),
    {0.5 * log(2) + 0.5 * log(0.5 / 0.75)})
end)

test("regression losses by hand", function()
  local y, p = tensor {{1, 2}}, tensor {{1.5, -1}}
  check.near(losses.mean_absolute_percentage_error(y, p),
    {100 * (0.5 + 1.5) / 2})
  check.near(losses.mean_absolute_percentage_error(tensor {{0}},
    tensor {{1}}), {1e9}, 1e3)
  check.near(losses.mean_squared_logarithmic_error(y, p),
    {(log(2 / 2.5) ^ 2 + log(3) ^ 2) / 2})
  check.near(losses.huber(y, p), {(0.125 + 2.5) / 2})
  check.near(losses.huber(y, p, {delta = 4}), {(0.125 + 4.5) / 2})
  check.near(losses.logcosh(y, p), {(log((exp(0.5) + exp(-0.5)) / 2)
    + log((exp(3) + exp(-3)) / 2)) / 2})
  check.near(losses.poisson(y, tensor {{1, 2}}), {(1 + 2 - 2 * log(2)) / 2})
  check.near(losses.cosine_similarity(tensor {{3, 4}}, tensor {{4, 3}}),
    {-24 / 25})
  check.near(losses.cosine_similarity(tensor {{0, 0}}, tensor {{4, 3}}),
    {0})
end)

test("hinges", function()
  local y, p = tensor {{1, -1}}, tensor {{0.5, 0.5}}
  check.near(losses.hinge(y, p), {(0.5 + 1.5) / 2})
  check.near(losses.hinge(tensor {{1, 0}}, p), {(0.5 + 1.5) / 2})
  check.near(losses.hinge(tensor {{1, 0, 0.5}}, tensor {{0, 0, 1}}),
    {(1 + 1 + 0.5) / 3})
  check.near(losses.squared_hinge(y, p), {(0.25 + 2.25) / 2})
  check.near(losses.categorical_hinge(tensor {{0, 1, 0}},
    tensor {{0.5, 0.2, 0.9}}), {1.7})
end)

test("contrastive", function()
  local y, d = tensor {1, 0, 0}, tensor {{0.5}, {0.5}, {3}}
  check.near(losses.contrastive(y, d), {0.25, 0.25, 0})
  check.near(losses.contrastive {margin = 2}(y, d), {0.25, 2.25, 0})
end)

-- The batch-hard triplet loss, one row at a time.
local function hardest(labels, x, margin)
  local result = {}
  for i = 1, #x do
    local far, near = nil, nil
    for j = 1, #x do
      local d = 0
      for k = 1, #x[i] do d = d + (x[i][k] - x[j][k]) ^ 2 end
      if j ~= i and labels[i] == labels[j] then far = math.max(far or 0, d) end
      if labels[i] ~= labels[j] then near = math.min(near or d, d) end
    end
    result[i] = far and near and math.max(0, far - near + margin) or 0
  end
  return result
end

test("triplet", function()
  local x = tensor {{{0, 0}, {1, 0}, {0, 3}},
    {{0, 0}, {3, 0}, {0, 2}}}
  check.near(losses.triplet(tensor.zeros(2), x), {0, 6})
  check.near(losses.triplet {margin = 10}(tensor.zeros(2), x), {2, 15})
  tensor.manual_seed(1)
  local z, y = tensor.randn({9, 4}), {1, 1, 2, 2, 2, 3, 3, 1, 4}
  check.near(losses.triplet(labels(y), z), hardest(y, z:totable(), 1), 1e-4)
  check.near(losses.triplet(labels {1, 1}, tensor.randn({2, 3})), {0, 0})
  local w = tensor.randn({4, 2}):requires_grad_()
  losses.triplet(labels {1, 1, 1, 1}, w):sum():backward()
  check.near(w.grad, tensor.zeros(4, 2), 0)
  check.error_matches(function()
    losses.triplet(labels {1, 2}, tensor.zeros(3, 2))
  end, "one label for each of the 3 rows of y_pred, got %(2,?%)")
  check.error_matches(function()
    losses.triplet(nil, tensor.zeros(3))
  end, "triplet: y_pred is %(3,?%): it must be %(batch, 3, d%)")
end)

test("label smoothing", function()
  local y, z = tensor {{1, 0, 0}}, tensor {{1, 2, 3}}
  local soft = tensor {{0.8, 0.1, 0.1}}
  local o = {label_smoothing = 0.3, from_logits = true}
  check.near(losses.categorical_crossentropy(y, z, o),
    losses.categorical_crossentropy(soft, z, {from_logits = true}))
  check.near(losses.categorical_crossentropy {label_smoothing = 0.3}(y,
    z:softmax(-1)), losses.categorical_crossentropy(soft, z:softmax(-1)))
  o.label_smoothing = 0.2
  check.near(losses.binary_crossentropy(y, z, o),
    losses.binary_crossentropy(tensor {{0.9, 0.1, 0.1}}, z,
      {from_logits = true}))
  check.error_matches(function()
    losses.binary_crossentropy {label_smoothing = 2}
  end, "binary_crossentropy: label_smoothing must be a number from 0 to 1")
end)

test("extremes stay finite, and so do gradients", function()
  local big = {1e4, -1e4, 1e30}
  for _, dtype in ipairs {"float32", "float64"} do
    for _, name in ipairs {"sigmoid_cross_entropy_with_logits",
        "softmax_cross_entropy_with_logits", "logcosh", "huber"} do
      local z = tensor({big}, dtype):requires_grad_()
      local loss = losses[name](tensor({{0, 1, 0}}, dtype), z)
      loss:sum():backward()
      check.truthy(loss:isfinite():all():item(), name)
      check.truthy(z.grad:isfinite():all():item(), name)
    end
    for _, name in ipairs {"binary_crossentropy", "categorical_crossentropy",
        "kullback_leibler_divergence", "poisson"} do
      local p = tensor({{0, 0, 0}, {0, 1, 0}}, dtype):requires_grad_()
      local y = tensor({{1, 0, 0}, {1, 0, 0}}, dtype)
      local loss = losses[name](y, p)
      loss:sum():backward()
      check.truthy(loss:isfinite():all():item(), name)
      check.truthy(p.grad:isfinite():all():item(), name)
    end
  end
end)

test("empty batches", function()
  for _, name in ipairs {"mean_squared_error", "binary_crossentropy",
      "categorical_crossentropy", "hinge", "huber", "cosine_similarity"} do
    local empty = tensor.zeros(0, 3)
    check.same_shape(losses[name](empty, empty), {0})
  end
end)

test("a loss with its options is an object that saves", function()
  local y, p = tensor {{0}}, tensor {{3}}
  local loss = losses.huber {delta = 2}
  check.near(loss(y, p), {4})
  check.equal(loss.delta, 2)
  check.equal(tostring(loss), "huber{delta=2}")
  check.equal(loss:get_config(), {class_name = "huber",
    config = {delta = 2}})
  check.near(losses.get(loss:get_config())(y, p), {4})
  check.near(losses.huber()(y, p), {2.5})
  local model = nn.Sequential {nn.Dense {1, input_shape = {1}}}
  model:compile {loss = loss, metrics = {losses.huber {0.5}, "mae",
    top = nn.metrics.top_k {1}}}
  check.equal(model.compiled.names, {"loss", "huber",
    "mae", "top"})
end)

test("compiled losses with options come back from a file", function()
  local path = os.tmpname()
  local x, y = tensor.randn({8, 2}), tensor.randint(1, 3, {8})
  local model = nn.Sequential {nn.Dense {3, input_shape = {2}}}
  model:compile {
    loss = losses.sparse_categorical_crossentropy {from_logits = true},
    metrics = {"accuracy", nn.metrics.top_k {k = 2}, nn.metrics.f1,
      first = nn.metrics.top_k {1}},
  }
  model:save(path)
  local copy = nn.load_model(path)
  os.remove(path)
  check.equal(copy.compiled.names, {"loss", "accuracy", "top_k", "f1",
    "first"})
  check.near({copy:evaluate(x, y)}, {model:evaluate(x, y)}, 0)
end)

test("gradients", function()
  local z = tensor({{1, 2, 3}}):requires_grad_()
  local y = tensor {{0, 1, 0}}
  losses.softmax_cross_entropy_with_logits(y, z):sum():backward()
  check.near(z.grad, z:detach():softmax(-1) - y)
  z:zero_grad()
  losses.categorical_crossentropy(y, z:softmax(-1)):sum():backward()
  check.near(z.grad, z:detach():softmax(-1) - y)
  z:zero_grad()
  losses.sparse_categorical_crossentropy(labels {2}, z:softmax(-1)):sum()
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
  local name_of = require("nn.losses.lookup").name_of
  check.equal(losses.get("mse"), losses.mean_squared_error)
  check.equal(losses.get("MAE"), losses.mean_absolute_error)
  check.equal(losses.mse, losses.mean_squared_error)
  check.equal(losses.get("kld"), losses.kullback_leibler_divergence)
  check.equal(name_of(losses.get("mse")), "mean_squared_error")
  for alias, name in pairs {mape = "mean_absolute_percentage_error",
      MSLE = "mean_squared_logarithmic_error", bce = "binary_crossentropy",
      KLDivergence = "kullback_leibler_divergence", log_cosh = "logcosh",
      MeanSquaredError = "mean_squared_error", Huber = "huber",
      SparseCategoricalCrossentropy = "sparse_categorical_crossentropy"} do
    check.equal(name_of(losses.get(alias)), name)
  end
  check.error_matches(function()
    losses.get("categorical_crossentrpy")
  end, 'did you mean "categorical_crossentropy"')
  check.error_matches(function()
    losses.get(3)
  end, "a loss is a name or a function")
  check.error_matches(function()
    losses.binary_crossentropy(tensor {1}, tensor {1}, {logits = true})
  end, 'unknown option "logits"')
  check.error_matches(function()
    losses.mean_squared_error(1, tensor {1})
  end, "y_true and y_pred must be tensors")
end)

test("labels that are no numbers", function()
  check.refuses("class index false at sample 1: classes are 1..2", function()
    losses.sparse_categorical_crossentropy(tensor({false, true}),
                                           tensor.ones(2, 2))
  end)
  check.refuses("class index nan at sample 1", function()
    losses.sparse_categorical_crossentropy(tensor({0 / 0, 1}),
                                           tensor.ones(2, 2))
  end)
  check.refuses("class index 1.5 at sample 2", function()
    losses.sparse_categorical_crossentropy(tensor({1, 1.5}),
                                           tensor.ones(2, 2))
  end)
end)

test("one-hot rows and class indices for the other cross-entropy", function()
  local model = nn.Sequential{nn.Dense{3, activation="softmax",
                                       input_shape={2}}}
  local function fit(loss, y)
    model:compile{loss=loss}
    model:fit(tensor.ones(2, 2), y, {verbose=0})
  end
  check.refuses("y_true is %(2, 3%) .*; for one%-hot rows take categorical_",
                function()
    fit("sparse_categorical_crossentropy", tensor({{0, 1, 0}, {1, 0, 0}}))
  end)
  for _, y in ipairs {tensor({1, 2}), tensor({{1}, {2}})} do
    check.refuses("for class indices take sparse_categorical_crossentropy",
                  function() fit("categorical_crossentropy", y) end)
  end
end)
