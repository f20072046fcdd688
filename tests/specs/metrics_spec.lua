-- nn.metrics: values and the choice that "accuracy" makes.

local check = require("check")
local test = check.test

local metrics, losses = nn.metrics, nn.losses

test("accuracies", function()
  local p = tensor {{0.9, 0.1}, {0.3, 0.7}}
  local y = tensor {{1, 0}, {1, 0}}
  check.near(metrics.categorical_accuracy(y, p), {1, 0})
  check.near(metrics.binary_accuracy(y, p), {1, 0})
  check.near(metrics.sparse_categorical_accuracy(tensor({1, 2}, "int64"), p),
    {1, 1})
  check.near(metrics.sparse_categorical_accuracy(
    tensor({{1}, {1}}, "int64"), p), {1, 0})
  check.near(metrics.binary_accuracy(tensor {1, 0},
    tensor {{0.2}, {0.2}}), {0, 1})
  check.near(metrics.mean_squared_error(tensor {{1}}, tensor {{3}}),
    {4})
  check.near(metrics.get("mae")(tensor {{1}}, tensor {{3}}), {2})
end)

test("accuracy picks by loss and shapes", function()
  local p = tensor {{0.9, 0.8}}
  local onehot = tensor {{1, 0}}
  local function accuracy(loss, y, prediction)
    return metrics.get("accuracy", losses.get(loss))(y, prediction):item()
  end
  check.near(accuracy("categorical_crossentropy", onehot, p), 1)
  check.near(accuracy("binary_crossentropy", onehot, p), 0.5)
  check.near(accuracy("sparse_categorical_crossentropy",
    tensor({2}, "int64"), p), 0)
  check.near(accuracy("mse", tensor {{1}}, tensor {{0.7}}), 1)
  check.near(accuracy("mse", tensor({1}, "int64"), p), 1)
  check.near(accuracy("sigmoid_cross_entropy_with_logits", tensor {{0}},
    tensor {{0.2}}), 0)
end)

test("accuracy picks by the options of a loss", function()
  local f = metrics.get("accuracy", losses.binary_crossentropy {
    from_logits = true})
  check.near(f(tensor {{1}}, tensor {{0.2}}), {1})
  f = metrics.get(metrics.accuracy, losses.binary_crossentropy)
  check.near(f(tensor {{1}}, tensor {{0.2}}), {0})
end)

test("top_k", function()
  local p = tensor {{0.1, 0.4, 0.3, 0.2}, {0.1, 0.4, 0.3, 0.2}}
  local y = tensor({3, 1}, "int64")
  check.near(metrics.top_k(y, p, {k = 2}), {1, 0})
  check.near(metrics.top_k(y:unsqueeze(2), p, {k = 2}), {1, 0})
  check.near(metrics.top_k {k = 4}(y, p), {1, 1})
  check.near(metrics.top_k(y, p), {1, 1})
  check.near(metrics.top_k(tensor {{0, 0, 1, 0}, {1, 0, 0, 0}}, p,
    {k = 1}), {0, 0})
  check.near(metrics.top_k(y, p * (0 / 0), {k = 4}), {0, 0})
  check.equal(metrics.get("sparse_top_k_categorical_accuracy"), metrics.top_k)
  check.error_matches(function()
    metrics.top_k(tensor({5, 1}, "int64"), p)
  end, "top_k: class index 5 at sample 1: classes are 1%.%.4")
end)

test("precision, recall, f1 of one output", function()
  local y = tensor {{1}, {0}, {1}, {1}, {0}}
  local p = tensor {{0.9}, {0.8}, {0.3}, {0.6}, {0.1}}
  check.near(metrics.precision(y, p), 2 / 3)
  check.near(metrics.recall(y, p), 2 / 3)
  check.near(metrics.f1(y, p), 2 / 3)
  check.near(metrics.precision(y, p, {threshold = 0.85}), 1)
  check.near(metrics.recall(y, p, {threshold = 0.85}), 1 / 3)
  check.near(metrics.f1(y, p, {thresholds = 0.85}), 2 / 4)
  check.near(metrics.precision(y:squeeze(2), p), 2 / 3)
  check.near(metrics.precision(y, p, {threshold = 1}), 0)
  check.near(metrics.recall(y * 0, p), 0)
end)

test("precision, recall, f1 of classes", function()
  local p = tensor {{3, 1, 0}, {0, 2, 1}, {1, 2, 0}, {0, 1, 5}}
  local y = tensor({1, 2, 1, 3}, "int64")
  -- class: TP FP FN   1: 1 0 1   2: 1 1 0   3: 1 0 0
  check.near(metrics.precision(y, p), 3 / 4)
  check.near(metrics.precision(y, p, {average = "macro"}), 2.5 / 3)
  check.near(metrics.recall(y, p, {average = "weighted"}),
    (2 * 0.5 + 1 + 1) / 4)
  check.near(metrics.f1(y, p), (2 / 3 + 2 / 3 + 1) / 3)
  check.near(metrics.precision(y, p, {class_id = 2}), 1 / 2)
  check.near(metrics.recall(y, p, {top_k = 2}), 1)
  local onehot = tensor {{1, 0, 0}, {0, 1, 0}, {1, 0, 0}, {0, 0, 1}}
  check.near(metrics.precision(onehot, p, {threshold = 1.5}), 3 / 4)
  check.near(metrics.precision(onehot, p, {top_k = 1}), 3 / 4)
  check.error_matches(function()
    metrics.recall(tensor({1, 4, 1, 3}, "int64"), p)
  end, "recall: class index 4 at sample 2: classes are 1%.%.3")
  check.error_matches(function()
    metrics.recall(y, p, {class_id = 4})
  end, "recall: class_id is 4, but there are 3 classes")
end)

