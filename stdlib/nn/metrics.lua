-- nn.metrics: functions (y_true, y_pred) that give one value a sample, a
-- tensor (batch), which training averages over all samples.

local losses = require("nn.losses")
local native = require("native")
local options = require("options")

local metrics = {}

-- The mean over all dims but the first, of a bool tensor.
local function fraction(hits)
  if hits.ndim <= 1 then
    return hits:float()
  end
  local dims = {}
  for dim = 2, hits.ndim do
    dims[dim - 1] = dim
  end
  return hits:float():mean(dims)
end

local function need_same_shape(name, a, b)
  if tostring(a.shape) ~= tostring(b.shape) then
    native.fail("%s: y_true is %s but y_pred is %s: they must have the same "
      .. "shape", name, tostring(a.shape), tostring(b.shape))
  end
end

--- nn.metrics.binary_accuracy(y_true, y_pred [, threshold])
-- How many of each sample's labels (0 or 1) are those of y_pred > threshold,
-- which is 0.5.
--   > nn.metrics.binary_accuracy(tensor({{1, 0}}), tensor({{0.9, 0.8}})):item()
--   0.5
function metrics.binary_accuracy(y_true, y_pred, threshold)
  if y_true.ndim == y_pred.ndim - 1 then
    y_true = y_true:unsqueeze(-1)
  end
  need_same_shape("binary_accuracy", y_true, y_pred)
  local predicted = y_pred:gt(threshold or 0.5)
  return fraction(predicted:eq(y_true:gt(0.5)))
end

--- nn.metrics.categorical_accuracy(y_true, y_pred)
-- 1 where the greatest element of y_pred stands where that of y_true stands.
--   > y, p = tensor({{0, 1}}), tensor({{0.2, 0.8}})
--   > nn.metrics.categorical_accuracy(y, p):item()
--   1.0
function metrics.categorical_accuracy(y_true, y_pred)
  need_same_shape("categorical_accuracy", y_true, y_pred)
  return fraction(y_true:argmax(-1):eq(y_pred:argmax(-1)))
end

--- nn.metrics.sparse_categorical_accuracy(y_true, y_pred)
-- 1 where the greatest element of y_pred stands at the label (1..K).
--   > y, p = tensor({2}, "int64"), tensor({{0.2, 0.8}})
--   > nn.metrics.sparse_categorical_accuracy(y, p):item()
--   1.0
function metrics.sparse_categorical_accuracy(y_true, y_pred)
  if y_true.ndim == y_pred.ndim then
    y_true = y_true:squeeze(-1)
  end
  local predicted = y_pred:argmax(-1)
  need_same_shape("sparse_categorical_accuracy", y_true, predicted)
  return fraction(predicted:eq(y_true))
end

--- nn.metrics.mean_squared_error(y_true, y_pred)
-- The loss of that name; short "mse".
--   > nn.metrics.mean_squared_error(tensor({{1}}), tensor({{3}})):item()
--   4.0
metrics.mean_squared_error = losses.mean_squared_error

--- nn.metrics.mean_absolute_error(y_true, y_pred)
-- The loss of that name; short "mae".
--   > nn.metrics.mean_absolute_error(tensor({{1}}), tensor({{3}})):item()
--   2.0
metrics.mean_absolute_error = losses.mean_absolute_error

-- Which losses take logits of independent labels, probabilities of them, and
-- labels by class index.
local BINARY_LOGITS = losses.sigmoid_cross_entropy_with_logits
local BINARY = losses.binary_crossentropy
local SPARSE = {
  [losses.sparse_categorical_crossentropy] = true,
  [losses.sparse_softmax_cross_entropy_with_logits] = true,
}

--- nn.metrics.accuracy_for(loss)
-- The accuracy that goes with a loss function, as the name "accuracy" picks
-- it: binary for one output or a binary cross-entropy (logits count as 1 when
-- positive), sparse for labels by class index, else categorical.
--   > f = nn.metrics.accuracy_for(nn.losses.binary_crossentropy)
--   > f(tensor({{1}}), tensor({{0.7}})):item()
--   1.0
function metrics.accuracy_for(loss)
  return function(y_true, y_pred)
    local last = y_pred.shape[y_pred.ndim]
    if loss == BINARY_LOGITS then
      return metrics.binary_accuracy(y_true, y_pred, 0)
    elseif loss == BINARY or (last == 1 and not SPARSE[loss]) then
      return metrics.binary_accuracy(y_true, y_pred)
    elseif SPARSE[loss] or y_true.ndim < y_pred.ndim then
      return metrics.sparse_categorical_accuracy(y_true, y_pred)
    end
    return metrics.categorical_accuracy(y_true, y_pred)
  end
end

-- Names ----------------------------------------------------------------------

local by_name = {
  mse = metrics.mean_squared_error,
  MSE = metrics.mean_squared_error,
  mae = metrics.mean_absolute_error,
  MAE = metrics.mean_absolute_error,
}
for _, name in ipairs {
  "binary_accuracy",
  "categorical_accuracy",
  "sparse_categorical_accuracy",
  "mean_squared_error",
  "mean_absolute_error",
} do
  by_name[name] = metrics[name]
end

local names, name_of = {"accuracy", "acc"}, {}
for name, f in pairs(by_name) do
  names[#names + 1] = name
  name_of[f] = metrics[name] and name or name_of[f]
end
table.sort(names)

--- nn.metrics.get(metric [, loss])
-- The function for a name, or the function given. "accuracy" (or "acc") is
-- chosen by the loss function: see nn.metrics.accuracy_for.
--   > nn.metrics.get("mae") == nn.metrics.mean_absolute_error
--   true
function metrics.get(metric, loss)
  if type(metric) == "function" then
    return metric
  end
  if metric == "accuracy" or metric == "acc" then
    return metrics.accuracy_for(loss)
  end
  if type(metric) ~= "string" then
    native.fail("a metric is a name or a function (y_true, y_pred), got %s",
      options.show(metric))
  end
  if by_name[metric] then
    return by_name[metric]
  end
  local known, loss_function = pcall(losses.get, metric)
  if known then
    return loss_function
  end
  native.fail("unknown metric %q%s", metric, options.hint(metric, names))
end

-- The full name of a metric of this module, else nil.
function metrics.name_of(f)
  return name_of[f]
end

return metrics
