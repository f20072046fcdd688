-- nn.regularizers: what is added to the loss for large weights. A regularizer
-- is called with a weight and returns a 0-d tensor; a function of that form
-- does as well.

local named = require("nn.named")
local options = require("options")

local family = named.family("regularizer", {l1_l2="L1L2"})

--- nn.regularizers
-- Penalties on the weights of a layer, an option of most layers:
-- nn.Dense{10, kernel_regularizer=nn.regularizers.L2{1e-4}}, by name
-- ("l2", with its usual factor) or as a function of the weight. The penalty
-- is part of the loss in fit and evaluate.
local regularizers = {}

--- nn.regularizers.get(regularizer)
-- The regularizer for a name, for a saved {class_name=, config=}, or what was
-- given.
--   > nn.regularizers.get("l2")(tensor({3, -4})):item()
--   0.25
regularizers.get = family.get

--- nn.regularizers.check
-- The check for options of classes of one's own (nn.Layer:extend):
-- {"kernel_regularizer", nn.regularizers.check} takes a name, a regularizer or a
-- function.
--   > row = {"kernel_regularizer", nn.regularizers.check}
--   > Mine = nn.Layer:extend{options={row}}
--   > Mine{kernel_regularizer="l2"}.kernel_regularizer:get_config().class_name
--   L2
regularizers.check = family.check

local FACTOR = {{"factor", options.non_negative_number, 0.01}}

--- nn.regularizers.L1{factor=0.01}
-- factor * sum(|w|): drives weights to 0.
--   > nn.regularizers.L1{0.5}(tensor({1, -3})):item()
--   2.0
regularizers.L1 = family.define("L1", FACTOR, function(config, w)
  return w:abs():sum() * config.factor
end)

--- nn.regularizers.L2{factor=0.01}
-- factor * sum(w ^ 2): keeps weights small.
--   > nn.regularizers.L2{0.5}(tensor({1, -3})):item()
--   5.0
regularizers.L2 = family.define("L2", FACTOR, function(config, w)
  return w:square():sum() * config.factor
end)

--- nn.regularizers.L1L2{l1=0, l2=0}
-- l1 * sum(|w|) + l2 * sum(w ^ 2).
--   > nn.regularizers.L1L2{l1=1, l2=0.5}(tensor({1, -3})):item()
--   9.0
regularizers.L1L2 = family.define("L1L2", {
  {"l1", options.non_negative_number, 0.0},
  {"l2", options.non_negative_number, 0.0},
}, function(config, w)
  return w:abs():sum() * config.l1 + w:square():sum() * config.l2
end)

return regularizers
