-- nn.metrics.lookup: every metric by its names, and what the rest of the
-- library asks about them (see measures.family).
--
-- Most metrics are functions (y_true, y_pred [, options]) that give one value
-- a sample, a tensor (batch), which training averages over all samples. Those
-- that are no mean (counts.lua) give sums to add up and a function of the
-- total.

local losses = require("nn.losses.lookup")
local measures = require("nn.measures")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

local lookup = measures.family("metric")

-- Functions of nn.metrics that are no metrics to be named in compile.
lookup.others = require("nn.metrics.accuracy")(lookup.define)
require("nn.metrics.counts")(lookup.define)
for _, name in ipairs {
  "mean_squared_error",
  "mean_absolute_error",
  "mean_absolute_percentage_error",
  "mean_squared_logarithmic_error",
} do
  local entry = losses.entry(losses.find(name))
  lookup.define(name, entry.spec, entry.apply)
end
table.sort(lookup.names)

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
  lookup.alias(name, table.unpack(others))
end

-- The function for a name, a saved object or a function; where it is to be
-- the accuracy, the one that goes with the loss.
function lookup.get(metric, loss)
  local others = lookup.others
  if metric == "confusion_matrix" or metric == others.confusion_matrix then
    native.fail("confusion_matrix gives a matrix, not a number: call "
      .. "nn.metrics.confusion_matrix on what predict returns")
  end
  local found, problem = lookup.find(metric)
  if found == lookup.find("accuracy") then
    return others.accuracy_for(loss)
  end
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
function lookup.tally(metric, loss)
  if type(metric) == "table" and type(metric.sums) == "function"
      and not lookup.entry(metric) then
    options.verify("metrics", "result", options["function"], metric.result)
    return function(...)
      return options.verify("metrics", "what sums gives", FIGURE,
                            metric.sums(...))
    end, function(total)
      return options.verify("metrics", "what result gives", FIGURE,
                            metric.result(total))
    end
  end
  local f = lookup.get(metric, loss)
  local entry, o = lookup.entry(f)
  if entry and entry.sums then
    return function(y_true, y_pred) return entry.sums(y_true, y_pred, o) end,
      function(total) return entry.result(total, o) end
  end
  return function(y_true, y_pred, count)
    return summed(f(y_true, y_pred), count)
  end
end

local describe = lookup.describe

-- What is saved for a metric of this module or a loss; nil for others.
function lookup.describe(metric)
  return describe(metric) or losses.describe(metric)
end

-- The full name of a metric of this module or of a loss, else nil.
function lookup.name_of(metric)
  local entry = lookup.entry(metric)
  return entry and entry.name or losses.name_of(metric)
end

return lookup
