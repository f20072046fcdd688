-- nn.losses: functions (y_true, y_pred [, options]) that give one value a
-- sample, a tensor (batch). Dims after the first are averaged over.

local lookup = require("nn.losses.lookup")

--- nn.losses
-- What training makes small: functions (y_true, y_pred [, options]) that give
-- one value a sample, which fit averages, with weights where there are any.
-- compile takes a name ("mse", "huber"), a function, or a function with its
-- options: nn.losses.huber{delta=2}. Names are Keras's, long, short or of
-- classes: "mean_squared_error", "mse", "MeanSquaredError"; nn.losses.mse is
-- nn.losses.mean_squared_error.
local losses = {}

for _, name in ipairs(lookup.names) do losses[name] = lookup.find(name) end

--- nn.losses.get(loss)
-- The function for a name ("mse"), for a saved {class_name=, config=}, or the
-- function given.
--   > nn.losses.get("mse") == nn.losses.mean_squared_error
--   true
losses.get = lookup.get

return losses
