-- nn.metrics: figures that tell how good a model is.
--
-- Most are functions (y_true, y_pred [, options]) that give one value a
-- sample, a tensor (batch), which training averages over all samples. Those
-- that are no mean (counts.lua) give sums to add up and a function of the
-- total.

local losses = require("nn.losses")
local measures = require("nn.measures")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

--- nn.metrics
-- Figures that tell how good a model is, for compile{metrics={...}}: names
-- ("accuracy", "auc", "mse"), functions (y_true, y_pred) that give one value a
-- sample, functions with their options, nn.metrics.top_k{k=3}, or losses.
-- Under a key in the list a metric has that name: {top3=nn.metrics.top_k{3}}.
-- A figure that is no mean over samples is a table of two functions:
-- {sums=function(y_true, y_pred) ... end, result=function(total) ... end};
-- what `sums` gives for each batch, a tensor or a number, is added up, and
-- `result` makes a number of the total. Its field `name` names it.
local metrics = {}

local family = measures.family("metric")

for _, part in ipairs {"accuracy", "counts"} do
  local functions = require("nn.metrics." .. part)(family.define)
  for name, f in pairs(functions) do metrics[name] = f end
end
for _, name in ipairs {
  "mean_squared_error",
  "mean_absolute_error",
  "mean_absolute_percentage_error",
  "mean_squared_logarithmic_error",
} do
  local entry = losses.entry(losses[name])
  metrics[name] = family.define(name, entry.spec, entry.apply)
end
table.sort(family.names)

--- nn.metrics.mean_squared_error(y_true, y_pred)
-- The loss of that name; short "mse".
--   > nn.metrics.mean_squared_error(tensor({{1}}), tensor({{3}})):item()
--   4.0

--- nn.metrics.mean_absolute_error(y_true, y_pred)
-- The loss of that name; short "mae".
--   > nn.metrics.mean_absolute_error(tensor({{1}}), tensor({{3}})):item()
--   2.0

--- nn.metrics.mean_absolute_percentage_error(y_true, y_pred)
-- The loss of that name; short "mape".
--   > f = nn.metrics.mean_absolute_percentage_error
--   > f(tensor({{2}}), tensor({{3}})):item()
--   50.0

--- nn.metrics.mean_squared_logarithmic_error(y_true, y_pred)
-- The loss of that name; short "msle".
--   > f = nn.metrics.mean_squared_logarithmic_error
--   > f(tensor({{2}}), tensor({{2}})):item()
--   0.0

-- Keras's further names.
for name, others in pairs {
  accuracy = {"acc"},
  mean_squared_error = {"mse", "MSE"},
  mean_absolute_error = {"mae", "MAE"},
  mean_absolute_percentage_error = {"mape", "MAPE"},
  mean_squared_logarithmic_error = {"msle", "MSLE"},
  root_mean_squared_error = {"rmse", "RMSE"},
  top_k = {
    "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy",
    "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"},
  auc = {"AUC"},
  f1 = {"F1Score", "f1_score"},
} do
  family.alias(name, table.unpack(others))
end

metrics.entry = family.entry

--- nn.metrics.get(metric [, loss])
-- The function for a name or for a saved {class_name=, config=}, or the
-- function given. "accuracy" (or "acc") is chosen by the loss function: see
-- nn.metrics.accuracy_for.
--   > nn.metrics.get("mae") == nn.metrics.mean_absolute_error
--   true
function metrics.get(metric, loss)
  if metric == "confusion_matrix" or metric == metrics.confusion_matrix then
    native.fail("confusion_matrix gives a matrix, not a number: call "
                .. "nn.metrics.confusion_matrix on what predict returns")
  end
  local found, problem = family.find(metric)
  if found == metrics.accuracy then return metrics.accuracy_for(loss) end
  return found or losses.find(metric) or native.fail("%s", problem)
end

local FIGURE = options.check("a tensor or a number", function(value)
  return tensor.is(value) or type(value) == "number"
end)

-- The sum over the batch of a metric, from one value a sample or a mean.
local function summed(value, count)
  if not tensor.is(value) then
    value = options.verify("metrics", "what a metric gives", FIGURE, value)
  end
  if type(value) == "number" or value.ndim == 0 then return value * count end
  if value.ndim > 1 then
    value = value:reshape({#value, -1}):float():mean(2)
  end
  return value:sum()
end

-- What training adds up for a metric: sums(y_true, y_pred, count) of a batch
-- of `count` samples and, where the figure is no mean, result(total).
function metrics.tally(metric, loss)
  if type(metric) == "table" and type(metric.sums) == "function"
      and not family.entry(metric) then
    options.verify("metrics", "result", options["function"], metric.result)
    return function(...)
      return options.verify("metrics", "what sums gives", FIGURE,
                            metric.sums(...))
    end, function(total)
      return options.verify("metrics", "what result gives", FIGURE,
                            metric.result(total))
    end
  end
  local f = metrics.get(metric, loss)
  local entry, o = family.entry(f)
  if entry and entry.sums then
    return function(y_true, y_pred) return entry.sums(y_true, y_pred, o) end,
      function(total) return entry.result(total, o) end
  end
  return function(y_true, y_pred, count)
    return summed(f(y_true, y_pred), count)
  end
end

-- What is saved for a metric of this module or a loss; nil for others.
function metrics.describe(metric)
  return family.describe(metric) or losses.describe(metric)
end

-- The full name of a metric of this module or of a loss, else nil.
function metrics.name_of(metric)
  local entry = family.entry(metric)
  return entry and entry.name or losses.name_of(metric)
end

return metrics
