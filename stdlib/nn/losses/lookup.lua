-- nn.losses.lookup: every loss by its names, and what the rest of the library
-- asks about them (see measures.family).

local measures = require("nn.measures")
local targets = require("nn.losses.targets")

local lookup = measures.family("loss")

for _, part in ipairs {"regression", "classification", "margin"} do
  require("nn.losses." .. part)(lookup.define)
end
table.sort(lookup.names)

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
  lookup.alias(name, table.unpack(others))
end

-- The full name of a loss of this module, else nil.
function lookup.name_of(loss)
  local entry = lookup.entry(loss)
  return entry and entry.name
end

-- Checks the labels of a whole data set for a loss that takes class indices,
-- so that the first wrong one is told by its place in the set. `shape` is that
-- of a sample of the output; targets of another form are left to the loss.
function lookup.check_labels(loss, labels, shape)
  local entry, classes = lookup.entry(loss), shape[#shape]
  local single = labels.ndim <= #shape or labels.shape[labels.ndim] == 1
  if entry and entry.takes_labels and single and classes ~= 1
      and (labels:lt(1) | labels:gt(classes)):any():item() then
    targets.explain_labels(entry.name, labels, classes)
  end
end

return lookup
