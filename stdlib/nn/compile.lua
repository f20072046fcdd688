-- nn.compile: what a model learns from. compile leaves in model.compiled
--   heads    for each output {name, loss, weight, metrics = {name, sums,
--            result}, target}: see nn.metrics.lookup; target: which of the
--            targets is compared with it, nil for an output without loss and
--            metrics
--   names    what a step's figures are called, "loss" first
--   results  by place in names, how a figure is made of its sum where it is
--            no mean over samples
--   config   the options as they were given

local losses = require("nn.losses.lookup")
local measures = require("nn.measures")
local metrics = require("nn.metrics.lookup")
local native = require("native")
local options = require("options")

local methods = {}

local COMPILE = {
  positional = 0,
  {"optimizer", options.any, "rmsprop"},
  {"loss", options.any},
  {"metrics", options.any},
  {"loss_weights", options.table},
}

-- The names of the outputs that have losses or metrics.
function methods.target_names(self)
  if self.output_names and not self.compiled then
    return self.output_names
  end
  local names = {}
  for _, head in ipairs(self.compiled and self.compiled.heads or {}) do
    if head.target then
      names[head.target] = head.name
    end
  end
  if self.output_names then
    return names
  end
  for i, head in ipairs(self.compiled and self.compiled.heads or {{}}) do
    names[i] = head.name or "output"
  end
  return names
end

-- What `given` (one thing for all, a list, or a table by output name) says
-- about each output, as a list with holes.
local function for_outputs(what, names, given)
  if measures.is_one(given) then
    local list = {}
    for i = 1, #names do
      list[i] = given
    end
    return list
  end
  local position, list = {}, {}
  for i, name in ipairs(names) do
    position[name] = i
  end
  for key, value in pairs(given) do
    local i = math.type(key) == "integer" and key or position[key]
    if not i or i < 1 or i > #names then
      native.fail("compile: %s for output %s, but the outputs are %s", what,
        options.show(key), table.concat(names, ", "))
    end
    list[i] = value
  end
  return list
end

-- One output: its loss function and metrics.
local function new_head(name, loss, weight)
  return {
    name = name,
    loss = loss ~= nil and losses.get(loss) or nil,
    weight = weight or 1,
    metrics = {},
  }
end

local function make_heads(self, o)
  local names = self.output_names
  if not names then
    names = {"output"}
    for i = 2, type(o.loss) == "table" and #o.loss or 1 do
      names[i] = "output_" .. i
    end
  end
  local loss = for_outputs("loss", names, o.loss)
  local weights = for_outputs("loss_weights", names, o.loss_weights or {})
  local heads = {}
  for i, name in ipairs(names) do
    heads[i] = new_head(name, loss[i], weights[i])
  end
  return heads
end

local function add_metric(head, name, metric)
  if type(metric) ~= "string" and not name then
    name = metrics.name_of(metric)
      or type(metric) == "table" and (metric.class_name or metric.name)
      or "metric_" .. #head.metrics + 1
  end
  local sums, result = metrics.tally(metric, head.loss)
  head.metrics[#head.metrics + 1] = {
    name = name or metric,
    sums = sums,
    result = result,
  }
end

