-- nn.metrics: figures that tell how good a model is.

local lookup = require("nn.metrics.lookup")

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

for _, name in ipairs(lookup.names) do metrics[name] = lookup.find(name) end
for name, f in pairs(lookup.others) do metrics[name] = f end

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

--- nn.metrics.get(metric [, loss])
-- The function for a name or for a saved {class_name=, config=}, or the
-- function given. "accuracy" (or "acc") is chosen by the loss function: see
-- nn.metrics.accuracy_for.
--   > nn.metrics.get("mae") == nn.metrics.mean_absolute_error
--   true
metrics.get = lookup.get

return metrics