-- The share of pairs in the right order, ties counted half.
local function area(y, p)
  local sum, pairs_of = 0, 0
  for i = 1, #y do
    for j = 1, #y do
      if y[i] == 1 and y[j] == 0 then
        pairs_of = pairs_of + 1
        sum = sum + (p[i] > p[j] and 1 or p[i] == p[j] and 0.5 or 0)
      end
    end
  end
  return sum / pairs_of
end

test("auc", function()
  tensor.manual_seed(1)
  local y, p = {}, {}
  for i = 1, 60 do
    y[i] = i % 3 == 0 and 1 or 0
    p[i] = ((i * 37) % 101) / 199 + y[i] * 0.3 + 0.001
  end
  local a, b = tensor(y), tensor(p)
  check.near(metrics.auc(a, b, {num_thresholds = 2000}), area(y, p), 2e-3)
  check.near(metrics.auc(a, b), area(y, p), 0.02)
  check.near(metrics.auc(a, (b / (1 - b)):log(), {from_logits = true,
    num_thresholds = 2000}), area(y, p), 2e-3)
  -- Keras's own examples
  local t, q = tensor {0, 0, 1, 1}, tensor {0, 0.5, 0.3, 0.9}
  check.near(metrics.auc(t, q, {num_thresholds = 3}), 0.75)
  check.near(metrics.auc(t, t, {num_thresholds = 3, curve = "PR"}), 1)
  check.near(metrics.auc(t, t), 1)
  check.near(metrics.auc(t, 1 - t), 0)
  check.near(metrics.auc(t * 0, q), 0)
  check.near(metrics.auc(t, q / 0 * 0), 0 / 0)
end)

test("confusion matrix", function()
  local y = tensor({1, 2, 3, 3}, "int64")
  local p = tensor {{1, 0, 0}, {1, 0, 0}, {0, 0, 1}, {0, 0, 1}}
  local expected = {{1, 0, 0}, {1, 0, 0}, {0, 0, 2}}
  check.near(metrics.confusion_matrix(y, p), expected)
  check.near(metrics.confusion_matrix(y, p:argmax(-1)), expected)
  check.same_shape(metrics.confusion_matrix(y, y, {num_classes = 5}),
    {5, 5})
  check.same_shape(metrics.confusion_matrix(y:narrow(1, 1, 0), p:narrow(1, 1,
    0)), {3, 3})
  check.error_matches(function()
    metrics.confusion_matrix(tensor({0}, "int64"), tensor({1}, "int64"))
  end, "confusion_matrix: class index 0 at sample 1: classes are 1%.%.1")
  check.error_matches(function()
    metrics.get("confusion_matrix")
  end, "gives a matrix, not a number")
end)

-- A model that returns its input, so that predictions are what we say.
local function echo(o)
  local model = nn.Sequential {nn.Activation {"linear",
    input_shape = {1}}}
  model:compile(o)
  return model
end

test("over an epoch, not the mean of batches", function()
  local y = tensor {{1}, {0}, {0}, {1}, {1}, {0}, {1}}
  local p = tensor {{0.9}, {0.8}, {0.2}, {0.7}, {0.1}, {0.6},
    {0.4}}
  local named = {"precision", "recall", "f1", "auc", "rmse"}
  local model = echo {loss = "mse", metrics = named}
  for _, size in ipairs {1, 2, 3, 7} do
    local figures = {model:evaluate(p, y, {batch_size = size})}
    for i, name in ipairs(named) do
      check.near(figures[i + 1], metrics.get(name)(y, p), 1e-6)
    end
  end
  local history = model:fit(p, y, {batch_size = 2, verbose = 0,
    validation_data = {p, y}})
  check.near(history.precision[1], metrics.precision(y, p))
  check.near(history.val_auc[1], metrics.auc(y, p))
  local loss, precision = model:test_on_batch(p, y)
  check.near(loss, metrics.mean_squared_error(y, p):mean():item())
  check.near(precision, metrics.precision(y, p))
end)

test("a metric of one's own that is no mean", function()
  local most = {name = "most", sums = function(_, p) return p:sum() end,
    result = function(total) return total:item() * 2 end}
  local model = echo {loss = "mse", metrics = {most, "mae"}}
  check.equal(model.compiled.names, {"loss", "most", "mae"})
  local x = tensor {{1}, {2}, {4}}
  local _, figure, mae = model:evaluate(x, x, {batch_size = 2})
  check.near(figure, 14)
  check.near(mae, 0)
  echo {loss = "mse", metrics = most}
  check.error_matches(function()
    echo {loss = "mse", metrics = {{sums = print}}}
  end, "metrics: result must be a function, got nil")
end)

test("errors", function()
  check.error_matches(function()
    metrics.get("acuracy")
  end, 'unknown metric "acuracy" %(did you mean "accuracy"%?%)')
  for _, name in ipairs {"accuracy", "binary_accuracy", "top_k",
      "sparse_categorical_accuracy"} do
    check.error_matches(function()
      metrics[name](tensor(1), tensor(1))
    end, name .. ": y_true is %(%) and y_pred %(%): there must be samples")
  end
  check.error_matches(function()
    metrics.precision(1, tensor {1})
  end, "precision: y_true and y_pred must be tensors, got 1 and a tensor")
  check.error_matches(function()
    metrics.categorical_accuracy(tensor.zeros(2, 3), tensor.zeros(2, 4))
  end, "categorical_accuracy: y_true is %(2, 3%) but y_pred is %(2, 4%)")
end)
