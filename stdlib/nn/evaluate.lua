-- nn.evaluate: what is done with a model but fit: evaluate, predict, and steps
-- on single batches.

local autograd = require("autograd")
local batches = require("nn.batches")
local native = require("native")
local options = require("options")
local progress = require("nn.progress")
local tensor = require("tensor")
local training = require("nn.training")

local methods = {}

local SHOW = options.check("0, 1, 2, true or false", function(value)
  return type(value) == "boolean" or value == 0 or value == 1 or value == 2
end)

local RETURN_DICT = {"return_dict", options.boolean, false}

-- The figures one by one, or in a table by name.
local function given_back(self, means, as_dict)
  if not as_dict then
    return table.unpack(means)
  end
  local dict = {}
  for i, name in ipairs(self.compiled.names) do
    dict[name] = means[i]
  end
  return dict
end

local EVALUATE = {
  positional = 0,
  {"batch_size", options.positive_integer},
  {"sample_weight", options.any},
  {"steps", options.positive_integer},
  {"verbose", SHOW, 0},
  RETURN_DICT,
}

--- nn.Model:evaluate(x, y [, options])
-- The loss and the metrics over the data, as Lua numbers, with every layer as
-- at inference. Where there are several outputs, the loss of each follows the
-- total, then the metrics of each; the outputs in order, which is by name
-- where the model was given a table. x and y as for fit; a loader takes the
-- place of both.
-- Options: batch_size=32; sample_weight=nil; steps=nil: at most so many
-- batches; verbose=0: 1 shows a bar; return_dict=false: true gives one table,
-- {loss=, name=, ...}.
--   > model = nn.Sequential{nn.Dense{1, kernel_initializer="zeros"}}
--   > model:compile{loss="mse", metrics={"mae"}}
--   > model:evaluate(tensor.zeros(4, 2), tensor.full({4, 1}, 3))
--   9.0
--   3.0
function methods.evaluate(self, x, y, opts)
  local compiled = training.require_compiled(self, "evaluate")
  y, opts = batches.arguments(x, y, opts)
  local o = options.read("evaluate", EVALUATE, opts)
  local source = batches.source(self, x, y, o)
  local bar = o.verbose ~= 0 and o.verbose and progress.counter(compiled.names,
    o.steps or source.steps)
  local means = training.evaluate_source(self, source, o.steps,
    bar and bar.on_batch)
  if bar then
    bar.finish(means)
  end
  return given_back(self, means, o.return_dict)
end

local PREDICT = {
  positional = 0,
  {"batch_size", options.positive_integer},
  {"steps", options.positive_integer},
}

local function named(self, outputs)
  if #outputs == 1 then
    return outputs[1]
  end
  for i, name in ipairs(self.output_names or {}) do
    outputs[name] = outputs[i]
  end
  return outputs
end

--- nn.Model:predict(x [, {batch_size=32, steps=nil}])
-- The outputs for x (or a loader, or at most `steps` batches of it), batch by
-- batch, as at inference: a tensor; for several outputs a list that also has
-- them by name.
--   > model = nn.Sequential{nn.Dense{1, kernel_initializer="ones"}}
--   > model:predict(tensor({{1, 2}, {3, 4}})):totable()[2][1]
--   7.0
function methods.predict(self, x, opts)
  local o = options.read("predict", PREDICT, opts)
  local pieces = {}
  for xs in batches.source(self, x, nil, o):batches(false) do
    local outputs = autograd.no_grad(training.forward, self, xs)
    for i, output in ipairs(outputs) do
      pieces[i] = pieces[i] or {}
      pieces[i][#pieces[i] + 1] = output
    end
    if #pieces[1] == o.steps then
      break
    end
  end
  if #pieces == 0 then
    native.fail("predict: there are no samples")
  end
  local joined = {}
  for i, list in ipairs(pieces) do
    joined[i] = #list == 1 and list[1] or tensor.concat(list, 1)
  end
  return named(self, joined)
end

--- nn.Model:predict_on_batch(x)
-- The outputs for one batch.
--   > model = nn.Sequential{nn.Dense{1, kernel_initializer="ones"}}
--   > model:predict_on_batch(tensor({{1, 2}})):item()
--   3.0
function methods.predict_on_batch(self, x)
  local o = {batch_size = batches.WHOLE}
  return methods.predict(self, x, o)
end

local ON_BATCH = {
  positional = 0,
  {"sample_weight", options.any},
  {"class_weight", options.table},
  RETURN_DICT,
}

-- Runs one step on one batch; returns the means as Lua numbers.
local function on_batch(self, what, step, x, y, opts)
  training.require_compiled(self, what)
  local o = options.read(what, ON_BATCH, opts)
  o.batch_size = batches.WHOLE
  local xs, ys, weights, count = batches.source(self, x, y, o):batches(false)()
  if not xs then
    native.fail("%s: there are no samples", what)
  end
  ys = training.targets(self, what, ys)
  local sums = step(self, xs, ys, weights, count)
  return given_back(self, training.means(sums, count), o.return_dict)
end

--- nn.Model:train_on_batch(x, y [, options])
-- One training step; returns the loss and the metrics of the batch before it.
-- Options: sample_weight=nil, class_weight=nil, return_dict=false.
--   > model = nn.Sequential{nn.Dense{1, kernel_initializer="zeros"}}
--   > model:compile{optimizer="sgd", loss="mse"}
--   > model:train_on_batch(tensor({{1}}), tensor({{2}}))
--   4.0
function methods.train_on_batch(self, x, y, opts)
  return on_batch(self, "train_on_batch", training.train_step, x, y, opts)
end

--- nn.Model:test_on_batch(x, y [, options])
-- The loss and the metrics of one batch, as at inference. Options as for
-- nn.Model:train_on_batch.
--   > model = nn.Sequential{nn.Dense{1, kernel_initializer="zeros"}}
--   > model:compile{optimizer="sgd", loss="mse"}
--   > model:test_on_batch(tensor({{1}}), tensor({{2}}))
--   4.0
function methods.test_on_batch(self, x, y, opts)
  return on_batch(self, "test_on_batch", training.test_step, x, y, opts)
end

return {methods = methods}
