-- nn.nan: where the first number that is NaN or infinite comes from, and what
-- is said about it.

local autograd = require("autograd")
local graph = require("nn.graph")
local native = require("native")
local tensor = require("tensor")

local nan = {}

-- Whether a loss, a 0-d tensor or a number, is a finite number.
function nan.is_finite(value)
  local number = tensor.is(value) and value:item() or value
  return number == number and math.abs(number) ~= math.huge
end

-- "nan" or "inf", or nil where every element is finite.
local function kind_of(x)
  if not tensor.is(x) or (x.dtype ~= "float32" and x.dtype ~= "float64")
      or x:isfinite():all():item() then
    return nil
  end
  return x:isnan():any():item() and "nan" or "inf"
end

-- The first weight that is not finite: the step before has spoilt it.
local function in_weights(model)
  for _, weight in ipairs(model:all_weights()) do
    local kind = kind_of(weight.layer[weight.name]:detach())
    if kind then
      return string.format("weight '%s' holds %s since the step before: is the "
        .. "learning rate %s too high?", weight.path, kind,
        tostring(model.optimizer.lr))
    end
  end
end

local function in_data(what, names, list)
  for i, x in ipairs(list) do
    local kind = kind_of(x)
    if kind then
      local bad = x:reshape({#x, -1}):isfinite():all(2):logical_not()
      return string.format("%s '%s' holds %s at sample %d of the batch", what,
        names and names[i] or i, kind, bad:to("uint8"):argmax():item())
    end
  end
end

-- The first layer whose output is not finite, of a run like the one before.
local function in_layers(model, xs, random)
  if not model.plan then
    return nil
  end
  local found
  local function look(layer, output)
    for i, x in ipairs(type(output) == "table" and output or {output}) do
      local kind = not found and kind_of(x)
      if kind then
        local part = type(output) == "table" and " " .. i or ""
        found = string.format("the output%s of %s holds %s", part,
          tostring(layer), kind)
      end
    end
  end
  native.restore_random_state(random[1], random[2])
  local training = native.set_training(true)
  local ok, problem = pcall(graph.watched, look, autograd.no_grad, model.run,
    model, xs)
  native.set_training(training)
  return found or not ok and tostring(problem) or nil
end

-- In words, where it began for the batch (xs, ys) with a loss that is not
-- finite. `random` is the random state before that batch.
function nan.place(model, xs, ys, random)
  return in_data("input", model.input_names, xs)
    or in_data("target of output", model.output_names, ys)
    or in_weights(model)
    or in_layers(model, xs, random)
    or "it began in the loss: the layers' outputs are finite"
end

-- Says on stderr at which batch of which epoch it began; returns the place.
function nan.report(model, epoch, batch, loss, consequence)
  local place = model.compiled.nan_place or "it does not come from the model"
  io.stderr:write(string.format("epoch %d, batch %d: the loss is %s: %s; %s\n",
    epoch, batch, loss ~= loss and "nan" or tostring(loss), place, consequence))
  return place
end

return nan
