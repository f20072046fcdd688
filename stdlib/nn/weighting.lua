-- nn.weighting: what each sample counts, from sample and class weights.

local by_class = require("nn.class_weight")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

local weighting = {}

-- One weight a sample, as a tensor (samples).
local function checked(given, samples, name)
  local weights = given
  if type(given) == "table" then
    weights = tensor(given)
  elseif not tensor.is(given) then
    native.fail("sample_weight%s must be a tensor (samples), got %s", name,
      options.show(given))
  end
  if weights.ndim == 2 and weights.shape[2] == 1 then
    weights = weights:squeeze(2)
  end
  if weights.ndim ~= 1 or #weights ~= samples then
    native.fail("sample_weight%s must have one weight for each of the %d "
      .. "samples, got %s", name, samples, tostring(weights.shape))
  end
  return weights
end

-- Whether the table has a list or a tensor for each output, not numbers.
local function is_by_output(given)
  return type(given) == "table" and type(given[1]) ~= "number"
end

-- sample_weight by output, as a list with a tensor for each; an output for
-- which nothing is given has weights of 1.
local function by_output(model, ys, given)
  local names, list, known = model:target_names(), {}, {}
  for i, name in ipairs(names) do
    local own = given[name] or given[i]
    known[name], known[i] = true, true
    list[i] = own ~= nil and checked(own, #ys[i], " of output '" .. name .. "'")
      or tensor.ones(#ys[i])
  end
  for key in pairs(given) do
    if not known[key] then
      native.fail("sample_weight for output %s, but the outputs are %s",
        options.show(key), table.concat(names, ", "))
    end
  end
  return list
end

-- The weights as a list: one tensor for all outputs, or one for each; nil
-- where there are none.
function weighting.of(model, ys, sample_weight, class_weight)
  if sample_weight == nil and not class_weight then
    return nil
  elseif not ys then
    native.fail("there are weights for samples, but no targets")
  end
  local list
  if sample_weight ~= nil then
    list = is_by_output(sample_weight)
        and by_output(model, ys, sample_weight)
      or {checked(sample_weight, #ys[1], "")}
  end
  if class_weight then
    local weights = by_class(model, ys, class_weight)
    list = {list and list[1] * weights or weights}
  end
  return list
end

return weighting
