-- nn.step: what holds while a model computes: which layers are frozen, and
-- the terms that layers add to the loss of a training step.

local step = {}

local frozen, terms

-- Runs f(...) and gives back what was there before, also after an error.
local function guarded(restore, f, ...)
  local results = table.pack(pcall(f, ...))
  restore()
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

-- Runs f(...) with a set of layers (or true: all of them) frozen.
function step.with_frozen(set, f, ...)
  local before = frozen
  frozen = set
  return guarded(function() frozen = before end, f, ...)
end

-- Whether the layer is frozen: by the set that compile settled while a
-- training step runs, else by its own flag or a frozen model around it.
function step.is_frozen(layer)
  if type(frozen) == "table" then return frozen[layer] == true end
  return frozen == true or not layer.trainable
end

-- Runs f(model, ...), the call of a model: what is in a frozen model is
-- frozen, unless a training step has settled that already.
function step.inside(model, f, ...)
  if frozen ~= nil or model.trainable then return f(model, ...) end
  return step.with_frozen(true, f, model, ...)
end

-- Runs f(...); returns the terms that were added meanwhile and its result.
function step.collect(f, ...)
  local before, list = terms, {}
  terms = list
  return list, guarded(function() terms = before end, f, ...)
end

-- Whether anybody waits for terms.
function step.is_collecting() return terms ~= nil end

-- Adds a term to the loss: a 0-d tensor, or one value a sample.
function step.add(value)
  if terms then
    terms[#terms + 1] = value.ndim == 0 and value or value:mean()
  end
end

return step
