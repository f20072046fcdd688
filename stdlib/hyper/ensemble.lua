-- hyper.ensemble: several models as one, whose outputs are the weighted means
-- of theirs.

local autograd = require("autograd")
local losses = require("nn.losses")
local Model = require("nn.model")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

local Ensemble = Model:extend{class_name = "Ensemble"}

-- Weights --------------------------------------------------------------------

local function check_models(who, models)
  if type(models) ~= "table" or #models == 0 then
    native.fail("%s: takes a list of models, got %s", who,
      options.show(models))
  end
  for i, model in ipairs(models) do
    if type(model) ~= "table" or type(model.predict) ~= "function"
        or type(model.forward) ~= "function" then
      native.fail("%s: model %d must be an nn model, got %s", who, i,
        options.show(model))
    end
  end
  return table.move(models, 1, #models, 1, {})
end

-- Scaled to sum 1.
local function check_weights(who, weights, count)
  if type(weights) ~= "table" or #weights ~= count then
    native.fail("%s: weights must be a list of %d numbers, one a model, got "
      .. "%s", who, count, options.show(weights))
  end
  local total, scaled = 0, {}
  for i, weight in ipairs(weights) do
    if type(weight) ~= "number" or not (weight >= 0) or weight == math.huge then
      native.fail("%s: weight %d must be a finite number of at least 0, got "
        .. "%s", who, i, options.show(weight))
    end
    total = total + weight
  end
  if total == 0 then native.fail("%s: all weights are 0", who) end
  for i, weight in ipairs(weights) do scaled[i] = weight / total end
  return scaled
end

local function check_shapes(list)
  local first = tostring(list[1].shape)
  for i, x in ipairs(list) do
    if tostring(x.shape) ~= first then
      native.fail("hyper.ensemble: model %d gives %s, but model 1 %s", i,
        tostring(x.shape), first)
    end
  end
end

-- A weighted sum of tensors; those of weight 0 take no part.
local function weighted_sum(list, weights)
  check_shapes(list)
  local sum
  for i, x in ipairs(list) do
    if weights[i] > 0 then
      local share = weights[i] == 1 and x or x * weights[i]
      sum = sum and sum + share or share
    end
  end
  return sum
end

-- Fitting the weights --------------------------------------------------------

local ROUNDS = 100

-- The loss that the first compiled model was given, where it has one output.
local function compiled_loss(models)
  for _, model in ipairs(models) do
    local heads = model.compiled and model.compiled.heads
    if heads and #heads == 1 then return heads[1].loss end
  end
end

-- Ensemble selection: in each round the model joins whose prediction, added
-- to those already in, gives the least loss. A model may join again and
-- again; the counts are the weights, as of the round with the least loss.
local function climb(predictions, loss_with)
  local counts, sum = {}, nil
  for i = 1, #predictions do counts[i] = 0 end
  local least, best = math.huge, nil
  for round = 1, ROUNDS do
    local lowest, joins, joined = math.huge, nil, nil
    for i, prediction in ipairs(predictions) do
      local with = sum and sum + prediction or prediction
      local loss = loss_with(with / round)
      if loss < lowest then lowest, joins, joined = loss, i, with end
    end
    if not joins then break end -- no loss is finite
    counts[joins], sum = counts[joins] + 1, joined
    if lowest < least then
      least, best = lowest, table.move(counts, 1, #counts, 1, {})
    end
  end
  return best, least
end

local FIT = {
  positional = 0,
  {"loss", options.any},
  {"batch_size", options.positive_integer, 32},
}

--- hyper.fit_weights(models, x, y [, {loss=nil, batch_size=32}])
-- Weights for hyper.ensemble, found on data that the models were not trained
-- on: a list of numbers from 0 that sum to 1, and the loss of the weighted
-- mean. They are never worse there than the best model alone.
--   models  a list of models with one output each
--   x, y    as for model:evaluate, tensors
--   loss    a name or a function (y_true, y_pred); unless given, that of the
--           first model that is compiled
-- In each of 100 rounds the model joins, perhaps once more, that lowers the
-- loss of the mean most (hill climbing; Caruana and others, "Ensemble
-- selection from libraries of models", 2004).
--   > low = nn.Sequential{nn.Dense{1, input_shape={1}}}
--   > high = nn.Sequential{nn.Dense{1, input_shape={1}}}
--   > low:initialize("zeros")
--   > high:initialize("ones")
--   > x = tensor({{1}, {2}})
--   > w, loss = hyper.fit_weights({low, high}, x, x * 0.75, {loss="mse"})
--   > w[1], w[2], loss
--   0.25
--   0.75
--   0.0
local function fit_weights(models, x, y, opts)
  models = check_models("hyper.fit_weights", models)
  local o = options.read("hyper.fit_weights", FIT, opts)
  local given = o.loss == nil and compiled_loss(models) or o.loss
  if given == nil then
    native.fail("hyper.fit_weights: loss is missing, and no model is compiled")
  end
  local loss, predictions = losses.get(given), {}
  for i, model in ipairs(models) do
    predictions[i] = model:predict(x, {batch_size = o.batch_size})
    if not tensor.is(predictions[i]) then
      native.fail("hyper.fit_weights: model %d has several outputs", i)
    end
  end
  local counts, least = autograd.no_grad(climb, predictions, function(mean)
    local value = loss(y, mean)
    return tensor.is(value) and value:mean():item() or value
  end)
  if not counts then
    native.fail("hyper.fit_weights: the loss of each model is not finite")
  end
  return check_weights("hyper.fit_weights", counts, #models), least
end

-- The model ------------------------------------------------------------------

local SPEC = {
  positional = 0,
  {"models", options.table},
  {"weights", options.check("a list of numbers or \"fit\"", function(value)
    return type(value) == "table" or value == "fit"
  end)},
  {"validation_data", options.table},
  {"loss", options.any},
  {"metrics", options.any},
  {"name", options.string},
}

-- The options become no fields: `weights` and `metrics` are other things.
function Ensemble.read_options(_, t)
  local o = options.read("hyper.ensemble", SPEC, t)
  return {name = o.name, trainable = true, dtype = "float32", own = o}
end

local function choose_weights(models, o)
  local count = #models
  if o.weights == "fit" then
    local set = o.validation_data
    if not set or set[1] == nil or set[2] == nil then
      native.fail("hyper.ensemble: weights=\"fit\" needs "
        .. "validation_data={x, y}")
    end
    return (fit_weights(models, set[1], set[2], {loss = o.loss}))
  end
  local equal = {}
  for i = 1, count do equal[i] = 1 end
  return check_weights("hyper.ensemble", o.weights or equal, count)
end

function Ensemble:init(config)
  local o = config.own
  self.own, self.config = nil, {}
  self.models = check_models("hyper.ensemble", o.models)
  self.model_weights = choose_weights(self.models, o)
  local first = self.models[1]
  self.inputs, self.input_names = first.inputs, first.input_names
  self.output_names = first.output_names
  local known = first.compiled and first.compiled.config or {}
  if o.loss or known.loss then
    self:compile{
      loss = o.loss or known.loss, metrics = o.metrics or known.metrics,
      loss_weights = known.loss_weights, optimizer = "sgd",
    }
  end
end

function Ensemble:call(x)
  local results = {}
  for i, model in ipairs(self.models) do results[i] = model:forward(x) end
  if tensor.is(results[1]) then
    return weighted_sum(results, self.model_weights)
  end
  local means = {}
  for key in pairs(results[1]) do
    local parts = {}
    for i, result in ipairs(results) do parts[i] = result[key] end
    means[key] = weighted_sum(parts, self.model_weights)
  end
  return means
end

function Ensemble:get_config()
  self:fail("an ensemble is not saved as one: save its models")
end

--- hyper.ensemble(models [, {weights=nil, validation_data=nil, loss=nil, ...}])
-- A model whose output is the weighted mean of the outputs of several:
-- sum_i w_i f_i(x), with w_i >= 0 that sum to 1. It predicts and evaluates as
-- any nn.Model does.
--   models           a list of nn models for the same inputs
--   weights          a list of numbers of at least 0, scaled to sum 1 (all
--                    the same unless given); "fit" for hyper.fit_weights
--   validation_data  {x, y} for weights="fit"
--   loss, metrics    for evaluate, as in compile; those of the first model
--                    unless given
-- Its fields: models, model_weights. Nets that differ err differently, and
-- the mean of their predictions is often better than any of them.
-- Errors: weights that do not fit the models; an ensemble is not saved as
-- one, its models are.
-- See also: hyper.fit_weights.
--   > one = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > two = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > one:initialize("zeros")
--   > two:initialize("ones")
--   > both = hyper.ensemble({one, two}, {weights={3, 1}})
--   > both:predict(tensor({{1, 2}})):item()
--   0.75
local function ensemble(models, opts)
  local o = {models = models}
  if opts ~= nil and type(opts) ~= "table" then
    native.fail("hyper.ensemble: the options must be a table, got %s",
      options.show(opts))
  end
  for key, value in pairs(opts or {}) do
    if key == "models" then
      native.fail("hyper.ensemble: models come first, not among the options")
    end
    o[key] = value
  end
  o.models = check_models("hyper.ensemble", models)
  return Ensemble(o)
end

return {ensemble = ensemble, fit_weights = fit_weights}