-- Adds a metric, or a list of them in which keys are names.
local function add_metrics(head, given)
  if measures.is_one(given) then
    return add_metric(head, nil, given)
  end
  for _, metric in ipairs(given) do
    add_metric(head, nil, metric)
  end
  local named = {}
  for key in pairs(given) do
    if type(key) == "string" then
      named[#named + 1] = key
    end
  end
  table.sort(named)
  for _, key in ipairs(named) do
    add_metric(head, key, given[key])
  end
end

-- A list of metrics under a key can only be meant for an output.
local function check_metric_outputs(heads, given)
  local names = {}
  for i, head in ipairs(heads) do
    names[i], names[head.name] = head.name, true
  end
  for key, value in pairs(given) do
    if type(key) == "string" and not names[key]
        and not measures.is_one(value) then
      native.fail("compile: metrics for output %s, but the outputs are %s",
        options.show(key), table.concat(names, ", "))
    end
  end
end

-- Metrics in a list belong to every output; a key that is an output's name
-- holds that output's own.
local function distribute_metrics(heads, given)
  if measures.is_one(given) then
    given = {given}
  end
  check_metric_outputs(heads, given)
  for _, head in ipairs(heads) do
    local own = {}
    for key, metric in pairs(given) do
      own[key] = metric
    end
    for _, other in ipairs(heads) do
      own[other.name] = nil
    end
    add_metrics(head, own)
    if given[head.name] then
      add_metrics(head, given[head.name])
    end
  end
end

-- The names in logs and results: loss, each output's loss where there are
-- several, the metrics (behind the output's name where there are several);
-- and the metrics' result functions by place.
local function result_names(heads)
  local names, results = {"loss"}, {}
  local function prefix(head)
    return #heads > 1 and head.name .. "_" or ""
  end
  for _, head in ipairs(heads) do
    if #heads > 1 and head.loss then
      names[#names + 1] = prefix(head) .. "loss"
    end
  end
  for _, head in ipairs(heads) do
    for _, metric in ipairs(head.metrics) do
      names[#names + 1] = prefix(head) .. metric.name
      results[#names] = metric.result
    end
  end
  return names, results
end

-- Numbers the outputs for which targets are given.
local function number_targets(heads)
  local count = 0
  for _, head in ipairs(heads) do
    if head.loss or #head.metrics > 0 then
      count = count + 1
      head.target = count
    end
  end
end

-- Whether a layer, or one in it, may add to the loss by itself: a model with
-- terms, an activity regularizer, a class of the user's.
local function may_add_loss(layer, seen)
  seen[layer] = true
  local class = require("nn")[layer.class_name]
  local foreign = class == nil and layer.class_name ~= "InputLayer"
    and layer.class_name ~= "Operation"
  if layer.terms or layer.adds_loss or layer.activity_regularizer or foreign
      or class and getmetatable(layer) ~= class then
    return true
  end
  for _, sub in ipairs(layer:sublayers()) do
    if not seen[sub.layer] and may_add_loss(sub.layer, seen) then
      return true
    end
  end
  return false
end

--- nn.Model:compile{optimizer="rmsprop", loss=, metrics=nil, loss_weights=nil}
-- Says what to minimise and how.
-- * optimizer: a name ("sgd", "adam", ...) or `optim.Adam{lr=1e-3}`.
-- * loss: a name ("mse", ...), a function (y_true, y_pred), one with options,
--   nn.losses.huber{delta=2}, or several of them, in a list or a table by
--   output name. An output without loss and metrics takes no targets. What
--   layers and models add (add_loss) may be the whole loss.
-- * metrics: a list of names or functions (see nn.metrics); `{error=f}` names
--   a function; a table by output name gives each output its own.
-- * loss_weights: a list or a table by output name; the loss is their sum.
-- Which layers are trained is settled here: compile again after changing
-- `layer.trainable`. A model that was compiled before its layers were frozen
-- in another one goes on training them.
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > model:compile{optimizer="sgd", loss="mse"}
--   > model.optimizer.lr
--   0.01
function methods.compile(self, opts)
  local o = options.read("compile", COMPILE, opts)
  local optimizer = require("optim").get(o.optimizer)
  local heads = make_heads(self, o)
  local any = false
  for _, head in ipairs(heads) do
    any = any or head.loss ~= nil
  end
  if not any and not may_add_loss(self, {}) then
    native.fail("compile: loss is missing: give a name such as \"mse\" or a "
      .. "function (y_true, y_pred)")
  end
  if o.metrics ~= nil then
    distribute_metrics(heads, o.metrics)
  end
  number_targets(heads)
  local names, results = result_names(heads)
  self.compiled = {
    heads = heads,
    names = names,
    results = results,
    config = o,
    several = #heads > 1,
  }
  self.optimizer = optimizer
  optimizer.owner = self
  if self.plan then
    require("nn.training").settle(self)
  end
end

return {methods = methods}
