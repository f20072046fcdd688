-- nn.constraints: what weights must satisfy after each step. A constraint is
-- called with a weight and returns the tensor to put in its place; a function
-- of that form does as well.

local named = require("nn.named")
local options = require("options")
local tensor = require("tensor")

local family = named.family("constraint", {})

--- nn.constraints
-- Limits on the weights of a layer, an option of most layers, kept by the
-- optimizer after each step of fit:
-- nn.Dense{10, kernel_constraint=nn.constraints.MaxNorm{2}}, by name
-- ("non_neg") or as a function of the weight. A norm is that of the weights
-- along `axis` (one dim or a list): for the kernel of a Dense layer axis 1
-- takes the weights into one unit; for a Conv2D, {1, 2, 3}.
local constraints = {}

--- nn.constraints.get(constraint)
-- The constraint for a name, for a saved {class_name=, config=}, or what was
-- given.
--   > nn.constraints.get("non_neg")(tensor({3, -4}))
--   float32 (2)
--     3  0
constraints.get = family.get

--- nn.constraints.check
-- The check for options of classes of one's own (nn.Layer:extend):
-- {"kernel_constraint", nn.constraints.check} takes a name, a constraint or a
-- function.
--   > row = {"kernel_constraint", nn.constraints.check}
--   > Mine = nn.Layer:extend{options={row}}
--   > Mine{kernel_constraint="non_neg"}.kernel_constraint:get_config().class_name
--   NonNeg
constraints.check = family.check

local EPSILON = 1e-7

local axis_check = options.check("a dim or a list of dims", function(value)
  return math.type(value) == "integer" or type(value) == "table"
end)

local function norms(w, axis)
  return w:square():sum(axis, true):sqrt()
end

--- nn.constraints.MaxNorm{max_value=2, axis=1}
-- Shrinks weights whose norm along axis is above max_value down to it.
--   > nn.constraints.MaxNorm{5}(tensor({{6}, {8}}))
--   float32 (2, 1)
--     3
--     4
constraints.MaxNorm = family.define("MaxNorm", {
  {"max_value", options.non_negative_number, 2},
  {"axis", axis_check, 1},
}, function(config, w)
  local norm = norms(w, config.axis)
  return w * (norm:clamp(0, config.max_value) / (norm + EPSILON))
end)

--- nn.constraints.NonNeg{}
-- Negative weights become 0.
--   > nn.constraints.NonNeg{}(tensor({-1, 2}))
--   float32 (2)
--     0  2
constraints.NonNeg = family.define("NonNeg", {}, function(_, w)
  return w:relu()
end)

--- nn.constraints.UnitNorm{axis=1}
-- Weights of norm 1 along axis.
--   > nn.constraints.UnitNorm{}(tensor({{6}, {8}}))
--   float32 (2, 1)
--     0.6000
--     0.8000
constraints.UnitNorm = family.define("UnitNorm", {
  {"axis", axis_check, 1},
}, function(config, w)
  return w / (norms(w, config.axis) + EPSILON)
end)

--- nn.constraints.MinMaxNorm{min_value=0, max_value=1, rate=1, axis=1}
-- Moves norms along axis into min_value..max_value: all the way for rate 1,
-- else by that share of it.
--   > nn.constraints.MinMaxNorm{min_value=5, max_value=9}(tensor({{3}, {0}}))
--   float32 (2, 1)
--     5
--     0
constraints.MinMaxNorm = family.define("MinMaxNorm", {
  {"min_value", options.non_negative_number, 0},
  {"max_value", options.non_negative_number, 1},
  {"rate", options.non_negative_number, 1},
  {"axis", axis_check, 1},
}, function(config, w)
  local norm = norms(w, config.axis)
  local wanted = norm:clamp(config.min_value, config.max_value) * config.rate
    + norm * (1 - config.rate)
  return w * tensor.maximum(wanted, 0) / (norm + EPSILON)
end)

return constraints
