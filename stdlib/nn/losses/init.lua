-- nn.losses: functions (y_true, y_pred [, options]) that give one value a
-- sample, a tensor (batch). Dims after the first are averaged over.

local measures = require("nn.measures")
local targets = require("nn.losses.targets")

--- nn.losses
-- What training makes small: functions (y_true, y_pred [, options]) that give
-- one value a sample, which fit averages, with weights where there are any.
-- compile takes a name ("mse", "huber"), a function, or a function with its
-- options: nn.losses.huber{delta=2}. Names are Keras's, long, short or of
-- classes: "mean_squared_error", "mse", "MeanSquaredError".
local losses = {}

local family = measures.family("loss")

for _, part in ipairs {"regression", "classification", "margin"} do
  local functions = require("nn.losses." .. part)(family.define)
  for name, f in pairs(functions) do losses[name] = f end
end
table.sort(family.names)

-- Keras's further names.
for name, others in pairs {
  mean_squared_error = {"mse", "MSE"},
  mean_absolute_error = {"mae", "MAE"},
  mean_absolute_percentage_error = {"mape", "MAPE"},
  mean_squared_logarithmic_error = {"msle", "MSLE"},
  binary_crossentropy = {"bce", "BCE"},
  kullback_leibler_divergence = {
    "kld", "KLD", "kl_divergence", "KLDivergence"},
  logcosh = {"log_cosh", "LogCosh"},
  cosine_similarity = {"cosine_proximity"},
} do
  family.alias(name, table.unpack(others))
end

--- nn.losses.get(loss)
-- The function for a name ("mse"), for a saved {class_name=, config=}, or the
-- function given.
--   > nn.losses.get("mse") == nn.losses.mean_squared_error
--   true
losses.get = family.get
losses.find = family.find
losses.entry = family.entry

-- The name of a loss, or {class_name, config}, as it is saved; nil for
-- functions of others.
losses.describe = family.describe

-- The full name of a loss of this module, else nil.
function losses.name_of(loss)
  local entry = family.entry(loss)
  return entry and entry.name
end

-- Checks the labels of a whole data set for a loss that takes class indices,
-- so that the first wrong one is told by its place in the set. One-hot rows
-- are left to the loss, which speaks of the shapes.
function losses.check_labels(loss, labels, sample_shape)
  local entry, classes = family.entry(loss), sample_shape[#sample_shape]
  local rows = labels.ndim > #sample_shape and labels.shape[labels.ndim] > 1
  if entry and entry.takes_labels and not rows
      and (labels:lt(1) | labels:gt(classes)):any():item() then
    targets.explain_labels(entry.name, labels, classes)
  end
end

return losses
