-- nn.metrics: values and the choice that "accuracy" makes.

local check = require("check")
local test = check.test

local metrics, losses = nn.metrics, nn.losses

test("accuracies", function()
  local p = tensor { { 0.9, 0.1 }, { 0.3, 0.7 } }
  local y = tensor { { 1, 0 }, { 1, 0 } }
  check.near(metrics.categorical_accuracy(y, p), { 1, 0 })
  check.near(metrics.binary_accuracy(y, p), { 1, 0 })
  check.near(metrics.sparse_categorical_accuracy(tensor({ 1, 2 }, "int64"), p),
    { 1, 1 })
  check.near(metrics.sparse_categorical_accuracy(
    tensor({ { 1 }, { 1 } }, "int64"), p), { 1, 0 })
  check.near(metrics.binary_accuracy(tensor { 1, 0 },
    tensor { { 0.2 }, { 0.2 } }), { 0, 1 })
  check.near(metrics.mean_squared_error(tensor { { 1 } }, tensor { { 3 } }),
    { 4 })
  check.near(metrics.get("mae")(tensor { { 1 } }, tensor { { 3 } }), { 2 })
end)

test("accuracy picks by loss and shapes", function()
  local p = tensor { { 0.9, 0.8 } }
  local onehot = tensor { { 1, 0 } }
  local function accuracy(loss, y, prediction)
    return metrics.get("accuracy", losses.get(loss))(y, prediction):item()
  end
  check.near(accuracy("categorical_crossentropy", onehot, p), 1)
  check.near(accuracy("binary_crossentropy", onehot, p), 0.5)
  check.near(accuracy("sparse_categorical_crossentropy",
    tensor({ 2 }, "int64"), p), 0)
  check.near(accuracy("mse", tensor { { 1 } }, tensor { { 0.7 } }), 1)
  check.near(accuracy("mse", tensor({ 1 }, "int64"), p), 1)
  check.near(accuracy("sigmoid_cross_entropy_with_logits", tensor { { 0 } },
    tensor { { 0.2 } }), 0)
end)

test("errors", function()
  check.error_matches(function()
    metrics.get("acuracy")
  end, 'unknown metric "acuracy" %(did you mean "accuracy"%?%)')
  check.error_matches(function()
    metrics.categorical_accuracy(tensor.zeros(2, 3), tensor.zeros(2, 4))
  end, "categorical_accuracy: y_true is %(2, 3%) but y_pred is %(2, 4%)")
end)
