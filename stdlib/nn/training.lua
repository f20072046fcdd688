-- nn.training: one step of training or testing, and the figures it gives.
--
-- A step gives sums over the samples of its batch, as 0-d tensors (or numbers
-- from a user's functions): the loss, then one for each name in
-- compiled.names. They are added up over batches and read when somebody looks:
-- divided by the number of samples, or, for metrics that are no mean, by the
-- function of that place in compiled.results, which is the metatable of sums.

local autograd = require("autograd")
local nan = require("nn.nan")
local native = require("native")
local options = require("options")
local step = require("nn.step")
local tensor = require("tensor")

local training = {}

local function as_list(outputs)
  return type(outputs) == "table" and outputs or {outputs}
end

-- The outputs, as a list, for a list of inputs.
function training.forward(self, xs)
  if self.plan then
    self:check_inputs(xs)
    return self:run(xs)
  end
  return as_list(self:forward(#xs == 1 and xs[1] or xs))
end

-- Gathers the layers that are frozen, by themselves or by what contains them.
local function frozen_layers(layer, active, set, seen)
  active = active and layer.trainable
  if not active and seen[layer] == nil then
    set[layer] = true
  end
  seen[layer] = true
  for _, sub in ipairs(layer:sublayers()) do
    if not seen[sub.layer] then
      frozen_layers(sub.layer, active, set, seen)
    end
  end
  return set
end

-- Hands the trainable weights to the optimizer; remembers the frozen ones. A
-- model without a graph makes its weights by running `xs` (if given) once.
function training.settle(self, xs)
  local active, frozen, penalised, constrained = {}, {}, {}, {}
  if not self.plan and xs then
    autograd.no_grad(training.forward, self, xs)
  end
  self:require_built()
  for _, weight in ipairs(self:all_weights()) do
    local value = weight.layer[weight.name]
    if weight.active then
      active[#active + 1] = value
    elseif weight.trained then
      frozen[#frozen + 1] = value
    end
    if weight.regularizer then
      penalised[#penalised + 1] = {value, weight.regularizer}
    end
    if weight.constraint and weight.active then
      constrained[#constrained + 1] = {value, weight.constraint}
    end
  end
  self.compiled.frozen = frozen
  self.compiled.frozen_layers = frozen_layers(self, true, {}, {})
  self.compiled.penalised = penalised
  self.compiled.constrained = constrained
  self.compiled.untrained = #active == 0
  if #active > 0 then
    self.optimizer:bind(active)
  end
  self.compiled.settled = true
end

function training.require_compiled(self, what)
  if not self.compiled then
    native.fail("%s: %s is not compiled: call model:compile{optimizer=, loss=} "
      .. "first", what, tostring(self))
  end
  return self.compiled
end

-- The optimizer that compile gave the model, which trains no other since.
function training.require_optimizer(self)
  local optimizer = self.optimizer
  local owner = type(optimizer) == "table" and rawget(optimizer, "owner")
  if owner == self then
    return optimizer
  elseif owner then
    native.fail("%s: its optimizer was given to %s since: compile each model "
      .. "with an optimizer of its own", tostring(self), tostring(owner))
  end
  native.fail("%s: its optimizer must come from compile{optimizer=}, got %s",
    tostring(self), options.show(optimizer))
end

-- One step -------------------------------------------------------------------

-- A loss as one number: the mean over samples of weight * loss.
local function reduced(value, weights)
  if value.ndim == 0 then
    return value
  end
  if value.ndim > 1 then
    value = value:reshape({#value, -1}):mean(2)
  end
  if weights then
    value = value * weights:to(value.dtype)
  end
  return value:mean()
end

-- What the loss function of an output makes of it.
local function loss_of(head, y_true, y_pred)
  local value = head.loss(y_true, y_pred)
  if not tensor.is(value) then
    native.fail("the loss function of '%s' must return a tensor, got %s",
      head.name, options.show(value))
  end
  return value
end

-- The outputs, the total loss and the loss of each output (0-d tensors).
-- `weights` is nil, a tensor, or a list with a tensor for each output.
local function forward_loss(self, xs, ys, weights)
  local added, predictions = step.collect(step.with_frozen,
    self.compiled.frozen_layers, training.forward, self, xs)
  local total, parts = nil, {}
  for i, head in ipairs(self.compiled.heads) do
    if head.loss then
      local own = type(weights) == "table" and weights[i] or weights
      local part = reduced(loss_of(head, ys[head.target], predictions[i]), own)
      parts[#parts + 1] = part
      local share = head.weight == 1 and part or part * head.weight
      total = total and total + share or share
    end
  end
  for _, pair in ipairs(self.compiled.penalised or {}) do
    added[#added + 1] = pair[2](pair[1])
  end
  for _, term in ipairs(added) do
    total = total and total + term or term
  end
  if not total then
    native.fail("%s: there is nothing to minimise: compile it with loss=, or "
      .. "let a layer add_loss", tostring(self))
  end
  return predictions, total, parts
end

-- After a step the weights are brought back to where they must be.
local function constrain(pairs_of)
  for _, pair in ipairs(pairs_of) do
    pair[1]:detach():copy_(pair[2](pair[1]:detach()))
  end
end

local function detached(value)
  return tensor.is(value) and value:detach() or value
end

-- Makes a list the sums of this model (see above).
function training.as_sums(self, list)
  return setmetatable(list, self.compiled.results)
end

-- The sums a step gives, in the order of compiled.names.
local function sums_of(self, ys, predictions, total, parts, count)
  local compiled = self.compiled
  local sums = training.as_sums(self, {detached(total) * count})
  if compiled.several then
    for _, part in ipairs(parts) do
      sums[#sums + 1] = detached(part) * count
    end
  end
  for i, head in ipairs(compiled.heads) do
    if #head.metrics > 0 then
      local prediction, target = predictions[i]:detach(), ys[head.target]
      for _, metric in ipairs(head.metrics) do
        sums[#sums + 1] = metric.sums(target, prediction, count)
      end
    end
  end
  return sums
end

-- Runs f(...) with the gradients of frozen weights switched off.
local function with_frozen(frozen, f, ...)
  if #frozen == 0 then
    return f(...)
  end
  for _, weight in ipairs(frozen) do
    weight:requires_grad_(false)
  end
  local results = table.pack(pcall(f, ...))
  for _, weight in ipairs(frozen) do
    weight:requires_grad_(true)
  end
  if not results[1] then
    error(results[2], 0)
  end
  return table.unpack(results, 2, results.n)
end

-- Whether the step must not be taken: the loss is not finite and
-- compiled.watches_nan is "stop". Where it is "tell" that is noted once.
local function is_refused(self, xs, ys, total, random)
  local compiled = self.compiled
  local watch = compiled.watches_nan
  if not watch or nan.is_finite(total) then
    return false
  end
  compiled.nan_place = nan.place(self, xs, ys, random)
  compiled.watches_nan = watch == "stop" and watch
  return watch == "stop"
end

-- The optimizer's step, after backward from `total`. One that takes a function
-- computes the gradients again, wherever it has moved the weights.
local function take_step(self, xs, ys, weights, total)
  local optimizer, first = self.optimizer, total
  if not optimizer.takes_closure then
    return optimizer:step()
  end
  optimizer:step(function()
    local loss = first
    first = nil
    if not loss then
      local _
      optimizer:zero_grad()
      _, loss = with_frozen(self.compiled.frozen, autograd.record,
        forward_loss, self, xs, ys, weights)
      loss:backward()
    end
    return loss
  end)
end

-- Forward, loss, backward and the optimizer's step, on one batch.
function training.train_step(self, xs, ys, weights, count)
  local compiled = self.compiled
  local optimizer = training.require_optimizer(self)
  if not compiled.settled then
    training.settle(self, xs)
  end
  if not compiled.untrained then
    optimizer:zero_grad()
  end
  local random = compiled.watches_nan and table.pack(native.random_state())
  local predictions, total, parts = with_frozen(compiled.frozen,
    autograd.record, forward_loss, self, xs, ys, weights)
  local refused = is_refused(self, xs, ys, total, random)
  if not refused and not compiled.untrained then
    if not total.requires_grad then
      native.fail("%s: the loss does not depend on any weight that is trained",
        tostring(self))
    end
    total:backward()
    take_step(self, xs, ys, weights, total)
    constrain(compiled.constrained)
  end
  return autograd.no_grad(sums_of, self, ys, predictions, total, parts, count)
end

local function measure(self, xs, ys, weights, count)
  local predictions, total, parts = forward_loss(self, xs, ys, weights)
  return sums_of(self, ys, predictions, total, parts, count)
end

-- Forward and loss, as at inference, without gradients.
function training.test_step(self, xs, ys, weights, count)
  if not self.compiled.settled then
    training.settle(self, xs)
  end
  return autograd.no_grad(measure, self, xs, ys, weights, count)
end

-- The targets of a batch, which may be missing where nothing is compared.
function training.targets(self, what, ys)
  local names = self:target_names()
  if not ys and #names > 0 then
    native.fail("%s: the targets are missing: there must be some for %s", what,
      table.concat(names, ", "))
  end
  return ys or {}
end

-- Sums -----------------------------------------------------------------------

-- Adds a step's sums to `totals`, which begins empty.
function training.accumulate(totals, sums)
  setmetatable(totals, getmetatable(sums))
  for i, value in ipairs(sums) do
    totals[i] = totals[i] and totals[i] + value or value
  end
end

-- The figures as Lua numbers.
function training.means(totals, count)
  local means, results = {}, getmetatable(totals) or {}
  for i, value in ipairs(totals) do
    if results[i] then
      means[i] = results[i](value)
    else
      means[i] = (tensor.is(value) and value:item() or value) / count
    end
  end
  return means
end

-- The means over all batches of a source, or the first `steps` of them, as
-- Lua numbers. on_batch(index, read) is told of each, where it is given.
function training.evaluate_source(self, source, steps, on_batch)
  local totals, samples, index = {}, 0, 0
  local function read()
    return training.means(totals, samples)
  end
  for xs, ys, weights, count in source:batches(false) do
    ys = training.targets(self, "evaluate", ys)
    training.accumulate(totals,
      training.test_step(self, xs, ys, weights, count))
    samples, index = samples + count, index + 1
    if on_batch then
      on_batch(index, read)
    end
    if index == steps then
      break
    end
  end
  if samples == 0 then
    native.fail("evaluate: there are no samples")
  end
  return read()
end

return training
